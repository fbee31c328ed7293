"""The ledger: what was found about every claim, and the verdicts that follow from it.

Two questions are kept apart. Whether the *statement* holds is settled by its own check, without a subject;
if that check fails, the suite is wrong, and nothing is said about the subject. Whether the *implementation*
behaves as the statement says is the outcome: pass, fail, error, or not applicable.
"""

from __future__ import annotations

import json
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from proofs_check.claims.claim import Claim
from proofs_check.ledger import as_json
from proofs_check.questions.question import Question
from proofs_check.subject.conduct import Conduct
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import (
    Counterexample,
    Evidence,
    Falsified,
    NotApplicable,
    Shown,
    SubjectError,
)

Outcome = Literal["pass", "fail", "error", "not applicable"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
NOT_RUN = "not run: the run was interrupted before this claim was finished"


@dataclass(frozen=True)
class Verdict:
    """An outcome, why (where it is not a pass), and code that shows it; ``question`` is the same as data.

    ``broken``: the suite itself broke, so that nothing is said of the subject.
    """

    outcome: Outcome
    reason: str | None = None
    counterexample: str | None = None
    broken: bool = False
    question: Question | None = field(default=None, compare=False)


@dataclass(frozen=True)
class Row:
    """What was found about a claim: `confirmed` about its statement, `examined` about the implementation."""

    claim: Claim
    verdict: Verdict
    confirmed: tuple[Evidence, ...]
    examined: tuple[Evidence, ...]
    seconds: float
    fault: str | None = None  # of the check of the statement: of the suite, not of the subject

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """All evidence, about the statement first."""
        return self.confirmed + self.examined

    @property
    def statement_confirmed(self) -> bool | None:
        """Whether the statement's own check confirmed it; None where it has none, as for a definition."""
        if self.fault is not None:
            return False
        return True if any(evidence.required for evidence in self.confirmed) else None

    @property
    def standing(self) -> str:
        """The status of the statement in words, and whether its own check showed it: no mark that could be
        taken for the outcome.
        """
        shown = {True: ", shown", False: ", NOT shown", None: ""}[self.statement_confirmed]
        return self.claim.statement.status + shown


SHOWN = (
    "shown: the statement's own check, which sees no implementation, confirmed that status in this run, "
    "be it true or false; the outcome is about this implementation only"
)
"""What `Row.standing` says, for readers."""


@dataclass(frozen=True)
class Ledger:
    """A run: its subject, its effort, the versions it ran with, its rows, and the claims it did not come to.

    The latter, `not_run`, have a row too, which is an error: who counts only outcomes must not take an
    interrupted run for a whole one.
    """

    subject: str
    effort: Effort
    versions: Mapping[str, str]
    seconds: float
    rows: tuple[Row, ...]
    not_run: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        """Whether claims were asked, all that there are, and every applicable one passed."""
        good = all(row.verdict.outcome in ("pass", "not applicable") for row in self.rows)
        return good and self.asked > 0 and not self.not_run

    @property
    def asked(self) -> int:
        """How many claims were asked of the implementation, and got an answer."""
        return sum(row.verdict.outcome != "not applicable" for row in self.rows) - len(self.not_run)

    @property
    def broken(self) -> tuple[Row, ...]:
        """The rows in which the suite itself broke."""
        return tuple(row for row in self.rows if row.verdict.broken)

    @property
    def failed(self) -> bool:
        """Whether the implementation failed or erred in a claim."""
        return any(
            row.verdict.outcome in ("fail", "error")
            and not row.verdict.broken
            and row.claim.id not in self.not_run
            for row in self.rows
        )

    @property
    def summary(self) -> str:
        """One line, such as "14 claims: 12 pass, 2 fail"."""
        counts = Counter(row.verdict.outcome for row in self.rows if row.claim.id not in self.not_run)
        parts = [f"{counts[outcome]} {outcome}" for outcome in OUTCOMES if counts[outcome]]
        parts += [f"{len(self.not_run)} not run"] * bool(self.not_run)
        return f"{len(self.rows)} claim{'s' * (len(self.rows) != 1)}: {', '.join(parts)}"

    def to_json(self) -> str:
        """The ledger as JSON, with a checksum; see `as_json`."""
        content = {
            "subject": self.subject,
            "depth": self.effort.depth,
            "seed": self.effort.seed,
            "versions": dict(self.versions),
            "seconds": round(self.seconds, 3),
            "asked": self.asked,
            "not_run": sorted(self.not_run),
            "claims": [plain_row(row) for row in self.rows],
        }
        content = as_json.with_checksum(content)
        return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def not_run(claim: Claim) -> Row:
    """The row of a claim that an interrupted run did not come to."""
    return Row(claim, Verdict("error", NOT_RUN), (), (), 0.0)


@dataclass(frozen=True)
class Confirmation:
    """What came of a statement's own check: the evidence, what is wrong with the check if anything is."""

    evidence: tuple[Evidence, ...]
    fault: str | None
    seconds: float


def confirm(claim: Claim, effort: Effort) -> Confirmation:
    """Ask whether the statement holds."""
    start, rows = time.perf_counter(), list[Evidence]()
    fault = _fault(_collect(lambda: claim.confirm(effort), rows), rows)
    return Confirmation(tuple(rows), fault, time.perf_counter() - start)


def check(
    claim: Claim, subject: Subject, effort: Effort, later: Callable[[], Confirmation] | None = None
) -> Row:
    """Ask both questions about a claim; an error of the subject or of the check itself becomes a verdict.

    ``later``: the first question is being asked elsewhere, and this waits for the answer.
    """
    if later is None:
        found = confirm(claim, effort)
        asked = _Examination() if found.fault is not None else _examination(claim, subject, effort)
    else:
        asked = _examination(claim, subject, effort)
        found = later()
    if found.fault is not None:
        verdict = Verdict("error", f"the statement's own check failed: {found.fault}", broken=True)
        asked = _Examination(verdict, (), asked.seconds)
    seconds = found.seconds + asked.seconds
    return Row(claim, asked.verdict, found.evidence, asked.evidence, seconds, found.fault)


@dataclass(frozen=True)
class _Examination:
    """What came of the second question."""

    verdict: Verdict = Verdict("error")
    evidence: tuple[Evidence, ...] = ()
    seconds: float = 0.0


def _examination(claim: Claim, subject: Subject, effort: Effort) -> _Examination:
    start, rows = time.perf_counter(), list[Evidence]()
    verdict = _verdict(_collect(lambda: _examine(claim, subject, effort), rows), rows)
    return _Examination(verdict, tuple(rows), time.perf_counter() - start)


def _examine(claim: Claim, subject: Subject, effort: Effort) -> Iterable[Evidence]:
    subject.begin_claim(effort.subject_seconds)
    yield from claim.examine(subject, effort)


def _collect(check: Callable[[], Iterable[Evidence]], rows: list[Evidence]) -> Exception | None:
    """Add a check's evidence to the rows as it comes; return what ended it early."""
    try:
        for evidence in check():
            rows.append(evidence)  # noqa: PERF402 - one at a time: those before an exception count
    except Falsified as error:
        rows.extend(error.evidence)
        return error
    except Exception as error:
        return error
    return None


def _fault(problem: Exception | None, rows: Iterable[Evidence]) -> str | None:
    """What is wrong with the check of a statement, if anything is."""
    if isinstance(problem, Falsified):
        return problem.reason
    if problem is not None:
        return _describe(problem)
    return next((f"{row.name}: {row.finding}" for row in rows if not row.holds), None)


def _verdict(problem: Exception | None, rows: list[Evidence]) -> Verdict:
    """The verdict on an implementation."""
    broken = next((f"{row.name}: {row.finding}" for row in rows if not row.holds), None)
    match problem:
        case SubjectError():
            return _shown("error", problem.reason, problem.counterexample)
        case Falsified():
            return _shown("fail", problem.reason, problem.counterexample)
        case NotApplicable() if broken is None:
            return Verdict("not applicable", problem.reason)
        case Exception() if not isinstance(problem, NotApplicable):
            return Verdict("error", f"the check itself failed: {_describe(problem)}", broken=True)
    if broken is not None:
        return Verdict("fail", broken)
    if any(row.required for row in rows):
        return Verdict("pass")
    inapplicable = next((f"{row.name}: {row.finding}" for row in rows if row.kind == "not applicable"), None)
    if inapplicable is not None:
        return Verdict("not applicable", inapplicable)
    nothing = "the check found no evidence: nothing that it looked at could have failed"
    return Verdict("error", nothing, broken=True)


def _shown(outcome: Outcome, reason: str, counterexample: Counterexample | None) -> Verdict:
    if counterexample is None or isinstance(counterexample, str):
        return Verdict(outcome, reason, counterexample)
    return Verdict(outcome, reason, counterexample.code, question=_question(counterexample))


def _question(counterexample: Shown) -> Question | None:
    match counterexample:
        case Question():
            return counterexample
        case Conduct(place=place, method=method):
            return Question("conduct", place, options={"method": method})
    return None


def _describe(error: Exception) -> str:
    """One line: the exception, and where it was raised."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message} ({where.filename}, line {where.lineno}, in {where.name})"


def plain_row(row: Row) -> dict[str, Any]:
    """A row in JSON's own types."""
    statement = row.claim.statement
    return {
        "id": statement.id,
        "title": statement.title,
        "source": statement.source,
        "statement": statement.latex,
        "status": statement.status,
        "outcome": row.verdict.outcome,
        "evidence": [
            {"kind": e.kind, "name": e.name, "value": as_json.plain(e.value), "bound": as_json.plain(e.bound)}
            for e in row.evidence
        ],
        "seconds": round(row.seconds, 3),
        "reason": row.verdict.reason,
        "counterexample": row.verdict.counterexample,
    }
