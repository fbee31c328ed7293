"""Terms, symbols and numbers are what the vocabulary says; what has no meaning cannot be written."""

from __future__ import annotations

import pytest
import sympy

from tests.theory.proof.steps import by, judge
from theory.proof import (
    LAYER,
    ONE,
    OUTPUT,
    Bounded,
    Equal,
    Failed,
    Invertible,
    Proof,
    Same,
    Step,
    Symbol,
    c,
    check,
    mean,
    rules,
    suppose,
    vocabulary,
    width,
)
from theory.proof.relations import Finite, Relation, Within
from theory.proof.rules import ARITHMETIC, SUBSTITUTION
from theory.proof.sizes import NOISY, norm
from theory.proof.terms import NOISE, Applied, IllTyped, Inverse
from theory.proof.units import E, kappa, xi
from theory.proof.vocabulary import (
    GAMMA,
    errors,
    feedback,
    gradient,
    gram,
    synthetic,
    weights,
)
from theory.results.assumptions import GAUSSIAN_NOISE, INDEPENDENT, SAMPLES, THIRD, WEAKLY_DIFFERENTIABLE

_e, _C = errors(OUTPUT), gram(OUTPUT)


def _fails(proof: Proof, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check(proof)


# -- symbols and numbers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "symbol",
    [
        Symbol("W", width(LAYER - 1), width(LAYER), LAYER),
        Symbol("B̂", width(LAYER), width(LAYER - 1), LAYER),
        Symbol("ẽ", width(LAYER), ONE, LAYER, frozenset({"datum"})),
        Symbol("λ̂", width(LAYER), ONE, LAYER, frozenset({"datum", "noise"})),
        Symbol("Γ", width(OUTPUT), width(OUTPUT), None, symmetric=True, moves=True),
        Symbol("X", width(LAYER), ONE, LAYER),
    ],
    ids=["shape", "sample", "fitted", "scale", "symmetric", "new"],
)
def test_a_symbol_is_what_the_vocabulary_says(symbol: Symbol) -> None:
    step = Step("step", Equal(symbol, symbol), SUBSTITUTION)
    _fails(Proof("symbols", (), (step,), ("step",)), "is no symbol of the vocabulary")


@pytest.mark.parametrize(
    "number",
    [
        sympy.Symbol("ξ_1", positive=True),
        sympy.Symbol("κ_4", negative=True),
        sympy.Symbol("O", real=True),
        sympy.Function("F_{1}", positive=True)(xi(1)),
        sympy.Function("G")(xi(1)),
    ],
    ids=str,
)
def test_a_number_is_what_its_name_says(number: sympy.Expr) -> None:
    step = Step("step", Same(number, number), ARITHMETIC)
    _fails(Proof("numbers", (), (step,), ("step",)), "is no number of the vocabulary")


def test_python_numbers_are_numbers() -> None:
    assert Same(E(xi(1)), 0) == Same(E(xi(1)), sympy.Integer(0))
    assert Within(kappa(4), 3).bound == sympy.Integer(3)
    assert isinstance(Finite(1).value, sympy.Integer)


def test_the_sizes_that_depend_on_the_noise_are_those_of_the_symbols_that_do() -> None:
    makers = [value for value in vars(vocabulary).values() if callable(value)]
    made = [make(LAYER) for make in makers if getattr(make, "__annotations__", {}).get("return") == "Symbol"]
    once = [value for value in vars(vocabulary).values() if isinstance(value, Symbol)]
    sizes = {norm(symbol) for symbol in (*made, *once) if NOISE in symbol.varies}
    names = {size.name if isinstance(size, sympy.Symbol) else size.func.__name__ for size in sizes}
    assert names - {"|ξ|"} == NOISY


# -- what cannot be written ------------------------------------------------------------------------------


def test_the_gradient_is_not_the_feedback_times_the_error() -> None:
    """g = Bẽ, as the paper has it; it is Bᵀẽ."""
    with pytest.raises(IllTyped, match="do not multiply"):
        feedback(LAYER) * synthetic(LAYER)
    assert (feedback(LAYER).T * synthetic(LAYER)).shape == (width(LAYER - 1), ONE)


def test_the_product_of_the_weights_above_does_not_ascend() -> None:
    """Eq. (17) as printed: (W^{i+1} .. W^{N+1})ᵀ."""
    with pytest.raises(IllTyped, match="do not multiply"):
        weights(LAYER) * weights(LAYER + 1)
    assert (weights(LAYER + 1) * weights(LAYER)).shape == (width(LAYER + 1), width(LAYER - 1))


def test_matrices_of_different_shapes_are_neither_added_nor_equal() -> None:
    for write in (
        lambda: feedback(LAYER) + feedback(LAYER).T,
        lambda: Equal(gradient(LAYER), errors(OUTPUT)),
    ):
        with pytest.raises(IllTyped, match="different shapes"):
            write()
    assert Equal(feedback(LAYER), weights(LAYER))


