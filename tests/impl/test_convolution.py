"""Convolutional networks: passes and gradients are autograd's, rules those of dense networks, structured."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F

from impl import InvalidInput, convolution, learning
from impl.convolution import (
    Committed,
    Convolution,
    ConvolutionalArchitecture,
    ConvolutionalRuns,
    ConvolutionMap,
    Dense,
    DenseMap,
    MapObservation,
    carry,
    forward,
    losses,
    observe,
    pooled,
    pooled_difference,
    propagate,
    step,
    subtract,
    unpooled,
)
from impl.convolution.chance import Chance
from impl.convolution.committed import SecondPasses
from impl.learning import (
    SGD,
    Adam,
    Architecture,
    Descent,
    Fixed,
    Learned,
    Method,
    Normalised,
    Perturbation,
    Projected,
    Runs,
    Start,
    Whitening,
    backpropagation,
    feedback_alignment,
    kolen_pollack,
    matched,
    node_perturbation,
    surprise_rule,
    synthetic_gradients,
    weight_mirror,
)
from impl.learning.noise import DROPOUT, FRESH_DROPOUT, TWICE
from tests.impl.cases import normal

EXACT = {"rtol": 1e-11, "atol": 1e-12}
W = SGD(0.03)
NET = ConvolutionalArchitecture(
    (2, 6, 5), (Convolution(3), Convolution(4, 3, pooling=False), Convolution(2, 3), Dense(7, 0.5)), 3
)
TINY = ConvolutionalArchitecture((1, 3, 3), (Convolution(1, 3), Convolution(1, 3, pooling=False)), 2)
TINY_LINEAR = replace(TINY, layers=(Convolution(1, 3), Convolution(2, 3, pooling=False)))
POOLED = ConvolutionalArchitecture(
    (1, 4, 4), (Convolution(1, 3), Convolution(2, 3), Convolution(2, 3, pooling=False)), 2
)
CODES = ConvolutionalArchitecture((1, 6, 6), (Convolution(2, 3), Dense(5, 0.5), Dense(5, 0.5)), 3)
"""A network such as the authors' code has."""
EVERY = (
    backpropagation(W),
    backpropagation(Adam(0.01, epsilon=1e-5)),
    feedback_alignment(W),
    feedback_alignment(W, "DFA"),
    node_perturbation(W, 0.02, Perturbation(0.1)),
    node_perturbation(W, 0.02, Perturbation(0.1, "gaussian"), "DFA"),
    surprise_rule(W, Descent(0.02), Perturbation(0.1, power=1.0, two_sided=True)),
    surprise_rule(W, Normalised(0.5), Perturbation(1e-3, naive=True)),
    surprise_rule(W, Normalised(0.5, "equal"), Perturbation(0.1), internal_model=True),
    surprise_rule(W, Normalised(0.5, "equal"), Perturbation(0.1), wiring="DFA"),
    surprise_rule(W, Normalised(0.5), Perturbation(0.1, draws=3)),
    synthetic_gradients(W, 0.1, "DFA"),
    matched(W),
    kolen_pollack(0.05, 0.01),
    Method(W, frozen=1, input_noise=0.3),
    Method(W, Fixed(), activation_noise=0.2),
)
"""One method of every kind that there is for structure."""


def minibatch(architecture, samples=5, seed=0, dtype=torch.float64):
    """x and y; one-hot."""
    x = normal((samples, math.prod(architecture.shape)), 300 + seed, dtype)
    y = normal((samples, architecture.classes), 400 + seed, dtype)
    return x, F.one_hot(y.argmax(1), y.shape[1]).to(dtype)


def trained(runs, updates=2, dtype=torch.float64):
    state = runs.start(dtype)
    for k in range(updates):
        state = step(runs, state, *minibatch(runs.architecture, seed=k, dtype=dtype))
    return state


def weights_of(architecture, seed=3):
    """Entries that are not small, so that nothing looks linear."""
    return tuple(normal(shape, seed + k, torch.float64) for k, shape in enumerate(architecture.weight_shapes))


# -- maps and pooling


