"""`tox -e bench`: does a step do more work than is stored, or take longer than it should?"""

from __future__ import annotations

from typing import Any

import pytest
import torch

from benchmarks.cases import SHAPES, WAYS, by_name, cannot
from benchmarks.counts import count, differences, stored, stored_in
from benchmarks.gate import GATED, Timing, of_another_machine, stored_ratios
from benchmarks.timing import SLACK, timer, too_slow
from benchmarks.training_step import WORKS, beside_products, ratio
from impl.learning import path_of

pytestmark = [
    pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning"),  # torch's own, inside its compiler
    pytest.mark.filterwarnings("ignore:Benchmark fixture was not used"),  # of a test that failed before
]
TIMED = [pytest.param(way, marks=pytest.mark.benchmark(timer=timer(on))) for way, (_, on) in WAYS.items()]


@pytest.mark.parametrize("name", SHAPES)
def test_a_step_does_exactly_the_stored_work(name: str) -> None:
    """Flops, operators by name, allocations and bytes: any difference fails, to the better as well."""
    known = stored()
    if name not in known:
        pytest.skip(f"{stored_in().name} has no {name}; record it: python -m benchmarks.counts --record")
    changed = differences(count(SHAPES[name]), known[name])
    if changed:
        meant = "if that is meant: python -m benchmarks.counts --record"
        pytest.fail(
            "\n".join([f"a step of {name} does other work than is stored:", *changed, meant]), pytrace=False
        )


@pytest.mark.parametrize("way", TIMED)
@pytest.mark.parametrize("name", GATED)
def test_a_step_takes_no_longer_than_it_should(name: str, way: str, benchmark: Any) -> None:
    """It is right, and in one of three measurements its ratio is below the limit, on the machine of that."""
    missing = cannot(way)
    if missing:
        pytest.skip(missing)
    timing, other = Timing(name, way), of_another_machine()
    expected = None if other else stored_ratios().get(f"{name} {way}")
    by_name(name).check(timing.step())
    slow = [] if expected is None else too_slow(timing.measured, expected)
    benchmark.extra_info.update(stored=expected, torch=torch.__version__)
    benchmark.pedantic(timing.step, rounds=20, warmup_rounds=1)
    if slow:
        ratios = ", ".join(f"{timed.ratio:.3g}" for timed in slow)
        limit = f"{SLACK} times the stored {expected} allowed"
        pytest.fail(f"{name} {way} took {ratios} times its calibration, {limit}", pytrace=False)
    if expected is None:
        pytest.skip(f"right, and timed, but not judged: {other or f'no ratio of {name} {way} is stored'}")


@pytest.mark.parametrize(("name", "limit"), [("figure 2", 1.1), ("autoencoder", 1.35)])
def test_a_training_step_takes_little_more_than_its_products(name: str, limit: float) -> None:
    """On one thread, in one of three measurements; columns that are zero left out where that is less."""
    work, threads = WORKS[name], torch.get_num_threads()
    if path_of(work.runs, work.runs.start(), 32) != "native":
        pytest.skip("no C++ compiler here")
    torch.set_num_threads(1)
    try:
        found: list[float] = []
        while len(found) < 3 and (not found or found[-1] > limit):
            found.append(ratio(beside_products(work, 50, 5)))
    finally:
        torch.set_num_threads(threads)
    assert found[-1] <= limit, f"{found} times the products"
