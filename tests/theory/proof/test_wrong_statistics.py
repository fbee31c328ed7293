"""What is false of normal limits, first-order changes, Gaussian noise is rejected."""

from __future__ import annotations

import pytest

from tests.theory.proof.steps import Attempt, Wrong, by, named, rejected
from theory.proof import (
    DEPTH,
    LAYER,
    ONE,
    OUTPUT,
    SAMPLES_T,
    Equal,
    FirstOrder,
    Integrable,
    Invertible,
    Normal,
    Zero,
    average,
    define,
    fresh_mean,
    given,
    mean,
    suppose,
    width,
)
from theory.proof.relations import Relation
from theory.proof.rules import (
    CENTRAL_LIMIT,
    FIRST_ORDER,
    SLUTSKY,
    STEIN,
)
from theory.proof.terms import PseudoInverse, Term
from theory.proof.vocabulary import (
    GAMMA,
    QUOTIENT,
    change,
    direction,
    distorted_feedback,
    error_change,
    errors,
    estimate,
    feedback,
    gradient,
    gram,
    limit_errors,
    limit_feedback,
    limit_residual,
    noisy_gradient,
    slopes,
    synthetic,
    weights,
)
from theory.results.assumptions import (
    GAUSSIAN_NOISE,
    SAMPLES,
    WEAKLY_DIFFERENTIABLE,
)

_iid = suppose(SAMPLES)
_bar, _u, _a = limit_errors(OUTPUT), limit_residual(DEPTH), direction(DEPTH)
_row, _none = _bar * _u.T * _a, Zero(width(OUTPUT), ONE)
_V, _centred, _finite = mean(_row * _row.T), Equal(mean(_row), _none), Integrable(_row * _row.T)
_normal = by(CENTRAL_LIMIT, Normal(average(_row), _V), _iid, _finite, _centred)
_fitted = synthetic(OUTPUT) * _u.T * _a
_matrix = _u * _bar.T
_moved = FirstOrder(change(OUTPUT) * _a, GAMMA * average(_row))
_scaled = by(SLUTSKY, Normal(change(OUTPUT) * _a, GAMMA * _V * GAMMA.T), _normal.claim, _moved)
_dyadic = errors(OUTPUT) * errors(OUTPUT).T

NORMAL = (
    Wrong(
        "√T times an average that is not centred has no limit",
        by(CENTRAL_LIMIT, _normal.claim, _iid, _finite),
        "has the mean 0",
        _normal,
    ),
    Wrong(
        "rows with errors from fitted matrices are not independent",
        by(
            CENTRAL_LIMIT,
            Normal(average(_fitted), _V),
            _iid,
            Integrable(_fitted * _fitted.T),
            _centred,
        ),
        "its rows are not independent",
        _normal,
    ),
    Wrong(
        "a statistic that is no average has no normal limit of its own",
        by(CENTRAL_LIMIT, Normal(change(OUTPUT) * _a, _V), _iid, _finite, _centred),
        "expected the average of a column",
        _normal,
    ),
    Wrong(
        "the limit is normal only for independent rows",
        by(CENTRAL_LIMIT, _normal.claim, _finite, _centred),
        "needs the hypothesis D",
        _normal,
    ),
    Wrong(
        "the limit is normal only for finite second moments",
        by(CENTRAL_LIMIT, _normal.claim, _iid, Integrable(_row), _centred),
        "nothing says that .* is integrable",
        _normal,
    ),
    Wrong(
        "the covariance is the mean of the square, with all its factors",
        by(CENTRAL_LIMIT, Normal(average(_row), mean(_bar * _bar.T)), _iid, _finite, _centred),
        "the covariance is",
        _normal,
    ),
    Wrong(
        "the covariance does not double",
        by(CENTRAL_LIMIT, Normal(average(_row), 2 * _V), _iid, _finite, _centred),
        "the covariance is",
        _normal,
    ),
    Wrong(
        "a covariance of a whole matrix is not a matrix of its size",
        by(
            CENTRAL_LIMIT,
            Normal(average(_matrix), mean(_matrix * _matrix.T)),
            _iid,
            Integrable(_matrix * _matrix.T),
            Equal(mean(_matrix), Zero(width(DEPTH), width(OUTPUT))),
        ),
        "is no column",
        _normal,
    ),
    Wrong(
        "√T times T times an average has no limit",
        by(
            CENTRAL_LIMIT,
            Normal(average(SAMPLES_T * _row), SAMPLES_T**2 * _V),
            _iid,
            Integrable(SAMPLES_T**2 * (_row * _row.T)),
            Equal(SAMPLES_T * mean(_row), _none),
        ),
        "depends on T",
        _normal,
    ),
    Wrong(
        "M Y has the covariance M V Mᵀ, not M V",
        by(SLUTSKY, Normal(change(OUTPUT) * _a, GAMMA * _V), _normal.claim, _moved),
        "with the covariance M V Mᵀ",
        _scaled,
    ),
    Wrong(
        "M Y has the covariance M V Mᵀ for its own M",
        by(
            SLUTSKY,
            Normal(change(OUTPUT) * _a, gram(OUTPUT) * _V * gram(OUTPUT)),
            _normal.claim,
            _moved,
        ),
        "with the covariance M V Mᵀ",
        _scaled,
    ),
    Wrong(
        "a matrix that varies with the row does not scale a normal limit",
        by(
            SLUTSKY,
            Normal(change(OUTPUT) * _a, _dyadic * _V * _dyadic),
            _normal.claim,
            FirstOrder(change(OUTPUT) * _a, _dyadic * average(_row)),
        ),
        "expected a constant matrix",
        _scaled,
    ),
    Wrong(
        "T times what has a normal limit has none",
        by(
            SLUTSKY,
            Normal(change(OUTPUT) * _a, SAMPLES_T * GAMMA * _V * (SAMPLES_T * GAMMA).T),
            _normal.claim,
            FirstOrder(change(OUTPUT) * _a, (SAMPLES_T * GAMMA) * average(_row)),
        ),
        "expected a constant matrix",
        _scaled,
    ),
    Wrong(
        "nothing is normal but what agrees with something normal",
        by(SLUTSKY, _scaled.claim, _moved),
        "expected a constant matrix times what tends to a normal law",
        _scaled,
    ),
)

