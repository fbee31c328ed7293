"""The authors' random searches as draws that anybody can make again, and the table of what they found."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from benchmarks.paper.__main__ import main
from benchmarks.paper.learning import Images
from benchmarks.paper.options import Options
from benchmarks.paper.results import text
from benchmarks.paper.search import AUTOENCODER, CONVOLUTIONAL, PURPOSE, RANGES, draw, search_1, search_3
from benchmarks.paper.shards import cut
from feedback_proofs_io.results import sealed
from feedback_proofs_io.shards import Shard
from tests.impl.exact_noise import block_of

RECORDED = [
    (0.0023906, 4.5437e-06, 0.00095954),
    (0.080124, 3.9312e-05, 0.00010853),
    (0.00052926, 2.8521e-06, 0.00091118),
]
"""Draws 1 to 3, by integers and decimal arithmetic of 40 digits."""


def asked(mode: str = "text", quick: bool = False) -> Options:
    source = torch.Generator().manual_seed(0)
    x, y = torch.rand(70, 64, generator=source), torch.eye(10)[torch.arange(70) % 10]
    return Options(Images(x, y, x, y, {"train": "noise"}), "digits", mode, 1, 2, quick, width=1 / 16)


@pytest.mark.parametrize("number", [1, 2, 20, 50])
def test_a_draw_is_what_its_number_says_in_whole_numbers(number: int) -> None:
    """Philox in Python's integers; a number of five digits does not depend on a library's last bit."""
    words = block_of((0, PURPOSE, 0, 0), (0, number))
    drawn = (draw(number).noise, draw(number).weights, draw(number).feedback)
    for value, (low, high), word in zip(drawn, RANGES.values(), words, strict=False):
        exponent = low + (high - low) * (word + 0.5) / 2**32
        assert math.log10(value) == pytest.approx(exponent, abs=3e-5)
        assert float(f"{value:.4e}") == value
        assert low <= math.log10(value) <= high


def test_the_draws_are_recorded() -> None:
    """The first three; raise the number of the purpose if they have to change."""
    assert [(d.noise, d.weights, d.feedback) for d in map(draw, (1, 2, 3))] == RECORDED


def test_no_two_draws_agree_and_they_fill_their_ranges() -> None:
    drawn = [draw(k) for k in range(1, CONVOLUTIONAL + 1)]
    for values in zip(*((d.noise, d.weights, d.feedback) for d in drawn), strict=True):
        logs = sorted(math.log10(value) for value in values)
        assert len(set(values)) == CONVOLUTIONAL
        assert logs[-1] - logs[0] > 2.5


@pytest.mark.parametrize("mode", ["text", "code"])
def test_a_part_of_the_search_is_one_draw_of_every_method(mode: str) -> None:
    search = search_3(asked(mode))
    assert len(search.runs) == 4 * AUTOENCODER
    for k in (1, 7, 20):
        part = cut(search, Shard(k, AUTOENCODER))
        assert [run.partition(",")[2] for run in part.runs] == [f" draw {k}/0"] * 4
        methods = {
            label: method
            for one in part.parts.values()
            for label, method in zip(one.labels, one.work.methods, strict=True)
        }
        drawn, method = draw(k), methods[f"node perturbation, draw {k}"]
        assert {one.weights.rate for one in methods.values()} == {drawn.weights}
        assert (method.perturbation.c, method.feedback.fit.rate) == (drawn.noise, drawn.feedback)


def test_the_convolutional_network_is_searched_too() -> None:
    search = search_1(asked())
    assert len(search.runs) == 3 * CONVOLUTIONAL
    alone = cut(search, Shard(9, CONVOLUTIONAL))
    assert [run.partition(",")[2] for run in alone.runs] == [" draw 9/0"] * 3
    assert {method.weights.rate for method in alone.work.methods} == {draw(9).weights}


def result(folder: Path, labels: tuple[str, ...], metric: str = "test loss") -> Path:
    losses = [[5.0, 3.0], [4.0, 4.5], [6.0, None]]
    content = {
        "format": 1,
        "experiment": "search3 as text",
        "settings": {},
        "runs": [f"{label}/0" for label in labels],
        "metrics": [metric],
        "points": [0, 7],
        "curve": [[[losses[k][point]] for k in range(len(labels))] for point in (0, 1)],
        "seconds": 1.0,
        "machine": {},
    }
    file = folder / "search.json"
    file.write_text(text(sealed(content)), encoding="utf-8")
    return file


def test_the_best_draw_is_first_and_what_diverged_is_last(tmp_path: Path, capsys) -> None:
    labels = ("adam, draw 2", "adam, draw 1", "adam, draw 3")
    assert main(["found", str(result(tmp_path, labels))]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "adam"
    assert [line.split()[0] for line in lines[2:]] == ["2", "1", "3"]
    assert [line.split()[-2:] for line in lines[2:]] == [["3", "3"], ["4.5", "4"], ["diverged", "6"]]
    assert lines[2].split()[2] == f"{draw(2).weights:.4e}"


@pytest.mark.parametrize(
    ("labels", "metric"),
    [(("adam",), "test loss"), (("adam, draw x",), "test loss"), (("adam, draw 1",), "x")],
)
def test_what_is_no_search_is_one_line(labels: tuple[str, ...], metric: str, tmp_path: Path, capsys) -> None:
    assert main(["found", str(result(tmp_path, labels, metric))]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "is no result of a search" in said
