"""The claims as tests of pytest: one for each, with a marker of its own, against one subject.

    pytest --pyargs proofs_check --subject mine.py:Mine

A claim that fails or errs is a failed test; its report has the statistic, what is required of it, the
smallest network found, and the command that runs that claim alone. One that does not apply is skipped. Under
pytest-xdist every process has a subject of its own. A run in which no claim was asked ends with exit code 5,
as one without tests. The plugin `_proofs_check_pytest` brings this in.
"""

from __future__ import annotations

import shlex
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from feedback_proofs_io.command import Mistake
from feedback_proofs_io.text import printable
from proofs_check.claims import LEDGER
from proofs_check.claims.claim import Claim
from proofs_check.command.options import effort
from proofs_check.ledger.ledger import Row, check
from proofs_check.subject import own_files
from proofs_check.subject.subjects import SubjectNotFound, WorkerSubject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence

HERE = Path(__file__).resolve()
NODE = f"{HERE.parent.name}/{HERE.name}"  # the same from wherever pytest is run


class ClaimFailed(Exception):
    """A claim failed or erred; the row says why."""

    def __init__(self, row: Row) -> None:
        super().__init__(row.verdict.reason)
        self.row = row


@dataclass(eq=False)  # pytest keeps its plugins in sets
class Suite:
    """The suite of one run of pytest, and its subject, which starts when the tests are collected."""

    place: str | None
    effort: Effort
    subject: WorkerSubject | None = field(default=None, repr=False)
    files: dict[str, own_files.Mark] = field(default_factory=own_files.marks, repr=False)
    asked: int = 0  # claims that got a verdict
    expected: int = 0  # that did not pass, and are marked to fail
    changed: int = 0  # that did not pass, and whose test a hook made one that did

    @classmethod
    def of(cls, config: pytest.Config) -> Suite:
        """Read the options and register the markers; raises `pytest.UsageError`."""
        depth, seed = (config.getoption(f"proofs_check_{name}", None) for name in ("depth", "seed"))
        try:
            asked = effort("quick" if depth is None else depth, "0" if seed is None else seed)
        except Mistake as error:
            raise pytest.UsageError(str(error)) from None
        for claim in LEDGER:
            config.addinivalue_line("markers", f"{marker(claim)}: {claim.statement.title}")
        return cls(config.getoption("proofs_check_subject", None), asked)

    def pytest_report_header(self) -> str:
        """Say what is asked of whom, so that a mistyped option shows."""
        named, depth, seed = printable(self.named), self.effort.depth, self.effort.seed
        return f"feedback-proofs: subject {named}, depth {depth}, seed {seed}"

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
        """Collect this file as the claims, whatever pattern test files have."""
        if file_path.name != HERE.name or file_path.resolve() != HERE:
            return None
        return ClaimFile.from_parent(parent, path=file_path, nodeid=NODE, suite=self)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count the claims that were asked; the reports of other processes come here too."""
        if not report.nodeid.startswith(f"{NODE}::") or report.when != "call":
            return
        self.asked += not report.skipped
        if {value for name, value in report.user_properties if name == "outcome"} & {"fail", "error"}:
            self.expected += report.skipped
            self.changed += report.passed

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Let no run be green in which nothing was asked (deselected, ignored, listed, not applicable), nor
        one in which a hook has made a failed claim a passed test.
        """
        if hasattr(session.config, "workerinput") or session.exitstatus != pytest.ExitCode.OK:
            return
        if self.changed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        elif not self.asked:
            session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how many claims were asked, and how many did not pass although their tests did not fail."""
        named, were = printable(self.named), "claim was" if self.asked == 1 else "claims were"
        if self.asked:
            terminalreporter.write_line(f"feedback-proofs: {self.asked} {were} asked of {named}")
        else:
            terminalreporter.write_line(f"feedback-proofs: no claim was asked of {named}", red=True)
        for count, why in (
            (self.expected, "and are marked to fail (xfail)"),
            (self.changed, "and are reported as passed by a hook"),
        ):
            if count:
                terminalreporter.write_line(
                    f"feedback-proofs: claims that did not pass, {why}: {count}", red=True
                )

    def pytest_unconfigure(self) -> None:
        """Stop the subject's process."""
        if self.subject is not None:
            self.subject.close()

    @property
    def named(self) -> str:
        """The subject, for people."""
        return "impl.reference:Reference" if self.place is None else self.place

    def opened(self) -> WorkerSubject:
        """The subject, its process started; raises `SubjectNotFound`."""
        if self.subject is None:
            self.subject = WorkerSubject(self.place)
        self.subject.load()
        return self.subject

    def commands(self, claim: Claim) -> tuple[str, str]:
        """The lines that run a claim alone: by the project's command, and by pytest."""
        subject = [] if self.place is None else ["--subject", self.place]
        depth = ["--depth", self.effort.depth, "--seed", str(self.effort.seed)]
        ours = ["python", "-m", "proofs_check", *subject, *depth, "--only", claim.id]
        theirs = ["python", "-m", "pytest", "--pyargs", "proofs_check", *subject, *depth, "-m", marker(claim)]
        return shlex.join(ours), shlex.join(theirs)


