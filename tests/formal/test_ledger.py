"""The ledger shows what Coq has checked of these very sources, and nothing that it has not."""

from __future__ import annotations

from pathlib import Path

import pytest

from proofs_check.claims.proved import HEADLINES, formal_evidence
from proofs_check.formal import THEOREMS, CheckedByCoq
from proofs_check.formal.build import ALLOWED, fingerprint, keep
from theory import STATEMENTS

CHECKED = [
    CheckedByCoq(name, theorems, tuple(sorted(ALLOWED)), "8.16.1") for name, theorems in THEOREMS.items()
]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_the_headlines_of_the_issue_are_among_them() -> None:
    assert {"theorem-1", "theorem-2", "theorem-3", "corollary-1"} <= HEADLINES <= set(THEOREMS)
    assert set(THEOREMS) <= set(STATEMENTS)


@pytest.mark.parametrize("name", sorted(HEADLINES))
def test_before_a_run_of_coq_nothing_is_machine_checked(name: str) -> None:
    (row,) = formal_evidence(name)
    assert (row.kind, row.value) == ("information", "not run here")


@pytest.mark.parametrize("name", sorted(HEADLINES))
def test_after_it_the_row_names_theorems_and_axioms(name: str) -> None:
    assert keep(CHECKED, fingerprint())
    (row,) = formal_evidence(name)
    assert (row.kind, row.value, row.holds) == ("machine-checked", "accepted", True)
    assert all(theorem in row.name for theorem in THEOREMS[name])
    assert all(axiom in row.name for axiom in ALLOWED)


def test_a_source_that_changed_makes_it_void() -> None:
    assert keep(CHECKED, "of-yesterday")
    (row,) = formal_evidence("theorem-1")
    assert row.kind == "information"


def test_a_statement_without_a_theorem_in_coq_has_no_row() -> None:
    assert list(formal_evidence("clt")) == []
