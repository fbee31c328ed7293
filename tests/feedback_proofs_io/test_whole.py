"""Files appear whole or not at all, and keep what they were."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from feedback_proofs_io import whole


def test_a_file_is_written_and_replaced(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    whole.write(file, "one")
    whole.write(file, b"two")
    assert file.read_text() == "two"
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_new_file_has_the_usual_permissions_and_a_replaced_one_keeps_its_own(tmp_path: Path) -> None:
    new, old = tmp_path / "new", tmp_path / "old"
    mask = os.umask(0o022)
    try:
        whole.write(new, "")
        old.write_text("")
        old.chmod(0o600)
        whole.write(old, "secret")
    finally:
        os.umask(mask)
    assert new.stat().st_mode & 0o777 == 0o644
    assert old.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_and_what_it_names_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to("file")
    whole.write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_text() == "new"


def test_a_lone_surrogate_is_written_as_its_escape(tmp_path: Path) -> None:
    whole.write(tmp_path / "a", "\ud800ξ")
    assert (tmp_path / "a").read_text(encoding="utf-8") == "\\ud800ξ"


def test_an_error_of_what_fills_it_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    def fill(file: object) -> None:
        raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        whole.write_with(tmp_path / "a", fill)
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("folder", "not a regular file"),
        ("file/below", "not a folder"),
        ("a\0b", "null"),
        ("x" * 5000, "too long"),
        (".", "not a regular file"),
    ],
)
def test_what_cannot_be_written_is_known_before_the_work(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    for act in (whole.prepare, lambda path: whole.write(path, "")):
        if name == "folder" and act is not whole.prepare:
            says = "is a directory"
        if name == "." and act is not whole.prepare:
            continue
        with pytest.raises(whole.CannotWrite, match=says if act is whole.prepare else "cannot write"):
            act(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]


def test_a_missing_folder_is_made_or_refused(tmp_path: Path) -> None:
    with pytest.raises(whole.CannotWrite, match="there is no folder"):
        whole.prepare(tmp_path / "new" / "a", folders=False)
    whole.prepare(tmp_path / "new" / "a")
    assert (tmp_path / "new").is_dir()


def test_two_names_of_one_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    with pytest.raises(whole.CannotWrite, match="--json and --markdown both name"):
        whole.apart([("--json", tmp_path / "file"), ("--markdown", tmp_path / "link")])
    whole.apart([("--json", tmp_path / "file"), ("--markdown", tmp_path / "other")])


KILLED = """
import os, sys
from pathlib import Path
from feedback_proofs_io import whole
whole.write_with(Path(sys.argv[1]), lambda file: (file.write(b"half"), file.flush(), os._exit(9)))
"""


def test_what_a_killed_run_left_is_removed_by_the_next_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    file = tmp_path / "a[1]*.json"
    subprocess.run([sys.executable, "-c", KILLED, str(file)], check=False)
    assert [name for name in os.listdir(tmp_path) if name.endswith(".part")]

    def meanwhile(stream: object) -> None:
        before = sorted(os.listdir(tmp_path))
        whole.prepare(file)
        assert sorted(os.listdir(tmp_path)) == before[:1]  # ours, which is still written to

    whole.prepare(file)
    assert os.listdir(tmp_path) == []
    whole.write_with(file, meanwhile)
    assert os.listdir(tmp_path) == [file.name]


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    whole.create(tmp_path / "new", "text")
    assert (tmp_path / "new").read_text() == "text"
    (tmp_path / "dangling").symlink_to("nowhere")
    for name in ("new", "dangling"):
        with pytest.raises(whole.Exists, match="exists: nothing was written"):
            whole.create(tmp_path / name, "other")
    assert (tmp_path / "new").read_text() == "text"
    assert sorted(os.listdir(tmp_path)) == ["dangling", "new"]
