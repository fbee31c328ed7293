"""`clt`: B̂ of a finite sample is normal about W̃(c), with the covariance that includes the generated
regressors.

The subject fits many samples of its own noise. What each B̂ amounts to as a sum over rows has an exactly
known law at any T (`populations` and `sums` of `proofs_check.sampling`): the test's level and power are
proved, not asymptotic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import sympy

from proofs_check.claims.claim import Claim
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.losses import FULL_RANK_LOSSES
from proofs_check.float64.rule import direct, preferred_rule
from proofs_check.networks.drawn import Instance, data_set
from proofs_check.questions.question import asked_of
from proofs_check.sampling.populations import Population
from proofs_check.sampling.replicates import Replicates
from proofs_check.sampling.sequential import Observe, Outcome, Plan, Rival, run
from proofs_check.sampling.sums import Probes, Sum, design
from proofs_check.subject.methods import Subject
from proofs_check.verdict.budget import Account
from proofs_check.verdict.effort import DEPTHS, Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable, falsified_by
from theory.exact.designs import Design, factorial
from theory.exact.influence import influence
from theory.exact.network import Matrix
from theory.exact.noise_laws import RADEMACHER
from theory.exact.population import Problem, limit, to_floats
from theory.results.clt import STATEMENT, away_from_mean_square_linear

SHARE, CONTROL = "feedback of finite samples", "the wrong covariance is rejected"
FINITE, DENSE = ("rademacher", "skewed"), ("gaussian", "uniform")
CURVED = ("tanh", "sigmoid", "softplus", "relu", "identity")
STEPS = (2.0**-3, 2.0**-6)
STAGES = (128, 512)  # samples
SPREAD, SHIFT = 1.35, 0.75  # what is to be found: standard errors so many times too large, means so many off
DATA = 6

# W^2 is large: there the matrix above moves B̂^2 three times as far as the noise of λ̂^1 does.
SHALLOW = (
    np.array([[8, -4], [2, 6]]) / 8,
    np.array([[3.0, 1.0], [-1.0, 3.0]]),
    np.array([[8, -3], [4, 6]]) / 8,
)
DEEP = (*SHALLOW[:2], np.array([[6, 5], [-2, 8]]) / 8, np.array([[8, -3], [4, 6]]) / 8)


@dataclass(frozen=True)
class Configuration:
    """Where samples are drawn: a network and its data, a family of noise, c, the rule, and T."""

    name: str
    population: Population
    rows: int

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers of the matrices that are tested: the top one, and the lowest where its law is known."""
        top, rule = len(self.population.instance.network.weights), self.population.rule
        linear = set(self.population.instance.network.activations[1:-1]) == {"identity"}
        return (top, 2) if linear or direct(rule) else (top,)


def configurations(supports: Mapping[str, Sequence[str]], depth: str) -> list[Configuration]:
    """The first 1, 3 or 12 of those that the subject supports; raises `NotApplicable` where there is none."""
    rule = preferred_rule(supports)
    curved = [name for name in CURVED if name in supports.get("activations", CURVED)]
    losses = [name for name in FULL_RANK_LOSSES if name in supports.get("losses", FULL_RANK_LOSSES)]
    families = supports.get("noise", (*FINITE, *DENSE))
    finite = [name for name in FINITE if name in families]
    # Noise with a density: by quadrature, which is exact where the loss is quadratic in the noise.
    dense = [name for name in DENSE if name in families and "identity" in curved and "mse" in losses]
    if not losses or not curved or not finite + dense:
        raise NotApplicable("needs a loss other than cross_entropy, and finite noise or squared error")
    found = []
    for c in STEPS:
        found += [_configuration(SHALLOW, curved, losses[0], name, c, rule, depth) for name in finite[:1]]
        found += [_configuration(DEEP, curved, losses[-1], name, c, rule, depth) for name in finite[-1:]]
        found += [_configuration(SHALLOW, curved, "mse", name, c, rule, depth) for name in dense]
        found += [_configuration(DEEP, curved, losses[-1], name, c, rule, depth) for name in finite[:-1]]
        found += [_configuration(SHALLOW, curved, losses[-1], name, c, rule, depth) for name in finite[1:]]
    order = sorted(range(len(found)), key=lambda k: (found[k].population.c != STEPS[0], k))
    return [found[k] for k in order][: (1, 3, 12)[DEPTHS.index(depth)]]


