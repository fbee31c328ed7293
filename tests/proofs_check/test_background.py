"""What is found does not depend on how many cores there are, nor on what else is loaded."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pickle
import secrets
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from proofs_check import report
from proofs_check.claims import CLAIMS
from proofs_check.claims.claim import Claim
from proofs_check.command import run as command
from proofs_check.command.background import Confirmations, confirmations, read, written
from proofs_check.ledger.ledger import Confirmation, check, confirm
from proofs_check.networks.search import FIND_CONSTANTS, Measurement, search
from proofs_check.subject import channel
from proofs_check.subject.channel import Message
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import KINDS, Evidence
from tests.proofs_check.fakes import BAD, GOOD, SUBJECT, claim
from tests.proofs_check.nobody import Nobody
from tests.proofs_check.test_isolation import alive

QUICK = Effort("quick")
TWO = tuple(one for one in CLAIMS if one.id in ("baseline", "noise-law"))
PROCESS = "the process that checks the statements"
ROOT = Path(__file__).resolve().parents[2]
several_cores = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core")


def _ledger(path: Path, before: Callable[[], Any] | None) -> list[Any]:
    command = [sys.executable, "-m", "proofs_check", "--depth", "quick", "--only", "baseline,noise-law,stein"]
    subprocess.run(
        [*command, "--json", str(path)], cwd=ROOT, check=True, preexec_fn=before, capture_output=True
    )
    return [{**one, "seconds": 0} for one in json.loads(path.read_text())["claims"]]


@contextlib.contextmanager
def running() -> Iterator[tuple[Confirmations, list[str]]]:
    """The process, asked for two checks, and what is told of it."""
    told: list[str] = []
    with confirmations(True, told.append) as made:
        made.prepare(QUICK)
        made.begin(TWO, QUICK)
        yield made, told


def waited(made: Confirmations, one: Claim) -> Confirmation:
    later = made.later(one, QUICK)
    assert later is not None
    return later()


@several_cores
def test_one_core_and_two_find_the_same(tmp_path: Path) -> None:
    one = {min(os.sched_getaffinity(0))}
    found = _ledger(tmp_path / "a.json", None)
    assert found == _ledger(tmp_path / "b.json", lambda: os.sched_setaffinity(0, one))


@several_cores
def test_the_checks_are_made_apart_and_are_the_same() -> None:
    with running() as (made, told):
        process = cast("subprocess.Popen[bytes]", made.process)
        found = [waited(made, one).evidence for one in TWO]
        assert process.poll() is None
    assert found == [confirm(one, QUICK).evidence for one in TWO]
    assert told == []


def test_our_files_are_imported_before_the_subjects_code_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    order: list[str] = []
    monkeypatch.setattr(report, "prepare", lambda: order.append("the report"))
    monkeypatch.setattr(Confirmations, "prepare", lambda *_: order.append("the claims, beside"))
    monkeypatch.setattr(Nobody, "load", lambda *_: order.append("the subject"))
    monkeypatch.setattr(command, "WorkerSubject", Nobody)
    monkeypatch.setattr(command, "write_report", lambda *_: None)
    assert command.main(["--report", str(tmp_path / "page")], [claim("theorem-1", GOOD)]) == 0
    assert order == ["the report", "the claims, beside", "the subject"]


@several_cores
def test_a_process_that_is_lost_is_done_without_and_it_is_said_once() -> None:
    with running() as (made, told):
        os.kill(cast("subprocess.Popen[bytes]", made.process).pid, signal.SIGKILL)
        assert waited(made, TWO[0]).evidence == confirm(TWO[0], QUICK).evidence
        assert made.later(TWO[1], QUICK) is None
    assert told == [f"{PROCESS} was ended by SIGKILL; the others are checked in turn"]


class Bomb:
    """Leaves a file where it is unpickled."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.place,)


def answer(text: str, kind: int = channel.CONFIRMED, number: int = 7) -> bytes:
    return b"".join(channel.frame(Message(kind, number, text)))


