"""`python -m benchmarks.paper compare` and `picture`: results as tables and as pictures, from their files.

compare [RESULT.json ...] [--only fig2] [--markdown FILE]
    holds results, by default those that the repository keeps, against what was published
picture RESULT.json ... [--output DIR]
    draws each as DIR/NAME.png and DIR/NAME.svg, by default beside the file; it needs matplotlib
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from benchmarks.paper.pictures import drawn
from benchmarks.paper.search import found
from feedback_proofs_io import whole
from feedback_proofs_io.command import Parser, show
from feedback_proofs_io.results import Result, read
from proofs_check.experiments import stored, tables
from proofs_check.experiments.answers import answers
from proofs_check.experiments.comparison import RULE, Line, compared, counted, sources
from proofs_check.experiments.ours import OURS, ours
from proofs_check.experiments.published import EXPERIMENTS

__all__ = ["TELLING", "compare", "picture"]


def compare(words: Sequence[str]) -> int:
    """Print the comparison, and write it as Markdown where asked."""
    found = Parser("python -m benchmarks.paper compare", "Results beside what was published.")
    found.add_argument(
        "results", nargs="*", type=Path, metavar="RESULT.json", help="default: those kept here"
    )
    known = [one.id for one in (*EXPERIMENTS, *OURS)]
    found.add_argument("--only", choices=known, help="one experiment")
    found.add_argument("--markdown", type=Path, metavar="FILE", help="the same as Markdown")
    asked = found.parse_args(words)
    if asked.markdown is not None:
        whole.apart(
            [
                *((f"RESULT {k}", one) for k, one in enumerate(asked.results, 1)),
                ("--markdown", asked.markdown),
            ]
        )
        whole.prepare(asked.markdown)
    results = tuple(map(read, asked.results)) if asked.results else stored.results()
    only = [one for one in known if asked.only in (None, one)]
    if asked.markdown is not None:
        whole.write(asked.markdown, _markdown(only, results))
    show(_text(only, results))
    return 0


def _text(only: Sequence[str], results: Sequence[Result]) -> str:
    blocks = []
    for experiment in EXPERIMENTS:
        if experiment.id in only:
            lines = compared(experiment.id, results)
            blocks += [f"{experiment.title}\n{_counts(lines)}", tables.as_text(tables.cells(lines))]
    for one in results:
        if _of_any(one, only):
            asks = ours(one)
            blocks += [textwrap.fill(f"{asks.title}. {asks.asks}", 80)] if asks else []
            blocks += [tables.as_text(found) for found in (answers(one), tables.costs(one)) if found]
    return "\n\n".join([*blocks, tables.explained()])


def _markdown(only: Sequence[str], results: Sequence[Result]) -> str:
    blocks = []
    for experiment in EXPERIMENTS:
        if experiment.id in only:
            lines = compared(experiment.id, results)
            blocks += [
                f"## {experiment.title}",
                f"{_counts(lines)}.",
                tables.as_markdown(tables.cells(lines)),
            ]
    for one in results:
        if _of_any(one, only):
            asks = ours(one)
            blocks += [f"## {asks.title}", asks.asks] if asks else []
            blocks += [tables.as_markdown(found) for found in (answers(one), tables.costs(one)) if found]
    return "\n\n".join([*blocks, tables.HOW_TO_READ, RULE, ""])


def _of_any(result: Result, only: Sequence[str]) -> bool:
    """Whether a result is of one of these experiments, the paper's or ours."""
    papers = {one.id for one in EXPERIMENTS}
    return any(sources(one, [result]) if one in papers else result.id == one for one in only)


def _counts(lines: Sequence[Line]) -> str:
    """How many cells have which verdict."""
    return ", ".join(f"{count} {verdict}" for verdict, count in counted(lines).items())


def picture(words: Sequence[str]) -> int:
    """Draw results; nothing is written unless all can be drawn."""
    found = Parser("python -m benchmarks.paper picture", "Results as pictures, PNG and SVG.")
    found.add_argument(
        "results", nargs="+", type=Path, metavar="RESULT.json", help="what an experiment wrote"
    )
    found.add_argument("--output", type=Path, metavar="DIR", help="default: beside each result")
    asked = found.parse_args(words)
    results = [read(path) for path in asked.results]
    files: dict[Path, bytes] = {}
    for one in results:
        base = one.path.with_suffix("") if asked.output is None else asked.output / one.path.stem
        for end, content in drawn(one).items():
            file = base.with_name(f"{base.name}{end}")
            whole.apart(
                [
                    *(("a result", other.path) for other in results),
                    *(("a picture", other) for other in files),
                    ("a picture", file),
                ]
            )
            whole.prepare(file)
            files[file] = content
    for file, content in files.items():
        whole.write(file, content)
    show("\n".join(map(str, files)))
    return 0


TELLING: Mapping[str, Callable[[Sequence[str]], int]] = {
    "compare": compare,
    "picture": picture,
    "found": found,
}
"""Sub-commands of `benchmarks.paper`."""
