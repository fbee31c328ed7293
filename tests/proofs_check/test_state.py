"""What a claim leaves behind is set back, or named so that the process is replaced."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from proofs_check.subject import checked, state
from tests.proofs_check import hostile_subjects
from tests.proofs_check.hostile_subjects import LEAVES, SPOILS
from tests.proofs_check.state_copies import NAMED, RAISED, SET_BACK

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.xdist_group("state")


@pytest.fixture(scope="module")
def before():
    for name, module in (("checked", checked), ("state", state)):
        sys.modules[f"_proofs_check_{name}"] = module
    yield state.State()
    for name in ("checked", "state"):
        del sys.modules[f"_proofs_check_{name}"]


@pytest.fixture(scope="module")
def codes():
    """What is said of copies of a process in which something was changed, by the name of the change."""
    words = [sys.executable, "-m", "tests.proofs_check.state_copies"]
    return json.loads(subprocess.run(words, capture_output=True, check=True, cwd=ROOT).stdout)


def test_where_nothing_was_changed_nothing_is_said(before):
    assert before.restore() == []


@pytest.mark.parametrize("name", LEAVES)
def test_a_setting_is_set_back(codes, name):
    assert codes[name] == SET_BACK


@pytest.mark.parametrize("name", SPOILS)
def test_what_cannot_be_set_back_is_named(codes, name):
    """One that replaces the look itself makes it raise, which the worker takes for a change."""
    expected = RAISED if name == "our restoring replaced" else NAMED
    assert codes[name] == expected


def test_the_numbers_after_are_those_of_before(before):
    first = hostile_subjects.honest([2], 3, 0)
    before.restore()
    again = hostile_subjects.honest([2], 3, 0)
    before.restore()
    assert again[0].equal(hostile_subjects.honest([2], 3, 0)[0])
    assert first[0].shape == again[0].shape


def test_arguments_are_compared_where_they_are_whatever_the_default_device():
    before, after = np.ones(3), torch.ones(3, dtype=torch.float64)
    with torch.device("meta"):
        checked._see_unchanged("fit_feedback", "errors", before, after)
        with pytest.raises(checked.BadAnswer, match="wrote into its argument errors"):
            checked._see_unchanged("fit_feedback", "errors", 2 * before, after)
