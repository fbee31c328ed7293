"""What is found does not depend on how many cores there are, nor on what else is loaded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from proofs_check.background import Confirmations, confirmations
from proofs_check.claims import CLAIMS
from proofs_check.effort import Effort
from proofs_check.evidence import Evidence
from proofs_check.ledger import Confirmation, check, confirm
from proofs_check.search import FIND_CONSTANTS, Measurement, search
from tests.proofs_check.fakes import BAD, GOOD, SUBJECT, claim

QUICK = Effort("quick")
TWO = tuple(one for one in CLAIMS if one.id in ("baseline", "noise-law"))
ROOT = Path(__file__).resolve().parents[2]
several_cores = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core")


def _ledger(path: Path, before: Callable[[], Any] | None) -> list[Any]:
    command = [sys.executable, "-m", "proofs_check", "--depth", "quick", "--only", "baseline,noise-law,stein"]
    subprocess.run(
        [*command, "--json", str(path)], cwd=ROOT, check=True, preexec_fn=before, capture_output=True
    )
    return [{**one, "seconds": 0} for one in json.loads(path.read_text())["claims"]]


@several_cores
def test_one_core_and_two_find_the_same(tmp_path: Path) -> None:
    one = {min(os.sched_getaffinity(0))}
    found = _ledger(tmp_path / "a.json", None)
    assert found == _ledger(tmp_path / "b.json", lambda: os.sched_setaffinity(0, one))


@several_cores
def test_the_checks_are_made_apart_and_are_the_same() -> None:
    with confirmations(TWO, QUICK, apart=True) as made:
        assert made.in_background
        found = [made.of(one.id).evidence for one in TWO]
    assert found == [confirm(one, QUICK).evidence for one in TWO]


@several_cores
def test_a_process_that_is_lost_is_done_without() -> None:
    with confirmations(TWO, QUICK, apart=True) as made:
        for process in made.processes:
            os.kill(process, signal.SIGKILL)
        assert made.of("baseline").evidence == confirm(TWO[0], QUICK).evidence


def test_claims_that_are_not_the_projects_are_checked_here() -> None:
    with confirmations(TWO, QUICK, apart=False) as made:
        assert not made.in_background
        assert made.of("baseline").fault is None


def test_a_fault_that_comes_later_says_nothing_of_the_subject() -> None:
    row = check(claim("theorem-1", BAD), SUBJECT, QUICK, lambda: Confirmation((GOOD,), "it is wrong", 1.0))
    assert row.verdict.outcome == "error"
    assert row.verdict.reason == "the statement's own check failed: it is wrong"
    assert row.examined == ()


def test_what_comes_later_is_part_of_the_row() -> None:
    row = check(claim("theorem-1", GOOD), SUBJECT, QUICK, lambda: Confirmation((GOOD,), None, 1.0))
    assert (row.verdict.outcome, row.confirmed) == ("pass", (GOOD,))
    assert row.seconds > 1.0


def test_without_a_background_each_is_made_in_its_turn() -> None:
    made = Confirmations([claim("theorem-1", GOOD, confirmed=(GOOD,))], QUICK, {})
    assert made.of("theorem-1").evidence == (GOOD,)


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
