"""Saved state that is checked when it is read.

A sealed file is one line of text, which names its kind, the fingerprint of everything that the content
depends on, the length and the SHA-256 of all of this with the content, and then the content. A damaged file,
and one that belongs to something else, is told apart from a good one before any of it is used. This guards
against damage and mistakes, not against a person who may write to the file and can seal it again.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from feedback_proofs_io import whole

__all__ = ["Damaged", "Foreign", "read", "seal", "unseal", "write"]

MAGIC = b"feedback-proofs"
LONGEST_LINE = 512


class Damaged(ValueError):
    """The bytes are not those that were written; the message says what is wrong, in one clause."""


class Foreign(ValueError):
    """The state is whole, but of something else: of another kind, version, data or settings."""


def seal(kind: str, fingerprint: str, content: bytes) -> bytes:
    """The bytes of a sealed file. `kind` and `fingerprint` are words of letters, digits and - . _ :"""
    for word in (kind, fingerprint):
        if not word or not all(letter.isalnum() or letter in "-._:" for letter in word) or not word.isascii():
            raise ValueError(f"the word {word!r} cannot stand in a seal")
    head = b" ".join([MAGIC, kind.encode(), fingerprint.encode(), str(len(content)).encode()])
    if len(head) > LONGEST_LINE - 66:
        raise ValueError(f"the words {kind!r} and {fingerprint!r} are too long for a seal")
    return head + b" " + _digest(head, content) + b"\n" + content


def unseal(data: bytes, kind: str, fingerprint: str | None) -> bytes:
    """The content; raises `Damaged` or `Foreign`.

    Without a fingerprint only damage and the kind are looked at: for content that says itself what it
    depends on, so that whoever reads it can name what differs.
    """
    line, newline, content = data[:LONGEST_LINE].partition(b"\n")
    words = line.split(b" ")
    if not newline or len(words) != 5 or words[0] != MAGIC:
        raise Damaged("it has no seal of this project")
    content = data[len(line) + 1 :]
    if words[3] != str(len(content)).encode():
        raise Damaged(f"it holds {len(content)} bytes, and its seal says otherwise")
    if words[4] != _digest(b" ".join(words[:4]), content):
        raise Damaged("its checksum does not agree with its content")
    if words[1] != kind.encode():
        raise Foreign(f"it is a {words[1].decode()}, expected a {kind}")
    if fingerprint is not None and words[2] != fingerprint.encode():
        raise Foreign("it is of other data, settings or versions")
    return content


def write(path: Path, kind: str, fingerprint: str, content: bytes) -> None:
    """Write a sealed file, whole or not at all; raises `whole.CannotWrite`."""
    whole.write(path, seal(kind, fingerprint, content))


def read(path: str | os.PathLike[str], kind: str, fingerprint: str | None) -> bytes:
    """The content of a sealed file, as `unseal` gives it; raises OSError, `Damaged` or `Foreign`."""
    return unseal(whole.read(path), kind, fingerprint)


def _digest(head: bytes, content: bytes) -> bytes:
    digest = hashlib.sha256(head + b"\n")
    digest.update(content)
    return digest.hexdigest().encode()
