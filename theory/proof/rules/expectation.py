"""Rules for expectations and averages."""

from __future__ import annotations

from dataclasses import replace

import sympy

from theory.proof.normal_form import Reading, reread
from theory.proof.polynomials import Nested, Poly, plus, scaled
from theory.proof.relations import Equal, Integrable, Relation
from theory.proof.rules.core import Premises, Rejected, Rule, compare, equation, shown
from theory.proof.terms import given, mean
from theory.results.assumptions import GAUSSIAN_NOISE, SAMPLES


def _linearity(claim: Relation, premises: Premises) -> None:
    found = equation(claim)
    compare(found.left, found.right, premises.reading(linear=True))


def _tower(claim: Relation, premises: Premises) -> None:
    found, reading = equation(claim), premises.reading(linear=True, tower=True)
    compare(found.left, found.right, reading)
    _, made = _changed(found, reading)
    _is_a_mean_that_exists(made, found, premises, reading)


def _independence(claim: Relation, premises: Premises) -> None:
    premises.need(SAMPLES, GAUSSIAN_NOISE)
    found, reading = equation(claim), premises.reading(linear=True, independent=True)
    compare(found.left, found.right, reading)
    changed, _ = _changed(found, reading)
    _is_a_mean_that_exists(changed, found, premises, reading)


def _changed(claim: Equal, reading: Reading) -> tuple[Poly, Poly]:
    """The means that the rule changes, all together, and what it makes of them, as they stand on their side.
    What both sides have in common by linearity alone it does not touch.
    """
    linear = _linear(reading)
    difference, left = linear.of(claim.left - claim.right), linear.of(claim.left)
    changed, made, kept = [], [], []
    for term in difference.terms:
        before = Poly(difference.shape, (term,))
        after = reread(before, reading)
        if after == before:
            kept.append(before)
        else:
            changed.append(before)
            made.append(after)
    if plus((*made, *kept), difference.shape).terms:
        raise Rejected("the sides differ by more than the means that the rule changes")
    on_the_left = all(term in left.terms for poly in changed for term in poly.terms)
    sign = sympy.Integer(1 if on_the_left else -1)
    return scaled(sign, plus(changed, difference.shape)), scaled(sign, plus(made, difference.shape))


def _linear(reading: Reading) -> Reading:
    return replace(reading, tower=False, independent=False)


def _is_a_mean_that_exists(means: Poly, claim: Equal, premises: Premises, reading: Reading) -> None:
    """Together they are the mean of what a premise says is integrable; where none is changed, a side is."""
    linear = _linear(reading)
    wanted = [means] if means.terms else [linear.of(claim.left), linear.of(claim.right)]
    for known in premises.of(Integrable):
        if known_means_inside(linear.of(known.term)):
            continue
        for operator in (given,) if known.given_datum else (mean, given):
            whole = linear.of(operator(known.term))
            if whole.terms and whole in wanted:
                return
    raise Rejected(f"nothing says that what is averaged is integrable: {shown(wanted[0])}")


def known_means_inside(poly: Poly) -> bool:
    """Whether it contains a mean given the datum: that one may exist where the whole has none."""
    return any(isinstance(x.atom, Nested) and x.atom.operator == "E|" for x in poly.letters)


LINEARITY = Rule(
    "linearity of expectation",
    "Sums and constant factors pass through E and through an average over the sample. A mean that does not "
    "exist stands for some number, linear like the others: what needs it to exist asks for it.",
    _linearity,
)
TOWER = Rule(
    "tower property",
    "E[u E[X | x, y] v] = E[u X v] for u and v that depend on the datum, where u X v is integrable.",
    _tower,
)
INDEPENDENCE = Rule(
    "independence",
    "E[u ξξᵀ v] = E[u E[ξξᵀ] v] for u and v that depend on the datum, which the noise does not, where u ξξᵀ "
    "v is integrable.",
    _independence,
)
