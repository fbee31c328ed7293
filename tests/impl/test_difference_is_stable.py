"""Differences keep their digits: against 50-digit arithmetic from the same rounded numbers."""

import itertools

import mpmath
import pytest
import torch
from mpmath import mpf

from impl import (
    ACTIVATIONS,
    LOSSES,
    Network,
    draw_noise,
    forward,
    gradient_estimates,
    hidden_gradients,
    scaled_loss_difference,
)
from tests.impl import oracles
from tests.impl.cases import KINDS, data_for, network_of, normal

pytestmark = pytest.mark.definition

SCALES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
SAMPLES = 4
FLOATS = [torch.float32, torch.float64]


def roundoff(dtype: torch.dtype) -> float:
    return torch.finfo(dtype).eps / 2


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_difference_is_accurate_relative_to_itself(name, dtype):
    """Up to the rounding of a + d, which no formula escapes: for relu it counts against the step, where a
    unit switches; for the others in the exponent of a tail."""
    places = [0.0, 1e-3, -1e-3, 0.7, -0.7, 3.0, -3.0, 20.0, -20.0, 45.0, -45.0]
    steps = [
        1e-30,
        1e-12,
        1e-6,
        -1e-6,
        1e-3,
        -1e-3,
        0.3,
        -0.3,
        1.0,
        -2.0,
        6.0,
        12.0,
        -25.0,
        38.0,
        -39.0,
        42.0,
        -100.0,
    ]
    a, d = torch.tensor(list(itertools.product(places, steps)), dtype=dtype).T.contiguous()
    for c in (2.0**-20, 1.0):  # exact in either precision, so that the oracle sees the same d
        u = d / c
        found = ACTIVATIONS[name].difference(a, u, c)
        assert found.dtype == dtype
        with mpmath.workdps(120):  # saturated units differ in the hundredth digit
            sigma = oracles.ACTIVATIONS[name]
            for value, at, step in zip(found.tolist(), oracles.digits(a), oracles.digits(u), strict=True):
                exact = (sigma(at + c * step) - sigma(at)) / mpf(c)
                against = abs(step) if name == "relu" else abs(exact)
                allowed = 16 * roundoff(dtype) * (1 + abs(at) + abs(c * step)) * against
                underflow = torch.finfo(dtype).tiny * (1 + abs(step))
                assert abs(value - exact) <= allowed + underflow, (at, step, c, value, exact)


TINY = 2.0**-600
"""Its square is 0 in float64."""


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_difference_of_a_step_that_underflows_is_the_derivative(name):
    a = torch.tensor([-9.0, -0.7, -1e-3, 1e-3, 0.7, 9.0], dtype=torch.float64)
    for u in (TINY, -TINY):
        found = ACTIVATIONS[name].difference(a, torch.full_like(a, u), TINY) / u
        torch.testing.assert_close(found, ACTIVATIONS[name].derivative(a), rtol=1e-14, atol=0)