RIGHT = written(Confirmation((GOOD,), None, 1.0))
ROW = ["exact", "a fact", 1.0, 2.0]
FORGED: dict[str, tuple[bytes, str]] = {
    "to another question": (answer(RIGHT, number=8), "it answers another question"),
    "of another kind": (answer(RIGHT, channel.ERROR), "it brings an error"),
    "a question": (answer(RIGHT, channel.QUESTION), "it is a question"),
    "numbers": (answer("", channel.NUMBERS), "it brings numbers"),
    "no frame": (RIGHT.encode(), "it does not begin as a message does"),
    "too long": (
        channel.HEADER.pack(channel.MARK, channel.CONFIRMED, 7, 2**40, 0),
        "at most 1048576 are read",
    ),
    "arrays": (channel.HEADER.pack(channel.MARK, channel.CONFIRMED, 7, 0, 9), "and 9 arrays, expected 0"),
    "cut off": (answer(RIGHT)[:-1], "closed its streams"),
    "no UTF-8": (channel.HEADER.pack(channel.MARK, channel.CONFIRMED, 7, 1, 0) + b"\xff", "is not UTF-8"),
    **{
        f"JSON {text[:40]}": (answer(text), "Error: ")
        for text in (
            "",
            "[",
            "[" * 100_000,
            "{}",
            "null",
            "[[], null]",
            "[{}, null, 1.0]",
            '["", null, 1.0]',
            "[[], 3, 1.0]",
            "[[], null, true]",
            "[[], null, -1.0]",
            "[[], null, NaN]",
            '[[], null, "1"]',
            *(
                json.dumps([[row], None, 1.0])
                for row in (
                    "text",
                    ROW[:3],
                    [*ROW, 0],
                    ["a rumour", *ROW[1:]],
                    [["exact"], *ROW[1:]],
                    ["exact", None, *ROW[2:]],
                    [*ROW[:2], True, 2.0],
                    [*ROW[:2], None, 2.0],
                    [*ROW[:2], [1.0], 2.0],
                    [*ROW[:2], "1.0", 2.0],
                    [*ROW[:3], "2.0"],
                    [*ROW[:3], True],
                    [*ROW[:3], {}],
                    [*ROW[:3], [1.0]],
                    [*ROW[:3], [0.0, 1.0, 2.0]],
                    [*ROW[:3], [0.0, "2.0"]],
                    [*ROW[:3], [0.0, True]],
                )
            ),
        )
    },
}


def heard(sent: bytes, told: list[str], monkeypatch: pytest.MonkeyPatch) -> Confirmation:
    """What is believed where the process sends these bytes; here the check finds BAD."""
    monkeypatch.setattr(secrets, "randbits", lambda _: 7)
    process = SimpleNamespace(
        stdin=io.BytesIO(), stdout=io.BytesIO(sent), returncode=None, wait=lambda *_: None, kill=lambda: None
    )
    made = Confirmations(cast(Any, process), told.append)
    claims = [claim(name, GOOD, confirmed=(BAD,)) for name in ("theorem-1", "theorem-2")]
    made.begin(claims, QUICK)
    return waited(made, claims[0])


