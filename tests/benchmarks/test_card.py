"""What a graphics card reaches: at small sizes on the CPU; the recorded step where there is a card."""

from dataclasses import replace

import pytest
import torch

from benchmarks import card
from benchmarks.card import UNITS, epilogue, main, replayed, signs
from benchmarks.cases import SHAPES, make_step
from impl.counter_noise import counted_noise
from impl.kernels.compiled import compiling_needs

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")  # inside its compiler
needs_compiler = pytest.mark.skipif(compiling_needs("cpu") is not None, reason="no C++ compiler here")
needs_card = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")


@needs_compiler
def test_the_fills_are_those_of_the_kernels() -> None:
    samples = torch.arange(50)
    expected = counted_noise((UNITS, 1), samples, "rademacher", 1, 0, dtype=torch.float32)[0]
    assert torch.equal(signs(UNITS, 50, "cpu")().view(UNITS, 50), expected)
    source = torch.Generator().manual_seed(0)
    a = torch.randn(1, 3, 1, generator=source).double()
    u = torch.randn(1, 3, 1, 50, generator=source).double()
    c = torch.tensor(1e-3).double()
    expected = (torch.sigmoid(a[..., None] + c * u) - torch.sigmoid(a[..., None])) / c
    assert (epilogue(3, 50, "cpu")() - expected).norm() <= 1e-6 * expected.norm()


@needs_compiler
def test_each_figure_is_of_what_it_is_said_to_be_of(monkeypatch) -> None:
    """From times that are given: a copy moves 8 bytes a number, signs 4, a difference 8."""
    seconds = {"copy": 8.0, "signs": 5.0, "difference": 10.0, "products": 2.0, "step": 3.0}
    seconds |= {"eager": 6.0, "replayed": 2.0}

    def given(functions, *_):
        for function in functions.values():
            function()
        return {name: [seconds[name]] * 5 for name in functions}

    monkeypatch.setattr(card, "interleaved", given)
    assert card.fills("cpu", 256) == {"signs": 0.8, "difference": 0.8}
    few = replace(SHAPES["C2"], widths=(8, 16, 16, 4))
    assert card.wide("cpu", "full", {"C2": few}) == {"C2": 1.5}
    lasting = iter([4.0, 2.0])
    monkeypatch.setattr(card, "shortest", lambda *_: next(lasting))
    assert card.stream("cpu", 4096, data=2, few=1) == {"samples a second": 1024, "times naive": 2.0}
    monkeypatch.setattr(card, "make_step", lambda *_: lambda: None)
    monkeypatch.setattr(card, "replayed", lambda step: step)
    assert card.replay() == {"A1": pytest.approx(1 / 3)}


def test_without_a_card_there_is_one_clear_error(monkeypatch, capsys) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert main([]) == 2
    assert "no CUDA device here" in capsys.readouterr().err


@needs_card
def test_a_recorded_step_adds_what_the_step_adds() -> None:
    step = make_step(SHAPES["A1"], "eager", "cuda")
    replay = replayed(step)
    dropped = replayed(make_step(SHAPES["A2"], "eager", "cuda"))  # keeps what its step worked on
    before = [total.clone() for total in step().tensors]
    replay(), dropped()
    torch.cuda.synchronize()
    after = [total.clone() for total in step().tensors]
    one = make_step(SHAPES["A1"], "eager", "cuda")
    first = [total.clone() for total in one().tensors]  # two steps: one was taken to warm up
    for later, earlier, two in zip(after, before, first, strict=True):
        assert torch.allclose(later - earlier, two, rtol=1e-6)
