"""A subject in a process of its own, or in this one.

What it answers is checked for type, length, shape, dtype and finiteness. `WorkerSubject` asks an object in a
process of its own, so that one that hangs, prints, or takes the process down harms only the claim that asked;
`LocalSubject` asks an object of this process, for tests.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from feedback_proofs_io.text import printable
from proofs_check.subject import channel, conduct, traits
from proofs_check.subject.channel import Message
from proofs_check.subject.methods import REFERENCE, Array, Subject, answer_shapes
from proofs_check.subject.own_time import OwnTime
from proofs_check.subject.process import Died, Garbled, TimedOut, WorkerProcess
from proofs_check.subject.vocabulary import KNOWN
from proofs_check.verdict.evidence import SubjectError, SubjectLost

HOME = Path(__file__).resolve().parents[2]
PINNED = ("feedback_proofs_io", "impl")  # what the reference consists of
PATIENCE, IMPATIENT_SECONDS = 2, 2.0  # after two claims without an answer, two seconds for each of the others
START_SECONDS = 120.0  # for importing torch and the subject, on a cold disk
MEMORY, MEMORY_VARIABLE = 4.0, "PROOFS_CHECK_MEMORY"  # GiB that a subject may take, and what changes it


class SubjectNotFound(ValueError):
    """There is no such subject: the message says which part of its name is wrong."""


class WorkerSubject(Subject):
    """A subject in a worker process, which starts at once and is replaced only after it was stopped or died.

    `place` is MODULE:NAME, found from the current directory, or FILE.py:NAME; None is the reference of this
    installation, whatever packages the current directory holds. `memory` is in GiB. `load` waits until it is
    loaded; raises `SubjectNotFound`.

    Before the first question to `gradient_estimates`, `error_signals` or `fit_feedback` the subject is asked
    how it behaves (see `conduct`); what is found there counts in every claim that asks that method.
    """

    def __init__(
        self, place: str | None = None, memory: float | None = None, conduct_first: bool = True
    ) -> None:
        module, colon, name = (REFERENCE if place is None else place).rpartition(":")
        if not colon or not module or not all(part.isidentifier() for part in name.split(".")):
            raise SubjectNotFound(f"the subject is {place!r}, expected MODULE:NAME or FILE.py:NAME")
        if module.endswith(".py") and not Path(module).is_file():
            raise SubjectNotFound(f"there is no file {module}")
        folder, pinned = (str(HOME), PINNED) if place is None else (str(Path.cwd()), ())
        self.name, self.supports, self.torch = name, {}, "unknown"
        self.place = REFERENCE if place is None else place
        self._name = name
        self._memory = memory_limit() if memory is None else memory
        self._bytes = int(self._memory * 2**30)
        self._load = {
            "module": module,
            "name": name,
            "folder": folder,
            "pinned": pinned,
            "memory": self._bytes,
        }
        self._lost: SubjectLost | None = None
        self._conduct = conduct.Seen() if conduct_first else None
        self._loaded = False
        self._hung = 0  # claims in which it did not answer in time
        self._process = WorkerProcess(self._bytes)
        self._allowance = OwnTime(0, 0.0)  # none before a claim begins

    def load(self) -> None:
        """Wait until the subject is loaded, and learn its name, what it supports, its version of torch."""
        if self._loaded:
            return
        try:
            answer = self._process.ask("load", self._load, (), self._process.allow(START_SECONDS))
        except TimedOut:
            raise SubjectNotFound(f"{self.place} was not loaded within {START_SECONDS:g} s") from None
        except Died as death:
            raise SubjectNotFound(f"loading {self.place}: its process {death}") from None
        except Garbled as garbled:
            raise SubjectNotFound(f"loading {self.place}: {_GARBLED}: {garbled}") from None
        if answer.kind == channel.NO_MEMORY:
            raise SubjectNotFound(f"loading {self.place}: it may take {self._memory:g} GiB, {_MORE_MEMORY}")
        if answer.kind != channel.TRAITS:
            raise SubjectNotFound(f"subject {self.place}: {printable(answer.text)}")
        try:
            self._believe(answer.text)
        except ValueError as error:
            raise SubjectNotFound(f"subject {self.place}: {printable(str(error))}") from None
        self._loaded = True

    def _begin_anew(self) -> None:
        """Load the subject, in a new process if the last one is gone; raises `SubjectLost`."""
        if self._lost is not None or not self._process.alive:
            self._process.stop()
            self._process = WorkerProcess(self._bytes)
            self._lost, self._loaded = None, False
        try:
            self.load()
        except SubjectNotFound as error:  # it was found before
            self._lost = SubjectLost(str(error))
            raise self._lost from None

    def _believe(self, text: str) -> None:
        """Take over what the subject says of itself; raises ValueError where that is not what it may say."""
        said = traits.read(text, KNOWN)
        self.name, self.supports, self.torch = printable(said.name), said.supports, printable(said.torch)

    def begin_claim(self, seconds: float) -> None:
        """Make a new object, in a new process if the last one is gone, and start its clock.

        The clock runs while the subject is asked, not while the claim works out what to expect of it, nor
        while a process starts. Raises `SubjectError` where the constructor does.
        """
        self._begin_anew()
        if self._hung >= PATIENCE:  # it will hang again: say so soon, not after every claim's full time
            seconds = min(seconds, IMPATIENT_SECONDS)
        self._allowance = self._process.allow(seconds)
        answer = self._answer("begin", {"name": self._name}, ())
        if answer.kind == channel.STALE:  # an earlier claim changed what cannot be set back
            self._process.stop()
            self._begin_anew()
            self._allowance = self._process.allow(seconds)
            answer = self._answer("begin", {"name": self._name}, ())
        if answer.kind != channel.TRAITS:
            raise SubjectError(f"its process is never as it was when loaded: {printable(answer.text)}")
        try:
            self._believe(answer.text)
        except ValueError as error:
            raise SubjectError(printable(str(error))) from None

    def _ask(self, method: str, **arguments: Any) -> list[Array]:
        if self._conduct is not None:
            self._conduct.before(self, method)
        request = {"method": method, "arguments": arguments}
        return list(self._answer("ask", request, answer_shapes(method, arguments)).arrays)

    def _answer(self, step: str, request: Mapping[str, Any], shapes: Sequence[channel.Shape]) -> Message:
        """Have the worker take a step, "begin" or "ask"; raises `SubjectError` where it does not succeed."""
        if self._lost is not None:
            raise self._lost
        what = "its constructor" if step == "begin" else request["method"]
        try:
            answer = self._process.ask(step, request, shapes, self._allowance)
        except TimedOut:
            self._hung += 1
            self._lost = SubjectLost(
                f"no answer from {what} within the {self._allowance.seconds:g} s of a claim"
            )
            raise self._lost from None
        except Died as death:
            self._lost = SubjectLost(f"its process {death} in {what}")
            raise self._lost from None
        except Garbled as garbled:
            self._lost = SubjectLost(f"{_GARBLED} to {what}: {garbled}")
            raise self._lost from None
        if answer.kind == channel.NO_MEMORY:  # what it holds may be lost for ever: begin with a new process
            self._process.stop()
            self._lost = SubjectLost(f"{printable(answer.text)}: {self._memory:g} GiB, {_MORE_MEMORY}")
            raise self._lost
        if answer.kind not in ((channel.TRAITS, channel.STALE) if step == "begin" else (channel.NUMBERS,)):
            raise SubjectError(printable(answer.text))
        return answer

    def close(self) -> None:
        """Stop the process."""
        self._process.stop()

    def __enter__(self) -> WorkerSubject:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


_GARBLED = "what its process sent is no answer"
_MORE_MEMORY = f"which {MEMORY_VARIABLE}=GIB in the environment changes"


def memory_limit() -> float:
    """How many GiB a subject may take: what the environment says, or 4; raises `SubjectNotFound`."""
    given = os.environ.get(MEMORY_VARIABLE)
    try:
        limit = MEMORY if given is None else float(given)
    except ValueError:
        limit = 0.0
    if not 0.0 < limit < 2.0**20:
        raise SubjectNotFound(f"{MEMORY_VARIABLE} is {given!r}, expected a number of GiB, such as 8")
    return limit


class LocalSubject(Subject):
    """A subject in this process, from an object or a class: the same checks of its answers, no limit of time
    or memory, and questions about its conduct only where they are asked for.
    """

    def __init__(self, target: object, conduct_first: bool = False) -> None:
        self._target = target
        self._conduct = conduct.Seen() if conduct_first else None
        self._name = str(getattr(target, "__name__", type(target).__name__))
        self.begin_claim(float("inf"))

    def begin_claim(self, seconds: float) -> None:
        """Make a new object, if the subject is a class."""
        from proofs_check.subject import checked

        try:
            made = checked.made(self._target)
            self.name, supports = traits.of(made, self._name)
            self.supports = traits.recognised(supports, KNOWN)
        except (checked.BadAnswer, traits.Unknown) as error:
            raise SubjectError(str(error)) from error
        self._subject = checked.Checked(made)

    def _ask(self, method: str, **arguments: Any) -> list[Array]:
        from proofs_check.subject import checked, pipeline

        if self._conduct is not None:
            self._conduct.before(self, method)
        try:
            return checked.answer(self._subject, pipeline.fitted_feedback, method, arguments)
        except checked.BadAnswer as error:
            raise SubjectError(str(error)) from error
