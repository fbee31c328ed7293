"""Which tests may be skipped, and where: a skip for any other reason is a failure (see conftest.py).

A test is skipped only for what a machine lacks. With which instructions its libraries compute is no reason.
"""

from __future__ import annotations

import re

__all__ = ["SKIPS", "unexpected"]

SKIPS = {
    r"no C\+\+ compiler here": ("tests/impl/", "tests/benchmarks/test_card.py"),
    r"(torch\.compile needs )?a C\+\+ compiler .*": ("tests/impl/", "tests/benchmarks/test_cases.py"),
    "the package triton is not installed": ("tests/impl/test_triton.py",),
    "no CUDA device here": ("tests/benchmarks/test_card.py", "tests/impl/test_learning_graph.py"),
    "this torch has no gloo": ("tests/impl/test_estimate.py",),
    "matplotlib is not installed here": ("tests/benchmarks/test_pictures.py",),
    "asv is not installed here": ("tests/benchmarks/test_dashboard.py",),
    "submitit is not installed here": ("tests/benchmarks/test_paper_submit.py",),
    "no Chromium here(: apt-get install chromium)?": (
        "tests/benchmarks/test_dashboard.py",
        "tests/proofs_check/test_report_in_browser.py",
    ),
    "pdflatex is not installed here": ("tests/theory/test_document.py",),
    "there is one core": ("tests/proofs_check/test_background.py",),
    "this machine does not let a process be cut off from the network": ("tests/test_hostile_conditions.py",),
    "this system has no (named pipes|full device|fork)": ("tests/",),
    "only root can .*": ("tests/",),
}
"""Reasons, as patterns of the whole sentence, and the beginnings of the tests' names."""


def unexpected(test: str, reason: str) -> bool:
    """Whether this test may not be skipped for this reason."""
    said = reason.removeprefix("Skipped: ")
    return not any(
        re.fullmatch(pattern, said) and test.startswith(places) for pattern, places in SKIPS.items()
    )
