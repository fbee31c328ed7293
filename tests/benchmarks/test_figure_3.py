"""Figure 3: the rows of the table, what is changed to explain them, and what is shown of an autoencoder."""

from __future__ import annotations

import base64
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.paper.experiment import run
from benchmarks.paper.figure_3 import autoencoding, figure_3, interventions, methods, why_3
from benchmarks.paper.learning import Images
from benchmarks.paper.minibatches import minibatch
from benchmarks.paper.options import Options
from benchmarks.paper.results import as_json
from benchmarks.paper.several import Several
from impl import InvalidInput
from impl.learning import Runs, Start, advance, backpropagation, feedback_alignment
from impl.learning import State as Learned

ROWS, TESTED, PIXELS = 70, 23, 6


def images() -> Images:
    draw = torch.Generator().manual_seed(0)
    x, test_x = (torch.rand(n, PIXELS, generator=draw) for n in (ROWS, TESTED))
    y, test_y = (torch.eye(4)[torch.randint(4, (n,), generator=draw)] for n in (ROWS, TESTED))
    return Images(x, y, test_x, test_y, {"train": "noise 0"})


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.paper.options.EPOCH", 3)
    monkeypatch.setattr("benchmarks.paper.costs.UPDATES", 1)


def asked(mode: str = "text", seeds: int = 1, epochs: int = 2) -> Options:
    return Options(images(), "digits", mode, seeds, epochs)


RATES = {
    "backpropagation": 5e-5,
    "backpropagation tuned": 3.7278e-4,
    "backpropagation + noise": 3.7278e-4,
    "feedback alignment": 5e-5,
    "feedback alignment + noise": 3.4722e-6,
    "adam": 1.4113e-4,
    "adam + noise": 1.4113e-4,
    "denoising": 1e-4,
    "node perturbation": 1e-4,
    "synthetic gradients": 1e-4,
    "synthetic gradients + noise": 1e-4,
    "matched": 1e-4,
    "matched + noise": 1.994e-4,
}
"""The rate of W in every row of Table 2a, from the configurations of the authors' code."""


@pytest.mark.parametrize("mode", ["text", "code"])
def test_the_rows_have_the_rates_and_the_noise_of_the_authors_configurations(mode: str) -> None:
    chosen = methods(mode)
    assert {name: chosen[name].weights.rate for name in RATES} == RATES
    noisy = {name for name, method in chosen.items() if method.activation_noise > 0}
    assert noisy == {name for name in chosen if name.endswith("+ noise")}
    assert {chosen[name].activation_noise for name in noisy} == {0.018942 if mode == "text" else 0.1}
    assert {name: m.input_noise for name, m in chosen.items() if m.input_noise} == {"denoising": 0.3}
    for name in ("node perturbation", "synthetic gradients"):
        assert chosen[name].feedback.fit.rate == 8e-6
    assert chosen["node perturbation"].perturbation.c == 0.018942
    assert chosen["matched"].weights.decay == 0 < chosen["matched + decay"].weights.decay


def test_the_text_has_one_network_and_the_code_a_narrow_one_for_what_learns_feedback() -> None:
    text, code = (figure_3(asked(mode)).parts for mode in ("text", "code"))
    assert [part.work.architecture.widths for part in text.values()] == [(PIXELS, 200, 2, 200, PIXELS)]
    wide, narrow = code.values()
    assert wide.work.architecture.widths == (PIXELS, 200, 2, 200, PIXELS)
    assert narrow.work.architecture.widths == (PIXELS, 50, 2, 50, PIXELS)
    assert narrow.work.architecture.activations == ("tanh", "identity", "tanh", "relu")
    assert narrow.labels == (
        "node perturbation",
        "synthetic gradients",
        "synthetic gradients + noise",
        "matched",
        "matched + decay",
        "matched + noise",
    )
    assert {method.start for method in narrow.work.methods} == {Start("truncated", bias=0.1)}
    assert {method.start for method in wide.work.methods} == {Start()}
    assert {part.labels for part in text.values()} == {tuple(methods("text"))}


def test_an_autoencoder_learns_its_images_and_measures_no_class() -> None:
    (part,) = figure_3(asked()).parts.values()
    assert torch.equal(part.images.x, part.images.y)
    assert torch.equal(part.images.test_x, part.images.test_y)
    assert not any("error" in name and "relative" not in name for name in part.metrics)
    assert "noisy test loss" in part.metrics
    assert autoencoding(images()).record == images().record


def test_every_intervention_changes_one_thing() -> None:
    chosen = interventions()
    assert {method.weights.rate for method in chosen.values()} == {1e-4}
    for name, method in chosen.items():
        plain, _, change = name.partition(", ")
        start = {
            "": Start(),
            "W and B x 0.5": Start(gain=(1.0, 0.5, 0.5, 0.5), feedback_gain=0.5),
            "W and B x 2": Start(gain=(1.0, 2.0, 2.0, 2.0), feedback_gain=2.0),
            "B x 0.3": Start(feedback_gain=0.3),
            "B x 3": Start(feedback_gain=3.0),
        }[change]
        assert method.start == start
        assert (method.weights, method.feedback) == (chosen[plain].weights, chosen[plain].feedback)


