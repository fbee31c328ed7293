"""A row that failed or erred, asked once more: the numbers to show, and what can be said about them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from proofs_check.questions.question import Question
from proofs_check.report.fits import singular
from proofs_check.report.probes import unasked_noise
from proofs_check.report.replay import Replay, by_itself, replay, witness
from proofs_check.report.suspects import NAMED, SLOPE, findings
from proofs_check.subject.methods import REFERENCE, Subject
from proofs_check.subject.subjects import WorkerSubject


@dataclass(frozen=True)
class Answer:
    """An answer that was off, None where there is none to show; and what it tells."""

    replayed: Replay | None = None
    found: tuple[str, ...] = ()


def ask_again(subject: Subject, question: Question, erred: bool, seconds: float) -> Answer:
    """Ask a question once more that was answered wrongly, or not at all."""
    if question.call == "conduct":
        return _misconduct(subject, str(question.options["method"]), seconds)
    if erred:
        return Answer(found=_raised(question))
    again = replay(subject, question, seconds)
    if again is None:
        return Answer()
    larger = None if again.repeated else witness(subject, again, seconds)
    return Answer(again, _told(subject, again, larger, seconds))


def _told(subject: Subject, again: Replay, larger: Replay | None, seconds: float) -> tuple[str, ...]:
    """The findings; where they name no mistake of the estimates, where else noise may come from."""
    found = findings(again, larger)
    method = (larger or again).method
    if method != "gradient_estimates" or any(NAMED in one for one in found) or again.repeated:
        return found
    noise = unasked_noise(subject, seconds)
    return (*noise, *(one for one in found if not noise or not one.startswith(SLOPE)))


def _misconduct(subject: Subject, method: str, seconds: float) -> Answer:
    """A method whose answer for a row hangs on other rows or calls, asked by itself."""
    with unguarded(subject) as asked:
        off = by_itself(asked, method, seconds)
        return Answer() if off is None else Answer(off, _told(asked, off, None, seconds))


@contextmanager
def unguarded(subject: Subject) -> Iterator[Subject]:
    """The subject, answering although its conduct was found wanting."""
    if not isinstance(subject, WorkerSubject):
        yield subject
        return
    place = None if subject.place == REFERENCE else subject.place
    with WorkerSubject(place, conduct_first=False) as asked:
        yield asked


def _raised(question: Question) -> tuple[str, ...]:
    """Why a call may have raised."""
    if question.call != "solution":
        return ()
    said = singular({**question.arrays, "ridge": question.options.get("ridge", 0.0)})
    return () if said is None else (said,)
