"""What a check found: rows of evidence, and the exceptions that end a check early.

A row says one thing a reader understands, the value found and the bound required of it, so that whoever
reads the ledger can judge the verdict instead of trusting it. A check is a generator of such rows. It may
also stop with `Falsified` (a counterexample was found), `NotApplicable` (the subject does not offer what
the check needs) or `SubjectError` (the subject raised, hung, died or answered something that is no answer).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, get_args

Value: TypeAlias = float | int | str
Bound: TypeAlias = Value | tuple[float, float] | None
Kind = Literal[
    "machine-checked",  # a theorem that a proof assistant has checked
    "symbolic",  # an exact derivation
    "exact",  # an identity in rational arithmetic
    "ball arithmetic",  # a rigorous enclosure
    "exact limit",  # a population limit as a finite sum, no sampling
    "implementation",  # the subject's own numbers, held against an independent value
    "statistical",  # a test with a stated error rate
    "not applicable",  # a part that does not apply here, with the reason
    "information",  # nothing is required
]
KINDS: tuple[str, ...] = get_args(Kind)


@dataclass(frozen=True)
class Evidence:
    """One thing a check found.

    `bound` says what is required of `value`: a number, at most that; a pair (low, high), between the two; a
    string, equal to it; None, nothing.
    """

    kind: Kind
    name: str
    value: Value
    bound: Bound = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}, expected one of {', '.join(KINDS)}")
        if isinstance(self.value, bool):  # False <= True would hold
            raise TypeError(f"the value of {self.name!r} is a bool; say what was found in a word or a number")
        if self.bound is not None and isinstance(self.value, str) != isinstance(self.bound, str):
            raise TypeError(f"{self.name!r}: {self.value!r} cannot be compared with the bound {self.bound!r}")

    @property
    def holds(self) -> bool:
        """Whether the value satisfies the bound; NaN satisfies none."""
        if self.bound is None:
            return True
        if isinstance(self.value, str) or isinstance(self.bound, str):
            return self.value == self.bound
        if isinstance(self.bound, tuple):
            low, high = self.bound
            return bool(low <= self.value <= high)
        return bool(self.value <= self.bound)

    @property
    def finding(self) -> str:
        """The value beside what is required of it, such as "3.1e-14 ≤ 2e-12"."""
        if self.bound is None:
            return _number(self.value)
        if isinstance(self.bound, str):
            return str(self.value) if self.holds else f"{self.value}, expected {self.bound}"
        if isinstance(self.bound, tuple):
            value, low, high = (_number(entry, 6) for entry in (self.value, *self.bound))
            relation = f"in [{low}, {high}]"
        else:
            value, high = _number(self.value), _number(self.bound)
            if value == high and not self.holds:  # 1.00001 is not "1, required ≤ 1"
                value, high = str(self.value), str(self.bound)
            relation = f"≤ {high}"
        return f"{value} {relation}" if self.holds else f"{value}, required {relation}"

    @property
    def required(self) -> bool:
        """Whether anything is required of the value, that is: whether this row could have failed."""
        return self.bound is not None


def _number(value: Value, digits: int = 4) -> str:
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


class Shown(Protocol):
    """A counterexample as data, which can be written as code that shows it."""

    @property
    def code(self) -> str:
        """The code."""


Counterexample: TypeAlias = Shown | str
"""Data; or code alone, where nothing but a reader has a use for it."""


class Falsified(Exception):
    """A counterexample: the claim is not true of what was checked."""

    def __init__(
        self, reason: str, evidence: tuple[Evidence, ...] = (), counterexample: Counterexample | None = None
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.evidence = tuple(evidence)
        self.counterexample = counterexample


def falsified_by(rows: Iterable[Evidence], counterexample: Counterexample) -> Iterator[Evidence]:
    """Pass the rows on; at the first that does not hold, raise `Falsified` with what shows it."""
    for row in rows:
        if not row.holds:
            raise Falsified(f"{row.name}: {row.finding}", (row,), counterexample)
        yield row


class NotApplicable(Exception):
    """The subject does not offer what the claim needs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SubjectError(Exception):
    """The subject raised, or answered with the wrong type, length, dtype, shape, or with NaN or infinity."""

    def __init__(self, reason: str, counterexample: Counterexample | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.counterexample = counterexample


class SubjectLost(SubjectError):
    """The subject hung and was stopped, or its process died: nothing more can be asked of it in this claim.

    Every later call of the same claim raises this again, whatever its arguments, so there is nothing to
    shrink.
    """
