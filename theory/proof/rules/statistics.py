"""Rules for what a sample of T rows adds: first-order changes, normal limits, Gaussian noise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import sympy

from theory.proof.normal_form import Reading
from theory.proof.polynomials import Letter, Monomial, Nested, Poly, Word, collect, reverse, scaled
from theory.proof.relations import Equal, FirstOrder, Integrable, Invertible, Normal, Relation
from theory.proof.rules.core import Premises, Rejected, Rule, equation, expect, shown
from theory.proof.terms import LIMITS, ONE, ROW, SAMPLE, Applied, Product, Symbol, Term, deep, dependence
from theory.proof.vocabulary import HIDDEN, SMALL, estimate, noisy_gradient
from theory.results.assumptions import GAUSSIAN_NOISE, M3, M5, R_AT_C, SAMPLES, WEAKLY_DIFFERENTIABLE


def _first_order(claim: Relation, premises: Premises) -> None:
    """The difference of the sides is, to first order, that of an equation of the premises."""
    found = expect(claim, FirstOrder, "equations to first order")
    _refuse_rows_under_a_mean(found, premises)
    _refuse_what_agrees_beside_what_is_large(found, premises)
    together = Premises(tuple(map(_as_equation, premises.relations)), premises.assumptions)
    missing = _missing(together, found)
    if missing is None:
        return
    for main in premises.of(Equal) + premises.of(FirstOrder):
        others = Premises(
            tuple(_as_equation(r) for r in premises.relations if r is not main), premises.assumptions
        )
        try:
            reading = others.reading(linear=True)
        except Rejected:
            continue
        allowed = _means(premises, reading)
        wanted = _truncated(reading.of(found.left - found.right), allowed)
        given = _truncated(reading.of(main.left - main.right), allowed)
        if wanted in (given, scaled(sympy.Integer(-1), given)):
            return
        for factor in others.of(Invertible):
            constant = not reading.of(factor.term).counts and not dependence(factor.term)[0]
            if constant and found.left.shape[1] == factor.term.shape[0]:
                product = _truncated(reading.of((found.left - found.right) * factor.term), allowed)
                if product in (given, scaled(sympy.Integer(-1), given)):
                    return
    raise Rejected(f"no equation of the premises gives this to first order{missing and ': '}{missing}")


def _missing(premises: Premises, claim: FirstOrder) -> str | None:
    """Why the premises, put in, do not make the sides equal to first order; None where they do."""
    try:
        reading = premises.reading(linear=True)
        allowed = _means(premises, reading)
        sides = [_truncated(reading.of(side), allowed) for side in (claim.left, claim.right)]
    except ValueError as error:
        return str(error)
    return None if sides[0] == sides[1] else ""


def _as_equation(relation: Relation) -> Relation:
    return Equal(relation.left, relation.right) if isinstance(relation, FirstOrder) else relation


def _refuse_rows_under_a_mean(claim: FirstOrder, premises: Premises) -> None:
    """What agrees for each row need not do so in the mean: nothing bounds what was left out there."""
    agreeing = premises.of(FirstOrder)
    of_a_row = [r for r in agreeing if (dependence(r.left)[0] | dependence(r.right)[0]) & ROW]
    terms = _sides([claim, *premises.of(Equal)])
    if of_a_row and any(isinstance(part, Applied) for term in terms for part in deep(term)):
        raise Rejected(f"{of_a_row[0].left} is known to first order for each row, not in a mean over rows")


def _refuse_what_agrees_beside_what_is_large(claim: FirstOrder, premises: Premises) -> None:
    """Times what may be large, in an inverse or a mean, what agrees to first order need not agree at all."""
    agreeing = premises.of(FirstOrder)
    if not agreeing:
        return
    exact = Premises(tuple(r for r in premises.relations if r not in agreeing)).reading(linear=True)
    patterns = [word for r in agreeing if (word := exact.of(r.left).as_word()) is not None]
    allowed = _means(premises, exact)
    for side in _sides([claim, *premises.of(Equal), *agreeing]):
        if exact.of(side).counts:
            raise Rejected("a number that depends on T may make large what is small")
        if _stands_beside_what_is_large(exact.of(side), patterns, allowed):
            raise Rejected(f"what agrees to first order need not do so beside what may be large: {side}")


def _stands_beside_what_is_large(poly: Poly, patterns: Sequence[Word], allowed: frozenset[Letter]) -> bool:
    """Whether one of the words has a factor that may be large, or is in an inverse or a mean of which nothing
    says that it is finite.
    """
    for monomial, _ in poly.terms:
        words = [*monomial.numbers, monomial.word]
        for k, word in enumerate(words):
            others = [letter for j, other in enumerate(words) if j != k for letter in other]
            for start, end in _occurrences(word, patterns):
                beside = [*others, *word[:start], *word[end:]]
                if any(_may_be_large(letter) and letter not in allowed for letter in beside):
                    return True
    return any(
        letter not in allowed
        and (
            letter.atom.operator not in LIMITS
            or _stands_beside_what_is_large(letter.atom.inner, patterns, allowed)
        )
        for letter in poly.letters
        if isinstance(letter.atom, Nested) and _contains_word(letter.atom.inner, patterns)
    )


def _occurrences(word: Word, patterns: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Where one of the words, or its transpose, begins and ends in a word."""
    for pattern in patterns:
        for wanted in (pattern, reverse(pattern)):
            for start in range(len(word)):
                if word[start : start + len(wanted)] == wanted:
                    yield start, start + len(wanted)


