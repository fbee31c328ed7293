"""The allowances: wide enough for the textbook form in float64, too narrow for one digit less."""

import numpy as np
import pytest

from proofs_check.float64 import floats
from proofs_check.float64.designs import atoms
from proofs_check.float64.tolerance import (
    UNIT_ROUNDOFF,
    difference_allowance,
    feedback_allowance,
    rounding_scale,
    signal_allowance,
    solve_allowance,
)
from proofs_check.networks.drawn import ACTIVATIONS, LOSSES, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import NOISES, exact_limit
from proofs_check.questions.oracle import exact_differences, exact_signals, exact_solution
from proofs_check.verdict.effort import Effort

pytestmark = pytest.mark.definition


def instances(family: Family, count: int, key: str) -> list[Instance]:
    seen: list[Instance] = []

    def check(instance: Instance) -> list[Measurement]:
        seen.append(instance)
        return [Measurement("exact", "seen", 0.0, 1.0)]

    list(search(family.instances(9), check, Instance.as_code, Effort("quick", 5), ("tolerance", key), count))
    return seen


def noise_of(instance: Instance) -> list[np.ndarray]:
    generator = Effort("quick", 1).generator("tolerance", instance.network.widths)
    return [generator.standard_normal((len(instance.x), n)) for n in instance.network.hidden]


@pytest.mark.parametrize("c", [0.3, 1e-3, 1e-6])
def test_two_passes_in_float64_stay_within_16_u_rho_over_c(c: float) -> None:
    for instance in instances(
        Family(any_widths((1, 3), 4), losses=LOSSES, scales=(-2, 0, 2)), 30, "two passes"
    ):
        noise = noise_of(instance)
        perturbed = floats.forward(instance.network, instance.x, [c * xi for xi in noise]).activations[-1]
        clean = instance.clean.activations[-1]
        loss = instance.network.loss
        naive = (floats.loss(loss, perturbed, instance.y) - floats.loss(loss, clean, instance.y)) / c
        away = np.abs(naive - exact_differences(instance, noise, c))
        assert np.all(away <= difference_allowance(instance.network, instance.x, instance.y, noise, c))


def test_single_precision_does_not_stay_within_it() -> None:
    missed = 0
    for instance in instances(Family(any_widths((1, 2), 3)), 20, "single"):
        noise = noise_of(instance)
        rounded = [xi.astype(np.float32).astype(np.float64) for xi in noise]
        away = np.abs(exact_differences(instance, rounded, 0.3) - exact_differences(instance, noise, 0.3))
        missed += bool(
            np.any(away > difference_allowance(instance.network, instance.x, instance.y, noise, 0.3))
        )
    assert missed >= 15


def test_rho_of_a_network_that_can_be_done_by_hand() -> None:
    """1-1-1, linear, W = 2 and 3, x = 1, y = 4: h = 2, ŷ = 6, e = 2, λ = 6, e^1 = 6, L = 2."""
    network = floats.Network((np.array([[2.0]]), np.array([[3.0]])), ("identity", "identity"), "mse")
    passed = floats.forward(network, np.array([[1.0]]))
    by_hand = (6 * 2 * 1 + 2 * 3 * 2) + 6 * 2 + 2 * (6 + 4) + 2
    assert rounding_scale(network, passed, np.array([[4.0]])) == [by_hand]


def test_textbook_signals_stay_within_their_allowance_and_a_wrong_slope_does_not() -> None:
    for instance in instances(Family(any_widths((1, 3), 4), losses=LOSSES), 30, "signals"):
        feedback = [np.sign(w) + 0.25 for w in instance.network.weights[1:]]
        found = floats.error_signals(instance.network, feedback, instance.clean, instance.y)
        expected = exact_signals(instance, feedback, "FA")
        allowed = signal_allowance(instance.network, feedback, instance.x, instance.y)
        for a, b, bound in zip(found, expected, allowed, strict=True):
            assert np.all(np.abs(a - b) <= bound)
            assert np.all(bound <= 1e-9 * (1 + np.abs(b).max()))


@pytest.mark.parametrize("ridge", [0.0, 0.3, 7.0])
def test_normal_equations_in_float64_stay_within_100_q_u_kappa(ridge: float) -> None:
    generator = np.random.default_rng(0)
    for unknowns in (1, 2, 4):
        errors = generator.standard_normal((9, unknowns)) * 10.0 ** np.arange(0, -unknowns, -1.0)
        estimates = generator.standard_normal((9, 3))
        gram = errors.T @ errors + ridge * np.eye(unknowns)
        found = np.linalg.solve(gram, errors.T @ estimates)
        expected = exact_solution(estimates, errors, ridge)
        allowed = solve_allowance(errors, estimates, expected, ridge)
        assert np.linalg.norm(found - expected) <= allowed
        assert np.linalg.norm(found * 1.001 - expected) > allowed


def test_the_allowance_of_a_fit_grows_as_c_falls_and_stays_far_below_one_part_in_a_thousand() -> None:
    for instance in instances(Family(any_widths((2, 2), 3), accept=Instance.well_posed), 5, "fits"):
        design = NOISES["fold-over"].design(sum(instance.network.hidden))
        support = atoms(design, instance.network.hidden)
        sizes = []
        for c in (2.0**-4, 2.0**-14):
            expected = exact_limit(instance, design, c)
            allowed = feedback_allowance(instance, support, c, expected)
            sizes.append(allowed)
        assert all(b > a > UNIT_ROUNDOFF for a, b in zip(*sizes, strict=True))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_float_slopes_are_the_derivatives_of_the_float_activations(name: str) -> None:
    a = np.linspace(-4.0, 4.0, 41) + 0.01
    step = 1e-6
    slope = (floats.activation(name, a + step) - floats.activation(name, a - step)) / (2 * step)
    assert np.allclose(slope, floats.slope(name, a), atol=1e-8)
