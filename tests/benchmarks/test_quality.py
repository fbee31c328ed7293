"""Learning at a fixed small cost is as good as it was, and harm of a few percent is seen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.asv_bench import learning as history
from benchmarks.quality import BOUNDS, FIGURES, NAMES, above, main, named, quality
from feedback_proofs_io.datasets import Unreadable
from impl.learning import SGD, Descent, Learned, Method, Normalised, Perturbation

HARM: dict[str, tuple[str, Callable[[Method], Method], str]] = {
    "a tenth of the step on the surprise left out": (
        "surprise",
        lambda method: replace(method, feedback=Learned("surprise", Normalised(0.9))),
        "angle 1",
    ),
    "noise that is too large for two sides": (
        "surprise two-sided",
        lambda method: replace(method, perturbation=Perturbation(0.1, two_sided=True)),
        "angle 1",
    ),
    "noise that is too large for one side": (
        "surprise",
        lambda method: replace(method, perturbation=Perturbation(1e-2)),
        "angle 2",
    ),
    "noise of ten times the size": (
        "node perturbation 0.01",
        lambda method: replace(method, perturbation=Perturbation(0.1, "gaussian")),
        "angle 2",
    ),
    "feedback at seven tenths of its rate": (
        "node perturbation 0.01",
        lambda method: replace(
            method, feedback=Learned("perturbation", Descent(0.7 * method.feedback.fit.rate))
        ),
        "test error",
    ),
    "weights at nine tenths of their rate": (
        "backpropagation",
        lambda method: replace(method, weights=SGD(0.9 * method.weights.rate)),
        "test error",
    ),
    "alignment at nine tenths of its rate": (
        "feedback alignment",
        lambda method: replace(method, weights=SGD(0.9 * method.weights.rate)),
        "test error",
    ),
}


def test_every_method_learns_as_well_as_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith("all within their bounds\n")


def test_harm_of_a_few_percent_is_above_a_bound() -> None:
    known = named(NAMES)
    found = quality({case: change(known[name]) for case, (name, change, _) in HARM.items()})
    for case, (name, _, figure) in HARM.items():
        told = [line.split(" of ")[0] for line in above({name: found[case]})]
        assert figure in told, (case, found[case])


def test_a_figure_that_is_no_number_is_above_its_bound() -> None:
    assert len(above({"surprise": dict.fromkeys(FIGURES, float("nan"))})) == 3


def test_the_history_has_the_same_figures() -> None:
    assert history.NAMES == NAMES
    assert BOUNDS.keys() == set(NAMES)
    one = history.Quality()
    one.setup("surprise")
    found = (
        one.track_lower_angle("surprise"),
        one.track_upper_angle("surprise"),
        one.track_test_error("surprise"),
    )
    assert tuple(quality(named(["surprise"]))["surprise"].values()) == found


def test_the_history_skips_a_machine_without_the_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object) -> None:
        raise Unreadable("no digits here")

    monkeypatch.setattr("benchmarks.quality.images_of", absent)
    with pytest.raises(NotImplementedError, match="no digits here"):
        history.Quality().setup("surprise")