@pytest.mark.parametrize(
    "map_",
    [ConvolutionMap((2, 5, 4), 3, 3), ConvolutionMap((1, 3, 6), 2, 5), DenseMap((2, 3, 4), 5)],
    ids=repr,
)
def test_a_map_its_transpose_and_its_outer_product_are_autograds(map_):
    h = normal((4, *map_.given), 1, torch.float64).requires_grad_()
    weights = normal((map_.rows, map_.columns + 1), 2, torch.float64).requires_grad_()
    e = normal((4, *map_.made), 3, torch.float64)
    if isinstance(map_, DenseMap):
        a = h.flatten(1) @ weights[:, :-1].T + weights[:, -1]
    else:
        kernels = weights[:, :-1].reshape(map_.rows, map_.given[0], map_.size, map_.size)
        a = F.conv2d(h, kernels, weights[:, -1], padding="same")
    down, slope = torch.autograd.grad(a, (h, weights), e)
    with torch.no_grad():
        inner = weights[:, :-1]
        torch.testing.assert_close(map_.applied(weights, h), a, **EXACT)
        torch.testing.assert_close(map_.linear(inner, h) + map_.applied(weights, h * 0), a, **EXACT)
        torch.testing.assert_close(map_.transposed(inner, e), down, **EXACT)
        torch.testing.assert_close(map_.outer(e, h), slope[:, :-1], **EXACT)


@pytest.mark.parametrize("map_", [ConvolutionMap((2, 3, 4), 3, 5), DenseMap((2, 3), 4)], ids=repr)
def test_the_spread_is_the_square_of_all_that_a_sample_can_teach(map_):
    """|Phi(e)|^2, summed over unit vectors instead of averaged over noise."""
    e, n = normal((1, *map_.made), 3, torch.float64), math.prod(map_.given)
    units = torch.eye(n, dtype=torch.float64).reshape(n, 1, *map_.given)
    total = sum(map_.outer(e, unit).square().sum() for unit in units)
    torch.testing.assert_close(map_.spread(e), total[None], **EXACT)


