"""`solves`: least squares on arbitrary arrays satisfies the normal equations, exactly solved in rationals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.floats import Array
from proofs_check.float64.tolerance import solve_allowance
from proofs_check.networks.search import Measurement, ask_each, search
from proofs_check.questions import regions
from proofs_check.questions.oracle import exact_solution
from proofs_check.questions.question import Question, asked_of
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.network import matrix
from theory.exact.population import minimum_norm, projector, range_basis
from theory.results.definitions import SOLVES

RIDGES = (0.0, 0.3, 7.0, 0.05, 1e4)
WORST_CONDITION = 1e8  # of Q + ridge, where a ridge is asked for
SMALLEST_EIGENVALUE = (
    1e-6  # of Q, relative to the largest; those of a singular Q that are zero are exactly zero
)


@dataclass(frozen=True)
class Arrays:
    """λ̂ (T, n), ẽ (T, q), and a ridge; the means are not zero."""

    estimates: Array
    errors: Array
    ridge: float


@st.composite
def arrays(draw: st.DrawFn) -> Arrays:
    """Integers or integers / 2^18, so that Q is exact in float64 too; fewer independent columns than columns
    where ``missing`` > 0.
    """
    unknowns, columns = draw(st.integers(1, 5), label="q"), draw(st.integers(1, 5), label="n")
    samples = draw(st.integers(1, 12), label="T")
    missing = draw(st.integers(0, unknowns - 1), label="dependent columns of ẽ")
    stretch = draw(st.sampled_from((1, 8, 100)), label="scale of the first column of ẽ")
    fine = 2 ** draw(
        st.sampled_from((0, 18)), label="bits after the point"
    )  # more than float32 holds in a product
    generator = np.random.Generator(np.random.Philox(key=draw(st.integers(0, 999), label="array number")))
    independent = generator.integers(-4 * fine, 6 * fine, (samples, unknowns - missing)) / fine
    independent[:, 0] *= stretch
    combined = independent @ generator.integers(-2, 3, (unknowns - missing, missing))
    errors = np.concatenate([independent, combined], axis=1)[:, generator.permutation(unknowns)]
    estimates = generator.integers(-9, 12, (samples, columns)).astype(np.float64) + errors[:, :1]
    eigenvalues = np.linalg.eigvalsh(errors.T @ errors)
    kept = eigenvalues[eigenvalues > 1e-10 * max(eigenvalues[-1], 1.0)]
    assume(kept.size and kept[0] >= SMALLEST_EIGENVALUE * kept[-1])
    ridge = draw(st.sampled_from(RIDGES), label="ridge")
    assume(ridge == 0 or eigenvalues[-1] + ridge <= WORST_CONDITION * ridge)
    return Arrays(estimates, errors, ridge)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """The rational solution: gradient of the objective zero, and no smaller solution."""

    def check(given: Arrays) -> Iterator[Measurement]:
        signals, rows = (
            matrix(given.errors.tolist(), exact=True),
            matrix(given.estimates.tolist(), exact=True),
        )
        gram, cross = signals.transpose() * signals, signals.transpose() * rows
        solution = minimum_norm(gram, cross)
        basis = range_basis(gram)
        shorter = projector(basis) * solution if basis is not None else 0 * solution
        yield Measurement(
            "exact", "normal equations that fail, in rationals", float(gram * solution != cross), 0.0
        )
        yield Measurement(
            "exact",
            "solutions outside the range of Q, so that another is shorter",
            float(shorter != solution),
            0.0,
        )

    yield from search(
        arrays(), check, show_arrays, effort, ("solves", "confirm"), effort.choose(20, 50, 1000)
    )


def show_arrays(given: Arrays) -> str:
    """The arrays as code."""
    return f"estimates = {given.estimates.tolist()}\nerrors = {given.errors.tolist()}\nridge = {given.ridge}"


def problems(estimates: Array, errors: Array) -> list[tuple[str, Array, Array]]:
    """A problem, and another of the same shape: a subject that keeps sums between calls gets it wrong."""
    return [
        ("one of two problems of the same shape", estimates, errors),
        ("the other of the two", estimates[::-1] - 2.0, -errors),
    ]


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """Odd and even T, fewer samples than unknowns, square and not, singular, ridge 0, 0.3 and 7; each problem
    after another of its shape.
    """

    def check(given: Arrays) -> Iterator[Measurement]:
        for order, estimates, errors in problems(given.estimates, given.errors):
            found = subject.fit_feedback(estimates, errors, given.ridge)
            expected = exact_solution(estimates, errors, given.ridge)
            allowed = solve_allowance(errors, estimates, expected, given.ridge)
            away = float(np.linalg.norm(found - expected))
            name = f"|B - exact solution|, ridge {given.ridge:g}, {order}"
            yield Measurement("implementation", name, away, allowed)

    def show(given: Arrays) -> Question:
        given_arrays = {"estimates": given.estimates, "errors": given.errors}
        return asked_of("solution", subject, given_arrays, ridge=given.ridge)

    yield from search(arrays(), check, show, effort, ("solves", "examine"), effort.choose(120, 300, 5000))
    yield from far(subject)


def far_measurement(subject: Subject, given: regions.FarArrays) -> Measurement:
    """B in one region."""
    found = subject.fit_feedback(given.estimates, given.errors, given.ridge)
    away = float(np.linalg.norm(found - given.solution))
    return Measurement("implementation", f"|B - exact solution|: {given.region}", away, given.allowed)


def far(subject: Subject) -> Iterator[Evidence]:
    """B where there are many unknowns, columns or rows, or numbers are large or tiny."""

    def show(given: regions.FarArrays) -> Question:
        return asked_of("far_solution", subject, region=given.region)

    for given in regions.arrays():
        yield from ask_each([given], partial(far_measurement, subject), show)


CLAIM = Claim(SOLVES, confirm, examine)
