"""The examples: what the suite says about each is what their README says; it shows them as they are."""

import contextlib
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.subject.subjects import LocalSubject
from tests.example_table import ADAPTERS, EXAMPLES, README, asked, differences, table, with_table, written

TEXT = README.read_text(encoding="utf-8")
FEW = ("estimator", "signals", "solves", "zero-bias")  # a second each; --check without --only asks all


@contextlib.contextmanager
def here(place: str) -> Iterator[LocalSubject]:
    """The adapter in this process: eleven of their own, each of which imports torch, take twice as long."""
    file, _, name = place.rpartition(":")
    yield LocalSubject(getattr(importlib.import_module(Path(file).stem), name), conduct_first=True)
    for path in EXAMPLES.glob("*.py"):
        sys.modules.pop(path.stem, None)


def test_a_few_rows_of_the_table_are_current(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(EXAMPLES)
    assert list(differences(asked(FEW, here), written(TEXT))) == []


def test_the_table_has_every_claim_and_every_adapter() -> None:
    stored = written(TEXT)
    assert list(stored) == [claim.id for claim in CLAIMS]
    assert all(len(words) == len(ADAPTERS) for words in stored.values())
    assert with_table(TEXT, stored) == TEXT
    assert table(stored) in TEXT


def test_the_textbook_passes_everything_and_the_others_fail_where_they_must() -> None:
    stored = written(TEXT)
    column = {
        place.split(":")[1]: [words[k] for words in stored.values()] for k, (_, place) in enumerate(ADAPTERS)
    }
    for right in ("TwoPass", "NumpyTwoPass", "Mended", "OnLinearNetworks"):
        assert set(column[right]) <= {"pass", "–"}, right
    for other in (
        "Mine",
        "ForwardGradient",
        "TwoSided",
        "GammaAsAsked",
        "AsCommitted",
        "BatchSummed",
        "PreActivation",
    ):
        assert {"**fail**", "**error**"} & set(column[other]), other
    definitions = {place.split(":")[1]: stored["estimator"][k] for k, (_, place) in enumerate(ADAPTERS)}
    assert definitions["ForwardGradient"] == "**fail**"  # right for c → 0, and at no finite c
    assert definitions["BatchSummed"] == "**error**"  # the rows of a batch act on each other
    assert definitions["GammaAsAsked"] == "pass"


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.name)
def test_an_example_is_at_most_a_page_and_is_named_in_the_readme(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 60
    assert f"`{file.name}`" in TEXT or file.name == "noise.py"


def test_the_readme_shows_the_adapter_as_it_is_in_thirty_lines() -> None:
    shown = re.search(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)
    assert shown is not None
    assert (EXAMPLES / "adapter.py").read_text(encoding="utf-8").startswith(shown[1].rstrip() + "\n")
    assert len(shown[1].splitlines()) <= 30


def test_the_training_script_trains() -> None:
    ran = subprocess.run([sys.executable, "training.py"], cwd=EXAMPLES, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    assert 0 < float(ran.stdout.split()[1]) < 0.1