def naive_pooling(a):
    """The maximum over every window of 3 x 3, written out; the padding is TensorFlow's "SAME"."""
    rows, columns = a.shape[2:]
    found = a.new_empty(*a.shape[:2], -(-rows // 2), -(-columns // 2))
    for i, j in itertools.product(range(found.shape[2]), range(found.shape[3])):
        top, left = 2 * i - rows % 2, 2 * j - columns % 2
        window = a[:, :, max(top, 0) : top + 3, max(left, 0) : left + 3]
        found[:, :, i, j] = window.amax((2, 3))
    return found


@pytest.mark.parametrize("size", [(6, 6), (7, 7), (5, 8), (1, 2), (3, 1)])
def test_pooling_is_the_maximum_of_every_window_and_its_slope_autograds(size):
    a = normal((3, 2, *size), 1, torch.float64).requires_grad_()
    written = naive_pooling(a)
    e = normal(tuple(written.shape), 2, torch.float64)
    (slope,) = torch.autograd.grad(written, a, e)
    with torch.no_grad():
        maxima, places = pooled(a)
        assert torch.equal(maxima, written)
        torch.testing.assert_close(unpooled(e, a, places), slope, **EXACT)


@pytest.mark.parametrize("size", [(6, 6), (5, 7), (1, 4)])
@pytest.mark.parametrize("c", [10.0, 1.0, 1e-3, 1e-12])
def test_the_difference_of_maxima_is_that_of_the_kicks_not_of_the_drives(size, c):
    """In float32 against float64 on the same numbers, to 1e-6 of the kicks: 1e-12 is below all roundoff."""
    a, d = (normal((3, 2, *size), k, torch.float32) for k in (1, 2))
    d = c * d
    found = pooled_difference(a, pooled(a)[0], d)
    A, D = a.double(), d.double()
    exact = pooled_difference(A, pooled(A)[0], D)
    if c > 1e-6:
        torch.testing.assert_close(exact, naive_pooling(A + D) - naive_pooling(A), rtol=1e-9, atol=1e-15)
    assert (found.double() - exact).abs().max() <= 1e-6 * c


def test_pooling_before_the_activation_is_pooling_after_it():
    a = normal((3, 2, 7, 6), 1, torch.float64)
    for sigma in (torch.tanh, torch.relu, torch.sigmoid):
        assert torch.equal(sigma(pooled(a)[0]), pooled(sigma(a))[0])


# -- the network


def autograd_loss(architecture, weights, x, y, masks, kicks):
    """The loss of each sample by torch's own layers, and h^1 ... h^N."""
    h, hidden = x.reshape(-1, *architecture.shape), []
    for k, layer in enumerate(architecture.layers):
        W, b = weights[k][:, :-1], weights[k][:, -1]
        if isinstance(layer, Convolution):
            a = F.conv2d(h, W.reshape(layer.channels, -1, layer.size, layer.size), b, padding="same")
            h = torch.tanh(a)
            h = naive_pooling(h) if layer.pooling else h
        else:
            h = torch.tanh(F.linear(h.flatten(1), W, b))
        h = (h if masks[k] is None else h * masks[k]) + kicks[k]
        hidden.append(h)
    output = F.linear(h.flatten(1), weights[-1][:, :-1], weights[-1][:, -1])
    return F.cross_entropy(output, y, reduction="none"), hidden


@pytest.fixture(scope="module")
def seen():
    """What a run with dropout and noise sees, and everything of it by autograd."""
    runs = ConvolutionalRuns(NET, (surprise_rule(W, Descent(0.1), Perturbation(0.1)),), (7,))
    state = replace(runs.start(torch.float64), weights=tuple(w[None] for w in weights_of(NET)))
    return next(iter(observe(runs, state, *minibatch(NET))))


def test_the_gradient_of_the_whole_network_is_autograds(seen):
    weights = [w.clone().requires_grad_() for w in seen.weights]
    x = minibatch(NET)[0]
    loss, hidden = autograd_loss(NET, weights, x, seen.y, seen.clean.masks, [0.0] * 4)
    found = torch.autograd.grad(loss.sum(), [*hidden, *weights])
    torch.testing.assert_close(losses(NET, seen.clean, seen.y), loss.detach(), **EXACT)
    torch.testing.assert_close(list(seen.gradients), list(found[:4]), **EXACT)
    errors = carry(NET, seen.clean, seen.y, seen.upper).errors
    for map_, e, h, slope in zip(NET.maps, errors, seen.clean.inputs, found[4:], strict=True):
        torch.testing.assert_close(map_.outer(e, h), slope[:, :-1], **EXACT)


def test_backpropagation_moves_along_autograds_gradient():
    runs = ConvolutionalRuns(NET, (backpropagation(W),), (7,))
    state, (x, y) = runs.start(torch.float64), minibatch(NET)
    seen = next(iter(observe(runs, state, x, y)))
    weights = [w[0].clone().requires_grad_() for w in state.weights]
    loss, _ = autograd_loss(NET, weights, x, y, seen.clean.masks, [0.0] * 4)
    slopes = torch.autograd.grad(loss.sum(), weights)
    after = step(runs, state, x, y)
    for w, slope, moved in zip(weights, slopes, after.weights, strict=True):
        torch.testing.assert_close(moved[0], w.detach() - W.rate * slope, **EXACT)
    torch.testing.assert_close(after.feedback[0][0], after.weights[1][0, :, :-1], **EXACT)


@pytest.mark.parametrize("c", [0.5, 1e-2])
def test_a_propagated_difference_is_that_of_two_whole_passes(seen, c):
    kicks = [c * xi for xi in seen.noise]
    found = propagate(NET, seen.upper, seen.clean, seen.y, kicks)
    loss, _ = autograd_loss(NET, seen.weights, minibatch(NET)[0], seen.y, seen.clean.masks, kicks)
    expected = loss - losses(NET, seen.clean, seen.y)
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(subtract(NET, seen.weights, seen.clean, seen.y, kicks), expected, **EXACT)


def test_a_propagated_difference_in_float32_does_not_lose_small_noise(seen):
    """c = 1e-6: what is subtracted has errors of 1e-7 / 1e-6, what is propagated those of roundoff."""
    runs = ConvolutionalRuns(NET, (surprise_rule(W, Descent(0.1), Perturbation(1e-6)),), (7,))
    x, y = minibatch(NET, dtype=torch.float32)
    weights = tuple(w[None].float() for w in weights_of(NET))
    rough = next(iter(observe(runs, replace(runs.start(), weights=weights), x, y)))
    exactly = replace(runs.start(torch.float64), weights=tuple(w.double() for w in weights))
    fine = next(iter(observe(runs, exactly, x.double(), y.double())))
    off = (rough.difference.double() - fine.difference).abs().max() / fine.difference.abs().max()
    kicks = [1e-6 * xi for xi in rough.noise]
    naive = subtract(NET, rough.weights, rough.clean, y, kicks).double() / 1e-6
    assert off < 1e-5
    assert (naive - fine.difference).abs().max() / fine.difference.abs().max() > 1e-3


def test_both_passes_have_one_mask(seen):
    """With noise in the layers below the masked one alone, what the mask silences stays silent."""
    (mask,) = [m for m in seen.clean.masks if m is not None]
    assert 0 < mask.mean() < 1
    kicks = [0.5 * xi for xi in seen.noise[:3]] + [torch.zeros_like(seen.noise[3])]
    upper = list(seen.upper)
    only_silent = upper[-1] * 0  # an output that sees nothing has no difference
    assert propagate(NET, [*upper[:-1], only_silent], seen.clean, seen.y, kicks).abs().max() == 0
    one = replace(seen.clean, masks=(None, None, None, torch.zeros_like(mask)))
    assert propagate(NET, upper, one, seen.y, kicks).abs().max() == 0
    assert propagate(NET, upper, seen.clean, seen.y, kicks).abs().min() > 0


def test_a_mask_is_the_same_in_every_method_and_new_in_every_update_and_seed():
    runs = ConvolutionalRuns(NET, (backpropagation(W), feedback_alignment(W)), (1, 2))
    state, batch = runs.start(torch.float64), minibatch(NET, samples=64)

    def masks(at):
        return [seen.clean.masks[-1] for seen in observe(runs, at, *batch)]

    first, later = masks(state), masks(replace(state, update=1))
    assert torch.equal(first[0], first[2])
    assert torch.equal(first[1], first[3])
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], later[0])
    kept = torch.stack(first[:2]).mean()  # of 896 units: 6 deviations of 1/60
    assert abs(kept - 0.5) < 0.1


