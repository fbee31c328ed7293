"""`frozen-feedback`: at feedback learning rate 0 the weights move as in feedback alignment, step for step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from proofs_check.claims.claim import Claim
from proofs_check.float64 import floats
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.rule import RULES, shapes
from proofs_check.float64.tolerance import UNIT_ROUNDOFF, signal_allowance
from proofs_check.networks.drawn import Instance, data_set
from proofs_check.questions.oracle import BITS
from proofs_check.subject.methods import Subject
from proofs_check.subject.reference import network_of, online, only_reference, tensor, tensors
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.network import Matrix, matrix
from theory.exact.population import Problem, to_floats
from theory.results.frozen_feedback import STATEMENT, alignment_step, joint_step

WEIGHTS = (
    np.array([[8, -4], [2, 6], [-5, 3]]) / 8,
    np.array([[6, 2, -3], [-2, 7, 4]]) / 8,
    np.array([[8, -3], [4, 6]]) / 8,
)
CURVED = Network(WEIGHTS, ("tanh", "sigmoid", "identity"), "mse")
STRAIGHT = Network(WEIGHTS, ("identity", "identity", "identity"), "mse")
ROWS, STEPS, EXACT_STEPS = 7, 20, 3
RATE, FEEDBACK_RATE, SCALE = 0.125, 0.0625, 0.25


def instance(network: Network) -> Instance:
    """The network with its data."""
    return Instance(network, *data_set(3, ROWS, network.widths[0], network.widths[-1], network.loss))


def first_feedback(rule: str) -> list[Array]:
    """B_0, eighths of integers, unlike W."""
    generator = np.random.Generator(np.random.Philox(key=[len(rule), 11]))
    return [generator.integers(-12, 13, shape) / 8 for shape in shapes(rule, STRAIGHT.widths)]


def confirm(effort: Effort) -> Iterator[Evidence]:
    """In rationals, for estimates that are any numbers at all; and with a rate above 0 it is something
    else.
    """
    for rule in RULES:
        for feedback_rate, expected in (
            (Fraction(0), "as in feedback alignment"),
            (Fraction(1, 16), "otherwise"),
        ):
            name = f"{rule}, η_B = {feedback_rate}: W and B of {EXACT_STEPS} steps in rationals move"
            yield Evidence("exact", name, _exact_steps(rule, feedback_rate, effort), expected)


def _exact_steps(rule: str, feedback_rate: Fraction, effort: Effort) -> str:
    generator = effort.generator("frozen-feedback", rule)
    both = alone = instance(STRAIGHT).problem()
    frozen = feedback = [matrix(b.tolist(), exact=True) for b in first_feedback(rule)]
    for _ in range(EXACT_STEPS):
        drawn = [generator.integers(-64, 65, (n, ROWS)) / 4 for n in STRAIGHT.hidden]
        estimates = [matrix(values.tolist(), exact=True) for values in drawn]
        both, feedback = joint_step(both, feedback, estimates, RATE, feedback_rate, rule)
        alone = alignment_step(alone, frozen, RATE, rule)
    same = both.network.weights == alone.network.weights and feedback == frozen
    return "as in feedback alignment" if same else "otherwise"


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The reference's own training step, for noise of several seeds and several c."""
    only_reference(subject)
    yield from measurements(online(), effort)


def measurements(module: Any, effort: Effort) -> Iterator[Evidence]:
    """What `impl.online`, or a module in its place, does in 20 steps of a curved network."""
    for rule in RULES:
        network = alone = network_of(CURVED)
        given = instance(CURVED)
        x, y = tensor(given.x), tensor(given.y)
        start = feedback = frozen = tensors(first_feedback(rule))
        generator = effort.generator("frozen-feedback", "noise", rule)
        differ, worst = 0, 0.0
        for step in range(STEPS):
            noise = tensors([generator.standard_normal((ROWS, n)) for n in CURVED.hidden])
            worst = max(
                worst, _used(alone, module.align(alone, frozen, x, y, RATE, rule), given, frozen, rule)
            )
            network, feedback = module.learn(network, feedback, x, y, noise, SCALE**step, RATE, 0.0, rule)
            alone = module.align(alone, frozen, x, y, RATE, rule)
            differ += _bits([*network.weights, *feedback], [*alone.weights, *start])
        name = f"{rule}, η_B = 0: numbers of {STEPS} steps whose bits differ from feedback alignment"
        yield Evidence("implementation", name, differ, 0)
        name = f"{rule}: a step of feedback alignment against the exact one, part of rounding"
        yield Evidence("implementation", name, worst, 1.0)
        _, moved = module.learn(network, start, x, y, noise, SCALE, RATE, FEEDBACK_RATE, rule)
        name = f"{rule}, η_B = {FEEDBACK_RATE:g}: the feedback of the next step"
        yield Evidence("implementation", name, "moves" if _bits(moved, start) else "stays", "moves")


def _bits(found: Sequence[Any], expected: Sequence[Any]) -> int:
    pairs = zip(found, expected, strict=True)
    return sum(int((a.numpy().view(np.int64) != b.numpy().view(np.int64)).sum()) for a, b in pairs)


def _used(before: Any, after: Any, given: Instance, feedback: Sequence[Any], rule: str) -> float:
    """The part of what rounding may do that a step uses: of Σ_t ẽ_t h_tᵀ η/T, and of the subtraction."""
    network = Network(tuple(w.numpy() for w in before.weights), before.activations, before.loss)
    matrices = [b.numpy() for b in feedback]
    expected = _exact_weights(Instance(network, given.x, given.y), matrices, rule)
    loose = signal_allowance(network, matrices, given.x, given.y, rule)
    passed = floats.forward(network, given.x)
    signals = floats.error_signals(network, matrices, passed, given.y, rule)
    worst = 0.0
    for w, moved, exact, a, e, h in zip(
        network.weights, after.weights, expected, loose, signals, passed.activations, strict=False
    ):
        # h is off by at most 8 u (n + 3)(1 + |W||h|) here: no weight or unit is large.
        value = 8 * UNIT_ROUNDOFF * (w.shape[1] + 3) * (1 + np.abs(h))
        sums = a.T @ np.abs(h) + np.abs(e).T @ (value + (ROWS + 3) * UNIT_ROUNDOFF * np.abs(h))
        allowed = RATE / ROWS * sums + 2 * UNIT_ROUNDOFF * (np.abs(w) + np.abs(exact))
        worst = max(worst, float((np.abs(moved.numpy() - exact) / allowed).max()))
    return worst


def _exact_weights(given: Instance, feedback: Sequence[Array], rule: str) -> list[Array]:
    with flint.ctx.workprec(BITS):
        problem: Problem = given.problem(balls=True)
        matrices: list[Matrix] = [matrix(b.tolist(), exact=False) for b in feedback]
        after = alignment_step(problem, matrices, RATE, rule)
        return [np.array(to_floats(w)) for w in after.network.weights]


CLAIM = Claim(STATEMENT, confirm, examine)
