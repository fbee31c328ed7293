"""The derivatives are the derivatives: error signals and hidden gradients equal backpropagation's."""

import pytest
import torch

from impl import (
    ACTIVATIONS,
    LOSSES,
    error_signals,
    forward,
    hidden_gradients,
    synthetic_gradients,
    true_error_signals,
)
from tests.impl.cases import KINDS, data_for, network_of, normal
from tests.impl.oracles import TORCH_ACTIVATIONS, TORCH_LOSSES, backpropagated

pytestmark = pytest.mark.definition

EXACT = {"rtol": 1e-12, "atol": 1e-13}


@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_true_signals_and_gradients_are_backpropagated(activation, loss):
    network = network_of(activation, loss)
    x, y = data_for(network, 9)
    signals, gradients = backpropagated(network, x, y)
    torch.testing.assert_close(true_error_signals(network, x, y), signals, **EXACT)
    torch.testing.assert_close(hidden_gradients(network, x, y), gradients, **EXACT)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_and_its_derivative(name):
    a = normal((200,), 1).mul(3).requires_grad_()
    value = TORCH_ACTIVATIONS[name](a)
    (slope,) = torch.autograd.grad(value.sum(), a)
    torch.testing.assert_close(ACTIVATIONS[name].value(a), value, **EXACT)
    torch.testing.assert_close(ACTIVATIONS[name].derivative(a.detach()), slope, **EXACT)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_and_its_gradient_for_any_real_target(name):
    output, y = normal((50, 4), 2).mul(2).requires_grad_(), normal((50, 4), 3)
    value = TORCH_LOSSES[name](output, y)
    (gradient,) = torch.autograd.grad(value.sum(), output)
    torch.testing.assert_close(LOSSES[name].value(output, y), value, **EXACT)
    torch.testing.assert_close(LOSSES[name].gradient(output.detach(), y), gradient, **EXACT)


def test_relu_has_derivative_0_at_0():
    assert ACTIVATIONS["relu"].derivative(torch.tensor([-1.0, 0.0, 1.0])).tolist() == [0.0, 0.0, 1.0]


def test_feedback_alignment_passes_signals_through_each_matrix_in_turn():
    network = network_of("tanh", "mse")
    x, y = data_for(network, 9)
    B = [normal(tuple(weight.shape), 40 + k) for k, weight in enumerate(network.weights[1:])]
    a, top = forward(network, x).pre_activations, true_error_signals(network, x, y)[-1]
    middle = (top @ B[1]) * (1 - torch.tanh(a[1]) ** 2)
    lowest = (middle @ B[0]) * (1 - torch.tanh(a[0]) ** 2)
    torch.testing.assert_close(error_signals(network, B, x, y, "FA"), [lowest, middle, top], **EXACT)
    torch.testing.assert_close(
        synthetic_gradients(network, B, x, y, "FA"), [middle @ B[0], top @ B[1]], **EXACT
    )


def test_direct_feedback_brings_the_top_signal_to_every_layer():
    network = network_of("sigmoid", "logcosh")
    x, y = data_for(network, 9)
    B = [normal((network.widths[-1], n), 50 + k) for k, n in enumerate(network.hidden)]
    a, top = forward(network, x).pre_activations, true_error_signals(network, x, y)[-1]
    slopes = [torch.sigmoid(z) * (1 - torch.sigmoid(z)) for z in a]
    below = [(top @ matrix) * slope for matrix, slope in zip(B, slopes[:-1], strict=True)]
    torch.testing.assert_close(error_signals(network, B, x, y, "DFA"), [*below, top], **EXACT)
    torch.testing.assert_close(synthetic_gradients(network, B, x, y, "DFA"), [top @ m for m in B], **EXACT)


def test_a_pass_keeps_every_layer():
    network = network_of("tanh", "mse")
    x, _ = data_for(network, 3)
    kept = forward(network, x)
    assert [a.shape[1] for a in kept.pre_activations] == list(network.widths[1:])
    assert [h.shape[1] for h in kept.activations] == list(network.widths)
    assert kept.activations[0] is x
    for k, weight in enumerate(network.weights):
        torch.testing.assert_close(kept.pre_activations[k], kept.activations[k] @ weight.T, **EXACT)
        torch.testing.assert_close(kept.activations[k + 1], torch.tanh(kept.pre_activations[k]), **EXACT)
    assert kept.output is kept.activations[-1]
