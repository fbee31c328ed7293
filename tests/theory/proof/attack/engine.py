"""The attack: at each point of each proof conclusions are drawn, and those that are false must be refused.

Every false conclusion is tried with every rule, with what the step cites and with other facts that stand
there. A conclusion that a rule accepts is a hole, and is printed. All is drawn from the seed and the place,
so it is the same on every machine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from random import Random
from typing import Any
from unittest.mock import patch

import sympy

from tests.theory.proof.attack import (
    conditions_of_bounds,
    conditions_of_limits,
    conditions_of_matrices,
    conditions_of_means,
    conditions_of_units,
)
from tests.theory.proof.attack.along import holds_along, of_copies, varies
from tests.theory.proof.attack.draws import Desk, tried_relation
from tests.theory.proof.attack.falsity import (
    counts,
    has_limit,
    is_false,
    is_nonsense,
    is_true_in,
    terms_of,
)
from tests.theory.proof.attack.kinds import LACKING, Setting, failing, lacking, settings
from tests.theory.proof.attack.missing import may_vanish, without_means
from tests.theory.proof.attack.small import SMALL_PROOFS
from tests.theory.proof.attack.speed import remember_hashes, remembering
from tests.theory.proof.attack.tempting import MISTAKES, Bench, Mistake, Temptation
from tests.theory.proof.attack.tempting_limits import Scene, tempting
from tests.theory.proof.attack.units import false_of_units
from tests.theory.proof.attack.worlds import depends
from theory.proof import Proof, Step, checker
from theory.proof.checker import Checked, Cited, Failed, Lemma, Source, check_step, together
from theory.proof.constants import DEPTH, LAYER, c
from theory.proof.grants import GRANTS, Hypothesis, suppose
from theory.proof.relations import (
    Bounded,
    Equal,
    Finite,
    FirstOrder,
    Integrable,
    Invertible,
    Normal,
    Relation,
    Same,
    Within,
)
from theory.proof.rules import RULES, Premises, Rule
from theory.proof.terms import SAMPLE, Applied, Inverse, Symbol, Term
from theory.proof.text import claim as written
from theory.proof.vocabulary import OUTPUT, Definition, once, symbols_at
from theory.proofs.catalogue import PROOFS
from theory.results.assumptions import S1, SAMPLES
from theory.results.statement import Assumption

remember_hashes()

TEMPTERS: tuple[Callable[[Random, Scene, str], Relation | None], ...] = (tempting,)
"""What draws tempting false steps: with the facts at hand, for a step by a rule of that name."""
TEMPTED = 0.5
"""The share of the places at which they do."""

TABLES = (
    MISTAKES,
    conditions_of_matrices.MISTAKES,
    conditions_of_limits.MISTAKES,
    conditions_of_bounds.MISTAKES,
    conditions_of_means.MISTAKES,
    conditions_of_units.MISTAKES,
)
"""The mistakes, rule by rule."""

BATCH = 20
"""Conclusions drawn at one point with one choice of further facts."""


@dataclass(frozen=True)
class Point:
    """A step of a proof, and what stands there."""

    proof: Proof
    checked: Checked
    known: Mapping[str, Relation]


@dataclass(frozen=True)
class Hole:
    """A false conclusion that a rule accepts, or an error that is none of the checker's."""

    rule: str
    where: str
    world: str
    claim: str
    cites: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"{self.rule} accepts, at {self.where}, from {', '.join(self.cites) or 'nothing'}: {self.claim}"
            f"   [false: {self.world}]"
        )


@dataclass
class Tally:
    """What was drawn and tried."""

    drawn: int = 0
    false: int = 0
    undecided: int = 0
    tried: Counter[str] = field(default_factory=Counter)
    reached: Counter[str] = field(default_factory=Counter)
    holes: list[Hole] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """What another one counted, too."""
        self.drawn += other.drawn
        self.false += other.false
        self.undecided += other.undecided
        self.tried += other.tried
        self.reached += other.reached
        self.holes += other.holes