def test_only_a_square_matrix_has_an_inverse() -> None:
    for write in (Inverse, Invertible):
        with pytest.raises(IllTyped, match="only a square matrix has an inverse"):
            write(weights(LAYER))
    assert Inverse(_C) == _C.inverse


@pytest.mark.parametrize(
    "number",
    [sympy.oo, sympy.nan, sympy.I, sympy.AccumBounds(-1, 1), sympy.sin(1 / c), 2**c],
    ids=str,
)
def test_only_a_finite_real_number_stands_in_front_of_a_matrix(number: sympy.Expr) -> None:
    with pytest.raises(IllTyped, match=r"no finite real number|may be 0"):
        number * _C
    assert str((c / 2) * _C)


@pytest.mark.parametrize(
    "number", [xi(1), kappa(6), sympy.Symbol("γ", negative=True), sympy.Symbol("t")], ids=str
)
def test_only_a_known_constant_stands_in_front_of_a_matrix(number: sympy.Expr) -> None:
    with pytest.raises(IllTyped, match="is no constant"):
        number * _C
    assert str(kappa(4) * _C)


def test_a_number_is_not_divided_by_what_may_be_0() -> None:
    with pytest.raises(IllTyped, match="may be 0"):
        (1 / sympy.Symbol("μ", nonnegative=True)) * _C
    assert str((1 / c) * _C)


def test_no_operator_can_be_made_up() -> None:
    """A mean called "inv" would be linear, and be read as the inverse."""
    with pytest.raises(IllTyped, match="inv is no operator"):
        Applied("inv", _C + GAMMA)
    assert mean(_e * _e.T) == Applied("E", _e * _e.T)


# -- what a rule is for ------------------------------------------------------------------------------------

_number, _bound, _equation = Same(kappa(4), kappa(4)), Bounded(_e, norm(_e)), Equal(_C, _C)
_other = Equal(mean(_e), mean(_e))


@pytest.mark.parametrize(
    ("rule", "claim", "reason"),
    [
        (rules.SUBSTITUTION, _bound, "equations between matrices"),
        (rules.LINEARITY, _number, "equations between matrices"),
        (rules.TOWER, _bound, "equations between matrices"),
        (rules.CANCELLATION, _bound, "invertible|equations between matrices"),
        (rules.LIMIT, _number, "equations between matrices"),
        (rules.RIDGE, _equation, "that a matrix is invertible"),
        (rules.OPEN, _equation, "that a matrix is invertible"),
        (rules.PROJECTION, _equation, "bounded in probability"),
        (rules.POLYNOMIAL, _equation, "that a term is a polynomial"),
        (rules.NORMS, _equation, "the rule proves bounds"),
        (rules.SMALL_SCALE, _equation, "the rule proves bounds"),
        (rules.CONVERGENT, _equation, "the rule proves bounds"),
        (rules.MOMENTS, _equation, "that a mean is finite"),
        (rules.DOMINATION, _equation, "that a term is integrable"),
        (rules.CAUCHY_SCHWARZ, _equation, "that a term is integrable"),
        (rules.LAW_OF_LARGE_NUMBERS, _other, r"expected plim Avg\[X\]"),
        (rules.JOINT_LAW, _other, r"expected the joint limit of Avg\[X\]"),
        (rules.DOMINATED_CONVERGENCE, _other, r"expected lim E\[X\]"),
        (rules.CONTINUOUS_MAPPING, _other, "expected a limit in probability"),
        (rules.VANISHING, _other, "expected a limit in probability"),
        (rules.CONSTANT_RANK, _other, "expected a limit on the left"),
        (rules.SOLUTION, _other, "expected X"),
        (rules.VANISHING_MOMENT, _other, "nothing says that the second moments"),
        (rules.DEFINITE, _other, "nothing says that Z"),
        (rules.FIRST_ORDER, _equation, "equations to first order"),
        (rules.CENTRAL_LIMIT, _equation, "limits in law"),
        (rules.SLUTSKY, _equation, "limits in law"),
        (rules.STEIN, _other, "the mean of an estimate"),
        (rules.ARITHMETIC, _equation, "equations between numbers"),
        (rules.SEPARATION, _equation, "equations between numbers"),
        (rules.EXPANSION, _equation, "equations between numbers"),
        (rules.TAYLOR, _equation, "Taylor's formula"),
        (rules.TRIANGLE, _number, "the rule proves inequalities"),
    ],
    ids=lambda value: value.name if isinstance(value, rules.Rule) else "",
)
def test_a_rule_shows_claims_of_its_own_kind_only(rule: rules.Rule, claim: Relation, reason: str) -> None:
    hypotheses = (suppose(a) for a in (SAMPLES, GAUSSIAN_NOISE, WEAKLY_DIFFERENTIABLE, INDEPENDENT, THIRD))
    with pytest.raises(Failed, match=reason):
        judge(by(rule, claim, *hypotheses))
