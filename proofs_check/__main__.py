"""`python -m proofs_check`: see `proofs_check.command.run`.

Where the suite cannot even be imported, as without a library that it needs, the exit code is 3: Python's own,
1, would say that a claim failed.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

HOME = str(Path(__file__).resolve().parent.parent)


def without_folder(path: Sequence[str], folder: str) -> list[str]:
    """A search path without the current folder, where a subject may lie: a file there, called like a module
    of Python's, would be run in place of it by the process that judges. Our own folder comes after Python's.
    """
    kept = [entry for entry in path if entry and os.path.realpath(entry) not in (folder, HOME)]
    at = next((k for k, entry in enumerate(kept) if "-packages" in entry), len(kept))
    return [*kept[:at], HOME, *kept[at:]]


def main() -> int:
    """Run the command; its exit code."""
    from feedback_proofs_io.command import ended  # only now: what it imports is found where it should be

    return ended("feedback-proofs", lambda: int(importlib.import_module("proofs_check.command.run").main()))


if __name__ == "__main__":
    sys.path[:] = without_folder(sys.path, os.path.realpath(os.curdir))
    sys.exit(main())
