"""The numbers by which Python tells C++ what it wants are those of C++'s own lists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import impl
from impl.counter_noise import LAWS
from impl.kernels import native_path
from impl.learning import native_step, noise

SOURCES = [
    path.read_text(encoding="utf-8")
    for path in sorted(Path(impl.__file__).parent.rglob("*"))
    if path.suffix in (".hpp", ".cpp")
]
ENUMS = {
    name: [entry.strip() for entry in entries.split(",")]
    for source in SOURCES
    for name, entries in re.findall(r"enum (\w+) \{([^}]*)\}", source)
}
GIVEN: dict[str, dict[str, int]] = {
    "Scale": {name.upper(): number for name, number in native_path.SCALES.items()},
    "Family": {name.upper(): LAWS[name][0] for name in native_path.NOISE},
    "Rule": {kind.__name__.upper(): number for kind, number in native_step.RULES.items()},
    "Fit": {kind.__name__.upper(): number for kind, number in native_step.FITS.items()},
    "Draw": {name: getattr(noise, name) for name in ("PERTURBATION", "ACTIVATION", "INPUT")},
}


@pytest.mark.parametrize("name", sorted(ENUMS.keys() - {"Target"}))
def test_the_names_of_an_enum_have_its_numbers(name: str) -> None:
    assert {entry: number for number, entry in enumerate(ENUMS[name])} == GIVEN[name]


def test_the_targets_are_as_many() -> None:
    """They have names of their own in C++."""
    assert list(native_step.TARGETS.values()) == list(range(len(ENUMS["Target"])))


def test_units_that_learn_are_those_of_the_kernel_and_relu() -> None:
    assert any("enum { RELU = 3 }" in source for source in SOURCES)
    assert native_step.UNITS == {**native_path.SCALES, "relu": 3}
    assert native_step.UNITS.keys() <= impl.ACTIVATIONS.keys()
