"""The mean of the estimates, by summing over every noise: no sampling."""

import pytest
import torch

from impl import Network, gradient_estimates, hidden_gradients
from tests.impl.cases import data_for, network_of
from tests.impl.enumeration import every_noise, repeated

pytestmark = pytest.mark.definition

WIDTHS = (3, 3, 2, 2)
EXACT = {"rtol": 1e-12, "atol": 1e-13}


def mean_and_gradient(network: Network, family: str, c: float):
    x, y = data_for(network, 1)
    noise, probabilities = every_noise(network, family)
    count = len(probabilities)
    estimates = gradient_estimates(network, repeated(x, count), repeated(y, count), noise, c)
    gradients = torch.cat(hidden_gradients(network, x, y), 1)[0]
    return probabilities @ torch.cat(estimates, 1), gradients


@pytest.mark.parametrize("family", ["rademacher", "gauss-hermite"])
@pytest.mark.parametrize("c", [2.0, 0.1, 1e-6])
def test_a_quadratic_loss_of_a_linear_network_has_no_bias_at_any_c(family, c):
    mean, gradient = mean_and_gradient(network_of("identity", "mse", widths=WIDTHS), family, c)
    torch.testing.assert_close(mean, gradient, **EXACT)


@pytest.mark.parametrize("c", [2.0, 0.1, 1e-6])
def test_skewed_noise_adds_exactly_its_third_moment_times_half_the_curvature(c):
    """F quadratic: E lambda-hat_j = F_j + c kappa_3 F_jj / 2, kappa_3 = 3/2, F_jj = |d output / d h_j|^2."""
    network = network_of("identity", "mse", widths=WIDTHS)
    mean, gradient = mean_and_gradient(network, "skewed", c)
    _, W2, W3 = network.weights
    curvature = torch.cat([(W3 @ W2).square().sum(0), W3.square().sum(0)])
    torch.testing.assert_close(mean, gradient + 0.75 * c * curvature, **EXACT)


def test_the_output_is_not_perturbed():
    """With noise on the outputs as well, the loss would change where every outgoing weight is 0."""
    network = network_of("identity", "mse", widths=WIDTHS)
    silent = Network((*network.weights[:2], torch.zeros_like(network.weights[2])), network.activations, "mse")
    x, y = data_for(network, 1)
    noise, probabilities = every_noise(network, "rademacher")
    count = len(probabilities)
    for layer in gradient_estimates(silent, repeated(x, count), repeated(y, count), noise, 0.5):
        assert torch.count_nonzero(layer) == 0
