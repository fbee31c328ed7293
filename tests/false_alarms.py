"""Many seeds at quick, in one process, on two correct subjects: any failure is a false alarm.

    python -m tests.false_alarms [SEEDS] [--from SEED] [--only ID,ID | --statistical] [--record FILE]

Prints a line per seed as it goes; interrupted, it says where to go on. Exit code 0 means no alarm. The
statements do not depend on the subject, so each is confirmed once per seed; with --only or --statistical, not
at all: what draws noise is the examination. --statistical takes the claims that the error budget names.

--record adds what was counted to a file, after every seed: `proofs_check/record/false_alarms.json` is the one
that the report shows. One process at a time may write it. A run that was made without it is added afterwards,
from what it printed, and nothing is run:

    python -m tests.false_alarms [--only ID,ID | --statistical] --record FILE --from-log LOG --checkout DIR

Many machines share the seeds by --shard k/n, each a part of its own with a record of its own; the records of
all parts are then added up, and refused where a seed is missing, double, or of another state of the suite:

    python -m tests.false_alarms SEEDS [--from SEED] --shard k/n --record PART
    python -m tests.false_alarms SEEDS [--from SEED] --merge PART ... --record FILE

DIR is the checkout that made the log, as it was then; the versions are those of the interpreter that reads
it, so it has to be the one that made it; the date is that of the log.
"""

from __future__ import annotations

import argparse
import re
import shlex
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from feedback_proofs_io import whole
from feedback_proofs_io.command import Mistake, Once, Parser, ended, integer
from feedback_proofs_io.given import Unreadable as NotReadable
from feedback_proofs_io.given import content
from feedback_proofs_io.shards import Shard, shard
from proofs_check.claims import CLAIMS
from proofs_check.claims.claim import Claim
from proofs_check.command.options import select
from proofs_check.ledger.ledger import Row, check
from proofs_check.ledger.versions import installed, own_versions
from proofs_check.report import record
from proofs_check.report.checkout import Checkout, checkout
from proofs_check.subject.methods import REFERENCE
from proofs_check.subject.subjects import HOME, WorkerSubject
from proofs_check.verdict.budget import SHARES
from proofs_check.verdict.effort import Effort

SUBJECTS = (None, "tests/numpy_subject.py:NumpySubject")  # None: the reference
DEPTH = "quick"
ACCEPTED = ("pass", "not applicable")
LINE = re.compile(r"seed (\d+): (\d+) false alarms, \d+ s")
LAST = re.compile(
    r"(\d+) ledgers of (\d+) claims \((\d+) seeds, (\d+) correct subjects\): (\d+) false alarms"
)


class Unreadable(ValueError):
    """A log does not say what was run."""


@dataclass(frozen=True)
class Counted:
    """How many alarms each of some consecutive seeds had."""

    first: int
    alarms: tuple[int, ...]


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
            row = check(asked, subject, Patient(DEPTH, seed))
            if row.verdict.outcome not in ACCEPTED:
                found.append((subject.name, row))
    return found


def statistical() -> set[str]:
    """The claims with a share of the error budget."""
    return {share.claim for share in SHARES}


def kind(claims: Iterable[Claim]) -> str:
    """What the record calls a run of these claims."""
    asked = {claim.id for claim in claims}
    if asked == {claim.id for claim in CLAIMS}:
        return "whole ledger"
    return "statistical claims" if asked == statistical() else "some claims"


def as_run(counted: Counted, claims: Sequence[Claim], made: Checkout | None, date: str) -> record.Run:
    """What is kept of some seeds."""
    return record.Run(
        kind=kind(claims),
        depth=DEPTH,
        claims=tuple(claim.id for claim in claims),
        subjects=tuple(place or REFERENCE for place in SUBJECTS),
        first=counted.first,
        seeds=len(counted.alarms),
        alarms=sum(counted.alarms),
        alarmed=sum(count > 0 for count in counted.alarms),
        commit=None if made is None else made.commit,
        dirty=made is not None and made.dirty,
        versions={**own_versions(), "torch": installed("torch")},
        date=date,
    )


