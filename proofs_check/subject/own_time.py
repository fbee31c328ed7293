"""The time of its own that a process has had: what a slow neighbour takes is no fault of a subject.

Counted is the time in which we wait for its answers, less all that the threads of either process have waited
for a processor since it began: rather too little than too much. But threads that wait for one another are not
held up by neighbours: once the process and what it started have had the processors it may use for the whole
of that time, it is up. These accounts are read only once the plain time is up, so that on a machine with
nothing else to do they cost nothing.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from proofs_check.subject import family

BUSY = 20.0  # so many times its allowance may a process take in all, on a machine that is busy with others


class OwnTime:
    """An allowance of so many seconds for all questions to a process, from now on."""

    def __init__(self, process: int, seconds: float) -> None:
        self.seconds = max(seconds, 0.0)
        self._process = process
        self._places = ("/proc/self", f"/proc/{process}")
        self._before = self._waits()
        self._computed = family.processor_seconds(process, alone=True)
        self._spent = 0.0
        self._since: float | None = None

    def start(self) -> None:
        """A question is asked."""
        self._since = time.perf_counter()

    def stop(self) -> None:
        """It is answered."""
        self._spent, self._since = self._plain(), None

    def left(self) -> float:
        """Seconds that are left, never fewer than 0."""
        plain = self._plain()
        if plain < self.seconds:
            return self.seconds - plain
        if plain >= BUSY * self.seconds or self._has_computed():
            return 0.0
        return max(self.seconds - max(plain - max(self._waits() - self._before, 0.0), 0.0), 0.0)

    def _has_computed(self) -> bool:
        """Whether it has had all of its processors for the whole time."""
        computed = family.processor_seconds(self._process) - self._computed
        return computed >= self.seconds * processors(self._process)

    def _plain(self) -> float:
        asking = 0.0 if self._since is None else time.perf_counter() - self._since
        return self._spent + asking

    def _waits(self) -> float:
        return sum(map(waited, self._places))


def waited(place: str) -> float:
    """For how many seconds the threads of a process, such as "/proc/self", were ready to run while others
    ran; 0 where it is gone, or the system keeps no such account: all time counts then.
    """
    try:
        return sum(
            int((thread / "schedstat").read_text(encoding="ascii").split()[1]) / 1e9
            for thread in Path(place, "task").iterdir()
        )
    except (OSError, ValueError, IndexError):
        return 0.0


def processors(process: int) -> int:
    """How many processors the threads of a process may run on; at least 1."""
    may: set[int] = set()
    with contextlib.suppress(OSError, AttributeError):
        for thread in Path(f"/proc/{process}/task").iterdir():
            may |= os.sched_getaffinity(int(thread.name))
    return max(len(may), 1)
