"""What the reference alone is asked: it passes, wrong versions of it do not, and other subjects are not
asked.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from impl import InvalidInput, Network, error_signals, forward, gradient_estimates
from impl import online as own
from impl.reference import Reference
from proofs_check.claims import floating_point, frozen_feedback, online
from proofs_check.ledger.ledger import check
from proofs_check.sampling.sums import Probes
from proofs_check.subject import reference
from proofs_check.subject.methods import Subject
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.budget import Account
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from tests.numpy_subject import NumpySubject

QUICK = Effort("quick", 0)
CLAIMS = (online.CLAIM, frozen_feedback.CLAIM, floating_point.CLAIM)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_the_reference_passes(claim: Any) -> None:
    row = check(claim, LocalSubject(Reference), QUICK)
    assert row.verdict.outcome == "pass", row.verdict
    assert row.statement_confirmed


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.id)
def test_another_subject_is_not_asked(claim: Any) -> None:
    row = check(claim, LocalSubject(NumpySubject), QUICK)
    assert row.verdict.outcome == "not applicable"
    assert (row.verdict.reason or "").startswith("reference only")


def test_the_reference_is_found_beside_the_suite() -> None:
    assert reference.online() is own


def holds(rows: Any) -> bool:
    """Whether every row holds; feedback that has grown beyond all numbers does not."""
    try:
        return all(row.holds for row in rows)
    except InvalidInput as error:
        return "expected a finite number" not in str(error)


# -- online: each of these is wrong, and only this claim looks at it


def summed(network, feedback, x, y, noise, c, rate, rule="FA"):
    """The sum over the minibatch instead of its mean."""
    return own.descend(network, feedback, x, y, noise, c, rate * len(x), rule)


def transported(network, feedback, x, y, noise, c, rate, rule="FA"):
    """The errors are those of backpropagation: W carries them down, not the current B."""
    signals = error_signals(network, network.weights[1:], x, y, rule)
    estimates = gradient_estimates(network, x, y, noise, c)
    return own._descended(feedback, signals, estimates, rate, rule)


def decaying(network, feedback, x, y, noise, c, rate, rule="FA"):
    """Weight decay of a millionth per step."""
    return [(1 - 1e-6) * b for b in own.descend(network, feedback, x, y, noise, c, rate, rule)]


def single(network, feedback, x, y, noise, c, rate, rule="FA"):
    """The feedback is kept in float32."""
    return [b.float().double() for b in own.descend(network, feedback, x, y, noise, c, rate, rule)]


def stale(network, feedback, x, y, noise, c, rate, rule="FA"):
    """Only the upper half of every minibatch is used."""
    half = len(x) // 2
    return own.descend(network, feedback, x[:half], y[:half], [xi[:half] for xi in noise], c, rate, rule)


class RidgeAgain(own.RecursiveRidge):
    """The ridge is added at every minibatch."""

    def after(self, network, x, y, noise, c):
        state = super().after(network, x, y, noise, c)
        ridge = self.ridge * state.sums[0].count / len(x)
        return RidgeAgain(tuple(s.solve(ridge) for s in state.sums), self.ridge, self.rule, state.sums)


class Forgetful(own.RecursiveRidge):
    """The sums of the first minibatch are lost."""

    def after(self, network, x, y, noise, c):
        state = super().after(network, x, y, noise, c)
        return Forgetful(state.feedback, self.ridge, self.rule, state.sums if len(self.sums) else ())


def module(**changed: Any) -> Any:
    names = {
        "descend": own.descend,
        "RecursiveRidge": own.RecursiveRidge,
        "align": own.align,
        "learn": own.learn,
    }
    return SimpleNamespace(**(names | changed))


@pytest.mark.parametrize("wrong", [summed, transported, decaying, single], ids=lambda f: f.__name__)
def test_a_wrong_descent_does_not_reach_the_limit(wrong: Callable[..., Any]) -> None:
    assert not holds(online.whole_population(module(descend=wrong)))


@pytest.mark.parametrize("wrong", [RidgeAgain, Forgetful], ids=lambda f: f.__name__)
def test_a_wrong_recursion_is_another_sequence(wrong: type) -> None:
    assert not holds(online.whole_population(module(RecursiveRidge=wrong)))


def test_half_a_minibatch_shows_in_the_spread() -> None:
    """The mean is right: every datum is still there. Twice the variance is not."""
    wrong = module(descend=stale)
    subject = LocalSubject(Reference)
    assert not holds(online.own_draws(wrong, subject, QUICK, Account("online", "quick")))
    assert holds(online.own_draws(module(), subject, QUICK, Account("online", "quick")))


def test_the_law_of_descent_is_that_of_simulated_descent() -> None:
    """Mean and covariance over 4,000 simulated runs, each within 5 and a half standard errors: P(any) <
    1e-5.
    """
    law = online.Descended(online.Population(online.instance(), "skewed", online.STEP))
    given, runs = online.instance(), 4000
    generator = np.random.default_rng(5)
    estimates = law.population.estimates[-1].reshape(len(given.x), -1, 2)
    weights = law.population.weights.reshape(len(given.x), -1) * len(given.x)
    errors, rate = law.population.errors, float(online.RATE)
    found = np.zeros((runs, 2, 2))
    for _ in range(online.MINIBATCHES):
        step = np.zeros_like(found)
        for e, rows, w in zip(errors, estimates, weights, strict=True):
            drawn = rows[generator.choice(len(w), (runs, online.COPIES), p=w)].mean(axis=1)
            step += e[None, :, None] * ((e @ found)[:, None, :] - drawn[:, None, :])
        found = found - rate / len(errors) * step
    away = (found - law.mean()).reshape(runs, -1)
    scores = away.mean(axis=0) / np.sqrt(np.diag(law.covariance) / runs)
    assert np.abs(scores).max() < 5.5
    products = away[:, :, None] * away[:, None, :]
    scores = (products.mean(axis=0) - law.covariance) / (products.std(axis=0) / np.sqrt(runs))
    assert np.abs(scores).max() < 5.5
    probes = Probes.of(law)
    values, exact = probes.values(away), probes.law(law)
    assert (np.abs(values.mean(axis=0) - exact.mean) <= exact.distance(runs, 1e-7)).all()


# -- frozen feedback


def leaking(network, feedback, x, y, noise, c, rate, feedback_rate, rule="FA"):
    """Weights are trained on the perturbed pass."""
    after = own.descend(network, feedback, x, y, noise, c, feedback_rate, rule)
    clean = forward(network, x).activations
    signals = error_signals(network, feedback, x, y, rule)
    inputs = [clean[0], *(h + c * xi for h, xi in zip(clean[1:-1], noise, strict=True))]
    weights = [
        w - rate / len(x) * (e.T @ h) for w, e, h in zip(network.weights, signals, inputs, strict=True)
    ]
    return Network(tuple(weights), network.activations, network.loss), after


def shrinking(network, feedback, x, y, noise, c, rate, feedback_rate, rule="FA"):
    """Feedback decays with the rate of the weights, also where its own rate is 0."""
    moved, after = own.learn(network, feedback, x, y, noise, c, rate, feedback_rate, rule)
    return moved, [(1 - 1e-12 * rate) * b for b in after]


def updated_first(network, feedback, x, y, noise, c, rate, feedback_rate, rule="FA"):
    """Learns from the estimates instead of the synthetic errors."""
    moved, after = own.learn(network, feedback, x, y, noise, c, rate, feedback_rate, rule)
    estimate = gradient_estimates(network, x, y, noise, c)[0]
    first = moved.weights[0] - 1e-9 * (estimate.T @ x)
    return Network((first, *moved.weights[1:]), network.activations, network.loss), after


def never(network, feedback, x, y, noise, c, rate, feedback_rate, rule="FA"):
    """Feedback is never learned."""
    return own.align(network, feedback, x, y, rate, rule), list(feedback)


def doubled(network, feedback, x, y, rate, rule="FA"):
    """Feedback alignment at a rate that is off by 1e-12."""
    return own.align(network, feedback, x, y, rate * (1 + 1e-12), rule)


@pytest.mark.parametrize("wrong", [leaking, shrinking, updated_first, never], ids=lambda f: f.__name__)
def test_a_wrong_joint_step_is_not_feedback_alignment(wrong: Callable[..., Any]) -> None:
    assert not holds(frozen_feedback.measurements(module(learn=wrong), QUICK))


def test_a_wrong_alignment_is_not_the_exact_step() -> None:
    rows: list[Evidence] = list(frozen_feedback.measurements(module(align=doubled), QUICK))
    assert [row.holds for row in rows if "exact one" in row.name] == [False, False]


# -- floating point


def test_a_subject_that_subtracts_exceeds_what_propagating_loses() -> None:
    """It is correct, and passes every claim that it is asked; this bound tells the two apart."""
    rows = [row for row in floating_point.measurements(LocalSubject(NumpySubject)) if row.required]
    assert rows
    assert all(float(row.value) > 1e6 for row in rows)


def test_differences_carried_in_float32_exceed_it_as_well() -> None:
    class Single(Reference):
        def gradient_estimates(self, network, x, y, noise, c):
            found = super().gradient_estimates(network, x, y, noise, c)
            return [a.to(torch.float32).to(torch.float64) for a in found]

    subject: Subject = LocalSubject(Single)
    assert not holds(floating_point.measurements(subject))
