"""Matrix expressions whose shapes are symbols: what the steps of a proof are made of.

Every matrix has a shape of symbolic widths, n(i) rows and n(i-1) columns for W^i, so a product whose factors
do not chain, or a sum of different shapes, cannot even be written: `IllTyped` says which sizes disagree.
Layers are numbered by expressions in i and N. What a matrix depends on is part of it as well: the datum of a
row, the noise of a row, the whole sample, the noise scale c.

Seven operators act on a matrix: the expectation over a row, the expectation given the row's datum, that
over a fresh row with the statistics of a sample held fixed, the average over the T rows of a sample,
the limit in probability for T to infinity, the limit for c to 0, and both at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import TypeAlias

import sympy

from theory.proof.constants import DEPTH, LAYER, NUMBERS, c
from theory.proof.names import in_latex
from theory.proof.number_text import factor, index
from theory.proof.script import PLAIN, TIGHT, Place, Script, bracket

Size: TypeAlias = sympy.Expr
Shape: TypeAlias = tuple[Size, Size]

ONE = sympy.Integer(1)
_FARTHEST = 3
DATUM, NOISE, SAMPLE = "datum", "noise", "sample"
ROW = frozenset({DATUM, NOISE})


class IllTyped(ValueError):
    """Shapes that do not fit."""


@dataclass(frozen=True)
class Term:
    """A matrix expression; ``shape`` is (rows, columns)."""

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        raise TypeError(f"{type(self).__name__} has no shape")

    @property
    def T(self) -> Term:
        """The transpose."""
        return transposed(self)

    @property
    def inverse(self) -> Term:
        """The inverse; that it exists is another matter."""
        return Inverse(self)

    def __mul__(self, other: Term) -> Term:
        return product_of((*_factors(self), *_factors(other)))

    def __add__(self, other: Term) -> Term:
        return Sum((*_terms(self), *_terms(other)))

    def __sub__(self, other: Term) -> Term:
        return self + (-1) * other

    def __rmul__(self, coefficient: sympy.Expr | int) -> Term:
        return Scaled(sympy.sympify(coefficient), self)

    def __str__(self) -> str:
        return self.written()

    def written(self, script: Script = PLAIN, place: Place = Place.ALONE) -> str:
        """From which the term can be told, all but the sizes of 0 and I; in brackets where its place asks
        for them.
        """
        return bracket(self._bare(script), script) if self._enclosed(script, place) else self._bare(script)

    def _bare(self, script: Script) -> str:
        raise TypeError(f"{self!r} is no term")

    def _enclosed(self, script: Script, place: Place) -> bool:
        return False

    def _marked(self, mark: str, script: Script) -> str:
        written = self.written(script, Place.MARKED)
        return written + (f"^{{{mark}}}" if script.latex else mark)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != _HASH}  # not another run's


@dataclass(frozen=True)
class Symbol(Term):
    """A named matrix. ``varies`` says what it depends on, ``moves`` whether on c; ``index`` is its layer.

    ``chain``: a product over the layers above, so that for the output, N + 1, it is the identity.
    """

    name: str
    rows: Size
    columns: Size
    index: sympy.Expr | None = None
    varies: frozenset[str] = frozenset()
    moves: bool = False
    symmetric: bool = False
    chain: bool = False

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.rows, self.columns

    def _bare(self, script: Script) -> str:
        """The name with its layer; that of a perturbed state, e(ξ), carries it before the state."""
        head, state, _ = self.name.partition("(ξ)")
        name, state = (in_latex(head), state.replace("ξ", r"\xi")) if script.latex else (head, state)
        if self.index is None:
            return name + state
        layer = index(self.index)
        if script.latex:
            return f"{name}^{{{layer}}}{state}"
        return f"{name}^{layer}{state}" if len(layer) == 1 else f"{name}^({layer}){state}"

    def _enclosed(self, script: Script, place: Place) -> bool:
        if "/" in self.name and not script.latex:
            return place in (Place.SCALED, Place.LIMIT, *TIGHT)
        return place is Place.MARKED and (self.index is not None or any(sign in self.name for sign in "Δδ/("))


@dataclass(frozen=True)
class Identity(Term):
    """The identity of a symbolic size."""

    size: Size

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.size, self.size

    def _bare(self, script: Script) -> str:
        return "I"


@dataclass(frozen=True)
class Zero(Term):
    """The zero matrix of a shape."""

    rows: Size
    columns: Size

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.rows, self.columns

    def _bare(self, script: Script) -> str:
        return "0"


@dataclass(frozen=True)
class Product(Term):
    """Two factors or more, the shapes of which chain."""

    factors: tuple[Term, ...]

    def __post_init__(self) -> None:
        for left, right in zip(self.factors, self.factors[1:], strict=False):
            if left.shape[1] != right.shape[0]:
                raise IllTyped(
                    f"{left} has {left.shape[1]} columns, but {right} has {right.shape[0]} rows: they do not "
                    "multiply"
                )

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.factors[0].shape[0], self.factors[-1].shape[1]

    def _bare(self, script: Script) -> str:
        return script.joint.join(one.written(script, Place.FACTOR) for one in self.factors)

    def _enclosed(self, script: Script, place: Place) -> bool:
        return place in TIGHT


@dataclass(frozen=True)
class Sum(Term):
    """Two terms or more, all of one shape."""

    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        for term in self.terms[1:]:
            same_shape(self.terms[0], term)

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.terms[0].shape

    def _bare(self, script: Script) -> str:
        found = self.terms[0].written(script, Place.TERM)
        for left, part in zip(range(len(self.terms) - 2, -1, -1), self.terms[1:], strict=True):
            written = part.written(script, Place.TERM if left else Place.LAST_TERM)
            found += f" - {written[1:]}" if written.startswith("-") else f" + {written}"
        return found

    def _enclosed(self, script: Script, place: Place) -> bool:
        return place is not Place.ALONE


@dataclass(frozen=True)
class Scaled(Term):
    """A number times a matrix; the number is an expression in c, gamma, T, the moments of the noise."""

    coefficient: sympy.Expr
    term: Term

    def __post_init__(self) -> None:
        if self.coefficient.has(sympy.Float):
            raise IllTyped(f"{self.coefficient} is no exact number")
        if self.coefficient.free_symbols - NUMBERS or self.coefficient.atoms(
            sympy.core.function.AppliedUndef
        ):
            raise IllTyped(f"{self.coefficient} is no constant: it cannot stand in front of a matrix")
        if not sympy.fraction(sympy.together(self.coefficient))[1].is_nonzero:
            raise IllTyped(f"the denominator of {self.coefficient} may be 0")
        if not (self.coefficient.is_rational_function() and self.coefficient.is_real) or self.coefficient.has(
            sympy.AccumBounds
        ):
            raise IllTyped(f"{self.coefficient} is no finite real number, rational in the constants")

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.term.shape

    def _bare(self, script: Script) -> str:
        value, sign = self.coefficient, ""
        if not value.is_Add and value.could_extract_minus_sign():
            value, sign = -value, "-"
        inner = self.term.written(script, Place.SCALED)
        front = "" if sign and value == 1 else factor(value, script.latex) + script.joint
        return sign + front + inner

    def _enclosed(self, script: Script, place: Place) -> bool:
        return place in (Place.SCALED, Place.LIMIT, *TIGHT)


@dataclass(frozen=True)
class Transpose(Term):
    """The transpose."""

    term: Term

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.term.shape[1], self.term.shape[0]

    def _bare(self, script: Script) -> str:
        return self.term._marked(r"\top" if script.latex else "ᵀ", script)

    def _enclosed(self, script: Script, place: Place) -> bool:
        return place is Place.MARKED


@dataclass(frozen=True)
class Inverse(Term):
    """The inverse of a square matrix."""

    term: Term

    def __post_init__(self) -> None:
        rows, columns = self.term.shape
        if rows != columns:
            raise IllTyped(f"{self.term} is {rows} x {columns}: only a square matrix has an inverse")

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.term.shape

    def _bare(self, script: Script) -> str:
        return self.term._marked("-1" if script.latex else "⁻¹", script)

    def _enclosed(self, script: Script, place: Place) -> bool:
        return place is Place.MARKED


@dataclass(frozen=True)
class PseudoInverse(Term):
    """The Moore-Penrose inverse."""

    term: Term

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.term.shape[1], self.term.shape[0]

    def _bare(self, script: Script) -> str:
        return self.term._marked("+" if script.latex else "⁺", script)

    def _enclosed(self, script: Script, place: Place) -> bool:
        return place is Place.MARKED


OPERATORS = ("E", "E|", "E′", "Avg", "plim", "lim", "plim0")
LIMITS = frozenset({"plim", "lim", "plim0"})


@dataclass(frozen=True)
class Applied(Term):
    """One of the seven operators on a matrix."""

    operator: str
    term: Term

    def __post_init__(self) -> None:
        if self.operator not in OPERATORS:
            raise IllTyped(f"{self.operator} is no operator")
        if self.operator in ("E", "E|", "lim") and SAMPLE in dependence(self.term)[0]:
            kind = "limit for c to 0" if self.operator == "lim" else "expectation"
            raise IllTyped(f"{self.term} depends on the whole sample: its {kind} is not used here")

    @property
    def shape(self) -> Shape:
        """Rows and columns."""
        return self.term.shape

    def _bare(self, script: Script) -> str:
        before, after = script.operators[self.operator]
        ends = after in ("", r"\bigr)")
        return before + self.term.written(script, Place.LIMIT if ends else Place.ALONE) + after

    def _enclosed(self, script: Script, place: Place) -> bool:
        """A limit reaches to the end of its product: it is in brackets there, and before a further term."""
        before, after = script.operators[self.operator]
        if not after:
            return place in (*TIGHT, Place.TERM)
        return place is Place.MARKED and not before.startswith(r"\bigl(")


_HASH = "_hash"


def _computed_once(kind: type[Term]) -> None:
    """Let a term keep its hash: terms are deep, and are looked up often."""
    deep = kind.__hash__

    def kept(term: Term) -> int:
        known = vars(term).get(_HASH)
        if known is None:
            known = deep(term)
            object.__setattr__(term, _HASH, known)
        return int(known)

    setattr(kind, "__hash__", kept)  # noqa: B010  # which the dataclass made


for _kind in (Symbol, Identity, Zero, Product, Sum, Scaled, Transpose, Inverse, PseudoInverse, Applied):
    _computed_once(_kind)


def mean(term: Term) -> Term:
    """E, over a row."""
    return Applied("E", term)


def given(term: Term) -> Term:
    """E[. | x, y], over the noise of a row."""
    return Applied("E|", term)


def fresh_mean(term: Term) -> Term:
    """E', over a row that is not in the sample, with what was fitted to the sample held fixed."""
    return Applied("E′", term)


