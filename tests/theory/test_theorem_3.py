"""Synthetic errors are polynomials in the feedback, with one sample's data as coefficients."""

from __future__ import annotations

from math import prod

import pytest
import sympy
from sympy import Matrix

from theory.results.theorem_3 import error_polynomials, error_signal

WIDTHS = [2, 3, 2, 2]


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_each_path_to_the_output_is_one_monomial_linear_in_every_matrix(layer: int) -> None:
    paths = prod(WIDTHS[layer:])
    matrices_above = len(WIDTHS) - layer
    for polynomial in error_polynomials(WIDTHS, layer):
        assert len(polynomial.terms()) == paths
        for powers, _ in polynomial.terms():
            used = [
                str(entry).split("_")[0]
                for entry, power in zip(polynomial.gens, powers, strict=True)
                if power
            ]
            assert set(powers) <= {0, 1}
            assert len(used) == len(set(used)) == matrices_above


def test_the_coefficients_are_functions_of_the_datum_alone() -> None:
    for polynomial in error_polynomials(WIDTHS, 1):
        for coefficient in polynomial.coeffs():
            assert all(str(symbol)[0] in "de" for symbol in sympy.sympify(coefficient).free_symbols)


def test_the_coefficient_of_a_path_is_its_slopes_times_the_output_error() -> None:
    polynomial = error_polynomials([1, 1, 1], 1)[0]
    assert polynomial.as_expr() == prod(
        map(sympy.Symbol, ["d^1_1", "d^2_1", "e_1", "B^2_{1,1}", "B^3_{1,1}"])
    )


def test_feedback_equal_to_the_weights_gives_the_true_errors() -> None:
    synthetic, true = error_signal(WIDTHS), error_signal(WIDTHS, "W")
    swap = {
        s: sympy.Symbol(s.name.replace("B", "W"))
        for e in synthetic
        for s in e.free_symbols
        if s.name[0] == "B"
    }
    assert tuple(signal.subs(swap) for signal in synthetic) == true
    assert synthetic[-1] == true[-1]


def test_the_errors_are_those_of_backpropagation() -> None:
    """With a^{i+1} = W^{i+1} (d^i * a^i), the network linearised, e^1 is the slope of e . a^{N+1} in a^1."""
    widths = [2, 2, 3]
    signals = error_signal(widths, "W")
    a = Matrix(sympy.symbols("a_1:3"))
    change = a
    for layer in (1, 2):
        slopes = Matrix(sympy.symbols(f"d^{layer}_1:3"))
        weights = Matrix(
            widths[layer], 2, lambda j, k, layer=layer: sympy.Symbol(f"W^{layer + 1}_{{{j + 1},{k + 1}}}")
        )
        change = weights * slopes.multiply_elementwise(change)
    output = (signals[-1].T * change)[0]
    assert sympy.expand(signals[0] - Matrix([sympy.diff(output, entry) for entry in a])) == sympy.zeros(2, 1)


def test_a_network_needs_a_hidden_layer() -> None:
    with pytest.raises(ValueError, match="at least one hidden layer"):
        error_signal([3])
