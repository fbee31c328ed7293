r"""Three networks that satisfy A1 to A4 as printed, and whose feedback does not converge to W. Exact values.

(a) The noise has second moments M instead of the identity. With one hidden layer B^T -> M W^T.

(b) The data have no common scale. One input, hidden and output unit each, x = 1, W^1 = W^2 = 1, y = k with
    probability (6 / pi^2) / k^2, loss u + sin(k u)^3 for u = yhat - 1. The error is e = 1 for every datum, so
    the fit is E lambda_hat = 1 + (6 / pi^2) sum_k E[xi sin(k c xi)^3] / (k^2 c). At each k the remainder
    vanishes with c, but their sum does not: it tends to (6 / pi^2) times the integral of sin(v)^3 / v^2 over
    v > 0, for every noise law of variance 1.

(c) The error has no second moment. One unit per layer, linear, x = 0, loss (yhat - y)^2 / 2, y standard
    Cauchy. For c -> 0 the fit is B / W = sum_t e_t^2 xi_t^2 / sum_t e_t^2, a mean of xi^2 with weights of
    which the largest never becomes negligible. Given the errors its mean is 1 and its variance is
    (kappa_4 - 1) sum e^4 / (sum e^2)^2. Write 1 / S^2 as the integral of s exp(-s S) over s > 0, and let
    phi(s) = E exp(-s e^2) = exp(s) erfc(sqrt(s)), so that E e^4 exp(-s e^2) = phi''(s):

        Var(B / W) = (kappa_4 - 1) T int_0^inf s phi''(s) phi(s)^{T-1} ds.

    With s = u^2 the integrand is g(u) phi(u^2)^{T-1} du, g(u) = 2 u^3 phi''(u^2).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import ceil, log, sqrt

import flint
import mpmath
import sympy

_MOST_TERMS = 1_000_000


def limit_a(weights: sympy.Matrix, second_moment: sympy.Matrix) -> sympy.Matrix:
    """(a): the limit B = W M^T, one hidden layer, W (p x n_1), noise with E[xi xi^T] = M (n_1 x n_1)."""
    return weights * second_moment.T


def limit_b(scale: str | float | flint.fmpq | flint.arb, law: str = "gaussian", bits: int = 128) -> flint.arb:
    """(b): plim B at noise scale c > 0, as a ball that contains it, for ``gaussian`` or ``rademacher`` noise.

    Gaussian: E[xi sin(a xi)] = a exp(-a^2 / 2) turns the sum into (9 / (2 pi^2)) sum_k (exp(-k^2 c^2 / 2) -
    exp(-9 k^2 c^2 / 2)) / k, summed over about 13 / c terms; the ball includes the tail. Rademacher:
    1 + (6 / pi^2) (3 Cl(c) - Cl(3 c)) / (4 c) with Clausen's Cl(t) = sum_k sin(k t) / k^2, at any c.
    """
    with flint.ctx.workprec(bits):
        c = flint.arb(scale)
        if not (c > 0 and c.is_finite()):
            raise ValueError(f"scale is {scale}; expected a finite number greater than 0.")
        if law == "gaussian":
            return _gaussian_limit_b(c, bits)
        if law == "rademacher":
            return 1 + 6 * (3 * _clausen(c) - _clausen(3 * c)) / (4 * c * flint.arb.pi() ** 2)
    raise ValueError(f"law is {law!r}; expected 'gaussian' or 'rademacher'.")


def limit_b_at_zero() -> sympy.Expr:
    """(b): the limit for c -> 0, 1 + 9 ln 3 / (2 pi^2), not 1.

    c times the terms sample a function at the points k c, so the sum tends to the integral over u > 0 of
    (exp(-u^2 / 2) - exp(-9 u^2 / 2)) / u, the integral of (u / 2) exp(-s u^2 / 2) over u > 0 and 1 < s < 9.
    """
    u, s = sympy.symbols("u s", positive=True)
    over_u = sympy.integrate(u / 2 * sympy.exp(-s * u**2 / 2), (u, 0, sympy.oo))
    return 1 + 9 / (2 * sympy.pi**2) * sympy.expand_log(sympy.integrate(over_u, (s, 1, 9)), force=True)


def variance_c(samples: int, fourth_moment: float = 3, digits: int = 15) -> mpmath.mpf:
    """(c): the exact variance of B / W after T = ``samples`` samples, c -> 0, for noise with E xi^4 as given.

    Raises ``ArithmeticError`` if the quadrature does not reach ``digits`` digits.
    """
    if samples < 1 or samples != int(samples):
        raise ValueError(f"samples is {samples}; expected a whole number, 1 or more.")
    phi, g = _laplace_transform(), _density()
    with mpmath.workdps(2 * digits + 30):  # g loses digits to cancellation where u is large

        def integrand(w: mpmath.mpf) -> mpmath.mpf:  # u = w / (1 - w) maps the half line to [0, 1)
            u = w / (1 - w)
            return g(u) * phi(u) ** (samples - 1) / (1 - w) ** 2

        # The mass lies at u of order 1 / T.
        steps = [mpmath.mpf(4) ** k / samples for k in range(-1, 40) if 2 * 4**k < samples]
        mass, error = mpmath.quad(
            integrand, [0, *steps, mpmath.mpf(3) / 4, 1], error=True, method="gauss-legendre"
        )
        variance, error = ((fourth_moment - 1) * samples * value for value in (mass, error))
        if error > mpmath.mpf(10) ** -digits:
            raise ArithmeticError(f"the variance for {samples} samples is only known to {error}.")
    return variance


def variance_c_limit() -> sympy.Expr:
    """(c): the variance for T -> infinity and Gaussian noise: 1, not 0.

    With u = v / T the integrand tends to g(0) (1 + v phi'/T)^T -> g(0) exp(phi' v), phi' the slope of u ->
    phi(u^2) at 0.
    """
    u, v = sympy.symbols("u v", positive=True)
    phi, g = _symbolic_phi(u), _symbolic_density(u)
    slope = sympy.limit(sympy.diff(phi, u), u, 0)
    return sympy.simplify(2 * sympy.integrate(sympy.limit(g, u, 0) * sympy.exp(slope * v), (v, 0, sympy.oo)))


def _gaussian_limit_b(c: flint.arb, bits: int) -> flint.arb:
    terms = ceil(sqrt(2 * bits * log(2)) / float(c.lower()))
    if terms > _MOST_TERMS:
        raise ValueError(
            f"scale is {c.str(5, radius=False)}: the series would need {terms} terms, expected at most "
            f"{_MOST_TERMS}; limit_b_at_zero() is the limit for c to 0."
        )
    half = c * c / 2
    total = flint.arb(0)
    for k in range(1, terms + 1):
        total += ((-half * k * k).exp() - (-9 * half * k * k).exp()) / k
    # Terms are positive and below exp(-k^2 c^2 / 2) / k: their tail is below exp(-K^2 c^2 / 2) / (K c)^2.
    tail = (-half * terms * terms).exp() / (c * terms) ** 2
    total += flint.arb(tail.upper() / 2, tail.upper() / 2)
    return 1 + 9 * total / (2 * flint.arb.pi() ** 2)


def _clausen(angle: flint.arb) -> flint.arb:
    """Clausen's function, the imaginary part of the dilogarithm on the unit circle."""
    return flint.acb(0, angle).exp().polylog(2).imag


