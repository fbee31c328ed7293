"""The ledger in a terminal, or as plain lines in a log: one block for each claim, as soon as it is done.

From 100 columns on, a block has the claim, the status of its statement and the verdict on the
implementation on the left, and on the right the most telling evidence for each of the two questions. Below
that width the evidence comes underneath.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain

from rich.console import Console, ConsoleDimensions
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from feedback_proofs_io.text import printable
from proofs_check.claims.claim import Claim
from proofs_check.ledger.ledger import SHOWN, Ledger, Row
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence

STYLES = {"pass": "green", "fail": "bold red", "error": "bold magenta", "not applicable": "dim"}
WIDE = 100
NARROWEST, WIDEST = 40, 1000
GAP, BULLET, INDENT = "  ", "· ", "  "
STATEMENT, IMPLEMENTATION, SECONDS = 24, 19, 7  # widths; "holds with repair, shown" fits
LONGEST_REASON = 160  # in the table; all of it comes below


def open_console() -> Console:
    """Standard output; where it is no terminal, plain and 120 columns wide unless COLUMNS says otherwise.

    A width of nothing, or of a thousand million columns, is none that could be meant.
    """
    plain = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    console = Console(width=120 if plain else None, markup=False, emoji=False, highlight=False)
    width, height = console.size
    if not (NARROWEST <= width <= WIDEST and 1 <= height <= WIDEST):
        console.size = ConsoleDimensions(min(max(width, NARROWEST), WIDEST), min(max(height, 1), WIDEST))
    return console


class Screen:
    """Prints a run: the opening, a block for each claim, the closing."""

    def __init__(self, console: Console, claims: Sequence[Claim]) -> None:
        self._console = console
        self._wide = console.width >= WIDE
        self._id = max([len("claim"), *(len(claim.id) for claim in claims)])
        self._claims = claims

    def opening(self, version: str, subject: str, effort: Effort) -> None:
        """Say what is checked, and head the columns."""
        self._line(Text.assemble(("feedback-proofs", "bold"), f" {version}"))
        self._line(_shown(f"subject {subject}, depth {effort.depth}, seed {effort.seed}", "dim"))
        self._console.print()
        head = self._head(Text("claim"), Text("the statement"), Text("this implementation"))
        head.stylize("bold")
        evidence = [Text("the most telling evidence", "bold")] if self._wide else []
        self._block([head], evidence, Text("seconds", "bold", justify="right"), bullet=INDENT)
        self._rule()

    @contextmanager
    def running(self, claim: Claim, done: int) -> Iterator[None]:
        """Below the blocks, in a terminal, name the running claim and its time so far."""
        with Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", "dim"),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
            redirect_stderr=sys.stderr.isatty(),
        ) as progress:
            progress.add_task(f"{claim.id}, {done + 1} of {len(self._claims)}", total=None)
            yield

    def row(self, row: Row) -> None:
        """Print the block of a claim."""
        statement, outcome = row.claim.statement, row.verdict.outcome
        status = Text(row.standing, "bold red" if row.statement_confirmed is False else "")
        head = self._head(Text(statement.id, "bold"), status, Text(outcome, STYLES[outcome]))
        left = [head, Text(f"{statement.title} ({statement.source})", "dim")]
        self._block(left, _telling(row), Text(f"{row.seconds:.1f}", justify="right"))

    def closing(self, ledger: Ledger, commands: Mapping[str, str]) -> None:
        """Print what went wrong and the summary; `commands` rerun one claim each, by its id."""
        self._rule()
        self._line(Text(SHOWN, "dim"))
        self._failures(ledger.rows, commands)
        self._console.print()
        style = "bold green" if ledger.passed else "bold red"
        if not ledger.asked:
            self._line(Text("Nothing was asked: no claim applies to this subject.", "bold red"))
        if ledger.broken:
            names = ", ".join(row.claim.id for row in ledger.broken)
            self._line(Text(f"The suite itself broke, and says nothing of the subject: {names}.", "bold red"))
        self._line(Text.assemble((ledger.summary, style), f" · {ledger.seconds:.1f} s"))

    def note(self, text: str) -> None:
        """Print a remark between the blocks."""
        self._line(_shown(text, "bold"))

    def interrupted(
        self, rows: Sequence[Row], commands: Mapping[str, str], again: str | None, kept: bool
    ) -> None:
        """Print what went wrong so far, and the command that runs the rest, or goes on from what is kept.
        There is none where nothing is left to run.
        """
        self._rule()
        self._failures(rows, commands)
        self._console.print()
        done = f"{len(rows)} of {len(self._claims)} claims"
        if again is None:
            self._line(Text(f"Interrupted after {done}.", "bold"))
            return
        rest = ", which are kept. To go on:" if kept else ". The others:"
        self._line(Text(f"Interrupted after {done}{rest}", "bold"))
        self._verbatim(again)

    def listing(self) -> None:
        """Print the claims without running them."""
        for claim in self._claims:
            statement = claim.statement
            grid = _grid(self._id, len("holds with repair"), None)
            title = Text.assemble(statement.title, (f" ({statement.source})", "dim"))
            grid.add_row(Text(statement.id, "bold"), Text(statement.status), title)
            self._console.print(grid)

    def _failures(self, rows: Sequence[Row], commands: Mapping[str, str]) -> None:
        for row in rows:
            outcome, title = row.verdict.outcome, row.claim.statement.title
            if outcome not in ("fail", "error"):
                continue
            self._console.print()
            self._line(Text.assemble((outcome, STYLES[outcome]), " ", (row.claim.id, "bold"), f": {title}"))
            reason = row.verdict.reason or ""
            broken = [row for row in row.evidence if not row.holds and row.name not in reason]
            for item in (_shown(reason), *map(_sentence, broken)):
                self._line(item, BULLET, INDENT)
            if row.verdict.counterexample is not None:
                self._rule("counterexample")
                self._verbatim(row.verdict.counterexample)
                self._rule()
            self._line(Text("To run this claim alone:", "dim"))
            self._verbatim(commands[row.claim.id])

    def _head(self, *columns: Text) -> Text:
        widths = (self._id, STATEMENT, IMPLEMENTATION)
        padded = [text + " " * (width - text.cell_len) for text, width in zip(columns, widths, strict=True)]
        return Text(GAP).join(padded)

    def _block(
        self, left: Sequence[Text], evidence: Sequence[Text], seconds: Text, bullet: str = BULLET
    ) -> None:
        width, full = left[0].cell_len, self._console.width
        if self._wide:
            right = full - width - SECONDS - 2 * len(GAP)
            grid = _grid(width, right, SECONDS)
            grid.add_row(Text("\n").join(left), self._list(evidence, right, bullet), seconds)
            self._console.print(grid)
            return
        grid = _grid(width, SECONDS)
        grid.add_row(left[0], seconds)
        self._console.print(grid)
        for line in left[1:]:
            self._line(line, GAP, GAP)
        for item in evidence:
            self._line(item, GAP + BULLET, GAP + INDENT)

    def _list(self, items: Sequence[Text], width: int, bullet: str) -> Text:
        """One item below the other, within a width."""
        lines = (line for item in items for line in self._wrapped(item, width, bullet, INDENT))
        return Text("\n").join(lines)

    def _line(self, text: Text, first: str = "", rest: str = "") -> None:
        for line in self._wrapped(text, self._console.width, first, rest):
            self._console.print(line)

    def _wrapped(self, text: Text, width: int, first: str, rest: str) -> list[Text]:
        """The lines of a text, the first and the others behind marks of the same width."""
        lines = text.wrap(self._console, width - len(first))
        for line in lines:
            line.rstrip()
        return [Text(rest if number else first) + line for number, line in enumerate(lines)]

    def _rule(self, title: str = "") -> None:
        self._console.print(Rule(title, style="dim", align="left"))

    def _verbatim(self, text: str) -> None:
        """Print text to be copied: no line is broken or indented."""
        self._console.print(_shown(text), soft_wrap=True)


def most_telling(rows: Sequence[Evidence]) -> Evidence | None:
    """The first row that does not hold; else the first that could have failed, for claims begin with what
    matters most; else any.
    """
    broken = (row for row in rows if not row.holds)
    required = (row for row in rows if row.required)
    return next(chain(broken, required, rows), None)


def _telling(row: Row) -> list[Text]:
    """The most telling evidence, first about the statement, then about the implementation."""
    about_statement, about_subject = most_telling(row.confirmed), most_telling(row.examined)
    lines = [] if about_statement is None else [_sentence(about_statement)]
    if row.verdict.reason is not None and (about_subject is None or about_subject.holds):
        reason = row.verdict.reason
        shortened = reason if len(reason) <= LONGEST_REASON else f"{reason[:LONGEST_REASON]} …"
        return [*lines, _shown(shortened, STYLES[row.verdict.outcome])]
    return lines if about_subject is None else [*lines, _sentence(about_subject)]


def _sentence(evidence: Evidence) -> Text:
    style = "" if evidence.holds else "bold red"
    name, finding = _shown(f"{evidence.name}: "), _shown(evidence.finding, style)
    return Text.assemble((f"{evidence.kind}: ", "dim"), name, finding)


def _shown(text: str, style: str = "") -> Text:
    """Text that may come from a subject: no markup is read in it, and no character of it acts."""
    return Text(printable(text, lines=True), style)


def _grid(*widths: int | None) -> Table:
    """Columns of these widths, None for the rest of the line."""
    grid = Table.grid(padding=(0, len(GAP), 0, 0))
    for width in widths:
        grid.add_column(width=width)
    return grid
