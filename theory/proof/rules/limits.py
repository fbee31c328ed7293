"""Rules for limits: of averages, for T to infinity, for c to 0, and of both."""

from __future__ import annotations

from dataclasses import replace

import sympy

from theory.proof.constants import SAMPLES_T, c
from theory.proof.normal_form import Reading, numbers_without_limit
from theory.proof.polynomials import Nested, is_limit
from theory.proof.relations import (
    Bounded,
    ConstantRank,
    Equal,
    Finite,
    Integrable,
    Invertible,
    Polynomial,
    Relation,
    Tight,
)
from theory.proof.rules.core import (
    Premises,
    Rejected,
    Rule,
    compare,
    equation,
    expect,
    is_one_of,
    name,
    shown,
)
from theory.proof.terms import (
    LIMITS,
    ROW,
    SAMPLE,
    Applied,
    Product,
    Scaled,
    Symbol,
    Term,
    deep,
    dependence,
    lim,
    plim,
)
from theory.results.assumptions import SAMPLES


def _law_of_large_numbers(claim: Relation, premises: Premises) -> None:
    match equation(claim):
        case Equal(Applied("plim", Applied("Avg", inside)), Applied("E", value)):
            pass
        case _:
            raise Rejected("expected plim Avg[X] = E[X']")
    premises.need(SAMPLES)
    plain = Reading()
    _no_row_depends_on_t(inside)
    polynomials = [known.term for known in premises.of(Polynomial)]
    for letter in plain.of(inside).letters:
        if SAMPLE in letter.dependence[0] and not is_one_of(letter, polynomials):
            raise Rejected(f"nothing says that {name(letter)} is a polynomial in statistics that converge")
    premises.integrable(inside, plain)
    _resolved(plim(inside), value, premises.reading(passing=frozenset({"plim"})), "plim")


def _no_row_depends_on_t(row: Term) -> None:
    """Raise `Rejected` for rows that change with T: integrable at each T, they need not be uniformly."""
    if any(isinstance(term, Scaled) and term.coefficient.has(SAMPLES_T) for term in deep(row)):
        raise Rejected(f"the sides differ: {row} depends on T, and nothing bounds it for all T")


def _joint_law(claim: Relation, premises: Premises) -> None:
    match equation(claim):
        case Equal(Applied("plim0", Applied("Avg", inside)), Applied("E", value)):
            pass
        case _:
            raise Rejected("expected the joint limit of Avg[X] = E[lim X]")
    premises.need(SAMPLES)
    if any(SAMPLE in letter.dependence[0] for letter in Reading().of(inside).letters):
        raise Rejected(f"{inside} depends on the sample: its rows are not independent")
    _no_row_depends_on_t(inside)
    _dominated(inside, premises, given_datum=False)
    _resolved(lim(inside), value, premises.reading(passing=frozenset({"lim"})), "lim")


def _continuous_mapping(claim: Relation, premises: Premises) -> None:
    found = equation(claim)
    for operator in ("plim", "plim0"):
        reading = premises.reading(passing=frozenset({operator}))
        if isinstance(found.left, Applied) and found.left.operator == operator:
            _resolved(found.left, found.right, reading, operator)
            return
    raise Rejected("expected a limit in probability on the left")


def _limit(claim: Relation, premises: Premises) -> None:
    found = equation(claim)
    if isinstance(found.left, Applied) and found.left.operator in ("plim", "plim0"):
        raise Rejected("expected a limit for c to 0 on the left")
    _resolved(found.left, found.right, premises.reading(passing=frozenset({"lim"})), "lim")


def _resolved(left: Term, right: Term, reading: Reading, operator: str) -> None:
    """Both sides agree, and no limit is left that nothing says to exist."""
    rest = reading.of(left)
    for number in numbers_without_limit(operator, rest):
        raise Rejected(
            f"the sides differ: nothing says that {number} has a finite limit for all values of its constants"
        )
    compare(left, right, reading)
    if rest.contains(lambda letter: is_limit(letter, operator)):
        raise Rejected(f"nothing says that all the limits exist: {shown(rest)} is left")


