"""The table fits the terminal, and says first what matters most."""

import io
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from proofs_check.ledger.ledger import Ledger, check
from proofs_check.ledger.terminal import Screen, most_telling
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Falsified, SubjectError
from tests.proofs_check.fakes import CONFIRMED, GOOD, SUBJECT, claim

LONG = "B̂(c) − W falls when c is halved, the worst of many networks, each with layers of many widths"
CODE = "x = '" + "a line to be copied " * 10 + "'"


def printed(width, *claims):
    """What a run prints on a terminal of that width."""
    stream = io.StringIO()
    screen = Screen(Console(file=stream, width=width, markup=False, emoji=False, highlight=False), claims)
    screen.opening("1.0", "mine.py:Mine", Effort("quick"))
    rows = []
    for each in claims:
        with screen.running(each, len(rows)):
            rows.append(check(each, SUBJECT, Effort("quick")))
        screen.row(rows[-1])
    ledger = Ledger("mine.py:Mine", Effort("quick"), {}, 1.0, tuple(rows))
    screen.closing(ledger, {each.id: f"rerun {each.id}" for each in claims})
    return stream.getvalue()


CLAIMS = (
    claim("pseudo-inverse", Evidence("exact limit", LONG, 3.9998, (3.99, 4.01))),
    claim("orthogonality", GOOD, confirmed=()),
    claim("theorem-1", Falsified(LONG, (), CODE)),
    claim("theorem-2", SubjectError(LONG + ", " + LONG)),
)


@pytest.mark.parametrize("width", [80, 99, 100, 120, 200])
def test_every_line_fits_but_those_to_be_copied(width):
    lines = [line for line in printed(width, *CLAIMS).splitlines() if line != CODE]
    assert max(map(cell_len, lines)) <= width


@pytest.mark.parametrize("width", [80, 120])
def test_code_to_be_copied_is_one_line(width):
    assert f"\n{CODE}\n" in printed(width, *CLAIMS)


def test_markup_of_others_is_text():
    assert "[red]:x: a" in printed(80, claim("theorem-1", Evidence("exact", "[red]:x: a", 0.0, 1.0)))


def test_a_narrow_terminal_has_the_evidence_below():
    text = printed(80, claim("rank", GOOD))
    below = "\n  The title of rank (sec. 2)\n  · exact: a fact: equal\n"
    assert f"rank   {'holds, shown':<24}  {'pass':<19}      0.0" + below in text


def test_a_wide_terminal_has_the_evidence_beside():
    (line,) = (line for line in printed(120, claim("rank", GOOD)).splitlines() if line.startswith("rank"))
    assert line.split("  ·")[0].split() == ["rank", "holds,", "shown", "pass"]
    assert line.split("· ")[1].split() == ["exact:", "a", "fact:", "equal", "0.0"]


def test_what_failed_is_told_with_its_reason_its_code_and_the_command_that_reruns_it():
    text = printed(
        200, claim("rank", Falsified("the reason", (Evidence("exact", "a number", 2.0, 1.0),), "code"))
    )
    end = text[text.index("fail rank: ") :].splitlines()
    assert end[:3] == ["fail rank: The title of rank", "· the reason", "· exact: a number: 2, required ≤ 1"]
    assert end[4] == "code"
    assert end[6:8] == ["To run this claim alone:", "rerun rank"]
    assert end[-1] == "1 claim: 1 fail · 1.0 s"


NEAR, FAR = Evidence("exact", "near", 0.9, 1.0), Evidence("exact", "far", 1e-9, 1e-3)
BROKEN, LOOSE = Evidence("exact", "broken", 2.0, 1.0), Evidence("information", "loose", 5.0)
EDGE = Evidence("exact", "edge", 3.0, (2.0, 3.01))


@pytest.mark.parametrize(
    ("rows", "telling"),
    [
        ((LOOSE, FAR, NEAR), FAR),
        ((EDGE, NEAR), EDGE),
        ((NEAR, BROKEN, LOOSE), BROKEN),
        ((LOOSE, CONFIRMED), CONFIRMED),
        ((LOOSE,), LOOSE),
        ((), None),
    ],
)
def test_the_most_telling_evidence_is_what_failed_or_what_the_claim_puts_first(rows, telling):
    assert most_telling(rows) == telling


@pytest.mark.parametrize("width", [80, 120])
def test_beside_a_pass_no_mark_can_be_taken_for_its_outcome(width):
    """A statement that is false as printed, and shown to be, with code that does what the mended one says."""
    row = claim("rank", GOOD)
    false = replace(row.statement, status="false as printed", as_printed="x", repair="y")
    text = printed(width, replace(row, statement=false))
    line = next(line for line in text.splitlines() if line.startswith("rank"))
    assert line.startswith("rank   false as printed, shown   pass  ")
    assert "✓" not in text
    assert "the outcome is about this implementation only" in " ".join(text.split())
