"""Noise and first weights are functions of the seed: the counted noise, and the laws that are stated."""

from __future__ import annotations

import math

import pytest
import torch

from impl.counter_noise import COUNTED_FAMILIES, counted_noise, hadamard, sample_index
from impl.learning import SGD, Architecture, Method, Runs, Start
from impl.learning.noise import ACTIVATION, FEEDBACK, PERTURBATION, WEIGHTS, noise_of_seeds
from tests.impl.learning_cases import NET, runs_of

SIZES, SEEDS = (5, 150, 1), (0, 7, 2**32 - 1)


@pytest.mark.parametrize("law", [law for law in COUNTED_FAMILIES if law != "hadamard"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_noise_of_many_seeds_is_that_of_each(law, dtype):
    for update, draw in ((0, PERTURBATION), (2**32 - 1, ACTIVATION)):
        found = noise_of_seeds(SIZES, 4, law, SEEDS, update, draw, dtype)
        samples = sample_index(range(4), [draw])[:, 0]
        for at, seed in enumerate(SEEDS):
            expected = counted_noise(SIZES, samples, law, seed, update, dtype=dtype)
            assert all(torch.equal(layer[at], one) for layer, one in zip(found, expected, strict=True))
            assert all(layer.dtype == dtype for layer in found)


def test_minibatches_go_through_the_orthogonal_design():
    """Five units: designs of 16 rows, here in minibatches of 4 that start at any update."""
    sizes, seeds = (3, 2), (0, 1, 2)
    parts = [noise_of_seeds(sizes, 4, "hadamard", seeds, update, 0, torch.float64) for update in range(5, 9)]
    rows = torch.cat([torch.cat(layers, 1) for layers in parts], 2)
    assert torch.equal(rows.sum(2), torch.zeros(3, 5))
    assert torch.equal(rows @ rows.mT, 16 * torch.eye(5, dtype=torch.float64).expand(3, 5, 5))
    third = torch.einsum("sit,sjt,skt->sijk", rows, rows, rows)
    assert torch.equal(third, torch.zeros_like(third))
    plain = torch.cat(hadamard(sizes, torch.arange(20, 36)))
    signs = (rows * plain)[..., :1]
    assert torch.equal(rows, signs * plain)
    assert len({tuple(row.flatten().tolist()) for row in signs}) == 3


def test_first_weights_do_not_depend_on_the_methods_beside_them():
    alone = runs_of(Method(SGD(0.1)), seeds=(9,)).start(torch.float64)
    methods = (Method(SGD(0.1), start=Start("uniform")), Method(SGD(0.1)))
    beside = Runs(NET, methods, (4, 9)).start(torch.float64)
    assert all(torch.equal(a[0], b[3]) for a, b in zip(alone.weights, beside.weights, strict=True))
    rounded = runs_of(Method(SGD(0.1)), seeds=(9,)).start()
    assert all(torch.equal(a.float(), b) for a, b in zip(alone.weights, rounded.weights, strict=True))


def test_the_gains_multiply_the_same_draws():
    def weights(start):
        return start.weights(NET, (0, 1), torch.float64, "cpu")

    def fed(start):
        return start.feedback(NET, "FA", (0, 1), torch.float64, "cpu")

    plain, scaled = weights(Start()), weights(Start(gain=(1.0, 0.5, 2.0), bias=0.1))
    for gain, w, other in zip((1.0, 0.5, 2.0), plain, scaled, strict=True):
        assert torch.equal(gain * w[..., :-1], other[..., :-1])
        assert bool((other[..., -1] == 0.1).all())
    assert torch.equal(weights(Start(gain=0.5))[0][..., :-1], 0.5 * plain[0][..., :-1])
    assert torch.equal(weights(Start(gain=0.5))[0][..., -1], plain[0][..., -1])
    assert all(
        torch.equal(3 * B, C) for B, C in zip(fed(Start()), fed(Start(feedback_gain=3.0)), strict=True)
    )


@pytest.mark.parametrize(
    ("law", "deviation", "largest"),
    [
        ("gaussian", math.sqrt(2 / 50), 6.7 * math.sqrt(2 / 50)),
        # a normal law cut at two standard deviations keeps 0.87963 of its own
        ("truncated", 0.87963 * math.sqrt(2 / 50), 2 * math.sqrt(2 / 50)),
        ("uniform", math.sqrt(1 / 150), math.sqrt(1 / 50)),
    ],
)
def test_the_laws_have_the_deviation_that_is_stated(law, deviation, largest):
    """200,000 entries of one seed: the deviation is within 1 %, its standard error at most 0.16 %."""
    wide = Architecture((50, 4000, 3), ("tanh", "identity"))
    entries = Start(law).weights(wide, (1,), torch.float64, "cpu")[0][0]
    for part, tolerance in ((entries[:, :-1], 0.01), (entries[:, -1], 0.05)):
        assert abs(float(part.std()) / deviation - 1) < tolerance
        assert abs(float(part.mean())) < 6 * deviation / math.sqrt(part.numel())
        assert 0.8 * min(largest, 3 * deviation) < float(part.abs().max()) <= largest
    narrow = Architecture((5, 50, 2000), ("tanh", "identity"))
    (B,) = Start(law).feedback(narrow, "FA", (1,), torch.float64, "cpu")
    assert abs(float(B.std()) / deviation - 1) < 0.02


def test_nothing_random_is_drawn_for_two_purposes():
    draws = [
        noise_of_seeds([8], 8, "gaussian", [1], 0, draw, torch.float64)[0]
        for draw in (PERTURBATION, ACTIVATION, WEIGHTS, FEEDBACK)
    ]
    for k, one in enumerate(draws):
        assert not any(torch.isclose(one, other).any() for other in draws[:k])


def test_no_two_matrices_start_from_the_same_draws():
    """Feedback that began as the weights' draws would be backpropagation, and nobody would see it."""
    square = Architecture((5, 5, 5, 5), ("tanh", "tanh", "identity"))
    for start in (Start(), Start("truncated"), Start("uniform")):
        weights = start.weights(square, (1, 2), torch.float64, "cpu")
        drawn = [weight[..., :-1] for weight in weights]
        for wiring in ("FA", "DFA"):
            fed = start.feedback(square, wiring, (1, 2), torch.float64, "cpu")
            matrices = [matrix[seed] for matrix in (*drawn, *fed) for seed in (0, 1)]
            for k, one in enumerate(matrices):
                assert not any((one == other).any() for other in matrices[:k])
