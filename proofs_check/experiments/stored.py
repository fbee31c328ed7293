"""The results that are kept in the repository: what the ledger and the page tell of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from feedback_proofs_io.given import Unreadable
from feedback_proofs_io.results import Result, read

__all__ = ["FOLDER", "results"]

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "paper"
"""It is there in a checkout of the repository, not where the suite is installed."""


def results(folder: Path = FOLDER) -> Sequence[Result]:
    """All results of a folder, by their names; none where it is missing. Raises `Unreadable` for a file of
    that name that is no result.
    """
    try:
        files = sorted(folder.glob("*.json"))
    except OSError as error:
        raise Unreadable(f"cannot read {folder}: {(error.strerror or str(error)).lower()}") from None
    return tuple(map(read, files))
