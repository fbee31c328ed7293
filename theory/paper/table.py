"""The table of the paper as text for a terminal, and as a section of the LaTeX document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from theory.paper.entry import VERDICTS, Entry, ProofStep, Refutation
from theory.paper.shown import glossary, value_latex, value_text, words
from theory.proof.checker import steps_of
from theory.proofs.catalogue import proofs_of
from theory.writing.readable import formula, readable


def table(entries: Iterable[Entry]) -> str:
    """How many entries there are of each verdict, then all of them, a block each, and their symbols."""
    rows = list(entries)
    blocks = (_summary(rows), *map(_block, rows), _symbols(rows))
    return "\n\n".join("\n".join(block) for block in blocks)


def _symbols(entries: list[Entry]) -> Iterator[str]:
    yield "Symbols"
    for symbol, meaning in glossary(entries):
        yield f"  {formula(symbol):<4} \t{readable(meaning)}"


def _block(entry: Entry) -> Iterator[str]:
    yield f"{readable(entry.label)} · {entry.where}: {entry.verdict.upper()}"
    parts = {
        "printed": readable(entry.printed),
        "problem": readable(entry.problem),
        "instead": readable(entry.fixed),
        "needs": "; ".join(f"{one.id} ({readable(one.words).removesuffix('.')})" for one in entry.needs),
        "refuted": "; ".join(map(_refuted, entry.refuted_by)),
        "shown by": "; ".join(map(source, entry.shown_by)),
    }
    for name, text in parts.items():
        if text:
            yield f"  {name:<9}\t{text}"


def _summary(entries: list[Entry]) -> Iterator[str]:
    yield f"{len(entries)} {'entry' if len(entries) == 1 else 'entries'}:"
    for verdict, meaning in VERDICTS.items():
        if count := sum(entry.verdict == verdict for entry in entries):
            yield f"{count:>4} {verdict:<15} \t{meaning}"


def _refuted(refutation: Refutation) -> str:
    """What would be zero if the printed claim held, and what it is."""
    return f"{readable(words(refutation))}: {value_text(refutation)}, not 0"


def source(shown: ProofStep | str) -> str:
    """A statement by its id, or a step by the number it has there."""
    if isinstance(shown, str):
        return shown
    number = number_of(shown)
    title = f" ({shown.title})" if shown.title else ""
    return f"{shown.statement}{title}, step {number}"


def number_of(shown: ProofStep) -> int:
    """The number of a step in its proof; raises ``LookupError`` where there is no such step."""
    for proof in proofs_of(shown.statement):
        if proof.title == shown.title:
            for number, step in enumerate(steps_of(proof), start=1):
                if step.label == shown.label:
                    return number
    raise LookupError(f"there is no step {shown.label!r} in the proof {shown.title!r} of {shown.statement}")


def table_latex(entries: Iterable[Entry]) -> str:
    """The same as a section."""
    rows = list(entries)
    named = "\n".join(rf"\item[${symbol}$] {meaning}" for symbol, meaning in glossary(rows))
    symbols = f"\\paragraph{{Symbols.}}\n\\begin{{description}}\n{named}\n\\end{{description}}"
    return "\n\n".join([r"\section*{The paper, formula by formula}", *map(_paragraph, rows), symbols])


def _paragraph(entry: Entry) -> str:
    lines = [rf"\paragraph{{{entry.label}}} {entry.where}: \emph{{{entry.verdict}}}.", entry.printed + "."]
    if entry.problem:
        lines.append(rf"\emph{{{entry.problem}}}")
    if entry.fixed:
        lines.append(rf"\textbf{{Instead:}} {entry.fixed}.")
    lines += [
        rf"\textbf{{Refuted by}} {words(one)}: ${value_latex(one)}$, not 0." for one in entry.refuted_by
    ]
    if entry.shown_by:
        lines.append(rf"{{\small Shown by {'; '.join(map(source, entry.shown_by))}.}}")
    return " \\\\\n".join(lines)
