"""The paper, formula by formula, as a section of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from proofs_check.report.html import Markup, join, tag
from proofs_check.report.mathml import formula, sentence
from proofs_check.report.proofview import hypothesis
from theory.paper.entry import VERDICTS, Entry, ProofStep, Refutation
from theory.paper.shown import glossary, value_latex, words
from theory.paper.table import source

KEPT = ("definition", "right")
MENDED = ("right as meant", "wrong index", "wrong shape", "repaired", "left open")


def paper(entries: Iterable[Entry]) -> Markup:
    """How many of each verdict, and every entry."""
    rows = list(entries)
    counts = Counter(entry.verdict for entry in rows)
    return join(
        tag(
            "ul",
            (
                tag("li", _chip(verdict), f" {counts[verdict]}: {meaning}")
                for verdict, meaning in VERDICTS.items()
                if counts[verdict]
            ),
            class_="verdicts",
        ),
        tag("div", map(_entry, rows), class_="paper"),
        tag(
            "details",
            tag("summary", tag("b", "Symbols")),
            tag(
                "dl",
                (
                    tag("div", tag("dt", formula(one)), tag("dd", sentence(said)))
                    for one, said in glossary(rows)
                ),
                class_="parts",
            ),
        ),
    )


def _chip(verdict: str) -> Markup:
    kind = "pass" if verdict in KEPT else "mended" if verdict in MENDED else "status-false-as-printed"
    return tag("span", verdict, class_=f"chip {kind}")


def _entry(entry: Entry) -> Markup:
    parts = (
        ("instead", sentence(entry.fixed) if entry.fixed else None),
        ("needs", join(hypothesis(a.id) for a in entry.needs) if entry.needs else None),
        ("refuted by", join(map(_refuted, entry.refuted_by)) if entry.refuted_by else None),
        ("shown by", join(map(_shown, entry.shown_by)) if entry.shown_by else None),
    )
    return tag(
        "div",
        tag(
            "div",
            tag("b", sentence(entry.label)),
            tag("span", f" {entry.where} ", class_="soft"),
            _chip(entry.verdict),
        ),
        tag("p", sentence(entry.printed), class_="printed"),
        tag("p", sentence(entry.problem)) if entry.problem else None,
        tag(
            "dl",
            (tag("div", tag("dt", name), tag("dd", content)) for name, content in parts if content),
            class_="parts",
        ),
        class_="entry",
    )


def _refuted(refutation: Refutation) -> Markup:
    return tag("div", sentence(f"{words(refutation)}: ${value_latex(refutation)}$, not 0"))


def _shown(shown: ProofStep | str) -> Markup:
    statement = shown if isinstance(shown, str) else shown.statement
    return join(tag("a", source(shown), href=f"#claim-{statement}"), " ")
