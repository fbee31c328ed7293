"""A subject without a process, for what the command does with its arguments, its files and its streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

from proofs_check.claims.claim import Claim
from proofs_check.verdict.evidence import Evidence
from tests.proofs_check.fakes import CONFIRMED, GOOD, claim


class Nobody(SimpleNamespace):
    """Stands where the command expects a `WorkerSubject`."""

    def __init__(self, place: str | None = None) -> None:
        super().__init__(place=place or "impl.reference:Reference", name="Nobody", torch="2.0", supports={})

    def __enter__(self) -> Nobody:
        return self

    def __exit__(self, *_: object) -> None: ...

    def load(self) -> None: ...

    def begin_claim(self, seconds: float) -> None: ...

    def close(self) -> None: ...


def noting(
    names: Sequence[str], asked: list[str], act: dict[str, Callable[[], Any]] | None = None
) -> tuple[Claim, ...]:
    """Claims that hold and note that they were asked; `act` does something else in some of them."""

    def one(name: str) -> Claim:
        def examine(subject: object, effort: object) -> Any:
            asked.append(name)
            if act and name in act:
                yield from act[name]() or ()
            yield GOOD

        return Claim(claim(name).statement, lambda effort: (CONFIRMED,), examine)

    return tuple(map(one, names))


BAD = Evidence("implementation", "what was found", 3.0, 1.0)
