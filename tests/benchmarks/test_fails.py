"""Where it must fail: the steps and the errors that theory speaks of, and by how much it fails there."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
import torch

from benchmarks.paper.fails import STEPS, WIRED, fails
from benchmarks.paper.learning import Images
from benchmarks.paper.options import Options
from proofs_check.experiments.answers import answers
from proofs_check.experiments.predictions import KEPT, PREDICTED, outcomes
from tests.proofs_check.experiment_results import result

LABELS = (*(f"step {step:g}" for step in STEPS), *WIRED)


def asked() -> Options:
    x, y = (
        torch.rand(200, 16, generator=torch.Generator().manual_seed(1)),
        torch.eye(4)[torch.arange(200) % 4],
    )
    return Options(Images(x, y, x, y, {}), "digits", "text", 2, 1)


def test_every_label_has_a_prediction() -> None:
    assert {run.rpartition("/")[0] for run in fails(asked()).runs} == set(PREDICTED) == set(LABELS)


def test_a_step_below_2_falls_at_2_it_stands_and_beyond_it_grows() -> None:
    """By a theorem, for whatever is drawn: float32 is all that may differ."""
    part = fails(asked()).parts["steps"]
    state = part.start()
    distances = []
    for update in range(0, 400, 20):
        distances.append(distance(state["weights/0/1"], state["feedback/0/0"]))
        state = part.advance(state, update, update + 20)
    over = torch.stack(distances) / distances[0]
    for step, curves in zip(STEPS, over.unflatten(1, (len(STEPS), 2)).unbind(1), strict=True):
        moved = curves.diff(dim=0)
        if step == 2:
            assert float((curves - 1).abs().max()) < 1e-5
        else:
            assert bool(((moved < 0) == (step < 2)).all())


def distance(W: torch.Tensor, B: torch.Tensor) -> torch.Tensor:
    return (W[..., : B.shape[-1]].double() - B.double()).flatten(1).norm(dim=1)


def test_a_linear_network_keeps_what_lies_outside_of_its_errors() -> None:
    """The part of the first distance that is orthogonal to all e^2 = W^3^T e^3, once B^3 is W^3."""
    part = fails(asked()).parts["linear 40-30"]
    first = part.start()
    last = part.advance(first, 0, 20_000)
    W2, W3 = first["weights/0/1"][..., :40].double(), first["weights/0/2"][..., :30].double()
    assert float(distance(W3, last["feedback/0/1"]).max()) < 1e-2
    reached = W3.mT @ torch.linalg.solve(W3 @ W3.mT, W3)
    outside = (torch.eye(30, dtype=torch.float64) - reached) @ (first["feedback/0/0"].double() - W2)
    kept = distance(W2, last["feedback/0/0"])
    assert torch.allclose(kept, outside.flatten(1).norm(dim=1), rtol=0.05)


# -- predictions, held against curves

POINTS = (0, 100, 200, 300)
FALLING, STANDING, GROWING = (1.0, 0.5, 0.2, 0.01), (1.0, 1.0, 1.0, 1.0), (1.0, 1.5, 3.0, math.nan)
AS_PREDICTED = {
    **dict.fromkeys(("step 0.5", "step 1", "step 1.9", "linear 40-8", "sigmoid 40-30"), FALLING),
    "step 2": STANDING,
    "step 2.01": GROWING,
    "linear 40-30": (1.0, 0.9, KEPT, KEPT),
}


def of(curves: dict[str, Sequence[float]]) -> dict[str, bool]:
    def value(label: str, metric: str, seed: int, point: int) -> float | None:
        found = 1.4 * curves[label][POINTS.index(point)] * (1 + 1e-3 * seed * (point == 300 and "l" in label))
        return found if math.isfinite(found) else None

    made = result(
        experiment="fails",
        labels=tuple(curves),
        metrics=("relative error 2",),
        points=POINTS,
        seeds=3,
        value=value,
    )
    return {one.label: one.so for one in outcomes(made)}


def test_what_is_as_predicted_is_said_to_be() -> None:
    assert of(AS_PREDICTED) == dict.fromkeys(PREDICTED, True)


@pytest.mark.parametrize(
    ("label", "curve"),
    [
        ("step 1", (1.0, 0.5, 0.6, 0.1)),
        ("step 1", GROWING),
        ("step 2", (1.0, 1.0, 0.99, 1.0)),
        ("step 2", GROWING),
        ("step 2.01", FALLING),
        ("step 2.01", STANDING),
        ("linear 40-30", (1.0, 0.9, 0.85, 0.85)),
        ("linear 40-30", FALLING),
        ("linear 40-8", (1.0, 0.9, KEPT, KEPT)),
        ("sigmoid 40-30", STANDING),
    ],
)
def test_what_is_not_is_said_not_to_be(label: str, curve: Sequence[float]) -> None:
    assert of({**AS_PREDICTED, label: curve})[label] is False


def test_other_experiments_are_not_predicted() -> None:
    assert outcomes(result()) == ()
    made = result(experiment="fails", labels=LABELS, metrics=("relative error 2",))
    assert [table.title for table in answers(made)] == ["What theory predicts"]
