"""The same arguments give the same bits, and nothing else has a say."""

import random

import numpy as np
import pytest
import torch

from impl import FAMILIES, Reference, Sums, draw_noise, fit_feedback
from tests.impl.cases import data_for, network_of, normal

SIZES = [4, 3]


@pytest.mark.parametrize("family", FAMILIES)
def test_noise_is_a_function_of_its_arguments(family):
    first = draw_noise(SIZES, 50, family, 7)
    torch.rand(3)
    draw_noise(SIZES, 20, "gaussian", 8)
    for a, b in zip(first, draw_noise(SIZES, 50, family, 7), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("family", FAMILIES)
def test_noise_neither_reads_nor_changes_global_generators(family):
    torch.manual_seed(1)
    before = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    first = draw_noise(SIZES, 50, family, 7)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.array_equal(np.random.get_state()[1], before[1])
    assert random.getstate() == before[2]
    torch.manual_seed(2)
    assert all(torch.equal(a, b) for a, b in zip(first, draw_noise(SIZES, 50, family, 7), strict=True))


@pytest.mark.parametrize("family", FAMILIES)
def test_more_draws_add_rows_and_other_layers_do_not_matter(family):
    first, second = draw_noise([4, 3], 50, family, 7)
    assert torch.equal(draw_noise([4], 50, family, 7)[0], first)
    assert torch.equal(draw_noise([9, 3], 50, family, 7)[1], second)
    assert torch.equal(draw_noise([4, 3], 80, family, 7)[1][:50], second)


def test_noise_is_the_same_at_both_precisions():
    for a, b in zip(draw_noise(SIZES, 50, dtype=torch.float32), draw_noise(SIZES, 50), strict=True):
        assert torch.equal(a, b.float())


def test_what_is_left_out_is_gaussian_seed_0_and_no_ridge():
    subject = Reference()
    assert subject.name == "reference"
    for draw in (draw_noise, subject.draw_noise):
        pairs = zip(draw(SIZES, 5), draw(SIZES, 5, "gaussian", 0), strict=True)
        assert all(torch.equal(a, b) for a, b in pairs)
    estimates, errors = normal((9, 3), 1), normal((9, 2), 2)
    plain = Sums.of(estimates, errors).solve(0.0)
    assert torch.equal(Sums.of(estimates, errors).solve(), plain)
    assert torch.equal(fit_feedback(estimates, errors), plain)
    assert torch.equal(subject.fit_feedback(estimates, errors), plain)


def test_noise_goes_where_it_is_asked_to():
    for device in ("cpu", torch.device("meta")):
        assert draw_noise([3], 2, device=device)[0].device == torch.device(device)


def test_the_reference_keeps_nothing_between_calls():
    subject, network, other = Reference(), network_of("tanh", "mse"), network_of("tanh", "mse", seed=9)
    x, y = data_for(network, 5)
    B = [normal(tuple(weight.shape), 40 + k) for k, weight in enumerate(network.weights[1:])]
    noise = subject.draw_noise(network.hidden, 5, seed=1)

    def answers():
        return [
            *subject.gradient_estimates(network, x, y, noise, 0.1),
            *subject.error_signals(network, B, x, y, "FA"),
            subject.fit_feedback(noise[0], noise[1]),
        ]

    first = answers()
    subject.gradient_estimates(other, x + 1, y, subject.draw_noise(network.hidden, 5, seed=2), 0.3)
    subject.error_signals(other, B, x - 1, y, "FA")
    assert all(torch.equal(a, b) for a, b in zip(first, answers(), strict=True))


def test_arguments_are_left_as_they_were():
    network = network_of("relu", "quartic")
    x, y = data_for(network, 5)
    noise = draw_noise(network.hidden, 5)
    given = [*network.weights, x, y, *noise]
    copies = [tensor.clone() for tensor in given]
    Reference().gradient_estimates(network, x, y, noise, 0.1)
    Reference().error_signals(network, list(network.weights[1:]), x, y, "FA")
    Reference().fit_feedback(noise[0], noise[1], 0.5)
    assert all(torch.equal(a, b) for a, b in zip(given, copies, strict=True))
