"""Which worlds a proof is about: those that meet its hypotheses, ordinary, degenerate and heavy ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import flint
import sympy
from flint import arb, arb_mat

from tests.theory.proof.attack.worlds import (
    BITS,
    Limits,
    NoValue,
    Place,
    World,
    column,
    identity,
    number,
    two,
)
from theory.exact.designs import Design, fold_over, hadamard_matrix
from theory.exact.network import ExactNetwork, forward
from theory.exact.population import Problem
from theory.proof import Proof
from theory.proof.checker import Lemma, steps_of
from theory.proof.vocabulary import EIGENVALUE, RIDGE_WEIGHT, Definition
from theory.results.assumptions import (
    CLEAN,
    COMMON,
    EIGENVECTOR,
    GAUSSIAN_NOISE,
    INDEPENDENT,
    LINEAR,
    M1,
    M3,
    M5,
    MOMENTS,
    N1,
    ONE_HIDDEN,
    PREDICTED,
    S1,
    SAMPLES,
    SQUARE_INTEGRABLE,
    WEAKLY_DIFFERENTIABLE,
)
from theory.results.statement import Assumption

SCALE, MOVED = -2, -5
"""log2 of c and of ε, for what is no limit."""

FITS = {
    "least squares (10, 14)": "least squares",
    "least squares of minimum norm": "minimum norm",
    "ridge inside the mean (18)": "ridge",
    "ridge on the sum": "ridge on the sum",
}
TENDS = {
    "limit of the fit": "least squares",
    "limit of the fit of minimum norm": "minimum norm",
    "limit of the ridge fit": "ridge",
}
_TENDS_TO = {
    "least squares": "least squares",
    "minimum norm": "minimum norm",
    "ridge": "ridge",
    "ridge on the sum": "least squares",
}


def _two(power: int) -> Fraction:
    return Fraction(2**power) if power >= 0 else Fraction(1, 2**-power)


LEVELS = tuple((Limits(-32 * k, -320 * k, (-32 * k, -320 * k)), k) for k in (1, 2))
"""How near the limits are, twice; first c falls slowly."""

OTHER_WAY = tuple((Limits(-32 * k, -320 * k, (-320 * k, -32 * k)), k) for k in (1, 2))
"""The joint limit the other way: c falls faster than any power of T."""


@dataclass(frozen=True)
class Tail:
    """Powers of the size of the error and of the noise up to which means are supposed to be finite."""

    error: int
    noise: int


@dataclass(frozen=True)
class Setting:
    """The same world at two levels of its limits; ``tail`` are the moments there are.

    ``heavy``: what is supposed holds in the limit only. ``large`` and ``small`` are numbers of data and
    atoms of no weight, for sizes to grow and to vanish along. ``dependent``: the noise is not independent of
    the datum, and the sample follows another law than the row of the mean.
    """

    name: str
    levels: tuple[World, World]
    tail: Tail
    heavy: bool
    extremes: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
    dependent: bool = False

    @property
    def depth(self) -> int:
        """N."""
        return self.levels[0].depth

    @property
    def is_degenerate(self) -> bool:
        """Whether constants that may be 0 are."""
        return not all(self.levels[0].constants.values())


def failing(setting: Setting, without: tuple[Assumption, ...]) -> Setting:
    """The world where these hypotheses fail: the rows are drawn in any way, the loss is not smooth."""
    rows, rough, dependent = SAMPLES in without, S1 in without, {SAMPLES, GAUSSIAN_NOISE} <= set(without)
    levels = [
        replace(world, another_law=law if rows else 0, rough=rough, dependent=dependent, memory={}, terms={})
        for world, law in zip(setting.levels, (1, -1), strict=True)
    ]
    missing = ", ".join(assumption.id for assumption in without)
    return replace(
        setting, name=f"{setting.name} without {missing}", levels=(levels[0], levels[1]), dependent=rows
    )


def definitions_in(proof: Proof) -> set[str]:
    """The definitions that a proof and its lemmas cite."""
    found: set[str] = set()
    for step in steps_of(proof):
        for source in step.uses:
            if isinstance(source, Definition):
                found.add(source.name)
            elif isinstance(source, Lemma):
                found |= definitions_in(source.proof)
    return found


@dataclass(frozen=True)
class Kind:
    """A shape of network; ``errors`` says what the errors of the output are, "": as the data fall."""

    name: str
    widths: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str = "mse"
    errors: str = ""
    weights: str = ""
    data: int = 3


_DEEP = Kind("deep", (1, 2, 2, 2, 2), ("identity",) * 4)
_QUARTIC = Kind("quartic", (1, 2, 2, 2), ("identity",) * 3, "quartic")
_BENT = Kind("bent", (1, 2, 2, 2), ("tanh", "sigmoid", "identity"))
_WIDE = Kind("wide", (1, 2, 3, 2), ("identity",) * 3)
_ONE = Kind("one hidden layer", (2, 2, 2), ("identity",) * 2)
_ONE_BENT = Kind("one hidden layer, bent", (2, 2, 2), ("tanh", "identity"))
_AXES = Kind("errors along axes", (1, 2, 2, 2), ("identity",) * 3, errors="axes")
_ONE_ERROR = Kind("an error that vanishes", (1, 2, 2, 2), ("identity",) * 3, errors="second vanishes")
_NO_ERROR = Kind("no error", (1, 2, 2, 2), ("identity",) * 3, errors="none")
_NO_WEIGHT = Kind("no top weights", (1, 2, 2, 2), ("identity",) * 3, weights="top vanishes")
_THIN_WEIGHT = Kind("top weights of rank 1", (1, 2, 2, 2), ("identity",) * 3, weights="rank 1")
_HEAVY = Kind("heavy", (1, 2, 2, 2), ("identity",) * 3, data=2)
_HEAVY_ONE = Kind("heavy, one hidden layer", (2, 2, 2), ("identity",) * 2, data=2)


def tails(proof: Proof, loss: str) -> Tail:
    """The moments that the hypotheses give; errors grow with the target to a power, as the loss is."""
    assumed, error, power = (
        set(proof.hypotheses),
        (1, 1) if loss == "mse" else (3, 3),
        1 if loss == "mse" else 3,
    )
    own = error[0]
    noise = 2 if assumed & {N1, INDEPENDENT, GAUSSIAN_NOISE} else 0
    datum = 0
    if assumed & {M1, M3}:
        noise, datum = max(noise, power + 2), 2 * own
    if MOMENTS in assumed:
        noise = max(noise, 2 * power + 4)
    if SQUARE_INTEGRABLE in assumed:
        noise, datum = max(noise, 2 * (power + 2)), max(datum, 2 * own)
    if M5 in assumed:
        noise, datum = max(noise, 2 * (power + 2)), max(datum, 4 * own)
    return Tail(datum, 99 if GAUSSIAN_NOISE in assumed else noise)


def kinds_of(proof: Proof) -> tuple[Kind, ...]:
    """The kinds to try; those that do not meet the hypotheses fall out."""
    assumed = set(proof.hypotheses)
    if ONE_HIDDEN in assumed:
        return (_ONE, _ONE_BENT, replace(_ONE, name="one hidden layer, quartic", loss="quartic"), _HEAVY_ONE)
    if EIGENVECTOR in assumed:
        return (_AXES, _ONE_ERROR, _HEAVY)
    common = (_DEEP, _AXES, _WIDE, _NO_ERROR, _NO_WEIGHT, _THIN_WEIGHT, _ONE_ERROR, _HEAVY)
    if COMMON in assumed or GAUSSIAN_NOISE in assumed:
        return common
    return (_DEEP, _BENT, _QUARTIC, *common[1:])


def settings(proof: Proof, extra: tuple[str, ...] = ()) -> tuple[Setting, ...]:
    """The worlds of the kinds of a proof; ``extra`` are definitions that are cited besides."""
    used = definitions_in(proof) | set(extra)
    fit = next((FITS[name] for name in sorted(used) if name in FITS), "least squares")
    tends = next((TENDS[name] for name in sorted(used) if name in TENDS), _TENDS_TO[fit])
    found = []
    with flint.ctx.workprec(BITS):
        for kind in kinds_of(proof):
            if LINEAR in proof.hypotheses and set(kind.activations) != {"identity"}:
                continue
            for number_, constants in enumerate(
                _CONSTANTS if kind in (_DEEP, _ONE, _AXES) else _CONSTANTS[:1]
            ):
                found += _settings(proof, kind, fit, tends, constants, used, number_)
    return tuple(found)


_CONSTANTS: tuple[dict[str, Fraction], ...] = (
    {"γ": Fraction(1, 3), "μ": Fraction(3, 2), "κ_3": Fraction(2), "κ_4": Fraction(3), "κ_5": Fraction(5)},
    {"γ": Fraction(3), "μ": Fraction(0), "κ_3": Fraction(0), "κ_4": Fraction(1), "κ_5": Fraction(-1)},
)
"""The second ones are degenerate, and γ is an eigenvalue of C where the errors lie along the axes."""


def _symbols(values: dict[str, Fraction]) -> dict[sympy.Symbol, Fraction]:
    known = {RIDGE_WEIGHT, EIGENVALUE, *(sympy.Symbol(f"κ_{k}", real=True) for k in (3, 4, 5))}
    return {symbol: values[symbol.name] for symbol in known}


def _settings(
    proof: Proof, kind: Kind, fit: str, tends: str, constants: dict[str, Fraction], used: set[str], turn: int
) -> Iterator[Setting]:
    assumed, tail = set(proof.hypotheses), tails(proof, kind.loss)
    heavy = kind in (_HEAVY, _HEAVY_ONE)
    symbols = _symbols(constants)
    ways = (LEVELS, OTHER_WAY) if _joint(proof) else (LEVELS,)
    for way in ways[:1] if heavy else ways:
        worlds = []
        for limits, level in way:
            random = Random(f"{kind.name} {turn}")
            problem, sizes = _problem(kind, random, tail, level if heavy else 0, limits)
            units = sum(kind.widths[1:-1])
            symmetric = bool(assumed & {COMMON, GAUSSIAN_NOISE, INDEPENDENT})
            design, atoms, extreme_atoms = _design(
                units, symmetric, tail, level if heavy else 0, limits, N1 in assumed or symmetric
            )
            data = kind.data
            rows = [(t, a) for t in range(data) for a in range(atoms)]
            drawn = [random.randint(-9, 9) for _ in rows]
            # They add up to 0, as weights of a sample stay 1 together.
            weights = [design.probabilities[a] for _, a in rows]
            middle = sum((Fraction(v) * w for v, w in zip(drawn, weights, strict=True)), Fraction(0)) / data
            shifts = {
                row: number((Fraction(v) - middle) * w / data)
                for row, v, w in zip(rows, drawn, weights, strict=True)
            }
            values = dict(symbols)
            if EIGENVECTOR in assumed:
                values[EIGENVALUE] = _eigenvalue(kind)
            worlds.append(
                World(
                    problem,
                    design,
                    (data, atoms),
                    ((data, 0), (0, atoms)) if heavy else (),
                    (SCALE, MOVED) if not heavy else (SCALE, limits.epsilon),
                    limits,
                    fit,
                    tends,
                    shifts,
                    values,
                    _free(assumed, used),
                    1 if kind.loss == "mse" else 3,
                    dependent=not assumed & {SAMPLES, N1, INDEPENDENT, GAUSSIAN_NOISE, COMMON},
                )
            )
        extremes = () if heavy else (sizes, extreme_atoms)
        yield Setting(
            f"{kind.name} {turn}" + (" fast" if way is OTHER_WAY else ""),
            (worlds[0], worlds[1]),
            tail,
            heavy,
            extremes,
        )


LACKING: tuple[Callable[[int, int], bool], ...] = (
    lambda t, a: t != 1,
    lambda t, a: t == 0,
    lambda t, a: a == 1,
)
"""Which rows a sample has that lacks some."""


def lacking(setting: Setting, which: int) -> Setting:
    """The world with a sample that lacks some rows: what it says of itself is not said of them."""
    kept, worlds = LACKING[which], []
    with flint.ctx.workprec(BITS):
        for world in setting.levels:
            whole = sum((p for row, p in world.rows if kept(*row)), arb(0))
            shifts = {row: (p / whole * int(kept(*row)) - p) / two(MOVED) for row, p in world.rows}
            worlds.append(replace(world, shifts=shifts, memory={}, terms={}))
    return replace(setting, name=f"{setting.name}, rows not drawn", levels=(worlds[0], worlds[1]))


_ERRORS = ((2, 1), (-1, 3), (3, -1))
"""Twice the errors, datum by datum: they span the plane, and are not orthogonal."""


def _joint(proof: Proof) -> bool:
    from theory.proof.checker import _ways_to_grow

    return "plim0" in _ways_to_grow(proof)


LARGE = (60, 120)
SMALL = (-60, -120)
"""Powers of 2: sizes of errors and of noise along which a growth is seen."""


def _heavy_size(granted: int, epsilon: int) -> int:
    """The power of 2 of the largest of T rows with barely that many moments."""
    return int(-2 * epsilon / (granted + 0.25))


def _problem(
    kind: Kind, random: Random, tail: Tail, level: int, limits: Limits
) -> tuple[Problem, tuple[tuple[int, ...], ...]]:
    linear = set(kind.activations) == {"identity"}
    weights = [
        [
            [Fraction(random.randint(-3, 3), 4) + (r == s) * Fraction(3, 2) for s in range(columns)]
            for r in range(rows)
        ]
        for columns, rows in pairwise(kind.widths)
    ]
    if kind.weights == "top vanishes":
        weights[-1] = [[Fraction(0) for _ in row] for row in weights[-1]]
    if kind.weights == "rank 1":
        weights[-1] = [
            [Fraction(r + 1, 2) * (s + 1) for s in range(len(row))] for r, row in enumerate(weights[-1])
        ]
    network = ExactNetwork.of(weights, kind.activations, kind.loss)
    balls = network if not network.exact else network.as_balls()
    x = [tuple(Fraction(random.randint(-4, 4), 2) for _ in range(kind.widths[0])) for _ in range(kind.data)]
    outputs = kind.widths[-1]
    wanted = []
    for t in range(kind.data):
        error = [Fraction(_ERRORS[t][k], 2) for k in range(outputs)]
        match kind.errors:
            case "axes":
                error = [Fraction(2 * (t == k)) + (t == k) * k for k in range(outputs)]
            case "second vanishes":
                error = [error[0], *(Fraction(0) for _ in error[1:])]
            case "none":
                error = [Fraction(0) for _ in error]
        wanted.append(error)
    sizes: tuple[tuple[int, ...], ...] = ()
    direction = [Fraction(1), *(Fraction(-1 - k) for k in range(outputs - 1))]
    if level:
        power = _heavy_size(tail.error or 1, limits.epsilon)
        extra = [power]
    else:
        extra = [*LARGE, *SMALL]
        sizes = ((kind.data, kind.data + 1), (kind.data + 2, kind.data + 3))
    for power in extra:
        wanted.append([_two(power) * v for v in direction])
        x.append(x[0])
    if not linear or kind.loss != "mse":
        # the outputs are balls: the targets are the middle of what is wanted, up to a rounding of no weight
        found = forward(balls, balls.columns(x)).activations[-1]
        y = [tuple(_rational(found[k, t]) - wanted[t][k] for k in range(outputs)) for t in range(len(x))]
    else:
        found = forward(network, network.columns(x)).activations[-1]
        y = [
            tuple(Fraction(int(found[k, t].p), int(found[k, t].q)) - wanted[t][k] for k in range(outputs))
            for t in range(len(x))
        ]
    return Problem(balls, tuple(x), tuple(y)), sizes


def _rational(value: arb) -> Fraction:
    mantissa, exponent = (value * 2**40).floor().mid().man_exp()
    whole = int(mantissa) * 2 ** int(exponent) if int(exponent) >= 0 else int(mantissa) >> -int(exponent)
    return Fraction(whole, 2**40)


def _design(
    units: int, symmetric: bool, tail: Tail, level: int, limits: Limits, white: bool
) -> tuple[Design, int, tuple[tuple[int, ...], ...]]:
    if symmetric:
        base = fold_over(units)
    else:
        rows = [tuple(Fraction(v) for v in row[:units]) for row in hadamard_matrix(units + 1)]
        base = Design("Hadamard", tuple(rows), (Fraction(1, len(rows)),) * len(rows))
    if not white:
        base = base.transformed(
            [[Fraction(2 if j == k else int(k == j + 1)) for k in range(units)] for j in range(units)]
        )
    atoms = len(base.values)
    direction = [Fraction(1 + (j % 3), 1) * (-1) ** j for j in range(units)]
    powers = [_heavy_size(min(tail.noise, 40) or 2, limits.epsilon)] if level else [*LARGE, *SMALL]
    values = [*base.values, *(tuple(_two(p) * v for v in direction) for p in powers)]
    found = Design("attack", tuple(values), (*base.probabilities, *(Fraction(0) for _ in powers)))
    sizes = () if level else ((atoms, atoms + 1), (atoms + 2, atoms + 3))
    return found, atoms, sizes


def _eigenvalue(kind: Kind) -> Fraction:
    """That of the direction w, the last axis."""
    return Fraction(0) if kind.errors == "second vanishes" else Fraction(3**2, kind.data)


# -- symbols that are free


def _made(make: Callable[[World, int, int, int], list[list[Fraction]]]) -> Callable[..., Any]:
    """Of a row that is no typical one, the value of the first: these symbols stay as they are there."""

    def value(world: World, layer: int, t: int, a: int, place: Place) -> Any:
        data, atoms = world.typical
        rows = make(world, layer, t if t < data else 0, a if a < atoms else 0)
        return arb_mat([[number(v) for v in row] for row in rows])

    return value


def _widths(world: World) -> tuple[int, ...]:
    return world.problem.network.widths


def _layer_width(world: World, layer: int) -> int:
    if not 0 <= layer <= world.depth + 1:
        raise NoValue("no such layer")
    return _widths(world)[layer]


def _signal(world: World, layer: int, t: int, a: int) -> list[list[Fraction]]:
    return [[Fraction(t * t - 2 * j + 1, 2)] for j in range(_layer_width(world, layer + 1))]


def _noisy_signal(world: World, layer: int, t: int, a: int) -> list[list[Fraction]]:
    return [[Fraction(t * t - 2 * j + 1 + a * (j + 1), 2)] for j in range(_layer_width(world, layer + 1))]


def _units(world: World) -> int:
    return sum(_widths(world)[1:-1])


def _unbounded(make: Callable[[World, int, int, int], list[list[Fraction]]]) -> Callable[..., Any]:
    """Of a datum with a large error, a large value: nothing is supposed of its moments."""
    value = _made(make)
    return lambda world, layer, t, a, place: (
        value(world, layer, t, a, place)
        * (
            two(9 * LARGE[t - world.typical[0]])
            if 0 <= t - world.typical[0] < 2 and not world.outliers
            else 1
        )
    )


def _prediction(world: World, layer: int, t: int, a: int) -> list[list[Fraction]]:
    return [[Fraction((t + 1) * (j + 2) % 5 - 2, 2)] for j in range(_units(world))]


def _noisy_prediction(world: World, layer: int, t: int, a: int) -> list[list[Fraction]]:
    return [[Fraction(((t + 1) * (j + 2) + a * a * (j + 1)) % 5 - 2, 2)] for j in range(_units(world))]


def _stage_prediction(world: World, layer: int, t: int, a: int, place: Place) -> Any:
    last = _LAST(world, 0, 0, 0, place)
    chosen = world._selection(world.depth)
    return chosen.transpose() * last.transpose() * column(world.problem.true_errors[-1], t)


_LAST = _made(
    lambda world, *_: [
        [Fraction(1 + 2 * j - k, 3) for k in range(_widths(world)[-2])] for j in range(_widths(world)[-1])
    ]
)


def _linear_only(world: World) -> None:
    network = world.problem.network
    if network.loss != "mse" or set(network.activations) != {"identity"}:
        raise NoValue("the perturbed state of a linear network only")


def _no_gradient(world: World, layer: int, t: int, a: int, place: Place) -> Any:
    """At the perturbed state, of a loss that falls by its singular part alone."""
    _linear_only(world)
    return arb_mat(_layer_width(world, layer), 1)


def _noisy_error(world: World, layer: int, t: int, a: int, place: Place) -> Any:
    _linear_only(world)
    if not 1 <= layer <= world.depth + 1:
        raise NoValue("no such layer")
    weights = world.problem.network.weights
    top = column(world.problem.true_errors[-1], t)
    noise = arb_mat([[v] for v in world.atoms[a]]) * two(place[0])
    for hidden in range(1, world.depth + 1):
        top = top + world._chain(hidden, lambda j: weights[j - 1]) * (world._selection(hidden) * noise)
    for j in range(world.depth + 1, layer, -1):
        top = weights[j - 1].transpose() * top
    return top


def _noisy_slopes(world: World, layer: int, t: int, a: int, place: Place) -> Any:
    _linear_only(world)
    return identity(_layer_width(world, layer))


def _common(world: World, layer: int, t: int, a: int, place: Place) -> Any:
    _linear_only(world)
    return column(world.problem.true_errors[-1], t)


def _free(assumed: set[Any], used: set[str]) -> dict[str, Callable[..., Any]]:
    gradient = _noisy_error if WEAKLY_DIFFERENTIABLE in assumed else _no_gradient
    datum = _stage_prediction if "prediction of a stage" in used else _unbounded(_prediction)
    return {
        "Q": _made(
            lambda world, layer, *_: [
                [Fraction(1 + (j == k) + j * k) for k in range(_layer_width(world, layer))]
                for j in range(_layer_width(world, layer))
            ]
        ),
        "a": _made(
            lambda world, layer, *_: [
                [Fraction(2 - 3 * (j % 2), 2)] for j in range(_layer_width(world, layer))
            ]
        ),
        "Bₖ": _LAST,
        "s": _made(_signal),
        "ẽᶠ": _made(_signal if CLEAN in assumed else _noisy_signal),
        "p": datum,
        "g̃": datum if PREDICTED in assumed else _unbounded(_noisy_prediction),
        "w": _made(
            lambda world, *_: [
                [Fraction(int(k == _widths(world)[-1] - 1))] for k in range(_widths(world)[-1])
            ]
        ),
        "v": _common,
        "e(ξ)": gradient,
        "λ(ξ)": gradient,
        "D(ξ)": _noisy_slopes,
    }
