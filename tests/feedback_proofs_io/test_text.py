"""Foreign text is shown without the characters that act."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from feedback_proofs_io.text import ACTING, printable


def test_no_character_that_acts_is_left() -> None:
    far_ones = range(0x30000, sys.maxunicode + 1, 0x1F)
    shown = printable("".join(map(chr, [*range(0x30000), *range(0xE0000, 0xE0200), *far_ones])))
    assert not {unicodedata.category(letter) for letter in set(shown)} & ACTING


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("ξ λ̂ ẽ W̃ᵀ — 中 ½", "ξ λ̂ ẽ W̃ᵀ — 中 ½"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x9b31m", r"\x9b31m"),
        ("a\u202eb", r"a\u202eb"),
        ("a\u200bb\ufeff", r"a\u200bb\ufeff"),
        ("\ud800", r"\ud800"),
        ("a\nb\t\0\r\u2028", r"a\nb\t\x00\r\u2028"),
    ],
)
def test_what_is_seen_stays_and_what_acts_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_stay_where_they_are_asked_for() -> None:
    assert printable("a\n\tb\r", lines=True) == "a\n\tb\\r"


def test_long_text_is_cut() -> None:
    assert printable("x" * 10, longest=3) == "xxx…"
