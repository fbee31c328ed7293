"""Error against c on one concrete network for each limit theorem: exact curve, prediction, bound, and what
the subject makes of it.

The exact values are those of `theory`, far below what float64 could see; a subject is asked, as its claims
ask it, for the matrices that it fits to every (datum, atom) pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import flint
import numpy as np

from proofs_check.float64.designs import atoms
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.rule import direct
from proofs_check.float64.tolerance import feedback_allowance
from proofs_check.networks.drawn import Instance
from proofs_check.questions.limits import (
    BITS,
    NOISES,
    Noise,
    Target,
    exact_limit,
    forward_weights,
    products,
    size,
)
from proofs_check.report.chart import Chart, Point, Series, Style
from proofs_check.subject.methods import Subject
from proofs_check.verdict.evidence import SubjectError
from theory.exact.population import Problem, limit, to_floats
from theory.results.bias import feedback_bias
from theory.results.remainder import covered, curvature_terms, remainder_bounds

EXPONENTS = tuple(range(1, 23, 3))  # c = 2^-1, 2^-4, … for curves
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
ASKED = (1, 5, 9, 13, 17, 21)  # the same for the subject
LAWS = {"rademacher": "a", "skewed": "b"}


@dataclass(frozen=True)
class Example:
    """A network on which a theorem is looked at; ``matrices`` names those that are shown, from the top."""

    instance: Instance
    rule: str = "FA"
    target: Target = forward_weights
    shown: tuple[int, ...] = (-1,)

    @property
    def shape(self) -> str:
        """Widths, activations and loss in a few words."""
        network = self.instance.network
        widths = "-".join(map(str, network.widths))
        return f"{widths}, {', '.join(network.activations)}, {network.loss}, {len(self.instance.x)} data"

    def name(self, k: int) -> str:
        """The matrix at index k, such as B̂^3."""
        layers = len(self.instance.network.weights)
        return "B̂" + str(layers + 1 + k if k < 0 else k + 2).translate(RAISED)


def _weights(rows: Sequence[Sequence[float]]) -> Array:
    return np.array(rows, dtype=np.float64) / 8


def _data(count: int, inputs: int, outputs: int, key: int) -> tuple[Array, Array]:
    generator = np.random.Generator(np.random.Philox(key=key))
    return (
        generator.integers(-8, 9, (count, inputs)) / 4,
        generator.integers(-8, 9, (count, outputs)) / 4,
    )


def _network(widths: Sequence[int], activations: Sequence[str], loss: str, key: int) -> Instance:
    """Eighths of integers about the identity, and data, as in the networks that claims draw."""
    generator = np.random.Generator(np.random.Philox(key=key))
    weights = tuple(
        np.eye(rows, columns) + generator.integers(-5, 6, (rows, columns)) / 8
        for columns, rows in pairwise(widths)
    )
    x, y = _data(max(widths) + 2, widths[0], widths[-1], key)
    return Instance(Network(weights, tuple(activations), loss), x, y)


EXAMPLES: Mapping[str, Example] = {
    "theorem-1": Example(_network((2, 3, 2), ("tanh", "sigmoid"), "mse", 11)),
    "theorem-2": Example(
        _network((2, 2, 2, 3), ("identity", "identity", "identity"), "logcosh", 12), shown=(-1, -2)
    ),
    "corollary-1": Example(
        _network((2, 3, 2, 2), ("identity", "identity", "identity"), "logcosh", 13),
        rule="DFA",
        target=products,
        shown=(-1, -2),
    ),
    "theorem-3": Example(_network((2, 2, 2, 2), ("tanh", "sigmoid", "identity"), "mse", 14), shown=(-1, -2)),
}


@dataclass(frozen=True)
class Predicted:
    """For one law: |B̂(c) - B| exactly at every c, |K| c^k, and the bound where there is one, by matrix."""

    noise: Noise
    exact: tuple[tuple[Point, ...], ...]
    leading: tuple[tuple[Point, ...], ...]
    bound: tuple[tuple[Point, ...], ...]


@cache
def predicted(claim: str, law: str) -> Predicted:
    """What the theory says of the example of a claim, for one law of the noise."""
    example, noise = EXAMPLES[claim], NOISES[law]
    with flint.ctx.workprec(BITS):
        problem = example.instance.problem(balls=True)
        design = noise.design(sum(example.instance.network.hidden))
        target = [example.target(problem)[k] for k in example.shown]
        bias = feedback_bias(problem, noise.coefficients(problem), example.rule)
        sizes = [size(bias[k]) for k in example.shown]
        scales = [2.0**-e for e in EXPONENTS]
        exact: list[list[Point]] = [[] for _ in target]
        bound: list[list[Point]] = [[] for _ in target]
        for c in scales:
            found = limit(problem, design, c, example.rule)
            above = _bounds(problem, noise, c, example)
            for row, k in enumerate(example.shown):
                exact[row].append((c, size(found[k] - target[row])))
                if above[row] is not None:
                    bound[row].append((c, float(above[row] or 0)))
    leading = tuple(tuple((c, amount * c**noise.order) for c in scales) for amount in sizes)
    return Predicted(noise, tuple(map(tuple, exact)), leading, tuple(map(tuple, bound)))


def _bounds(problem: Problem, noise: Noise, c: float, example: Example) -> list[float | None]:
    """The explicit remainder bound carried through the fit, where it is proved: on top, and everywhere for
    direct feedback, whose errors carry no bias.
    """
    if noise.law is None or not covered(problem.network):
        return [None for _ in example.shown]
    known = curvature_terms(problem, noise.law, c)
    rest = remainder_bounds(problem, noise.law, c)
    errors = np.array(to_floats(problem.true_errors[-1]))
    smallest = float(np.linalg.eigvalsh(errors @ errors.T)[0])
    result: list[float | None] = []
    for k in example.shown:
        if not direct(example.rule) and k != -1:
            result.append(None)
            continue
        bias = np.abs(np.array(to_floats(known[k]))) + np.array(to_floats(rest[k]))
        cross = float(np.linalg.norm(bias, axis=0) @ np.linalg.norm(errors, axis=0))
        result.append(cross / smallest)
    return result


@dataclass(frozen=True)
class Measured:
    """What a subject made of the example: by law and matrix |B(c) - B of the limit| at each c; and the part
    that its distance from the exact B(c) is of what float64 allows, at worst. ``refused`` says why there is
    nothing.
    """

    points: Mapping[str, tuple[tuple[Point, ...], ...]]
    used: float = 0.0
    refused: str = ""


def measure(subject: Subject, claim: str, seconds: float) -> Measured:
    """Ask the subject for its own B̂(c) on the example of a claim."""
    example = EXAMPLES[claim]
    network = example.instance.network
    if not subject.supports_all(activations=network.activations, losses=network.loss, rules=example.rule):
        return Measured({}, refused="the subject does not support this network")
    try:
        subject.begin_claim(seconds)
        found = {law: list(_asked(subject, example, NOISES[law])) for law in LAWS}
    except SubjectError as error:
        return Measured({}, refused=error.reason)
    return Measured(
        {law: tuple(zip(*(away for away, _ in rows), strict=True)) for law, rows in found.items()},
        max(used for rows in found.values() for _, used in rows),
    )


def _asked(subject: Subject, example: Example, noise: Noise) -> Iterator[tuple[list[Point], float]]:
    """For each c: the distance of every shown matrix from its limit, and the part of its allowance that its
    distance from the exact one at that c uses up.
    """
    instance = example.instance
    design = noise.design(sum(instance.network.hidden))
    support = atoms(design, instance.network.hidden)
    with flint.ctx.workprec(BITS):
        target = [np.array(to_floats(b)) for b in example.target(instance.problem(balls=True))]
    for e in ASKED:
        c = 2.0**-e
        fitted = subject.fitted_feedback(
            instance.network, instance.x, instance.y, support.layers, support.probabilities, c, example.rule
        )
        expected = exact_limit(instance, design, c, example.rule)
        allowed = feedback_allowance(instance, support, c, expected, example.rule)
        used = (float(np.linalg.norm(fitted[k] - expected[k])) / allowed[k] for k in example.shown)
        yield [(c, float(np.linalg.norm(fitted[k] - target[k]))) for k in example.shown], max(used)


def charts(claim: str, measured: Measured | None) -> tuple[Chart, ...]:
    """A chart for each shown matrix."""
    example = EXAMPLES[claim]
    result = []
    for row, k in enumerate(example.shown):
        series: list[Series] = []
        for law, hue in LAWS.items():
            theory = predicted(claim, law)
            power = f"c{'' if theory.noise.order == 1 else '²'}"
            if theory.bound[row]:
                series.append(Series(f"{law}: the bound of remainder", theory.bound[row], "dotted", hue))
            series.append(Series(f"{law}: predicted |K| {power}", theory.leading[row], "band", hue))
            series.append(Series(f"{law}: exact limit T → ∞", theory.exact[row], "line", hue))
            if measured is not None and measured.points:
                style: Style = "dots" if hue == "a" else "crosses"
                series.append(Series(f"{law}: this implementation", measured.points[law][row], style, hue))
        name = example.name(k)
        wanted = "W ⋯ W" if direct(example.rule) else "W"
        result.append(Chart(f"{claim}, {name}", "noise scale c", f"|{name} − {wanted}|", tuple(series)))
    return tuple(result)
