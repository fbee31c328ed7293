"""The matrix planted bug × claim at `quick`: which claim rejects which wrong subject.

    python -m tests.bug_matrix [--fresh] [--show] [--only ID,ID] [--processes N]

prints the matrix, and keeps it in `proofs_check/record/matrix.json`, where the report finds it, with a
fingerprint of the sources of every bug and of every claim: only cells whose sources have changed are computed
again. Interrupted, it goes on where it was. `--fresh` computes all of it, `--show` none, `--only` the columns
of these claims.

Each cell asks `examine` of one claim about one bug in this process. Nothing is shrunk: the verdict is the
same, and hundreds of shrinkings would take most of an hour. The exit code is 0 where every bug is rejected
and every claim rejects one.
"""

from __future__ import annotations

import ast
import hashlib
import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import torch
from hypothesis import Phase, settings

from feedback_proofs_io import whole
from feedback_proofs_io.command import Mistake, Once, Parser, ended, integer
from proofs_check import search
from proofs_check.claim import Claim
from proofs_check.claims import CLAIMS
from proofs_check.effort import Effort
from proofs_check.evidence import Falsified, NotApplicable, SubjectError
from proofs_check.options import select
from proofs_check.report.record import MATRIX
from proofs_check.subjects import LocalSubject
from tests.planted_bugs import ALL as BUGS
from tests.planted_bugs import edge, estimator, least_squares, noise, sampling, signals
from tests.planted_bugs.base import Correct

ROOT = Path(__file__).resolve().parent.parent
STORED = MATRIX
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
NO_PART = (  # files that claims import, and that do not change what a claim says of a bug here
    *(
        f"proofs_check/{name}.py"
        for name in (
            *("channel", "conduct", "counterexample", "family", "keeper", "own_time", "process", "subjects"),
            *("traits", "walls", "worker"),
        )
    ),
    *("theory/assumptions.py", "theory/statement.py"),
)
SILENT = {ROOT / name for name in NO_PART}
REFERENCE_ONLY = ("online", "floating-point", "frozen-feedback")  # they take no subject but the reference


@dataclass(frozen=True)
class Cell:
    """What one claim says of one bug, for the sources that both had then."""

    verdict: str
    sources: str


Matrix = dict[str, dict[str, Cell]]  # claim -> bug -> cell


@contextmanager
def without_shrinking() -> Iterator[None]:
    """Let a search end at the first network that rejects the subject."""
    usual: Callable[..., settings] = search.settings
    setattr(search, "settings", lambda **given: usual(**{**given, "phases": (Phase.generate,)}))  # noqa: B010
    try:
        yield
    finally:
        setattr(search, "settings", usual)  # noqa: B010


def verdict(claim: Claim, subject_class: type[object], depth: str = "quick") -> str:
    """One cell of the matrix; torch's global generator starts from the same seed for each."""
    effort = Effort(depth)
    torch.manual_seed(0)
    try:
        subject = LocalSubject(subject_class)
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


def digest(*trees: ast.AST) -> str:
    """A fingerprint of code that comments, docstrings and line breaks do not change."""
    text = "\n".join(ast.dump(_without_docstrings(tree)) for tree in trees)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _without_docstrings(tree: ast.AST) -> ast.AST:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        match body:
            case [ast.Expr(value=ast.Constant(value=str())), *_]:
                body[0] = ast.Expr(ast.Constant(None))
    return tree


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file, read once."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def bug_sources(bug: type[Correct]) -> str:
    """A fingerprint of a bug: of its classes down to `Correct`, and of the file of `Correct`."""
    own = [ast.parse(inspect.getsource(c)) for c in bug.__mro__ if c not in (Correct, object)]
    return digest(*own, parsed(Path(inspect.getfile(Correct))))


@cache
def claim_file(claim: str) -> Path:
    """The file in which a claim's checks are."""
    return ROOT / "proofs_check" / "claims" / f"{claim.replace('-', '_')}.py"


