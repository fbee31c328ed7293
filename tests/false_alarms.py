"""Many seeds at quick, in one process, on two correct subjects: any failure is a false alarm.

    python -m tests.false_alarms [SEEDS] [--from SEED]

Prints a line per seed as it goes; interrupted, it says where to go on. Exit code 0 means no alarm. The
statements do not depend on the subject, so each is confirmed once per seed.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

from proofs_check.claims import CLAIMS
from proofs_check.effort import Effort
from proofs_check.ledger import Row, check
from proofs_check.subjects import WorkerSubject

SUBJECTS = (None, "tests/numpy_subject.py:NumpySubject")  # None: the reference
ACCEPTED = ("pass", "not applicable")


def alarms(seed: int, subjects: list[WorkerSubject]) -> list[tuple[str, Row]]:
    """The claims that do not pass at this seed, with the subject's name."""
    found = []
    for number, subject in enumerate(subjects):
        for claim in CLAIMS:
            asked = claim if number == 0 else replace(claim, confirm=lambda effort: ())
            row = check(asked, subject, Effort("quick", seed))
            if row.verdict.outcome not in ACCEPTED:
                found.append((subject.name, row))
    return found


def main() -> int:
    """Run the seeds asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="?", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed (default: 0)")
    given = parser.parse_args()
    subjects = [WorkerSubject(place) for place in SUBJECTS]
    total, started = 0, time.monotonic()
    last = given.first + given.seeds
    for seed in range(given.first, last):
        try:
            found = alarms(seed, subjects)
        except KeyboardInterrupt:
            print(f"interrupted; go on with: python -m tests.false_alarms {last - seed} --from {seed}")
            return 130
        total += len(found)
        for name, row in found:
            print(f"ALARM at seed {seed}: {name}, {row.claim.id}: {row.verdict.reason}")
            print(row.verdict.counterexample or "")
        print(
            f"seed {seed}: {len(found)} false alarms, {time.monotonic() - started:.0f} s",
            flush=True,
        )
    for subject in subjects:
        subject.close()
    runs = given.seeds * len(SUBJECTS)
    print(f"{runs} ledgers ({given.seeds} seeds, {len(SUBJECTS)} correct subjects): {total} false alarms")
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
