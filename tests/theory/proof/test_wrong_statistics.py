"""What is false of normal limits, first-order changes, Gaussian noise is rejected."""

from __future__ import annotations

import pytest

from tests.theory.proof.steps import Wrong, by, named, rejected
from theory.assumptions import (
    GAUSSIAN_NOISE,
    SAMPLES,
    WEAKLY_DIFFERENTIABLE,
)
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
from theory.proof.rules import (
    CENTRAL_LIMIT,
    FIRST_ORDER,
    SLUTSKY,
    STEIN,
)
from theory.proof.vocabulary import (
    GAMMA,
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
        "no equation of the premises|is bounded",
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
        "no equation of the premises|is bounded",
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


@pytest.mark.parametrize("case", NORMAL, ids=named)
def test_limits_in_law_are_normal_only_under_these_conditions(case: Wrong) -> None:
    rejected(case)


@pytest.mark.parametrize("case", CHANGES, ids=named)
def test_changes_agree_and_noise_integrates_by_parts_only_under_these_conditions(case: Wrong) -> None:
    rejected(case)
