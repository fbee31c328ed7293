"""Proofs that are put together wrongly are rejected: what they cite, suppose and define; inductions."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
import sympy

from tests.theory.proof.steps import by, judge
from theory.proof import (
    DEPTH,
    LAYER,
    OUTPUT,
    SAMPLES_T,
    Equal,
    Failed,
    FirstOrder,
    Identity,
    Induction,
    Invertible,
    Lemma,
    Polynomial,
    Proof,
    Step,
    Zero,
    average,
    check,
    checker,
    define,
    joint_limit,
    lim,
    mean,
    plim,
    suppose,
    vocabulary,
    width,
)
from theory.proof.checker import FITS
from theory.proof.grants import Hypothesis
from theory.proof.model import NoValue
from theory.proof.rules import (
    CONTINUOUS_MAPPING,
    DEFINITION,
    FIRST_ORDER,
    HYPOTHESIS,
    LINEARITY,
    POLYNOMIAL,
    SUBSTITUTION,
    Rule,
)
from theory.proof.terms import PseudoInverse, Term, Transpose
from theory.proof.truth import holds
from theory.proof.vocabulary import (
    GAMMA,
    Definition,
    change,
    direction,
    downstream,
    errors,
    estimate,
    feedback,
    fitted_map,
    gram,
    limit_errors,
    limit_feedback,
    limit_map,
    limit_residual,
    slopes,
    synthetic,
    weights,
)
from theory.proofs import clt, theorem_1, theorem_2, theorem_3
from theory.proofs.models import models
from theory.proofs.passages import output_averages
from theory.proofs.verify import verify
from theory.results.assumptions import (
    CLEAN,
    COMMON,
    LINEAR,
    M1,
    M3,
    M5,
    N1,
    R_AT_C,
    R_COMMON,
    R_CONSTANT,
    R_TOP,
    S1,
    SAMPLES,
    R,
)
from theory.results.statement import Assumption

_e, _C, _W = errors(OUTPUT), gram(OUTPUT), weights(OUTPUT)
_rank = Step("rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),))
_turned = Step("turned", Invertible(_C.T), SUBSTITUTION, ("rank",))
_RIGHT = Proof("right", (R_TOP,), (_rank, _turned), ("turned",))


def _changed(proof: Proof, label: str, **changes: object) -> Proof:
    """The proof with one of its top-level steps changed."""
    steps = tuple(
        replace(one, **changes) if isinstance(one, Step) and one.label == label else one
        for one in proof.parts
    )
    return replace(proof, parts=steps)


def _fails(proof: Proof, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check(proof)


# -- what a proof cites ----------------------------------------------------------------------------------


def test_the_proof_that_the_others_deviate_from_is_accepted() -> None:
    assert [one.number for one in check(_RIGHT)] == [1, 2]


def test_a_step_does_not_cite_itself() -> None:
    _fails(_changed(_RIGHT, "turned", uses=("turned",)), "no earlier step is called 'turned'")


def test_a_step_does_not_cite_a_later_one() -> None:
    _fails(replace(_RIGHT, parts=(_turned, _rank)), "no earlier step is called 'rank'")


def test_two_steps_do_not_share_a_label() -> None:
    again = replace(_turned, label="rank")
    _fails(replace(_RIGHT, parts=(_rank, again), conclusions=("rank",)), "two steps are called 'rank'")


def test_a_conclusion_is_proved() -> None:
    _fails(replace(_RIGHT, conclusions=("theorem",)), "no step proves the conclusion 'theorem'")


def test_a_hypothesis_is_used() -> None:
    _fails(replace(_RIGHT, hypotheses=(R_TOP, N1)), "no step uses the hypotheses N1")


def test_a_hypothesis_that_is_used_is_supposed() -> None:
    _fails(replace(_RIGHT, hypotheses=()), "R-top is not among the hypotheses")


def test_a_lemma_is_cited_with_its_hypotheses() -> None:
    cited = Step("cited", Invertible(_C), SUBSTITUTION, (Lemma(_RIGHT, "turned"),))
    _fails(Proof("other", (N1,), (cited,), ("cited",)), "the lemma .* also supposes R-top")
    assert check(Proof("other", (R_TOP,), (cited,), ("cited",)))


def test_a_lemma_says_only_what_its_proof_proves() -> None:
    cited = Step("cited", Invertible(_C), SUBSTITUTION, (Lemma(_RIGHT, "theorem"),))
    _fails(Proof("other", (R_TOP,), (cited,), ("cited",)), "right does not prove 'theorem'")


def test_a_lemma_with_a_wrong_proof_proves_nothing() -> None:
    wrong = _changed(_RIGHT, "turned", claim=Invertible(GAMMA))
    cited = Step("cited", Invertible(GAMMA), SUBSTITUTION, (Lemma(wrong, "turned"),))
    _fails(Proof("other", (R_TOP,), (cited,), ("cited",)), "no premise becomes the claim")


def test_a_rule_is_one_of_the_checker() -> None:
    trusting = Rule("trust", "What I say is true.", lambda claim, premises: None)
    _fails(_changed(_RIGHT, "turned", rule=trusting), "trust is no rule of the checker")


def test_a_rule_of_the_checker_cannot_be_imitated() -> None:
    imitated = replace(SUBSTITUTION, check=lambda claim, premises: None)
    _fails(_changed(_RIGHT, "turned", rule=imitated), "is no rule of the checker")


def test_first_order_changes_are_small_only_under_their_hypotheses() -> None:
    """ΔB = O(T^(-1/2)) is the work of D, M3, R-c and M5."""
    kept = tuple(a for a in clt.PROOF.hypotheses if a != M5)
    induction = clt.PROOF.parts[0]
    assert isinstance(induction, Induction)
    _fails(Proof("clt", kept, (induction,), ("change",)), "the rule also supposes M5")


# -- definitions and hypotheses --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("synthetic error", sympy.Integer(0)),
        ("backpropagation of λ", OUTPUT),
        ("backpropagation of e", OUTPUT),
        ("estimator (2)", sympy.Integer(0)),
        ("estimator (2)", OUTPUT),
        ("least squares (10, 14)", LAYER - 1),
        ("least squares (10, 14)", OUTPUT + 1),
        ("fitted map", OUTPUT),
        ("no change at the output", LAYER),
        ("shrunk map", OUTPUT),
        ("direct least squares (16)", DEPTH),
    ],
)
def test_a_definition_exists_for_its_own_layers_only(name: str, index: sympy.Expr) -> None:
    step = Step("step", Equal(_e, _e), DEFINITION, (Definition(name, index),))
    _fails(Proof("layers", (), (step,), ("step",)), "is not defined for layer")


def test_a_definition_without_layers_has_none() -> None:
    step = Step("step", Equal(_e, _e), DEFINITION, (Definition("Γ", LAYER),))
    _fails(Proof("layers", (), (step,), ("step",)), "Γ is defined once")


@pytest.mark.parametrize(
    ("assumption", "index"),
    [
        (R, LAYER - 1),
        (R, OUTPUT + 1),
        (R, sympy.Integer(0)),
        (M3, LAYER - 1),
        (M5, LAYER - 1),
        (R_AT_C, LAYER - 1),
        (R_COMMON, OUTPUT),
        (R_COMMON, LAYER + 1),
        (R_CONSTANT, LAYER - 1),
        (LINEAR, OUTPUT),
        (CLEAN, OUTPUT),
    ],
)
def test_a_hypothesis_speaks_of_its_own_layers_only(assumption: Assumption, index: sympy.Expr) -> None:
    step = Step("step", Equal(_e, _e), HYPOTHESIS, (Hypothesis(assumption, index),))
    _fails(Proof("layers", (assumption,), (step,), ("step",)), "says nothing of layer")


def test_a_hypothesis_about_layers_is_cited_for_one() -> None:
    step = Step("step", Equal(_e, _e), HYPOTHESIS, (suppose(R),))
    _fails(Proof("layers", (R,), (step,), ("step",)), "R speaks of a layer")


def test_the_output_layer_is_not_supposed_to_be_linear() -> None:
    claim = Equal(slopes(OUTPUT), Identity(width(OUTPUT)))
    step = Step("step", claim, HYPOTHESIS, (suppose(LINEAR, LAYER),))
    _fails(Proof("layers", (LINEAR,), (step,), ("step",)), "no cited hypothesis or definition says this")


@pytest.mark.parametrize(
    "two",
    [
        ("least squares (10, 14)", "least squares of minimum norm"),
        ("least squares (10, 14)", "ridge inside the mean (18)"),
        ("ridge inside the mean (18)", "ridge on the sum"),
        ("limit of the fit", "limit of the ridge fit"),
        ("change of the feedback", "least squares of minimum norm"),
        ("change of the feedback", "limit of the ridge fit"),
        ("change of the feedback", "limit of the fit of minimum norm"),
        ("change of the feedback", "ridge on the sum"),
        ("least squares (10, 14)", "limit of the ridge fit"),
        ("least squares (10, 14)", "limit of the fit of minimum norm"),
        ("least squares of minimum norm", "limit of the fit"),
        ("ridge inside the mean (18)", "limit of the fit"),
        ("ridge on the sum", "limit of the ridge fit"),
    ],
)
def test_a_symbol_has_one_definition_in_a_proof(two: tuple[str, str]) -> None:
    steps = tuple(
        Step(name, define(name, OUTPUT).relation, HYPOTHESIS, (define(name, OUTPUT),)) for name in two
    )
    _fails(Proof("two", (), steps, (two[0],)), "define the same symbol in two ways")
    assert check(Proof("one", (), steps[:1], (two[0],)))


def test_a_vector_that_exists_is_not_the_gaussian_mean() -> None:
    """V gives no more than some v; were it the Gaussian mean, Stein's formula would hold for any noise."""
    common = Step("common", suppose(COMMON, DEPTH).relations[0], HYPOTHESIS, (suppose(COMMON, DEPTH),))
    mean_of = define("Gaussian mean")
    gaussian = Step("gaussian", mean_of.relation, HYPOTHESIS, (mean_of,))
    _fails(Proof("both", (COMMON,), (common, gaussian), ("common",)), "V says of v that there is one")
    assert check(Proof("one", (COMMON,), (common,), ("common",)))


