"""Tables 1 and 2b: the network and rates of the authors, what is measured, and the command on small files."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from benchmarks.paper.__main__ import main
from benchmarks.paper.convolutional import ConvolutionalLearning
from benchmarks.paper.experiment import Curve, Stopped, run
from benchmarks.paper.learning import Images
from benchmarks.paper.options import Options
from benchmarks.paper.table_1 import PAPER, REDUCED, methods, network, table_1, table_2
from feedback_proofs_io.datasets import SETS
from impl import InvalidInput
from impl.convolution import Committed, Convolution, ConvolutionalArchitecture, ConvolutionalRuns, Dense
from impl.learning import SGD, Adam, backpropagation, feedback_alignment

ROWS, TESTED = 90, 20
ONE = ("backpropagation", "node perturbation", "direct feedback alignment", "surprise")
TWO = (*ONE, "backpropagation noise", "direct feedback alignment noise", "synthetic gradients")


def images() -> Images:
    """Noise of 6 x 6 pixels with labels."""
    draw = torch.Generator().manual_seed(0)
    x, test_x = torch.rand(ROWS, 36, generator=draw), torch.rand(TESTED, 36, generator=draw)
    y, test_y = (torch.eye(4)[torch.randint(4, (n,), generator=draw)] for n in (ROWS, TESTED))
    return Images(x, y, test_x, test_y, {"train": "noise"})


def small() -> ConvolutionalLearning:
    """Three methods, one of them wired as DFA and before another, and two seeds."""
    chosen = {"bp": backpropagation(SGD(0.01)), "dfa": feedback_alignment(SGD(0.01), "DFA")}
    chosen |= {"surprise": methods(REDUCED, 1)["surprise"]}
    net = ConvolutionalArchitecture((1, 6, 6), (Convolution(2, 3), Dense(5, 0.5)), 4)
    runs = ConvolutionalRuns(net, tuple(chosen.values()), (3, 8))
    return ConvolutionalLearning("small", runs, tuple(chosen), images(), (0, 4, 9), batch=8, watched=30)


def asked(mode: str = "text", width: float = 1 / 48, seeds: int = 1) -> Options:
    return Options(images(), "digits", mode, seeds, 1, width=width)


def value(learning: ConvolutionalLearning, curve: Curve, name: str, metric: str, point: int = -1) -> float:
    place = (point, list(learning.runs).index(name), list(learning.metrics).index(metric))
    return float(curve.values[place])


# -- what is learned


def test_the_network_is_that_of_the_authors_code() -> None:
    net = network((3, 32, 32), 10)
    assert net.weight_shapes == ((96, 76), (128, 2401), (256, 3201), (2048, 4097), (2048, 2049), (10, 2049))
    assert net.hidden == (24576, 8192, 4096, 2048, 2048)
    assert net.fan_ins == (3072, *net.hidden)
    assert [layer.dropout for layer in net.layers if isinstance(layer, Dense)] == [0.5, 0.5]
    assert (net.activation, net.loss) == ("tanh", "cross_entropy")
    assert network((1, 28, 28), 10, 1 / 8).hidden == (2352, 784, 512, 256, 256)
    assert min(network((1, 8, 8), 10, 1e-3).hidden[3:]) == 2


@pytest.mark.parametrize(("table", "labels"), [(1, (*ONE, "surprise 4 draws")), (2, TWO)])
def test_the_rows_are_the_papers_at_the_authors_rates(table: int, labels: tuple[str, ...]) -> None:
    chosen = methods(PAPER, table)
    assert tuple(chosen) == labels
    for method in chosen.values():
        assert method.weights == Adam(4.784753e-6, 0.9, 0.999, 1e-5)
        assert (method.start.law, method.start.bias) == ("uniform", 0.1)
    perturbed = chosen["node perturbation"]
    assert perturbed.perturbation is not None
    assert (perturbed.perturbation.c, perturbed.perturbation.law) == (0.067318, "gaussian")
    assert perturbed.feedback.fit.rate == 8.321545e-6
    assert {name for name, method in chosen.items() if method.wiring == "DFA"} == {*labels} - {
        "backpropagation",
        "surprise",
        "surprise 4 draws",
        "backpropagation noise",
    }
    noisy = {name for name, method in chosen.items() if method.activation_noise > 0}
    assert noisy == {name for name in labels if name.endswith("noise")}


def test_the_tables_are_of_the_papers_length_at_full_width_alone() -> None:
    full = table_1(replace(asked(width=1.0), epochs=78))
    assert full.points[-1] == 200 * 390
    assert (full.batch, table_1(asked()).batch) == (128, 64)
    assert table_1(asked()).work.methods[0].weights.rate == REDUCED.weights
    assert table_2(asked(seeds=2)).runs == tuple(f"{name}/{seed}" for name in TWO for seed in (0, 1))


def test_as_the_code_pixels_are_raw_noise_is_off_and_rows_keep_their_order() -> None:
    code, text = table_2(asked("code")), table_2(asked())
    assert torch.equal(code.images.x, 255 * text.images.x)
    assert torch.equal(code.images.test_x, 255 * text.images.test_x)
    chosen = dict(zip(code.labels, code.work.methods, strict=True))
    assert chosen["node perturbation"].feedback == Committed(REDUCED.feedback)
    assert chosen["backpropagation noise"] == chosen["backpropagation"]
    direct = "direct feedback alignment"
    assert chosen[f"{direct} noise"] == chosen["synthetic gradients"] == chosen[direct]
    code = replace(code, batch=40)
    assert [code._rows(update, ROWS).tolist() for update in range(3)] == [
        list(range(40)),
        list(range(40, 80)),
        list(range(40)),
    ]
    assert {name for name in text.settings if text.settings[name] != code.settings[name]} >= {"order", "rows"}


# -- what is measured


def test_learning_does_not_depend_on_how_updates_are_cut() -> None:
    learning = small()
    whole = learning.advance(learning.start(), 0, 9)
    state = learning.start()
    for first, last in ((0, 1), (1, 5), (5, 9)):
        state = learning.advance(state, first, last)
    assert whole.keys() == state.keys()
    assert all(torch.equal(whole[name], state[name]) for name in whole)


def test_an_experiment_that_is_stopped_goes_on_to_the_same_curve(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.paper.experiment.BEAT", 0.0)
    learning = small()
    whole = run(learning, tmp_path / "whole")
    left = iter([False, False, True])
    with pytest.raises(Stopped):
        run(learning, tmp_path / "cut", stop=lambda: next(left))
    cut = run(learning, tmp_path / "cut")
    assert torch.equal(whole.values.nan_to_num(-1), cut.values.nan_to_num(-1))


def test_what_is_measured_is_what_it_is_called(tmp_path: Path) -> None:
    """Test loss and error by torch's own layers; dropout and noise are off."""
    learning = small()
    curve = run(learning, tmp_path / "run")
    state = learning.advance(learning.start(), 0, 9)
    place = 2 + 1  # wired as FA come first: bp, surprise, dfa
    kernel, dense, top = (state[f"weights/0/{k}"][place] for k in range(3))
    x, y = learning.images.test_x.reshape(-1, 1, 6, 6), learning.images.test_y
    h = F.conv2d(x, kernel[:, :-1].reshape(2, 1, 3, 3), kernel[:, -1], padding=1)
    h = torch.tanh(F.max_pool2d(h, 3, 2, ceil_mode=True)).flatten(1)
    h = torch.tanh(F.linear(h, dense[:, :-1], dense[:, -1]))
    output = F.linear(h, top[:, :-1], top[:, -1])
    loss = 8 * float(F.cross_entropy(output, y))
    assert value(learning, curve, "surprise/8", "test loss") == pytest.approx(loss, rel=1e-5)
    wrong = float((output.argmax(1) != y.argmax(1)).double().mean())
    assert value(learning, curve, "surprise/8", "test error") == pytest.approx(wrong)
    B, W = state["feedback/0/1"][place], top[:, :-1]
    apart = float((B - W).double().norm() / W.double().norm())
    assert value(learning, curve, "surprise/8", "relative error 3") == pytest.approx(apart, rel=1e-5)


