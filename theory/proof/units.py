"""The language of single units: numbers instead of matrices, for what has to be seen coordinate by
coordinate.

A claim is an equation or an inequality between expressions (sympy) in the noise ξ_1, ξ_2, .. of single
units, the partial derivatives of the loss, at rest or at perturbed points, and means E(..). Unit 1
stands for the unit in question, the others for all the others: a proof for so many units is one for any
number where each step treats the others alike, which every proof says of itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

import sympy
from sympy.core.function import AppliedUndef

from theory.proof.constants import c

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


def parse_remainder(expression: sympy.Expr) -> tuple[dict[int, int], int, int] | None:
    """The orders, the unit and the order of a remainder; None for anything else."""
    name = expression.func.__name__ if isinstance(expression, AppliedUndef) else ""
    found = _REMAINDER.fullmatch(name)
    alpha = orders_of(sympy.Symbol(found[1])) if found else None
    return None if found is None or alpha is None else (alpha, int(found[2]), int(found[3]))


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


_UNIT = r"[1-9]\d?"
_LIST = rf"(?:{_UNIT}(?:,{_UNIT})*)?"
_REMAINDER = re.compile(rf"R\[(F_\{{{_LIST}\}});({_UNIT})\^([1-9])\]")


def canonical(number: sympy.Expr) -> bool:
    """Whether it is the noise of a unit, a derivative of the loss or the largest size of one, or a remainder,
    written as this module writes it: of real units, in order, a remainder in the noise of one that it
    depends on.
    """
    if isinstance(number, AppliedUndef):
        return _is_derivative_or_remainder(number)
    name = number.name
    if name.startswith("ξ_"):
        return bool(re.fullmatch(_UNIT, name[2:])) and number == xi(int(name[2:]))
    if name.startswith("M_{") and re.fullmatch(rf"M_\{{{_LIST}\}}", name):
        alpha = orders_of(sympy.Symbol("F" + name[1:]))
        return bool(alpha) and number == supremum(alpha or {})
    return _is_at_rest(number)


def _is_at_rest(number: sympy.Symbol) -> bool:
    return bool(re.fullmatch(rf"F_\{{{_LIST}\}}", number.name)) and number == derivative(
        orders_of(number) or {}, ()
    )


def _is_derivative_or_remainder(call: AppliedUndef) -> bool:
    units = [_unit_of(argument) for argument in call.args]
    noisy = [unit for unit in units if unit is not None]
    if noisy != units or noisy != sorted(set(noisy)):
        return False
    name = call.func.__name__
    if (parsed := parse_remainder(call)) is None:
        inside = orders_of(call) if re.fullmatch(rf"F_\{{{_LIST}\}}", name) else None
        return inside is not None and call.func == derivative(inside, noisy).func
    alpha, unit, order = parsed
    return unit in noisy and call == remainder(alpha, noisy, unit, order)


def _unit_of(argument: sympy.Expr) -> int | None:
    """The unit of a noise, or of minus a noise."""
    found = -argument if argument.could_extract_minus_sign() else argument
    return (
        int(found.name[2:])
        if type(found) is sympy.Symbol and found.name.startswith("ξ_") and canonical(found)
        else None
    )


def noise_in(expression: sympy.Expr) -> frozenset[sympy.Symbol]:
    """The noises that the expression depends on."""
    return frozenset(s for s in expression.free_symbols if s.name.startswith("ξ_"))


def expand_means(
    expression: sympy.Expr,
    independent: bool,
    need: Callable[[Sequence[sympy.Expr]], None] = lambda factors: None,
) -> sympy.Expr:
    """Every E(..) as a sum of numbers times means of products; of independent factors each its own mean, of
    which ``need`` may ask that it exists.
    """

    def mean(argument: sympy.Expr) -> sympy.Expr:
        total = sympy.Integer(0)
        for term in sympy.Add.make_args(sympy.expand(argument)):
            outside, inside = sympy.Integer(1), []
            for factor in sympy.Mul.make_args(term):
                if noise_in(factor):
                    inside.append(factor)
                else:
                    outside *= factor
            groups = _groups(inside) if independent else [inside]
            for group in groups:
                if len(groups) > 1:
                    need(group)
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
