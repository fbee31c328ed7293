"""Two ledgers side by side: what changed between them, for the log of a CI job and as a page.

    python -m proofs_check compare OLD.json NEW.json [--report FILE.html]

Exit codes: 0, nothing is worse; 1, something is; 2, the call is wrong, a file is no whole ledger, or the page
cannot be written; 3, the comparison itself broke. What counts as worse is a matter of verdicts, never of
times or versions: an outcome, a status, a finding beyond its bound, a claim that is gone or was not run,
evidence of a weaker kind. A ledger whose checksum does not agree with it is refused; one without a checksum,
as older versions and other tools write it, is taken, and that is said.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from feedback_proofs_io import given, whole
from feedback_proofs_io.command import Mistake, Once, Parser, ended, say, show
from proofs_check.command.options import program
from proofs_check.ledger import as_json
from proofs_check.verdict.evidence import Evidence

SAME, WORSE = 0, 1
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
class SavedClaim:
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
class SavedLedger:
    """A ledger, as its JSON has it."""

    path: Path
    subject: str
    depth: str
    seed: int
    versions: Mapping[str, str]
    seconds: float
    claims: Mapping[str, SavedClaim]
    not_run: frozenset[str] = frozenset()  # of an interrupted run
    sealed: bool = False

    @property
    def summary(self) -> str:
        """One line."""
        counts = Counter(claim.outcome for id, claim in self.claims.items() if id not in self.not_run)
        outcomes = [f"{counts[one]} {one}" for one in OUTCOMES if counts[one]]
        outcomes += [f"{len(self.not_run)} not run, for it was interrupted"] * bool(self.not_run)
        listed = ", ".join(outcomes)
        return f"{self.subject}, {self.depth}, seed {self.seed}; {len(self.claims)} claims: {listed}"


@dataclass(frozen=True)
class Change:
    """Something that is different, and whether that is worse or better."""

    effect: Effect
    about: str
    says: str


def main(arguments: Sequence[str]) -> int:
    """Compare two ledgers and return the exit code."""
    return ended(f"{program()} compare", lambda: _run(arguments), (NoLedger,))


def _run(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog=f"{program()} compare",
        description="Say what changed between two ledgers that --json wrote.",
        epilog="Exit code: 0 nothing is worse, 1 something is, 2 the call is wrong or a file is no whole "
        "ledger, 3 the comparison itself broke.",
    )
    parser.add_argument("old", type=Path, metavar="OLD.json")
    parser.add_argument("new", type=Path, metavar="NEW.json")
    parser.add_argument(
        "--report", action=Once, metavar="FILE.html", help="write the comparison as a page too"
    )
    asked = parser.parse_args(arguments)
    if _same_file(asked.old, asked.new):
        raise Mistake(f"OLD and NEW are one file, {asked.old}: nothing would be compared")
    report = None if asked.report is None else Path(asked.report)
    if report is not None:
        from proofs_check.report.shell import may_replace

        if asked.report in ("", "-"):
            raise Mistake(f"--report is {asked.report!r}, expected the name of a file")
        whole.apart([("OLD", asked.old), ("NEW", asked.new), ("--report", report)])
        whole.prepare(report)
        may_replace(report)
    old, new = read(asked.old), read(asked.new)
    for ledger in (old, new):
        if not ledger.sealed:
            say(f"{program()} compare: {ledger.path} has no checksum, so that damage would not be seen")
    found = changes(old, new)
    if report is not None:
        whole.write(report, page(old, new, found))
    show(text(old, new, found))
    return WORSE if any(change.effect == "worse" for change in found) else SAME


def _same_file(old: Path, new: Path) -> bool:
    try:
        return old.samefile(new)
    except (OSError, ValueError):  # reading it will say what is wrong
        return False


def read(path: Path) -> SavedLedger:
    """Read a ledger; raises `NoLedger`."""
    try:
        content = given.document(path)
    except given.Unreadable as error:
        raise NoLedger(str(error)) from None
    try:
        return _ledger(path, content)
    except KeyError as error:
        raise NoLedger(f"{path} is no ledger: it has no {error.args[0]!r}") from None
    except ValueError as error:
        raise NoLedger(f"{path} is no ledger: {error}") from None
    except RecursionError:
        raise NoLedger(f"{path} is no ledger: it is nested too deeply") from None


def _ledger(path: Path, content: object) -> SavedLedger:
    """The ledger that a document is; raises KeyError or ValueError."""
    if not isinstance(content, dict):
        raise ValueError(f"it is {as_json.shown(content)}, expected an object")
    if as_json.CHECKSUM in content and content[as_json.CHECKSUM] != as_json.checksum(content):
        raise ValueError("it is damaged or was changed: its checksum does not agree with it")
    claims = [_claim(entry) for entry in _objects(content, "claims")]
    if not claims:
        raise ValueError("it has no claims")
    ids = [claim.id for claim in claims]
    if len(set(ids)) < len(ids):
        raise ValueError("a claim occurs twice")
    versions, seed = content["versions"], content["seed"]
    if not isinstance(versions, dict) or not all(isinstance(one, str) for one in versions.values()):
        raise ValueError(f"its 'versions' are {as_json.shown(versions)}, expected an object of texts")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise ValueError(f"its 'seed' is {as_json.shown(seed)}, expected an integer from 0 to {2**32 - 1}")
    not_run = content.get("not_run", [])
    if not isinstance(not_run, list) or not all(isinstance(one, str) and one in ids for one in not_run):
        raise ValueError(f"its 'not_run' is {as_json.shown(not_run)}, expected a list of its claims")
    return SavedLedger(
        path,
        as_json.text(content, "subject"),
        as_json.text(content, "depth"),
        seed,
        versions,
        as_json.seconds(content),
        {claim.id: claim for claim in claims},
        frozenset(not_run),
        as_json.CHECKSUM in content,
    )


def _objects(content: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """A list of objects; raises KeyError or ValueError."""
    found = content[key]
    if not isinstance(found, list):
        raise ValueError(f"its {key!r} is {as_json.shown(found)}, expected a list")
    for entry in found:
        if not isinstance(entry, dict):
            raise ValueError(f"an entry of {key!r} is {as_json.shown(entry)}, expected an object")
    return found


def _claim(entry: Mapping[str, Any]) -> SavedClaim:
    """The claim that an object is; raises KeyError or ValueError."""
    id, outcome = as_json.text(entry, "id"), entry["outcome"]
    if outcome not in OUTCOMES:
        raise ValueError(
            f"the outcome of {id} is {as_json.shown(outcome)}, expected one of {', '.join(OUTCOMES)}"
        )
    try:
        evidence = tuple(
            (as_json.text(one, "kind"), as_json.evidence(one)) for one in _objects(entry, "evidence")
        )
        return SavedClaim(
            id,
            as_json.text(entry, "title"),
            as_json.text(entry, "status"),
            outcome,
            as_json.text_or_none(entry, "reason"),
            as_json.text(entry, "statement"),
            as_json.seconds(entry),
            evidence,
        )
    except (ValueError, TypeError) as error:
        raise ValueError(f"claim {id}: {error}") from None


def changes(old: SavedLedger, new: SavedLedger) -> tuple[Change, ...]:
    """All that is different, the worse first."""
    found = [*_settings(old, new)]
    for id, claim in old.claims.items():
        if id in new.not_run:
            if id not in old.not_run:
                found.append(Change("worse", id, f"was not run; it was: {claim.outcome}"))
        elif id in old.not_run and id in new.claims:
            ran = new.claims[id]
            bad = ran.outcome in ("fail", "error")
            reason = f": {ran.reason}" if bad and ran.reason else ""
            found.append(
                Change("worse" if bad else "better", id, f"had not been run; it is: {ran.outcome}{reason}")
            )
        elif id in new.claims:
            found += _of_claim(claim, new.claims[id], same_depth=old.depth == new.depth)
        else:
            found.append(Change("worse", id, f"is gone; it was: {claim.outcome}"))
    for id, claim in new.claims.items():
        if id in new.not_run and id not in old.claims:
            found.append(Change("worse", id, "is new, and was not run"))
        elif id not in old.claims:
            bad = claim.outcome in ("fail", "error")
            reason = f": {claim.reason}" if bad and claim.reason else ""
            found.append(Change("worse" if bad else "better", id, f"is new: {claim.outcome}{reason}"))
    order: tuple[Effect, ...] = ("worse", "better", "changed")
    return tuple(sorted(found, key=lambda change: order.index(change.effect)))


def _settings(old: SavedLedger, new: SavedLedger) -> Iterator[Change]:
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


def _of_claim(old: SavedClaim, new: SavedClaim, same_depth: bool) -> Iterator[Change]:
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


def text(old: SavedLedger, new: SavedLedger, found: Sequence[Change]) -> str:
    """The comparison for a log."""
    lines = [f"old  {old.path}: {old.summary}", f"new  {new.path}: {new.summary}"]
    for effect, head in HEADS.items():
        some = [change for change in found if change.effect == effect]
        if some:
            lines += ["", head]
            lines += [f"{MARKS[effect]} {change.about}: {' '.join(change.says.split())}" for change in some]
    return "\n".join([*lines, "", verdict(found)])


def page(old: SavedLedger, new: SavedLedger, found: Sequence[Change]) -> str:
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


def _row(id: str, old: SavedClaim | None, new: SavedClaim | None) -> str:
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