def part_of(first: int, seeds: int, part: Shard) -> tuple[int, int]:
    """The first seed of a part, and how many it has: neighbours, so that records of parts join."""
    begin, end = (seeds * k // part.parts for k in (part.part - 1, part.part))
    return first + begin, end - begin


def with_runs(path: Path, runs: Iterable[record.Run]) -> tuple[record.Run, ...]:
    """What a file keeps, and more runs; raises `record.Twice` where one of their seeds is there already."""
    try:
        kept = record.read_alarms(path) if path.is_file() else ()
    except ValueError:
        raise Unreadable(f"{path} is no record of false alarms") from None
    for run in runs:
        kept = record.merged(kept, run)
    return kept


def keep(path: Path, run: record.Run) -> None:
    """Add a run to a file; raises what `with_runs` raises."""
    whole.prepare(path)
    whole.write(path, record.as_json(with_runs(path, [run])))


def read_log(text: str, claims: int) -> Counted:
    """What a log says; raises `Unreadable` where seeds are missing or doubled, or it contradicts itself.

    A log that is cut off, in the middle of a line even, counts as far as it goes.
    """
    lines = [line for line in text.splitlines(keepends=True) if line.endswith("\n")]
    found = [(int(m[1]), int(m[2])) for line in lines if (m := LINE.fullmatch(line.strip()))]
    if not found:
        raise Unreadable("the log has no line of a seed")
    seeds = [seed for seed, _ in found]
    if seeds != list(range(seeds[0], seeds[0] + len(seeds))):
        raise Unreadable("the seeds of the log are not consecutive")
    named = sum(line.startswith("ALARM at seed ") for line in lines)
    total = sum(count for _, count in found)
    if named != total:  # one more: that of a seed which was not finished must not be lost
        raise Unreadable(f"the log names {named} alarms and counts {total}")
    for line in lines:
        if (m := LAST.fullmatch(line.strip())) and tuple(map(int, m.groups())) != (
            len(seeds) * len(SUBJECTS),
            claims,
            len(seeds),
            len(SUBJECTS),
            total,
        ):
            raise Unreadable(f"its last line does not fit: {line.strip()}")
    return Counted(seeds[0], tuple(count for _, count in found))


def add_parts(given: argparse.Namespace, claims: tuple[Claim, ...]) -> int:
    """Record what the parts of a run counted; the exit code."""
    parts = [(run, path) for path in given.merge for run in _read_part(path)]
    first, origin = parts[0]
    for run, path in parts:
        if not first.same_but_seeds(run):
            raise Unreadable(
                f"{path} is of another state of the suite than {origin}, or asked something else"
            )
        if run.claims != tuple(claim.id for claim in claims):
            raise Unreadable(f"{path} is a run of other claims than those asked for")
    counts = Counter(seed for run, _ in parts for seed in range(run.first, run.end))
    wanted = range(given.first, given.first + given.seeds)
    for why, seeds in {
        "are in the parts twice": [seed for seed, count in counts.items() if count > 1],
        "are missing": [seed for seed in wanted if seed not in counts],
        "were not asked for": [seed for seed in counts if seed not in wanted],
    }.items():
        if seeds:
            more = f" and {len(seeds) - 9} more" if len(seeds) > 9 else ""
            raise Unreadable(f"seeds {', '.join(map(str, sorted(seeds)[:9]))}{more} {why}")
    kept: tuple[record.Run, ...] = with_runs(given.record, [run for run, _ in parts])
    whole.write(given.record, record.as_json(kept))
    counted = f"{len(counts)} seeds of {len(given.merge)} parts, {sum(run.alarms for run, _ in parts)} alarms"
    print(f"recorded in {given.record}: {first.kind}, {counted}")
    return 0


def _read_part(path: Path) -> tuple[record.Run, ...]:
    try:
        found = record.read_alarms(path)
    except (OSError, RecursionError, ValueError):
        found = ()
    if not found:
        raise Unreadable(f"{path} is no record of false alarms, or has none")
    return found


def chosen(given: argparse.Namespace) -> tuple[Claim, ...]:
    """The claims that were asked for; raises `Mistake`."""
    if given.statistical and given.only is not None:
        raise Mistake("--only and --statistical name claims in two ways: give one of them")
    wanted = sorted(statistical()) if given.statistical else None
    return select(wanted if given.only is None else given.only.split(","), CLAIMS)


def run(given: argparse.Namespace, claims: tuple[Claim, ...]) -> int:
    """Run the seeds asked for; the exit code."""
    every = len(claims) == len(CLAIMS)
    made = checkout(HOME)
    if given.record is not None:  # before any work
        with_runs(given.record, [as_run(Counted(given.first, (0,) * given.seeds), claims, made, "")])
    subjects = [WorkerSubject(place) for place in SUBJECTS]
    total, started = 0, time.monotonic()
    last = given.first + given.seeds
    for seed in range(given.first, last):
        try:
            found = alarms(seed, subjects, claims, confirm=every)
        except KeyboardInterrupt:
            rest = "" if every else " --only " + ",".join(claim.id for claim in claims)
            rest += f" --record {shlex.quote(str(given.record))}" if given.record is not None else ""
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
        if given.record is not None:
            today = datetime.now(UTC).date().isoformat()
            keep(given.record, as_run(Counted(seed, (len(found),)), claims, made, today))
    for subject in subjects:
        subject.close()
    runs = given.seeds * len(SUBJECTS)
    print(
        f"{runs} ledgers of {len(claims)} claims ({given.seeds} seeds, {len(SUBJECTS)} correct subjects): "
        f"{total} false alarms"
    )
    return 1 if total else 0


def add_log(given: argparse.Namespace, claims: tuple[Claim, ...]) -> int:
    """Record what a log says; the exit code."""
    counted = read_log(content(given.from_log).decode("utf-8", "replace"), len(claims))
    made = checkout(given.checkout)
    if made is None:
        raise Unreadable(f"{given.checkout} is no checkout of git, so nothing says which code was run")
    date = datetime.fromtimestamp(given.from_log.stat().st_mtime, UTC).date().isoformat()
    added = as_run(counted, claims, made, date)
    keep(given.record, added)
    print(
        f"recorded in {given.record}: {added.kind}, seeds {added.first} to {added.end - 1}, "
        f"{added.ledgers} ledgers, {added.alarms} alarms, {made.words}"
    )
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the seeds asked for, or record a log; the exit code."""
    return ended("python -m tests.false_alarms", lambda: _run(argv), (Unreadable, NotReadable, record.Twice))


def _run(argv: Sequence[str] | None) -> int:
    parser = Parser("python -m tests.false_alarms", description=__doc__.splitlines()[0])
    parser.add_argument(
        "seeds", nargs="?", type=integer(1, 2**32), default=100, help="how many (default: 100)"
    )
    parser.add_argument(
        "--from", dest="first", type=integer(0, 2**32 - 1), default=0, help="the first seed (default: 0)"
    )
    parser.add_argument("--only", action=Once, help="these claims, such as noise,clt")
    parser.add_argument(
        "--statistical", action="store_true", help="the claims with a share of the error budget"
    )
    parser.add_argument("--record", type=Path, metavar="FILE", help="add what is counted to this file")
    parser.add_argument("--from-log", type=Path, metavar="LOG", help="run nothing: record what a run printed")
    parser.add_argument("--shard", type=shard, metavar="k/n", help="the k-th of n parts of the seeds")
    parser.add_argument(
        "--merge", nargs="+", type=Path, metavar="PART", help="run nothing: record what all parts counted"
    )
    parser.add_argument("--checkout", type=Path, metavar="DIR", help="the checkout that made the log")
    given = parser.parse_args(argv)
    claims = chosen(given)
    if given.first + given.seeds > 2**32:
        raise Mistake(f"{given.seeds} seeds from {given.first} go beyond {2**32 - 1}")
    if given.from_log is not None and (given.record is None or given.checkout is None):
        raise Mistake("--from-log needs --record and --checkout")
    if given.merge is not None and (given.record is None or given.shard or given.from_log):
        raise Mistake("--merge needs --record, and neither --shard nor --from-log")
    if given.shard is not None:
        given.first, given.seeds = part_of(given.first, given.seeds, given.shard)
        if given.seeds == 0:
            raise Mistake(f"--shard is {given.shard}, which has none of so few seeds")
    if given.record is not None:
        for part in given.merge or ():
            whole.apart([("--merge", part), ("--record", given.record)])
        whole.prepare(given.record)
    if given.merge is not None:
        return add_parts(given, claims)
    return run(given, claims) if given.from_log is None else add_log(given, claims)


if __name__ == "__main__":
    sys.exit(main())
