"""`python -m proofs_check new-subject FILE`: a file with the four methods of a subject, to be filled in.

It passes no claim as it stands. An existing file is never touched, and a new one appears whole or not at all.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import sys
import tempfile
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import NoReturn

WRITTEN, WRONG_CALL = 0, 2
PROGRAM = "proofs_check new-subject"


class Mistake(Exception):
    """The call is wrong, or the file cannot be written; the message is one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Mistake(message)


def main(arguments: Sequence[str]) -> int:
    """Write the template to the file that is named; return the exit code."""
    parser = _Parser(
        prog=PROGRAM, allow_abbrev=False, description="Write a file with the four methods of a subject."
    )
    parser.add_argument("file", metavar="FILE", help="a new file, such as mine.py")
    try:
        path = Path(parser.parse_args(arguments).file)
        create(path, template(path))
    except Mistake as error:
        print(f"{PROGRAM}: {error}", file=sys.stderr)
        return WRONG_CALL
    place = shlex.quote(f"{path}:Mine")
    print(f"wrote {path}: fill in its four methods, then run")
    print(f"python -m proofs_check --subject {place} --depth quick")
    return WRITTEN


def template(path: Path) -> str:
    """The text of a new subject."""
    text = files("proofs_check").joinpath("subject_template.txt").read_text(encoding="utf-8")
    return text.format(file=shlex.quote(path.name))


def create(path: Path, text: str) -> None:
    """Write a file that does not exist yet: beside its place first, then linked there; raises `Mistake`."""
    if path.suffix != ".py" or not path.stem:
        raise Mistake(f"FILE is {str(path)!r}, expected a name that ends in .py")
    if os.path.lexists(path):
        raise Mistake(f"{path} exists: nothing was written")
    if not path.parent.is_dir():
        raise Mistake(f"cannot write {path}: there is no folder {path.parent}")
    scratch: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=".new-subject.", dir=path.parent)
        scratch = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        mask = os.umask(0)
        os.umask(mask)
        scratch.chmod(0o666 & ~mask)
        _appear(scratch, path)
    except FileExistsError:
        raise Mistake(f"{path} exists: nothing was written") from None
    except OSError as error:
        raise Mistake(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
    finally:
        if scratch is not None:
            with contextlib.suppress(OSError):
                scratch.unlink()


def _appear(scratch: Path, path: Path) -> None:
    """Give the file its name, unless another file has taken it meanwhile."""
    try:
        os.link(scratch, path)
    except FileExistsError:
        raise
    except OSError:  # no links on this file system
        if os.path.lexists(path):
            raise FileExistsError from None
        scratch.rename(path)
