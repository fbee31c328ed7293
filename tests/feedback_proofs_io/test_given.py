"""Whatever is given as a file is read in bounded time and memory, or refused in one line."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from feedback_proofs_io import given

DEEP = 100_000

BYTES = {
    "empty": (b"", "is no JSON: "),
    "truncated": (b'{"a": [1, ', "is no JSON: "),
    "two documents": (b"{} {}", "is no JSON: "),
    "deep lists": (b"[" * DEEP + b"]" * DEEP, "nested too deeply"),
    "deep objects": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, "nested too deeply"),
    "NaN": (b"[NaN]", "NaN is no number of JSON"),
    "Infinity": (b"[-Infinity]", "-Infinity is no number of JSON"),
    "beyond floats": (b"[1e400]", "the number 1e400 is too large"),
    "beyond floats below": (b"[-1e400]", "the number -1e400 is too large"),
    "a million digits": (b"9" * 10**6, "has 1000000 digits"),
    "a name twice": (b'{"a": 1, "a": 2}', "the name 'a' occurs twice"),
    "a byte order mark": (b"\xef\xbb\xbf{}", "is no JSON: "),
    "UTF-16": ("{}".encode("utf-16"), "it is no UTF-8 text"),
    "latin-1": ('"é"'.encode("latin-1"), "it is no UTF-8 text"),
    "zeros": (bytes(1000), "is no JSON: "),
}


@pytest.mark.parametrize("case", BYTES)
def test_what_is_no_json_is_one_line(case: str, tmp_path: Path) -> None:
    data, says = BYTES[case]
    file = tmp_path / "a.json"
    file.write_bytes(data)
    with pytest.raises(given.Unreadable) as raised:
        given.document(file)
    assert says in str(raised.value)
    assert str(file) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 400


def _loop(folder: Path) -> Path:
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    return folder / "a"


def _pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


PLACES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "nowhere": (lambda folder: folder / "none", "no such file"),
    "a folder": (lambda folder: folder, "it is a folder"),
    "a loop of links": (_loop, "symbolic links"),
    "a device without end": (lambda folder: Path("/dev/zero"), "no regular file"),
    "a pipe that nobody writes to": (_pipe, "is no JSON: "),
    "a name with a NUL": (lambda folder: Path("a\0b"), "null"),
    "a name that is too long": (lambda folder: Path("x" * 5000), "too long"),
    "below a file": (lambda folder: Path(__file__) / "a", "not a directory"),
}


@pytest.mark.parametrize("case", PLACES)
def test_what_is_no_file_is_not_waited_for(case: str, tmp_path: Path) -> None:
    place, says = PLACES[case]
    with pytest.raises(given.Unreadable, match=says):
        given.document(place(tmp_path))


def test_a_file_is_read_no_further_than_allowed(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x" * 1001)
    assert len(given.content(file, 1001)) == 1001
    with pytest.raises(given.Unreadable, match="it is longer than 1000 bytes"):
        given.content(file, 1000)


def test_a_pipe_that_is_written_to_is_read_to_its_end() -> None:
    with subprocess.Popen(["sh", "-c", "echo '[1,'; sleep 0.1; echo '2]'"], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert given.document(Path(f"/dev/fd/{writer.stdout.fileno()}")) == [1, 2]


def test_a_pipe_that_says_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "PATIENCE", 0.01)
    reader, writer = os.pipe()
    with pytest.raises(given.Unreadable, match="nothing came from it"):
        given.content(Path(f"/dev/fd/{reader}"))
    os.close(reader)
    os.close(writer)


def test_json_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"a": [1, -2.5, 1e-3, "ξ", null, true]}', encoding="utf-8")
    assert given.document(file) == {"a": [1, -2.5, 0.001, "ξ", None, True]}
