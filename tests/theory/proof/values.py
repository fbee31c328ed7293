"""Whether a claim is true on given networks, or on given losses of single units: computed, no rule asked.

Steps of proofs are for `theory.proofs.verify`, which lets nothing pass; here are changed steps, which may
speak of what does not exist, such as an estimate of the output layer. They have no value then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import sympy
from sympy.core.function import AppliedUndef

from theory.proof import Proof
from theory.proof.checker import Checked
from theory.proof.constants import c
from theory.proof.existence import terms_of
from theory.proof.grants import Hypothesis
from theory.proof.jets import Singular
from theory.proof.model import Model
from theory.proof.normal_form import Reading
from theory.proof.relations import Bounded, ConstantRank, Invertible, Relation, Same, Within, relation_at
from theory.proof.terms import PseudoInverse, Symbol
from theory.proof.truth import holds
from theory.proof.unit_truth import UnitModel, unit_holds
from theory.proof.vocabulary import OUTPUT
from theory.proofs.models import models, needs_quadratic, unit_models


def is_about_units(steps: Iterable[Checked]) -> bool:
    """Whether the steps speak of single units."""
    return all(isinstance(one.step.claim, Same | Within) for one in steps)


def instances(
    proof: Proof, steps: Sequence[Checked], seed: int, most: int | None = None
) -> Iterator[Model | UnitModel]:
    """What the seed draws for the proof: at most so many networks, or losses of single units."""
    drawn: Iterator[Model | UnitModel] = (
        unit_models(seed, needs_quadratic(proof)) if is_about_units(steps) else models(proof, seed)
    )
    return islice(drawn, most)


def truth(claim: Relation, model: Model | UnitModel, base: bool = False) -> bool | None:
    """Whether the claim is true of the model, for each layer that i stands for; None where it has no value.

    ``base``: the claim is one for the output, in the base of an induction.
    """
    if isinstance(model, UnitModel):
        return unit_holds(claim, model)
    if not _can_be_computed(claim):
        return None
    values = [_at(claim, model, layer) for layer in layers_of(claim, model, base)]
    if False in values:
        return False
    return True if True in values else None


def _at(claim: Relation, model: Model, layer: int) -> bool | None:
    try:
        return holds(claim, model, layer)
    except (ValueError, Singular, IndexError):  # no limit, no inverse, no such symbol of the output layer
        return None


def _can_be_computed(claim: Relation) -> bool:
    """Whether `theory.proof.truth` covers it: no pseudo-inverse or rank but of symmetric matrices, as in the
    proofs; no bound in which c stands both by itself and in the norm of a symbol.
    """
    ranked = [claim.term] if isinstance(claim, ConstantRank) else []
    ranked += [term.term for term in terms_of(claim) if isinstance(term, PseudoInverse)]
    if any(Reading().of(term) != Reading().of(term.T) for term in ranked):
        return False
    if not isinstance(claim, Bounded):
        return True
    calls = claim.bound.atoms(AppliedUndef)
    alone = claim.bound.xreplace({call: sympy.Dummy() for call in calls})
    return not (alone.has(c) and any(call.has(c) for call in calls))


def layers_of(claim: Relation, model: Model, base: bool = False) -> list[int]:
    """The layers that i stands for: any one for what does not speak of i; none beyond 1 .. N + 1."""
    speaks = not base and relation_at(claim, OUTPUT) != claim
    indices = [term.index for term in terms_of(claim) if isinstance(term, Symbol) and term.index is not None]
    return [
        layer
        for layer in (range(2, model.depth + 1) if speaks else (2,))
        if all(1 <= model.integer(sympy.sympify(index), layer) <= model.depth + 1 for index in indices)
    ]


def meets_the_ranks(steps: Iterable[Checked], model: Model | UnitModel) -> bool:
    """Whether what the hypotheses of the proof say about ranks is true of the model."""
    return isinstance(model, UnitModel) or all(
        truth(relation, model, one.phase == "base") is not False
        for one in steps
        for cited in one.cited
        if isinstance(cited.source, Hypothesis)
        for relation in cited.relations
        if isinstance(relation, Invertible | ConstantRank)
    )