def average(term: Term) -> Term:
    """T^{-1} times the sum over the rows of a sample."""
    return Applied("Avg", term)


def plim(term: Term) -> Term:
    """The limit in probability for T to infinity."""
    return Applied("plim", term)


def lim(term: Term) -> Term:
    """The limit for c to 0."""
    return Applied("lim", term)


def joint_limit(term: Term) -> Term:
    """The limit in probability for T to infinity with c_T to 0, in any relation to each other."""
    return Applied("plim0", term)


def transposed(term: Term) -> Term:
    """The transpose; of a transpose what is inside, of an identity itself."""
    if isinstance(term, Transpose):
        return term.term
    return term if isinstance(term, Identity) else Transpose(term)


def product_of(factors: tuple[Term, ...]) -> Term:
    """The product, without factors that are the identity."""
    checked = Product(factors)
    kept = tuple(factor for factor in checked.factors if not isinstance(factor, Identity))
    if not kept:
        return factors[0]
    return kept[0] if len(kept) == 1 else Product(kept)


def same_shape(left: Term, right: Term) -> None:
    """Raise `IllTyped` unless both have the same shape."""
    if left.shape != right.shape:
        sizes = " and ".join(f"{rows} x {columns}" for rows, columns in (left.shape, right.shape))
        raise IllTyped(f"{left} and {right} have different shapes, {sizes}")


