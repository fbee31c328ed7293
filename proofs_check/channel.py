"""Python values over a pair of byte streams, arrays without a detour.

A message is the number of its parts, their lengths, and the parts: a pickle, then the memory of each array
as it is (pickle protocol 5). Both ends of the worker's connection use this file; the worker loads it from
its path.
"""

from __future__ import annotations

import pickle
import struct
from typing import IO, Any


def send(stream: IO[bytes], message: object) -> None:
    """Write one message and flush it."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
    parts = [memoryview(head), *(buffer.raw() for buffer in buffers)]
    stream.write(struct.pack(f"<{len(parts) + 1}Q", len(parts), *(part.nbytes for part in parts)))
    for part in parts:
        stream.write(part)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message; raises EOFError where the other end has gone. Arrays own fresh, writable memory."""
    (count,) = struct.unpack("<Q", _read(stream, 8))
    lengths = struct.unpack(f"<{count}Q", _read(stream, 8 * count))
    head, *buffers = [_read(stream, length) for length in lengths]
    return pickle.loads(head, buffers=buffers)


def _read(stream: IO[bytes], length: int) -> bytearray:
    """Read exactly `length` bytes."""
    data = bytearray(length)
    view, done = memoryview(data), 0
    while done < length:
        got = stream.readinto(view[done:])  # type: ignore[attr-defined]
        if not got:
            raise EOFError("the other end has gone")
        done += got
    return data
