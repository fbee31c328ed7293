"""Without full rank: what the fit of minimum norm tends to, and that the gradients are the true ones.

Two proofs. The first goes through networks of any depth and activation, where the ranks do not jump at
c = 0. The second asks nothing of the ranks below the output, in linear networks with c falling as the
sample grows.
"""

from __future__ import annotations

from theory.proof import (
    LAYER,
    OUTPUT,
    ConstantRank,
    Equal,
    Identity,
    Induction,
    Integrable,
    Invertible,
    Proof,
    Step,
    Tight,
    Zero,
    average,
    define,
    joint_limit,
    lim,
    mean,
    plim,
    suppose,
    width,
)
from theory.proof.relations import Relation
from theory.proof.rules import (
    CANCELLATION,
    CONSTANT_RANK,
    CONTINUOUS_MAPPING,
    DEFINITE,
    DEFINITION,
    DOMINATED_CONVERGENCE,
    HYPOTHESIS,
    JOINT_LAW,
    LIMIT,
    LINEARITY,
    OPEN,
    PROJECTION,
    PSEUDO_INVERSE,
    SUBSTITUTION,
    VANISHING,
    VANISHING_MOMENT,
)
from theory.proof.terms import PseudoInverse, Term
from theory.proof.vocabulary import (
    Index,
    direct_solution,
    downstream,
    errors,
    estimate,
    feedback,
    fitted_map,
    gradient,
    gram,
    limit_errors,
    limit_feedback,
    projection,
    remainder_of_map,
    synthetic,
    weights,
)
from theory.proofs.passages import ESTIMATE_SIZE, TOP_ERROR, cross_limit, estimate_bound, integrable
from theory.proofs.theorem_2 import carried_errors, transported, true_error_below
from theory.proofs.theorem_3 import averages, claims_about_errors, errors_at_output, sizes_below
from theory.results.assumptions import LINEAR, M1, M3, N1, R_CONSTANT, R_TOP, S1, SAMPLES


def on_the_range(i: Index) -> Term:
    """P_i = S_i S_i⁺."""
    return gram(i) * PseudoInverse(gram(i))


def _claims(i: Index) -> dict[str, Relation]:
    return {
        **claims_about_errors(i),
        "consistency": Equal(plim(feedback(i)), limit_feedback(i)),
        "convergence": Equal(lim(limit_feedback(i)), on_the_range(i).T * weights(i)),
        "projected": Equal(on_the_range(i) * errors(i), errors(i)),
        "projected weights": Equal(lim(limit_feedback(i)), on_the_range(i) * weights(i)),
        "gradients": Equal((on_the_range(i) * weights(i)).T * errors(i), gradient(i - 1)),
    }


def _shared() -> tuple[Step, ...]:
    i, low, bar, tilde = LAYER, LAYER - 1, limit_errors(LAYER), synthetic(LAYER)
    cross, gram_of = mean(estimate(low) * bar.T), mean(bar * bar.T)
    claims, onto = _claims(i), on_the_range(i)
    rest = errors(i) - onto * errors(i)
    left = gram(i) - onto * gram(i) - gram(i) * onto.T + onto * gram(i) * onto.T
    nothing = Zero(width(i), width(i))
    return (
        *averages(),
        Step("rank", ConstantRank(gram_of), HYPOTHESIS, (suppose(R_CONSTANT, i),)),
        Step("sample rank", ConstantRank(average(tilde * tilde.T)), HYPOTHESIS, (suppose(R_CONSTANT, i),)),
        Step(
            "fit",
            Equal(plim(feedback(i).T), cross * PseudoInverse(gram_of)),
            CONSTANT_RANK,
            (
                define("least squares of minimum norm", i),
                "sample cross law",
                "sample gram law",
                "sample rank",
            ),
        ),
        Step(
            "consistency",
            claims["consistency"],
            SUBSTITUTION,
            ("fit", define("limit of the fit of minimum norm", i)),
        ),
        Step(
            "convergence",
            claims["convergence"],
            CONSTANT_RANK,
            (
                define("limit of the fit of minimum norm", i),
                "cross limit",
                "transported",
                "gram limit",
                "rank",
            ),
        ),
        Step("what the projector leaves", Equal(mean(rest * rest.T), left), LINEARITY),
        Step(
            "square integrable",
            Integrable(errors(i) * errors(i).T),
            DOMINATED_CONVERGENCE,
            ("gram bound", "gram mean", "error"),
        ),
        Step(
            "on average",
            Equal(mean(rest * rest.T), nothing),
            PSEUDO_INVERSE,
            ("what the projector leaves",),
        ),
        Step("projected", claims["projected"], VANISHING_MOMENT, ("on average", "square integrable")),
        Step("projected weights", claims["projected weights"], PSEUDO_INVERSE, ("convergence",)),
        Step(
            "gradients",
            claims["gradients"],
            PSEUDO_INVERSE,
            ("projected", define("backpropagation of λ", low)),
        ),
    )


PROOF = Proof(
    "pseudo-inverse",
    (SAMPLES, N1, S1, M3, R_CONSTANT),
    (
        Induction(
            _claims(LAYER),
            base=errors_at_output(),
            step=(
                Step(
                    "error",
                    Equal(lim(limit_errors(LAYER)), errors(LAYER)),
                    LIMIT,
                    (
                        define("limit of the synthetic error", LAYER),
                        "above: error",
                        "above: convergence",
                        "above: projected",
                        define("backpropagation of e", LAYER),
                        define("backpropagation of λ", LAYER),
                    ),
                ),
                *sizes_below(),
            ),
            shared=_shared(),
        ),
    ),
    ("consistency", "projected weights", "gradients"),
    "the fit of minimum norm",
)

