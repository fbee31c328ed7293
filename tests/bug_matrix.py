"""The matrix planted bug × claim at `quick`: which claim rejects which wrong subject.

    python -m tests.bug_matrix [--fresh | --show | --check] [--only ID,ID] [--processes N]

prints the matrix, and keeps it in `proofs_check/record/matrix.json`, where the report finds it, with a
fingerprint of the sources of every bug and of every claim: only cells whose sources have changed are computed
again. Interrupted, it goes on where it was, claim by claim. `--fresh` computes all of it, `--show` none;
`--check` names what is of other sources, and exits with 1 where anything is; `--only`: the columns of these
claims.

Each cell asks `examine` of one claim about one bug in this process, after the questions about its conduct
that a worker's subject gets too. Nothing is shrunk: the verdict is the same, and hundreds of shrinkings would
take most of an hour. The exit code is 0 where every bug is rejected and every claim rejects one.
"""

from __future__ import annotations

import inspect
import os
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch
from hypothesis import Phase, settings

from feedback_proofs_io import whole
from feedback_proofs_io.command import Mistake, Once, Parser, ended, integer
from proofs_check.claims import CLAIMS
from proofs_check.claims.claim import Claim
from proofs_check.command.options import select
from proofs_check.ledger.versions import installed, own_versions
from proofs_check.networks import search
from proofs_check.report import record, sources
from proofs_check.report.checkout import checkout
from proofs_check.subject.methods import Subject
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Falsified, NotApplicable, SubjectError
from tests.planted_bugs import ALL as BUGS
from tests.planted_bugs import edge, estimator, least_squares, noise, sampling, signals
from tests.planted_bugs.base import Correct

CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
ROOT = Path(__file__).resolve().parent.parent
STORED = record.MATRIX
FAMILIES = {
    "estimator": estimator,
    "error signals": signals,
    "least squares": least_squares,
    "noise": noise,
    "at the edge": edge,
    "large samples": sampling,
}
REJECTED, ERRED, ACCEPTED, NOT_ASKED, BROKEN = "F", "E", ".", "-", "!"
MEANING = {
    REJECTED: "the claim rejects the bug by what it measures",
    ERRED: "the subject raised, or answered what is no answer",
    ACCEPTED: "the claim passes: it does not see this bug",
    NOT_ASKED: "not applicable",
    BROKEN: "the check itself raised: a defect of the suite",
}
REFERENCE_ONLY = ("online", "floating-point", "frozen-feedback")  # they take no subject but the reference


@dataclass
class Column:
    """What one claim says of each bug, when that was asked, and the fingerprints that the bugs had then."""

    made: record.Made
    verdicts: dict[str, str]
    bugs: dict[str, str]


Matrix = dict[str, Column]  # by claim


@contextmanager
def without_shrinking() -> Iterator[None]:
    """Let a search end at the first network that rejects the subject."""
    usual: Callable[..., settings] = search.settings
    setattr(search, "settings", lambda **given: usual(**{**given, "phases": (Phase.generate,)}))  # noqa: B010
    try:
        yield
    finally:
        setattr(search, "settings", usual)  # noqa: B010


def verdict(claim: Claim, subject: Subject, depth: str = "quick") -> str:
    """One cell of the matrix; torch's global generator starts from the same seed for each."""
    effort = Effort(depth)
    torch.manual_seed(0)
    try:
        subject.begin_claim(effort.subject_seconds)
        with without_shrinking():
            rows = list(claim.examine(subject, effort))
    except Falsified:
        return REJECTED
    except SubjectError:
        return ERRED
    except NotApplicable:
        return NOT_ASKED
    except Exception:
        return BROKEN
    if any(not row.holds for row in rows):
        return REJECTED
    return ACCEPTED if any(row.required for row in rows) else NOT_ASKED


def here(bug: type[Correct]) -> LocalSubject:
    """A bug in this process, asked about its conduct first, as a worker's subject is."""
    return LocalSubject(bug, conduct_first=True)


@cache
def bug_sources(bug: type[Correct]) -> str:
    """A fingerprint of a bug: of its classes down to `Correct`, and of the file of `Correct`."""
    own = [textwrap.dedent(inspect.getsource(c)) for c in bug.__mro__ if c not in (Correct, object)]
    return sources.of_text("\n".join([*own, Path(inspect.getfile(Correct)).read_text(encoding="utf-8")]))


claim_sources = cache(sources.of_claim)


