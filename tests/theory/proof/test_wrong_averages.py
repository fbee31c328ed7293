"""What is false of the limits of averages and of means is rejected."""

from __future__ import annotations

import pytest

from tests.theory.proof.steps import Wrong, by, named, rejected
from theory.proof import (
    DEPTH,
    LAYER,
    OUTPUT,
    SAMPLES_T,
    Bounded,
    Equal,
    Finite,
    Integrable,
    Invertible,
    Polynomial,
    average,
    c,
    joint_limit,
    lim,
    mean,
    plim,
    suppose,
)
from theory.proof.rules import (
    DOMINATED_CONVERGENCE,
    JOINT_LAW,
    LAW_OF_LARGE_NUMBERS,
)
from theory.proof.sizes import GROWTH, NOISE_SIZE
from theory.proof.terms import IllTyped
from theory.proof.vocabulary import (
    FULL_GRADIENT,
    NOISE_VECTOR,
    errors,
    estimate,
    gram,
    limit_errors,
    synthetic,
    units_of,
    weights,
)
from theory.proofs.passages import ESTIMATE_SIZE, TOP_ERROR
from theory.results.assumptions import SAMPLES

_e, _est, _C, _W = errors(OUTPUT), estimate(DEPTH), gram(OUTPUT), weights(OUTPUT)
_low, _bar, _tilde = estimate(LAYER - 1), limit_errors(LAYER), synthetic(LAYER)
_cross, _G = _est * _e.T, average(_e * _e.T)
_iid = suppose(SAMPLES)

_law = by(LAW_OF_LARGE_NUMBERS, Equal(plim(average(_cross)), mean(_cross)), _iid, Integrable(_cross))
_fitted = _low * _tilde.T
_row, _poly = Equal(plim(_tilde), _bar), Polynomial(_tilde)
_fitted_law = Equal(plim(average(_fitted)), mean(_low * _bar.T))
_law_with_fitted = by(LAW_OF_LARGE_NUMBERS, _fitted_law, _iid, Integrable(_fitted), _poly, _row)
_top_size = Bounded(_e * _e.T, TOP_ERROR**2)
_joint = by(JOINT_LAW, Equal(joint_limit(_G), _C), _iid, _top_size, Finite(TOP_ERROR**2))

_start = units_of(DEPTH) * NOISE_VECTOR * NOISE_VECTOR.T * FULL_GRADIENT
_estimate_limit = Equal(lim(_est), _start)
_size = ESTIMATE_SIZE * TOP_ERROR
_growing = GROWTH * NOISE_SIZE**2 * (1 + c * NOISE_SIZE) * TOP_ERROR
_under_the_mean = Equal(lim(mean(_cross)), mean(_start * _e.T))
_bounded, _finite = Bounded(_cross, _size), Finite(_size)

LAWS = (
    Wrong(
        "the weak law needs independent samples",
        by(LAW_OF_LARGE_NUMBERS, _law.claim, Integrable(_cross)),
        "needs the hypothesis D",
        _law,
    ),
    Wrong(
        "the weak law needs a finite mean",
        by(LAW_OF_LARGE_NUMBERS, _law.claim, _iid),
        "nothing says that .* is integrable",
        _law,
    ),
    Wrong(
        "a mean that is finite given each datum need not be finite",
        by(LAW_OF_LARGE_NUMBERS, _law.claim, _iid, Integrable(_cross, given_datum=True)),
        "nothing says that .* is integrable",
        _law,
    ),
    Wrong(
        "rows with fitted errors are not independent",
        by(LAW_OF_LARGE_NUMBERS, _fitted_law, _iid, Integrable(_fitted), _row),
        "polynomial in statistics that converge",
        _law_with_fitted,
    ),
    Wrong(
        "fitted errors tend to their own limits, not to the true errors",
        by(
            LAW_OF_LARGE_NUMBERS,
            Equal(plim(average(_fitted)), mean(_low * errors(LAYER).T)),
            _iid,
            Integrable(_fitted),
            _poly,
            _row,
        ),
        "the sides differ",
        _law_with_fitted,
    ),
    Wrong(
        "fitted errors have a limit only if one is known",
        by(LAW_OF_LARGE_NUMBERS, _fitted_law, _iid, Integrable(_fitted), _poly),
        "the sides differ",
        _law_with_fitted,
    ),
    Wrong(
        "a sum over the sample has no mean to tend to",
        by(
            LAW_OF_LARGE_NUMBERS,
            Equal(plim(average(SAMPLES_T * _cross)), mean(SAMPLES_T * _cross)),
            _iid,
            Integrable(SAMPLES_T * _cross),
        ),
        "the sides differ",
        _law,
    ),
    Wrong(
        "the joint law needs rows that do not depend on the sample",
        by(
            JOINT_LAW,
            Equal(joint_limit(average(_fitted)), mean(_low * errors(LAYER).T)),
            _iid,
            Bounded(_fitted, ESTIMATE_SIZE * TOP_ERROR),
            Finite(ESTIMATE_SIZE * TOP_ERROR),
            Equal(lim(_low), _low),
        ),
        "its rows are not independent",
        _joint,
    ),
    Wrong(
        "the joint law needs one bound for every c",
        by(
            JOINT_LAW,
            _joint.claim,
            _iid,
            Bounded(_e * _e.T, TOP_ERROR**2 / c),
            Finite(TOP_ERROR**2 / c),
        ),
        "depends on c",
        _joint,
    ),
    Wrong(
        "the joint law needs one bound for every T",
        by(
            JOINT_LAW,
            _joint.claim,
            _iid,
            Bounded(_e * _e.T, SAMPLES_T * TOP_ERROR**2),
            Finite(SAMPLES_T * TOP_ERROR**2),
        ),
        "depends on T",
        _joint,
    ),
    Wrong(
        "rows that change with T obey no law, integrable though they are for each T",
        by(
            LAW_OF_LARGE_NUMBERS,
            Equal(plim(average((1 / SAMPLES_T) * _cross)), mean(0 * _cross)),
            _iid,
            Integrable((1 / SAMPLES_T) * _cross),
        ),
        "depends on T",
        _law,
    ),
    Wrong(
        "rows that change with T obey no law along c to 0",
        by(
            JOINT_LAW,
            Equal(joint_limit(average(((1 / SAMPLES_T) * _C).inverse * _e)), mean(_C.inverse * _e)),
            _iid,
            Bounded(((1 / SAMPLES_T) * _C).inverse * _e, TOP_ERROR**2),
            Finite(TOP_ERROR**2),
            Invertible(_C),
        ),
        "depends on T",
        _joint,
    ),
    Wrong(
        "along c to 0 an average tends to the mean of the limit, not to that of the estimate",
        by(JOINT_LAW, Equal(joint_limit(average(_cross)), mean(_cross)), _iid, _bounded, _finite),
        "the sides differ",
        by(
            JOINT_LAW,
            Equal(joint_limit(average(_cross)), mean(_start * _e.T)),
            _iid,
            _bounded,
            _finite,
            _estimate_limit,
        ),
    ),
    Wrong(
        "the joint law needs independent samples",
        by(JOINT_LAW, _joint.claim, _top_size, Finite(TOP_ERROR**2)),
        "needs the hypothesis D",
        _joint,
    ),
)

