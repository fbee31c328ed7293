r"""The statements with their proofs: for a terminal, and as a LaTeX document that compiles on its own.

What is shown is taken from the `Statement` and `Proof` objects; nothing is written twice. Lines of text are
as long as they are: `theory.writing.layout` fits them.
"""

from __future__ import annotations

from collections.abc import Iterable

from theory.paper.entry import Entry
from theory.paper.table import table_latex
from theory.proofs.catalogue import proofs_of
from theory.results.statement import Counterexample, Statement
from theory.writing.proof_text import plain, proof_latex, proof_page
from theory.writing.readable import formula, readable
from theory.writing.symbols import glossary

_PREAMBLE = r"""\documentclass{article}
\usepackage[a4paper,margin=25mm]{geometry}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\IfFileExists{lmodern.sty}{\usepackage{lmodern}}{}
\usepackage{amsmath,amssymb,graphicx}
\setlength{\parindent}{0pt}
\setlength{\parskip}{4pt}
\allowdisplaybreaks
\sloppy
% A step of a proof: number, label, claim, reason.
\newcommand{\step}[4]{\par\smallskip\hangindent=9mm\hangafter=1\noindent
\makebox[9mm][l]{\small #1}{\raggedright\textsl{#2}\quad $#3$\\{\small by #4}\par}}
% A formula, made smaller where it is wider than the page.
\newsavebox{\formula}
\newcommand{\fit}[1]{\sbox{\formula}{$\displaystyle #1$}\ifdim\wd\formula>.97\linewidth
\resizebox{.97\linewidth}{!}{\usebox{\formula}}\else\usebox{\formula}\fi}
\begin{document}
"""


def listing(statements: Iterable[Statement]) -> str:
    """One line per statement: id, status, title."""
    rows = list(statements)
    name, status = (max(len(getattr(row, field)) for row in rows) for field in ("id", "status"))
    return "\n".join(f"{row.id:<{name}}  {row.status:<{status}}  \t{row.title}" for row in rows)


def page(statement: Statement) -> str:
    """A statement in full: its place, its hypotheses, what it says, what was repaired, the proofs."""
    title = f"{statement.id}: {statement.title}"
    parts = [title, "; ".join(dict.fromkeys((statement.source, statement.status)))]
    if statement.assumptions:
        lines = [f"  {a.id}: {readable(a.words)}\n      {formula(a.latex)}" for a in statement.assumptions]
        parts.append("Hypotheses\n" + "\n".join(lines))
    lines = [f"  {formula(part)}" for part in statement.latex.split(r"\qquad") if part.strip()]
    parts.append("Statement\n" + "\n".join(lines))
    if statement.as_printed:
        parts.append(f"As printed\n  {readable(statement.as_printed)}")
    if statement.repair:
        parts.append(f"{statement.remarks}\n  {readable(statement.repair)}")
    parts += map(_counterexample, statement.counterexamples)
    proofs = proofs_of(statement.id)
    if statement.beyond:
        parts.append(f"Proved in part\n  {readable(statement.beyond)}")
    parts += [proof_page(proof) for proof in proofs]
    named = [(formula(symbol), readable(meaning)) for symbol, meaning in glossary(statement, proofs)]
    parts.append("Symbols\n" + "\n".join(f"  {symbol:<4} \t{meaning}" for symbol, meaning in named))
    return "\n\n".join(parts)


def _counterexample(one: Counterexample) -> str:
    """A counterexample in full, a line for each part."""
    parts = [(readable(name), readable(said)) for name, said in one.lines()]
    width = max(len(name) for name, _ in parts)
    lines = [readable(f"Counterexample {one.title}")]
    lines += [f"  {name:<{width}} \t{said}" for name, said in parts]
    return "\n".join(lines)


def latex(statements: Iterable[Statement], entries: Iterable[Entry] = ()) -> str:
    """A document with a section for each statement, and the table of the paper where entries are given."""
    sections = [*map(_section, statements), *([table_latex(rows)] if (rows := tuple(entries)) else [])]
    return _PREAMBLE + "\n".join(sections) + "\n\\end{document}\n"


def _section(statement: Statement) -> str:
    lines = [rf"\section*{{{plain(statement.title)}}}"]
    lines.append(rf"\texttt{{{statement.id}}}, {plain(statement.source)}. \emph{{{statement.status}}}.")
    if statement.assumptions:
        items = "\n".join(rf"\item[{plain(a.id)}] {a.words} \\ ${a.latex}$" for a in statement.assumptions)
        lines.append(f"\\begin{{description}}\n{items}\n\\end{{description}}")
    # One displayed line for each part: they are separated by \qquad where they are written.
    formulas = "\\\\\n".join(rf"&\fit{{{part.strip()}}}" for part in statement.latex.split(r"\qquad"))
    lines.append(f"\\begin{{align*}}\n{formulas}\n\\end{{align*}}")
    if statement.as_printed:
        lines.append(rf"\textbf{{As printed:}} {statement.as_printed}")
    if statement.repair:
        lines.append(rf"\textbf{{{statement.remarks}.}} {statement.repair}")
    for one in statement.counterexamples:
        lines.append(rf"\paragraph{{Counterexample {one.title}.}}")
        lines += [rf"\emph{{{name}:}} {text}." for name, text in one.lines()]
    proofs = proofs_of(statement.id)
    if statement.beyond:
        lines.append(rf"\textbf{{Proved in part.}} {statement.beyond}")
    lines += [proof_latex(proof) for proof in proofs]
    named = "\n".join(rf"\item[${symbol}$] {meaning}" for symbol, meaning in glossary(statement, proofs))
    lines.append(f"\\paragraph{{Symbols.}}\n\\begin{{description}}\n{named}\n\\end{{description}}")
    return "\n\n".join(lines)
