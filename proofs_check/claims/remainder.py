"""`remainder`: eq. (11) is infinite for tanh and sigmoid; the bias has a bound with three derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from math import inf, log10

import flint
import numpy as np
from flint import arb, fmpq
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.floats import Array
from proofs_check.float64.tolerance import NEGLIGIBLE
from proofs_check.networks.drawn import Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.means import mean_allowance, mean_estimates
from proofs_check.questions.oracle import BITS
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable
from theory.counterexamples.printed_remainder import (
    floor,
    gaussian_moment,
    growth_begins,
    predicted_growth,
    terms,
    true_mean,
)
from theory.exact import population
from theory.exact.derivative_bounds import exact_supremum
from theory.exact.designs import factorial
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import GAUSS_HERMITE, RADEMACHER, SKEWED, NoiseLaw
from theory.exact.population import Problem, to_floats
from theory.results.remainder import STATEMENT, covered, curvature_terms, remainder_bounds
from theory.writing.mathematics import in_text


def _covered(instance: Instance) -> bool:
    return covered(instance.problem().network)


OUTPUTS = ("identity", "tanh", "sigmoid")
SHALLOW = Family(any_widths((1, 1), 3), output=OUTPUTS, accept=_covered)
LINEAR = Family(any_widths((2, 3), 3), hidden=("identity",), output=OUTPUTS, accept=_covered)
FAMILIES = {"one hidden layer of any kind": SHALLOW, "linear hidden layers": LINEAR}
LAWS = {"rademacher": (RADEMACHER, 5), "gauss-hermite": (GAUSS_HERMITE, 4), "skewed": (SKEWED, 3)}  # units
STEPS = (Fraction(1, 16), Fraction(1, 2), Fraction(3))
SCALES = (3.0, 0.5, 2.0**-10)
TABLE = 319  # terms of the printed sum
TABLE_BITS = 640  # 3^-319 is seen


def confirm(effort: Effort) -> Iterator[Evidence]:
    """The printed terms grow without bound, and what they bound is finite; the repaired bound holds on drawn
    networks up to c = 3, and is attained.
    """
    yield from _printed()
    yield from _truth()
    for activation, order, expected in (
        ("tanh", 2, "4√3/9"),
        ("tanh", 3, "2"),
        ("sigmoid", 1, "¼"),
        ("sigmoid", 2, "√3/18"),
        ("sigmoid", 3, "1/8"),
    ):
        name = f"largest derivative of {activation} of order {order}"
        yield Evidence("symbolic", name, in_text(exact_supremum(activation, order)), expected)
    yield from _sharp()
    for title, family in FAMILIES.items():
        for name, (law, units) in LAWS.items():
            drawn = st.tuples(family.instances(units), st.sampled_from(STEPS))
            check, key = partial(_bounded, law=law, title=title), ("remainder", "confirm", title, name)
            yield from search(drawn, check, _show, effort, key, effort.choose(2, 12, 120))


def _printed() -> Iterator[Evidence]:
    """The term table at the point 0."""
    with flint.ctx.workprec(TABLE_BITS):
        below = 0
        half = fmpq(1, 2)
        for activation, c in (("tanh", half), ("tanh", fmpq(1, 10)), ("tanh", fmpq(1)), ("sigmoid", half)):
            found, scale = terms(activation, c, TABLE), int(c.p) / int(c.q)
            below += sum(not value >= floor(activation, c, m) for m, value in found.items())
            size = float((found[TABLE].log() / arb(10).log()).mid())
            name = f"as printed, {activation}, c = {scale:g}: log10 of term {TABLE} of (11)"
            yield Evidence("ball arithmetic", name, size, (log10(2.0), inf))
            expected = max(predicted_growth(activation, scale), 1.0)  # the first term is m = 3
            name = f"as printed, {activation}, c = {scale:g}: the terms grow from m"
            yield Evidence("ball arithmetic", name, growth_begins(found), (expected, expected + 2.0))
        name = "terms below (2/c²)(c √(m+1) / R)^(m+1), which tends to infinity for every c"
        yield Evidence("ball arithmetic", name, below, 0)
        exact = terms("tanh", fmpq(1, 2), TABLE, gaussian_moment)
        expected = predicted_growth("tanh", 0.5, exact_moments=True)
        name = "with exact Gaussian moments instead, tanh, c = 0.5: the terms still grow from m"
        yield Evidence("ball arithmetic", name, growth_begins(exact), (expected, expected + 2.0))


def _truth() -> Iterator[Evidence]:
    """What the sum was to bound."""
    mean = true_mean(fmpq(1, 2))
    name = "tanh at 0, Gaussian noise, c = 0.5: E λ̂ itself, where F_j = 1"
    yield Evidence("ball arithmetic", name, float(mean), (0.826483856567, 0.826483856568))
    name = "the same: |E λ̂ - F_j|, and c² κ4/6 sup|tanh'''| = c²"
    yield Evidence("ball arithmetic", name, float(abs(mean - 1).upper()), 0.25)


def _sharp() -> Iterator[Evidence]:
    """2-3-1, logcosh with residual 21/32, near the largest third derivative: the bias attains the bound as c
    → 0.
    """
    network = ExactNetwork.of([[[1, 0], [0, 1], [1, 1]], [[1, 1, 1]]], ("identity", "identity"), "logcosh")
    problem = Problem(network, ((0, 0),), ((Fraction(-21, 32),),))
    for law in (RADEMACHER, GAUSS_HERMITE):
        with flint.ctx.workprec(BITS):
            used = _used(problem, law, Fraction(1, 256))
        name = f"{law.name}, c = 1/256, three units: part of the bound that the bias attains"
        yield Evidence("ball arithmetic", name, used, (0.99, 1.0))


def _show(drawn: tuple[Instance, Fraction]) -> str:
    return f"{drawn[0].as_code()}\nc = {drawn[1]}"


def _bounded(drawn: tuple[Instance, Fraction], law: NoiseLaw, title: str) -> Iterator[Measurement]:
    instance, c = drawn
    with flint.ctx.workprec(BITS):
        used = _used(instance.problem(balls=True), law, c)
    name = f"{law.name}, {title}: |E λ̂ - F_j - known part| over the bound, c = 1/16, 1/2 or 3"
    yield Measurement("ball arithmetic", name, used, 1.0)


def _used(problem: Problem, law: NoiseLaw, c: Fraction) -> float:
    """The largest |E λ̂_j - F_j - c κ3/2 E F_jj| / bound over units and data."""
    design = factorial(law, sum(problem.network.widths[1:-1]))
    means = population.mean_estimates(problem, design, c)
    known, bounds = curvature_terms(problem, law, c), remainder_bounds(problem, law, c)
    worst = arb(0)
    for mean, gradient, part, bound in zip(means, problem.true_gradients, known, bounds, strict=True):
        away = (mean - gradient - part).entries()
        for value, limit in zip(away, bound.entries(), strict=True):
            worst = worst.max(abs(value) / (limit + arb(NEGLIGIBLE)))
    return float(worst.upper())


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's mean over all atoms, minus the exact gradient and the known part, obeys the bound."""
    offered = 0
    for title, family in FAMILIES.items():
        try:
            narrowed = family.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})
        except NotApplicable as missing:
            yield Evidence("not applicable", title, missing.reason)
            continue
        offered += 1
        for name, (_, units) in LAWS.items():

            def check(
                drawn: tuple[Instance, float], name: str = name, title: str = title
            ) -> Iterator[Measurement]:
                used = measured(subject, drawn[0], name, drawn[1])
                row = f"{name}, {title}: |E λ̂ - F_j - known part| over bound and rounding"
                yield Measurement("implementation", row, used, 1.0)

            def show(drawn: tuple[Instance, float], name: str = name) -> Question:
                return on_network("remainder", subject, drawn[0], noise=name, c=drawn[1])

            drawn = st.tuples(narrowed.instances(units), st.sampled_from(SCALES))
            key = ("remainder", "examine", title, name)
            yield from search(drawn, check, show, effort, key, effort.choose(4, 15, 150))
    if not offered:
        raise NotApplicable("the subject supports no network for which the bound is proved")


def measured(subject: Subject, instance: Instance, noise: str, c: float) -> float:
    """The largest part that a unit and datum use of the bound and the rounding together."""
    law = LAWS[noise][0]
    design = factorial(law, sum(instance.network.hidden))
    found, allowed = mean_estimates(subject, instance, design, c), mean_allowance(instance, design, c)
    used = []
    for mean, (centre, bound), rounding in zip(found, predicted(instance, law, c), allowed, strict=True):
        used.append(float(np.max(np.abs(mean - centre) / (bound + rounding + NEGLIGIBLE))))
    return max(used)


def predicted(instance: Instance, law: NoiseLaw, c: float) -> list[tuple[Array, Array]]:
    """F_j with the known part of the bias, and the bound of the rest; (M, n_i) per hidden layer."""
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        known, bounds = curvature_terms(problem, law, c), remainder_bounds(problem, law, c)
        centres = [gradient + part for gradient, part in zip(problem.true_gradients, known, strict=True)]
        return [
            (np.array(to_floats(centre.transpose())), np.array(to_floats(bound.transpose())))
            for centre, bound in zip(centres, bounds, strict=True)
        ]


CLAIM = Claim(STATEMENT, confirm, examine)
