"""Ratios of functions timed in turn."""

import pytest

from benchmarks.ratios import interleaved, ratio
from tests.benchmarks.test_timing import Machine


def test_a_turn_is_as_many_calls_as_fill_it_and_what_is_kept_is_a_call() -> None:
    machine, calls = Machine(), {"long": 0, "short": 0}

    def function(name: str, seconds: float):
        def run() -> None:
            calls[name] += 1
            machine.now += seconds

        return run

    functions = {"long": function("long", 0.5), "short": function("short", 0.002)}
    times = interleaved(functions, 6, 60.0, lambda: None, machine.clock, turn=0.01)
    assert calls == {"long": 3 + 6, "short": 3 + 6 * 5}
    assert times["long"] == pytest.approx([0.5] * 6)
    assert times["short"] == pytest.approx([0.002] * 6)
    assert ratio(times, "long", "short") == pytest.approx((250, 250, 250))
