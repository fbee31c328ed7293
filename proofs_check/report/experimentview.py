"""The paper's experiments on the page: paper, authors' code and here, what it cost, and the curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from feedback_proofs_io.results import Result
from proofs_check.claims.experiments import lines
from proofs_check.experiments import stored, tables
from proofs_check.experiments.answers import answers
from proofs_check.experiments.comparison import RULE, Line, counted, sources
from proofs_check.experiments.ours import ours
from proofs_check.experiments.panels import Panel, after, legend, panels, places
from proofs_check.experiments.published import EXPERIMENTS
from proofs_check.experiments.tables import Table, short, where
from proofs_check.ledger.ledger import Row
from proofs_check.report import panelview
from proofs_check.report.claimview import chip, outcome, status
from proofs_check.report.context import Context
from proofs_check.report.html import Markup, join, tag
from proofs_check.report.mathml import sentence
from proofs_check.verdict.evidence import Falsified

__all__ = ["experiments"]

KINDS = {
    "reproduced": "pass",
    "not reproduced": "status-false-as-printed",
    "not comparable": "none",
    "not run": "none",
}
"""The look of a verdict; the word says it all."""


def experiments(context: Context) -> Markup:
    """Every experiment of this ledger, and the results that belong to none of the paper's."""
    if not context.experiments:
        return Markup("")
    try:
        results: Sequence[Result] = stored.results()
        rest = [one for one in results if not any(sources(known.id, [one]) for known in EXPERIMENTS)]
        shown = [_experiment(row, results) for row in context.experiments]
    except (stored.Unreadable, Falsified) as error:
        shown, rest = [_unread(row, str(error)) for row in context.experiments], []
    return join(
        tag(
            "p",
            "What the paper measured, beside what was run here. An experiment asks no implementation: it "
            "runs this project's own learning rules, and its results are kept as files, which this page "
            "reads. What was given as the subject of this ledger was not run in them.",
            class_="prose",
        ),
        tag("p", tables.HOW_TO_READ, class_="prose soft"),
        tag("p", RULE, class_="prose soft"),
        shown,
        map(_further, rest),
    )


def _further(result: Result) -> Markup:
    """A result that is of no experiment of the paper."""
    asked = ours(result)
    return tag(
        "article",
        tag("h3", asked.title if asked else where(result)),
        tag("p", "Not in the paper.", class_="soft source") if asked else None,
        tag("p", asked.asks, class_="prose") if asked else None,
        _curves(result, True),
        _answers(result),
        _reached(result),
        class_="claim",
    )


def _head(row: Row) -> Markup:
    statement = row.claim.statement
    return join(
        tag(
            "h3",
            tag("a", statement.id, href=f"#claim-{statement.id}", class_="id"),
            tag("span", sentence(statement.title), class_="title"),
        ),
        tag("p", sentence(statement.source), class_="soft source"),
    )


def _experiment(row: Row, results: Sequence[Result]) -> Markup:
    id = row.claim.id
    found, own = lines(id), sources(id, results)
    about = next(one for one in EXPERIMENTS if one.id == id)
    return tag(
        "article",
        _head(row),
        tag(
            "p",
            status(row.claim.statement, row),
            " ",
            outcome(row),
            " ",
            tag("span", row.verdict.reason or "", class_="soft"),
        ),
        tag("p", _counts(found)),
        tag("h4", "What the paper concludes"),
        tag("p", about.says, class_="prose"),
        tag("p", f"{about.network}.", class_="soft"),
        (_curves(one, k == 0) for k, one in enumerate(own)),
        _cells(found),
        map(_answers, own),
        (_reached(one) for one in own),
        id=f"claim-{id}",
        class_="claim experiment",
    )


def _unread(row: Row, why: str) -> Markup:
    """An experiment whose results cannot be read."""
    return tag(
        "article",
        _head(row),
        tag("p", why, class_="broken"),
        id=f"claim-{row.claim.id}",
        class_="claim failed",
    )


def _counts(found: Sequence[Line]) -> Markup:
    parts = (
        join(chip(f"{count} {verdict}", KINDS[verdict]), " ") for verdict, count in counted(found).items()
    )
    return join(parts)


def _cells(found: Sequence[Line]) -> Markup:
    run = any(line.verdict != "not run" for line in found)
    return tag(
        "details",
        tag(
            "summary",
            tag("b", "Number by number"),
            tag("span", f" {len(found)} of the paper and its code", class_="soft"),
        ),
        (_table(one, "comparison") for one in tables.cells(found)),
        open=run,
    )


def _answers(result: Result) -> Markup | None:
    """What the result says by itself."""
    found = answers(result)
    if not found:
        return None
    return tag(
        "details",
        tag("summary", tag("b", "What follows"), tag("span", f" {where(result)}", class_="soft")),
        (_table(one, "comparison") for one in found),
        open=True,
    )


def _reached(result: Result) -> Markup:
    return tag(
        "details",
        tag("summary", tag("b", "Reached and paid"), tag("span", f" {where(result)}", class_="soft")),
        (_table(one, "costs") for one in tables.costs(result)),
        tag("p", f"From {result.path.name}, sha256 {result.sha256}.", class_="soft digest"),
    )


def _table(table: Table, kind: str) -> Markup:
    return join(
        tag("h4", table.title),
        tag(
            "table",
            tag("thead", tag("tr", (tag("th", head.strip(), scope="col") for head in table.heads))),
            tag("tbody", (_row(row, table.heads) for row in table.rows)),
            class_=f"{kind} stack",
        ),
        tag("p", " ".join(table.notes), class_="soft") if table.notes else None,
    )


def _row(row: Sequence[str], heads: Sequence[str]) -> Markup:
    cells = (tag("td", cell, data_label=head.strip()) for cell, head in zip(row[1:], heads[1:], strict=True))
    return tag("tr", tag("th", row[0], scope="row"), cells)


def _curves(result: Result, open_: bool) -> Markup:
    """The panels of a result, folded away unless it is the first."""
    shown, styles = panels(result), places(legend(result))
    if not shown:
        return Markup("")
    return tag(
        "details",
        tag("summary", tag("b", "Curves"), tag("span", f" {where(result)}", class_="soft")),
        tag(
            "figure",
            tag("ul", _legend(result, shown), class_="legend"),
            tag(
                "div",
                (tag("div", panelview.draw(one, styles), class_="panel") for one in shown),
                class_="panels",
            ),
            tag(
                "figcaption",
                f"Means over runs against {shown[0].across}, with bands of one standard error. A method has "
                "no line where feedback is measured if its feedback is the weights.",
            ),
        ),
        open=open_,
    )


def _legend(result: Result, shown: Sequence[Panel]) -> Iterator[Markup]:
    styles = places(legend(result))
    for label in legend(result):
        line = tag("path", d="M1,6L39,6", class_=f"curve {panelview.style(styles[label])}")
        yield tag("li", panelview.swatch(line), short(label))
    if any(panel.marks for panel in shown):
        longer = after(result, shown)
        for whose, words in (("paper", "the paper"), ("authors", "its authors' code")):
            mark = panelview.swatch(panelview.triangle(16, 6, whose, "m-plain"))
            yield tag("li", mark, f"{words}{longer}")
