"""The problem of ``impl.estimate``: read from an .npz, or random.

A file is believed in nothing: it must be a regular one, an archive whose members are of the kinds and sizes
that are asked for, and nothing in it is unpickled.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import zipfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feedback_proofs_io.text import printable
from impl import checks
from impl.feedback import feedback_shapes
from impl.kernels import Problem
from impl.network import Network

__all__ = ["problem_from"]

DTYPES = {"float32": torch.float32, "float64": torch.float64}

Array = NDArray[np.floating]


def problem_from(options: argparse.Namespace, device: torch.device) -> tuple[Problem, Tensor, Tensor]:
    """The problem and the data that the command's options ask for."""
    weights, x, y = _random(options) if options.input is None else _read(options.input)
    dtype = DTYPES[options.dtype]
    matrices = tuple(W.to(device, dtype) for W in weights)
    output = options.output_activation or options.activation
    network = Network(matrices, (options.activation,) * (len(matrices) - 1) + (output,), options.loss)
    zeros = [matrices[0].new_zeros(shape) for shape in feedback_shapes(network, options.rule)]
    problem = Problem.of(
        network,
        zeros,
        c=options.c,
        rule=options.rule,
        family=options.family,
        seeds=options.seed,
        products=options.products,
    )
    return problem, *checks.data(
        x.to(device, dtype), y.to(device, dtype), network.widths[0], network.widths[-1], matrices[0]
    )


def widths_of(text: str) -> list[int]:
    """The widths in "784-50-20-10"."""
    words = text.split("-")
    plain = all(word.isascii() and word.isdigit() and len(word) < 10 for word in words)
    found = [int(word) for word in words] if plain else []
    expected = "three or more whole numbers from 1 on, such as 784-50-20-10"
    checks.require(len(found) >= 3 and min(found) >= 1, "--widths", checks.shown(text), expected)
    return found


def _random(options: argparse.Namespace) -> tuple[list[Tensor], Tensor, Tensor]:
    """Weights of variance 1 / fan-in, then x, then y, all normal, from the seed."""
    widths = widths_of(options.widths)
    numbers = sum(a * b for a, b in pairwise(widths)) + options.data * (widths[0] + widths[-1])
    checks.affordable("the random problem of --widths and --data", numbers)
    source = torch.Generator().manual_seed(options.seed)
    weights = [_normal(source, b, a) / a**0.5 for a, b in pairwise(widths)]
    return weights, _normal(source, options.data, widths[0]), _normal(source, options.data, widths[-1])


def _normal(source: torch.Generator, rows: int, columns: int) -> Tensor:
    return torch.randn((rows, columns), generator=source, dtype=torch.float64)


def _read(path: Path) -> tuple[list[Tensor], Tensor, Tensor]:
    """W1 ... W{N+1}, x and y of an .npz; other arrays in it are not looked at."""
    checks.require(os.path.isfile(path), "--input", printable(str(path)), "a file that is there")
    try:
        arrays = _arrays(path)
    except checks.InvalidInput:
        raise
    except Exception as error:  # whatever the readers of archives and of arrays find wrong with the bytes
        kind = "an .npz of plain arrays W1, W2, ..., x and y"
        because = str(error).split("\n", 1)[0] or type(error).__name__
        checks.refuse("--input", f"{printable(str(path))}, which cannot be read ({because})", kind)
    weights = [_tensor(arrays, f"W{k + 1}") for k in range(len(arrays) - 2)]
    return weights, _tensor(arrays, "x"), _tensor(arrays, "y")


def _arrays(path: Path) -> dict[str, Array]:
    """The arrays that are asked for, by name, none of which promises more than the memory holds."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        names = [member.filename.removesuffix(".npy") for member in members]
        numbered = [int(n[1:]) for n in names if n[:1] == "W" and n[1:].isdecimal() and len(n) < 6]
        wanted = [*(f"W{k + 1}" for k in range(max([2, *numbered]))), "x", "y"]
        shown = printable(str(path))
        missing = [name for name in wanted if name not in names]
        checks.require(not missing, "--input", f"{shown} without {', '.join(missing[:9])}", "all of them")
        twice = [name for name in wanted if names.count(name) > 1]
        checks.require(not twice, "--input", f"{shown} with {', '.join(twice)} more than once", "each once")
        needed = {name: member for name, member in zip(names, members, strict=True) if name in wanted}
        size = sum(member.file_size for member in needed.values())
        checks.affordable(f"what --input {shown} holds", math.ceil(size / 8))
        return {name: _array(archive.read(needed[name]), needed[name].file_size) for name in wanted}


def _array(content: bytes, size: int) -> Array:
    """The array in the whole of a member, whose checksum has been compared by reading it."""
    stream = io.BytesIO(content)
    array: Array = np.lib.format.read_array(stream, allow_pickle=False)
    if stream.read(1) or len(content) != size:
        raise ValueError("an array of another length than the archive says")
    return array


def _tensor(arrays: Mapping[str, Array], name: str) -> Tensor:
    array = arrays[name]
    known = array.dtype.kind == "f" and array.dtype.itemsize in (4, 8)
    checks.require(known, f"the dtype of {name} in --input", array.dtype, "float32 or float64")
    return torch.from_numpy(np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("=")))
