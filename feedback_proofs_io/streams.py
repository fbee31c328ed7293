"""Standard output and error that may be closed, full or gone, without harm to the work.

The reader of a pipe may leave, as `head` does; a disk may fill up; a stream may be closed from the start.
Inside `unfailing`, printing never raises: what could not be printed is lost, and remembered.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO, cast

__all__ = ["Unfailing", "unfailing"]


class Unfailing:
    """A text stream whose writing never raises; `problem` is why nothing more is written, if so."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.problem: str | None = None
        self.told = False  # whether a command has said so
        self.gone = (
            stream is None
        )  # its reader has left, or it was closed from the start: nobody waits for it
        if stream is not None and hasattr(stream, "reconfigure"):
            with contextlib.suppress(OSError, ValueError):
                stream.reconfigure(errors="replace")  # ✓ and ξ where the encoding lacks them

    def write(self, text: str) -> int:
        """Write, as far as that is possible."""
        if self._stream is not None and self.problem is None:
            try:
                self._stream.write(text)
            except UnicodeEncodeError:  # a stream that cannot be told to replace
                encoding = self._stream.encoding or "ascii"
                with self._remembered():
                    self._stream.write(text.encode(encoding, "replace").decode(encoding))
            except (OSError, ValueError) as error:
                self._remember(error)
        return len(text)

    def flush(self) -> None:
        """Pass on what is held back, as far as that is possible."""
        if self._stream is not None and self.problem is None:
            with self._remembered():
                self._stream.flush()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        try:
            return self._stream is not None and self._stream.isatty()
        except (OSError, ValueError):
            return False

    def __getattr__(self, name: str) -> Any:
        if self._stream is None and name == "encoding":
            return "utf-8"
        return getattr(self._stream, name)

    @contextlib.contextmanager
    def _remembered(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            self._remember(error)

    def _remember(self, error: OSError | ValueError) -> None:
        self.problem = (error.strerror if isinstance(error, OSError) else None) or str(error)
        self.gone = isinstance(error, BrokenPipeError | ValueError)
        # What the stream still holds must not fail once more when Python closes it: that would be exit 120.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, cast(TextIO, self._stream).fileno())
            os.close(nowhere)


@contextlib.contextmanager
def unfailing() -> Iterator[Unfailing]:
    """Let `sys.stdout`, which is given back, and `sys.stderr` be unfailing."""
    if isinstance(sys.stdout, Unfailing):  # a command within a command
        yield sys.stdout
        return
    _occupy()
    before = sys.stdout, sys.stderr
    out, err = Unfailing(sys.stdout), Unfailing(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, out), cast(TextIO, err)
    try:
        yield out
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before


def _occupy() -> None:
    """Open descriptors 0 to 2 where they are closed, lest the next file becomes standard output."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # the lowest free number: this one
