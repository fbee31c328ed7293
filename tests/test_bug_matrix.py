"""The stored matrix planted bug × claim is that of the present bugs and claims, and says what it should."""

import hashlib
import json
from dataclasses import replace

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.report import record
from proofs_check.report.context import Context, Inquiry
from proofs_check.report.trustview import OLD, trust
from proofs_check.subject.subjects import LocalSubject, WorkerSubject
from tests import bug_matrix
from tests.bug_matrix import BUGS, FAMILIES, REFERENCE_ONLY, STORED, load, render, verdict
from tests.planted_bugs import Correct
from tests.proofs_check.fakes import GOOD
from tests.proofs_check.test_report import COMMANDS, ledger_of, row_of

CLAIM = {claim.id: claim for claim in CLAIMS}
MATRIX = load()
UPDATE = "run: python -m tests.bug_matrix"


def test_every_bug_and_every_claim_has_its_place_in_the_matrix() -> None:
    assert list(MATRIX) == [claim.id for claim in CLAIMS], UPDATE
    for claim, column in MATRIX.items():
        assert list(column.verdicts) == [bug.__name__ for bug in BUGS], f"{claim}: {UPDATE}"
    assert sorted(bug.__name__ for module in FAMILIES.values() for bug in module.BUGS) == sorted(
        bug.__name__ for bug in BUGS
    )


def test_no_bug_has_changed_since() -> None:
    """Whether a claim has, the page says; and the sample below asks first where one has."""
    stored = json.loads(STORED.read_text(encoding="utf-8"))
    assert stored["families"] == bug_matrix.described(), UPDATE
    changed = [b.__name__ for b in BUGS if stored["bugs"].get(b.__name__) != bug_matrix.bug_sources(b)]
    assert not changed, f"{changed} changed: {UPDATE}"


def test_it_is_kept_where_the_report_finds_it() -> None:
    shipped = record.matrix()
    assert shipped is not None
    assert shipped.bugs == tuple(bug.__name__ for bug in BUGS)
    for claim, column in MATRIX.items():
        assert {bug: shipped.letter(claim, bug) for bug in column.verdicts} == column.verdicts


def test_every_bug_is_rejected_and_by_every_claim_that_it_is_named_for() -> None:
    assert bug_matrix.uncaught(MATRIX) == []
    for bug in BUGS:
        for claim in bug.expected:
            assert MATRIX[claim].verdicts[bug.__name__] in ("F", "E"), f"{claim} accepts {bug.__name__}"


def test_every_claim_that_applies_to_a_subject_rejects_a_bug_by_what_it_measures() -> None:
    assert bug_matrix.idle(MATRIX) == []
    assert set(MATRIX) - set(REFERENCE_ONLY)


def test_no_check_breaks_on_a_bug() -> None:
    assert not [(c, b) for c, column in MATRIX.items() for b, v in column.verdicts.items() if v == "!"]


def test_the_page_marks_the_columns_that_are_of_other_sources_and_no_others() -> None:
    shown = str(trust(Context(ledger_of(row_of(GOOD)), COMMANDS, Inquiry())))
    for claim, column in MATRIX.items():
        present = column.made.files == bug_matrix.claim_sources(claim)
        assert (f">{claim} {OLD}<" in shown) == (not present)
        assert (f">{claim}<" in shown) or not present


SLOW = ("noise", "theorem-3")  # a sample has one cell of these at most
CELLS = 12


def turned(*key: object) -> str:
    """A place in an order that changes with the sources of claims and bugs, so that each has its turn."""
    everything = [column.made.files for column in MATRIX.values()], [bug_matrix.bug_sources(b) for b in BUGS]
    return hashlib.sha256(repr((everything, key)).encode()).hexdigest()