class _Recording(checker._Context):
    """A context that keeps what stood at each step."""

    def take(self, number: int, step: Step, known: Mapping[str, Relation], phase: str = "") -> None:
        standing = dict(known)
        super().take(number, step, known, phase)
        self.__dict__.setdefault("known", []).append(standing)


@lru_cache(maxsize=64)
def points_of(proof: Proof) -> tuple[Point, ...]:
    """Every step with what stands there."""
    with patch.object(checker, "_Context", _Recording):
        context = checker._run(proof)
    known = context.__dict__["known"]
    return tuple(Point(proof, one, known[k]) for k, one in enumerate(context.accepted))


def is_about_units(proof: Proof) -> bool:
    """Whether the proof speaks of single units."""
    return all(isinstance(point.checked.step.claim, Same | Within) for point in points_of(proof))


@lru_cache(maxsize=64)
def worlds_of(proof: Proof, extra: tuple[str, ...] = ()) -> tuple[Setting, ...]:
    """The worlds that meet the hypotheses, the cheapest first."""
    return _that_meet(proof.hypotheses, settings(proof, extra), is_joint(proof))


@lru_cache(maxsize=256)
def worlds_without(proof: Proof, without: tuple[Assumption, ...]) -> tuple[Setting, ...]:
    """Two worlds in which these hypotheses of the proof fail, and the others hold."""
    kept = [assumption for assumption in proof.hypotheses if assumption not in without]
    light = [one for one in worlds_of(proof) if not one.heavy]
    return _that_meet(kept, [failing(one, without) for one in light[:2]], is_joint(proof))


def _that_meet(
    hypotheses: Sequence[Assumption], found: Sequence[Setting], joint: bool
) -> tuple[Setting, ...]:
    granted = [
        relation
        for assumption in hypotheses
        for index in GRANTS.get(assumption, (None,))[0] or (None,)
        for relation in suppose(assumption, index).relations
    ]
    return tuple(one for one in found if not any(is_false(r, (one,), False, joint) for r in granted))


@lru_cache(maxsize=64)
def is_joint(proof: Proof) -> bool:
    """Whether T grows while c falls."""
    return "plim0" in checker._ways_to_grow(proof)


def sources_of(proof: Proof) -> list[Source]:
    """What the proof cites anywhere but its own steps."""
    found: dict[Source, None] = {}
    for step in checker.steps_of(proof):
        for source in step.uses:
            if not isinstance(source, str):
                found[source] = None
    return list(found)


def batch(
    seed: int, place: int, points: Sequence[Point], rules: Sequence[Rule] = RULES, size: int = BATCH
) -> Tally:
    """The conclusions of one place of the attack: a point, drawn with its rule, and a choice of facts."""
    random = Random(f"{seed} {place}")
    point = _chosen(random, points)
    proof, checked = point.proof, point.checked
    tally = Tally()
    units = is_about_units(proof)
    tempted = random.random() < TEMPTED
    uses = _wide_citations(random, point) if tempted else _citations(random, point)
    hypotheses = proof.hypotheses
    context = checker._Context(hypotheses)
    cited: list[Cited] = []
    kept: list[Source] = []
    for source in uses:
        try:
            cited.append(context._cited(source, point.known))
            kept.append(source)
        except ValueError:
            continue
    premises = together(cited)
    standing = random.sample(list(point.known.values()), min(6, len(point.known)))
    worlds = () if units else _some(random, worlds_of(proof))
    symbols = _symbols(random, proof)
    desk = Desk(random, checked.step.claim, premises.relations, standing, symbols)
    more = _more_premises(random, point, premises, worlds, desk)
    if more:
        names = {f"drawn {k}": relation for k, relation in enumerate(more)}
        point = replace(point, known={**point.known, **names})
        kept += names
        premises = Premises((*premises.relations, *more), premises.assumptions)
        if any(isinstance(one, Equal | Invertible) for one in more):
            worlds = [one for one in worlds if not one.heavy][:1]
        desk = Desk(random, checked.step.claim, premises.relations, standing, symbols)
    draw = desk.draw
    if tempted:
        rule_of_step = checked.step.rule.name
        scene = Scene(checked.step.claim, premises.relations, list(point.known.values()), symbols)
        tempter = random.choice(TEMPTERS)
        draw = lambda: tried_relation(lambda: tempter(random, scene, rule_of_step))  # noqa: E731
    seen: set[Relation] = set()
    with remembering(premises):
        for _ in range(size):
            claim = draw()
            if claim is None or claim in seen or _is_endless(claim, premises):
                continue
            seen.add(claim)
            tally.drawn += 1
            world = falsified(claim, proof, checked, worlds, bool(more))
            if not world:
                tally.undecided += 1
                continue
            tally.false += 1
            for rule in rules:
                if _taken(rule, claim, premises, hypotheses, tally):
                    hole = _confirmed(rule, claim, tuple(kept), point, world)
                    if hole is not None:
                        tally.holes.append(hole)
    return tally