def _configuration(
    weights: tuple[Array, ...], curved: Sequence[str], loss: str, family: str, c: float, rule: str, depth: str
) -> Configuration:
    straight = "identity" if "identity" in curved else curved[0]
    output = straight if weights is SHALLOW else curved[0]
    network = Network(weights, (curved[0], *[straight] * (len(weights) - 2), output), loss)
    widths = network.widths
    for number in range(1000):
        x, y = data_set(number, DATA, widths[0], widths[-1], loss)
        instance = Instance(network, x, y)
        if instance.regular and max(instance.conditions()) < 100:
            break
    name = f"{family}, {'-'.join(map(str, widths))} {curved[0]}, {loss}, c = {c:g}"
    rows = (2048, 2048, 16384)[DEPTHS.index(depth)]
    return Configuration(name, Population(instance, family, c, rule), rows)


def control(true: Sum, wrong: Sum, alpha: float, miss: float) -> tuple[Probes, Plan]:
    """The test of the wrong law on the first stage's samples: they reject it with probability 1 -
    ``miss``.
    """
    probes = Probes.of(wrong)
    rival = Rival(0, probes.pooled(true))
    pooled = probes.law(wrong).entry(0)
    return probes, Plan(pooled, STAGES[:1], alpha, (rival,), miss)


def examine_configuration(
    subject: Subject, given: Configuration, effort: Effort, account: Account
) -> Iterator[Evidence]:
    """Every layer that is tested, on the same samples; then what the wrong covariance says of them."""
    population, rows = given.population, given.rows
    samples = Replicates(subject, population, rows, effort, ("clt", given.name))
    blocks: dict[int, list[tuple[list[Array], Array]]] = {}

    def sums(layer: int, start: int, stop: int) -> Array:
        if start not in blocks:
            blocks[start] = list(samples.fits(start, stop))
        return np.array([population.sums(fitted, counts, layer) for fitted, counts in blocks[start]])

    for layer in given.layers:
        alpha = account.alpha(SHARE)
        law = population.law(layer, rows)
        probes = Probes.of(law)
        plan, factor, shift = design(probes, law, STAGES, alpha)
        outcome = run(plan, _observer(probes, layer, sums))
        name = f"{given.name}: B̂^{layer} of T = {rows} own rows, mean and covariance"
        yield _row(name, outcome, plan)
        found = (
            f"{given.name}: B̂^{layer}, found with probability 0.99 in {STAGES[-1]} samples, α = {alpha:.1g}:"
        )
        yield Evidence("statistical", f"{found} standard errors wrong by this factor", factor, SPREAD)
        yield Evidence("statistical", f"{found} a mean off by so many standard errors", shift, SHIFT)
    if not direct(population.rule) and len(given.layers) > 1:
        true, wrong = population.law(2, rows), population.frozen_law(2, rows)
        level = account.alpha(CONTROL)
        probes, plan = control(true, wrong, alpha, level)
        outcome = run(plan, _pooled(_observer(probes, 2, sums)))
        name = (
            f"{given.name}: B̂^2 without the generated-regressor term (a right B̂ passes with P ≤ {level:.0e})"
        )
        yield Evidence("statistical", name, "rejected" if outcome.rejected else "not rejected", "rejected")


def _observer(probes: Probes, layer: int, sums: Callable[[int, int, int], Array]) -> Observe:
    def observe(start: int, stop: int) -> Array:
        return probes.values(sums(layer, start, stop))

    return observe


def _pooled(observe: Observe) -> Observe:
    def pooled(start: int, stop: int) -> Array:
        return observe(start, stop)[:, :1]

    return pooled


