"""Bad input gives one clear error before any work: the argument, its value, and what was expected."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Integral, Real

import torch
from torch import Tensor

__all__ = ["InvalidInput"]

DTYPES = (torch.float32, torch.float64)


class InvalidInput(ValueError):
    """An argument that the mathematics does not allow."""


def require(holds: bool, argument: str, found: object, expected: str) -> None:
    """Raise ``InvalidInput`` unless ``holds``; ``found`` completes "argument is ..."."""
    if not holds:
        raise InvalidInput(f"{argument} is {found}; expected {expected}.")


def one_of(argument: str, value: object, known: Iterable[str]) -> str:
    """The name itself, if it is one of the known ones."""
    names = list(known)
    require(isinstance(value, str) and value in names, argument, repr(value), f"one of {', '.join(names)}")
    return str(value)


def number(argument: str, value: object, expected: str) -> float:
    """A finite real number; ``expected`` says what the caller will go on to require of it."""
    real = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    require(real, argument, repr(value), expected)
    return float(value)  # type: ignore[arg-type]  # require has made sure


def noise_scale(c: object) -> float:
    """The size c of the noise: finite and above 0."""
    expected = "a finite number above 0"
    value = number("c", c, expected)
    require(value > 0, "c", repr(c), expected)
    return value


def ridge_penalty(ridge: object) -> float:
    """The ridge penalty: finite and not below 0."""
    expected = "a finite number, 0 or above"
    value = number("ridge", ridge, expected)
    require(value >= 0, "ridge", repr(ridge), expected)
    return value


def whole(argument: str, value: object, low: int, high: int | None = None) -> int:
    """An integer with low <= value, and value < high where given."""
    expected = f"an integer with {low} <= {argument}" + (f" < {high}" if high is not None else "")
    inside = isinstance(value, Integral) and not isinstance(value, bool)
    inside = inside and low <= value and (high is None or value < high)  # type: ignore[operator]
    require(inside, argument, repr(value), expected)
    return int(value)  # type: ignore[call-overload, no-any-return]  # an Integral


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
    if not isinstance(value, Tensor):
        raise InvalidInput(f"{argument} is {type(value).__name__}; expected a torch tensor.")
    wanted = dtype or (like.dtype if like is not None else None)
    allowed = DTYPES if wanted is None else (wanted,)
    require(value.dtype in allowed, f"the dtype of {argument}", value.dtype, " or ".join(map(str, allowed)))
    if like is not None:
        require(value.device == like.device, f"the device of {argument}", value.device, str(like.device))
    shape = tuple(value.shape)
    fits = len(shape) == 2 and rows in (None, shape[0]) and columns in (None, shape[1]) and 0 not in shape
    shown = [str(size) if size is not None else "at least 1" for size in (rows, columns)]
    require(fits, f"the shape of {argument}", shape, f"({shown[0]}, {shown[1]})")
    if not bool(value.sum().isfinite()) and not bool(
        torch.isfinite(value).all()
    ):  # one pass where all is well
        row, column = (int(k) for k in (~torch.isfinite(value)).nonzero()[0])
        raise InvalidInput(
            f"{argument}[{row}, {column}] is {value[row, column].item()}; expected a finite number."
        )
    return value


def sequence(argument: str, value: object, length: int | None = None) -> Sequence[object]:
    """A list or tuple, of the given length where one is given."""
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise InvalidInput(f"{argument} is {type(value).__name__}; expected a list or a tuple.")
    if length is not None:
        require(len(value) == length, f"the length of {argument}", len(value), str(length))
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
