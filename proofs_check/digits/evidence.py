"""What the ledger shows of the digits: how exactly the feedback of trained networks is recovered.

`confirm_*` asks whether the statement holds at real size, from the independent limit of `recovery`;
`examine_*` asks whether a subject, given every (image, atom) pair, arrives at that same limit. The limit is
float64 too, but its differences are propagated, so what it loses to rounding is as nothing beside what a
subject is allowed, and no allowance is made for it. A subject that subtracts two losses may lose the digits
that some of the figures need at small c. So of a subject's figures those are bounded whose bound the limit
keeps with all of the allowed rounding added; the others are shown as information.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from flint import fmpq_mat
from numpy.typing import ArrayLike

from proofs_check.digits import recovery
from proofs_check.digits.data import WIDTHS, accuracy, images
from proofs_check.digits.rounding import Allowance, allowances
from proofs_check.float64.floats import Array
from proofs_check.float64.tolerance import signal_allowance
from proofs_check.networks.drawn import Instance
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Kind
from theory.exact.network import matrix
from theory.results.rank import error_gram_ranks, obstruction

if TYPE_CHECKING:
    from proofs_check.subject.methods import Subject

STEPS = (1e-2, 1e-3, 1e-4, 1e-5)  # c
LINEAR_STEPS = (1.0, 1e-3)  # under squared error a linear network has no bias at any c

FALL = (98.0, 102.0)  # per tenfold smaller c, for an error of order c²
LARGEST_ERROR = 1e-5  # of B̂ at the smallest c, relative
LARGEST_GRADIENT_ERROR = 1e-7  # there, relative


def _count(effort: Effort) -> int | None:
    return effort.choose(200, None, None)


def _title(name: str) -> str:
    return f"digits {'-'.join(map(str, WIDTHS))}, {name}"


@dataclass(frozen=True)
class Figures:
    """What is shown of a recovery.

    ``errors``: |B̂ - W|/|W|, a row for each of B^2 … B^{N+1}, a column for each c; ``falls``: the ratios of
    neighbours in a row. At the smallest c, for each of the N hidden layers, ``gradients``: |ẽ - e|/|e| over
    all images, and ``angles``: between the two, in degrees.
    """

    errors: Array
    falls: Array
    gradients: Array
    angles: Array

    def rows(self, kind: Kind, title: str) -> Iterator[Evidence]:
        """One row per figure, with its bound."""
        smallest = STEPS[-1]
        for layer, (errors, falls) in enumerate(zip(self.errors, self.falls, strict=True), start=2):
            for c, error in zip(STEPS, errors, strict=True):
                name = f"{title}: relative error of B̂^{layer} at c = {c:g}"
                yield row(kind, name, error, LARGEST_ERROR if c == smallest else None)
            for (c, smaller), fall in zip(pairwise(STEPS), falls, strict=True):
                name = f"{title}: fall of that error of B̂^{layer}, c = {c:g} to {smaller:g}"
                yield row(kind, name, fall, FALL)
        for layer, (error, degrees) in enumerate(zip(self.gradients, self.angles, strict=True), start=1):
            name = f"{title}: relative error of the gradient ẽ^{layer} at c = {smallest:g}"
            yield row(kind, name, error, LARGEST_GRADIENT_ERROR)
            name = f"{title}: angle between ẽ^{layer} and e^{layer} at c = {smallest:g}, degrees"
            yield row(kind, name, degrees, float(steepest_angles(LARGEST_GRADIENT_ERROR)))


def row(kind: Kind, name: str, value: float, bound: float | tuple[float, float] | None) -> Evidence:
    """Evidence of that kind, or information where there is no bound."""
    return Evidence("information" if bound is None else kind, name, float(value), bound)


def figures(instance: Instance, feedback: Sequence[Sequence[Array]], signals: Sequence[Array]) -> Figures:
    """From B̂^2 … B̂^{N+1} at each of the steps, and ẽ^1 … ẽ^{N+1} at the last."""
    weights = instance.network.weights[1:]
    layers = zip(zip(*feedback, strict=True), weights, strict=True)
    errors = np.array([[relative(b, w) for b in found] for found, w in layers])
    hidden = list(zip(signals[:-1], instance.true_errors[:-1], strict=True))
    return Figures(
        errors,
        errors[:, :-1] / errors[:, 1:],
        np.array([relative(found, true) for found, true in hidden]),
        np.array([angle(found, true) for found, true in hidden]),
    )


def relative(found: Array, true: Array) -> float:
    """|found - true| / |true|, Frobenius."""
    return float(np.linalg.norm(found - true) / np.linalg.norm(true))


def angle(a: Array, b: Array) -> float:
    """The angle between two arrays unfolded into vectors, 0 to 180 degrees.

    2 atan2(|u - v|, |u + v|) of the unit vectors: the arc cosine of an inner product would lose every angle
    below 1e-6 degrees.
    """
    u, v = a / np.linalg.norm(a), b / np.linalg.norm(b)
    return float(np.degrees(2 * np.arctan2(np.linalg.norm(u - v), np.linalg.norm(u + v))))


def steepest_angles(errors: ArrayLike) -> Array:
    """The largest angles to a vector, in degrees, for relative errors against it."""
    return np.degrees(np.arcsin(np.minimum(errors, 1.0)))


def extremes(
    instance: Instance, exact: Figures, allowed: Sequence[Sequence[Allowance]]
) -> tuple[Figures, Figures]:
    """The smallest and the largest figures that the allowed rounding can make of the exact ones."""
    sizes = np.array([np.linalg.norm(w) for w in instance.network.weights[1:]])
    doubt = np.array([[a.feedback for a in layers] for layers in allowed]).T / sizes[:, None]
    low, high = exact.errors - doubt, exact.errors + doubt
    unbounded = np.full_like(exact.falls, np.inf)
    most = np.divide(high[:, :-1], low[:, 1:], out=unbounded, where=low[:, 1:] > 0)
    gradients = exact.gradients + gradient_slack(instance, allowed[-1])
    largest = Figures(high, most, gradients, steepest_angles(gradients))
    return replace(exact, errors=low, falls=low[:, :-1] / high[:, 1:]), largest


def gradient_slack(instance: Instance, allowed: Sequence[Allowance]) -> Array:
    """How far rounding may take ẽ^1 … ẽ^N from their limits, relative to |e^i|: in the fits, in forming ẽ."""
    network, x, y = instance.network, instance.x, instance.y
    forming = signal_allowance(network, network.weights[1:], x, y)
    fitted = [a.signals * np.sqrt(len(x)) for a in allowed]
    rows = zip(fitted, forming[:-1], instance.true_errors[:-1], strict=True)
    return np.array([(fit + np.linalg.norm(form)) / np.linalg.norm(e) for fit, form, e in rows])


def confirm_recovery(network: str, effort: Effort) -> Iterator[Evidence]:
    """Theorem 3 at real size: the exact limit B̂(c) of the network "sigmoid" or "tanh" tends to W as c²."""
    count, title = _count(effort), _title(network)
    instance = recovery.task(network, count)
    right = accuracy(instance.network, *images())
    yield Evidence("exact limit", f"{title}: accuracy on the 1,797 training images", right, (0.99, 1.0))
    for layer, condition in enumerate(instance.conditions(), start=2):
        name = f"{title}: condition number of S_{layer} = E e^{layer} (e^{layer})ᵀ"
        yield Evidence("information", name, condition)
    limits = [recovery.limit(network, count, c) for c in STEPS]
    shown = figures(instance, [limit.feedback for limit in limits], limits[-1].signals)
    yield from shown.rows("exact limit", title)


def examine_recovery(subject: Subject, network: str, effort: Effort) -> Iterator[Evidence]:
    """The subject's own fit to all (image, atom) pairs equals the exact limit, to roundoff, at every c."""
    count, title = _count(effort), _title(network)
    instance = recovery.task(network, count)
    limits = [recovery.limit(network, count, c) for c in STEPS]
    allowed = [allowances(instance, limit) for limit in limits]
    found = [_fit(subject, instance, c) for c in STEPS]
    for k in range(len(instance.network.hidden)):
        used = max(
            float(np.linalg.norm(b[k] - limit.feedback[k])) / bound[k].feedback
            for b, limit, bound in zip(found, limits, allowed, strict=True)
        )
        name = f"{title}: B̂^{k + 2}(c) equals its limit, to roundoff: part of the allowance used, worst c"
        yield Evidence("implementation", name, used, 1.0)
    signals = subject.error_signals(instance.network, found[-1], instance.x, instance.y, "FA")
    exact = figures(instance, [limit.feedback for limit in limits], limits[-1].signals)
    low, high = extremes(instance, exact, allowed)
    rows = (f.rows("implementation", title) for f in (figures(instance, found, signals), low, high))
    for shown, least, most in zip(*rows, strict=True):
        certain = least.holds and most.holds
        yield shown if certain else Evidence("information", shown.name, shown.value)


