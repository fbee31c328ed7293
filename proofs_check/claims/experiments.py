"""The paper's experiments, as rows of the ledger: what was published beside what was run here.

They ask no implementation: their runs, which take an hour and more, are made by another command and kept as
files, and these are read. A row whose cells were not run says so. Nothing is required of a comparison, for a
number of the paper that does not come out again is no fault of anybody's code: so no row is ever a pass. A
file that is damaged is a fault of the suite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from feedback_proofs_io.given import Unreadable
from feedback_proofs_io.results import Result
from proofs_check.claims.claim import Claim
from proofs_check.experiments import stored, tables
from proofs_check.experiments.comparison import RULE, Line, compared, counted, sources
from proofs_check.experiments.published import EXPERIMENTS, Experiment
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Falsified, NotApplicable
from theory.results.statement import Statement

__all__ = ["CLAIMS", "lines"]

NOBODY = "no subject is asked: experiments run this project's own learning rules (impl.learning)"


def lines(experiment: str) -> Sequence[Line]:
    """The comparison, from the results that are kept; raises `Falsified` where one of them is damaged."""
    return compared(experiment, _results())


def _results() -> Sequence[Result]:
    try:
        return stored.results()
    except Unreadable as error:
        raise Falsified(str(error)) from None


def counts(found: Sequence[Line]) -> str:
    """How many cells have which verdict."""
    return ", ".join(f"{count} {verdict}" for verdict, count in counted(found).items())


def sentence(line: Line) -> str:
    """A cell in words: the three columns, the paired difference, the verdict."""
    parts = [
        f"paper {tables.published(line.cell.paper)}" if line.cell.paper is not None else "",
        f"authors' code {tables.published(line.cell.authors)}" if line.cell.authors is not None else "",
        f"here {tables.ours(line.here)}" if line.here is not None else "",
        f"{tables.difference(line.beside)} beside BP" if line.beside is not None else "",
    ]
    said = line.verdict + (f" ({line.why})" if line.why else "")
    return f"{', '.join(part for part in parts if part)}: {said}"


def name(line: Line) -> str:
    """What a cell is of."""
    unit = f" ({line.cell.unit})" if line.cell.unit else ""
    mode = f", as {line.result.mode}" if line.result is not None and line.result.mode else ""
    return f"{line.cell.quantity}{unit}, {tables.short(line.cell.name)}{mode}"


def _confirm(experiment: Experiment) -> Callable[[Effort], Iterator[Evidence]]:
    def confirm(effort: Effort) -> Iterator[Evidence]:
        found = lines(experiment.id)
        yield Evidence("information", "cells, paper beside here", counts(found))
        yield Evidence("information", "the experiment", experiment.network)
        for one in sources(experiment.id, _results()):
            read = f"{tables.where(one)}; {one.path.name}, whose sha256 {one.sha256[:12]}… agrees with it"
            yield Evidence("information", "read", read)
        for line in found:
            yield Evidence("information", name(line), sentence(line))
        yield Evidence("information", "the rule of the verdicts", RULE)

    return confirm


def _examine(experiment: Experiment) -> Callable[[Subject, Effort], Iterator[Evidence]]:
    def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
        found = lines(experiment.id)
        if all(line.verdict == "not run" for line in found):
            raise NotApplicable(f"not run: no result that is kept here has it; {NOBODY}")
        raise NotApplicable(f"{NOBODY}; {counts(found)}")

    return examine


def _claim(one: Experiment) -> Claim:
    said = rf"\text{{{one.says}}}".replace("%", r"\%")
    statement = Statement(one.id, one.title, one.source, "empirical", said, (), one.says)
    return Claim(statement, _confirm(one), _examine(one))


CLAIMS: tuple[Claim, ...] = tuple(map(_claim, EXPERIMENTS))
