"""What is false of bounds and of finite means is rejected."""

from __future__ import annotations

import pytest
import sympy

from tests.theory.proof.steps import Attempt, Wrong, by, named, rejected
from theory.proof import (
    DEPTH,
    LAYER,
    ONE,
    OUTPUT,
    Bounded,
    Finite,
    Integrable,
    Same,
    c,
    define,
    mean,
    suppose,
)
from theory.proof.rules import (
    CAUCHY_SCHWARZ,
    DOMINATION,
    MOMENTS,
    NORMS,
    SMALL_SCALE,
)
from theory.proof.sizes import GROWTH, NOISE_SIZE, POWER, gain, norm, slope_product
from theory.proof.units import E, derivative, supremum, xi
from theory.proof.vocabulary import (
    GAMMA,
    errors,
    estimate,
    slopes,
    weights,
)
from theory.proofs.passages import TOP_ERROR
from theory.results.assumptions import SAMPLES

_e, _est, _low = errors(OUTPUT), estimate(DEPTH), estimate(LAYER - 1)
_W, _iid = weights(OUTPUT), suppose(SAMPLES)
_square, _cross = _e * _e.T, _est * _e.T

_te, _te_size = slopes(DEPTH) * _W.T * _e, norm(slopes(DEPTH)) * norm(_W) * TOP_ERROR
_two = _W.T * _e + slopes(DEPTH) * _W.T * _e
_growth = GROWTH * NOISE_SIZE**2 * (1 + (c * NOISE_SIZE) ** POWER)
_dominator = _growth.subs(c, 1)
_small = by(SMALL_SCALE, Bounded(_est, _dominator), Bounded(_est, _growth))
_datum, _noise = Finite(GROWTH * TOP_ERROR), Finite(NOISE_SIZE ** (POWER + 2))
_mean_size = by(MOMENTS, Finite(_dominator * TOP_ERROR), _iid, _datum, _noise)
_size = TOP_ERROR**2
_integrable = by(DOMINATION, Integrable(_square), Bounded(_square, _size), Finite(_size))
_squares = (Finite(norm(_est) ** 2), Finite(_size))
_schwarz = by(CAUCHY_SCHWARZ, Integrable(_cross), *_squares)

