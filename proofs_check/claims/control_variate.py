"""`control-variate`: subtract what the feedback explains: same mean, less variance, geometric convergence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial

import flint
import numpy as np
import sympy
from flint import arb_mat
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64 import floats
from proofs_check.float64.floats import Array
from proofs_check.float64.losses import row_sums
from proofs_check.float64.rule import direct, preferred_rule, shapes
from proofs_check.float64.tolerance import UNIT_ROUNDOFF, signal_allowance
from proofs_check.networks.drawn import LOSSES, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions import moments
from proofs_check.questions.limits import BITS, LARGEST, NOISES, SCALES, STEP, Noise, size
from proofs_check.questions.means import distance, every_pair
from proofs_check.questions.question import Question, asked_of, on_network
from proofs_check.questions.stages import CURVED, confirm_stages, example, less, synthetic
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, falsified_by
from theory.exact.designs import Design
from theory.exact.moments import covariances, gradients, mean, side_by_side
from theory.exact.network import Matrix, Scalar, matrix
from theory.exact.population import Problem, scaled_differences
from theory.results.control_variate import STATEMENT, mean_shift, predictions, remaining, row_error
from theory.results.variance import covariance

ANY = Family(any_widths((1, 3), 3), losses=LOSSES)
POLYNOMIAL = Family(
    any_widths((1, 2), 3), hidden=("identity", "relu"), output=("identity",), losses=("mse", "quartic")
)
ORTHONORMAL = ("rademacher", "skewed", "fold-over")  # E ξξᵀ = I to the last bit, in float64 too
MOST = {name: min(units, 8) for name, units in LARGEST.items()}


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Stage by stage down to the bias; then the mean, in rationals, and the covariance, in balls."""
    yield from confirm_stages(effort)
    for units in (2, 3):
        wrong = sum(entry != 0 for entry in row_error(units))
        name = f"entries of λ_cv - g other than (ξξᵀ - I)(g - g̃) as c → 0, {units} units, symbols"
        yield Evidence("symbolic", name, wrong, 0)
    guess = sympy.Matrix(sympy.symbols("p_1:4"))
    shift = sum(entry != 0 for entry in mean_shift(guess, sympy.eye(3)))
    yield Evidence("symbolic", "entries of E λ_cv other than in E λ̂, three units, E ξξᵀ = I", shift, 0)
    for name in ORTHONORMAL:
        drawn = POLYNOMIAL.instances(min(MOST[name], 6))
        check, key = partial(_same_mean, noise=NOISES[name]), ("control-variate", "mean", name)
        yield from search(drawn, check, Instance.as_code, effort, key, effort.choose(3, 20, 150))
    for noise in NOISES.values():
        drawn = ANY.instances(min(MOST[noise.name], 4))
        check, key = partial(_covariance, noise=noise), ("control-variate", "covariance", noise.name)
        yield from search(drawn, check, Instance.as_code, effort, key, effort.choose(2, 12, 100))


def _same_mean(instance: Instance, noise: Noise) -> Iterator[Measurement]:
    problem, design = instance.problem(), noise.design(sum(instance.network.hidden))
    guess, step = _guess(problem, instance), Fraction(1)
    corrected = mean(problem, design, remaining(problem, design, step, guess)) + guess
    plain = mean(problem, design, scaled_differences(problem, design, step))
    wrong = sum(v != 0 for v in (corrected - plain).entries())
    yield Measurement("exact", f"{noise.name}, c = 1: entries of E λ_cv other than in E λ̂", wrong, 0)


def _covariance(instance: Instance, noise: Noise) -> Iterator[Measurement]:
    """At c = 2^-40, with g̃ of other feedback, and with g̃ = g."""
    design = noise.design(sum(instance.network.hidden))
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        g, guess = gradients(problem), _guess(problem, instance)
        found = covariances(problem, design, remaining(problem, design, STEP, guess))
        for row, actual in zip((g - guess).tolist(), found, strict=True):
            formula = arb_mat(covariance(row, noise.law or design))
            used = size(actual - formula) / (1 + size(formula))
            name = f"{noise.name}: |Cov λ_cv - formula with g - g̃| / (1 + |formula|) at c = 2^-40"
            yield Measurement("ball arithmetic", name, used, 1e-6)
        none_left = max(map(size, covariances(problem, design, remaining(problem, design, STEP, g))))
        name = f"{noise.name}: |Cov λ_cv| / (1 + |g|²) at c = 2^-40 where g̃ = g"
        yield Measurement("ball arithmetic", name, none_left / (1 + size(g) ** 2), 1e-12)


def _guess(problem: Problem, instance: Instance) -> Matrix:
    """g̃ of feedback that is not W, M x n."""
    exact = problem.network.exact
    feedback = [matrix(b.tolist(), exact) for b in other_feedback(instance, "FA")]
    return side_by_side(predictions(problem, feedback))


