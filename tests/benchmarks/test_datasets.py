"""Images as tensors: the values of the files, and those values scaled."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.datasets import pixels_and_labels, scaled
from feedback_proofs_io.datasets import Images, read
from impl import InvalidInput

EVERY = Images("mnist", "train", (2, 8, 16), bytes(range(256)), bytes((3, 9)), 10, 255, Path())
COLOUR = Images("cifar100", "test", (1, 3, 32, 32), bytes(3072), bytes((99,)), 100, 255, Path())


def test_pixels_are_those_of_the_files_in_the_shape_of_the_images() -> None:
    pixels, labels = pixels_and_labels(EVERY)
    assert (pixels.dtype, labels.dtype) == (torch.uint8, torch.uint8)
    assert pixels.shape == (2, 8, 16)
    assert pixels.flatten().tolist() == list(range(256))
    assert labels.tolist() == [3, 9]
    assert pixels_and_labels(COLOUR)[0].shape == (1, 3, 32, 32)
    pixels[0, 0, 0] = 7
    assert EVERY.pixels[0] == 0  # a copy


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_scaled_pixels_are_the_nearest_numbers_to_the_fractions_of_white(dtype: torch.dtype) -> None:
    x, y = scaled(EVERY, dtype)
    assert (x.shape, x.dtype, y.dtype) == ((2, 128), dtype, dtype)
    for value, found in enumerate(x.flatten().numpy()):
        exact = Fraction(value, 255)
        for neighbour in (np.nextafter(found, type(found)(-1)), np.nextafter(found, type(found)(2))):
            assert abs(Fraction(float(found)) - exact) <= abs(Fraction(float(neighbour)) - exact)
    assert y.tolist() == torch.eye(10)[[3, 9]].tolist()
    assert scaled(COLOUR, dtype)[1].tolist() == torch.eye(100)[[99]].tolist()
    assert scaled(COLOUR, dtype)[0].shape == (1, 3072)


def test_the_digits_are_sixteenths_in_double_precision() -> None:
    images = read("digits", "all")
    x, y = scaled(images)
    assert x.dtype == torch.float64
    assert torch.equal(
        (x * 16).to(torch.uint8).flatten(), torch.tensor(list(images.pixels), dtype=torch.uint8)
    )
    assert (x.min().item(), x.max().item()) == (0, 1)
    assert torch.equal(y.argmax(1), torch.tensor(list(images.labels)))


@pytest.mark.parametrize("dtype", [torch.float16, torch.int64, None, "float32"])
def test_other_numbers_are_refused(dtype: object) -> None:
    with pytest.raises(InvalidInput, match=r"^dtype is .*; expected torch.float32 or torch.float64\.$"):
        scaled(EVERY, dtype)  # type: ignore[arg-type]