BOUNDS = (
    Wrong(
        "|AB| is not bounded by |B|",
        by(NORMS, Bounded(_te, norm(_W) * TOP_ERROR)),
        "the bound is",
        by(NORMS, Bounded(_te, _te_size)),
    ),
    Wrong(
        "|A + B| is not bounded by |A|",
        by(NORMS, Bounded(_two, _te_size)),
        "the bound is",
        by(NORMS, Bounded(_two, norm(_W) * TOP_ERROR + _te_size)),
    ),
    Wrong(
        "|A - B| is not bounded by |A| - |B|",
        by(NORMS, Bounded(_W.T * _e - _te, norm(_W) * TOP_ERROR - _te_size)),
        "the bound is",
        by(NORMS, Bounded(_W.T * _e - _te, norm(_W) * TOP_ERROR + _te_size)),
    ),
    Wrong(
        "the norm of an inverse is not bounded by that of the matrix",
        by(NORMS, Bounded(GAMMA.inverse * _e, norm(GAMMA) * TOP_ERROR)),
        "nothing bounds",
        by(NORMS, Bounded(GAMMA * _e, norm(GAMMA) * TOP_ERROR)),
    ),
    Wrong(
        "the norm of a mean is not the size of one row",
        by(NORMS, Bounded(mean(_e), TOP_ERROR)),
        "nothing bounds",
        by(NORMS, Bounded(_e, TOP_ERROR)),
    ),
    Wrong(
        "an equation up to a power of c is none between bounds",
        by(NORMS, Bounded(slopes(OUTPUT), ONE), Same(norm(slopes(OUTPUT)), 1, 2)),
        "holds up to a power of c only",
        by(NORMS, Bounded(slopes(OUTPUT), ONE), Same(norm(slopes(OUTPUT)), 1)),
    ),
    Wrong(
        "|e|/c is not bounded by |e| for c ≤ 1",
        by(SMALL_SCALE, Bounded(_e, TOP_ERROR), Bounded(_e, TOP_ERROR / c)),
        "not seen to grow with c",
        _small,
    ),
    Wrong(
        "c|e| is not bounded by |e|/2 for c ≤ 1",
        by(SMALL_SCALE, Bounded(_e, TOP_ERROR / 2), Bounded(_e, c * TOP_ERROR)),
        "at c = 1 the bound is",
        _small,
    ),
    Wrong(
        "a bound of one estimate is none of another",
        by(SMALL_SCALE, Bounded(_low, _dominator), Bounded(_est, _growth)),
        "nothing bounds",
        _small,
    ),
    Wrong(
        "the noise has no moments beyond those supposed",
        by(MOMENTS, Finite(NOISE_SIZE ** (POWER + 3)), _iid, _noise),
        "nothing says that E .* is finite",
        by(MOMENTS, Finite(NOISE_SIZE ** (POWER + 1)), _iid, _noise),
    ),
    Wrong(
        "a constant to the power of the noise varies with the noise",
        by(MOMENTS, Finite(norm(_W) ** NOISE_SIZE), _iid, _noise),
        "is no power of the noise",
        by(MOMENTS, Finite(norm(_W) ** POWER), _iid, _noise),
    ),
    Wrong(
        "a negative power of the noise has no finite mean",
        by(MOMENTS, Finite(1 / NOISE_SIZE), _iid, _noise),
        "negative power of the noise",
        by(MOMENTS, Finite(NOISE_SIZE), _iid, _noise),
    ),
    Wrong(
        "the datum has no moments beyond those supposed",
        by(MOMENTS, Finite(_dominator * TOP_ERROR**2), _iid, _datum, _noise),
        "nothing says that E .* is finite",
        _mean_size,
    ),
    Wrong(
        "the size of an estimate is not independent of the noise",
        by(MOMENTS, Finite(NOISE_SIZE * norm(_est)), _iid, _noise, Finite(norm(_est))),
        "nothing says that E .* is finite",
        _mean_size,
    ),
    Wrong(
        "the mean of a product is that of the factors only if they are independent",
        by(MOMENTS, _mean_size.claim, _datum, _noise),
        "needs the hypothesis D",
        _mean_size,
    ),
    Wrong(
        "slopes are not bounded unless supposed to be",
        by(MOMENTS, Finite(slope_product(LAYER) * TOP_ERROR), _iid, Finite(TOP_ERROR)),
        "nothing says that E .* is finite",
        by(
            MOMENTS,
            Finite(slope_product(LAYER) * TOP_ERROR),
            _iid,
            Finite(slope_product(LAYER) * TOP_ERROR),
        ),
    ),
    Wrong(
        "a bound without a finite mean makes nothing integrable",
        by(DOMINATION, Integrable(_square), Bounded(_square, _size)),
        "by a number with a finite mean",
        _integrable,
    ),
    Wrong(
        "the finite mean has to be that of the bound",
        by(DOMINATION, Integrable(_square), Bounded(_square, _size), Finite(TOP_ERROR)),
        "by a number with a finite mean",
        _integrable,
    ),
    Wrong(
        "a product needs second moments of both factors",
        by(CAUCHY_SCHWARZ, Integrable(_cross), Finite(_size)),
        "nothing says that E .* is finite",
        _schwarz,
    ),
    Wrong(
        "first moments of both factors are not enough for a product",
        by(CAUCHY_SCHWARZ, Integrable(_cross), Finite(norm(_est)), Finite(TOP_ERROR)),
        "nothing says that E .* is finite",
        _schwarz,
    ),
    Wrong(
        "second moments are not enough for three factors",
        by(CAUCHY_SCHWARZ, Integrable(_cross * _e), *_squares),
        "no product of two symbols",
        _schwarz,
    ),
)

_given = Finite(NOISE_SIZE ** (POWER + 2), given_datum=True)


def _given_datum(value: sympy.Expr) -> Attempt:
    return by(MOMENTS, Finite(value, given_datum=True), _iid, _given)


