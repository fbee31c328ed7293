"""The deep network: its shape, its start, and the forms of the rule that are compared."""

from __future__ import annotations

import math

import torch

from benchmarks.paper.deep import deep, methods
from benchmarks.paper.learning import Images
from benchmarks.paper.options import Options
from impl.learning import SGD, Normalised, Projected, Start


def test_eight_hidden_layers_of_64_learn_with_their_feedback() -> None:
    x, y = torch.rand(40, 6), torch.eye(4)[torch.arange(40) % 4]
    learning = deep(Options(Images(x, y, x, y, {}), "mnist", "text", 3, 30))
    assert learning.work.architecture.widths == (6, *(64,) * 8, 4)
    assert learning.work.architecture.activations == (*("tanh",) * 8, "identity")
    assert learning.points[-1] == 30_000
    assert [name for name in learning.metrics if name.startswith("angle")] == [
        f"angle {i}" for i in range(1, 9)
    ]
    state = learning.start()
    after = learning.advance(state, 0, 2)
    place = learning.work.place(learning.labels.index("surprise, whitened")).start
    for k in range(8):
        assert not torch.equal(state[f"feedback/0/{k}"][place], after[f"feedback/0/{k}"][place])


def test_all_start_alike_and_follow_one_rate() -> None:
    chosen = methods()
    assert {method.weights for method in chosen.values()} == {SGD(1e-3)}
    assert {method.start for method in chosen.values()} == {
        Start(gain=math.sqrt(0.5), feedback_gain=math.sqrt(0.5))
    }


def test_the_rule_is_there_plain_normalised_projected_and_whitened() -> None:
    fits = {name: m.feedback.fit for name, m in methods().items() if name.startswith("surprise")}
    kinds = {(type(fit), fit.whitening is not None, getattr(fit, "share", "common")) for fit in fits.values()}
    assert kinds == {
        (Normalised, False, "common"),
        (Normalised, False, "equal"),
        (Normalised, True, "common"),
        (Projected, False, "common"),
        (Projected, True, "common"),
    }
    noise = {name: methods()[name].perturbation for name in fits}
    assert noise["surprise, whitened, two-sided"].two_sided
    assert noise["surprise, whitened, c with the error"].power == 1.0
    assert not noise["surprise, whitened"].two_sided  # two forward passes, as the paper's rule
