"""A proof is a list of steps; the checker goes through them and accepts or rejects each, with the reason.

A step is a claim, the rule that leads to it, and what it follows from: earlier steps by their labels,
definitions, hypotheses. What a rule does not see among these it does not know. The checker also keeps
account: which hypothesis every step uses, and which axioms the whole rests on.

A proof lets a sample grow in one way: plim, at every small c, or plim₀, with c_T falling; so its facts about
samples are all along the same limit.

A proof about all layers goes by induction, from the output down: the claims for layer N + 1, then those for
layer i from those for layer i + 1, for 2 <= i <= N.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TypeAlias, get_args

import sympy

from theory.proof.constants import LAYER
from theory.proof.existence import inverses_exist, limits_exist, limits_of, terms_of
from theory.proof.grants import Hypothesis
from theory.proof.relations import Equal, FirstOrder, Normal, Polynomial, Relation, relation_at
from theory.proof.rules import FIRST_ORDER, RULES, Premises, Rejected, Rule
from theory.proof.terms import ROW, Applied, dependence
from theory.proof.vocabulary import OUTPUT, Definition
from theory.proof.well_formed import powers_are_defined, well_formed
from theory.results.assumptions import COMMON
from theory.results.statement import Assumption


@dataclass(frozen=True)
class Step:
    """A claim with its label, its rule and what it follows from."""

    label: str
    claim: Relation
    rule: Rule
    uses: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Induction:
    """Claims in the layer i, proved for N + 1 by ``base`` and for i by ``step``, from those for i + 1.

    ``claims`` maps labels to claims. Inside ``step`` the label "above: X" is claim X for layer i + 1; a
    step labelled X proves claim X. ``shared`` are further steps, written for i, that follow either way
    and are checked for both. Afterwards X is known for i and "top: X" for N + 1; what else was proved
    for i on the way down is known as "below: X", 2 <= i <= N.
    """

    claims: Mapping[str, Relation]
    base: tuple[Step, ...]
    step: tuple[Step, ...]
    shared: tuple[Step, ...] = ()

    def __hash__(self) -> int:
        return hash((tuple(self.claims), self.base, self.step, self.shared))


@dataclass(frozen=True)
class Proof:
    """Steps from hypotheses to a conclusion, the claim of the last step, or of several, by their labels.

    ``lemmas`` are proofs whose conclusions may be cited by their ids; ``statement`` is the id of what is
    proved; ``note`` says to a reader how it is meant, such as for how many units it is written and why.
    """

    statement: str
    hypotheses: tuple[Assumption, ...]
    parts: tuple[Step | Induction, ...]
    conclusions: tuple[str, ...]
    title: str = ""
    note: str = ""


@dataclass(frozen=True)
class Lemma:
    """A fact of another proof, by its label; its hypotheses have to be among ours."""

    proof: Proof
    label: str
    index: None = None

    def __str__(self) -> str:
        return f"{self.proof.statement}, {self.label}"


Source: TypeAlias = str | Definition | Hypothesis | Lemma
SOURCES = get_args(Source)


class Failed(ValueError):
    """A step does not follow. ``number`` counts from 1."""

    def __init__(self, number: int, step: Step, reason: str) -> None:
        label, rule = getattr(step, "label", step), getattr(getattr(step, "rule", None), "name", "no rule")
        super().__init__(f"step {number} ({label}, by {rule}): {reason}")
        self.number, self.step, self.reason = number, step, reason


@dataclass(frozen=True)
class Cited:
    """A source of a step: the relations it says, the hypotheses it rests on."""

    source: Source
    relations: tuple[Relation, ...]
    assumptions: tuple[Assumption, ...] = ()


def together(cited: Iterable[Cited]) -> Premises:
    """All that several sources say."""
    every = tuple(cited)
    relations = tuple(relation for one in every for relation in one.relations)
    return Premises(relations, frozenset(a for one in every for a in one.assumptions))


@dataclass(frozen=True)
class Checked:
    """A step that was accepted: its number, and what each of its sources contributed.

    ``phase`` is "base" or "step" inside an induction.
    """

    number: int
    step: Step
    cited: tuple[Cited, ...]
    phase: str = ""

    @property
    def hypotheses(self) -> tuple[Assumption, ...]:
        """The hypotheses it uses, each once."""
        return tuple(dict.fromkeys(a for cited in self.cited for a in cited.assumptions))

    @property
    def premises(self) -> Premises:
        """What its rule was given to look at."""
        return together(self.cited)


@dataclass
class _Context:
    """What is known so far."""

    hypotheses: tuple[Assumption, ...]
    facts: dict[str, Relation] = field(default_factory=dict)
    accepted: list[Checked] = field(default_factory=list)

    def take(self, number: int, step: Step, known: Mapping[str, Relation], phase: str = "") -> None:
        """Accept the step or raise `Failed`, whatever it is made of."""
        try:
            if type(step) is not Step or not isinstance(step.label, str) or type(step.uses) is not tuple:
                raise Rejected("it is no step: a label, a claim, a rule, and a tuple of what it follows from")
            cited = tuple(self._cited(source, known) for source in step.uses)
            if type(step.rule) is not Rule or step.rule not in RULES:
                raise Rejected(f"{getattr(step.rule, 'name', step.rule)} is no rule of the checker")
            missing = [a.id for a in step.rule.supposes if a not in self.hypotheses]
            if missing:
                raise Rejected(f"the rule also supposes {', '.join(missing)}")
            premises = together(cited)
            well_formed(step.claim)
            _only_in_the_sample(step.claim, premises)
            step.rule.check(step.claim, premises)
            powers_are_defined(step.claim)
            known_limits = together(one for one in cited if not isinstance(one.source, Definition))
            limits_exist(step.claim, step.rule, premises, known_limits.relations)
            inverses_exist(step.claim, premises)
        except ValueError as error:
            raise Failed(number, step, str(error)) from None
        except UNEXPECTED as error:
            raise Failed(number, step, f"it cannot be judged: {told(error)}") from None
        self.accepted.append(Checked(number, step, cited, phase))

    def _cited(self, source: Source, known: Mapping[str, Relation]) -> Cited:
        if type(source) not in SOURCES:
            raise Rejected(f"a {type(source).__name__} is no step, definition, hypothesis or lemma")
        match source:
            case str():
                if source not in known:
                    raise Rejected(f"no earlier step is called {source!r}")
                return Cited(source, (known[source],))
            case Definition():
                return Cited(source, (source.relation,))
            case Lemma():
                return Cited(source, (self._lemma(source),), source.proof.hypotheses)
        if source.assumption not in self.hypotheses:
            raise Rejected(f"{source.assumption.id} is not among the hypotheses")
        return Cited(source, source.relations, (source.assumption,))

    def _lemma(self, source: Lemma) -> Relation:
        _is_a_proof(source.proof)
        missing = [a.id for a in source.proof.hypotheses if a not in self.hypotheses]
        if missing:
            raise Rejected(f"the lemma {source} also supposes {', '.join(missing)}")
        facts = _facts(source.proof)
        if source.label not in facts:
            raise Rejected(f"{source.proof.statement} does not prove {source.label!r}")
        return facts[source.label]


UNEXPECTED = (Exception, SystemExit, GeneratorExit)
"""What a malformed proof may raise anywhere; an interrupt is none of it."""


def told(error: BaseException) -> str:
    """An unexpected error in a sentence, even one that cannot be written."""
    try:
        written = " ".join(str(error).split())[:200]
    except UNEXPECTED:
        written = ""
    return f"{type(error).__name__}{written and ', '}{written}"


def check_step(step: Step, facts: Mapping[str, Relation], hypotheses: tuple[Assumption, ...] = ()) -> Checked:
    """The step by itself, accepted, where the facts are known; raises `Failed` if it does not follow."""
    context = _Context(hypotheses)
    context.take(1, step, facts)
    return context.accepted[0]


@lru_cache(maxsize=64)
def _facts(proof: Proof) -> Mapping[str, Relation]:
    return _run(proof).facts


def check(proof: Proof) -> tuple[Checked, ...]:
    """All steps, accepted; raises `Failed` at the first that does not follow.

    Also refused: a label used twice, a conclusion that no step proves, a hypothesis that no step uses; what
    is no proof at all, and what leads a rule astray, with ``ValueError`` too.
    """
    try:
        return tuple(_run(proof).accepted)
    except ValueError:
        raise
    except UNEXPECTED as error:
        raise ValueError(f"the proof cannot be judged: {told(error)}") from None


def _run(proof: Proof) -> _Context:
    _is_a_proof(proof)
    context, number = _Context(proof.hypotheses), 1
    for part in proof.parts:
        if isinstance(part, Step):
            context.take(number, part, context.facts)
            _add(context.facts, part.label, part.claim)
            number += 1
        else:
            _by_induction(context, part, number)
            number += len(part.base) + len(part.step) + len(part.shared)
    _one_definition_each(proof)
    if len(ways := _ways_to_grow(proof)) > 1:
        raise ValueError(f"{proof.statement}: samples grow in two ways, {' and '.join(sorted(ways))}")
    for label in proof.conclusions:
        if label not in context.facts:
            raise ValueError(f"{proof.statement}: no step proves the conclusion {label!r}")
    used = {assumption for accepted in context.accepted for assumption in accepted.hypotheses}
    unused = [assumption.id for assumption in proof.hypotheses if assumption not in used]
    if unused:
        raise ValueError(f"{proof.statement}: no step uses the hypotheses {', '.join(unused)}")
    return context


def _is_a_proof(proof: Proof) -> None:
    """Raise ``ValueError`` for what only looks like a proof."""
    if type(proof) is not Proof:
        raise ValueError(f"a {type(proof).__name__} is no proof")
    kinds: tuple[tuple[str, tuple[type, ...]], ...] = (
        ("hypotheses", (Assumption,)),
        ("parts", (Step, Induction)),
        ("conclusions", (str,)),
    )
    if type(proof.statement) is not str or type(proof.title) is not str:
        raise ValueError(f"a proof is of a statement with a name, not of {proof.statement!r}")
    for name, allowed in kinds:
        value = getattr(proof, name)
        if type(value) is not tuple or any(type(one) not in allowed for one in value):
            names = " or ".join(kind.__name__ for kind in allowed)
            raise ValueError(f"{name} of the proof {proof.statement} is no tuple of {names}")


def _one_definition_each(proof: Proof) -> None:
    """Raise ``ValueError`` where a proof and its lemmas define a symbol in two ways, or take the fit of one
    definition and the limit of another.
    """
    used = definitions_of(proof)
    for choice in CHOICES:
        if len(choice & used) > 1:
            raise ValueError(
                f"{proof.statement}: {' and '.join(sorted(choice & used))} define the same symbol in two ways"
            )
    if COMMON in proof.hypotheses and "Gaussian mean" in used:
        raise ValueError(f"{proof.statement}: V says of v that there is one, Gaussian mean which one")


@lru_cache(maxsize=64)
def definitions_of(proof: Proof) -> frozenset[str]:
    """The names of the definitions that a proof and its lemmas use."""
    found: set[str] = set()
    for step in steps_of(proof):
        if step.rule == FIRST_ORDER:
            found |= OF_FIRST_ORDER
        for source in step.uses:
            if isinstance(source, Definition):
                found.add(source.name)
            elif isinstance(source, Lemma):
                found |= definitions_of(source.proof)
    return frozenset(found)


@lru_cache(maxsize=64)
def _ways_to_grow(proof: Proof) -> frozenset[str]:
    """Which of plim and plim₀ the claims of a proof and its lemmas speak of."""
    found: set[str] = set()
    for step in steps_of(proof):
        found |= {limit.operator for limit in limits_of(step.claim)} - {"lim"}
        if isinstance(step.claim, FirstOrder | Normal | Polynomial):
            found.add("plim")  # what is known of these is known at a fixed c
        for source in step.uses:
            if isinstance(source, Lemma):
                found |= _ways_to_grow(source.proof)
    return frozenset(found)


FITS = {
    "least squares (10, 14)": "limit of the fit",
    "least squares of minimum norm": "limit of the fit of minimum norm",
    "ridge inside the mean (18)": "limit of the ridge fit",
    "ridge on the sum": "limit of the fit",
}
"""The ways to fit the feedback, each with what defines its limit."""

OF_FIRST_ORDER = frozenset({"change of the feedback", "least squares (10, 14)", "limit of the fit"})
"""What the rule for first-order changes speaks of: they are small for this fit and its limit alone."""

CHOICES = (
    frozenset(FITS),
    frozenset(FITS.values()),
    *(frozenset({fit, limit}) for fit, own in FITS.items() for limit in FITS.values() if limit != own),
    *(
        frozenset({"change of the feedback", other})
        for other in (*FITS, *FITS.values())
        if other not in OF_FIRST_ORDER
    ),
)
"""Definitions of which a proof may use one."""


def _by_induction(context: _Context, given: Induction, number: int) -> None:
    part = replace(given, claims=dict(given.claims))
    for claim in part.claims.values():
        well_formed(claim)
    above = {f"above: {label}": relation_at(claim, LAYER + 1) for label, claim in part.claims.items()}
    steps = list(enumerate((*part.base, *part.step, *part.shared), start=number))
    base, step = steps[: len(part.base)], steps[len(part.base) : len(part.base) + len(part.step)]
    shared = steps[len(part.base) + len(part.step) :]
    at_output = [(k, step_at(one, OUTPUT)) for k, one in shared]
    _phase(context, part, "base", [*base, *at_output], OUTPUT, {})
    below = _phase(context, part, "step", [*step, *shared], LAYER, above)
    for label, claim in part.claims.items():
        _add(context.facts, label, claim)
        _add(context.facts, f"top: {label}", relation_at(claim, OUTPUT))
    for label, claim in below.items():
        if label not in part.claims:
            _add(context.facts, f"below: {label}", claim)


def _only_in_the_sample(claim: Relation, premises: Premises) -> None:
    """What holds for the rows of the sample says nothing of other rows, nor of means over them."""
    if not any(relation.sample for relation in premises.of(Equal)):
        return
    for relation in (claim, *premises.relations):
        for term in terms_of(relation):
            if (
                isinstance(term, Applied)
                and term.operator in ("E", "E|", "E′")
                and dependence(term.term)[0] & ROW
            ):
                raise Rejected(f"{term} is a mean over rows that are not in the sample")
    if not isinstance(claim, Equal) or (
        (dependence(claim.left)[0] | dependence(claim.right)[0]) & ROW and not claim.sample
    ):
        raise Rejected("the claim is shown for the rows of the sample only")


def _phase(
    context: _Context,
    part: Induction,
    phase: str,
    steps: Sequence[tuple[int, Step]],
    layer: sympy.Expr,
    hypothesis: Mapping[str, Relation],
) -> dict[str, Relation]:
    """One half of an induction; what it proves."""
    found: dict[str, Relation] = {}
    for number, step in steps:
        context.take(number, step, {**context.facts, **hypothesis, **found}, phase)
        _add(found, step.label, step.claim)
    for label, claim in part.claims.items():
        if not steps:
            raise ValueError(f"the {phase} of the induction has no steps")
        if found.get(label) != relation_at(claim, layer):
            number, step = next(((k, s) for k, s in steps if s.label == label), steps[-1])
            raise Failed(number, step, f"the {phase} of the induction does not prove {label!r}")
    return found


def step_at(step: Step, layer: sympy.Expr) -> Step:
    """The same step for another layer."""

    def move(source: Source) -> Source:
        if isinstance(source, str) or source.index is None:
            return source
        return replace(source, index=source.index.subs(LAYER, layer))

    return replace(step, claim=relation_at(step.claim, layer), uses=tuple(map(move, step.uses)))


def _add(facts: dict[str, Relation], label: str, claim: Relation) -> None:
    if label in facts:
        raise ValueError(f"two steps are called {label!r}")
    facts[label] = claim


def steps_of(proof: Proof) -> Iterator[Step]:
    """All steps in order."""
    for part in proof.parts:
        yield from (part,) if isinstance(part, Step) else (*part.base, *part.step, *part.shared)


def lemmas_of(proof: Proof) -> tuple[Proof, ...]:
    """The proofs that it cites facts of, and those that these cite, each once."""
    found: dict[Proof, None] = {}
    for step in steps_of(proof):
        for source in step.uses:
            if isinstance(source, Lemma):
                found |= dict.fromkeys((*lemmas_of(source.proof), source.proof))
    return tuple(found)
