"""The matrices that Coq certifies are those of `theory` and of `impl`."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from impl import Network, Reference
from proofs_check.formal import bridge, build
from proofs_check.formal.bridge import Case
from theory.exact.population import to_floats

CASES = {case.name: case for case in bridge.cases()}


def test_coq_certifies_what_theory_computes_today() -> None:
    assert (build.SOURCES / "Bridge.v").read_text(encoding="utf-8") == bridge.text(bridge.cases())


@pytest.mark.parametrize("name", CASES)
def test_the_certified_matrices_differ_from_the_weights(name: str) -> None:
    # otherwise they would say nothing about the estimator at this c
    case = CASES[name]
    for fitted, weight in zip(case.feedback, case.problem.network.weights[1:], strict=True):
        assert fitted != weight


@pytest.mark.parametrize("name", CASES)
def test_the_implementation_computes_the_certified_matrices(name: str) -> None:
    case = CASES[name]
    for fitted, exact in zip(_by_the_reference(case), case.feedback, strict=True):
        expected = np.array(to_floats(exact))
        assert np.abs(fitted.numpy() - expected).max() <= 1e-9 * np.abs(expected).max()


def _by_the_reference(case: Case) -> list[torch.Tensor]:
    """Every (datum, atom) pair is one sample, scaled by the root of its probability before the fit."""
    tensor = lambda rows: torch.tensor([[float(v) for v in row] for row in rows], dtype=torch.float64)  # noqa: E731
    atoms = case.noise()
    network = Network([tensor(w) for w in case.weights], list(case.activations), case.loss)
    x, y = (tensor(rows).repeat_interleave(len(atoms), 0) for rows in (case.x, case.y))
    noise = [tensor([atom[i] for atom in atoms]).repeat(len(case.x), 1) for i in range(case.hidden)]
    root = torch.tensor([float(p) for p in case.design.probabilities], dtype=torch.float64).sqrt()
    root = root.repeat(len(case.x))[:, None]
    subject = Reference()
    estimates = subject.gradient_estimates(network, x, y, noise, float(case.c))
    feedback = [torch.zeros_like(weight) for weight in network.weights[1:]]
    for k in reversed(range(case.hidden)):
        errors = subject.error_signals(network, feedback, x, y, "FA")[k + 1]
        feedback[k] = subject.fit_feedback(root * estimates[k], root * errors)
    return feedback
