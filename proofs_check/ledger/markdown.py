"""The ledger as Markdown, for the summary page of a continuous-integration job."""

from __future__ import annotations

from feedback_proofs_io.text import printable
from proofs_check.ledger.ledger import NOT_RUN, SHOWN, Ledger, Row
from proofs_check.verdict.evidence import Evidence


def render(ledger: Ledger) -> str:
    """A summary, a table of all claims, and the evidence for each, folded away unless it failed."""
    versions = ", ".join(f"{name} {version}" for name, version in ledger.versions.items())
    lines = [
        f"## {ledger.summary}",
        "",
        f"Subject {_code(ledger.subject)}, depth `{ledger.effort.depth}`, seed {ledger.effort.seed}, "
        f"{ledger.seconds:.1f} s. {versions}.",
        "",
        *_warnings(ledger),
        "| claim | the statement | this implementation | seconds |",
        "|:--|:--|:--|--:|",
    ]
    for row in ledger.rows:
        statement = row.claim.statement
        cells = (
            f"**{statement.id}** {_cell(statement.title)}",
            row.standing,
            _outcome(row),
            f"{row.seconds:.1f}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"{SHOWN[0].upper()}{SHOWN[1:]}.",
        "",
    ]
    for row in ledger.rows:
        lines += _details(row)
    return "\n".join(lines)


def _warnings(ledger: Ledger) -> list[str]:
    """What a reader must not overlook."""
    lines = []
    if ledger.not_run:
        lines += [
            "**Interrupted: this is no whole ledger.** The claims that were not run are named as such.",
            "",
        ]
    if ledger.broken:
        names = ", ".join(f"`{row.claim.id}`" for row in ledger.broken)
        lines += [f"**The suite itself broke, and says nothing of the subject: {names}.**", ""]
    if not ledger.asked:
        lines += ["**Nothing was asked: no claim applies to this subject.**", ""]
    return lines


def _outcome(row: Row) -> str:
    outcome = "not run" if row.verdict.reason == NOT_RUN else row.verdict.outcome
    return f"**{outcome}**" if outcome in ("fail", "error", "not run") else outcome


def _details(row: Row) -> list[str]:
    statement = row.claim.statement
    state = " open" if row.verdict.outcome in ("fail", "error") else ""
    lines = [
        f"<details{state}><summary><b>{statement.id}</b>: {row.verdict.outcome}</summary>",
        "",
        f"{_cell(statement.title)} ({_cell(statement.source)}).",
        "",
    ]
    if row.verdict.reason is not None:
        lines += [_cell(row.verdict.reason), ""]
    if row.verdict.counterexample is not None:
        shown = printable(row.verdict.counterexample, lines=True)
        fence = "`" * max(3, 1 + _longest_run(shown, "`"))
        lines += [f"{fence}python", shown.rstrip("\n"), fence, ""]
    if row.evidence:
        lines += ["| about | kind | what | found |", "|:--|:--|:--|:--|"]
        lines += [_evidence("the statement", evidence) for evidence in row.confirmed]
        lines += [_evidence("this implementation", evidence) for evidence in row.examined]
        lines.append("")
    return [*lines, "</details>", ""]


def _evidence(about: str, evidence: Evidence) -> str:
    finding = _cell(evidence.finding)
    if not evidence.holds:
        finding = f"**{finding}**"
    return f"| {about} | {evidence.kind} | {_cell(evidence.name)} | {finding} |"


def _cell(text: str) -> str:
    """Text that neither ends a table's cell nor is taken for markup, without characters that act."""
    text = printable(" ".join(text.split()))
    for mark in "\\`*_|<>$[]&#~":
        text = text.replace(mark, f"\\{mark}")
    return text


def _code(text: str) -> str:
    """Text as code within a line, whatever marks of code it holds."""
    shown = printable(text)
    fence = "`" * (1 + _longest_run(shown, "`"))
    return f"{fence}{shown}{fence}" if "`" not in shown else f"{fence} {shown} {fence}"


def _longest_run(text: str, mark: str) -> int:
    longest = current = 0
    for character in text:
        current = current + 1 if character == mark else 0
        longest = max(longest, current)
    return longest
