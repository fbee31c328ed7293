"""The two questions about a limit, for one network: does B̂(c) tend to it as the theory says, and does a
subject's B̂(c) equal its own limit?

The first is asked in ball arithmetic at c = 2^-40, far below what float64 could resolve; the second in
float64 at any c, against the exact finite-c value, to roundoff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from math import log2
from typing import TYPE_CHECKING

import flint
import numpy as np
from flint import arb
from hypothesis import assume
from hypothesis import strategies as st

from proofs_check.float64 import floats
from proofs_check.float64.designs import atoms
from proofs_check.float64.floats import Array
from proofs_check.float64.rule import distinct
from proofs_check.float64.tolerance import feedback_allowance, resolved
from proofs_check.networks.drawn import Family, Instance
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.question import Question, on_network
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.designs import Design, factorial, fold_over
from theory.exact.network import Matrix
from theory.exact.noise_laws import GAUSS_HERMITE, RADEMACHER, SKEWED, NoiseLaw
from theory.exact.population import Problem, Solver, full_rank, limit, to_floats
from theory.results.bias import design_coefficients, feedback_bias, independent_coefficients

if TYPE_CHECKING:
    from proofs_check.subject.methods import Subject

BITS = 400
STEP = Fraction(1, 2**40)

Target = Callable[[Problem], Sequence[Matrix]]
"""The matrices that B̂^2 … B̂^{N+1} should tend to."""


@dataclass(frozen=True)
class Noise:
    """A finite noise: a law of independent coordinates on all combinations of its atoms, or the fold-over
    design.
    """

    name: str
    law: NoiseLaw | None

    def design(self, units: int) -> Design:
        """Its atoms over ``units`` hidden units."""
        return fold_over(units) if self.law is None else factorial(self.law, units)

    @property
    def order(self) -> int:
        """The power of c that leads the bias: 1 where the third moment does not vanish, else 2."""
        return 1 if self.law is not None and self.law.kappa3 != 0 else 2

    def coefficients(self, problem: Problem) -> list[Matrix]:
        """The leading coefficient of E λ̂ - λ, per hidden layer: from the derived expansion, or summed over
        the design.
        """
        if self.law is None:
            return design_coefficients(problem, self.design(sum(problem.network.widths[1:-1])), self.order)[
                self.order
            ]
        return independent_coefficients(problem, self.law, self.order)[self.order]


NOISES = {
    noise.name: noise
    for noise in (
        Noise("rademacher", RADEMACHER),
        Noise("skewed", SKEWED),
        Noise("gauss-hermite", GAUSS_HERMITE),
        Noise("fold-over", None),
    )
}
SCALES = (0.5, 2.0**-4, 2.0**-10)  # c, for implementations
LARGEST = {
    "rademacher": 7,
    "skewed": 6,
    "gauss-hermite": 4,
    "fold-over": 24,
}  # hidden units that each affords


def forward_weights(problem: Problem) -> Sequence[Matrix]:
    """W^2 … W^{N+1}: what feedback matrices of FA should tend to."""
    return problem.network.weights[1:]


def products(problem: Problem) -> Sequence[Matrix]:
    """W^{N+1} ⋯ W^{i+1} for i = 1 … N: what direct feedback matrices should tend to in a linear network."""
    result = [problem.network.weights[-1]]
    for weight in reversed(problem.network.weights[1:-1]):
        result.insert(0, result[0] * weight)
    return result


def size(m: Matrix) -> float:
    """The Frobenius norm, of the centres where the entries are balls."""
    return float(sum((arb(v).mid() ** 2 for v in m.entries()), arb(0)).mid().sqrt())


def approaches(
    instance: Instance,
    noise: Noise,
    target: Target = forward_weights,
    rule: str = "FA",
    layers: slice = slice(None),
    solve: Solver = full_rank,
) -> Iterator[Measurement]:
    """Limit, order and coefficient of the statement, in ball arithmetic; ``layers`` selects among B̂^2 …
    B̂^{N+1}.
    """
    k = noise.order
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        design = noise.design(sum(instance.network.hidden))
        expected = list(target(problem))[layers]
        whole = limit(problem, design, STEP, rule, solve)[layers]
        halved = limit(problem, design, STEP / 2, rule, solve)[layers]
        predicted = feedback_bias(problem, noise.coefficients(problem), rule, solve)[layers]
        for w, b, b_half, bias in zip(expected, whole, halved, predicted, strict=True):
            unit = size(w)
            assume(unit > 0)
            yield _ball("|B̂ - B| / |B| at c = 2^-40, B the limit", size(b - w) / unit, 1e-6)
            step = arb(2) ** (-40 * k)
            away = size((b - w) * (1 / step) - bias) / (unit + size(bias))
            yield _ball(f"coefficient of c^{k} in the bias, against the predicted one", away, 1e-6)
            if size(bias) > 1e-3 * unit:
                order = log2(size(b - w) / size(b_half - w))
                yield _ball(f"order of convergence, distance from {k}", abs(order - k), 1e-6)
            rest, rest_half = size(b - w - bias * step), size(b_half - w - bias * (step / 2**k))
            if rest > unit * 2.0**-250:  # above what 400 bits lose to the condition of the network
                name = f"what halving c leaves of the remainder, at most 2^-{k + 1}"
                yield _ball(name, rest_half / rest, 1.001 * 2.0 ** -(k + 1))


def _ball(name: str, value: float, bound: float) -> Measurement:
    return Measurement("ball arithmetic", name, value, bound)


def confirm_limits(
    family: Family,
    effort: Effort,
    key: str,
    target: Target = forward_weights,
    layers: slice = slice(None),
    solve: Solver = full_rank,
) -> Iterator[Evidence]:
    """`approaches` for every finite noise, on networks of the family."""
    for noise in NOISES.values():
        check = partial(approaches, noise=noise, target=target, rule=family.rule, layers=layers, solve=solve)
        drawn = family.instances(LARGEST[noise.name])
        count, named = effort.choose(3, 12, 200), (key, "confirm", noise.name)
        for row in search(drawn, check, Instance.as_code, effort, named, count):
            yield replace(row, name=f"{noise.name}: {row.name}")


def examine_limits(
    subject: Subject, family: Family, effort: Effort, key: str, layers: slice = slice(None)
) -> Iterator[Evidence]:
    """`reproduces` for every finite noise, on networks of the family, at c = 1/2, 1/16 or 1/1024."""
    narrowed = family.narrowed(subject.supports)
    for noise in NOISES.values():
        drawn = st.tuples(narrowed.instances(LARGEST[noise.name]), st.sampled_from(SCALES))
        check = partial(_reproduces_drawn, subject=subject, noise=noise, rule=family.rule, layers=layers)
        show = partial(_limits_code, subject=subject, noise=noise.name, rule=family.rule)
        count, named = effort.choose(5, 20, 300), (key, "examine", noise.name)
        yield from search(drawn, check, show, effort, named, count)


def _reproduces_drawn(
    drawn: tuple[Instance, float], subject: Subject, noise: Noise, rule: str, layers: slice
) -> Iterator[Measurement]:
    instance, c = drawn
    return reproduces(subject, instance, c, noise, rule, layers)


def _limits_code(drawn: tuple[Instance, float], subject: Subject, noise: str, rule: str) -> Question:
    instance, c = drawn
    return on_network("limits", subject, instance, noise=noise, c=c, rule=rule)


def exact_limit(
    instance: Instance, design: Design, c: float, rule: str = "FA", solve: Solver = full_rank
) -> list[Array]:
    """B̂^2(c) … B̂^{N+1}(c) at T = ∞ for the design's atoms as float64 has them: computed in balls, rounded
    once.
    """
    with flint.ctx.workprec(256):
        found = limit(instance.problem(balls=True), design.rounded(), c, rule, solve)
        return [np.array(to_floats(b)) for b in found]


def reproduces(
    subject: Subject,
    instance: Instance,
    c: float,
    noise: Noise,
    rule: str = "FA",
    layers: slice = slice(None),
) -> Iterator[Measurement]:
    """The subject's own B̂(c), fitted to every (datum, atom) pair, equals the exact finite-c limit up to the
    allowance.
    """
    design = noise.design(sum(instance.network.hidden))
    expected = exact_limit(instance, design, c, rule)
    for away, bound in list(distances(subject, instance, design, c, rule, expected))[layers]:
        yield Measurement("implementation", f"{noise.name}: |B̂(c) - exact limit at that c|", away, bound)


def clear_rank(instance: Instance, feedback: Sequence[Array], rule: str) -> bool:
    """Whether every Gram matrix at these B̂ has eigenvalues above 1e-6 of its largest, or none that count: no
    cutoff between an implementation's choice and the next one's decides.
    """
    signals = floats.error_signals(instance.network, feedback, instance.clean, instance.y, rule)
    for source in distinct(rule, signals):
        eigenvalues = np.linalg.eigvalsh(source.T @ source)
        relative = eigenvalues / max(eigenvalues[-1], 1e-300)
        if np.any((relative > 1e-13) & (relative < 1e-6)):
            return False
    return True


def distances(
    subject: Subject, instance: Instance, design: Design, c: float, rule: str, expected: Sequence[Array]
) -> Iterator[tuple[float, float]]:
    """For each of B^2 … B^{N+1}: the distance of the subject's fit from ``expected``, and what float64 is
    allowed (Frobenius).
    """
    assume(clear_rank(instance, expected, rule))
    assume(resolved(instance.network, expected, instance.x, instance.y, rule))
    support = atoms(design, instance.network.hidden)
    allowed = feedback_allowance(instance, support, c, expected, rule)
    # An allowance of more than a thousandth would let a wrong scale pass: such a network asks for precision
    # it cannot have.
    assume(all(a <= 1e-3 * np.linalg.norm(b) for a, b in zip(allowed, expected, strict=True)))
    found = subject.fitted_feedback(
        instance.network, instance.x, instance.y, support.layers, support.probabilities, c, rule
    )
    for b, wanted, bound in zip(found, expected, allowed, strict=True):
        yield float(np.linalg.norm(b - wanted)), bound
