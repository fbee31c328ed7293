"""JSON files that this package has stored, read as what they should be."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["Damaged", "read_stored"]


class Damaged(ValueError):
    """A stored file is not what was stored; the message says which, and what brings it back."""


def read_stored(path: Path, missing: Any, makes_sense: Callable[[object], bool]) -> Any:
    """The content of a stored file, ``missing`` where there is none. Raises ``Damaged``."""
    if not path.exists():
        return missing
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise Damaged(f"{path} is no JSON file ({type(error).__name__}); {restoring(path)}") from error
    if not makes_sense(content):
        raise Damaged(f"{path} is damaged: it has not what is stored there; {restoring(path)}")
    return content


def restoring(path: Path) -> str:
    """The command that brings a file of the repository back."""
    return f"git checkout -- {path} brings it back"