def test_backpropagation_is_at_no_angle_and_direct_feedback_has_no_matrix_to_compare(tmp_path: Path) -> None:
    learning = small()
    curve = run(learning, tmp_path / "run")
    for layer in (1, 2):
        assert value(learning, curve, "bp/3", f"angle {layer}") == pytest.approx(0.0, abs=1e-4)
        assert value(learning, curve, "dfa/3", f"angle {layer}") > 5.0
        assert math.isnan(value(learning, curve, "dfa/3", f"relative error {layer + 1}"))
        assert value(learning, curve, "bp/8", f"relative error {layer + 1}") == 0.0


def test_runs_by_themselves_are_those_of_the_whole_bit_for_bit(tmp_path: Path) -> None:
    learning = small()
    curve, part = run(learning, tmp_path / "run"), learning.only(["surprise", "dfa"], [8])
    alone = run(part, tmp_path / "part")
    for name in part.runs:
        both = [c.values[:, list(one.runs).index(name)] for one, c in ((learning, curve), (part, alone))]
        assert torch.equal(both[0].nan_to_num(-1), both[1].nan_to_num(-1))


def test_a_run_that_diverges_has_no_error() -> None:
    learning = small()
    wild = replace(learning.work, methods=(backpropagation(SGD(1e38)),))
    learning = replace(learning, work=wild, labels=("wild",))
    found = learning.measure(learning.advance(learning.start(), 0, 9), 9)
    assert found[:, list(learning.metrics).index("test error")].isnan().all()


