"""What is false of matrices and of means is rejected."""

from __future__ import annotations

import pytest

from tests.theory.proof.steps import Wrong, by, named, rejected
from theory.proof import (
    DEPTH,
    LAYER,
    ONE,
    OUTPUT,
    Bounded,
    Equal,
    Identity,
    Integrable,
    Invertible,
    Zero,
    average,
    define,
    given,
    lim,
    mean,
    suppose,
    width,
)
from theory.proof.rules import (
    CANCELLATION,
    DEFINITE,
    DEFINITION,
    HYPOTHESIS,
    INDEPENDENCE,
    LIMIT,
    LINEARITY,
    PSEUDO_INVERSE,
    RIDGE,
    SOLUTION,
    SUBSTITUTION,
    TOWER,
    VANISHING_MOMENT,
)
from theory.proof.sizes import GROWTH
from theory.proof.terms import PseudoInverse, Term
from theory.proof.vocabulary import (
    COMMON_VECTOR,
    EIGENVALUE,
    EIGENVECTOR_OF_C,
    FULL_GRADIENT,
    GAMMA,
    NOISE_VECTOR,
    RIDGE_WEIGHT,
    SECOND_MOMENTS,
    distortion,
    errors,
    estimate,
    feedback,
    fixed_errors,
    gradient,
    gram,
    residual,
    signal_of_datum,
    slopes,
    synthetic,
    units_of,
    weights,
)
from theory.results.assumptions import CLEAN, N1, S1, SAMPLES

_e, _est, _C, _W, _xi, _P = (
    errors(OUTPUT),
    estimate(DEPTH),
    gram(OUTPUT),
    weights(OUTPUT),
    NOISE_VECTOR,
    units_of(DEPTH),
)
_iid = suppose(SAMPLES)
_square, _cross = _e * _e.T, _est * _e.T
_at_zero = _P * _xi * _xi.T * FULL_GRADIENT * _e.T
_split = Equal(mean(_at_zero), _P * SECOND_MOMENTS * mean(FULL_GRADIENT * _e.T))
_separated = by(INDEPENDENCE, _split, _iid, Integrable(_at_zero))
_fourth = _xi * _xi.T * _xi * _xi.T
_signal, _s = fixed_errors(LAYER - 1), signal_of_datum(LAYER - 1)
_low = estimate(LAYER - 1)
_tower = by(
    TOWER,
    Equal(mean(_signal * _low.T), mean(_signal * given(_low).T)),
    suppose(CLEAN, LAYER - 1),
    Integrable(_signal * _low.T),
)

_apart, _unknown = mean(given(_est) * _e.T) - mean(_cross), "what is averaged is integrable"
_s_top = GAMMA * _e

