"""What a fit solves where it is not what was asked: another ridge, other rows, fewer directions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from proofs_check.float64.floats import Array
from proofs_check.report.replay import Replay

NEAR = 1e-10  # relative
RANK = 1e-11  # eigenvalues below this part of the largest are zero
SHORTEST = "the B of minimum norm is asked for, as a pseudo-inverse gives it"


def solved_instead(replayed: Replay) -> Iterator[str]:
    """The problem of which a wrong B is the solution; nothing where none is known."""
    s, found = replayed.setting, replayed.compared[0].found
    if found.size == 1 and len(s["errors"]) > 1:
        return  # one number solves too many problems
    for ask in (_other_ridge, _other_rows, _fewer_directions):
        said = ask(s, found, replayed.compared[0].expected)
        if said is not None:
            yield said
            return


def normal_equations(s: Mapping[str, Any]) -> tuple[Array, Array]:
    """Q = Σ ẽẽᵀ + ridge · I and S = Σ ẽλ̂ᵀ."""
    errors = s["errors"]
    return errors.T @ errors + s["ridge"] * np.eye(errors.shape[1]), errors.T @ s["estimates"]


def singular(s: Mapping[str, Any]) -> str | None:
    """What to say where Σ ẽẽᵀ + ridge · I has no inverse."""
    gram, _ = normal_equations(s)
    eigenvalues = np.linalg.eigvalsh(gram)
    rank = int((eigenvalues > RANK * max(eigenvalues[-1], 0.0)).sum())
    if rank == len(gram):
        return None
    return (
        f"Σ ẽẽᵀ + ridge · I is singular here, of rank {rank} in {len(gram)} dimensions, and that is no "
        f"mistake of the question: a plain inverse or solve will not do; {SHORTEST}."
    )


def _other_ridge(s: Mapping[str, Any], found: Array, expected: Array) -> str | None:
    errors, ridge_asked = s["errors"], s["ridge"]
    gram, cross = errors.T @ errors, errors.T @ s["estimates"]
    size = float(np.linalg.norm(gram) * np.linalg.norm(found) + np.linalg.norm(cross))
    rest = cross - gram @ found
    ridge = float((rest * found).sum() / max(float((found**2).sum()), 1e-300))
    if found.size == 1 or np.linalg.norm(rest - ridge * found) > NEAR * size:
        return None
    ridge = 0.0 if abs(ridge) < 1e-9 else ridge
    if abs(ridge - ridge_asked) * np.linalg.norm(found) <= NEAR * size:
        if np.linalg.norm(found) > (1 + 1e-9) * np.linalg.norm(expected):
            return (
                "It meets the normal equations, but Σ ẽẽᵀ is singular here and a shorter B meets them too: "
                "the one of minimum norm is asked for, as a pseudo-inverse gives it."
            )
        return None
    rows = len(errors)
    known = {
        0.0: "it is ignored",
        ridge_asked * rows: "it is multiplied by the number of rows: with a mean over rows it would be "
        "divided by it",
        ridge_asked / rows: "it is divided by the number of rows: it belongs to the sum over rows as it is",
        ridge_asked**2: "it is squared",
        2 * ridge_asked: "it is doubled",
        ridge_asked / 2: "it is halved",
    }
    near = (words for value, words in known.items() if abs(ridge - value) <= 1e-7 * (abs(value) + 1e-3))
    why = next(near, None)
    return (
        f"B solves the normal equations of a ridge of {ridge:.6g}, where {ridge_asked:g} was asked for"
        f"{f': {why}' if why else ''}."
    )


def _other_rows(s: Mapping[str, Any], found: Array, expected: Array) -> str | None:
    """One row that counts in one of the two sums alone, or in neither, or twice."""
    gram, cross = normal_equations(s)
    rest = cross - gram @ found
    size = float(np.linalg.norm(gram) * np.linalg.norm(found) + np.linalg.norm(cross))
    if float(np.linalg.norm(rest)) <= NEAR * size:
        return None
    for t, (e, target) in enumerate(zip(s["errors"], s["estimates"], strict=True), start=1):
        in_cross, in_gram = np.outer(e, target), np.outer(e, e @ found)
        known = {
            f"row {t} is left out of Σ ẽλ̂ᵀ, but counts in Σ ẽẽᵀ": in_cross,
            f"row {t} is left out of Σ ẽẽᵀ, but counts in Σ ẽλ̂ᵀ": -in_gram,
            f"row {t} is left out": in_cross - in_gram,
            f"row {t} counts twice": in_gram - in_cross,
            f"row {t} counts twice in Σ ẽλ̂ᵀ": -in_cross,
            f"row {t} counts twice in Σ ẽẽᵀ": in_gram,
        }
        for words, difference in known.items():
            if float(np.linalg.norm(rest - difference)) <= NEAR * size:
                return (
                    f"B is exactly what comes out where {words} (of {len(s['errors'])} rows). Both sums run "
                    "over the same rows, each once: look for a slice, or for a loop that starts or ends "
                    "elsewhere."
                )
    return None


def _fewer_directions(s: Mapping[str, Any], found: Array, expected: Array) -> str | None:
    """B without the part that small eigenvalues give."""
    gram, cross = normal_equations(s)
    values, vectors = np.linalg.eigh(gram)
    top = float(values[-1])
    real = [k for k in range(len(values)) if values[k] > RANK * top]
    for dropped in range(1, len(real)):
        kept = real[dropped:]
        cut = vectors[:, kept] @ ((vectors[:, kept].T @ cross) / values[kept, None])
        if np.abs(cut - found).max() <= 1e-7 * max(float(np.abs(found).max()), 1e-300):
            lost, least = values[real[dropped - 1]] / top, values[real[dropped]] / top
            return (
                f"B is exactly what is left where {dropped} of {len(real)} nonzero eigenvalues of "
                f"Σ ẽẽᵀ + ridge · I {'is' if dropped == 1 else 'are'} taken for zero: those up to "
                f"{lost:.2g} of the largest are cut off, those from {least:.2g} are not. The cutoff (rcond, "
                "rtol) is too large: only what is zero up to rounding may go."
            )
    return None