def _symbolic_phi(u: sympy.Symbol) -> sympy.Expr:
    """E exp(-u^2 e^2) for a standard Cauchy e, integrated."""
    x, s = sympy.Symbol("x", real=True), sympy.Symbol("s", positive=True)
    phi = sympy.integrate(sympy.exp(-s * x**2) / (sympy.pi * (1 + x**2)), (x, -sympy.oo, sympy.oo))
    return phi.subs(s, u**2)


def _symbolic_density(u: sympy.Symbol) -> sympy.Expr:
    """g(u) = 2 u^3 phi''(u^2); with f(u) = phi(u^2), phi'(u^2) = f'(u) / (2 u), and once more for phi''."""
    first = sympy.diff(_symbolic_phi(u), u) / (2 * u)
    return sympy.simplify(2 * u**3 * sympy.diff(first, u) / (2 * u))


@cache
def _laplace_transform() -> Callable[[mpmath.mpf], mpmath.mpf]:
    u = sympy.Symbol("u", positive=True)
    return _callable(u, _symbolic_phi(u))


@cache
def _density() -> Callable[[mpmath.mpf], mpmath.mpf]:
    u = sympy.Symbol("u", positive=True)
    return _callable(u, _symbolic_density(u))


def _callable(variable: sympy.Symbol, expression: sympy.Expr) -> Callable[[mpmath.mpf], mpmath.mpf]:
    function: Callable[[mpmath.mpf], mpmath.mpf] = sympy.lambdify(variable, expression, "mpmath")
    return function
