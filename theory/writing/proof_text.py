"""Proofs for a reader: numbered steps with their rule, what they follow from and the hypotheses they use."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from theory.proof.checker import Checked, Induction, Proof, Step, check, steps_of
from theory.proof.rules import RULES
from theory.proof.text import claim
from theory.writing.readable import readable


def proof_page(proof: Proof) -> str:
    """The proof with a mark for every step that was checked; raises `Failed` where one was not."""
    accepted = by_number(check(proof))
    lines = [f"Proof{f' ({proof.title})' if proof.title else ''}, from {_names(proof)}"]
    lines += [f"  {readable(proof.note)}"] if proof.note else []
    number, cited = 1, references(proof)
    for part in proof.parts:
        for heading, steps in stretches(part):
            if heading:
                lines += ["", f"  {heading}"]
            for step in steps:
                lines += _step_lines(number, step, accepted[number], cited[number])
                number += 1
    return "\n".join(lines)


def stretches(part: Step | Induction) -> Iterator[tuple[str, Sequence[Step]]]:
    """The steps of a part under their headings."""
    if isinstance(part, Step):
        yield "", (part,)
        return
    if part.base:
        yield "By induction from the output down. For layer N+1:", part.base
    if part.step:
        yield "For layer i, 2 ≤ i ≤ N, where what is proved holds for layer i+1 (“above”):", part.step
    if part.shared:
        yield "For layer i, 2 ≤ i ≤ N+1, either way:", part.shared


def by_number(steps: Iterable[Checked]) -> dict[int, list[Checked]]:
    """The accepted steps by their number: one that is checked for two layers has two entries."""
    found: dict[int, list[Checked]] = {}
    for one in steps:
        found.setdefault(one.number, []).append(one)
    return found


def references(proof: Proof) -> dict[int, tuple[str, ...]]:
    """What each step follows from, by the number of the step: an earlier one as "step 3 (growth)".

    "above: X" is X for the layer above, which the induction supposes; "top: X" is X for layer N+1.
    """
    found: dict[int, tuple[str, ...]] = {}
    numbers: dict[str, int] = {}
    for number, step in enumerate(steps_of(proof), start=1):
        found[number] = tuple(
            f"step {numbers[source]} ({source})" if source in numbers else str(source) for source in step.uses
        )
        numbers[step.label] = number
    return found


def _step_lines(number: int, step: Step, accepted: Sequence[Checked], cited: Sequence[str]) -> list[str]:
    mark = "✓" if accepted else "✗"
    hypotheses = ", ".join(assumption.id for assumption in accepted[0].hypotheses)
    reason = f"{step.rule.name}{' (axiom)' if step.rule.axiom else ''}"
    if cited:
        reason += f": {'; '.join(cited)}"
    head = f"  {number:>3} {mark} {step.label}" + (f"  [{hypotheses}]" if hypotheses else "")
    return [
        head,
        f"        {claim(step.claim)}",
        f"          by \t{reason}",
    ]


def uses(proofs: Iterable[Proof]) -> str:
    """Which hypothesis is used in which steps, computed from the proofs."""
    lines = []
    for proof in proofs:
        accepted = check(proof)
        lines.append(f"{proof.statement}{f' ({proof.title})' if proof.title else ''}")
        for assumption in proof.hypotheses:
            numbers = sorted({one.number for one in accepted if assumption in one.hypotheses})
            lines.append(f"  {assumption.id:<12} \t{readable(assumption.words)}")
            lines.append(f"  {'':<12} \tin step{'s' * (len(numbers) != 1)} {', '.join(map(str, numbers))}")
    return "\n".join(lines)


def trusted_base(proofs: Iterable[Proof]) -> str:
    """The axioms, what they say, and where they are used; then the rules that are checked to the end."""
    users: dict[str, list[str]] = {}
    for proof in proofs:
        for step in steps_of(proof):
            names = users.setdefault(step.rule.name, [])
            if proof.statement not in names:
                names.append(proof.statement)
    lines = ["The trusted base: theorems that are used as they stand, under the conditions named."]
    for axiom in (True, False):
        if not axiom:
            lines += [
                "",
                "The other rules: what they accept follows by algebra or by the definition of a limit.",
            ]
        for rule in RULES:
            if rule.axiom == axiom:
                lines += ["", f"  {rule.name}"]
                lines.append(f"    {rule.statement}")
                where = ", ".join(users.get(rule.name, ["nothing yet"]))
                lines.append(f"    used in \t{where}")
    return "\n".join(lines)


def proof_latex(proof: Proof) -> str:
    """The proof as LaTeX, for the document."""
    accepted = by_number(check(proof))
    title = f" ({plain(proof.title)})" if proof.title else ""
    lines = [rf"\paragraph{{Proof{title}.}} From {plain(_names(proof))}. {proof.note}".rstrip()]
    number, cited = 1, references(proof)
    for part in proof.parts:
        for heading, steps in stretches(part):
            if heading:
                lines.append(rf"\par\medskip\emph{{{plain(heading)}}}")
            for step in steps:
                hypotheses = ", ".join(a.id for a in accepted[number][0].hypotheses)
                used = rf"\ [{plain(hypotheses)}]" if hypotheses else ""
                sources = "; ".join(cited[number])
                reason = plain(step.rule.name + (f": {sources}" if sources else ""))
                said = claim(step.claim, as_latex=True).replace(r"\,", r"\,\allowbreak ")
                lines.append(rf"\step{{{number}}}{{{plain(step.label)}{used}}}{{{said}}}{{{reason}}}")
                number += 1
    return "\n".join(lines)


def plain(text: str) -> str:
    """Text with what means something to LaTeX escaped, and mathematical letters as LaTeX."""
    for letter in ("\\", "&", "%", "_", "#"):
        text = text.replace(letter, rf"\{letter}" if letter != "\\" else r"\textbackslash{}")
    for letter, written in _LETTERS.items():
        text = text.replace(letter, f"${written}$")
    return text


_LETTERS = {
    "→": r"\to",
    "≤": r"\le",
    "λ̂": r"\hat\lambda",
    "λ": r"\lambda",
    "κ": r"\kappa",
    "ξ": r"\xi",
    "Γ": r"\Gamma",
    "γ": r"\gamma",
    "·": r"\cdot",
    "Wᵀ": r"W^{\top}",
    "²": "^2",
}


def _names(proof: Proof) -> str:
    return ", ".join(assumption.id for assumption in proof.hypotheses)
