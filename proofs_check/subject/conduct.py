"""How a subject behaves, beside what it computes: it forgets its calls, and answers every row by itself.

Before the first question to a method, the method is asked about a small fixed network: as it is, with the
rows in reverse order, with half of them, and, where the answers differ, as it is once more. The answers of a
correct implementation differ by at most two allowances for float64. One that keeps something between calls,
draws its own randomness, or lets the rows of a batch act on each other would fail the claims too, by numbers
that do not say why: this does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proofs_check.float64.activations import SMOOTH
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.losses import FULL_RANK_LOSSES
from proofs_check.float64.rule import direct, offered_rules
from proofs_check.subject.methods import Subject
from proofs_check.verdict.evidence import SubjectError, SubjectLost

Rows = NDArray[np.intp]

METHODS = ("gradient_estimates", "error_signals", "fit_feedback")
ROWS, WIDTHS, C = 6, (3, 4, 3, 2), 0.125
SYMBOLS = {"gradient_estimates": "λ̂", "error_signals": "ẽ", "fit_feedback": "B"}
PREFERRED = {
    "activations": (*SMOOTH, "identity"),
    "losses": tuple(dict.fromkeys(("mse", "logcosh", *FULL_RANK_LOSSES))),
}
"""Of what a subject supports, the first of these: no kinks, and targets of any sign."""


class Misconduct(SubjectLost):
    """The subject remembers, or mixes rows: of this method nothing more is asked in this claim."""


class Seen:
    """What was found of a subject's conduct, method by method: looked at once, before its first question."""

    def __init__(self) -> None:
        self._found: dict[str, SubjectLost | None] = {}

    def before(self, subject: Subject, question: str) -> None:
        """Look at the methods that a question calls; raises `Misconduct` for what is found."""
        for method in methods(question):
            if method not in self._found:
                self._found[method] = None  # what it is asked now comes by here, too
                self._found[method] = misconduct(subject, method)
            found = self._found[method]
            if found is not None:
                raise Misconduct(found.reason, found.counterexample)


@dataclass(frozen=True)
class Probe:
    """What a method is asked: a question about some of the rows, and how far two right answers may be apart,
    in the shapes of the answer to all of them.
    """

    ask: Callable[[Rows], list[Array]]
    apart: list[Array]
    by_row: bool  # whether the answer has a row for each row of the question


def methods(asked: str) -> tuple[str, ...]:
    """The methods that a question calls, of those whose conduct is looked at."""
    return METHODS if asked == "fitted_feedback" else tuple(name for name in METHODS if name == asked)


def misconduct(subject: Subject, method: str) -> SubjectLost | None:
    """What is wrong with the conduct of a method; None where nothing is, or where it cannot be asked.

    A method that raises, or whose answer is no answer, is left to the claim: it will find a network of its
    own that shows it. Raises `SubjectLost` where the subject hangs or dies.
    """
    probe = probe_of(subject, method)
    if probe is None:
        return None
    try:
        reason = next(findings(method, probe), None)
    except SubjectLost:
        raise
    except SubjectError:
        return None
    return (
        None
        if reason is None
        else Misconduct(reason, Conduct(getattr(subject, "place", "MODULE:NAME"), method))
    )


def findings(method: str, probe: Probe) -> Iterator[str]:
    """What the answers to the same rows have against each other, the plainest first."""
    rows, few = np.arange(ROWS), ROWS // 2
    first = probe.ask(rows)
    back = probe.ask(rows[::-1])
    turned = f"{method} gave a row another answer when the {ROWS} rows came in reverse order: "
    rule = "a row's answer may depend on that row alone, not on its place, other rows or earlier calls"
    if probe.by_row:
        found = list(_difference(method, turned, rule, first, [a[::-1] for a in back], probe.apart))
        split = f"{method} gave a row another answer when {few} of the {ROWS} rows came alone: "
        apart, wanted = [a[:few] for a in probe.apart], [a[:few] for a in first]
        found += _difference(method, split, rule, wanted, probe.ask(rows[:few]), apart)
    else:
        turned = f"{method} gave another answer when the {ROWS} rows came in reverse order: "
        sums = "every row counts alike, and nothing may be kept between calls"
        found = list(_difference(method, turned, sums, first, back, probe.apart))
    if found:
        again = f"{method} answered the same question differently the second time: "
        remembers = "it keeps something between calls, or draws random numbers of its own"
        yield from _difference(method, again, remembers, first, probe.ask(rows), probe.apart)
    yield from found


