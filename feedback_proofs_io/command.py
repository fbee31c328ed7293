"""How a command ends: its exit code, and the one line that says why.

    0    done
    1    what was asked about is not so: a claim failed, something is worse, a rank was lost
    2    the call is wrong, or its files cannot be read or written
    3    the suite itself broke: nothing was found out, and the fault is not the caller's
    130  interrupted

No traceback is printed, and no closed or full stream changes what a command finds: it goes on, and writes its
files. A reader that has left, as of ``| head``, and a stream that was closed from the start want no more. A
standard output that cannot be written, as on a full disk, is a result that cannot: code 2.

A traceback is kept in the user's cache folder, and shown where FEEDBACK_PROOFS_TRACEBACK is set.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn, TextIO

from feedback_proofs_io import cache
from feedback_proofs_io.streams import unfailing
from feedback_proofs_io.text import printable
from feedback_proofs_io.whole import CannotWrite

__all__ = [
    "BROKEN",
    "INTERRUPTED",
    "WRONG_CALL",
    "Mistake",
    "Once",
    "Parser",
    "ended",
    "integer",
    "say",
    "show",
]

WRONG_CALL, BROKEN, INTERRUPTED = 2, 3, 130
TRACEBACK, VARIABLE = "last-traceback.txt", "FEEDBACK_PROOFS_TRACEBACK"
LONGEST = 2000
"""Characters of a message that are shown."""


class Mistake(Exception):
    """The call is wrong; the message says which argument, its value, and what was expected."""


class Parser(argparse.ArgumentParser):
    """Takes no abbreviations; raises `Mistake` in place of printing the usage."""

    def __init__(self, prog: str, description: str | None = None, epilog: str | None = None) -> None:
        super().__init__(prog=prog, description=description, epilog=epilog, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise `Mistake`."""
        raise Mistake(message)


class Once(argparse.Action):
    """An option that may be given once: of two, the first would be forgotten without a word."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Keep the value."""
        given = namespace.__dict__.setdefault("_given", set())
        if self.dest in given:
            parser.error(f"{option_string} is given twice")
        given.add(self.dest)
        setattr(namespace, self.dest, values)


def integer(low: int, high: int) -> Callable[[str], int]:
    """For an argument: an integer from `low` to `high`, in digits and nothing else."""

    def read(word: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,20}", word) or not low <= int(word) <= high:
            raise argparse.ArgumentTypeError(f"it is {word[:40]!r}, expected an integer from {low} to {high}")
        return int(word)

    return read


def say(line: str) -> None:
    """One line on standard error; where that is closed or full, nothing."""
    if sys.stderr is None:  # print would take standard output instead
        return
    if len(line) > LONGEST:  # a name without end: the reason comes after it
        line = f"{line[: LONGEST // 2]} … {line[-LONGEST // 2 :]}"
    with contextlib.suppress(OSError, ValueError):
        print(printable(line), file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Lines on standard output, at once; raises `CannotWrite` where they cannot be written.

    A reader that is gone, as of ``| head``, wants no more: that is no failure, and nothing is written.
    """
    if sys.stdout is not None:
        _reaching_stdout(lambda: print(printable(text, lines=True), flush=True))


def ended(name: str, run: Callable[[], int], wrong: tuple[type[Exception], ...] = ()) -> int:
    """The exit code of a command, whatever becomes of it: ``run``'s own, or that of what it raised.

    Exceptions in ``wrong``, `Mistake` and `CannotWrite` are a call that is wrong. ``name`` begins the line.
    SystemExit, as of ``--help``, passes.
    """
    refused: tuple[type[Exception], ...] = (*wrong, Mistake, CannotWrite)
    with unfailing() as out:
        try:
            code = run()
            out.flush()
            if out.problem is not None and not out.gone and not out.told:
                out.told = True  # once, where a command runs within another
                raise CannotWrite(f"cannot write standard output: {out.problem.lower()}")
            return code
        except KeyboardInterrupt:
            say(f"{name}: interrupted.")
            return INTERRUPTED
        except refused as error:
            say(f"{name}: {error}")
            return WRONG_CALL
        except Exception as error:
            say(f"{name} itself broke: {_named(error)}. Nothing is said; {_kept(error)}. Please report it.")
            return BROKEN


def _reaching_stdout(write: Callable[[], object]) -> None:
    try:
        write()
    except BrokenPipeError:
        _silence(sys.stdout)
    except OSError as error:
        _silence(sys.stdout)
        raise CannotWrite(f"cannot write standard output: {(error.strerror or str(error)).lower()}") from None


def _named(error: Exception) -> str:
    """What an exception is, and where it was raised, in one line."""
    try:
        text = str(error)
    except Exception:
        text = "without a text that can be read"
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    first = text.strip().split("\n", 1)[0]
    return f"{type(error).__name__}{': ' if first else ''}{first}{place}"


def _kept(error: Exception) -> str:
    """Keep the traceback, and say where it is."""
    written = "".join(traceback.format_exception(error))
    if os.environ.get(VARIABLE) and sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(printable(written, lines=True), file=sys.stderr)
    home = cache.folder()
    if home is not None and cache.keep(TRACEBACK, written.encode("utf-8", "backslashreplace")):
        return f"its traceback is in {home / TRACEBACK}"
    return f"{VARIABLE}=1 in the environment shows its traceback"


def _silence(stream: TextIO) -> None:
    """Let a stream that cannot be written to lead nowhere, so that nothing fails on it again."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, stream.fileno())
        finally:
            os.close(nowhere)