def test_a_fit_and_its_own_limit_are_defined_together() -> None:
    for fit, limit in FITS.items():
        steps = tuple(
            Step(name, define(name, OUTPUT).relation, HYPOTHESIS, (define(name, OUTPUT),))
            for name in (fit, limit)
        )
        assert check(Proof("both", (), steps, (fit,)))


def test_every_symbol_that_two_definitions_define_is_a_choice() -> None:
    """A definition that is added defines a symbol of its own, or is a choice."""
    defining: dict[Term, set[str]] = {}
    for name in vocabulary.DEFINITIONS:
        for index in (None, LAYER, DEPTH, OUTPUT):
            with suppress(ValueError):
                relation = define(name, index).relation
                left = next(
                    value for value in vars(relation).values() if isinstance(value, Term | sympy.Expr)
                )
                defining.setdefault(left.T if isinstance(left, Transpose) else left, set()).add(name)
    several = {frozenset(names) for names in defining.values() if len(names) > 1}
    consistent = {
        frozenset({"gradient", "backpropagation of λ"}),  # both are facts of the network
        frozenset({"synthetic error", "change of the error"}),  # the second defines the change
    }
    fits = {frozenset({*FITS, "change of the feedback"}), frozenset(FITS.values())}
    assert several - consistent == fits


