"""Rules for single units: Taylor's formula, independence, moments, the triangle inequality."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement

import sympy
from sympy.core.function import AppliedUndef

from theory.proof.constants import c
from theory.proof.relations import Relation, Same, Within
from theory.proof.rules.core import Premises, Rejected, Rule, expect
from theory.proof.unit_moments import need_mean
from theory.proof.units import (
    E,
    bound_of,
    canonical,
    derivative,
    expand_means,
    noise_in,
    parse_derivative,
    parse_remainder,
    raised,
    supremum,
    taylor,
    taylor_bound,
    xi,
)
from theory.results.assumptions import INDEPENDENT, QUADRATIC, SMOOTH, THIRD

_HIGHEST = 4


def _applied(expression: sympy.Expr, premises: Premises) -> sympy.Expr:
    """The expression with the cited equations put in, from left to right, until nothing changes."""
    for known in premises.of(Same):
        if known.below is not None and (_outside_means(known.left) or _outside_means(known.right)):
            raise Rejected(
                f"{_short(known.left)} is known for each noise, not in the mean, up to a power of c"
            )
    equations = {
        known.left: known.right + (0 if known.below is None else sympy.Dummy("O", real=True) * c**known.below)
        for known in premises.of(Same)
    }
    for _ in range(20):
        changed = expression.xreplace(equations)
        if changed == expression:
            return expression
        expression = changed
    raise Rejected("the equations lead round in a circle")


def _outside_means(expression: sympy.Expr) -> frozenset[sympy.Symbol]:
    """The noises that the expression itself depends on."""
    return noise_in(expression.replace(lambda part: part.func == E, lambda part: sympy.Integer(1)))


def _vanishes(difference: sympy.Expr, below: int | None) -> None:
    found = sympy.expand(difference)
    if below is not None:
        low = [term for term in sympy.Add.make_args(found) if not _is_small(term, below)]
        found = sympy.expand(sympy.Add(*low))
    if found != 0:
        raise Rejected(f"the sides differ by {_short(found)}")


def _short(expression: sympy.Expr) -> str:
    written = str(expression)
    return written if len(written) < 300 else f"{written[:300]} …"


def _is_small(term: sympy.Expr, below: int) -> bool:
    """Whether the term is a power of c of that order, or a higher one, times what does not depend on c."""
    power = _power(term)
    if any(call.func.__name__.startswith(_PERTURBED) for call in term.atoms(AppliedUndef)):
        return False  # at a perturbed point, or fitted: it depends on c, and nothing bounds it
    return bool(power >= below) and not sympy.cancel(term / c**power).has(c)


_PERTURBED = ("F_{", "R[", "β̂")


def _power(term: sympy.Expr) -> sympy.Expr:
    """The power of c in a product."""
    return term.as_powers_dict().get(c, sympy.Integer(0))


def _arithmetic(claim: Relation, premises: Premises) -> None:
    found = expect(claim, Same, "equations between numbers")
    _vanishes(_applied(found.left, premises) - _applied(found.right, premises), _order(found, premises))


def _order(claim: Same, premises: Premises) -> int | None:
    """To which order the claim is an equation; no better than what it is taken from."""
    cited = [known.below for known in premises.of(Same) if known.below is not None]
    if cited and (claim.below is None or claim.below > min(cited)):
        raise Rejected(f"the premises hold to below c^{min(cited)} only")
    return claim.below


def _independence(claim: Relation, premises: Premises) -> None:
    found = expect(claim, Same, "equations between numbers")
    premises.need(INDEPENDENT)

    def need(factors: Sequence[sympy.Expr]) -> None:
        need_mean(factors, premises)

    sides = [
        _applied(expand_means(_applied(side, premises), True, need), premises)
        for side in (found.left, found.right)
    ]
    _vanishes(sides[0] - sides[1], _order(found, premises))


def _taylor(claim: Relation, premises: Premises) -> None:
    """One derivative in the noise of one unit, with remainder or its bound."""
    premises.need(THIRD)
    if isinstance(claim, Within):
        _taylor_bound(claim)
        return
    found = expect(claim, Same, "Taylor's formula")
    parsed = parse_derivative(found.left)
    if parsed is None or not parsed[1]:
        raise Rejected(f"{found.left} is no derivative at a perturbed point")
    for unit in parsed[1]:
        for order in range(1, 3 - sum(parsed[0].values()) + 1):
            if sympy.expand(taylor(*parsed, unit, order) - found.right) == 0:
                return
    raise Rejected(f"{found.right} is not Taylor's formula for {found.left}")


def _taylor_bound(claim: Within) -> None:
    parsed = parse_remainder(claim.value)
    if parsed is None or not canonical(claim.value):
        raise Rejected(f"{claim.value} is not a remainder")
    alpha, unit, order = parsed
    if sum(alpha.values()) + order > 3:
        raise Rejected(f"{claim.value} is a remainder of an order that the hypothesis does not bound")
    orders = raised(alpha, unit, order)
    if sum(orders.values()) != 3 or max(orders.values()) == 1:
        raise Rejected(f"the hypothesis bounds M_jkk only, not {supremum(orders)}")
    if sympy.expand(taylor_bound(alpha, unit, order) - claim.bound) != 0:
        raise Rejected(f"Lagrange's bound is {taylor_bound(alpha, unit, order)}")


def _expansion(claim: Relation, premises: Premises) -> None:
    """The mean of the loss difference times noise, with the loss replaced by its Taylor polynomial."""
    found = expect(claim, Same, "equations between numbers")
    exact = QUADRATIC in premises.assumptions
    if not exact:
        premises.need(SMOOTH)
    units = sorted({int(s.name[2:]) for s in found.left.free_symbols if s.name.startswith("ξ_")})
    loss = derivative({}, units)
    degree = 2 if exact else found.below or 0
    if not exact and not 0 < degree <= 4:
        raise Rejected("the claim has to say to which order in c it holds, 4 at most")
    series = derivative({}, ())
    for total in range(1, degree + 1):
        for chosen in combinations_with_replacement(units, total):
            alpha = {unit: chosen.count(unit) for unit in set(chosen)}
            term = derivative(alpha, ())
            for unit, order in alpha.items():
                term *= (c * xi(unit)) ** order / sympy.factorial(order)
            series += term
    mirrored = loss.func(*(-argument for argument in loss.args))
    turned = series.subs({xi(unit): -xi(unit) for unit in units}, simultaneous=True)
    for mean in found.left.atoms(E):
        if not mean.args[0].is_polynomial(loss, mirrored, *map(xi, units)):
            raise Rejected(f"{mean.args[0]} is no polynomial in the loss and the noise")
    if not exact:
        rest = sympy.Function("O")(*map(xi, units)) * c ** (degree + 1)
        series, turned = series + rest, turned + sympy.Function("O₋")(*map(xi, units)) * c ** (degree + 1)
    replaced = found.left.subs({loss: series, mirrored: turned})
    _vanishes(expand_means(replaced, False) - expand_means(found.right, False), found.below)


def _triangle(claim: Relation, premises: Premises) -> None:
    """|sum| <= sum of sizes, |E X| <= E |X|."""
    found = expect(claim, Within, "inequalities")
    if any(known.below is not None for known in premises.of(Same)):
        raise Rejected("an inequality does not follow from what holds up to a power of c")
    bounds = {known.value: known.bound for known in premises.of(Within)}
    inside = found.value
    for known in premises.of(Same):
        if known.below is None and known.left == inside:
            inside = known.right
    bound = bound_of(inside, bounds.get)
    if bound is None:
        raise Rejected(f"nothing bounds every part of {inside}")
    bound = _applied(sympy.expand(bound), premises)
    for mean in bound.atoms(E):
        if not mean.args[0].is_nonnegative:  # a mean of sizes may be infinite, as a bound
            need_mean(sympy.Mul.make_args(mean.args[0]), premises)
    _vanishes(bound - found.bound, None)


ARITHMETIC = Rule("arithmetic", "Put equals for equals, and expand.", _arithmetic)
SEPARATION = Rule(
    "independent units",
    "The mean of a product over independent units is that of the means, where these exist.",
    _independence,
)
TAYLOR = Rule(
    "Taylor with remainder",
    "f(c ξ) = Σ f^(m)(0) (c ξ)^m / m! + R with |R| ≤ sup|f^(r)| |c ξ|^r / r!, in the noise of one unit that "
    "f depends on.",
    _taylor,
    axiom=True,
)
EXPANSION = Rule(
    "Taylor under the mean",
    "E[F(c ξ) ξ^α] is that of the Taylor polynomial of degree m, up to O(c^(m+1)), if F has m + 1 ≤ 5 "
    "derivatives of polynomial growth and the noise all moments; a quadratic F is its own polynomial.",
    _expansion,
    axiom=True,
)
TRIANGLE = Rule("triangle inequality", "|Σ X| ≤ Σ|X| and |E X| ≤ E|X|, which may be infinite.", _triangle)
