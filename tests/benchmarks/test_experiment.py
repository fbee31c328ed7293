"""A run can be stopped at any moment, and goes on to the same curve, bit for bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import torch

from benchmarks.paper.experiment import Curve, Stopped, run
from feedback_proofs_io.held import InUse, held
from impl import InvalidInput

POINTS = (0, 1, 7, 40, 41, 90)


@dataclass(frozen=True)
class Chaos:
    """Two runs of a map that forgets nothing: a digit lost anywhere is seen at the end."""

    name: str = "chaos"
    runs: tuple[str, ...] = ("slow", "fast")
    metrics: tuple[str, ...] = ("position", "its square", "diverged")
    points: tuple[int, ...] = POINTS
    rate: float = 3.99
    pause: float = 0.0
    cuts: list[tuple[int, int]] = field(default_factory=list, compare=False)

    @property
    def settings(self) -> dict[str, str]:
        return {"rate": repr(self.rate)}

    def start(self) -> dict[str, torch.Tensor]:
        return {"x": torch.tensor([0.3, 0.4], dtype=torch.float64), "steps": torch.zeros(2)}

    def advance(self, state, first, last):
        self.cuts.append((first, last))
        x, steps = state["x"], state["steps"]
        for update in range(first, last):
            x, steps = self.rate * x * (1 - x) + 1e-9 * update, steps + 1
            time.sleep(self.pause)
        return {"x": x, "steps": steps}

    def measure(self, state, update):
        assert (state["steps"] == update).all()
        return torch.stack([state["x"], state["x"] ** 2, torch.full_like(state["x"], torch.nan)], dim=1)


def same(first: Curve, second: Curve) -> bool:
    return first.points == second.points and torch.equal(
        first.values.nan_to_num(-1.0), second.values.nan_to_num(-1.0)
    )


def alone() -> Curve:
    """The curve, written down here step by step."""
    chaos, rows = Chaos(), []
    state = chaos.start()
    for before, point in zip((0, *POINTS), POINTS, strict=False):
        state = chaos.advance(state, before, point)
        rows.append(chaos.measure(state, point))
    return Curve(POINTS, torch.stack(rows), 0.0)


def test_the_curve_is_what_is_measured_at_its_points(tmp_path: Path) -> None:
    curve = run(Chaos(), tmp_path / "run")
    assert same(curve, alone())
    assert curve.values.shape == (len(POINTS), 2, 3)


def test_a_run_that_is_stopped_at_every_beat_gives_the_same_curve(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.paper.experiment.BEAT", 0.0)
    chaos, stops = Chaos(), 0
    while True:
        try:
            curve = run(chaos, tmp_path / "run", stop=lambda: True)
            break
        except Stopped:
            stops += 1
    assert stops > 80
    assert same(curve, alone())


@pytest.mark.parametrize("fatal", [0, 1, 6, 7, 39, 40, 41, 88, 89])
def test_a_run_that_dies_within_an_update_gives_the_same_curve(fatal: int, tmp_path: Path) -> None:
    @dataclass(frozen=True)
    class Dying(Chaos):
        def advance(self, state, first, last):
            if first <= fatal < last:
                raise ZeroDivisionError
            return super().advance(state, first, last)

    with pytest.raises(ZeroDivisionError):
        run(Dying(), tmp_path / "run", every=0.0)
    assert same(run(Chaos(), tmp_path / "run"), alone())


def test_a_run_that_is_killed_gives_the_same_curve(tmp_path: Path) -> None:
    file = tmp_path / "run"
    program = (
        "import sys; from pathlib import Path; from tests.benchmarks.test_experiment import Chaos;"
        "from benchmarks.paper.experiment import run; print('begun', flush=True);"
        "run(Chaos(pause=0.01), Path(sys.argv[1]), every=0.0)"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(file)], stdout=subprocess.PIPE)
    while not file.exists():
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    chaos = Chaos()
    assert same(run(chaos, file), alone())
    assert chaos.cuts[0][0] > 0 or len(chaos.cuts) == len(POINTS)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_finished_run_is_read_and_not_run_again(tmp_path: Path) -> None:
    first = run(Chaos(), tmp_path / "run")
    chaos = Chaos()
    again = run(chaos, tmp_path / "run")
    assert same(first, again)
    assert chaos.cuts == []
    assert again.seconds == first.seconds


@pytest.mark.parametrize(
    ("other", "named"),
    [
        (Chaos(rate=3.98), "rate"),
        (Chaos(points=(0, 90)), "points"),
        (Chaos(runs=("slow", "slower")), "runs"),
        (Chaos(name="order"), "experiment"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_of_something_else_is_refused_with_what_differs(other, named: str, tmp_path: Path) -> None:
    run(Chaos(), tmp_path / "run")
    with pytest.raises(InvalidInput, match=f"of another {named}"):
        run(other, tmp_path / "run")


def test_a_file_with_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "run"
    run(Chaos(), file)
    good = file.read_bytes()
    for place in range(0, 8 * len(good), 97):
        data = bytearray(good)
        data[place // 8] ^= 1 << place % 8
        file.write_bytes(data)
        with pytest.raises(InvalidInput):
            run(Chaos(), file)


def test_a_second_run_on_the_same_file_is_told(tmp_path: Path) -> None:
    with held(tmp_path / "run"), pytest.raises(InUse, match="in use by another run"):
        run(Chaos(), tmp_path / "run")


@pytest.mark.parametrize("points", [(), (3, 3), (5, 4), (-1, 4)], ids=str)
def test_points_that_do_not_increase_are_refused(points: tuple[int, ...], tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="points"):
        run(replace(Chaos(), points=points), tmp_path / "run")
    assert not list(tmp_path.iterdir())


def test_what_is_measured_in_another_shape_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"what chaos measures is \(2, 3\)"):
        run(Chaos(runs=("one", "two", "three")), tmp_path / "run")


def test_progress_says_where_the_run_is(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("benchmarks.paper.experiment.BEAT", 0.0)
    moments = []
    run(Chaos(pause=1e-4), tmp_path / "run", tell=moments.append)
    assert [moment.update for moment in moments] == sorted({moment.update for moment in moments})
    assert {moment.updates for moment in moments} == {90}
    assert all(moment.rate > 0 and moment.left >= 0 for moment in moments)
    assert moments[-1].update == 90
    assert moments[-1].latest.shape == (2, 3)
