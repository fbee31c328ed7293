"""Questions far from the ordinary ones, where code that is right elsewhere goes wrong: large and tiny
numbers, many layers, units, rows and unknowns.

Each names the part of the domain that it stands for. They do not depend on the seed of a run, so their exact
answers are worked out once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from proofs_check.float64 import floats
from proofs_check.float64.activations import ACTIVATIONS
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.losses import LOSSES
from proofs_check.float64.rule import shapes
from proofs_check.float64.tolerance import difference_allowance, signal_allowance, solve_allowance
from proofs_check.networks.drawn import KINK_MARGIN, Instance
from proofs_check.questions.oracle import exact_estimates, exact_signals, exact_solution

SMALLEST, LARGEST = -20, 20  # of the powers of two that data, weights, noise and feedback are multiplied by
SCALES = (SMALLEST, 0, 7, 14, LARGEST)
STEPS = (64.0, 2.0**-24, 2.0**-40)  # c
ATTEMPTS = 20  # to find a network with a row that is clear
DEPTH, WIDE = 17, ((130, 5, 70), (2, 66, 1, 3))


@dataclass(frozen=True)
class Far:
    """A network, its data and noise, every row in the part of the domain that ``region`` says."""

    region: str
    instance: Instance
    noise: tuple[Array, ...]
    c: float

    @cached_property
    def estimates(self) -> list[Array]:
        """λ̂^1 … λ̂^N, (T, n_i), exactly."""
        return exact_estimates(self.instance, self.noise, self.c)

    @cached_property
    def allowed(self) -> list[Array]:
        """16 u ρ |ξ| / c of every entry."""
        given = self.instance
        rows = difference_allowance(given.network, given.x, given.y, self.noise, self.c)[:, None]
        return [rows * np.abs(xi) for xi in self.noise]


@dataclass(frozen=True)
class FarSignals:
    """A network with its data, and feedback of some size."""

    region: str
    instance: Instance
    feedback: tuple[Array, ...]
    rule: str

    @cached_property
    def signals(self) -> list[Array]:
        """ẽ^1 … ẽ^{N+1}, (T, n_i), exactly."""
        return exact_signals(self.instance, self.feedback, self.rule)

    @cached_property
    def allowed(self) -> list[Array]:
        """What rounding may do to every entry."""
        given = self.instance
        return signal_allowance(given.network, self.feedback, given.x, given.y, self.rule)


@dataclass(frozen=True)
class FarArrays:
    """λ̂ (T, n), ẽ (T, q), and a ridge."""

    region: str
    estimates: Array
    errors: Array
    ridge: float

    @cached_property
    def solution(self) -> Array:
        """B (q, n), exactly."""
        return exact_solution(self.estimates, self.errors, self.ridge)

    @cached_property
    def allowed(self) -> float:
        """100 q u κ(Q + ridge) times its size, Frobenius norm."""
        return solve_allowance(self.errors, self.estimates, self.solution, self.ridge)


Q = TypeVar("Q", Far, FarSignals, FarArrays)


@lru_cache(maxsize=8)
def networks(activations: tuple[str, ...], losses: tuple[str, ...]) -> tuple[Far, ...]:
    """The networks, for the activations and losses that a subject supports; those without a row that is clear
    of the places where float64 may do what it likes are left out.
    """
    found = (_clear(given) for given in _drawn(activations, losses))
    return tuple(given for given in found if len(given.instance.x))


def _drawn(activations: Sequence[str], losses: Sequence[str]) -> Iterator[Far]:
    def build(
        region: str,
        number: int,
        widths: Sequence[int] = (3, 4, 2),
        *,
        layers: Sequence[int] = (0,),
        loss: str | None = None,
        **given: Any,
    ) -> Far:
        chosen = losses[number % len(losses)] if loss is None else loss
        names = [activations[(number + k) % len(activations)] for k in range(len(widths) - 1)]
        names[-1] = "identity" if chosen == "cross_entropy" else names[-1]
        for attempt in range(ATTEMPTS):
            network = Network(_weights(widths, layers, number + 100 * attempt), tuple(names), chosen)
            found = _far(region, network, number + 100 * attempt, **given)
            if len(_clear(found).instance.x):
                break
        return found

    for k in range(len(activations)):
        for loss in losses:
            yield build("|y| from 2^-20 to 2^20, every loss and activation", k, loss=loss, y=SCALES)
            yield build("|x| from 2^-20 to 2^20, every loss and activation", k, loss=loss, x=SCALES)
            yield build("c = 4, every loss and activation", k, (2, 3, 3, 2), loss=loss, c=4.0)
    for k, layers in enumerate(((-10,), (10,), (LARGEST, SMALLEST), (SMALLEST, LARGEST))):
        powers = " and ".join(f"2^{s}" for s in layers)
        yield build(f"weights times {powers}, layer by layer", k, (3, 4, 3, 2), layers=layers)
    yield build(f"{DEPTH} hidden layers", 0, (2,) * (DEPTH + 2))
    for k, widths in enumerate(WIDE):
        yield build(f"{'-'.join(map(str, widths))} units", k, widths)
    for k, c in enumerate(STEPS):
        yield build(f"c = 2^{int(np.log2(c))}", k, c=c)
    for k, power in enumerate((12, SMALLEST)):
        yield build(f"noise times 2^{power}", k, noise=power)
    yield _zeros(build("zeros of both signs in x, y, weights and noise", 0, (4, 4, 4)))
    if "identity" in activations and "mse" in losses:
        yield _fitted(build("targets equal to the outputs", 0))


def _weights(widths: Sequence[int], layers: Sequence[int], number: int) -> tuple[Array, ...]:
    """Eighths near the identity, each layer times a power of two of its own."""
    generator = np.random.Generator(np.random.Philox(key=[number, len(widths)]))
    drawn = list[Array]()
    for k, (columns, rows) in enumerate(pairwise(widths)):
        entries = generator.integers(-6, 7, (rows, columns)) / 8 * 2.0 ** -(columns // 16)
        drawn.append(2.0 ** layers[k % len(layers)] * (np.eye(rows, columns) + entries))
    return tuple(drawn)


def _far(
    region: str,
    network: Network,
    number: int,
    *,
    c: float = 2.0**-10,
    x: Sequence[int] = (0,),
    y: Sequence[int] = (0,),
    noise: int = 0,
) -> Far:
    """Three rows for each power of two of the data, or of the targets."""
    generator = np.random.Generator(np.random.Philox(key=[number, len(network.weights)]))
    rows, widths = 3 * max(len(x), len(y)), network.widths

    def quarters(columns: int, scales: Sequence[int], low: int) -> Array:
        sizes = np.resize(2.0 ** np.array(scales), rows)[:, None]
        signs = generator.choice((-1, 1), (rows, columns)) if low < 0 else 1
        return sizes * signs * generator.integers(4, 9, (rows, columns)) / 4

    # Targets of cross-entropy are weights of classes, at least 0.
    targets = quarters(widths[-1], y, 0 if network.loss == "cross_entropy" else -1)
    given = Instance(network, quarters(widths[0], x, -1), targets)
    layers = [np.round(generator.standard_normal((rows, n)) * 64) / 64 for n in network.hidden]
    return Far(region, given, tuple(2.0**noise * xi for xi in layers), c)


def _zeros(given: Far) -> Far:
    """Some of the entries of everything become zeros, of both signs."""

    def holed(values: Array) -> Array:
        kept = values.copy()
        kept.flat[::3], kept.flat[1::6] = 0.0, -0.0
        return kept

    network = given.instance.network
    weights = tuple(holed(w) for w in network.weights)
    instance = Instance(
        Network(weights, network.activations, network.loss), holed(given.instance.x), holed(given.instance.y)
    )
    return Far(given.region, instance, tuple(holed(xi) for xi in given.noise), given.c)


def _fitted(given: Far) -> Far:
    """A linear network whose outputs, exact in float64, are the targets: the loss and its gradient vanish."""
    weights, x = given.instance.network.weights, given.instance.x
    network = Network(weights, ("identity",) * len(weights), "mse")
    y = floats.forward(network, x).activations[-1]
    return Far(given.region, Instance(network, x, y), given.noise, given.c)


def _clear(given: Far) -> Far:
    """The rows that are clear on the clean pass and on the perturbed one."""
    network, x, y = given.instance.network, given.instance.x, given.instance.y
    kept = clear_rows(network, floats.forward(network, x), y, kinks=True)
    perturbed = floats.forward(network, x, [given.c * xi for xi in given.noise])
    kept &= clear_rows(network, perturbed, y, kinks=False)
    instance = Instance(network, x[kept], y[kept])
    return Far(given.region, instance, tuple(xi[kept] for xi in given.noise), given.c)


def clear_rows(network: Network, passed: floats.Pass, y: Array, kinks: bool) -> NDArray[np.bool_]:
    """Which rows keep away from where torch's functions drop what float64 still sees; and, on the clean pass,
    from kinks. (T,).
    """
    kept = np.ones(len(y), dtype=np.bool_)
    if ends := LOSSES[network.loss].blurred:
        kept &= _outside(np.abs(passed.activations[-1] - y), ends)
    for name, a in zip(network.activations, passed.pre_activations, strict=True):
        sigma = ACTIVATIONS[name]
        if sigma.kink and kinks:
            kept &= (np.abs(a) >= KINK_MARGIN).all(axis=1)
        if sigma.blurred:
            kept &= _outside(a, sigma.blurred)
    return kept


def _outside(values: Array, ends: tuple[float, float]) -> NDArray[np.bool_]:
    """The rows without an entry between the ends, (T,)."""
    apart: NDArray[np.bool_] = (values <= ends[0]) | (values >= ends[1])
    rows: NDArray[np.bool_] = np.all(apart, axis=1)
    return rows


@lru_cache(maxsize=8)
def signals(
    activations: tuple[str, ...], losses: tuple[str, ...], rules: tuple[str, ...]
) -> tuple[FarSignals, ...]:
    """The networks with random feedback, by each rule; the deepest also with feedback of other sizes."""
    given = networks(activations, losses)
    found = [_signals(far.region, far.instance, rule, 0) for far in given for rule in rules]
    deep = max(given, key=lambda far: len(far.instance.network.weights))
    for rule in rules:
        found += [
            _signals(f"feedback times 2^{scale}", deep.instance, rule, scale) for scale in (SMALLEST, LARGEST)
        ]
        found.append(_signals("feedback that is zero", deep.instance, rule, None))
    return tuple(found)


def _signals(region: str, instance: Instance, rule: str, scale: int | None) -> FarSignals:
    generator, size = np.random.Generator(np.random.Philox(key=11)), 0.0 if scale is None else 2.0**scale / 8
    feedback: list[Array] = [
        size * generator.integers(-12, 13, shape).astype(np.float64)
        for shape in shapes(rule, instance.network.widths)
    ]
    return FarSignals(region, instance, tuple(feedback), rule)


def by_region(questions: Sequence[Q]) -> dict[str, list[Q]]:
    """The questions of each region."""
    found: dict[str, list[Q]] = {}
    for question in questions:
        found.setdefault(question.region, []).append(question)
    return found


def repeated(arrays: Sequence[Array], times: int) -> list[Array]:
    """The rows of each over and over."""
    return [np.tile(values, (times, 1)) for values in arrays]


@lru_cache(maxsize=1)
def arrays() -> tuple[FarArrays, ...]:
    """Many unknowns, columns and rows; large and tiny arrays and ridges; condition numbers; ranks."""

    def build(
        region: str, samples: int, unknowns: int, columns: int, ridge: float = 0.0, missing: int = 0,
        errors: Sequence[int] = (0,), estimates: int = 0,
    ) -> FarArrays:  # fmt: skip
        generator = np.random.Generator(np.random.Philox(key=[samples, unknowns]))
        independent = generator.integers(-4, 6, (samples, unknowns - missing)).astype(np.float64)
        combined = independent[:, :missing] - independent[:, 1 : missing + 1]
        sources = np.concatenate([independent, combined], axis=1) * np.resize(
            2.0 ** np.array(errors), unknowns
        )
        rows = generator.integers(-9, 12, (samples, columns)).astype(np.float64) * 2.0**estimates
        return FarArrays(region, rows, sources, ridge)

    return (
        build("64 unknowns", 97, 64, 3),
        build("33 unknowns, 1,001 rows, ridge 0.3", 1_001, 33, 4, 0.3),
        build("70 columns", 9, 4, 70),
        build("65 unknowns of rank 60", 128, 65, 2, missing=5),
        build("40 unknowns, 7 rows, ridge 2^-10", 7, 40, 5, 2.0**-10),
        build("70,001 rows", 70_001, 2, 2),
        build("signals times 2^20", 12, 3, 4, errors=(LARGEST,)),
        build("signals times 2^-20", 12, 3, 4, errors=(SMALLEST,)),
        build("estimates times 2^30", 13, 4, 3, estimates=30),
        build("estimates times 2^-30", 13, 4, 3, 7.0, estimates=-30),
        build("ridge 2^-30, signals times 2^-15", 11, 3, 3, 2.0**-30, errors=(-15,)),
        build("ridge 10^12", 11, 3, 3, 1e12),
        build("condition number near 10^8", 40, 2, 3, errors=(0, 12)),
        *(
            FarArrays(f"signals that are all zero, ridge {r:g}", np.ones((5, 2)), np.zeros((5, 3)), r)
            for r in (0.0, 1.0)
        ),
        FarArrays(
            "estimates that are zeros of both signs", np.resize([0.0, -0.0], (6, 3)), np.eye(6, 2), 0.0
        ),
    )
