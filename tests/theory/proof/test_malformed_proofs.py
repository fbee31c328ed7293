"""What is no proof, no step or no term is rejected with a sentence: nothing leaves `check` or `verify`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import sympy

from theory.proof import (
    LAYER,
    OUTPUT,
    SAMPLES_T,
    Equal,
    Finite,
    Identity,
    Induction,
    Invertible,
    Lemma,
    Proof,
    Same,
    Step,
    Symbol,
    Within,
    Zero,
    c,
    check,
    define,
    suppose,
    width,
)
from theory.proof.grants import Hypothesis
from theory.proof.relations import Relation
from theory.proof.rules import ARITHMETIC, HYPOTHESIS, MOMENTS, RULES, SUBSTITUTION, TAYLOR, TRIANGLE, Rule
from theory.proof.terms import Applied, Product, Scaled, Sum, Term, Transpose
from theory.proof.units import E, kappa, xi
from theory.proof.vocabulary import Definition, errors, gram, weights
from theory.proofs.verify import verify
from theory.results.assumptions import R_TOP
from theory.results.statement import Assumption

_W, _C = weights(OUTPUT), gram(OUTPUT)
_deep: Term = _W
for _ in range(20_000):
    _deep = Transpose(_deep)


class _Agreeing(Equal):
    """An equation that says of itself that it equals any other."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = Equal.__hash__


class _Granting(Hypothesis):
    """A hypothesis that says what it likes."""

    @property
    def relations(self) -> tuple[Relation, ...]:
        return (Equal(_W, 2 * _W),)


class _Defining(Definition):
    """A definition that says what it likes."""

    @property
    def relation(self) -> Relation:
        return Equal(_W, 2 * _W)


class _Trusted(Rule):
    """A rule that is in every list of rules."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = Rule.__hash__


class _Free(Symbol):
    """A symbol that is whatever it is compared with."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = Symbol.__hash__


class _Leaving(Term):
    """A term that ends the program when it is looked at."""

    @property
    def shape(self) -> tuple[sympy.Expr, sympy.Expr]:
        raise SystemExit(0)


class _Mute(Term):
    """A term whose shape fails with an error that cannot be written."""

    @property
    def shape(self) -> tuple[sympy.Expr, sympy.Expr]:
        raise _Unwritable


class _Unwritable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class _Two(sympy.Integer):
    """A number of its own kind."""


class _Shifting(dict[str, Relation]):
    """Claims of an induction that are others whenever they are looked at."""

    def items(self) -> Iterator[tuple[str, Relation]]:  # type: ignore[override]
        yield "claim", Equal(_W, (len(self) + 2) * _W)


def _forged(kind: type, **fields: object) -> object:
    """An object of the kind that was never asked whether it makes sense."""
    found = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(found, name, value)
    return found


def _claiming(claim: object, rule: object = SUBSTITUTION, *uses: object) -> Proof:
    step = Step("step", claim, rule, uses)  # type: ignore[arg-type]
    return Proof("malformed", (R_TOP,), (_used, step), ("step",))


_used = Step("rank", Invertible(_C), HYPOTHESIS, (suppose(R_TOP),))
_other = Equal(weights(LAYER), weights(LAYER))
_lie = Equal(_W, 2 * _W)

