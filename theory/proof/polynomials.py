"""Sums of words: the form in which matrix expressions are compared.

A word is a product of letters, a letter a symbol or an operator applied to such a sum. Factors of shape 1 x 1
inside a word are numbers: they commute and are their own transposes. Transposes stand at the letters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TypeAlias

import sympy

from theory.proof.constants import SAMPLES_T, c
from theory.proof.terms import ONE, Shape, Symbol, depends


@dataclass(frozen=True)
class Nested:
    """A letter that is an operator, "inv" or "pinv" applied to a normal form."""

    operator: str
    inner: Poly

    @cached_property
    def shape(self) -> Shape:
        """Rows and columns."""
        rows, columns = self.inner.shape
        return (columns, rows) if self.operator == "pinv" else (rows, columns)

    @cached_property
    def dependence(self) -> tuple[frozenset[str], bool]:
        """What it depends on, and whether on c."""
        varies, moves = self.inner.dependence
        return depends(self.operator, varies), moves and self.operator not in ("lim", "plim0")

    @cached_property
    def counts(self) -> bool:
        """Whether it depends on T by a number inside."""
        return self.operator not in ("plim", "plim0") and self.inner.counts

    @cached_property
    def key(self) -> str:
        """For sorting."""
        return f"{self.operator}({self.inner.key})"


@dataclass(frozen=True)
class Letter:
    """A symbol or nested form, possibly transposed."""

    atom: Symbol | Nested
    transposed: bool = False

    @cached_property
    def shape(self) -> Shape:
        """Rows and columns."""
        rows, columns = self.atom.shape
        return (columns, rows) if self.transposed else (rows, columns)

    @cached_property
    def dependence(self) -> tuple[frozenset[str], bool]:
        """What it depends on, and whether on c."""
        if isinstance(self.atom, Symbol):
            return self.atom.varies, self.atom.moves
        return self.atom.dependence

    @cached_property
    def key(self) -> str:
        """For sorting."""
        atom = self.atom
        name = f"{atom.name}[{_written(atom.index)}]" if isinstance(atom, Symbol) else atom.key
        return name + ("'" if self.transposed else "")

    @cached_property
    def T(self) -> Letter:
        """The transpose: of a number or a symmetric matrix, itself."""
        if self.atom.shape == (ONE, ONE) or (isinstance(self.atom, Symbol) and self.atom.symmetric):
            return self
        if isinstance(self.atom, Nested) and self.atom.inner == self.atom.inner.T:
            return self
        return Letter(self.atom, not self.transposed)


class Endless(ValueError):
    """Equations that lead round in a circle."""


Word: TypeAlias = tuple[Letter, ...]


def word_key(word: Word) -> str:
    """For sorting."""
    return " ".join(letter.key for letter in word)


def reverse(word: Word) -> Word:
    """The transpose of a word."""
    return tuple(letter.T for letter in reversed(word))


@dataclass(frozen=True)
class Monomial:
    """Numbers (1 x 1 words, sorted) times a word without inner 1 x 1 factors; () is 1 or an identity."""

    numbers: tuple[Word, ...]
    word: Word

    @cached_property
    def key(self) -> str:
        """For sorting."""
        return " | ".join(map(word_key, self.numbers)) + " ; " + word_key(self.word)

    @cached_property
    def letters(self) -> tuple[Letter, ...]:
        """All letters."""
        return (*(letter for word in self.numbers for letter in word), *self.word)

    @cached_property
    def dependence(self) -> tuple[frozenset[str], bool]:
        """What it depends on, and whether on c."""
        found = [letter.dependence for letter in self.letters]
        return frozenset().union(*(v for v, _ in found)), any(m for _, m in found)


@dataclass(frozen=True)
class Poly:
    """A normal form: coefficients of monomials, sorted, and the shape."""

    shape: Shape
    terms: tuple[tuple[Monomial, sympy.Expr], ...]

    @cached_property
    def key(self) -> str:
        """For sorting."""
        return " + ".join(f"{_written(coefficient)}*{monomial.key}" for monomial, coefficient in self.terms)

    @cached_property
    def dependence(self) -> tuple[frozenset[str], bool]:
        """What it depends on, and whether on c."""
        found = [monomial.dependence for monomial, _ in self.terms]
        moves = any(m for _, m in found) or any(coefficient.has(c) for _, coefficient in self.terms)
        return frozenset().union(*(v for v, _ in found)), moves

    @cached_property
    def counts(self) -> bool:
        """Whether a number in it, at any depth, depends on T."""
        return any(coefficient.has(SAMPLES_T) for _, coefficient in self.terms) or any(
            isinstance(letter.atom, Nested) and letter.atom.counts for letter in self.letters
        )

    @cached_property
    def T(self) -> Poly:
        """The transpose."""
        rows, columns = self.shape
        return collect((columns, rows), ((Monomial(m.numbers, reverse(m.word)), k) for m, k in self.terms))

    @property
    def letters(self) -> Iterable[Letter]:
        """All letters, the outermost only."""
        return (letter for monomial, _ in self.terms for letter in monomial.letters)

    def contains(self, wanted: Callable[[Letter], bool]) -> bool:
        """Whether some letter at any depth is wanted."""
        return any(
            wanted(letter) or (isinstance(letter.atom, Nested) and letter.atom.inner.contains(wanted))
            for letter in self.letters
        )

    def as_word(self) -> Word | None:
        """The word of a monomial with coefficient 1 and nothing else, also of one number."""
        if len(self.terms) != 1 or self.terms[0][1] != 1:
            return None
        monomial = self.terms[0][0]
        if not monomial.numbers:
            return monomial.word or None
        return monomial.numbers[0] if len(monomial.numbers) == 1 and not monomial.word else None


def collect(shape: Shape, terms: Iterable[tuple[Monomial, sympy.Expr]]) -> Poly:
    """The sum of the terms, like ones together, without those that vanish."""
    found: dict[Monomial, sympy.Expr] = {}
    for monomial, coefficient in terms:
        found[monomial] = found.get(monomial, sympy.Integer(0)) + coefficient
    kept = {m: k if k.is_Number else _simplest(k) for m, k in found.items()}
    ordered = sorted(((m, k) for m, k in kept.items() if k != 0), key=lambda pair: pair[0].key)
    return Poly(shape, tuple(ordered))


@lru_cache(maxsize=10_000)
def _simplest(number: sympy.Expr) -> sympy.Expr:
    """One way to write a coefficient."""
    return sympy.expand(sympy.cancel(number))


@lru_cache(maxsize=10_000)
def _written(number: sympy.Expr | None) -> str:
    """For sorting."""
    return str(number)


def monomial_of(numbers: Iterable[Word], word: Word) -> Monomial:
    """The word cut where its inner size is 1: factors of shape 1 x 1 go to the numbers."""
    found, rest, piece = list(numbers), [], []
    for letter in word:
        piece.append(letter)
        if letter.shape[1] == ONE:
            rest.append(tuple(piece))
            piece = []
    if piece:
        rest.append(tuple(piece))
    kept: Word = ()
    for part in rest:
        if (part[0].shape[0], part[-1].shape[1]) == (ONE, ONE):
            found.append(min(part, reverse(part), key=word_key))
        else:
            kept = kept + part
    return Monomial(tuple(sorted(found, key=word_key)), kept)


def times(left: Poly, right: Poly) -> Poly:
    """The product."""
    return collect(
        (left.shape[0], right.shape[1]),
        (
            (monomial_of((*a.numbers, *b.numbers), a.word + b.word), k * m)
            for a, k in left.terms
            for b, m in right.terms
        ),
    )


def plus(polys: Iterable[Poly], shape: Shape) -> Poly:
    """The sum."""
    return collect(shape, (term for poly in polys for term in poly.terms))


def scaled(coefficient: sympy.Expr, poly: Poly) -> Poly:
    """A number times it."""
    return collect(poly.shape, ((m, coefficient * k) for m, k in poly.terms))


def of_word(word: Word, shape: Shape) -> Poly:
    """The word alone; () is the identity."""
    return Poly(shape, ((monomial_of((), word), sympy.Integer(1)),))


def nest(operator: str, inner: Poly) -> Poly:
    """The letter of an operator, written for the smaller of the normal form and its transpose."""
    flipped = inner.T
    turn = flipped.key < inner.key
    letter = Letter(Nested(operator, flipped if turn else inner), turn)
    return of_word((letter,), letter.shape)


def multiply(number: Poly, poly: Poly) -> Poly:
    """A 1 x 1 normal form times another."""
    return collect(
        poly.shape,
        (
            (monomial_of((*a.numbers, *b.numbers, *((a.word,) if a.word else ())), b.word), k * m)
            for a, k in number.terms
            for b, m in poly.terms
        ),
    )


def is_limit(letter: Letter, operator: str) -> bool:
    """Whether the letter is a limit left standing."""
    return isinstance(letter.atom, Nested) and letter.atom.operator == operator


def surround(before: Word, middle: Poly, after: Word, ends: Shape) -> Poly:
    """The product of a word, a sum and a word, of the shape ``ends``."""
    found = middle
    if before:
        found = times(of_word(before, (ends[0], middle.shape[0])), found)
    if after:
        found = times(found, of_word(after, (middle.shape[1], ends[1])))
    return found


def substitute(monomial: Monomial, letter: Letter, inner: Poly, shape: Shape) -> Poly:
    """The monomial with the letter replaced by a normal form."""
    for position, word in enumerate((*monomial.numbers, monomial.word)):
        for k, found in enumerate(word):
            if found is letter:
                ends = word[0].shape[0], word[-1].shape[1]
                replaced = surround(word[:k], inner, word[k + 1 :], ends)
                rest = tuple(w for j, w in enumerate(monomial.numbers) if j != position)
                if position == len(monomial.numbers):
                    return multiply(Poly((ONE, ONE), ((Monomial(rest, ()), sympy.Integer(1)),)), replaced)
                return multiply(replaced, Poly(shape, ((Monomial(rest, monomial.word), sympy.Integer(1)),)))
    raise ValueError(f"{letter.key} is not in {monomial.key}")
