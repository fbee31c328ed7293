"""From every (datum, atom) pair as one sample, a subject's own methods return the limit itself."""

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from proofs_check.subject.checked import SubjectNetwork
from proofs_check.subject.pipeline import fitted_feedback
from proofs_check.subject.subjects import LocalSubject
from tests.numpy_subject import NumpySubject

pytestmark = pytest.mark.definition

RNG = np.random.default_rng(20)
X, Y = torch.tensor(RNG.normal(size=(7, 3))), torch.tensor(RNG.normal(size=(7, 3)))
LINEAR = SubjectNetwork(
    tuple(torch.tensor(RNG.normal(size=shape)) for shape in [(2, 3), (2, 2), (3, 2)]),
    ("identity",) * 3,
    "mse",
)
CURVED = SubjectNetwork(LINEAR.weights, ("tanh", "sigmoid", "identity"), "logcosh")


def factorial(values):
    """Every combination of these values for the 2 + 2 hidden units, as one tensor per hidden layer."""
    table = torch.tensor(list(product(values, repeat=4)), dtype=torch.float64)
    return [table[:, :2], table[:, 2:]]


SIGNS = factorial([-1.0, 1.0])


def fit(network, rule="FA", atoms=SIGNS, probabilities=None, c=0.3, subject=None, **rows):
    carried = {"FA": [1, 2], "DFA": [2, 2]}[rule]
    how = (probabilities, c, rule, carried)
    return fitted_feedback(subject or NumpySubject(), network, X, Y, atoms, *how, **rows)


def close(found, expected):
    return all(torch.allclose(a, b, rtol=1e-9, atol=1e-11) for a, b in zip(found, expected, strict=True))


def test_in_a_linear_network_symmetric_noise_recovers_the_weights_at_any_c():
    assert close(fit(LINEAR), LINEAR.weights[1:])


def test_direct_feedback_recovers_the_products_of_the_weights():
    _, second, third = LINEAR.weights
    assert close(fit(LINEAR, "DFA"), [third @ second, third])


def test_in_a_curved_network_it_does_not():
    assert not close(fit(CURVED), CURVED.weights[1:])


def test_probabilities_are_the_same_as_repeated_atoms():
    law = {2.0: 0.2, -0.5: 0.8}
    probabilities = torch.tensor([np.prod(p) for p in product(law.values(), repeat=4)])
    weighted = fit(CURVED, atoms=factorial(list(law)), probabilities=probabilities)
    assert close(weighted, fit(CURVED, atoms=factorial([2.0, -0.5, -0.5, -0.5, -0.5])))


def test_equal_probabilities_are_the_same_as_none():
    assert close(fit(CURVED, probabilities=torch.full((16,), 1 / 16)), fit(CURVED))


@pytest.mark.parametrize("rows_per_call", [1, 33, 10**6])
def test_the_result_does_not_depend_on_the_rows_of_a_call(rows_per_call):
    assert close(fit(CURVED, rows_per_call=rows_per_call), fit(CURVED))


class Recording(NumpySubject):
    """Keeps the feedback it was given."""

    def __init__(self):
        self.given = []

    def error_signals(self, network, feedback, x, y, rule):
        self.given.append([matrix.clone() for matrix in feedback])
        return super().error_signals(network, feedback, x, y, rule)


@pytest.mark.parametrize(("rule", "shapes"), [("FA", [(2, 2), (3, 2)]), ("DFA", [(3, 2), (3, 2)])])
def test_the_top_layer_comes_first_and_what_is_not_fitted_yet_is_zero(rule, shapes):
    subject = Recording()
    fitted = fit(CURVED, rule, subject=subject)
    first, second = subject.given
    assert [tuple(matrix.shape) for matrix in first] == [tuple(matrix.shape) for matrix in second] == shapes
    assert not any(matrix.any() for matrix in first)
    assert not second[0].any()
    assert torch.equal(second[1], fitted[1])


def test_a_subject_asked_with_arrays_answers_the_same():
    subject = LocalSubject(NumpySubject)
    network = SimpleNamespace(
        weights=[weight.numpy() for weight in CURVED.weights],
        activations=CURVED.activations,
        loss=CURVED.loss,
    )
    found = subject.fitted_feedback(
        network, X.numpy(), Y.numpy(), [atom.numpy() for atom in SIGNS], None, 0.3, "FA"
    )
    assert all(np.array_equal(a, b.numpy()) for a, b in zip(found, fit(CURVED), strict=True))