_constant = _given_datum(GROWTH * norm(_e))
_every_row = by(MOMENTS, Finite(norm(_W) ** 9 * NOISE_SIZE), _iid, _noise)


def _invented(name: str) -> sympy.Expr:
    return sympy.Symbol(name, nonnegative=True)


NUMBERS = (
    Wrong("1/|e| may be infinite, given each datum", _given_datum(1 / norm(_e)), "may be 0", _constant),
    Wrong("1/K may be infinite, given each datum", _given_datum(1 / GROWTH), "may be 0", _constant),
    Wrong(
        "K/|D| may be infinite, given each datum",
        _given_datum(GROWTH / norm(slopes(LAYER))),
        "may be 0",
        _constant,
    ),
    Wrong(
        "1/δ may be infinite, given each datum",
        _given_datum(slope_product(LAYER) ** -2),
        "may be 0",
        _constant,
    ),
    Wrong(
        "1/β may be infinite",
        by(MOMENTS, Finite(1 / gain(LAYER)), _iid, _noise),
        "may be 0",
        by(MOMENTS, Finite(gain(LAYER)), _iid, _noise),
    ),
    Wrong(
        "1/‖W‖ may be infinite",
        by(MOMENTS, Finite(NOISE_SIZE / norm(_W)), _iid, _noise),
        "may be 0",
        _every_row,
    ),
    Wrong(
        "the noise has no norm over all rows",
        by(MOMENTS, Finite(_invented("‖ξ‖") ** 9), _iid),
        "no number of the vocabulary",
        _every_row,
    ),
    Wrong(
        "the errors have no norm over all rows",
        by(MOMENTS, Finite(_invented("‖e‖") ** 9), _iid),
        "no number of the vocabulary",
        _every_row,
    ),
    Wrong(
        "a gain is a number of a layer, not any of that name",
        by(MOMENTS, Finite(sympy.Function("β", nonnegative=True)(c)), _iid),
        "no number of the vocabulary",
        _every_row,
    ),
    Wrong(
        "the noise of a unit is not finite for each datum",
        _given_datum(xi(1) ** 9),
        "no size of the datum",
        _constant,
    ),
    Wrong(
        "a perturbed loss need not have a mean, given each datum",
        _given_datum(derivative({}, (1,))),
        "no size of the datum",
        _constant,
    ),
    Wrong("a supremum need not be finite", _given_datum(supremum({1: 3})), "no size of the datum", _constant),
    Wrong("a mean need not be finite", _given_datum(E(xi(1) ** 9)), "no size of the datum", _constant),
    Wrong(
        "|D| is not a quotient of products that may vanish",
        by(
            NORMS,
            Bounded(slopes(LAYER), slope_product(LAYER) / slope_product(LAYER + 1)),
            define("product of slopes", LAYER),
        ),
        "may be 0",
        by(NORMS, Bounded(slopes(LAYER), norm(slopes(LAYER)))),
    ),
    Wrong(
        "a rounded bound is none",
        by(NORMS, Bounded(_e, sympy.Float(1) * norm(_e))),
        "no exact finite real number",
        by(NORMS, Bounded(_e, norm(_e))),
    ),
    Wrong(
        "a flag of a claim is True or False",
        by(MOMENTS, Finite(norm(_e), given_datum=2), _iid),
        "neither True nor False",
        by(MOMENTS, Finite(norm(_e), given_datum=True), _iid),
    ),
    Wrong(
        "a norm belongs to a layer",
        by(NORMS, Bounded(weights(OUTPUT), norm(weights(OUTPUT)).func(LAYER / 2))),
        "no number of the vocabulary",
        by(NORMS, Bounded(_W, norm(_W))),
    ),
)


@pytest.mark.parametrize("case", NUMBERS, ids=named)
def test_bounds_and_means_are_numbers_that_exist(case: Wrong) -> None:
    rejected(case)


@pytest.mark.parametrize("case", BOUNDS, ids=named)
def test_bounds_and_finite_means_follow_only_from_these(case: Wrong) -> None:
    rejected(case)
