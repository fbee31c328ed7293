"""What one process of the attack does at a time."""

from __future__ import annotations

import signal

from tests.theory.proof.attack.engine import Tally, all_points, batch, tempted
from tests.theory.proof.attack.mutants import Mutant
from tests.theory.proof.attack.weakenings import Weakening, found_after

CHUNK = 8
"""Places."""


def leave_interrupts() -> None:
    """An interrupt is for the first process alone, which then ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def work(job: tuple[int, int]) -> tuple[int, Tally]:
    """The places from one on, of a seed."""
    seed, place = job
    tally = Tally()
    for k in range(place, place + CHUNK):
        tally.add(batch(seed, k, all_points()))
        tally.add(tempted(seed, k))
    return place, tally


def weaken(task: tuple[int, int, Weakening | Mutant]) -> tuple[int, str]:
    """One weakening: the false conclusions tried, an example of what is accepted then."""
    seed, most, weakening = task
    tally = found_after(weakening, most, seed)
    return tally.false, str(tally.holes[0]) if tally.holes else ""
