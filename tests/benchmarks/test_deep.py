"""The deep network: its shape, its start, and the forms of the rule that are compared."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from benchmarks.paper.deep import deep, methods
from benchmarks.paper.learning import Images
from benchmarks.paper.options import Options
from impl.learning import SGD, Projected, Start


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
    place = learning.work.place(learning.labels.index("surprise whitened")).start
    for k in range(8):
        assert not torch.equal(state[f"feedback/0/{k}"][place], after[f"feedback/0/{k}"][place])


def test_weights_stand_still_for_an_epoch_and_a_short_run_learns_too() -> None:
    x, y = torch.rand(40, 6), torch.eye(4)[torch.arange(40) % 4]
    for epochs, frozen in ((30, 1000), (1, 250)):
        learning = deep(Options(Images(x, y, x, y, {}), "mnist", "text", 1, epochs))
        assert {method.frozen for method in learning.work.methods} == {frozen}


def test_a_quick_run_has_no_variants() -> None:
    x, y = torch.rand(40, 6), torch.eye(4)[torch.arange(40) % 4]
    images = Images(x, y, x, y, {})
    whole, quick = (deep(Options(images, "mnist", "text", 1, 1, short)).labels for short in (False, True))
    assert quick == tuple(name for name in whole if "," not in name)
    assert {"surprise 8 draws", "surprise whitened", "surprise whitened 8 draws"} < set(quick) < set(whole)


def test_all_follow_one_rate_and_some_start_gently_too() -> None:
    chosen = methods(1000)
    assert {method.weights for method in chosen.values()} == {SGD(4e-4)}
    gentle = Start(gain=math.sqrt(0.5), feedback_gain=math.sqrt(0.5))
    for name, method in chosen.items():
        plain, _, start = name.partition(", start ")
        assert method.start == (gentle if start else Start())
        assert method == replace(chosen[plain], start=method.start)


def test_the_rule_is_there_plain_projected_whitened_and_with_several_draws() -> None:
    rules = {name: m for name, m in methods(1000).items() if name.startswith("surprise")}
    for name, method in rules.items():
        fit, noise = method.feedback.fit, method.perturbation
        assert (fit.whitening is not None) == ("whitened" in name)
        assert isinstance(fit, Projected) == ("projected" in name)
        assert (noise.draws == 8) == ("8 draws" in name)
        assert (noise.power == 1.0) == ("with the error" in name)
        assert (getattr(fit, "share", "common") == "equal") == ("equal shares" in name)
        assert noise.two_sided == (noise.c > 1e-6)  # one-sided rules have two forward passes a draw
    assert {(m.feedback.fit.whitening is not None, m.perturbation.draws) for m in rules.values()} == {
        (False, 1),
        (False, 8),
        (True, 1),
        (True, 8),
    }