_e, _C = errors(OUTPUT), gram(OUTPUT)
_G = average(_e * _e.T)


def _gradient_claims(i: Index) -> dict[str, Relation]:
    return {
        "sample error": carried_errors(i)["sample error"],
        "true error": carried_errors(i)["true error"],
        "next map": Equal(joint_limit(fitted_map(i - 1)), downstream(i - 1)),
        "gradients": Equal(joint_limit(feedback(i).T * synthetic(i)), gradient(i - 1)),
    }


def _gradient_steps() -> tuple[Step, ...]:
    i, low, fitted = LAYER, LAYER - 1, fitted_map(LAYER)
    average_cross = average(estimate(low) * _e.T)
    pseudo = PseudoInverse(fitted.T * _G * fitted)
    onto, solution, rest = projection(i), direct_solution(i), remainder_of_map(i)
    beyond = onto * fitted - fitted
    claims = _gradient_claims(i)
    target = downstream(i) * weights(i)
    return (
        *estimate_bound(low),
        *integrable("cross", estimate(low) * _e.T, ESTIMATE_SIZE * TOP_ERROR, ("dominator",), suppose(M1))[
            :2
        ],
        *integrable("gram", _e * _e.T, TOP_ERROR**2, (), suppose(M1))[:2],
        *cross_limit(low, _e, _e)[:1],
        Step(
            "cross law",
            Equal(joint_limit(average_cross), mean(_at_zero(low))),
            JOINT_LAW,
            (suppose(SAMPLES), "cross bound", "cross mean", "limit of the estimate"),
        ),
        *cross_limit(low, _e, _e)[2:6],
        transported(),
        Step(
            "gram law", Equal(joint_limit(_G), _C), JOINT_LAW, (suppose(SAMPLES), "gram bound", "gram mean")
        ),
        Step("full rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),)),
        Step("sample rank", Invertible(_G), OPEN, ("gram law", "full rank")),
        Step(
            "fit",
            Equal(feedback(i).T, average_cross * fitted * pseudo),
            LINEARITY,
            (define("least squares of minimum norm", i), "sample error"),
        ),
        Step(
            "composed",
            Equal(fitted_map(low), fitted * pseudo * fitted.T * average_cross.T),
            DEFINITION,
            (define("fitted map", low), "fit"),
        ),
        Step(
            "on its range",
            Equal(beyond.T * _G * beyond, Zero(width(i), width(i))),
            PSEUDO_INVERSE,
        ),
        Step("projection", Equal(onto * fitted, fitted), DEFINITE, ("on its range", "sample rank")),
        Step(
            "split",
            Equal(fitted_map(low), solution - rest),
            CANCELLATION,
            ("composed", define("rest of the map", i), "projection", "sample rank"),
        ),
        Step(
            "direct fit",
            Equal(joint_limit(solution), target),
            CONTINUOUS_MAPPING,
            ("cross law", "separated", "whitened", "gathered", "transported", "gram law", "full rank"),
        ),
        Step("bounded", Tight(Identity(width(OUTPUT)) - onto), PROJECTION, ("gram law", "full rank")),
        Step(
            "missed",
            Equal(joint_limit(solution - fitted * weights(i)), Zero(width(OUTPUT), width(low))),
            CONTINUOUS_MAPPING,
            ("direct fit", "map"),
        ),
        Step(
            "rest",
            Equal(joint_limit(rest), Zero(width(OUTPUT), width(low))),
            VANISHING,
            (define("rest of the map", i), "bounded", "missed"),
        ),
        Step(
            "next map",
            claims["next map"],
            CONTINUOUS_MAPPING,
            ("split", "direct fit", "rest", define("downstream weights", low)),
        ),
        Step(
            "together",
            Equal(feedback(i).T * synthetic(i), fitted_map(low).T * _e),
            SUBSTITUTION,
            ("sample error", define("fitted map", low)),
        ),
        Step(
            "gradients",
            claims["gradients"],
            CONTINUOUS_MAPPING,
            (
                "together",
                "next map",
                define("downstream weights", low),
                define("backpropagation of λ", low),
                "true error",
            ),
        ),
    )


def _at_zero(low: Index) -> Term:
    return cross_limit(low, _e, _e)[2].claim.term  # type: ignore[union-attr]  # what is integrable at c = 0


GRADIENTS = Proof(
    "pseudo-inverse",
    (SAMPLES, LINEAR, N1, S1, M1, R_TOP),
    (
        Induction(
            _gradient_claims(LAYER),
            base=(
                Step(
                    "sample error",
                    carried_errors(OUTPUT)["sample error"],
                    SUBSTITUTION,
                    (define("synthetic error", OUTPUT),),
                ),
                Step("true error", carried_errors(OUTPUT)["true error"], SUBSTITUTION),
                Step(
                    "map",
                    Equal(joint_limit(fitted_map(OUTPUT)), downstream(OUTPUT)),
                    CONTINUOUS_MAPPING,
                ),
            ),
            step=(
                Step(
                    "sample error",
                    carried_errors(LAYER)["sample error"],
                    SUBSTITUTION,
                    (
                        define("synthetic error", LAYER),
                        suppose(LINEAR, LAYER),
                        "above: sample error",
                        define("fitted map", LAYER),
                    ),
                ),
                Step("true error", carried_errors(LAYER)["true error"], SUBSTITUTION, true_error_below()),
                Step(
                    "map",
                    Equal(joint_limit(fitted_map(LAYER)), downstream(LAYER)),
                    SUBSTITUTION,
                    ("above: next map",),
                ),
            ),
            shared=_gradient_steps(),
        ),
    ),
    ("next map", "gradients"),
    "gradients without any condition on ranks, in linear networks",
)