def _sides(relations: Iterable[Equal | FirstOrder]) -> Iterator[Term]:
    for relation in relations:
        yield from (relation.left, relation.right)


def _contains_word(poly: Poly, patterns: Sequence[Word]) -> bool:
    """Whether one of the words, or its transpose, stands anywhere in it."""
    words = [w for monomial, _ in poly.terms for w in (*monomial.numbers, monomial.word)]
    found = any(any(_occurrences(word, patterns)) for word in words)
    return found or any(
        _contains_word(letter.atom.inner, patterns)
        for letter in poly.letters
        if isinstance(letter.atom, Nested)
    )


def _means(premises: Premises, reading: Reading) -> frozenset[Letter]:
    """The averages and means of the parts of what the premises call integrable: the averages obey the weak
    law, the means are finite.

    What is integrable is a polynomial in the changes, so its part of each degree is. Of a part that has one
    summand more than those that are known, that one is integrable too; a multiple by a matrix says nothing of
    what is multiplied.
    """
    sums = [
        part
        for known in premises.of(Integrable)
        if not known.given_datum
        for operator in ("Avg", "E′")
        for part in _by_degree(reading.of(Applied(operator, known.term)))
    ]
    found: frozenset[Letter] = frozenset()
    while True:
        single = {one[0] for part in sums if (one := _unknown(part, found)) is not None and len(one) == 1}
        new = frozenset(letter for letter in single if _is_polynomial(letter)) - found
        if not new:
            return found
        found |= new | {letter.T for letter in new}


def _by_degree(poly: Poly) -> list[tuple[Monomial, ...]]:
    """The monomials of each degree in what is small."""
    degrees: dict[int, list[Monomial]] = {}
    for monomial, _ in poly.terms:
        degrees.setdefault(sum(map(_smallness, monomial.letters)), []).append(monomial)
    return [tuple(monomials) for monomials in degrees.values()]


def _unknown(part: Iterable[Monomial], known: frozenset[Letter]) -> tuple[Letter, ...] | None:
    """The means in a sum that are not known to be finite, a mean and its transpose being one; None where one
    of them is multiplied by something.
    """
    found: dict[Nested | Symbol, Letter] = {}
    for monomial in part:
        letters = [letter for letter in monomial.letters if _is_mean(letter) and letter not in known]
        if letters and len(monomial.letters) > 1:
            return None
        found |= {letter.atom: letter for letter in letters}
    return tuple(found.values())


