"""One list of cases, and what the two front ends take from it."""

import json
from dataclasses import replace

import pytest
import torch

from benchmarks import cases, gate
from benchmarks.asv_bench import kernels, reference
from benchmarks.cases import CASES, SHAPES, WAYS, by_name, cannot, check_step, step_error
from benchmarks.gate import GATED, KIND, RATIOS, stored_ratios
from impl.kernels import Totals, native_library


def test_names_are_unique_and_every_front_end_takes_known_ones() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    assert {*kernels.NAMES, *kernels.MORE, *kernels.LARGE, kernels.LONG} == set(names)
    assert set(GATED) <= set(names)
    assert tuple(WAYS) == kernels.WAYS
    assert {label.split()[0] for label in stored_ratios()} == set(GATED)


def test_a_step_is_right_and_a_wrong_one_is_not() -> None:
    case = by_name("A1")
    totals = case.make("eager")()
    assert isinstance(totals, Totals)
    case.check(totals)
    totals.S[0][0, 0, 0] += 1
    with pytest.raises(AssertionError, match="relative error"):
        check_step(case.shape, totals)


@pytest.mark.parametrize("way", ["eager", "native"])
def test_every_case_of_a_batch_can_be_made_each_way_and_is_right(way: str) -> None:
    if cannot(way):
        pytest.skip(str(cannot(way)))
    for name in ("A1", "A2", "A1-gaussian", "latency-32"):
        case = by_name(name)
        case.check(case.make(*WAYS[way])())


def test_a_stream_does_as_many_samples_as_it_is_asked_for() -> None:
    run = cases.make_stream(replace(cases.STREAM, data=2), 5000, "eager")
    for _ in range(2):
        stream = run()
        cases.check_stream(5000, stream)
        assert stream.count == 3 * 2048
    with pytest.raises(AssertionError, match="6144 samples of 7000"):
        cases.check_stream(7000, stream)


def test_the_error_of_a_step_is_that_of_float32() -> None:
    totals = by_name("A1").make("eager")()
    assert isinstance(totals, Totals)
    assert 1e-9 < step_error(by_name("A1").shape, totals) < 1e-5


def test_without_a_gpu_or_a_compiler_a_way_is_left_out_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cannot("eager") is None
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(cases, "compiling_needs", lambda device: "a compiler")
    assert cannot("cuda") == "no CUDA device here"
    assert cannot("compiled") == "torch.compile needs a compiler"
    monkeypatch.setattr(native_library, "compiler", lambda: None)
    assert cannot("native") == "a C++ compiler (g++ or clang++)"
    for way in ("cuda", "compiled", "native"):
        with pytest.raises(NotImplementedError):
            kernels.find("A1", way)


def test_a_shape_too_wide_for_the_native_path_is_left_out() -> None:
    for name in ("C1", "C2"):
        assert cannot("native", SHAPES[name]) == "too wide for the native path"
        with pytest.raises(RuntimeError, match="weights above the first layer"):
            by_name(name).make("native", "cpu")


def test_large_cases_are_made_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BENCH_LARGE", raising=False)
    with pytest.raises(NotImplementedError, match="BENCH_LARGE"):
        kernels.find("C1", "eager")
    with pytest.raises(NotImplementedError, match="BENCH_LARGE"):
        kernels.Long().setup("eager")
    monkeypatch.setenv("BENCH_LARGE", "1")
    assert kernels.find("C1", "eager") == by_name("C1")


def test_asv_gets_a_number_from_each_benchmark() -> None:
    counted = kernels.Counted()
    counted.setup("A1")
    assert counted.track_flops("A1") == 2_784_000
    assert counted.track_operators("A1") >= counted.track_allocations("A1") > 0
    error = kernels.Error()
    error.setup("A1", "eager")
    assert error.track_error("A1", "eager") < 1e-5
    step = kernels.Step()
    step.setup("A1", "eager")
    step.time_step("A1", "eager")
    throughput = kernels.Throughput()
    throughput.setup("latency-32", "eager")
    assert throughput.track_throughput("latency-32", "eager") > 100


def test_the_long_stream_has_as_many_samples_a_second_as_one_run_shows(monkeypatch) -> None:
    now = [3.0]
    long = kernels.Long()
    long.run = lambda: now.append(now[-1] + 20)
    monkeypatch.setattr(kernels, "clock", lambda: now[-1])
    assert long.track_throughput("eager") == 5e6


def test_the_reference_solves_the_normal_equations() -> None:
    benchmark = reference.Reference()
    benchmark.setup()
    benchmark.time_gradient_estimates()
    benchmark.time_error_signals()
    benchmark.time_fit_feedback()
    assert benchmark.track_residual() < 1e-10


@pytest.mark.parametrize("name", KIND)
def test_ratios_of_another_machine_decide_nothing_and_say_so(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = json.loads(RATIOS.read_text())["machine"]
    monkeypatch.setattr(gate, "machine", lambda: here)
    assert gate.of_another_machine() is None
    monkeypatch.setattr(gate, "machine", lambda: {**here, name: "another"})
    told = gate.of_another_machine()
    assert told is not None
    assert told.startswith(
        f"the stored ratios belong to another machine ({name} {here[name]!r}, here 'another')"
    )
