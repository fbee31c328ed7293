"""For all tests: none is skipped for a reason that is not known."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

import pytest

from tests.skips import unexpected

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A skip that the table does not know is a failure."""
    return judged((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """So is one of a whole file."""
    return judged((yield))


def judged(report: Report) -> Report:
    """The report, or the failure that it is."""
    if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
        reason = report.longrepr[2]
        if unexpected(report.nodeid, reason):
            report.outcome = "failed"
            report.longrepr = f"{report.nodeid} is skipped, and tests/skips.py does not say so: {reason}"
    return report