@lru_cache(maxsize=1)
def mistakes() -> dict[str, tuple[Mistake, ...]]:
    """For each rule the mistakes that look like it."""
    found = {rule.name: tuple(one for table in TABLES for one in table.get(rule.name, ())) for rule in RULES}
    return {name: made for name, made in found.items() if made}


def tempted(seed: int, place: int, rules: Sequence[Rule] = RULES, size: int = BATCH) -> Tally:
    """Tempting false steps, rule by rule in turn; ``rules`` may be one alone, of which they then are."""
    random = Random(f"{seed} tempted {place}")
    names = [name for name in mistakes() if len(rules) > 1 or name == rules[0].name]
    tally = Tally()
    if not names:
        return tally
    name = names[place % len(names)]
    usable = _points_with(next(rule for rule in RULES if rule.name == name).supposes)
    for _ in range(4 * size):
        if tally.drawn >= size:
            break
        own = _by_rule(usable).get(name, [])
        point = random.choice(own) if own and random.random() < 0.6 else _chosen(random, usable)
        _tempted_at(random, point, random.choice(mistakes()[name]), rules, tally)
    return tally


@lru_cache(maxsize=8)
def _points_with(supposed: tuple[Any, ...]) -> tuple[Point, ...]:
    """The points of the proofs that suppose all of it."""
    return tuple(one for one in all_points() if all(a in one.proof.hypotheses for a in supposed))


def _tempted_at(random: Random, point: Point, mistake: Mistake, rules: Sequence[Rule], tally: Tally) -> None:
    checked, proof = point.checked, point.proof
    bench = Bench(random, checked.step.claim, checked.premises.relations, tuple(point.known.values()))
    temptation = tried_relation(lambda: mistake(bench))
    if not isinstance(temptation, Temptation):
        return
    tally.drawn += 1
    claim, units = temptation.claim, is_about_units(proof)
    proof = replace(proof, hypotheses=tuple(a for a in proof.hypotheses if a not in temptation.without))
    world = _false_and_supposable(random, temptation, point, units)
    if not world:
        tally.undecided += 1
        return
    tally.false += 1
    invented = {f"drawn {k}": one for k, one in enumerate((*temptation.known, *temptation.supposed))}
    sources = [
        source
        for source in sources_of(proof)
        if isinstance(source, Hypothesis)
        and source.assumption in proof.hypotheses
        and (units or not source.relations or source in checked.step.uses or random.random() < 0.1)
    ]
    hypotheses = [Cited(source, source.relations, (source.assumption,)) for source in sources]
    premises = together([*(Cited(label, (one,)) for label, one in invented.items()), *hypotheses])
    there = replace(point, proof=proof, known={**point.known, **invented})
    with remembering(premises):
        for rule in rules:
            if _taken(rule, claim, premises, proof.hypotheses, tally):
                hole = _confirmed(rule, claim, (*invented, *sources), there, world)
                if hole is not None:
                    tally.holes.append(hole)