def _dominated_convergence(claim: Relation, premises: Premises) -> None:
    if isinstance(claim, Integrable) and not claim.given_datum:
        limits = premises.reading(passing=frozenset({"lim"}))
        for known in premises.of(Bounded):
            if limits.of(lim(known.term)) == limits.of(claim.term):
                _dominated(known.term, premises, given_datum=False)
                return
        raise Rejected(f"{claim.term} is no limit of a dominated term of the premises")
    found = equation(claim)
    match found:
        case Equal(Applied("lim", Applied("E" | "E|" as operator, inside)), Applied()):
            pass
        case _:
            raise Rejected("expected lim E[X] = E[lim X]")
    _dominated(inside, premises, given_datum=operator == "E|")
    limits = premises.reading(passing=frozenset({"lim"}))
    reading = replace(limits, into=frozenset({operator}), dominated=frozenset({limits.of(inside)}))
    _resolved(found.left, found.right, reading, "lim")


def _dominated(inside: Term, premises: Premises, given_datum: bool) -> None:
    """The premises bound the term by a number without c that has a finite mean."""
    plain = Reading()
    wanted = plain.of(inside)
    for relation in premises.of(Bounded):
        if plain.of(relation.term) == wanted:
            if relation.bound.has(c, SAMPLES_T):
                number = "c" if relation.bound.has(c) else "T"
                raise Rejected(f"the bound {relation.bound} of {inside} depends on {number}")
            for known in premises.of(Finite):
                if known.given_datum <= given_datum and sympy.expand(known.value - relation.bound) == 0:
                    return
            raise Rejected(f"nothing says that the mean of {relation.bound} is finite")
    raise Rejected(f"nothing bounds {inside}")


def _open_set(claim: Relation, premises: Premises) -> None:
    found = expect(claim, Invertible, "that a matrix is invertible")
    if dependence(found.term)[0] & ROW:
        raise Rejected(f"{found.term} depends on the row: how near is near enough may depend on it too")
    if Reading().of(found.term).counts and not dependence(found.term)[0]:
        raise Rejected(f"{found.term} depends on T: how small c has to be may depend on it too")
    reading = premises.reading()
    invertible = {reading.of(relation.term) for relation in premises.of(Invertible)}
    for relation in premises.of(Equal):
        if (
            isinstance(relation.left, Applied)
            and relation.left.operator in ("lim", "plim", "plim0")
            and relation.left.term == found.term
            and reading.of(relation.right) in invertible
        ):
            return
    raise Rejected(f"nothing says that {found.term} has an invertible limit")


def _constant_rank(claim: Relation, premises: Premises) -> None:
    plain = Reading()
    known = {plain.of(relation.term) for relation in premises.of(ConstantRank)}
    match equation(claim):
        case Equal(Applied("lim" | "plim" as operator, inside), value):
            pass
        case _:
            raise Rejected("expected a limit on the left")
    for letter in premises.reading().of(inside).letters:
        if isinstance(letter.atom, Nested) and letter.atom.operator == "pinv":
            inner = letter.atom.inner
            if inner not in known and inner.T not in known:
                raise Rejected(f"nothing says that the rank of {shown(inner)} is that of its limit")
    reading = replace(premises.reading(passing=frozenset({operator})), ranked=frozenset(known))
    _resolved(Applied(operator, inside), value, reading, operator)


