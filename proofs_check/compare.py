"""Two ledgers side by side: what changed between them, for the log of a CI job and as a page.

    python -m proofs_check compare OLD.json NEW.json [--report FILE.html]

Exit codes: 0, nothing is worse; 1, something is; 2, the call is wrong or a file is no ledger. What counts as
worse is a matter of verdicts, never of times or versions: an outcome, a status, a finding beyond its bound, a
claim that is gone, evidence of a weaker kind.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from proofs_check import files
from proofs_check.evidence import Evidence

SAME, WORSE, WRONG_CALL = 0, 1, 2
OUTCOMES = ("pass", "not applicable", "fail", "error")
STATUSES = ("holds", "new", "empirical", "holds with repair", "false as printed")
KINDS = (
    "machine-checked",
    "symbolic",
    "exact",
    "ball arithmetic",
    "exact limit",
    "implementation",
    "statistical",
)
"""Each from the best to the worst."""
SLOWER, AT_LEAST = 2.0, 1.0  # a claim's time is told where it doubled, and by more than a second
_COUNT = re.compile(r" \(worst of \d+\)$")

Effect = Literal["worse", "better", "changed"]


class NoLedger(ValueError):
    """A file is no ledger; the message says which, and what is wrong with it."""


@dataclass(frozen=True)
class Claim:
    """A claim of a ledger, as its JSON has it."""

    id: str
    title: str
    status: str
    outcome: str
    reason: str | None
    statement: str
    seconds: float
    evidence: tuple[
        tuple[str, Evidence], ...
    ]  # with the kind it has in the file: another version may know more

    @property
    def strongest(self) -> str | None:
        """The strongest kind among the findings that could have failed, and did not."""
        found = {kind for kind, one in self.evidence if one.required and one.holds}
        return next((kind for kind in KINDS if kind in found), None)

    @property
    def broken(self) -> Mapping[str, Evidence]:
        """The findings beyond their bounds, by their names without how many networks there were."""
        return {_COUNT.sub("", one.name): one for _, one in self.evidence if not one.holds}


@dataclass(frozen=True)
class Ledger:
    """A ledger, as its JSON has it."""

    path: Path
    subject: str
    depth: str
    seed: int
    versions: Mapping[str, str]
    seconds: float
    claims: Mapping[str, Claim]

    @property
    def summary(self) -> str:
        """One line."""
        counts = Counter(claim.outcome for claim in self.claims.values())
        outcomes = ", ".join(f"{counts[one]} {one}" for one in OUTCOMES if counts[one])
        return f"{self.subject}, {self.depth}, seed {self.seed}; {len(self.claims)} claims: {outcomes}"


@dataclass(frozen=True)
class Change:
    """Something that is different, and whether that is worse or better."""

    effect: Effect
    about: str
    says: str


def main(arguments: Sequence[str]) -> int:
    """Compare two ledgers and return the exit code."""
    from proofs_check.command import Mistake, program

    try:
        return _run(arguments)
    except (Mistake, NoLedger, files.CannotWrite) as error:
        print(f"{program()} compare: {error}", file=sys.stderr)
        return WRONG_CALL


def _run(arguments: Sequence[str]) -> int:
    from proofs_check.command import Parser, program

    parser = Parser(
        prog=f"{program()} compare",
        allow_abbrev=False,
        description="Say what changed between two ledgers that --json wrote.",
        epilog="Exit code: 0 nothing is worse, 1 something is, 2 the call is wrong or a file is no ledger.",
    )
    parser.add_argument("old", type=Path, metavar="OLD.json")
    parser.add_argument("new", type=Path, metavar="NEW.json")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write the comparison as a page too")
    given = parser.parse_args(arguments)
    if given.report is not None:
        files.prepare(given.report)
    old, new = read(given.old), read(given.new)
    found = changes(old, new)
    print(text(old, new, found))
    if given.report is not None:
        files.write_whole(given.report, page(old, new, found))
    return WORSE if any(change.effect == "worse" for change in found) else SAME


def read(path: Path) -> Ledger:
    """Read a ledger; raises `NoLedger`."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoLedger(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        raise NoLedger(f"{path} is no JSON: {error}") from None
    try:
        claims = [_claim(entry) for entry in content["claims"]]
        ledger = Ledger(
            path,
            str(content["subject"]),
            str(content["depth"]),
            int(content["seed"]),
            {str(name): str(version) for name, version in content["versions"].items()},
            float(content["seconds"]),
            {claim.id: claim for claim in claims},
        )
    except KeyError as error:
        raise NoLedger(f"{path} is no ledger: it has no {error.args[0]!r}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise NoLedger(f"{path} is no ledger: {error}") from None
    if len(ledger.claims) < len(claims):
        raise NoLedger(f"{path} is no ledger: a claim occurs twice")
    return ledger


def _claim(entry: Mapping[str, Any]) -> Claim:
    outcome = entry["outcome"]
    if outcome not in OUTCOMES:
        raise ValueError(
            f"the outcome of {entry['id']} is {outcome!r}, expected one of {', '.join(OUTCOMES)}"
        )
    return Claim(
        str(entry["id"]),
        str(entry["title"]),
        str(entry["status"]),
        outcome,
        entry["reason"],
        str(entry["statement"]),
        float(entry["seconds"]),
        tuple((str(one["kind"]), _evidence(one)) for one in entry["evidence"]),
    )


def _evidence(one: Mapping[str, Any]) -> Evidence:
    """The finding, with numbers that JSON lacks as such; its kind is kept beside it."""
    bound = one["bound"]
    if isinstance(bound, list):
        low, high = map(float, bound)
        return Evidence("information", str(one["name"]), float(one["value"]), (low, high))
    if bound in ("inf", "-inf", "nan") or (isinstance(bound, int | float) and isinstance(one["value"], str)):
        return Evidence("information", str(one["name"]), float(one["value"]), float(bound))
    return Evidence("information", str(one["name"]), one["value"], bound)


def changes(old: Ledger, new: Ledger) -> tuple[Change, ...]:
    """All that is different, the worse first."""
    found = [*_settings(old, new)]
    for id, claim in old.claims.items():
        if id in new.claims:
            found += _of_claim(claim, new.claims[id], same_depth=old.depth == new.depth)
        else:
            found.append(Change("worse", id, f"is gone; it was: {claim.outcome}"))
    for id, claim in new.claims.items():
        if id not in old.claims:
            bad = claim.outcome in ("fail", "error")
            reason = f": {claim.reason}" if bad and claim.reason else ""
            found.append(Change("worse" if bad else "better", id, f"is new: {claim.outcome}{reason}"))
    order: tuple[Effect, ...] = ("worse", "better", "changed")
    return tuple(sorted(found, key=lambda change: order.index(change.effect)))


def _settings(old: Ledger, new: Ledger) -> Iterator[Change]:
    for name in ("subject", "depth", "seed"):
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield Change("changed", name, f"{before} → {after}")
    for name in dict.fromkeys([*old.versions, *new.versions]):
        before, after = (ledger.versions.get(name, "none") for ledger in (old, new))
        if before != after:
            yield Change("changed", f"version of {name}", f"{before} → {after}")
    if round(old.seconds, 1) != round(new.seconds, 1):
        yield Change("changed", "time", f"{old.seconds:.1f} s → {new.seconds:.1f} s")


def _of_claim(old: Claim, new: Claim, same_depth: bool) -> Iterator[Change]:
    if old.outcome != new.outcome:
        effect = _effect(OUTCOMES, old.outcome, new.outcome)
        reason = f": {new.reason}" if new.reason else ""
        yield Change(effect, old.id, f"outcome {old.outcome} → {new.outcome}{reason}")
    elif new.outcome in ("fail", "error") and old.reason != new.reason:
        yield Change("changed", old.id, f"still {new.outcome}, now: {new.reason}")
    if old.status != new.status:
        effect = _effect(STATUSES, old.status, new.status)
        yield Change(effect, old.id, f"status {old.status} → {new.status}")
    if old.statement != new.statement:
        yield Change("changed", old.id, "the statement is worded anew")
    for name, one in new.broken.items():
        if name not in old.broken:
            yield Change("worse", old.id, f"beyond its bound: {one.name}: {one.finding}")
    for name, one in old.broken.items():
        if name not in new.broken:
            yield Change("better", old.id, f"no longer beyond its bound: {one.name}")
    if same_depth and old.strongest != new.strongest:
        effect = _effect((*KINDS, None), old.strongest, new.strongest)
        yield Change(
            effect, old.id, f"strongest evidence {old.strongest or 'none'} → {new.strongest or 'none'}"
        )
    if new.seconds > SLOWER * old.seconds and new.seconds - old.seconds > AT_LEAST:
        yield Change("changed", old.id, f"slower: {old.seconds:.1f} s → {new.seconds:.1f} s")


def _effect(order: Sequence[str | None], before: str | None, after: str | None) -> Effect:
    """Later in the order is worse; what is not in it is only told."""
    if before not in order or after not in order:
        return "changed"
    return "worse" if order.index(after) > order.index(before) else "better"


HEADS: Mapping[Effect, str] = {"worse": "Worse", "better": "Better", "changed": "Otherwise changed"}
MARKS: Mapping[Effect, str] = {"worse": "✗", "better": "✓", "changed": "·"}


def verdict(found: Sequence[Change]) -> str:
    """One line."""
    worse = sum(change.effect == "worse" for change in found)
    if not found:
        return "Nothing changed."
    return f"{worse} change{'s' * (worse != 1)} for the worse." if worse else "Nothing is worse."


def text(old: Ledger, new: Ledger, found: Sequence[Change]) -> str:
    """The comparison for a log."""
    lines = [f"old  {old.path}: {old.summary}", f"new  {new.path}: {new.summary}"]
    for effect, head in HEADS.items():
        some = [change for change in found if change.effect == effect]
        if some:
            lines += ["", head]
            lines += [f"{MARKS[effect]} {change.about}: {' '.join(change.says.split())}" for change in some]
    return "\n".join([*lines, "", verdict(found)])


def page(old: Ledger, new: Ledger, found: Sequence[Change]) -> str:
    """The comparison as a page that needs nothing else."""
    from proofs_check.report.html import join, tag
    from proofs_check.report.shell import document

    worse = any(change.effect == "worse" for change in found)
    ledgers = (("old", old), ("new", new))
    sections = [
        tag(
            "section",
            tag("h2", head),
            tag(
                "ul",
                (tag("li", tag("b", change.about), f": {change.says}") for change in some),
                class_="changes",
            ),
            class_="mend" if effect == "worse" else None,
            id=effect,
        )
        for effect, head in HEADS.items()
        if (some := [change for change in found if change.effect == effect])
    ]
    claims = dict.fromkeys([*old.claims, *new.claims])
    rows = [_row(id, old.claims.get(id), new.claims.get(id)) for id in claims]
    heads = ("claim", "old: statement", "new: statement", "old: implementation", "new: implementation")
    table = tag(
        "table",
        tag("thead", tag("tr", (tag("th", name, scope="col") for name in heads))),
        tag("tbody", rows),
        class_="ledger stack",
    )
    return document(
        "feedback-proofs: two ledgers",
        join(
            tag(
                "header",
                tag("p", "feedback-proofs", class_="brand"),
                tag("h1", "Two ledgers, compared"),
                tag("p", tag("b", verdict(found)), class_=f"verdict {'fail' if worse else 'pass'}"),
                tag(
                    "dl",
                    (
                        tag("div", tag("dt", name), tag("dd", f"{one.path.name}: {one.summary}"))
                        for name, one in ledgers
                    ),
                    class_="facts",
                ),
            ),
            tag("main", sections, tag("section", tag("h2", "All claims"), table, id="ledger")),
        ),
    )


def _row(id: str, old: Claim | None, new: Claim | None) -> str:
    from proofs_check.report.html import tag

    known = new or old
    cells = [
        ("old: statement", old.status if old else "–"),
        ("new: statement", new.status if new else "–"),
        ("old: implementation", old.outcome if old else "–"),
        ("new: implementation", new.outcome if new else "–"),
    ]
    differs = (old and (old.status, old.outcome)) != (new and (new.status, new.outcome))
    return tag(
        "tr",
        tag("th", tag("b", id), tag("div", known.title if known else "", class_="soft"), scope="row"),
        (tag("td", value, data_label=name) for name, value in cells),
        class_="bad" if differs else None,
    )
