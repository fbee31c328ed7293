"""A finished claim is never lost, and never taken for one of another run."""

from __future__ import annotations

import json
import math
import os
import random
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from feedback_proofs_io import given
from feedback_proofs_io.held import InUse
from proofs_check.command import compare
from proofs_check.command import run as command
from proofs_check.float64.floats import Network
from proofs_check.ledger import journal, versions
from proofs_check.ledger.journal import Journal
from proofs_check.ledger.ledger import Row, check
from proofs_check.networks.drawn import Instance
from proofs_check.questions.question import Question
from proofs_check.report.shell import MARKS
from proofs_check.subject.subjects import HOME
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Falsified, NotApplicable, SubjectError
from tests.proofs_check.fakes import GOOD, SUBJECT, claim
from tests.proofs_check.nobody import Nobody, noting

NAMES = ("estimator", "signals", "solves", "noise")
ODD = (
    Evidence("exact", "not a number", math.nan, 1.0),
    Evidence("exact", "an infinite bound", -1e300, math.inf),
    Evidence("ball arithmetic", "between", 1.5, (-math.inf, math.inf)),
    Evidence("information", "a word", "inf"),
    Evidence("symbolic", "a name with \ud800 and \x1b[31m", "accepted", "accepted"),
    Evidence("statistical", "an integer", 12, 13),
)
ROWS = tuple(
    check(one, SUBJECT, Effort("quick"))
    for one in (
        claim("estimator", GOOD, *ODD[1:]),
        claim("signals", Falsified("too large", (ODD[0],), "code = '\ud800'")),
        claim("solves", NotApplicable("no DFA")),
        claim("noise", GOOD, confirmed=()),
    )
)
CLAIMS = tuple(row.claim for row in ROWS)
DEPENDS = {"the seed": "0", "the depth": "quick"}


@pytest.fixture(autouse=True)
def _no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "WorkerSubject", Nobody)
    monkeypatch.setattr(os, "fsync", lambda handle: None)
    monkeypatch.chdir(tmp_path)


def opened(path: Path, depends: dict[str, str] = DEPENDS) -> Journal:
    return Journal.open(path, depends, CLAIMS, lambda line: pytest.fail(line))


def plain(rows: Any) -> list[Any]:
    return [json.dumps(journal.plain_row(row)) for row in rows]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "kept.jsonl"
    book = opened(path)
    for row in ROWS:
        book.add(row)
    book.close()
    return path


def test_rows_are_read_back_as_they_were(kept: Path) -> None:
    book = opened(kept)
    assert plain(book.rows.values()) == plain(ROWS)
    for found, row in zip(book.rows.values(), ROWS, strict=True):
        assert (len(found.confirmed), found.fault) == (len(row.confirmed), row.fault)
        assert [one.holds for one in found.evidence] == [one.holds for one in row.evidence]
    book.close()
    assert kept.stat().st_mode & 0o777 == 0o600


def test_what_was_asked_is_read_back_as_data(tmp_path: Path) -> None:
    network = Network((np.array([[0.1, -1e300]]), np.array([[2.0**-1074]])), ("tanh", "identity"), "mse")
    given = Instance(network, np.array([[1 / 3, 0.0]]), np.array([[-0.0]]))
    noise = [np.array([[np.inf, np.nan]])]
    asked = Question(
        "estimates", "mine.py:Mine", given, {"noise": noise, "more": given.x}, {"c": 0.3, "seed": 7}
    )
    row = check(claim("solves", Falsified("wrong", (ODD[0],), asked)), SUBJECT, Effort("quick"))
    book = opened(tmp_path / "asked.jsonl")
    book.add(row)
    book.close()
    (found,) = opened(tmp_path / "asked.jsonl").rows.values()
    assert found.verdict.question is not None
    assert found.verdict.question.code == asked.code == found.verdict.counterexample
    assert found.verdict.question.instance is not None
    assert np.array_equal(found.verdict.question.instance.network.weights[0], network.weights[0])


def test_every_line_is_json_that_a_script_can_read(kept: Path) -> None:
    lines = [given.parsed(line, kept) for line in kept.read_bytes().splitlines()]
    assert [line["claim"]["id"] for line in lines[1:]] == list(NAMES)  # type: ignore[index]


@pytest.mark.parametrize("name", [*DEPENDS, "the weather"])
def test_of_anything_else_nothing_is_used_and_it_is_said_why(kept: Path, name: str) -> None:
    book = opened(kept, {**DEPENDS, name: "another"})
    assert not book.rows
    assert book.anew == f"it is of another run: {name} differ"
    book.close()
    assert len(kept.read_bytes().splitlines()) == 1


