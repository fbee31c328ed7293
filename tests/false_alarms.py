"""Many seeds at quick, in one process, on two correct subjects: any failure is a false alarm.

    python -m tests.false_alarms [SEEDS] [--from SEED] [--only ID,ID | --statistical]

Prints a line per seed as it goes; interrupted, it says where to go on. Exit code 0 means no alarm. The
statements do not depend on the subject, so each is confirmed once per seed; with --only or --statistical, not
at all: what draws noise is the examination. --statistical takes the claims that the error budget names.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

from proofs_check.budget import SHARES
from proofs_check.claim import Claim
from proofs_check.claims import CLAIMS
from proofs_check.effort import Effort
from proofs_check.ledger import Row, check
from proofs_check.subjects import WorkerSubject

SUBJECTS = (None, "tests/numpy_subject.py:NumpySubject")  # None: the reference
ACCEPTED = ("pass", "not applicable")


class Patient(Effort):
    """An effort under which a subject has as long as it likes: a busy machine is no false alarm."""

    @property
    def subject_seconds(self) -> float:
        """An hour."""
        return 3600.0


def alarms(
    seed: int, subjects: list[WorkerSubject], claims: tuple[Claim, ...], confirm: bool
) -> list[tuple[str, Row]]:
    """The claims that do not pass at this seed, with the subject's name."""
    found = []
    for number, subject in enumerate(subjects):
        for claim in claims:
            asked = claim if confirm and number == 0 else replace(claim, confirm=lambda effort: ())
            row = check(asked, subject, Patient("quick", seed))
            if row.verdict.outcome not in ACCEPTED:
                found.append((subject.name, row))
    return found


def main() -> int:
    """Run the seeds asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seeds", nargs="?", type=int, default=100, help="how many (default: 100)")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed (default: 0)")
    parser.add_argument("--only", help="these claims, such as noise,clt")
    parser.add_argument(
        "--statistical", action="store_true", help="the claims with a share of the error budget"
    )
    given = parser.parse_args()
    wanted = (
        {share.claim for share in SHARES} if given.statistical else set((given.only or "").split(",")) - {""}
    )
    unknown = wanted - {claim.id for claim in CLAIMS}
    if unknown:
        parser.error(f"--only names {', '.join(sorted(unknown))}, which is no claim")
    claims = tuple(claim for claim in CLAIMS if not wanted or claim.id in wanted)
    subjects = [WorkerSubject(place) for place in SUBJECTS]
    total, started = 0, time.monotonic()
    last = given.first + given.seeds
    for seed in range(given.first, last):
        try:
            found = alarms(seed, subjects, claims, confirm=not wanted)
        except KeyboardInterrupt:
            rest = " --only " + ",".join(claim.id for claim in claims) if wanted else ""
            print(f"interrupted; go on with: python -m tests.false_alarms {last - seed} --from {seed}{rest}")
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
    print(
        f"{runs} ledgers of {len(claims)} claims ({given.seeds} seeds, {len(SUBJECTS)} correct subjects): "
        f"{total} false alarms"
    )
    return 1 if total else 0


if __name__ == "__main__":
    sys.exit(main())
