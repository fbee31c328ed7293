"""The joint fit: as many loss differences as weights, and the weights are known."""

from __future__ import annotations

import pytest
import torch

from impl import InvalidInput
from impl.learning import Learned, Method, Projected, Start, joint_fit, observe, recover
from tests.impl.cases import normal
from tests.impl.learning_cases import NET, SHALLOW, STILL, minibatch, runs_of, small

UNKNOWNS = 4 * 6 + 3 * 4


def equations(samples, runs=2):
    """Errors and responses of two matrices, of three rows and two and two rows and four, and differences."""
    errors = [normal((runs, 3, samples), 1), normal((runs, 2, samples), 2)]
    responses = [normal((runs, 2, samples), 3), normal((runs, 4, samples), 4)]
    return errors, responses, normal((runs, samples), 5)


def written_out(errors, responses, run):
    """One row for every sample: all products of an error and a response, matrix by matrix."""
    pairs = list(zip(errors, responses, strict=True))
    return torch.stack(
        [
            torch.cat([torch.kron(e[run, :, t], v[run, :, t]) for e, v in pairs])
            for t in range(errors[0].shape[2])
        ]
    )


@pytest.mark.parametrize("dense", [True, False, None])
@pytest.mark.parametrize("samples", [9, 14, 40])
def test_a_joint_fit_is_the_least_squares_of_all_matrices_of_minimum_norm(samples, dense):
    """14 unknowns, from fewer equations, as many, and more."""
    errors, responses, y = equations(samples)
    found = joint_fit(errors, responses, y, dense=dense)
    for run in range(2):
        expected = torch.linalg.pinv(written_out(errors, responses, run)) @ y[run]
        solution = torch.cat([B[run].flatten() for B in found])
        torch.testing.assert_close(solution, expected, rtol=1e-7, atol=1e-8)
    assert [tuple(B.shape) for B in found] == [(2, 3, 2), (2, 2, 4)]


def observed(architecture, samples, c, start=None, **law):
    method = Method(STILL, Learned("surprise", Projected()), small(c, **law), start=start or Start())
    runs = runs_of(method, architecture=architecture, seeds=(3, 4))
    state = runs.start(torch.float64)
    return observe(runs, state, *minibatch(architecture, samples=samples))[0], state


def distance(found, state):
    """The largest relative error of any matrix of any run."""
    weights = [w[..., :-1] for w in state.weights[1:]]
    return max(
        float((B[run] - w[run]).norm() / w[run].norm())
        for B, w in zip(found, weights, strict=True)
        for run in range(2)
    )


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("law", ["rademacher", "gaussian"])
def test_every_weight_is_recovered_and_the_size_of_the_noise_leaves_no_trace(law, two_sided):
    """36 weights above two hidden layers, from 60 differences, to 1e-12 at c = 1e-2."""
    seen, state = observed(NET, 60, 1e-2, law=law, two_sided=two_sided)
    assert distance(recover(seen), state) < 1e-12
    assert distance(seen.feedback, state) > 0.5


def test_fewer_differences_than_weights_do_not_tell_them():
    seen, state = observed(NET, UNKNOWNS - 3, 1e-2)
    assert distance(recover(seen, steps=5), state) > 1e-3


def test_a_fit_that_leads_too_far_is_shortened():
    """From feedback ten times as large; whole fits go astray."""
    seen, state = observed(NET, 120, 1e-2, start=Start(feedback_gain=10.0))
    assert distance(recover(seen, steps=60), state) < 1e-12


def test_one_matrix_is_known_from_exactly_as_many_differences_as_it_has_entries():
    for samples, known in ((12, True), (11, False)):
        seen, state = observed(SHALLOW, samples, 1e-3, law="gaussian", two_sided=True)
        assert (distance(recover(seen), state) < 1e-9) == known


def test_steps_stop_where_nothing_moves_any_more():
    seen, _ = observed(NET, 60, 1e-2)
    assert all(map(torch.equal, recover(seen, steps=40), recover(seen, steps=200)))
    assert not torch.equal(recover(seen, steps=1)[0], recover(seen, steps=200)[0])
    assert not torch.equal(recover(seen, tolerance=1e9)[0], recover(seen, steps=200)[0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: joint_fit([], [], torch.zeros(3)), "the shape of differences is (3,); expected (R, T)."),
        (
            lambda: joint_fit([torch.zeros(1, 2, 4)], [torch.zeros(1, 2, 5)], torch.zeros(1, 5)),
            "the shape of errors[0] is (1, 2, 4); expected (1, at least 1, 5).",
        ),
        (
            lambda: joint_fit([torch.zeros(1, 2, 5)], [torch.zeros(2, 5)], torch.zeros(1, 5)),
            "the shape of responses[0] is (2, 5); expected (1, at least 1, 5).",
        ),
        (lambda: recover(observed(NET, 6, 0.1)[0], 0), "steps is 0; expected an integer with 1 <= steps."),
        (
            lambda: recover(_seen(torch.float32)),
            "the dtype of seen is torch.float32; expected torch.float64.",
        ),
        (lambda: recover(_unperturbed()), "the perturbation of seen is None; expected one."),
        (lambda: recover(_seen(wiring="DFA")), "the wiring of seen is 'DFA'; expected 'FA'."),
    ],
)
def test_what_does_not_fit_is_one_clear_error(call, message):
    with pytest.raises(InvalidInput) as caught:
        call()
    assert str(caught.value) == message


def _unperturbed():
    runs = runs_of(Method(STILL))
    return observe(runs, runs.start(torch.float64), *minibatch())[0]


def _seen(dtype=torch.float64, wiring="FA"):
    runs = runs_of(Method(STILL, Learned("surprise", Projected()), small(), wiring))
    return observe(runs, runs.start(dtype), *minibatch(dtype=dtype))[0]
