"""A claim in full: what it says, what it rests on, what was found."""

from __future__ import annotations

from collections.abc import Iterator

from proofs_check.ledger.ledger import Row
from proofs_check.report import chart, curves
from proofs_check.report.context import Context
from proofs_check.report.evidenceview import evidence
from proofs_check.report.failureview import failure
from proofs_check.report.graph import Node
from proofs_check.report.html import Markup, join, tag
from proofs_check.report.mathml import displayed, formula, sentence
from proofs_check.report.proofview import hypothesis, proof
from proofs_check.report.status import LEVELS
from theory.results.statement import Counterexample, Statement
from theory.writing.symbols import glossary

OUTCOMES = {"pass": "✓ pass", "fail": "✗ fail", "error": "! error", "not applicable": "– not applicable"}


def chip(text: str, kind: str) -> Markup:
    """A word in a coloured box; the word says it all, the colour repeats it."""
    return tag("span", text, class_=f"chip {kind.replace(' ', '-')}")


def outcome(row: Row | None) -> Markup:
    """The outcome for the implementation."""
    return (
        chip("not run", "none") if row is None else chip(OUTCOMES[row.verdict.outcome], row.verdict.outcome)
    )


def status(statement: Statement, row: Row | None) -> Markup:
    """The status of a statement, and whether its own check confirmed it in this run."""
    return chip(statement.status if row is None else row.standing, f"status-{statement.status}")


def claim(statement: Statement, context: Context) -> Markup:
    """The section of one claim."""
    row = context.rows.get(statement.id)
    failed = row is not None and row.verdict.outcome in ("fail", "error")
    return tag(
        "article",
        tag(
            "h3",
            tag("a", statement.id, href=f"#claim-{statement.id}", class_="id"),
            tag("span", sentence(statement.title), class_="title"),
        ),
        tag("p", sentence(statement.source), class_="soft source"),
        tag(
            "dl",
            _question(
                "Does the statement hold?", join(status(statement, row), _standing(statement, context))
            ),
            _question("Does this implementation behave so?", join(outcome(row), _reason(row))),
            class_="questions",
        ),
        failure(row, context) if row is not None and failed else None,
        tag("h4", "The statement"),
        displayed(statement.latex),
        _hypotheses(statement),
        _printed(statement),
        _plots(statement.id, context),
        evidence(row) if row is not None else None,
        _beyond(statement),
        (proof(one, context.shared) for one in context.derived(statement.id)),
        _symbols(statement, context),
        _foot(row, context),
        id=f"claim-{statement.id}",
        class_="claim" + (" failed" if failed else ""),
    )


def _question(name: str, answer: Markup) -> Markup:
    return tag("div", tag("dt", name), tag("dd", answer))


def _standing(statement: Statement, context: Context) -> Markup:
    """The level of the statement, and what holds it back."""
    node = f"claim-{statement.id}"
    level = context.graph.level(node)
    words = LEVELS[level] if level is not None else ""
    if level in ("computed", "part", "proved", "verified"):
        said = "what is stated" if level in ("computed", "part") else "what the proofs conclude"
        words = f"{said} below is {words}"
    back = context.graph.holding_back(node) if level == "proved" else ()
    names = join(", not proved: ", _names(back)) if back else None
    return tag("span", f" {words}", names, class_="soft standing")


def _names(nodes: tuple[Node, ...]) -> Iterator[Markup | str]:
    for k, node in enumerate(nodes):
        yield ", " if k else ""
        yield tag("a", node.label, href=f"#{node.id}")


def _reason(row: Row | None) -> Markup | None:
    if row is None:
        return tag("span", " this run did not ask", class_="soft")
    return tag("span", f" {row.verdict.reason}", class_="soft reason-text") if row.verdict.reason else None


