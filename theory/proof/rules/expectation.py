"""Rules for expectations and averages."""

from __future__ import annotations

from dataclasses import replace

from theory.assumptions import GAUSSIAN_NOISE, SAMPLES
from theory.proof.normal_form import Reading
from theory.proof.polynomials import Nested, Poly
from theory.proof.relations import Equal, Integrable, Relation
from theory.proof.rules.core import Premises, Rejected, Rule, compare, equation
from theory.proof.terms import given, mean


def _linearity(claim: Relation, premises: Premises) -> None:
    found = equation(claim)
    compare(found.left, found.right, premises.reading(linear=True))


def _tower(claim: Relation, premises: Premises) -> None:
    found, reading = equation(claim), premises.reading(linear=True, tower=True)
    compare(found.left, found.right, reading)
    _mean_exists(found, premises, reading)


def _independence(claim: Relation, premises: Premises) -> None:
    premises.need(SAMPLES, GAUSSIAN_NOISE)
    found, reading = equation(claim), premises.reading(linear=True, independent=True)
    compare(found.left, found.right, reading)
    _mean_exists(found, premises, reading)


def _mean_exists(claim: Equal, premises: Premises, reading: Reading) -> None:
    """One side is the mean of what a premise says is integrable."""
    linear = replace(reading, tower=False, independent=False)
    sides = {linear.of(claim.left), linear.of(claim.right)}
    for known in premises.of(Integrable):
        for operator in (given,) if known.given_datum else (mean, given):
            whole = linear.of(operator(known.term))
            if whole.terms and whole in sides and not known_means_inside(linear.of(known.term)):
                return
    raise Rejected("nothing says that what is averaged is integrable")


def known_means_inside(poly: Poly) -> bool:
    """Whether it contains a mean given the datum: that one may exist where the whole has none."""
    return any(isinstance(x.atom, Nested) and x.atom.operator == "E|" for x in poly.letters)


LINEARITY = Rule(
    "linearity of expectation",
    "Sums and constant factors pass through E and through an average over the sample. A mean that does not "
    "exist stands for some number, linear like the others: what needs it to exist asks for it.",
    _linearity,
)
TOWER = Rule("tower property", "E[u E[X | x, y] v] = E[u X v] for u and v that depend on the datum.", _tower)
INDEPENDENCE = Rule(
    "independence",
    "E[u ξξᵀ v] = E[u E[ξξᵀ] v] for u and v that depend on the datum, which the noise does not.",
    _independence,
)
