"""`confinement`: in linear networks with Gaussian noise every hidden B̂(c) is W, at any c."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial

import flint
import numpy as np
from flint import arb_mat
from hypothesis import assume
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.networks.drawn import Family, Instance, any_widths, widening
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import BITS, LARGEST, STEP, distances, size
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.designs import factorial
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import GAUSS_HERMITE, GAUSSIAN, RADEMACHER, SKEWED, SPARSE, NoiseLaw
from theory.exact.population import Problem, fit, full_rank, limit, mean_estimates, minimum_norm, to_floats
from theory.results.confinement import (
    STATEMENT,
    common_vector,
    confined_limits,
    direct_limits,
    quartic_means,
    stein_defects,
)

QUARTIC = Family(any_widths((2, 3), 3), hidden=("identity",), output=("identity",), losses=("quartic",))
FULL_RANK = replace(QUARTIC, widths=widening((2, 3), 3), accept=Instance.well_posed)
STEPS = (Fraction(1, 2), Fraction(1), Fraction(3))
LEAST_BIAS = 1e-6  # of a hidden matrix over c²: below that there is none to compare


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Which moments it takes; exact in rationals with Gaussian moments, in balls over the gauss-hermite
    atoms; and the bias that other noise leaves below the top.
    """
    yield from _example()
    yield from _moments()
    key, count = ("confinement", "confirm"), effort.choose(5, 15, 300)
    drawn = st.tuples(QUARTIC.instances(), st.sampled_from(STEPS))
    yield from search(drawn, _confined, _show, effort, (*key, "rationals"), count)
    drawn = st.tuples(FULL_RANK.instances(LARGEST["gauss-hermite"]), st.sampled_from(STEPS))
    yield from search(drawn, _over_atoms, _show, effort, (*key, "balls"), count)
    for law in (RADEMACHER, SKEWED, SPARSE):
        check = partial(_closed_form, law=law)
        drawn = st.tuples(QUARTIC.instances(4), st.sampled_from(STEPS))
        yield from search(drawn, check, _show, effort, (*key, law.name), count)
    yield from search(FULL_RANK.instances(), _leaks, Instance.as_code, effort, (*key, "leaks"), count)


def _example() -> Iterator[Evidence]:
    """2-2-2-2 at c = 3: exactly W in the hidden layers, nowhere near it on top."""
    weights = [[[1, 2], [0, 1]], [[1, -1], [2, 1]], [[1, 0], [2, -1]]]
    network = ExactNetwork.of(weights, ("identity",) * 3, "quartic")
    problem = Problem(network, ((1, 0), (0, 1), (1, 1), (2, -1)), ((1, 0), (0, 1), (2, 0), (-1, 1)))
    lower, top = fit(problem, quartic_means(problem, GAUSSIAN, 3))
    away = size(lower - network.weights[1]) / size(network.weights[1])
    yield Evidence("exact", "2-2-2-2, quartic loss, Gaussian noise of scale 3: |B̂² - W²| / |W²|", away, 0)
    away = size(top - network.weights[2]) / size(network.weights[2])
    yield Evidence("exact", "the same: |B̂³ - W³| / |W³|, on top", away)


def _moments() -> Iterator[Evidence]:
    """The differences E ξ^{r+1} - r E ξ^{r-1}."""
    for law, degree, expected in (
        (GAUSSIAN, 6, "0, 0, 0, 0, 0, 0"),
        (GAUSS_HERMITE, 4, "0, 0, 0, 0"),
        (GAUSS_HERMITE, 5, "0, 0, 0, 0, -6"),
        (RADEMACHER, 3, "0, 0, -2"),
        (SPARSE, 3, "0, 0, 1"),
    ):
        found = ", ".join(map(str, stein_defects(law, degree)))
        name = f"{law.name}: E ξ^(r+1) - r E ξ^(r-1), r = 1 … {degree}; a loss of degree r needs 0"
        yield Evidence("symbolic", name, found, expected)


def _show(drawn: tuple[Instance, Fraction]) -> str:
    return f"{drawn[0].as_code()}\nc = {drawn[1]}"


def _confined(drawn: tuple[Instance, Fraction]) -> Iterator[Measurement]:
    instance, c = drawn
    problem = instance.problem()
    means, common = quartic_means(problem, GAUSSIAN, c), common_vector(problem, c)
    found = fit(problem, means, solve=minimum_norm)
    differ = sum(b != w for b, w in zip(found, confined_limits(problem, common, minimum_norm), strict=True))
    name = "matrices other than Γᵀ W on top and P_i(c) W^i below, c = 1/2, 1 or 3, in rationals"
    yield Measurement("exact", name, differ, 0)
    if full_rank_at(problem, found):
        differ = sum(b != w for b, w in zip(found[:-1], problem.network.weights[1:-1], strict=True))
        yield Measurement("exact", "full rank: hidden matrices other than W", differ, 0)
    direct = fit(problem, means, "DFA", minimum_norm)
    differ = sum(b != w for b, w in zip(direct, direct_limits(problem, common, minimum_norm), strict=True))
    yield Measurement("exact", "DFA: matrices other than Γᵀ A^i, in rationals", differ, 0)


