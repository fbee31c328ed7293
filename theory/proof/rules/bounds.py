"""Rules for bounds and finite means."""

from __future__ import annotations

import sympy

from theory.proof.constants import c
from theory.proof.normal_form import Reading
from theory.proof.polynomials import is_limit
from theory.proof.relations import Bounded, Equal, Finite, Integrable, Relation, Same
from theory.proof.rules.core import Premises, Rejected, Rule, expect
from theory.proof.sizes import finite_moment, largest, norm, size_of
from theory.proof.terms import Product, Symbol, Transpose, lim
from theory.results.assumptions import SAMPLES


def _norms(claim: Relation, premises: Premises) -> None:
    """|AB| <= |A||B|, |A + B| <= |A| + |B|, |Aᵀ| = |A|."""
    claim = expect(claim, Bounded, "bounds")
    term = claim.term
    for equation in premises.of(Equal):
        if equation.left == term:
            term = equation.right
    known = {bound.term: bound.bound for bound in premises.of(Bounded)}
    try:
        found = size_of(term, known)
    except LookupError as error:
        raise Rejected(f"nothing bounds {error.args[0]}") from None
    wanted = claim.bound
    for relation in premises.of(Same):
        if relation.below is not None:
            raise Rejected(f"{relation.left} = {relation.right} holds up to a power of c only")
        found, wanted = (side.subs(relation.left, relation.right) for side in (found, wanted))
    if sympy.expand(found - wanted) != 0:
        raise Rejected(f"the bound is {found}, not {claim.bound}")


def _scale_at_most_one(claim: Relation, premises: Premises) -> None:
    """A bound that grows with c holds with c = 1 in it, for c <= 1."""
    claim = expect(claim, Bounded, "bounds")
    for relation in premises.of(Bounded):
        if relation.term == claim.term:
            if not sympy.expand(sympy.diff(relation.bound, c)).is_nonnegative:
                raise Rejected(f"{relation.bound} is not seen to grow with c")
            if sympy.expand(relation.bound.subs(c, 1) - claim.bound) != 0:
                raise Rejected(f"at c = 1 the bound is {relation.bound.subs(c, 1)}, not {claim.bound}")
            return
    raise Rejected(f"nothing bounds {claim.term}")


def _moments(claim: Relation, premises: Premises) -> None:
    """The mean of a product is finite if the powers of the noise and the datum's part have finite means."""
    claim = expect(claim, Finite, "that a mean is finite")
    premises.need(SAMPLES)
    known = [relation.value for relation in premises.of(Finite) if relation.given_datum <= claim.given_datum]
    problem = finite_moment(claim.value, known, claim.given_datum)
    if problem:
        raise Rejected(problem)


def _domination(claim: Relation, premises: Premises) -> None:
    """|X| <= b and E b finite make X integrable."""
    claim = expect(claim, Integrable, "that a term is integrable")
    plain = Reading()
    wanted = plain.of(claim.term)
    for relation in premises.of(Bounded):
        if plain.of(relation.term) == wanted and any(
            known.given_datum <= claim.given_datum and sympy.expand(known.value - relation.bound) == 0
            for known in premises.of(Finite)
        ):
            return
    raise Rejected(f"nothing bounds {claim.term} by a number with a finite mean")


def _cauchy_schwarz(claim: Relation, premises: Premises) -> None:
    """E|u||v| <= (E|u|² E|v|²)^(1/2)."""
    claim = expect(claim, Integrable, "that a term is integrable")
    known = [relation.value for relation in premises.of(Finite) if relation.given_datum <= claim.given_datum]
    match claim.term:
        case Product((Symbol() as first, Transpose(Symbol() as second))):
            for symbol in (first, second):
                if norm(symbol) ** 2 not in known:
                    raise Rejected(f"nothing says that E |{symbol}|² is finite")
            return
    raise Rejected(f"{claim.term} is no product of two symbols, u vᵀ")


def _convergent_is_bounded(claim: Relation, premises: Premises) -> None:
    """What converges for c to 0 is bounded for small c, by the number written |X|."""
    claim = expect(claim, Bounded, "bounds")
    converging = [
        relation
        for relation in premises.of(Equal)
        if not Reading().of(relation.right).contains(lambda letter: is_limit(letter, "lim"))
    ]
    if not any(relation.left == lim(claim.term) for relation in converging):
        raise Rejected(f"nothing says that {claim.term} converges")
    if not isinstance(claim.term, Symbol) or claim.term.varies or claim.bound != largest(claim.term):
        raise Rejected(f"expected the largest |{claim.term}| of a symbol that depends on c alone")


NORMS = Rule("norms", "|AB| ≤ |A||B|, |A + B| ≤ |A| + |B|, |Aᵀ| = |A|.", _norms)
SMALL_SCALE = Rule("c ≤ 1", "A bound that grows with c holds with 1 in its place.", _scale_at_most_one)
MOMENTS = Rule(
    "moments",
    "The mean of a product is finite if the power of the noise and the datum's part, independent of it, have "
    "finite means; given the datum, its part is a constant.",
    _moments,
)
DOMINATION = Rule("domination", "|X| ≤ b and E b < ∞ make X integrable.", _domination)
CAUCHY_SCHWARZ = Rule("Cauchy-Schwarz", "E|u|² and E|v|² finite make u vᵀ integrable.", _cauchy_schwarz)
CONVERGENT = Rule(
    "convergent, hence bounded", "What converges for c → 0 is bounded for small c.", _convergent_is_bounded
)