MEANS = (
    Wrong(
        "E[eeᵀ] is not E[e]E[e]ᵀ",
        by(INDEPENDENCE, Equal(mean(_square), mean(_e) * mean(_e).T), _iid, Integrable(_square)),
        "the sides differ",
        _separated,
    ),
    Wrong(
        "an estimate is not independent of its datum",
        by(INDEPENDENCE, Equal(mean(_cross), mean(_est) * mean(_e).T), _iid, Integrable(_cross)),
        "the sides differ",
        _separated,
    ),
    Wrong(
        "an estimate is not independent of its noise",
        by(
            INDEPENDENCE,
            Equal(mean(_est * _xi.T), mean(_est) * mean(_xi).T),
            _iid,
            Integrable(_est * _xi.T),
        ),
        "the sides differ",
        _separated,
    ),
    Wrong(
        "the noise is not independent of itself",
        by(
            INDEPENDENCE,
            Equal(mean(_fourth), SECOND_MOMENTS * SECOND_MOMENTS),
            _iid,
            Integrable(_fourth),
        ),
        "the sides differ",
        _separated,
    ),
    Wrong(
        "noise and data are independent only if supposed to be",
        by(INDEPENDENCE, _split, Integrable(_at_zero)),
        "needs the hypothesis D or G",
        _separated,
    ),
    Wrong(
        "means of products split only where they exist",
        by(INDEPENDENCE, _split, _iid),
        "nothing says that what is averaged is integrable",
        _separated,
    ),
    Wrong(
        "the mean of the noise given the datum may depend on it",
        by(LINEARITY, Equal(mean(given(_xi) * _e.T), given(_xi) * mean(_e).T)),
        "the sides differ",
        by(LINEARITY, Equal(mean(mean(_xi) * _e.T), mean(_xi) * mean(_e).T)),
    ),
    Wrong(
        "errors that look at the noise do not come out of a mean given the datum (E)",
        by(TOWER, _tower.claim, Integrable(_signal * _low.T)),
        "the sides differ",
        _tower,
    ),
    Wrong(
        "the tower property needs a mean that exists",
        by(TOWER, _tower.claim, suppose(CLEAN, LAYER - 1)),
        "nothing says that what is averaged is integrable",
        _tower,
    ),
    Wrong(
        "that a mean given the datum exists does not make the whole exist",
        by(
            TOWER,
            Equal(mean(_s * residual(LAYER - 1).T), mean(_s * given(residual(LAYER - 1)).T)),
            Integrable(_s * given(residual(LAYER - 1)).T),
        ),
        "nothing says that what is averaged is integrable",
        by(
            TOWER,
            Equal(mean(_s * residual(LAYER - 1).T), mean(_s * given(residual(LAYER - 1)).T)),
            Integrable(_s * residual(LAYER - 1).T),
        ),
    ),
    Wrong(
        "the estimate is not its mean given the datum",
        by(TOWER, Equal(given(_est), _est), Integrable(_est)),
        "the sides differ",
        by(TOWER, Equal(mean(given(_est)), mean(_est)), Integrable(_est)),
    ),
    Wrong(
        "a mean that exists beside it does not make another exist",
        by(TOWER, Equal(_apart + _W.T, _W.T), Integrable(_W.T)),
        _unknown,
        by(TOWER, Equal(_apart + _W.T, _W.T), Integrable(_cross)),
    ),
    Wrong(
        "a mean that stands on both sides makes no other exist",
        by(TOWER, Equal(_apart + mean(_est * _s_top.T), mean(_est * _s_top.T)), Integrable(_est * _s_top.T)),
        _unknown,
        by(TOWER, Equal(_apart + mean(_est * _s_top.T), mean(_est * _s_top.T)), Integrable(_cross)),
    ),
    Wrong(
        "half of a sum that is integrable need not be",
        by(TOWER, Equal(mean(given(_est) * _e.T), mean(_cross)), Integrable(_cross + _est * _s_top.T)),
        _unknown,
        by(TOWER, Equal(mean(given(_est) * _e.T), mean(_cross)), Integrable(_cross)),
    ),
    Wrong(
        "a multiple by a matrix that is integrable makes nothing else so",
        by(TOWER, Equal(mean(given(_est) * _e.T), mean(_cross)), Integrable(_W * _cross)),
        _unknown,
        by(TOWER, Equal(_W * mean(given(_est) * _e.T), mean(_W * _cross)), Integrable(_W * _cross)),
    ),
    Wrong(
        "two means exist only if each does",
        by(
            TOWER,
            Equal(
                mean(given(_est) * _e.T) + mean(given(_est) * _s_top.T), mean(_cross) + mean(_est * _s_top.T)
            ),
            Integrable(_cross),
        ),
        _unknown,
        by(
            TOWER,
            Equal(mean(given(_est) * _e.T) + mean(given(_est) * _s_top.T), mean(_cross + _est * _s_top.T)),
            Integrable(_cross + _est * _s_top.T),
        ),
    ),
    Wrong(
        "what is integrable given the datum has no mean over it",
        by(TOWER, Equal(mean(given(_est) * _e.T), mean(_cross)), Integrable(_cross, given_datum=True)),
        _unknown,
        by(TOWER, Equal(mean(given(_est) * _e.T), mean(_cross)), Integrable(_cross)),
    ),
    Wrong(
        "independence asks for the mean that it splits, not for one beside it",
        by(INDEPENDENCE, Equal(mean(_at_zero) - _split.right + _W.T, _W.T), _iid, Integrable(_W.T)),
        _unknown,
        by(INDEPENDENCE, Equal(mean(_at_zero) - _split.right + _W.T, _W.T), _iid, Integrable(_at_zero)),
    ),
    Wrong(
        "independence asks for the mean, not for what becomes of it",
        by(INDEPENDENCE, _split, _iid, Integrable(_P * FULL_GRADIENT * _e.T)),
        _unknown,
        _separated,
    ),
    Wrong(
        "independence given the datum asks for a mean given it",
        by(
            INDEPENDENCE,
            Equal(given(_xi * _xi.T * FULL_GRADIENT), SECOND_MOMENTS * FULL_GRADIENT),
            _iid,
            Integrable(_xi, given_datum=True),
        ),
        _unknown,
        by(
            INDEPENDENCE,
            Equal(given(_xi * _xi.T * FULL_GRADIENT), SECOND_MOMENTS * FULL_GRADIENT),
            _iid,
            Integrable(_xi * _xi.T * FULL_GRADIENT, given_datum=True),
        ),
    ),
    Wrong(
        "slopes that vary do not come out of a mean",
        by(LINEARITY, Equal(mean(slopes(LAYER) * errors(LAYER)), slopes(LAYER) * mean(errors(LAYER)))),
        "the sides differ",
        by(LINEARITY, Equal(mean(_W.T * _e), _W.T * mean(_e))),
    ),
    Wrong(
        "a fitted error does not come out of an average over the sample",
        by(
            LINEARITY,
            Equal(average(_low * synthetic(LAYER).T), average(_low) * synthetic(LAYER).T),
        ),
        "the sides differ",
        by(
            LINEARITY,
            Equal(average(_est * (feedback(OUTPUT).T * _e).T), average(_est * _e.T) * feedback(OUTPUT)),
        ),
    ),
    Wrong(
        "an average over the sample is not the mean",
        by(LINEARITY, Equal(average(_square), mean(_square))),
        "the sides differ",
        by(LINEARITY, Equal(average(_W.T * _e), _W.T * average(_e))),
    ),
    Wrong(
        "second moments are the identity only if supposed to be (N1)",
        by(SUBSTITUTION, Equal(_P * SECOND_MOMENTS, _P)),
        "the sides differ",
        by(SUBSTITUTION, Equal(_P * SECOND_MOMENTS, _P), suppose(N1)),
    ),
)

