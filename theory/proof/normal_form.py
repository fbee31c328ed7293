"""One way to write every matrix expression: what equal expressions have in common.

Two expressions that ring algebra makes equal have the same normal form, a sum of words (`polynomials`).

A `Reading` says what else is read into an expression while it is normalised: equations as rewritings, the
linearity of averages, the tower property, inverses that cancel, limits that pass through. Each rule of proof
is one reading, so what follows by a rule is what has the same normal form under it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import sympy

from theory.proof.constants import SAMPLES_T, c
from theory.proof.polynomials import (
    Endless,
    Letter,
    Monomial,
    Nested,
    Poly,
    Word,
    collect,
    is_limit,
    multiply,
    nest,
    of_word,
    plus,
    reverse,
    scaled,
    substitute,
    surround,
    times,
)
from theory.proof.terms import (
    DATUM,
    NOISE,
    ONE,
    ROW,
    SAMPLE,
    Applied,
    Identity,
    Inverse,
    Product,
    PseudoInverse,
    Scaled,
    Shape,
    Sum,
    Symbol,
    Term,
    Transpose,
    Zero,
)

_MOST_REWRITINGS = 200


@dataclass(frozen=True)
class Reading:
    """What is read into an expression; by default nothing but ring algebra."""

    rewritings: tuple[tuple[Word, Poly], ...] = ()
    linear: bool = False
    tower: bool = False
    independent: bool = False
    invertible: frozenset[Poly] = frozenset()
    passing: frozenset[str] = frozenset()
    """The limits that pass through sums, products and inverses of ``invertible`` limits;
    "pinv": through it.
    """
    into: frozenset[str] = frozenset()
    """The expectations that lim passes into: E lim X for lim E X."""
    dominated: frozenset[Poly] = frozenset()
    """What lim passes into the expectation of."""
    ranked: frozenset[Poly] = frozenset()
    """The matrices of constant rank: limits pass into their pseudo-inverses."""
    penrose: bool = False

    def inverts(self, poly: Poly) -> bool:
        """Whether the normal form is known to be invertible."""
        return poly in self.invertible or poly.T in self.invertible

    def of(self, term: Term) -> Poly:
        """The normal form."""
        return _normalise(term, self)


@lru_cache(maxsize=20_000)
def _normalise(term: Term, reading: Reading) -> Poly:
    match term:
        case Symbol():
            found = of_word((Letter(term),), term.shape)
        case Identity():
            return of_word((), term.shape)
        case Zero():
            return Poly(term.shape, ())
        case Product():
            found = _normalise(term.factors[0], reading)
            for factor in term.factors[1:]:
                found = times(found, _normalise(factor, reading))
        case Sum():
            found = plus((_normalise(part, reading) for part in term.terms), term.shape)
        case Scaled():
            found = scaled(term.coefficient, _normalise(term.term, reading))
        case Transpose():
            found = _normalise(term.term, reading).T
        case Inverse():
            found = invert(_normalise(term.term, reading), reading)
        case PseudoInverse():
            inner = _normalise(term.term, reading)
            found = invert(inner, reading) if reading.inverts(inner) else nest("pinv", inner)
        case Applied():
            found = push(term.operator, _normalise(term.term, reading), reading)
        case _:
            raise TypeError(f"{term!r} is no term")
    return settle(found, reading)


def reread(poly: Poly, reading: Reading) -> Poly:
    """The normal form, read once more with what else the reading sees."""
    result = []
    for monomial, coefficient in poly.terms:
        found = scaled(coefficient, of_word((), (ONE, ONE)))
        for word in monomial.numbers:
            found = multiply(found, _reread_word(word, reading))
        last = _reread_word(monomial.word, reading) if monomial.word else of_word((), poly.shape)
        result.append(multiply(found, last))
    return settle(plus(result, poly.shape), reading)


def _reread_word(word: Word, reading: Reading) -> Poly:
    found = of_word((), (word[0].shape[0], word[0].shape[0]))
    for letter in word:
        part = of_word((letter,), letter.shape)
        if isinstance(letter.atom, Nested):
            inner = reread(letter.atom.inner, reading)
            match letter.atom.operator:
                case "inv":
                    part = invert(inner, reading)
                case "pinv":
                    part = invert(inner, reading) if reading.inverts(inner) else nest("pinv", inner)
                case operator:
                    part = push(operator, inner, reading)
            part = part.T if letter.transposed else part
        found = times(found, part)
    return found


def settle(poly: Poly, reading: Reading) -> Poly:
    """Rewrite and cancel until nothing changes."""
    for _ in range(_MOST_REWRITINGS):
        changed = _settle_once(poly, reading)
        if changed == poly:
            return poly
        poly = changed
    raise Endless(f"the equations can be applied to {poly.key} for ever")


def _settle_once(poly: Poly, reading: Reading) -> Poly:
    result = []
    for monomial, coefficient in poly.terms:
        words = (*monomial.numbers, monomial.word)
        for position, word in enumerate(words):
            found = _replace(word, reading)
            if found is not None:
                rest = [w for k, w in enumerate(monomial.numbers) if k != position]
                if position == len(monomial.numbers):
                    numbers = collect((ONE, ONE), [(Monomial(tuple(rest), ()), coefficient)])
                    result.append(multiply(numbers, found))
                else:
                    other = collect(poly.shape, [(Monomial(tuple(rest), monomial.word), coefficient)])
                    result.append(multiply(found, other))
                break
        else:
            result.append(collect(poly.shape, [(monomial, coefficient)]))
    return plus(result, poly.shape)


def _replace(word: Word, reading: Reading) -> Poly | None:
    """The word with the first thing replaced that there is to replace; None if there is nothing."""
    if not word:
        return None
    ends = word[0].shape[0], word[-1].shape[1]
    for pattern, replacement in reading.rewritings:
        for turned in (False, True):
            wanted = reverse(pattern) if turned else pattern
            size = len(wanted)
            for start in range(len(word) - size + 1):
                if word[start : start + size] == wanted:
                    middle = replacement.T if turned else replacement
                    return surround(word[:start], middle, word[start + size :], ends)
    cancelled = _cancel(word, ends, reading)
    if cancelled is not None:
        return cancelled
    return _penrose(word, ends) if reading.penrose else None


def _cancel(word: Word, ends: Shape, reading: Reading) -> Poly | None:
    """X X⁻¹ and X⁻¹ X taken out, for an invertible word X."""
    for start, letter in enumerate(word):
        if not (isinstance(letter.atom, Nested) and letter.atom.operator == "inv"):
            continue
        poly = letter.atom.inner.T if letter.transposed else letter.atom.inner
        inner = poly.as_word()
        if inner is None or not reading.inverts(poly):
            continue
        size = len(inner)
        if word[max(start - size, 0) : start] == inner:
            return surround(word[: start - size], of_word((), poly.shape), word[start + 1 :], ends)
        if word[start + 1 : start + 1 + size] == inner:
            return surround(word[:start], of_word((), poly.shape), word[start + 1 + size :], ends)
    return None


def _penrose(word: Word, ends: Shape) -> Poly | None:
    """X X⁺ X = X and X⁺ X X⁺ = X⁺ for a word X, and X⁺ X = X X⁺ for a symmetric one."""
    for start, letter in enumerate(word):
        if not (isinstance(letter.atom, Nested) and letter.atom.operator == "pinv"):
            continue
        inner = (letter.atom.inner.T if letter.transposed else letter.atom.inner).as_word()
        if inner is None:
            continue
        size = len(inner)
        before, after = word[max(start - size, 0) : start], word[start + 1 : start + 1 + size]
        if before == inner and after == inner:
            return of_word(word[:start] + word[start + 1 + size :], ends)
        following = start + 1 + size
        if after == inner and following < len(word) and word[following] == letter:
            return of_word(word[: start + 1] + word[following + 1 :], ends)
        if after == inner and inner == reverse(inner):
            return of_word(word[:start] + inner + (letter,) + word[following:], ends)
    return None


def invert(inner: Poly, reading: Reading) -> Poly:
    """The inverse: of a product of invertible letters letter by letter, of a multiple with its number."""
    if len(inner.terms) == 1:
        monomial, coefficient = inner.terms[0]
        if not monomial.numbers and coefficient.is_nonzero:
            if not monomial.word:
                return scaled(1 / coefficient, of_word((), inner.shape))
            bare = of_word(monomial.word, inner.shape)
            if coefficient != 1:
                return scaled(1 / coefficient, invert(bare, reading))
            letters = [of_word((letter,), letter.shape) for letter in monomial.word]
            if len(letters) > 1 and all(map(reading.inverts, letters)):
                found = of_word((), inner.shape)
                for poly in reversed(letters):
                    found = times(found, invert(poly, reading))
                return found
            single = monomial.word[0]
            if len(monomial.word) == 1 and isinstance(single.atom, Nested) and single.atom.operator == "inv":
                deep = single.atom.inner.T if single.transposed else single.atom.inner
                if reading.inverts(deep):
                    return deep
    return nest("inv", inner)


def push(operator: str, poly: Poly, reading: Reading) -> Poly:
    """An operator on a normal form, as far as the reading lets it in."""
    if operator in ("plim", "lim", "plim0"):
        return _push_limit(operator, poly, reading)
    if not (reading.linear or reading.tower or reading.independent):
        return nest(operator, poly)
    return plus((_push_mean(operator, m, k, poly.shape, reading) for m, k in poly.terms), poly.shape)


def _push_mean(
    operator: str, monomial: Monomial, coefficient: sympy.Expr, shape: Shape, reading: Reading
) -> Poly:
    """E, E| or Avg of one monomial: what it does not average over goes out; what is random stays."""
    over = frozenset({NOISE}) if operator == "E|" else ROW

    def random(letters: Iterable[Letter]) -> bool:
        return any(letter.dependence[0] & over for letter in letters)

    monomial = _drawn_in(monomial, shape, random)
    word = monomial.word
    first = next((k for k, letter in enumerate(word) if random((letter,))), None)
    numbers = [w for w in monomial.numbers if random(w)]
    outside = [w for w in monomial.numbers if not random(w)]
    last = max((k for k, letter in enumerate(word) if random((letter,))), default=-1)
    start = len(word) if first is None else first
    before, core, after = word[:start], word[start : last + 1], word[max(start, last + 1) :]
    if not core and not numbers:
        return collect(shape, [(monomial, coefficient)])
    size = (core[0].shape[0], core[-1].shape[1]) if core else (ONE, ONE)
    inside = Poly(size, ((Monomial(tuple(numbers), core), sympy.Integer(1)),))
    expanded = _simplified(operator, inside, reading)
    if expanded is None:
        known = operator == "E′" and SAMPLE not in inside.dependence[0]
        middle = nest("E" if known else operator, inside)
    else:
        middle = settle(push(operator, expanded, reading), reading)
    around = surround(before, middle, after, shape) if core else multiply(middle, of_word(before, shape))
    return multiply(collect((ONE, ONE), [(Monomial(tuple(outside), ()), coefficient)]), around)


def _drawn_in(monomial: Monomial, shape: Shape, random: Callable[[Iterable[Letter]], bool]) -> Monomial:
    """(aᵀu) v written as v uᵀa, a constant, so that a can go out; where just one number
    ends in a constant.
    """
    if not monomial.word or (shape[0] == ONE) == (shape[1] == ONE):
        return monomial
    ending = [w for w in monomial.numbers if random(w) and not (random(w[:1]) and random(w[-1:]))]
    if len(ending) != 1:
        return monomial
    rest, column = list(monomial.numbers), shape[1] == ONE
    rest.remove(ending[0])
    outward = ending[0] if random(ending[0][:1]) else reverse(ending[0])
    word = monomial.word + outward if column else reverse(outward) + monomial.word
    return Monomial(tuple(rest), word)


def _simplified(operator: str, inside: Poly, reading: Reading) -> Poly | None:
    """The tower property or independence applied once; None where neither does anything."""
    (monomial, _), letters = inside.terms[0], inside.terms[0][0].letters
    if reading.tower and operator == "E":
        for letter in letters:
            if isinstance(letter.atom, Nested) and letter.atom.operator == "E|":
                others = [other for other in letters if other is not letter]
                if not any(NOISE in other.dependence[0] for other in others):
                    inner = letter.atom.inner.T if letter.transposed else letter.atom.inner
                    return substitute(monomial, letter, inner, inside.shape)
    if reading.independent and operator in ("E", "E|"):
        if operator == "E|" and not any(DATUM in letter.dependence[0] for letter in letters):
            return nest("E", inside)
        return _factorised(monomial, inside.shape)
    return None


def _factorised(monomial: Monomial, shape: Shape) -> Poly | None:
    """E[u(datum) ξ ξᵀ v(datum)] with E[ξξᵀ] put between: one or two letters of noise, the
    rest the datum's.
    """
    kinds = [letter.dependence[0] & ROW for letter in monomial.letters]
    noisy = [kind for kind in kinds if NOISE in kind]
    if not 1 <= len(noisy) <= 2 or any(DATUM in kind for kind in noisy) or len(noisy) == len(kinds):
        return None
    with_noise = [w for w in monomial.numbers if any(map(_noisy, w))]
    quiet = tuple(w for w in monomial.numbers if w not in with_noise)
    word = monomial.word
    cut = 0 if shape[0] == ONE else next((k + 1 for k, x in enumerate(word) if x.shape[1] == ONE), None)
    inside = any(map(_noisy, word))
    if inside and with_noise and cut is None:
        return None
    # Numbers commute and may be turned: some arrangement has no datum between its letters of noise.
    for order in itertools.permutations(with_noise):
        for turned in itertools.product((False, True), repeat=len(order)):
            numbers = [reverse(w) if t else w for w, t in zip(order, turned, strict=True)]
            middle = tuple(letter for number in numbers for letter in number)
            line = word[:cut] + middle + word[cut:] if inside and middle else word if inside else middle
            places = [k for k, letter in enumerate(line) if _noisy(letter)]
            block = line[places[0] : places[-1] + 1]
            if any(DATUM in letter.dependence[0] for letter in block):
                continue
            expected = nest("E", of_word(block, (block[0].shape[0], block[-1].shape[1])))
            ends = shape if inside else (ONE, ONE)
            found = surround(line[: places[0]], expected, line[places[-1] + 1 :], ends)
            if not inside:
                found = multiply(found, of_word(word, shape))
            return multiply(Poly((ONE, ONE), ((Monomial(quiet, ()), sympy.Integer(1)),)), found)
    return None


def _noisy(letter: Letter) -> bool:
    return NOISE in letter.dependence[0]


def _push_limit(operator: str, poly: Poly, reading: Reading) -> Poly:
    """plim or lim of a normal form."""

    def constant(letter: Letter) -> bool:
        varies, moves = letter.dependence
        grows = SAMPLE in varies or (isinstance(letter.atom, Nested) and letter.atom.counts)
        return not (grows and operator != "lim") and not (moves and operator != "plim")

    if operator not in reading.passing:
        return nest(operator, poly)
    result = []
    for monomial, coefficient in poly.terms:
        kept = _limit_of_number(operator, coefficient)
        if kept is None:
            return nest(operator, poly)
        limits = [_limit_of_word(operator, word, constant, reading) for word in monomial.numbers]
        limits.append(
            _limit_of_word(operator, monomial.word, constant, reading)
            if monomial.word
            else of_word((), poly.shape)
        )
        found = of_word((), (ONE, ONE))
        for limit in limits:
            if limit is None:
                return nest(operator, poly)
            found = multiply(found, limit)
        if found.contains(lambda letter: is_limit(letter, operator)):
            return nest(
                operator, poly
            )  # what may have no limit: not even 0 times it, or it less itself, has one
        result.append(scaled(kept, found))
    return plus(result, poly.shape)


def _limit_of_number(operator: str, number: sympy.Expr) -> sympy.Expr | None:
    """The limit of a coefficient, a finite one for all values of the other constants; None where that is not
    seen. Both c and T in it: c falls in any relation to T.
    """
    falling = [c] if operator != "plim" and number.has(c) else []
    growing = [SAMPLES_T] if operator != "lim" and number.has(SAMPLES_T) else []
    if falling and growing:
        return None
    for constant in (*falling, *growing):
        inward = number.subs(constant, 1 / constant) if growing else number
        above, below = (side.subs(constant, 0) for side in sympy.fraction(sympy.cancel(inward)))
        if not below.is_nonzero:
            return None
        number = above / below
    return number


def numbers_without_limit(operator: str, poly: Poly) -> list[sympy.Expr]:
    """The coefficients under limits left standing for which no finite limit is seen."""
    return [
        number
        for letter in poly.letters
        if isinstance(letter.atom, Nested) and letter.atom.operator == operator
        for _, number in letter.atom.inner.terms
        if _limit_of_number(operator, number) is None
    ]


def _limit_of_word(
    operator: str, word: Word, constant: Callable[[Letter], bool], reading: Reading
) -> Poly | None:
    """Letter by letter, but for stretches whose limit is known as a whole; None where one may not exist."""
    found = of_word((), (word[0].shape[0], word[0].shape[0]))
    known = _known_stretches(operator, reading)
    position = 0
    while position < len(word):
        for stretch, limit in known:
            if word[position : position + len(stretch)] == stretch:
                factor, size = limit, len(stretch)
                break
        else:
            letter, size = word[position], 1
            factor = of_word((letter,), letter.shape)
            if not constant(letter):
                factor = settle(_limit_of_letter(operator, letter, reading), reading)
                if factor.contains(lambda found: is_limit(found, operator)):
                    return None  # not even times 0
        found = times(found, factor)
        position += size
    return found


def _known_stretches(operator: str, reading: Reading) -> list[tuple[Word, Poly]]:
    """Products whose limit is among the rewritings, either way round."""
    found = []
    for pattern, limit in reading.rewritings:
        atom = pattern[0].atom
        if len(pattern) == 1 and isinstance(atom, Nested) and atom.operator == operator:
            word = (atom.inner.T if pattern[0].transposed else atom.inner).as_word()
            if word is not None and len(word) > 1:
                found += [(word, limit), (reverse(word), limit.T)]
    return found


def _limit_of_letter(operator: str, letter: Letter, reading: Reading) -> Poly:
    single = of_word((letter,), letter.shape)
    if isinstance(letter.atom, Nested):
        inner = letter.atom.inner.T if letter.transposed else letter.atom.inner
        if letter.atom.operator == "inv":
            inside = settle(push(operator, inner, reading), reading)
            if reading.inverts(inside):
                return invert(inside, reading)
        if letter.atom.operator == "pinv" and (inner in reading.ranked or inner.T in reading.ranked):
            return nest("pinv", settle(push(operator, inner, reading), reading))
        dominated = inner in reading.dominated or inner.T in reading.dominated
        if letter.atom.operator in reading.into and operator == "lim" and dominated:
            return settle(push(letter.atom.operator, push("lim", inner, reading), reading), reading)
    return nest(operator, single)
