"""`python -m proofs_check`: see `proofs_check.command`.

Where the suite cannot even be imported, as without a library that it needs, the exit code is 3: Python's own,
1, would say that a claim failed.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from feedback_proofs_io.command import ended

HOME = Path(__file__).resolve().parent.parent


def main() -> int:
    """Run the command; its exit code."""
    return ended("feedback-proofs", lambda: int(importlib.import_module("proofs_check.command").main()))


def _leave_the_folder() -> None:
    """`python -m` finds modules in the current folder first: packages of a subject there, called like ours,
    must not take the place of ours. The subject's own process looks there.
    """
    if not sys.flags.safe_path and sys.path and Path(sys.path[0]).resolve() != HOME:
        del sys.path[0]


if __name__ == "__main__":
    _leave_the_folder()
    sys.exit(main())
