"""The sections of the page beside the claims: the ledger, the graph, the hypotheses, the lemmas."""

from __future__ import annotations

from proofs_check.claims.proved import HEADLINES
from proofs_check.report.claimview import outcome, status
from proofs_check.report.context import Context
from proofs_check.report.drawing import draw
from proofs_check.report.evidenceview import strongest
from proofs_check.report.graph import lemma_id, used_where
from proofs_check.report.html import Markup, join, tag
from proofs_check.report.lemmas import Shared
from proofs_check.report.mathml import formula, sentence
from proofs_check.report.proofview import hypothesis
from proofs_check.report.status import LEVELS, PROVING
from theory.proof.text import claim as written
from theory.results.statement import STATUSES, Assumption, Statement


def ledger(context: Context) -> Markup:
    """Every claim that was run, the two questions apart."""
    head = tag(
        "thead",
        tag(
            "tr",
            tag("th", "claim", scope="col"),
            tag("th", "Does the statement hold?", scope="col"),
            tag("th", "strongest evidence for it", scope="col"),
            tag("th", "Does this implementation behave so?", scope="col"),
            tag("th", "s", scope="col"),
        ),
    )
    note = tag(
        "p",
        "Two questions, never mixed. The first is about mathematics, and no implementation is involved: "
        "“shown” says that the statement's own check confirmed its status in this run, be it true or false. "
        "The second is about the code.",
        class_="prose",
    )
    rows = [_ledger_row(row.claim.statement, context) for row in context.rows.values()]
    silent = [problem for problem in context.problems if not problem.error]
    remarks = tag("ul", (tag("li", tag("b", one.about), f" {one.says}.") for one in silent), class_="soft")
    return join(
        note,
        tag("table", head, tag("tbody", rows), class_="ledger stack"),
        tag("p", context.ledger.summary, class_="soft"),
        remarks if silent else None,
    )


def _ledger_row(statement: Statement, context: Context) -> Markup:
    row = context.rows[statement.id]
    return tag(
        "tr",
        tag(
            "th",
            tag("a", statement.id, href=f"#claim-{statement.id}"),
            tag("div", sentence(statement.title), class_="soft"),
            scope="row",
        ),
        tag("td", status(statement, row), data_label="the statement"),
        tag("td", _strongest(statement.id, context), data_label="strongest evidence", class_="soft"),
        tag("td", outcome(row), data_label="this implementation"),
        tag("td", f"{row.seconds:.1f}", data_label="seconds", class_="soft numeral"),
        class_="bad" if row.verdict.outcome in ("fail", "error") else None,
    )


def _strongest(id: str, context: Context) -> str:
    """The strongest evidence that a statement holds: of this run, or a proof checked for this page."""
    confirmed, proofs = context.rows[id].confirmed, context.derived(id)
    kind, part = strongest(confirmed), ""
    if kind in PROVING and id not in HEADLINES:
        kind, part = strongest(one for one in confirmed if one.kind not in PROVING), "; part of it by Coq"
    if proofs and all(one.accepted for one in proofs) and kind not in PROVING:
        steps = sum(len({c.number for c in one.steps}) for one in proofs)
        whole = "part of it, " if context.statements[id].beyond else ""
        return f"{whole}proof in {steps} checked steps{part}"
    return f"{kind or '–'}{part}"


def graph(context: Context) -> Markup:
    """The picture of what rests on what, with its keys."""
    fills = [
        tag("li", tag("span", "", class_=f"sample level-{level}"), f" {words}")
        for level, words in LEVELS.items()
    ]
    borders = [
        tag("li", tag("span", "", class_=f"sample status-{one.replace(' ', '-')}"), f" {one}")
        for one in STATUSES
    ]
    return join(
        tag(
            "p",
            "Built from the proofs: a line goes from what is supposed, or shown before, to what is proved "
            "from it. The lemmas are facts that the proofs of at least four statements derive in the same "
            "way. Point at a node, or move to it with the Tab key, to see all that it rests on; it links to "
            "its section.",
            class_="prose",
        ),
        tag(
            "div",
            draw(context.graph, not context.is_reference),
            class_="scroll",
            tabindex=0,
            role="region",
            aria_label="The graph; it scrolls sideways",
        ),
        tag(
            "div",
            tag("div", tag("b", "Fill: the evidence"), tag("ul", fills)),
            tag("div", tag("b", "Border: the statement, against the paper"), tag("ul", borders)),
            class_="keys",
        ),
        tag(
            "p",
            "Hypotheses are supposed, not shown; they hold nothing back. The axioms that a proof trusts (the "
            "weak law of large numbers, dominated convergence and the like) are named beside each proof.",
            class_="soft prose",
        ),
    )


def hypotheses(context: Context) -> Markup:
    """Every hypothesis, and the steps of proofs that use it."""
    return tag("div", (_hypothesis(one, context) for one in context.hypotheses), class_="entries")


def _hypothesis(one: Assumption, context: Context) -> Markup:
    uses = used_where(context.derivations, one.id)
    where = [
        tag(
            "li",
            tag("a", derivation.proof.statement, href=f"#claim-{derivation.proof.statement}"),
            f"{f' ({derivation.proof.title})' if derivation.proof.title else ''}: step"
            f"{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))}",
        )
        for derivation, numbers in uses
    ]
    return tag(
        "div",
        tag("h3", one.id),
        tag("p", sentence(one.words)),
        tag("div", formula(one.latex, block=True), class_="math"),
        tag(
            "details",
            tag("summary", f"Used in {len(uses)} proof{'s' * (len(uses) != 1)}"),
            tag("ul", where),
        )
        if uses
        else tag("p", "No proof in steps uses it.", class_="soft"),
        id=f"hypothesis-{one.id}",
        class_="entry",
    )


def lemmas(context: Context) -> Markup:
    """Every lemma, and the proofs that pass through it."""
    if not context.shared:
        return tag("p", "The proofs share none.")
    return tag("div", (_lemma(one) for one in context.shared), class_="entries")


def _lemma(one: Shared) -> Markup:
    return tag(
        "div",
        tag("h3", one.name),
        tag("div", formula(written(one.claim, as_latex=True), block=True), class_="math"),
        tag(
            "p",
            f"by {one.rule}, in {len(one.above)} steps from ",
            (hypothesis(a.id) for a in one.hypotheses),
        ),
        tag(
            "p",
            "In the proofs of ",
            (join(tag("a", id, href=f"#claim-{id}"), " ") for id in one.statements),
            class_="soft",
        ),
        id=lemma_id(one),
        class_="entry",
    )