def test_first_order_changes_are_those_of_one_fit() -> None:
    """ΔB is small for least squares (10, 14); with another limit in the proof it tends to a constant."""
    small = Step(
        "small", FirstOrder(change(OUTPUT).T * change(OUTPUT), Zero(width(DEPTH), width(DEPTH))), FIRST_ORDER
    )
    hypotheses = (SAMPLES, M3, R_AT_C, M5)
    for name in ("ridge on the sum", "limit of the ridge fit", "least squares of minimum norm"):
        other = Step("other", define(name, OUTPUT).relation, HYPOTHESIS, (define(name, OUTPUT),))
        _fails(Proof("two", hypotheses, (small, other), ("small",)), "define the same symbol in two ways")


def test_a_symbol_has_one_definition_in_a_proof_and_its_lemmas() -> None:
    one, other = define("least squares (10, 14)", OUTPUT), define("ridge on the sum", OUTPUT)
    lemma = Proof("lemma", (), (Step("fit", one.relation, HYPOTHESIS, (one,)),), ("fit",))
    steps = (
        Step("own", other.relation, HYPOTHESIS, (other,)),
        Step("cited", one.relation, HYPOTHESIS, (Lemma(lemma, "fit"),)),
    )
    _fails(Proof("two", (), steps, ("own",)), "define the same symbol in two ways")