def _false_and_supposable(random: Random, temptation: Temptation, point: Point, units: bool) -> str:
    """The world of which what is supposed is true and the claim false; empty where there is none."""
    claim, proof, checked = temptation.claim, point.proof, point.checked
    base = checked.phase == "base"
    dropped = () if temptation.known or {SAMPLES, S1} & set(temptation.without) else temptation.without
    weaker = replace(proof, hypotheses=tuple(a for a in proof.hypotheses if a not in dropped))
    if units and any(false_of_units(fact, weaker) for fact in temptation.supposed):
        return ""
    if units:
        return "nonsense" if is_nonsense(claim) else false_of_units(claim, weaker)
    every = worlds_of(weaker)
    light = [one for one in every if not one.heavy]
    if temptation.supposed and isinstance(claim, FirstOrder | Normal):
        return _false_along(temptation, proof, _some(random, every), base)
    if {SAMPLES, S1} & set(temptation.without):
        return "" if units else _first_false(temptation, point, worlds_without(proof, temptation.without))
    if not temptation.supposed:
        world = falsified(claim, proof, checked, _some(random, every))
        return world or ("" if units else _in_a_sample_that_lacks_rows(random, temptation, point))
    if has_limit(claim) and all(isinstance(one, Integrable | Finite) for one in temptation.supposed):
        if any(is_false(one, light, base) for one in temptation.supposed):
            return ""
        return falsified(claim, proof, checked, _some(random, every))
    world = _first_false(temptation, point, random.sample(light, min(4, len(light))))
    return world or ("" if units else _in_a_sample_that_lacks_rows(random, temptation, point))


def _first_false(temptation: Temptation, point: Point, worlds: Sequence[Setting]) -> str:
    """The first world of which what is supposed is true and the claim false."""
    claim, base = temptation.claim, point.checked.phase == "base"
    for one in worlds:
        of_its_law = all(_is_of_the_law(fact, one, base) for fact in temptation.supposed)
        if of_its_law or _are_supposable(temptation.supposed, one, base, claim):
            exact = not (of_its_law or isinstance(claim, Integrable | Finite))
            world = falsified(claim, point.proof, point.checked, (one,), exact)
            if world:
                return world
    return ""


def _false_along(temptation: Temptation, proof: Proof, worlds: Sequence[Setting], base: bool) -> str:
    """The name of a world of which the claim is false, and what is supposed true all the way as the sample
    grows. With finitely many rows all means exist, otherwise those of powers that are granted.
    """
    claim, supposed = temptation.claim, temptation.supposed
    moments = [fact for fact in supposed if isinstance(fact, Integrable | Finite)]
    laws = [fact for fact in supposed if isinstance(fact, Normal)]
    facts = [fact for fact in supposed if fact not in moments and fact not in laws]
    copies = isinstance(claim, Normal) and (SAMPLES in temptation.without or SAMPLES not in proof.hypotheses)
    if is_nonsense(claim) or (copies and (laws or any(SAMPLE in varies(fact) for fact in facts))):
        return ""
    for one in worlds:
        if not all(holds_along(fact, one, base) for fact in facts) or _one_false(laws, one, base):
            continue
        if not one.heavy and (is_false(claim, (one,), base) or (copies and of_copies(claim, (one,), base))):
            return one.name
        granting = next(other for other in worlds_of(proof) if not other.heavy and other.tail == one.tail)
        if laws or _one_false(moments, granting, base):
            continue
        if is_false(claim, (one,), base) or without_means(claim, (one,), base):
            return f"{one.name}, with no more moments than are granted"
    return ""


def _one_false(facts: Sequence[Relation], world: Setting, base: bool) -> bool:
    return any(is_false(fact, (world,), base) for fact in facts)