MALFORMED: dict[str, Callable[[], object]] = {
    # what is no proof
    "None": lambda: None,
    "a number": lambda: 3,
    "a claim": lambda: _lie,
    "a proof of a number": lambda: Proof(3, (), (_used,), ("rank",)),  # type: ignore[arg-type]
    "a proof without steps": lambda: Proof("empty", (), (), ()),
    "a proof that concludes nothing": lambda: replace(_claiming(_other), conclusions=()),
    "steps in a list": lambda: Proof("list", (R_TOP,), [_used], ("rank",)),  # type: ignore[arg-type]
    "steps that are none": lambda: Proof("none", (), (None,), ()),  # type: ignore[arg-type]
    "hypotheses by their names": lambda: Proof("names", ("R-top",), (_used,), ("rank",)),  # type: ignore[arg-type]
    "conclusions as a word": lambda: Proof("word", (R_TOP,), (_used,), "rank"),  # type: ignore[arg-type]
    "a subclass of proofs": lambda: type("Mine", (Proof,), {})("mine", (R_TOP,), (_used,), ("rank",)),
    "a proof without fields": lambda: _forged(Proof),
    # what is no step
    "a step without a claim": lambda: _claiming(None),
    "a step without a rule": lambda: _claiming(_other, None),
    "a rule by its name": lambda: _claiming(_other, "substitution"),
    "a rule that calls itself known": lambda: _claiming(
        _lie, _Trusted("trust", "What I say is true.", lambda claim, premises: None)
    ),
    "a rule with a check of its own": lambda: _claiming(
        _lie, replace(RULES[0], check=lambda claim, premises: None)
    ),
    "sources in a list": lambda: replace(
        _claiming(_other),
        parts=(_used, Step("step", _other, SUBSTITUTION, ["rank"])),  # type: ignore[arg-type]
    ),
    "a label that is a number": lambda: replace(
        _claiming(_other),
        parts=(_used, Step(3, _other, SUBSTITUTION)),  # type: ignore[arg-type]
    ),
    "a source that is a claim": lambda: _claiming(_lie, SUBSTITUTION, _lie),
    "a source that is None": lambda: _claiming(_other, SUBSTITUTION, None),
    "a source that cannot be hashed": lambda: _claiming(_other, SUBSTITUTION, []),
    "a hypothesis that says what it likes": lambda: _claiming(_lie, SUBSTITUTION, _Granting(R_TOP)),
    "a definition that says what it likes": lambda: _claiming(
        _lie, SUBSTITUTION, _Defining("synthetic error", LAYER)
    ),
    "a definition of nothing": lambda: _claiming(_other, SUBSTITUTION, Definition("nothing", None)),
    "a definition for half a layer": lambda: _claiming(
        _other, SUBSTITUTION, Definition("synthetic error", LAYER / 2)
    ),
    "a hypothesis for a word": lambda: _claiming(_other, SUBSTITUTION, Hypothesis(R_TOP, "i")),  # type: ignore[arg-type]
    "a lemma of no proof": lambda: _claiming(_other, SUBSTITUTION, Lemma(None, "step")),  # type: ignore[arg-type]
    "a lemma of a forged proof": lambda: _claiming(_other, SUBSTITUTION, Lemma(_forged(Proof), "step")),  # type: ignore[arg-type]
    "a lemma that cites itself": lambda: _around(),
    # what is no claim, no term, no number
    "an equation that equals any other": lambda: _claiming(_Agreeing(_W, 2 * _W)),
    "an induction over claims that change": lambda: Proof(
        "shifting",
        (),
        (
            Induction(
                _Shifting(claim=_other),
                (Step("claim", _other, SUBSTITUTION),),
                (Step("claim", _other, SUBSTITUTION),),
            ),
        ),
        ("claim",),
    ),
    "an induction with a claim that equals any other": lambda: Proof(
        "agreeing",
        (),
        (
            Induction(
                {"claim": _Agreeing(_W, 2 * _W)},
                (Step("claim", Equal(_W, _W), SUBSTITUTION),),
                (Step("claim", Equal(_W, _W), SUBSTITUTION),),
            ),
        ),
        ("claim",),
    ),
    "an induction without claims": lambda: Proof("none", (), (Induction(None, (), ()),), ()),  # type: ignore[arg-type]
    "an induction over a word": lambda: Proof(
        "word", (), (Induction({"claim": "word"}, (_used,), (_used,)),), ()
    ),  # type: ignore[dict-item]
    "a symbol that equals any other": lambda: _claiming(
        _forged(Equal, left=_Free("W", *_W.shape, OUTPUT), right=2 * _W, sample=False)
    ),
    "a term of no kind": lambda: _claiming(_forged(Equal, left=Term(), right=Term(), sample=False)),
    "a term that ends the program": lambda: _claiming(
        _forged(Equal, left=_Leaving(), right=_Leaving(), sample=False)
    ),
    "a term with an error that cannot be written": lambda: _claiming(_forged(Invertible, term=_Mute())),
    "a term twenty thousand deep": lambda: _claiming(_forged(Equal, left=_deep, right=_deep, sample=False)),
    "a product that does not chain": lambda: _claiming(
        _forged(
            Equal,
            left=_forged(Product, factors=(_W, _W)),
            right=_forged(Product, factors=(_W, _W)),
            sample=False,
        )
    ),
    "a sum of different shapes": lambda: _claiming(
        _forged(Equal, left=_forged(Sum, terms=(_W, _C)), right=_forged(Sum, terms=(_W, _C)), sample=False)
    ),
    "an empty product": lambda: _claiming(_forged(Equal, left=Product(()), right=Product(()), sample=False)),
    "an empty sum": lambda: _claiming(_forged(Equal, left=Sum(()), right=Sum(()), sample=False)),
    "sides of different shapes": lambda: _claiming(_forged(Equal, left=_W, right=_C, sample=False)),
    "a made-up operator": lambda: _claiming(
        _forged(Equal, left=_forged(Applied, operator="inv", term=_C), right=_C, sample=False)
    ),
    "factors in a list": lambda: _claiming(Equal(Product([_W, _W.T]), Product([_W, _W.T]))),  # type: ignore[arg-type]
    "a matrix that is a number": lambda: _claiming(_forged(Equal, left=3, right=3, sample=False)),
    "an infinite number of times a matrix": lambda: _claiming(
        _forged(Equal, left=_forged(Scaled, coefficient=sympy.oo, term=_W), right=_W, sample=False)
    ),
    "a rounded number of times a matrix": lambda: _claiming(
        _forged(Equal, left=_forged(Scaled, coefficient=sympy.Float(1), term=_W), right=_W, sample=False)
    ),
    "a number of its own kind": lambda: _claiming(Same(_Two(2), 3), ARITHMETIC),
    "n(1/c) columns": lambda: _claiming(Equal(Identity(width(1 / c)), Identity(width(1 / c)))),
    "c rows": lambda: _claiming(Equal(Zero(c, c), Zero(c, c))),
    "a layer that is a number of its own": lambda: _claiming(
        Equal(weights(sympy.floor(1 / c)), weights(sympy.floor(1 / c)))
    ),
    "the layer T": lambda: _claiming(Equal(errors(SAMPLES_T), errors(SAMPLES_T))),
    "the layer 2 i": lambda: _claiming(Equal(errors(2 * LAYER), errors(2 * LAYER))),
    "a layer far away": lambda: _claiming(Equal(errors(LAYER + 99), errors(LAYER + 99))),
    "a flag that is a word": lambda: _claiming(Equal(_W, _W, "no")),  # type: ignore[arg-type]
    "a mean that is finite given half": lambda: _claiming(Finite(1, 0.5), MOMENTS),  # type: ignore[arg-type]
    "an order that is a fraction": lambda: _claiming(Same(c, 0, 0.5), ARITHMETIC),  # type: ignore[arg-type]
    "an order that is negative": lambda: _claiming(Same(c, 0, -1), ARITHMETIC),
    "an order that is True": lambda: _claiming(Same(c, 0, True), ARITHMETIC),
    "a mean of nothing": lambda: _claiming(Same(E(), E()), ARITHMETIC),
    "a mean of two numbers": lambda: _claiming(Same(E(xi(1), xi(2)), E(xi(1), xi(2))), ARITHMETIC),
    "a loss without a point": lambda: _claiming(
        Same(sympy.Function("F_{}", real=True)(), sympy.Function("F_{}", real=True)()), ARITHMETIC
    ),
    "a unit without a number": lambda: _claiming(Same(sympy.Symbol("ξ_", real=True), 0), ARITHMETIC),
    "the unit 0": lambda: _claiming(Same(xi(0), xi(0)), ARITHMETIC),
    "a derivative in no unit": lambda: _claiming(
        Same(sympy.Symbol("F_{,}", real=True), sympy.Symbol("F_{,}", real=True)), ARITHMETIC
    ),
    "a remainder of no order": lambda: _claiming(
        Within(sympy.Function("R[F_{};1]", real=True)(xi(1)), 1), TAYLOR
    ),
    "a bound that is a set": lambda: _claiming(Within(xi(1), sympy.Interval(0, 1)), TRIANGLE),
    "a bound that is true": lambda: _claiming(Within(xi(1), sympy.true), TRIANGLE),
    "a number that is a matrix": lambda: _claiming(Same(sympy.eye(2), sympy.eye(2)), ARITHMETIC),
    "a power of a sum that has too many terms": lambda: _claiming(
        Same((1 + kappa(3) + kappa(4) + c) ** 5000, (1 + kappa(3) + kappa(4) + c) ** 5000), ARITHMETIC
    ),
    "a product of sums that has too many terms": lambda: _claiming(
        Equal(Product(tuple(_C + _C.T for _ in range(50))), _C)
    ),
    "an integral": lambda: _claiming(
        Same(sympy.Integral(kappa(3), (kappa(3), 0, 1)), sympy.Rational(1, 2)), ARITHMETIC
    ),
}


