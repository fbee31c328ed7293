"""A failing claim for someone who has never seen the project: what was asked, what came, where to look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from proofs_check.ledger.ledger import Row
from proofs_check.report.context import Context
from proofs_check.report.curves import RAISED
from proofs_check.report.guidance import follows_from, guide
from proofs_check.report.html import Markup, join, tag
from proofs_check.report.mathml import formula
from proofs_check.report.replay import Compared, Replay

SHOWN = 6  # entries of an answer, the worst first


def failure(row: Row, context: Context) -> Markup:
    """The panel of a claim that failed or erred."""
    if row.fault is not None:
        return _fault(row)
    failing = frozenset(one.claim.id for one in context.failing())
    told, first = guide(row.claim.id), follows_from(row.claim.id, failing)
    found = context.inquiry.found.get(row.claim.id, ())
    replayed = context.inquiry.replays.get(row.claim.id)
    erred = row.verdict.outcome == "error"
    return tag(
        "section",
        tag(
            "h4",
            "No answer: the code raised, hung, or gave something of the wrong form"
            if erred
            else "Wrong answers",
        ),
        _follows(first),
        _list("What the numbers say", found, "found-list") if found else None,
        _term("What was asked", told.asked),
        _methods(told.methods) if told.methods else None,
        tag(
            "div",
            tag("div", "The formula", class_="term"),
            tag("div", formula(told.formula, block=True), class_="math"),
        )
        if told.formula
        else None,
        _term("What was measured", _measured(row)),
        _numbers(replayed) if replayed is not None else None,
        _list("Usual causes", told.causes, "") if told.causes and not found and not erred else None,
        _code(row),
        tag("div", "Run this claim again", class_="term"),
        tag("pre", tag("code", context.commands.get(row.claim.id, "")), tabindex=0),
        class_="failure",
        aria_label=f"{row.claim.id}: what went wrong",
    )


def _fault(row: Row) -> Markup:
    return tag(
        "section",
        tag("h4", "The suite itself is at fault"),
        tag("p", "The check of the statement did not succeed, so nothing is said about the code."),
        tag("p", row.fault),
        class_="failure",
    )


def _term(name: str, words: str) -> Markup:
    return tag("div", tag("div", name, class_="term"), tag("p", words))


def _measured(row: Row) -> str:
    """The reason; and how far beyond its bound the finding is, where that is a number."""
    reason = row.verdict.reason or "it failed"
    for one in row.examined:
        value, bound = one.value, one.bound
        if (
            one.holds
            or not isinstance(value, int | float)
            or not isinstance(bound, int | float)
            or bound <= 0
        ):
            continue
        return f"{reason.removesuffix('.')}. That is {value / bound:.2g} times what is allowed."
    return reason


def _list(name: str, items: Sequence[str], class_: str) -> Markup:
    return tag(
        "div",
        tag("div", name, class_="term"),
        tag("ul", (tag("li", item) for item in items), class_=class_ or None),
    )


def _follows(first: Sequence[str]) -> Markup | None:
    if not first:
        return None
    links = [tag("a", id, href=f"#claim-{id}") for id in first]
    return tag(
        "p",
        "Mend ",
        *_comma(links),
        " first: this claim calls the same method, so it most likely fails for the same reason.",
        class_="first",
    )


def _comma(links: Sequence[Markup]) -> Iterator[Markup | str]:
    for k, link in enumerate(links):
        yield "" if k == 0 else " and " if k == len(links) - 1 else ", "
        yield link


def _methods(methods: Sequence[str]) -> Markup:
    names = [tag("code", method) for method in methods]
    return tag(
        "div", tag("div", "Methods of your class that it calls", class_="term"), tag("p", *_comma(names))
    )


def _numbers(replayed: Replay) -> Markup:
    """The entries of the answer that are furthest off."""
    rows = sorted((entry for one in replayed.wrong for entry in _entries(one)), key=lambda entry: -entry[3])
    heads = ("entry", "found", "expected", "found / expected", "allowed to be off by")
    body = [
        tag(
            "tr",
            tag("th", _raised(name), scope="row"),
            tag("td", _number(found), data_label=heads[1], class_="found broken"),
            tag("td", _number(expected), data_label=heads[2]),
            tag("td", _ratio(found, expected), data_label=heads[3]),
            tag("td", f"{allowed:.2g}", data_label=heads[4]),
        )
        for name, found, expected, _, allowed in rows[:SHOWN]
    ]
    more = len(rows) - SHOWN
    return tag(
        "div",
        tag("div", f"The numbers ({replayed.when})", class_="term"),
        tag(
            "table",
            tag("thead", tag("tr", (tag("th", head, scope="col") for head in heads))),
            tag("tbody", body),
            class_="numbers stack",
        ),
        tag("p", f"and {more} more entries that are off", class_="soft") if more > 0 else None,
    )


def _entries(one: Compared) -> Iterator[tuple[str, float, float, float, float]]:
    """Name, found, expected, how often the allowance, allowance: of each entry that is off."""
    fitted = one.name.startswith("B")
    for t, j in np.argwhere(one.wrong):
        found, expected, allowed = (float(a[t, j]) for a in (one.found, one.expected, one.allowed))
        where = f"entry ({t + 1}, {j + 1})" if fitted else f"row {t + 1}, unit {j + 1}"
        used = abs(found - expected) / allowed if allowed > 0 else np.inf
        yield f"{one.name}, {where}", found, expected, used, allowed


def _raised(name: str) -> str:
    """λ̂^1 as λ̂¹."""
    return re.sub(r"\^(\d+)", lambda found: found[1].translate(RAISED), name)


def _number(value: float) -> str:
    return f"{value:.10g}"


def _ratio(found: float, expected: float) -> str:
    return f"{found / expected:.8g}" if expected else "–"


def _code(row: Row) -> Markup | None:
    code = row.verdict.counterexample
    if code is None:
        return None
    return join(
        tag("div", "The smallest network that shows it, as code to paste", class_="term"),
        tag(
            "p",
            "Run it in the folder from which the command was called: it asks your code once more and prints "
            "what was found beside what was expected.",
            class_="soft",
        ),
        tag("pre", tag("code", code.rstrip("\n")), tabindex=0),
    )