_full, _Q = Invertible(_C), distortion(LAYER)
_S = gram(LAYER)
_AB, _both = _C * GAMMA, (Invertible(_C), Invertible(GAMMA))
_cancelled = by(CANCELLATION, Equal(_W.T * _C * _C.inverse, _W.T), _full)
_eigen, _w = Equal(_C * EIGENVECTOR_OF_C, EIGENVALUE * EIGENVECTOR_OF_C), EIGENVECTOR_OF_C
_solved = by(SOLUTION, Equal(_C.inverse * (EIGENVALUE * _w), _w), _eigen, _full)

CANCELLED = (
    Wrong(
        "X X⁻¹ is the identity only for an invertible X",
        by(CANCELLATION, _cancelled.claim),
        "nothing says that a matrix is invertible",
        _cancelled,
    ),
    Wrong(
        "another matrix being invertible does not help",
        by(CANCELLATION, _cancelled.claim, Invertible(_S)),
        "the sides differ",
        _cancelled,
    ),
    Wrong(
        "S A S⁻¹ is not A",
        by(CANCELLATION, Equal(_C * GAMMA * _C.inverse, GAMMA), *_both),
        "the sides differ",
        by(CANCELLATION, Equal(_C * GAMMA * GAMMA.inverse, _C), *_both),
    ),
    Wrong(
        "(AB)⁻¹ is not A⁻¹B⁻¹",
        by(CANCELLATION, Equal(_AB.inverse, _C.inverse * GAMMA.inverse), *_both),
        "the sides differ",
        by(CANCELLATION, Equal(_AB.inverse, GAMMA.inverse * _C.inverse), *_both),
    ),
    Wrong(
        "(AB)⁻¹ is B⁻¹A⁻¹ only if both are invertible",
        by(CANCELLATION, Equal(_AB.inverse, GAMMA.inverse * _C.inverse), _full),
        "the sides differ",
        by(CANCELLATION, Equal(_AB.inverse, GAMMA.inverse * _C.inverse), *_both),
    ),
    Wrong(
        "(A + B)⁻¹ is not A⁻¹ + B⁻¹",
        by(CANCELLATION, Equal((_C + GAMMA).inverse, _C.inverse + GAMMA.inverse), *_both),
        "the sides differ",
        by(CANCELLATION, Equal((_C + GAMMA).inverse.T, (_C + GAMMA.T).inverse), Invertible(_C + GAMMA)),
    ),
    Wrong(
        "matrices do not commute",
        by(SUBSTITUTION, Equal(_C * GAMMA, GAMMA * _C)),
        "the sides differ",
        by(SUBSTITUTION, Equal((_C * GAMMA).T, GAMMA.T * _C)),
    ),
    Wrong(
        "a transpose turns the factors round",
        by(SUBSTITUTION, Equal((_C * GAMMA).T, _C * GAMMA.T)),
        "the sides differ",
        by(SUBSTITUTION, Equal((_C * GAMMA).T, GAMMA.T * _C)),
    ),
    Wrong(
        "X X⁺ is not the identity",
        by(PSEUDO_INVERSE, Equal(_S * PseudoInverse(_S), Identity(width(LAYER)))),
        "the sides differ",
        by(PSEUDO_INVERSE, Equal(_S * PseudoInverse(_S) * _S, _S)),
    ),
    Wrong(
        "Q⁺Q is not QQ⁺ for a Q that is not symmetric",
        by(PSEUDO_INVERSE, Equal(PseudoInverse(_Q) * _Q, _Q * PseudoInverse(_Q))),
        "the sides differ",
        by(PSEUDO_INVERSE, Equal(PseudoInverse(_S) * _S, _S * PseudoInverse(_S))),
    ),
    Wrong(
        "(QS)⁺ is not S⁺Q⁺",
        by(PSEUDO_INVERSE, Equal(PseudoInverse(_Q * _S), PseudoInverse(_S) * PseudoInverse(_Q))),
        "the sides differ",
        by(PSEUDO_INVERSE, Equal(PseudoInverse((_Q * _S).T), PseudoInverse(_Q * _S).T)),
    ),
    Wrong(
        "X a = b has a solution for an invertible X only",
        by(SOLUTION, _solved.claim, _eigen),
        "expected X⁻¹ b = a",
        _solved,
    ),
    Wrong(
        "the eigenvalue of the inverse is not that of the matrix",
        by(SOLUTION, Equal(_C.inverse * _w, EIGENVALUE * _w), _eigen, _full),
        "expected X⁻¹ b = a",
        _solved,
    ),
)

