"""The suite's own files, which a subject that runs as the same user could change while it is judged.

No system keeps a user from changing files of that user: but what was changed between the start of a run and
its end is seen here, and then nothing is said of the subject. Compiled files are looked at too, those that
were valid when the run began. A new one may be Python's own or forged: the judge has imported what it needs
of ours when the subject's code begins to run (but for the proofs, where the process beside it is lost).
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import struct
from pathlib import Path
from typing import TypeAlias

Mark: TypeAlias = tuple[int, int, int, int]
"""Size, time of the last change of content and of anything, number: what no program can set back."""

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("feedback_proofs_io", "impl", "proofs_check", "theory")
HEADER = struct.Struct("<4sIII")


class Changed(Exception):
    """Files of the suite were changed while it ran; the message names some of them."""


def marks() -> dict[str, Mark]:
    """The marks of every source file, and of every compiled one that Python would take for it."""
    found = {}
    for package in PACKAGES:
        for folder, _, names in os.walk(ROOT / package):
            for name in names:
                if name.endswith((".py", ".npz", ".json")):
                    path = os.path.join(folder, name)
                    found[path] = _mark(path)
                    compiled = importlib.util.cache_from_source(path) if name.endswith(".py") else ""
                    if compiled and _is_valid(compiled, found[path]):
                        found[compiled] = _mark(compiled)
    return found


def see_unchanged(before: dict[str, Mark]) -> None:
    """Compare with the marks of the start; raises `Changed`."""
    changed = [path for path, mark in before.items() if _mark(path) != mark]
    changed += [path for path in marks() if path.endswith(".py") and path not in before]
    if changed:
        names = ", ".join(os.path.relpath(path, ROOT) for path in changed[:3])
        more = f" and {len(changed) - 3} more" if len(changed) > 3 else ""
        raise Changed(f"files of the suite were changed while it ran: {names}{more}. Run it again")


def _mark(path: str) -> Mark:
    try:
        found = os.stat(path)
    except OSError:
        return (-1, -1, -1, -1)
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _is_valid(compiled: str, source: Mark) -> bool:
    """Whether Python would run this compiled file in place of its source."""
    with contextlib.suppress(OSError, struct.error), open(compiled, "rb") as file:
        magic, flags, time, size = HEADER.unpack(file.read(HEADER.size))
        same = time == source[1] // 10**9 & 0xFFFFFFFF and size == source[0] & 0xFFFFFFFF
        return bool(magic == importlib.util.MAGIC_NUMBER and (flags != 0 or same))
    return False