@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_difference_of_a_step_that_underflows_is_the_derivative(name):
    output, y, v = (normal((20, 3), seed) for seed in (1, 2, 3))
    found = LOSSES[name].difference(output, y, v * TINY, TINY) / TINY
    torch.testing.assert_close(found, (LOSSES[name].gradient(output, y) * v).sum(1), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("step", [40.0, 41.0, 60.0, 79.0])
@pytest.mark.parametrize("at", [-95.0, -110.0, -120.0])
def test_softplus_keeps_its_digits_on_a_large_step_out_of_an_underflow(at, step):
    """In float32 the logistic function is 0, or has lost its digits, at the lower end; up and down again."""
    ends = torch.tensor([at, at + step])
    found = ACTIVATIONS["softplus"].difference(ends, torch.tensor([step, -step]), 1.0).tolist()
    with mpmath.workdps(120):
        sigma = oracles.ACTIVATIONS["softplus"]
        exact = sigma(mpf(at + step)) - sigma(mpf(at))
        for value, sign in zip(found, (1, -1), strict=True):
            assert abs(sign * value - exact) <= 16 * roundoff(torch.float32) * (1 + abs(at) + step) * exact


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus"])
def test_a_saturated_derivative_keeps_its_digits(name, dtype):
    a = torch.tensor([0.0, 0.5, -0.5, 9.0, -9.0, 20.0, -20.0, 40.0, -40.0], dtype=dtype)
    found = ACTIVATIONS[name].derivative(a).tolist()
    with mpmath.workdps(120):
        for value, at in zip(found, oracles.digits(a), strict=True):
            exact = mpmath.diff(oracles.ACTIVATIONS[name], at)
            assert abs(value - exact) <= 16 * roundoff(dtype) * exact


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("residual", [1e-5, 1.0, 30.0])
@pytest.mark.parametrize("step", [1e-6, 1e-2, 1.0, 60.0])
def test_a_loss_difference_is_accurate_relative_to_its_terms(name, dtype, residual, step):
    y = normal((20, 3), 1, dtype) * residual
    output = normal((20, 3), 2, dtype) * residual
    v = normal((20, 3), 3, dtype)
    found = LOSSES[name].difference(output, y, v, step)
    with mpmath.workdps(80):
        rows = zip(output, y, v, found.tolist(), strict=True)
        for row, target, direction, value in rows:
            out, goal, along = map(oracles.digits, (row, target, direction))
            moved = [o + step * w for o, w in zip(out, along, strict=True)]
            loss = oracles.LOSSES[name]
            exact = (loss(moved, goal) - loss(out, goal)) / step
            # each output's share |L'| |v| at both ends, L' with the rounding of output - y
            shares = sum(
                abs(w) * (oracles.steepness(name, o, t) + oracles.steepness(name, m, t))
                for o, m, t, w in zip(out, moved, goal, along, strict=True)
            )
            if name == "cross_entropy":
                shares = sum(map(abs, goal)) * max(map(abs, along)) * (2 + max(map(abs, out)))
            assert abs(value - exact) <= 16 * roundoff(dtype) * shares, (out, goal, along, value, exact)


def test_a_confident_class_keeps_its_small_loss_difference():
    """One-hot, p(correct) = 1 - 2e-9 in float32: loss, gradient and difference are still right."""
    output, y = torch.tensor([[20.0, 0.0, -3.0]]), torch.tensor([[1.0, 0.0, 0.0]])
    v, c = torch.tensor([[0.5, -1.25, 2.0]]), 2.0**-10
    with mpmath.workdps(50):
        out, along = oracles.digits(output[0]), oracles.digits(v[0])
        loss = oracles.LOSSES["cross_entropy"]
        moved = [o + c * w for o, w in zip(out, along, strict=True)]
        difference = (loss(moved, [1, 0, 0]) - loss(out, [1, 0, 0])) / c
        total = sum(map(mpmath.exp, out))
        gradient = [-(mpmath.exp(out[1]) + mpmath.exp(out[2])) / total, mpmath.exp(out[1]) / total]
        expected = [loss(out, [1, 0, 0]), *gradient, difference]
    found = LOSSES["cross_entropy"]
    values = [
        found.value(output, y),
        found.gradient(output, y)[0, 0],
        found.gradient(output, y)[0, 1],
        found.difference(output, y, v, c),
    ]
    for value, exact in zip(values, expected, strict=True):
        assert abs(value.item() / exact - 1) < 4e-6  # 20 roundoffs of the exponent 20, and a few more


def errors(network: Network, gain_data_seed: int) -> dict[float, float]:
    """The worst |(L~ - L)/c - exact| / |g||xi| over samples, for each c."""
    x, y = data_for(network, SAMPLES, gain_data_seed)
    noise = draw_noise(network.hidden, SAMPLES, "gaussian", gain_data_seed, dtype=network.dtype)
    g = torch.cat(hidden_gradients(network.to(torch.float64), x.double(), y.double()), 1)
    size = (g.norm(dim=1) * torch.cat(noise, 1).double().norm(dim=1)).tolist()
    a = torch.cat(forward(network, x).pre_activations, 1)
    judged = [
        t
        for t in range(SAMPLES)
        if size[t] > 0 and ("relu" not in network.activations or a[t].abs().min() >= 1e-3)
    ]
    assert judged
    clean = forward(network, x, torch.float64)
    worst = {}
    for c in SCALES:
        found = scaled_loss_difference(network, clean, y, noise, c).tolist()
        exact = oracles.two_passes(network, x, y, noise, c)
        worst[c] = max(float(abs(found[t] - exact[t])) / size[t] for t in judged)
    return worst


@pytest.mark.parametrize("gain", [1.0, 20.0], ids=["ordinary", "saturated"])
@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_float32_error_does_not_grow_as_c_falls(activation, loss, gain):
    """Relative to |g||xi|: at most 5e-6 for every c. Saturated means |a| of some 20 to 400."""
    network = network_of(activation, loss, gain=gain, seed=1, dtype=torch.float32)
    worst = errors(network, 1)
    assert max(worst.values()) <= 5e-6, worst
    assert worst[1e-6] <= 1e-6, worst


@pytest.mark.parametrize("loss", ["mse", "quartic", "logcosh"])
def test_near_a_minimum_only_the_curvature_is_rounded(loss):
    """Residuals of 1e-5 |output|: the error is relative to the minute gradient or to the result."""
    network = network_of("tanh", loss, seed=4, dtype=torch.float32)
    x, y = data_for(network, SAMPLES)
    clean = forward(network, x, torch.float64)
    y = (clean.output + 1e-5 * (y - clean.output)).float()
    noise = draw_noise(network.hidden, SAMPLES, dtype=torch.float32)
    g = torch.cat(hidden_gradients(network.to(torch.float64), x.double(), y.double()), 1).norm(dim=1)
    size = g * torch.cat(noise, 1).norm(dim=1)
    for c in SCALES:
        found = scaled_loss_difference(network, clean, y, noise, c).tolist()
        exact = oracles.two_passes(network, x, y, noise, c)
        for value, true, linear in zip(found, exact, size.tolist(), strict=True):
            assert abs(value - true) <= 3e-6 * (linear + abs(true))


def test_subtracting_two_float32_losses_does_grow():
    """The check above can fail: the plain estimator loses a digit for each tenfold smaller c."""
    network = network_of("tanh", "mse", dtype=torch.float32)
    x, y = data_for(network, SAMPLES)
    noise = draw_noise(network.hidden, SAMPLES, dtype=torch.float32)

    def loss(c):
        h = x
        for k, weight in enumerate(network.weights):
            h = torch.tanh(h @ weight.T)
            h = h + c * noise[k] if k < len(noise) else h
        return LOSSES["mse"].value(h, y)

    def error(c):
        exact = torch.tensor([float(v) for v in oracles.two_passes(network, x, y, noise, c)])
        return ((loss(c) - loss(0.0)) / c - exact).abs().max().item()

    assert error(1e-5) > 30 * error(1e-3) > 30 * 30 * error(1e-1)


def test_float32_estimates_survive_an_output_that_is_a_small_difference_of_large_terms():
    """Hidden units of 10^4 against outputs of 1: the clean pass needs more digits than float32 has."""
    W1 = normal((6, 3), 1, torch.float32)
    W2 = torch.tensor([[1.0, 1.0], [-1.0, 1.0]]).repeat(1, 3)
    network = Network((1e4 * W1, W2), ("identity", "identity"), "mse")
    x = normal((SAMPLES, 3), 2, torch.float32)
    noise = draw_noise(network.hidden, SAMPLES, dtype=torch.float32)
    y = forward(network, x, torch.float64).output.float() + 1.0
    exact = [float(v) for v in oracles.two_passes(network, x, y, noise, 1e-3)]
    expected = torch.tensor(exact)[:, None] * noise[0]
    found = gradient_estimates(network, x, y, noise, 1e-3)[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=2e-5)


@pytest.mark.parametrize("activation", ["tanh", "softplus"])
def test_estimates_are_the_difference_times_the_noise(activation):
    network = network_of(activation, "mse", seed=3)
    x, y = data_for(network, SAMPLES)
    noise = draw_noise(network.hidden, SAMPLES)
    for c in (0.3, 1e-3):
        exact = torch.tensor(
            [float(v) for v in oracles.two_passes(network, x, y, noise, c)], dtype=torch.float64
        )
        expected = [exact[:, None] * layer for layer in noise]
        torch.testing.assert_close(
            gradient_estimates(network, x, y, noise, c), expected, rtol=1e-12, atol=1e-14
        )
