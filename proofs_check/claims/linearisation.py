"""`linearisation`: L̃ - L = c g·ξ + O(c²), summed over every unit of every layer; one number for all."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import log2

import flint
import numpy as np
import sympy
from flint import arb
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.floats import Array, by_layer
from proofs_check.float64.tolerance import NEGLIGIBLE, difference_allowance
from proofs_check.networks.drawn import LOSSES, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import BITS, SCALES, STEP
from proofs_check.questions.oracle import exact_differences
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.designs import Design
from theory.exact.network import ExactNetwork
from theory.exact.population import Problem
from theory.results.linearisation import STATEMENT, change, curvatures, printed_rests, rests, summed

FAMILY = Family(any_widths((1, 3), 4), losses=LOSSES)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """One unit's term and the sum on the smallest network that tells them apart; then, on any, O(c²)."""
    network = ExactNetwork.of([[[1], [1]], [[1, 1]]], ("identity", "identity"), "mse")
    problem, both = Problem(network, ((1,),), ((0,),)), direction([Fraction(1), Fraction(1)])
    c = Fraction(1, 1024)
    for name, value, expected in (
        ("without the other unit: (L̃ - L)/c - g_1 ξ_1", printed_rests(problem, both, c, 0), "1025/512"),
        ("the sum over both: (L̃ - L)/c - g·ξ", rests(problem, both, c), "1/512"),
    ):
        yield Evidence("exact", f"{name}, 1-2-1, linear, c = 1/1024", str(value[0][0]), expected)
    for units in (2, 3, 4):
        left = sympy.expand(change(units, 1) - summed(units))
        yield Evidence("symbolic", f"L̃ - L - c g·ξ to first order, {units} units", str(left), "0")
    drawn = st.tuples(FAMILY.instances(), st.integers(0, 999))
    key = ("linearisation", "confirm")
    yield from search(drawn, _second_order, _show, effort, key, effort.choose(8, 30, 500))


def direction(values: list[Fraction]) -> Design:
    """The design that has one atom only."""
    return Design("one direction", (tuple(values),), (Fraction(1),))


def _show(drawn: tuple[Instance, int]) -> str:
    return f"{drawn[0].as_code()}\n# noise number {drawn[1]}"


def _second_order(drawn: tuple[Instance, int]) -> Iterator[Measurement]:
    """At c = 2^-40 the rest is c times half the second derivative along ξ."""
    instance, number = drawn
    quarters = _generator(number).integers(-8, 9, sum(instance.network.hidden)).tolist()
    design = direction([Fraction(v, 4) for v in quarters])
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        whole, halved = rests(problem, design, STEP), rests(problem, design, STEP / 2)
        step = arb(STEP.numerator) / STEP.denominator
        for (rest,), (rest_half,), (curvature,) in zip(
            whole, halved, curvatures(problem, design), strict=True
        ):
            expected = _float(curvature)
            away = abs(_float(rest / step - curvature)) / (1 + abs(expected))
            name = "((L̃ - L)/c - g·ξ)/c at c = 2^-40, against half the second derivative along ξ"
            yield Measurement("ball arithmetic", name, away, 1e-6)
            if abs(expected) > 1e-3:
                order = log2(abs(_float(rest)) / abs(_float(rest_half)))
                name = "order of (L̃ - L)/c - g·ξ in c, distance from 1"
                yield Measurement("ball arithmetic", name, abs(order - 1), 1e-6)


def signs(instance: Instance, number: int) -> list[Array]:
    """Signs for every unit of every datum: what is multiplied by them can be divided by them exactly."""
    hidden = instance.network.hidden
    flips = _generator(number).integers(0, 2, (len(instance.x), sum(hidden)))
    return by_layer(np.where(flips == 0, 1.0, -1.0), hidden)


def measurements(subject: Subject, instance: Instance, number: int, c: float) -> Iterator[Measurement]:
    """λ̂_j ξ_j is (L̃ - L)/c, and so the same for all units of a row; the noise is `signs` ``number``."""
    noise = signs(instance, number)
    found = subject.gradient_estimates(instance.network, instance.x, instance.y, noise, c)
    numbers = np.hstack([a * xi for a, xi in zip(found, noise, strict=True)])
    allowed = difference_allowance(instance.network, instance.x, instance.y, noise, c) + NEGLIGIBLE
    apart = float(((numbers.max(axis=1) - numbers.min(axis=1)) / (2 * allowed)).max())
    name = "λ̂_j ξ_j of the units of a row: their largest difference as part of twice their rounding"
    yield Measurement("implementation", name, apart, 1.0)
    away = np.abs(numbers - exact_differences(instance, noise, c)[:, None]).max(axis=1) / allowed
    name = "error of λ̂_j ξ_j = (L̃ - L)/c as part of its rounding, every unit of every layer"
    yield Measurement("implementation", name, float(away.max()), 1.0)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's one loss difference per row, read off its own λ̂ for noise that is signs."""
    family = FAMILY.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})

    def check(drawn: tuple[Instance, int, float]) -> Iterator[Measurement]:
        return measurements(subject, *drawn)

    def show(drawn: tuple[Instance, int, float]) -> Question:
        instance, number, c = drawn
        return on_network("measured", subject, instance, claim=STATEMENT.id, number=number, c=c)

    drawn = st.tuples(family.instances(), st.integers(0, 999), st.sampled_from(SCALES))
    yield from search(drawn, check, show, effort, ("linearisation", "examine"), effort.choose(20, 75, 1000))


def _generator(number: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=[number, 1]))


def _float(ball: arb) -> float:
    return float(ball.mid())


CLAIM = Claim(STATEMENT, confirm, examine)