def _hypotheses(statement: Statement) -> Markup:
    if not statement.assumptions:
        return tag("p", "It needs no hypothesis: it is a definition.", class_="soft")
    items = (
        tag(
            "li",
            hypothesis(a.id),
            " ",
            sentence(a.words),
            tag("div", formula(a.latex, block=True), class_="math"),
        )
        for a in statement.assumptions
    )
    return join(
        tag("h4", "Supposed"),
        tag("ul", items, class_="hypotheses"),
    )


def _symbols(statement: Statement, context: Context) -> Markup:
    """What every symbol of the section stands for, folded."""
    named = glossary(statement, [one.proof for one in context.derived(statement.id)])
    return tag(
        "details",
        tag("summary", tag("b", "Symbols")),
        tag(
            "dl",
            (tag("div", tag("dt", formula(symbol)), tag("dd", sentence(said))) for symbol, said in named),
            class_="parts",
        ),
    )


def _printed(statement: Statement) -> Markup:
    parts = (
        ("As the paper prints it", statement.as_printed),
        (statement.remarks, statement.repair),
    )
    return join(
        (join(tag("h4", head), tag("p", sentence(text), class_="prose")) for head, text in parts if text),
        map(_counterexample, statement.counterexamples),
    )


def _beyond(statement: Statement) -> Markup | None:
    """What the proofs in steps leave out, and what settles it."""
    if not statement.beyond:
        return None
    return join(
        tag("h4", "Proved in part"),
        tag("p", sentence(statement.beyond), class_="prose beyond"),
    )


def _counterexample(one: Counterexample) -> Markup:
    """A counterexample in full: network, data, law, loss, what is said and what is found, and figures."""
    return join(
        tag("h4", sentence(f"Counterexample {one.title}")),
        tag(
            "dl",
            (tag("div", tag("dt", sentence(name)), tag("dd", sentence(said))) for name, said in one.lines()),
            class_="parts counterexample",
        ),
    )


def _plots(id: str, context: Context) -> Markup | None:
    if id not in curves.EXAMPLES or id not in context.rows:
        return None
    measured = context.inquiry.measured.get(id)
    shown = curves.charts(id, measured)
    legend = {series.name: series for one in shown for series in one.series}
    example = curves.EXAMPLES[id]
    return tag(
        "figure",
        tag("h4", "Error against the noise scale, on one network"),
        tag(
            "div",
            (tag("div", chart.draw(one), class_="panel") for one in shown),
            class_="panels",
        ),
        tag(
            "ul",
            (tag("li", chart.swatch(series), name) for name, series in legend.items()),
            class_="legend",
        ),
        tag("figcaption", f"Network {example.shape}; rule {example.rule}. ", _caption(id, measured)),
    )


def _caption(id: str, measured: curves.Measured | None) -> str:
    bound = (
        "A bound is drawn where one is proved. "
        if any(curves.predicted(id, law).bound[0] for law in curves.LAWS)
        else "No explicit bound is claimed for this network. "
    )
    if measured is None:
        return bound + "This implementation was not asked: it gave no answer before."
    if measured.refused:
        return bound + f"This implementation has no points: {measured.refused}."
    within = measured.used <= 1
    return bound + (
        "Its points are its own B̂(c), fitted to every pair of a datum and a noise atom: at every c "
        + (
            f"within what float64 allows of the exact value (at worst {measured.used:.1g} of it)."
            if within
            else f"they should lie on the lines, and are off by up to {measured.used:.2g} times what "
            "float64 allows."
        )
    )


def _foot(row: Row | None, context: Context) -> Markup | None:
    if row is None:
        return None
    command = context.commands.get(row.claim.id)
    if command is None or row.verdict.outcome in ("fail", "error"):
        return tag("p", f"{row.seconds:.1f} s", class_="soft")
    return tag(
        "p",
        f"{row.seconds:.1f} s, seed {context.ledger.effort.seed}. To run this claim alone: ",
        tag("code", command),
        class_="soft rerun",
    )