def test_the_costs_are_those_of_the_passes(monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.paper.costs.UPDATES", 1)
    costs = small().costs()
    assert [costs[name]["forward passes"] for name in ("bp", "dfa", "surprise")] == [1, 1, 2]
    assert {cost["samples"] for cost in costs.values()} == {72}
    assert all(cost["seconds"] > 0 for cost in costs.values())


def test_labels_are_one_for_each_method() -> None:
    with pytest.raises(InvalidInput, match="the length of labels is 2; expected 3"):
        replace(small(), labels=("a", "b"))


# -- the command


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.paper.options.EPOCH", 8)
    monkeypatch.setattr("benchmarks.paper.costs.UPDATES", 1)


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(("name", "mode"), [("table1", "text"), ("table2", "code")])
def test_the_command_learns_digits_and_writes_its_result(
    name: str, mode: str, tmp_path: Path, capsys
) -> None:
    assert main([name, "--quick", "--as", mode, "--width", "1/32", "--output", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "direct feedback alignment" in out
    (result,) = tmp_path.glob("*.json")
    assert result.name == f"{name}-digits-{mode}-width-0.03125-1x1.json"
    found = json.loads(result.read_text(encoding="utf-8"))
    assert found["points"] == [0, 1]
    assert found["settings"]["device"] == "cpu"
    assert "channels=3, size=5" in found["settings"]["architecture"]


@pytest.mark.usefixtures("short")
@pytest.mark.parametrize(("data", "labels", "classes"), [("cifar10", (3,), 10), ("cifar100", (19, 70), 100)])
def test_cifar_is_learned_from_files_of_the_real_format(
    data: str, labels: tuple[int, ...], classes: int, tmp_path: Path, monkeypatch
) -> None:
    """Rows of labels and 3 x 32 x 32 pixels, in as many files as there are; only their number is small."""
    known = SETS[data]
    each = 70 // len(known.train)
    monkeypatch.setitem(SETS, data, replace(known, count={"train": each * len(known.train), "test": 3}))
    folder = tmp_path / "data"
    folder.mkdir()
    for name, rows in (*((name, each) for name in known.train), (known.test[0], 3)):
        pixels = torch.randint(256, (rows, 3 * 32 * 32), generator=torch.Generator().manual_seed(len(name)))
        (folder / name).write_bytes(b"".join(bytes([*labels, *row]) for row in pixels.tolist()))
    arguments = ["table1", "--data", data, "--data-dir", str(folder), "--quick", "--width", "1/48"]
    assert main([*arguments, "--output", str(tmp_path)]) == 0
    found = json.loads(next(tmp_path.glob("*.json")).read_text(encoding="utf-8"))
    assert "shape=(3, 32, 32)" in found["settings"]["architecture"]
    assert f"classes={classes}" in found["settings"]["architecture"]
    assert found["points"] == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table1", "--width", "0"], "'0' is no number above 0 and at most 1"),
        (["table1", "--width", "2"], "'2' is no number above 0"),
        (["table1", "--width", "1/0"], "'1/0' is no number above 0"),
        (["table1", "--device", "abacus"], "--device is 'abacus'; expected a device that torch has here"),
        (["table1", "--data", "mnist"], "--data of table1 is 'mnist'"),
        (["fig2", "--width", "1/2"], "--width of fig2 is 0.5; expected none"),
        (["fig2", "--device", "cpu"], "--device of fig2 is cpu; expected none"),
    ],
    ids=str,
)
def test_a_wrong_call_gets_one_line(arguments: list[str], message: str, capsys, tmp_path: Path) -> None:
    assert main([*arguments, "--output", str(tmp_path / "out")]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert message in lines[-1]
    assert not list(tmp_path.rglob("*.json"))
