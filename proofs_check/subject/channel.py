"""Messages between the judge and the judged: text and float64 arrays in fixed binary frames, nothing else.

A frame is a header (a mark, the kind, the number of the question, the length of the text, how many arrays),
the text in UTF-8, the shapes, and the arrays' memory as it is. Nothing in it is ever executed. Whoever reads
says beforehand how long the text may be and which shapes the arrays must have: what is more or other is
`Garbled` before any memory is set aside for it. Both ends use this file; the worker loads it from its path.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[np.float64]
Shape: TypeAlias = tuple[int, ...]
Read: TypeAlias = "Callable[[int], bytearray]"

MARK = b"FPJ1"
HEADER = struct.Struct("<4sBQQQ")
LONGEST_TEXT = 2**16  # bytes of what a subject may say of itself, or of an error
LENGTH = struct.Struct("<Q")
ITEM = 8  # bytes of a float64

QUESTION, NUMBERS, TRAITS, NOT_FOUND, NO_MEMORY, ERROR, STALE, CONFIRMED = range(1, 9)
KINDS = {
    QUESTION: "a question",
    NUMBERS: "numbers",
    TRAITS: "what the subject says of itself",
    NOT_FOUND: "why there is no such subject",
    NO_MEMORY: "that memory ran out",
    ERROR: "an error",
    STALE: "what an earlier claim has changed",
    CONFIRMED: "what came of a statement's own check",
}


class Garbled(Exception):
    """What came is no message that was waited for; the message says why, in one sentence."""


@dataclass(frozen=True)
class Message:
    """One frame: the number of a question, and what is asked or answered."""

    kind: int
    number: int
    text: str
    arrays: Sequence[Array] = ()


@dataclass(frozen=True)
class Expected:
    """What may come: an answer to the question of this number, with arrays of these shapes where it is one of
    numbers, else without any. `None`: whatever comes, from a sender that is trusted.
    """

    number: int
    shapes: Sequence[Shape]
    longest: int = LONGEST_TEXT


def frame(message: Message) -> Iterator[memoryview]:
    """The parts of a frame, to be written one after the other."""
    text = message.text.encode("utf-8", errors="replace")
    yield memoryview(HEADER.pack(MARK, message.kind, message.number, len(text), len(message.arrays)))
    yield memoryview(text)
    for array in message.arrays:
        yield memoryview(struct.pack(f"<{1 + array.ndim}Q", array.ndim, *array.shape))
    for array in message.arrays:
        yield np.ascontiguousarray(array, dtype="<f8").reshape(-1).view(np.uint8).data


def receive(read: Read, expected: Expected | None) -> Message:
    """Read one frame by ``read(n)``, which returns exactly n bytes; raises `Garbled`."""
    mark, kind, number, length, count = HEADER.unpack(read(HEADER.size))
    if mark != MARK or kind not in KINDS:
        raise Garbled("it does not begin as a message does")
    if expected is not None:
        _see_header(expected, kind, number, length, count)
    try:
        text = read(length).decode("utf-8")
    except UnicodeDecodeError:
        raise Garbled("its text is not UTF-8") from None
    shapes = [_shape(read, k, expected) for k in range(count)]
    arrays = [_array(read, shape) for shape in shapes]
    if expected is not None:
        _see_finite(arrays)
    return Message(kind, number, text, arrays)


def _see_header(expected: Expected, kind: int, number: int, length: int, count: int) -> None:
    """Refuse an answer to another question, and one that says more than an answer may."""
    if kind == QUESTION:
        raise Garbled("it is a question")
    if number != expected.number:
        raise Garbled("it answers another question than the one that was asked")
    if length > expected.longest:
        raise Garbled(f"its text has {length} bytes, at most {expected.longest} are read")
    wanted = len(expected.shapes) if kind == NUMBERS else 0
    if count != wanted:
        raise Garbled(f"it brings {KINDS[kind]} and {count} arrays, expected {wanted}")


def _shape(read: Read, k: int, expected: Expected | None) -> Shape:
    """The shape of array k; where one is expected, no more is read than that one needs."""
    (dimensions,) = LENGTH.unpack(read(LENGTH.size))
    wanted = None if expected is None else expected.shapes[k]
    if wanted is not None and dimensions != len(wanted):
        raise Garbled(f"its array {k} has {dimensions} dimensions, expected {len(wanted)}")
    found = struct.unpack(f"<{dimensions}Q", read(LENGTH.size * dimensions))
    if wanted is not None and found != wanted:
        raise Garbled(f"its array {k} has the shape {found}, expected {wanted}")
    return found


def _array(read: Read, shape: Shape) -> Array:
    """An array that owns fresh, writable memory."""
    memory = read(ITEM * math.prod(shape))
    return np.frombuffer(memory, dtype="<f8").reshape(shape).astype(np.float64, copy=False)


def _see_finite(arrays: Sequence[Array]) -> None:
    """Look once more for NaN and infinity: the process that was asked need not have looked."""
    with np.errstate(over="ignore", invalid="ignore"):
        for k, array in enumerate(arrays):
            if not np.isfinite(array.sum()) and not np.isfinite(array).all():
                raise Garbled(f"its array {k} holds numbers that are not finite")


def send(stream: IO[bytes], message: Message) -> None:
    """Write one frame and flush it."""
    for part in frame(message):
        stream.write(part)
    stream.flush()


def reader(stream: IO[bytes]) -> Read:
    """Read from a stream that waits; raises EOFError where the other end has gone."""

    def read(length: int) -> bytearray:
        data = bytearray(length)
        view, done = memoryview(data), 0
        while done < length:
            got = stream.readinto(view[done:])  # type: ignore[attr-defined]
            if not got:
                raise EOFError("the other end has gone")
            done += got
        return data

    return read


PLACE = "array"  # a dictionary with this key alone stands for an array of the frame


def question(number: int, method: str, arguments: Mapping[str, Any]) -> Message:
    """A question: its text is JSON, in which every array is replaced by its place in the frame."""
    arrays: list[Array] = []

    def plain(value: Any) -> Any:
        if isinstance(value, np.ndarray):
            arrays.append(value)
            return {PLACE: len(arrays) - 1}
        if isinstance(value, Mapping):
            return {name: plain(entry) for name, entry in value.items()}
        return [plain(entry) for entry in value] if isinstance(value, list | tuple) else value

    return Message(QUESTION, number, json.dumps([method, plain(dict(arguments))]), arrays)


def asked(message: Message) -> tuple[str, dict[str, Any]]:
    """The method and the arguments of a question; what was a tuple is a list."""

    def full(value: Any) -> Any:
        if isinstance(value, list):
            return [full(entry) for entry in value]
        if isinstance(value, dict):
            return (
                message.arrays[value[PLACE]]
                if value.keys() == {PLACE}
                else {k: full(v) for k, v in value.items()}
            )
        return value

    method, arguments = full(json.loads(message.text))
    return method, arguments