def test_500_flipped_bits_lose_rows_and_change_none(kept: Path) -> None:
    right, lost = dict(zip(NAMES, plain(ROWS), strict=True)), 0
    whole, drawn = kept.read_bytes(), random.Random(0)
    for _ in range(500):
        place = drawn.randrange(8 * len(whole))
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        kept.write_bytes(bytes(flipped))
        book = opened(kept)
        book.close()
        for name, row in book.rows.items():
            assert plain([row]) == [right[name]]
        lost += len(book.rows) < len(ROWS)
    assert lost > 490


def test_cut_off_anywhere_the_whole_lines_before_count(kept: Path) -> None:
    whole = kept.read_bytes()
    ends = [number + 1 for number, byte in enumerate(whole) if byte == 10]
    for length in range(0, len(whole), 37):
        kept.write_bytes(whole[:length])
        book = opened(kept)
        assert len(book.rows) == max(sum(end <= length for end in ends) - 1, 0)
        book.add(ROWS[-1])  # what comes next is not joined to a half line
        book.close()
        again = opened(kept)
        assert "noise" in again.rows
        again.close()


def test_a_second_run_is_told(kept: Path) -> None:
    book = opened(kept)
    with pytest.raises(InUse, match="is in use by another run"):
        opened(kept)
    book.close()


def test_an_error_is_asked_again(tmp_path: Path) -> None:
    book = opened(tmp_path / "a")
    book.add(check(claim("noise", SubjectError("no memory")), SUBJECT, Effort("quick")))
    book.close()
    again = opened(tmp_path / "a")
    assert not again.rows
    again.close()


def interrupt() -> Iterator[Evidence]:
    raise KeyboardInterrupt


def content(path: Path) -> dict[str, Any]:
    found = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def without_times(ledger: dict[str, Any]) -> dict[str, Any]:
    times = {"seconds": 0, "sha256": ""}
    return {**ledger, **times, "claims": [{**one, "seconds": 0} for one in ledger["claims"]]}


FILES = ["--json", "o.json", "--markdown", "o.md", "--report", "page"]
CALL = ["--depth", "quick", "--seed", "3", "--only", ",".join(NAMES), *FILES]


def test_after_an_interrupt_the_same_command_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "write_report", lambda path, *_: path.write_text(MARKS[0]))
    asked: list[str] = []
    assert command.main(CALL, noting(NAMES, asked, {"solves": interrupt})) == 130
    out = capsys.readouterr().out.splitlines()
    assert out[-2] == "Interrupted after 2 of 4 claims, which are kept. To go on:"
    assert shlex.split(out[-1]) == ["python", "-m", "proofs_check", *CALL]

    half = content(tmp_path / "o.json")
    assert (half["not_run"], half["asked"]) == (["noise", "solves"], 2)
    assert [one["outcome"] for one in half["claims"]] == ["pass", "pass", "error", "error"]
    assert half["claims"][2]["reason"].startswith("not run: ")
    written = (tmp_path / "o.md").read_text(encoding="utf-8")
    assert written.startswith("## 4 claims: 2 pass, 2 not run\n")
    assert "**Interrupted: this is no whole ledger.**" in written
    assert "| **not run** |" in written

    asked.clear()
    assert command.main(CALL, noting(NAMES, asked)) == 0
    out = capsys.readouterr().out.splitlines()
    assert asked == ["solves", "noise"]
    assert "2 claims were finished by an earlier run, kept in " in " ".join(out)
    assert out[-1].startswith("4 claims: 4 pass")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["o.json", "o.md", "page"]

    resumed = content(tmp_path / "o.json")
    assert command.main(CALL, noting(NAMES, asked)) == 0
    assert without_times(resumed) == without_times(content(tmp_path / "o.json"))