@lru_cache(maxsize=2**14)
def dependence(term: Term) -> tuple[frozenset[str], bool]:
    """What the term depends on, and whether on c."""
    if isinstance(term, Symbol):
        return term.varies, term.moves
    inner = [dependence(part) for part in parts(term)]
    varies = frozenset().union(*(v for v, _ in inner))
    moves = any(m for _, m in inner) or (isinstance(term, Scaled) and term.coefficient.has(c))
    if isinstance(term, Applied):
        return depends(term.operator, varies), moves and term.operator not in ("lim", "plim0")
    return varies, moves


def depends(operator: str, varies: frozenset[str]) -> frozenset[str]:
    """What is left to depend on after an operator."""
    if operator in ("E", "E′"):
        return varies - ROW
    if operator == "E|":  # only a hypothesis says that the noise is independent of the datum
        return (varies - {NOISE}) | ({DATUM} if NOISE in varies else set())
    if operator == "Avg":
        return (varies - ROW) | ({SAMPLE} if varies & ROW else set())
    return varies - {SAMPLE} if operator in ("plim", "plim0") else varies


def parts(term: Term) -> Iterator[Term]:
    """The terms directly inside."""
    for field in fields(term):
        value = getattr(term, field.name)
        if isinstance(value, Term):
            yield value
        elif isinstance(value, tuple):
            yield from value


