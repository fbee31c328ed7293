"""The verdict of the last check of all proofs, kept beside the hash of the sources it belongs to.

Whoever needs to know whether a result is proved reads it here instead of checking again; it says nothing
about other sources. The file is in the user's cache folder and appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

SOURCES = Path(__file__).resolve().parent
ARITHMETIC = ("sympy", "python-flint", "mpmath")


@dataclass(frozen=True)
class Verdict:
    """What came of a proof.

    ``accepted`` steps, of which ``tried`` have a value and were true of all ``networks``; ``axioms`` are
    the names of the trusted rules. ``problem`` says what is wrong, with the step; empty if nothing is.
    """

    statement: str
    title: str
    accepted: int
    tried: int
    networks: int
    axioms: tuple[str, ...]
    problem: str
    seconds: float


@lru_cache(maxsize=1)
def fingerprint() -> str:
    """A hash of all sources of the theory and of the libraries that compute for it."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(str(path.relative_to(SOURCES)).encode())
        digest.update(path.read_bytes())
    for name in ARITHMETIC:
        digest.update(f"{name} {importlib.metadata.version(name)}".encode())
    return digest.hexdigest()


def cache_file() -> Path:
    """Where the verdict is kept: XDG_CACHE_HOME, or .cache in the home folder."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "feedback-proofs" / "theory.json"


def keep(verdicts: Iterable[Verdict]) -> bool:
    """Write the verdicts; False where the folder cannot be written to."""
    path = cache_file()
    content = {"sources": fingerprint(), "verdicts": [asdict(verdict) for verdict in verdicts]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", dir=path.parent, suffix=".part", delete=False
        ) as part:
            json.dump(content, part)
        Path(part.name).replace(path)
    except OSError:
        return False
    return True


def last() -> Mapping[str, list[Verdict]] | None:
    """The verdicts by statement, if the last check was of these very sources; None otherwise."""
    try:
        content = json.loads(cache_file().read_text(encoding="utf-8"))
        if content["sources"] != fingerprint():
            return None
        found: dict[str, list[Verdict]] = {}
        for entry in content["verdicts"]:
            verdict = Verdict(**{**entry, "axioms": tuple(entry["axioms"])})
            found.setdefault(verdict.statement, []).append(verdict)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found
