"""What is true of a world all the way as its sample grows; and samples that are not independent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import flint

from tests.theory.proof.attack.falsity import (
    SEEN,
    apart,
    has_limit,
    influenced,
    is_false,
    layers_of,
    sampled,
    typical_rows,
)
from tests.theory.proof.attack.kinds import Setting
from tests.theory.proof.attack.worlds import BITS, NoValue, World, depends, largest, log2, rank_of, two
from theory.proof.relations import Equal, FirstOrder, Invertible, Normal, Relation
from theory.proof.terms import SAMPLE, Term

_SAME = -2000.0


def holds_along(fact: Relation, setting: Setting, base: bool = False) -> bool:
    """Whether a fact is true of the world all the way as the sample grows, wherever the sample may move;
    of a heavy world in the limit.
    """
    if not isinstance(fact, Equal | FirstOrder | Invertible) or has_limit(fact):
        return False
    if setting.heavy:
        return isinstance(fact, Equal) and not is_false(fact, (setting,), base)
    worlds = [*setting.levels]
    if SAMPLE in varies(fact):
        worlds += [world for world, _ in influenced(setting.levels[0])]
    with flint.ctx.workprec(BITS):
        try:
            return all(
                _holds(fact, world, layer)
                for layer in layers_of(fact, setting.depth, base)
                for world in worlds
            )
        except NoValue:
            return False


def varies(fact: Relation) -> frozenset[str]:
    """What it depends on."""
    return frozenset().union(*(depends(v)[0] for v in vars(fact).values() if isinstance(v, Term)))


def _holds(fact: Relation, world: World, layer: int) -> bool:
    place = sampled(world)
    for t, a in typical_rows(world, varies(fact)):
        if isinstance(fact, Invertible):
            value = world.value(fact.term, layer, t, a, place)
            if rank_of(value) < value.nrows():
                return False
            continue
        left, right = (world.value(side, layer, t, a, place) for side in (fact.left, fact.right))
        if isinstance(fact, Equal) and apart(left, right) > _SAME:
            return False
        if isinstance(fact, FirstOrder) and log2(largest(left - right)) > 1.5 * place[1]:
            return False
    return True


def of_copies(claim: Normal, settings: Sequence[Setting], base: bool = False) -> str:
    """The world of which the claim is false for a sample of T copies of one row."""
    with flint.ctx.workprec(BITS):
        for setting in settings:
            world = setting.levels[0]
            if setting.heavy or has_limit(claim):
                continue
            for row, _ in world.rows:
                shifts = {r: (int(r == row) - p) / two(world.place[1]) for r, p in world.rows}
                copies = replace(world, shifts=shifts, memory={}, terms={})
                for layer in layers_of(claim, setting.depth, base):
                    try:
                        if log2(largest(copies.value(claim.term, layer, 0, 0, world.place))) > SEEN:
                            return f"{setting.name}, all rows of the sample the same"
                    except NoValue:
                        continue
    return ""