def test_an_interrupted_ledger_never_reads_as_a_pass(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    assert command.main(["--json", "whole.json"], noting(NAMES, asked)) == 0
    assert command.main(["--json", "half.json"], noting(NAMES, asked, {"solves": interrupt})) == 130
    capsys.readouterr()
    assert compare.main(["whole.json", "half.json"]) == 1
    told = capsys.readouterr().out
    assert "2 not run, for it was interrupted" in told
    assert "✗ noise: was not run; it was: pass" in told
    assert compare.main(["half.json", "whole.json"]) == 0
    assert "✓ noise: had not been run; it is: pass" in capsys.readouterr().out


CHANGES: dict[str, Callable[[pytest.MonkeyPatch, list[str]], object]] = {
    "the seed": lambda patch, call: call.__setitem__(3, "4"),
    "the depth": lambda patch, call: call.__setitem__(1, "standard"),
    "the subject's sources": lambda patch, call: Path("mine.py").write_text("class Mine: x = 1"),
    "what the subject imports": lambda patch, call: Path("beside.py").write_text("x = 1"),
    "the subject": lambda patch, call: call.__setitem__(call.index("mine.py:Mine"), "mine.py:Other"),
    "the version of numpy": lambda patch, call: patch.setattr(
        command, "own_versions", lambda: {**versions.own_versions(), "numpy": "9"}
    ),
    "the suite's sources": lambda patch, call: patch.setattr(
        command, "conditions", lambda: {**versions.conditions(), "the suite's sources": "others"}
    ),
    "the environment": lambda patch, call: patch.setenv("ATEN_CPU_CAPABILITY", "another one"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_a_verdict_depends_on_is_the_same_or_all_is_asked_anew(
    change: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[str] = []
    Path("mine.py").write_text("class Mine: pass")
    call = [*CALL[:-2], "--subject", "mine.py:Mine"]
    assert command.main(call, noting(NAMES, asked, {"solves": interrupt})) == 130
    CHANGES[change](monkeypatch, call)
    asked.clear()
    assert command.main(call, noting(NAMES, asked)) == 0
    assert asked == list(NAMES)
    said = " ".join(capsys.readouterr().out.split())
    assert "is not used, and every claim is asked: it is of another run: " in said
    assert change.replace("what the subject imports", "the subject's sources") in said


def test_without_files_the_others_are_asked_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main([], noting(NAMES, [], {"solves": interrupt})) == 130
    out = capsys.readouterr().out.splitlines()
    assert out[-2] == "Interrupted after 2 of 4 claims. The others:"
    assert out[-1].endswith("--only solves,noise")
    assert list(Path().iterdir()) == []


def test_where_the_suite_breaks_the_rows_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(screen: object, row: Row) -> None:
        if row.claim.id == "solves":
            raise RuntimeError("nobody foresaw this")

    with monkeypatch.context() as patched:
        patched.setattr(command.Screen, "row", breaks)
        patched.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        assert command.main(["--json", "o.json"], noting(NAMES, [])) == 3
    said = capsys.readouterr().err
    assert "itself broke: RuntimeError: nobody foresaw this (" in said
    assert said.count("\n") == 1
    assert (
        "nobody foresaw this" in (tmp_path / "cache" / "feedback-proofs" / "last-traceback.txt").read_text()
    )
    asked: list[str] = []
    assert command.main(["--json", "o.json"], noting(NAMES, asked)) == 0
    assert asked == ["noise"]


def test_a_disk_that_fills_up_costs_the_journal_and_not_the_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fill() -> Iterator[Evidence]:
        def full(*_: object) -> int:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Journal, "_add", full)
        return iter(())

    assert command.main(["--json", "o.json"], noting(NAMES, [], {"signals": fill})) == 0
    said = capsys.readouterr().err
    assert said.endswith("o.json.partial.jsonl: no space left on device\n")
    assert said.count("\n") == 1
    assert content(Path("o.json"))["asked"] == 4


def test_kill_9_before_any_line_loses_the_claim_it_was_at_and_no_other(tmp_path: Path) -> None:
    """60 moments, drawn among all lines of the files that write: see `killed_runs`."""
    call = [sys.executable, "-m", "tests.proofs_check.killed_runs", "60"]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    run = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    (_, _, every, done), *killed = map(json.loads, run.stdout.splitlines())
    assert (every, done["files"], done["hidden"]) == (list(NAMES), ["o.json", "o.md"], 0)
    assert len({len(left["kept"]) for _, left, _, _ in killed}) == 1 + len(NAMES)
    assert any(left["hidden"] for _, left, _, _ in killed)  # a file was half written, under another name
    for before, left, after, end in killed:
        assert end == done
        assert left["rows"] in ([], done["rows"])  # a ledger is there whole, or not at all
        if before and left["files"] == done["files"]:
            assert (before, left["rows"], after) == (every, done["rows"], every)  # nothing was left to do
            continue
        assert left["kept"] in (before, before[:-1])
        assert left["kept"] + after == every
