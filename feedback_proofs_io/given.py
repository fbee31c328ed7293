"""Files that somebody gives us: read without trust, in bounded time and memory.

A file may be missing, a folder, a pipe that nobody writes to, a device without end, damaged, or nested a
hundred thousand levels deep. All of it is one clear line.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import select
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["MOST", "Unreadable", "content", "document", "opened", "parsed"]

MOST = 64 * 2**20  # bytes; the longest ledger has less than one hundredth of it
PATIENCE = 10.0  # seconds without a byte from a pipe
LONGEST_NUMBER = 400  # digits


class Unreadable(ValueError):
    """A file cannot be read, or is not what it should be; the message says which and why, in one line."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A regular file, open for reading; raises `Unreadable` where there is none, or it cannot be opened."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise Unreadable(f"cannot read {path}: {why.lower()}") from None
    mode = os.fstat(handle).st_mode
    if not stat.S_ISREG(mode):
        os.close(handle)
        what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise Unreadable(f"cannot read {path}: it is {what}")
    with os.fdopen(handle, "rb") as file:
        yield file


def content(path: Path, most: int = MOST) -> bytes:
    """The bytes of a file or of a pipe, at most so many; raises `Unreadable`."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
    try:
        handle = os.open(path, flags | getattr(os, "O_CLOEXEC", 0))
        try:
            mode = os.fstat(handle).st_mode
            if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
                what = "a folder" if stat.S_ISDIR(mode) else "no regular file"
                raise Unreadable(f"cannot read {path}: it is {what}")
            found = _all(handle, most)
        finally:
            os.close(handle)
    except OSError as error:
        raise Unreadable(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"cannot read {path}: {error}") from None
    if len(found) > most:
        raise Unreadable(f"cannot read {path}: it is longer than {most} bytes")
    return found


def document(path: Path, most: int = MOST) -> object:
    """What a JSON file says; raises `Unreadable`, also for what Python takes for JSON and is none."""
    return parsed(content(path, most), path)


def parsed(data: bytes, path: Path) -> object:
    """What JSON in UTF-8 says; the path is for messages. Refused are NaN, numbers beyond a float's range, a
    name that occurs twice in an object, nesting beyond what Python follows; raises `Unreadable`.
    """
    try:
        return json.loads(
            data.decode("utf-8"),
            parse_constant=_no_constant,
            parse_float=_number,
            parse_int=_integer,
            object_pairs_hook=_without_doubles,
        )
    except UnicodeDecodeError:
        raise Unreadable(f"{path} is no JSON: it is no UTF-8 text") from None
    except RecursionError:
        raise Unreadable(f"{path} is no JSON that can be read: it is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"{path} is no JSON: {error}") from None


def _all(handle: int, most: int) -> bytes:
    parts, length = [], 0
    while length <= most:
        try:
            part = os.read(handle, min(2**20, most + 1 - length))
        except BlockingIOError:  # a pipe that somebody may still write to
            if not select.select([handle], [], [], PATIENCE)[0]:
                raise OSError(0, f"nothing came from it for {PATIENCE:g} s") from None
            continue
        if not part:
            break
        parts.append(part)
        length += len(part)
    return b"".join(parts)


def _no_constant(token: str) -> object:
    raise ValueError(f"{token} is no number of JSON")


def _number(token: str) -> float:
    number = float(token)
    if not math.isfinite(number):
        raise ValueError(f"the number {token[:40]} is too large")
    return number


def _integer(token: str) -> int:
    if len(token) > LONGEST_NUMBER:
        raise ValueError(f"the number {token[:40]}… has {len(token)} digits")
    return int(token)


def _without_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:40]!r} occurs twice in an object")
    return found
