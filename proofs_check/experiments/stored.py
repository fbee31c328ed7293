"""The results that are kept and shipped: what the ledger and the page tell of."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from feedback_proofs_io.given import Unreadable
from feedback_proofs_io.results import Result, read

__all__ = ["FOLDER", "Unreadable", "fingerprint", "results"]

FOLDER = Path(__file__).resolve().parents[1] / "record" / "experiments"
"""They are shipped with the package, so that an installed suite tells of them too."""


def results(folder: Path | None = None) -> Sequence[Result]:
    """All results of a folder, `FOLDER` unless given, by their names; none where it is missing.

    Raises `Unreadable` for a file with the name of one that is none.
    """
    return tuple(_read(*key) for key in _files(FOLDER if folder is None else folder))


def fingerprint() -> str:
    """What tells one state of the folder from another."""
    return hashlib.sha256(repr(_files(FOLDER)).encode()).hexdigest()


def _files(folder: Path) -> list[tuple[Path, int, int]]:
    """The files, with what changes where they do."""
    try:
        found = [(path, path.stat()) for path in sorted(folder.glob("*.json"))]
    except OSError as error:
        raise Unreadable(f"cannot read {folder}: {(error.strerror or str(error)).lower()}") from None
    return [(path, about.st_mtime_ns, about.st_size) for path, about in found]


@lru_cache(maxsize=64)
def _read(path: Path, changed: int, size: int) -> Result:
    """A result, once for each state of its file."""
    return read(path)
