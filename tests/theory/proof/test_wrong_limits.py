"""What is false of limits is rejected: for T to infinity, for c to 0, of inverses, ranks, statistics."""

from __future__ import annotations

import pytest
import sympy

from tests.theory.proof.steps import Attempt, Wrong, by, named, rejected
from theory.proof import (
    DEPTH,
    LAYER,
    ONE,
    OUTPUT,
    SAMPLES_T,
    Bounded,
    ConstantRank,
    Equal,
    Identity,
    Invertible,
    Polynomial,
    Tight,
    Zero,
    average,
    c,
    define,
    joint_limit,
    lim,
    mean,
    plim,
    suppose,
    width,
)
from theory.proof.rules import (
    CONSTANT_RANK,
    CONTINUOUS_MAPPING,
    CONVERGENT,
    DEFINITION,
    LIMIT,
    LINEARITY,
    OPEN,
    POLYNOMIAL,
    PROJECTION,
    SUBSTITUTION,
    VANISHING,
)
from theory.proof.sizes import largest
from theory.proof.terms import IllTyped, PseudoInverse
from theory.proof.units import kappa
from theory.proof.vocabulary import (
    CORRECTED,
    EIGENVALUE,
    EIGENVECTOR_OF_C,
    FULL_GRADIENT,
    NEXT_FEEDBACK,
    NOISE_VECTOR,
    QUOTIENT,
    RIDGE_WEIGHT,
    errors,
    estimate,
    feedback,
    fitted_map,
    gram,
    limit_errors,
    limit_feedback,
    limit_map,
    noisy_slopes,
    projection,
    remainder_of_map,
    slopes,
    synthetic,
    units_of,
    weights,
)
from theory.results.assumptions import EIGENVECTOR, R_TOP, S1

_e, _est, _C, _W = errors(OUTPUT), estimate(DEPTH), gram(OUTPUT), weights(OUTPUT)
_low, _bar, _tilde = estimate(LAYER - 1), limit_errors(LAYER), synthetic(LAYER)
_G, _fitted, _poly = average(_e * _e.T), _low * _tilde.T, Polynomial(_tilde)
_fitted_law = Equal(plim(average(_fitted)), mean(_low * _bar.T))
_start = units_of(DEPTH) * NOISE_VECTOR * NOISE_VECTOR.T * FULL_GRADIENT
_estimate_limit = Equal(lim(_est), _start)

_nothing = Zero(width(DEPTH), ONE)
_no_difference = Equal(lim(_est) - lim(_est), _nothing)
_difference_known = by(SUBSTITUTION, _no_difference, _estimate_limit)
_hat, _hat_limit = feedback(LAYER), Equal(plim(feedback(LAYER)), limit_feedback(LAYER))
_no_change = Equal(plim(_hat) - plim(_hat), Zero(width(LAYER), width(LAYER - 1)))
_sum = Equal(lim(_est + _est), lim(_est) + lim(_est))
_stage = Equal(NEXT_FEEDBACK.T, average(units_of(DEPTH) * lim(CORRECTED) * _e.T) * _G.inverse)
_corrected_limit = Equal(lim(CORRECTED), NOISE_VECTOR * NOISE_VECTOR.T * FULL_GRADIENT)

