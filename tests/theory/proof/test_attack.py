"""A slice of the drawn attack: no rule accepts what is false of numbers, and every rule is reached.

`tox -e attack` draws until 100 000 conclusions are false; with `--weakenings` it plants all weakenings.
"""

from __future__ import annotations

import pytest

from tests.theory.proof.attack.engine import (
    Tally,
    all_points,
    batch,
    falsified,
    is_about_units,
    points_of,
    worlds_of,
)
from tests.theory.proof.attack.weakenings import WEAKENINGS, found_after, planted
from theory.proof import Proof
from theory.proof.rules import RULES
from theory.proofs.catalogue import PROOFS

_EACH = 8
"""Conclusions drawn at a step of each rule."""
_TRIES = 8
"""How often, until one of them is false and of the kind that the rule proves."""
_AT_LEAST = 80
"""False ones among them."""

_CHEAP = (
    "tower property: what stands beside may be noisy",
    "pseudo-inverse: X⁺ X = X X⁺ for any X",
    "positive definite: whatever stands on the left",
    "Cauchy-Schwarz: one of the two squares",
    "arithmetic: powers of c are dropped one too early",
    "independent units: all units are independent of themselves",
    "Gaussian integration by parts: of any two symbols",
    "hypothesis: says anything",
    "solution: of another equation",
    "polynomial in statistics: coefficients may depend on T",
    "central limit theorem: another covariance",
    "norms: bounds up to their order",
    "domination: the bound need not be finite in the mean",
    "convergent, hence bounded: any bound",
    "vanishing second moment: of another term",
)
"""Weakenings that few conclusions find."""
_MOST = 60


def test_no_false_conclusion_that_is_drawn_is_accepted_and_every_rule_is_reached() -> None:
    total = Tally()
    for place, rule in enumerate(RULES):
        points = tuple(point for point in all_points() if point.checked.step.rule == rule)
        for more in range(_TRIES):
            if not more or not total.reached[rule.name]:
                total.add(batch(0, place + 100 * more, points, size=_EACH * (3 if more else 1)))
    assert [str(hole) for hole in total.holes] == []
    assert total.false >= _AT_LEAST
    assert [rule.name for rule in RULES if not total.reached[rule.name]] == []


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: f"{proof.statement} {proof.title}"[:60])
def test_no_step_of_a_shipped_proof_is_called_false(proof: Proof) -> None:
    """In no world that meets its hypotheses: what judges the drawn conclusions calls nothing true false."""
    worlds = () if is_about_units(proof) else worlds_of(proof)
    for point in points_of(proof):
        assert falsified(point.checked.step.claim, proof, point.checked, worlds) == ""


@pytest.mark.parametrize("weakening", [one for one in WEAKENINGS if str(one) in _CHEAP], ids=str)
def test_a_planted_weakening_of_a_rule_is_found(weakening: object) -> None:
    assert found_after(weakening, _MOST).holes


def test_every_rule_has_a_planted_weakening() -> None:
    assert {rule.name for rule in RULES} == {one.rule for one in WEAKENINGS}
    assert set(_CHEAP) <= {str(one) for one in WEAKENINGS}


def test_every_weakening_can_still_be_planted() -> None:
    """The text that it changes stands once in the checker; otherwise `planted` raises."""
    for one in WEAKENINGS:
        with planted(one):
            pass