_i = LAYER
_changes = (
    define("synthetic error", _i),
    define("limit of the synthetic error", _i),
    define("change of the error", _i),
    define("change of the error", _i + 1),
    define("change of the feedback", _i + 1),
)
_dB, _de = change(_i + 1).T * limit_errors(_i + 1), limit_feedback(_i + 1).T * error_change(_i + 1)
_error_change = by(FIRST_ORDER, FirstOrder(error_change(_i), slopes(_i) * (_dB + _de)), *_changes)
_beside = change(_i).T * average(limit_errors(_i) * limit_errors(_i).T)
_mean_beside = FirstOrder(_beside, change(_i).T * mean(limit_errors(_i) * limit_errors(_i).T))
_averaged = by(FIRST_ORDER, _mean_beside, Integrable(limit_errors(_i) * limit_errors(_i).T))
_forced = FirstOrder(change(_i).T, average(limit_residual(_i - 1) * limit_errors(_i).T))
_by_parts = (suppose(GAUSSIAN_NOISE), suppose(WEAKLY_DIFFERENTIABLE))
_own_change = limit_errors(_i) * error_change(_i).T
_mean_change = FirstOrder(average(_own_change), fresh_mean(_own_change))
_inverse_change = fresh_mean(error_change(_i) * error_change(_i).T).inverse
_stein = by(STEIN, Equal(given(estimate(_i)), given(noisy_gradient(_i))), *_by_parts)
_A = average(limit_errors(_i) * limit_errors(_i).T)

