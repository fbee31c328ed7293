"""The rules for feedback, each against its formula, its invariants and its fixed points."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from impl import (
    InvalidInput,
    control_variate_estimates,
    error_signals,
    fit_feedback,
    gradient_estimates,
    hidden_gradients,
    synthetic_gradients,
)
from impl.learning import (
    SGD,
    Adam,
    Architecture,
    Descent,
    Learned,
    Method,
    Normalised,
    Only,
    Perturbation,
    Projected,
    Ridge,
    WeightMirror,
    Whitening,
    backpropagation,
    corrected,
    kolen_pollack,
    matched,
    node_perturbation,
    perturbation_alone,
    step,
    surprise_rule,
    weight_mirror,
)
from impl.learning.noise import MIRROR, noise_of_seeds
from tests.impl.cases import normal
from tests.impl.learning_cases import (
    EXACT,
    NET,
    SAMPLES,
    SHALLOW,
    STILL,
    at_weights,
    minibatch,
    network,
    noise_at,
    runs_of,
    silent,
    small,
)

pytestmark = pytest.mark.definition

DEEP_LINEAR = Architecture((5, 6, 4, 3), ("tanh", "identity", "identity"))


def one_step(method, architecture=NET, *, change=silent, x=None, y=None):
    """The feedback before and after one step of one run, what impl says of that minibatch, and the state."""
    runs = runs_of(method, architecture=architecture)
    state = change(silent(runs.start(torch.float64)))
    given = minibatch(architecture)
    x, y = given if x is None else (x, y)
    before = [matrix[0] for matrix in runs.feedback(state, 0)]
    after = [matrix[0] for matrix in runs.feedback(step(runs, state, x, y), 0)]
    return before, after, (network(architecture, state), x, y), state


def surprise_and_errors(before, net, x, y, noise, c=0.1, wiring="FA"):
    """s (T,), the error signals that each B is applied to, as rows, by impl."""
    guesses = synthetic_gradients(net, before, x, y, wiring)
    estimates = gradient_estimates(net, x, y, noise, c)
    difference = (estimates[0] * noise[0]).mean(1)  # signs: xi * xi = 1
    s = difference - sum((g * xi).sum(1) for g, xi in zip(guesses, noise, strict=True))
    signals = error_signals(net, before, x, y, wiring)
    return s, signals[1:] if wiring == "FA" else signals[-1:] * len(before)


@pytest.mark.parametrize("wiring", ["FA", "DFA"])
def test_the_surprise_rule_is_descent_towards_the_control_variate(wiring):
    before, after, problem, state = one_step(surprise_rule(STILL, Descent(0.02), small(0.1), wiring=wiring))
    net, x, y = problem
    guesses = synthetic_gradients(net, before, x, y, wiring)
    targets = control_variate_estimates(net, x, y, noise_at(NET, state), 0.1, guesses)
    _, errors = surprise_and_errors(before, net, x, y, noise_at(NET, state), wiring=wiring)
    for B, moved, e, target in zip(before, after, errors, targets, strict=True):
        torch.testing.assert_close(moved, B - 0.02 * e.T @ (e @ B - target), **EXACT)


def test_several_draws_are_as_many_fits_and_then_weights_move_along_the_last_feedback():
    """The paper's rule, B <- B - rate e^T (e B - lambda-hat), draw after draw, each with its errors."""
    method = node_perturbation(SGD(0.1), 0.02, small(0.1, draws=3))
    before, after, (net, x, y), state = one_step(method)
    feedback = list(before)
    for draw in (2, 1, 0):
        carrying = list(feedback)
        estimates = gradient_estimates(net, x, y, noise_at(NET, state, draw=draw), 0.1)
        errors = error_signals(net, carrying, x, y, "FA")
        feedback = [
            B - 0.02 * e.T @ (e @ B - target)
            for B, e, target in zip(carrying, errors[1:], estimates, strict=True)
        ]
    torch.testing.assert_close(after, feedback, **EXACT)
    moved = step(runs_of(method), silent(runs_of(method).start(torch.float64)), x, y).weights[0][0, :, :-1]
    torch.testing.assert_close(moved, net.weights[0] - 0.1 * errors[0].T @ x, **EXACT)