def _are_supposable(facts: Sequence[Relation], world: Setting, base: bool, claim: Relation) -> bool:
    """Whether all of what is supposed is true of the world at once."""
    nameless = [fact for fact in facts if may_vanish(fact, world, base)]
    if nameless:
        return all(fact in nameless or _is_of_the_law(fact, world, base) for fact in facts)
    return all(_is_supposable(fact, world, base, claim) for fact in facts)


def _is_of_the_law(fact: Relation, world: Setting, base: bool) -> bool:
    """Whether it is true whatever the sample and the limits are: a mean that exists, a constant that is
    invertible.
    """
    if isinstance(fact, Integrable | Finite):
        return not is_false(fact, (world,), base)
    still = isinstance(fact, Invertible) and depends(fact.term) == (frozenset(), False)
    return still and not counts(fact) and is_true_in(fact, world, base)


def _in_a_sample_that_lacks_rows(random: Random, temptation: Temptation, point: Point) -> str:
    """A world of which the claim is false and all the premises are true, where some rows are not drawn."""
    claim, facts = temptation.claim, (*temptation.known, *temptation.supposed)
    terms = [term for one in (claim, *facts) for term in terms_of(one)]
    averages = any(isinstance(term, Applied) and term.operator == "Avg" for term in terms)
    if not isinstance(claim, Equal) or not averages or any(isinstance(term, Inverse) for term in terms):
        return ""
    base = point.checked.phase == "base"
    for place in random.sample(range(_SOME_LACKING), 2):
        world = _lacking(point.proof, place)
        if world and all(_is_supposable(fact, world, base, claim) for fact in facts):
            name = falsified(claim, point.proof, point.checked, (world,), True)
            if name:
                return name
    return ""


_SOME_LACKING = 9


