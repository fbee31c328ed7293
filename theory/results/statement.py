"""What a mathematical statement of this project is made of.

A statement carries its own text (LaTeX, ready to typeset), the hypotheses it needs, its conclusion, the
place in the paper it comes from, and how it relates to what is printed there: true as it stands, true after
a repair, false as printed, or new. Whether an implementation behaves as the statement says is another
question, and no business of these objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sympy

STATUSES = ("holds", "holds with repair", "false as printed", "new", "empirical")
"""Every status a statement can have."""

_REPAIRED = ("holds with repair", "false as printed")
_KEBAB_CASE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


class InvalidStatement(ValueError):
    """A statement is incomplete or badly labelled."""


@dataclass(frozen=True)
class Assumption:
    """A hypothesis with a short name: ``words`` for a reader, ``latex`` for the formula."""

    id: str
    words: str
    latex: str


@dataclass(frozen=True)
class Counterexample:
    """A case in which what is printed fails, in full. Texts are sentences with formulas in dollars.

    ``parts`` are named: the network, the data, the law of the noise, the loss, which hypotheses hold, what
    the theorem says of it and what is found. ``figures`` computes numbers, each with what it is.
    """

    title: str
    parts: tuple[tuple[str, str], ...]
    figures: Callable[[], Iterable[tuple[str, str]]] = tuple

    def lines(self) -> Iterable[tuple[str, str]]:
        """The parts, then the figures."""
        yield from self.parts
        yield from self.figures()


@dataclass(frozen=True)
class Statement:
    """A claim about mathematics.

    ``conclusion`` is a sympy expression or relation where one is natural, otherwise LaTeX. ``as_printed``
    is what the paper says and ``repair`` what had to change and why; both are required where the status
    says that something had to; ``counterexamples`` show that it had. ``beyond`` says which part of the
    conclusion no proof in steps covers, and what settles that part; it is empty where they cover all of it,
    and where there is no such proof.

    Raises ``InvalidStatement`` (a ``ValueError``) for an id that is not kebab-case, an unknown status, an
    empty text, an assumption listed twice, or a repair that is not explained.
    """

    id: str
    title: str
    source: str
    status: str
    latex: str
    assumptions: tuple[Assumption, ...]
    conclusion: sympy.Basic | str
    as_printed: str = ""
    repair: str = ""
    counterexamples: tuple[Counterexample, ...] = ()
    beyond: str = ""

    @property
    def remarks(self) -> str:
        """What ``repair`` is: a repair, the reading in which it holds, or remarks on a new statement."""
        if self.status in _REPAIRED:
            return "What was repaired, and why"
        return "How it is meant" if self.as_printed else "Remarks"

    def __post_init__(self) -> None:
        """Refuse what a reader could not rely on."""
        if not _KEBAB_CASE.fullmatch(self.id):
            raise InvalidStatement(f"id is {self.id!r}; expected kebab-case, such as 'theorem-1'.")
        if self.status not in STATUSES:
            raise InvalidStatement(
                f"status of {self.id} is {self.status!r}; expected one of: {', '.join(STATUSES)}."
            )
        required = ["title", "source", "latex"]
        if self.status in _REPAIRED:
            required += ["as_printed", "repair"]
        for name in required:
            if not getattr(self, name).strip():
                raise InvalidStatement(f"{name} of {self.id} is empty; a statement {self.status!r} needs it.")
        names = [assumption.id for assumption in self.assumptions]
        if len(set(names)) < len(names):
            raise InvalidStatement(f"assumptions of {self.id} are {names}; expected each one once.")
