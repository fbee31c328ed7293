"""Bounds on derivatives, exactly: all derivatives of tanh and sigmoid are polynomials in the value itself.

With t = tanh(s) one has t' = 1 - t^2, and t' = t - t^2 for the sigmoid. So every derivative of a polynomial
in t is a polynomial in t again, and its largest size on an interval is found among the end points and the
roots of its derivative. The roots are isolated as balls: the result is an upper bound, as sharp as the
precision.
"""

from __future__ import annotations

from typing import Any

import sympy
from flint import arb, fmpq_poly

SLOPES = {
    "identity": fmpq_poly([1]),
    "tanh": fmpq_poly([1, 0, -1]),
    "sigmoid": fmpq_poly([0, 1, -1]),
}
"""t' as a polynomial in t."""

RANGES = {"tanh": (-1, 1), "sigmoid": (0, 1)}
"""Between what t lies, whatever s is."""


def derivative(polynomial: fmpq_poly, activation: str, order: int = 1) -> fmpq_poly:
    """d^order p(t(s)) / ds^order as a polynomial in t, for t the activation of s."""
    for _ in range(order):
        polynomial = polynomial.derivative() * SLOPES[activation]
    return polynomial


def supremum(polynomial: fmpq_poly, low: arb, high: arb) -> arb:
    """A ball around max |p(t)| for low <= t <= high; its upper end is an upper bound."""
    points = [low, high]
    if polynomial.degree() > 1:
        found: Any = polynomial.derivative().complex_roots()  # pairs of a root and its multiplicity
        for root, _ in found:
            if root.imag.contains(0) and not (root.real < low or root.real > high):
                points.append(root.real)
    return _largest([abs(evaluate(polynomial, point)) for point in points])


def evaluate(polynomial: fmpq_poly, point: arb) -> arb:
    """p at a ball."""
    value = arb(0)
    for coefficient in reversed(polynomial.coeffs()):
        value = value * point + arb(coefficient)
    return value


def exact_supremum(activation: str, order: int) -> sympy.Expr:
    """The largest |t^(order)| of tanh or sigmoid over all arguments, as an exact number."""
    t = sympy.Symbol("t", real=True)
    coefficients = derivative(fmpq_poly([0, 1]), activation, order).coeffs()
    polynomial = sympy.Poly([sympy.Rational(int(v.p), int(v.q)) for v in reversed(coefficients)], t)
    low, high = RANGES[activation]
    inside = [root for root in sympy.real_roots(polynomial.diff(t)) if low <= root <= high]
    return max(sympy.radsimp(abs(polynomial.eval(point))) for point in (low, high, *inside))


def _largest(values: list[arb]) -> arb:
    result = values[0]
    for value in values[1:]:
        result = result.max(value)
    return result
