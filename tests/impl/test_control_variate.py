"""A guess of the gradient changes the variance of the estimates and not their mean: exact expectations."""

import pytest
import torch

from impl import control_variate_estimates, gradient_estimates, hidden_gradients
from tests.impl.cases import data_for, network_of, normal
from tests.impl.enumeration import every_noise, repeated

pytestmark = pytest.mark.definition

KAPPA4 = {"rademacher": 1.0, "skewed": 3.25, "gauss-hermite": 3.0}


def setting(family: str):
    network = network_of("tanh", "logcosh", widths=(3, 3, 2, 2), seed=5)
    x, y = data_for(network, 1)
    noise, probabilities = every_noise(network, family)
    count = len(probabilities)
    guess = [normal((1, n), 60 + k) for k, n in enumerate(network.hidden)]
    return network, repeated(x, count), repeated(y, count), noise, probabilities, guess


@pytest.mark.parametrize("family", KAPPA4)
@pytest.mark.parametrize("c", [0.5, 1e-5])
def test_the_mean_is_that_of_the_plain_estimates_at_every_c(family, c):
    network, x, y, noise, probabilities, guess = setting(family)
    guesses = [repeated(layer, len(x)) for layer in guess]
    plain = gradient_estimates(network, x, y, noise, c)
    controlled = control_variate_estimates(network, x, y, noise, c, guesses)
    for a, b in zip(plain, controlled, strict=True):
        torch.testing.assert_close(probabilities @ b, probabilities @ a, rtol=1e-12, atol=1e-13)
        assert (a - b).abs().max() > 0.1


@pytest.mark.parametrize("family", KAPPA4)
def test_the_covariance_is_that_of_the_gradient_left_to_explain(family):
    """c -> 0, r = g - g~: |r|^2 I + r r^T + (kappa_4 - 3) diag(r^2)."""
    network, x, y, noise, probabilities, guess = setting(family)
    guesses = [repeated(layer, len(x)) for layer in guess]
    estimates = torch.cat(control_variate_estimates(network, x, y, noise, 1e-12, guesses), 1)
    g = torch.cat(hidden_gradients(network, x[:1], y[:1]), 1)[0]
    r = g - torch.cat(guess, 1)[0]
    centred = estimates - g
    covariance = centred.T @ (probabilities[:, None] * centred)
    expected = (
        r @ r * torch.eye(len(r), dtype=r.dtype) + torch.outer(r, r) + (KAPPA4[family] - 3) * torch.diag(r**2)
    )
    torch.testing.assert_close(covariance, expected, rtol=1e-9, atol=1e-9)


def test_a_perfect_guess_leaves_no_variance():
    network, x, y, noise, _, _ = setting("rademacher")
    truth = hidden_gradients(network, x, y)
    found = control_variate_estimates(network, x, y, noise, 1e-12, truth)
    torch.testing.assert_close(found, truth, rtol=1e-9, atol=1e-10)
