"""What a subject prints, passed on: line by line, without characters that act, and not without end."""

from __future__ import annotations

import codecs
import contextlib
import os
import sys

from feedback_proofs_io.text import printable

LONGEST_LINE, MOST = 4096, 2**20  # characters of a line, and of all that is shown for a claim
PIECE = 2**16


class Relay:
    """Turns what is read into what may be shown."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._line, self._left = "", MOST

    def begin(self) -> None:
        """A claim begins: it may print as much as the others."""
        self._left = MOST

    def shown(self, data: bytes, last: bool = False) -> str:
        """The lines that are complete with this; at the end, the rest too."""
        text = self._line + self._decoder.decode(data, last)
        *lines, self._line = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        while len(self._line) > LONGEST_LINE or (last and self._line):
            lines.append(self._line[:LONGEST_LINE])
            self._line = self._line[LONGEST_LINE:]
        return "".join(map(self._budgeted, lines))

    def _budgeted(self, line: str) -> str:
        if self._left <= 0:
            return ""
        self._left -= len(line) + 1
        if self._left <= 0:
            return "(it prints more than is shown here)\n"
        return printable(line, lines=True, longest=LONGEST_LINE) + "\n"


def pass_on(end: int, relay: Relay) -> None:
    """Read from a descriptor until it closes, and write to `sys.stderr`, which may be replaced at any time.

    It is read even where nobody listens any more: a subject that prints must not be held up.
    """
    while True:
        try:
            data = os.read(end, PIECE)
        except OSError:
            return
        text = relay.shown(data, last=not data)
        if text:
            with contextlib.suppress(Exception):  # closed, or there is none
                sys.stderr.write(text)
        if not data:
            return
