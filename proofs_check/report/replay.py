"""A counterexample asked once more, so that the report can show what was found and what was expected.

The subject is asked anew, in the same order as in the claim. Only questions whose answer can be put beside an
exact one are asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proofs_check.claims import estimator, solves
from proofs_check.claims.signals import feedback_for
from proofs_check.float64.designs import atoms
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.rule import offered_rules
from proofs_check.float64.tolerance import (
    difference_allowance,
    feedback_allowance,
    signal_allowance,
    solve_allowance,
)
from proofs_check.networks.drawn import Instance, data_set
from proofs_check.questions.limits import NOISES, exact_limit
from proofs_check.questions.means import mean_allowance, mean_estimates
from proofs_check.questions.oracle import exact_estimates, exact_means, exact_signals, exact_solution
from proofs_check.questions.question import Question
from proofs_check.subject.conduct import PREFERRED
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import SubjectError

MEAN, ALL_THREE = "gradient_estimates, averaged", "gradient_estimates, error_signals and fit_feedback"
AT_LARGE = "asked by itself on a larger network"


@dataclass(frozen=True)
class Compared:
    """One array of an answer: as found, as expected, and how far off each entry may be."""

    name: str
    found: Array
    expected: Array
    allowed: Array

    @property
    def wrong(self) -> NDArray[np.bool_]:
        """Which entries are further off than allowed."""
        result: NDArray[np.bool_] = ~(np.abs(self.found - self.expected) <= self.allowed)
        return result


@dataclass(frozen=True)
class Replay:
    """The arrays of the first answer that was off; ``when`` says which call that was, ``repeated`` whether
    it was another call than the first. ``setting`` has what the answer was computed from.
    """

    method: str
    when: str
    repeated: bool
    compared: tuple[Compared, ...]
    setting: Mapping[str, Any] = field(default_factory=dict)

    @property
    def wrong(self) -> tuple[Compared, ...]:
        """The arrays that are off."""
        return tuple(one for one in self.compared if one.wrong.any())


def replay(subject: Subject, question: Question, seconds: float) -> Replay | None:
    """Ask once more; None where that is not known how, nothing was off, or there is no answer."""
    if question.call not in _REPLAYS:
        return None
    given = question.instance
    about = {} if given is None else {"network": given.network, "x": given.x, "y": given.y}
    try:
        subject.begin_claim(seconds)
        tried = _REPLAYS[question.call](subject, **about, **question.arrays, **question.options)
        off = next((one for one in tried if one.wrong), None)
        if off is None or not off.repeated:
            return off
        subject.begin_claim(seconds)
        first = _asked_first(subject, off)
        return first if first.wrong else off
    except (SubjectError, ArithmeticError, TypeError, ValueError):
        return None


def _asked_first(subject: Subject, known: Replay) -> Replay:
    """The same question to a new object: where it is off there too, nothing that is kept is why."""
    s = known.setting
    if known.method == "fit_feedback":
        return _solved(subject, s["estimates"], s["errors"], s["ridge"], known.when)
    given = Instance(s["network"], s["x"], s["y"])
    if known.method == "gradient_estimates":
        return _estimated(subject, given, s["noise"], s["c"], known.when)
    return _signalled(subject, given, s["rule"], Effort(), known.when, known=s["feedback"])


def witness(subject: Subject, known: Replay, seconds: float) -> Replay | None:
    """The same question on a network (or arrays) large enough to tell one mistake from another, which a
    counterexample shrunk to one unit is not; None where the answer is right there.
    """
    try:
        subject.begin_claim(seconds)
        found = _asked_at_large(subject, known)
    except (SubjectError, ArithmeticError, TypeError, ValueError):
        return None
    return found if found is not None and found.wrong else None


def _asked_at_large(subject: Subject, known: Replay) -> Replay | None:
    s = known.setting
    if known.method == "fit_feedback":
        return _fitted_at_large(subject, s["ridge"])
    given = large(subject, s["network"])
    if given is None:
        return None
    if known.method == "gradient_estimates":
        return _estimated_at_large(subject, given, s["c"])
    if known.method == "error_signals":
        return _signalled(subject, given, s["rule"], Effort(), AT_LARGE)
    # Several methods were called: each by itself.
    alone: tuple[Callable[[], Replay | None], ...] = (
        lambda: _estimated_at_large(subject, given, s["c"]),
        lambda: _signalled(subject, given, s["rule"], Effort(), AT_LARGE) if "rule" in s else None,
        lambda: _fitted_at_large(subject, 0.0) if "rule" in s else None,
    )
    asked = (ask() for ask in alone)
    return next((one for one in asked if one is not None and one.wrong), None)


def _fitted_at_large(subject: Subject, ridge: float) -> Replay:
    generator = np.random.Generator(np.random.Philox(key=7))
    errors, estimates = generator.integers(-6, 9, (11, 3)) / 4, generator.integers(-6, 9, (11, 3)) / 4
    return _solved(subject, estimates, errors, ridge, AT_LARGE)


def _estimated_at_large(subject: Subject, given: Instance, c: float) -> Replay:
    return _estimated(subject, given, draws_for(given), c, AT_LARGE)


def draws_for(given: Instance) -> list[Array]:
    """Noise for a network: normal draws, rounded to 64ths."""
    generator = np.random.Generator(np.random.Philox(key=8))
    return [np.round(generator.standard_normal((len(given.x), n)) * 64) / 64 for n in given.network.hidden]


def large(subject: Subject, like: Network | None = None) -> Instance | None:
    """Three hidden layers of different widths, with the loss and the activations of another network, or with
    those that the subject supports.
    """
    like = like or _supported(subject)
    widths, names = (2, 3, 2, 4, 3), list(like.activations)
    others = [name for name in ("tanh", "sigmoid") if subject.supports_all(activations=name)]
    hidden = [*dict.fromkeys([*names[:-1], *others])]
    activations = (*(hidden[k % len(hidden)] for k in range(3)), names[-1])
    for key in range(200):
        generator = np.random.Generator(np.random.Philox(key=key))
        weights = tuple(
            np.eye(rows, columns) + generator.integers(-6, 7, (rows, columns)) / 8
            for columns, rows in pairwise(widths)
        )
        x, y = data_set(key, 5, widths[0], widths[-1], like.loss)
        given = Instance(Network(weights, activations, like.loss), x, y)
        if given.regular:
            return given
    return None


def _supported(subject: Subject) -> Network:
    """A network without weights: a loss and activations that the subject supports."""
    losses, activations = (
        [name for name in names if subject.supports_all(**{key: name})]
        for key, names in (("losses", PREFERRED["losses"]), ("activations", PREFERRED["activations"]))
    )
    return Network(
        (), (activations[0], "identity" if "identity" in activations else activations[0]), losses[0]
    )


def by_itself(subject: Subject, method: str, seconds: float) -> Replay | None:
    """A method asked on a large network; None where its answer is right there, or is none."""
    try:
        subject.begin_claim(seconds)
        found = _by_itself(subject, method)
    except (SubjectError, ArithmeticError, IndexError, TypeError, ValueError):
        return None
    return found if found is not None and found.wrong else None


def _by_itself(subject: Subject, method: str) -> Replay | None:
    if method == "fit_feedback":
        return _fitted_at_large(subject, 0.0)
    given = large(subject)
    if given is None:
        return None
    if method == "gradient_estimates":
        return _estimated_at_large(subject, given, 0.25)
    rules = offered_rules(subject.supports)
    asked = (_signalled(subject, given, rule, Effort(), AT_LARGE) for rule in rules)
    return next((one for one in asked if one.wrong), None)


def _estimates(
    subject: Subject, network: Network, x: Array, y: Array, noise: Sequence[Array], c: float, seed: int = 0
) -> Iterator[Replay]:
    first, asked = Instance(network, x, y), 0
    for given, when in ((first, "this network"), (first.twin(), "a second network of the same shapes")):
        for scale in (c, *(other for other in estimator.SCALES if other != c)):
            if given.regular:
                yield _estimated(subject, given, noise, scale, f"{when}, c = {scale:g}", asked > 0)
                asked += 1


def _estimated(
    subject: Subject, given: Instance, noise: Sequence[Array], c: float, when: str, repeated: bool = False
) -> Replay:
    found = subject.gradient_estimates(given.network, given.x, given.y, noise, c)
    expected = exact_estimates(given, noise, c)
    room = difference_allowance(given.network, given.x, given.y, noise, c)[:, None]
    compared = tuple(
        Compared(f"λ̂^{i}", a, b, room * np.abs(xi))
        for i, (a, b, xi) in enumerate(zip(found, expected, noise, strict=True), start=1)
    )
    setting = {"network": given.network, "x": given.x, "y": given.y, "noise": noise, "c": c}
    return Replay("gradient_estimates", when, repeated, compared, setting)


def _signals(
    subject: Subject,
    network: Network,
    x: Array,
    y: Array,
    feedback: Sequence[Array],
    rule: str,
    seed: int = 0,
) -> Iterator[Replay]:
    first, effort, asked = Instance(network, x, y), Effort(seed=seed), 0
    rules = offered_rules(subject.supports)
    for given, place in ((first, "this network"), (first.twin(), "a second network of the same shapes")):
        for when in ("", ", after a call of gradient_estimates"):
            if not given.regular:
                continue
            if when:
                noise = estimator.gaussian(given, effort)
                subject.gradient_estimates(given.network, given.x, given.y, noise, 0.3)
            for name in rules:
                known = [np.asarray(b) for b in feedback] if name == rule and given is first else None
                said = f"rule {name}, {place}{when}"
                yield _signalled(subject, given, name, effort, said, asked >= len(rules), known)
                asked += 1


def _signalled(
    subject: Subject,
    given: Instance,
    rule: str,
    effort: Effort,
    when: str,
    repeated: bool = False,
    known: Sequence[Array] | None = None,
) -> Replay:
    feedback = feedback_for(given, rule, effort) if known is None else known
    arrays = zip(
        subject.error_signals(given.network, feedback, given.x, given.y, rule),
        exact_signals(given, feedback, rule),
        signal_allowance(given.network, feedback, given.x, given.y, rule),
        strict=True,
    )
    compared = tuple(Compared(f"ẽ^{i}", *each) for i, each in enumerate(arrays, start=1))
    setting = {"network": given.network, "x": given.x, "y": given.y, "feedback": feedback, "rule": rule}
    return Replay("error_signals", when, repeated, compared, setting)


def _solution(subject: Subject, estimates: Array, errors: Array, ridge: float) -> Iterator[Replay]:
    for number, (name, rows, sources) in enumerate(solves.problems(estimates, errors)):
        yield _solved(subject, rows, sources, ridge, f"ridge {ridge:g}, {name}", number > 0)


def _solved(
    subject: Subject, estimates: Array, errors: Array, ridge: float, when: str, repeated: bool = False
) -> Replay:
    expected = exact_solution(estimates, errors, ridge)
    found = subject.fit_feedback(estimates, errors, ridge)
    room = np.full(expected.shape, solve_allowance(errors, estimates, expected, ridge))
    setting = {"estimates": estimates, "errors": errors, "ridge": ridge}
    return Replay("fit_feedback", when, repeated, (Compared("B", found, expected, room),), setting)


def _means(subject: Subject, network: Network, x: Array, y: Array, noise: str, c: float) -> Iterator[Replay]:
    given = Instance(network, x, y)
    design = NOISES[noise].design(sum(network.hidden))
    arrays = zip(
        mean_estimates(subject, given, design, c),
        exact_means(given, design, c),
        mean_allowance(given, design, c),
        strict=True,
    )
    compared = tuple(Compared(f"E λ̂^{i}", *each) for i, each in enumerate(arrays, start=1))
    when = f"the mean over all atoms of {noise} noise, c = {c:g}"
    yield Replay(MEAN, when, False, compared, {"network": network, "c": c})


def _limits(
    subject: Subject, network: Network, x: Array, y: Array, noise: str, c: float, rule: str
) -> Iterator[Replay]:
    given = Instance(network, x, y)
    design = NOISES[noise].design(sum(network.hidden))
    support = atoms(design, network.hidden)
    expected = exact_limit(given, design, c, rule)
    allowed = feedback_allowance(given, support, c, expected, rule)
    found = subject.fitted_feedback(network, x, y, support.layers, support.probabilities, c, rule)
    compared = tuple(
        Compared(f"B^{i}", a, b, np.full(b.shape, room))
        for i, (a, b, room) in enumerate(zip(found, expected, allowed, strict=True), start=2)
    )
    when = f"rule {rule}, every atom of {noise} noise, c = {c:g}"
    yield Replay(ALL_THREE, when, False, compared, {"network": network, "c": c, "rule": rule})


_REPLAYS: Mapping[str, Callable[..., Iterator[Replay]]] = {
    "estimates": _estimates,
    "signals": _signals,
    "solution": _solution,
    "means": _means,
    "limits": _limits,
}
