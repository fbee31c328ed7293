"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


class CannotWrite(OSError):
    """A file cannot be written; the message says which and why, in one line."""


def prepare(path: Path) -> None:
    """Make the folder of a file that will be written, and see that it can be; raises `CannotWrite`."""
    target = _target(path)
    try:
        if target.exists() and not target.is_file():
            raise OSError("it is not a regular file")
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except (FileExistsError, NotADirectoryError):
        raise CannotWrite(f"cannot write {path}: {target.parent} is not a folder") from None
    except OSError as error:
        raise _because(path, error) from None


def write_whole(path: Path, text: str) -> None:
    """Write a file beside its place, then move it there; raises `CannotWrite`, and leaves nothing behind."""
    target = _target(path)
    scratch: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        scratch = Path(name)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        scratch.chmod(0o666 & ~_umask())  # mkstemp's own is for its owner only
        scratch.replace(target)
    except OSError as error:
        raise _because(path, error) from None
    finally:
        if scratch is not None:
            with contextlib.suppress(OSError):  # it has been moved
                scratch.unlink()


def _target(path: Path) -> Path:
    """Where a link leads: the link stays, and what it names is replaced."""
    return Path(os.path.realpath(path))


def _because(path: Path, error: OSError) -> CannotWrite:
    return CannotWrite(f"cannot write {path}: {(error.strerror or str(error)).lower()}")


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