class ClaimFile(pytest.File):
    """This file, as a collection of claims."""

    def __init__(self, *, suite: Suite, **given: Any) -> None:
        super().__init__(**given)
        self.suite = suite

    def collect(self) -> Iterator[pytest.Item]:
        """One test for each claim; a subject that is not there is one error, not one for each."""
        if not self.config.getoption("collectonly"):
            self.suite.opened()
        for claim in LEDGER:
            yield ClaimItem.from_parent(self, name=claim.id, claim=claim, suite=self.suite)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """One line for a subject that is not there."""
        if isinstance(excinfo.value, SubjectNotFound):
            return printable(f"feedback-proofs: {excinfo.value}")
        return super().repr_failure(excinfo)


class ClaimItem(pytest.Item):
    """One claim, asked of the subject."""

    def __init__(self, *, claim: Claim, suite: Suite, **given: Any) -> None:
        super().__init__(**given)
        self.claim, self.suite = claim, suite
        self.add_marker(marker(claim))

    def runtest(self) -> None:
        """Ask; skip where the claim does not apply; raise where it does not pass."""
        with warnings.catch_warnings():
            warnings.simplefilter("default")  # a run that makes errors of warnings means its own code
            row = check(self.claim, self.suite.opened(), self.suite.effort)
        own_files.see_unchanged(self.suite.files)
        self.user_properties += properties(row, self.suite)
        if row.verdict.outcome == "not applicable":
            pytest.skip(printable(row.verdict.reason or "not applicable"))
        if row.verdict.outcome != "pass":
            raise ClaimFailed(row)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What a reader of the log needs, and no traceback of ours."""
        if isinstance(excinfo.value, ClaimFailed):
            return report(excinfo.value.row, self.suite)
        if isinstance(excinfo.value, own_files.Changed):
            return printable(f"{excinfo.value}. Nothing is said of the subject.")
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """The claim's name, as heading; a line, which pytest asks for where a test is skipped by a mark."""
        return self.path, 0, f"{self.claim.id}: {self.claim.statement.title}"


def marker(claim: Claim) -> str:
    """The marker of a claim: its name with underscores."""
    return claim.id.replace("-", "_")


def report(row: Row, suite: Suite) -> str:
    """A failed claim as text."""
    statement, verdict = row.claim.statement, row.verdict
    lines = [f"{verdict.outcome}: {row.claim.id}, {statement.title} ({statement.source})", ""]
    if not broken(row):
        lines.append(f"reason     {verdict.reason}")
    for evidence in broken(row):
        value, bound = found_and_required(evidence)
        lines += [f"statistic  {evidence.name}", f"found      {value}", f"required   {bound}"]
    if verdict.counterexample is not None:
        lines += ["", "the smallest example found, as code to paste:", "", verdict.counterexample]
    lines += ["", "to run this claim alone:", *suite.commands(row.claim)]
    return printable("\n".join(lines), lines=True)


def broken(row: Row) -> list[Evidence]:
    """The evidence that does not hold."""
    return [evidence for evidence in row.evidence if not evidence.holds]


def found_and_required(evidence: Evidence) -> tuple[str, str]:
    """The value, and what is required of it."""
    bound = evidence.bound
    if isinstance(bound, tuple):
        return str(evidence.value), f"between {bound[0]} and {bound[1]}"
    return str(evidence.value), f"{bound}" if isinstance(bound, str) else f"at most {bound}"


def properties(row: Row, suite: Suite) -> list[tuple[str, object]]:
    """What JUnit XML keeps beside a test: the verdict, the statistics that failed, the command."""
    found: list[tuple[str, object]] = [("claim", row.claim.id), ("outcome", row.verdict.outcome)]
    if row.verdict.reason is not None:
        found.append(("reason", row.verdict.reason))
    for evidence in broken(row):
        value, bound = found_and_required(evidence)
        found += [("statistic", evidence.name), ("found", value), ("required", bound)]
    found.append(("command", suite.commands(row.claim)[0]))
    return [(name, printable(value) if isinstance(value, str) else value) for name, value in found]