def _difference(
    method: str,
    event: str,
    rule: str,
    first: Sequence[Array],
    second: Sequence[Array],
    apart: Sequence[Array],
) -> Iterator[str]:
    for k, (a, b, most) in enumerate(zip(first, second, apart, strict=True)):
        where = np.argwhere(~(np.abs(a - b) <= most))
        if len(where):
            row, unit = map(int, where[0])
            symbol = SYMBOLS[method] + (f"^{k + 1}" if method != "fit_feedback" else "")
            seen = f"{symbol}[{row}, {unit}] was {a[row, unit]:.6g} and then {b[row, unit]:.6g}"
            yield f"{event}{seen}; {rule}"


def probe_of(subject: Subject, method: str) -> Probe | None:
    """The question to a method, within what the subject supports; None where there is none."""
    from proofs_check.float64 import tolerance  # it brings what only the claims need

    numbers = _numbers()
    if method == "fit_feedback":
        estimates, errors = numbers["estimates"], numbers["errors"]
        solution: Array = np.linalg.lstsq(errors, estimates, rcond=None)[0].astype(np.float64)
        most = 2 * tolerance.solve_allowance(errors, estimates, solution)
        return Probe(
            lambda rows: [subject.fit_feedback(estimates[rows], errors[rows])],
            [np.full(solution.shape, most)],
            by_row=False,
        )
    network = _network(subject.supports, numbers)
    rules = offered_rules(subject.supports)
    if network is None or not rules:
        return None
    x, y = numbers["x"], numbers["y"]
    if method == "gradient_estimates":
        noise = [numbers[f"noise {i}"] for i in range(1, len(WIDTHS) - 1)]
        scale = 2 * tolerance.difference_allowance(network, x, y, noise, C)[:, None]
        return Probe(
            lambda rows: subject.gradient_estimates(network, x[rows], y[rows], [xi[rows] for xi in noise], C),
            [scale * np.abs(xi) for xi in noise],
            by_row=True,
        )
    rule = rules[0]
    feedback = [numbers[f"{'direct' if direct(rule) else 'feedback'} {i}"] for i in range(2, len(WIDTHS))]
    return Probe(
        lambda rows: subject.error_signals(network, feedback, x[rows], y[rows], rule),
        [2 * allowed for allowed in tolerance.signal_allowance(network, feedback, x, y, rule)],
        by_row=True,
    )


def _network(supports: Mapping[str, Sequence[str]], numbers: Mapping[str, Array]) -> Network | None:
    activation, loss = (
        next((name for name in PREFERRED[key] if name in supports.get(key, PREFERRED[key])), None)
        for key in ("activations", "losses")
    )
    if activation is None or loss is None:
        return None
    weights = tuple(numbers[f"weight {i}"] for i in range(1, len(WIDTHS)))
    return Network(weights, (activation,) * len(weights), loss)


def _numbers() -> dict[str, Array]:
    """The probe's arrays: eighths, none of them zero."""
    pairs = range(1, len(WIDTHS))
    shapes = {
        "x": (ROWS, WIDTHS[0]),
        "y": (ROWS, WIDTHS[-1]),
        "estimates": (ROWS, 3),
        "errors": (ROWS, 2),
        **{f"weight {i}": (WIDTHS[i], WIDTHS[i - 1]) for i in pairs},
        **{f"noise {i}": (ROWS, WIDTHS[i]) for i in pairs[:-1]},
        **{f"feedback {i}": (WIDTHS[i], WIDTHS[i - 1]) for i in pairs},
        **{f"direct {i}": (WIDTHS[-1], WIDTHS[i - 1]) for i in pairs},
    }
    generator = np.random.Generator(np.random.Philox(key=8))
    return {name: (2.0 * generator.integers(-8, 8, shape) + 1.0) / 16 for name, shape in shapes.items()}


@dataclass(frozen=True)
class Conduct:
    """The counterexample: a method of the subject at a place, whose conduct is to be looked at."""

    place: str
    method: str

    @property
    def code(self) -> str:
        """Code that asks the same questions again and prints the answers."""
        return f"from proofs_check import rerun\n\nrerun.conduct({self.place!r}, {self.method!r})"
