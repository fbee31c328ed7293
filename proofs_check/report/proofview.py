"""A proof for a reader: numbered steps with what they claim, by which rule, from what."""

from __future__ import annotations

from collections.abc import Iterator

from proofs_check.report.graph import lemma_id
from proofs_check.report.html import Markup, join, tag
from proofs_check.report.lemmas import Derivation, Shared
from proofs_check.report.mathml import formula, sentence
from theory.proof.checker import Checked, Step
from theory.proof.text import claim as written
from theory.writing.proof_text import by_number, references, stretches


def proof(one: Derivation, shared: tuple[Shared, ...]) -> Markup:
    """A proof, folded; one that was not accepted says at which step."""
    count = len({checked.number for checked in one.steps})
    title = f"Proof: {one.proof.title}" if one.proof.title else "Proof"
    told = f" {count} steps, every one checked" if one.accepted else " not accepted"
    axioms = dict.fromkeys(c.step.rule.name for c in one.steps if c.step.rule.axiom)
    trusting = (
        f" · trusting {', '.join(axioms)}" if axioms else " · trusting no axiom" if one.accepted else ""
    )
    if not one.accepted:
        body = tag("p", one.problem, class_="broken")
    else:
        note = tag("p", sentence(one.proof.note), class_="soft") if one.proof.note else None
        body = join(note, tag("ol", _steps(one, {lemma.key: lemma for lemma in shared}), class_="proof"))
    return tag(
        "details",
        tag("summary", tag("b", title), tag("span", told, trusting, class_="soft")),
        body,
        open=not one.accepted,
    )


def _steps(one: Derivation, lemmas: dict[str, Shared]) -> Iterator[Markup]:
    accepted, cited, number = by_number(one.steps), references(one.proof), 1
    for part in one.proof.parts:
        for heading, steps in stretches(part):
            if heading:
                yield tag("li", heading, class_="heading")
            for step in steps:
                yield _step(number, step, accepted[number], cited[number], lemmas)
                number += 1


def _step(
    number: int, step: Step, accepted: list[Checked], cited: tuple[str, ...], lemmas: dict[str, Shared]
) -> Markup:
    hypotheses = dict.fromkeys(a.id for checked in accepted for a in checked.hypotheses)
    sources = "; ".join(cited)
    lemma = lemmas.get(written(step.claim))
    return tag(
        "li",
        tag("span", f"{number}", class_="number"),
        tag("span", step.label, class_="label"),
        tag("div", formula(written(step.claim, as_latex=True), block=True), class_="math"),
        tag(
            "div",
            "by ",
            tag("b", step.rule.name),
            " (axiom)" if step.rule.axiom else None,
            f": {sources}" if sources else None,
            tag("span", (hypothesis(id) for id in hypotheses), class_="uses") if hypotheses else None,
            tag("span", " ", tag("a", f"lemma {lemma.name}", href=f"#{lemma_id(lemma)}")) if lemma else None,
            class_="reason",
        ),
    )


def hypothesis(id: str) -> Markup:
    """A hypothesis as a link."""
    return tag("a", id, href=f"#hypothesis-{id}", class_="hyp")
