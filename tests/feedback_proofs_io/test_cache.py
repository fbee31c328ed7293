"""The cache folder is the user's own, and nothing of anybody else's is read from it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from feedback_proofs_io import cache


@pytest.fixture(autouse=True)
def _places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()


def test_what_is_kept_comes_back_and_only_its_user_may_enter(tmp_path: Path) -> None:
    assert cache.keep("a.json", b"1")
    assert cache.kept("a.json") == b"1"
    assert cache.kept("b.json") is None
    home = cache.folder()
    assert home == tmp_path / "cache" / "feedback-proofs"
    assert home.stat().st_mode & 0o777 == 0o700


def test_without_a_home_the_folder_is_among_the_temporary_files_and_stays_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_home() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", no_home)
    assert cache.folder() == cache.folder() == tmp_path / "temporary" / f"feedback-proofs-{os.getuid()}"
    assert cache.keep("a", b"1")
    assert cache.kept("a") == b"1"


def test_a_folder_that_others_may_write_to_is_passed_over(tmp_path: Path) -> None:
    theirs = tmp_path / "cache" / "feedback-proofs"
    theirs.mkdir(parents=True)
    (theirs / "a").write_bytes(b"forged")
    theirs.chmod(0o777)
    assert cache.folder() != theirs
    assert cache.kept("a") is None


def test_a_folder_that_is_a_link_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "feedback-proofs").symlink_to(tmp_path / "elsewhere")
    assert cache.folder() == tmp_path / "temporary" / f"feedback-proofs-{os.getuid()}"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file away")
def test_a_folder_and_a_file_of_another_user_are_passed_over(tmp_path: Path) -> None:
    assert cache.keep("a", b"1")
    os.chown(tmp_path / "cache" / "feedback-proofs" / "a", 12345, 12345)
    assert cache.kept("a") is None
    assert cache.keep("a", b"2")
    assert cache.kept("a") == b"2"
    assert (tmp_path / "cache" / "feedback-proofs" / "a").stat().st_uid == 0
    os.chown(tmp_path / "cache" / "feedback-proofs", 12345, 12345)
    assert cache.folder() == tmp_path / "temporary" / "feedback-proofs-0"


@pytest.mark.parametrize("mode", [0o666, 0o620, 0o602])
def test_a_file_that_others_may_write_to_is_not_read(mode: int) -> None:
    assert cache.keep("a", b"1")
    home = cache.folder()
    assert home is not None
    (home / "a").chmod(mode)
    assert cache.kept("a") is None


def test_links_pipes_and_folders_are_not_read(tmp_path: Path) -> None:
    home = cache.folder()
    assert home is not None
    (tmp_path / "secret").write_bytes(b"1")
    (home / "link").symlink_to(tmp_path / "secret")
    (home / "folder").mkdir()
    os.mkfifo(home / "pipe")
    assert [cache.kept(name) for name in ("link", "folder", "pipe")] == [None, None, None]
    assert cache.keep("link", b"2")
    assert (tmp_path / "secret").read_bytes() == b"1"


def test_where_no_folder_can_be_had_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "file"))
    assert cache.folder() is None
    assert not cache.keep("a", b"")
    assert cache.kept("a") is None
