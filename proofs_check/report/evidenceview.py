"""The evidence of a claim: the two questions apart, the kinds in the order of their strength."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from proofs_check.ledger.ledger import Row
from proofs_check.report.html import Markup, join, tag
from proofs_check.verdict.evidence import KINDS, Evidence

MEANINGS: Mapping[str, str] = {
    "machine-checked": (
        "a proof that the proof assistant Coq accepted, for finite laws of data and noise, down to the three "
        "axioms of mathcomp-analysis, the library that it builds on"
    ),
    "symbolic": "an exact derivation, or a proof in steps that the checker accepted",
    "exact": "an identity in rational arithmetic: nothing is rounded",
    "ball arithmetic": "a rigorous enclosure: the true value lies in the ball, however far the digits go",
    "exact limit": "a limit for infinitely many samples, as a finite sum: no sampling",
    "implementation": "the code's own numbers, held against an independently computed value",
    "statistical": "a test with a stated error: wrong alarms below 10⁻⁶ for a whole run",
    "not applicable": "a part that does not apply here, with the reason",
    "information": "told, with nothing required of it",
}
"""Every kind of evidence and what it says, the strongest first."""

CONTROLS = ("as printed", "without ", "control, ")
"""How rows begin that show what goes wrong where something is left out: the negative controls."""


def by_strength(rows: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The rows, the strongest kind first; what failed comes before everything."""
    order = {kind: k for k, kind in enumerate(MEANINGS)}
    return tuple(sorted(rows, key=lambda one: (one.holds, order.get(one.kind, len(order)))))


def strongest(rows: Iterable[Evidence]) -> str | None:
    """The strongest kind among the rows that could have failed."""
    found = {one.kind for one in rows if one.required}
    return next((kind for kind in MEANINGS if kind in found), None)


def is_control(one: Evidence) -> bool:
    """Whether a row shows what goes wrong without something: a negative control, which failed as it must."""
    return one.name.startswith(CONTROLS) or " without the " in one.name


def evidence(row: Row) -> Markup:
    """Both tables, each behind its own summary."""
    about = (
        ("the statement", row.confirmed, "No implementation is involved."),
        ("this implementation", row.examined, ""),
    )
    return join(_table(*each, open_=any(not one.holds for one in each[1])) for each in about if each[1])


def _table(about: str, rows: Sequence[Evidence], note: str, open_: bool) -> Markup:
    required = sum(one.required for one in rows)
    broken = sum(not one.holds for one in rows)
    said = f"{required} finding{'s' * (required != 1)} that could have failed"
    if broken:
        said += f", {broken} did"
    kinds = dict.fromkeys(one.kind for one in by_strength(rows))
    return tag(
        "details",
        tag(
            "summary",
            tag("b", f"Evidence about {about}"),
            tag("span", f" {said}", class_="soft"),
            tag("span", f" · {', '.join(kinds)}", class_="soft"),
        ),
        tag("p", note, class_="soft") if note else None,
        tag(
            "table",
            tag("thead", tag("tr", (tag("th", head, scope="col") for head in ("kind", "what", "found")))),
            tag("tbody", map(_row, by_strength(rows))),
            class_="evidence stack",
        ),
        open=open_,
    )


def _row(one: Evidence) -> Markup:
    control = tag("span", " negative control", class_="tag") if is_control(one) else None
    mark = "" if not one.required else "✓ " if one.holds else "✗ "
    return tag(
        "tr",
        tag("td", one.kind, data_label="kind", class_="kind"),
        tag("td", one.name, control, data_label="what"),
        tag(
            "td", f"{mark}{one.finding}", data_label="found", class_="found" if one.holds else "found broken"
        ),
        class_=None if one.holds else "broken",
    )


def legend() -> Markup:
    """The kinds of evidence, strongest first."""
    shown = [kind for kind in MEANINGS if kind in KINDS or kind == "machine-checked"]
    return tag("ol", (tag("li", tag("b", kind), f": {MEANINGS[kind]}") for kind in shown), class_="kinds")
