"""Whatever becomes of what is printed, the files are written and the verdict stands."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feedback_proofs_io.command import ended
from proofs_check.command import run as command
from proofs_check.subject.subjects import HOME
from proofs_check.verdict.evidence import SubjectError
from tests.proofs_check.fakes import BAD, GOOD, claim
from tests.proofs_check.nobody import Nobody

GREEN = (claim("estimator", GOOD), claim("rank", GOOD))
RED = (claim("estimator", GOOD), claim("rank", BAD))
FILES = ("--json", "o.json", "--markdown", "o.md")


@pytest.fixture(autouse=True)
def _no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "WorkerSubject", Nobody)
    monkeypatch.chdir(tmp_path)


class Failing(io.StringIO):
    """A stream that fails."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


def narrow(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding)


STREAMS: dict[str, tuple[Callable[[], Any], bool]] = {
    "none": (lambda: None, True),
    "closed": (closed, True),
    "whose reader has left": (lambda: Failing(BrokenPipeError(32, "Broken pipe")), True),
    "on a full disk": (lambda: Failing(OSError(28, "No space left on device")), False),
    "of a broken device": (lambda: Failing(OSError(5, "Input/output error")), False),
    "in ASCII": (lambda: narrow("ascii"), True),
    "in the code page of Windows": (lambda: narrow("cp1252"), True),
}
"""How each is made, and whether it counts as read."""


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("claims", [GREEN, RED], ids=["pass", "fail"])
def test_a_broken_output_changes_neither_files_nor_verdict(name: str, claims: Any) -> None:
    make, is_read = STREAMS[name]
    before = sys.stdout
    sys.stdout = make()
    try:
        code = command.main(FILES, claims)
    finally:
        sys.stdout = before
    verdict = 0 if claims is GREEN else 1
    assert code == (verdict if is_read else 2)
    outcomes = [one["outcome"] for one in json.loads(Path("o.json").read_text())["claims"]]
    assert outcomes == ["pass", "pass" if claims is GREEN else "fail"]
    assert Path("o.md").is_file()


def test_an_output_that_cannot_be_written_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stdout
    sys.stdout = STREAMS["on a full disk"][0]()
    try:
        code = ended("outer", lambda: command.main(FILES, GREEN))
    finally:
        sys.stdout = before
    assert code == 2
    assert capsys.readouterr().err.count("cannot write standard output: no space left on device") == 1


@pytest.mark.parametrize("name", STREAMS)
def test_a_broken_error_stream_changes_nothing(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = sys.stderr
    sys.stderr = STREAMS[name][0]()
    try:
        codes = command.main(FILES, GREEN), command.main(["--depth", "deep"], GREEN)
    finally:
        sys.stderr = before
    assert codes == (0, 2)
    assert "2 claims: 2 pass" in capsys.readouterr().out


@pytest.mark.parametrize("columns", ["0", "1", "-1", "", "x", "39", "1000000000", "9" * 30, "1e9", "٣"])
@pytest.mark.parametrize("term", ["dumb", "", None])
def test_no_width_and_no_terminal_matter(
    columns: str, term: str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("LINES", columns)
    if term is None:
        monkeypatch.delenv("TERM", raising=False)
    else:
        monkeypatch.setenv("TERM", term)
    assert command.main([], RED) == 1
    out = capsys.readouterr().out
    assert "2 claims: 1 pass, 1 fail" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 1000


def test_a_lone_surrogate_is_written_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    strange = claim("rank", SubjectError("it raised '\ud800'", "x = '\udcff'"))
    assert command.main(FILES, (strange,)) == 1
    (found,) = json.loads(Path("o.json").read_text(encoding="utf-8"))["claims"]
    assert found["reason"] == "it raised '\ud800'" or "\\ud800" in found["reason"]
    assert "it raised '" in Path("o.md").read_text(encoding="utf-8")
    assert "it raised '" in capsys.readouterr().out


def test_permissions_are_kept_and_a_killed_runs_scratch_is_removed() -> None:
    Path("o.json").write_text("old")
    Path("o.json").chmod(0o600)
    scratch = Path(".o.json.999999999.0a0a0a0a.part")
    scratch.write_text("half")
    assert command.main(FILES, GREEN) == 0
    assert Path("o.json").stat().st_mode & 0o777 == 0o600
    assert not scratch.exists()


PROGRAM = textwrap.dedent("""
    import sys
    from proofs_check.command import run as command
    from tests.proofs_check.fakes import GOOD, claim
    from tests.proofs_check.nobody import Nobody
    command.WorkerSubject = Nobody
    sys.exit(command.main(["--json", "o.json"], [claim(f"claim-{n}", GOOD) for n in range(200)]))
""")


@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", "| head -1 >/dev/null"])
def test_real_streams_that_are_closed_or_left(streams: str, tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    run = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} program.py {streams}"],
        env={**os.environ, "PYTHONPATH": str(HOME)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads((tmp_path / "o.json").read_text())["asked"] == 200