@lru_cache(maxsize=256)
def _lacking(proof: Proof, place: int) -> Setting | None:
    """A world of the proof with rows that the sample does not have."""
    light = [one for one in worlds_of(proof) if not one.heavy]
    if not light:
        return None
    found = lacking(light[place // len(LACKING) % len(light)], place % len(LACKING))
    return next(iter(_that_meet(proof.hypotheses, [found], is_joint(proof))), None)


def _is_supposable(fact: Relation, world: Setting, base: bool, claim: Relation) -> bool:
    """Whether what is supposed is true of the world; of one with finitely many rows all means exist, unless
    the claim is of such a mean itself.
    """
    if isinstance(fact, Integrable | Finite):
        return isinstance(claim, Equal | Invertible) or not is_false(fact, (world,), base)
    if isinstance(claim, Integrable | Finite):
        return False
    if isinstance(fact, Bounded):
        return not is_false(fact, (world,), base)
    return is_true_in(fact, world, base)


def falsified(
    claim: Relation, proof: Proof, checked: Checked, worlds: Sequence[Setting], exact: bool = False
) -> str:
    """The name of a world of which the claim is false. ``exact``: some premises hold of the numbers as they
    are, not of limits nor of other rows.
    """
    if exact and (not isinstance(claim, Equal | Invertible | Bounded) or has_limit(claim)):
        return ""
    if is_nonsense(claim):
        return "nonsense"
    if is_about_units(proof):
        return false_of_units(claim, proof)
    base = checked.phase == "base"
    found = is_false(claim, worlds, base, is_joint(proof))
    return found or ("" if exact else without_means(claim, worlds, base))


def _taken(
    rule: Rule,
    claim: Relation,
    premises: Premises,
    hypotheses: Sequence[Any],
    tally: Tally,
) -> bool:
    """Whether the rule takes the claim; an error counts as taken. What stands around it comes later."""
    tally.tried[rule.name] += 1
    if any(a not in hypotheses for a in rule.supposes):
        return False
    try:
        rule.check(claim, premises)
    except ValueError as error:
        if not str(error).startswith(OTHER_KIND):
            tally.reached[rule.name] += 1
        return False
    except Exception:
        return True
    tally.reached[rule.name] += 1
    return True


OTHER_KIND = ("the rule proves",)
"""How the refusals start that look at nothing but the kind of the claim."""


def _confirmed(
    rule: Rule, claim: Relation, uses: tuple[Source, ...], point: Point, world: str
) -> Hole | None:
    """The hole, where the checker itself takes the step; an error that is no refusal is one too."""
    step = Step("drawn", claim, rule, uses)
    where = f"{point.proof.statement} {point.proof.title} step {point.checked.number}".replace("  ", " ")
    try:
        check_step(step, point.known, point.proof.hypotheses)
    except Failed:
        return None
    except Exception as error:
        world = f"raises {type(error).__name__}: {error}"
    uses = _fewest(step, point, world)
    return Hole(rule.name, where, world, _shown(claim), tuple(map(str, uses)))


def _shown(claim: Relation) -> str:
    try:
        return written(claim)
    except Exception:  # what no step may claim need not be writable
        return repr(claim)


def _fewest(step: Step, point: Point, world: str) -> tuple[Source, ...]:
    """Citations that cannot be left out."""
    uses = list(step.uses)
    for source in list(uses):
        fewer = tuple(one for one in uses if one is not source)
        try:
            check_step(Step("drawn", step.claim, step.rule, fewer), point.known, point.proof.hypotheses)
            uses = list(fewer)
        except Failed:
            continue
        except Exception:
            if world.startswith("raises"):
                uses = list(fewer)
    return tuple(uses)


def _chosen(random: Random, points: Sequence[Point]) -> Point:
    """A rule first, then one of its steps, so that every rule gets its share."""
    by_rule = _by_rule(tuple(points))
    return random.choice(by_rule[random.choice(sorted(by_rule))])


_SORTED: dict[tuple[int, ...], dict[str, list[Point]]] = {}


def _by_rule(points: tuple[Point, ...]) -> dict[str, list[Point]]:
    key = tuple(map(id, points))
    if key not in _SORTED:
        found: dict[str, list[Point]] = {}
        for point in points:
            if not _is_long(point):
                found.setdefault(point.checked.step.rule.name, []).append(point)
        _SORTED[key] = found
    return _SORTED[key]


def _is_long(point: Point) -> bool:
    """Whether the claim has hundreds of terms: drawing from it would take the time of all the others."""
    return any(
        isinstance(value, sympy.Expr) and value.count_ops() > 150
        for value in vars(point.checked.step.claim).values()
    )


def _citations(random: Random, point: Point) -> list[Source]:
    """What the step cites; some of it; or with other facts, definitions and hypotheses."""
    own = list(point.checked.step.uses)
    r = random.random()
    if r < 0.4:
        return own
    if r < 0.6:
        own = [source for source in own if random.random() < 0.6]
    others: list[Source] = [*point.known, *sources_of(point.proof)]
    extra = random.sample(others, min(random.choice((1, 2, 3)), len(others)))
    return [*own, *(source for source in extra if source not in own)]


_MOST_TERMS, _OF_A_LOSS = 400, 8.0


def _is_endless(claim: Relation, premises: Premises) -> bool:
    """Whether a number in it has so many terms, put in and multiplied out, that judging it takes minutes."""
    known: dict[sympy.Expr, float] = {}
    for one in premises.of(Same):
        known[one.left] = max(known.get(one.left, 1), _terms_of(one.right, {}))
    return any(
        isinstance(value, sympy.Expr) and _terms_of(value, known) > _MOST_TERMS
        for value in vars(claim).values()
    )


def _terms_of(number: sympy.Expr, known: Mapping[sympy.Expr, float]) -> float:
    """How many terms it has, multiplied out; a loss is a polynomial."""
    if number in known:
        return known[number]
    if number.func.__name__.startswith("F_{"):
        return _OF_A_LOSS
    inside = [_terms_of(part, known) for part in number.args if isinstance(part, sympy.Expr)]
    if not inside:
        return 1
    if number.is_Add:
        return sum(inside)
    if number.is_Mul:
        return float(min(math.prod(inside), 1e9))
    if number.is_Pow and number.exp.is_Integer:
        times, power = min(inside[0], 1e6), min(abs(int(number.exp)), 20)
        return 1.0 if times == 1 else float(math.comb(int(times) + power - 1, power))
    return max(inside)


def _wide_citations(random: Random, point: Point) -> list[Source]:
    """What the step cites, alone or with all hypotheses, all definitions or all facts."""
    own = list(point.checked.step.uses)
    sources = sources_of(point.proof)
    more: list[Source] = []
    match random.randrange(8):
        case 0:
            more = [source for source in sources if isinstance(source, Hypothesis)]
        case 1:
            more = [source for source in sources if isinstance(source, Definition)]
        case 2:
            more = list(point.known)
        case 3:
            more = [*point.known, *sources]
        case 4:
            others: list[Source] = [*point.known, *sources]
            more = random.sample(others, min(3, len(others)))
    return [*own, *(source for source in more if source not in own)]


def _more_premises(
    random: Random, point: Point, premises: Premises, worlds: Sequence[Setting], desk: Desk
) -> list[Relation]:
    """At times, premises that no step shows: multiples of bounds that stand; or what is true of one world
    exactly, and the conclusions are then compared with this world alone.
    """
    if not worlds or random.random() < 0.7:
        return []
    bounds = [one for one in (*premises.relations, *point.known.values()) if isinstance(one, Bounded)]
    if bounds and random.random() < 0.3:
        known, number = random.choice(bounds), c ** random.choice((-2, -1, 1, 2))
        return [Bounded(number * known.term, number * known.bound)]
    world = next((one for one in worlds if not one.heavy), None)
    found: list[Relation] = []
    for _ in range(8):
        claim = desk.premise()
        if claim is not None and is_true_in(claim, world, point.checked.phase == "base"):
            found.append(claim)
    return found[:2]


def _some(random: Random, worlds: Sequence[Setting]) -> list[Setting]:
    """Three of them: one with degenerate constants, where there is one, and the heavy one."""
    heavy = [one for one in worlds if one.heavy]
    light = [one for one in worlds if not one.heavy]
    degenerate = [one for one in light if one.is_degenerate]
    chosen = [random.choice(degenerate)] if degenerate and random.random() < 0.7 else []
    others = [one for one in light if one not in chosen]
    chosen += [*random.sample(others, min(2 - len(chosen), len(others))), *heavy]
    for one in chosen:
        for world in one.levels:
            world.forget()
    return chosen


def _symbols(random: Random, proof: Proof) -> list[Term]:
    found = [
        term
        for source in sources_of(proof)
        for relation in _relations(source)
        for value in vars(relation).values()
        if isinstance(value, Term)
        for term in _inside(value)
        if isinstance(term, Symbol)
    ]
    return [*random.sample(found, min(8, len(found))), *random.sample(_VOCABULARY, 6)]


_VOCABULARY: list[Term] = [
    *sorted(once(), key=lambda symbol: symbol.name),
    *(symbol for index in (LAYER, LAYER - 1, DEPTH, OUTPUT) for symbol in symbols_at(index)),
]
"""All symbols, of the layers that a step may speak of."""


def _relations(source: Source) -> Sequence[Relation]:
    if isinstance(source, str | Lemma):
        return ()
    return (source.relation,) if isinstance(source, Definition) else source.relations


def _inside(term: Term) -> Iterator[Term]:
    from theory.proof.terms import parts

    yield term
    for part in parts(term):
        yield from _inside(part)


@lru_cache(maxsize=1)
def all_points() -> tuple[Point, ...]:
    """Every point of every shipped proof."""
    return tuple(point for proof in (*PROOFS, *SMALL_PROOFS) for point in points_of(proof))
