"""Times as ratios, on a clock that only the functions under test move."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
import torch

from benchmarks.cases import SHAPES, Model, Shape
from benchmarks.timing import SLACK, TRIES, Timed, calibration, measure, timer, too_slow


@dataclass
class Machine:
    """Where a function takes the seconds that are said, times what else keeps the machine busy."""

    now: float = 0.0
    busy: Iterator[float] = field(default_factory=lambda: iter(lambda: 1.0, None))

    def clock(self) -> float:
        return self.now

    def takes(self, seconds: float) -> Callable[[], None]:
        def function() -> None:
            self.now += seconds * next(self.busy)

        return function

    def measured(self, step: float, calibrate: float) -> Timed:
        return measure(self.takes(step), self.takes(calibrate), self.clock, seconds=0)


def always(ratio: float) -> Callable[[], Timed]:
    return lambda: Timed(((ratio, 1.0),) * 5)


def test_the_ratio_is_that_of_the_two_times() -> None:
    assert Machine().measured(0.6, 0.2).ratio == pytest.approx(3)


def test_interruptions_that_meet_one_round_in_two_change_nothing() -> None:
    busy = (factor for _ in iter(int, 1) for factor in (1.0, 1.0, 9.0, 9.0))
    assert Machine(busy=busy).measured(0.2, 0.2).ratio == pytest.approx(1)


def test_a_load_that_slows_all_alike_changes_nothing() -> None:
    assert Machine(busy=iter(lambda: 7.0, None)).measured(0.6, 0.2).ratio == pytest.approx(3)


@pytest.mark.parametrize("stored", [0.5, 3.0])
def test_twice_the_time_is_too_slow_and_the_stored_time_is_not(stored: float) -> None:
    assert len(too_slow(lambda: Machine().measured(2 * stored, 1.0), stored)) == TRIES
    assert too_slow(lambda: Machine().measured(stored, 1.0), stored) == []


def test_the_limit_is_one_and_a_half() -> None:
    assert too_slow(always(1.49), 1.0) == []
    assert len(too_slow(always(1.51), 1.0)) == TRIES
    assert SLACK == 1.5


def test_what_is_not_confirmed_twice_is_no_alarm() -> None:
    ratios = iter([2.0, 2.0, 1.0])
    assert too_slow(lambda: Timed(((next(ratios), 1.0),) * 5), 1.0) == []
    assert next(ratios, None) is None, "measured again before it was let go"


def test_the_clock_of_a_device_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that is told to work and does so later: what a body leaves undone is inside its time."""
    machine, queue = Machine(), []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: [queue.pop()() for _ in list(queue)])
    monkeypatch.setattr("time.perf_counter", machine.clock)
    clock = timer("cuda")
    start = clock()
    queue.append(machine.takes(5.0))
    assert machine.now == 0
    assert clock() - start == 5


@pytest.mark.parametrize("fresh", [True, False])
def test_the_calibration_runs_for_shallow_networks_and_deep_ones(fresh: bool) -> None:
    for shape in (Shape((3, 4, 2), "tanh", 2, 3), SHAPES["A1"]):
        calibration(Model(shape), fresh)()