def other_feedback(instance: Instance, rule: str) -> list[Array]:
    """Feedback that is not W: ¾ W + 1/8 of FA's shapes, or eighths of DFA's."""
    if not direct(rule):
        return [0.75 * w + 0.125 for w in instance.network.weights[1:]]
    sizes = shapes(rule, instance.network.widths)
    return [(np.arange(p * n).reshape(p, n) % 5 - 1) / 8 for p, n in sizes]


def measurements(
    subject: Subject, instance: Instance, noise: str, c: float, rule: str
) -> Iterator[Measurement]:
    """λ_cv made of the subject's own λ̂ and ẽ, with feedback that is not W: mean and covariance."""
    design, feedback = NOISES[noise].design(sum(instance.network.hidden)), other_feedback(instance, rule)
    x, y, xi = every_pair(instance, design)
    estimates = subject.gradient_estimates(instance.network, x, y, xi, c)
    signals = subject.error_signals(instance.network, feedback, instance.x, instance.y, rule)
    guess = synthetic(signals, feedback, rule)
    found = moments.of_rows([less(np.hstack(estimates), xi, guess)], instance, design)

    def left(problem: Problem, rounded: Design) -> list[list[Scalar]]:
        matrices = [matrix(b.tolist(), exact=False) for b in feedback]
        return remaining(problem, rounded, c, side_by_side(predictions(problem, matrices, rule)))

    plain = moments.exact(instance, design, lambda p, d: scaled_differences(p, d, c))
    expected = moments.exact(instance, design, left)
    own, whole = spreads(instance, design, c, feedback, rule)
    # The same g̃ is taken away and given back: only the roundings of λ̂ and of the sums are left in the mean.
    allowed = moments.allowed(own, instance, design).mean + 4 * UNIT_ROUNDOFF * np.abs(guess)
    used = distance([found.mean + guess], [plain.mean], [allowed])
    yield Measurement("implementation", f"{noise}: error of E λ_cv against E λ̂, rounding = 1", used, 1.0)
    allowed = moments.covariance_allowance(expected, moments.allowed(whole, instance, design))
    used = distance([found.covariance], [expected.covariance], [allowed])
    name = f"{noise}: error of Cov λ_cv at that c as part of its rounding"
    yield Measurement("implementation", name, used, 1.0)


def spreads(
    instance: Instance, design: Design, c: float, feedback: Sequence[Array], rule: str
) -> tuple[moments.Spread, moments.Spread]:
    """What rounding may do to the rows of λ̂ - (g̃·ξ) ξ for a given g̃, and with that of g̃ itself."""
    plain, xi = moments.estimate_spread(instance, design, c), np.hstack(every_pair(instance, design)[2])
    count, magnitude = len(xi) // len(instance.x), np.abs(np.hstack(every_pair(instance, design)[2]))
    signals = floats.error_signals(instance.network, feedback, instance.clean, instance.y, rule)
    loose = signal_allowance(instance.network, feedback, instance.x, instance.y, rule)
    sizes = [np.abs(b) for b in feedback]
    largest = synthetic([np.abs(e) + a for e, a in zip(signals, loose, strict=True)], sizes, rule)
    terms = max(instance.network.widths) + 2
    unsure = synthetic(loose, sizes, rule) + terms * UNIT_ROUNDOFF * largest

    def along(values: Array) -> Array:
        return row_sums(np.repeat(values, count, axis=0) * magnitude)[:, None] * magnitude

    size_of = plain.size + along(largest)
    own = plain.error + (xi.shape[1] + 4) * UNIT_ROUNDOFF * size_of
    return moments.Spread(size_of, own), moments.Spread(size_of, own + along(unsure))


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """Repeated fits by the subject's own methods; then mean and covariance on drawn networks."""
    rule = preferred_rule(subject.supports)
    family = ANY.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})
    offered = [pair for pair in CURVED if subject.supports_all(activations=pair[0], losses=pair[1])]
    if offered:
        activation, loss = offered[0]
        code = asked_of("example", subject, claim=STATEMENT.id, activation=activation, loss=loss, rule=rule)
        yield from falsified_by(example(subject, activation, loss, rule), code)
    for noise in ORTHONORMAL:

        def check(drawn: tuple[Instance, float], noise: str = noise) -> Iterator[Measurement]:
            return measurements(subject, drawn[0], noise, drawn[1], rule)

        def show(drawn: tuple[Instance, float], noise: str = noise) -> Question:
            instance, c = drawn
            return on_network("measured", subject, instance, claim=STATEMENT.id, noise=noise, c=c, rule=rule)

        drawn = st.tuples(family.instances(MOST[noise]), st.sampled_from(SCALES))
        key = ("control-variate", "examine", noise)
        yield from search(drawn, check, show, effort, key, effort.choose(4, 20, 150))


CLAIM = Claim(STATEMENT, confirm, examine)
