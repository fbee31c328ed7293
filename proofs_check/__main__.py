"""`python -m proofs_check`: see `proofs_check.command`.

Where the suite cannot even be imported, as without a library that it needs, the exit code is 3: Python's own,
1, would say that a claim failed.
"""

from __future__ import annotations

import importlib
import sys

from feedback_proofs_io.command import ended


def main() -> int:
    """Run the command; its exit code."""
    return ended("feedback-proofs", lambda: int(importlib.import_module("proofs_check.command").main()))


if __name__ == "__main__":
    sys.exit(main())
