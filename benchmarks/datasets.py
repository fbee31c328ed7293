"""Images for the problems that need data: scikit-learn's digits, and Fashion-MNIST from its IDX files."""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

import torch
from torch import Tensor

from impl import checks

__all__ = ["DATASETS", "FOLDER", "Missing", "load", "verified"]

FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package ``dataset-fashion-mnist`` puts the files."""
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
DATASETS = ("digits", "fashion-mnist")
UNSIGNED = 8  # the type code of bytes in an IDX file
CLASSES = 10

WHITE = {"digits": 16, "fashion-mnist": 255}
"""The value of a white pixel in the files."""
KNOWN = {
    "digits": "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826",
    "fashion-mnist": "16d82e2b505296aa2b78bd5ea0992634f30419a4c97def7c907d154a35ac6157",
}
"""SHA-256 of all pixels and then all labels, a byte each.

Fashion-MNIST's is that of Debian's package; its labels are those of the file whose MD5 its authors publish.
"""


class Missing(ValueError):
    """The files are not there, or are not what they should be; the message says which go where."""


def load(name: str, folder: Path = FOLDER) -> tuple[Tensor, Tensor]:
    """x (M, pixels) in [0, 1] and y (M, 10) with a one at the class, float64. Raises ``Missing``."""
    checks.one_of("the data set", name, DATASETS)
    if name == "digits":
        images, labels = _digits()
    else:
        images, labels = read_idx(folder, IMAGES, 3).flatten(1), read_idx(folder, LABELS, 1)
        if len(images) != len(labels):
            raise Missing(
                f"{folder} has {len(images)} images and {len(labels)} labels; expected as many of both"
            )
        beyond = (labels >= CLASSES).nonzero()
        if len(beyond):
            place = int(beyond[0])
            raise Missing(f"label {place} in {folder} is {int(labels[place])}; expected 0 to {CLASSES - 1}")
    return images / WHITE[name], torch.eye(CLASSES, dtype=torch.float64)[labels.long()]


def verified(name: str, x: Tensor, y: Tensor) -> bool:
    """Whether every pixel and label is that of the data set; a file of another one has none of its names."""
    pixels = (x * WHITE[name]).round().to(torch.uint8)
    digest = hashlib.sha256(pixels.numpy().tobytes())
    digest.update(y.argmax(1).to(torch.uint8).numpy().tobytes())
    return digest.hexdigest() == KNOWN[name]


def _digits() -> tuple[Tensor, Tensor]:
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise Missing("the digits are those of scikit-learn, which is not installed here") from None
    pixels, classes = load_digits(return_X_y=True)
    return torch.tensor(pixels), torch.tensor(classes)


def read_idx(folder: Path, name: str, axes: int) -> Tensor:
    """An IDX file of bytes with so many axes, plain or gzipped, as float64. Raises ``Missing``."""
    for path, opener in ((folder / name, open), (folder / f"{name}.gz", gzip.open)):
        if path.is_file():
            try:
                with opener(path, "rb") as file:
                    return parse_idx(file, axes, path)  # type: ignore[arg-type]  # both are binary
            except (OSError, EOFError, zlib.error) as error:
                raise Missing(f"{path} cannot be read: {error}") from error
    raise Missing(
        f"there is no {name} or {name}.gz in {folder}; "
        "expected Fashion-MNIST's IDX files there, as Debian's dataset-fashion-mnist installs them"
    )


def parse_idx(file: BinaryIO, axes: int, path: Path) -> Tensor:
    """The array in an IDX file: two zero bytes, a type code, the number of axes, their lengths, the bytes."""
    head = file.read(4 + 4 * axes)
    if len(head) < 4 + 4 * axes or head[:4] != bytes((0, 0, UNSIGNED, axes)):
        raise Missing(f"{path} is no IDX file of bytes with {axes} axes")
    shape = struct.unpack(f">{axes}I", head[4:])
    size = math.prod(shape)
    if size == 0:
        raise Missing(f"{path} is of the shape {shape}; expected at least one of everything")
    checks.affordable(f"what {path} says it holds", size)
    content = file.read(size + 1)  # to the end, where gzip compares its checksum, but no further
    if len(content) != size:
        found = f"more than {size}" if len(content) > size else f"{len(content)}"
        raise Missing(f"{path} has {found} bytes of data, expected {size}")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8).reshape(shape).to(torch.float64)
