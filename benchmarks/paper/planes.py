"""Figure 3, B and C: the plane of an autoencoder's bottleneck, and images that it gives back, as a picture.

They are in the result under "pictures" (`figure_3.Autoencoder.pictures`), of the first seed of every method.
"""

from __future__ import annotations

import base64
import binascii
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.paper.figure_3 import GIVEN_BACK
from feedback_proofs_io.given import Unreadable
from feedback_proofs_io.results import Result
from proofs_check.experiments.tables import short, where

__all__ = ["Plane", "Planes", "figure", "planes"]

KINDS = (
    "#0072b2",
    "#d55e00",
    "#009e73",
    "#cc79a7",
    "#000000",
    "#e69f00",
    "#56b4e9",
    "#8a5a00",
    "#7b3fa0",
    "#9a9a00",
)
"""Of the ten classes."""
ACROSS = 4


@dataclass(frozen=True)
class Plane:
    """A method: its two numbers for each shown image, and the bytes of the images given back."""

    label: str
    points: tuple[tuple[float, float], ...]
    images: bytes


@dataclass(frozen=True)
class Planes:
    """All methods, the classes of the images in a plane, and the bytes of those given back, ``side`` wide."""

    classes: str
    images: bytes
    side: int
    methods: tuple[Plane, ...]


def planes(result: Result) -> Planes | None:
    """What a result has of it; None where it has nothing. Raises `Unreadable` where it is something else."""
    parts = [one for one in result.pictures.values() if isinstance(one, dict) and "methods" in one]
    if not parts:
        return None
    try:
        return _planes(parts)
    except (KeyError, TypeError, ValueError, AttributeError, binascii.Error, struct.error):
        raise Unreadable(f"{result.path}: its 'pictures' are not those of an autoencoder") from None


def _planes(parts: Sequence[Mapping[str, Any]]) -> Planes:
    """Raises ValueError and others where something does not fit."""
    classes, images = str(parts[0]["classes"]), base64.b64decode(parts[0]["images"], validate=True)
    methods = []
    for part in parts:
        for label, told in part["methods"].items():
            plane = base64.b64decode(told["plane"], validate=True)
            numbers = struct.unpack(f"<{len(plane) // 4}f", plane)
            points = tuple(zip(numbers[::2], numbers[1::2], strict=True))
            back = base64.b64decode(told["images"], validate=True)
            if len(points) != len(classes) or len(back) != len(images) or not classes.isdigit():
                raise ValueError(label)
            methods.append(Plane(label, points, back))
    side = math.isqrt(len(images) // GIVEN_BACK)
    if side == 0 or GIVEN_BACK * side**2 != len(images):
        raise ValueError("images")
    return Planes(classes, images, side, tuple(methods))


def figure(result: Result, shown: Planes, figure_class: Any) -> Any:
    """The picture: a plane and a strip of images for each method, the images themselves above all."""
    down = math.ceil(len(shown.methods) / ACROSS)
    across = min(ACROSS, len(shown.methods))
    size = (2.7 * across, 3.05 * down + 1.1)
    made = figure_class(figsize=size, layout="constrained")
    made.suptitle(f"{where(result)}; the first run of each", fontsize=10.5)
    heights = [0.32, *([1.0, 0.3] * down)]
    grid = made.add_gridspec(1 + 2 * down, across, height_ratios=heights)
    axes = made.add_subplot(grid[0, :])
    _strip(axes, shown.images, shown)
    axes.set_title("images that no method has seen", fontsize=9)
    for k, method in enumerate(shown.methods):
        row, column = divmod(k, across)
        _scatter(made.add_subplot(grid[1 + 2 * row, column]), method, shown.classes)
        _strip(made.add_subplot(grid[2 + 2 * row, column]), method.images, shown)
    return made


def _scatter(axes: Any, method: Plane, classes: str) -> None:
    axes.set_title(short(method.label), fontsize=9)
    finite = [
        (point, kind)
        for point, kind in zip(method.points, classes, strict=True)
        if all(map(math.isfinite, point))
    ]
    for digit, colour in enumerate(KINDS):
        own = [point for point, kind in finite if kind == str(digit)]
        if own:
            x, y = zip(*own, strict=True)
            axes.scatter(x, y, s=22, marker=_shape(digit), color=colour, linewidths=0.1, rasterized=True)
    axes.tick_params(labelsize=7)
    if not finite:
        axes.text(0.5, 0.5, "diverged", transform=axes.transAxes, ha="center", va="center")


def _shape(digit: int) -> Any:
    """A digit as a mark."""
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    path = TextPath((0, 0), str(digit), size=10)
    box = path.get_extents()
    return path.transformed(Affine2D().translate(-(box.x0 + box.x1) / 2, -(box.y0 + box.y1) / 2))


def _strip(axes: Any, images: bytes, shown: Planes) -> None:
    """Images side by side, dark on white."""
    size = shown.side**2
    rows = [
        [255 - images[k * size + y * shown.side + x] for k in range(GIVEN_BACK) for x in range(shown.side)]
        for y in range(shown.side)
    ]
    axes.imshow(rows, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    axes.set_axis_off()
