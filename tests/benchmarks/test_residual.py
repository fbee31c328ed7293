"""A learned gradient alone or with its residual: the same rules, rates, noise and cost on both sides."""

from __future__ import annotations

import torch

from benchmarks.paper.costs import forward_passes
from benchmarks.paper.learning import Images
from benchmarks.paper.options import Options
from benchmarks.paper.residual import alone, residual, with_residual
from impl.learning import SGD, Absent, Corrected


def test_both_sides_have_the_same_rules_and_the_same_cost() -> None:
    plain, further = alone(SGD(0.1)), with_residual(SGD(0.1))
    for name in ("node perturbation", "surprise"):
        one, other = plain[name], further[f"{name} + residual"]
        assert isinstance(other.feedback, Corrected)
        assert other.feedback.rule == one.feedback
        assert (other.weights, other.perturbation, other.start) == (one.weights, one.perturbation, one.start)
        assert forward_passes(one) == forward_passes(other) == 2
    assert further["feedback alignment + residual"].feedback.rule.fit.rate == 0.0
    assert isinstance(further["no feedback + residual"].feedback, Absent)


def test_every_method_has_the_rate_of_the_figure_and_a_quarter_of_it() -> None:
    x, y = torch.rand(40, 6), torch.eye(4)[torch.arange(40) % 4]
    experiment = residual(Options(Images(x, y, x, y, {}), "mnist", "text", 1, 100))
    for part in experiment.parts.values():
        rates = {label.rpartition(", rate ")[2] for label in part.labels}
        assert rates == {"0.0004", "0.0001"}
        for label, method in zip(part.labels, part.work.methods, strict=True):
            assert f"{method.weights.rate:.3g}" == label.rpartition(", rate ")[2]
            assert method.frozen == 1000
    start = experiment.parts["with residual"].start()
    fixed = experiment.parts["with residual"].advance(start, 0, 2)
    at = experiment.parts["with residual"].work.place(1)
    assert torch.equal(start["feedback/0/0"][at], fixed["feedback/0/0"][at])
