"""`python -m theory`: the statements, as a list, one at a time, or as a LaTeX document."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Sequence

from theory import STATEMENTS
from theory.document import latex, listing, page


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is asked for; 0, or 2 where a name is unknown."""
    parser = argparse.ArgumentParser(
        prog="python -m theory", description="The statements of the paper and our own, with their hypotheses."
    )
    parser.add_argument("id", nargs="?", help="a statement, such as theorem-3 (default: list them all)")
    parser.add_argument("--latex", action="store_true", help="print a LaTeX document of all, or of this one")
    given = parser.parse_args(arguments)
    if given.id is not None and given.id not in STATEMENTS:
        near = difflib.get_close_matches(given.id, STATEMENTS, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; expected one of {', '.join(STATEMENTS)}"
        print(f"python -m theory: there is no statement {given.id!r}{hint}", file=sys.stderr)
        return 2
    chosen = STATEMENTS.values() if given.id is None else [STATEMENTS[given.id]]
    if given.latex:
        print(latex(chosen), end="")
    elif given.id is None:
        print(listing(chosen))
    else:
        print(page(STATEMENTS[given.id]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