@cache
def own_sources(claim: str) -> str:
    """A fingerprint of the claim's own file."""
    return digest(parsed(claim_file(claim)))


@cache
def claim_sources(claim: str) -> str:
    """A fingerprint of the claim's file and of all it imports of this project, however far away."""
    files, waiting = set[Path](), [claim_file(claim)]
    while waiting:
        file = waiting.pop()
        if file not in files | SILENT:
            files.add(file)
            waiting += imported_files(parsed(file))
    return digest(*(parsed(file) for file in sorted(files)))


def imported_files(tree: ast.Module) -> list[Path]:
    """The files of `proofs_check` and `theory` that a module names in its imports."""
    names = list[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    ours = [name.split(".") for name in names if name.split(".")[0] in ("proofs_check", "theory")]
    places = [ROOT.joinpath(*parts).with_suffix(".py") for parts in ours]
    return [place for place in places if place.is_file()]


def sources(claim: str, bug: type[Correct]) -> str:
    """What a cell depends on: the claim's own file, all it imports, the bug."""
    return f"{own_sources(claim)}-{claim_sources(claim)}-{bug_sources(bug)}"


def load(path: Path = STORED) -> Matrix:
    """The stored matrix; an empty one where there is none."""
    if not path.is_file():
        return {}
    stored = json.loads(path.read_text(encoding="utf-8"))
    bugs: dict[str, str] = stored["bugs"]
    return {
        claim: {
            bug: Cell(letter, f"{column['own']}-{column['sources']}-{bugs[bug]}")
            for bug, letter in column["cells"].items()
        }
        for claim, column in stored["claims"].items()
    }


def dump(matrix: Matrix) -> str:
    """A matrix as JSON, a line per cell, with what is left of it that still belongs to the present bugs."""
    bugs, columns = {bug.__name__: bug_sources(bug) for bug in BUGS}, {}
    for claim in (claim.id for claim in CLAIMS if claim.id in matrix):
        known = {b: matrix[claim][b] for b in bugs if b in matrix[claim]}
        cells = {b: cell for b, cell in known.items() if cell.sources.endswith(bugs[b])}
        if cells:  # a column is computed in one piece, so its cells know one state of the claim
            own, imported, _ = next(iter(cells.values())).sources.split("-")
            letters = {b: cell.verdict for b, cell in cells.items()}
            columns[claim] = {"own": own, "sources": imported, "cells": letters}
    stored = {"depth": "quick", "seed": 0, "families": described(), "bugs": bugs, "claims": columns}
    return json.dumps(stored, indent=1, ensure_ascii=False) + "\n"


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
    return [
        (claim, bug)
        for claim in claims
        for bug in BUGS
        if (cell := matrix.get(claim.id, {}).get(bug.__name__)) is None
        or cell.sources != sources(claim.id, bug)
    ]


def compute(matrix: Matrix, cells: Sequence[tuple[Claim, type[Correct]]], processes: int, path: Path) -> None:
    """Fill in the cells, a claim's column at a time; a column is stored when it is complete."""
    columns: dict[str, list[type[Correct]]] = {}
    for claim, bug in cells:
        columns.setdefault(claim.id, []).append(bug)
    started, done = time.monotonic(), 0
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_one_thread) as pool:
        jobs = {
            pool.submit(_column, claim, [bug.__name__ for bug in bugs]): claim
            for claim, bugs in columns.items()
        }
        for job in as_completed(jobs):
            claim, found = jobs[job], job.result()
            for bug in columns[claim]:
                matrix.setdefault(claim, {})[bug.__name__] = Cell(found[bug.__name__], sources(claim, bug))
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
    return {bug.__name__: verdict(asked, bug) for bug in BUGS if bug.__name__ in bugs}