def _is_mean(letter: Letter) -> bool:
    return isinstance(letter.atom, Nested) and letter.atom.operator in ("Avg", "E", "E′")


def _is_polynomial(letter: Letter) -> bool:
    """Whether what is averaged is a polynomial in statistics that converge or are small."""
    return isinstance(letter.atom, Nested) and all(
        isinstance(inside.atom, Symbol) and inside.atom.name in _CONVERGENT | SMALL
        for inside in letter.atom.inner.letters
        if SAMPLE in inside.dependence[0]
    )


def _truncated(poly: Poly, allowed: frozenset[Letter]) -> Poly:
    """Without products of two small matrices; beside a small one, an average is its mean over a fresh row."""
    if poly.counts:
        raise Rejected("a number that depends on T may make large what is small")
    kept = []
    for monomial, coefficient in poly.terms:
        size = sum(map(_smallness, monomial.letters))
        if size + sum(map(_may_be_large, monomial.letters)) > 1:
            _only_convergent(monomial, allowed)
        if size == 0:
            kept.append((monomial, coefficient))
        elif size == 1:
            kept.append(
                (
                    Monomial(
                        tuple(_fresh(w, allowed) for w in monomial.numbers), _fresh(monomial.word, allowed)
                    ),
                    coefficient,
                )
            )
        else:
            _only_integrable(monomial, allowed)
    return collect(poly.shape, kept)


def _only_integrable(monomial: Monomial, allowed: frozenset[Letter]) -> None:
    """Raise `Rejected` where what is left out is averaged and need not be integrable: it may be large."""
    for letter in monomial.letters:
        if isinstance(letter.atom, Nested) and _smallness(letter) > 0 and letter not in allowed:
            raise Rejected(f"nothing says that what is left out is integrable: {shown(letter.atom.inner)}")


_CONVERGENT = frozenset({"B̂", "M̂", "ẽ"})


def _may_be_large(letter: Letter) -> bool:
    """Whether it is a statistic that is neither small nor one of those that converge with the feedback."""
    if isinstance(letter.atom, Symbol) and letter.atom.name in _CONVERGENT:
        return False
    return SAMPLE in letter.dependence[0] and _smallness(letter) == 0


def _only_convergent(monomial: Monomial, allowed: frozenset[Letter]) -> None:
    """Raise `Rejected` where a statistic that may be large multiplies what is known to first order."""
    for letter in monomial.letters:
        if _may_be_large(letter) and letter not in allowed:
            raise Rejected("nothing says that what stands beside it is bounded")


def _smallness(letter: Letter) -> int:
    if isinstance(letter.atom, Symbol):
        return int(letter.atom.name in SMALL)
    if letter.atom.operator in LIMITS:
        return 0
    if letter.atom.operator in ("inv", "pinv") and letter.atom.inner.contains(lambda x: _smallness(x) > 0):
        raise Rejected("the inverse of what is small is large")
    return min((sum(map(_smallness, m.letters)) for m, _ in letter.atom.inner.terms), default=0)


def _fresh(word: tuple[Letter, ...], allowed: frozenset[Letter]) -> tuple[Letter, ...]:
    return tuple(_fresh_letter(letter, allowed) for letter in word)


def _fresh_letter(letter: Letter, allowed: frozenset[Letter]) -> Letter:
    if not (isinstance(letter.atom, Nested) and letter.atom.operator in ("Avg", "E′")):
        return letter
    if letter.atom.operator == "Avg" and letter not in allowed:
        raise Rejected("nothing says that what is averaged is integrable")
    operator = "E′" if "sample" in letter.atom.inner.dependence[0] else "E"
    return Letter(Nested(operator, letter.atom.inner), letter.transposed)


