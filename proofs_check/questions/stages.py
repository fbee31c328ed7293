"""Repeated fits: each stage estimates only what the feedback of the stage before leaves unexplained.

How the error against W falls, stage by stage, in exact arithmetic and by a subject's own methods; and what
float64 may do to the last stage, given that every stage contracts what the ones before it lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import flint
import numpy as np

from proofs_check.float64.floats import Array, Network, by_layer
from proofs_check.float64.losses import row_sums
from proofs_check.float64.rule import sources
from proofs_check.float64.tolerance import (
    UNIT_ROUNDOFF,
    difference_allowance,
    signal_allowance,
    solve_allowance,
)
from proofs_check.networks.drawn import Instance
from proofs_check.questions.limits import size
from proofs_check.questions.rows import Rows, float_rows
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact import samples
from theory.exact.network import Matrix, matrix
from theory.exact.population import to_floats
from theory.results.control_variate import stage

BITS = 160
DEEP = Network(
    (
        np.array([[8, 3, -2], [-1, 9, 4]]) / 8,
        np.array([[9, -3], [4, 6]]) / 8,
        np.array([[7, 2], [-4, 8], [3, -3]]) / 8,
    ),
    ("tanh", "tanh", "identity"),
    "mse",
)
STAGES = 8
ROWS = 100
REPEATED = 120
CURVED = (("tanh", "mse"), ("sigmoid", "mse"), ("softplus", "mse"), ("identity", "quartic"))


def draw_rows(network: Network, number: int, count: int, c: float) -> Rows:
    """Sample ``number`` of so many rows: data in quarters, signs for noise."""
    generator = np.random.Generator(np.random.Philox(key=[number, 7]))
    x, y = (generator.integers(-8, 9, (count, n)) / 4 for n in (network.widths[0], network.widths[-1]))
    signs = np.where(generator.integers(0, 2, (count, sum(network.hidden))) == 0, 1.0, -1.0)
    return Rows(Instance(network, x, y), tuple(by_layer(signs, network.hidden)), c)


def exact_stages(repeats: Sequence[Rows]) -> list[list[Matrix]]:
    """B^2 … B^{N+1} after each stage, from zeros, every stage on its own rows."""
    problem = repeats[0].instance.problem(balls=True)
    feedback, history = [0 * w for w in problem.network.weights[1:]], []
    for sample in repeats:
        problem = sample.instance.problem(balls=True)
        noise = [problem.network.columns(xi.tolist()) for xi in sample.noise]
        feedback = stage(problem, samples.estimates(problem, noise, sample.c), noise, feedback)
        history.append(feedback)
    return history


def errors_of(history: Sequence[Sequence[Matrix]], network: Network) -> list[float]:
    """|B̂ - W| / |W| after each stage, the largest of all layers."""
    weights = [matrix(w.tolist(), exact=False) for w in network.weights[1:]]
    return [
        max(size(b - w) / size(w) for b, w in zip(feedback, weights, strict=True)) for feedback in history
    ]


def confirm_stages(effort: Effort) -> Iterator[Evidence]:
    """Two hidden layers of tanh, every stage on 100 rows of its own; the floor from `standard` on."""

    def errors(c: float) -> list[float]:
        with flint.ctx.workprec(BITS):
            return errors_of(exact_stages([draw_rows(DEEP, k, ROWS, c) for k in range(STAGES)]), DEEP)

    found = errors(2.0**-40)
    worst = max(after / before for before, after in pairwise(found))
    label = f"tanh 3-2-2-3, {STAGES} stages of {ROWS} fresh rows"
    name = f"{label}: largest |B̂ - W| after a stage as part of the one before, c = 2^-40"
    yield Evidence("ball arithmetic", name, worst, 0.5)
    name = f"{label}: |B̂ - W| / |W| at the end, where it was {found[0]:.2f} after the first"
    yield Evidence("ball arithmetic", name, found[-1], found[0] / 2 ** (STAGES - 1))
    if effort.choose(True, False, False):
        return
    floor, lower = errors(2.0**-5)[-1], errors(2.0**-6)[-1]
    name = f"{label}: what halving c leaves of the floor, from c = 1/32, where it is {floor:.2g}"
    yield Evidence("ball arithmetic", name, lower / floor, (0.4, 0.6))
    with flint.ctx.workprec(BITS):
        plain = errors_of(exact_stages([draw_rows(DEEP, 0, ROWS * STAGES, 2.0**-40)]), DEEP)[0]
    name = f"the same network, one least squares on {ROWS * STAGES} rows: |B̂ - W| / |W|"
    yield Evidence("information", name, plain)


def synthetic(signals: Sequence[Array], feedback: Sequence[Array], rule: str) -> Array:
    """g̃ = Bᵀẽ of all hidden units, one row for each row of the signals."""
    return np.hstack([e @ b for e, b in zip(sources(rule, signals), feedback, strict=True)])


def less(estimates: Array, noise: Sequence[Array], guess: Array) -> Array:
    """λ̂ - (g̃·ξ) ξ; the rows of ``guess`` are repeated for the atoms of a design."""
    xi = np.hstack(list(noise))
    explained = row_sums(np.repeat(guess, len(xi) // len(guess), axis=0) * xi)
    difference: Array = estimates - explained[:, None] * xi
    return difference


def example(subject: Subject, activation: str, loss: str, rule: str) -> Iterator[Evidence]:
    """One hidden layer, the same rows in every stage: the subject ends where exact arithmetic ends."""
    weights = (np.array([[3, -2], [1, 4], [-2, 2]]) / 4, np.array([[2, -3, 1], [1, 2, 3]]) / 4)
    network = Network(weights, (activation, activation), loss)
    sample = draw_rows(network, 1, REPEATED, 2.0**-10)
    given = sample.instance
    with flint.ctx.workprec(BITS):
        exact = [np.array(to_floats(feedback[0])) for feedback in exact_stages([sample] * STAGES)]
    estimates, fitted = sample.estimates(subject), [np.zeros_like(weights[1])]
    for _ in range(STAGES):
        signals = subject.error_signals(network, fitted, given.x, given.y, rule)
        guess = synthetic(signals, fitted, rule)
        rows = less(np.hstack(estimates), sample.noise, guess) + guess
        fitted = [subject.fit_feedback(rows, signals[-1])]
    allowed = _stage_allowance(sample, exact)
    size_of = float(np.linalg.norm(weights[1]))
    away = float(np.linalg.norm(exact[-1] - weights[1])) / size_of
    first = float(np.linalg.norm(exact[0] - weights[1])) / size_of
    label = f"{STAGES} stages of the same {REPEATED} rows, c = 2^-10"
    name = f"|B̂ - W| / |W| after {label}, where it was {first:.3f} after the first"
    value = float(np.linalg.norm(fitted[0] - weights[1])) / size_of
    bound = (away - allowed / size_of, away + allowed / size_of)
    yield Evidence("implementation", name, value, bound)
    name = f"|B̂ - exact B̂| after {label}"
    yield Evidence("implementation", name, float(np.linalg.norm(fitted[0] - exact[-1])), allowed)


def _float_estimates(sample: Rows) -> Array:
    """λ̂ of the rows, exact and rounded once, (T, n)."""
    with flint.ctx.workprec(BITS):
        return np.hstack(float_rows(sample.exact_estimates()))


def _stage_allowance(sample: Rows, exact: Sequence[Array]) -> float:
    """What float64 may do to the last stage: the largest loss of one stage over 1 - |K|.

    A stage is an affine map of the feedback, with the linear part K, so what is lost before is multiplied by
    K; the loss of a stage is that of its rows, of its error signals and of its solve.
    """
    given, xi = sample.instance, sample.noise[0]
    outputs, units = exact[0].shape
    source, loose = given.true_errors[-1], signal_allowance(given.network, [exact[0]], given.x, given.y)[-1]

    columns = []
    for change in np.eye(outputs * units).reshape(-1, outputs, units):
        guess = source @ change
        columns.append(np.linalg.lstsq(source, less(guess, [xi], guess), rcond=None)[0].ravel())
    norm = float(np.linalg.norm(columns, 2))
    smallest = float(np.linalg.svd(source, compute_uv=False)[-1])
    estimates = _float_estimates(sample)
    own = difference_allowance(given.network, given.x, given.y, [xi], sample.c)
    lost = []
    for before, after in pairwise([np.zeros_like(exact[0]), *exact]):
        guess = source @ before
        rows = less(estimates, [xi], guess) + guess
        unsure = loose @ np.abs(before) + (len(source.T) + 2) * UNIT_ROUNDOFF * np.abs(guess)
        mixed = row_sums((unsure + 4 * UNIT_ROUNDOFF * np.abs(guess)) * np.abs(xi))
        error = (own + mixed)[:, None] * np.abs(xi) + unsure + 4 * UNIT_ROUNDOFF * np.abs(rows)
        residual = float(np.linalg.norm(rows - source @ after)) / smallest
        carried = float(np.linalg.norm(loose)) * (float(np.linalg.norm(after, 2)) + residual)
        solve = solve_allowance(source, rows, after)
        lost.append(solve + (float(np.linalg.norm(error)) + carried) / smallest)
    return max(lost) / (1 - norm)
