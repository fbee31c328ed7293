"""Hypothesis looks for a network that falsifies a check, and shrinks it to one a person can read.

A check takes an instance and yields measurements: what was found, and what is allowed. `search` runs it on
networks that Hypothesis draws (never noise), from a seed that depends on the claim and the run only, and
reports the measurement that came nearest to its bound. The first network that exceeds one is shrunk and
raised as `Falsified`, as code that can be pasted.
"""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import FlakyFailure, FlakyStrategyDefinition, Unsatisfiable
from hypothesis.internal.conjecture import providers

from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Counterexample, Evidence, Falsified, Kind, SubjectError, SubjectLost

T = TypeVar("T")
FIND_CONSTANTS = "_get_local_constants"


@dataclass(frozen=True)
class Measurement:
    """One number a check found on one network: it may be at most ``bound``."""

    kind: Kind
    name: str
    value: float
    bound: float

    @property
    def used(self) -> float:
        """The part of the bound that is used up; NaN and infinity use all of it."""
        if not self.value <= self.bound:
            return (
                max(self.value / self.bound, 2.0)
                if self.bound > 0 and self.value > self.bound
                else float("inf")
            )
        return self.value / self.bound if self.bound > 0 else 0.0


class Violation(Exception):
    """A measurement exceeded its bound on the network at hand."""


@dataclass
class _Record:
    """What the search has seen so far."""

    worst: dict[str, Measurement] = field(default_factory=dict)
    networks: int = 0
    failure: Falsified | SubjectError | None = None


def search(
    strategy: st.SearchStrategy[T],
    check: Callable[[T], Iterable[Measurement]],
    show: Callable[[T], Counterexample],
    effort: Effort,
    key: tuple[object, ...],
    examples: int,
    seconds: float = 20.0,
) -> Iterator[Evidence]:
    """Check ``examples`` networks; yield one row per kind of measurement: of the network that came nearest to
    its bound.

    ``show`` makes a counterexample of a network. Shrinking ends after ``seconds``. Raises `Falsified`, or
    `SubjectError` with the network that did it.
    """
    yield from sweep([strategy], check, show, effort, key, examples, seconds)


def sweep(
    strategies: Sequence[st.SearchStrategy[T]],
    check: Callable[[T], Iterable[Measurement]],
    show: Callable[[T], Counterexample],
    effort: Effort,
    key: tuple[object, ...],
    examples: int,
    seconds: float = 20.0,
) -> Iterator[Evidence]:
    """`search` in each of several families, so that every one is visited: ``examples`` networks of each."""
    record = _Record()
    started = time.monotonic()

    def run(instance: T) -> None:
        if isinstance(record.failure, SubjectLost) or (
            record.failure and time.monotonic() - started > seconds
        ):
            return  # nothing more can be learnt: Hypothesis calls this flaky, and the record has the failure
        record.networks += 1
        try:
            measurements = list(check(instance))
        except SubjectError as error:
            record.failure = type(error)(error.reason, error.counterexample or show(instance))
            if isinstance(error, SubjectLost):
                return
            raise
        violated = next((m for m in measurements if not m.value <= m.bound), None)
        if violated is not None:
            row = Evidence(violated.kind, violated.name, violated.value, violated.bound)
            reason = f"{violated.name}: {violated.value:.3g}, allowed {violated.bound:.3g}"
            record.failure = Falsified(reason, (row,), show(instance))
            raise Violation(reason)
        for measurement in measurements:
            known = record.worst.get(measurement.name)
            if known is None or measurement.used > known.used:
                record.worst[measurement.name] = measurement

    for number, strategy in enumerate(strategies):
        _explore(strategy, run, effort.integer("search", *key, number), examples)
        if record.failure is not None:
            raise record.failure
    if not record.networks:
        raise Falsified("no network of this family could be drawn: the search itself is broken")
    for name, worst in record.worst.items():
        yield Evidence(worst.kind, f"{name} (worst of {record.networks})", worst.value, worst.bound)


def ask_each(
    questions: Sequence[T], measure: Callable[[T], Measurement], show: Callable[[T], Counterexample]
) -> Iterator[Evidence]:
    """Questions that are fixed, so that nothing is drawn and nothing shrunk: one row, of the one that came
    nearest to its bound. Raises as `sweep` does.
    """
    worst: Measurement | None = None
    for question in questions:
        try:
            found = measure(question)
        except SubjectError as error:
            raise type(error)(error.reason, error.counterexample or show(question)) from None
        if not found.value <= found.bound:
            row = Evidence(found.kind, found.name, found.value, found.bound)
            reason = f"{found.name}: {found.value:.3g}, allowed {found.bound:.3g}"
            raise Falsified(reason, (row,), show(question))
        worst = found if worst is None or found.used > worst.used else worst
    if worst is not None:
        of = f" (worst of {len(questions)})" if len(questions) > 1 else ""
        yield Evidence(worst.kind, f"{worst.name}{of}", worst.value, worst.bound)


@contextlib.contextmanager
def _without_constants_of_the_sources() -> Iterator[None]:
    """Hypothesis also draws constants that it finds in loaded modules of the working folder: what is drawn
    would depend on what else was run, and from where. It takes a second to find them, too.
    """
    find = getattr(providers, FIND_CONSTANTS, None)  # of another version, if it is not there: a test says so
    if find is None:
        yield
        return
    setattr(providers, FIND_CONSTANTS, lambda: providers.GLOBAL_CONSTANTS)
    try:
        yield
    finally:
        setattr(providers, FIND_CONSTANTS, find)


def _explore(strategy: st.SearchStrategy[T], run: Callable[[T], None], number: int, examples: int) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        backend="hypothesis",  # whatever profile a test suite around us has loaded
        database=None,  # a verdict depends on the seed alone
        deadline=None,  # the subject has its own clock
        derandomize=False,  # `seed` does it, and lets a run choose another
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def explore(instance: T) -> None:
        run(instance)

    state = random.getstate()
    try:
        with _without_constants_of_the_sources():
            explore()
    except (Violation, SubjectError, FlakyFailure, FlakyStrategyDefinition, Unsatisfiable):
        pass  # the record has what happened
    finally:
        random.setstate(state)