EXISTENCE = (
    Wrong(
        "a limit less itself is nothing unless it exists",
        by(SUBSTITUTION, _no_difference),
        "nothing says that lim .* exists",
        _difference_known,
    ),
    Wrong(
        "the laws of limits do not make a limit exist",
        by(LIMIT, _no_difference),
        "nothing says that lim .* exists",
        by(LIMIT, _no_difference, _estimate_limit),
    ),
    Wrong(
        "linearity does not make a limit exist",
        by(LINEARITY, Equal(mean(lim(_est)) - mean(lim(_est)), _nothing)),
        "nothing says that lim .* exists",
        by(LINEARITY, Equal(mean(lim(_est)) - mean(lim(_est)), _nothing), _estimate_limit),
    ),
    Wrong(
        "a limit in probability less itself is nothing unless it exists",
        by(SUBSTITUTION, _no_change),
        "nothing says that plim .* exists",
        by(SUBSTITUTION, _no_change, _hat_limit),
    ),
    Wrong(
        "a limit is equal to itself only if it exists",
        by(SUBSTITUTION, Equal(lim(_est), lim(_est))),
        "nothing says that lim .* exists",
        by(SUBSTITUTION, Equal(lim(_est), lim(_est)), _estimate_limit),
    ),
    Wrong(
        "the laws of limits do not make a limit equal to itself",
        by(LIMIT, Equal(lim(_est), lim(_est))),
        "nothing says that all the limits exist",
        by(LIMIT, Equal(lim(_est), lim(_est)), _estimate_limit),
    ),
    Wrong(
        "the continuous mapping theorem does not make a limit equal to itself",
        by(CONTINUOUS_MAPPING, Equal(plim(_hat), plim(_hat))),
        "nothing says that all the limits exist",
        by(CONTINUOUS_MAPPING, Equal(plim(_hat), plim(_hat)), _hat_limit),
    ),
    Wrong(
        "the limit of plim is not that of another statistic",
        by(SUBSTITUTION, Equal(lim(plim(_hat)), lim(plim(_hat))), _hat_limit),
        "nothing says that lim .* exists",
        by(
            SUBSTITUTION,
            Equal(lim(plim(_hat)), lim(plim(_hat))),
            _hat_limit,
            Equal(lim(limit_feedback(LAYER)), weights(LAYER)),
        ),
    ),
    Wrong(
        "a sum has the sum of the limits only where these exist",
        by(LIMIT, _sum),
        "the sides differ",
        by(LIMIT, _sum, _estimate_limit),
    ),
    Wrong(
        "nothing times what has no limit need not tend to nothing",
        by(LIMIT, Equal(lim(c * _est), _nothing)),
        "the sides differ",
        by(LIMIT, Equal(lim(c * _est), _nothing), _estimate_limit),
    ),
    Wrong(
        "to define something by a limit does not make the limit exist",
        by(DEFINITION, _stage, define("stage")),
        "nothing says that lim .* exists",
        by(DEFINITION, _stage, define("stage"), _corrected_limit),
    ),
    Wrong(
        "the estimate at a fixed c is not its limit",
        by(LIMIT, Equal(lim(_est), _est)),
        "the sides differ",
        by(LIMIT, Equal(lim(_est), _start), define("estimator (2)", DEPTH), suppose(S1)),
    ),
    Wrong(
        "1/c times what tends to something has no limit",
        by(LIMIT, Equal(lim((1 / c) * QUOTIENT), NOISE_VECTOR.T * FULL_GRADIENT), suppose(S1)),
        "the sides differ",
        by(LIMIT, Equal(lim(QUOTIENT), NOISE_VECTOR.T * FULL_GRADIENT), suppose(S1)),
    ),
)

_gram_law, _full = Equal(plim(_G), _C), suppose(R_TOP)
_inverse = by(CONTINUOUS_MAPPING, Equal(plim(_G.inverse), _C.inverse), _gram_law, _full)
_carried = limit_map(LAYER).T * _C * limit_map(LAYER)
_true = Invertible(gram(LAYER))
_near = by(OPEN, Invertible(_carried), Equal(lim(_carried), gram(LAYER)), _true)
_mean_gram, _sample_gram = mean(_bar * _bar.T), average(_tilde * _tilde.T)
_fits = (_fitted_law, Equal(plim(_sample_gram), _mean_gram))
_minimum_norm = Equal(
    plim(average(_fitted) * PseudoInverse(_sample_gram)), mean(_low * _bar.T) * PseudoInverse(_mean_gram)
)
_ranked = by(CONSTANT_RANK, _minimum_norm, *_fits, ConstantRank(_sample_gram))
_pinv_at_zero = Equal(lim(PseudoInverse(_mean_gram)), PseudoInverse(gram(LAYER)))
_gram_at_zero = Equal(lim(_mean_gram), gram(LAYER))
_ranked_at_zero = by(CONSTANT_RANK, _pinv_at_zero, _gram_at_zero, ConstantRank(_mean_gram))

_turning = (1 - 2 * c * SAMPLES_T / (1 + c * SAMPLES_T)) * _C

