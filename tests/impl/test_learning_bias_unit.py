"""The constant unit that biases are the weights of, perturbed and fed back to, as the authors' code has it.

All facts but the last are comparisons with a network in which that unit is an ordinary one: the tangent of
20, which is 1 in float64, its weights zero and its slope exactly zero.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from impl.learning import (
    SGD,
    Architecture,
    Descent,
    Normalised,
    Perturbation,
    Projected,
    Runs,
    backpropagation,
    feedback_alignment,
    kolen_pollack,
    node_perturbation,
    observe,
    recover,
    ridge_feedback,
    step,
    surprise_rule,
    synthetic_gradients,
    weight_mirror,
)
from tests.impl.learning_cases import EXACT, STILL, minibatch

HIDDEN = (4, 3)
UNIT = Architecture((5, *HIDDEN, 3), ("tanh", "tanh", "identity"), bias_unit=True)
PLAIN = replace(UNIT, bias_unit=False)
ORDINARY = Architecture((5, *(n + 1 for n in HIDDEN), 3), UNIT.activations)
C = Perturbation(0.2)
LEARNING = {
    "backpropagation": backpropagation(STILL),
    "descent": node_perturbation(STILL, 0.05, C),
    "descent DFA": node_perturbation(STILL, 0.05, C, "DFA"),
    "gaussian": node_perturbation(STILL, 0.05, replace(C, law="gaussian")),
    "subtracted": node_perturbation(STILL, 0.05, replace(C, naive=True)),
    "ridge": ridge_feedback(STILL, replace(C, law="gaussian")),
    "surprise": surprise_rule(STILL, Descent(0.05), C),
    "normalised": surprise_rule(STILL, Normalised(0.5), replace(C, two_sided=True)),
    "internal model": surprise_rule(STILL, Normalised(0.5), C, internal_model=True),
    "internal model projected": surprise_rule(STILL, Projected(), replace(C, power=1.0), internal_model=True),
    "gradients": synthetic_gradients(STILL, 0.1),
    "mirror": weight_mirror(STILL, 0.3, 0.01),
}


def twin(weights, feedback, wiring):
    """The same runs with the constant as an ordinary unit: their weights and their feedback."""
    tall, wide = [], []
    for k, weight in enumerate(weights):
        if k > 0:  # the bias is the weight of the unit below
            weight = torch.cat([weight, torch.zeros_like(weight[..., :1])], -1)
        if k < len(HIDDEN):
            unit = torch.zeros_like(weight[:, :1])
            unit[..., -1] = 20.0
            weight = torch.cat([weight, unit], 1)
        tall.append(weight)
    for B in feedback:
        top = wiring == "DFA" or B is feedback[-1]
        wide.append(B if top else torch.cat([B, torch.full_like(B[:, :1], 0.7)], 1))
    return tuple(tall), tuple(wide)


@pytest.mark.parametrize("name", LEARNING)
def test_feedback_learns_as_if_the_constant_were_a_unit(name):
    method = LEARNING[name]
    runs, ordinary = (Runs(architecture, (method,), (3, 8)) for architecture in (UNIT, ORDINARY))
    state, other = runs.start(torch.float64), ordinary.start(torch.float64)
    weights, feedback = twin(state.weights, runs.feedback(state, 0), method.wiring)
    fed = {"direct" if method.wiring == "DFA" else "feedback": feedback}
    other = replace(other, weights=weights, **fed)
    for k in range(3):
        x, y = minibatch(UNIT, seed=k)
        state, other = step(runs, state, x, y), step(ordinary, other, x, y)
        for found, like in zip(runs.feedback(state, 0), ordinary.feedback(other, 0), strict=True):
            assert found.shape[2] == like.shape[2]
            torch.testing.assert_close(found, like[:, : found.shape[1]], **EXACT)
    if name != "backpropagation":
        first = runs.feedback(runs.start(torch.float64), 0)
        for found, start in zip(runs.feedback(state, 0), first, strict=True):
            assert bool((found[..., -1] != start[..., -1]).all())
    clean, carried, true = runs.signals(state, x, y)
    tall, taller, truer = ordinary.signals(other, x, y)
    torch.testing.assert_close(clean.output, tall.output, **EXACT)
    for found, like in zip(
        carried.gradients + true.gradients, taller.gradients + truer.gradients, strict=True
    ):
        torch.testing.assert_close(found, like, **EXACT)


@pytest.mark.parametrize("wiring", ["FA", "DFA"])
def test_weights_learn_from_the_units_that_have_any(wiring):
    """The feedback of the constant changes no weight: the first columns are those of a plain network."""
    method = feedback_alignment(SGD(0.1), wiring)
    runs, plain = (Runs(architecture, (method,), (0, 1)) for architecture in (UNIT, PLAIN))
    state, other = runs.start(torch.float64), plain.start(torch.float64)
    for B, like, n in zip(runs.feedback(state, 0), plain.feedback(other, 0), HIDDEN, strict=True):
        assert B.shape[2] == n + 1
        assert torch.equal(B[..., :n], like)
    x, y = minibatch(UNIT)
    torch.testing.assert_close(step(runs, state, x, y).weights, step(plain, other, x, y).weights, **EXACT)


def test_kolen_and_pollack_meet_in_the_biases_that_never_decay():
    """W - B of a weight falls by 1 - decay, that of a bias not at all."""
    runs = Runs(UNIT, (kolen_pollack(0.1, 0.25),), (0,))
    state = runs.start(torch.float64)
    after = step(runs, state, *minibatch(UNIT))
    for k, n in enumerate(HIDDEN):
        before, now = (s.weights[k + 1] - s.feedback[k] for s in (state, after))
        torch.testing.assert_close(now[..., :n], 0.75 * before[..., :n], **EXACT)
        torch.testing.assert_close(now[..., n:], before[..., n:], **EXACT)


def test_the_joint_fit_finds_the_biases_too():
    runs = Runs(UNIT, (surprise_rule(STILL, Normalised(1.0), Perturbation(1e-3, two_sided=True)),), (2,))
    state = runs.start(torch.float64)
    near = tuple(W + 0.1 * B for W, B in zip(state.weights[1:], state.feedback, strict=True))
    (seen,) = observe(runs, replace(state, feedback=near), *minibatch(UNIT, samples=60))
    for found, W in zip(recover(seen), state.weights[1:], strict=True):
        torch.testing.assert_close(found, W, rtol=1e-7, atol=1e-7)
