"""The training step is compared with the same work: plain PyTorch that finds the same, and its products."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks import training_step
from benchmarks.plain_step import plain
from benchmarks.training_step import BATCH, WORKS, images, main, products
from impl.learning import SGD, Architecture, Runs, Transported, step
from impl.learning.noise import PERTURBATION

NET = Architecture((7, 6, 5, 4), ("sigmoid", "tanh", "identity"))
METHODS = {
    f"{name}, {label}": method for name, work in WORKS.items() for label, method in work.methods.items()
}


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_plain_pytorch_makes_the_same_update(method):
    """In float64, where losses may be subtracted: 1e-6 of the values, which c divides."""
    perturbation = method.perturbation and replace(method.perturbation, c=1e-2)
    method = replace(method, weights=SGD(0.1), perturbation=perturbation)
    runs = Runs(NET, (method,), (3,))
    state = runs.start(torch.float64)
    source = torch.Generator().manual_seed(1)
    x, y = (torch.randn(6, n, generator=source, dtype=torch.float64) for n in (7, 4))
    after = step(runs, state, x, y)
    law = perturbation.law if perturbation else "rademacher"
    noise = runs.noise(NET.hidden, law, PERTURBATION, 0, x, 6) if perturbation else ()
    weights, biases = ([part(W[0]).clone() for W in state.weights] for part in (inner, last))
    transported = isinstance(method.feedback, Transported)
    feedback = weights[1:] if transported else [B[0].clone() for B in state.feedback]
    plain(NET, method, weights, biases, feedback, x, y, [layer[0].T for layer in noise])
    for found, expected in zip(
        (*weights, *biases, *feedback),
        (
            *map(inner, (W[0] for W in after.weights)),
            *(last(W[0]) for W in after.weights),
            *(B[0] for B in after.feedback),
        ),
        strict=True,
    ):
        assert torch.allclose(found, expected, rtol=1e-6, atol=1e-9)


def inner(W):
    return W[:, :-1]


def last(W):
    return W[:, -1]


@pytest.mark.parametrize("name", WORKS)
def test_products_are_those_of_an_update(name):
    """Two flops each: W forward and its gradient of all runs, errors down; perturbed pass and B's update."""
    work = WORKS[name]
    n0, n1, *upper = work.architecture.widths
    pairs = list(zip((n1, *upper), upper, strict=False))
    perturbed = work.seeds * sum(m.perturbation is not None for m in work.methods.values())
    expected = 4 * work.count * n1 * (n0 + 1) * BATCH
    expected += sum(
        work.count * 2 * BATCH * m * (2 * (n + 1) + n) + perturbed * 4 * BATCH * m * n for n, m in pairs
    )
    with FlopCounterMode(display=False) as counted:
        products(work, left_out=False)()
    assert counted.get_total_flops() == expected


def test_the_images_have_as_many_zeros_as_mnist():
    """There 19.1 % of the pixels are not zero, and of the 784 on average 457 in 32 images together."""
    x, y = images(WORKS["figure 2"])
    assert 0.18 < float((x != 0).double().mean()) < 0.20
    seen = (x[:1984].view(62, 32, 784) != 0).any(1).double().sum(1).mean()
    assert 435 < float(seen) < 475
    assert y.sum(1).eq(1).all()


def test_the_command_prints_ratios(monkeypatch, capsys):
    few = {"figure 2": replace(WORKS["figure 2"], seeds=1)}
    monkeypatch.setattr(training_step, "WORKS", few)
    threads = torch.get_num_threads()
    try:
        assert main(["--updates", "2", "--rounds", "1", "--json"]) == 0
        found = json.loads(capsys.readouterr().out)
        assert main(["--updates", "2", "--rounds", "1"]) == 0
    finally:
        torch.set_num_threads(threads)
    work = found["works"]["figure 2"]
    assert work["runs"] == 7
    assert work["step / products"] > 0
    assert "step / products" in capsys.readouterr().out