@pytest.mark.parametrize("share", ["common", "equal"])
def test_a_normalised_step_divides_each_sample_by_its_own_size(share):
    before, after, problem, state = one_step(surprise_rule(STILL, Normalised(0.7, share), small(0.1)))
    noise = noise_at(NET, state)
    s, errors = surprise_and_errors(before, *problem, noise)
    expected = [B.clone() for B in before]
    for t in range(SAMPLES):
        sizes = [xi.shape[1] * e[t].square().sum() for e, xi in zip(errors, noise, strict=True)]
        for k, (e, xi) in enumerate(zip(errors, noise, strict=True)):
            nu = sum(sizes) if share == "common" else len(sizes) * sizes[k]
            expected[k] += 0.7 * s[t] / nu * torch.outer(e[t], xi[t])
    torch.testing.assert_close(after, expected, **EXACT)


def test_a_measured_step_is_kaczmarz():
    """One matrix D = B - W, one sample: |D|^2 falls by rate (2 - rate) (e D xi)^2 / (|e|^2 |xi|^2)."""
    law = small(0.1, law="gaussian", two_sided=True)
    method = surprise_rule(STILL, Normalised(0.6, measured=True), law)
    x, y = (part[:1] for part in minibatch(SHALLOW))
    before, after, (net, _, _), state = one_step(method, SHALLOW, x=x, y=y)
    (xi,) = noise_at(SHALLOW, state, "gaussian", samples=1)
    W, (e,) = net.weights[1], error_signals(net, before, x, y, "FA")[1:]
    moved, start = (B[0] - W for B in (after, before))
    along = (e @ start @ xi.T).squeeze() ** 2 / (e.square().sum() * xi.square().sum())
    torch.testing.assert_close(
        moved.square().sum(), start.square().sum() - 0.6 * 1.4 * along, rtol=1e-11, atol=0.0
    )
    assert along > 1e-3 * start.square().sum()


def test_a_sample_without_error_moves_nothing():
    for fit in (
        Normalised(1.0),
        Normalised(1.0, "equal"),
        Projected(),
        Normalised(1.0, whitening=Whitening()),
    ):
        for power in (0.0, 1.0):
            runs = runs_of(surprise_rule(STILL, fit, small(0.1, power=power)))
            state = silent(runs.start(torch.float64))
            x, _ = minibatch()
            output = runs.signals(state, x, x[:, :3])[0].output[0].T.contiguous()
            after = step(runs, state, x, output)
            assert all(map(torch.equal, after.feedback, state.feedback))


def test_at_the_weights_a_surprise_vanishes_with_the_noise():
    """One-sided like c, two-sided like c^2; plain node perturbation goes on jumping."""
    moves = {}
    for two_sided in (False, True):
        for c in (1e-2, 1e-3):
            method = surprise_rule(STILL, Descent(1.0), small(c, two_sided=two_sided))
            before, after, _, _ = one_step(method, change=at_weights)
            moves[two_sided, c] = max(float((a - b).abs().max()) for a, b in zip(after, before, strict=True))
    assert 9 < moves[False, 1e-2] / moves[False, 1e-3] < 11
    assert 95 < moves[True, 1e-2] / moves[True, 1e-3] < 105
    before, after, _, _ = one_step(surprise_rule(STILL, Descent(1.0), small(1e-15)), change=at_weights)
    torch.testing.assert_close(after, before, **EXACT)
    before, after, _, _ = one_step(node_perturbation(STILL, 1.0, small(1e-15)), change=at_weights)
    assert not torch.allclose(after[0], before[0], atol=1e-2)


@pytest.mark.parametrize("two_sided", [False, True])
@pytest.mark.parametrize("architecture", [NET, DEEP_LINEAR, replace(NET, loss="cross_entropy")])
def test_at_the_weights_the_internal_model_is_never_surprised(architecture, two_sided):
    for c in (1e-3, 1.0, 30.0):
        law = small(c, two_sided=two_sided)
        method = surprise_rule(STILL, Descent(1.0), law, internal_model=True)
        before, after, _, _ = one_step(method, architecture, change=at_weights)
        torch.testing.assert_close(after, before, rtol=1e-11, atol=1e-11 * max(1.0, c))
    surprised = surprise_rule(STILL, Descent(1.0), small(30.0))
    before, after, _, _ = one_step(surprised, architecture, change=at_weights)
    assert not torch.allclose(after[0], before[0], atol=1e-3)


