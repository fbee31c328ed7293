"""The page as a whole."""

from __future__ import annotations

from proofs_check.ledger.ledger import Row
from proofs_check.report import sections
from proofs_check.report.claimview import chip, claim
from proofs_check.report.context import Context
from proofs_check.report.evidenceview import legend
from proofs_check.report.experimentview import experiments
from proofs_check.report.guidance import METHODS, follows_from, guide
from proofs_check.report.html import Markup, join, tag
from proofs_check.report.paperview import paper
from proofs_check.report.shell import document
from proofs_check.report.trustview import trust
from theory.paper import PAPER

SECTIONS = {
    "ledger": "The ledger",
    "graph": "What rests on what",
    "claims": "The claims",
    "experiments": "The experiments",
    "hypotheses": "Hypotheses",
    "lemmas": "Lemmas",
    "trust": "How far the suite itself can be trusted",
    "paper": "The paper",
    "reading": "How to read this",
}

WIDE = ("the suite", "versions")
"""The facts of the header that take a line each."""


def page(context: Context) -> str:
    """The page as text."""
    contents = {
        "ledger": sections.ledger(context),
        "graph": sections.graph(context),
        "claims": join(claim(one, context) for one in context.statements.values()),
        "experiments": experiments(context),
        "hypotheses": sections.hypotheses(context),
        "lemmas": sections.lemmas(context),
        "trust": trust(context),
        "paper": join(
            tag("p", "Every equation, theorem, assumption and remark of the paper, as it is printed there."),
            paper(PAPER),
        ),
        "reading": _reading(context),
    }
    return document(
        f"feedback-proofs: {context.ledger.subject}",
        join(
            _header(context),
            _nav(context),
            tag(
                "main",
                _to_mend(context),
                _problems(context),
                (
                    tag("section", tag("h2", SECTIONS[id]), content, id=id)
                    for id, content in contents.items()
                    if content
                ),
            ),
            _footer(context),
        ),
    )


def verdict(context: Context) -> str:
    """One line."""
    ledger = context.ledger
    failing = context.failing()
    if not failing:
        asked = sum(row.verdict.outcome == "pass" for row in ledger.rows)
        return f"Every applicable claim passed: {asked} of {len(ledger.rows)}."
    names = ", ".join(row.claim.id for row in failing[:4]) + (" …" if len(failing) > 4 else "")
    return f"{len(failing)} of {len(ledger.rows)} claims did not pass: {names}"


def _header(context: Context) -> Markup:
    ledger = context.ledger
    facts = {
        "subject": ledger.subject,
        "depth": ledger.effort.depth,
        "seed": str(ledger.effort.seed),
        "time": f"{ledger.seconds:.1f} s",
        **({} if context.suite is None else {"the suite": context.suite.words}),
        "versions": ", ".join(f"{name} {version}" for name, version in ledger.versions.items()),
    }
    good = not context.failing()
    return tag(
        "header",
        tag("p", "feedback-proofs", class_="brand"),
        tag("h1", "Learning feedback weights by node perturbation, checked"),
        tag("p", tag("b", verdict(context)), class_=f"verdict {'pass' if good else 'fail'}"),
        tag(
            "dl",
            (
                tag("div", tag("dt", name), tag("dd", value), class_="wide" if name in WIDE else None)
                for name, value in facts.items()
            ),
            class_="facts",
        ),
    )


def _nav(context: Context) -> Markup:
    links = {"mend": "What to mend first", **SECTIONS} if context.failing() else dict(SECTIONS)
    if not context.experiments:
        del links["experiments"]
    return tag(
        "nav",
        tag("ul", (tag("li", tag("a", name, href=f"#{id}")) for id, name in links.items())),
        aria_label="Sections",
    )


def _to_mend(context: Context) -> Markup | None:
    """Where to begin: failing claims that do not follow from another one, with what their numbers say."""
    failing = context.failing()
    if not failing:
        return None
    names = frozenset(row.claim.id for row in failing)
    roots = [row for row in failing if not _follows(row, names, context)] or list(failing)
    rest = [row for row in failing if row not in roots]
    items = (
        tag(
            "li",
            tag("a", row.claim.id, href=f"#claim-{row.claim.id}"),
            f" ({row.verdict.outcome})",
            _named(_broken_method(row, context)),
            ": ",
            tag("span", _why(row, context)),
        )
        for row in roots
    )
    others = [
        join(" ", tag("a", row.claim.id, href=f"#claim-{row.claim.id}", class_="nowrap")) for row in rest
    ]
    return tag(
        "section",
        tag("h2", "What to mend first"),
        tag("ol", items),
        tag("p", "These call the same methods, and most likely fail for the same reasons:", others)
        if others
        else None,
        id="mend",
        class_="mend",
    )


def _follows(row: Row, failing: frozenset[str], context: Context) -> bool:
    """Whether another failing claim checks by itself what is off here."""
    own = METHODS.get(_broken_method(row, context) or "", row.claim.id)
    return bool(follows_from(row.claim.id, failing)) or (own in failing and own != row.claim.id)


def _broken_method(row: Row, context: Context) -> str | None:
    """The method whose answer is off, where one of them is known to be."""
    replayed = context.inquiry.replays.get(row.claim.id)
    methods = guide(row.claim.id).methods
    name = replayed.method if replayed is not None else methods[0] if len(methods) == 1 else None
    return name if name in METHODS else None


def _named(method: str | None) -> Markup | None:
    return None if method is None else join(", ", tag("code", method))


def _why(row: Row, context: Context) -> str:
    """What the numbers say, or the reason; both where the code raised or does not answer row by row."""
    found, reason = context.inquiry.found.get(row.claim.id, ()), row.verdict.reason or ""
    said = [f"{reason.removesuffix('.')}."] if reason and row.verdict.outcome == "error" and found else []
    return " ".join([*said, *found]) or reason


def _problems(context: Context) -> Markup | None:
    errors = [problem for problem in context.problems if problem.error]
    if not errors:
        return None
    return tag(
        "section",
        tag("h2", "The suite does not fit together"),
        tag("ul", (tag("li", tag("b", one.about), f" {one.says}") for one in errors)),
        id="problems",
        class_="mend",
    )


def _reading(context: Context) -> Markup:
    return join(
        tag("h3", "Kinds of evidence, strongest first"),
        legend(),
        tag("h3", "Outcomes"),
        tag(
            "ul",
            tag(
                "li",
                chip("✓ pass", "pass"),
                " right answers: every finding that could have failed holds, whatever the statement's status",
            ),
            tag(
                "li",
                chip("✗ fail", "fail"),
                " wrong answers: a finding does not hold; the smallest network that shows it is given",
            ),
            tag(
                "li",
                chip("! error", "error"),
                " no answer: the code raised, crashed, hung, or gave something of the wrong form, or NaN",
            ),
            tag(
                "li",
                chip("– not applicable", "not-applicable"),
                " the code does not offer what the claim needs",
            ),
            class_="verdicts",
        ),
        tag("h3", "Once more"),
        tag(
            "p",
            "Same seed, same verdict. The whole run: ",
            tag("code", context.commands.get("", "")),
            class_="prose",
        ),
    )


def _footer(context: Context) -> Markup:
    return tag(
        "footer",
        tag(
            "p",
            "Written by feedback-proofs ",
            context.ledger.versions.get("feedback-proofs", ""),
            ". The paper: Lansdell, Prakash and Kording, Learning to solve the credit assignment problem, "
            "ICLR 2020.",
        ),
    )