def uncaught(matrix: Mapping[str, Mapping[str, Cell]]) -> list[str]:
    """The bugs that no claim rejects."""
    return [
        bug.__name__
        for bug in BUGS
        if not any(column[bug.__name__].verdict in (REJECTED, ERRED) for column in matrix.values())
    ]


def idle(matrix: Mapping[str, Mapping[str, Cell]]) -> list[str]:
    """The claims that reject no bug by what they measure, though they are asked."""
    return [
        claim
        for claim, column in matrix.items()
        if claim not in REFERENCE_ONLY and not any(cell.verdict == REJECTED for cell in column.values())
    ]


def render(matrix: Mapping[str, Mapping[str, Cell]]) -> str:
    """The matrix as text: a line for each bug, a column for each claim, the claims named by number."""
    claims = [claim.id for claim in CLAIMS if claim.id in matrix]
    width = max(len(bug.__name__) for bug in BUGS)
    lines = [f"{number:>3} {claim}" for number, claim in enumerate(claims, 1)]
    lines += ["", *(f"  {letter} {meaning}" for letter, meaning in MEANING.items())]
    for family, module in FAMILIES.items():
        head = "".join(f"{number:>3}" for number in range(1, len(claims) + 1))
        lines += ["", f"{family:<{width}} {head}"]
        for bug in module.BUGS:
            letters = "".join(f"  {matrix[claim][bug.__name__].verdict}" for claim in claims)
            lines.append(f"{bug.__name__:<{width}} {letters}")
    counts = [sum(cell.verdict == REJECTED for cell in matrix[claim].values()) for claim in claims]
    lines += ["", f"{'rejected by the claim':<{width}} " + "".join(f"{count:>3}" for count in counts)]
    lines += ["", summary(matrix)]
    return "\n".join(lines)


def summary(matrix: Mapping[str, Mapping[str, Cell]]) -> str:
    """One line, and a line for everything that should not be."""
    cells = [cell.verdict for column in matrix.values() for cell in column.values()]
    counts = f"{cells.count(REJECTED)} rejections, {cells.count(ERRED)} errors"
    lines = [f"{len(BUGS)} bugs, {len(matrix)} claims, {counts}"]
    lines += [f"no claim rejects {bug}" for bug in uncaught(matrix)]
    lines += [f"{claim} rejects no bug" for claim in idle(matrix)]
    broken = [(c, b) for c, column in matrix.items() for b, cell in column.items() if cell.verdict == BROKEN]
    lines += [f"the check of {claim} raised on {bug}" for claim, bug in broken]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Compute what is missing, store it, print the matrix; the exit code."""
    return ended("python -m tests.bug_matrix", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    parser = Parser("python -m tests.bug_matrix", description=__doc__.splitlines()[0])
    parser.add_argument("--fresh", action="store_true", help="compute every cell again")
    parser.add_argument("--show", action="store_true", help="print what is stored, and compute nothing")
    parser.add_argument("--only", action=Once, metavar="ID,ID", help="only the columns of these claims")
    parser.add_argument(
        "--processes", type=integer(1, 4096), default=1, metavar="N", help="at a time (default: 1)"
    )
    given = parser.parse_args(argv)
    if given.fresh and given.show:
        raise Mistake("--fresh computes every cell, and --show none: give one of them")
    claims = select(None if given.only is None else given.only.split(","), CLAIMS)
    matrix = load()
    if not given.show:
        whole.prepare(STORED)
        cells = stale({} if given.fresh else matrix, claims)
        compute(matrix, cells, given.processes, STORED)
    whole_columns = [c.id for c in claims if all(bug.__name__ in matrix.get(c.id, ()) for bug in BUGS)]
    shown = {claim: matrix[claim] for claim in whole_columns}
    print(render(shown))
    missing = len(shown) < len(claims) or not shown
    return 1 if missing or uncaught(shown) or (given.only is None and idle(shown)) else 0


if __name__ == "__main__":
    sys.exit(main())
