"""A skip names its reason, and the reason is known for that test: see skips.py and conftest.py."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.conftest import judged
from tests.skips import SKIPS, unexpected

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("tests/impl/test_native.py::test_a", "no C++ compiler here"),
        (
            "tests/impl/test_kernels.py::test_a",
            "Skipped: torch.compile needs a C++ compiler (g++ or clang++)",
        ),
        ("tests/theory/test_document.py::test_a", "pdflatex is not installed here"),
    ],
)
def test_what_a_machine_may_lack_is_a_reason(test, reason):
    assert not unexpected(test, reason)


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("tests/impl/test_native.py::test_a", "this processor has no AVX-512"),
        ("tests/impl/test_native.py::test_a", ""),
        ("tests/impl/test_native.py::test_a", "unconditional skip"),
        ("tests/impl/test_native.py::test_a", "no C++ compiler here, or so it seems"),
        ("tests/theory/test_rules.py::test_a", "no C++ compiler here"),
        ("tests/theory/test_rules.py::test_a", "could not import 'torch'"),
    ],
)
def test_anything_else_is_not(test, reason):
    assert unexpected(test, reason)


def test_each_place_in_the_table_is_there():
    assert all((ROOT / place).exists() for places in SKIPS.values() for place in places)


def test_a_skip_that_the_table_does_not_know_is_a_failure():
    """Of a test, and of a whole file."""
    for reason, outcome in (("Skipped: no C++ compiler here", "skipped"), ("Skipped: tired", "failed")):
        place = "tests/impl/test_native.py"
        told = (place, 3, reason)
        report = SimpleNamespace(nodeid=place, outcome="skipped", skipped=True, longrepr=told)
        assert judged(report).outcome == outcome
        if outcome == "failed":
            assert "skipped, and tests/skips.py does not say so: Skipped: tired" in report.longrepr
