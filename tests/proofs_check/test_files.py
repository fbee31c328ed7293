"""Files appear whole or not at all."""

import os
import stat

import pytest

from proofs_check import files


def test_a_file_is_replaced_whole_and_nothing_else_is_left(tmp_path):
    path = tmp_path / "new" / "ledger.json"
    files.prepare(path)
    assert list(path.parent.iterdir()) == []
    for text in ("the first", "the second: ✓"):
        files.write_whole(path, text)
        assert path.read_text(encoding="utf-8") == text
    assert list(path.parent.iterdir()) == [path]


def test_a_file_has_the_usual_permissions(tmp_path):
    plain = tmp_path / "plain"
    plain.touch()
    files.write_whole(tmp_path / "ours", "text")
    assert stat.S_IMODE((tmp_path / "ours").stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "target").write_text("old")
    (tmp_path / "link").symlink_to("target")
    files.write_whole(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "ledger.json"
    path.write_text("old")

    def full(_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(files.CannotWrite, match=r"^cannot write .*ledger\.json: no space left on device$"):
        files.write_whole(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_named_beforehand(tmp_path):
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(files.CannotWrite, match=r"cannot write .*file/ledger.json: .*file is not a folder"):
        files.prepare(tmp_path / "file" / "ledger.json")
    with pytest.raises(files.CannotWrite, match=r"cannot write .*folder: it is not a regular file"):
        files.prepare(tmp_path / "folder")
