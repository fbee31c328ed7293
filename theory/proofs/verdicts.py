"""The verdict of the last check of all proofs, kept beside a hash of all that it depends on.

Whoever needs to know whether a result is proved reads it here instead of checking again. It says nothing of
other sources, libraries or versions of Python. It is kept in the folder of the user's cache, sealed (see
`feedback_proofs_io`); what is damaged, foreign or impossible is not believed: it is as if there were none.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feedback_proofs_io import cache, given, sealed

if TYPE_CHECKING:
    from theory.proof import Proof

SOURCES = Path(__file__).resolve().parents[1]
ARITHMETIC = ("sympy", "python-flint", "mpmath")
NAME, KIND = "theory-verdicts", "verdict-of-all-proofs"


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
    """A hash of all sources of the theory, of the libraries that compute for it, and of what runs them."""
    digest = hashlib.sha256()
    for path in sorted(SOURCES.rglob("*.py")):
        digest.update(f"{path.relative_to(SOURCES)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for name in ARITHMETIC:
        digest.update(f"{name} {_version(name)}\0".encode())
    digest.update(f"{sys.version} {platform.machine()}".encode())
    return digest.hexdigest()


def cache_file() -> Path:
    """Where the verdict is kept, or would be if there were a folder for it."""
    return (cache.folder() or Path("~/.cache") / cache.NAME) / NAME


def keep(verdicts: Iterable[Verdict]) -> bool:
    """Keep the verdicts; False where that is not possible."""
    content = json.dumps([asdict(verdict) for verdict in verdicts]).encode("ascii")
    return cache.keep(NAME, sealed.seal(KIND, fingerprint(), content))


def last() -> Mapping[str, list[Verdict]] | None:
    """The verdicts by statement, if the last check was of these very sources; None otherwise.

    Also None where they cannot be those of the proofs that there are: another proof, other numbers of steps.
    """
    stored = cache.kept(NAME)
    if stored is None:
        return None
    try:
        content = sealed.unseal(stored, KIND, fingerprint())
        read = [_verdict(entry) for entry in _list(given.parsed(content, Path(NAME)))]
    except (ValueError, KeyError, TypeError):
        return None
    from theory.proofs.catalogue import PROOFS  # half a second, where the ledger has not imported it

    if not possible(read, PROOFS):
        return None
    found: dict[str, list[Verdict]] = {}
    for verdict in read:
        found.setdefault(verdict.statement, []).append(verdict)
    return found


def possible(verdicts: Sequence[Verdict], proofs: Sequence[Proof]) -> bool:
    """Whether a check of these proofs could have come to these verdicts."""
    if [(one.statement, one.title) for one in verdicts] != [(one.statement, one.title) for one in proofs]:
        return False
    return all(_possible(verdict, proof) for verdict, proof in zip(verdicts, proofs, strict=True))


def _possible(verdict: Verdict, proof: Proof) -> bool:
    steps = length(proof)
    whole = verdict.accepted == steps and verdict.networks > 0
    return (
        (whole or bool(verdict.problem))
        and 0 <= verdict.tried <= verdict.accepted <= steps
        and (set(verdict.axioms) == axioms(proof) or bool(verdict.problem))
        and 0.0 <= verdict.seconds < 1e9
    )


def length(proof: Proof) -> int:
    """The number of steps of a proof."""
    from theory.proof import Induction

    return sum(
        len(part.base) + len(part.step) + len(part.shared) if isinstance(part, Induction) else 1
        for part in proof.parts
    )


def axioms(proof: Proof) -> set[str]:
    """The trusted rules that the steps of a proof name."""
    from theory.proof import Induction

    steps = [
        step
        for part in proof.parts
        for step in ((*part.base, *part.step, *part.shared) if isinstance(part, Induction) else (part,))
    ]
    return {step.rule.name for step in steps if step.rule.axiom}


def _verdict(entry: object) -> Verdict:
    """The verdict that an object is; raises ValueError, KeyError or TypeError."""
    if not isinstance(entry, dict) or set(entry) != {field.name for field in fields(Verdict)}:
        raise ValueError("it is no verdict")
    kinds: Mapping[str, Any] = {"statement": str, "title": str, "problem": str, "seconds": float}
    for name, value in entry.items():
        if name != "axioms" and type(value) is not kinds.get(name, int):
            raise ValueError(f"its {name} is no {kinds.get(name, int).__name__}")
    trusted = [str(name) for name in _list(entry["axioms"])]
    return Verdict(**{**entry, "axioms": tuple(trusted)})


def _list(found: object) -> list[Any]:
    if not isinstance(found, list):
        raise ValueError("it is no list")
    return found


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "none"
