"""Every mechanical change of every step is rejected, or says nothing else.

Measured over all steps of all proofs, with the networks of seed 0:

* of 3230 changes that every step has to withstand (a hypothesis not cited, two factors swapped, a transpose
  dropped, a power of c more) 3175 are rejected, 98.3 %: 2579 because the sizes disagree, 596 by the rule. 55
  remain, all the same claim in other words: 24 norms, 16 inverses, 15 pseudo-inverses.
* of 9898 changes of further kinds (an index or all layers shifted, a term, an operator or an inverse dropped,
  a sign, a number, one operator for another) 4112 cannot be written, 5607 are rejected, 34 are none by ring
  algebra, and 145 have a reason.
* most rejected claims that have a value are false of some network. The others are true of those and rejected
  all the same, rightly: they do not follow from what the step cites by the one rule it names. Many are the
  claim of another layer, or swap matrices that commute.

No claim that was accepted is false of any network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import pytest

from tests.theory.proof.mutations import REQUIRED, WITHOUT, changed_claims, with_step
from tests.theory.proof.survivors import GROUPS, Examined, examine, group_of
from tests.theory.proof.values import instances, truth
from theory.proof import Proof, Step, check, checker
from theory.proof.checker import Checked, Failed, Lemma, Source, steps_of
from theory.proof.grants import Hypothesis
from theory.proof.model import Model
from theory.proof.relations import Normal, Relation, relation_at
from theory.proof.unit_truth import UnitModel
from theory.proof.vocabulary import OUTPUT
from theory.proofs.catalogue import PROOFS
from theory.proofs.pseudo_inverse import GRADIENTS
from theory.proofs.ridge import TOP
from theory.results.statement import Assumption

NAMES = [f"{proof.statement} {proof.title}".strip() for proof in PROOFS]

LEAST_REJECTED = 0.95
LEAST_FALSE = 0.6
"""Of the rejected claims with a value; measured 0.68 (the self-correction) to 1."""
FEW = 3
"""Networks on which rejected claims are tried; accepted ones are tried on all that the seed draws."""


@dataclass(frozen=True)
class Finding:
    """A mutant, and whether its claim is true of the networks; None without a value."""

    examined: Examined
    true: bool | None

    @property
    def accepted(self) -> bool:
        """Whether the checker takes a step that is really another one."""
        return self.examined.accepted and not self.examined.unchanged


@lru_cache(maxsize=2)
def findings_of(proof: Proof) -> tuple[Finding, ...]:
    """What becomes of every change of every step."""
    drawn = list(instances(proof, check(proof), seed=0))
    return tuple(Finding(one, _truth(one, drawn)) for one in examine(proof))


def _truth(one: Examined, drawn: Sequence[Model | UnitModel]) -> bool | None:
    """False as soon as one network says so."""
    claim, found = one.mutant.claim, None
    if claim is None or one.mutant.kind.startswith(WITHOUT):
        return None
    for model in drawn if one.accepted else _few(drawn, isinstance(claim, Normal)):
        value = truth(claim, model, one.checked.phase == "base")
        if value is False:
            return False
        found = value or found
    return found


def _few(drawn: Sequence[Model | UnitModel], law: bool) -> Sequence[Model | UnitModel]:
    """The first ones; for a limit in law, which moves one row after the other, those with the fewest rows."""
    if law:
        fewest = min(len(model.rows) for model in drawn if isinstance(model, Model))
        return [model for model in drawn if isinstance(model, Model) and len(model.rows) == fewest]
    return drawn[:FEW]


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(proof, id=name, marks=pytest.mark.xdist_group(f"mutations of {name}"))
        for proof, name in zip(PROOFS, NAMES, strict=True)
    ],
)
def proof(request: pytest.FixtureRequest) -> Proof:
    return request.param


def test_at_least_95_percent_of_the_required_changes_are_rejected(proof: Proof) -> None:
    """Of each proof, so of all together."""
    required = [one for one in findings_of(proof) if one.examined.mutant.required]
    assert required
    rejected = [one for one in required if not one.examined.accepted]
    assert len(rejected) >= LEAST_REJECTED * len(required)


def test_at_least_95_percent_of_all_changes_are_rejected(proof: Proof) -> None:
    changed = [one for one in findings_of(proof) if not one.examined.unchanged]
    assert sum(not one.accepted for one in changed) >= LEAST_REJECTED * len(changed)


def test_every_change_that_is_accepted_has_a_reason(proof: Proof) -> None:
    accepted = [one.examined for one in findings_of(proof) if one.accepted]
    assert [(one.checked.number, one.mutant.kind) for one in accepted if group_of(one) is None] == []


def test_no_change_that_is_accepted_is_false_of_numbers(proof: Proof) -> None:
    assert [one for one in findings_of(proof) if one.examined.accepted and one.true is False] == []


def test_most_changes_that_are_rejected_are_false_of_numbers(proof: Proof) -> None:
    values = [one.true for one in findings_of(proof) if not one.examined.accepted and one.true is not None]
    assert values
    assert values.count(False) >= LEAST_FALSE * len(values)


def test_every_reason_is_met() -> None:
    """No group is there for nothing; these proofs have them all between them."""
    names = ("theorem-1", "orthogonality", "remainder", "control-variate", "clt", "self-correction")
    chosen = [proof for proof in PROOFS if proof.statement in names]
    found = [one for proof in (*chosen, GRADIENTS, TOP) for one in examine(proof)]
    assert {group_of(one) for one in found if one.accepted and not one.unchanged} == {
        name for name, _, _ in GROUPS
    }


# -- changes made in the proof itself ------------------------------------------------------------------------


def test_a_step_that_is_changed_fails_where_it_stands(proof: Proof) -> None:
    """One change of every required kind in every step, where it can be written, and one of the others."""
    accepted = {
        (one.examined.checked.number, one.examined.mutant.claim)
        for one in findings_of(proof)
        if one.examined.accepted
    }
    tried = 0
    for number, step in enumerate(steps_of(proof), start=1):
        for kind, claim in _one_of_each(number, step):
            if (number, claim) in accepted or (number, relation_at(claim, OUTPUT)) in accepted:
                continue  # it has a reason, see above
            assert _fails_at(with_step(proof, number, replace(step, claim=claim))) == number, (number, kind)
            tried += 1
    assert tried > 0


def _one_of_each(number: int, step: Step) -> list[tuple[str, Relation]]:
    """The last change of each required kind, and one of the others, another one for each step."""
    written = [(kind, claim) for kind, claim in changed_claims(step.claim) if claim is not None]
    required = {kind: claim for kind, claim in written if kind.startswith(REQUIRED)}
    others = [(kind, claim) for kind, claim in written if kind not in required]
    return [*required.items(), *others[number % max(len(others), 1) :][:1]]


def test_a_step_that_no_longer_cites_a_hypothesis_fails_where_it_stands(proof: Proof) -> None:
    tried = 0
    for number, step in enumerate(steps_of(proof), start=1):
        for source in step.uses:
            if isinstance(source, Hypothesis | Lemma):
                kept = tuple(other for other in step.uses if other is not source)
                assert _fails_at(with_step(proof, number, replace(step, uses=kept))) == number, str(source)
                tried += 1
    assert tried > 0


def test_a_proof_without_one_of_its_hypotheses_fails_at_the_first_step_that_uses_it(proof: Proof) -> None:
    accepted = check(proof)
    assert proof.hypotheses
    for assumption in proof.hypotheses:
        kept = tuple(other for other in proof.hypotheses if other != assumption)
        first = next(one.number for one in accepted if _rests_on(one, assumption))
        assert _fails_at(replace(proof, hypotheses=kept)) == first, assumption.id


def _rests_on(one: Checked, assumption: Assumption) -> bool:
    """Whether the step cites it, or a lemma that supposes it, or goes by a rule that does."""
    return assumption in one.hypotheses or assumption in one.step.rule.supposes


def _fails_at(proof: Proof) -> int | None:
    """The number of the step that fails; None if none does."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(checker, "_Context", Remembering)
        try:
            check(proof)
        except Failed as failed:
            return failed.number
    return None


_ACCEPTED: dict[object, Checked] = {}


def _identity(source: Source) -> object:
    """A source that is no fact, by what it says; a lemma by its proof, which is there as long as we are."""
    return (id(source.proof), source.label) if isinstance(source, Lemma) else source


class Remembering(checker._Context):
    """Accepts a step at once that was accepted with the same facts and hypotheses before: a changed proof has
    all steps before the changed one in common with the others, and only a step that is new is asked about.
    """

    def take(self, number: int, step: Step, known: Mapping[str, Relation], phase: str = "") -> None:
        cited = tuple(
            (source, known.get(source)) if isinstance(source, str) else _identity(source)
            for source in step.uses
        )
        key = (number, step.label, step.claim, step.rule.name, cited, phase, self.hypotheses)
        if key in _ACCEPTED:
            self.accepted.append(_ACCEPTED[key])
            return
        super().take(number, step, known, phase)
        _ACCEPTED[key] = self.accepted[-1]
