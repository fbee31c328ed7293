"""`floating-point`: subtracting two losses loses 1/c digits; propagating differences does not.

Both are held against ball arithmetic from the same numbers. Only the reference is asked for the second: to
subtract is correct as well, and the bounds of the other claims allow for what it loses.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from proofs_check.claims.claim import Claim
from proofs_check.float64 import floats
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.losses import row_sums
from proofs_check.float64.tolerance import UNIT_ROUNDOFF, difference_allowance, signal_allowance
from proofs_check.networks.drawn import Instance
from proofs_check.questions.oracle import exact_differences
from proofs_check.subject.methods import Subject
from proofs_check.subject.reference import only_reference
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.results.floating_point import STATEMENT, digits_lost, order_in_c

KINDS = (
    ("tanh", "tanh", "identity", "mse"),
    ("sigmoid", "softplus", "identity", "cross_entropy"),
    ("softplus", "tanh", "sigmoid", "logcosh"),
    ("tanh", "identity", "tanh", "quartic"),
)
WIDTHS = (4, 5, 4, 3)
ROWS = 24
STEPS = tuple(2.0**-k for k in (4, 10, 16, 22, 28, 34, 40))
SMALL = 2.0**-16  # from here on differences are as good as derivatives


def instance(number: int) -> tuple[Instance, list[Array]]:
    """One of the networks with rows of data, and Gaussian noise; the same in every run."""
    *activations, loss = KINDS[number]
    generator = np.random.Generator(np.random.Philox(key=[number, 5]))
    pairs = zip(WIDTHS[1:], WIDTHS[:-1], strict=True)
    weights = tuple(generator.standard_normal((rows, n)) / np.sqrt(n) for rows, n in pairs)
    network = Network(weights, tuple(activations), loss)
    x = generator.standard_normal((ROWS, WIDTHS[0]))
    y = generator.standard_normal((ROWS, WIDTHS[-1]))
    if loss == "cross_entropy":
        y = np.eye(WIDTHS[-1])[generator.integers(0, WIDTHS[-1], ROWS)]
    return Instance(network, x, y), [generator.standard_normal((ROWS, n)) for n in network.hidden]


def subtracted(given: Instance, noise: list[Array], c: float) -> Array:
    """(L̃ - L)/c by two passes and a subtraction in float64."""
    perturbed = floats.forward(given.network, given.x, [c * xi for xi in noise]).activations[-1]
    clean = given.clean.activations[-1]
    loss = given.network.loss
    difference: Array = (floats.loss(loss, perturbed, given.y) - floats.loss(loss, clean, given.y)) / c
    return difference


def propagated_allowance(given: Instance, noise: list[Array], c: float) -> Array:
    """16 u δ, δ = Σ_i |e^i|ᵀ|W^i||u^{i-1}| + |λ^i|ᵀ|u^i|, and twice what the clean pass's rounding does to
    g·ξ, (T,).

    The same 16 as for subtracted losses, on magnitudes of differences instead of values; twice, because the
    slopes are also those between the clean and the perturbed pass.
    """
    network, errors = given.network, given.true_errors
    loose = signal_allowance(network, network.weights[1:], given.x, given.y)
    total, slopes = np.zeros(len(given.x)), np.zeros(len(given.x))
    moved = noise[0]
    for k in range(1, len(network.weights)):
        weight, below = network.weights[k], np.abs(moved)
        total += row_sums(np.abs(errors[k]) * (below @ np.abs(weight).T))
        total += row_sums(np.abs(errors[k] @ weight) * below)
        slopes += row_sums((loose[k] @ np.abs(weight)) * np.abs(noise[k - 1]))
        moved = _carried(network.activations[k], given.clean.pre_activations[k], moved @ weight.T, c)
        if k < len(noise):
            moved = moved + noise[k]
    gradient = np.abs(floats.loss_gradient(network.loss, given.clean.activations[-1], given.y))
    total += row_sums((gradient + c * np.abs(moved)) * np.abs(moved))
    return 16 * UNIT_ROUNDOFF * total + 2 * slopes


def _carried(name: str, a: Array, u: Array, c: float) -> Array:
    if c < SMALL:
        tangent: Array = floats.slope(name, a) * u
        return tangent
    secant: Array = (floats.activation(name, a + c * u) - floats.activation(name, a)) / c
    return secant


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Two passes in float64 against ball arithmetic: an error like 1/c, within 16 u ρ / c."""
    for number in range(len(KINDS)):
        given, noise = instance(number)
        sizes, used = [], 0.0
        for c in STEPS:
            away = np.abs(subtracted(given, noise, c) - exact_differences(given, noise, c))
            allowed = difference_allowance(given.network, given.x, given.y, noise, c)
            used = max(used, float((away / allowed).max()))
            sizes.append(float(np.sqrt(np.mean(away**2))))
        name = f"{_title(number)}: two losses subtracted in float64:"
        yield Evidence("ball arithmetic", f"{name} error as part of 16 u ρ / c, c = 2^-4 … 2^-40", used, 1.0)
        order = order_in_c(sizes, STEPS)
        yield Evidence("ball arithmetic", f"{name} power of c by which the error grows", order, (-1.1, -0.9))


def _title(number: int) -> str:
    *activations, loss = KINDS[number]
    return f"{'-'.join(map(str, WIDTHS))} {'/'.join(activations)}, {loss}"


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The reference: an error that does not grow as c falls."""
    only_reference(subject)
    yield from measurements(subject)


def measurements(subject: Subject) -> Iterator[Evidence]:
    """What any subject loses, by the bound for propagated differences: one that subtracts exceeds it."""
    for number in range(len(KINDS)):
        given, noise = instance(number)
        used, lost = 0.0, 0.0
        for c in STEPS:
            found = subject.gradient_estimates(given.network, given.x, given.y, noise, c)
            exact = exact_differences(given, noise, c)
            largest = np.abs(noise[0]).argmax(axis=1)  # where the slope is read off with the least rounding
            rows = np.arange(ROWS)
            away = np.abs(found[0][rows, largest] / noise[0][rows, largest] - exact)
            allowed = propagated_allowance(given, noise, c) + 4 * UNIT_ROUNDOFF * np.abs(exact)
            used = max(used, float((away / allowed).max()))
            naive = np.abs(subtracted(given, noise, c) - exact).mean()
            lost = digits_lost(float(naive), float(max(away.mean(), 1e-18)))
        name = f"{_title(number)}: error of (L̃ - L)/c"
        yield Evidence(
            "implementation", f"{name} as part of what propagating loses, c = 2^-4 … 2^-40", used, 1.0
        )
        yield Evidence(
            "information", f"{name} at c = 2^-40: digits that subtracting loses against this", lost
        )


CLAIM = Claim(STATEMENT, confirm, examine)
