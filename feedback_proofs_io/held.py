"""One run at a time on one file, such as a checkpoint: the second is told."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from feedback_proofs_io.locking import lock
from feedback_proofs_io.whole import CannotWrite

__all__ = ["InUse", "held", "taken"]


class InUse(CannotWrite):
    """Another run works on the file; the message says which file, and which process where it is known."""


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold a file for this run, by a lock file beside it that goes with the run; raises `InUse`.

    A run that is killed holds nothing. Raises `CannotWrite` where the lock file cannot be made.
    """
    target = Path(os.path.realpath(path))
    place = target.with_name(f".{target.name}.lock")
    try:
        handle = taken(place)
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
    if handle is None:
        raise InUse(f"{path} is in use by another run{_holder(place)}; wait for it, or name another file")
    try:
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        with contextlib.suppress(OSError):
            place.unlink()
        os.close(handle)


def taken(place: Path, mode: int = 0o666, flags: int = 0) -> int | None:
    """A file, made where it is missing, open and locked by this run; None where another run holds it."""
    while True:
        handle = os.open(place, os.O_RDWR | os.O_CREAT | flags | getattr(os, "O_CLOEXEC", 0), mode)
        if not lock(handle):
            os.close(handle)
            return None
        with contextlib.suppress(OSError):
            if os.path.samestat(os.stat(place), os.fstat(handle)):
                return handle
        os.close(handle)  # its holder removed it between our opening and our locking


def _holder(place: Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        return f" (process {int(place.read_text(encoding='ascii')[:20])})"
    return ""