_dominated = by(DOMINATED_CONVERGENCE, _under_the_mean, _bounded, _finite, _estimate_limit)
_limit_integrable = by(DOMINATED_CONVERGENCE, Integrable(_start * _e.T), _bounded, _finite, _estimate_limit)

DOMINATION = (
    Wrong(
        "what dominates does not depend on c",
        by(
            DOMINATED_CONVERGENCE,
            _under_the_mean,
            Bounded(_cross, _growing),
            Finite(_growing),
            _estimate_limit,
        ),
        "depends on c",
        _dominated,
    ),
    Wrong(
        "what dominates has a finite mean",
        by(DOMINATED_CONVERGENCE, _under_the_mean, _bounded, _estimate_limit),
        "nothing says that the mean of .* is finite",
        _dominated,
    ),
    Wrong(
        "what dominates has a finite mean over the data, not only given each",
        by(
            DOMINATED_CONVERGENCE,
            _under_the_mean,
            _bounded,
            Finite(_size, given_datum=True),
            _estimate_limit,
        ),
        "nothing says that the mean of .* is finite",
        _dominated,
    ),
    Wrong(
        "a bound of one factor is no bound of the product",
        by(
            DOMINATED_CONVERGENCE,
            _under_the_mean,
            Bounded(_est, ESTIMATE_SIZE),
            Finite(ESTIMATE_SIZE),
            _estimate_limit,
        ),
        "nothing bounds",
        _dominated,
    ),
    Wrong(
        "the limit under the mean has to be known",
        by(DOMINATED_CONVERGENCE, _under_the_mean, _bounded, _finite),
        "the sides differ",
        _dominated,
    ),
    Wrong(
        "lim E[X] is no mean of a limit that does not exist",
        by(DOMINATED_CONVERGENCE, Equal(lim(mean(_cross)), mean(lim(_est) * _e.T)), _bounded, _finite),
        "the sides differ|limits exist",
        _dominated,
    ),
    Wrong(
        "a limit is integrable only if what tends to it is dominated",
        by(DOMINATED_CONVERGENCE, Integrable(_start * _e.T), _finite, _estimate_limit),
        "no limit of a dominated term",
        _limit_integrable,
    ),
    Wrong(
        "a limit is integrable only if one finite mean dominates what tends to it",
        by(DOMINATED_CONVERGENCE, Integrable(_start * _e.T), _bounded, _estimate_limit),
        "nothing says that the mean of .* is finite",
        _limit_integrable,
    ),
    Wrong(
        "a limit that need not exist is not integrable",
        by(DOMINATED_CONVERGENCE, Integrable(lim(_est) * _e.T), _bounded, _finite),
        "no limit of a dominated term|exists",
        _limit_integrable,
    ),
)


@pytest.mark.parametrize("case", [*LAWS, *DOMINATION], ids=named)
def test_averages_and_means_have_limits_only_under_these_conditions(case: Wrong) -> None:
    rejected(case)


def test_the_expectation_of_a_sample_cannot_be_written() -> None:
    with pytest.raises(IllTyped, match="its expectation is not used here"):
        mean(_low * _tilde.T)
    mean(_low * _bar.T)
