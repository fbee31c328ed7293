"""What a method was run under: "feedback alignment, B x 3" is a method and a condition.

Experiments that ask why, or how something grows, run the same methods under several conditions: where weights
or feedback start, a rate, a number of units. A picture has then a panel for each condition, with the same
line for the same method in all of them, or the units on the axis.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["condition", "conditions", "method", "units", "without_rate"]

_RATE = r"rate [^,\s]+"
_CONDITION = re.compile(rf", ((?:W and )?B x [\d.]+|{_RATE}|\d+ units(?:, {_RATE})?)$")
_UNITS = re.compile(r", (\d+) units\b")


def method(label: str) -> str:
    """The method of a label, whatever it was run under."""
    return _CONDITION.sub("", label)


def condition(label: str) -> str:
    """What the method of a label was run under; "" where nothing was changed."""
    found = _CONDITION.search(label)
    return found[1] if found else ""


def conditions(labels: Sequence[str]) -> tuple[str, ...]:
    """All of them, in the order of the labels."""
    return tuple(dict.fromkeys(map(condition, labels)))


def units(label: str) -> int | None:
    """The number of units that is the condition of a label, or part of it."""
    found = _UNITS.search(label)
    return None if found is None else int(found[1])


def without_rate(label: str) -> str:
    """A label without the rate that may end it."""
    return re.sub(rf", {_RATE}$", "", label)
