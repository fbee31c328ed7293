"""What others wrote, a subject above all, reaches no terminal, Markdown or page with characters that act."""

import io
import unicodedata

import pytest
from rich.console import Console

from feedback_proofs_io.text import ACTING
from proofs_check.command import compare
from proofs_check.ledger import markdown
from proofs_check.ledger.ledger import Ledger, check
from proofs_check.ledger.terminal import Screen
from proofs_check.pytest_suite import Suite, properties
from proofs_check.pytest_suite import report as pytest_report
from proofs_check.report.html import tag
from proofs_check.subject.relay import LONGEST_LINE, MOST, Relay
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Falsified, NotApplicable, SubjectError
from tests.proofs_check.fakes import SUBJECT, claim
from tests.proofs_check.hostile_subjects import ESCAPES

QUICK = Effort("quick")
ODD = f"x{ESCAPES}\u200b\u2029\x85\x1b]8;;http://x\x1b\\y &#x202e; `[red]"


def acting(text):
    """The characters of a text that act, but for the ends of lines."""
    return {letter for letter in text if letter != "\n" and unicodedata.category(letter) in ACTING}


def rows():
    claims = (
        claim("rank", Evidence("implementation", f"name {ODD}", f"found {ODD}", f"expected {ODD}")),
        claim("theorem-1", Falsified(f"reason {ODD}", (), f"code = 1  # {ODD}")),
        claim("theorem-2", SubjectError(f"raised {ODD}", f"again()  # {ODD}")),
        claim("theorem-3", NotApplicable(f"not for {ODD}")),
    )
    return claims, [check(one, SUBJECT, QUICK) for one in claims]


def ledger(found):
    return Ledger(f"{ODD}.py:Mine", QUICK, {}, 1.0, tuple(found))


def on_terminal():
    claims, found = rows()
    stream = io.StringIO()
    screen = Screen(Console(file=stream, width=120, markup=False, emoji=False, highlight=False), claims)
    commands = {one.id: f"rerun '{ODD}'" for one in claims}
    screen.opening("1.0", f"{ODD}.py:Mine", QUICK)
    for row in found:
        screen.row(row)
    screen.closing(ledger(found), commands)
    screen.interrupted(found, commands, f"again '{ODD}'", kept=False)
    screen.note(f"of {ODD}")
    return stream.getvalue()


def in_pytest():
    suite = Suite(f"{ODD}.py:Mine", QUICK)
    said = [suite.pytest_report_header()]
    for row in rows()[1]:
        said += [pytest_report(row, suite), *(str(value) for _, value in properties(row, suite))]
    return "\n".join(said)


def relayed():
    return Relay().shown(ODD.encode(errors="surrogatepass"), last=True)


DOORS = {
    "terminal": on_terminal,
    "Markdown": lambda: markdown.render(ledger(rows()[1])),
    "page": lambda: tag("p", ODD, [ODD], title=ODD),
    "pytest": in_pytest,
    "what it prints": relayed,
}


@pytest.mark.parametrize("door", DOORS)
def test_no_character_that_acts_goes_through(door):
    text = DOORS[door]()
    assert acting(text) == set()
    assert "\\x1b" in text.replace("\\\\", "\\")


def test_marks_of_others_are_no_markup():
    assert "[red]x[/red]" in on_terminal()
    text = DOORS["Markdown"]()
    assert "\\[red\\]" in text
    assert "\\&\\#x202e;" in text
    assert "&#x202e;" not in DOORS["page"]()


def test_a_long_line_is_passed_on_in_pieces_and_ends():
    relay = Relay()
    said = "".join(relay.shown(b"x" * 2**16) for _ in range(100)) + relay.shown(b"", last=True)
    assert len(said) <= MOST + 2 * LONGEST_LINE
    assert max(map(len, said.splitlines())) <= LONGEST_LINE
    assert said.endswith("(it prints more than is shown here)\n")
    assert relay.shown(b"still\n") == ""
    relay.begin()
    assert relay.shown(b"of the next claim\n") == "of the next claim\n"


def test_lines_come_whole_whatever_the_pieces_in_which_they_are_read():
    data = "ξ\r\n10 %\r20 %\rλ̂ done".encode()
    relay = Relay()
    said = "".join(relay.shown(data[k : k + 1]) for k in range(len(data))) + relay.shown(b"", last=True)
    assert said.replace("\n\n", "\n") == "ξ\n10 %\n20 %\nλ̂ done\n"


def test_compared_ledgers_are_text_too(tmp_path, capsys):
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    found = ledger(rows()[1][:3])
    for path in (old, new):
        path.write_text(found.to_json().replace("rank", "rank\\u009b"), errors="backslashreplace")
    compare.main([str(old), str(new)])
    said = capsys.readouterr()
    assert acting(said.out + said.err) == set()
