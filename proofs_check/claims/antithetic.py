"""`antithetic`: central differences, of two one-sided estimates each: bias c², also for skewed noise."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from math import log2

import flint
import numpy as np
import sympy
from flint import arb, arb_mat, fmpq_mat
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.floats import Array, Network
from proofs_check.networks.drawn import LOSSES, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions import moments
from proofs_check.questions.limits import BITS, LARGEST, NOISES, SCALES, STEP, Noise, size
from proofs_check.questions.means import distance, every_pair
from proofs_check.questions.question import Question, asked_of, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, falsified_by
from theory.exact.designs import Design
from theory.exact.moments import covariances, gradients, mean
from theory.exact.noise_laws import SKEWED, symbolic_law
from theory.results.antithetic import STATEMENT, central_differences, series
from theory.results.bias import independent_coefficients
from theory.results.expansion import c as scale
from theory.results.expansion import closed_form
from theory.results.variance import covariance

ANY = Family(any_widths((1, 3), 3), losses=LOSSES)
LINEAR = Family(any_widths((1, 3), 3), hidden=("identity",), output=("identity",), losses=("mse",))
MOST = {name: min(units, 8) for name, units in LARGEST.items()}
CURVED = (("tanh", "mse"), ("sigmoid", "mse"), ("softplus", "mse"), ("identity", "quartic"))


def confirm(effort: Effort) -> Iterator[Evidence]:
    """No odd powers of c; exact for quadratic losses; bias and covariance in the limit."""
    found = series(3, 0, 3, symbolic_law())
    odd = ", ".join(str(found.coeff(scale, power)) for power in (1, 3))
    yield Evidence("symbolic", "coefficients of c and c³ in the mean, three units, any law", odd, "0, 0")
    one_sided = closed_form(3, 0, symbolic_law())
    even = sum(one_sided.coeff(scale, power) * scale**power for power in (0, 2))
    left = str(sympy.expand(found - even))
    yield Evidence("symbolic", "the mean to c³, less the even part of the one-sided closed form", left, "0")
    drawn = LINEAR.instances(MOST["skewed"])
    linear = ("antithetic", "linear")
    yield from search(drawn, _quadratic, Instance.as_code, effort, linear, effort.choose(4, 25, 200))
    for noise in (NOISES["skewed"], NOISES["gauss-hermite"], NOISES["fold-over"]):
        drawn = ANY.instances(3)
        check, key = partial(_limit, noise=noise), ("antithetic", "confirm", noise.name)
        yield from search(drawn, check, Instance.as_code, effort, key, effort.choose(2, 12, 100))


def _quadratic(instance: Instance) -> Iterator[Measurement]:
    """Skewed noise, c = 1: neither bias nor anything in the covariance but the formula of c = 0."""
    problem, design = instance.problem(), NOISES["skewed"].design(sum(instance.network.hidden))
    factors, g = central_differences(problem, design, 1), gradients(problem)
    wrong = sum(v != 0 for v in (mean(problem, design, factors) - g).entries())
    for row, found in zip(g.tolist(), covariances(problem, design, factors), strict=True):
        wrong += sum(v != 0 for v in (found - fmpq_mat(covariance(row, SKEWED))).entries())
    name = "skewed, linear networks, mse, c = 1: entries of mean and covariance other than at c = 0"
    yield Measurement("exact", name, wrong, 0)


def _limit(instance: Instance, noise: Noise) -> Iterator[Measurement]:
    """At c = 2^-40 and at half of it."""
    design = noise.design(sum(instance.network.hidden))
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        g, tables = gradients(problem), [central_differences(problem, design, c) for c in (STEP, STEP / 2)]
        biases = [mean(problem, design, table) - g for table in tables]
        if noise.law is not None:
            layers = independent_coefficients(problem, noise.law, 2)[2]
            predicted = arb_mat([row for layer in layers for row in layer.tolist()]).transpose()
            away = size(biases[0] * (arb(2) ** 80) - predicted) / (1 + size(predicted))
            name = f"{noise.name}: coefficient of c² in the bias, against the predicted one"
            yield Measurement("ball arithmetic", name, away, 1e-6)
        name = f"{noise.name}: what halving c leaves of bias and of Cov - formula, at most 1/4"
        if size(biases[0]) > 2.0**-250:  # above what 400 bits lose
            yield Measurement("ball arithmetic", name, size(biases[1]) / size(biases[0]), 1.001 / 4)
        both = [covariances(problem, design, table) for table in tables]
        for row, whole, halved in zip(g.tolist(), *both, strict=True):
            formula = arb_mat(covariance(row, noise.law or design))
            away, rest = size(whole - formula), size(halved - formula)
            used = away / (1 + size(formula))
            yield Measurement(
                "ball arithmetic", f"{noise.name}: |Cov - formula| / (1 + |formula|) at c = 2^-40", used, 1e-6
            )
            if away > 2.0**-250:
                yield Measurement("ball arithmetic", name, rest / away, 1.001 / 4)


def estimates(subject: Subject, instance: Instance, design: Design, c: float) -> list[Array]:
    """[λ̂(ξ) + λ̂(-ξ)]/2 of all (datum, atom) pairs: the subject's own, asked twice."""
    x, y, noise = every_pair(instance, design)
    ahead = subject.gradient_estimates(instance.network, x, y, noise, c)
    back = subject.gradient_estimates(instance.network, x, y, [-xi for xi in noise], c)
    return [(a + b) / 2 for a, b in zip(ahead, back, strict=True)]