def test_the_internal_model_predicts_what_its_own_network_would_do():
    """s is what W makes of the loss minus what B would, both expanded at the clean pass."""
    method = surprise_rule(STILL, Descent(0.02), small(0.5), internal_model=True)
    before, after, (net, x, y), state = one_step(method, SHALLOW)
    (xi,), (B,), W = noise_at(SHALLOW, state), before, net.weights[1]
    e = error_signals(net, before, x, y, "FA")[1]
    differences = [
        (0.5 * (e + 0.5 * xi @ M.T).square().sum(1) - 0.5 * e.square().sum(1)) / 0.5 for M in (W, B)
    ]
    s = differences[0] - differences[1]
    torch.testing.assert_close(after[0], B + 0.02 * e.T @ (s[:, None] * xi), **EXACT)


def test_a_two_sided_difference_has_no_even_order():
    """With a quadratic loss it is the slope along the noise, at c = 10 as well."""
    for naive in (False, True):
        law = small(10.0, two_sided=True, naive=naive)
        before, after, (net, x, y), state = one_step(node_perturbation(STILL, 0.02, law), DEEP_LINEAR)
        noise, net_errors = noise_at(DEEP_LINEAR, state), error_signals(net, before, x, y, "FA")
        slope = sum(
            (g * xi).sum(1, keepdim=True) for g, xi in zip(hidden_gradients(net, x, y), noise, strict=True)
        )
        for B, moved, e, xi in zip(before, after, net_errors[1:], noise, strict=True):
            expected = B - 0.02 * e.T @ (e @ B - slope * xi)
            torch.testing.assert_close(moved, expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("loss", ["mse", "quartic", "logcosh", "cross_entropy"])
def test_differences_are_carried_and_naive_ones_subtracted(loss):
    """Both are one number at a moderate c; in float32 only the carried one keeps its digits as c falls."""
    architecture = replace(NET, loss=loss)
    pairs = {}
    for c, dtype in ((0.1, torch.float64), (1e-6, torch.float32)):
        for naive in (False, True):
            law = small(c, naive=naive)
            runs = runs_of(node_perturbation(STILL, 1.0, law), architecture=architecture)
            state = runs.start(dtype)
            pairs[c, naive] = step(runs, state, *minibatch(architecture, dtype=dtype)).feedback
    torch.testing.assert_close(pairs[0.1, False], pairs[0.1, True], rtol=1e-10, atol=1e-11)
    runs = runs_of(node_perturbation(STILL, 1.0, small(1e-6)), architecture=architecture)
    state = runs.start(torch.float64)
    rounded = runs.start(torch.float32)
    state = replace(
        state, **{k: tuple(t.double() for t in getattr(rounded, k)) for k in ("weights", "feedback")}
    )
    x, y = (part.double() for part in minibatch(architecture, dtype=torch.float32))
    exact = step(runs, state, x, y).feedback
    for B, carried, naive in zip(exact, pairs[1e-6, False], pairs[1e-6, True], strict=True):
        torch.testing.assert_close(carried.double(), B, rtol=3e-5, atol=3e-5)
        assert not torch.allclose(naive.double(), B, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("target", ["surprise", "internal model"])
def test_a_subtracted_difference_is_that_of_the_same_noisy_pass(target):
    """With noise on the activations of clean and perturbed pass alike, and whatever is expected of it."""
    moved = []
    for naive in (False, True):
        law = small(0.1, naive=naive)
        runs = runs_of(Method(STILL, Learned(target, Descent(0.1)), law, activation_noise=0.3))
        state = runs.start(torch.float64)
        moved.append(step(runs, state, *minibatch()).feedback)
        assert not torch.allclose(moved[-1][0], state.feedback[0], rtol=1e-3)
    torch.testing.assert_close(moved[0], moved[1], rtol=1e-10, atol=1e-11)


def test_the_size_of_the_noise_follows_the_error():
    """c_t = c |e_t|^power, sample by sample."""
    for power in (1.0, 1.5):
        before, after, (net, x, y), state = one_step(
            node_perturbation(STILL, 0.02, small(0.2, power=power)), NET
        )
        noise, signals = noise_at(NET, state), error_signals(net, before, x, y, "FA")
        expected = [B.clone() for B in before]
        for t in range(SAMPLES):
            c = 0.2 * float(signals[-1][t].norm()) ** power
            row = slice(t, t + 1)
            rows = gradient_estimates(net, x[row], y[row], [xi[row] for xi in noise], c)
            for k, (e, target) in enumerate(zip(signals[1:], rows, strict=True)):
                expected[k] -= 0.02 * e[row].T @ (e[row] @ before[k] - target)
        torch.testing.assert_close(after, expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("fit", [Descent(0.1), Normalised(0.5), Normalised(0.5, whitening=Whitening())])
def test_synthetic_gradients_rest_at_the_weights_and_only_there(fit):
    method = Method(STILL, Learned("gradient", fit))
    before, after, _, _ = one_step(method, change=at_weights)
    torch.testing.assert_close(after, before, **EXACT)
    before, after, _, _ = one_step(method)
    assert not any(torch.allclose(a, b) for a, b in zip(after, before, strict=True))


def test_synthetic_gradients_descend_to_the_true_gradient():
    before, after, (net, x, y), _ = one_step(Method(STILL, Learned("gradient", Descent(0.02))))
    true = error_signals(net, net.weights[1:], x, y, "FA")
    for B, moved, e, above, W in zip(
        before, after, error_signals(net, before, x, y, "FA")[1:], true[1:], net.weights[1:], strict=True
    ):
        torch.testing.assert_close(moved, B - 0.02 * e.T @ (e @ B - above @ W), **EXACT)


@pytest.mark.parametrize("target", ["perturbation", "surprise", "internal model", "gradient"])
@pytest.mark.parametrize("inside", [False, True])
def test_a_ridge_is_the_closed_form_of_all_samples(target, inside):
    """Against one least-squares fit of all errors and targets, rebuilt from the steps of plain descent."""
    law = None if target == "gradient" else small(0.1)
    runs = runs_of(Method(STILL, Learned(target, Ridge(0.3, inside)), law))
    probe = runs_of(Method(STILL, Learned(target, Descent(1.0)), law))
    state = silent(runs.start(torch.float64))
    S, V, count = [0.0, 0.0], [0.0, 0.0], 0
    for k in range(3):
        x, y = minibatch(seed=k)
        _, carried, _ = runs.signals(state, x, y)
        slopes = step(probe, replace(state, memories=((),)), x, y).feedback
        for at, (e, moved) in enumerate(zip(carried.errors[1:], slopes, strict=True)):
            V[at] = V[at] + e[0] @ e[0].T
            S[at] = S[at] + (moved - state.feedback[at])[0] + e[0] @ e[0].T @ state.feedback[at][0]
        count += SAMPLES
        state = step(runs, state, x, y)
        ridge = 0.3 * count if inside else 0.3
        for B, v, s in zip(state.feedback, V, S, strict=True):
            torch.testing.assert_close(
                (v + ridge * torch.eye(len(v), dtype=v.dtype)) @ B[0], s, rtol=1e-9, atol=1e-10
            )


def test_a_ridge_of_targets_is_fit_feedback():
    before, after, (net, x, y), state = one_step(
        Method(STILL, Learned("perturbation", Ridge(0.3)), small(0.1))
    )
    assert all(bool((B == 0).all()) for B in before)
    estimates = gradient_estimates(net, x, y, noise_at(NET, state), 0.1)
    signals = error_signals(net, before, x, y, "FA")
    expected = [fit_feedback(rows, e, 0.3) for rows, e in zip(estimates, signals[1:], strict=True)]
    torch.testing.assert_close(after, expected, rtol=1e-10, atol=1e-11)


def test_whitened_steps_are_those_of_the_moments_so_far():
    """C^{-1} e over its own size, with a running mean, a ridge that halves, then an exponential memory."""
    whitening = Whitening(ridge=0.4, floor=0.02, halving=SAMPLES, horizon=2.5 * SAMPLES)
    runs = runs_of(surprise_rule(STILL, Normalised(0.7, whitening=whitening), small(0.1)))
    state, moments = silent(runs.start(torch.float64)), [0.0, 0.0]
    for k in range(5):
        x, y = minibatch(seed=k)
        before, net, noise = [B[0] for B in state.feedback], network(NET, state), noise_at(NET, state)
        s, errors = surprise_and_errors(before, net, x, y, noise)
        fresh, ridge = max(1 / (k + 1), 1 / 2.5), max(0.4 * 0.5 ** (k + 1), 0.02)
        directions = []
        for at, e in enumerate(errors):
            moments[at] = (1 - fresh) * moments[at] + fresh * e.T @ e / SAMPLES
            C = moments[at] + ridge * moments[at].trace() / len(moments[at]) * torch.eye(
                len(moments[at]), dtype=e.dtype
            )
            directions.append(torch.linalg.solve(C, e.T).T)
        nu = sum(xi.shape[1] * (e * f).sum(1) for e, f, xi in zip(errors, directions, noise, strict=True))
        expected = [
            B + 0.7 * f.T @ ((s / nu)[:, None] * xi)
            for B, f, xi in zip(before, directions, noise, strict=True)
        ]
        state = step(runs, state, x, y)
        torch.testing.assert_close([B[0] for B in state.feedback], expected, rtol=1e-9, atol=1e-10)


@pytest.mark.parametrize("fit", [Normalised, Projected])
def test_whitened_steps_are_the_same_in_all_coordinates_of_the_errors(fit):
    """e' = A e, with W' and B' for W and B: after four steps B' is still A^{-T} B; unwhitened it is not."""
    A = normal((3, 3), 77) + 2 * torch.eye(3, dtype=torch.float64)
    inverse = torch.linalg.inv(A).T
    for whitening in (Whitening(ridge=0.0, floor=0.0), None):
        runs = runs_of(
            surprise_rule(STILL, fit(0.4, whitening=whitening), small(0.3, two_sided=True)),
            architecture=SHALLOW,
        )
        state = silent(runs.start(torch.float64))
        W = state.weights[1][..., :-1]
        other = replace(
            state,
            weights=(state.weights[0], torch.cat([inverse @ W, torch.zeros(1, 3, 1)], -1)),
            feedback=(inverse @ state.feedback[0],),
        )
        for k in range(4):
            x, y = minibatch(SHALLOW, seed=k)
            outputs = [runs.signals(one, x, y)[0].output[0].T for one in (state, other)]
            elsewhere = outputs[1] - (outputs[0] - y) @ A.T
            state, other = step(runs, state, x, y), step(runs, other, x, elsewhere)
        close = torch.allclose(other.feedback[0], inverse @ state.feedback[0], rtol=1e-8, atol=1e-9)
        assert close == (whitening is not None)


def test_a_projected_step_leaves_no_surprise_and_never_leads_away():
    """One matrix, differences without curvature: the equations are linear, and W solves them."""
    x, y = minibatch(SHALLOW)
    for rate, left in ((1.0, 0.0), (0.5, 0.5), (2.0, -1.0)):
        method = surprise_rule(STILL, Projected(rate, ridge=1e-13), small(0.3, two_sided=True))
        before, after, (net, _, _), state = one_step(method, SHALLOW)
        (xi,) = noise_at(SHALLOW, state)
        e, W = error_signals(net, before, x, y, "FA")[1], net.weights[1]
        expected = [((e @ (W - B[0])) * xi).sum(1) for B in (before, after)]
        torch.testing.assert_close(expected[1], left * expected[0], rtol=1e-8, atol=1e-9)
        assert (after[0] - W).norm() <= (before[0] - W).norm() * (1 + 1e-12)


@pytest.mark.parametrize("weights", [SGD(0.05), Adam(0.01)])
def test_matched_feedback_keeps_its_distance_from_the_weights(weights):
    runs = runs_of(matched(weights))
    state = runs.start(torch.float64)
    gaps = [w[..., :-1] - B for w, B in zip(state.weights[1:], state.feedback, strict=True)]
    for k in range(4):
        state = step(runs, state, *minibatch(seed=k))
    after = [w[..., :-1] - B for w, B in zip(state.weights[1:], state.feedback, strict=True)]
    torch.testing.assert_close(after, gaps, **EXACT)


@pytest.mark.parametrize("weights", [SGD(0.05, 0.25), Adam(0.01, decay=0.25)])
def test_with_decay_the_distance_falls_by_it_at_each_update(weights):
    """Beside a method without decay and the same rule for feedback."""
    runs = runs_of(Method(SGD(0.05), matched(weights).feedback), matched(weights), seeds=(1, 2))
    state = runs.start(torch.float64)
    for k in range(4):
        gaps = [w[..., :-1] - B for w, B in zip(state.weights[1:], state.feedback, strict=True)]
        state = step(runs, state, *minibatch(seed=k))
        after = [w[..., :-1] - B for w, B in zip(state.weights[1:], state.feedback, strict=True)]
        factor = torch.tensor([1.0, 1.0, 0.75, 0.75], dtype=torch.float64)[:, None, None]
        torch.testing.assert_close(after, [factor * gap for gap in gaps], **EXACT)
    assert kolen_pollack(0.05, 0.25).weights == SGD(0.05, 0.25)


def test_decay_is_of_the_weights_and_not_of_the_biases():
    runs = runs_of(kolen_pollack(0.0, 0.25))
    state = runs.start(torch.float64)
    after = step(runs, state, *minibatch())
    for before, moved in zip(state.weights, after.weights, strict=True):
        torch.testing.assert_close(moved[..., :-1], 0.75 * before[..., :-1], **EXACT)
        assert torch.equal(moved[..., -1], before[..., -1])


def test_a_weight_mirror_correlates_drive_and_response():
    architecture = Architecture((5, 6, 4, 3), ("tanh", "sigmoid", "identity"))
    before, after, (net, _, _), _ = one_step(weight_mirror(STILL, 0.3, 0.1, 0.5), architecture)
    drives = noise_of_seeds(architecture.hidden, SAMPLES, "gaussian", [3], 0, MIRROR, torch.float64)
    for k, (sigma, W) in enumerate(zip((torch.sigmoid, lambda a: a), net.weights[1:], strict=True)):
        xi = 0.5 * drives[k][0]
        response = sigma(W @ xi) - sigma(torch.zeros(()))
        torch.testing.assert_close(after[k], 0.9 * before[k] + 0.3 * response @ xi.T, **EXACT)


def test_a_weight_mirror_comes_to_point_along_the_weights():
    """A linear layer, 1,000 drives: the angle between B and W falls below 10 degrees (expected: 7)."""
    architecture = Architecture((5, 4, 3), ("tanh", "identity"))
    runs = runs_of(Method(STILL, WeightMirror(0.05, 0.05, 1.0)), architecture=architecture)
    state = silent(runs.start(torch.float64))
    x, y = minibatch(architecture, samples=50)
    for _ in range(60):
        state = step(runs, state, x, y)
    B, W = state.feedback[0].flatten(), state.weights[1][..., :-1].flatten()
    assert torch.cosine_similarity(B, W, dim=0) > 0.985


# -- no feedback


def test_perturbation_alone_follows_the_gradient_in_the_mean():
    """A linear network, two-sided differences, and noise that goes once through the whole fold-over design:
    the mean of all steps is the step of backpropagation, exactly.
    """
    architecture = Architecture((3, 4, 2, 2), ("identity", "identity", "identity"))
    noise = Perturbation(0.3, "hadamard", two_sided=True)
    runs = runs_of(perturbation_alone(SGD(0.1), noise), backpropagation(SGD(0.1)), architecture=architecture)
    start = runs.start(torch.float64)
    x, y = minibatch(architecture, samples=1)
    design = 16  # 6 units, twice the next power of two
    steps = [step(runs, replace(start, update=update), x, y).weights for update in range(design)]
    apart = []
    for layer in range(3):
        mean = torch.stack([weights[layer] for weights in steps]).mean(0)
        torch.testing.assert_close(mean[0], mean[1], rtol=1e-12, atol=1e-13)
        apart.append(bool((steps[0][layer][0] - mean[0]).abs().max() > 1e-3))
    assert apart == [True, True, False]  # the output layer has its own error


def test_perturbation_alone_is_the_noise_times_what_it_did():
    runs = runs_of(perturbation_alone(SGD(0.1), small(0.2, law="gaussian")), backpropagation(SGD(0.1)))
    state = silent(runs.start(torch.float64))
    x, y = minibatch()
    net, xi = network(NET, state), noise_at(NET, state, "gaussian")
    estimates = gradient_estimates(net, x, y, xi, 0.2)
    clean, _, _ = runs.signals(state, x, y)
    inputs = [clean.inputs[0], clean.inputs[1][0]]
    after = step(runs, state, x, y)
    for layer, sigma in enumerate(NET.sigmas[:2]):
        error = estimates[layer] * sigma.derivative(clean.pre_activations[layer][0]).T
        moved = state.weights[layer][0] - 0.1 * error.T @ inputs[layer].T
        torch.testing.assert_close(after.weights[layer][0], moved, **EXACT)
    torch.testing.assert_close(after.weights[2][0], after.weights[2][1], **EXACT)
    assert all(bool((B[0] == 0).all()) for B in after.feedback)


def test_a_corrected_rule_follows_the_gradient_in_the_mean_with_any_feedback():
    """As above, with random feedback that does not move; alone it leads elsewhere."""
    architecture = Architecture((3, 4, 2, 2), ("identity", "identity", "identity"))
    noise = Perturbation(0.3, "hadamard", two_sided=True)
    alone = surprise_rule(SGD(0.1), Descent(0.0), noise)
    runs = runs_of(corrected(alone), alone, backpropagation(SGD(0.1)), architecture=architecture)
    start = runs.start(torch.float64)
    x, y = minibatch(architecture, samples=1)
    after = [step(runs, replace(start, update=update), x, y) for update in range(16)]
    for layer in range(3):
        mean = torch.stack([state.weights[layer] for state in after]).mean(0)
        torch.testing.assert_close(mean[0], mean[2], rtol=1e-12, atol=1e-13)
        assert torch.allclose(mean[1], mean[2], atol=1e-3) == (layer == 2)


def test_a_correction_changes_no_feedback_and_vanishes_where_that_is_right():
    rule = surprise_rule(SGD(0.1), Normalised(0.5), small(1e-7))
    runs = runs_of(corrected(rule), rule)
    state = runs.start(torch.float64)
    after = step(runs, state, *minibatch())
    for B in after.feedback:
        torch.testing.assert_close(B[0], B[1], **EXACT)
    assert not torch.allclose(after.weights[0][0], after.weights[0][1], atol=1e-3)
    after = step(runs, at_weights(state), *minibatch())
    torch.testing.assert_close(after.weights[0][0], after.weights[0][1], rtol=0, atol=1e-6)
    with pytest.raises(InvalidInput, match="the target of rule is 'gradient'"):
        corrected(Method(SGD(0.1), Learned("gradient", Descent(0.1))))
    with pytest.raises(InvalidInput, match="the feedback of method is Transported"):
        corrected(backpropagation(SGD(0.1)))


def test_only_some_layers_move():
    runs = runs_of(backpropagation(Only(SGD(0.1), (2,))), backpropagation(SGD(0.1)))
    state = runs.start(torch.float64)
    after = step(runs, state, *minibatch())
    for layer, (now, before) in enumerate(zip(after.weights, state.weights, strict=True), 1):
        assert torch.equal(now[0], now[1] if layer == 2 else before[0])
    with pytest.raises(InvalidInput, match=r"the decay of rule is 0.1; expected 0"):
        Only(SGD(0.1, 0.1), (1,))
    with pytest.raises(InvalidInput, match=r"layers\[1\] is 0; "):
        Only(SGD(0.1), (1, 0))
