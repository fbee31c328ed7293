"""The lists of activations, losses and noise laws that are encoded independently have the same names.

`impl`, `theory`, `proofs_check.float64` and the oracles of the tests have tables of their own, on purpose.
"""

from __future__ import annotations

import numpy as np
import pytest

from impl import ACTIVATIONS, FAMILIES, FINITE_LAWS, LOSSES
from impl.counter_noise import LAWS as COUNTED
from impl.kernels import native_path
from proofs_check.claims import clt, variance
from proofs_check.float64 import activations, losses
from proofs_check.subject import traits
from proofs_check.subject.vocabulary import KNOWN
from tests.impl import exact_noise, oracles
from tests.numpy_subject import NumpySubject
from theory.exact import network
from theory.exact.noise_laws import LAWS

pytestmark = pytest.mark.definition


@pytest.mark.parametrize(
    "table",
    [
        network.ACTIVATIONS,
        network.DERIVATIVES,
        activations.ACTIVATIONS,
        oracles.ACTIVATIONS,
        oracles.TORCH_ACTIVATIONS,
    ],
    ids=["theory", "its derivatives", "float64", "mpmath", "torch"],
)
def test_every_table_has_the_activations_of_impl(table: dict[str, object]) -> None:
    assert list(table) == list(ACTIVATIONS)


@pytest.mark.parametrize(
    "table",
    [network.LOSSES, losses.LOSSES, oracles.LOSSES, oracles.TORCH_LOSSES],
    ids=["theory", "float64", "mpmath", "torch"],
)
def test_every_table_has_the_losses_of_impl(table: dict[str, object]) -> None:
    assert list(table) == list(LOSSES)


def test_what_is_rational_is_known() -> None:
    assert ACTIVATIONS.keys() >= network.POLYNOMIAL_ACTIVATIONS
    assert LOSSES.keys() >= network.POLYNOMIAL_LOSSES


@pytest.mark.parametrize("name", activations.ACTIVATIONS)
def test_an_activation_is_as_curved_as_its_bound_says_and_no_more(name: str) -> None:
    sigma = activations.ACTIVATIONS[name]
    a = np.linspace(-6, 6, 4000)  # of even length: 0 is not among them
    steepest = np.abs(np.diff(sigma.slope(a)) / np.diff(a))
    if sigma.kink:
        steepest = np.delete(steepest, len(steepest) // 2)
    assert steepest.max() <= sigma.curvature <= 1.1 * steepest.max() + 1e-12


def test_what_a_subject_may_support_is_what_the_reference_does() -> None:
    assert tuple(KNOWN) == traits.KEYS
    assert KNOWN["activations"] == tuple(ACTIVATIONS)
    assert KNOWN["losses"] == tuple(LOSSES)
    assert set(KNOWN["noise"]) <= FAMILIES.keys()
    assert {*variance.OWN_NOISE, *clt.FINITE, *clt.DENSE} <= {*KNOWN["noise"]}


def test_the_correct_subject_in_numpy_names_nothing_unknown() -> None:
    assert all(set(names) <= set(KNOWN[key]) for key, names in NumpySubject.supports.items())


@pytest.mark.parametrize("name", FAMILIES)
def test_a_noise_law_of_impl_is_a_law_of_theory_with_the_moments_that_tests_expect(name: str) -> None:
    law = LAWS[name]
    assert [float(law.moment(r)) for r in (3, 4, 6, 8)] == pytest.approx(exact_noise.MOMENTS[name], rel=1e-15)
    assert (law.atoms is not None) == (name in FINITE_LAWS)
    if law.atoms is not None:
        values, counts = FINITE_LAWS[name]
        drawn = {(value, count / sum(counts)) for value, count in zip(values, counts, strict=True)}
        assert drawn == {(float(value), float(p)) for value, p in law.atoms}


def test_laws_made_from_counters_are_laws_of_impl_and_have_codes_of_their_own() -> None:
    assert {name: given[:2] for name, given in COUNTED.items()} == exact_noise.FAMILIES
    assert COUNTED.keys() <= FAMILIES.keys()
    assert len({code for code, _, _ in COUNTED.values()}) == len(COUNTED)
    assert set(native_path.NOISE) <= COUNTED.keys()