def test_a_proof_lets_its_samples_grow_in_one_way() -> None:
    """What is invertible with probability tending to 1 at a fixed c need not be so along c_T to 0."""
    fixed = Step("fixed c", Equal(plim(_C), _C), CONTINUOUS_MAPPING)
    falling = Step("falling c", Equal(joint_limit(_C), _C), CONTINUOUS_MAPPING)
    _fails(Proof("both", (), (fixed, falling), ("fixed c",)), "samples grow in two ways, plim and plim0")
    assert check(Proof("one", (), (falling,), ("falling c",)))


def test_a_polynomial_in_statistics_is_known_at_a_fixed_c_only() -> None:
    output = Step("output", Polynomial(synthetic(OUTPUT)), POLYNOMIAL, (define("synthetic error", OUTPUT),))
    falling = Step("falling c", Equal(joint_limit(_C), _C), CONTINUOUS_MAPPING)
    _fails(Proof("both", (), (output, falling), ("output",)), "samples grow in two ways")
    assert check(Proof("one", (), (output,), ("output",)))


def test_a_proof_lets_the_samples_of_its_lemmas_grow_in_its_own_way() -> None:
    fixed = Step("fixed c", Equal(plim(_C), _C), CONTINUOUS_MAPPING)
    lemma = Proof("lemma", (), (fixed,), ("fixed c",))
    cited = Step("cited", Equal(_C, _C), SUBSTITUTION, (Lemma(lemma, "fixed c"),))
    falling = Step("falling c", Equal(joint_limit(_C), _C), CONTINUOUS_MAPPING)
    _fails(Proof("both", (), (cited, falling), ("cited",)), "samples grow in two ways")
    assert check(Proof("one", (), (cited, fixed), ("cited",)))


# -- numbers ---------------------------------------------------------------------------------------------

_clt_row = limit_errors(OUTPUT) * limit_residual(DEPTH).T * direction(DEPTH)
_clt_gram = mean(limit_errors(OUTPUT) * limit_errors(OUTPUT).T)


@pytest.mark.parametrize(
    "large",
    [
        PseudoInverse((1 / SAMPLES_T) * _clt_gram),
        ((1 / SAMPLES_T) * _clt_gram).inverse,
        SAMPLES_T * _clt_gram.inverse,
        PseudoInverse(PseudoInverse(SAMPLES_T * _clt_gram)),
    ],
    ids=["pseudo-inverse", "inverse", "in front", "twice"],
)
def test_a_false_central_limit_theorem_fails_by_its_rule_and_on_numbers(large: Term) -> None:
    """T ΔB ΔBᵀ G⁺ W a is not small: at p = n = 1 the deviation of √T times the sum grows like √T."""
    a, delta = direction(DEPTH), change(OUTPUT)
    moved = delta * a + delta * delta.T * large * (_W * a)
    agrees = Step(
        "agrees",
        FirstOrder(moved, _clt_gram.inverse * average(_clt_row)),
        FIRST_ORDER,
        ("change along a", "full"),
    )
    full = Step("full", Invertible(_clt_gram), HYPOTHESIS, (suppose(R_AT_C, OUTPUT),))
    false = Proof("false", clt.PROOF.hypotheses, (*clt.PROOF.parts, full, agrees), ("agrees",))
    _fails(false, "depends on T")
    model = next(model for model in models(clt.PROOF, few=True) if model.moved is not None)
    with pytest.raises(NoValue, match="T is no number"):
        holds(agrees.claim, model, 2)


