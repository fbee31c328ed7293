"""The series of the estimator's mean: derived, complete, and exact for polynomials."""

from __future__ import annotations

import itertools
from math import prod

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from theory.exact.noise_laws import (
    GAUSS_HERMITE,
    GAUSSIAN,
    RADEMACHER,
    SKEWED,
    SPARSE,
    finite_law,
    symbolic_law,
)
from theory.results.expansion import (
    MultiIndex,
    c,
    derivative_weights,
    dropped_terms,
    equals_closed_form,
    exact_mean_estimate,
    mean_estimate_by_series,
    multi_indices,
    partial,
    printed_series,
    series,
)

Q = sympy.Rational
DETERMINISTIC = settings(derandomize=True, database=None, deadline=None, max_examples=40)


@pytest.mark.parametrize("units", [1, 2, 3, 4, 5])
def test_the_derived_series_is_the_closed_form_for_any_law(units: int) -> None:
    assert equals_closed_form(units)


def test_the_coefficients_agree_with_the_moment_generating_function() -> None:
    """For F(z) = exp(a.z), F_alpha = a^alpha and E lambda_hat_j = M'(c a_j) prod_{k != j} M(c a_k) / c."""
    units, order, law = 3, 4, symbolic_law()
    a, s = sympy.symbols(f"a_1:{units + 1}"), sympy.Symbol("s")
    generating = sum(law.moment(r) * s**r / sympy.factorial(r) for r in range(order + 3))
    for unit in range(units):
        exact = sympy.diff(generating, s).subs(s, c * a[unit])
        exact *= prod(generating.subs(s, c * a[k]) for k in range(units) if k != unit)
        exact = sympy.Poly(sympy.expand(exact / c), c)
        weights = derivative_weights(units, unit, order, law.joint_moment)
        for power in range(order + 1):
            ours = sum(
                w * prod(x**r for x, r in zip(a, alpha, strict=True)) for alpha, w in weights[power].items()
            )
            assert sympy.expand(exact.coeff_monomial(c**power) - ours) == 0


@st.composite
def polynomials(draw: st.DrawFn) -> sympy.Poly:
    """Rational polynomials of degree up to 4 in up to 3 units."""
    units = draw(st.integers(1, 3))
    alphas = [alpha for degree in range(5) for alpha in multi_indices(units, degree)]
    numbers = st.builds(Q, st.integers(-4, 4), st.integers(1, 3))
    terms = draw(st.dictionaries(st.sampled_from(alphas), numbers, min_size=1, max_size=6))
    return sympy.Poly(terms, *sympy.symbols(f"z_1:{units + 1}"))


@DETERMINISTIC
@given(polynomials(), st.sampled_from([RADEMACHER, SKEWED, SPARSE]), st.data())
def test_for_a_polynomial_the_series_is_the_mean_itself(
    F: sympy.Poly, law: object, data: st.DataObject
) -> None:
    unit = data.draw(st.integers(0, len(F.gens) - 1))
    assert exact_mean_estimate(F, unit, law, Q(1, 7)) == mean_estimate_by_series(F, unit, law, Q(1, 7))


def test_the_identity_holds_at_every_c_and_for_irrational_atoms() -> None:
    x, y = sympy.symbols("x y")
    F = sympy.Poly(x**3 * y + 2 * x * y**2 + x + y**4 / 3 + x**4, x, y)
    for law in (GAUSS_HERMITE, SKEWED):
        for unit in (0, 1):
            assert exact_mean_estimate(F, unit, law, c) == mean_estimate_by_series(F, unit, law, c)


def test_the_loss_at_rest_does_not_count_even_where_the_noise_has_a_mean() -> None:
    x, y = sympy.symbols("x y")
    F = sympy.Poly(7 + x * y + x**3, x, y)
    law = finite_law("off centre", [(1, Q(1, 3)), (2, Q(2, 3))])
    assert exact_mean_estimate(F, 0, law, c) == mean_estimate_by_series(F, 0, law, c)
    assert exact_mean_estimate(F, 0, law, c) == exact_mean_estimate(F - 7, 0, law, c)


def test_the_printed_series_drops_the_mixed_derivatives() -> None:
    law = symbolic_law()
    lost = c**2 * (partial((1, 2, 0)) + partial((1, 0, 2))) / 2
    assert sympy.expand(dropped_terms(3, 0, 2, law) - lost) == 0
    assert dropped_terms(3, 0, 1, law) == 0
    assert printed_series(3, 0, 3, law).free_symbols & {partial((1, 2, 0)), partial((2, 2, 0))} == set()


