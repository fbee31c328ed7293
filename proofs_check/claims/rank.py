"""`rank`: when the errors of a layer have full rank, exactly; never for softmax and cross-entropy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from proofs_check.claims.claim import Claim
from proofs_check.claims.orthogonality import feedback_of
from proofs_check.float64.rule import preferred_rule
from proofs_check.float64.tolerance import NEGLIGIBLE, signal_allowance
from proofs_check.networks.drawn import Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.oracle import exact_signals
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable
from theory.results.rank import (
    STATEMENT,
    cross_entropy_error_sum,
    error_gram_ranks,
    feedback_identifiable,
    largest_ranks,
    obstruction,
    widths_allow_identification,
)

LINEAR = Family(
    any_widths((1, 3), 4), hidden=("identity",), output=("identity",), losses=("mse", "quartic"), fitted=False
)
SOFTMAX = Family(any_widths((1, 2), 4), losses=("cross_entropy",), fitted=False)
PAPER = ((784, 50, 20, 10), (784, 200, 2, 200, 784), (64, 50, 20, 10))


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Ranks over the rationals against the condition on weights and on widths; 1ᵀe = 0 for softmax."""
    yield from search(
        LINEAR.instances(),
        _ranks,
        Instance.as_code,
        effort,
        ("rank", "confirm"),
        effort.choose(30, 100, 2000),
    )
    for outputs in (2, 3, 4):
        name = f"softmax and cross-entropy, {outputs} outputs, any targets: the sum of the entries of e"
        yield Evidence("symbolic", name, str(cross_entropy_error_sum(outputs)), "0")
    for widths in PAPER:
        verdict = obstruction(widths) or "full rank is possible at every layer that is fitted"
        yield Evidence("information", "-".join(map(str, widths)) + ", linear", verdict)


def _ranks(instance: Instance) -> Iterator[Measurement]:
    problem = instance.problem()
    errors = problem.true_errors
    gram = errors[-1] * errors[-1].transpose()
    predicted = error_gram_ranks(problem.network.weights, gram)
    found = tuple((e * e.transpose()).rank() for e in errors)
    yield Measurement(
        "exact",
        "rank of E[e^i e^{iT}] other than that of C^{1/2} W^{N+1} ⋯ W^{i+1}",
        float(found != predicted),
        0,
    )
    largest = largest_ranks(instance.network.widths, gram.rank())
    above = any(rank > most for rank, most in zip(found, largest, strict=True))
    yield Measurement("exact", "rank above min(n_i, …, n_{N+1}, rank C)", float(above), 0)
    full = feedback_identifiable(problem.network.weights, gram)
    yield Measurement(
        "exact",
        "full rank although the widths forbid it",
        float(full and not widths_allow_identification(instance.network.widths)),
        0,
    )


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's own errors span what the exact ones span; and 1ᵀe = 0 for softmax."""
    rule = preferred_rule(subject.supports)
    missing = ""
    offered = {}
    for name, family in {"linear": LINEAR, "softmax": SOFTMAX}.items():
        try:
            offered[name] = family.narrowed(subject.supports)
        except NotApplicable as error:
            missing = error.reason
    if not offered:
        raise NotApplicable(missing)
    for name, family in offered.items():

        def check(instance: Instance, name: str = name) -> Iterator[Measurement]:
            feedback = feedback_of(instance, rule)
            signals = subject.error_signals(instance.network, feedback, instance.x, instance.y, rule)
            allowed = signal_allowance(instance.network, feedback, instance.x, instance.y, rule)
            if name == "softmax":
                total, bound = np.abs(signals[-1].sum(axis=1)), allowed[-1].sum(axis=1)
                yield Measurement(
                    "implementation",
                    "softmax and cross-entropy: |1ᵀe| as part of its rounding",
                    float(np.max(total / (bound + NEGLIGIBLE))),
                    1.0,
                )
            # Weyl: rounding moves singular values by at most its norm, so a rank that is short is seen as
            # values near 0.
            for e, found, bound in zip(
                exact_signals(instance, feedback, rule)[1:], signals[1:], allowed[1:], strict=True
            ):
                moved = np.linalg.svd(found, compute_uv=False) - np.linalg.svd(e, compute_uv=False)
                used = float(np.abs(moved).max() / (np.linalg.norm(bound) + NEGLIGIBLE))
                yield Measurement(
                    "implementation",
                    f"{name}: error of the singular values of ẽ as part of its rounding",
                    used,
                    1.0,
                )

        def show(instance: Instance) -> Question:
            feedback = {"feedback": feedback_of(instance, rule)}
            return on_network("signals", subject, instance, feedback, rule=rule)

        yield from search(
            family.instances(), check, show, effort, ("rank", "examine", name), effort.choose(15, 50, 1000)
        )


CLAIM = Claim(STATEMENT, confirm, examine)
