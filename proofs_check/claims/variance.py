"""`variance`: Cov λ̂ → |g|² I + g gᵀ + (κ4 - 3) diag(g²), g over every perturbed unit of every layer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

import flint
import numpy as np
from flint import arb_mat, fmpq, fmpq_mat
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.floats import Array, Network
from proofs_check.networks.drawn import LOSSES, Family, Instance, any_widths, data_set
from proofs_check.networks.search import Measurement, search
from proofs_check.questions import moments
from proofs_check.questions.limits import BITS, LARGEST, NOISES, SCALES, STEP, Noise, size
from proofs_check.questions.means import distance, every_pair
from proofs_check.questions.question import Question, asked_of, on_network
from proofs_check.sampling.populations import Population
from proofs_check.sampling.sequential import run
from proofs_check.sampling.sums import Functions, Probes, Squares, Sum
from proofs_check.sampling.sums import design as design_test
from proofs_check.subject.methods import Subject
from proofs_check.verdict.budget import Account
from proofs_check.verdict.effort import DEPTHS, Effort
from proofs_check.verdict.evidence import Evidence, falsified_by
from theory.exact.designs import Design, factorial, fold_over
from theory.exact.moments import covariances, gradients
from theory.exact.noise_laws import LAWS, RADEMACHER, SKEWED, SPARSE
from theory.exact.population import scaled_differences
from theory.results.variance import STATEMENT, away_from_closed_form, covariance, trace_over_gradient
from theory.writing.mathematics import in_text

FAMILY = Family(any_widths((1, 3), 3), losses=LOSSES)
MOST = {name: min(units, 8) for name, units in LARGEST.items()}
GRADIENT = (fmpq(1), fmpq(-2), fmpq(1, 2), fmpq(3))
WIDE = (4, 16, 32)
SMALL = 2.0**-16

SHARE = "mean and covariance of estimates"
OWN_NOISE = ("rademacher", "skewed", "gaussian", "uniform")
OWN_STEP = 0.25  # c, where the subject draws its own noise
OWN_WIDTHS = ((2, 2, 1, 2), (1, 3, 2), (2, 1, 2, 1))
OWN_ROWS = ((2**14, 2**16), (2**16, 2**18), (2**18, 2**20))
OWN_SPREAD, OWN_SHIFT = 1.12, 0.1  # what is to be found
DENSE_WIDTHS = ((1, 2, 1), (2, 1, 1, 2))  # two units, because each takes so many nodes of quadrature:
NODES = {"gaussian": 192, "uniform": 24}


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Derived from joint moments, equal to the closed form, to enumeration, and to the limit on networks."""
    traces = ", ".join(in_text(trace_over_gradient(units)) for units in (2, 3, 4))
    yield Evidence(
        "symbolic",
        "tr Cov / |g|² for 2, 3 and 4 perturbed units",
        traces,
        "κ₄, κ₄ + 1, κ₄ + 2",
    )
    for units in (2, 3, 4):
        away = sum(entry != 0 for entry in away_from_closed_form(units))
        yield Evidence(
            "symbolic",
            f"entries derived from joint moments other than in the closed form, {units} units",
            away,
            0,
        )
    units = len(GRADIENT)
    designs = [factorial(law, units) for law in (RADEMACHER, SKEWED, SPARSE)] + [fold_over(units)]
    for design in designs:
        derived = fmpq_mat(covariance(GRADIENT, design))
        wrong = sum(v != 0 for v in (derived - _enumerated(design)).entries())
        name = f"{design.name}, 4 units: entries of Cov[(g·ξ) ξ] by joint moments other than by enumeration"
        yield Evidence("exact", name, wrong, 0)
    for noise in NOISES.values():
        drawn = FAMILY.instances(min(MOST[noise.name], 5))
        key = ("variance", "confirm", noise.name)
        yield from search(
            drawn, partial(_limit, noise=noise), Instance.as_code, effort, key, effort.choose(3, 15, 120)
        )


def _enumerated(design: Design) -> fmpq_mat:
    """Cov[(g·ξ) ξ] of GRADIENT, summed over the atoms."""
    units = design.units
    mean, second = fmpq_mat(1, units), fmpq_mat(units, units)
    for values, p in zip(design.atoms(exact=True), design.probabilities, strict=True):
        slope = sum((g * v for g, v in zip(GRADIENT, values, strict=True)), fmpq(0))
        row = fmpq_mat([[slope * v for v in values]])
        weight = fmpq(p.numerator, p.denominator)
        mean, second = mean + row * weight, second + row.transpose() * row * weight
    return second - mean.transpose() * mean


