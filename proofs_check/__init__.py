"""Claims about learning feedback weights by node perturbation, checked: as mathematics, and in code.

`python -m proofs_check` puts the current directory first on the path, and that may hold somebody else's
`theory` or `impl`. So the names of our packages are bound, before anything imports them, to those installed
beside this one. (The subject under check lives in a process of its own, where they are not.)
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType


class _OurOwn:
    """Finds our other packages beside this one, and leaves every other name to the usual finders."""

    home = str(Path(__file__).resolve().parent.parent)

    @classmethod
    def find_spec(
        cls, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the package; importing it, and torch with it, is left to whoever needs it."""
        ours = name in ("theory", "impl", "feedback_proofs_io")
        return PathFinder.find_spec(name, [cls.home]) if ours else None


sys.meta_path.insert(0, _OurOwn)
