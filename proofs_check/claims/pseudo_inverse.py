"""`pseudo-inverse`: without full rank the minimum-norm B̂^i tends to P_i W^i, and the gradients to the true
ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial

import numpy as np
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.digits.evidence import confirm_linear_gradients, examine_linear_gradients
from proofs_check.float64.floats import Array
from proofs_check.networks.drawn import WORST_CONDITION, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import (
    LARGEST,
    NOISES,
    SCALES,
    STEP,
    Noise,
    confirm_limits,
    distances,
    exact_limit,
    size,
)
from proofs_check.questions.question import Question, asked_of, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable, falsified_by
from theory.exact.network import Matrix
from theory.exact.population import (
    Problem,
    limit,
    minimum_norm,
    projector,
    range_basis,
    softmax_norm,
    sum_zero_basis,
    to_floats,
)
from theory.results.pseudo_inverse import STATEMENT
from theory.results.rank import error_gram_ranks, largest_ranks

SMALLEST_EIGENVALUE = 1e-6  # of Q, relative to the largest, among those that are not zero


def singular(instance: Instance) -> bool:
    """Some fit is rank-deficient, with a clear gap, and the rank is the largest that widths and C allow: it
    cannot jump at c > 0.
    """
    gaps = []
    for errors in instance.true_errors[1:]:
        eigenvalues = np.linalg.eigvalsh(errors.T @ errors)
        kept = eigenvalues[eigenvalues > 1e-10 * max(eigenvalues[-1], 1e-300)]
        gaps.append(len(kept) < len(eigenvalues))
        if not len(kept) or kept[0] < SMALLEST_EIGENVALUE * kept[-1]:
            return False
    if not any(gaps) or not instance.resolved():
        return False
    problem = instance.problem()
    top = problem.true_errors[-1]
    gram = top * top.transpose()
    return (
        error_gram_ranks(problem.network.weights, gram)[1:]
        == largest_ranks(instance.network.widths, gram.rank())[1:]
    )


def softmax_posed(instance: Instance) -> bool:
    """Full rank below the output, and at the output all but 1ᵀe = 0."""
    eigenvalues = np.linalg.eigvalsh(instance.true_errors[-1].T @ instance.true_errors[-1])
    return (
        len(eigenvalues) > 1
        and eigenvalues[1] * WORST_CONDITION >= eigenvalues[-1] > 0
        and max(instance.conditions()[:-1], default=1.0) <= WORST_CONDITION
        and instance.resolved()
    )


LINEAR = Family(
    any_widths((2, 3), 4),
    hidden=("identity",),
    output=("identity",),
    losses=("mse", "quartic"),
    accept=singular,
)
SOFTMAX = Family(any_widths((1, 2), 3), losses=("cross_entropy",), accept=softmax_posed)
EXACT_NOISE = ("rademacher", "fold-over")  # atoms that rationals hold


def projected_weights(problem: Problem) -> list[Matrix]:
    """P_i W^i for 2 ≤ i ≤ N+1, P_i the projector onto the range of S_i = E e^i e^{iT}; rational networks."""
    result = []
    for weight, error in zip(problem.network.weights[1:], problem.true_errors[1:], strict=True):
        basis = range_basis(error * error.transpose())
        result.append(projector(basis) * weight if basis is not None else 0 * weight)
    return result


def softmax_projected(problem: Problem) -> list[Matrix]:
    """W^2 … W^N, and (I - 11ᵀ/p) W^{N+1} on top."""
    *lower, top = problem.network.weights[1:]
    return [*lower, projector(type(top)(sum_zero_basis(top.nrows()))) * top]


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Linear networks in rationals; softmax in balls, with order and coefficient; digits."""
    for name in EXACT_NOISE:
        yield from search(
            LINEAR.instances(min(LARGEST[name], 12)),
            partial(_projects, noise=NOISES[name]),
            Instance.as_code,
            effort,
            ("pseudo-inverse", name),
            effort.choose(4, 20, 300),
        )
    yield from confirm_limits(SOFTMAX, effort, "pseudo-inverse", softmax_projected, solve=softmax_norm)
    yield from confirm_linear_gradients(effort)


def _projects(instance: Instance, noise: Noise) -> Iterator[Measurement]:
    problem = instance.problem()
    design = noise.design(sum(instance.network.hidden))
    expected = projected_weights(problem)
    if instance.network.loss == "mse":  # no bias: equal at any c
        found = limit(problem, design, Fraction(1, 4), solve=minimum_norm)
        differ = sum(b != w for b, w in zip(found, expected, strict=True))
        yield Measurement(
            "exact", f"{noise.name}, mse: matrices B̂^i(1/4) other than P_i W^i, in rationals", differ, 0
        )
        pairs = zip(found, problem.true_errors[1:], problem.true_gradients, strict=True)
        wrong = sum(b.transpose() * e != gradient for b, e, gradient in pairs)
        yield Measurement(
            "exact", f"{noise.name}, mse: layers with (B̂^i)ᵀe^i other than the true gradient", wrong, 0
        )
    else:
        found = limit(problem, design, STEP, solve=minimum_norm)
        away = max(size(b - w) / (1 + size(w)) for b, w in zip(found, expected, strict=True))
        yield Measurement(
            "exact", f"{noise.name}, quartic: |B̂^i - P_i W^i| / (1 + |P_i W^i|) at c = 2^-40", away, 1e-6
        )


def expected_limit(instance: Instance, noise: Noise, c: float) -> list[Array]:
    """The exact minimum-norm limit at finite c: in rationals for linear networks, in balls for softmax."""
    design = noise.design(sum(instance.network.hidden))
    if instance.network.loss == "cross_entropy":
        return exact_limit(instance, design, c, solve=softmax_norm)
    found = limit(instance.problem(), design, c, solve=minimum_norm)
    return [np.array(to_floats(b)) for b in found]


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's minimum-norm B̂(c) equals the exact one; on digits its gradients are the true ones."""
    offered = 0
    for title, family in (("linear", LINEAR), ("softmax", SOFTMAX)):
        try:
            narrowed = family.narrowed(subject.supports)
        except NotApplicable as missing:
            yield Evidence("not applicable", f"{title} networks", missing.reason)
            continue
        offered += 1
        for name in EXACT_NOISE:

            def check(
                drawn: tuple[Instance, float], name: str = name, title: str = title
            ) -> Iterator[Measurement]:
                instance, c = drawn
                noise = NOISES[name]
                expected = expected_limit(instance, noise, c)
                design = noise.design(sum(instance.network.hidden))
                for away, bound in distances(subject, instance, design, c, "FA", expected):
                    yield Measurement(
                        "implementation", f"{name}, {title}: |B̂(c) - exact minimum-norm limit|", away, bound
                    )

            def show(drawn: tuple[Instance, float], name: str = name) -> Question:
                return on_network("singular", subject, drawn[0], noise=name, c=drawn[1])

            drawn = st.tuples(narrowed.instances(min(LARGEST[name], 12)), st.sampled_from(SCALES))
            yield from search(
                drawn,
                check,
                show,
                effort,
                ("pseudo-inverse", "examine", title, name),
                effort.choose(4, 20, 300),
            )
    if not offered:
        raise NotApplicable(
            "the subject supports neither linear networks nor softmax with cross-entropy, under FA"
        )
    if subject.supports_all(activations="identity", losses="mse", rules="FA"):
        yield from falsified_by(
            examine_linear_gradients(subject, effort),
            asked_of("digits", subject, network="linear", depth=effort.depth),
        )


CLAIM = Claim(STATEMENT, confirm, examine)