# -- the rules


@pytest.mark.parametrize("method", EVERY, ids=lambda m: f"{type(m.feedback).__name__} {m.wiring}")
@pytest.mark.parametrize("loss", ["mse", "cross_entropy"])
def test_a_dense_network_is_that_of_the_dense_rules(method, loss):
    """Two updates as in impl.learning, with its noise."""
    dense = Architecture((6, 5, 4, 3), ("tanh", "tanh", "identity"), loss)
    structured = ConvolutionalArchitecture((1, 2, 3), (Dense(5), Dense(4)), 3, "tanh", loss)
    a, b = Runs(dense, (method,), (3, 8)), ConvolutionalRuns(structured, (method,), (3, 8))
    one, other = a.start(torch.float64), b.start(torch.float64)
    for k in range(2):
        batch = minibatch(structured, seed=k)
        one, other = learning.step(a, one, *batch), step(b, other, *batch)
    for name in ("weights", "feedback", "direct"):
        torch.testing.assert_close(getattr(one, name), getattr(other, name), rtol=1e-9, atol=1e-11)


def all_signs(architecture):
    """Every pattern of signs, a sample for each."""
    total = sum(architecture.hidden)
    patterns = torch.cartesian_prod(*[torch.tensor([1.0, -1.0], dtype=torch.float64)] * total)
    parts = patterns.split(list(architecture.hidden), 1)
    return tuple(p.reshape(-1, *s) for p, s in zip(parts, architecture.hidden_shapes, strict=True))


def enumerated(architecture, c, activation="tanh", loss="cross_entropy"):
    """Every pattern of signs on one and the same datum, with feedback that is not the weights."""
    architecture = replace(architecture, activation=activation, loss=loss)
    total = 2 ** sum(architecture.hidden)
    weights = weights_of(architecture)
    x, y = (part.expand(total, -1) for part in minibatch(architecture, samples=1))
    clean = forward(architecture, weights, x)
    shapes = architecture.feedback_shapes("FA")
    B = tuple(normal(shape, 60 + k, torch.float64) for k, shape in enumerate(shapes))
    signals, law = carry(architecture, clean, y, B), Perturbation(c)
    return MapObservation(architecture, "FA", weights, B, clean, signals, y, law, all_signs(architecture))


