"""What refutes the printed claims: a function each, exact, of what the claim says is zero and is not.

The first line of its description is shown to readers, with formulas in dollars, and the value behind it.
Where a statement of `theory` has the counterexample, it is taken from there.
"""

from __future__ import annotations

import sympy

from theory.exact.noise_laws import symbolic_law
from theory.results import baseline, expansion, ridge, theorem_1

_c = expansion.c


def cross_terms() -> sympy.Expr:
    r"""what the printed series of $\mathbb{E}\hat\lambda_1$ leaves out below $c^3$, of two units"""
    return expansion.dropped_terms(2, 0, 2, symbolic_law())


def noise_of_variance_4() -> sympy.Matrix:
    r"""$\lim\operatorname{plim}\hat B-W$ for noise of variance 4, one hidden layer, linear, $W=(3,-1)$"""
    weights = sympy.Matrix([[3, -1]])
    return theorem_1.limit_a(weights, 4 * sympy.eye(2)) - weights


def data_without_common_scale() -> sympy.Expr:
    r"""$\lim\operatorname{plim}\hat B-W$, $W=1$, for data whose remainders vanish one by one, not together"""
    return theorem_1.limit_b_at_zero() - 1


def errors_without_second_moment() -> sympy.Expr:
    r"""the variance of $\hat B/W$ for $T\to\infty$, at every $c$, where $P(|e|>t)=t^{-3/2}$"""
    return theorem_1.variance_c_limit()


def infinite_mean() -> sympy.Expr:
    r"""the integrand of $\mathbb{E}\hat\lambda$ far out, for $F(z)=z\,e^{z^4}$ and Gaussian noise

    It does not tend to 0, so the mean is infinite at every c.
    """
    x, c = sympy.symbols("x c", positive=True)
    loss = c * x * sympy.exp((c * x) ** 4)
    return sympy.limit(loss * x / c * sympy.exp(-(x**2) / 2), x, sympy.oo)


def printed_bound() -> sympy.Expr:
    r"""the limit of the terms of the sum in (11), for tanh at 0 and any $c$

    The term of an odd m is at least (2/c^2) (c sqrt(m+1)/R)^(m+1), R = pi/2: see
    `theory.counterexamples.printed_remainder`.
    """
    m, c = sympy.symbols("m c", positive=True)
    return sympy.limit(2 / c**2 * (2 * c * sympy.sqrt(m + 1) / sympy.pi) ** (m + 1), m, sympy.oo)


def negative_bound() -> sympy.Expr:
    r"""the right side of the first inequality in (11) for $F=-z^2$, whose left side is 0"""
    x, c = sympy.Symbol("x", positive=True), sympy.Symbol("c", positive=True)
    density = sympy.exp(-(x**2) / 2) / sympy.sqrt(2 * sympy.pi)
    return -c * sympy.integrate(2 * x**3 * density, (x, 0, sympy.oo))


def growth_of_moments() -> sympy.Expr:
    r"""$\log(\mathbb{E}|\xi|^p/p^{p/2})/p$ for $p\to\infty$, where $\xi$ is 0 three times of four

    Else it is N(0, 4). Positive: no constant K in front of sqrt(p)^p bounds the moments of this
    sub-Gaussian noise of variance 1.
    """
    k = sympy.Symbol("k", positive=True)  # p = 2 k
    moment = 2 ** (2 * k) * 2**k * sympy.gamma(k + sympy.Rational(1, 2)) / sympy.sqrt(sympy.pi) / 4
    return sympy.limit(sympy.log(moment / (2 * k) ** k) / (2 * k), k, sympy.oo)


def softmax_slopes() -> sympy.Expr:
    r"""$\partial\hat y_1/\partial a_2$ of a softmax of two outputs"""
    a = sympy.symbols("a_1 a_2", real=True)
    share = sympy.exp(a[0]) / (sympy.exp(a[0]) + sympy.exp(a[1]))
    return sympy.simplify(sympy.diff(share, a[1]))


def two_targets() -> sympy.Expr:
    r"""the difference of the gradients at one hidden activity $h$ for targets $y$ and $y'$, squared error"""
    w, h, y, other = sympy.symbols("w h y y'", real=True)
    gradient = sympy.diff((w * h - y) ** 2 / 2, h)
    return sympy.expand(gradient - gradient.subs(y, other))


def rise_of_the_loss() -> sympy.Expr:
    r"""the slope of the loss along the printed step, one weight $w$: it climbs"""
    w, h, y, eta = sympy.symbols("w h y eta", real=True)
    error = w * h - y
    loss = ((w + eta * error * h) * h - y) ** 2 / 2
    return sympy.factor(sympy.diff(loss, eta).subs(eta, 0))


def bias_at_fixed_noise() -> sympy.Expr:
    r"""$\operatorname{plim}\hat B-W$ at the scale $c$: linear 1-1-1, $W=x=1$, quartic loss, signs

    The error is 1, so the fit is the mean of the estimate: ((1 + c)^4 - (1 - c)^4) / (8 c).
    """
    return sympy.expand(((1 + _c) ** 4 - (1 - _c) ** 4) / (8 * _c)) - 1


def mean_without_baseline() -> sympy.Expr:
    r"""what leaving the baseline out adds to the mean, for noise of mean $m_1$ and a loss $f$"""
    return baseline.excess(1, 0, 1, lambda powers: sympy.Symbol(f"m_{powers[0]}"))


def rank_missing_in_a_sample() -> sympy.Integer:
    r"""the rank that $ee^{\top}$ of one sample lacks, of three units"""
    error = sympy.Matrix(sympy.symbols("e_1:4", positive=True))
    return sympy.Integer(3 - (error * error.T).rank(simplify=True))


def shrinkage() -> sympy.Expr:
    r"""what $\gamma$ inside the mean adds to $W$ along an eigenvector, relatively"""
    return sympy.cancel(ridge.shrinkage()[0] - 1)


def transpose_left_out() -> sympy.Matrix:
    r"""$Be-B^{\top}e$ for two units above and two below, where both can be written"""
    feedback, error = _square("b"), sympy.Matrix(sympy.symbols("e_1 e_2"))
    return feedback * error - feedback.T * error


def other_order() -> sympy.Matrix:
    r"""the ascending product less the descending one, $VW-WV$, all layers of two units"""
    lower, upper = _square("v"), _square("w")
    return (lower * upper - upper * lower).expand()


def _square(name: str) -> sympy.Matrix:
    return sympy.Matrix(2, 2, sympy.symbols(f"{name}_11 {name}_12 {name}_21 {name}_22"))