CHANGES = (
    Wrong(
        "the errors change with the matrix above, to first order",
        by(FIRST_ORDER, FirstOrder(error_change(_i), slopes(_i) * _de), *_changes),
        "no equation of the premises gives this to first order",
        _error_change,
    ),
    Wrong(
        "the errors change with the errors above, to first order",
        by(FIRST_ORDER, FirstOrder(error_change(_i), slopes(_i) * _dB), *_changes),
        "no equation of the premises gives this to first order",
        _error_change,
    ),
    Wrong(
        "an average beside a change is its mean only where that exists",
        by(FIRST_ORDER, _mean_beside),
        "no equation of the premises|integrable",
        _averaged,
    ),
    Wrong(
        "an average of changes is their mean only where that exists",
        by(FIRST_ORDER, _mean_change),
        "no equation of the premises",
        by(FIRST_ORDER, _mean_change, Integrable(_own_change)),
    ),
    Wrong(
        "a change of order T^(-1/2) is not small T times as large",
        by(
            FIRST_ORDER,
            FirstOrder(SAMPLES_T * _beside, SAMPLES_T * _mean_beside.right),
            Integrable(limit_errors(_i) * limit_errors(_i).T),
        ),
        "no equation of the premises|depends on T",
        _averaged,
    ),
    Wrong(
        "what agrees to first order need not do so times what is unbounded",
        by(FIRST_ORDER, FirstOrder(_forced.left * _A, _forced.right * _A), _forced),
        "no equation of the premises|is bounded|beside what may be large",
        by(
            FIRST_ORDER,
            FirstOrder(_forced.left * _A, _forced.right * _A),
            _forced,
            Integrable(limit_errors(_i) * limit_errors(_i).T),
            Integrable(limit_residual(_i - 1) * limit_errors(_i).T),
        ),
    ),
    Wrong(
        "what agrees to first order need not do so times a statistic that may diverge",
        by(
            FIRST_ORDER,
            FirstOrder(_forced.left * distorted_feedback(_i), _forced.right * distorted_feedback(_i)),
            _forced,
        ),
        "no equation of the premises|is bounded|beside what may be large",
        by(
            FIRST_ORDER,
            FirstOrder(_forced.left * feedback(_i), _forced.right * feedback(_i)),
            _forced,
        ),
    ),
    Wrong(
        "the inverse of a change is not small",
        by(FIRST_ORDER, FirstOrder(_inverse_change, 2 * _inverse_change)),
        "no equation of the premises|the inverse of what is small is large",
        _error_change,
    ),
    Wrong(
        "a matrix is not to be divided by unless it is invertible",
        by(
            FIRST_ORDER,
            FirstOrder(change(_i).T, _forced.right * gram(_i).inverse),
            FirstOrder(change(_i).T * gram(_i), _forced.right),
        ),
        "no equation of the premises",
        by(
            FIRST_ORDER,
            FirstOrder(change(_i).T, _forced.right * gram(_i).inverse),
            FirstOrder(change(_i).T * gram(_i), _forced.right),
            Invertible(gram(_i)),
        ),
    ),
    Wrong(
        "the mean over a fresh row is not the average over the sample",
        by(
            FIRST_ORDER,
            FirstOrder(
                average(limit_residual(_i - 1) * limit_errors(_i).T),
                fresh_mean(limit_residual(_i - 1) * limit_errors(_i).T),
            ),
            Integrable(limit_residual(_i - 1) * limit_errors(_i).T),
        ),
        "no equation of the premises",
        _averaged,
    ),
    Wrong(
        "integration by parts needs Gaussian noise",
        by(STEIN, _stein.claim, suppose(WEAKLY_DIFFERENTIABLE)),
        "needs the hypothesis G",
        _stein,
    ),
    Wrong(
        "integration by parts needs a derivative to integrate",
        by(STEIN, _stein.claim, suppose(GAUSSIAN_NOISE)),
        "needs the hypothesis S0",
        _stein,
    ),
    Wrong(
        "the mean estimate is the gradient at the perturbed state, not at rest",
        by(STEIN, Equal(given(estimate(_i)), gradient(_i)), *_by_parts),
        "the gradient at the perturbed state",
        _stein,
    ),
    Wrong(
        "the mean estimate of a layer is not the gradient of another",
        by(STEIN, Equal(given(noisy_gradient(_i)), given(noisy_gradient(_i))), *_by_parts),
        "the gradient at the perturbed state",
        _stein,
    ),
)

_T, _D = SAMPLES_T, width(DEPTH)
_dW, _dE, _q = change(OUTPUT), error_change(DEPTH), QUOTIENT
_wall = weights(OUTPUT) * _a
_along, _shifted = FirstOrder(_dW * _a, GAMMA * average(_row)), _dW * _dW.T
_exact = by(FIRST_ORDER, FirstOrder(_dW * _a + _shifted * _wall, _along.right), _along)
_second = _dE * _dE.T
_left_out = by(FIRST_ORDER, FirstOrder(average(_second), Zero(_D, _D)), Integrable(_second))


def _with(matrix: Term) -> Attempt:
    """The change with one of second order, times a matrix in which T stands."""
    return by(FIRST_ORDER, FirstOrder(_dW * _a + _shifted * matrix * _wall, _along.right), _along)


def _dropped(term: Term, *sources: Relation) -> Attempt:
    rows, columns = term.shape
    return by(FIRST_ORDER, FirstOrder(term, Zero(rows, columns)), *sources)