def _polynomial(claim: Relation, premises: Premises) -> None:
    found = expect(claim, Polynomial, "that a term is a polynomial in statistics")
    known = [relation.term for relation in premises.of(Polynomial)]
    converging = [r.left for r in premises.of(Equal) if isinstance(r.left, Applied) and _exists(r)]
    definitions = tuple(r for r in premises.of(Equal) if not isinstance(r.left, Applied))
    read = Premises(definitions).reading().of(found.term)
    if read.counts:
        raise Rejected(f"a coefficient of {found.term} depends on T")
    for letter in read.letters:
        varies = letter.dependence[0]
        if SAMPLE not in varies or is_one_of(letter, known):
            continue
        if not (isinstance(letter.atom, Symbol) and not varies & ROW and plim(letter.atom) in converging):
            raise Rejected(f"{name(letter)} is no statistic that is known to converge")


def _exists(known: Equal) -> bool:
    """Whether an equation for a limit says that it exists: no limit on its right."""
    right = Reading().of(known.right)
    return not right.contains(lambda letter: any(is_limit(letter, o) for o in LIMITS))


def _vanishing(claim: Relation, premises: Premises) -> None:
    found, plain = equation(claim), Reading()
    if not isinstance(found.left, Applied) or found.left.operator not in ("plim", "plim0"):
        raise Rejected("expected a limit in probability on the left")
    if plain.of(found.right).terms:
        raise Rejected("expected the limit 0")
    inside = found.left.term
    for known in premises.of(Equal):
        if known.left == inside:
            inside = known.right
    if not isinstance(inside, Product):
        raise Rejected(f"{inside} is no product")
    first, *rest = inside.factors
    if not any(plain.of(known.term) == plain.of(first) for known in premises.of(Tight)):
        raise Rejected(f"nothing says that {first} is bounded in probability")
    other = plain.of(rest[0] if len(rest) == 1 else Product(tuple(rest)))
    for known in premises.of(Equal):
        if (
            isinstance(known.left, Applied)
            and known.left.operator == found.left.operator
            and plain.of(known.left.term) == other
            and not plain.of(known.right).terms
        ):
            return
    raise Rejected("nothing says that the second factor tends to 0")


LIMIT = Rule(
    "limit in c",
    "lim passes through sums, products and the inverse at an invertible limit, if all limits exist; a number "
    "has its limit for all values of its constants.",
    _limit,
)
OPEN = Rule(
    "invertible matrices form an open set",
    "What has an invertible limit, the same for all rows, is invertible near it.",
    _open_set,
)
POLYNOMIAL = Rule(
    "polynomial in statistics",
    "Products and sums of row terms, of statistics that converge and of such polynomials are polynomials in "
    "statistics that converge, with coefficients of one row.",
    _polynomial,
)
VANISHING = Rule(
    "vanishing product",
    "A product tends to 0 in probability if one factor is bounded in probability and the other tends to 0.",
    _vanishing,
)
LAW_OF_LARGE_NUMBERS = Rule(
    "weak law of large numbers",
    "plim Avg[X] = E[plim X] for independent rows and X a polynomial in statistics that converge, the "
    "coefficients of which are integrable: the average of each coefficient obeys the weak law.",
    _law_of_large_numbers,
    axiom=True,
)
JOINT_LAW = Rule(
    "weak law along c → 0",
    "For c_T → 0 in any relation to T, Avg[X(c_T)] tends to E[lim X] in probability, for independent rows "
    "dominated by a number with a finite mean: E|X(c_T) - lim X| → 0, and Avg[lim X] obeys the weak law.",
    _joint_law,
    axiom=True,
)
CONTINUOUS_MAPPING = Rule(
    "continuous mapping",
    "plim passes through sums, products and the inverse at an invertible limit, if all limits exist; a "
    "number has its limit for all values of its constants.",
    _continuous_mapping,
    axiom=True,
)
DOMINATED_CONVERGENCE = Rule(
    "dominated convergence",
    "lim E[X] = E[lim X], and lim X is integrable, if |X| ≤ b for all small c and E b < ∞.",
    _dominated_convergence,
    axiom=True,
)
CONSTANT_RANK = Rule(
    "continuity of the pseudo-inverse",
    "Limits pass through the pseudo-inverse along matrices of constant rank.",
    _constant_rank,
    axiom=True,
)
