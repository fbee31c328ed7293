"""What a wrong answer looks like: a constant factor, or exactly the numbers of a well-known mistake.

Where the numbers of one of the `mistakes` are those that the subject gave, the mistake is found; where none
are, what is said is only which part of the answer is off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from proofs_check.float64.floats import Array
from proofs_check.report.fits import normal_equations, singular, solved_instead
from proofs_check.report.mistakes import MISTAKES
from proofs_check.report.replay import Replay

NAMED = "These are exactly the numbers of this mistake"
SLOPE = "In every row λ̂ is the noise times one number, as it must be"
NEAR = 1e-7  # relative: two float64 formulas of the same numbers, a difference of losses among them
SINGLE = (1e-9, 1e-5)  # relative error of float32 somewhere on the way


def findings(replayed: Replay, at_large: Replay | None = None) -> tuple[str, ...]:
    """What can be said about an answer that is off, the most definite first.

    ``at_large`` is the same question on a larger network: it tells apart what the shrunk one cannot.
    """
    looked_at = at_large if at_large is not None and not replayed.repeated else replayed
    said = list(_suspected(looked_at))
    if not said:
        said += _factor(looked_at) or _patterns(looked_at)
    if looked_at.method != replayed.method:
        said = [f"{looked_at.method}, {looked_at.when}, is off.", *said]
    if replayed.repeated:
        said.append(_kept(replayed))
    return tuple(said)


def _kept(replayed: Replay) -> str:
    if "after a call of gradient_estimates" in replayed.when:
        return (
            "Before gradient_estimates was called, the same question was answered rightly: ẽ is a function "
            "of the datum, computed on the clean pass, so nothing of the noisy pass may be kept."
        )
    return (
        "The same object had answered an earlier call rightly, and this one is off: look for something kept "
        "between calls (a cache, a stored pass, a sum that is not reset)."
    )


def _suspected(replayed: Replay) -> Iterator[str]:
    found = [one.found for one in replayed.compared]
    off = _distance(found, [one.expected for one in replayed.compared])
    for one in MISTAKES.get(replayed.method, ()):
        try:
            numbers = one.numbers(replayed.setting)
        except (ValueError, IndexError, np.linalg.LinAlgError):
            continue
        if _distance(found, numbers) <= min(NEAR, 1e-3 * off):
            yield f"{NAMED}: {one.what}. {one.look}"
    if replayed.method == "fit_feedback":
        yield from solved_instead(replayed)


def _distance(found: Sequence[Array], numbers: Sequence[Array]) -> float:
    """The largest difference of two lists of arrays as part of their size; infinite where shapes differ."""
    if [a.shape for a in found] != [b.shape for b in numbers] or not found:
        return float("inf")
    scale = max(float(np.abs(b).max(initial=0.0)) for b in (*numbers, *found))
    return max(float(np.abs(a - b).max(initial=0.0)) for a, b in zip(found, numbers, strict=True)) / (
        scale or 1.0
    )


def _factor(replayed: Replay) -> list[str]:
    """A constant factor between what was found and what was expected."""
    pairs = [(one.found.ravel(), one.expected.ravel()) for one in replayed.wrong]
    found, expected = (np.concatenate(part) for part in zip(*pairs, strict=True))
    kept = np.abs(expected) > 1e-9 * np.abs(expected).max(initial=0.0)
    if not kept.any():
        return []
    ratios = found[kept] / expected[kept]
    factor = float(np.median(ratios))
    if not np.all(np.abs(ratios - factor) <= 1e-6 * max(abs(factor), 1e-300)):
        return []
    which = ", ".join(one.name for one in replayed.wrong)
    if factor == 0:
        return [f"Every number of {which} is 0."]
    said = f"Every number of {which} is {factor:.10g} times the right one."
    meaning = _meaning(factor, replayed.setting)
    if SINGLE[0] < abs(factor - 1) < SINGLE[1]:
        meaning = (
            "A factor so close to 1 is what float32 leaves: look for a number that is float32 on its way."
        )
    return [said if meaning is None else f"{said} {meaning}"]


def _meaning(factor: float, setting: Mapping[str, Any]) -> str | None:
    """What a factor usually comes from."""
    known: list[tuple[float, str]] = [
        (-1.0, "The sign is wrong: is it L − L̃, or y − ŷ, where L̃ − L, or ŷ − y, is meant?"),
        (2.0, "A factor 2: is the ½ of the loss missing, or a central difference not halved?"),
        (0.5, "A factor ½: is it divided by 2 once too often?"),
        (4.0, "A factor 4: is the ¼ of the quartic loss missing?"),
    ]
    if "c" in setting:
        c = float(setting["c"])
        known += [
            (c, "That is c: the division by c is missing."),
            (1 / c, "That is 1/c: it is divided by c², once too often by c."),
            (c * c, "That is c²: the noise is scaled by c twice, or multiplied where it is to be divided."),
        ]
    rows = setting.get("x", setting.get("errors"))
    if rows is not None and len(rows) > 1:
        known += [
            (
                1 / len(rows),
                "That is 1/T, T the number of rows: a mean over the batch stands where each row counts.",
            ),
            (
                float(len(rows)),
                "That is T, the number of rows: a sum over the batch stands where each row counts.",
            ),
        ]
    if "y" in setting and setting["y"].shape[1] > 1:
        outputs = setting["y"].shape[1]
        known.append(
            (1 / outputs, "That is 1/p, p the number of outputs: a mean over the outputs stands for a sum.")
        )
    return next((words for value, words in known if abs(factor - value) <= 1e-6 * abs(value)), None)


def _patterns(replayed: Replay) -> list[str]:
    """Which part of the answer is off."""
    wrong = replayed.wrong
    said = []
    size = max(float(np.abs(one.expected).max(initial=0.0)) for one in wrong)
    worst = max(float(np.abs(one.found - one.expected).max()) for one in wrong)
    if 0 < worst <= SINGLE[1] * size:
        said.append(
            f"It is off by {worst / size:.1g} of its size only: about what float32 leaves. Look for a "
            "tensor, a loss or a constant that is float32 on its way."
        )
    if len(wrong) < len(replayed.compared):
        right = [one.name for one in replayed.compared if not one.wrong.any()]
        said.append(
            f"{', '.join(right)} {'is' if len(right) == 1 else 'are'} right; "
            f"{', '.join(one.name for one in wrong)} {'is' if len(wrong) == 1 else 'are'} off."
        )
    if replayed.method == "gradient_estimates" and "noise" in replayed.setting:
        said += _rows(replayed)
    if replayed.method == "fit_feedback" and not said:
        eigenvalues = np.linalg.eigvalsh(normal_equations(replayed.setting)[0])
        said.append(
            singular(replayed.setting)
            or "The normal equations do not hold. The eigenvalues of Σ ẽẽᵀ + ridge · I go from "
            f"{eigenvalues[0]:.2g} to {eigenvalues[-1]:.2g}: is a cutoff for small ones too large, or a "
            "precision lost?"
        )
    columns = {tuple(np.flatnonzero(one.wrong.any(axis=0))) for one in wrong if one.wrong.shape[1] > 1}
    if len(columns) == 1 and len(next(iter(columns))) == 1:
        said.append(f"Only unit {next(iter(columns))[0] + 1} of each layer is off: look for a slice.")
    return said


def _rows(replayed: Replay) -> list[str]:
    """Whether λ̂ is at least a multiple of the noise in every row: then the loss difference is off."""
    scaled = []
    for one, xi in zip(replayed.compared, replayed.setting["noise"], strict=True):
        with np.errstate(divide="ignore", invalid="ignore"):
            scaled.append(np.where(np.abs(xi) > 1e-9, one.found / xi, np.nan))
    slopes = np.concatenate(scaled, axis=1)
    if np.isnan(slopes).all(axis=1).any():
        return []
    spread = np.nanmax(slopes, axis=1) - np.nanmin(slopes, axis=1)
    if np.all(spread <= 1e-6 * np.nanmax(np.abs(slopes))):
        return [
            f"{SLOPE}; that number is not (L̃ − L)/c. So the multiplication by the noise is right, and one "
            "of the two losses is not: look at the perturbed pass (where the noise is added), the clean "
            "pass and the loss."
        ]
    return [
        "In a row λ̂ is not the noise times one number: the loss difference of a row has to multiply the "
        "noise of that very row in every layer."
    ]
