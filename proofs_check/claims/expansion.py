"""`expansion`: the mean of λ̂ to order c³, cross terms included."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import flint
import sympy
from flint import arb
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.networks.drawn import LOSSES, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import BITS, LARGEST, NOISES, SCALES, STEP, Noise, size
from proofs_check.questions.means import distance, mean_allowance, mean_estimates
from proofs_check.questions.oracle import exact_means
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact import population
from theory.exact.noise_laws import GAUSS_HERMITE, SKEWED, SPARSE, symbolic_law
from theory.results.bias import design_coefficients, independent_coefficients
from theory.results.expansion import (
    STATEMENT,
    dropped_terms,
    equals_closed_form,
    exact_mean_estimate,
    mean_estimate_by_series,
)
from theory.writing.mathematics import in_text

ORDER = 3
FAMILY = Family(any_widths((1, 2), 3), losses=LOSSES, fitted=False)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Derived, equal to the closed form, exact on polynomials, right to c³ on networks; what the printed
    series drops.
    """
    dropped = dropped_terms(2, 0, 2, symbolic_law())
    yield Evidence(
        "symbolic", "as printed: terms dropped for two units, to c²", in_text(dropped), "(F_(1,2,2)c²)/2"
    )
    for units in (2, 3, 4, 5):
        verdict = "equal" if equals_closed_form(units) else "different"
        yield Evidence(
            "symbolic", f"derived series and closed form, {units} units, any law", verdict, "equal"
        )
    yield from _polynomials()
    for noise in NOISES.values():
        rows = search(
            FAMILY.instances(min(LARGEST[noise.name], 5)),
            partial(_orders, noise=noise),
            Instance.as_code,
            effort,
            ("expansion", "confirm", noise.name),
            effort.choose(3, 10, 200),
        )
        yield from rows


def _polynomials() -> Iterator[Evidence]:
    """The series of a polynomial ends, so both sides are rational numbers."""
    z = sympy.symbols("z_1:4")
    polynomial = sympy.Poly(
        3 * z[0]
        + z[0] * z[1] / 2
        - z[1] ** 2 * z[2]
        + z[0] * z[2] ** 2 / 3
        + z[0] ** 3 * z[1]
        - z[1] ** 4 / 5
        + z[2] ** 3,
        *z,
    )
    scale = sympy.Rational(1, 7)
    for law in (SKEWED, SPARSE, GAUSS_HERMITE):
        for unit in range(3):
            away = exact_mean_estimate(polynomial, unit, law, scale) - mean_estimate_by_series(
                polynomial, unit, law, scale
            )
            name = (
                f"{law.name}: enumeration minus series, unit {unit + 1} of a polynomial of degree 4, c = 1/7"
            )
            yield Evidence("exact", name, str(sympy.simplify(away)), "0")


def _orders(instance: Instance, noise: Noise) -> Iterator[Measurement]:
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        design = noise.design(sum(instance.network.hidden))
        coefficients = along_atoms = design_coefficients(problem, design, ORDER)
        if noise.law is not None:
            coefficients = independent_coefficients(problem, noise.law, ORDER)
            away = sum(
                size(a - b)
                for k in range(ORDER + 1)
                for a, b in zip(coefficients[k], along_atoms[k], strict=True)
            )
            name = f"{noise.name}: coefficients to c³, derived series minus sum over all atoms"
            yield Measurement("ball arithmetic", name, away, 1e-60)
        rests = []
        for c in (STEP, STEP / 2):
            means = population.mean_estimates(problem, design, c)
            step = arb(c.numerator) / c.denominator
            rest = [
                m - sum((coefficients[k][i] * step**k for k in range(1, ORDER + 1)), coefficients[0][i])
                for i, m in enumerate(means)
            ]
            rests.append(sum(size(r) for r in rest))
        if rests[0] > 2.0**-300:  # above what 400 bits lose
            name = f"{noise.name}: what halving c leaves of the rest after c³, at most 2^-{ORDER + 1}"
            yield Measurement("ball arithmetic", name, rests[1] / rests[0], 1.001 * 2.0 ** -(ORDER + 1))


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's mean over all atoms equals the exact one, at every c."""
    narrowed = FAMILY.narrowed(subject.supports)
    for noise in NOISES.values():

        def check(drawn: tuple[Instance, float], noise: Noise = noise) -> Iterator[Measurement]:
            instance, c = drawn
            design = noise.design(sum(instance.network.hidden))
            found = mean_estimates(subject, instance, design, c)
            used = distance(found, exact_means(instance, design, c), mean_allowance(instance, design, c))
            yield Measurement(
                "implementation", f"{noise.name}: error of E λ̂ at that c as part of its rounding", used, 1.0
            )

        def show(drawn: tuple[Instance, float], noise: Noise = noise) -> Question:
            return on_network("means", subject, drawn[0], noise=noise.name, c=drawn[1])

        drawn = st.tuples(narrowed.instances(LARGEST[noise.name]), st.sampled_from(SCALES))
        yield from search(drawn, check, show, effort, ("expansion", noise.name), effort.choose(5, 20, 300))


CLAIM = Claim(STATEMENT, confirm, examine)
