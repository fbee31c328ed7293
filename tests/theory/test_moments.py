"""Exact moments over a design agree with sums written out, and with what is known of them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import fmpq

from theory.exact.designs import factorial, fold_over
from theory.exact.moments import covariances, gradients, mean, second_moments
from theory.exact.network import ExactNetwork, forward, losses
from theory.exact.noise_laws import RADEMACHER, SKEWED
from theory.exact.population import Problem, mean_estimates, noisy_losses, scaled_differences

pytestmark = pytest.mark.definition

NETWORK = ExactNetwork.of(
    [[[1, 2], [0, -1]], [[1, 1], [2, -1]], [[1, Fraction(1, 2)]]], ("identity", "relu", "identity"), "quartic"
)
PROBLEM = Problem(NETWORK, ((1, Fraction(1, 2)), (-1, 2)), ((1,), (Fraction(1, 4),)))
STEP = Fraction(1, 3)


@pytest.mark.parametrize("law", [RADEMACHER, SKEWED], ids=lambda law: law.name)
def test_the_mean_is_that_of_the_population(law) -> None:
    design = factorial(law, 4)
    found = mean(PROBLEM, design, scaled_differences(PROBLEM, design, STEP)).tolist()
    layers = [m.transpose().tolist() for m in mean_estimates(PROBLEM, design, STEP)]
    assert found == [first + second for first, second in zip(*layers, strict=True)]


def test_the_second_moments_are_the_sum_over_the_atoms() -> None:
    design = factorial(SKEWED, 4)
    factors = scaled_differences(PROBLEM, design, STEP)
    found = second_moments(PROBLEM, design, factors)
    for t, row in enumerate(factors):
        for i in range(4):
            for j in range(4):
                expected = sum(
                    (
                        f * f * fmpq(*(p * atom[i] * atom[j]).as_integer_ratio())
                        for f, p, atom in zip(row, design.probabilities, design.values, strict=True)
                    ),
                    fmpq(0),
                )
                assert found[t][i, j] == expected


def test_noisy_losses_are_those_of_the_perturbed_pass() -> None:
    design = fold_over(4)
    table = noisy_losses(PROBLEM, design, STEP)
    atom = [fmpq(v.numerator, v.denominator) / 3 for v in design.values[3]]
    offsets = [NETWORK.columns([[1] * 2]) * 0 for _ in range(2)]
    for k in range(4):
        offsets[k // 2][k % 2, 0] = atom[k]
    passed = forward(NETWORK, NETWORK.columns([PROBLEM.x[1]]), offsets)
    assert table[1][3] == losses(NETWORK, passed.activations[-1], NETWORK.columns([PROBLEM.y[1]]))[0]


def test_a_negative_step_is_the_mirrored_noise() -> None:
    design = factorial(SKEWED, 4)
    mirrored = design.scaled(Fraction(-1))
    ahead = mean(PROBLEM, design, scaled_differences(PROBLEM, design, -STEP))
    assert ahead == mean(PROBLEM, mirrored, scaled_differences(PROBLEM, mirrored, STEP))


def test_a_linear_functional_has_the_textbook_covariance() -> None:
    """With φ = g·ξ and signs that are independent, E[φ²ξξᵀ] = |g|² I + 2 g gᵀ - 2 diag(g²)."""
    design = factorial(RADEMACHER, 4)
    g = gradients(PROBLEM).tolist()
    factors = [
        [sum((v * int(a) for v, a in zip(row, atom, strict=True)), fmpq(0)) for atom in design.values]
        for row in g
    ]
    for row, covariance in zip(g, covariances(PROBLEM, design, factors), strict=True):
        norm = sum((v * v for v in row), fmpq(0))
        for i in range(4):
            for j in range(4):
                assert covariance[i, j] == (norm - row[i] ** 2 if i == j else row[i] * row[j])