def mean_target(seen):
    """The mean over all patterns of y xi, and the true gradient."""
    y = seen.difference
    return (
        [(y.view(-1, 1, 1, 1) * xi).mean(0) for xi in seen.noise],
        [gradient[0] for gradient in seen.gradients],
    )


def test_the_mean_over_all_signs_is_the_gradient_of_a_linear_network_at_any_size():
    for target, gradient in zip(*mean_target(enumerated(TINY_LINEAR, 0.7, "identity", "mse")), strict=True):
        torch.testing.assert_close(target, gradient, **EXACT)


def test_the_mean_over_all_signs_is_off_by_the_square_of_the_size():
    """With pooling, tanh and cross-entropy, away from ties: half the size, a quarter of the error."""

    def error(c):
        found = mean_target(enumerated(POOLED, c))
        return max(float((a - b).abs().max()) for a, b in zip(*found, strict=True))

    assert error(0.01) / error(0.005) == pytest.approx(4.0, abs=0.02)


def test_the_structured_step_is_the_slope_of_the_squared_residual():
    """Descent towards lambda-hat: minus half the gradient of |B^T e - y xi|^2 by the kernels, by autograd."""
    rate = 0.01
    method = node_perturbation(SGD(0.0), rate, Perturbation(0.1))
    runs = ConvolutionalRuns(NET, (method,), (5,))
    state, (x, y) = runs.start(torch.float64), minibatch(NET)
    seen = next(iter(observe(runs, state, x, y)))
    after = step(runs, state, x, y)
    for k, map_ in enumerate(NET.maps[1:]):
        B = state.feedback[k][0].clone().requires_grad_()
        e, target = seen.signals.errors[k + 1], seen.difference
        target = target.view(-1, *[1] * (seen.noise[k].dim() - 1)) * seen.noise[k]
        (slope,) = torch.autograd.grad(0.5 * (map_.transposed(B, e) - target).square().sum(), B)
        torch.testing.assert_close(after.feedback[k][0], B.detach() - rate * slope, **EXACT)


@pytest.mark.parametrize("fit", [Descent(0.1), Normalised(0.5), Normalised(0.5, "equal")], ids=repr)
@pytest.mark.parametrize("architecture", [NET, TINY], ids=["net", "tiny"])
def test_the_weights_are_a_fixed_point_of_the_structured_rule(fit, architecture):
    """At B = W the internal model is never surprised, at any size of the noise; else it moves."""
    method = surprise_rule(SGD(0.0), fit, Perturbation(0.3), internal_model=True)
    runs = ConvolutionalRuns(architecture, (method,), (5,))
    elsewhere = runs.start(torch.float64)
    at_weights = replace(elsewhere, feedback=architecture.fed_back(elsewhere.weights[1:]))
    batch = minibatch(architecture)
    for before, distance in ((at_weights, 0.0), (elsewhere, 1.0)):
        after = step(runs, before, *batch)
        gone = max(float((a - b).abs().max()) for a, b in zip(after.feedback, before.feedback, strict=True))
        assert gone < 1e-12 if distance == 0.0 else gone > 1e-4


def test_shared_kernels_are_learned_by_the_surprise_rule():
    """A frozen network with pooling, two convolutions and a dense layer: all of B reaches W.

    With the squared loss: errors of cross-entropy sum to 0 over the classes, and no more than that part of
    the top matrix is ever asked for.
    """
    net = ConvolutionalArchitecture(
        (1, 8, 8), (Convolution(1, 3), Convolution(2, 3, pooling=False)), 3, loss="mse"
    )
    method = surprise_rule(SGD(0.0), Normalised(0.3, "equal"), Perturbation(1e-6))
    runs = ConvolutionalRuns(net, (method,), (5,))
    state = replace(runs.start(torch.float64), weights=tuple(w[None] / 4 for w in weights_of(net)))

    def apart(state):
        pairs = zip(state.feedback, state.weights[1:], strict=True)
        return torch.stack([(B - W[..., :-1]).norm() for B, W in pairs])

    before = apart(state)
    for k in range(400):
        state = step(runs, state, *minibatch(net, samples=32, seed=k))
    assert (apart(state) < 1e-3 * before).all()


# -- as committed


