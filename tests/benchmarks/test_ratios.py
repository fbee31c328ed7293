"""Ratios of functions timed in turn."""

import json

import pytest

from benchmarks import ratios
from benchmarks.ratios import interleaved, main, ratio
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


def test_the_table_has_a_line_a_case_and_keeps_the_raw_times(capsys, tmp_path) -> None:
    file = tmp_path / "times.json"
    small = ["--repeats", "5", "--seconds", "0", "--path", "eager", "--threads", "1", "--json", str(file)]
    assert main(["--cases", "A1,A2", *small, "--stream", "65536", "--draws", "64"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[2:]] == ["A1", "A2", "stream:"]
    times = json.loads(file.read_text())
    assert set(times) == {"A1", "A2", "stream"}
    for name in ("A1", "A2"):
        assert set(times[name]) == {"products", "naive", "backprop", "jvp", "step"}
        assert all(len(each) == 5 for each in times[name].values())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["--cases", "A1,Z9"], "no case 'Z9'; there are A1, A2"),
        (["--threads", "0"], "'0' is not a whole number from 1 on"),
        (["--path", "quick"], "invalid choice: 'quick'"),
        (["--stream", "1e8"], "'1e8' is not a whole number"),
        (["--clock", "cpu", "--threads", "2"], "--clock cpu is right for one thread"),
        (
            ["--cases", "A1", "--path", "native", "--family", "hadamard"],
            "A1: the path 'native' needs float32",
        ),
    ],
)
def test_what_cannot_be_measured_is_one_clear_error(given, message, capsys) -> None:
    assert main(given) == 2
    assert message in capsys.readouterr().err


def test_what_was_measured_before_an_interrupt_is_kept(monkeypatch, tmp_path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    file = tmp_path / "times.json"
    monkeypatch.setattr(ratios, "noise", interrupt)
    small = ["--cases", "A1", "--repeats", "5", "--seconds", "0", "--path", "eager", "--noise"]
    assert main([*small, "--json", str(file)]) == 130
    assert set(json.loads(file.read_text())) == {"A1"}