_I = Identity(width(OUTPUT))
_exists = Integrable(_square)
_ridge = by(RIDGE, Invertible(_C + RIDGE_WEIGHT * _I), _exists)
_range = _S * PseudoInverse(_S)
_v = errors(LAYER) - _range * errors(LAYER)
_v_nothing, _nothing = Zero(width(LAYER), ONE), Zero(width(LAYER), width(LAYER))
_on_range = Equal(_range * errors(LAYER), errors(LAYER))
_moment, _e_square = Equal(mean(_v * _v.T), _nothing), Integrable(errors(LAYER) * errors(LAYER).T)
_vanishing = by(VANISHING_MOMENT, _on_range, _moment, _e_square)
_t = synthetic(LAYER)
_fit = average(_t * _t.T) * PseudoInverse(average(_t * _t.T))
_r, _sampled = _t - _fit * _t, Equal(_fit * _t, _t, sample=True)
_moment_in_sample = Equal(average(_r * _r.T), _nothing)
_in_sample = by(VANISHING_MOMENT, _sampled, _moment_in_sample)
_Z, _G = GAMMA - _I, average(_square)
_form = Equal(_Z.T * _G * _Z, Zero(width(OUTPUT), width(OUTPUT)))
_definite = by(DEFINITE, Equal(GAMMA, _I), _form, Invertible(_G))

