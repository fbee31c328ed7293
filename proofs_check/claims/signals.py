"""`signals`: ẽ equals the exact recursion for random B ≠ W, and is a function of (x, y) alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

import flint
from flint import arb
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.claims.estimator import MANY_ROWS, edges, gaussian, offered_names, offered_pairs
from proofs_check.float64.floats import Array
from proofs_check.float64.rule import offered_rules, shapes
from proofs_check.float64.tolerance import signal_allowance
from proofs_check.networks.drawn import LOSSES, Family, Instance, any_widths, equal_widths
from proofs_check.networks.search import Measurement, ask_each, search, sweep
from proofs_check.questions.means import distance
from proofs_check.questions.oracle import BITS, exact_signals
from proofs_check.questions.question import Question, on_network
from proofs_check.questions.regions import FarSignals, by_region, repeated, signals
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable
from theory.exact.network import directional_taylor
from theory.results.definitions import SIGNALS

WIDTHS = st.one_of(equal_widths((2, 3), 4), any_widths((1, 3), 4))


def feedback_for(instance: Instance, rule: str, effort: Effort) -> list[Array]:
    """Random feedback matrices, eighths of integers, unlike W."""
    generator = effort.generator("signals", instance.network.widths, rule)
    return [generator.integers(-12, 13, shape) / 8 for shape in shapes(rule, instance.network.widths)]


def confirm(effort: Effort) -> Iterator[Evidence]:
    """With B = W the recursion is the gradient: e gives λ^i, equal to the derivative of the loss along every
    hidden unit.
    """

    def check(instance: Instance) -> Iterator[Measurement]:
        with flint.ctx.workprec(BITS):
            problem = instance.problem(balls=True)
            gradients = [row for layer in problem.true_gradients for row in layer.tolist()]
            units = len(gradients)
            worst = 0.0
            for t, (x, y) in enumerate(zip(problem.x, problem.y, strict=True)):
                for j in range(units):
                    along = [arb(int(j == k)) for k in range(units)]
                    slope = directional_taylor(problem.network, x, y, along, 1)[1]
                    worst = max(worst, abs(float((slope - gradients[j][t]).mid())))
            yield Measurement("ball arithmetic", "|(W^{i+1})ᵀe^{i+1} - ∂L/∂h^i|", worst, 1e-60)

    rows = Family(any_widths((1, 3), 3), losses=LOSSES).instances()
    yield from search(
        rows, check, Instance.as_code, effort, ("signals", "confirm"), effort.choose(8, 30, 500)
    )


def measurements(
    subject: Subject, instance: Instance, effort: Effort, rules: Sequence[str]
) -> Iterator[Measurement]:
    """ẽ on a network and on its twin of the same shapes; and again after a call of λ̂ with other noise."""
    for given in (instance, instance.twin()):
        if not given.regular:
            continue
        for rule in rules:
            yield _compared(subject, given, rule, effort, "error of ẽ as part of its rounding, every layer")
        subject.gradient_estimates(given.network, given.x, given.y, gaussian(given, effort), 0.3)
        for rule in rules:
            yield _compared(subject, given, rule, effort, "the same after a call of λ̂ with other noise")


def _compared(subject: Subject, given: Instance, rule: str, effort: Effort, name: str) -> Measurement:
    feedback = feedback_for(given, rule, effort)
    found = subject.error_signals(given.network, feedback, given.x, given.y, rule)
    allowed = signal_allowance(given.network, feedback, given.x, given.y, rule)
    used = distance(found, exact_signals(given, feedback, rule), allowed)
    return Measurement("implementation", f"{rule}: {name}", used, 1.0)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """FA and DFA, every loss with every hidden activation and curved outputs."""
    rules = offered_rules(subject.supports)
    if not rules:
        raise NotApplicable("the subject supports neither FA nor DFA")

    def check(instance: Instance) -> Iterator[Measurement]:
        return measurements(subject, instance, effort, rules)

    def show(instance: Instance) -> Question:
        feedback = {"feedback": feedback_for(instance, rules[0], effort)}
        return on_network("signals", subject, instance, feedback, rule=rules[0], seed=effort.seed)

    families = [
        Family(WIDTHS, hidden=(activation,), losses=(loss,), rule=rules[0])
        .narrowed(subject.supports)
        .instances()
        for loss, activation in offered_pairs(subject)
    ]
    yield from sweep(families, check, show, effort, ("signals",), effort.choose(2, 10, 200))
    yield from sweep(edges(offered_pairs(subject)), check, show, effort, ("signals", "edge"), 1)
    yield from far(subject, rules, effort)


def far_measurement(subject: Subject, given: FarSignals, times: int = 1) -> Measurement:
    """ẽ in one region, the rows ``times`` over."""
    instance, rows = given.instance, f" on {times * len(given.instance.x):,} rows" * (times > 1)
    x, y = repeated((instance.x, instance.y), times)
    found = subject.error_signals(instance.network, given.feedback, x, y, given.rule)
    used = distance(found, repeated(given.signals, times), repeated(given.allowed, times))
    name = f"error of ẽ as part of its rounding{rows}: {given.region}"
    return Measurement("implementation", name, used, 1.0)


def far_rows(subject: Subject, given: FarSignals, effort: Effort) -> Measurement:
    """ẽ on the rows of a region so often that there are more than the depth's `MANY_ROWS`."""
    return far_measurement(subject, given, effort.choose(*MANY_ROWS) // len(given.instance.x) + 1)


def far(subject: Subject, rules: Sequence[str], effort: Effort) -> Iterator[Evidence]:
    """ẽ in the regions far from the ordinary networks, and on many rows."""

    def show(given: FarSignals, times: int = 1) -> Question:
        feedback = {"feedback": list(given.feedback)}
        return on_network(
            "signals", subject, given.instance, feedback, rule=given.rule, seed=effort.seed, times=times
        )

    losses, activations = offered_names(offered_pairs(subject))
    asked = signals(activations, losses, tuple(rules))
    for questions in by_region(asked).values():
        yield from ask_each(questions, partial(far_measurement, subject), show)
    times = effort.choose(*MANY_ROWS) // len(asked[0].instance.x) + 1
    yield from ask_each(asked[:1], lambda given: far_rows(subject, given, effort), partial(show, times=times))


CLAIM = Claim(SIGNALS, confirm, examine)