def test_the_printed_series_gives_a_wrong_mean() -> None:
    x, y = sympy.symbols("x y")
    F = sympy.Poly(x * y**2, x, y)
    assert exact_mean_estimate(F, 0, RADEMACHER, c) == c**2
    printed = printed_series(2, 0, 3, RADEMACHER)
    at_rest = {
        partial(a): F.diff((x, a[0]), (y, a[1])).eval((0, 0))
        for d in range(1, 5)
        for a in multi_indices(2, d)
    }
    assert printed.subs(at_rest) == 0


def test_one_unit_has_nothing_to_drop() -> None:
    assert dropped_terms(1, 0, 4, symbolic_law()) == 0


def test_symmetric_noise_leaves_even_powers_only() -> None:
    for law in (GAUSSIAN, RADEMACHER, GAUSS_HERMITE, SPARSE):
        weights = derivative_weights(3, 0, 3, law.joint_moment)
        assert weights[1] == weights[3] == {}
    assert derivative_weights(3, 0, 3, SKEWED.joint_moment)[1] == {(2, 0, 0): Q(3, 4)}


def test_the_gaussian_bias_is_half_the_derivative_of_the_laplacian() -> None:
    laplacian = sum(partial(alpha) for alpha in [(3, 0, 0), (1, 2, 0), (1, 0, 2)])
    assert sympy.expand(series(3, 0, 2, GAUSSIAN) - partial((1, 0, 0)) - c**2 * laplacian / 2) == 0


DESIGNS = {
    "shared by both units": [((1, 1), Q(1, 2)), ((-1, -1), Q(1, 2))],
    "one unit at a time": [((s * sympy.sqrt(2), 0)[::o], Q(1, 4)) for s in (1, -1) for o in (1, -1)],
    "dependent and skewed": [((2, -1), Q(1, 5)), ((0, 1), Q(1, 2)), ((-1, 3), Q(3, 10))],
}


@pytest.mark.parametrize("atoms", DESIGNS.values(), ids=DESIGNS)
def test_any_design_is_covered_by_its_joint_moments(
    atoms: list[tuple[tuple[sympy.Expr, ...], sympy.Expr]],
) -> None:
    x, y = sympy.symbols("x y")
    F = sympy.Poly(x**3 * y + 2 * x * y**2 - x + 3 * y + x * y / 5, x, y)

    def joint_moment(exponents: MultiIndex) -> sympy.Expr:
        return sum(
            weight * prod(v**r for v, r in zip(atom, exponents, strict=True)) for atom, weight in atoms
        )

    for unit in (0, 1):
        direct = sum(
            weight * (F.eval(tuple(c * v for v in atom)) - F.eval((0, 0))) * atom[unit] / c
            for atom, weight in atoms
        )
        by_series = sum(
            c**power * w * F.diff((x, alpha[0]), (y, alpha[1])).eval((0, 0))
            for power, terms in derivative_weights(2, unit, 3, joint_moment).items()
            for alpha, w in terms.items()
        )
        assert sympy.expand(direct - by_series) == 0


def test_there_is_one_multi_index_for_each_monomial() -> None:
    found = list(multi_indices(3, 4))
    assert sorted(found) == sorted(a for a in itertools.product(range(5), repeat=3) if sum(a) == 4)


def test_partial_derivatives_are_named_by_their_units() -> None:
    assert str(partial((2, 0, 1))) == "F_{1,1,3}"


@pytest.mark.parametrize(("units", "unit", "order"), [(0, 0, 1), (2, 2, 1), (2, -1, 1), (2, 0, -1)])
def test_impossible_requests_are_refused(units: int, unit: int, order: int) -> None:
    with pytest.raises(ValueError, match="expected"):
        derivative_weights(units, unit, order, GAUSSIAN.joint_moment)


def test_enumeration_asks_for_atoms_and_a_positive_scale() -> None:
    F = sympy.Poly(sympy.Symbol("x") ** 2)
    with pytest.raises(ValueError, match="law is gaussian"):
        exact_mean_estimate(F, 0, GAUSSIAN, Q(1, 2))
    with pytest.raises(ValueError, match="scale is 0"):
        exact_mean_estimate(F, 0, RADEMACHER, Q(0))