POSITIVE = (
    Wrong(
        "a ridge that may be 0 does not make a matrix invertible",
        by(RIDGE, Invertible(_C + EIGENVALUE * _I), _exists),
        "no Gram matrix plus a positive multiple",
        _ridge,
    ),
    Wrong(
        "a negative ridge does not make a matrix invertible",
        by(RIDGE, Invertible(_C + (-RIDGE_WEIGHT) * _I), _exists),
        "no Gram matrix plus a positive multiple",
        _ridge,
    ),
    Wrong(
        "a ridge on any matrix does not make it invertible",
        by(RIDGE, Invertible(GAMMA + RIDGE_WEIGHT * _I), _exists),
        "no Gram matrix plus a positive multiple",
        _ridge,
    ),
    Wrong(
        "the cross moments of two columns are no Gram matrix",
        by(RIDGE, Invertible(mean(COMMON_VECTOR * _e.T) + RIDGE_WEIGHT * _I), _exists),
        "no Gram matrix plus a positive multiple",
        _ridge,
    ),
    Wrong(
        "second moments that need not exist are no Gram matrix",
        by(RIDGE, _ridge.claim),
        "nothing says that .* is integrable",
        _ridge,
    ),
    Wrong(
        "a column with mean 0 need not be 0",
        by(VANISHING_MOMENT, _on_range, Equal(mean(_v), _v_nothing), _e_square),
        "nothing says that the second moments .* vanish",
        _vanishing,
    ),
    Wrong(
        "second moments that do not exist do not vanish",
        by(VANISHING_MOMENT, _on_range, _moment),
        "nothing says that the second moments .* exist and vanish",
        _vanishing,
    ),
    Wrong(
        "uncorrelated columns need not be 0",
        by(VANISHING_MOMENT, _on_range, Equal(mean(_v * errors(LAYER).T), _nothing), _e_square),
        "nothing says that the second moments .* vanish",
        _vanishing,
    ),
    Wrong(
        "what vanishes in the sample need not vanish beyond",
        by(VANISHING_MOMENT, Equal(_fit * _t, _t), _moment_in_sample),
        "nothing says that the second moments .* vanish",
        _in_sample,
    ),
    Wrong(
        "what holds for rows in the sample says nothing of means",
        by(SUBSTITUTION, Equal(mean(GAMMA * _e), mean(_e)), Equal(GAMMA * _e, _e, sample=True)),
        "a mean over rows that are not in the sample",
        by(SUBSTITUTION, Equal(average(GAMMA * _e), average(_e)), Equal(GAMMA * _e, _e, sample=True)),
    ),
    Wrong(
        "what holds for rows in the sample says nothing of other rows",
        by(SUBSTITUTION, Equal(GAMMA * GAMMA * _e, _e), Equal(GAMMA * _e, _e, sample=True)),
        "for the rows of the sample only",
        by(SUBSTITUTION, Equal(GAMMA * GAMMA * _e, _e, sample=True), Equal(GAMMA * _e, _e, sample=True)),
    ),
    Wrong(
        "ZᵀGZ = 0 leaves Z free where G is singular",
        by(DEFINITE, _definite.claim, _form),
        "an invertible Gram G",
        _definite,
    ),
    Wrong(
        "ZᵀGZ = 0 leaves Z free where G is indefinite",
        by(
            DEFINITE,
            _definite.claim,
            Equal(_Z.T * GAMMA * _Z, Zero(width(OUTPUT), width(OUTPUT))),
            Invertible(GAMMA),
        ),
        "an invertible Gram G",
        _definite,
    ),
)