def sample() -> dict[type[Correct], list[str]]:
    """Two bugs, and some claims for each: first those whose sources are not those of the record."""
    bugs = sorted(BUGS, key=lambda bug: turned("bug", bug.__name__))[:2]
    chosen = {}
    for bug in bugs:

        def place(claim: str, bug: type[Correct] = bug) -> tuple[bool, str]:
            return not bug_matrix.is_stale(MATRIX, claim, bug), turned("claim", bug.__name__, claim)

        order, count = sorted(MATRIX, key=place), CELLS // len(bugs)
        slow = [claim for claim in order[:count] if claim in SLOW]
        chosen[bug] = [*slow[:1], *(claim for claim in order if claim not in SLOW)][:count]
    return chosen


@pytest.mark.parametrize(("bug", "claims"), sample().items(), ids=lambda v: getattr(v, "__name__", ""))
def test_a_sample_of_the_cells_is_as_a_live_run_has_it(bug: type[Correct], claims: list[str]) -> None:
    place = f"{bug.__module__}:{bug.__name__}"
    with WorkerSubject(place) as subject:
        found = {claim: verdict(CLAIM[claim], subject) for claim in claims}
    assert found == {claim: MATRIX[claim].verdicts[bug.__name__] for claim in claims}, UPDATE


@pytest.mark.parametrize("name", ["LossDividedByBatch", "PerturbedPassKept"])
def test_a_cell_counts_what_a_live_run_finds_of_the_conduct_first(name: str) -> None:
    bug = next(bug for bug in BUGS if bug.__name__ == name)
    assert verdict(CLAIM["signals"], bug_matrix.here(bug)) == MATRIX["signals"].verdicts[name] == "E"
    assert verdict(CLAIM["signals"], LocalSubject(bug)) == "."


def test_the_matrix_is_printed_with_a_line_for_each_bug_and_what_is_missing() -> None:
    printed = render(MATRIX)
    for bug in BUGS:
        assert sum(line.split()[:1] == [bug.__name__] for line in printed.splitlines()) == 1
    assert f"{len(BUGS)} bugs, {len(CLAIMS)} claims, " in printed
    blind = {c: replace(column, verdicts=dict.fromkeys(column.verdicts, ".")) for c, column in MATRIX.items()}
    assert f"no claim rejects {BUGS[0].__name__}" in render(blind)
    assert "estimator rejects no bug" in render(blind)


def test_a_cell_is_stale_where_the_bug_a_file_of_the_claim_or_the_cell_itself_is_another() -> None:
    claim, bug = CLAIMS[0].id, BUGS[0]
    made = bug_matrix.made_now(claim)
    column = bug_matrix.Column(made, {bug.__name__: "F"}, {bug.__name__: bug_matrix.bug_sources(bug)})
    assert not bug_matrix.is_stale({claim: column}, claim, bug)
    assert bug_matrix.is_stale({claim: column}, claim, BUGS[1])
    assert bug_matrix.is_stale({claim: replace(column, bugs={bug.__name__: "other"})}, claim, bug)
    for file in made.files:
        other = replace(made, files={**made.files, file: "other"})
        assert bug_matrix.is_stale({claim: replace(column, made=other)}, claim, bug)


def test_what_is_of_other_sources_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    old = replace(
        MATRIX["rank"].made, files={**bug_matrix.claim_sources("rank"), "theory/exact/network.py": "other"}
    )
    column = replace(MATRIX["rank"], made=old)
    assert bug_matrix.check({"rank": column}, [CLAIM["rank"]]) == 1
    assert (
        f"{len(BUGS)} of {len(BUGS)} cells; changed since: theory/exact/network.py" in capsys.readouterr().out
    )
    new = replace(column, made=bug_matrix.made_now("rank"))
    assert bug_matrix.check({"rank": new}, [CLAIM["rank"]]) == 0


def test_a_correct_subject_gets_no_rejection() -> None:
    assert LocalSubject(Correct).name
    assert verdict(CLAIM["solves"], bug_matrix.here(Correct)) == "."
