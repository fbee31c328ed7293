"""A slice of the drawn attack: no rule accepts what is false of numbers.

`tox -e attack` draws until 100 000 are false.
"""

from __future__ import annotations

from tests.theory.proof.attack.engine import Tally, all_points, batch

_PLACES = range(20)
_AT_LEAST = 80
"""False conclusions among those of these places."""


def test_no_false_conclusion_that_is_drawn_is_accepted() -> None:
    total = Tally()
    for place in _PLACES:
        total.add(batch(0, place, all_points()))
    assert [str(hole) for hole in total.holes] == []
    assert total.false >= _AT_LEAST