PLAIN = (
    Wrong(
        "the true error is not the synthetic one in a hidden layer",
        by(DEFINITION, Equal(synthetic(LAYER), errors(LAYER)), define("synthetic error", LAYER)),
        "the sides differ",
        by(DEFINITION, Equal(synthetic(OUTPUT), _e), define("synthetic error", OUTPUT)),
    ),
    Wrong(
        "λ is transported by Wᵀ, without the slopes",
        by(
            DEFINITION,
            Equal(gradient(LAYER), slopes(LAYER) * weights(LAYER + 1).T * errors(LAYER + 1)),
            define("backpropagation of λ", LAYER),
        ),
        "the sides differ",
        by(
            DEFINITION,
            Equal(gradient(LAYER), weights(LAYER + 1).T * errors(LAYER + 1)),
            define("backpropagation of λ", LAYER),
        ),
    ),
    Wrong(
        "a hypothesis says no more than it says",
        by(HYPOTHESIS, Bounded(_est, GROWTH), suppose(S1)),
        "no cited hypothesis or definition says this",
        by(HYPOTHESIS, Equal(SECOND_MOMENTS, Identity(_xi.rows)), suppose(N1)),
    ),
    Wrong(
        "an invertible matrix does not make another invertible",
        by(SUBSTITUTION, Invertible(_S), Invertible(_C)),
        "no premise becomes the claim",
        by(SUBSTITUTION, Invertible(_C.T), Invertible(_C)),
    ),
    Wrong(
        "what is integrable given each datum need not be so over all",
        by(SUBSTITUTION, Integrable(_est), Integrable(_est, given_datum=True)),
        "no premise becomes the claim",
        by(SUBSTITUTION, Integrable(_est, given_datum=True), Integrable(_est)),
    ),
)


@pytest.mark.parametrize("case", [*CANCELLED, *PLAIN], ids=named)
def test_matrices_follow_these_laws_of_algebra_only(case: Wrong) -> None:
    rejected(case)


@pytest.mark.parametrize("case", MEANS, ids=named)
def test_means_split_only_under_these_conditions(case: Wrong) -> None:
    rejected(case)


@pytest.mark.parametrize("case", POSITIVE, ids=named)
def test_matrices_are_definite_and_columns_vanish_only_under_these_conditions(case: Wrong) -> None:
    rejected(case)


_square_of_e = _e * _e.T
_zero = Zero(width(DEPTH), width(OUTPUT))
_nothing = Equal(lim(_est * _e.T), _zero)


def _with_nothing(inverse: Term) -> Term:
    return mean(_e * (_e.T + 0 * (_e.T * inverse)))


INVERSES = (
    Wrong(
        "e eᵀ has no inverse, whatever stands before it tends to",
        by(
            LIMIT, Equal(lim(_est * _e.T * _square_of_e.inverse), Zero(width(DEPTH), width(OUTPUT))), _nothing
        ),
        "nothing says that e.* is invertible",
        by(LIMIT, Equal(lim(_est * _e.T * _C.inverse), _zero), _nothing, Invertible(_C)),
    ),
    Wrong(
        "an inverse is no name for a matrix that has none",
        by(SUBSTITUTION, Equal(_W.T * _C.inverse, _W.T * _C.inverse)),
        "nothing says that E.* is invertible",
        by(SUBSTITUTION, Equal(_W.T * _C.inverse, _W.T * _C.inverse), Invertible(_C)),
    ),
    Wrong(
        "0 times an inverse that is none is no part of an invertible matrix",
        by(RIDGE, Invertible(_with_nothing(_square_of_e.inverse) + RIDGE_WEIGHT * _I), _exists),
        "nothing says that e.* is invertible",
        by(RIDGE, Invertible(_with_nothing(_C.inverse) + RIDGE_WEIGHT * _I), _exists, Invertible(_C)),
    ),
)


@pytest.mark.parametrize("case", INVERSES, ids=named)
def test_an_inverse_that_is_spoken_of_exists(case: Wrong) -> None:
    rejected(case)