INVERSES = (
    Wrong(
        "the inverse converges only where the limit is invertible (R-top)",
        by(CONTINUOUS_MAPPING, _inverse.claim, _gram_law),
        "the sides differ",
        _inverse,
    ),
    Wrong(
        "that every sample matrix is invertible does not make its limit invertible",
        by(CONTINUOUS_MAPPING, _inverse.claim, _gram_law, Invertible(_G)),
        "the sides differ",
        _inverse,
    ),
    Wrong(
        "an average has a limit only by a law",
        by(CONTINUOUS_MAPPING, _inverse.claim, _full),
        "the sides differ",
        _inverse,
    ),
    Wrong(
        "the limit for T at a fixed c is not the one along c to 0",
        by(CONTINUOUS_MAPPING, Equal(joint_limit(_G), _C), _gram_law),
        "the sides differ",
        by(CONTINUOUS_MAPPING, Equal(plim(_G.T), _C), _gram_law),
    ),
    Wrong(
        "the continuous mapping theorem shows limits in probability",
        by(CONTINUOUS_MAPPING, Equal(lim(_est), _start), _estimate_limit),
        "expected a limit in probability",
        by(CONTINUOUS_MAPPING, Equal(plim(_G), _C), _gram_law),
    ),
    Wrong(
        "nothing is invertible near a singular matrix",
        by(OPEN, Invertible(_carried), Equal(lim(_carried), gram(LAYER))),
        "nothing says that .* has an invertible limit",
        _near,
    ),
    Wrong(
        "to be near enough is not the same for every row",
        by(
            OPEN,
            Invertible(noisy_slopes(LAYER)),
            Equal(lim(noisy_slopes(LAYER)), slopes(LAYER)),
            Invertible(slopes(LAYER)),
        ),
        "depends on the row",
        _near,
    ),
    Wrong(
        "how small c has to be may depend on T",
        by(OPEN, Invertible(_turning), Equal(lim(_turning), _C), Invertible(_C)),
        "depends on T",
        by(OPEN, Invertible((1 - c) * _C), Equal(lim((1 - c) * _C), _C), Invertible(_C)),
    ),
    Wrong(
        "pseudo-inverses jump where the rank does",
        by(CONSTANT_RANK, _minimum_norm, *_fits),
        "nothing says that the rank of",
        _ranked,
    ),
    Wrong(
        "a rank that is constant in c may jump with T",
        by(CONSTANT_RANK, _minimum_norm, *_fits, ConstantRank(_mean_gram)),
        "nothing says that the rank of",
        _ranked,
    ),
    Wrong(
        "a rank that is constant in T may jump at c = 0",
        by(CONSTANT_RANK, _pinv_at_zero, _gram_at_zero, ConstantRank(_sample_gram)),
        "nothing says that the rank of",
        _ranked_at_zero,
    ),
    Wrong(
        "pseudo-inverses converge only if the matrices do",
        by(CONSTANT_RANK, _pinv_at_zero, ConstantRank(_mean_gram)),
        "the sides differ",
        _ranked_at_zero,
    ),
)

_definition = define("synthetic error", LAYER)
_above = Polynomial(synthetic(LAYER + 1))
_feedback_limit = Equal(plim(feedback(LAYER + 1)), limit_feedback(LAYER + 1))
_polynomial = by(POLYNOMIAL, _poly, _definition, _above, _feedback_limit)
_rest, _miss = Identity(width(OUTPUT)) - projection(LAYER), fitted_map(LAYER) * weights(LAYER)
_vanished = Zero(width(OUTPUT), width(LAYER - 1))
_tight, _small = Tight(_rest), Equal(plim(_miss), _vanished)
_product = Equal(plim(_rest * _miss), _vanished)
_vanishing = by(VANISHING, _product, _tight, _small)
_projected = by(PROJECTION, _tight, _gram_law, Invertible(_C))
_twice = Identity(width(OUTPUT)) + projection(LAYER)
_converging = Equal(lim(limit_feedback(LAYER)), weights(LAYER))
_largest = Bounded(limit_feedback(LAYER), largest(limit_feedback(LAYER)))
_convergent = by(CONVERGENT, _largest, _converging)

