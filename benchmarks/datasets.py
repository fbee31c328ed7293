"""Images for the problems that need data: scikit-learn's digits, and Fashion-MNIST from its IDX files."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import torch
from torch import Tensor

__all__ = ["DATASETS", "FOLDER", "Missing", "load"]

FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package ``dataset-fashion-mnist`` puts the files."""
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
DATASETS = ("digits", "fashion-mnist")
UNSIGNED = 8  # the type code of bytes in an IDX file


class Missing(ValueError):
    """The files are not there, or are not what they should be; the message says which go where."""


def load(name: str, folder: Path = FOLDER) -> tuple[Tensor, Tensor]:
    """x (M, pixels) in [0, 1] and y (M, 10) with a one at the class, float64. Raises ``Missing``."""
    if name == "digits":
        from sklearn.datasets import load_digits

        pixels, classes = load_digits(return_X_y=True)
        return torch.tensor(pixels) / 16, torch.eye(10, dtype=torch.float64)[torch.tensor(classes)]
    images, labels = read_idx(folder, IMAGES, 3), read_idx(folder, LABELS, 1)
    if len(images) != len(labels):
        raise Missing(f"{folder} has {len(images)} images and {len(labels)} labels; expected as many of both")
    return images.flatten(1) / 255.0, torch.eye(10, dtype=torch.float64)[labels.long()]


def read_idx(folder: Path, name: str, axes: int) -> Tensor:
    """An IDX file of bytes with so many axes, plain or gzipped, as float64. Raises ``Missing``."""
    for path, opener in ((folder / name, open), (folder / f"{name}.gz", gzip.open)):
        if path.is_file():
            with opener(path, "rb") as file:
                return parse_idx(file.read(), axes, path)
    raise Missing(
        f"there is no {name} or {name}.gz in {folder}; "
        "expected Fashion-MNIST's IDX files there, as Debian's dataset-fashion-mnist installs them"
    )


def parse_idx(content: bytes, axes: int, path: Path) -> Tensor:
    """The array in an IDX file: two zero bytes, a type code, the number of axes, their lengths, the bytes."""
    start = 4 + 4 * axes
    if len(content) < start or content[:4] != bytes((0, 0, UNSIGNED, axes)):
        raise Missing(f"{path} is no IDX file of bytes with {axes} axes")
    shape = struct.unpack(f">{axes}I", content[4:start])
    values = torch.frombuffer(bytearray(content[start:]), dtype=torch.uint8)
    if len(values) != torch.Size(shape).numel():
        raise Missing(f"{path} has {len(values)} bytes of data, expected {torch.Size(shape).numel()}")
    return values.reshape(shape).to(torch.float64)
