"""How fast the bias falls with c: as c^2 for symmetric noise, as c for skewed noise."""

from itertools import pairwise

import pytest

from tests.impl.cases import network_of
from tests.impl.test_unbiased import WIDTHS, mean_and_gradient

CURVED = [("tanh", "mse"), ("sigmoid", "quartic"), ("softplus", "logcosh"), ("tanh", "cross_entropy")]


def bias(network, family: str, c: float) -> float:
    mean, gradient = mean_and_gradient(network, family, c)
    return (mean - gradient).norm().item() / gradient.norm().item()


@pytest.mark.parametrize(("activation", "loss"), CURVED)
@pytest.mark.parametrize(("family", "order"), [("rademacher", 2), ("gauss-hermite", 2), ("skewed", 1)])
def test_a_tenfold_smaller_c_divides_the_bias_by_ten_to_the_order(activation, loss, family, order):
    network = network_of(activation, loss, widths=WIDTHS, seed=2)
    biases = [bias(network, family, c) for c in (1e-3, 1e-4, 1e-5)]
    assert biases[0] > 1e-9  # there is a bias to speak of
    for larger, smaller in pairwise(biases):
        assert larger / smaller == pytest.approx(10**order, rel=0.01)
