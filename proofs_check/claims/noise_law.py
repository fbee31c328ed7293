"""`noise-law`: what counts are the second moments M of the noise over all hidden units; M = I is needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import flint
import sympy
from flint import arb, arb_mat
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.rule import preferred_rule
from proofs_check.networks.drawn import Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import BITS, SCALES, STEP, distances, exact_limit, size
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.designs import Design, fold_over
from theory.exact.network import Matrix, rational
from theory.exact.population import limit, mean_estimates
from theory.results.noise_law import STATEMENT, mean_at_zero
from theory.writing.mathematics import in_text

ANY = Family(any_widths((1, 3), 3), accept=Instance.well_posed)
ONE_LAYER = Family(any_widths((1, 1), 4), accept=Instance.well_posed)
DEEP = Family(any_widths((2, 3), 3), accept=Instance.well_posed)
FACTORS = (Fraction(2), Fraction(1, 3), Fraction(5, 4))


def mixed(units: int, number: int) -> Design:
    """A ξ + μ with ξ the fold-over design, A unit lower triangular with eighths, μ eighths: correlated, and
    not centred.
    """

    def entry(k: int) -> Fraction:
        return Fraction((7 * k * k + 3 * k + 5 * number) % 9 - 4, 8)

    rows = [
        [entry(i * units + j + 1) if j < i else Fraction(int(i == j)) for j in range(units)]
        for i in range(units)
    ]
    return fold_over(units).transformed(rows).shifted([entry(k + 2) for k in range(units)])


def second_moments(design: Design) -> arb_mat:
    """M = E ξξᵀ as balls."""
    return arb_mat([[rational(v) for v in row] for row in design.second_moments()])


def confirm(effort: Effort) -> Iterator[Evidence]:
    """E λ̂ → M g for any M; B̂ᵀ → M Wᵀ with one hidden layer; s²W on top and W below for scaled noise in
    depth.
    """
    moments = sympy.Matrix(3, 3, lambda i, j: sympy.Symbol(f"M_{min(i, j) + 1}{max(i, j) + 1}"))
    derived = [in_text(mean_at_zero(unit, moments)) for unit in range(3)]
    wanted = [
        in_text(sum(moments[j, k] * sympy.Symbol(f"F_{{{k + 1}}}") for k in range(3))) for j in range(3)
    ]
    yield Evidence(
        "symbolic",
        "c → 0 of E λ̂ from the expansion, three units, any M",
        ", ".join(derived),
        ", ".join(wanted),
    )
    numbers = st.integers(0, 20)
    for family, check, key in ((ANY, _means, "means"), (ONE_LAYER, _one_layer, "one layer")):
        drawn = st.tuples(family.instances(8), numbers)
        yield from search(drawn, check, _show, effort, ("noise-law", key), effort.choose(5, 20, 300))
    drawn_deep = st.tuples(DEEP.instances(9), st.sampled_from(FACTORS))
    yield from search(drawn_deep, _deep, _show, effort, ("noise-law", "deep"), effort.choose(5, 20, 300))


def _means(drawn: tuple[Instance, int]) -> Iterator[Measurement]:
    instance, number = drawn
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        design = mixed(sum(instance.network.hidden), number)
        found = _stacked(mean_estimates(problem, design, STEP))
        gradient = _stacked(problem.true_gradients)
        away = size(found - second_moments(design) * gradient) / (1 + size(gradient))
        yield Measurement(
            "ball arithmetic",
            "correlated noise with a mean: |E λ̂ - M g| / (1 + |g|) at c = 2^-40",
            away,
            1e-6,
        )


def _one_layer(drawn: tuple[Instance, int]) -> Iterator[Measurement]:
    instance, number = drawn
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        design = mixed(sum(instance.network.hidden), number)
        expected = problem.network.weights[1] * second_moments(design)
        away = size(limit(problem, design, STEP)[0] - expected) / (1 + size(expected))
        yield Measurement(
            "ball arithmetic", "one hidden layer: |B̂ - W M| / (1 + |W M|) at c = 2^-40", away, 1e-6
        )


def _deep(drawn: tuple[Instance, Fraction]) -> Iterator[Measurement]:
    instance, factor = drawn
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        design = fold_over(sum(instance.network.hidden)).scaled(factor)
        *lower, top = limit(problem, design, STEP)
        *lower_weights, top_weight = problem.network.weights[1:]
        square = arb(rational(factor)) ** 2
        away = size(top - top_weight * square) / (1 + size(top))
        yield Measurement(
            "ball arithmetic", "noise scaled by s, depth ≥ 2: |B̂ - s²W| / (1 + |B̂|) on top", away, 1e-6
        )
        away = max(size(b - w) / (1 + size(w)) for b, w in zip(lower, lower_weights, strict=True))
        yield Measurement(
            "ball arithmetic", "noise scaled by s, depth ≥ 2: |B̂ - W| / (1 + |W|) below", away, 1e-6
        )


def _stacked(layers: list[Matrix]) -> arb_mat:
    return arb_mat([row for layer in layers for row in layer.tolist()])


def _show(drawn: tuple[Instance, object]) -> str:
    return f"{drawn[0].as_code()}\n# noise: {drawn[1]}"


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject, given such noise, has the finite-c limit that belongs to it."""
    rule = preferred_rule(subject.supports)
    posed = replace(ANY, rule=rule, accept=lambda instance: instance.well_posed(rule))
    family = posed.narrowed(subject.supports)

    def check(drawn: tuple[Instance, int, float]) -> Iterator[Measurement]:
        instance, number, c = drawn
        design = mixed(sum(instance.network.hidden), number)
        for away, bound in distances(
            subject, instance, design, c, rule, exact_limit(instance, design, c, rule)
        ):
            yield Measurement(
                "implementation", "correlated noise with a mean: |B̂(c) - exact limit at that c|", away, bound
            )

    def show(drawn: tuple[Instance, int, float]) -> Question:
        instance, number, c = drawn
        return on_network("mixed", subject, instance, number=number, c=c, rule=rule)

    drawn = st.tuples(family.instances(8), st.integers(0, 20), st.sampled_from(SCALES))
    yield from search(drawn, check, show, effort, ("noise-law", "examine"), effort.choose(10, 40, 600))


CLAIM = Claim(STATEMENT, confirm, examine)
