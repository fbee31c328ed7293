"""`variance`: Cov λ̂ → |g|² I + g gᵀ + (κ4 - 3) diag(g²), g over every perturbed unit of every layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import flint
import numpy as np
from flint import arb_mat, fmpq, fmpq_mat
from hypothesis import strategies as st

from proofs_check import moments
from proofs_check.claim import Claim
from proofs_check.counterexample import network_code
from proofs_check.effort import Effort
from proofs_check.evidence import Evidence, falsified_by
from proofs_check.floats import Network
from proofs_check.limits import BITS, LARGEST, NOISES, SCALES, STEP, Noise, size
from proofs_check.means import distance, every_pair
from proofs_check.networks import LOSSES, Family, Instance, any_widths
from proofs_check.search import Measurement, search
from proofs_check.subjects import Subject
from theory.designs import Design, factorial, fold_over
from theory.moments import covariances, gradients
from theory.noise_laws import RADEMACHER, SKEWED, SPARSE
from theory.population import scaled_differences
from theory.variance import STATEMENT, away_from_closed_form, covariance, trace_over_gradient

FAMILY = Family(any_widths((1, 3), 3), losses=LOSSES)
MOST = {name: min(units, 8) for name, units in LARGEST.items()}
GRADIENT = (fmpq(1), fmpq(-2), fmpq(1, 2), fmpq(3))
WIDE = (4, 16, 32)
SMALL = 2.0**-16


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Derived from joint moments, equal to the closed form, to enumeration, and to the limit on networks."""
    traces = ", ".join(str(trace_over_gradient(units)) for units in (2, 3, 4))
    yield Evidence(
        "symbolic",
        "tr Cov / |g|² for 2, 3 and 4 perturbed units",
        traces,
        "kappa_4, kappa_4 + 1, kappa_4 + 2",
    )
    for units in (2, 3, 4):
        away = sum(entry != 0 for entry in away_from_closed_form(units))
        yield Evidence(
            "symbolic",
            f"entries derived from joint moments other than in the closed form, {units} units",
            away,
            0,
        )
    units = len(GRADIENT)
    designs = [factorial(law, units) for law in (RADEMACHER, SKEWED, SPARSE)] + [fold_over(units)]
    for design in designs:
        derived = fmpq_mat(covariance(GRADIENT, design))
        wrong = sum(v != 0 for v in (derived - _enumerated(design)).entries())
        name = f"{design.name}, 4 units: entries of Cov[(g·ξ) ξ] by joint moments other than by enumeration"
        yield Evidence("exact", name, wrong, 0)
    for noise in NOISES.values():
        drawn = FAMILY.instances(min(MOST[noise.name], 5))
        key = ("variance", "confirm", noise.name)
        yield from search(
            drawn, partial(_limit, noise=noise), Instance.as_code, effort, key, effort.choose(3, 15, 120)
        )


def _enumerated(design: Design) -> fmpq_mat:
    """Cov[(g·ξ) ξ] of GRADIENT, summed over the atoms."""
    units = design.units
    mean, second = fmpq_mat(1, units), fmpq_mat(units, units)
    for values, p in zip(design.atoms(exact=True), design.probabilities, strict=True):
        slope = sum((g * v for g, v in zip(GRADIENT, values, strict=True)), fmpq(0))
        row = fmpq_mat([[slope * v for v in values]])
        weight = fmpq(p.numerator, p.denominator)
        mean, second = mean + row * weight, second + row.transpose() * row * weight
    return second - mean.transpose() * mean


