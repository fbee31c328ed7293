"""The step of many runs: every run is the formula of its method, alone or beside others."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from impl import ACTIVATIONS, LOSSES, InvalidInput, hidden_gradients, synthetic_gradients
from impl.learning import (
    SGD,
    Adam,
    Architecture,
    Descent,
    Fixed,
    Learned,
    Matched,
    Method,
    Normalised,
    Perturbation,
    Projected,
    Ridge,
    Runs,
    Start,
    Transported,
    WeightMirror,
    Whitening,
    backpropagation,
    feedback_alignment,
    forward,
    kolen_pollack,
    losses,
    matched,
    node_perturbation,
    ridge_feedback,
    step,
    surprise_rule,
    weight_mirror,
)
from impl.learning import (
    synthetic_gradients as trained_on_gradients,
)
from impl.online import RecursiveRidge, learn
from tests.impl.learning_cases import (
    EXACT,
    NET,
    SAMPLES,
    STILL,
    minibatch,
    network,
    noise_at,
    runs_of,
    silent,
    small,
)

W = SGD(0.05)
EVERY = (
    backpropagation(W),
    backpropagation(Adam(0.01)),
    feedback_alignment(W),
    feedback_alignment(W, "DFA"),
    node_perturbation(W, 0.02, small(0.1)),
    node_perturbation(W, 0.02, small(0.2)),
    node_perturbation(W, 0.02, small(0.1, law="gaussian"), "DFA"),
    ridge_feedback(W, small(0.1, law="uniform")),
    surprise_rule(W, Descent(0.02), small(0.1)),
    surprise_rule(W, Normalised(0.5), small(1e-3, naive=True)),
    surprise_rule(W, Normalised(0.5, "equal"), small(0.1, power=1.0, two_sided=True)),
    surprise_rule(W, Normalised(0.3, whitening=Whitening()), small(0.1, law="hadamard")),
    surprise_rule(W, Normalised(0.3), small(0.1), internal_model=True),
    surprise_rule(W, Projected(), small(0.1), wiring="DFA"),
    trained_on_gradients(W, 0.1),
    matched(W),
    kolen_pollack(0.05, 0.01),
    weight_mirror(W, 0.1, 0.01),
    Method(W, frozen=1, input_noise=0.3),
    Method(W, Fixed(), activation_noise=0.2),
    Method(W, Learned("surprise", Normalised(0.5)), small(0.1), activation_noise=0.2, start=Start(gain=0.5)),
)
"""One method of every kind."""


def trained(runs, updates=3, dtype=torch.float64):
    state = runs.start(dtype)
    for k in range(updates):
        state = step(runs, state, *minibatch(runs.architecture, seed=k, dtype=dtype))
    return state


@pytest.mark.parametrize("wiring", ["FA", "DFA"])
@pytest.mark.parametrize("rate", [0.0, 0.3])
def test_a_step_is_that_of_the_reference(wiring, rate):
    """Alignment and descent as in impl.online, whose rates are for means."""
    runs = runs_of(node_perturbation(SGD(0.2 / SAMPLES), rate / SAMPLES, small(0.1), wiring))
    state = silent(runs.start(torch.float64))
    x, y = minibatch()
    B = [matrix[0] for matrix in runs.feedback(state, 0)]
    moved, feedback = learn(
        network(NET, state), B, x, y, noise_at(NET, state), 0.1, rate=0.2, feedback_rate=rate, rule=wiring
    )
    after = step(runs, state, x, y)
    torch.testing.assert_close([w[0, :, :-1] for w in after.weights], list(moved.weights), **EXACT)
    torch.testing.assert_close([matrix[0] for matrix in runs.feedback(after, 0)], feedback, **EXACT)
    assert after.update == 1


def test_the_ridge_is_that_of_the_reference():
    runs = runs_of(ridge_feedback(STILL, small(0.1, law="gaussian"), 0.5))
    state = silent(runs.start(torch.float64))
    expected = RecursiveRidge(tuple(torch.zeros_like(matrix[0]) for matrix in state.feedback), 0.5)
    for k in range(3):
        x, y = minibatch(seed=k)
        expected = expected.after(network(NET, state), x, y, noise_at(NET, state, "gaussian"), 0.1)
        state = step(runs, state, x, y)
    torch.testing.assert_close(
        [matrix[0] for matrix in state.feedback], list(expected.feedback), rtol=1e-9, atol=1e-10
    )


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
def test_backpropagation_follows_the_gradient_of_the_summed_loss(activation, loss):
    output = "identity" if loss == "cross_entropy" else activation
    architecture = Architecture((4, 5, 3), (activation, output), loss)
    runs = runs_of(backpropagation(SGD(0.1)), architecture=architecture, seeds=(0, 5))
    state = runs.start(torch.float64)
    x, y = minibatch(architecture)
    leaves = [w.clone().requires_grad_() for w in state.weights]
    h = x.T.expand(2, -1, -1)
    for leaf, sigma in zip(leaves, architecture.sigmas, strict=True):
        h = sigma.value(leaf[..., :-1] @ h + leaf[..., -1:])
    total = torch.stack([LOSSES[loss].value(h[run].T, y).sum() for run in range(2)]).sum()
    slopes = torch.autograd.grad(total, leaves)
    after = step(runs, state, x, y)
    expected = [w - 0.1 * slope for w, slope in zip(state.weights, slopes, strict=True)]
    torch.testing.assert_close(list(after.weights), expected, rtol=1e-10, atol=1e-12)
    assert all(torch.equal(B, w[..., :-1]) for B, w in zip(after.feedback, after.weights[1:], strict=True))


def test_every_run_is_the_same_alone():
    """All methods and three seeds together, and each run by itself."""
    seeds = (0, 3, 2**32 - 1)
    together = Runs(NET, EVERY, seeds)
    state = trained(together)
    for k, method in enumerate(EVERY):
        for at, seed in enumerate(seeds):
            alone = Runs(NET, (method,), (seed,))
            single = trained(alone)
            run = together.place(k).start + at
            torch.testing.assert_close(
                [w[run] for w in state.weights], [w[0] for w in single.weights], **EXACT
            )
            torch.testing.assert_close(
                [B[at] for B in together.feedback(state, k)],
                [B[0] for B in alone.feedback(single, 0)],
                rtol=1e-10,
                atol=1e-11,
            )


def test_the_order_of_methods_changes_nothing():
    forwards, backwards = Runs(NET, EVERY, (1, 2)), Runs(NET, EVERY[::-1], (1, 2))
    one, other = trained(forwards, 2), trained(backwards, 2)
    for k in range(len(EVERY)):
        places = forwards.place(k), backwards.place(len(EVERY) - 1 - k)
        torch.testing.assert_close(
            [w[places[0]] for w in one.weights], [w[places[1]] for w in other.weights], **EXACT
        )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_resumed_run_is_the_same_bit_for_bit(dtype):
    runs = Runs(NET, EVERY, (0, 7))
    through = trained(runs, 4, dtype)
    half = trained(runs, 2, dtype)
    saved = {name: tensor.clone() for name, tensor in half.tensors().items()}
    state = runs.start(dtype).restored(2, saved)
    for k in (2, 3):
        state = step(runs, state, *minibatch(seed=k, dtype=dtype))
    assert state.update == through.update == 4
    found, expected = state.tensors(), through.tensors()
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert all(tensor.dtype == dtype for tensor in (*state.weights, *state.feedback, *state.direct))
    assert all(bool(tensor.isfinite().all()) for tensor in expected.values())


def test_what_was_given_stays_as_it_was():
    runs = Runs(NET, EVERY, (0, 7))
    state, (x, y) = trained(runs, 1), minibatch(seed=9)
    given = {**state.tensors(), "x": x, "y": y}
    copies = {name: tensor.clone() for name, tensor in given.items()}
    step(runs, state, x, y)
    assert all(torch.equal(given[name], copies[name]) for name in given)


def test_all_methods_of_a_seed_start_alike_and_hear_the_same_noise():
    methods = (
        backpropagation(W),
        feedback_alignment(W),
        node_perturbation(STILL, 1.0, small(0.1)),
        surprise_rule(STILL, Descent(1.0), small(0.1, two_sided=True)),
    )
    runs = Runs(NET, methods, (4, 5))
    state = runs.start(torch.float64)
    for k in range(1, 4):
        assert all(torch.equal(w[runs.place(k)], w[runs.place(0)]) for w in state.weights)
    assert not torch.equal(state.weights[0][0], state.weights[0][1])
    fed = [runs.feedback(state, k) for k in range(4)]
    assert all(map(torch.equal, fed[1], fed[2]))
    assert all(torch.equal(B, w[:2, :, :-1]) for B, w in zip(fed[0], state.weights[1:], strict=True))


def test_signals_are_the_synthetic_and_the_true_ones():
    runs = runs_of(feedback_alignment(W), feedback_alignment(W, "DFA"), backpropagation(W))
    state = silent(runs.start(torch.float64))
    x, y = minibatch()
    clean, carried, true = runs.signals(state, x, y)
    for k, wiring in enumerate(("FA", "DFA", "FA")):
        net, run = network(NET, state), runs.place(k).start
        B = [matrix[0] for matrix in runs.feedback(state, k)]
        expected = [g.T for g in synthetic_gradients(net, B, x, y, wiring)]
        torch.testing.assert_close([g[run] for g in carried.gradients], expected, **EXACT)
        expected = [g.T for g in hidden_gradients(net, x, y)]
        torch.testing.assert_close([g[run] for g in true.gradients], expected, **EXACT)
    found = losses(NET, clean, y.T)
    torch.testing.assert_close(found, 0.5 * (clean.output - y.T).square().sum(1), **EXACT)


def test_frozen_weights_stand_still_and_feedback_learns():
    runs = runs_of(
        Method(SGD(0.1, 0.1), Learned("gradient", Descent(0.1)), frozen=2),
        Method(Adam(0.1), Matched(), frozen=2),
    )
    start, state = runs.start(torch.float64), trained(runs, 2)
    assert all(map(torch.equal, start.weights, state.weights))
    assert not torch.equal(start.feedback[0][0], state.feedback[0][0])
    assert torch.equal(start.feedback[0][1], state.feedback[0][1])
    state = step(runs, state, *minibatch())
    assert not any(
        torch.equal(a[run], b[run])
        for a, b in zip(start.weights, state.weights, strict=True)
        for run in (0, 1)
    )


def test_adam_is_that_of_tensorflow():
    """Its first move is rate g / (|g| + epsilon sqrt(1 - b2) / ...): written out for two updates."""
    runs = runs_of(backpropagation(Adam(0.01, 0.8, 0.9, 1e-3)))
    state = runs.start(torch.float64)
    m, v, W1 = 0.0, 0.0, state.weights[0]
    for t in (1, 2, 3):
        x, y = minibatch(seed=t)
        clean, signals, _ = runs.signals(state, x, y)
        g = signals.errors[0] @ clean.inputs[0].T
        m, v = 0.8 * m + 0.2 * g, 0.9 * v + 0.1 * g * g
        W1 = W1 - 0.01 * (1 - 0.9**t) ** 0.5 / (1 - 0.8**t) * m / (v**0.5 + 1e-3)
        state = step(runs, state, x, y)
        torch.testing.assert_close(state.weights[0], W1, **EXACT)


def test_noise_on_inputs_and_activations_is_in_the_pass_and_not_in_the_target():
    """With vanishing noise the step is the clean one; with noise it is another."""
    quiet = Method(W, input_noise=1e-300, activation_noise=1e-300)
    noisy = (Method(W, input_noise=0.3), Method(W, activation_noise=0.3))
    runs = runs_of(Method(W), quiet, *noisy)
    state = trained(runs, 1)
    at = [[w[runs.place(k)] for w in state.weights] for k in range(4)]
    torch.testing.assert_close(at[0], at[1], **EXACT)
    assert not torch.allclose(at[0][0], at[2][0])
    assert not torch.allclose(at[0][1], at[3][1])
    h = torch.zeros(NET.widths[0], SAMPLES, dtype=torch.float64)
    jitter = tuple(torch.full((4, n, SAMPLES), 0.25, dtype=torch.float64) for n in NET.hidden)
    clean, moved = (forward(NET, state.weights, h, z) for z in (None, jitter))
    torch.testing.assert_close(
        moved.inputs[1], clean.inputs[1] + torch.tensor([[0.25]] * 6 + [[0.0]]), **EXACT
    )
    assert torch.equal(moved.pre_activations[0], clean.pre_activations[0])


def test_runs_go_on_under_another_method():
    """FA, then backpropagation: weights stay, feedback becomes the weights, updates count on."""
    first = Runs(NET, (feedback_alignment(W), feedback_alignment(W), feedback_alignment(W)), (0, 1))
    state = trained(first, 3)
    later = (backpropagation(Adam(0.01)), ridge_feedback(W, small()), trained_on_gradients(W, 0.1))
    then = Runs(NET, later, (0, 1)).continued(state)
    assert then.update == 3
    assert all(map(torch.equal, then.weights, state.weights))
    for B, w, old in zip(then.feedback, then.weights[1:], state.feedback, strict=True):
        assert torch.equal(B[:2], w[:2, :, :-1])
        assert bool((B[2:4] == 0).all())
        assert torch.equal(B[4:], old[4:])
    with pytest.raises(InvalidInput, match=r"^the shapes of state is "):
        Runs(NET, later, (0,)).continued(state)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: SGD(-1.0), "rate is -1.0; expected a finite number, 0 or above."),
        (lambda: SGD(0.1, 1.0), "decay is 1.0; expected a number from 0 up to, and without, 1."),
        (lambda: Adam(0.1, second=1.0), "second is 1.0; expected a number from 0 up to, and without, 1."),
        (lambda: Adam(0.1, epsilon=0.0), "epsilon is 0.0; expected a finite number above 0."),
        (lambda: Perturbation(0.0), "c is 0.0; expected a finite number above 0."),
        (lambda: Perturbation(0.1, power=-1), "power is -1; expected a finite number, 0 or above."),
        (lambda: Perturbation(0.1, "cauchy"), "law is 'cauchy'; expected one of gaussian, "),
        (lambda: Descent(float("nan")), "rate is nan; expected a finite number, 0 or above."),
        (lambda: Normalised(0.5, "half"), "share is 'half'; expected one of common, equal."),
        (lambda: Projected(ridge=0.0), "ridge is 0.0; expected a finite number above 0."),
        (lambda: Ridge(0.0), "ridge is 0.0; expected a finite number above 0."),
        (lambda: Whitening(floor=-1.0), "floor is -1.0; expected a finite number, 0 or above."),
        (lambda: Whitening(halving=0), "halving is 0; expected a finite number above 0."),
        (lambda: WeightMirror(0.1, 1.0), "decay is 1.0; expected a number from 0 up to, and without, 1."),
        (lambda: Learned("truth", Descent(1)), "target is 'truth'; expected one of perturbation, surprise, "),
        (
            lambda: Learned("perturbation", Projected()),
            "target is 'perturbation'; expected one of surprise, internal model.",
        ),
        (
            lambda: Learned("gradient", Normalised(1, measured=True)),
            "target is 'gradient'; expected one with noise",
        ),
        (
            lambda: Method(W, Transported(), wiring="DFA"),
            "wiring is 'DFA'; expected 'FA', because of the feedback rule Transported.",
        ),
        (lambda: Method(W, Fixed(), wiring="BP"), "wiring is 'BP'; expected one of FA, DFA."),
        (
            lambda: Method(W, Learned("surprise", Descent(1))),
            "perturbation is None; expected one",
        ),
        (lambda: Method(W, Fixed(), small()), "perturbation is given; expected None: "),
        (lambda: Method(W, frozen=-1), "frozen is -1; expected an integer with 0 <= frozen."),
        (lambda: Method(W, input_noise=-1), "input_noise is -1; expected a finite number, 0 or above."),
        (lambda: Start("cauchy"), "law is 'cauchy'; expected one of gaussian, truncated, uniform."),
        (lambda: Start(gain=(1.0, -1.0)), "gain[1] is -1.0; expected a finite number, 0 or above."),
        (
            lambda: runs_of(Method(W, start=Start(gain=(1.0,)))).start(),
            "the length of gain is 1; expected 3.",
        ),
        (lambda: Runs(NET, (), (0,)), "the length of methods is 0; expected 1 or more."),
        (lambda: Runs(NET, (Method(W),), ()), "the length of seeds is 0; expected 1 or more."),
        (lambda: Runs(NET, (Method(W),), (0, 0)), "seeds is (0, 0); expected each seed once."),
        (lambda: Runs(NET, (Method(W),), (-1,)), "seeds[0] is -1; expected an integer with 0 <= seeds[0] < "),
        (lambda: Runs(NET, (W,), (0,)), "methods[0] is SGD; expected a Method."),
        (lambda: Architecture((3, 2), ("tanh",)), "the length of widths is 2; expected 3 or more"),
        (lambda: Architecture((3, 2, 2), ("tanh", "sine")), "activations[1] is 'sine'; expected one of "),
        (
            lambda: Architecture((3, 2, 2), ("tanh", "tanh"), "cross_entropy"),
            "the output activation is 'tanh'; expected 'identity', because the loss is cross_entropy.",
        ),
        (lambda: _stepped(x=(SAMPLES, 4)), "the shape of x is (6, 4); expected (at least 1, 5)."),
        (lambda: _stepped(y=(5, 3)), "the shape of y is (5, 3); expected (6, 3)."),
        (lambda: _stepped(dtype=torch.float32), "the dtype of x is torch.float64; expected torch.float32."),
        (lambda: _restored("weights/0/0", None), "tensors['weights/0/0'] is missing; expected a tensor."),
        (
            lambda: _restored("weights/0/0", torch.zeros(1, dtype=torch.float64)),
            "the shape of tensors['weights/0/0'] is (1,); expected (1, 6, 6).",
        ),
        (lambda: _restored("other", torch.zeros(1)), "tensors['other'] is unknown; expected names of this "),
    ],
)
def test_what_does_not_fit_is_one_clear_error(call, message):
    with pytest.raises(InvalidInput) as caught:
        call()
    assert str(caught.value).startswith(message)


def _stepped(x=(SAMPLES, 5), y=(SAMPLES, 3), dtype=torch.float64):
    runs = runs_of(Method(W))
    return step(
        runs, runs.start(dtype), torch.zeros(x, dtype=torch.float64), torch.zeros(y, dtype=torch.float64)
    )


def _restored(name, tensor):
    state = runs_of(Method(W)).start(torch.float64)
    tensors = {k: v for k, v in state.tensors().items() if k != name}
    return state.restored(1, tensors if tensor is None else {**tensors, name: tensor})


def test_groups_join_neighbours_that_differ_only_in_the_size_of_the_noise():
    sizes = (1e-3, 1e-2, 1e-1)
    methods = tuple(node_perturbation(W, 0.02, small(c)) for c in sizes)
    runs = Runs(NET, (backpropagation(W), *methods, surprise_rule(W, Descent(0.02), small(0.1))), (0, 1))
    assert [(group.start, group.stop) for group in runs.feedback_groups] == [(0, 2), (2, 8), (8, 10)]
    assert [(group.start, group.stop) for group in runs.weight_groups] == [(0, 10)]
    assert replace(runs, seeds=(0,)).feedback_groups[1].stop == 4
