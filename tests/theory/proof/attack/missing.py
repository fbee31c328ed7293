"""Equations between means that need not exist: such a mean is some number, linear like the others.

Beside the mean over the typical rows it has a part at one row with a large error and a large noise, which a
mean that the hypotheses grant does not have. E of E[. | x, y] has it for what it averages, not for what is
inside; so the tower property and independence fail where no premise says that a mean exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint

from tests.theory.proof.attack.falsity import EXACT, apart, has_limit, infinite, layers_of, terms_of
from tests.theory.proof.attack.kinds import Setting
from tests.theory.proof.attack.worlds import BITS, NoValue, Place, World, largest, log2
from theory.proof.relations import Equal, FirstOrder, Invertible, Relation
from theory.proof.terms import (
    Applied,
    Identity,
    Inverse,
    Product,
    PseudoInverse,
    Scaled,
    Sum,
    Symbol,
    Term,
    Transpose,
    Zero,
    deep,
)

_BESIDE = -40.0
"""log2 of a difference that counts, beside the largest part of a mean that need not exist."""

_KNOWN = frozenset({"ξ", "g", "e", "λ", "λ̂", "λ̂⁰", "p", "g̃", "s", "ẽᶠ", "W", "A", "P", "D", "a", "w", "ΔL/c"})
"""Symbols that no mean defines."""


def without_means(claim: Relation, settings: Sequence[Setting], base: bool = False) -> str:
    """The world in which an equation fails because a mean in it need not exist."""
    if has_limit(claim) or not isinstance(claim, Equal | FirstOrder | Invertible):
        return ""
    if not (_is_open(claim) if isinstance(claim, FirstOrder) else _is_plain(claim)):
        return ""
    with flint.ctx.workprec(BITS):
        for setting in settings:
            if setting.heavy:
                continue
            for layer in layers_of(claim, setting.depth, base):
                try:
                    if _fails(claim, setting, layer):
                        return f"{setting.name}, where a mean does not exist"
                except NoValue:
                    continue
    return ""


def may_vanish(fact: Relation, setting: Setting, base: bool = False) -> bool:
    """Whether it says E[v vᵀ] = 0 of one product of symbols without a second moment: that is some number, as
    is the mean of any form of v that is not 0, for a law that is large in every direction.
    """
    match fact:
        case Equal(Applied("E", Product((first, second)) as inside), Zero()) if _is_product(first):
            with flint.ctx.workprec(BITS):
                try:
                    return all(
                        infinite(inside, False, setting, layer) and _is_square(first, second, setting, layer)
                        for layer in layers_of(fact, setting.depth, base)
                    )
                except NoValue:
                    return False
    return False


def _is_product(term: Term) -> bool:
    match term:
        case Product(factors):
            return all(map(_is_product, factors))
        case Transpose(inside):
            return _is_product(inside)
    return isinstance(term, Symbol) and term.name in _KNOWN


def _is_square(first: Term, second: Term, setting: Setting, layer: int) -> bool:
    world = setting.levels[0]
    data, atoms = world.typical
    values = (
        [world.value(term, layer, t, a, world.place) for term in (first.T, second)]
        for t in range(data)
        for a in range(atoms)
    )
    return all(apart(*pair) < EXACT for pair in values)


def _is_plain(claim: Equal | Invertible) -> bool:
    terms = list(terms_of(claim))
    return any(isinstance(one, Applied) for one in terms) and all(
        one.name in _KNOWN
        if isinstance(one, Symbol)
        else one.operator in ("E", "E|")
        if isinstance(one, Applied)
        else isinstance(one, Product | Sum | Scaled | Transpose | Identity | Zero)
        for one in terms
    )


def _is_open(claim: FirstOrder) -> bool:
    """Whether no mean stands inside an inverse or another mean."""
    closed = [t for t in terms_of(claim) if isinstance(t, Inverse | PseudoInverse | Applied)]
    return not any(isinstance(one, Applied) for term in closed for one in deep(term.term))


def _fails(claim: Equal | FirstOrder | Invertible, setting: Setting, layer: int) -> bool:
    means = [one for one in terms_of(claim) if isinstance(one, Applied) and one.operator in ("E", "E′")]
    missing = [one for one in means if infinite(one.term, False, setting, layer)]
    if not missing:
        return False
    world = setting.levels[0]
    (_, datum), _ = setting.extremes[0]
    (_, atom), _ = setting.extremes[1]
    if isinstance(claim, FirstOrder):
        return all(_moves(claim, level, layer, missing, (datum, atom)) for level in setting.levels)
    far = {one: world.value(one.term, layer, datum, atom, world.place) for one in missing}
    if isinstance(claim, Invertible):
        return _may_be_singular(claim.term, world, layer, far)
    values = [_value(side, world, layer, far) for side in (claim.left, claim.right)]
    size = max(log2(largest(value)) for value in far.values())
    return log2(largest(values[0] - values[1])) > size + _BESIDE


def _may_be_singular(term: Term, world: World, layer: int, far: dict[Applied, Any]) -> bool:
    """Whether the determinant changes its sign as the means that need not exist go through all numbers."""
    numbers = (-1, 0, 1)
    found = [
        _value(term, world, layer, {mean: part * number for mean, part in far.items()}).det()
        for number in numbers
    ]
    return any(bool(one < 0) for one in found) and any(bool(one > 0) for one in found)


def _moves(
    claim: FirstOrder, world: World, layer: int, missing: Sequence[Applied], row: tuple[int, int]
) -> bool:
    """Whether the sides differ by something of order ε times the far part of a mean."""
    place = (world.place[0], world.limits.epsilon)
    far = {one: world.value(one.term, layer, *row, place) for one in missing}
    without = [_value(side, world, layer, {}, place) for side in (claim.left, claim.right)]
    sides = [_value(side, world, layer, far, place) for side in (claim.left, claim.right)]
    moved = (sides[0] - sides[1]) - (without[0] - without[1])
    size = max(log2(largest(value)) for value in far.values())
    return log2(largest(moved)) > max(size, 0.0) + place[1] + _BESIDE


def _value(term: Term, world: World, layer: int, far: dict[Applied, Any], place: Place | None = None) -> Any:
    """The value at a typical row, the means that need not exist with their part far away."""
    place = place or world.place
    match term:
        case Applied() if term in far:
            return world.value(term, layer, 0, 0, place) + far[term]
        case Product(factors):
            found = _value(factors[0], world, layer, far, place)
            for factor in factors[1:]:
                found = found * _value(factor, world, layer, far, place)
            return found
        case Sum(terms):
            found = _value(terms[0], world, layer, far, place)
            for part in terms[1:]:
                found = found + _value(part, world, layer, far, place)
            return found
        case Scaled(number, inside):
            return _value(inside, world, layer, far, place) * world.coefficient(number, place)
        case Transpose(inside):
            return _value(inside, world, layer, far, place).transpose()
    return world.value(term, layer, 0, 0, place)