STATISTICS = (
    Wrong(
        "a statistic is no good in a polynomial unless it converges",
        by(POLYNOMIAL, _poly, _definition, _above),
        "no statistic that is known to converge",
        _polynomial,
    ),
    Wrong(
        "errors above that are no polynomial make none below",
        by(POLYNOMIAL, _poly, _definition, _feedback_limit),
        "no statistic that is known to converge",
        _polynomial,
    ),
    Wrong(
        "an inverse is no polynomial",
        by(POLYNOMIAL, Polynomial(_G.inverse * _e), _gram_law),
        "no statistic that is known to converge",
        _polynomial,
    ),
    Wrong(
        "a statistic that converges does not do so T times as large",
        by(POLYNOMIAL, Polynomial(SAMPLES_T * _tilde), _poly),
        "depends on T",
        by(POLYNOMIAL, Polynomial(2 * _tilde), _poly),
    ),
    Wrong(
        "a limit for c to 0 is none of a statistic",
        by(POLYNOMIAL, _poly, _definition, _above, Equal(lim(limit_feedback(LAYER + 1)), weights(LAYER + 1))),
        "no statistic that is known to converge",
        _polynomial,
    ),
    Wrong(
        "a product with what is unbounded need not vanish",
        by(VANISHING, _product, _small),
        "nothing says that .* is bounded in probability",
        _vanishing,
    ),
    Wrong(
        "a product of two bounded factors need not vanish",
        by(VANISHING, _product, _tight, Tight(_miss)),
        "nothing says that the second factor tends to 0",
        _vanishing,
    ),
    Wrong(
        "what vanishes along c to 0 need not vanish at a fixed c",
        by(VANISHING, _product, _tight, Equal(joint_limit(_miss), _vanished)),
        "nothing says that the second factor tends to 0",
        _vanishing,
    ),
    Wrong(
        "a vanishing product tends to 0 and to nothing else",
        by(VANISHING, Equal(plim(_rest * _miss), remainder_of_map(LAYER)), _tight, _small),
        "expected the limit 0",
        _vanishing,
    ),
    Wrong(
        "a projection is bounded only if its inner product does not degenerate",
        by(PROJECTION, _tight, _gram_law),
        "nothing says that .* has an invertible limit",
        _projected,
    ),
    Wrong(
        "that a matrix is invertible for small c says nothing of its sample",
        by(PROJECTION, _tight, Equal(lim(_C), _C), Invertible(_C)),
        "nothing says that .* has an invertible limit",
        _projected,
    ),
    Wrong(
        "one plus a projection is no projection",
        by(PROJECTION, Tight(_twice), _gram_law, Invertible(_C)),
        "no projection",
        _projected,
    ),
    Wrong(
        "what need not converge is not bounded",
        by(CONVERGENT, _largest),
        "nothing says that .* converges",
        _convergent,
    ),
    Wrong(
        "what converges for T is not bounded in c",
        by(CONVERGENT, _largest, _hat_limit),
        "nothing says that .* converges",
        _convergent,
    ),
    Wrong(
        "a row that converges is not bounded by one number for all rows",
        by(CONVERGENT, Bounded(_bar, largest(_bar)), Equal(lim(_bar), errors(LAYER))),
        "depends on c alone",
        _convergent,
    ),
)

_w, _mu, _third = EIGENVECTOR_OF_C, EIGENVALUE, kappa(3)
_hatted, _zero = Equal(plim(_hat), Zero(*_hat.shape)), Zero(*_hat.shape)
_to_zero = Equal(lim(limit_feedback(LAYER)), Zero(*_hat.shape))
_WL, _tame = (
    weights(LAYER),
    by(LIMIT, Equal(lim((RIDGE_WEIGHT / (RIDGE_WEIGHT + c)) * weights(LAYER)), weights(LAYER))),
)
_tame_plim = by(CONTINUOUS_MAPPING, Equal(plim((1 - RIDGE_WEIGHT / SAMPLES_T) * _WL), _WL))
_unseen = "has a finite limit for all values of its constants"


def _in_c(number: sympy.Expr, limit: sympy.Expr) -> Attempt:
    return by(LIMIT, Equal(lim(number * _WL), limit * _WL))


def _in_t(number: sympy.Expr, limit: sympy.Expr) -> Attempt:
    return by(CONTINUOUS_MAPPING, Equal(plim(number * _WL), limit * _WL))


