"""`python -m proofs_check new-subject FILE`: a file with the four methods of a subject, to be filled in.

It passes no claim as it stands. An existing file is never touched, and a new one appears whole or not at all.
"""

from __future__ import annotations

import ast
import json
import shlex
import textwrap
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from feedback_proofs_io import whole
from feedback_proofs_io.command import Mistake, Parser, ended
from feedback_proofs_io.text import printable
from proofs_check.verdict.families import FAMILIES

WRITTEN = 0
PROGRAM = "proofs_check new-subject"


def main(arguments: Sequence[str]) -> int:
    """Write the template to the file that is named; return the exit code."""
    return ended(PROGRAM, lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog=PROGRAM,
        description="Write a file with the four methods of a subject.",
        epilog="Exit code: 0 it is written, 2 the call is wrong, the file exists or cannot be written, "
        "3 the command itself broke.",
    )
    parser.add_argument("file", metavar="FILE", help="a new file, such as mine.py")
    path = Path(parser.parse_args(arguments).file)
    create(path, template(path))
    place = shlex.quote(f"{path}:Mine")
    print(f"wrote {path}: fill in its four methods, then run")
    print(f"python -m proofs_check --subject {place} --depth quick")
    return WRITTEN


def template(path: Path) -> str:
    """The text of a new subject; raises `Mistake` where the name of its file cannot stand in it."""
    if path.suffix != ".py" or not path.stem or printable(str(path)) != str(path):
        raise Mistake(f"FILE is {str(path)!r}, expected a name of printable characters that ends in .py")
    text = files("proofs_check.command").joinpath("subject_template.txt").read_text(encoding="utf-8")
    name = shlex.quote(path.name).replace("\\", "\\\\").replace('"', '\\"')  # it stands in a docstring
    written = text.format(file=name, **_said())
    try:
        ast.parse(written)
    except (SyntaxError, ValueError):
        raise Mistake(f"FILE is {str(path)!r}, which cannot be written in a line of Python") from None
    return written


def _said() -> dict[str, str]:
    """All names that `supports` may have, what each loss of a row is, and the values of the noise laws."""
    from proofs_check.float64.losses import (
        LOSSES,  # it brings numpy, which the command's help need not wait for
    )
    from proofs_check.subject.vocabulary import KNOWN

    losses = ", ".join(f"{name} is {loss.formula}" for name, loss in LOSSES.items())
    families = "; ".join(f"{name} ({values})" if values else name for name, values in FAMILIES.items())
    return {
        "supports": "\n".join(f'    #     "{key}": {json.dumps(names)},' for key, names in KNOWN.items()),
        "losses": _filled(
            f"The losses of a row (r = output - y): {losses}. None is a mean over the batch.", 105, 8
        ),
        "families": _filled(f"family   {families}", 88, 17),
    }


def _filled(text: str, width: int, indent: int) -> str:
    return textwrap.fill(text, width, initial_indent=" " * 8, subsequent_indent=" " * indent)


def create(path: Path, text: str) -> None:
    """Write a file that does not exist yet; raises `whole.CannotWrite`."""
    if not path.parent.is_dir():
        raise whole.CannotWrite(f"cannot write {path}: there is no folder {path.parent}")
    whole.create(path, text)
