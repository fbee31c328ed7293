"""`estimator`: λ̂ equals two passes in ball arithmetic, row by row, every layer noisy at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import product

import numpy as np
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64 import floats
from proofs_check.float64.floats import Array
from proofs_check.float64.tolerance import difference_allowance
from proofs_check.networks.drawn import ACTIVATIONS, LOSSES, Family, Instance, any_widths, edge_instances
from proofs_check.networks.search import Measurement, ask_each, search, sweep
from proofs_check.questions.means import distance
from proofs_check.questions.oracle import exact_differences, exact_estimates
from proofs_check.questions.question import Question, on_network
from proofs_check.questions.regions import Far, by_region, networks, repeated
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.results.definitions import ESTIMATOR

SCALES = (0.3, 1e-3)
MANY_ROWS = (20_000, 70_000, 300_000)
PAIRS = tuple(product(LOSSES, ACTIVATIONS))
WIDTHS = any_widths((1, 3), 4)


def family(loss: str, activation: str) -> Family:
    """Networks with that loss, the activation below, any on top, layers scaled by 1/4 to 4."""
    return Family(WIDTHS, hidden=(activation,), losses=(loss,), fitted=False, scales=(0, 1, -1, 2, -2))


def gaussian(instance: Instance, effort: Effort) -> list[Array]:
    """Gaussian noise, rounded to 64ths so that a counterexample can be read: one row per datum."""
    generator = effort.generator("estimator", instance.network.widths)
    return [
        np.round(generator.standard_normal((len(instance.x), n)) * 64) / 64 for n in instance.network.hidden
    ]


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Two textbook passes in float64 stay within the allowance of the ball oracle: the oracle and the
    allowance fit each other.
    """

    def check(instance: Instance) -> Iterator[Measurement]:
        noise = gaussian(instance, effort)
        for c in SCALES:
            baseline = floats.loss(instance.network.loss, instance.clean.activations[-1], instance.y)
            perturbed = floats.forward(instance.network, instance.x, [c * xi for xi in noise]).activations[-1]
            naive = (floats.loss(instance.network.loss, perturbed, instance.y) - baseline) / c
            allowed = difference_allowance(instance.network, instance.x, instance.y, noise, c)
            used = distance([naive], [exact_differences(instance, noise, c)], [allowed])
            yield Measurement(
                "ball arithmetic", f"error of two passes in float64 as part of 16 u ρ / c, c = {c}", used, 1.0
            )

    everything = Family(WIDTHS, losses=LOSSES, scales=(0, 1, -1, 2, -2))
    yield from search(
        everything.instances(),
        check,
        Instance.as_code,
        effort,
        ("estimator", "confirm"),
        effort.choose(10, 50, 1000),
    )


def measurements(subject: Subject, instance: Instance, effort: Effort) -> Iterator[Measurement]:
    """λ̂ on a network and on its twin of the same shapes, with the same subject object, at every c."""
    noise = gaussian(instance, effort)
    for given, order in ((instance, "first network"), (instance.twin(), "second of two of the same shapes")):
        if not given.regular:
            continue
        for c in SCALES:
            found = subject.gradient_estimates(given.network, given.x, given.y, noise, c)
            expected = exact_estimates(given, noise, c)
            allowed = difference_allowance(given.network, given.x, given.y, noise, c)[:, None]
            used = distance(found, expected, [allowed * np.abs(xi) for xi in noise])
            name = f"error of λ̂ as part of 16 u ρ |ξ| / c, every row, c = {c}, {order}"
            yield Measurement("implementation", name, used, 1.0)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """Every loss with every hidden activation; one subject object, on two networks of the same shapes in a
    row.
    """

    def check(instance: Instance) -> Iterator[Measurement]:
        return measurements(subject, instance, effort)

    def show(instance: Instance) -> Question:
        noise = {"noise": gaussian(instance, effort)}
        return on_network("estimates", subject, instance, noise, c=SCALES[0], seed=effort.seed)

    pairs = offered_pairs(subject)
    families = [family(*pair).narrowed(subject.supports).instances() for pair in pairs]
    yield from sweep(families, check, show, effort, ("estimator",), effort.choose(2, 10, 200))
    yield from sweep(
        edges(pairs), partial(extremes, subject, effort=effort), show, effort, ("estimator", "edge"), 1
    )
    yield from far(subject, effort)


def offered_names(pairs: Sequence[tuple[str, str]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The losses of the pairs, and their activations."""
    losses, activations = zip(*pairs, strict=True)
    return tuple(dict.fromkeys(losses)), tuple(dict.fromkeys(activations))


def far_measurement(subject: Subject, given: Far, times: int = 1) -> Measurement:
    """λ̂ in one region, the rows ``times`` over."""
    instance, rows = given.instance, f" on {times * len(given.instance.x):,} rows" * (times > 1)
    x, y, *noise = repeated((instance.x, instance.y, *given.noise), times)
    found = subject.gradient_estimates(instance.network, x, y, noise, given.c)
    used = distance(found, repeated(given.estimates, times), repeated(given.allowed, times))
    name = f"error of λ̂ as part of 16 u ρ |ξ| / c{rows}: {given.region}"
    return Measurement("implementation", name, used, 1.0)


def far_rows(subject: Subject, given: Far, effort: Effort) -> Measurement:
    """λ̂ on the rows of a region so often that there are more than the depth's `MANY_ROWS`."""
    return far_measurement(subject, given, effort.choose(*MANY_ROWS) // len(given.instance.x) + 1)


def far(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """λ̂ in the regions far from the ordinary networks, and on many rows."""

    def show(given: Far) -> Question:
        noise = {"noise": list(given.noise)}
        return on_network("estimates", subject, given.instance, noise, c=given.c, seed=effort.seed)

    losses, activations = offered_names(offered_pairs(subject))
    asked = networks(activations, losses)
    for questions in by_region(asked).values():
        yield from ask_each(questions, partial(far_measurement, subject), show)
    yield from ask_each(asked[:1], lambda given: far_rows(subject, given, effort), show)


def edges(pairs: Sequence[tuple[str, str]]) -> list[st.SearchStrategy[Instance]]:
    """The networks at the edge, for the losses and activations of the pairs."""
    losses, activations = offered_names(pairs)
    return [st.just(instance) for instance in edge_instances(activations, losses)]


def extremes(subject: Subject, instance: Instance, effort: Effort) -> Iterator[Measurement]:
    """λ̂ on a network at the edge; with c = 1e-8; with noise eightfold."""
    noise = gaussian(instance, effort)
    for c, factor in ((0.3, 1), (1e-8, 1), (0.125, 8)):
        rows = [factor * xi for xi in noise]
        found = subject.gradient_estimates(instance.network, instance.x, instance.y, rows, c)
        allowed = difference_allowance(instance.network, instance.x, instance.y, rows, c)[:, None]
        used = distance(found, exact_estimates(instance, rows, c), [allowed * np.abs(xi) for xi in rows])
        name = f"error of λ̂ at the edge as part of 16 u ρ |ξ| / c, c = {c}"
        yield Measurement("implementation", name, used, 1.0)


def offered_pairs(subject: Subject) -> list[tuple[str, str]]:
    """Losses and hidden activations that the subject supports; one where it supports none, for `narrowed` to
    say so.
    """
    offered = [
        (loss, activation)
        for loss, activation in PAIRS
        if subject.supports_all(
            losses=loss, activations=(activation, "identity") if loss == "cross_entropy" else activation
        )
    ]
    return offered or list(PAIRS[:1])


CLAIM = Claim(ESTIMATOR, confirm, examine)