_ONE = sympy.Integer(1)
_growing, _growing_jointly = plim(SAMPLES_T * _WL), joint_limit((1 / c) * _WL)
NUMBERS = (
    Wrong(
        "the laws of limits in c do not make a limit in probability exist",
        by(LIMIT, Equal(_growing, _growing)),
        "expected a limit for c to 0 on the left",
        _tame,
    ),
    Wrong(
        "the laws of limits in c do not make a joint limit exist",
        by(LIMIT, Equal(_growing_jointly, _growing_jointly)),
        "expected a limit for c to 0 on the left",
        _tame,
    ),
    Wrong(
        "μ/(μ + c) of an eigenvector does not tend to it where μ is 0",
        by(LIMIT, Equal(lim((1 / (_mu + c)) * (_C * _w)), _w), suppose(EIGENVECTOR)),
        _unseen,
        by(LIMIT, Equal(lim((1 / (1 + c)) * (_C * _w)), _mu * _w), suppose(EIGENVECTOR)),
    ),
    Wrong("μ/(μ + c) tends to 0 where μ is 0", _in_c(_mu / (_mu + c), _ONE), _unseen, _tame),
    Wrong("κ₃²/(κ₃² + c) tends to 0 where κ₃ is 0", _in_c(_third**2 / (_third**2 + c), _ONE), _unseen, _tame),
    Wrong("c/(μ + c) tends to 1 where μ is 0", _in_c(c / (_mu + c), 0 * _ONE), _unseen, _tame),
    Wrong(
        "a limit under two parameters holds for all of both",
        _in_c((_mu + _third**2) / (_mu + _third**2 + c), _ONE),
        _unseen,
        _tame,
    ),
    Wrong(
        "μT/(μT + 1) tends to 0 where μ is 0",
        _in_t(_mu * SAMPLES_T / (_mu * SAMPLES_T + 1), _ONE),
        _unseen,
        _tame_plim,
    ),
    Wrong(
        "κ₃²T/(κ₃²T + 1) tends to 0 where κ₃ is 0",
        _in_t(_third**2 * SAMPLES_T / (_third**2 * SAMPLES_T + 1), _ONE),
        _unseen,
        _tame_plim,
    ),
    Wrong(
        "T/(T c + 1) is no number along c to 0",
        by(CONTINUOUS_MAPPING, Equal(joint_limit((c * SAMPLES_T / (c * SAMPLES_T + 1)) * _WL), _WL)),
        _unseen,
        _tame_plim,
    ),
    Wrong(
        "κ₃T of either sign grows without end, whatever it stands before",
        by(CONTINUOUS_MAPPING, Equal(plim((_third * SAMPLES_T) * _hat), _zero), _hatted),
        _unseen,
        by(CONTINUOUS_MAPPING, Equal(plim(_third * _hat), _zero), _hatted),
    ),
    Wrong(
        "(κ₃ - κ₄)T of unknown sign grows without end",
        by(CONTINUOUS_MAPPING, Equal(plim(((_third - kappa(4)) * SAMPLES_T) * _hat), _zero), _hatted),
        _unseen,
        by(CONTINUOUS_MAPPING, Equal(plim(_third * _hat), _zero), _hatted),
    ),
    Wrong(
        "κ₃/c of either sign grows without end",
        by(LIMIT, Equal(lim((_third / c) * limit_feedback(LAYER)), _zero), _to_zero),
        _unseen,
        by(LIMIT, Equal(lim((_third * c) * limit_feedback(LAYER)), _zero), _to_zero),
    ),
    Wrong(
        "(κ₃ + μ)/c² of unknown sign grows without end",
        by(LIMIT, Equal(lim(((_third + _mu) / c**2) * limit_feedback(LAYER)), _zero), _to_zero),
        _unseen,
        by(LIMIT, Equal(lim((_third * c) * limit_feedback(LAYER)), _zero), _to_zero),
    ),
)


@pytest.mark.parametrize("case", NUMBERS, ids=named)
def test_numbers_have_limits_for_all_values_of_their_constants(case: Wrong) -> None:
    rejected(case)


@pytest.mark.parametrize("case", EXISTENCE, ids=named)
def test_a_claim_about_a_limit_says_that_it_exists(case: Wrong) -> None:
    rejected(case)


@pytest.mark.parametrize("case", [*INVERSES, *STATISTICS], ids=named)
def test_inverses_ranks_and_statistics_converge_only_under_these_conditions(case: Wrong) -> None:
    rejected(case)


def test_the_limit_for_c_of_a_sample_cannot_be_written() -> None:
    """How small c has to be would depend on the sample."""
    with pytest.raises(IllTyped, match="its limit for c to 0 is not used here"):
        lim(feedback(LAYER))
    lim(plim(feedback(LAYER)))