@pytest.mark.parametrize(("epochs", "switch"), [(2, 3), (20, 15)])
def test_backpropagation_goes_on_where_alignment_stood(epochs: int, switch: int) -> None:
    """After 5 epochs or half of the run; the same, bit for bit, as the two methods run after one another."""
    part = why_3(asked(seeds=2, epochs=epochs)).parts["handed over"]
    assert part.switch == switch
    weights = interventions()["feedback alignment"].weights
    first, then = (
        Runs(part.work.architecture, (method,), (0, 1))
        for method in (feedback_alignment(weights), backpropagation(weights))
    )
    state = part.advance(part.start(), 0, switch)
    learned = first.start().restored(switch, state)
    assert not torch.equal(learned.feedback[0], learned.weights[1][..., :-1])
    whole = part.advance(part.start(), 0, switch + 2)
    cut = part.advance(part.advance(state, switch, switch + 1), switch + 1, switch + 2)
    alone = _on(then, then.continued(learned), part, switch, switch + 2)
    for name, tensor in alone.tensors().items():
        assert torch.equal(tensor, whole[name])
        assert torch.equal(tensor, cut[name])
    assert torch.equal(alone.feedback[0], alone.weights[1][..., :-1])


def _on(runs: Runs, state: Learned, part, first: int, last: int) -> Learned:
    rows = torch.stack([minibatch(update, ROWS, part.batch) for update in range(first, last)])
    return advance(runs, state, part.images.x, part.images.y, rows)


def test_the_result_shows_the_plane_and_images_given_back(tmp_path: Path) -> None:
    experiment = figure_3(asked("code"))
    curve = run(experiment, tmp_path / "run")
    found = json.loads(json.dumps(as_json(experiment, curve)))["pictures"]
    for name, part in experiment.parts.items():
        shown, own = found[name], {k.removeprefix(f"{name}: "): v for k, v in curve.final.items()}
        assert shown["classes"] == "".join(str(int(k)) for k in images().test_y.argmax(1))
        assert shown["methods"].keys() == set(part.labels)
        for k, label in enumerate(part.labels):
            run_at = part.work.place(k).start
            h = images().test_x.T
            for layer, sigma in enumerate((torch.tanh, lambda a: a, torch.tanh, torch.relu)):
                weight = own[f"weights/0/{layer}"][run_at]
                h = sigma(weight[:, :-1] @ h + weight[:, -1:])
                if layer == 1:
                    plane = np.frombuffer(base64.b64decode(shown["methods"][label]["plane"]), "<f4")
                    np.testing.assert_allclose(plane.reshape(-1, 2), h.T.numpy(), atol=1e-5)
            pixels = np.frombuffer(base64.b64decode(shown["methods"][label]["images"]), np.uint8)
            expected = (255 * h.T[:8].clamp(0, 1)).numpy()
            assert np.abs(pixels.reshape(8, PIXELS) - expected).max() <= 0.5001


def test_several_are_their_parts_one_after_the_other(tmp_path: Path) -> None:
    experiment = figure_3(asked("code", seeds=2))
    curve = run(experiment, tmp_path / "run")
    wide, narrow = experiment.parts.values()
    assert experiment.runs == (*wide.runs, *narrow.runs)
    alone = run(narrow, tmp_path / "narrow")
    torch.testing.assert_close(
        curve.values[:, len(wide.runs) :], alone.values, equal_nan=True, rtol=0, atol=0
    )
    assert experiment.settings["seeds"] == "0 1"
    assert "200" in experiment.settings["200 units: architecture"]
    some = experiment.only(["matched", "adam"], [1])
    assert some.runs == ("adam/1", "matched/1")
    assert {
        cost["forward passes"] for cost in as_json(some, run(some, tmp_path / "some"))["costs"].values()
    } == {1}
    with pytest.raises(InvalidInput, match="the runs is"):
        Several("twice", {"one": narrow, "other": narrow})
    with pytest.raises(InvalidInput, match="the points of other"):
        Several("two lengths", {"one": wide, "other": figure_3(asked("code", epochs=3)).parts["50 units"]})


def test_what_a_part_does_not_measure_has_no_value(tmp_path: Path) -> None:
    (part,) = figure_3(asked()).parts.values()
    few = part.only(["adam"], [0])
    other = replace(part.only(["matched"], [0]), noisy=False, classes=True)
    both = Several("both", {"few": few, "other": other})
    curve, alone = run(both, tmp_path / "run"), run(other, tmp_path / "other")
    assert set(both.metrics) == set(few.metrics) | {"test error"}
    for k, metric in enumerate(both.metrics):
        missing = [math.isnan(float(value)) for value in curve.values[-1, :, k]]
        assert missing == [metric == "test error", metric == "noisy test loss"]
        if not missing[1]:
            assert curve.values[-1, 1, k] == alone.values[-1, 0, list(other.metrics).index(metric)]
