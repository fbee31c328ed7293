"""Matrices as power series in a small number, cut after a few terms: exact limits and exact orders.

The coefficients are rational or ball matrices. The variable is the noise scale c, so that lim is the
first coefficient and no number is ever close to 0; or the size of a change of the sample. A jet of
order 0 is just a matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flint import arb, arb_mat, fmpq, fmpq_mat

from theory.exact.network import Matrix, Scalar

_AGREE = 2.0**-100  # of the size: how wide a ball around 0 may be


class Singular(ArithmeticError):
    """A matrix that should have an inverse has none, or none that is known."""


@dataclass(frozen=True)
class Jet:
    """coefficients[k] belongs to the k-th power; all have one shape."""

    coefficients: tuple[Matrix, ...]

    @property
    def order(self) -> int:
        """The highest power kept."""
        return len(self.coefficients) - 1

    @property
    def exact(self) -> bool:
        """Whether the coefficients are rational."""
        return isinstance(self.coefficients[0], fmpq_mat)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.coefficients[0].nrows(), self.coefficients[0].ncols()

    @property
    def T(self) -> Jet:
        """The transpose."""
        return Jet(tuple(m.transpose() for m in self.coefficients))

    @property
    def start(self) -> Jet:
        """The first coefficient, as a jet that does not change."""
        return constant(self.coefficients[0], self.order)

    def __add__(self, other: Jet) -> Jet:
        return Jet(tuple(a + b for a, b in zip(self.coefficients, other.coefficients, strict=True)))

    def __sub__(self, other: Jet) -> Jet:
        return Jet(tuple(a - b for a, b in zip(self.coefficients, other.coefficients, strict=True)))

    def __mul__(self, other: Jet) -> Jet:
        left, right = self.coefficients, other.coefficients
        zero = 0 * (left[0] * right[0])
        return Jet(tuple(sum((left[j] * right[k - j] for j in range(k + 1)), zero) for k in range(len(left))))

    def scaled(self, numbers: Sequence[Scalar]) -> Jet:
        """A series of numbers times it."""
        zero = 0 * self.coefficients[0]
        return Jet(
            tuple(
                sum((self.coefficients[k - j] * numbers[j] for j in range(k + 1)), zero)
                for k in range(len(self.coefficients))
            )
        )

    @property
    def inverse(self) -> Jet:
        """The inverse; raises `Singular` where the first coefficient has none."""
        try:
            first = self.coefficients[0].inv()
        except ZeroDivisionError:
            raise Singular("a matrix to be inverted is singular") from None
        found = [first]
        for k in range(1, len(self.coefficients)):
            rest = sum((self.coefficients[j] * found[k - j] for j in range(1, k + 1)), 0 * first)
            found.append(-1 * (first * rest))
        return Jet(tuple(found))

    @property
    def pseudo_inverse(self) -> Jet:
        """The pseudo-inverse of a symmetric matrix of constant rank, V (VᵀXV)⁻¹ Vᵀ with V columns of X."""
        chosen = independent_columns(self.coefficients[0])
        if not chosen:
            return self
        basis = Jet(
            tuple(type(m)([[row[j] for j in chosen] for row in m.tolist()]) for m in self.coefficients)
        )
        return basis * (basis.T * self * basis).inverse * basis.T

    def agrees(self, other: Jet) -> bool:
        """Whether all coefficients are equal; balls have to be narrow, and to overlap."""
        if self.shape != other.shape:
            return False
        return all(
            _close(a, b)
            for left, right in zip(self.coefficients, other.coefficients, strict=True)
            for a, b in zip(left.entries(), right.entries(), strict=True)
        )


def constant(matrix: Matrix, order: int) -> Jet:
    """The matrix as a jet that does not change."""
    return Jet((matrix, *(0 * matrix for _ in range(order))))


def mean_of(jets: Sequence[Jet], shares: Sequence[Sequence[Scalar]]) -> Jet:
    """The sum of share times jet, the shares being series too."""
    total = jets[0].scaled(shares[0])
    for jet, share in zip(jets[1:], shares[1:], strict=True):
        total = total + jet.scaled(share)
    return total


def independent_columns(matrix: Matrix) -> list[int]:
    """The first columns that span the range of a rational matrix."""
    if not isinstance(matrix, fmpq_mat):
        raise Singular("the rank of a matrix of balls is not known")
    reduced, rank = matrix.rref()
    return [next(j for j, value in enumerate(row) if value != 0) for row in reduced.tolist()[:rank]]


def diagonal(entries: Sequence[Scalar], exact: bool) -> Matrix:
    """A diagonal matrix."""
    size = len(entries)
    table = [[entries[j] if j == k else 0 * entries[j] for k in range(size)] for j in range(size)]
    return fmpq_mat(table) if exact else arb_mat(table)


def entrywise(function: Callable[[Scalar], Scalar], matrix: Matrix) -> Matrix:
    """The function of every entry."""
    return type(matrix)([[function(v) for v in row] for row in matrix.tolist()])


def _close(a: Scalar, b: Scalar) -> bool:
    if isinstance(a, fmpq):
        return bool(a == b)
    difference = a - b
    wide = _AGREE * float(1 + abs(a).upper() + abs(b).upper())
    if not float(difference.rad()) < wide:
        raise ArithmeticError(f"the ball {arb(difference)} is too wide to compare")
    return bool(difference.contains(0))