def _fit(subject: Subject, instance: Instance, c: float) -> list[Array]:
    layers = recovery.design(instance).layers
    return subject.fitted_feedback(instance.network, instance.x, instance.y, layers, None, c, "FA")


def linear_row() -> Evidence:
    """Why Theorem 2 says nothing about the linear network of the same widths."""
    reason = obstruction(WIDTHS)
    if reason is None:
        raise ValueError("50-20-10 narrows, and is said not to")
    return Evidence("not applicable", _title("linear"), reason)


def confirm_linear_gradients(effort: Effort) -> Iterator[Evidence]:
    """The trained linear network: B̂^i(c) is P_i W^i and the gradients are the true ones, at large c too."""
    count, title = _count(effort), _title("linear")
    instance = recovery.task("linear", count)
    right = accuracy(instance.network, *images())
    yield Evidence("information", f"{title}: accuracy on the 1,797 training images", right)
    exact: list[fmpq_mat] = [matrix(w.tolist(), exact=True) for w in instance.network.weights]
    name = f"{title}: rank of S_2, of {WIDTHS[2]}, for output errors of full rank"
    yield Evidence("exact", name, error_gram_ranks(exact)[1], (10, 10))
    for c in LINEAR_STEPS:
        limit = recovery.limit("linear", count, c)
        yield from _linear_rows("exact limit", title, instance, limit, limit.feedback, limit.signals)


