"""How far the suite itself can be trusted: what it rejects of wrong code, how often it rejects right code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from proofs_check.report import record
from proofs_check.report.context import Context
from proofs_check.report.html import Markup, join, tag
from proofs_check.report.record import Matrix, Run
from proofs_check.verdict.budget import FAMILY_WISE, spent

LETTERS: Mapping[str, str] = {
    record.REJECTED: "the claim rejects the bug by what it measures",
    record.ERRED: "the claim rejects it: the code raised, or gave an answer that is none",
    record.ACCEPTED: "the claim passes: it does not see this bug",
    record.NOT_ASKED: "not applicable",
}
"""What a cell of the grid says."""


def trust(context: Context) -> Markup:
    """Both halves: wrong code that has to be rejected, right code that must not be."""
    return join(_bugs(context.matrix, context), _alarms(context.alarms))


# Wrong code.


def _bugs(matrix: Matrix | None, context: Context) -> Markup:
    head = tag("h3", "Wrong code that it has to reject", id="planted-bugs")
    if matrix is None:
        return join(
            head, tag("p", "The planted bugs: not recorded, or the record is damaged.", class_="soft")
        )
    bugs = matrix.bugs
    caught = sum(bool(matrix.rejecting(bug)) for bug in bugs)
    return join(
        head,
        tag(
            "p",
            f"{len(bugs)} implementations with one planted mistake each were given to {len(matrix.cells)} "
            f"claims, at depth {matrix.depth} and seed {matrix.seed}. {caught} of {len(bugs)} are rejected "
            "by at least one claim. This says nothing about mistakes that nobody planted.",
            class_="prose",
        ),
        _state(matrix),
        (_family(name, tuple(family), matrix, context) for name, family in matrix.families.items()),
        _per_claim(matrix, context),
        _grid(matrix),
    )


def _state(matrix: Matrix) -> Markup:
    """Whether the record is of these sources, and what has changed since where it is not."""
    if not matrix.made:
        return tag("p", "Nothing says of which sources this was recorded.", class_="tag")
    recorded = "Recorded at " + "; ".join(sorted({made.words for made in matrix.made.values()})) + "."
    if not matrix.changed:
        return tag(
            "p", f"{recorded} Of the sources of these claims nothing has changed since.", class_="soft"
        )
    files = sorted({file for changed in matrix.changed.values() for file in changed})
    since = f"{recorded} Changed since: {len(files)} file{'s' * (len(files) != 1)}"
    return join(
        tag(
            "p",
            tag("b", "Not of these sources: "),
            f"{len(matrix.changed)} of {len(matrix.cells)} claims were recorded before changes of what they "
            f"depend on, and may say something else now. They are marked {OLD} below.",
            class_="prose",
        ),
        tag(
            "details",
            tag("summary", since),
            tag("p", ", ".join(files)),
        ),
    )


NOTHING = "not recorded, or the record is damaged."
OLD = "⧖"  # a column that was recorded before a change


def _age(claim: str, matrix: Matrix) -> str:
    """When a claim's column was recorded, and what has changed since."""
    if claim not in matrix.made:
        return "unknown"
    changed = matrix.changed.get(claim, ())
    return matrix.made[claim].words + (f"; since then changed: {', '.join(changed)}" if changed else "")


def _mark(claim: str, matrix: Matrix) -> str:
    return f" {OLD}" if claim in matrix.changed else ""


def _family(name: str, bugs: Sequence[str], matrix: Matrix, context: Context) -> Markup:
    rejected = sum(bool(matrix.rejecting(bug)) for bug in bugs)
    return tag(
        "details",
        tag("summary", tag("b", name), tag("span", f" {rejected} of {len(bugs)} rejected", class_="soft")),
        tag(
            "table",
            _head("the planted bug", "rejected by"),
            tag("tbody", (_bug(bug, matrix.families[name][bug], matrix, context) for bug in bugs)),
            class_="bugs stack",
        ),
    )


def _bug(bug: str, words: str, matrix: Matrix, context: Context) -> Markup:
    claims = matrix.rejecting(bug)
    return tag(
        "tr",
        tag("th", tag("code", bug), tag("div", words, class_="soft"), scope="row"),
        tag(
            "td",
            _links(claims, context) if claims else "no claim",
            data_label=f"rejected by {len(claims)}",
        ),
    )


def _per_claim(matrix: Matrix, context: Context) -> Markup:
    """How many bugs each claim rejects, and how many of them no other claim does."""
    rows = (
        tag(
            "tr",
            tag("th", _link(claim, context), _mark(claim, matrix), scope="row"),
            tag("td", len(matrix.rejected(claim))),
            tag("td", len(_alone(claim, matrix))),
            tag("td", _not_asked(claim, matrix)),
            tag("td", _age(claim, matrix), class_="soft"),
        )
        for claim in matrix.cells
    )
    return tag(
        "details",
        tag(
            "summary",
            tag("b", "Claim by claim"),
            tag("span", " how many of the bugs each rejects", class_="soft"),
        ),
        tag(
            "table",
            _head("claim", "bugs rejected", "by it alone", "not applicable to", "recorded"),
            tag("tbody", rows),
            class_="counts",
        ),
    )


def _alone(claim: str, matrix: Matrix) -> tuple[str, ...]:
    return tuple(bug for bug in matrix.rejected(claim) if matrix.rejecting(bug) == (claim,))