def test_the_numbers_of_a_lemma_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that takes everything shows what the numbers find: in the lemma, which no list names."""
    monkeypatch.setattr(checker, "RULES", _Everything())
    false = Step("false", Equal(_W, 2 * _W), SUBSTITUTION, (suppose(R_TOP),))
    trusting = replace(SUBSTITUTION, check=lambda claim, premises: None)
    lemma = Proof("lemma", (R_TOP,), (replace(false, rule=trusting),), ("false",))
    cited = Step("cited", Equal(_W, _W), trusting, (Lemma(lemma, "false"),))
    between = Proof("between", (R_TOP,), (cited,), ("cited",))
    twice = Proof("twice", (R_TOP,), (replace(cited, uses=(Lemma(between, "cited"),)),), ("cited",))
    for proof in (lemma, between, twice):
        assert "false of a network" in verify(proof, few=True).problem


class _Everything(tuple[Rule, ...]):
    """Rules that contain every rule."""

    def __contains__(self, rule: object) -> bool:
        return True


# -- induction -------------------------------------------------------------------------------------------

_claims = {"sample error": Equal(synthetic(LAYER), fitted_map(LAYER).T * _e)}
_base = (
    Step(
        "sample error",
        Equal(synthetic(OUTPUT), fitted_map(OUTPUT).T * _e),
        SUBSTITUTION,
        (define("synthetic error", OUTPUT),),
    ),
)
_down = (
    Step(
        "sample error",
        _claims["sample error"],
        SUBSTITUTION,
        (
            define("synthetic error", LAYER),
            suppose(LINEAR, LAYER),
            "above: sample error",
            define("fitted map", LAYER),
        ),
    ),
)
_induction = Induction(_claims, _base, _down)


def _by_induction(induction: Induction, *more: Step) -> Proof:
    return Proof("induction", (LINEAR,), (induction, *more), ("sample error",))


def test_an_induction_with_base_and_step_is_accepted() -> None:
    assert len(check(_by_induction(_induction))) == 2


def test_an_induction_has_a_base() -> None:
    _fails(_by_induction(replace(_induction, base=())), "the base of the induction has no steps")


def test_an_induction_has_a_step() -> None:
    _fails(_by_induction(replace(_induction, step=())), "the step of the induction has no steps")


def test_an_induction_proves_its_claim_at_the_base() -> None:
    wrong = Step(
        "sample error", Equal(synthetic(OUTPUT), _e), SUBSTITUTION, (define("synthetic error", OUTPUT),)
    )
    other = replace(wrong, claim=Equal(_e, _e), uses=())
    assert check(_by_induction(replace(_induction, base=(wrong,))))
    _fails(_by_induction(replace(_induction, base=(other,))), "the base of the induction does not prove")


def test_an_induction_proves_its_claim_in_the_step() -> None:
    other = replace(_down[0], label="something else")
    _fails(_by_induction(replace(_induction, step=(other,))), "the step of the induction does not prove")


def test_the_base_cites_nothing_from_above() -> None:
    cites = replace(_base[0], uses=(*_base[0].uses, "above: sample error"))
    _fails(
        _by_induction(replace(_induction, base=(cites,))), "no earlier step is called 'above: sample error'"
    )


def test_a_step_of_an_induction_does_not_suppose_its_own_claim() -> None:
    cites = replace(_down[0], uses=("sample error",))
    _fails(_by_induction(replace(_induction, step=(cites,))), "no earlier step is called 'sample error'")


def test_nothing_is_above_outside_an_induction() -> None:
    cites = Step("later", _claims["sample error"], SUBSTITUTION, ("above: sample error",))
    _fails(_by_induction(_induction, cites), "no earlier step is called 'above: sample error'")
    known = Step("later", _claims["sample error"], SUBSTITUTION, ("sample error",))
    assert check(_by_induction(_induction, known))


def test_what_holds_for_hidden_layers_need_not_hold_for_the_output() -> None:
    top = Equal(synthetic(OUTPUT), fitted_map(OUTPUT).T * _e)
    _fails(_by_induction(_induction, Step("later", top, SUBSTITUTION, ("sample error",))), "the sides differ")
    assert check(_by_induction(_induction, Step("later", top, SUBSTITUTION, ("top: sample error",))))


def test_what_is_proved_of_one_layer_is_not_proved_of_the_next() -> None:
    below = Equal(synthetic(LAYER - 1), fitted_map(LAYER - 1).T * _e)
    _fails(
        _by_induction(_induction, Step("later", below, SUBSTITUTION, ("sample error",))), "the sides differ"
    )


# -- theorems with something missing ---------------------------------------------------------------------


@pytest.mark.parametrize("assumption", theorem_1.PROOF.hypotheses, ids=lambda a: a.id)
def test_theorem_1_needs_each_of_its_hypotheses(assumption: Assumption) -> None:
    kept = tuple(a for a in theorem_1.PROOF.hypotheses if a != assumption)
    _fails(replace(theorem_1.PROOF, hypotheses=kept), f"{assumption.id} is not among the hypotheses")


@pytest.mark.parametrize("assumption", theorem_3.PROOF.hypotheses, ids=lambda a: a.id)
def test_theorem_3_needs_each_of_its_hypotheses(assumption: Assumption) -> None:
    kept = tuple(a for a in theorem_3.PROOF.hypotheses if a != assumption)
    _fails(replace(theorem_3.PROOF, hypotheses=kept), f"{assumption.id} is not among the hypotheses")


@pytest.mark.parametrize(
    "claim",
    [
        Equal(lim(plim(feedback(OUTPUT))), 2 * _W),
        Equal(plim(feedback(OUTPUT)), _W),
        Equal(feedback(OUTPUT), _W),
    ],
    ids=["twice the weights", "at a fixed c", "in the sample"],
)
def test_the_top_matrix_tends_to_the_weights_and_only_in_the_limit(claim: Equal) -> None:
    _fails(_changed(theorem_1.PROOF, "theorem", claim=claim), "the sides differ")


def test_theorem_1_is_about_the_top_matrix() -> None:
    """What was shown of layer N + 1 says nothing of the layers below."""
    claim = Equal(lim(plim(feedback(LAYER))), weights(LAYER))
    _fails(_changed(theorem_1.PROOF, "theorem", claim=claim), "the sides differ")


def test_a_full_rank_at_the_output_is_none_below() -> None:
    below = Step("below", Invertible(gram(LAYER)), SUBSTITUTION, ("rank",))
    _fails(replace(_RIGHT, parts=(_rank, _turned, below)), "no premise becomes the claim")


def test_the_errors_of_a_nonlinear_network_are_no_images_of_the_output_error() -> None:
    without = replace(_down[0], uses=tuple(u for u in _down[0].uses if not isinstance(u, Hypothesis)))
    _fails(Proof("nonlinear", (), (replace(_induction, step=(without,)),), ()), "the sides differ")


def test_the_limit_of_the_map_is_the_chain_of_limits_in_its_order() -> None:
    definition = define("limit of the fitted map", LAYER)
    right = by(
        DEFINITION, Equal(limit_map(LAYER), limit_map(LAYER + 1) * limit_feedback(LAYER + 1)), definition
    )
    judge(right)
    with pytest.raises(Failed, match="the sides differ"):
        judge(by(DEFINITION, Equal(limit_map(LAYER), downstream(LAYER + 1) * weights(LAYER + 1)), definition))


def test_the_weak_law_of_a_proof_cannot_be_had_without_its_moments() -> None:
    steps = tuple(s for s in output_averages(DEPTH) if s.label != "cross mean")
    _fails(Proof("laws", (SAMPLES, S1, M1), steps, ()), "no earlier step is called 'cross mean'")
    assert check(Proof("laws", (SAMPLES, S1, M1), output_averages(DEPTH), ()))


def test_an_average_of_estimates_is_not_their_average_times_that_of_the_errors() -> None:
    low = estimate(DEPTH)
    claim = Equal(average(low * _e.T), average(low) * average(_e).T)
    with pytest.raises(Failed, match="the sides differ"):
        judge(by(LINEARITY, claim))
    judge(by(LINEARITY, Equal(average(low * (_e + _e).T), 2 * average(low * _e.T))))


def test_a_direction_is_no_error() -> None:
    with pytest.raises(Failed, match="the sides differ"):
        judge(by(SUBSTITUTION, Equal(direction(LAYER), errors(LAYER))))


def test_theorem_2_rests_on_its_induction() -> None:
    """Without the layers above, nothing is known of a hidden layer."""
    induction = theorem_2.PROOF.parts[0]
    assert isinstance(induction, Induction)
    alone = replace(theorem_2.PROOF, parts=induction.step, conclusions=())
    _fails(alone, "no earlier step is called 'above")
