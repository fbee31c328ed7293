r"""Three networks that satisfy A1 to A4 as printed, and whose feedback does not converge to W. Exact values.

(a) The noise has second moments M instead of the identity. With one hidden layer B^T -> M W^T. That is
    outside the theorem where c is read as the standard deviation (section 2.2), so that Var xi = 1.

(b) The data have no common scale. One input, hidden and output unit each, x = 1, W^1 = W^2 = 1, y = k with
    probability (6 / pi^2) / k^2, loss u + sin(k u)^3 for u = yhat - 1. The error is e = 1 for every datum, so
    the fit is E lambda_hat = 1 + (6 / pi^2) sum_k E[xi sin(k c xi)^3] / (k^2 c). At each k the remainder
    vanishes with c, but their sum does not: it tends to (6 / pi^2) times the integral of sin(v)^3 / v^2 over
    v > 0, for every noise law of variance 1. The noise may be N(0, 1), the loss is entire in yhat, its mean
    is finite at all weights, and the mean of remainder times error is bounded in c: nothing is left to
    object.

(c) The error has no second moment. One unit per layer, linear, x = W^1 = 1, loss y yhat, P(y > t) = t^(-3/2)
    for t >= 1. The mean of the loss, 3 yhat, is finite at all weights, e = y, and the loss is linear in the
    perturbation: at every c the fit is B / W = sum_t e_t^2 xi_t^2 / sum_t e_t^2, a mean of xi^2 with weights
    of which the largest never becomes negligible. Given the errors its mean is 1 and its variance is
    (kappa_4 - 1) sum e^4 / (sum e^2)^2. Write 1 / S^2 as the integral of s exp(-s S) over s > 0. With
    P(e^2 > t) = t^(-a), a = 3/4,

        phi(s) = E exp(-s e^2) = a E_{1+a}(s),    E e^4 exp(-s e^2) = a s^(a-2) Gamma(2-a, s),
        Var(B / W) = (kappa_4 - 1) T int_0^inf s E[e^4 exp(-s e^2)] phi(s)^{T-1} ds,

    E_{1+a} the exponential integral. With s = r^(1/a) this is the integral of Gamma(2-a, r^(1/a))
    phi^{T-1} over r, and phi = 1 - Gamma(1-a) r + ..: for T -> infinity it tends to Gamma(2-a)/Gamma(1-a) =
    1 - a, with a correction of relative size T^(1 - 1/a).
"""

from __future__ import annotations

from math import ceil, log, sqrt

import flint
import mpmath
import sympy

TAIL = sympy.Rational(3, 4)
"""(c): P(e^2 > t) = t^-TAIL."""

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
    """(c): the exact variance of B / W after T = ``samples`` samples, at every c, for noise with E xi^4 as
    given.

    Raises ``ArithmeticError`` if the quadrature does not reach ``digits`` digits.
    """
    if samples < 1 or samples != int(samples):
        raise ValueError(f"samples is {samples}; expected a whole number, 1 or more.")
    with mpmath.workdps(digits + 10):
        tail = mpmath.mpf(TAIL.p) / TAIL.q

        def integrand(v: mpmath.mpf) -> mpmath.mpf:  # s = v^4, r = v^3: a power series at 0
            s = v**4
            smooth = mpmath.gammainc(2 - tail, s)
            if samples > 1:
                smooth *= (tail * mpmath.expint(1 + tail, s)) ** (samples - 1)
            return smooth * 3 * v**2

        # The mass lies at r = v^3 of order 1 / T; phi <= exp(-s), for e^2 >= 1, bounds what is left out.
        scale = mpmath.cbrt(mpmath.mpf(1) / samples)
        end = (2.4 * mpmath.mpf(digits + 10) / samples) ** 0.25
        ends = [0, *(scale * k for k in (0.5, 1, 2, 4) if scale * k < end), end]
        mass, error = mpmath.quad(integrand, ends, error=True, method="gauss-legendre")
        variance, error = ((fourth_moment - 1) * samples * value for value in (mass, error))
        if error > mpmath.mpf(10) ** -digits:
            raise ArithmeticError(f"the variance for {samples} samples is only known to {error}.")
    return variance


def variance_c_limit() -> sympy.Expr:
    """(c): the variance for T -> infinity and Gaussian noise: 2 (1 - 3/4) = 1/2, not 0.

    The integrand tends to Gamma(2-a) exp(-Gamma(1-a) r T), where Gamma(1-a) is minus the slope of phi in r =
    s^a at 0: of a times the integral of (1 - exp(-t)) t^(-a-1), by parts.
    """
    t = sympy.Symbol("t", positive=True)
    height = sympy.integrate(t ** (1 - TAIL) * sympy.exp(-t), (t, 0, sympy.oo))
    slope = sympy.integrate(t**-TAIL * sympy.exp(-t), (t, 0, sympy.oo))
    return sympy.gammasimp(2 * height / slope)


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
