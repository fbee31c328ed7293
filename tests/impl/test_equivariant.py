"""Renaming units or samples renames the results; splitting a batch changes nothing."""

import pytest
import torch

from impl import Network, Sums, draw_noise, error_signals, fit_feedback, gradient_estimates
from tests.impl.cases import KINDS, data_for, network_of, normal

CLOSE = {"rtol": 1e-12, "atol": 1e-14}
SAMPLES = 9


def permutation(n: int, seed: int) -> torch.Tensor:
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_hidden_units_may_be_renamed(activation, loss):
    network = network_of(activation, loss)
    x, y = data_for(network, SAMPLES)
    noise = draw_noise(network.hidden, SAMPLES)
    p, q = (permutation(n, k) for k, n in enumerate(network.hidden))
    W1, W2, W3 = network.weights
    renamed = Network((W1[p], W2[q][:, p], W3[:, q]), network.activations, loss)
    first, second = gradient_estimates(network, x, y, noise, 0.1)
    found = gradient_estimates(renamed, x, y, [noise[0][:, p], noise[1][:, q]], 0.1)
    torch.testing.assert_close(found, [first[:, p], second[:, q]], **CLOSE)
    B2, B3 = normal((5, 7), 1), normal((4, 5), 2)
    signals = error_signals(network, [B2, B3], x, y, "FA")
    found = error_signals(renamed, [B2[q][:, p], B3[:, q]], x, y, "FA")
    torch.testing.assert_close(found, [signals[0][:, p], signals[1][:, q], signals[2]], **CLOSE)


@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_samples_may_be_reordered_and_batches_split(activation, loss):
    network = network_of(activation, loss)
    x, y = data_for(network, SAMPLES)
    noise = draw_noise(network.hidden, SAMPLES)
    B = list(network.weights[1:])
    whole = gradient_estimates(network, x, y, noise, 0.1), error_signals(network, B, x, y, "FA")
    for rows in (permutation(SAMPLES, 3), torch.arange(1), torch.arange(4, 9)):
        part = gradient_estimates(network, x[rows], y[rows], [layer[rows] for layer in noise], 0.1)
        torch.testing.assert_close(part, [layer[rows] for layer in whole[0]], **CLOSE)
        part = error_signals(network, B, x[rows], y[rows], "FA")
        torch.testing.assert_close(part, [layer[rows] for layer in whole[1]], **CLOSE)


def test_fits_follow_the_renaming_of_rows_and_columns():
    estimates, errors = normal((30, 5), 1), normal((30, 4), 2)
    B = fit_feedback(estimates, errors, 0.3)
    t, p, q = permutation(30, 1), permutation(5, 2), permutation(4, 3)
    torch.testing.assert_close(fit_feedback(estimates[t][:, p], errors[t][:, q], 0.3), B[q][:, p], **CLOSE)


def test_sums_of_parts_add_to_the_sums_of_the_whole():
    estimates, errors = normal((31, 5), 1), normal((31, 4), 2)
    whole = Sums.of(estimates, errors)
    parts = Sums.of(estimates[:7], errors[:7]) + Sums.of(estimates[7:], errors[7:])
    torch.testing.assert_close(parts.S, whole.S, **CLOSE)
    torch.testing.assert_close(parts.Q, whole.Q, **CLOSE)
    assert parts.count == whole.count == 31
    torch.testing.assert_close(parts.solve(0.5), whole.solve(0.5), **CLOSE)