def load(path: Path = STORED) -> Matrix:
    """The stored matrix; an empty one where there is none. Raises ValueError for a damaged one."""
    if not path.is_file():
        return {}
    stored = record.read(path)
    if "bugs" not in stored:
        return {}
    return {
        claim: Column(
            record.Made(**column["made"]),
            column["cells"],
            {bug: stored["bugs"][bug] for bug in column["cells"]},
        )
        for claim, column in stored["claims"].items()
    }


def dump(matrix: Matrix) -> str:
    """A matrix as JSON, a line per cell, with what is left of it that still belongs to the present bugs."""
    bugs, columns = {bug.__name__: bug_sources(bug) for bug in BUGS}, {}
    for claim in (claim.id for claim in CLAIMS if claim.id in matrix):
        column = matrix[claim]
        cells = {b: column.verdicts[b] for b, present in bugs.items() if column.bugs.get(b) == present}
        if cells:
            columns[claim] = {"made": asdict(column.made), "cells": cells}
    content = {"depth": "quick", "seed": 0, "families": described(), "bugs": bugs, "claims": columns}
    return record.written(content)


def described() -> dict[str, dict[str, str]]:
    """By family, every bug and what it does wrong: the first paragraph of its docstring."""
    return {
        family: {bug.__name__: _first_paragraph(bug) for bug in module.BUGS}
        for family, module in FAMILIES.items()
    }


def _first_paragraph(bug: type[Correct]) -> str:
    return " ".join(inspect.cleandoc(bug.__doc__ or "").split("\n\n")[0].split())


def stale(matrix: Matrix, claims: Sequence[Claim]) -> list[tuple[Claim, type[Correct]]]:
    """The cells to compute: those that are missing, or whose sources have changed."""
    return [(claim, bug) for claim in claims for bug in BUGS if is_stale(matrix, claim.id, bug)]


def is_stale(matrix: Matrix, claim: str, bug: type[Correct]) -> bool:
    """Whether a cell is missing, or of other sources."""
    column = matrix.get(claim)
    return (
        column is None
        or column.bugs.get(bug.__name__) != bug_sources(bug)
        or column.made.files != claim_sources(claim)
    )


def made_now(claim: str) -> record.Made:
    """What is kept of the present sources."""
    state = checkout(ROOT)
    return record.Made(
        commit=None if state is None else state.commit,
        dirty=state is not None and state.dirty,
        date=datetime.now(UTC).date().isoformat(),
        files=claim_sources(claim),
        versions={**own_versions(), "torch": installed("torch")},
    )


def compute(matrix: Matrix, cells: Sequence[tuple[Claim, type[Correct]]], processes: int, path: Path) -> None:
    """Fill in the cells, a claim's column at a time; a column is stored when it is complete."""
    columns: dict[str, list[type[Correct]]] = {}
    for claim, bug in cells:
        columns.setdefault(claim.id, []).append(bug)
    started, done = time.monotonic(), 0
    made = {claim: made_now(claim) for claim in columns}  # of the sources before they are imported again
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        jobs = {
            pool.submit(_column, claim, [bug.__name__ for bug in bugs]): claim
            for claim, bugs in columns.items()
        }
        for job in as_completed(jobs):
            claim, found = jobs[job], job.result()
            kept = matrix.get(claim, Column(made[claim], {}, {}))
            matrix[claim] = Column(
                made[claim],
                {**kept.verdicts, **found},
                {**kept.bugs, **{bug.__name__: bug_sources(bug) for bug in columns[claim]}},
            )
            whole.write(path, dump(matrix))
            done += len(found)
            seconds = time.monotonic() - started
            print(f"{claim}: {done} of {len(cells)} cells, {seconds:.0f} s", file=sys.stderr, flush=True)


def _one_thread() -> None:
    torch.set_num_threads(1)
    os.nice(5)


def _column(claim: str, bugs: Sequence[str]) -> dict[str, str]:
    """The verdicts of a claim; runs in a process of the pool."""
    asked = next(c for c in CLAIMS if c.id == claim)
    return {bug.__name__: verdict(asked, here(bug)) for bug in BUGS if bug.__name__ in bugs}


def uncaught(matrix: Mapping[str, Column]) -> list[str]:
    """The bugs that no claim rejects."""
    return [
        bug.__name__
        for bug in BUGS
        if not any(column.verdicts[bug.__name__] in (REJECTED, ERRED) for column in matrix.values())
    ]


