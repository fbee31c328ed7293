"""What was measured of the suite itself, as it is kept in `proofs_check/record/` and shipped.

`matrix.json` says which claim rejects which planted bug, and is written by `tests.bug_matrix`;
`false_alarms.json` has the runs on correct subjects, and is written by `tests.false_alarms --record`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from proofs_check.ledger.as_json import CHECKSUM, checksum, with_checksum
from proofs_check.report import sources

FOLDER = Path(__file__).resolve().parent.parent / "record"
MATRIX, ALARMS = FOLDER / "matrix.json", FOLDER / "false_alarms.json"
REJECTED, ERRED, ACCEPTED, NOT_ASKED = "F", "E", ".", "-"


@dataclass(frozen=True)
class Made:
    """When a claim's column was recorded: the commit, the date, the fingerprints of the claim's sources, and
    the versions of what it ran with.
    """

    commit: str | None
    dirty: bool
    date: str
    files: Mapping[str, str]
    versions: Mapping[str, str]

    @property
    def words(self) -> str:
        """For people."""
        commit = "no commit" if self.commit is None else f"commit {self.commit[:12]}"
        return f"{commit}{', with uncommitted changes' if self.dirty else ''}, {self.date}"


@dataclass(frozen=True)
class Matrix:
    """Planted bugs × claims. ``families`` has, by family, the bugs and what each of them does wrong;
    ``cells`` has by claim, then by bug, a letter; ``made`` has by claim when its column was recorded.
    """

    depth: str
    seed: int
    families: Mapping[str, Mapping[str, str]]
    cells: Mapping[str, Mapping[str, str]]
    made: Mapping[str, Made] = field(default_factory=dict)

    @cached_property
    def changed(self) -> Mapping[str, tuple[str, ...]]:
        """By claim, the sources that are not those of the record; a claim whose sources are is left out."""
        every = {claim: sources.changed(claim, made.files) for claim, made in self.made.items()}
        return {claim: files for claim, files in every.items() if files}

    @property
    def bugs(self) -> tuple[str, ...]:
        """All bugs, family by family."""
        return tuple(bug for family in self.families.values() for bug in family)

    def letter(self, claim: str, bug: str) -> str:
        """What a claim says of a bug."""
        return self.cells[claim].get(bug, NOT_ASKED)

    def rejecting(self, bug: str) -> tuple[str, ...]:
        """The claims that reject a bug, by what they measure or because it raised."""
        return tuple(claim for claim in self.cells if self.letter(claim, bug) in (REJECTED, ERRED))

    def rejected(self, claim: str) -> tuple[str, ...]:
        """The bugs that a claim rejects."""
        return tuple(bug for bug in self.bugs if self.letter(claim, bug) in (REJECTED, ERRED))


@dataclass(frozen=True)
class Run:
    """Consecutive seeds on correct subjects, where every failure is a false alarm; ``alarmed`` counts the
    seeds that had one.
    """

    kind: str
    depth: str
    claims: tuple[str, ...]
    subjects: tuple[str, ...]
    first: int
    seeds: int
    alarms: int
    alarmed: int
    commit: str | None
    dirty: bool
    versions: Mapping[str, str]
    date: str

    @property
    def end(self) -> int:
        """The first seed that was not run any more."""
        return self.first + self.seeds

    @property
    def ledgers(self) -> int:
        """One for each seed and subject."""
        return self.seeds * len(self.subjects)

    @property
    def at_most(self) -> float:
        """How often a seed has an alarm, at most, with 95 % confidence."""
        return upper_bound(self.alarmed, self.seeds)

    def same_but_seeds(self, other: Run) -> bool:
        """Whether both are of one state of the suite, and asked the same."""
        counts = {name: getattr(other, name) for name in ("first", "seeds", "alarms", "alarmed", "date")}
        return replace(self, **counts) == other


class Twice(ValueError):
    """A seed would be counted twice."""


def merged(runs: Sequence[Run], new: Run) -> tuple[Run, ...]:
    """The runs and one more: joined to a run of the same clean commit that it continues. Raises `Twice`."""
    alike = [one for one in runs if one.same_but_seeds(new)]
    for one in alike:
        if one.first < new.end and new.first < one.end:
            raise Twice(
                f"seeds {one.first} to {one.end - 1} ({new.kind}) are recorded already for this commit; "
                f"those from {new.first} to {new.end - 1} would count twice"
            )
    touching = [one for one in alike if new.first in (one.end, one.first - new.seeds)]
    if new.commit is None or new.dirty:
        touching = []  # nothing says that the code was the same
    whole = new
    for one in touching:
        whole = replace(
            whole,
            first=min(one.first, whole.first),
            seeds=one.seeds + whole.seeds,
            alarms=one.alarms + whole.alarms,
            alarmed=one.alarmed + whole.alarmed,
            date=max(one.date, whole.date),
        )
    kept = [one for one in runs if one not in touching]
    return tuple(sorted([*kept, whole], key=lambda one: (one.kind, one.first)))


def upper_bound(hits: int, trials: int, confidence: float = 0.95) -> float:
    """The Clopper-Pearson upper bound of a frequency, on one side; without hits it is near 3 / trials."""
    if hits >= trials:
        return 1.0
    low, high = hits / trials, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(hits, trials, middle) > 1 - confidence else (low, middle)
    return high


def _at_most(hits: int, trials: int, p: float) -> float:
    """P(X ≤ hits) for a binomial X."""
    if p in (0.0, 1.0):
        return 1.0 - p
    logs = (
        math.log(math.comb(trials, k)) + k * math.log(p) + (trials - k) * math.log1p(-p)
        for k in range(hits + 1)
    )
    return math.fsum(map(math.exp, logs))


def read(path: Path) -> dict[str, Any]:
    """A record that is whole; raises OSError where there is none, ValueError where it is damaged."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(stored, dict) or stored.get(CHECKSUM) != checksum(stored):
        raise ValueError(f"{path} is damaged, or was changed by hand: its checksum does not agree with it")
    return stored


def written(content: Mapping[str, Any]) -> str:
    """A record as it is kept, with its checksum."""
    return json.dumps(with_checksum(content), indent=1, ensure_ascii=False) + "\n"


def matrix(path: Path = MATRIX) -> Matrix | None:
    """The matrix as recorded; None where there is none that can be read, or it is damaged."""
    try:
        stored = read(path)
        return Matrix(
            str(stored["depth"]),
            int(stored["seed"]),
            {family: dict(bugs) for family, bugs in stored["families"].items()},
            {claim: dict(column["cells"]) for claim, column in stored["claims"].items()},
            {claim: Made(**column["made"]) for claim, column in stored["claims"].items()},
        )
    except (AttributeError, KeyError, OSError, RecursionError, TypeError, ValueError):
        return None


def alarms(path: Path = ALARMS) -> tuple[Run, ...]:
    """The runs as recorded; none where the file is missing or cannot be read."""
    try:
        return read_alarms(path)
    except (OSError, RecursionError, ValueError):
        return ()


def read_alarms(path: Path) -> tuple[Run, ...]:
    """The runs of a file; raises OSError where there is none, ValueError where it is something else."""
    try:
        return tuple(map(_run, read(path)["runs"]))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"{path} is no record of false alarms") from error


def as_json(runs: Sequence[Run]) -> str:
    """The runs as they are kept."""
    return written({"runs": [asdict(one) for one in runs]})


def _run(stored: Mapping[str, Any]) -> Run:
    lists = {name: tuple(stored[name]) for name in ("claims", "subjects") if name in stored}
    return Run(**{**stored, **lists})
