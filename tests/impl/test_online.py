"""Learning as it goes: every step is its formula, sample by sample, and leaves what it was given."""

import pytest
import torch

from impl import (
    RULES,
    InvalidInput,
    draw_noise,
    error_signals,
    feedback_shapes,
    fit_feedback,
    forward,
    gradient_estimates,
)
from impl.online import RecursiveRidge, align, descend, learn
from tests.impl.cases import data_for, network_of, normal

pytestmark = pytest.mark.definition

CLOSE = {"rtol": 1e-12, "atol": 1e-13}
SAMPLES, C, RATE = 6, 0.1, 0.3
NETWORKS = [network_of("tanh", "mse", widths=widths) for widths in ((3, 4, 2), (6, 7, 5, 4), (3, 3, 3, 3, 3))]
CASES = [(network, rule) for network in NETWORKS for rule in RULES]
NAMES = [f"{network.widths}-{rule}" for network, rule in CASES]
cases = pytest.mark.parametrize(("network", "rule"), CASES, ids=NAMES)


def minibatch(network, seed=0):
    """x, y, noise and c."""
    x, y = data_for(network, SAMPLES, seed)
    return x, y, draw_noise(network.hidden, SAMPLES, seed=seed), C


def feedback_for(network, rule):
    return [normal(shape, 40 + k) for k, shape in enumerate(feedback_shapes(network, rule))]


def used(signals, rule):
    """The error signal that each feedback matrix is applied to, from B^2 on."""
    return signals[1:] if rule == "FA" else [signals[-1]] * (len(signals) - 1)


@cases
def test_descent_follows_the_mean_gradient_of_the_squared_residual(network, rule):
    """B - rate / T sum_t e_t (e_t^T B - lambda_t^T), by autograd of sum_t |B^T e_t - lambda_t|^2 / 2."""
    x, y, noise, c = minibatch(network)
    B = feedback_for(network, rule)
    signals = used(error_signals(network, B, x, y, rule), rule)
    estimates = gradient_estimates(network, x, y, noise, c)
    expected = []
    for matrix, e, rows in zip(B, signals, estimates, strict=True):
        at = matrix.clone().requires_grad_()
        (slope,) = torch.autograd.grad(0.5 * (e @ at - rows).square().sum(), at)
        expected.append(matrix - RATE / SAMPLES * slope)
    torch.testing.assert_close(descend(network, B, x, y, noise, c, RATE, rule), expected, **CLOSE)


@cases
def test_alignment_moves_every_weight_along_its_error_signal(network, rule):
    """W^i - rate / T sum_t e_t^i (h_t^{i-1})^T, e by the feedback."""
    x, y, _, _ = minibatch(network)
    B = feedback_for(network, rule)
    moved = align(network, B, x, y, RATE, rule)
    signals = error_signals(network, B, x, y, rule)
    steps = [
        torch.einsum("ti,tj->ij", e, h)
        for e, h in zip(signals, forward(network, x).activations[:-1], strict=True)
    ]
    expected = [W - RATE / SAMPLES * step for W, step in zip(network.weights, steps, strict=True)]
    torch.testing.assert_close(list(moved.weights), expected, **CLOSE)
    assert (moved.activations, moved.loss) == (network.activations, network.loss)


@cases
def test_a_joint_step_is_both_steps_from_the_same_start(network, rule):
    x, y, noise, c = minibatch(network)
    B = feedback_for(network, rule)
    moved, after = learn(network, B, x, y, noise, c, RATE, 0.7, rule)
    assert all(map(torch.equal, moved.weights, align(network, B, x, y, RATE, rule).weights))
    assert all(map(torch.equal, after, descend(network, B, x, y, noise, c, 0.7, rule)))
    _, same = learn(network, B, x, y, noise, c, RATE, 0.0, rule)
    assert all(map(torch.equal, same, B))


@cases
def test_recursive_ridge_solves_the_sums_of_all_minibatches(network, rule):
    """Each minibatch's errors are those of the feedback before it."""
    state = RecursiveRidge(tuple(feedback_for(network, rule)), 0.5, rule)
    errors, estimates = [[] for _ in network.hidden], [[] for _ in network.hidden]
    for seed in range(3):
        x, y, noise, c = minibatch(network, seed)
        signals = used(error_signals(network, state.feedback, x, y, rule), rule)
        for k, rows in enumerate(gradient_estimates(network, x, y, noise, c)):
            errors[k].append(signals[k])
            estimates[k].append(rows)
        state = state.after(network, x, y, noise, c)
        expected = [
            fit_feedback(torch.cat(rows), torch.cat(e), 0.5)
            for rows, e in zip(estimates, errors, strict=True)
        ]
        torch.testing.assert_close(list(state.feedback), expected, rtol=1e-9, atol=1e-10)
        assert [sums.count for sums in state.sums] == [SAMPLES * (seed + 1)] * len(network.hidden)
    assert (state.ridge, state.rule) == (0.5, rule)


def test_without_a_rule_it_is_feedback_alignment():
    network = NETWORKS[1]
    x, y, noise, c = minibatch(network)
    B = feedback_for(network, "FA")
    assert all(
        map(
            torch.equal,
            descend(network, B, x, y, noise, c, RATE),
            descend(network, B, x, y, noise, c, RATE, "FA"),
        )
    )
    aligned = align(network, B, x, y, RATE, "FA").weights
    assert all(map(torch.equal, align(network, B, x, y, RATE).weights, aligned))
    assert all(map(torch.equal, learn(network, B, x, y, noise, c, RATE, 0.7)[0].weights, aligned))
    ridged = [RecursiveRidge(tuple(B), 0.5, *rule).after(network, x, y, noise, c) for rule in ((), ("FA",))]
    assert all(map(torch.equal, ridged[0].feedback, ridged[1].feedback))


def test_what_was_given_stays_as_it_was():
    network = NETWORKS[1]
    x, y, noise, c = minibatch(network)
    B = feedback_for(network, "FA")
    given = [*network.weights, *B, x, y, *noise]
    copies = [tensor.clone() for tensor in given]
    learn(network, B, x, y, noise, c, RATE, 0.7)
    before = RecursiveRidge(tuple(B), 0.5).after(network, x, y, noise, c)
    held = [tensor.clone() for sums in before.sums for tensor in (sums.S, sums.Q)]
    before.after(network, x, y, noise, c)
    assert all(map(torch.equal, given, copies))
    assert all(map(torch.equal, [t for sums in before.sums for t in (sums.S, sums.Q)], held))


@pytest.mark.parametrize("rate", [-1e-9, float("nan"), float("inf"), "1", True])
def test_a_rate_is_a_finite_number_not_below_0(rate):
    network = NETWORKS[0]
    x, y, noise, c = minibatch(network)
    B = feedback_for(network, "FA")
    message = f"rate is {rate!r}; expected a finite number, 0 or above\\.$"
    for call in (
        lambda: descend(network, B, x, y, noise, c, rate),
        lambda: align(network, B, x, y, rate),
        lambda: learn(network, B, x, y, noise, c, rate, 0.1),
    ):
        with pytest.raises(InvalidInput, match=f"^{message}"):
            call()
    with pytest.raises(InvalidInput, match=f"^feedback_{message}"):
        learn(network, B, x, y, noise, c, 0.1, rate)