def idle(matrix: Mapping[str, Column]) -> list[str]:
    """The claims that reject no bug by what they measure, though they are asked."""
    return [
        claim
        for claim, column in matrix.items()
        if claim not in REFERENCE_ONLY and REJECTED not in column.verdicts.values()
    ]


def render(matrix: Mapping[str, Column]) -> str:
    """The matrix as text: a line for each bug, a column for each claim, the claims named by number."""
    claims = [claim.id for claim in CLAIMS if claim.id in matrix]
    width = max(len(bug.__name__) for bug in BUGS)
    lines = [f"{number:>3} {claim}" for number, claim in enumerate(claims, 1)]
    lines += ["", *(f"  {letter} {meaning}" for letter, meaning in MEANING.items())]
    for family, module in FAMILIES.items():
        head = "".join(f"{number:>3}" for number in range(1, len(claims) + 1))
        lines += ["", f"{family:<{width}} {head}"]
        for bug in module.BUGS:
            letters = "".join(f"  {matrix[claim].verdicts[bug.__name__]}" for claim in claims)
            lines.append(f"{bug.__name__:<{width}} {letters}")
    counts = [list(matrix[claim].verdicts.values()).count(REJECTED) for claim in claims]
    lines += ["", f"{'rejected by the claim':<{width}} " + "".join(f"{count:>3}" for count in counts)]
    lines += ["", summary(matrix)]
    return "\n".join(lines)


def summary(matrix: Mapping[str, Column]) -> str:
    """One line, and a line for everything that should not be."""
    cells = [letter for column in matrix.values() for letter in column.verdicts.values()]
    counts = f"{cells.count(REJECTED)} rejections, {cells.count(ERRED)} errors"
    lines = [f"{len(BUGS)} bugs, {len(matrix)} claims, {counts}"]
    lines += [f"no claim rejects {bug}" for bug in uncaught(matrix)]
    lines += [f"{claim} rejects no bug" for claim in idle(matrix)]
    broken = [(c, b) for c, column in matrix.items() for b, v in column.verdicts.items() if v == BROKEN]
    lines += [f"the check of {claim} raised on {bug}" for claim, bug in broken]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Compute what is missing, store it, print the matrix; the exit code."""
    return ended("python -m tests.bug_matrix", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    parser = Parser("python -m tests.bug_matrix", description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help="compute every cell again")
    parser.add_argument("--show", action="store_true", help="print what is stored, and compute nothing")
    parser.add_argument("--check", action="store_true", help="name what is of other sources, compute nothing")
    parser.add_argument("--only", action=Once, metavar="ID,ID", help="only the columns of these claims")
    parser.add_argument(
        "--processes", type=integer(1, 4096), default=CORES, metavar="N", help="at a time (one per core)"
    )
    given = parser.parse_args(argv)
    if given.fresh + given.show + given.check > 1:
        raise Mistake("--fresh computes every cell, --show and --check none: give one of them")
    claims = select(None if given.only is None else given.only.split(","), CLAIMS)
    try:
        matrix = load()
    except ValueError as error:
        print(f"{error}; every cell is computed again", file=sys.stderr)
        matrix = {}
    if given.check:
        return check(matrix, claims)
    if not given.show:
        whole.prepare(STORED)
        cells = stale({} if given.fresh else matrix, claims)
        compute(matrix, cells, given.processes, STORED)
    complete = [c.id for c in claims if c.id in matrix and len(matrix[c.id].verdicts) == len(BUGS)]
    shown = {claim: matrix[claim] for claim in complete}
    print(render(shown))
    missing = len(shown) < len(claims) or not shown
    return 1 if missing or uncaught(shown) or (given.only is None and idle(shown)) else 0


def check(matrix: Matrix, claims: Sequence[Claim]) -> int:
    """Name what is of other sources; the exit code."""
    cells = stale(matrix, claims)
    for claim in dict.fromkeys(claim.id for claim, _ in cells):
        bugs = [bug.__name__ for name, bug in cells if name.id == claim]
        files = sources.changed(claim, matrix[claim].made.files) if claim in matrix else ()
        why = f"changed since: {', '.join(files)}" if files else f"bugs new or changed: {', '.join(bugs)}"
        print(f"{claim}: {len(bugs)} of {len(BUGS)} cells; {why}")
    print(f"{len(cells)} of {len(claims) * len(BUGS)} cells are missing or of other sources")
    return 1 if cells else 0


if __name__ == "__main__":
    sys.exit(main())