def _central_limit(claim: Relation, premises: Premises) -> None:
    found = expect(claim, Normal, "limits in law")
    premises.need(SAMPLES)
    plain = Reading(linear=True)
    match found.term:
        case Applied("Avg", row):
            pass
        case _:
            raise Rejected("expected the average of a column over the sample")
    if row.shape[1] != ONE:
        raise Rejected(f"{row} is no column")
    if plain.of(row).counts:
        raise Rejected(f"{row} depends on T")
    if any(SAMPLE in letter.dependence[0] for letter in plain.of(row).letters):
        raise Rejected(f"{row} depends on the sample: its rows are not independent")
    square = plain.of(Applied("E", row * row.T))
    if plain.of(found.covariance) != square:
        raise Rejected(f"the covariance is {shown(square)}")
    premises.integrable(row * row.T, plain)
    centred = plain.of(Applied("E", row))
    if not any(
        plain.of(known.left) == centred and not plain.of(known.right).terms for known in premises.of(Equal)
    ):
        raise Rejected(f"nothing says that {row} has the mean 0")


def _slutsky(claim: Relation, premises: Premises) -> None:
    """M Y is normal with covariance M V Mᵀ, and so is what agrees with it to first order."""
    found = expect(claim, Normal, "limits in law")
    reading = premises.reading(linear=True)
    for known in premises.of(Normal):
        for same in premises.of(FirstOrder):
            match same.right:
                case Product((matrix, rest)) if reading.of(rest) == reading.of(known.term):
                    known_matrix = reading.of(matrix)
                    if known_matrix.counts or known_matrix.dependence[0] & (ROW | {SAMPLE}):
                        continue
                    wanted = reading.of(matrix * known.covariance * matrix.T)
                    if reading.of(found.term) == reading.of(same.left) and wanted == reading.of(
                        found.covariance
                    ):
                        return
    raise Rejected("expected a constant matrix times what tends to a normal law, with the covariance M V Mᵀ")


def _gaussian(claim: Relation, premises: Premises) -> None:
    """Stein: E[(F(cξ) - F(0)) ξ / c | x, y] = E[∇F(cξ) | x, y], layer by layer."""
    found = equation(claim)
    premises.need(GAUSSIAN_NOISE)
    premises.need(WEAKLY_DIFFERENTIABLE)
    match found:
        case Equal(Applied("E|", Symbol() as left), Applied("E|", Symbol() as right)) if (
            left.index in HIDDEN and left == estimate(left.index) and right == noisy_gradient(left.index)
        ):
            return
    raise Rejected("expected the mean of an estimate and that of the gradient at the perturbed state")


FIRST_ORDER = Rule(
    "first order",
    "Products of two matrices of order T^(-1/2) are left out, where what is averaged of them is integrable, "
    "and averages beside one are their means: what is left out vanishes in probability even after "
    "multiplication by √T. Equals to first order are put in, but in no inverse, and those of a row in no "
    "mean. Of that order are ΔB and δe, the changes of least squares (10, 14) and its errors, under D, M3, "
    "R-c and M5.",
    _first_order,
    axiom=True,
    supposes=(SAMPLES, M3, R_AT_C, M5),
)
CENTRAL_LIMIT = Rule(
    "central limit theorem",
    "√T Avg[X] tends to N(0, E[X Xᵀ]) for independent rows with E X = 0 and X Xᵀ integrable.",
    _central_limit,
    axiom=True,
)
SLUTSKY = Rule(
    "Slutsky",
    "√T M Y tends to N(0, M V Mᵀ) if √T Y tends to N(0, V), and so does what agrees with M Y to first order.",
    _slutsky,
    axiom=True,
)
STEIN = Rule(
    "Gaussian integration by parts",
    "E[(F(cξ) - F(0)) ξ / c] = E[∇F(cξ)] for Gaussian ξ and an absolutely continuous F.",
    _gaussian,
    axiom=True,
)