def _limit(instance: Instance, noise: Noise) -> Iterator[Measurement]:
    """The enumerated covariance at c = 2^-40 and at half of it, against the formula at c = 0."""
    design = noise.design(sum(instance.network.hidden))
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        whole, halved = (
            covariances(problem, design, scaled_differences(problem, design, c)) for c in (STEP, STEP / 2)
        )
        for g, found, nearer in zip(gradients(problem).tolist(), whole, halved, strict=True):
            predicted = arb_mat(covariance(g, noise.law or design))
            away, rest = size(found - predicted), size(nearer - predicted)
            name = f"{noise.name}: |Cov λ̂ - formula| / (1 + |formula|) at c = 2^-40"
            yield Measurement("ball arithmetic", name, away / (1 + size(predicted)), 1e-6)
            if away > 2.0**-250:  # above what 400 bits lose
                name = f"{noise.name}: what halving c leaves of it, at most 2^-{noise.order}"
                yield Measurement("ball arithmetic", name, rest / away, 1.001 * 2.0**-noise.order)


def measurements(subject: Subject, instance: Instance, noise: str, c: float) -> Iterator[Measurement]:
    """The subject's covariance, every unit with every other, is the exact one at that c."""
    design = NOISES[noise].design(sum(instance.network.hidden))
    found, expected, loose = _three(subject, instance, design, c)
    allowed = moments.covariance_allowance(expected, loose)
    used = distance([found.covariance], [expected.covariance], [allowed])
    yield Measurement(
        "implementation", f"{noise}: error of Cov λ̂ at that c as part of its rounding", used, 1.0
    )


def _three(
    subject: Subject, instance: Instance, design: Design, c: float
) -> tuple[moments.Moments, moments.Moments, moments.Moments]:
    """The subject's moments, the exact ones, and what rounding may do to them."""
    x, y, rows = every_pair(instance, design)
    found = subject.gradient_estimates(instance.network, x, y, rows, c)
    return (
        moments.of_rows(found, instance, design),
        moments.exact(instance, design, lambda p, d: scaled_differences(p, d, c)),
        moments.allowed(moments.estimate_spread(instance, design, c), instance, design),
    )


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The growth with the number of units; then the whole covariance on drawn networks."""
    family = FAMILY.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})
    yield from _growth(subject, family)
    for noise in NOISES:

        def check(drawn: tuple[Instance, float], noise: str = noise) -> Iterator[Measurement]:
            return measurements(subject, drawn[0], noise, drawn[1])

        def show(drawn: tuple[Instance, float], noise: str = noise) -> str:
            return network_code("measured", subject, drawn[0], claim=STATEMENT.id, noise=noise, c=drawn[1])

        drawn = st.tuples(family.instances(MOST[noise]), st.sampled_from(SCALES))
        yield from search(
            drawn, check, show, effort, ("variance", "examine", noise), effort.choose(4, 25, 200)
        )


def wide(units: int, family: Family) -> Instance:
    """A 1-n-1 network of the family, with one datum: n = ``units``."""
    below = np.array([[(j % 3 + 1) / 4] for j in range(units)])
    above = np.array([[(j % 5 - 1.5) / 8 for j in range(units)]])
    network = Network((below, above), (family.hidden[0], family.output[0]), family.losses[0])
    return Instance(network, np.array([[1.0]]), np.array([[2.0]]))


def _growth(subject: Subject, family: Family) -> Iterator[Evidence]:
    """tr Cov λ̂ / |g|² for n units with signs for noise: n + κ4 - 2 = n - 1, up to O(c²)."""
    for units in WIDE:
        instance, design = wide(units, family), fold_over(units)
        with flint.ctx.workprec(BITS):
            squares = sum(v**2 for v in gradients(instance.problem(balls=True)).entries())
        found, expected, loose = _three(subject, instance, design, SMALL)
        exact = float(np.trace(expected.covariance[0])) / float(squares)
        spread = float(np.trace(moments.covariance_allowance(expected, loose)[0])) / float(squares)
        row = Evidence(
            "implementation",
            f"tr Cov λ̂ / |g|² for {units} units, signs, c = 2^-16, in the limit {units - 1}",
            float(np.trace(found.covariance[0])) / float(squares),
            (exact - spread, exact + spread),
        )
        yield from falsified_by(
            [row], network_code("measured", subject, instance, claim=STATEMENT.id, noise="fold-over", c=SMALL)
        )


CLAIM = Claim(STATEMENT, confirm, examine)
