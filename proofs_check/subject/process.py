"""The worker process, seen from its parent: one question at a time, each with a time limit.

Whatever happens in the worker, `ask` returns its answer or raises `TimedOut`, `Died` or `Garbled`; then the
process is gone, with all that it started. One thread asks, waits and looks at the clock, so that no
time can run out for an answer that has come. What the process says is checked against what may be said before
anything is made of it; nothing of it is ever executed.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

from proofs_check.subject import channel, family, walls
from proofs_check.subject.channel import Garbled, Message, Shape
from proofs_check.subject.family import ENDED, MEMORY, OUT_OF_MEMORY, REPORT, STARTED
from proofs_check.subject.own_time import OwnTime
from proofs_check.subject.relay import Relay, pass_on

__all__ = ["Died", "Garbled", "TimedOut", "WorkerProcess", "how_ended"]

KEEPER = Path(__file__).with_name("keeper.py")
TRANSFER, RATE = 10.0, 2.0**24  # an answer that has begun may take so many seconds, and one for so many bytes
START_SECONDS, DYING = 20.0, 2.0  # for the keeper to start a process, and to say how one has ended
LONGEST_WAIT = 60.0  # seconds between two looks at the clock
PIECE = 2**20  # bytes of a pipe


class TimedOut(Exception):
    """No answer within the time given; the process was stopped."""


class Died(Exception):
    """The process ended by itself; the message, such as "exited with code 3", says how."""


class WorkerProcess:
    """A running `keeper.py` with its worker, which may take so many bytes of memory.

    What the subject prints goes to this process's `sys.stderr`, line by line.
    """

    def __init__(self, memory: int) -> None:
        walls.shut_memory()  # the judged must not reach into the judge
        self._said: dict[int, int] = {}  # what the keeper has reported, by kind
        self._control, control = socket.socketpair()
        # -P: the worker's folder is not put on its path, where our files would hide a subject's own modules.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-X", "faulthandler", str(KEEPER), str(control.fileno()), str(memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"OMP_NUM_THREADS": "1", **os.environ},  # the matrices are small
            pass_fds=[control.fileno()],
            start_new_session=True,
        )
        control.close()
        self._questions = cast(IO[bytes], self._process.stdin).fileno()
        self._answers = cast(IO[bytes], self._process.stdout).fileno()
        for end in (self._questions, self._answers):
            _widen(end)
            os.set_blocking(end, False)
        self._printed = Relay()
        self._passing = threading.Thread(
            target=pass_on, args=(cast(IO[bytes], self._process.stderr).fileno(), self._printed), daemon=True
        )
        self._passing.start()

    def allow(self, seconds: float) -> OwnTime:
        """So many seconds of its own for the questions that are asked with this allowance."""
        self._printed.begin()
        return OwnTime(self.worker, seconds)

    @property
    def worker(self) -> int:
        """The id of the worker's process, which the keeper started; 0 where it did not come to that."""
        if STARTED not in self._said:
            self._hear(START_SECONDS)
        return self._said.get(STARTED, 0)

    def ask(
        self, method: str, arguments: Mapping[str, Any], shapes: Sequence[Shape], allowance: OwnTime
    ) -> Message:
        """Put a question, and wait for its answer: numbers in arrays of these shapes, or text.

        Raises `TimedOut`, `Died` or `Garbled`.
        """
        number = secrets.randbits(64)  # which nobody can answer beforehand
        allowance.start()
        try:
            if _ready(self._answers, select.POLLIN, 0.0):
                self._read_unasked()
            for part in channel.frame(channel.question(number, method, arguments)):
                self._write(part, allowance)
            return self._answer(channel.Expected(number, shapes), allowance)
        except _Late:
            self.stop()
            raise TimedOut from None
        except (EOFError, OSError):
            raise Died(self._last_words()) from None
        except BaseException:  # garbled, or an interrupt: the conversation cannot be taken up again
            self.stop()
            raise
        finally:
            allowance.stop()

    @property
    def alive(self) -> bool:
        """Whether the process still runs, and says nothing that it was not asked."""
        return self._process.poll() is None and not _ready(self._answers, select.POLLIN, 0.0)

    def stop(self) -> None:
        """End the process, and everything it started."""
        if self._process.poll() is None:
            family.end_descendants(self._process.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):  # the keeper last: it takes in orphans,
                self._process.wait(timeout=DYING)  # and ends by itself once it has waited for the worker
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._control):
            with contextlib.suppress(OSError):
                cast(IO[bytes], stream).close()
        self._passing.join(timeout=1.0)
        if not self._passing.is_alive():
            cast(IO[bytes], self._process.stderr).close()

    def _answer(self, expected: channel.Expected, allowance: OwnTime) -> Message:
        """Read the answer; once it has begun, the time for bringing it is its own."""
        head = self._read(channel.HEADER.size, allowance)
        size = sum(channel.ITEM * _product(shape) for shape in expected.shapes)
        bringing = self.allow(TRANSFER + size / RATE)
        bringing.start()
        first: Iterator[bytearray] = iter([head])
        return channel.receive(lambda length: next(first, None) or self._read(length, bringing), expected)

    def _read(self, length: int, allowance: OwnTime) -> bytearray:
        """Read exactly `length` bytes."""
        data = bytearray(length)
        view, done = memoryview(data), 0
        while done < length:
            self._wait(self._answers, select.POLLIN, allowance)
            got = os.readv(self._answers, [view[done : done + PIECE]])
            if not got:
                raise EOFError
            done += got
        return data

    def _write(self, part: memoryview, allowance: OwnTime) -> None:
        done = 0
        while done < len(part):
            self._wait(self._questions, select.POLLOUT, allowance)
            with contextlib.suppress(BlockingIOError):
                done += os.write(self._questions, part[done : done + PIECE])

    def _wait(self, end: int, event: int, allowance: OwnTime) -> None:
        """Wait for a pipe; the last look at it is after the last look at the clock. Raises `_Late`."""
        while not _ready(end, event, 0.0):
            left = allowance.left()
            if _ready(end, event, min(max(left, 0.05), LONGEST_WAIT) if left > 0.0 else 0.0):
                return
            if left <= 0.0:
                raise _Late

    def _read_unasked(self) -> None:
        """Before a question, only the end of the process can be read, or what nobody asked for."""
        if not os.read(self._answers, 1):
            raise EOFError
        raise Garbled("it was sent before anything was asked")

    def _last_words(self) -> str:
        """Say how the process ended, as far as there is evidence."""
        deadline = time.monotonic() + DYING
        while self._hear(0.1) and ENDED not in self._said and time.monotonic() < deadline:
            pass
        said = self._said
        self.stop()
        if MEMORY in said:
            held = f"{said[MEMORY] / 2**30:.1f} GiB"
            return f"was stopped: with all that it started it held {held} of memory, shared maps included"
        if ENDED not in said:
            return "closed its connection"
        code = os.waitstatus_to_exitcode(said[ENDED])
        if code != -signal.SIGKILL:
            return how_ended(code)
        if OUT_OF_MEMORY in said:
            return f"{how_ended(code)}, while the system ended {said[OUT_OF_MEMORY]} for lack of memory"
        return f"{how_ended(code)}, by whom is not known"

    def _hear(self, seconds: float) -> bool:
        """Take note of what the keeper reports within a time; whether it may report more."""
        if not _ready(self._control.fileno(), select.POLLIN, seconds):
            return True
        with contextlib.suppress(OSError):
            said = self._control.recv(REPORT.size, socket.MSG_WAITALL)
            if len(said) == REPORT.size:
                kind, value = REPORT.unpack(said)
                self._said[kind] = value
                return True
        return False


class _Late(Exception):
    """The time is up, and nothing has come."""


def _ready(end: int, event: int, seconds: float) -> bool:
    """Whether a pipe can be read from or written to within a time, or has been closed by the other side."""
    poll = select.poll()
    poll.register(end, event)
    return bool(poll.poll(1000.0 * seconds))


def _product(shape: Shape) -> int:
    size = 1
    for length in shape:
        size *= length
    return size


def how_ended(code: int) -> str:
    """How a process ended, by its exit code or less the number of a signal."""
    if code >= 0:
        return f"exited with code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def _widen(end: int) -> None:
    """Let a pipe hold 1 MiB, where the system can: hundreds of megabytes then pass in half the time."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIECE)