_sixth = _dE * _q * _q * _q * _q * _q * _q * _dE.T
_rowwise = _error_change.claim
_in_the_mean = FirstOrder(
    average(_rowwise.left * _q * _rowwise.left.T),
    average(_rowwise.right * _q * _rowwise.left.T),
)
_growing = average(errors(OUTPUT) * errors(OUTPUT).T)
_own = average(limit_errors(DEPTH) * limit_errors(DEPTH).T)
_wide = weights(OUTPUT)
_smooth = synthetic(DEPTH) * synthetic(DEPTH).T
_jumping = PseudoInverse(_smooth)
_none_of_it = Zero(_D, _D)
_vanished = FirstOrder(average(_second), _none_of_it)
_off_limit = PseudoInverse(feedback(OUTPUT) - limit_feedback(OUTPUT))
_around = limit_errors(OUTPUT) * limit_errors(OUTPUT).T * _shifted * errors(OUTPUT)

LEFT_OUT = (
    Wrong(
        "T in a pseudo-inverse makes large what is small",
        _with(PseudoInverse((1 / _T) * gram(OUTPUT))),
        "depends on T",
        _exact,
    ),
    Wrong(
        "T in an inverse makes large what is small",
        _with(((1 / _T) * gram(OUTPUT)).inverse),
        "depends on T",
        _exact,
    ),
    Wrong(
        "T in an average over the sample makes large what is small",
        _with(average(_T * (errors(OUTPUT) * errors(OUTPUT).T))),
        "depends on T",
        _exact,
    ),
    Wrong(
        "T in a mean makes large what is small",
        _with(PseudoInverse(mean((1 / _T**2) * (errors(OUTPUT) * errors(OUTPUT).T)))),
        "depends on T",
        _exact,
    ),
    Wrong(
        "T in an inverse within an inverse makes large what is small",
        _with(((_T * gram(OUTPUT)).inverse + gram(OUTPUT)).inverse),
        "depends on T",
        _exact,
    ),
    Wrong(
        "a matrix is divided by only where its inverse does not grow with T",
        by(
            FIRST_ORDER,
            FirstOrder(_dW.T, Zero(*_dW.T.shape)),
            FirstOrder(_dW.T * _growing, Zero(*_dW.T.shape)),
            Invertible(_growing),
            Integrable(errors(OUTPUT) * errors(OUTPUT).T),
        ),
        "no equation of the premises",
        by(
            FIRST_ORDER,
            FirstOrder(_dW.T, Zero(*_dW.T.shape)),
            FirstOrder(_dW.T * gram(OUTPUT), Zero(*_dW.T.shape)),
            Invertible(gram(OUTPUT)),
        ),
    ),
    Wrong(
        "an average of second order is left out only if it is integrable",
        _dropped(average(_second)),
        "what is left out is integrable",
        _left_out,
    ),
    Wrong(
        "a high power of the loss beside changes need not be integrable",
        _dropped(average(_sixth), Integrable(_second)),
        "what is left out is integrable",
        _dropped(average(_sixth), Integrable(_sixth)),
    ),
    Wrong(
        "a mean over a fresh row of second order is left out only if it is finite",
        _dropped(fresh_mean(_sixth)),
        "what is left out is integrable",
        _dropped(fresh_mean(_sixth), Integrable(_sixth)),
    ),
    Wrong(
        "a change times an average of changes is left out only if that is integrable",
        _dropped(_dW.T * average(errors(OUTPUT) * (_q * _dE.T))),
        "what is left out is integrable",
        _dropped(_dW.T * average(errors(OUTPUT) * (_q * _dE.T)), Integrable(errors(OUTPUT) * (_q * _dE.T))),
    ),
    Wrong(
        "what is integrable given each datum need not be so over the data",
        _dropped(average(_second), Integrable(_second, given_datum=True)),
        "what is left out is integrable",
        _left_out,
    ),
    Wrong(
        "that a third power is integrable says nothing of the second",
        _dropped(average(_second), Integrable(_sixth)),
        "what is left out is integrable",
        _left_out,
    ),
    Wrong(
        "that a multiple by a matrix is integrable says nothing of what is multiplied",
        _dropped(average(_second), Integrable(_wide * _second)),
        "what is left out is integrable",
        _left_out,
    ),
    Wrong(
        "that a sum is integrable says nothing of its summands",
        _dropped(average(_second), Integrable(_second + _sixth)),
        "what is left out is integrable",
        _dropped(average(_second), Integrable(_second + _sixth), Integrable(_sixth)),
    ),
    Wrong(
        "the average of what is no polynomial in the statistics obeys no law",
        by(
            FIRST_ORDER, FirstOrder(_dW * average(_jumping), _dW * fresh_mean(_jumping)), Integrable(_jumping)
        ),
        "nothing says that what",
        by(FIRST_ORDER, FirstOrder(_dW * average(_smooth), _dW * fresh_mean(_smooth)), Integrable(_smooth)),
    ),
    Wrong(
        "the pseudo-inverse of what is small is large",
        by(FIRST_ORDER, FirstOrder(PseudoInverse(average(_second)), PseudoInverse(_none_of_it)), _vanished),
        "need not do so beside what may be large",
        by(FIRST_ORDER, FirstOrder(2 * average(_second), _none_of_it), _vanished),
    ),
    Wrong(
        "the pseudo-inverse of what is small is large within a product and an average",
        by(
            FIRST_ORDER,
            FirstOrder(
                average(_dE.T * PseudoInverse(average(_second)) * _dE),
                average(_dE.T * PseudoInverse(_none_of_it) * _dE),
            ),
            _vanished,
        ),
        "need not do so beside what may be large",
        by(FIRST_ORDER, FirstOrder(2 * average(_second), _none_of_it), _vanished),
    ),
    Wrong(
        "inverses of two matrices that agree need not agree",
        by(
            FIRST_ORDER,
            FirstOrder(_own.inverse, average(_second).inverse),
            FirstOrder(_own, average(_second)),
            Invertible(_own),
            Invertible(average(_second)),
        ),
        "need not do so beside what may be large",
        by(FIRST_ORDER, FirstOrder(2 * average(_second), _none_of_it), _vanished),
    ),
    Wrong(
        "an equation hides no pseudo-inverse of what is small",
        by(
            FIRST_ORDER,
            FirstOrder(slopes(DEPTH), PseudoInverse(_none_of_it)),
            Equal(slopes(DEPTH), PseudoInverse(average(_second))),
            _vanished,
        ),
        "need not do so beside what may be large",
        by(FIRST_ORDER, FirstOrder(2 * average(_second), _none_of_it), _vanished),
    ),
    Wrong(
        "an equation hides no mean of what agrees for each row",
        by(
            FIRST_ORDER,
            FirstOrder(feedback(_i + 1), feedback(_i + 1)),
            _rowwise,
            define("least squares (10, 14)", _i + 1),
        ),
        "for each row, not in a mean",
        _error_change,
    ),
    Wrong(
        "what vanishes to first order need not do so times the pseudo-inverse of what vanishes",
        by(
            FIRST_ORDER,
            FirstOrder(_shifted * _off_limit.T, Zero(*_dW.shape)),
            FirstOrder(_shifted, Zero(*_shifted.shape)),
        ),
        "need not do so beside what may be large",
        by(
            FIRST_ORDER,
            FirstOrder(_shifted * feedback(OUTPUT), Zero(*_dW.shape)),
            FirstOrder(_shifted, Zero(*_shifted.shape)),
        ),
    ),
    Wrong(
        "what vanishes to first order need not do so T times as large",
        by(
            FIRST_ORDER,
            FirstOrder(_T * _shifted, Zero(*_shifted.shape)),
            FirstOrder(_shifted, Zero(*_shifted.shape)),
        ),
        "depends on T",
        by(
            FIRST_ORDER,
            FirstOrder(2 * _shifted, Zero(*_shifted.shape)),
            FirstOrder(_shifted, Zero(*_shifted.shape)),
        ),
    ),
    Wrong(
        "what vanishes to first order need not do so in an average of what is not integrable",
        by(
            FIRST_ORDER,
            FirstOrder(average(_around), Zero(*_around.shape)),
            FirstOrder(_shifted, Zero(*_shifted.shape)),
        ),
        "need not do so beside what may be large",
        by(
            FIRST_ORDER,
            FirstOrder(average(_around), Zero(*_around.shape)),
            FirstOrder(_shifted, Zero(*_shifted.shape)),
            Integrable(_around),
        ),
    ),
    Wrong(
        "what agrees for each row need not agree in the mean",
        by(FIRST_ORDER, _in_the_mean, _rowwise, Integrable(_rowwise.left * _q * _rowwise.left.T)),
        "for each row, not in a mean",
        _error_change,
    ),
)


@pytest.mark.parametrize("case", LEFT_OUT, ids=named)
def test_only_what_vanishes_is_left_out_to_first_order(case: Wrong) -> None:
    rejected(case)


@pytest.mark.parametrize("case", NORMAL, ids=named)
def test_limits_in_law_are_normal_only_under_these_conditions(case: Wrong) -> None:
    rejected(case)


@pytest.mark.parametrize("case", CHANGES, ids=named)
def test_changes_agree_and_noise_integrates_by_parts_only_under_these_conditions(case: Wrong) -> None:
    rejected(case)
