"""`python -m tests.theory.proof.attack`: draw conclusions until so many are false, and show what is accepted.

Places are numbered from 0 and independent of each other: `--start` goes on where a run was stopped.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing import get_context

from tests.theory.proof.attack.engine import Tally
from tests.theory.proof.attack.mutants import MODULES, Mutant, mutants
from tests.theory.proof.attack.weakenings import WEAKENINGS, Weakening
from tests.theory.proof.attack.work import CHUNK, leave_interrupts, weaken, work
from theory.proof.rules import RULES


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 1 where a rule accepts something false, or is never reached; 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tests.theory.proof.attack", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=100_000, help="false conclusions to try (default: 100000)"
    )
    parser.add_argument("--seed", type=int, default=0, help="another attack (default: 0)")
    parser.add_argument("--start", type=int, default=0, help="the first place (default: 0)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    parser.add_argument(
        "--weakenings", action="store_true", help="plant each weakening of the table: is it found?"
    )
    parser.add_argument(
        "--conditions",
        metavar="MODULE[:LINE[-LINE]]",
        help="drop each condition of a module of the checker, such as rules.limits: is it found?",
    )
    given = parser.parse_args(arguments)
    if min(given.count, given.jobs) < 1 or given.start < 0:
        parser.error("--count and --jobs are at least 1, --start at least 0")
    if given.weakenings or given.conditions:
        chosen = _conditions(given.conditions) if given.conditions else WEAKENINGS
        if not chosen:
            parser.error(f"--conditions {given.conditions}: no condition stands there")
        try:
            return _weakenings(chosen, given.seed, min(given.count, _MOST), given.jobs)
        except KeyboardInterrupt:
            print("\nstopped", file=sys.stderr)
            return 130
    told = 0.0
    total, following, began = Tally(), given.start - given.start % CHUNK, time.monotonic()
    try:
        with get_context("spawn").Pool(given.jobs, leave_interrupts, maxtasksperchild=_TASKS) as pool:
            jobs = ((given.seed, k) for k in range(following, 10**9, CHUNK))
            for place, tally in pool.imap(work, jobs):
                _report(total, tally)
                following = place + CHUNK
                told = _progress(total, place, time.monotonic() - began, told)
                if total.false >= given.count:
                    break
    except KeyboardInterrupt:
        print(
            f"\nstopped after {total.false} false conclusions: go on with --start {following}",
            file=sys.stderr,
        )
        return 130
    print(f"{total.drawn} conclusions, {total.false} false, {total.undecided} undecided, ", end="")
    print(f"{len(total.holes)} accepted, in {time.monotonic() - began:.0f} s; next place {following}")
    _table(total)
    unreached = [rule.name for rule in RULES if not total.reached[rule.name]]
    if unreached:
        print(f"never reached: {', '.join(unreached)}")
    return 1 if total.holes or unreached else 0


_TASKS = 100
"""Chunks after which a process is replaced: what it remembers of terms has become a gigabyte."""
_MOST = 4_000
"""False conclusions that a weakening may survive before it counts as not found."""


def _conditions(where: str) -> list[Mutant]:
    """The conditions of the module, at these lines."""
    name, _, lines = where.partition(":")
    first, _, last = lines.partition("-")
    found = [one for module in MODULES if module.endswith(f".{name}") for one in mutants(module)]
    return [one for one in found if not lines or int(first) <= one.line <= int(last or first)]


def _weakenings(chosen: Sequence[Weakening | Mutant], seed: int, most: int, jobs: int) -> int:
    missed = 0
    with get_context("spawn").Pool(jobs, leave_interrupts) as pool:
        tasks = [(seed, most, one) for one in chosen]
        for weakening, (number, example) in zip(chosen, pool.imap(weaken, tasks), strict=True):
            missed += not example
            outcome = f"found after {number:5}" if example else f"NOT FOUND in {number}"
            print(f"{outcome}  {weakening}\n    {example[:300]}", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} weakenings are found")
    return 1 if missed else 0


_EVERY = 30.0
"""Seconds between two lines of progress, where they go to a file."""


def _progress(total: Tally, place: int, seconds: float, told: float) -> float:
    """How far it is, on the terminal at once, elsewhere now and then; when it was last told."""
    line = f"{total.false} false conclusions, {len(total.holes)} accepted, place {place}, {seconds:.0f} s"
    if sys.stderr.isatty():
        print(f"\r{line}", end="", file=sys.stderr, flush=True)
    elif seconds - told >= _EVERY:
        print(line, file=sys.stderr, flush=True)
        return seconds
    return told


def _report(total: Tally, tally: Tally) -> None:
    before = Counter(hole.rule for hole in total.holes)
    for hole in tally.holes:
        before[hole.rule] += 1
        if before[hole.rule] <= 20:
            print(f"\n{hole}\n    after {total.false} false conclusions", flush=True)
    total.add(tally)


def _table(total: Tally) -> None:
    print(f"{'rule':40} {'false, tried':>12} {'reached':>8} {'accepted':>8}")
    accepted = Counter(hole.rule for hole in total.holes)
    for rule in RULES:
        print(
            f"{rule.name:40} {total.tried[rule.name]:12} {total.reached[rule.name]:8} {accepted[rule.name]:8}"
        )


if __name__ == "__main__":
    raise SystemExit(main())
