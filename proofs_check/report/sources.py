"""The sources that a claim's verdict depends on: of what a record was made, and what has changed since.

A fingerprint is of a file's code: comments, docstrings and blank lines do not count, nor where it imports our
own code from, since what that is has a fingerprint itself; and it is the same under every version of Python.
"""

from __future__ import annotations

import ast
import hashlib
import io
import tokenize
from collections.abc import Mapping
from functools import cache
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
PACKAGES = ("proofs_check", "theory")
NO_PART = (  # files that claims import, and that do not change what a claim says of a subject
    *(f"proofs_check/subject/{name}.py" for name in ("channel", "family", "keeper", "own_time")),
    *(f"proofs_check/subject/{name}.py" for name in ("process", "walls")),
    *("proofs_check/questions/question.py", "proofs_check/claims/proved.py"),
    *("theory/results/assumptions.py", "theory/results/statement.py", "theory/proofs/verdicts.py"),
)
ALWAYS = tuple(  # files that no claim names, or only inside of a function, and that every answer passes
    f"proofs_check/subject/{name}.py"
    for name in ("checked", "conduct", "methods", "pipeline", "subjects", "traits")
)


def of_claim(claim: str) -> dict[str, str]:
    """The fingerprints of the claim's file and of all it imports of `PACKAGES`, however far away."""
    found, waiting = dict[str, str](), [claim_file(claim), *ALWAYS]
    while waiting:
        file = waiting.pop()
        if file not in found and file not in NO_PART and (HOME / file).is_file():
            found[file] = of_file(HOME / file)
            waiting += imported(HOME / file)
    return dict(sorted(found.items()))


def changed(claim: str, recorded: Mapping[str, str]) -> tuple[str, ...]:
    """The files that are not as they were recorded: of other code, new, or gone."""
    present = of_claim(claim)
    return tuple(sorted(file for file in {*present, *recorded} if present.get(file) != recorded.get(file)))


def claim_file(claim: str) -> str:
    """The file in which a claim's checks are."""
    return f"proofs_check/claims/{claim.replace('-', '_')}.py"


@cache
def of_file(path: Path) -> str:
    """The fingerprint of a file of Python."""
    return of_text(path.read_text(encoding="utf-8"))


def of_text(text: str) -> str:
    """The fingerprint of code, 16 hexadecimal digits."""
    lines = [line.rstrip() for line in _without_comments(text)]
    return hashlib.sha256("\n".join(line for line in lines if line).encode()).hexdigest()[:16]


def _without_comments(text: str) -> list[str]:
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for node in ast.walk(ast.parse(text)):
        match getattr(node, "body", None):
            case [ast.Expr(value=ast.Constant(value=str())) as words, *_]:
                _blank(lines, words)
        match node:
            case ast.ImportFrom(module=str(name)) if name.split(".")[0] in PACKAGES:
                _blank(lines, node)
    return lines


def _blank(lines: list[str], node: ast.stmt) -> None:
    for row in range(node.lineno, (node.end_lineno or node.lineno) + 1):
        lines[row - 1] = ""


@cache
def imported(path: Path) -> tuple[str, ...]:
    """The files of `PACKAGES` that a module names in its imports."""
    names = list[str]()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    ours = [name.replace(".", "/") for name in names if name.split(".")[0] in PACKAGES]
    files = [file for name in ours for file in (f"{name}.py", f"{name}/__init__.py")]
    return tuple(file for file in dict.fromkeys(files) if (HOME / file).is_file())
