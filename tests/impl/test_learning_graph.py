"""The step in place is the step: on a processor as it stands, on a card as a graph."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from impl import InvalidInput
from impl.learning import (
    SGD,
    Adam,
    Descent,
    Fixed,
    Learned,
    Method,
    Normalised,
    Perturbation,
    Projected,
    Ridge,
    Runs,
    Whitening,
    advance,
    kolen_pollack,
    path_of,
    step,
    weight_mirror,
)
from impl.learning.graph import graph_needs, in_graphs
from tests.impl.learning_cases import NET

WEIGHTS = SGD(0.05)
METHODS = (
    Method(WEIGHTS, Learned("perturbation", Descent(0.05)), Perturbation(0.01, "gaussian"), frozen=3),
    Method(WEIGHTS, Learned("surprise", Normalised(0.5)), Perturbation(0.01, "hadamard", two_sided=True)),
    Method(WEIGHTS, Fixed(), wiring="DFA", activation_noise=0.1, input_noise=0.1),
    Method(Adam(0.01), frozen=2),
    kolen_pollack(0.05, 0.01),
    weight_mirror(WEIGHTS, 0.01),
)
CARD = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
DEVICES = {"cpu": 0.0, "cuda": 1e-11}
"""By device, what its products may differ by from one call to another."""


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=CARD)])
def test_updates_in_place_are_those_of_the_step(device):
    """Across the moments at which weights thaw, in one call or in two."""
    runs = Runs(NET, METHODS, (0, 4))
    source = torch.Generator().manual_seed(0)
    x, y = (torch.randn(20, n, generator=source, dtype=torch.float64).to(device) for n in (5, 3))
    rows = torch.randint(20, (7, 4), generator=source)
    state = expected = runs.start(torch.float64, device)
    before = {name: tensor.clone() for name, tensor in state.tensors().items()}
    for own in rows:
        expected = step(runs, expected, x[own], y[own])
    whole = in_graphs(runs, state, x, y, rows)
    cut = in_graphs(runs, in_graphs(runs, state, x, y, rows[:4]), x, y, rows[4:])
    for found in (whole, cut):
        assert found.update == 7
        for name, tensor in found.tensors().items():
            right = expected.tensors()[name]
            assert torch.allclose(tensor, right, rtol=DEVICES[device], atol=DEVICES[device])
    assert all(torch.equal(tensor, before[name]) for name, tensor in state.tensors().items())


SOLVED = {
    "ridge": Ridge(0.1),
    "projected": Projected(),
    "whitened": Normalised(0.1, whitening=Whitening()),
}


@pytest.mark.parametrize("fit", SOLVED.values(), ids=SOLVED)
def test_what_solves_equations_goes_on_without_a_graph(fit):
    runs = Runs(NET, (Method(WEIGHTS, Learned("surprise", fit), Perturbation(0.01)),), (0,))
    meta = replace(runs.start(), weights=tuple(w.to("meta") for w in runs.start().weights))
    assert graph_needs(runs, meta) == "a CUDA device"
    assert path_of(runs, runs.start(torch.float64), 4) == "eager"


def test_a_graph_needs_a_card():
    runs = Runs(NET, METHODS, (0,))
    state = runs.start()
    x, y, rows = torch.zeros(4, 5), torch.zeros(4, 3), torch.zeros(1, 2, dtype=torch.int64)
    with pytest.raises(InvalidInput, match="path is 'graph'; expected 'eager': this one needs a CUDA device"):
        advance(runs, state, x, y, rows, path="graph")
