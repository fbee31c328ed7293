"""`fa-equals-dfa`: in wide linear networks FA and DFA fit the same gradients to the same rows, exactly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.floats import Array
from proofs_check.float64.rule import RULES, direct
from proofs_check.networks.drawn import Family, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import size
from proofs_check.questions.question import Question, on_network
from proofs_check.questions.rows import FittedGradients, Rows, answer, float_rows, rows
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable
from theory.exact import samples
from theory.exact.network import ExactNetwork, Matrix, error_signals
from theory.exact.population import Problem, fit, minimum_norm, to_floats
from theory.results.fa_equals_dfa import STATEMENT, agreeing_layers


@st.composite
def wide(draw: st.DrawFn) -> list[int]:
    """Widths with n_j ≥ p for 2 ≤ j ≤ N, two or three hidden layers; n_0 and n_1 are free."""
    outputs = draw(st.integers(1, 3))
    upper = draw(st.lists(st.integers(outputs, outputs + 1), min_size=1, max_size=2))
    return [draw(st.integers(1, 3)), draw(st.integers(1, 3)), *upper, outputs]


LOSSES = ("mse", "quartic")
WIDE = Family(wide(), hidden=("identity",), output=("identity",), losses=LOSSES)
ANY = Family(any_widths((2, 3), 3), hidden=("identity",), output=("identity",), losses=LOSSES)


def gradients(problem: Problem, estimates: list[Matrix], rule: str) -> tuple[list[Matrix], list[Matrix]]:
    """B^2 … B^{N+1} fitted to the rows by minimum norm, and ẽ^1 … ẽ^{N+1} with them; rational."""
    feedback = fit(problem, estimates, rule, minimum_norm)
    return feedback, error_signals(problem.network, feedback, problem.clean, problem.targets, rule)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Identical in rationals on random rows where the spans agree, as they do in wide networks; and a network
    that narrows in between, where they differ.
    """
    for widths, verdict in (
        ((2, 3, 2, 2), "identical"),
        ((2, 1, 3, 2), "identical"),
        ((2, 3, 1, 2), "different"),
    ):
        name = f"{'-'.join(map(str, widths))}, linear, any ten rows: gradients of FA and DFA in layer 1"
        yield Evidence("exact", name, "identical" if _apart(widths) == 0 else "different", verdict)
    yield Evidence("exact", "2-3-1-2: |FA - DFA| / |DFA| in layer 1", _apart((2, 3, 1, 2)), (0.01, 10.0))
    key, count = ("fa-equals-dfa", "confirm"), effort.choose(12, 50, 1000)
    for title, family in (("wide", WIDE), ("any widths", ANY)):
        check = partial(_identical, title=title)
        yield from search(rows(family), check, _show, effort, (*key, title), count)


def _show(sample: Rows) -> str:
    return f"{sample.instance.as_code()}\nnoise = {[xi.tolist() for xi in sample.noise]}\nc = {sample.c}"


def _identical(sample: Rows, title: str) -> Iterator[Measurement]:
    problem, estimates = sample.instance.problem(), sample.exact_estimates()
    layerwise, direct = (gradients(problem, estimates, rule)[1] for rule in RULES)
    agreeing = agreeing_layers(layerwise)
    differ = sum(a != b for a, b, same in zip(layerwise, direct, agreeing, strict=False) if same)
    yield Measurement(
        "exact",
        "layers where the spans agree and the gradients of FA and DFA differ, in rationals",
        differ,
        0,
    )


def _apart(widths: tuple[int, ...]) -> float:
    """|FA - DFA| / |DFA| of the gradients in layer 1, on ten rows of any numbers."""
    generator = np.random.Generator(np.random.Philox(key=[1, 2]))

    def numbers(height: int, width: int) -> list[list[int]]:
        return [[int(v) for v in row] for row in generator.integers(-4, 5, (height, width))]

    weights = [numbers(above, below) for below, above in pairwise(widths)]
    network = ExactNetwork.of(weights, ("identity",) * len(weights), "mse")
    problem = Problem(network, numbers(10, widths[0]), numbers(10, widths[-1]))
    noise = [network.columns(numbers(10, n)) for n in widths[1:-1]]
    estimates = samples.estimates(problem, noise, 1)
    layerwise, direct = (gradients(problem, estimates, rule)[1][0] for rule in RULES)
    return size(layerwise - direct) / size(direct)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's own FA and DFA fits to the same rows give the same gradients."""
    if not subject.supports_all(rules=RULES):
        raise NotApplicable("needs both rules, FA and DFA; the subject does not support them")
    family = WIDE.narrowed(subject.supports)

    def check(sample: Rows) -> Iterator[Measurement]:
        estimates = sample.estimates(subject)
        answers = exact_answers(sample, estimates)
        assume(answers is not None and all(exact.precise for exact in answers.values()))
        yield from measurements(subject, sample, estimates, answers or {})

    def code(sample: Rows) -> Question:
        return on_network("both_rules", subject, sample.instance, {"noise": sample.noise}, c=sample.c)

    key, count = ("fa-equals-dfa", "examine"), effort.choose(12, 50, 1000)
    yield from search(rows(family), check, code, effort, key, count)


def exact_answers(sample: Rows, estimates: Sequence[Array]) -> dict[str, FittedGradients] | None:
    """The gradients that each rule fits to these estimates; None where their spans do not agree."""
    problem, exact = sample.instance.problem(), sample.columns(estimates)
    answers = {}
    for rule in RULES:
        matrices, signals = gradients(problem, exact, rule)
        if not direct(rule) and not all(agreeing_layers(signals)):
            return None
        feedback = [np.array(to_floats(b)) for b in matrices]
        answers[rule] = answer(
            sample.instance, feedback, float_rows(signals)[:-1], dict(enumerate(estimates)), rule
        )
    return answers


def measurements(
    subject: Subject, sample: Rows, estimates: Sequence[Array], answers: Mapping[str, FittedGradients]
) -> Iterator[Measurement]:
    """The subject's gradients in every hidden layer: each rule against the exact ones, and FA against DFA."""
    instance, found = sample.instance, {}
    for rule, exact in answers.items():
        fitted = sample.fitted(subject, estimates, rule)
        found[rule] = subject.error_signals(instance.network, fitted, instance.x, instance.y, rule)[:-1]
        for a, wanted, bound in zip(found[rule], exact.gradients, exact.allowed, strict=True):
            name = f"{rule}: |fitted gradient - exact projection of λ̂|"
            yield Measurement("implementation", name, float(np.linalg.norm(a - wanted)), bound)
    pairs = zip(found["FA"], found["DFA"], answers["FA"].allowed, answers["DFA"].allowed, strict=True)
    for a, b, *bounds in pairs:
        name = "|fitted gradient of FA - of DFA|, same rows"
        yield Measurement("implementation", name, float(np.linalg.norm(a - b)), sum(bounds))


CLAIM = Claim(STATEMENT, confirm, examine)
