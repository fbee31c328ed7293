"""What is printed of a proof determines what is meant: an independent reader reads it back."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import fields

import pytest
import sympy

from tests.theory.reading import Reader, form
from theory.proof.checker import steps_of
from theory.proof.constants import LAYER, NUMBERS, c
from theory.proof.number_text import number
from theory.proof.relations import Bounded, Equal, Finite, Integrable, Invertible, Relation, Same, Within
from theory.proof.sizes import GROWTH, NOISE_SIZE, POWER, norm, slope_product
from theory.proof.terms import (
    OPERATORS,
    ROW,
    Applied,
    Identity,
    Inverse,
    Product,
    PseudoInverse,
    Scaled,
    Sum,
    Symbol,
    Term,
    Transpose,
    Zero,
    parts,
)
from theory.proof.text import claim, latex, text
from theory.proof.units import E, derivative, kappa, remainder, supremum, xi
from theory.proof.vocabulary import OUTPUT, errors, limit_feedback
from theory.proofs.catalogue import PROOFS

SIZE = sympy.Symbol("n", integer=True, positive=True)
DRAWN = 1500
T, GAMMA, MU = (next(s for s in NUMBERS if s.name == name) for name in ("T", "γ", "μ"))


def _square(name: str, index: sympy.Expr | None = None) -> Symbol:
    return Symbol(name, SIZE, SIZE, index, ROW)


SYMBOLS = (
    (_square("W", LAYER), "W^i", "W^{i}"),
    (_square("W", LAYER + 1), "W^(i+1)", "W^{i+1}"),
    (_square("B̂", OUTPUT), "B̂^(N+1)", r"\hat B^{N+1}"),
    (_square("ΔB", LAYER), "ΔB^i", r"\Delta B^{i}"),
    (_square("e", LAYER), "e^i", "e^{i}"),
    (_square("e(ξ)", LAYER), "e^i(ξ)", r"e^{i}(\xi)"),
    (_square("ξ"), "ξ", r"\xi"),
    (_square("ΔL/c"), "ΔL/c", r"\tfrac{\tilde L-L}{c}"),
    (_square("Γ"), "Γ", r"\Gamma"),
    (_square("δe"), "δe", r"\delta e"),
)
COEFFICIENTS = (
    *map(sympy.Integer, (-3, -1, 1, 2)),
    sympy.Rational(1, 2),
    c,
    -c,
    1 / T,
    c - 1,
    -c - GAMMA,
    MU / (MU + GAMMA),
    -(c**2) * kappa(3) / 6,
    1 / (2 * T),
    (c + T) ** 2,
)
NUMBER_NAMES = {name: next(s for s in NUMBERS if s.name == name) for name in ("c", "T", "γ", "μ", "κ_3")}
LATEX_NUMBERS = {
    {"γ": r"\gamma", "μ": r"\mu", "κ_3": r"\kappa_{3}"}.get(name, name): value
    for name, value in NUMBER_NAMES.items()
}
PLAIN_READER = Reader({plain: form(symbol) for symbol, plain, _ in SYMBOLS}, NUMBER_NAMES)
LATEX_READER = Reader({written: form(symbol) for symbol, _, written in SYMBOLS}, LATEX_NUMBERS)


def _drawn(draw: random.Random, depth: int) -> Term:
    """A term of any form, however unusual."""
    if depth == 0:
        return draw.choice((*(symbol for symbol, _, _ in SYMBOLS), Identity(SIZE), Zero(SIZE, SIZE)))
    inner = [_drawn(draw, draw.randrange(depth)) for _ in range(draw.choice((2, 2, 3)))]
    kind = draw.randrange(8)
    if kind < 2:
        return Product(tuple(inner))
    if kind < 4:
        return Sum(tuple(inner))
    if kind == 4:
        return Scaled(draw.choice(COEFFICIENTS), inner[0])
    if kind == 5:
        return draw.choice((Transpose, Inverse, PseudoInverse))(inner[0])
    operator = draw.choice(OPERATORS)
    try:
        return Applied(operator, inner[0])
    except ValueError:  # of the sample: no expectation
        return Applied("plim", inner[0])


def terms() -> Iterator[Term]:
    draw = random.Random(15)
    for _ in range(DRAWN):
        yield _drawn(draw, draw.choice((1, 2, 3, 4)))


def test_a_term_can_be_read_back_from_its_text_and_from_its_latex() -> None:
    """A thousand and a half drawn ones, all but the sizes of 0 and I; so no two are printed alike."""
    for term in terms():
        assert PLAIN_READER.matrix(text(term)) == form(term), text(term)
        assert LATEX_READER.matrix(latex(term)) == form(term), latex(term)


def _relations() -> Iterator[Relation]:
    for proof in PROOFS:
        for step in steps_of(proof):
            yield step.claim


def _inside(term: Term) -> Iterator[Term]:
    yield term
    for part in parts(term):
        yield from _inside(part)


def test_every_matrix_in_the_proofs_can_be_read_back() -> None:
    found = {
        value
        for relation in _relations()
        for one in fields(relation)
        if isinstance(value := getattr(relation, one.name), Term)
    }
    assert len(found) > 250
    numbers = {symbol.name: symbol for symbol in NUMBERS}
    in_latex = {number(symbol, as_latex=True): symbol for symbol in NUMBERS}
    for term in found:
        symbols = [one for one in _inside(term) if isinstance(one, Symbol)]
        assert Reader({text(s): form(s) for s in symbols}, numbers).matrix(text(term)) == form(term)
        assert Reader({latex(s): form(s) for s in symbols}, in_latex).matrix(latex(term)) == form(term)


def test_symbols_of_the_proofs_are_called_apart() -> None:
    symbols = {
        one
        for relation in _relations()
        for place in fields(relation)
        if isinstance(value := getattr(relation, place.name), Term)
        for one in _inside(value)
        if isinstance(one, Symbol)
    }
    names = {(symbol.name, symbol.index) for symbol in symbols}
    assert len({text(symbol) for symbol in symbols}) == len(names)
    assert len({latex(symbol) for symbol in symbols}) == len(names)


def test_two_claims_of_the_proofs_that_are_printed_alike_are_the_same() -> None:
    for as_latex in (False, True):
        seen: dict[str, Relation] = {}
        for relation in _relations():
            written = claim(relation, as_latex)
            assert seen.setdefault(written, relation) == relation, written


ATOMS = {
    "c": c,
    "K": GROWTH,
    "q": POWER,
    "|ξ|": NOISE_SIZE,
    "|e^(N+1)|": norm(errors(OUTPUT)),
    "|W̃^i(c)|": None,
    "‖W̃^i(c)‖": norm(limit_feedback(LAYER)),
    "δ_(i+1)": slope_product(LAYER + 1),
    "κ_3": kappa(3),
    "ξ_1": xi(1),
    "F": derivative({}, ()),
    "F_{1,2}": derivative({1: 1, 2: 1}, ()),
    "M_{1,1}": supremum({1: 2}),
}
NUMBERS_READ = {name: value for name, value in ATOMS.items() if value is not None}
NUMBERS_IN_LATEX = {number(value, as_latex=True): value for value in NUMBERS_READ.values()}
CALLS = {"F": "F_{}", "F_{1}": "F_{1}", "R[F;1^3]": "R[F_{};1^3]"}
CALLS_IN_LATEX = {"F": "F_{}", "F_{1}": "F_{1}", "R_{0;1^3}": "R[F_{};1^3]"}


def _drawn_number(draw: random.Random, depth: int) -> sympy.Expr:
    if depth == 0:
        calls = (derivative({1: 1}, (1, 2)), derivative({}, (2,)), remainder({}, (1,), 1, 3))
        return draw.choice((*NUMBERS_READ.values(), *calls, sympy.Integer(2), sympy.Rational(-3, 4)))
    left, right = (_drawn_number(draw, draw.randrange(depth)) for _ in range(2))
    match draw.randrange(6):
        case 0:
            return left + right
        case 1:
            return left * right
        case 2:
            return left - right
        case 3:
            return left / right if right != 0 else left
        case 4:
            return left ** draw.choice((2, 3, POWER, POWER + 2))
    return draw.choice((sympy.Abs, lambda one: E(sympy.expand(one))))(left)


def test_a_number_can_be_read_back_from_its_text_and_from_its_latex() -> None:
    draw = random.Random(16)
    plain = Reader({}, NUMBERS_READ | {"ξ_2": xi(2)}, CALLS)
    typeset = Reader({}, NUMBERS_IN_LATEX | {r"\xi_{2}": xi(2)}, CALLS_IN_LATEX)
    for _ in range(600):
        value = _drawn_number(draw, draw.choice((1, 2, 3)))
        for reader, written in (
            (plain, number(value, most=None)),
            (typeset, number(value, as_latex=True, most=None)),
        ):
            found = reader.number(written)
            assert found == value or sympy.expand(found - value) == 0, (written, value, found)


_E, _X = errors(OUTPUT), sympy.Symbol("x", nonnegative=True)


@pytest.mark.parametrize(
    ("relation", "shown"),
    [
        (Bounded(_E, norm(_E) ** 2), "|e^(N+1)| ≤ |e^(N+1)|^2"),
        (Finite(norm(_E)), "E[|e^(N+1)|] < ∞"),
        (Finite(norm(_E), given_datum=True), "E[|e^(N+1)| | x, y] < ∞"),
        (Integrable(_E + _E), "(e^(N+1) + e^(N+1)) is integrable"),
        (Integrable(_E, given_datum=True), "e^(N+1) is integrable given x, y"),
        (Invertible((_E * _E.T).inverse), "(e^(N+1) (e^(N+1))ᵀ)⁻¹ is invertible"),
        (Equal(_E, _E, sample=True), "e^(N+1) = e^(N+1) on the rows of the sample"),
        (Same(_X, _X, 4), "x = x + O(c^4)"),
        (Same(_X, _X), "x = x"),
        (Within(sympy.Abs(xi(1)) - _X, _X), "|(-x + |ξ_1|)| ≤ x"),
    ],
)
def test_a_claim_says_for_what_and_how_far_it_holds(relation: Relation, shown: str) -> None:
    assert claim(relation) == shown


def test_an_inverse_of_a_mean_over_the_sample_stands_behind_its_bracket() -> None:
    inverse = Applied("Avg", _E * _E.T).inverse
    average = r"\bigl(\tfrac1T\textstyle\sum_t e^{N+1}\,\bigl(e^{N+1}\bigr)^{\top}\bigr)"
    assert latex(inverse) == average + "^{-1}"
    assert latex(inverse.inverse) == rf"\bigl({average}^{{-1}}\bigr)^{{-1}}"
    assert text(inverse) == "(Avg[e^(N+1) (e^(N+1))ᵀ])⁻¹"