def _not_asked(claim: str, matrix: Matrix) -> int:
    return sum(matrix.letter(claim, bug) == record.NOT_ASKED for bug in matrix.bugs)


def _grid(matrix: Matrix) -> Markup:
    """Every cell; it scrolls in both directions, the names stay."""
    meaning = (
        tag("li", tag("b", letter), f" {words}") for letter, words in LETTERS.items() if _used(letter, matrix)
    )
    columns = (
        tag("th", tag("span", claim + _mark(claim, matrix), class_="upright"), scope="col", title=claim)
        for claim in matrix.cells
    )
    rows = (
        tag(
            "tr",
            tag("th", bug, scope="row"),
            (tag("td", matrix.letter(claim, bug), class_=_hue(claim, bug, matrix)) for claim in matrix.cells),
        )
        for bug in matrix.bugs
    )
    return tag(
        "details",
        tag(
            "summary",
            tag("b", "The whole grid"),
            tag("span", f" {len(matrix.bugs)} bugs × {len(matrix.cells)} claims", class_="soft"),
        ),
        tag("ul", meaning, class_="verdicts"),
        tag(
            "div",
            tag(
                "table",
                tag("thead", tag("tr", tag("td", ""), columns)),
                tag("tbody", rows),
                class_="cells",
            ),
            class_="scroll grid",
            tabindex=0,
            role="region",
            aria_label="The grid of bugs and claims; it scrolls",
        ),
    )


def _used(letter: str, matrix: Matrix) -> bool:
    return any(matrix.letter(claim, bug) == letter for claim in matrix.cells for bug in matrix.bugs)


def _hue(claim: str, bug: str, matrix: Matrix) -> str | None:
    return {record.REJECTED: "rejects", record.ERRED: "errs"}.get(matrix.letter(claim, bug))


# Right code.


def _alarms(runs: Sequence[Run]) -> Markup:
    return join(
        tag("h3", "Right code that it must not reject", id="false-alarms"),
        tag(
            "p",
            "Proved: by Boole's inequality over all its tests, the chance that the statistical tests of a "
            f"whole run reject right code is at most {_power(FAMILY_WISE)}; at quick the tests spend "
            f"{_power(spent('quick'))}. What is not statistical rejects nothing by chance, if its rounding "
            "bounds hold.",
            class_="prose",
        ),
        _runs(runs) if runs else tag("p", f"Runs on correct code: {NOTHING}", class_="soft"),
    )


def _runs(runs: Sequence[Run]) -> Markup:
    heads = ("asked", "seeds", "ledgers", "false alarms", "95 % bound per seed", "code")
    needed = f"{3 / FAMILY_WISE / 1e6:.2g} million"
    return join(
        tag(
            "p",
            "Counted: correct implementations, asked with many seeds, so that every failure is a false "
            "alarm. The bound is that of Clopper and Pearson on one side, for the chance that a seed has an "
            "alarm on any of the implementations; without alarms it is about 3 divided by the number of "
            "seeds (the rule of three). A seed counts once, since its ledgers may share draws. A count as "
            f"low as the proved level would take {needed} seeds: this one is here to find premises of the "
            "proof that do not hold, and rounding bounds that are too tight.",
            class_="prose",
        ),
        tag(
            "table",
            _head(*heads),
            tag("tbody", (_run(one, heads) for one in runs)),
            class_="runs stack",
        ),
    )


def _run(one: Run, heads: Sequence[str]) -> Markup:
    cells = (
        f"{one.first} to {one.end - 1} ({one.seeds})",
        f"{one.ledgers}: {one.seeds} seeds × {len(one.subjects)} implementations",
        str(one.alarms) + (f", at {one.alarmed} seed{'s' * (one.alarmed != 1)}" if one.alarms else ""),
        f"{one.at_most:.2g}",
    )
    return tag(
        "tr",
        tag(
            "th",
            one.kind,
            tag(
                "div",
                f"{len(one.claims)} claims at {one.depth}, of {' and '.join(one.subjects)}",
                class_="soft",
            ),
            scope="row",
        ),
        (tag("td", cell, data_label=head) for cell, head in zip(cells, heads[1:], strict=False)),
        tag("td", _code(one), data_label=heads[-1]),
    )


def _code(one: Run) -> Markup:
    commit = "no commit" if one.commit is None else f"commit {one.commit[:12]}"
    changed = ", with uncommitted changes" if one.dirty else ""
    versions = ", ".join(f"{name} {version}" for name, version in one.versions.items())
    return tag(
        "div", tag("code", commit), f"{changed}, {one.date}", tag("div", versions, class_="soft versions")
    )


# Parts.


def _head(*names: str) -> Markup:
    return tag("thead", tag("tr", (tag("th", name, scope="col") for name in names)))


def _links(claims: Sequence[str], context: Context) -> Markup:
    return tag("span", (join(", " if k else "", _link(claim, context)) for k, claim in enumerate(claims)))


def _link(claim: str, context: Context) -> Markup:
    """The claim's name, as a link where the page has its section."""
    if claim not in context.statements:
        return tag("span", claim, class_="nowrap")
    return tag("a", claim, href=f"#claim-{claim}", class_="nowrap")


def _power(value: float) -> Markup:
    """1e-06 as 10⁻⁶."""
    digits, exponent = f"{value:.2g}".split("e") if "e" in f"{value:.2g}" else (f"{value:.2g}", "")
    if not exponent:
        return Markup(digits)
    raised = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return Markup(f"10{raised}" if digits == "1" else f"{digits} · 10{raised}")