def _limit(instance: Instance, noise: Noise) -> Iterator[Measurement]:
    """The enumerated covariance at c = 2^-40 and at half of it, against the formula at c = 0."""
    design = noise.design(sum(instance.network.hidden))
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        whole, halved = (
            covariances(problem, design, scaled_differences(problem, design, c)) for c in (STEP, STEP / 2)
        )
        for g, found, nearer in zip(gradients(problem).tolist(), whole, halved, strict=True):
            predicted = arb_mat(covariance(g, noise.law or design))
            away, rest = size(found - predicted), size(nearer - predicted)
            name = f"{noise.name}: |Cov λ̂ - formula| / (1 + |formula|) at c = 2^-40"
            yield Measurement("ball arithmetic", name, away / (1 + size(predicted)), 1e-6)
            if away > 2.0**-250:  # above what 400 bits lose
                name = f"{noise.name}: what halving c leaves of it, at most 2^-{noise.order}"
                yield Measurement("ball arithmetic", name, rest / away, 1.001 * 2.0**-noise.order)


def measurements(subject: Subject, instance: Instance, noise: str, c: float) -> Iterator[Measurement]:
    """The subject's covariance, every unit with every other, is the exact one at that c."""
    design = NOISES[noise].design(sum(instance.network.hidden))
    found, expected, loose = _three(subject, instance, design, c)
    allowed = moments.covariance_allowance(expected, loose)
    used = distance([found.covariance], [expected.covariance], [allowed])
    yield Measurement(
        "implementation", f"{noise}: error of Cov λ̂ at that c as part of its rounding", used, 1.0
    )


def _three(
    subject: Subject, instance: Instance, design: Design, c: float
) -> tuple[moments.Moments, moments.Moments, moments.Moments]:
    """The subject's moments, the exact ones, and what rounding may do to them."""
    x, y, rows = every_pair(instance, design)
    found = subject.gradient_estimates(instance.network, x, y, rows, c)
    return (
        moments.of_rows(found, instance, design),
        moments.exact(instance, design, lambda p, d: scaled_differences(p, d, c)),
        moments.allowed(moments.estimate_spread(instance, design, c), instance, design),
    )


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The growth with the number of units; the whole covariance on drawn networks; finite samples."""
    family = FAMILY.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})
    yield from _growth(subject, family)
    for noise in NOISES:

        def check(drawn: tuple[Instance, float], noise: str = noise) -> Iterator[Measurement]:
            return measurements(subject, drawn[0], noise, drawn[1])

        def show(drawn: tuple[Instance, float], noise: str = noise) -> Question:
            return on_network("measured", subject, drawn[0], claim=STATEMENT.id, noise=noise, c=drawn[1])

        drawn = st.tuples(family.instances(MOST[noise]), st.sampled_from(SCALES))
        yield from search(
            drawn, check, show, effort, ("variance", "examine", noise), effort.choose(4, 25, 200)
        )
    yield from _own_noise(subject, family, effort)


def wide(units: int, family: Family) -> Instance:
    """A 1-n-1 network of the family, with one datum: n = ``units``."""
    below = np.array([[(j % 3 + 1) / 4] for j in range(units)])
    above = np.array([[(j % 5 - 1.5) / 8 for j in range(units)]])
    network = Network((below, above), (family.hidden[0], family.output[0]), family.losses[0])
    return Instance(network, np.array([[1.0]]), np.array([[2.0]]))


def _growth(subject: Subject, family: Family) -> Iterator[Evidence]:
    """tr Cov λ̂ / |g|² for n units with signs for noise: n + κ4 - 2 = n - 1, up to O(c²)."""
    for units in WIDE:
        instance, design = wide(units, family), fold_over(units)
        with flint.ctx.workprec(BITS):
            squares = sum(v**2 for v in gradients(instance.problem(balls=True)).entries())
        found, expected, loose = _three(subject, instance, design, SMALL)
        exact = float(np.trace(expected.covariance[0])) / float(squares)
        spread = float(np.trace(moments.covariance_allowance(expected, loose)[0])) / float(squares)
        row = Evidence(
            "implementation",
            f"tr Cov λ̂ / |g|² for {units} units, signs, c = 2^-16, in the limit {units - 1}",
            float(np.trace(found.covariance[0])) / float(squares),
            (exact - spread, exact + spread),
        )
        yield from falsified_by(
            [row], on_network("measured", subject, instance, claim=STATEMENT.id, noise="fold-over", c=SMALL)
        )


@dataclass(frozen=True)
class Single:
    """One datum of a network, and a family of noise that the subject draws itself."""

    name: str
    population: Population

    def law(self) -> Sum:
        """The exact law of λ̂ over all hidden units, of one row."""
        return Sum(np.hstack(self.population.estimates), self.population.weights)

    def functions(self, law: Sum) -> Functions:
        """Moments where the noise has finitely many values; cos and sin, which are bounded, elsewhere."""
        return Squares.of(law) if LAWS[self.population.family].atoms is not None else Probes.of(law)


def singles(family: Family, offered: Sequence[str], depth: str) -> list[Single]:
    """1, 3 or 10 networks for each family of noise that the subject offers."""
    found = []
    for name in offered:
        # Quadrature needs a smooth network where the noise has a density.
        smooth = [a for a in family.hidden if LAWS[name].atoms is not None or a != "relu"]
        output = [a for a in family.output if LAWS[name].atoms is not None or a != "relu"]
        for number in range((1, 3, 10)[DEPTHS.index(depth)] if smooth and output else 0):
            widths = OWN_WIDTHS if LAWS[name].atoms is not None else DENSE_WIDTHS
            instance = _single(widths[number % len(widths)], number, smooth, output, family.losses)
            shape = "-".join(map(str, instance.network.widths))
            population = Population(instance, name, OWN_STEP, order=NODES.get(name, 0))
            found.append(Single(f"{name}, {shape}, number {number}", population))
    return found


def _single(
    widths: tuple[int, ...], number: int, hidden: Sequence[str], output: Sequence[str], losses: Sequence[str]
) -> Instance:
    loss = losses[number % len(losses)]
    names = [hidden[(number + k) % len(hidden)] for k in range(len(widths) - 2)]
    last = "identity" if loss == "cross_entropy" else output[number % len(output)]
    generator = np.random.Generator(np.random.Philox(key=number))
    while True:
        weights = tuple(generator.integers(-12, 13, (rows, n)) / 8 for n, rows in pairwise(widths))
        x, y = data_set(int(generator.integers(1000)), 1, widths[0], widths[-1], loss)
        instance = Instance(Network(weights, (*names, last), loss), x, y)
        if instance.regular and _balanced(instance):
            return instance


def _balanced(instance: Instance) -> bool:
    """Whether no hidden unit matters much less than another, so that no direction of λ̂ is nearly without
    noise.
    """
    pairs = zip(instance.true_errors[1:], instance.network.weights[1:], strict=True)
    gradient = np.abs(np.hstack([error @ weight for error, weight in pairs]))
    return bool(gradient.min() > 0.3 * gradient.max() > 0.03)


def _own_noise(subject: Subject, family: Family, effort: Effort) -> Iterator[Evidence]:
    """λ̂ with the subject's own noise, every row on the same datum: mean and covariance of the exact law."""
    account = Account("variance", effort.depth)
    offered = [name for name in OWN_NOISE if subject.supports_all(noise=name)]
    for number, given in enumerate(singles(family, offered, effort.depth)):
        code = asked_of(
            "example", subject, claim="variance", number=number, depth=effort.depth, seed=effort.seed
        )
        yield from falsified_by(_sampled(subject, given, effort, account), code)


