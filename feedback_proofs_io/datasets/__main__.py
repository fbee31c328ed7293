"""Lists the image sets: which are here, whether their content is verified, how to get those that are not.

    python -m feedback_proofs_io.datasets [--data-dir DIR] [SET ...]

Exit codes: 0; 1 where a set that was named is not here, or one that is here is damaged; 2 for a wrong call.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from feedback_proofs_io.command import Mistake, Once, Parser, ended, show
from feedback_proofs_io.datasets import SETS, Missing, Unreadable, read
from feedback_proofs_io.datasets.places import command

NAME = "python -m feedback_proofs_io.datasets"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line for each set."""
    return ended(NAME, lambda: _run(_parser().parse_args(arguments)))


def _parser() -> argparse.ArgumentParser:
    parser = Parser(NAME, description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(SETS)} (default: all)")
    parser.add_argument(
        "--data-dir", type=Path, action=Once, help="the only folder to look in (default: the usual places)"
    )
    return parser


def _run(given: argparse.Namespace) -> int:
    for name in given.sets:
        if name not in SETS:
            raise Mistake(f"argument SET: it is {name!r}, expected one of {', '.join(SETS)}")
    lines = [_line(name, given.data_dir, bool(given.sets)) for name in given.sets or SETS]
    for line, _ in lines:
        show(line)
    return max(code for _, code in lines)


def _line(name: str, folder: Path | None, asked: bool) -> tuple[str, int]:
    """What there is of a set, and the exit code for it."""
    try:
        images = read(name, "all", folder)
    except Missing as error:
        return f"{name:15}{error}", int(asked)
    except Unreadable as error:
        return f"{name:15}damaged: {error}; to get it: {command(SETS[name], folder)}", 1
    known = "verified" if images.verified else f"not verified, {images.doubt}"
    return f"{name:15}here, {known}: {images.shape[0]} images from {images.source}", 0


if __name__ == "__main__":
    sys.exit(main())
