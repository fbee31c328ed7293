"""Images as tensors: what `feedback_proofs_io.datasets` reads, for torch.

`cases` does not import it: asv runs those on commits from before there was a reader.
"""

from __future__ import annotations

import torch
from torch import Tensor

from feedback_proofs_io.datasets import Images
from impl import checks

__all__ = ["pixels_and_labels", "scaled"]


def pixels_and_labels(images: Images) -> tuple[Tensor, Tensor]:
    """The pixels as they are in the files, in the shape of the images, and the labels (M,); both uint8."""
    pixels = torch.frombuffer(bytearray(images.pixels), dtype=torch.uint8)
    return pixels.reshape(images.shape), torch.frombuffer(bytearray(images.labels), dtype=torch.uint8)


def scaled(images: Images, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """x (M, pixels) in [0, 1], 1 for white, and y (M, classes) with a one at the class; float32 or float64.

    Raises ``InvalidInput`` for another dtype.
    """
    dtype = checks.dtype("dtype", dtype)
    pixels, labels = pixels_and_labels(images)
    y = torch.zeros(len(labels), images.classes, dtype=dtype)
    y[torch.arange(len(labels)), labels.long()] = 1
    return pixels.flatten(1).to(dtype) / images.white, y