def test_the_committed_rule_descends_with_another_loss_two_masks_and_pairs_that_are_shifted():
    """Every matrix by autograd, from what the rule's own passes through the moved weights have given."""
    rate, c = 0.5, 0.3
    method = Method(W, Committed(rate), Perturbation(c, "gaussian"), "DFA")
    runs = ConvolutionalRuns(CODES, (method,), (5,))
    state, (x, y) = trained(runs, 1), minibatch(CODES)
    after = step(runs, state, x, y)
    moved = tuple(weight[0] for weight in after.weights)
    chance = Chance(CODES, 1, len(x), moved[0])
    second = SecondPasses.of(chance, 5, moved, x, c)
    masks = [chance.masks(5, draw) for draw in (DROPOUT, *FRESH_DROPOUT)]
    assert not any(torch.equal(a[2], b[2]) for a, b in itertools.combinations(masks, 2))
    (again,) = chance.layers(5, [CODES.hidden_shapes[0]], "gaussian", TWICE)
    kicks = [c * (second.noise[0] + again), c * second.noise[1], torch.zeros_like(second.noise[2])]
    for output, mask, kick in ((second.output, masks[1], [0.0] * 3), (second.perturbed, masks[2], kicks)):
        _, hidden = autograd_loss(CODES, moved, x, y, mask, kick)
        expected = hidden[-1] @ moved[-1][:, :-1].T + moved[-1][:, -1]
        torch.testing.assert_close(output, expected, **EXACT)
    p, q = torch.softmax(second.output, 1), torch.softmax(second.perturbed, 1)
    y_hat = (0.5 * (q - y).square().sum(1) - 0.5 * (p - y).square().sum(1)) / c
    for k, pair in ((0, 0), (1, None), (2, 1)):
        B = state.direct[k][0].clone().requires_grad_()
        if pair is None:
            assert torch.equal(after.direct[k][0], B)
            continue
        target = y_hat[:, None] * second.noise[pair].flatten(1)
        (slope,) = torch.autograd.grad(0.5 * ((p - y) @ B - target).square().sum(), B)
        torch.testing.assert_close(after.direct[k][0], B.detach() - rate * slope, **EXACT)


@pytest.mark.parametrize(
    "layers",
    [
        NET.layers,
        (Convolution(2), Dense(5), Dense(4)),
        (Dense(5), Dense(5)),
        (Convolution(2), *(Dense(5),) * 3),
    ],
)
def test_the_committed_rule_is_refused_for_a_network_that_the_code_cannot_have(layers):
    method = Method(W, Committed(0.1), Perturbation(0.1), "DFA")
    with pytest.raises(InvalidInput, match=r"layers is .*; expected convolutions, then two dense layers"):
        ConvolutionalRuns(replace(CODES, layers=layers), (method,), (0,))


def test_the_committed_rule_is_refused_for_dense_networks():
    runs = Runs(
        Architecture((6, 5, 5, 3), ("tanh", "tanh", "identity")),
        (Method(W, Committed(0.1), Perturbation(0.1), "DFA"),),
        (0,),
    )
    batch = minibatch(replace(CODES, shape=(1, 2, 3)))
    with pytest.raises(InvalidInput, match="the feedback rule is Committed"):
        learning.step(runs, runs.start(torch.float64), *batch)


# -- runs


def test_a_run_is_the_same_beside_others_and_alone_bit_for_bit():
    together = ConvolutionalRuns(NET, EVERY, (2, 9))
    state = trained(together)
    for k, method in enumerate(EVERY):
        alone = ConvolutionalRuns(NET, (method,), (9,))
        found = trained(alone)
        place = together.place(k).stop - 1
        assert all(torch.equal(w[place], own[0]) for w, own in zip(state.weights, found.weights, strict=True))
        for B, own in zip(together.feedback(state, k), alone.feedback(found, 0), strict=True):
            assert torch.equal(B[1], own[0])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_runs_that_are_restored_go_on_bit_for_bit(dtype):
    committed = Method(W, Committed(0.1), Perturbation(0.1, "gaussian"), "DFA")
    runs = ConvolutionalRuns(CODES, (*EVERY[:9], committed), (2, 9))
    whole = trained(runs, 3, dtype)
    kept = trained(runs, 2, dtype)
    copies = {name: tensor.clone() for name, tensor in kept.tensors().items()}
    again = step(runs, runs.start(dtype).restored(2, copies), *minibatch(CODES, seed=2, dtype=dtype))
    assert whole.update == again.update == 3
    for name, tensor in whole.tensors().items():
        assert torch.equal(tensor, again.tensors()[name]), name


