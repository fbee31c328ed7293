"""`zero-bias`: where the loss is quadratic in the perturbation and κ3 = 0, B̂(c) is W itself at every c,
however large.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial

import flint
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.rule import preferred_rule
from proofs_check.networks.drawn import Family, Instance, any_widths, widening
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import BITS, LARGEST, NOISES, Noise, distances, forward_weights, size
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable
from theory.exact import population
from theory.exact.network import rational
from theory.results.zero_bias import STATEMENT

LINEAR = Family(
    widening((1, 3), 3),
    hidden=("identity",),
    output=("identity",),
    losses=("mse",),
    accept=Instance.well_posed,
)
ONE_LAYER = Family(any_widths((1, 1), 4), output=("identity",), losses=("mse",), accept=Instance.well_posed)
FAMILIES = {"linear networks": LINEAR, "one hidden layer of any kind": ONE_LAYER}
SYMMETRIC = ("rademacher", "gauss-hermite", "fold-over")
STEPS = (Fraction(1, 8), Fraction(1), Fraction(3))


def confirm(effort: Effort) -> Iterator[Evidence]:
    """No bias at c = 1/8, 1 and 3; and with skewed noise exactly c κ3/2 F_jj, in rationals."""
    for title, family in FAMILIES.items():
        for name in SYMMETRIC:
            yield from search(
                family.instances(LARGEST[name]),
                partial(_no_bias, noise=NOISES[name], title=title),
                Instance.as_code,
                effort,
                ("zero-bias", title, name),
                effort.choose(4, 12, 200),
            )
    yield from search(
        LINEAR.instances(LARGEST["skewed"]),
        _skewed,
        Instance.as_code,
        effort,
        ("zero-bias", "skewed"),
        effort.choose(4, 12, 200),
    )


def _no_bias(instance: Instance, noise: Noise, title: str) -> Iterator[Measurement]:
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        for c in STEPS:
            found = population.limit(problem, noise.design(sum(instance.network.hidden)), c)
            away = max(size(b - w) for b, w in zip(found, forward_weights(problem), strict=True))
            yield Measurement("ball arithmetic", f"{noise.name}, {title}: |B̂(c) - W| at c = {c}", away, 1e-60)


def _skewed(instance: Instance) -> Iterator[Measurement]:
    """E λ̂_j = F_j + c κ3/2 F_jj, and F_jj = |A_j|² for the column A_j of W^{N+1} ⋯ W^{i+1} that belongs to
    unit j.
    """
    problem, c = instance.problem(), Fraction(1, 3)
    noise = NOISES["skewed"]
    means = population.mean_estimates(problem, noise.design(sum(instance.network.hidden)), c)
    above = problem.network.weights[-1]
    wrong = 0
    for i in range(len(means) - 1, -1, -1):
        curvature = [sum(v * v for v in column) for column in above.transpose().tolist()]
        for j, row in enumerate((means[i] - problem.true_gradients[i]).tolist()):
            wrong += sum(v != rational(c) * rational(Fraction(3, 4)) * curvature[j] for v in row)
        above = above * problem.network.weights[i] if i else above
    yield Measurement(
        "exact", "skewed, linear networks: entries of E λ̂ other than F_j + c κ3/2 F_jj, c = 1/3", wrong, 0
    )


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's B̂(c) is W to roundoff, at c = 1/8, 1 and 3."""
    rule = preferred_rule(subject.supports)
    applicable = {}
    for title, family in FAMILIES.items():
        try:
            # One hidden layer: both rules are the same fit. Deeper, W is what FA tends to.
            applicable[title] = replace(family, rule=rule if title != "linear networks" else "FA").narrowed(
                subject.supports
            )
        except NotApplicable as missing:
            yield Evidence("not applicable", title, missing.reason)
    if not applicable:
        raise NotApplicable("the subject supports none of the quadratic networks")
    for title, family in applicable.items():
        for name in SYMMETRIC:
            yield from _examine_family(subject, title, family, name, effort)


def _examine_family(
    subject: Subject, title: str, family: Family, name: str, effort: Effort
) -> Iterator[Evidence]:
    def check(drawn: tuple[Instance, Fraction]) -> Iterator[Measurement]:
        instance, c = drawn
        design = NOISES[name].design(sum(instance.network.hidden))
        weights = list(instance.network.weights[1:])
        for away, bound in distances(subject, instance, design, float(c), family.rule, weights):
            yield Measurement("implementation", f"{name}, {title}: |B̂(c) - W|, c = 1/8, 1 or 3", away, bound)

    def show(drawn: tuple[Instance, Fraction]) -> Question:
        instance, c = drawn
        return on_network("limits", subject, instance, noise=name, c=float(c), rule=family.rule)

    drawn = st.tuples(family.instances(LARGEST[name]), st.sampled_from(STEPS))
    key = ("zero-bias", "examine", title, name)
    yield from search(drawn, check, show, effort, key, effort.choose(4, 12, 200))


CLAIM = Claim(STATEMENT, confirm, examine)