def is_layer(index: sympy.Expr) -> bool:
    """Whether it is a layer that a proof may speak of: i or N, or a few layers above or below."""
    return any((away := index - start).is_Integer and abs(away) <= _FARTHEST for start in (LAYER, DEPTH))


def deep(term: Term) -> Iterator[Term]:
    """The term and all terms in it, at any depth."""
    stack = [term]
    while stack:
        found = stack.pop()
        yield found
        stack.extend(parts(found))


def rebuild(term: Term, change: Callable[[Term], Term]) -> Term:
    """The same term with ``change`` applied to what is directly inside; shapes are checked again."""
    changes: dict[str, object] = {}
    for field in fields(term):
        value = getattr(term, field.name)
        if isinstance(value, Term):
            changes[field.name] = change(value)
        elif isinstance(value, tuple):
            changes[field.name] = tuple(map(change, value))
    return replace(term, **changes) if changes else term


def at_layer(term: Term, layer: sympy.Expr) -> Term:
    """The same term for another layer: i replaced by ``layer`` in every index and every size."""

    changes: dict[str, object] = {}
    for field in fields(term):
        value = getattr(term, field.name)
        if isinstance(value, sympy.Expr):
            changes[field.name] = value.subs(LAYER, layer)
        elif isinstance(value, Term):
            changes[field.name] = at_layer(value, layer)
        elif isinstance(value, tuple):
            changes[field.name] = tuple(at_layer(part, layer) for part in value)
    moved = replace(term, **changes)
    match moved:
        case Symbol():
            return settled(moved)
        case Transpose():
            return transposed(moved.term)
        case Product():
            return product_of(tuple(f for factor in moved.factors for f in _factors(factor)))
    return moved


def settled(symbol: Symbol) -> Term:
    """The symbol, or the identity where it is a product over the layers above the output."""
    return Identity(symbol.rows) if symbol.chain and symbol.index == DEPTH + 1 else symbol


def _factors(term: Term) -> tuple[Term, ...]:
    return term.factors if isinstance(term, Product) else (term,)


def _terms(term: Term) -> tuple[Term, ...]:
    return term.terms if isinstance(term, Sum) else (term,)