def _row(name: str, outcome: Outcome, plan: Plan) -> Evidence:
    stopped = f"{outcome.count} of {plan.counts[-1]} samples"
    return Evidence("statistical", f"{name}, {stopped}, part of the bound", outcome.used, 1.0)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """The closed form of the trace; the rows of a finite sample are the influences; their sum tends to a
    normal law; and without the generated-regressor term the covariance is another one.
    """
    entries = [sympy.Matrix(2, 2, sympy.symbols(f"{name}_:4")) for name in "UVW"]
    away = away_from_mean_square_linear(entries)
    yield Evidence(
        "symbolic", "tr V / |W|² derived minus (p + 2)(n_N ρ + κ4 - 2), linear, any W", str(away), "0"
    )
    yield from _influences()
    given = configurations({}, "standard")[:2]
    for configuration in given:
        yield from _normality(configuration)
    population = given[0].population
    ratios = np.linalg.eigvals(
        np.linalg.solve(population.frozen_law(2, 1).covariance, population.law(2, 1).covariance)
    ).real
    name = "smallest ratio of standard errors of B̂^2 with and without the generated-regressor term"
    yield Evidence("exact limit", f"{given[0].name}: {name}", float(np.sqrt(ratios.min())), (1.5, np.inf))


def _influences() -> Iterator[Evidence]:
    """C W̃^{N+1} ψ^2(s) = e_s (λ̂^1_s - W̃^{2T} λ̂^2_s)ᵀ and C ψ^{N+1}(s) = e_s u_sᵀ for every pair s, in
    rationals.
    """
    weights = tuple(np.round(8 * w) / 8 for w in SHALLOW)
    x, y = data_set(0, DATA, 2, 2, "mse")
    instance = Instance(Network(weights, ("identity",) * 3, "mse"), x, y)
    population = Population(instance, "rademacher", STEPS[0])
    problem, design = instance.problem(), factorial(RADEMACHER, sum(instance.network.hidden))
    moved = influence(problem, design, STEPS[0])
    errors = problem.true_errors[-1]
    gram = errors * errors.transpose() / len(x)
    for layer, left in ((3, gram), (2, gram * _exact_top(problem, design))):
        scores = population.law(layer, 1).scores
        wrong = max(
            float(np.abs(np.array(to_floats(left * psi[layer - 2])).ravel() - score).max())
            for psi, score in zip(moved, scores, strict=True)
        )
        name = f"B̂^{layer}: rows of its sum other than the influences of the theory, which are exact"
        yield Evidence("exact", name, wrong, 1e-12)


def _exact_top(problem: Problem, design: Design) -> Matrix:
    return limit(problem, design, STEPS[0])[-1]


def _normality(given: Configuration) -> Iterator[Evidence]:
    """φ_T is within Lyapunov's bound of the characteristic function of the normal law, and tends to it like
    1/√T.
    """
    for layer in given.layers:
        laws = [given.population.law(layer, rows) for rows in (2**10, 2**14, 2**18)]
        away = [_from_normal(law) for law in laws]
        name = f"{given.name}: B̂^{layer}, distance from the normal law,"
        used = max(float(d.max()) for d, _ in away)
        yield Evidence("exact limit", f"{name} as part of Lyapunov's bound, T = 2^10, 2^14, 2^18", used, 1.0)
        falls = max(after / before for (_, before), (_, after) in pairwise(away))
        yield Evidence(
            "exact limit", f"{name} what 16 times the rows leave of it, in the limit 1/4", falls, 0.27
        )


def _from_normal(law: Sum) -> tuple[Array, float]:
    """|φ_T(θ) - exp(-v/2)| over E|Y|³/(6 √T) + v²/(8 T), Y = θ·z, v = E Y²; and the largest distance
    itself.
    """
    directions = Probes.of(law).directions
    projected = law.scores @ directions.T
    squares, cubes = law.weights @ projected**2, law.weights @ np.abs(projected) ** 3
    away = np.abs(law.characteristic(directions) - np.exp(-squares / 2))
    bound = cubes / (6 * np.sqrt(law.rows)) + squares**2 / (8 * law.rows)
    return away / bound, float(away.max())


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """Samples of the subject's own noise, in every configuration it supports."""
    account = Account("clt", effort.depth)
    for number, given in enumerate(configurations(subject.supports, effort.depth)):
        code = asked_of("example", subject, claim="clt", number=number, depth=effort.depth, seed=effort.seed)
        yield from falsified_by(examine_configuration(subject, given, effort, account), code)


def example(subject: Subject, number: int, depth: str, seed: int) -> Iterator[Evidence]:
    """One configuration of a run again, with the same draws."""
    given = configurations(subject.supports, depth)[number]
    yield from examine_configuration(subject, given, Effort(depth, seed), Account("clt", depth))


CLAIM = Claim(STATEMENT, confirm, examine)
