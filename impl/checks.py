"""Bad input gives one clear error before any work: the argument, its value, and what was expected.

Every public function of the package hands its arguments to the functions below before it starts; the kernels
behind ``Stream`` take what has been checked and check nothing again.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from numbers import Integral, Real
from typing import Never

import torch
from torch import Tensor

from feedback_proofs_io.text import printable

__all__ = ["InvalidInput"]

DTYPES = (torch.float32, torch.float64)
BOTH_DTYPES = "torch.float32 or torch.float64"
LONGEST = 80
"""Characters of a value that a message shows."""


class InvalidInput(ValueError):
    """An argument that the mathematics does not allow."""


def refuse(argument: str, found: object, expected: str) -> Never:
    """Raise ``InvalidInput``; ``found`` completes "argument is ..."."""
    raise InvalidInput(f"{argument} is {found}; expected {expected}.")


def require(holds: bool, argument: str, found: object, expected: str) -> None:
    """Raise ``InvalidInput`` unless ``holds``; ``found`` completes "argument is ..."."""
    if not holds:
        refuse(argument, found, expected)


def shown(value: object) -> str:
    """A value in a line: what ``repr`` says, cut where it is long; of tensors and the like the type alone."""
    if not isinstance(value, (str, bytes, Real, complex, type(None), list, tuple, dict, torch.dtype)):
        return type(value).__name__
    try:
        return printable(repr(value), longest=LONGEST)
    except Exception:  # such as an integer of more digits than Python writes
        return f"a value of type {type(value).__name__} that cannot be written out"


def one_of(argument: str, value: object, known: Iterable[str]) -> str:
    """The name itself, if it is one of the known ones."""
    names = list(known)
    if not isinstance(value, str) or value not in names:
        refuse(argument, shown(value), f"one of {', '.join(names)}")
    return str(value)


def instance(argument: str, value: object, kind: type) -> None:
    """An object of a class of this package."""
    require(isinstance(value, kind), argument, shown(value), f"a {kind.__name__}")


def number(argument: str, value: object, expected: str) -> float:
    """A finite real number; ``expected`` says what the caller will go on to require of it."""
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            found = float(value)
        except (OverflowError, ValueError):  # an integer or a fraction beyond the largest double
            found = math.inf
        if math.isfinite(found):
            return found
    refuse(argument, shown(value), expected)


def noise_scale(c: object, argument: str = "c") -> float:
    """The size c of the noise: finite and above 0."""
    expected = "a finite number above 0"
    value = number(argument, c, expected)
    if not value > 0:
        refuse(argument, shown(c), expected)
    return value


def not_negative(argument: str, given: object) -> float:
    """A penalty or a rate: finite and not below 0."""
    expected = "a finite number, 0 or above"
    value = number(argument, given, expected)
    if not value >= 0:
        refuse(argument, shown(given), expected)
    return value


def fraction(argument: str, given: object) -> float:
    """A part of a whole that is not all of it: at least 0 and below 1."""
    expected = "a number from 0 up to, and without, 1"
    value = number(argument, given, expected)
    if not 0 <= value < 1:
        refuse(argument, shown(given), expected)
    return value


def ridge_penalty(ridge: object, argument: str = "ridge") -> float:
    """The ridge penalty: finite and not below 0."""
    return not_negative(argument, ridge)


def whole(argument: str, value: object, low: int, high: int | None = None) -> int:
    """An integer with low <= value, and value < high where given."""
    if isinstance(value, Integral) and not isinstance(value, bool):
        found = int(value)
        if low <= found and (high is None or found < high):
            return found
    refuse(
        argument,
        shown(value),
        f"an integer with {low} <= {argument}" + (f" < {high}" if high is not None else ""),
    )


def dtype(argument: str, value: object) -> torch.dtype:
    """float32 or float64."""
    if not isinstance(value, torch.dtype) or value not in DTYPES:
        refuse(argument, shown(value), BOTH_DTYPES)
    return value


def device(argument: str, value: object) -> torch.device:
    """A device that is here; meta, which holds no numbers, is."""
    expected = "a device that torch has here"
    if not isinstance(value, (str, torch.device)):
        refuse(argument, shown(value), expected)
    try:
        found = torch.device(value)
        torch.empty(0, device=found)
    except Exception:  # whatever the backend of a device that is not here says
        refuse(argument, shown(str(value)), expected)
    return found


def path(argument: str, value: object) -> str:
    """The name of a file."""
    expected = "the name of a file"
    if not isinstance(value, (str, os.PathLike)):
        refuse(argument, shown(value), expected)
    name = os.fspath(value)
    if not isinstance(name, str) or not name or "\0" in name:
        refuse(argument, shown(name), expected)
    return name


def dense(
    argument: str, value: object, dtypes: tuple[torch.dtype, ...] = DTYPES, like: Tensor | None = None
) -> Tensor:
    """A tensor of one of these dtypes with an entry at every place, on the device of ``like``."""
    if not isinstance(value, Tensor):
        refuse(argument, type(value).__name__, "a torch tensor")
    if value.is_nested or value.layout is not torch.strided:
        kind = "nested" if value.is_nested else str(value.layout)
        refuse(f"the layout of {argument}", kind, "torch.strided")
    if value.dtype not in dtypes:
        refuse(f"the dtype of {argument}", value.dtype, " or ".join(map(str, dtypes)))
    if like is not None and value.device != like.device:
        refuse(f"the device of {argument}", value.device, str(like.device))
    return value


def finite(argument: str, value: Tensor) -> None:
    """A tensor without NaN and infinity."""
    if value.is_meta:
        refuse(f"the device of {argument}", "meta", "one that holds numbers")
    if bool(value.sum().isfinite()) or bool(torch.isfinite(value).all()):  # one pass where all is well
        return
    place = tuple((~torch.isfinite(value)).nonzero()[0].tolist())
    refuse(f"{argument}[{', '.join(map(str, place))}]", value[place].item(), "a finite number")


def matrix(
    argument: str,
    value: object,
    *,
    rows: int | None = None,
    columns: int | None = None,
    like: Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> Tensor:
    """A finite float32 or float64 matrix that is not empty.

    ``rows`` and ``columns`` fix its shape where given; ``like`` its dtype and device; ``dtype`` its dtype.
    """
    wanted = dtype or (like.dtype if like is not None else None)
    found = dense(argument, value, DTYPES if wanted is None else (wanted,), like)
    shape = tuple(found.shape)
    if len(shape) != 2 or rows not in (None, shape[0]) or columns not in (None, shape[1]) or 0 in shape:
        sizes = [str(size) if size is not None else "at least 1" for size in (rows, columns)]
        refuse(f"the shape of {argument}", shape, f"({sizes[0]}, {sizes[1]})")
    finite(argument, found)
    return found


def stack(argument: str, value: object, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
    """A finite tensor of exactly this shape and dtype, wherever it is."""
    found = dense(argument, value, (dtype,))
    require(tuple(found.shape) == tuple(shape), f"the shape of {argument}", tuple(found.shape), str(shape))
    finite(argument, found)
    return found


def integers(argument: str, value: object) -> Tensor:
    """A tensor of int64, of any shape."""
    return dense(argument, value, (torch.int64,))


def sequence(argument: str, value: object, length: int | None = None) -> Sequence[object]:
    """A list or tuple, of the given length where one is given."""
    if not isinstance(value, Sequence) or isinstance(value, (str, bytes, bytearray, memoryview)):
        refuse(argument, type(value).__name__, "a list or a tuple")
    if length is not None:
        require(len(value) == length, f"the length of {argument}", len(value), str(length))
    return value


def items(argument: str, value: object) -> tuple[object, ...]:
    """What any ordered collection holds, such as a list or torch's ParameterList; not a tensor's rows."""
    unordered = (str, bytes, bytearray, memoryview, Tensor, Mapping, AbstractSet)
    if isinstance(value, unordered) or not hasattr(value, "__iter__"):
        refuse(argument, type(value).__name__, "a list or a tuple")
    return tuple(value)


def iterable(argument: str, value: object) -> Iterable[object]:
    """Anything that can be gone through."""
    if isinstance(value, (str, bytes, Tensor, Mapping)) or not hasattr(value, "__iter__"):
        refuse(argument, type(value).__name__, "pairs (x, y)")
    return value


def data(x: object, y: object, inputs: int, outputs: int, like: Tensor) -> tuple[Tensor, Tensor]:
    """x (T, inputs) and y (T, outputs), T >= 1, with the dtype and device of ``like``."""
    x = matrix("x", x, columns=inputs, like=like)
    return x, matrix("y", y, rows=x.shape[0], columns=outputs, like=like)


def layers(argument: str, value: object, shapes: Sequence[tuple[int, int]], like: Tensor) -> list[Tensor]:
    """One matrix per hidden layer, of the given shapes, with the dtype and device of ``like``."""
    return [
        matrix(f"{argument}[{k}]", tensor, rows=rows, columns=columns, like=like)
        for k, (tensor, (rows, columns)) in enumerate(
            zip(sequence(argument, value, len(shapes)), shapes, strict=True)
        )
    ]


def sizes(value: object) -> list[int]:
    """The numbers of units n_1 ... n_N of the hidden layers, N >= 1."""
    found = [whole(f"sizes[{k}]", n, 1) for k, n in enumerate(sequence("sizes", value))]
    require(len(found) > 0, "the length of sizes", 0, "at least 1")
    return found


def affordable(argument: str, numbers: int) -> None:
    """So many doubles that they fit into this machine's memory."""
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # a system that does not say
        return
    if 0 < memory < 8 * numbers:
        size = f"{float(8 * min(numbers, 10**300)):.3g}"
        refuse(argument, f"of {size} bytes", f"at most the {float(memory):.3g} of this machine's memory")
