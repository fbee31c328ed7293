"""Concrete networks for every proof: what meets its hypotheses, drawn from a seed and nothing else.

The proofs are about any network, so any that meets the hypotheses must make every step true. Several
kinds of model are made of each: with c as the variable of a series, with c a number, and, for
first-order changes, with a sample that moves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice, pairwise
from random import Random
from typing import Any

import flint
import sympy
from flint import arb, fmpq

from theory.exact.designs import factorial
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import GAUSS_HERMITE, RADEMACHER, SKEWED, NoiseLaw
from theory.exact.population import Problem
from theory.proof import OUTPUT, Proof
from theory.proof.checker import definitions_of
from theory.proof.grants import GRANTS, suppose
from theory.proof.jets import Jet, Singular, constant
from theory.proof.model import Model, NoValue
from theory.proof.relations import ConstantRank, Invertible
from theory.proof.truth import holds
from theory.proof.unit_truth import UnitModel
from theory.proof.vocabulary import EIGENVALUE, RIDGE_WEIGHT, define, errors
from theory.results.assumptions import (
    COMMON,
    EIGENVECTOR,
    GAUSSIAN_NOISE,
    LINEAR,
    M5,
    ONE_HIDDEN,
    QUADRATIC,
    R_CONSTANT,
    R_TOP,
)
from theory.results.confinement import common_vector

BITS = 400
SCALES = (Fraction(1, 4), Fraction(2, 3))
_MOST_DRAWS = 50


def draw(
    random: Random, widths: tuple[int, ...], activations: tuple[str, ...], loss: str, data: int
) -> Problem:
    """A network with weights in quarters, near the identity so that ranks are full, and data in halves."""
    weights = [
        [[Fraction(random.randint(-5, 5), 4) + (r == s) * 2 for s in range(columns)] for r in range(rows)]
        for columns, rows in pairwise(widths)
    ]
    network = ExactNetwork.of(weights, activations, loss)

    def numbers(size: int) -> tuple[tuple[Fraction, ...], ...]:
        return tuple(tuple(Fraction(random.randint(-4, 4), 2) for _ in range(size)) for _ in range(data))

    return Problem(network, numbers(widths[0]), numbers(widths[-1]))


def models(proof: Proof, seed: int = 0, few: bool = False) -> Iterator[Model]:
    """Models that meet the hypotheses of the proof; none for proofs about single units.

    ``few``: one problem, and one number for c.
    """
    random = Random(seed)
    with flint.ctx.workprec(BITS):
        for position, drawn in enumerate(islice(_problems(proof, random), 1 if few else None)):
            found = list(_of(proof, *drawn, random, few))
            for _ in range(_MOST_DRAWS):
                if all(meets(proof, model) for model in found):
                    break
                found = list(_of(proof, *list(_problems(proof, random))[position], random, few))
            else:
                raise ValueError(f"no network of kind {position} meets the hypotheses of {proof.statement}")
            yield from found


def meets(proof: Proof, model: Model) -> bool:
    """Whether the ranks that the proof supposes are those of the model."""
    for assumption in proof.hypotheses:
        layers, _ = GRANTS.get(assumption, (None, None))
        for index in layers or (None,):
            for relation in suppose(assumption, index).relations:
                if isinstance(relation, Invertible | ConstantRank) and not _holds_anywhere(relation, model):
                    return False
    return True


def _holds_anywhere(relation: Invertible | ConstantRank, model: Model) -> bool:
    """In every layer where it has a value."""
    for layer in range(2, model.depth + 1):
        try:
            if holds(relation, model, layer) is False:
                return False
        except NoValue:
            continue
        except Singular:
            return False
    return True


def unit_models(seed: int = 0, quadratic: bool = False) -> Iterator[UnitModel]:
    """The quartic loss of linear networks with two or three hidden units, as a polynomial in their noise.

    ``quadratic``: without its terms of higher order.
    """
    random = Random(seed)
    for law in (SKEWED, RADEMACHER):
        for units in (2, 3):
            z = sympy.symbols(f"z_1:{units + 1}")
            residuals = [
                sympy.Rational(random.randint(-4, 4), 2)
                + sum(sympy.Rational(random.randint(-3, 3), 2) * point for point in z)
                for _ in range(2)
            ]
            terms = sympy.Poly(sum(r**4 for r in residuals) / 4, *z).terms()
            loss = {
                powers: fmpq(int(k.p), int(k.q)) for powers, k in terms if not quadratic or sum(powers) <= 2
            }
            yield UnitModel(loss, units, law, fmpq(1, 3))


def needs_quadratic(proof: Proof) -> bool:
    """Whether the proof is about quadratic losses only."""
    return QUADRATIC in proof.hypotheses


def _problems(proof: Proof, random: Random) -> Iterator[tuple[Problem, NoiseLaw, bool]]:
    """A problem, the law of its noise, and whether the noise is mixed."""
    assumed = set(proof.hypotheses)

    def linear(widths: tuple[int, ...], loss: str, data: int) -> Problem:
        return draw(random, widths, ("identity",) * (len(widths) - 1), loss, data)

    def balls(problem: Problem) -> Problem:
        return Problem(problem.network.as_balls(), problem.x, problem.y)

    mixed = proof.statement == "noise-law"
    if GAUSSIAN_NOISE in assumed or COMMON in assumed:
        yield balls(linear((2, 1, 2, 2), "quartic", 4)), GAUSS_HERMITE, False
        yield linear((2, 2, 2, 3), "mse", 5), RADEMACHER, False
    elif EIGENVECTOR in assumed:
        yield linear((2, 2, 1), "quartic", 4), SKEWED, False
        yield linear((1, 2, 1, 1), "mse", 3), SKEWED, False
    elif R_CONSTANT in assumed:
        yield linear((2, 2, 3, 1), "quartic", 4), RADEMACHER, False
        yield linear((2, 1, 3, 2), "mse", 5), SKEWED, False
    elif M5 in assumed:
        yield linear((2, 1, 2, 2), "quartic", 4), SKEWED, False
        yield linear((1, 2, 2), "mse", 3), RADEMACHER, False
        yield draw(random, (2, 1, 2, 2), ("tanh", "sigmoid", "identity"), "logcosh", 4), RADEMACHER, False
    elif ONE_HIDDEN in assumed:
        yield linear((2, 3, 2), "quartic", 4), SKEWED, mixed
        yield draw(random, (2, 2, 2), ("tanh", "sigmoid"), "mse", 4), RADEMACHER, mixed
    elif LINEAR in assumed:
        narrowing = R_TOP in assumed  # nothing is asked of the layers below the output
        yield linear((2, 2, 2, 2), "quartic", 4), SKEWED, False
        yield linear((2, 3, 1, 2) if narrowing else (2, 1, 2, 3), "mse", 5), SKEWED, False
        yield linear((1, 1, 1, 2, 2), "quartic", 4), RADEMACHER, False
    else:
        yield linear((2, 2, 2, 2), "quartic", 4), SKEWED, False
        yield draw(random, (2, 2, 2, 2), ("tanh", "sigmoid", "identity"), "logcosh", 4), SKEWED, False
        yield (
            draw(random, (1, 1, 2, 1, 2), ("softplus", "tanh", "tanh", "identity"), "mse", 5),
            RADEMACHER,
            False,
        )


def _of(
    proof: Proof, problem: Problem, law: NoiseLaw, mixed: bool, random: Random, few: bool
) -> Iterator[Model]:
    """The kinds of model of one problem."""
    units = sum(problem.network.widths[1:-1])
    design = factorial(law, units)
    if mixed:
        design = design.transformed(_mixing(units))
    data, atoms = range(len(problem.x)), range(len(design.values))
    sample = tuple((random.choice(data), random.choice(atoms)) for _ in range(3 * len(data)))
    constants: dict[sympy.Symbol, Fraction] = {RIDGE_WEIGHT: Fraction(random.randint(1, 6), 3)}
    if problem.network.exact and problem.network.widths[-1] == 1:
        errors = problem.true_errors[-1]
        value = (errors * errors.transpose())[0, 0] / len(problem.x)
        constants[EIGENVALUE] = Fraction(int(value.p), int(value.q))
    base = Model(
        problem,
        design,
        sample,
        order=3,
        ridge=_ridge(proof),
        constants=constants,
        extra=EXTRA,
        bits=BITS,
    )
    if M5 not in proof.hypotheses:
        yield base
    for scale in SCALES[:1] if few else SCALES:
        yield replace(base, scale=scale)
    if M5 in proof.hypotheses:
        rows = [row for row, _ in base.rows]
        shifts = [Fraction(random.randint(-9, 9)) for _ in rows]
        average = sum(shifts, Fraction(0)) / len(shifts)
        yield replace(
            base,
            scale=SCALES[0],
            moved={row: shift - average for row, shift in zip(rows, shifts, strict=True)},
        )


def _ridge(proof: Proof) -> str | None:
    """The definition by which the proof, or a lemma of it, fits with a ridge."""
    return next((name for name in sorted(definitions_of(proof)) if name.startswith("ridge ")), None)


def _mixing(units: int) -> list[list[Fraction]]:
    """Noise that is neither white nor of variance 1."""
    return [[Fraction(2 if j == k else int(k == j + 1)) for k in range(units)] for j in range(units)]


# -- symbols that a proof leaves free


def _fixed(rows: list[list[Fraction]], model: Model) -> Jet:
    kind = type(model.problem.network.weights[0])
    return constant(kind([[model.number(v) for v in row] for row in rows]), model.terms)


def _distortion(model: Model, layer: int, *_: object) -> Jet:
    size = model.problem.network.widths[layer]
    return _fixed([[Fraction(1 + (j == k) + j * k) for k in range(size)] for j in range(size)], model)


def _direction(model: Model, layer: int, *_: object) -> Jet:
    return _fixed([[Fraction(2 - 3 * (j % 2), 2)] for j in range(model.problem.network.widths[layer])], model)


def _last_feedback(model: Model, *_: object) -> Jet:
    rows, columns = model.problem.network.widths[-1], model.problem.network.widths[-2]
    return _fixed([[Fraction(1 + 2 * j - k, 3) for k in range(columns)] for j in range(rows)], model)


def _signal(model: Model, layer: int, t: int, *_: object) -> Jet:
    size = model.problem.network.widths[layer + 1]
    return _fixed([[Fraction(t * t - 2 * j + 1, 2)] for j in range(size)], model)


def _prediction(model: Model, layer: int, t: int, a: int, population: bool) -> Jet:
    found = define("prediction of a stage").relation
    return model.value(found.right, 2, t, a, population)  # type: ignore[union-attr]  # an equation


def _eigenvector(model: Model, *_: object) -> Jet:
    return _fixed([[Fraction(1)]], model)


def _common(model: Model, layer: int, t: int, *_: object) -> Jet:
    """v: the residual for squared error, r³ + 3 c² S r for the quartic loss."""
    network = model.problem.network
    if network.loss == "mse":
        return model.symbol(errors(OUTPUT), model.depth + 1, t, 0, True)
    exact = Problem(
        ExactNetwork.of(_rational(network), network.activations, network.loss),
        model.problem.x,
        model.problem.y,
    )

    def at(scale: Fraction) -> list[list[object]]:
        return [[row[t]] for row in common_vector(exact, scale).tolist()]

    kind = type(network.weights[0])
    if model.scale is not None:
        return constant(kind(at(model.scale)), model.terms)
    start, one = kind(at(Fraction(0))), kind(at(Fraction(1)))
    return Jet((start, 0 * start, one - start, *(0 * start for _ in range(model.terms - 2))))


def _rational(network: ExactNetwork) -> list[list[list[Fraction]]]:
    """The weights as rationals; in balls they are quarters, without error."""

    def exact(value: object) -> Fraction:
        if isinstance(value, arb):
            value = value.fmpq()
        return Fraction(int(value.p), int(value.q))  # type: ignore[attr-defined]  # fmpq

    return [[[exact(v) for v in row] for row in w.tolist()] for w in network.weights]


def _noisy_error(model: Model, layer: int, t: int, a: int, *_: object) -> Jet:
    """The error at the perturbed state of a linear network: (r + c Σ A ξ)^k carried down."""
    network = model.problem.network
    residual = [
        row[t] - target
        for row, target in zip(
            model.problem.clean.activations[-1].tolist(),
            [row[t] for row in model.problem.targets.tolist()],
            strict=True,
        )
    ]
    shift = [0 * r for r in residual]
    for hidden in range(1, model.depth + 1):
        moved = model._chain(hidden, lambda j: model.fixed(network.weights[j - 1]))
        noise = model._selection(hidden) * model._matrix([[v] for v in model.atoms[a]])
        shift = [s + m for s, m in zip(shift, (moved.coefficients[0] * noise).entries(), strict=True)]
    if model.scale is None:
        path = [_series(model, [r, s]) for r, s in zip(residual, shift, strict=True)]
    else:
        scale = model.number(model.scale)
        path = [_series(model, [r + scale * s]) for r, s in zip(residual, shift, strict=True)]
    slopes = [number if network.loss == "mse" else number * number * number for number in path]
    top = Jet(
        tuple(
            model._matrix([[slope.coefficients[k][0, 0]] for slope in slopes]) for k in range(model.terms + 1)
        )
    )
    for j in range(model.depth + 1, layer, -1):
        top = model.fixed(network.weights[j - 1]).T * top
    return top


def _series(model: Model, numbers: list[Any]) -> Jet:
    """A 1 x 1 series with these first coefficients."""
    rest = [0 * numbers[0]] * (model.terms + 1 - len(numbers))
    return Jet(tuple(model._matrix([[number]]) for number in (*numbers, *rest)))


def _noisy_gradient(model: Model, layer: int, t: int, a: int, *_: object) -> Jet:
    return _noisy_error(model, layer, t, a)


def _noisy_slopes(model: Model, layer: int, *_: object) -> Jet:
    size = model.problem.network.widths[layer]
    return _fixed([[Fraction(int(j == k)) for k in range(size)] for j in range(size)], model)


EXTRA: dict[str, Callable[[Model, int, int, int, bool], Jet]] = {
    "Q": _distortion,
    "a": _direction,
    "Bₖ": _last_feedback,
    "s": _signal,
    "ẽᶠ": _signal,
    "p": _prediction,
    "g̃": _prediction,
    "w": _eigenvector,
    "v": _common,
    "e(ξ)": _noisy_error,
    "λ(ξ)": _noisy_gradient,
    "D(ξ)": _noisy_slopes,
}
"""Values of the symbols that a proof leaves free or that only linear networks have here."""