@pytest.mark.parametrize("name", FORGED)
def test_what_is_no_answer_is_refused_and_it_is_said_why(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent, why = FORGED[name]
    told: list[str] = []
    assert heard(sent, told, monkeypatch).evidence == (BAD,)
    assert len(told) == 1
    assert why in told[0]
    assert "\n" not in told[0]


def test_an_answer_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    assert heard(answer(RIGHT), told, monkeypatch) == Confirmation((GOOD,), None, 1.0)
    assert told == []


def test_nothing_is_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = pickle.dumps(Bomb(tmp_path / "gone off"))
    for sent in (bomb, struct.pack("!i", len(bomb)) + bomb, answer(bomb.decode("latin-1"))):
        assert heard(sent, [], monkeypatch).evidence == (BAD,)
    assert not (tmp_path / "gone off").exists()
    pickle.loads(bomb)
    assert (tmp_path / "gone off").exists()


TEXTS = st.text(st.characters(exclude_categories=()))  # lone surrogates too
NUMBERS = (
    st.floats() | st.integers(-(2**70), 2**70) | st.floats().map(np.float64) | st.integers(0, 9).map(np.int64)
)
ROWS = st.one_of(
    st.tuples(st.sampled_from(KINDS), TEXTS, NUMBERS, st.none() | NUMBERS | st.tuples(NUMBERS, NUMBERS)),
    st.tuples(st.sampled_from(KINDS), TEXTS, TEXTS, st.none() | TEXTS),
).map(lambda row: Evidence(*row))  # type: ignore[arg-type]


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.builds(Confirmation, st.lists(ROWS).map(tuple), st.none() | TEXTS, st.floats(0.0, 1e6)))
def test_what_was_found_comes_back_exactly(found: Confirmation) -> None:
    """Also NaN, −0.0, infinity, whole numbers beyond 2⁶⁴ and lone surrogates; numpy's become Python's."""

    def exact(one: Evidence) -> str:
        plain = [entry.item() if isinstance(entry, np.generic) else entry for entry in (one.value, one.bound)]
        if isinstance(one.bound, tuple):
            plain[1] = tuple(end.item() if isinstance(end, np.generic) else end for end in one.bound)
        return repr((one.kind, one.name, *plain))

    back = read(channel.receive(channel.reader(io.BytesIO(answer(written(found)))), None).text)
    assert [repr((one.kind, one.name, one.value, one.bound)) for one in back.evidence] == list(
        map(exact, found.evidence)
    )
    assert (back.fault, back.seconds) == (found.fault, found.seconds)


@several_cores
@pytest.mark.parametrize("after", ["while it starts", "while it computes"])
def test_nothing_is_left_of_a_run_that_is_killed(after: str) -> None:
    script = (
        "import sys, time; from proofs_check.command.background import confirmations\n"
        "from proofs_check.verdict.effort import Effort; from types import SimpleNamespace as Claim\n"
        "with confirmations(True, print) as made:\n"
        "    if sys.argv[1] == 'while it computes':\n"
        "        made.prepare(Effort('quick'))\n"
        "        made.begin([Claim(id='theorem-3'), Claim(id='rank')] * 9, Effort('thorough'))\n"
        "    print(made.process.pid, flush=True); time.sleep(60)"
    )
    run = subprocess.Popen([sys.executable, "-c", script, after], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    process = int(cast("IO[str]", run.stdout).readline())
    assert alive(process)
    run.kill()
    run.communicate()
    deadline = time.monotonic() + 20.0
    while alive(process) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(process)


@several_cores
def test_an_interrupt_ends_the_process() -> None:
    with contextlib.suppress(KeyboardInterrupt), confirmations(True, pytest.fail) as made:
        process = cast("subprocess.Popen[bytes]", made.process)
        raise KeyboardInterrupt
    assert process.returncode == -signal.SIGKILL


def test_claims_that_are_not_the_projects_are_checked_here() -> None:
    with confirmations(False, pytest.fail) as made:
        made.prepare(QUICK)
        made.begin(TWO, QUICK)
        assert made.process is None
        assert made.later(TWO[0], QUICK) is None


def test_a_fault_that_comes_later_says_nothing_of_the_subject() -> None:
    row = check(claim("theorem-1", BAD), SUBJECT, QUICK, lambda: Confirmation((GOOD,), "it is wrong", 1.0))
    assert row.verdict.outcome == "error"
    assert row.verdict.reason == "the statement's own check failed: it is wrong"
    assert row.examined == ()


def test_what_comes_later_is_part_of_the_row() -> None:
    row = check(claim("theorem-1", GOOD), SUBJECT, QUICK, lambda: Confirmation((GOOD,), None, 1.0))
    assert (row.verdict.outcome, row.confirmed) == ("pass", (GOOD,))
    assert row.seconds > 1.0


def test_what_is_drawn_does_not_depend_on_the_modules_that_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """This version of Hypothesis looks for constants where we look for the function that does."""
    asked = []
    monkeypatch.setattr(providers, FIND_CONSTANTS, lambda: asked.append(1))
    drawn = []

    def note(number: int) -> list[Measurement]:
        drawn.append(number)
        return [Measurement("exact", "a number", 0.0, 1.0)]

    rows = list(search(st.integers(0, 10**9), note, str, QUICK, ("test",), 20))
    assert all(isinstance(row, Evidence) for row in rows)
    assert len(drawn) == 20
    assert asked == []
