"""A finite sample of rows, each with its own datum and its own noise: what holds for any sample, not only in
the limit, is checked on these.

The exact side starts from the subject's own λ̂, which are rational numbers like all floats: so only the error
signals and the solves of the subject are between it and the exact answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from hypothesis import strategies as st

from proofs_check.float64 import floats
from proofs_check.float64.floats import Array, by_layer
from proofs_check.float64.rule import shapes, sources
from proofs_check.float64.tolerance import resolved, signal_allowance, solve_allowance
from proofs_check.networks.drawn import Family, Instance
from proofs_check.questions.limits import clear_rank
from proofs_check.subject.methods import Subject
from theory.exact import samples
from theory.exact.network import Matrix
from theory.exact.population import to_floats

REPEATS = 2  # each datum occurs so often, with other noise


@dataclass(frozen=True)
class Rows:
    """T rows: a network with x (T, n_0) and y (T, p), and ξ^i (T, n_i) for every hidden layer."""

    instance: Instance
    noise: tuple[Array, ...]
    c: float

    def exact_estimates(self) -> list[Matrix]:
        """λ̂^1 … λ̂^N, n_i x T, in rationals."""
        problem = self.instance.problem()
        return samples.estimates(problem, [problem.network.columns(xi.tolist()) for xi in self.noise], self.c)

    def estimates(self, subject: Subject) -> list[Array]:
        """The same by the subject, (T, n_i)."""
        given = self.instance
        return subject.gradient_estimates(given.network, given.x, given.y, self.noise, self.c)

    def fitted(self, subject: Subject, estimates: Sequence[Array], rule: str) -> list[Array]:
        """B^2 … B^{N+1} by the subject, from the top layer down, the matrices not fitted yet being zeros."""
        given = self.instance
        feedback = [np.zeros(shape) for shape in shapes(rule, given.network.widths)]
        for k in range(len(feedback) - 1, -1, -1):
            signals = subject.error_signals(given.network, feedback, given.x, given.y, rule)
            feedback[k] = subject.fit_feedback(estimates[k], sources(rule, signals)[k])
        return feedback

    def columns(self, arrays: Sequence[Array]) -> list[Matrix]:
        """Floats (T, n_i) as exact columns."""
        network = self.instance.problem().network
        return [network.columns(values.tolist()) for values in arrays]


@st.composite
def rows(draw: st.DrawFn, family: Family, most_units: int = 12) -> Rows:
    """Networks of the family with their data, and noise that is any numbers: quarters of integers in
    [-2, 2].
    """
    instance = draw(family.instances(most_units))
    number = draw(st.integers(0, 999), label="noise number")
    x, y = (np.tile(values, (REPEATS, 1)) for values in (instance.x, instance.y))
    generator = np.random.Generator(np.random.Philox(key=[number, len(x)]))
    hidden = instance.network.hidden
    noise = by_layer(generator.integers(-8, 9, (len(x), sum(hidden))) / 4, hidden)
    return Rows(replace(instance, x=x, y=y), tuple(noise), draw(st.sampled_from((0.5, 2.0**-6))))


@dataclass(frozen=True)
class FittedGradients:
    """The exact gradients (B^{k+2})ᵀẽ fitted to estimates λ̂^{k+1}, (T, n_{k+1}) per entry; what float64 may
    do to each, Frobenius; and whether that is little enough to tell a right answer from a wrong one.
    """

    gradients: list[Array]
    allowed: list[float]
    precise: bool


def answer(
    instance: Instance,
    feedback: Sequence[Array],
    gradients: Sequence[Array],
    estimates: Mapping[int, Array],
    rule: str,
) -> FittedGradients:
    """The answer for the fits of λ̂^{k+1}, k in ``estimates``; ``feedback`` is exact, rounded once, as are the
    ``gradients`` of all hidden layers.

    Allowed are the solve of the layer itself, and the products that carry its errors. What the matrices above
    have lost is not: either they are given, or it moves ẽ within its own span, which changes no gradient.
    """
    signals = floats.error_signals(instance.network, feedback, instance.clean, instance.y, rule)
    products = signal_allowance(instance.network, feedback, instance.x, instance.y, rule)
    allowed = []
    for k, rows_k in estimates.items():
        source = sources(rule, signals)[k]
        own = solve_allowance(source, rows_k, feedback[k])
        allowed.append(float(np.linalg.norm(source, 2)) * own + float(np.linalg.norm(products[k])))
    wanted = [gradients[k] for k in estimates]
    precise = (
        clear_rank(instance, feedback, rule)
        and resolved(instance.network, feedback, instance.x, instance.y, rule)
        and all(a <= 1e-3 * np.linalg.norm(g) for a, g in zip(allowed, wanted, strict=True))
    )
    return FittedGradients(wanted, allowed, precise)


def float_rows(matrices: Sequence[Matrix]) -> list[Array]:
    """Exact columns (n x T) as float64 rows (T, n)."""
    return [np.array(to_floats(m.transpose())) for m in matrices]
