"""Every step of every proof, checked twice: by its rule, and on numbers.

A step that its rule accepts and that is false of a concrete network is an error of the checker; so is a
claim that has a value and was never tried on one. Both are reported like a step that is rejected, and so is
anything unexpected. The steps of lemmas are tried as well.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from itertools import islice

from theory.proof import Proof
from theory.proof.checker import UNEXPECTED, Checked, Failed, check, lemmas_of, told
from theory.proof.jets import Singular
from theory.proof.model import Model, NoValue
from theory.proof.relations import Finite, Integrable, Polynomial, Relation, Same, Tight, Within, relation_at
from theory.proof.text import claim as written
from theory.proof.truth import holds
from theory.proof.unit_truth import unit_holds
from theory.proof.vocabulary import OUTPUT
from theory.proofs.models import models, needs_quadratic, unit_models
from theory.proofs.verdicts import Verdict

WITHOUT_A_VALUE = (Finite, Integrable, Polynomial, Tight)
"""Claims of which finitely many data and atoms say nothing: they are left to their rules."""


def verify(proof: Proof, seeds: Sequence[int] = (0,), few: bool = False) -> Verdict:
    """Check the proof by its rules, then every step on the networks of the seeds; on ``few`` of them.

    Whatever ``proof`` is, the answer is a verdict.
    """
    start = time.perf_counter()
    steps: tuple[Checked, ...] = ()
    tried = networks = 0
    problem = ""
    try:
        steps = check(proof)
        if not proof.conclusions or not steps:
            raise ValueError(f"{proof.statement}: nothing is concluded")
        tried, networks = on_numbers(proof, steps, seeds, few)
        for lemma in lemmas_of(proof):
            on_numbers(lemma, check(lemma), seeds, few)
    except (Failed, ValueError, ArithmeticError) as error:
        problem = str(error) or told(error)
    except UNEXPECTED as error:
        problem = f"the proof cannot be judged: {told(error)}"
    numbers = {accepted.number for accepted in steps}
    return Verdict(
        str(getattr(proof, "statement", type(proof).__name__)),
        str(getattr(proof, "title", "")),
        len(numbers),
        tried,
        networks,
        axioms(steps),
        problem,
        time.perf_counter() - start,
    )


def axioms(steps: Iterable[Checked]) -> tuple[str, ...]:
    """The trusted rules that the steps use, each once."""
    return tuple(dict.fromkeys(one.step.rule.name for one in steps if one.step.rule.axiom))


def on_numbers(
    proof: Proof, steps: Sequence[Checked], seeds: Sequence[int], few: bool = False
) -> tuple[int, int]:
    """How many steps were true of numbers, on how many networks; raises `Failed` for one that was not."""
    about_units = all(isinstance(one.step.claim, Same | Within) for one in steps)
    tried: set[int] = set()
    networks = 0
    for seed in seeds:
        if about_units:
            for unit_model in islice(unit_models(seed, needs_quadratic(proof)), 1 if few else None):
                networks += 1
                for one in steps:
                    _require(unit_holds(one.step.claim, unit_model), one, f"{unit_model.law.name} noise")
                    tried.add(one.number)
            continue
        for model in models(proof, seed, few):
            networks += 1
            for one in steps:
                if true_of(one, model):
                    tried.add(one.number)
    for one in steps:
        if one.number not in tried and not isinstance(one.step.claim, WITHOUT_A_VALUE):
            raise Failed(one.number, one.step, "it has a value, but no network gave it one")
    return len(tried), networks


def true_of(one: Checked, model: Model) -> bool:
    """Whether the step has a value in the model; raises `Failed` where it is false."""
    found = False
    for layer in _layers(one, model.depth):
        try:
            value = holds(one.step.claim, model, layer)
        except (NoValue, Singular):
            continue
        if value is not None:
            shape = "-".join(map(str, model.problem.network.widths))
            _require(value, one, f"a network {shape}, layer {layer}, c = {model.scale or 'a variable'}")
            found = True
    return found


def _require(value: bool, one: Checked, where: str) -> None:
    if not value:
        raise Failed(one.number, one.step, f"false of {where}: {written(one.step.claim)}")


def _layers(one: Checked, depth: int) -> Iterable[int]:
    """The layers that i stands for: any one for what does not speak of i."""
    if one.phase == "base" or (one.phase == "" and not _speaks_of_layer(one.step.claim)):
        return (2,)
    return range(2, depth + 1)


def _speaks_of_layer(claim: Relation) -> bool:
    return bool(relation_at(claim, OUTPUT) != claim)
