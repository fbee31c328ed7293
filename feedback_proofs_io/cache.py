"""The user's cache folder, and what may be believed of what lies in it.

Results that take long are kept there, and a library that is loaded into the process: so the folder and its
files must belong to the user, and nobody else may be able to write to them.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from feedback_proofs_io import whole

__all__ = ["drop", "folder", "keep", "kept"]

NAME = "feedback-proofs"
NO_LINK_NO_WAIT = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


def folder() -> Path | None:
    """The folder, made where it is missing: in ``$XDG_CACHE_HOME`` or ``~/.cache``; without these,
    one of this user among the temporary files. None where none is the user's own.
    """
    return next((place for place in _places() if _own_folder(place)), None)


def kept(name: str) -> bytes | None:
    """The content of a file of the cache; None where it is missing, or might be somebody else's."""
    home = folder()
    if home is None:
        return None
    try:
        handle = os.open(home / name, os.O_RDONLY | NO_LINK_NO_WAIT)
        with os.fdopen(handle, "rb") as file:
            return file.read() if _own(os.fstat(file.fileno()), stat.S_ISREG) else None
    except OSError:
        return None


def keep(name: str, content: bytes) -> bool:
    """Keep a file, readable by the user alone; False where that is not possible."""
    home = folder()
    if home is None:
        return False
    with contextlib.suppress(OSError):  # a stranger's file, or a link, must not hand its nature to ours
        if not _own(os.lstat(home / name), stat.S_ISREG):
            (home / name).unlink()
    try:
        whole.prepare(home / name)
        whole.write_with(home / name, lambda file: _fill(file, content))
    except OSError:
        return False
    return True


def _fill(file: BinaryIO, content: bytes) -> None:
    """Write a file that is closed to others whatever the umask: else it would not be read again."""
    if hasattr(os, "fchmod"):
        os.fchmod(file.fileno(), 0o600)
    file.write(content)


def drop(name: str) -> None:
    """Remove a file of the cache, if it is there."""
    home = folder()
    if home is not None:
        with contextlib.suppress(OSError):
            (home / name).unlink()


def _places() -> list[Path]:
    places = []
    given = os.environ.get("XDG_CACHE_HOME")
    if given and os.path.isabs(given):  # the standard: a relative path is to be ignored
        places.append(Path(given) / NAME)
    else:
        with contextlib.suppress(RuntimeError):  # no HOME, and a user without an entry
            home = Path.home()
            if home.is_absolute() and home != Path("/"):
                places.append(home / ".cache" / NAME)
    user = os.getuid() if hasattr(os, "getuid") else "user"
    with contextlib.suppress(OSError):
        places.append(Path(tempfile.gettempdir()) / f"{NAME}-{user}")
    return places


def _own_folder(place: Path) -> bool:
    """Whether the folder is there, or can be made, is the user's own, and can be written to."""
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _own(os.lstat(place), stat.S_ISDIR) and os.access(place, os.R_OK | os.W_OK | os.X_OK)
    except (OSError, ValueError):
        return False


def _own(found: os.stat_result, kind: Callable[[int], bool]) -> bool:
    """Whether a file is of this kind, the user's own, and closed to the writing of others."""
    if not kind(found.st_mode):
        return False
    if not hasattr(os, "geteuid"):
        return True
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
