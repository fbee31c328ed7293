"""The stored matrix planted bug × claim is that of the present bugs and claims, and says what it should."""

import ast
import json

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.report import record
from proofs_check.subjects import LocalSubject
from tests import bug_matrix
from tests.bug_matrix import BUGS, FAMILIES, REFERENCE_ONLY, STORED, Cell, load, own_sources, render, verdict
from tests.planted_bugs import Correct

CLAIM = {claim.id: claim for claim in CLAIMS}
MATRIX = load()
UPDATE = "run: python -m tests.bug_matrix"


def test_every_bug_and_every_claim_has_its_place_in_the_matrix() -> None:
    assert list(MATRIX) == [claim.id for claim in CLAIMS], UPDATE
    for claim, column in MATRIX.items():
        assert list(column) == [bug.__name__ for bug in BUGS], f"{claim}: {UPDATE}"
    assert sorted(bug.__name__ for module in FAMILIES.values() for bug in module.BUGS) == sorted(
        bug.__name__ for bug in BUGS
    )


def test_no_bug_and_no_claim_has_changed_since() -> None:
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    changed = [
        bug.__name__ for bug in BUGS if stored["bugs"].get(bug.__name__) != bug_matrix.bug_sources(bug)
    ]
    assert stored["families"] == bug_matrix.described(), UPDATE
    changed += [c for c, column in stored["claims"].items() if column["own"] != own_sources(c)]
    assert not changed, f"{changed} changed: {UPDATE}"


def test_it_is_kept_where_the_report_finds_it() -> None:
    shipped = record.matrix()
    assert shipped is not None
    assert shipped.bugs == tuple(bug.__name__ for bug in BUGS)
    for claim, column in MATRIX.items():
        assert {bug: shipped.letter(claim, bug) for bug in column} == {
            b: c.verdict for b, c in column.items()
        }


def test_every_bug_is_rejected_and_by_every_claim_that_it_is_named_for() -> None:
    assert bug_matrix.uncaught(MATRIX) == []
    for bug in BUGS:
        for claim in bug.expected:
            assert MATRIX[claim][bug.__name__].verdict in ("F", "E"), f"{claim} accepts {bug.__name__}"


def test_every_claim_that_applies_to_a_subject_rejects_a_bug_by_what_it_measures() -> None:
    assert bug_matrix.idle(MATRIX) == []
    assert set(MATRIX) - set(REFERENCE_ONLY)


def test_no_check_breaks_on_a_bug() -> None:
    assert not [(c, b) for c, column in MATRIX.items() for b, cell in column.items() if cell.verdict == "!"]


CHEAP = ("ScaleWrong", "WeightTransport", "FitTransposed", "SlopeOfH", "SeedIgnored")
SAMPLE = [
    (claim.id, BUGS[(7 * number + 3) % len(BUGS)].__name__)
    for number, claim in enumerate(CLAIMS)
    if claim.id not in ("noise", "clt", *REFERENCE_ONLY)  # seconds each
] + [("estimator", name) for name in CHEAP]


@pytest.mark.parametrize(("claim", "bug"), SAMPLE)
def test_a_sample_of_the_cells_is_as_stored(claim: str, bug: str) -> None:
    subject = next(b for b in BUGS if b.__name__ == bug)
    assert verdict(CLAIM[claim], subject) == MATRIX[claim][bug].verdict, UPDATE


def test_the_matrix_is_printed_with_a_line_for_each_bug_and_what_is_missing() -> None:
    printed = render(MATRIX)
    for bug in BUGS:
        assert sum(line.split()[:1] == [bug.__name__] for line in printed.splitlines()) == 1
    assert f"{len(BUGS)} bugs, {len(CLAIMS)} claims, " in printed
    blind = {claim: {bug: Cell(".", "") for bug in column} for claim, column in MATRIX.items()}
    assert f"no claim rejects {BUGS[0].__name__}" in render(blind)
    assert "estimator rejects no bug" in render(blind)


def test_comments_and_docstrings_do_not_count_as_changes() -> None:
    one, other, third = '"""A."""\nx = 1  # one\n', '"""B."""\n\nx = 1\n', '"""A."""\nx = 2\n'
    first, second, different = (bug_matrix.digest(ast.parse(text)) for text in (one, other, third))
    assert first == second != different


def test_a_correct_subject_gets_no_rejection() -> None:
    assert LocalSubject(Correct).name
    assert verdict(CLAIM["solves"], Correct) == "."
