"""The noise has the law it says. Seeds are fixed, so each verdict is; bounds have error rates below 1e-8."""

import itertools
import math
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from impl import FAMILIES, FINITE_LAWS, InvalidInput, atoms, draw_noise
from tests.impl.exact_noise import MOMENTS

DRAWS, WIDTH = 250_000, 4
ENTRIES = DRAWS * WIDTH
SIX_SIGMA = 6.0  # two-sided normal tail 2e-9


@pytest.fixture(scope="module", params=FAMILIES)
def sample(request):
    return request.param, draw_noise([WIDTH, 3], DRAWS, request.param, seed=11)


def test_mean_variance_and_third_moment(sample):
    family, (xi, _) = sample
    third, fourth, sixth, _ = MOMENTS[family]
    for power, mean, square in ((1, 0.0, 1.0), (2, 1.0, fourth), (3, third, sixth)):
        deviation = math.sqrt(square - mean**2) / math.sqrt(ENTRIES)
        assert abs(xi.pow(power).mean().item() - mean) <= SIX_SIGMA * deviation + 1e-12


def test_fourth_moment(sample):
    family, (xi, _) = sample
    _, fourth, _, eighth = MOMENTS[family]
    deviation = math.sqrt(eighth - fourth**2) / math.sqrt(ENTRIES)
    assert abs(xi.pow(4).mean().item() - fourth) <= SIX_SIGMA * deviation + 1e-12


def test_units_layers_and_rows_are_uncorrelated(sample):
    _, (xi, other) = sample
    pairs = {
        "units": (xi[:, 0], xi[:, 1]),
        "layers": (xi[:, 0], other[:, 0]),
        "next row": (xi[:-1, 0], xi[1:, 0]),
        "squares of units": (xi[:, 0] ** 2 - 1, xi[:, 1] ** 2 - 1),
    }
    for name, (a, b) in pairs.items():
        spread = a.pow(2).mean().sqrt() * b.pow(2).mean().sqrt()
        assert abs((a * b).mean().item()) * math.sqrt(len(a)) <= SIX_SIGMA * spread.item() + 1e-9, name


@pytest.mark.parametrize("family", FINITE_LAWS)
def test_finite_laws_take_their_atoms_in_their_proportions(family):
    """Support exact; chi-square with at most 2 degrees of freedom, bound 40: error rate 2e-9."""
    (xi,) = draw_noise([WIDTH], DRAWS, family, seed=3)
    found, counts = xi.unique(return_counts=True)
    values, probabilities = atoms(family)
    assert torch.equal(found, values)
    expected = ENTRIES * probabilities
    assert ((counts - expected) ** 2 / expected).sum() <= 40


@pytest.mark.parametrize(
    ("family", "distribution"),
    [("gaussian", torch.special.ndtr), ("uniform", lambda v: 0.5 + v / math.sqrt(12))],
)
def test_continuous_laws_have_their_distribution_function(family, distribution):
    """Kolmogorov-Smirnov, sqrt(n) D <= 3.3: error rate 2 exp(-2 * 3.3^2) = 7e-10."""
    (xi,) = draw_noise([WIDTH], DRAWS, family, seed=5)
    ordered = distribution(xi.flatten().sort().values)
    ranks = torch.arange(ENTRIES + 1, dtype=torch.float64) / ENTRIES
    distance = torch.maximum((ordered - ranks[:-1]).abs().max(), (ordered - ranks[1:]).abs().max())
    assert distance.item() * math.sqrt(ENTRIES) <= 3.3
    assert len(xi.unique()) > 0.999 * ENTRIES


def test_uniform_noise_stays_inside_its_interval():
    (xi,) = draw_noise([WIDTH], DRAWS, "uniform", seed=5)
    assert xi.abs().max() < math.sqrt(3)
    assert xi.abs().max() > math.sqrt(3) * (1 - 1e-4)


def test_uniform_noise_is_symmetric_to_the_last_cell():
    """Of 2^52 cells; the lowest and the highest draw are opposite, and neither is an end of the interval."""
    extremes = SimpleNamespace(integers=lambda high, size: np.array([0, high - 1]))
    low, high = FAMILIES["uniform"](extremes, (2,)).tolist()
    assert low == -high
    assert high < math.sqrt(3)
    assert high / math.sqrt(3) == 1 - 2.0**-52


def test_atoms_have_exact_moments():
    for family, (values, counts) in FINITE_LAWS.items():
        found_values, probabilities = atoms(family)
        assert found_values.tolist() == list(values)
        assert probabilities.tolist() == [count / sum(counts) for count in counts]
        assert sum(Fraction(count, sum(counts)) for count in counts) == 1
        for power, moment in enumerate((1.0, 0.0, 1.0, *MOMENTS[family][:2])):
            assert (probabilities @ found_values**power).item() == pytest.approx(moment, abs=1e-15, rel=1e-15)
    values, weights = atoms("skewed")
    assert (values.tolist(), weights.tolist()) == ([-0.5, 2.0], [0.8, 0.2])
    with pytest.raises(InvalidInput, match="family is 'gaussian'; expected one of rademacher"):
        atoms("gaussian")


def test_every_seed_layer_and_family_has_its_own_stream():
    """Also seeds that agree in their low bits, and the largest."""
    seeds = [*range(500), 2**31, 2**31 + 1, 2**32 - 1]
    starts = [tuple(layer.flatten().tolist()) for seed in seeds for layer in draw_noise([4, 4], 2, seed=seed)]
    assert len({value for start in starts for value in start}) == 8 * 2 * len(seeds)


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(FAMILIES, 2)))
def test_families_of_one_seed_are_uncorrelated(one, other):
    a, b = (draw_noise([WIDTH], DRAWS, family, 3)[0] for family in (one, other))
    for power in (1, 2):
        first, second = (v.pow(power) - v.pow(power).mean() for v in (a, b))
        spread = first.pow(2).mean().sqrt() * second.pow(2).mean().sqrt()
        assert abs((first * second).mean().item()) <= SIX_SIGMA * spread.item() / math.sqrt(ENTRIES) + 1e-12
