"""Files that appear whole or not at all.

A file is written beside its place and moved there when it is on the disk. What a killed run left beside it is
removed by the next one that writes the same file.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import BinaryIO

from feedback_proofs_io.locking import lock

__all__ = ["CannotWrite", "Exists", "apart", "create", "prepare", "read", "write", "write_with"]


class CannotWrite(OSError):
    """A file cannot be written; the message says which and why, in one line."""


class Exists(CannotWrite):
    """There is a file already where a new one should be."""


def prepare(path: Path, *, folders: bool = True) -> None:
    """See that a file can be written, before the work whose result it will hold; raises `CannotWrite`.

    Its folder is made where it is missing, unless `folders` is False; an existing file stays as it is.
    """
    target = _target(path)
    try:
        if target.exists() and not target.is_file():
            raise OSError("it is not a regular file")
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError("it may not be written to")
        if folders:
            target.parent.mkdir(parents=True, exist_ok=True)
        elif not target.parent.is_dir():
            raise OSError(f"there is no folder {target.parent}")
        _remove_leftovers(target)
        handle, scratch = _scratch(target)
        os.close(handle)
        scratch.unlink()
    except (FileExistsError, NotADirectoryError):
        raise CannotWrite(f"cannot write {path}: {target.parent} is not a folder") from None
    except (OSError, ValueError) as error:
        raise _because(path, error) from None


def apart(paths: Iterable[tuple[str, Path]]) -> None:
    """See that files which will be written are not one and the same; raises `CannotWrite`.

    `paths` are pairs of the argument that names a file, for the message, and the file.
    """
    seen: dict[Path, str] = {}
    for argument, path in paths:
        target = _target(path)
        if target in seen:
            raise CannotWrite(f"{seen[target]} and {argument} both name {path}: one would replace the other")
        seen[target] = argument


def read(path: str | os.PathLike[str]) -> bytes:
    """The bytes of a file; raises OSError, also for what is no regular file: a pipe would be waited for."""
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise OSError(f"cannot read {os.fspath(path)}: it is not a regular file")
    return Path(path).read_bytes()


def write(path: Path, content: str | bytes) -> None:
    """Write a file; raises `CannotWrite`, and leaves what was there before.

    Text is written as UTF-8; a lone surrogate, which UTF-8 cannot say, as its escape such as \\ud800.
    """
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    write_with(path, lambda file: file.write(data))


def write_with(path: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write a file by a function that gets it open, such as one of another library; raises `CannotWrite`.

    A file that is replaced keeps its permissions, and a link stays a link. Other errors of `fill` pass.
    """
    target = _target(path)
    scratch: Path | None = None
    try:
        handle, scratch = _scratch(target)
        with os.fdopen(handle, "wb") as file:
            _keep_mode(target, file.fileno())
            fill(file)
            file.flush()
            os.fsync(file.fileno())
            scratch.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        raise _because(path, error) from None
    finally:
        if scratch is not None:
            with contextlib.suppress(OSError):  # it has been moved
                scratch.unlink()


def create(path: Path, content: str | bytes) -> None:
    """Write a file that is not there yet; raises `Exists` where it is, also if it came meanwhile."""
    if os.path.lexists(path):
        raise Exists(f"{path} exists: nothing was written")
    data = content.encode("utf-8", "backslashreplace") if isinstance(content, str) else content
    scratch: Path | None = None
    try:
        handle, scratch = _scratch(Path(path))
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            _appear(scratch, Path(path))
        _sync_folder(Path(path).parent)
    except FileExistsError:
        raise Exists(f"{path} exists: nothing was written") from None
    except (OSError, ValueError) as error:
        raise _because(path, error) from None
    finally:
        if scratch is not None:
            with contextlib.suppress(OSError):  # it has been moved
                scratch.unlink()


def _appear(scratch: Path, path: Path) -> None:
    """Give the file its name, unless another file has taken it meanwhile."""
    try:
        os.link(scratch, path)
    except FileExistsError:
        raise
    except OSError:  # no links on this file system
        if os.path.lexists(path):
            raise FileExistsError from None
        scratch.rename(path)


def _scratch(target: Path) -> tuple[int, Path]:
    """A new file beside the target, locked for as long as it is open: its name says whose it is."""
    scratch = target.with_name(f".{target.name[:150]}.{os.getpid()}.{secrets.token_hex(4)}.part")
    handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
    lock(handle)
    return handle, scratch


def _remove_leftovers(target: Path) -> None:
    """Remove the scratch files of runs that are gone: those whose process and whose lock are."""
    for left in target.parent.glob(f".{_literal(target.name[:150])}.*.*.part"):
        number = left.name.split(".")[-3]
        if not number.isdigit() or _runs(int(number)):
            continue
        with contextlib.suppress(OSError):  # somebody else's: it stays
            handle = os.open(left, os.O_WRONLY)
            try:
                if lock(handle):
                    left.unlink()
            finally:
                os.close(handle)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _literal(name: str) -> str:
    """A name as a pattern that matches only itself."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _keep_mode(target: Path, handle: int) -> None:
    """Give the new file the permissions of the one that it replaces, and its owner where that is allowed."""
    with contextlib.suppress(OSError):  # there was none
        old = target.stat()
        with contextlib.suppress(OSError, AttributeError):
            os.fchown(handle, old.st_uid, old.st_gid)
        os.fchmod(handle, stat.S_IMODE(old.st_mode))


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk too, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _target(path: Path) -> Path:
    """Where a link leads: the link stays, and what it names is replaced."""
    try:
        return Path(os.path.realpath(path))
    except ValueError as error:  # a name with a NUL
        raise _because(path, error) from None


def _because(path: Path, error: OSError | ValueError) -> CannotWrite:
    if isinstance(error, CannotWrite):
        return error
    why = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return CannotWrite(f"cannot write {path}: {why.lower()}")
