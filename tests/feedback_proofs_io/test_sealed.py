"""Sealed state is given back as it was written, or refused."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from feedback_proofs_io import sealed

DATA = sealed.seal("checkpoint", "0a1b", bytes(range(256)) * 4)


def test_what_was_sealed_comes_back(tmp_path: Path) -> None:
    sealed.write(tmp_path / "a", "checkpoint", "0a1b", b"content\nof two lines")
    assert sealed.read(tmp_path / "a", "checkpoint", "0a1b") == b"content\nof two lines"


def test_every_flipped_bit_is_refused() -> None:
    chosen = random.Random(0).sample(range(8 * len(DATA)), 500)
    for bit in chosen:
        flipped = bytearray(DATA)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((sealed.Damaged, sealed.Foreign)):
            sealed.unseal(bytes(flipped), "checkpoint", "0a1b")


@pytest.mark.parametrize("length", [0, 1, 20, 100, len(DATA) - 1])
def test_a_part_is_refused(length: int) -> None:
    with pytest.raises(sealed.Damaged):
        sealed.unseal(DATA[:length], "checkpoint", "0a1b")


def test_more_than_was_written_is_refused() -> None:
    with pytest.raises(sealed.Damaged):
        sealed.unseal(DATA + b"\0", "checkpoint", "0a1b")


def test_another_kind_and_other_settings_are_foreign() -> None:
    with pytest.raises(sealed.Foreign, match="it is a checkpoint, expected a verdict"):
        sealed.unseal(DATA, "verdict", "0a1b")
    with pytest.raises(sealed.Foreign, match="other data, settings"):
        sealed.unseal(DATA, "checkpoint", "0a1c")


@pytest.mark.parametrize("word", ["", "two words", "a\nb", "é", "a" * 600])
def test_words_that_would_break_the_line_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match="seal"):
        sealed.seal(word, "0", b"")


def test_without_a_fingerprint_only_damage_and_kind_are_looked_at() -> None:
    assert sealed.unseal(DATA, "checkpoint", None) == bytes(range(256)) * 4
    with pytest.raises(sealed.Foreign, match="it is a checkpoint, expected a verdict"):
        sealed.unseal(DATA, "verdict", None)
    with pytest.raises(sealed.Damaged):
        sealed.unseal(DATA[:-1] + b"x", "checkpoint", None)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path):
        with pytest.raises(OSError, match="it is not a regular file"):
            sealed.read(place, "checkpoint", "0a1b")