def examine_linear_gradients(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's minimum-norm B̂^i(c) is P_i W^i, and the gradients it makes of them are the true ones."""
    count, title = _count(effort), _title("linear")
    instance = recovery.task("linear", count)
    for c in LINEAR_STEPS:
        found = _fit(subject, instance, c)
        signals = subject.error_signals(instance.network, found, instance.x, instance.y, "FA")
        limit = recovery.limit("linear", count, c)
        yield from _linear_rows("implementation", title, instance, limit, found, signals)


def _linear_rows(
    kind: Kind,
    title: str,
    instance: Instance,
    limit: recovery.Limit,
    feedback: Sequence[Array],
    signals: Sequence[Array],
) -> Iterator[Evidence]:
    """Every bound is the rounding that a subject is allowed at this c: nothing else parts the two sides."""
    allowed = allowances(instance, limit)
    layers = zip(feedback, projected_weights(instance), allowed, strict=True)
    for layer, (b, w, bound) in enumerate(layers, start=2):
        name = f"{title}: B̂^{layer}(c) is P_{layer} W^{layer} at c = {limit.c:g}: relative error"
        yield Evidence(kind, name, relative(b, w), bound.feedback / float(np.linalg.norm(w)))
    slack = gradient_slack(instance, allowed)
    hidden = zip(signals[:-1], instance.true_errors[:-1], slack, strict=True)
    for layer, (found, true, most) in enumerate(hidden, start=1):
        name = f"{title}: the gradient ẽ^{layer} is e^{layer} at c = {limit.c:g}: relative error"
        yield Evidence(kind, name, relative(found, true), float(most))


def projected_weights(instance: Instance) -> list[Array]:
    """P_i W^i for i = 2 … N+1, P_i the orthogonal projector onto the range of S_i = E e^i e^{iT}."""
    result = []
    for weight, errors in zip(instance.network.weights[1:], instance.true_errors[1:], strict=True):
        _, sizes, directions = np.linalg.svd(errors, full_matrices=False)
        basis = directions[sizes > recovery.RANK_CUTOFF * sizes[0]]
        result.append(basis.T @ (basis @ weight))
    return result
