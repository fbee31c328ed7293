"""Counted work: what is counted, that it is minimal, and that any more of it is noticed."""

import json
from dataclasses import replace

import pytest
import torch

from benchmarks import counts
from benchmarks.cases import SHAPES, Shape
from benchmarks.counts import count, counted, differences, minimal_bytes, minimal_flops
from impl.kernels import fast_path
from impl.kernels.plan import STRIP


def test_what_operators_make_is_counted_and_what_they_are_given_is_not() -> None:
    a, b, kept = torch.ones(2, 3), torch.ones(3, 5), torch.ones(2, 5)
    with counted() as work:
        a.view(3, 2)
        torch.mm(a, b, out=kept)
        kept.add_(1)
    assert (work().allocations, work().bytes) == (0, 0)
    with counted() as work:
        torch.mm(a, b) + 1
    assert (work().allocations, work().bytes) == (2, 2 * 4 * 10)
    assert work().operators == {"mm.default": 1, "add.Tensor": 1}


def test_products_count_alike_whether_in_place_or_not() -> None:
    a, b, kept = torch.ones(2, 3), torch.ones(3, 5), torch.ones(2, 5)
    steps = (
        lambda: torch.mm(a, b),
        lambda: torch.mm(a, b, out=kept),
        lambda: torch.addmm(kept, a, b),
        lambda: kept.addmm_(a, b),
        lambda: kept[None].baddbmm_(a[None], b[None]),
    )
    for step in steps:
        with counted() as work:
            step()
        assert work().flops == 2 * 2 * 3 * 5


@pytest.mark.parametrize("name", SHAPES)
def test_a_step_multiplies_no_more_than_the_estimator_must(name: str) -> None:
    shape = SHAPES[name]
    narrow = replace(
        shape, widths=tuple(-(-n // 16) for n in shape.widths)
    )  # gigabytes are not needed to count
    assert count(narrow).flops == minimal_flops(narrow)


def test_the_stored_products_are_those_the_estimator_must_do() -> None:
    """But for what is above the diagonal of a wide Q, which is summed in strips of columns."""
    files = list(counts.STORED.glob("counts-torch-*.json"))
    assert files
    for file in files:
        works = json.loads(file.read_text())
        for name, shape in SHAPES.items():
            starts = [(q, start) for q in shape.widths[2:] for start in range(0, q, STRIP)]
            above = sum(start * min(STRIP, q - start) for q, start in starts)
            assert works[name]["flops"] == minimal_flops(shape) - 2 * shape.data * above, name


def test_the_closed_form_is_the_published_arithmetic() -> None:
    """784-50-20-10, 32 data, one draw: the terms written out."""
    clean, perturbed = 784 * 50 + 50 * 20 + 20 * 10, 50 * 20 + 20 * 10
    feedback, S, Q = 20 * 10, 50 * 20 + 20 * 10, 20 * 20 + 10 * 10
    assert minimal_flops(SHAPES["A1"]) == 2 * 32 * (clean + perturbed + feedback + S + Q)


def test_fake_tensors_count_like_real_ones() -> None:
    assert count(SHAPES["A1"]) == count(SHAPES["A1"], fake=False)


def test_the_number_of_data_and_draws_changes_no_operator_and_no_allocation() -> None:
    few, many = count(SHAPES["A1"]), count(SHAPES["A3"])
    assert few.operators == many.operators
    assert few.allocations == many.allocations


def test_one_more_operator_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = count(SHAPES["A1"])
    difference = fast_path.Plan.difference
    monkeypatch.setattr(fast_path.Plan, "difference", lambda *given: difference(*given) + 0)
    found = differences(count(SHAPES["A1"]), before)
    assert any(line.startswith("add.Tensor: ") for line in found)
    assert any(line.startswith("allocations: ") for line in found)


def test_a_step_computed_twice_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = count(SHAPES["A1"])
    step = fast_path.FastPath.step
    monkeypatch.setattr(fast_path.FastPath, "step", lambda *given: (step(*given), step(*given)))
    twice = count(SHAPES["A1"])
    assert twice.flops == 2 * before.flops
    assert f"flops: {twice.flops:,} instead of {before.flops:,}" in differences(twice, before)


def test_the_same_work_is_no_difference() -> None:
    work = count(SHAPES["A1"])
    assert differences(work, replace(work, operators=dict(work.operators))) == []


def test_counts_are_kept_for_each_version_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "__version__", "2.13.7+cpu")
    assert counts.stored_in().name == "counts-torch-2.13.json"
    assert set(counts.stored()) == set(SHAPES)
    monkeypatch.setattr(torch, "__version__", "9.0.0")
    assert counts.stored() == {}


def test_the_least_bytes_are_data_matrices_and_sums_once() -> None:
    W, B3 = 784 * 50 + 50 * 20 + 20 * 10, 20 * 10
    S, Q = 50 * 20 + 20 * 10, 20 * 20 + 10 * 10
    assert minimal_bytes(SHAPES["A1"]) == 4 * (W + B3 + 32 * 794) + 16 * (S + Q)
    more = minimal_bytes(replace(SHAPES["B1"], data=33)) - minimal_bytes(SHAPES["B1"])
    assert more == 4 * 2 * 784
    deep, shallow = (Shape(widths, "tanh", 1, 1) for widths in ((1, 300, 300, 1), (1, 300, 1)))
    assert (
        minimal_bytes(deep) - minimal_bytes(shallow) == 4 * (300 * 300 + 300) + 2 * 4 * 2 * 300 * 300
    )  # W^2, B^3; S^1, Q^1
