"""What the tests of ``impl.learning`` share: small architectures, minibatches, the noise of a run."""

from __future__ import annotations

from dataclasses import replace

import torch

from impl import Network
from impl.counter_noise import counted_noise, sample_index
from impl.learning import SGD, Architecture, Method, Perturbation, Runs
from impl.learning.noise import PERTURBATION
from tests.impl.cases import normal

SAMPLES = 6
NET = Architecture((5, 6, 4, 3), ("tanh", "sigmoid", "identity"))
SHALLOW = Architecture((5, 4, 3), ("tanh", "identity"))
STILL = SGD(0.0)
EXACT = {"rtol": 1e-12, "atol": 1e-13}


def minibatch(architecture=NET, samples=SAMPLES, seed=0, dtype=torch.float64):
    """x and y; one-hot for cross-entropy."""
    x = normal((samples, architecture.widths[0]), 300 + seed, dtype)
    y = normal((samples, architecture.widths[-1]), 400 + seed, dtype)
    if architecture.loss == "cross_entropy":
        y = torch.nn.functional.one_hot(y.argmax(1), y.shape[1]).to(dtype)
    return x, y


def runs_of(*methods: Method, architecture=NET, seeds=(3,)):
    return Runs(architecture, methods, seeds)


def silent(state):
    """The same state without biases."""
    weights = tuple(torch.cat([w[..., :-1], torch.zeros_like(w[..., -1:])], -1) for w in state.weights)
    return replace(state, weights=weights)


def network(architecture, state, run=0):
    """A run whose biases are zero, as a network of ``impl``."""
    assert all(bool((w[run, :, -1] == 0).all()) for w in state.weights)
    return Network(
        tuple(w[run, :, :-1].contiguous() for w in state.weights), architecture.activations, architecture.loss
    )


def noise_at(architecture, state, law="rademacher", seed=3, samples=SAMPLES, draw=0):
    """xi^1 ... xi^N of the next update, rows being samples, from ``impl.counter_noise`` itself."""
    index = sample_index(range(samples), [PERTURBATION + 2**16 * draw])[:, 0]
    drawn = counted_noise(architecture.hidden, index, law, seed, state.update)
    return [layer.T.contiguous() for layer in drawn]


def at_weights(state):
    """The same state with the weights for feedback."""
    return replace(state, feedback=tuple(w[..., :-1].contiguous() for w in state.weights[1:]))


def small(c=0.1, **others):
    return Perturbation(c, **others)