def _around() -> Proof:
    """Two proofs, each the lemma of the other."""
    first = _claiming(_other)
    second = _claiming(_other, SUBSTITUTION, Lemma(first, "step"))
    object.__setattr__(first, "parts", (_used, Step("step", _other, SUBSTITUTION, (Lemma(second, "step"),))))
    return second


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_malformed_is_rejected_with_a_sentence(name: str) -> None:
    proof = MALFORMED[name]()
    verdict = verify(proof, few=True)  # type: ignore[arg-type]
    assert verdict.problem
    assert "\n" not in verdict.problem
    assert len(verdict.problem) < 1000
    if isinstance(proof, Proof) and name not in CONCLUDING_NOTHING:
        with pytest.raises(ValueError, match=r"\w"):
            check(proof)


CONCLUDING_NOTHING = {"a proof without steps", "a proof that concludes nothing"}
"""Accepted step by step, and no verdict all the same."""


def test_the_proof_that_the_malformed_ones_deviate_from_is_accepted() -> None:
    assert verify(_claiming(_other), few=True).problem == ""


def test_an_interrupt_is_no_rejection() -> None:
    class Interrupted(Term):
        @property
        def shape(self) -> tuple[sympy.Expr, sympy.Expr]:
            raise KeyboardInterrupt

    proof = _claiming(_forged(Invertible, term=Interrupted()))
    with pytest.raises(KeyboardInterrupt):
        verify(proof)
    with pytest.raises(KeyboardInterrupt):
        check(proof)


def test_an_assumption_of_ones_own_grants_nothing() -> None:
    own = Assumption("own", "W vanishes.", "W = 0")
    step = Step("step", _lie, SUBSTITUTION, (suppose(own),))
    with pytest.raises(ValueError, match="the sides differ"):
        check(Proof("own", (own,), (step,), ("step",)))


def test_a_definition_is_asked_for_by_its_name() -> None:
    with pytest.raises(ValueError, match="there is no definition 'nothing'"):
        define("nothing")
