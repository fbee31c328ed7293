"""The formats of the files: what each says, as bytes, or one line that says what is wrong with it.

Every function takes the whole content of a file and its name for messages, and raises `Unreadable`.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

from feedback_proofs_io import given
from feedback_proofs_io.given import Unreadable

__all__ = ["MOST", "content", "idx", "in_range", "rows", "table"]

MOST = 2**28
"""Bytes of a file, uncompressed; the longest of those that are known, CIFAR-100's train.bin, has 1.5e8."""
UNSIGNED = 8  # the type code of bytes in an IDX file
CIFAR = (3, 32, 32)  # red, green and blue, row after row
DIGIT = (8, 8)


def content(path: Path) -> bytes:
    """The bytes of a file, unzipped where its name ends in .gz."""
    with given.opened(path) as file:
        try:
            found = (gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file).read(MOST + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise Unreadable(f"{path} cannot be read: {error}") from None
    if len(found) > MOST:
        raise Unreadable(f"{path} holds more than {MOST} bytes")
    return found


def idx(data: bytes, axes: int, source: str) -> tuple[tuple[int, ...], bytes]:
    """Shape and bytes of an IDX file: two zeros, a type code, the number of axes, their lengths, bytes."""
    head = 4 + 4 * axes
    if len(data) < head or data[:4] != bytes((0, 0, UNSIGNED, axes)):
        raise Unreadable(f"{source} is no IDX file of bytes with {axes} axes")
    shape = struct.unpack(f">{axes}I", data[4:head])
    size = math.prod(shape)
    if size == 0:
        raise Unreadable(f"{source} is of the shape {shape}; expected at least one of everything")
    if size > MOST:
        raise Unreadable(f"{source} says that it holds {size} bytes; expected at most {MOST}")
    if len(data) != head + size:
        found = f"more than {size}" if len(data) > head + size else f"{len(data) - head}"
        raise Unreadable(f"{source} has {found} bytes of data, expected {size}")
    return shape, data[head:]


def rows(data: bytes, labels: int, source: str) -> tuple[list[bytes], tuple[int, ...], bytes]:
    """The first, and if there are two the second labels, shape and pixels of CIFAR's binary version.

    An image is a row: its labels, a byte each, then 32 x 32 values of red, of green and of blue.
    """
    length = labels + math.prod(CIFAR)
    if not data or len(data) % length:
        raise Unreadable(f"{source} is of {len(data)} bytes; expected one or more rows of {length} bytes")
    pixels = b"".join(data[start + labels : start + length] for start in range(0, len(data), length))
    return [data[k::length] for k in range(labels)], (len(data) // length, *CIFAR), pixels


def table(data: bytes, white: int, source: str) -> tuple[bytes, tuple[int, ...], bytes]:
    """Labels, shape and pixels of the digits: on each line the 64 values, 0 to white, then the label."""
    columns = math.prod(DIGIT) + 1
    lines = data.splitlines()
    if not lines:
        raise Unreadable(f"{source} is empty; expected a line for each image")
    values = bytearray()
    for number, line in enumerate(lines, start=1):
        words = line.split(b",")
        if len(words) != columns or not all(word.isdigit() and len(word) <= 3 for word in words):
            raise Unreadable(f"line {number} of {source} is not {columns} numbers with commas between them")
        row = [int(word) for word in words]
        if max(row) > white:
            raise Unreadable(f"line {number} of {source} has a {max(row)}; expected 0 to {white}")
        values += bytes(row)
    pixels = b"".join(values[k : k + columns - 1] for k in range(0, len(values), columns))
    return bytes(values[columns - 1 :: columns]), (len(lines), *DIGIT), pixels


def in_range(labels: bytes, classes: int, source: str, what: str = "label") -> None:
    """See that every label is a class."""
    if max(labels) >= classes:
        place = next(k for k, label in enumerate(labels) if label >= classes)
        raise Unreadable(f"{what} {place} in {source} is {labels[place]}; expected 0 to {classes - 1}")
