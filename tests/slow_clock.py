"""`python -m tests.slow_clock [RUNS]`: claims on a machine that is busy, with a clock that is slow to read.

Every reading of what was waited for a processor takes 50 ms more, while four processes keep the processors
busy. A subject answers at about the time at which its allowance ends. Counted are the claims that were
answered, those whose time was up, and the workers that ended although they had answered: of those there must
be none, and the exit code says so.
"""

from __future__ import annotations

import multiprocessing
import sys
import time
from pathlib import Path

from proofs_check.subject import own_time
from proofs_check.subject.subjects import WorkerSubject
from proofs_check.verdict.evidence import SubjectLost

STRANGE = Path(__file__).parent / "proofs_check" / "strange_subjects.py"
DELAY, LOOPS, RUNS, NAP = 0.05, 4, 300, 0.3
ALLOWED = (0.28, 0.29, 0.295, 0.3, 0.302, 0.305, 0.31, 0.32)  # seconds for an answer that takes about 0.3


def spin() -> None:
    """Keep a processor busy."""
    while True:
        pass


def count(runs: int) -> dict[str, int]:
    """How the claims ended."""
    usual = own_time.waited

    def slowly(place: str) -> float:
        time.sleep(DELAY)
        return usual(place)

    own_time.waited = slowly
    found = {"answered": 0, "time was up": 0, "ended although it had answered": 0}
    try:
        with WorkerSubject(f"{STRANGE}:Strange") as subject:
            for run in range(runs):
                subject._hung = 0
                subject.begin_claim(ALLOWED[run % len(ALLOWED)])
                try:
                    subject.draw_noise([2, 3], 4, "sleeps")
                except SubjectLost as lost:
                    late = lost.reason.startswith("no answer from draw_noise within")
                    found["time was up" if late else "ended although it had answered"] += 1
                    continue
                found["answered"] += 1
                before = subject._process.worker
                subject.begin_claim(20.0)
                subject.draw_noise([2, 3], 4, "")
                found["ended although it had answered"] += subject._process.worker != before
    finally:
        own_time.waited = usual
    return found


def main() -> int:
    """Count, and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    loops = [multiprocessing.get_context("spawn").Process(target=spin, daemon=True) for _ in range(LOOPS)]
    for loop in loops:
        loop.start()
    start = time.perf_counter()
    try:
        found = count(runs)
    finally:
        for loop in loops:
            loop.kill()
    said = ", ".join(f"{number} {name}" for name, number in found.items())
    print(f"{runs} claims under {LOOPS} busy loops, {time.perf_counter() - start:.0f} s: {said}")
    return int(found["ended although it had answered"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
