"""`orthogonality`: the error signal is a function of the datum, so the noise of λ̂ is uncorrelated with it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.designs import atoms
from proofs_check.float64.floats import Array
from proofs_check.float64.rule import direct, preferred_rule, shapes, sources
from proofs_check.float64.tolerance import NEGLIGIBLE, UNIT_ROUNDOFF, difference_allowance, signal_allowance
from proofs_check.networks.drawn import LOSSES, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import LARGEST, NOISES, SCALES, Noise
from proofs_check.questions.means import every_pair
from proofs_check.questions.oracle import exact_means
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.designs import factorial
from theory.exact.network import ExactNetwork, error_signals, forward
from theory.exact.noise_laws import RADEMACHER
from theory.exact.population import Problem, mean_estimates
from theory.results.orthogonality import STATEMENT, noisy_error, residual_correlation

FAMILY = Family(any_widths((1, 3), 3), losses=LOSSES, fitted=False)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Zero for any finite law, as a polynomial in its probabilities; not zero when ẽ is taken on the
    perturbed pass.
    """
    for data, outcomes in ((1, 2), (2, 3), (3, 4)):
        name = f"E[e η], {data} data and {outcomes} outcomes of the noise, all symbols"
        yield Evidence("symbolic", name, str(residual_correlation(data, outcomes)), "0")
    noisy = residual_correlation(1, 2, noisy_error)
    yield Evidence(
        "symbolic", "the same with e of the perturbed pass", "not 0" if noisy != 0 else "0", "not 0"
    )
    yield Evidence(
        "exact", "1-1-1, linear, c = 1: E[e η] with e of the perturbed pass", str(_noisy_example()), "1/2"
    )


def _noisy_example() -> Fraction:
    """W = 1, x = 1, y = 0, L = ŷ²/2, ξ = ±1, so that e = 1 + ξ on the perturbed pass: by enumeration."""
    network = ExactNetwork.of([[[1]], [[1]]], ("identity", "identity"), "mse")
    problem = Problem(network, ((1,),), ((0,),))
    design = factorial(RADEMACHER, 1)
    mean = mean_estimates(problem, design, 1)[0][0, 0]
    total = Fraction(0)
    for (atom,), p in zip(design.values, design.probabilities, strict=True):
        passed = forward(network, problem.inputs, [network.columns(((atom,),))])
        error = error_signals(network, network.weights[1:], passed, problem.targets)[-1][0, 0]
        loss = passed.activations[-1][0, 0] ** 2 / 2
        estimate = (loss - problem.clean.activations[-1][0, 0] ** 2 / 2) * int(atom)
        total += p * Fraction(str(error * (estimate - mean)))
    return total


def feedback_of(instance: Instance, rule: str) -> list[Array]:
    """Any matrices will do: W, and for direct feedback ones."""
    if direct(rule):
        return [np.ones(shape) for shape in shapes(rule, instance.network.widths)]
    return list(instance.network.weights[1:])


def residual_sums(
    subject: Subject, instance: Instance, noise: Noise, c: float, rule: str
) -> Iterator[tuple[float, float]]:
    """For each hidden layer: the largest |E[ẽ (λ̂ - E λ̂)ᵀ]| of the subject, and what rounding may leave of
    it.
    """
    design = noise.design(sum(instance.network.hidden))
    x, y, rows_noise = every_pair(instance, design)
    count = atoms(design, instance.network.hidden).count
    weights = np.tile(atoms(design, instance.network.hidden).weights, len(instance.x)) / len(instance.x)
    feedback = feedback_of(instance, rule)
    estimates = subject.gradient_estimates(instance.network, x, y, rows_noise, c)
    signals = subject.error_signals(instance.network, feedback, x, y, rule)
    loose = signal_allowance(instance.network, feedback, x, y, rule)
    spread = difference_allowance(instance.network, x, y, rows_noise, c)[:, None]
    carried = sources(rule, range(len(signals)))
    for i, (estimate, mean) in enumerate(zip(estimates, exact_means(instance, design, c), strict=True)):
        k = carried[i]
        residual = estimate - np.repeat(mean, count, axis=0)
        error, magnitude = np.abs(signals[k]), np.abs(residual) + np.abs(estimate)
        found = np.abs((weights[:, None] * signals[k]).T @ residual)
        rounding = (weights[:, None] * error).T @ (
            spread * np.abs(rows_noise[i]) + len(x) * UNIT_ROUNDOFF * magnitude
        )
        allowed = rounding + (weights[:, None] * loose[k]).T @ magnitude
        used = found / (allowed + NEGLIGIBLE)
        where = np.unravel_index(np.argmax(used), used.shape)
        yield float(found[where]), float(allowed[where])


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """Over all (datum, atom) pairs, with ẽ asked for after λ̂ of the same rows."""
    rule = preferred_rule(subject.supports)
    narrowed = FAMILY.narrowed(subject.supports)
    for noise in NOISES.values():

        def check(drawn: tuple[Instance, float], noise: Noise = noise) -> Iterator[Measurement]:
            for found, allowed in residual_sums(subject, drawn[0], noise, drawn[1], rule):
                yield Measurement("implementation", f"{noise.name}: |E[ẽ ηᵀ]|, every layer", found, allowed)

        def show(drawn: tuple[Instance, float], noise: Noise = noise) -> Question:
            return on_network("residuals", subject, drawn[0], noise=noise.name, c=drawn[1], rule=rule)

        drawn = st.tuples(narrowed.instances(LARGEST[noise.name]), st.sampled_from(SCALES))
        yield from search(
            drawn, check, show, effort, ("orthogonality", noise.name), effort.choose(5, 20, 300)
        )


CLAIM = Claim(STATEMENT, confirm, examine)