def example(subject: Subject, number: int, depth: str, seed: int) -> Iterator[Evidence]:
    """One network of a run with the subject's own noise again, with the same draws."""
    family = FAMILY.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})
    offered = [name for name in OWN_NOISE if subject.supports_all(noise=name)]
    given = singles(family, offered, depth)[number]
    yield from _sampled(subject, given, Effort(depth, seed), Account("variance", depth))


def _sampled(subject: Subject, given: Single, effort: Effort, account: Account) -> Iterator[Evidence]:
    law, alpha = given.law(), account.alpha(SHARE)
    functions = given.functions(law)
    counts = effort.choose(*OWN_ROWS)
    plan, factor, shift = design_test(functions, law, counts, alpha)
    instance = given.population.instance

    def observe(start: int, stop: int) -> Array:
        seed = effort.integer("variance", given.name, start) % 2**32
        noise = subject.draw_noise(instance.network.hidden, stop - start, given.population.family, seed)
        x, y = (np.repeat(values, stop - start, axis=0) for values in (instance.x, instance.y))
        rows = subject.gradient_estimates(instance.network, x, y, noise, given.population.c)
        return functions.values(np.hstack(rows))

    outcome = run(plan, observe)
    name = f"{given.name}: mean and Cov of λ̂ with its own noise, {outcome.count} of {counts[-1]} rows"
    yield Evidence("statistical", f"{name}, part of the bound", outcome.used, 1.0)
    found = f"{given.name}: found with probability 0.99 in {counts[-1]} rows, α = {alpha:.1g}:"
    yield Evidence(
        "statistical", f"{found} standard deviations of λ̂ wrong by this factor", factor, OWN_SPREAD
    )
    yield Evidence("statistical", f"{found} a mean off by so many of them", shift, OWN_SHIFT)


CLAIM = Claim(STATEMENT, confirm, examine)
