"""Work in n parts that know nothing of each other: which part a process does, and whether all are there."""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Incomplete", "Shard", "complete", "shard"]

T = TypeVar("T")

MOST = 100_000


class Incomplete(ValueError):
    """Parts are missing, are there twice, or are of two ways to cut; the message says which."""


@dataclass(frozen=True, order=True)
class Shard:
    """The part number ``part``, from 1 to ``parts``; as text "2/5"."""

    part: int
    parts: int

    def __post_init__(self) -> None:
        if not 1 <= self.part <= self.parts <= MOST:
            raise ValueError(f"there is no part {self.part} of {self.parts}")

    def __str__(self) -> str:
        return f"{self.part}/{self.parts}"

    def of(self, whole: Sequence[T]) -> Sequence[T]:
        """Every n-th of the things there are, from the k-th on: each is in one part."""
        return whole[self.part - 1 :: self.parts]


def shard(word: str) -> Shard:
    """For an argument: k/n, in digits and nothing else."""
    found = re.fullmatch(r"([0-9]{1,6})/([0-9]{1,6})", word)
    try:
        if found is not None:
            return Shard(int(found[1]), int(found[2]))
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"it is {word[:40]!r}, expected k/n with k from 1 to n, such as 2/5")


def complete(found: Iterable[tuple[Shard, object]]) -> None:
    """See that parts, each with the file it is in, are all that there are; raises `Incomplete`."""
    given = list(found)
    if not given:
        raise Incomplete("there are no parts; expected all of them")
    (first, origin), parts = given[0], given[0][0].parts
    for one, where in given:
        if one.parts != parts:
            raise Incomplete(f"{where} is part {one}, but {origin} is part {first}: cut in two ways")
    counts = Counter(one.part for one, _ in given)
    for part, count in sorted(counts.items()):
        if count > 1:
            files = [str(where) for one, where in given if one.part == part]
            raise Incomplete(f"part {part}/{parts} is there {count} times: {', '.join(files[:3])}")
    absent = [part for part in range(1, parts + 1) if part not in counts]
    if absent:
        more = "" if len(absent) <= 9 else f" and {len(absent) - 9} more"
        named = ", ".join(f"{part}/{parts}" for part in absent[:9]) + more
        raise Incomplete(f"of {parts} parts {len(given)} are there; missing: {named}")
