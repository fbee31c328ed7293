"""Members of a .tar.gz, read in memory without trust: nothing is unpacked to the disk."""

from __future__ import annotations

import gzip
import hashlib
import tarfile
from collections.abc import Collection
from pathlib import Path
from typing import IO, Protocol, cast

from feedback_proofs_io import given
from feedback_proofs_io.datasets.formats import MOST
from feedback_proofs_io.given import Unreadable

__all__ = ["members"]

MOST_MEMBERS = 1000  # an archive of a million empty members would fill the memory
PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
STEP = 2**16


class _Source(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


class _Hashed:
    """Passes on what it reads, and keeps its MD5."""

    def __init__(self, source: _Source) -> None:
        self.source, self.md5 = source, hashlib.md5(usedforsecurity=False)

    def read(self, size: int = -1) -> bytes:
        data = self.source.read(size)
        self.md5.update(data)
        return data


class _Bounded:
    """Passes on what it reads, as long as that is no more than a set of images holds."""

    def __init__(self, source: _Source, path: Path) -> None:
        self.source, self.path, self.left = source, path, MOST

    def read(self, size: int) -> bytes:
        data = self.source.read(size)
        self.left -= len(data)
        if self.left < 0:
            raise Unreadable(f"{self.path} holds more than {MOST} bytes")
        return data


def members(path: Path, wanted: Collection[str]) -> tuple[dict[str, bytes], str]:
    """The content of these members, by name, and the MD5 of the archive; raises `Unreadable`.

    The archive is read once and to its end, where gzip compares its checksum.
    """
    with given.opened(path) as file:
        hashed = _Hashed(file)
        unzipped = _Bounded(gzip.GzipFile(fileobj=cast(IO[bytes], hashed)), path)
        try:
            with tarfile.open(fileobj=cast(IO[bytes], unzipped), mode="r|", bufsize=STEP) as tar:
                found = _wanted(tar, wanted, path)
            while unzipped.read(STEP):
                pass
        except Unreadable:
            raise
        except Exception as error:  # what damaged headers make of tarfile has no single name
            raise Unreadable(f"{path} cannot be read: {error or type(error).__name__}") from None
    for name in wanted:
        if name not in found:
            raise Unreadable(f"{path} has no member {name}")
    return found, hashed.md5.hexdigest()


def _wanted(tar: tarfile.TarFile, wanted: Collection[str], path: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number, member in enumerate(tar):
        if number == MOST_MEMBERS:
            raise Unreadable(f"{path} has more than {MOST_MEMBERS} members")
        if member.size < 0:
            raise Unreadable(f"{path} has a member of {member.size} bytes")
        if member.name not in wanted:
            continue
        if member.name in found:
            raise Unreadable(f"{path} has two members {member.name}")
        if member.type not in PLAIN or member.issparse():
            raise Unreadable(f"{member.name} in {path} is a link or the like; expected a regular file")
        if member.size > MOST:
            raise Unreadable(
                f"{member.name} in {path} says that it holds {member.size} bytes; expected at most {MOST}"
            )
        found[member.name] = cast(IO[bytes], tar.extractfile(member)).read(member.size)
    return found
