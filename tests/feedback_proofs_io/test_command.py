"""A command ends with its code and one line, whatever becomes of it and of its streams."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from feedback_proofs_io.command import Mistake, Once, Parser, ended, say, show
from feedback_proofs_io.whole import CannotWrite

ROOT = Path(__file__).parents[2]


class Wrong(ValueError):
    """What a command takes for a wrong call."""


class Unreadable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def raising(error: BaseException) -> Callable[[], int]:
    def run() -> int:
        raise error

    return run


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (Wrong("c is 0; expected a number above 0."), 2, "tool: c is 0; expected a number above 0."),
        (CannotWrite("cannot write o: full"), 2, "tool: cannot write o: full"),
        (KeyboardInterrupt(), 130, "tool: interrupted."),
        (TypeError("no\nsecond line"), 3, "tool itself broke: TypeError: no (test_command.py, line "),
        (RuntimeError(), 3, "tool itself broke: RuntimeError (test_command.py, line "),
        (Unreadable(), 3, "tool itself broke: Unreadable: without a text that can be read (test_command.py"),
        (Wrong("\x1b[31mred \ud800"), 2, "tool: \\x1b[31mred \\ud800"),
        (MemoryError("10 GiB"), 3, "tool itself broke: MemoryError: 10 GiB"),
    ],
)
def test_what_is_raised_becomes_a_code_and_a_line(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, said: str
) -> None:
    assert ended("tool", raising(error), (Wrong,)) == code
    line, *rest = capsys.readouterr().err.split("\n")
    assert line.startswith(said)
    assert rest == [""]


def test_a_code_that_is_returned_stays_and_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert [ended("tool", lambda code=code: code) for code in (0, 1, 2)] == [0, 1, 2]  # type: ignore[misc]
    assert capsys.readouterr().err == ""


def test_foreign_characters_are_seen_and_do_not_act(capsys: pytest.CaptureFixture[str]) -> None:
    show("a\x1b]0;title\x07\nb\ud800")
    say("a\nb")
    assert capsys.readouterr() == ("a\\x1b]0;title\\x07\nb\\ud800\n", "a\\nb\n")


PROGRAM = """
import sys
from feedback_proofs_io.command import Mistake, Once, Parser, ended, say, show
def run():
    say("progress")
    for _ in range(4000): show("x" * 40)
    {last}
    return 0
sys.exit(ended("tool", run))
"""


@pytest.mark.parametrize(
    ("streams", "last", "code", "said"),
    [
        (">&-", "", 0, "progress\n"),
        ("2>&-", "", 0, ""),
        ("2>/dev/full", "", 0, ""),
        ("| head -1", "", 0, "progress\n"),
        (">/dev/full", "", 2, "progress\ntool: cannot write standard output: no space left on device\n"),
        (">/dev/full", "print('y', end='')", 2, None),
        ("| head -1", "print('y', end='')", 0, "progress\n"),
    ],
)
def test_streams_that_cannot_be_written_to(
    tmp_path: Path, streams: str, last: str, code: int, said: str | None
) -> None:
    if "/dev/full" in streams and not Path("/dev/full").exists():
        pytest.skip("this system has no full device")
    (tmp_path / "program.py").write_text(PROGRAM.format(last=last))
    run = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -S program.py {streams}"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == code
    if said is not None:
        assert run.stderr == said
    assert "Traceback" not in run.stderr
    assert "Exception ignored" not in run.stderr


def test_printing_goes_on_where_nobody_can_read_it(capsys: pytest.CaptureFixture[str]) -> None:
    class Full:
        encoding = "utf-8"

        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    done = []

    def run() -> int:
        print("lost")
        print("lost as well")
        done.append(1)
        return 0

    before, sys.stdout = sys.stdout, Full()  # type: ignore[assignment]
    try:
        assert ended("tool", run) == 2
    finally:
        sys.stdout = before
    assert done == [1]
    assert capsys.readouterr().err == "tool: cannot write standard output: no space left on device\n"


def test_a_traceback_is_kept_and_shown_where_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert ended("tool", raising(KeyError("a"))) == 3
    place = tmp_path / "feedback-proofs" / "last-traceback.txt"
    assert str(place) in capsys.readouterr().err
    assert "KeyError: 'a'" in place.read_text()
    monkeypatch.setenv("FEEDBACK_PROOFS_TRACEBACK", "1")
    ended("tool", raising(KeyError("a")))
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_an_option_given_twice_and_one_that_is_cut_short_are_refused() -> None:
    parser = Parser("tool")
    parser.add_argument("--depth", action=Once)
    assert parser.parse_args(["--depth", "a"]).depth == "a"
    for words, says in ((["--depth", "a", "--depth", "b"], "given twice"), (["--dep", "a"], "unrecognized")):
        with pytest.raises(Mistake, match=says):
            parser.parse_args(words)