def test_a_frozen_run_keeps_its_weights_and_its_feedback_learns():
    method = replace(node_perturbation(W, 0.1, Perturbation(0.1)), frozen=1)
    runs = ConvolutionalRuns(NET, (method,), (1,))
    state, batch = runs.start(torch.float64), minibatch(NET)
    first = step(runs, state, *batch)
    second = step(runs, first, *batch)
    assert all(torch.equal(a, b) for a, b in zip(state.weights, first.weights, strict=True))
    assert not torch.equal(state.feedback[0], first.feedback[0])
    assert not torch.equal(first.weights[0], second.weights[0])


def test_the_start_is_that_of_the_authors_code():
    """Uniform between plus and minus 1 / sqrt(fan-in), that of a convolution being the whole image below."""
    net = ConvolutionalArchitecture((3, 8, 8), (Convolution(40), Dense(300)), 10)
    methods = tuple(feedback_alignment(W, wiring) for wiring in ("FA", "DFA"))
    methods = tuple(replace(m, start=Start("uniform", bias=0.1)) for m in methods)
    runs = ConvolutionalRuns(net, methods, (0,))
    state = runs.start()
    for w, fan_in in zip(state.weights, (192, 640, 300), strict=True):
        assert (w[..., -1] == torch.tensor(0.1)).all()
        largest = float(w[..., :-1].abs().max()) * math.sqrt(fan_in)
        assert 0.99 < largest <= 1.0
    for B, units in zip(state.direct, (640, 300), strict=True):
        assert 0.99 < float(B.abs().max()) * math.sqrt(units) <= 1.0
        assert B.shape[1:] == (10, units)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (weight_mirror(W, 0.1), r"the feedback rule of methods\[0\] is WeightMirror; expected one of "),
        (surprise_rule(W, Projected(), Perturbation(0.1)), r"the fit of methods\[0\] is .*Projected"),
        (
            surprise_rule(W, Normalised(1.0, whitening=Whitening()), Perturbation(0.1)),
            "expected Descent, or Normalised without whitening",
        ),
        (Method(W, Learned("surprise", Normalised(1.0, measured=True)), Perturbation(0.1)), "not measured"),
        (
            Method(W, Committed(0.1), Perturbation(0.1, draws=3), "DFA"),
            r"the draws of methods\[0\] is 3; expected 1",
        ),
    ],
    ids=str,
)
def test_a_rule_that_has_no_structure_is_refused(method, message):
    with pytest.raises(InvalidInput, match=message):
        ConvolutionalRuns(CODES, (method,), (0,))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Convolution(0), "channels is 0"),
        (lambda: Convolution(4, 4), "size is 4; expected an odd number"),
        (lambda: Dense(3, 1.0), "dropout is 1.0"),
        (lambda: replace(NET, layers=()), "length of layers is 0"),
        (lambda: replace(NET, layers=(Dense(3), Convolution(2))), r"layers\[1\] is .*expected a Dense"),
        (lambda: replace(NET, layers=(7,)), r"layers\[0\] is 7; expected a Convolution or a Dense"),
        (lambda: replace(NET, shape=(3, 4)), "length of shape is 2"),
        (lambda: replace(NET, activation="cosine"), "activation is 'cosine'"),
        (lambda: replace(NET, loss="hinge"), "loss is 'hinge'"),
    ],
)
def test_a_network_that_does_not_exist_is_refused(make, message):
    with pytest.raises(InvalidInput, match=message):
        make()


def test_data_that_do_not_fit_are_refused():
    runs = ConvolutionalRuns(NET, (backpropagation(W),), (0,))
    x, y = minibatch(NET)
    for wrong in ((x[:, :-1], y), (x, y[:, :-1]), (x.float(), y), (x * math.nan, y)):
        with pytest.raises(InvalidInput):
            step(runs, runs.start(torch.float64), *wrong)


def test_what_is_public_has_its_name():
    assert all(hasattr(convolution, name) for name in convolution.__all__)
