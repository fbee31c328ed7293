"""Whether a conclusion is false of numbers: of a world that meets the hypotheses, computed, no rule asked.

False means that one world, or a law of the kind that the hypotheses allow, contradicts it. What no world
contradicts is left undecided; it counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import flint
import sympy
from flint import arb
from sympy.core.function import AppliedUndef

from tests.theory.proof.attack.kinds import Setting
from tests.theory.proof.attack.worlds import (
    BITS,
    NoValue,
    Place,
    Undefined,
    World,
    depends,
    is_nothing,
    largest,
    log2,
    rank_of,
    two,
)
from theory.proof.constants import LAYER, SAMPLES_T, c
from theory.proof.relations import (
    Bounded,
    ConstantRank,
    Equal,
    Finite,
    FirstOrder,
    Integrable,
    Invertible,
    Normal,
    Polynomial,
    Relation,
    Same,
    Tight,
)
from theory.proof.sizes import GROWTH, NOISE_SIZE, POWER
from theory.proof.terms import (
    DATUM,
    LIMITS,
    NOISE,
    ONE,
    SAMPLE,
    Applied,
    Identity,
    Scaled,
    Symbol,
    Term,
    Zero,
    parts,
)
from theory.proof.units import noise_in
from theory.proof.vocabulary import NEXT_FEEDBACK

SEEN = -8.0
"""log2 of a difference that is seen beside 1."""
SHRUNK = 3.0
"""How many bits a difference loses, from one level to the next, that vanishes in the limit."""
GROWN = 8.0
"""How many bits more is growing."""
EXACT = -300.0


def is_false(claim: Relation, settings: Sequence[Setting], base: bool = False, joint: bool = False) -> str:
    """The name of the first world of which the claim is false; empty if there is none."""
    if is_nonsense(claim):
        return "nonsense"
    with flint.ctx.workprec(BITS):
        for setting in settings:
            if false_in(claim, setting, base, joint):
                return setting.name
    return ""


def is_nonsense(claim: Relation) -> bool:
    """Whether a number in it is none."""
    return any(
        isinstance(value, sympy.Basic)
        and value.has(sympy.oo, sympy.zoo, sympy.nan, sympy.S.NegativeInfinity, sympy.I)
        for value in vars(claim).values()
    )


def false_in(claim: Relation, setting: Setting, base: bool = False, joint: bool = False) -> bool:
    """Whether the claim is false of the world, for one of the layers that i stands for."""
    for layer in layers_of(claim, setting.depth, base):
        try:
            if _false_at(claim, setting, layer, joint):
                return True
        except Undefined:
            return True
        except NoValue:
            continue
    return False


def layers_of(claim: Relation, depth: int, base: bool) -> Iterable[int]:
    """The layers that i stands for: any one for what does not speak of i."""
    if base or not speaks_of_layer(claim):
        return (2,)
    return range(2, depth + 1)


_SPEAKS: dict[Any, bool] = {}


def speaks_of_layer(claim: Relation) -> bool:
    """Whether i is in the claim."""
    return any(_speaks(value) for value in vars(claim).values())


def _speaks(value: Any) -> bool:
    if isinstance(value, sympy.Expr):
        return value.has(LAYER)
    if not isinstance(value, Term):
        return False
    if value not in _SPEAKS:
        _SPEAKS[value] = any(
            map(
                _speaks,
                parts(value) if not isinstance(value, Symbol | Identity | Zero) else vars(value).values(),
            )
        )
    return _SPEAKS[value]


def terms_of(claim: Relation) -> Iterator[Term]:
    """All terms in it, at any depth; no function of the checker, which may be a weaker one."""
    return (part for value in vars(claim).values() if isinstance(value, Term) for part in _every(value))


def has_limit(claim: Relation) -> bool:
    """Whether it speaks of a limit; what is fitted to corrected estimates does."""
    return any(
        (isinstance(term, Applied) and term.operator in LIMITS) or term == NEXT_FEEDBACK
        for term in terms_of(claim)
    )


def counts(claim: Relation) -> bool:
    """Whether a number in it depends on T."""
    return any(isinstance(term, Scaled) and term.coefficient.has(SAMPLES_T) for term in terms_of(claim))


def is_true_in(claim: Relation, setting: Setting, base: bool = False) -> bool:
    """Whether an exact claim is true of the world, for every layer; not where one has no value."""
    if setting.heavy or has_limit(claim) or not isinstance(claim, Equal | Invertible):
        return False
    with flint.ctx.workprec(BITS):
        try:
            return not any(
                _false_at(claim, setting, layer, False) for layer in layers_of(claim, setting.depth, base)
            )
        except NoValue:
            return False


def _false_at(claim: Relation, setting: Setting, layer: int, joint: bool) -> bool:
    if isinstance(claim, FirstOrder | Normal) and has_limit(claim):
        return False  # what stands for a limit is not near enough to be divided by ε
    match claim:
        case Equal():
            return _unequal(claim, setting, layer)
        case FirstOrder():
            return _persists(_first_order(claim, world, layer) for world in setting.levels)
        case Normal():
            return _not_normal(claim, setting, layer)
        case Tight():
            places = [world.limits.joint if joint else sampled(world) for world in setting.levels]
            return _grows(claim.term, setting, layer, places)
        case Polynomial():
            return _no_statistic(claim.term, setting, layer)
        case Invertible():
            return _singular(claim.term, setting, layer)
        case ConstantRank():
            return not setting.heavy and _rank_jumps(claim.term, setting, layer, joint)
        case Bounded():
            return not setting.heavy and (
                _exceeds(claim, setting.levels[0], layer) or _outgrows(claim, setting, layer)
            )
        case Finite():
            return not setting.heavy and infinite(claim.value, claim.given_datum, setting, layer)
        case Integrable():
            return not setting.heavy and infinite(claim.term, claim.given_datum, setting, layer)
        case Same():
            return not setting.heavy and _differ(claim, setting.levels[0], layer)
    return False


def sampled(world: World) -> Place:
    """Where a sample is nearly as large as it can be, at the noise scale of the claim."""
    return world.place[0], world.limits.epsilon


# -- equations


def typical_rows(world: World, varies: frozenset[str]) -> Iterator[tuple[int, int]]:
    """The typical rows, of which the term is to be looked at."""
    for t in range(world.typical[0]) if DATUM in varies else (0,):
        for a in range(world.typical[1]) if NOISE in varies else (0,):
            yield t, a


def _persists(differences: Iterable[float]) -> bool:
    """Whether a difference, given by its logarithm at both levels, does not vanish."""
    first = None
    for difference in differences:
        if difference < SEEN:
            return False
        if first is not None and difference < first - SHRUNK:
            return False
        first = difference
    return True


def apart(left: Any, right: Any) -> float:
    """log2 of the difference, beside 1 and the sizes."""
    if left.nrows() != right.nrows() or left.ncols() != right.ncols():
        raise NoValue("sizes disagree")
    difference = log2(largest(left - right))
    return difference - max(0.0, log2(largest(left)), log2(largest(right)))


def _unequal(claim: Equal, setting: Setting, layer: int) -> bool:
    varies = depends(claim.left)[0] | depends(claim.right)[0]
    limits = has_limit(claim)
    vague = setting.heavy or limits
    if setting.heavy and limits and counts(claim) and not _at_one_c(claim):
        return False  # of a heavy world T is so large that no c* is small beside 1/T
    if limits and any(_diverges(limit, setting, layer) for limit in _limits(claim)):
        return True
    first = setting.levels[0]
    for t, a in typical_rows(first, varies):
        one = apart(
            first.value(claim.left, layer, t, a, first.place),
            first.value(claim.right, layer, t, a, first.place),
        )
        if not vague:
            if one > EXACT:
                return True
            continue
        if one < SEEN:
            continue
        second = setting.levels[1]
        two = apart(
            second.value(claim.left, layer, t, a, second.place),
            second.value(claim.right, layer, t, a, second.place),
        )
        if two >= SEEN and two >= one - SHRUNK:
            return True
    return False


def _at_one_c(claim: Equal) -> bool:
    """Whether T alone goes to a limit."""
    return NEXT_FEEDBACK not in terms_of(claim) and all(one.operator == "plim" for one in _limits(claim))


def _limits(claim: Equal) -> list[Applied]:
    return [term for term in terms_of(claim) if isinstance(term, Applied) and term.operator in LIMITS]


def _diverges(limit: Applied, setting: Setting, layer: int) -> bool:
    """Whether there is no such limit: an equation says that there is."""
    varies = depends(limit)[0]
    if SAMPLE in varies or _rests(limit.operator, limit.term, setting, layer):  # T may grow, or nothing moves
        return False
    # A mean that does not exist stands for some number.
    numbers = [one for one in _means_in(limit.term) if _rests(limit.operator, one, setting, layer)]
    return _increases(limit, setting, layer) and not any(_increases(one, setting, layer) for one in numbers)


_MEANS = ("E", "E|", "E′")


def _means_in(term: Term) -> list[Applied]:
    return [part for part in _every(term) if isinstance(part, Applied) and part.operator in _MEANS]


def _rests(operator: str, term: Term, setting: Setting, layer: int) -> bool:
    """Whether the term does not move along the limit: for its symbols, or by its values."""
    if _stays(operator, term):
        return True
    world = setting.levels[0]
    here = world.place if operator != "plim0" else (world.place[0], world.limits.joint[1])
    at = {"lim": (world.limits.c, here[1]), "plim": (here[0], world.limits.epsilon)}
    there = at.get(operator, world.limits.joint)
    others = [(world, here)] if operator != "plim" else []
    if operator != "lim":
        if "unmoved" not in world.memory:
            world.memory["unmoved"] = replace(world, shifts={}, memory={}, terms={})
        others.append((world.memory["unmoved"], there))
    for t, a in typical_rows(world, depends(term)[0]):
        value = world.value(term, layer, t, a, there)
        if any(apart(value, other.value(term, layer, t, a, place)) > 8 * EXACT for other, place in others):
            return False
    return True


def _stays(operator: str, term: Term) -> bool:
    """Whether the term does not move along the limit."""
    varies, moves = depends(term)
    grows = SAMPLE in varies or any(
        isinstance(part, Scaled) and part.coefficient.has(SAMPLES_T) for part in _every(term)
    )
    return not (grows and operator != "lim") and not (moves and operator != "plim")


def _increases(term: Term, setting: Setting, layer: int) -> bool:
    """Whether the value at its place grows from one level to the next, for one of the rows."""
    for t, a in typical_rows(setting.levels[0], depends(term)[0]):
        first, second = (
            log2(largest(world.value(term, layer, t, a, world.place))) for world in setting.levels
        )
        if second > max(first, 0.0) + GROWN:
            return True
    return False


def _first_order(claim: FirstOrder, world: World, layer: int) -> float:
    place = sampled(world)
    found = -1e9
    for t, a in typical_rows(world, depends(claim.left)[0] | depends(claim.right)[0]):
        difference = world.value(claim.left, layer, t, a, place) - world.value(
            claim.right, layer, t, a, place
        )
        found = max(found, log2(largest(difference)) - log2(two(place[1])))
    return found


def _not_normal(claim: Normal, setting: Setting, layer: int) -> bool:
    sizes = [
        log2(largest(world.value(claim.term, layer, 0, 0, sampled(world)))) - log2(two(sampled(world)[1]))
        for world in setting.levels
    ]
    if sizes[1] > max(sizes[0], 0.0) + GROWN:  # the size of what is 0 says nothing
        return True
    if setting.heavy:
        return False
    world = setting.levels[0]
    place = sampled(world)
    total = centre = None
    for other, probability in influenced(world):
        value = other.value(claim.term, layer, 0, 0, place) * (1 / two(place[1]))
        part, weighted = value * value.transpose() * probability, value * probability
        total = part if total is None else total + part
        centre = weighted if centre is None else centre + weighted
    if log2(largest(centre)) > SEEN:
        return True
    covariance = world.value(claim.covariance, layer, 0, 0, place)
    return apart(total, covariance) > SEEN


def influenced(world: World) -> list[tuple[World, arb]]:
    """The world with the sample moved towards each row."""
    if "influenced" not in world.memory:
        world.memory["influenced"] = [
            (
                replace(
                    world,
                    shifts={other: arb(int(other == row)) - q for other, q in world.rows},
                    memory={},
                    terms={},
                ),
                p,
            )
            for row, p in world.rows
        ]
    return world.memory["influenced"]


# -- what holds as the sample grows


def _grows(term: Term, setting: Setting, layer: int, places: Sequence[Place]) -> bool:
    if any(_increases(one, setting, layer) for one in _means_in(term)):
        return False  # a mean that does not exist stands for some number
    varies = depends(term)[0]
    for t, a in typical_rows(setting.levels[0], varies):
        sizes = [
            log2(largest(world.value(term, layer, t, a, place)))
            for world, place in zip(setting.levels, places, strict=True)
        ]
        if sizes[1] > max(sizes[0], 0.0) + GROWN:
            return True
    return False


def _no_statistic(term: Term, setting: Setting, layer: int) -> bool:
    """Whether it does not even converge, for one of the rows."""
    places = [sampled(world) for world in setting.levels]
    if _grows(term, setting, layer, places):
        return True
    if SAMPLE not in depends(term)[0]:
        return False
    for t, a in typical_rows(setting.levels[0], depends(term)[0]):
        values = [
            world.value(term, layer, t, a, place) for world, place in zip(setting.levels, places, strict=True)
        ]
        if not setting.heavy and apart(*values) > SEEN:
            return True
    return False


def _singular(term: Term, setting: Setting, layer: int) -> bool:
    worlds = setting.levels
    vague = setting.heavy or any(
        isinstance(part, Applied) and part.operator in LIMITS for part in _every(term)
    )
    for t, a in typical_rows(worlds[0], depends(term)[0]):
        value = worlds[0].value(term, layer, t, a, worlds[0].place)
        if rank_of(value) < value.nrows():
            return True
        if vague and not setting.heavy:
            other = worlds[1].value(term, layer, t, a, worlds[1].place)
            sizes = [log2(one.det()) - one.nrows() * max(log2(largest(one)), 0.0) for one in (value, other)]
            if sizes[1] < sizes[0] - GROWN:
                return True
    return False


def _every(term: Term) -> Iterator[Term]:
    yield term
    for part in parts(term):
        yield from _every(part)


def _rank_jumps(term: Term, setting: Setting, layer: int, joint: bool) -> bool:
    varies = depends(term)[0]
    for t, a in typical_rows(setting.levels[0], varies):
        jumps = []
        for world in setting.levels:
            if SAMPLE in varies:
                place = world.limits.joint if joint else sampled(world)
            else:
                place = (world.limits.c, world.place[1])
            value = world.value(term, layer, t, a, place)
            jumps.append(rank_of(value) != _coarse_rank(value))
        if all(jumps):
            return True
    return False


def _coarse_rank(value: Any) -> int:
    """The rank of the limit that the matrix is near to."""
    size = largest(value)
    if is_nothing(size):
        return 0
    kept = rank_of(value)
    # A block with a small determinant, beside its size, is near a singular one.
    from itertools import combinations

    from flint import arb_mat

    table = value.tolist()
    scale = max(log2(size), 0.0)
    while kept:
        best = max(
            log2(arb_mat([[table[j][k] for k in cs] for j in rs]).det())
            for rs in combinations(range(value.nrows()), kept)
            for cs in combinations(range(value.ncols()), kept)
        )
        if best > kept * scale - 10:
            return kept
        kept -= 1
    return 0


# -- sizes and moments


def _exceeds(claim: Bounded, world: World, layer: int) -> bool:
    varies = depends(claim.term)[0]
    data, atoms = len(world.problem.x), len(world.atoms)
    for t in range(data) if DATUM in varies else (0,):
        for a in range(atoms) if NOISE in varies else (0,):
            low = _least_norm(world.value(claim.term, layer, t, a, world.place))
            high = size(claim.bound, world, layer, t, a)
            if log2(low) > -500 and bool(low > high * (1 + arb(2) ** -40) + arb(2) ** -900):
                return True
            if high < 0:
                return True
    return False


def _outgrows(claim: Bounded, setting: Setting, layer: int) -> bool:
    """Whether the term grows without end as c falls, and the bound is the same for all c."""
    if not depends(claim.term)[1] or claim.bound.has(c):
        return False
    for t, a in typical_rows(setting.levels[0], depends(claim.term)[0]):
        sizes = [
            log2(largest(world.value(claim.term, layer, t, a, (world.limits.c, world.place[1]))))
            for world in setting.levels
        ]
        if sizes[1] > max(sizes[0], 0.0) + GROWN:
            return True
    return False


def _least_norm(matrix: Any) -> arb:
    """Not above the operator norm: the longest column or row; exact for those of one."""
    table = matrix.tolist()
    lines = [*table, *(list(line) for line in zip(*table, strict=True))]
    squares = [sum((v * v for v in line), arb(0)) for line in lines]
    return max(squares, key=log2).sqrt().mid()


def _greatest_norm(matrix: Any) -> arb:
    """Not below the operator norm, and for 2 x 2 that itself."""
    gram = matrix * matrix.transpose() if matrix.nrows() <= matrix.ncols() else matrix.transpose() * matrix
    if gram.nrows() == 1:
        return abs(gram[0, 0]).sqrt().mid()
    if gram.nrows() == 2:
        trace, det = gram[0, 0] + gram[1, 1], gram.det()
        under = (trace * trace / 4 - det).mid()
        root = under.sqrt() if under > 0 else arb(0)
        return abs(trace / 2 + root).sqrt().mid()
    return sum((v * v for v in matrix.entries()), arb(0)).sqrt().mid()


def size(expression: sympy.Expr, world: World, layer: int, t: int, a: int) -> arb:
    """The value of a number made of norms."""
    if expression.is_Rational:
        return arb(int(expression.p)) / int(expression.q)
    if expression.is_Add:
        return sum((size(part, world, layer, t, a) for part in expression.args), arb(0))
    if expression.is_Mul:
        found = arb(1)
        for part in expression.args:
            found = found * size(part, world, layer, t, a)
        return found
    if expression.is_Pow:
        base, exponent = (size(part, world, layer, t, a) for part in expression.args)
        if is_nothing(base):
            if exponent < 0:
                raise Undefined(f"{expression} divides by 0")
            return arb(1) if is_nothing(exponent) else arb(0)
        if exponent == exponent.floor():
            return (base ** int(exponent.unique_fmpz())).mid()
        if base < 0:
            raise Undefined(f"{expression} is no number")
        return (base**exponent).mid()
    if isinstance(expression, sympy.Abs):
        return abs(size(expression.args[0], world, layer, t, a))
    if expression == POWER:
        return arb(world.power)
    if expression == NOISE_SIZE or getattr(expression, "name", "") == "‖ξ‖":
        return sum((v * v for v in world.atoms[a]), arb(0)).sqrt().mid()
    if noise_in(expression) and expression.is_Symbol:
        unit = int(expression.name.removeprefix("ξ_"))
        return world.atoms[a][(unit - 1) % len(world.atoms[a])]
    if expression == GROWTH:
        return _growth(world, t)
    if expression == c or expression in world.constants:
        return world.coefficient(expression, world.place)
    if isinstance(expression, AppliedUndef):
        return _norm_of(expression, world, layer, t, a)
    if isinstance(expression, sympy.Symbol) and expression.name.startswith(("|", "‖")):
        return _named(expression.name.strip("|‖"), world, None, t, a)
    raise NoValue(f"{expression} has no value")


def _norm_of(call: AppliedUndef, world: World, layer: int, t: int, a: int) -> arb:
    places = [argument for argument in call.args if argument != c]
    name, index = call.func.__name__, world.integer(places[0], layer) if places else None
    if name in ("δ", "β", "β̂"):
        if index is None or not 1 <= index <= world.depth + 1:
            raise NoValue(str(call))
        symbol = {"δ": "D", "β": "W̃", "β̂": "B̂"}[name]
        layers = range(index, world.depth + 1) if name == "δ" else range(index + 1, world.depth + 2)
        found = arb(1)
        for j in layers:
            found = found * _named(symbol, world, j, t, a)
        return found
    if not name.startswith(("|", "‖")):
        raise NoValue(f"{call} has no value")
    return _named(name.strip("|‖"), world, index, t, a)


def _named(name: str, world: World, layer: int | None, t: int, a: int) -> arb:
    key = ("norm", name, layer, t, a)
    if key not in world.memory:
        symbol = Symbol(name, ONE, ONE, None if layer is None else sympy.Integer(layer))
        world.memory[key] = _greatest_norm(world.symbol(name, layer or 0, t, a, world.place, symbol))
    return world.memory[key]


def _growth(world: World, t: int) -> arb:
    """The smallest K with |F(cξ) - F(0)| ≤ K |cξ| (1 + |cξ|^q), for the atoms and at this c."""
    key = ("growth", t)
    if key not in world.memory:
        scale, found = two(world.place[0]), arb(0)
        for a, quotient in enumerate(world.quotients(world.place[0])[t]):
            length = size(NOISE_SIZE, world, 2, t, a)
            if not is_nothing(length):
                found = max(
                    found,
                    (abs(quotient) / (length * (1 + (scale * length) ** world.power))).mid(),
                    key=log2,
                )
        world.memory[key] = found
    return world.memory[key]


def infinite(value: Any, given_datum: bool, setting: Setting, layer: int) -> bool:
    """Whether it grows faster with the error or the noise than there are moments, or as they vanish."""
    world = setting.levels[0]
    (large_data, small_data), (large_atoms, small_atoms) = setting.extremes

    def at(t: int, a: int) -> float:
        if isinstance(value, Term):
            return log2(largest(world.value(value, layer, t, a, world.place)))
        found = size(value, world, layer, t, a)
        return log2(found) if found.is_finite() else float("inf")

    for a in (1, 3):
        if not given_datum:
            if _power(at(large_data[0], a), at(large_data[1], a), 60) > setting.tail.error + 0.02:
                return True
            if _vanishing(at(small_data[0], a), at(small_data[1], a)):
                return True
    for t in range(world.typical[0]):
        if _power(at(t, large_atoms[0]), at(t, large_atoms[1]), 60) > setting.tail.noise + 0.02:
            return True
        if _vanishing(at(t, small_atoms[0]), at(t, small_atoms[1])):
            return True
    return setting.dependent and not given_datum and _infinite_together(at, setting)


def _infinite_together(at: Callable[[int, int], float], setting: Setting) -> bool:
    """Whether it grows too fast where the noise is large with the error: each as heavy as it may be."""
    (large_data, _), (large_atoms, _) = setting.extremes
    of_error = _power(at(large_data[0], 1), at(large_data[1], 1), 60)
    of_noise = _power(at(0, large_atoms[0]), at(0, large_atoms[1]), 60)
    tail = setting.tail
    if min(of_error, of_noise) <= 0 or not (tail.error and tail.noise):
        return False
    return of_error / tail.error + of_noise / tail.noise > 1.02


def _power(first: float, second: float, bits: int) -> float:
    return 0.0 if second < -1e8 else (second - max(first, -1e8)) / bits


def _vanishing(first: float, second: float) -> bool:
    """Whether it grows where the size falls."""
    return first > -1e8 and second > first + 1.0


def _differ(claim: Same, world: World, layer: int) -> bool:
    if claim.below is not None:
        return False
    for t in range(world.typical[0]):
        for a in range(world.typical[1]):
            left, right = (size(side, world, layer, t, a) for side in (claim.left, claim.right))
            scale = max(0.0, log2(left), log2(right))
            if log2(left - right) - scale > EXACT:
                return True
    return False