def spread(instance: Instance, design: Design, c: float) -> moments.Spread:
    """Half of what rounding may do to each of the two, and of their sizes."""
    ahead = moments.estimate_spread(instance, design, c)
    back = moments.estimate_spread(instance, design.scaled(Fraction(-1)), c)
    return moments.Spread((ahead.size + back.size) / 2, (ahead.error + back.error) / 2)


def measurements(subject: Subject, instance: Instance, noise: str, c: float) -> Iterator[Measurement]:
    """Mean and covariance of the subject's central differences are the exact ones at that c."""
    design = NOISES[noise].design(sum(instance.network.hidden))
    found = moments.of_rows(estimates(subject, instance, design, c), instance, design)
    expected = moments.exact(instance, design, lambda p, d: central_differences(p, d, c))
    loose = moments.allowed(spread(instance, design, c), instance, design)
    used = distance([found.mean], [expected.mean], [loose.mean])
    name = f"{noise}: error of the mean of [λ̂(ξ) + λ̂(-ξ)]/2 at that c as part of its rounding"
    yield Measurement("implementation", name, used, 1.0)
    allowed = moments.covariance_allowance(expected, loose)
    used = distance([found.covariance], [expected.covariance], [allowed])
    yield Measurement(
        "implementation", f"{noise}: error of its covariance as part of its rounding", used, 1.0
    )


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The orders of the two biases side by side, for skewed noise; then drawn networks."""
    family = ANY.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})
    offered = [pair for pair in CURVED if subject.supports_all(activations=pair[0], losses=pair[1])]
    if offered:
        activation, loss = offered[0]
        code = asked_of("example", subject, claim=STATEMENT.id, activation=activation, loss=loss)
        yield from falsified_by(example(subject, activation, loss), code)
    for noise in ("skewed", "rademacher", "fold-over"):

        def check(drawn: tuple[Instance, float], noise: str = noise) -> Iterator[Measurement]:
            return measurements(subject, drawn[0], noise, drawn[1])

        def show(drawn: tuple[Instance, float], noise: str = noise) -> Question:
            return on_network("measured", subject, drawn[0], claim=STATEMENT.id, noise=noise, c=drawn[1])

        drawn = st.tuples(family.instances(MOST[noise]), st.sampled_from(SCALES))
        key = ("antithetic", "examine", noise)
        yield from search(drawn, check, show, effort, key, effort.choose(4, 20, 150))


def example(subject: Subject, activation: str, loss: str) -> Iterator[Evidence]:
    """log₂ of what halving c leaves of the bias, c = 2^-7, on a 2-3-2 network with skewed noise."""
    weights = (np.array([[3, -2], [1, 4], [-2, 2]]) / 4, np.array([[2, -3, 1], [1, 2, 3]]) / 4)
    network = Network(weights, (activation,) * 2, loss)
    instance = Instance(network, np.array([[1.0, -0.5], [0.25, 1.5]]), np.array([[1.0, 0.0], [-0.5, 2.0]]))
    design, c = NOISES["skewed"].design(3), 2.0**-7
    with flint.ctx.workprec(BITS):
        g = gradients(instance.problem(balls=True))
        exact = np.array([[float(v.mid()) for v in row] for row in g.tolist()])
    biases: dict[str, list[float]] = {"one-sided": [], "central": []}
    for step in (c, c / 2):
        x, y, noise = every_pair(instance, design)
        one_sided = subject.gradient_estimates(network, x, y, noise, step)
        for name, rows in (("one-sided", one_sided), ("central", estimates(subject, instance, design, step))):
            found = moments.of_rows(rows, instance, design).mean
            biases[name].append(float(np.linalg.norm(found - exact)))
    for name, order in (("central", 2), ("one-sided", 1)):
        whole, halved = biases[name]
        found_order = log2(whole / halved) if halved and whole else 0.0
        label = f"skewed: order in c of the bias of {name} differences, from c = 2^-7 to 2^-8"
        yield Evidence("implementation", label, found_order, (order - 0.1, order + 0.1))


CLAIM = Claim(STATEMENT, confirm, examine)
