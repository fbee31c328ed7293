"""The statements' own checks on a second core, while the subject is examined on the first.

They never see a subject, so nothing changes but the time. The process that makes them has imported our
files before the subject's code runs, and answers in the frames of `channel`: words and numbers in JSON, read
without trust. On one core, for a single claim, or where it is lost, each is made when its turn comes.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from numbers import Integral
from typing import IO, Any, cast

from proofs_check.claims.claim import Claim
from proofs_check.ledger.ledger import Confirmation, confirm
from proofs_check.subject import channel, walls
from proofs_check.subject.channel import Garbled
from proofs_check.subject.process import how_ended
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Kind, Value

LONGEST = 2**20  # bytes of what is found about one statement; a hundredth of it was seen
DYING = 2.0  # seconds for a process that has closed its streams to end
NUMBERS, VALUES = (float, int), (float, int, str)
PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from proofs_check.command import background; background.serve()"
)


class Confirmations:
    """What comes of the statements' own checks; `process` makes them, or None: they are made here."""

    def __init__(self, process: subprocess.Popen[bytes] | None, problem: Callable[[str], None]) -> None:
        self.process = process
        self._problem = problem
        self._open: dict[str, int] = {}  # the numbers of the open questions, by claim

    @property
    def apart(self) -> bool:
        """Whether there is a process for them."""
        return self.process is not None

    def prepare(self, effort: Effort) -> None:
        """Wait until the process has imported what it needs."""
        if self.process is not None:
            with self._told(self.process) as (questions, answers):
                _heard(answers, _asked(questions, "prepare", effort))

    def begin(self, claims: Sequence[Claim], effort: Effort) -> None:
        """Ask for the checks of these claims of the project, in this order."""
        if self.process is not None and len(claims) > 1:
            with self._told(self.process) as (questions, _):
                for claim in claims:
                    self._open[claim.id] = _asked(questions, claim.id, effort)

    def later(self, claim: Claim, effort: Effort) -> Callable[[], Confirmation] | None:
        """What waits for the check of a claim, if it is made in the background: one after the other, in the
        order in which they were asked for.
        """
        return partial(self._wait, claim, effort) if claim.id in self._open else None

    def stop(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        self._open.clear()
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    cast(IO[bytes], stream).close()

    def _wait(self, claim: Claim, effort: Effort) -> Confirmation:
        found = None
        if self.process is not None:
            with self._told(self.process) as (_, answers):
                found = read(_heard(answers, self._open.pop(claim.id)))
        return found or confirm(claim, effort)

    @contextlib.contextmanager
    def _told(self, process: subprocess.Popen[bytes]) -> Iterator[tuple[IO[bytes], IO[bytes]]]:
        """Its two streams; where it is lost, or sends what is no answer, say so and go on without it."""
        what = ""
        try:
            yield cast(IO[bytes], process.stdin), cast(IO[bytes], process.stdout)
        except (EOFError, OSError):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(DYING)
            what = "closed its streams" if process.returncode is None else how_ended(process.returncode)
        except Garbled as garbled:
            what = f"sent what is no answer: {garbled}"
        if what:
            self.stop()
            self._problem(f"the process that checks the statements {what}; the others are checked in turn")


@contextlib.contextmanager
def confirmations(apart: bool, problem: Callable[[str], None]) -> Iterator[Confirmations]:
    """Start the process if there is a core for it; ``apart`` allows it, for several claims of the project.

    ``problem`` is told, in one line, where it is lost.
    """
    made = Confirmations(_started() if apart and _cores() > 1 else None, problem)
    try:
        yield made
    finally:
        made.stop()


def written(found: Confirmation) -> str:
    """What was found, in JSON with Python's NaN and Infinity: every number comes back as it was."""
    rows = [[one.kind, one.name, one.value, one.bound] for one in found.evidence]
    return json.dumps([rows, found.fault, found.seconds], default=_plain)


def read(text: str) -> Confirmation:
    """What `written` says; raises `Garbled`."""
    try:
        rows, fault, seconds = json.loads(text)
        if not isinstance(rows, list) or not isinstance(fault, str | None):
            raise TypeError("it has no rows, or its fault is no text")
        if isinstance(seconds, bool) or not 0.0 <= seconds < math.inf:
            raise ValueError(f"its seconds are {seconds!r:.40}")
        return Confirmation(tuple(_evidence(*row) for row in rows), fault, float(seconds))
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise Garbled(f"{type(error).__name__}: {error!s:.200}") from None


def serve() -> None:
    """Answer the questions that come by standard input, until the parent goes."""
    walls.end_with_parent(signal.SIGKILL)
    walls.shut_memory()  # what it finds is believed by the suite
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # where nothing is read: what a check prints is no answer
    from proofs_check.claims import LEDGER
    from proofs_check.claims.proved import import_proofs

    known = {claim.id: claim for claim in LEDGER}
    with contextlib.suppress(EOFError, OSError):
        while True:
            message = channel.receive(channel.reader(questions), None)
            what, arguments = channel.asked(message)
            effort = Effort(**arguments)
            text = ""
            if what in known:
                text = written(confirm(known[what], effort))
            else:
                import_proofs(effort)
            channel.send(answers, channel.Message(channel.CONFIRMED, message.number, text))


def _asked(questions: IO[bytes], what: str, effort: Effort) -> int:
    """Put a question; its number."""
    number = secrets.randbits(64)
    arguments = {"depth": effort.depth, "seed": effort.seed}
    channel.send(questions, channel.question(number, what, arguments))
    return number


def _heard(answers: IO[bytes], number: int) -> str:
    """The text of an answer; raises `Garbled`, EOFError or OSError."""
    answer = channel.receive(channel.reader(answers), channel.Expected(number, (), LONGEST))
    if answer.kind != channel.CONFIRMED:
        raise Garbled(f"it brings {channel.KINDS[answer.kind]}")
    return answer.text


def _started() -> subprocess.Popen[bytes] | None:
    """The process, in a session of its own: an interrupt from the keyboard is left to this one."""
    try:
        return subprocess.Popen(
            # -P: it does not search the current folder, where a subject may have put files.
            [sys.executable, "-P", "-c", PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what is wrong is found again here, and told in one line
            start_new_session=True,
        )
    except OSError:  # no process can be started
        return None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _plain(number: Any) -> float:
    """A number of a library, such as numpy's integers, as Python's own."""
    return int(number) if isinstance(number, Integral) else float(number)


def _evidence(kind: str, name: str, value: Value, bound: Any) -> Evidence:
    """A row; raises ValueError or TypeError where it is none."""
    if isinstance(bound, list):
        low, high = bound
        bound = (low, high)
    single = type(bound) in (*VALUES, type(None))
    pair = isinstance(bound, tuple) and all(type(end) in NUMBERS for end in bound)
    if type(name) is not str or type(value) not in VALUES or not (single or pair):
        raise TypeError(f"{name!r:.60} is no row of evidence")
    return Evidence(cast(Kind, kind), name, value, bound)