def full_rank_at(problem: Problem, feedback: list[flint.fmpq_mat]) -> bool:
    """Whether the errors that these matrices carry down have full rank in every layer that is fitted."""
    carried = problem.true_errors[-1]
    for b in reversed(feedback):
        if carried.rank() < carried.nrows():
            return False
        carried = b.transpose() * carried
    return True


def _over_atoms(drawn: tuple[Instance, Fraction]) -> Iterator[Measurement]:
    instance, c = drawn
    problem = instance.problem()
    expected = confined_limits(problem, common_vector(problem, c))
    assume(full_rank_at(problem, expected))
    with flint.ctx.workprec(BITS):
        balls = instance.problem(balls=True)
        design = factorial(GAUSS_HERMITE, sum(instance.network.hidden))
        *hidden, top = limit(balls, design, c)
        for b, weight in zip(hidden, balls.network.weights[1:-1], strict=True):
            name = "gauss-hermite: |B̂^i(c) - W^i| below the top, c = 1/2, 1 or 3"
            yield Measurement("ball arithmetic", name, size(b - weight), 1e-60)
        name = "gauss-hermite: |B̂^{N+1}(c) - Γᵀ W^{N+1}|"
        yield Measurement("ball arithmetic", name, size(top - arb_mat(expected[-1])), 1e-60)


def _closed_form(drawn: tuple[Instance, Fraction], law: NoiseLaw) -> Iterator[Measurement]:
    instance, c = drawn
    problem = instance.problem()
    found = mean_estimates(problem, factorial(law, sum(instance.network.hidden)), c)
    differ = sum(a != b for a, b in zip(found, quartic_means(problem, law, c), strict=True))
    yield Measurement(
        "exact", f"{law.name}: layers where E λ̂ is not the closed form, in rationals", differ, 0
    )


def _leaks(instance: Instance) -> Iterator[Measurement]:
    """Below the top the bias is (κ4 - 3) c² times one matrix: -2 for rademacher, +1 for sparse noise."""
    problem = instance.problem()
    two, one = (
        fit(problem, quartic_means(problem, law, STEP), solve=full_rank) for law in (RADEMACHER, SPARSE)
    )
    for a, b, weight in zip(two[:-1], one[:-1], problem.network.weights[1:-1], strict=True):
        bias = size(a - weight) / float(STEP) ** 2
        if bias > LEAST_BIAS * size(weight):
            together = size((a - weight) + 2 * (b - weight)) / size(a - weight)
            name = "hidden bias of rademacher plus twice that of sparse noise, relative, c = 2^-40"
            yield Measurement("exact", name, together, 1e-6)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's hidden matrices over the gauss-hermite atoms are W, at c = 1/2, 1 and 3; its top one is
    the biased one.
    """
    family = FULL_RANK.narrowed(subject.supports)

    def check(drawn: tuple[Instance, Fraction]) -> Iterator[Measurement]:
        instance, c = drawn
        problem = instance.problem()
        expected = confined_limits(problem, common_vector(problem, c))
        assume(full_rank_at(problem, expected))
        design = factorial(GAUSS_HERMITE, sum(instance.network.hidden))
        matrices = [np.array(to_floats(b)) for b in expected]
        *hidden, (away, bound) = distances(subject, instance, design, float(c), "FA", matrices)
        for distance, allowed in hidden:
            name = "gauss-hermite: |B̂^i(c) - W^i| below the top, c = 1/2, 1 or 3"
            yield Measurement("implementation", name, distance, allowed)
        yield Measurement("implementation", "gauss-hermite: |B̂^{N+1}(c) - Γᵀ W^{N+1}|", away, bound)

    def show(drawn: tuple[Instance, Fraction]) -> Question:
        instance, c = drawn
        return on_network("limits", subject, instance, noise="gauss-hermite", c=float(c), rule="FA")

    drawn = st.tuples(family.instances(LARGEST["gauss-hermite"]), st.sampled_from(STEPS))
    yield from search(drawn, check, show, effort, ("confinement", "examine"), effort.choose(12, 30, 600))


CLAIM = Claim(STATEMENT, confirm, examine)
