"""The language of single units: numbers instead of matrices, for what has to be seen coordinate by
coordinate.

A claim is an equation or an inequality between expressions (sympy) in the noise ξ_1, ξ_2, .. of single
units, the partial derivatives of the loss, at rest or at perturbed points, and means E(..). Unit 1
stands for the unit in question, the others for all the others: a proof for so many units is one for any
number where each step treats the others alike, which every proof says of itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import sympy
from sympy.core.function import AppliedUndef

from theory.proof.terms import c

E = sympy.Function("E")
"""The mean over the noise, given the datum."""

HIGHEST_MOMENT = 8


def xi(unit: int) -> sympy.Symbol:
    """The noise of a unit, counted from 1."""
    return sympy.Symbol(f"ξ_{unit}", real=True)


def gradient_entry(unit: int) -> sympy.Expr:
    """g_unit, the first derivative at rest."""
    return derivative({unit: 1}, ())


def kappa(order: int) -> sympy.Symbol:
    """κ_order = E ξ^order."""
    return sympy.Symbol(f"κ_{order}", real=True)


def derivative(alpha: dict[int, int], noisy: Iterable[int]) -> sympy.Expr:
    """The partial derivative of order ``alpha`` (unit to order) of the loss, where the
    ``noisy`` units have the perturbation c ξ and the others none. All orders 0: the loss
    itself.
    """
    name = "F_{" + ",".join(str(unit) for unit, order in sorted(alpha.items()) for _ in range(order)) + "}"
    arguments = [xi(unit) for unit in sorted(noisy)]
    return sympy.Function(name, real=True)(*arguments) if arguments else sympy.Symbol(name, real=True)


def remainder(alpha: dict[int, int], noisy: Iterable[int], unit: int, order: int) -> sympy.Expr:
    """What Taylor's formula to below ``order`` in the noise of ``unit`` leaves of that derivative."""
    inside = derivative(alpha, noisy)
    name = f"R[{inside.func.__name__};{unit}^{order}]"
    return sympy.Function(name, real=True)(*inside.args)


def supremum(alpha: dict[int, int]) -> sympy.Symbol:
    """The largest size of a derivative over all points the noise can reach."""
    units = ",".join(str(unit) for unit, order in sorted(alpha.items()) for _ in range(order))
    return sympy.Symbol(f"M_{{{units}}}", nonnegative=True)


def orders_of(expression: sympy.Expr) -> dict[int, int] | None:
    """The orders of a derivative, wherever it is taken; None for anything else."""
    applied = isinstance(expression, AppliedUndef)
    name = expression.func.__name__ if applied else getattr(expression, "name", "")
    if not (name.startswith("F_{") and name.endswith("}")):
        return None
    alpha: dict[int, int] = {}
    for unit in name[3:-1].split(","):
        if unit:
            alpha[int(unit)] = alpha.get(int(unit), 0) + 1
    return alpha


def parse_derivative(expression: sympy.Expr) -> tuple[dict[int, int], tuple[int, ...]] | None:
    """The orders and the noisy units of a derivative at c ξ; None for anything else, one at -c ξ included."""
    alpha = orders_of(expression)
    arguments = expression.args if isinstance(expression, AppliedUndef) else ()
    if alpha is None or not all(argument.is_Symbol for argument in arguments):
        return None
    return alpha, tuple(int(argument.name[2:]) for argument in arguments)


def raised(alpha: dict[int, int], unit: int, by: int) -> dict[int, int]:
    """The orders with ``by`` more in one unit."""
    found = {**alpha, unit: alpha.get(unit, 0) + by}
    return {key: order for key, order in found.items() if order}


def taylor(alpha: dict[int, int], noisy: Sequence[int], unit: int, order: int) -> sympy.Expr:
    """Taylor's formula for a derivative in the noise of one of its noisy units, with its remainder."""
    rest = [k for k in noisy if k != unit]
    total = remainder(alpha, noisy, unit, order)
    for power in range(order):
        total += (
            (c * xi(unit)) ** power / sympy.factorial(power) * derivative(raised(alpha, unit, power), rest)
        )
    return total


def taylor_bound(alpha: dict[int, int], unit: int, order: int) -> sympy.Expr:
    """Lagrange's bound of that remainder."""
    return supremum(raised(alpha, unit, order)) * (c * sympy.Abs(xi(unit))) ** order / sympy.factorial(order)


_KINDS = (
    (("F_{", "R[", "ξ_", "κ_"), {"real": True}),
    (("M_{", "|", "‖", "K", "q", "μ", "δ", "β"), {"nonnegative": True}),
    (("c", "T", "γ"), {"positive": True}),
    (("i",), {"integer": True}),
    (("N", "n"), {"integer": True, "positive": True}),
)
"""How the names of numbers start, and what is assumed of these."""


def is_known_number(number: sympy.Expr) -> bool:
    """Whether a symbol or a function is what its name says: a proof does not choose its sign."""
    called = isinstance(number, AppliedUndef)
    name = number.func.__name__ if called else number.name
    kind = next((kind for starts, kind in _KINDS if name.startswith(starts)), None)
    if called:
        return number.func in (E, sympy.Function(name, **(kind or {}))) and (kind is not None or name == "E")
    return kind is not None and number == sympy.Symbol(name, **kind)


def noise_in(expression: sympy.Expr) -> frozenset[sympy.Symbol]:
    """The noises that the expression depends on."""
    return frozenset(s for s in expression.free_symbols if s.name.startswith("ξ_"))


def expand_means(expression: sympy.Expr, independent: bool) -> sympy.Expr:
    """Every E(..) as a sum of numbers times means of products; of independent factors each its own mean."""

    def mean(argument: sympy.Expr) -> sympy.Expr:
        total = sympy.Integer(0)
        for term in sympy.Add.make_args(sympy.expand(argument)):
            outside, inside = sympy.Integer(1), []
            for factor in sympy.Mul.make_args(term):
                if noise_in(factor):
                    inside.append(factor)
                else:
                    outside *= factor
            for group in _groups(inside) if independent else [inside]:
                outside *= E(sympy.Mul(*group)) if group else 1
            total += outside
        return total

    return sympy.expand(expression.replace(lambda e: e.func == E, lambda e: mean(e.args[0])))


def _groups(factors: Sequence[sympy.Expr]) -> list[list[sympy.Expr]]:
    """Factors that share noise, together."""
    groups: list[tuple[frozenset[sympy.Symbol], list[sympy.Expr]]] = []
    for factor in factors:
        noise, members = noise_in(factor), [factor]
        kept = []
        for other, others in groups:
            if other & noise:
                noise, members = noise | other, others + members
            else:
                kept.append((other, others))
        groups = [*kept, (noise, members)]
    return [members for _, members in groups]


def bound_of(expression: sympy.Expr, known: Callable[[sympy.Expr], sympy.Expr | None]) -> sympy.Expr | None:
    """A bound of |expression| by the triangle inequality: term by term, |E X| <= E |X|,
    from ``known`` bounds.
    """
    total = sympy.Integer(0)
    for term in sympy.Add.make_args(sympy.expand(expression)):
        direct = known(term)
        if direct is not None:
            total += direct
            continue
        size = sympy.Integer(1)
        for factor in sympy.Mul.make_args(term):
            if factor.func == E:
                inside = bound_of(factor.args[0], known)
                if inside is None:
                    return None
                size *= expand_means(E(inside), independent=False)
            elif (found := known(factor)) is not None:
                size *= found
            elif isinstance(factor, AppliedUndef):
                return None
            else:
                size *= sympy.Abs(factor)
        total += size
    return total
