"""The native step is the step: any method, any network, any minibatch, however the work is cut."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from impl import InvalidInput
from impl.kernels.native_library import compiler
from impl.learning import (
    SGD,
    Adam,
    Architecture,
    Descent,
    Learned,
    Method,
    Normalised,
    Perturbation,
    Projected,
    Ridge,
    Runs,
    Start,
    Whitening,
    advance,
    backpropagation,
    feedback_alignment,
    forward,
    kolen_pollack,
    matched,
    native_step,
    node_perturbation,
    path_of,
    ridge_feedback,
    step,
    surprise_rule,
    synthetic_gradients,
    weight_mirror,
)
from impl.learning.native_step import native_needs
from tests.impl.cases import normal

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C++ compiler here")

W = SGD(2.0**-8)
NOISE = Perturbation(0.25)
SMALL = Perturbation(2.0**-10, "gaussian")
WHITE = Whitening(ridge=0.25, floor=2.0**-6, halving=32.0, horizon=64.0)
METHODS: dict[str, Method] = {
    "backpropagation": backpropagation(W),
    "decay": replace(backpropagation(W), weights=SGD(2.0**-8, 0.25)),
    "adam": backpropagation(Adam(2.0**-8, first=0.5, second=0.75, epsilon=0.25)),
    "adam with decay": backpropagation(Adam(2.0**-8, decay=0.25)),
    "feedback alignment": feedback_alignment(W),
    "direct feedback alignment": feedback_alignment(W, "DFA"),
    "noise on the inputs": replace(backpropagation(W), input_noise=0.5),
    "noise on the units": replace(feedback_alignment(W), activation_noise=0.5),
    "node perturbation": node_perturbation(W, 2.0**-8, NOISE),
    "node perturbation, noise on the units": replace(
        node_perturbation(W, 2.0**-8, NOISE), activation_noise=0.5
    ),
    "node perturbation, direct": node_perturbation(W, 2.0**-8, SMALL, "DFA"),
    "node perturbation, two-sided": node_perturbation(W, 2.0**-8, replace(NOISE, two_sided=True)),
    "normalised node perturbation": Method(W, Learned("perturbation", Normalised(0.125)), NOISE),
    "ridge": ridge_feedback(W, SMALL, 0.5),
    "ridge that grows": Method(W, Learned("perturbation", Ridge(0.25, inside=True)), NOISE),
    "ridge, direct": Method(W, Learned("perturbation", Ridge(0.5)), NOISE, "DFA"),
    "ridge on surprises": Method(W, Learned("surprise", Ridge(0.5)), NOISE),
    "ridge on gradients": Method(W, Learned("gradient", Ridge(0.5))),
    "surprise, plain": surprise_rule(W, Descent(2.0**-8), SMALL),
    "surprise, skewed": surprise_rule(W, Descent(2.0**-8), replace(NOISE, law="skewed")),
    "surprise, uniform": surprise_rule(W, Descent(2.0**-8), replace(NOISE, law="uniform")),
    "surprise, normalised": surprise_rule(W, Normalised(0.125), replace(NOISE, power=1.0)),
    "surprise, direct": surprise_rule(W, Normalised(0.125), NOISE, wiring="DFA"),
    "surprise, equal shares": surprise_rule(W, Normalised(0.125, share="equal"), replace(NOISE, power=1.5)),
    "surprise, measured": surprise_rule(W, Normalised(0.125, measured=True), SMALL),
    "surprise, whitened": surprise_rule(W, Normalised(0.125, whitening=WHITE), NOISE),
    "surprise, whitened, direct": surprise_rule(W, Normalised(0.125, whitening=WHITE), NOISE, wiring="DFA"),
    "surprise, three draws": surprise_rule(W, Normalised(0.125), replace(NOISE, draws=3)),
    "ridge, two draws": ridge_feedback(W, replace(SMALL, draws=2), 0.5),
    "surprise, projected": surprise_rule(W, Projected(0.5, 0.25), replace(NOISE, two_sided=True)),
    "surprise, projected, whitened": surprise_rule(W, Projected(1.0, 0.5, WHITE), NOISE),
    "internal model": surprise_rule(W, Normalised(0.125), NOISE, internal_model=True),
    "synthetic gradients": synthetic_gradients(W, 2.0**-8),
    "synthetic gradients, direct": synthetic_gradients(W, 2.0**-8, "DFA"),
    "matched": matched(W),
    "matched, adam": matched(Adam(2.0**-8)),
    "kolen and pollack": kolen_pollack(2.0**-8, 0.25),
    "frozen": replace(node_perturbation(W, 2.0**-8, NOISE), frozen=4),
    "frozen, adam": replace(matched(Adam(2.0**-8)), frozen=4),
}
"""Their numbers are floats of 32 bits, so that both precisions have the same."""

BEFORE = 3
"""Updates before the one that is compared: memories are then not empty."""


def uniform(shape, seed):
    """Numbers in (0, 1)."""
    return torch.special.ndtr(normal(shape, seed))


def minibatches(architecture, images, samples, density, updates=1, seed=0):
    """Images of which a part is not zero, and rows of them."""
    shape = (images, architecture.widths[0])
    x = normal(shape, 900 + seed, torch.float32) * (uniform(shape, 901 + seed) < density)
    y = normal((images, architecture.widths[-1]), 902 + seed, torch.float32)
    rows = (uniform((updates, samples), 903 + seed) * images).long()
    return x, y, rows


def as_double(state):
    return replace(
        state,
        weights=tuple(t.double() for t in state.weights),
        feedback=tuple(t.double() for t in state.feedback),
        direct=tuple(t.double() for t in state.direct),
        moments=tuple(tuple(t.double() for t in memory) for memory in state.moments),
        memories=tuple(tuple(t.double() for t in memory) for memory in state.memories),
    )


@st.composite
def networks(draw):
    """Architectures of which a run fits into a cache, with units of every kind."""
    widths = draw(st.lists(st.integers(1, 40), min_size=3, max_size=5))
    units = [draw(st.sampled_from(["sigmoid", "tanh", "relu", "identity"])) for _ in widths[1:]]
    return Architecture(tuple(widths), tuple(units), bias_unit=draw(st.booleans()))


def tame(architecture, state, x):
    """Whether nothing has grown, and no relu is so near to zero that roundoff may switch it."""
    if any(float(tensor.abs().max()) > 1e3 for tensor in state.tensors().values() if tensor.numel()):
        return False
    clean = forward(architecture, state.weights, x.T)
    return all(
        name != "relu" or float(a.abs().min()) > 1e-3
        for name, a in zip(architecture.activations, clean.pre_activations, strict=True)
    )


@pytest.mark.parametrize("name", METHODS)
@settings(
    max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@given(st.data())
def test_one_update_is_the_update_of_the_step(name, data):
    """It is off what float64 finds by rounding alone: 2e-4 of the change, and 1e-6 of the whole."""
    architecture = data.draw(networks())
    samples = data.draw(st.integers(1, 70))
    density = data.draw(st.sampled_from([0.1, 0.9]))
    runs = Runs(architecture, (METHODS[name],), (7, 2**32 - 1))
    x, y, rows = minibatches(architecture, 80, samples, density, BEFORE + 1)
    begun = advance(runs, runs.start(), x, y, rows[:BEFORE], path="eager")
    exact = step(runs, as_double(begun), x[rows[-1]].double(), y[rows[-1]].double())
    assume(tame(architecture, as_double(begun), x[rows[-1]].double()))
    before = {key: tensor.clone() for key, tensor in begun.tensors().items()}
    found = advance(runs, begun, x, y, rows[-1:], path="native")
    assert found.update == exact.update == BEFORE + 1
    for key, tensor in found.tensors().items():
        assert torch.equal(begun.tensors()[key], before[key])
        right = exact.tensors()[key]
        change, off = (right - before[key]).norm(), (tensor.double() - right).norm()
        assert tensor.shape == right.shape
        assert off <= 2e-4 * change + 1e-6 * right.norm(), key


EVERY = [method for name, method in METHODS.items() if name != "ridge on surprises"]
"""All but one that diverges within 40 updates: it has NaN, which is not itself."""
FIGURE = Architecture((60, 20, 10, 5), ("sigmoid", "tanh", "identity"))


def same(one, other):
    """Whether two states are the same, bit for bit."""
    pairs = zip(one.tensors().values(), other.tensors().values(), strict=True)
    return one.update == other.update and all(torch.equal(a, b) for a, b in pairs)


@pytest.fixture
def threads():
    """Puts the number of threads back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
def test_cuts_and_threads_change_no_bit():
    runs = Runs(FIGURE, tuple(EVERY), (0, 5))
    x, y, rows = minibatches(FIGURE, 100, 32, 0.2, updates=40)
    torch.set_num_threads(1)
    whole = advance(runs, runs.start(), x, y, rows, path="native")
    torch.set_num_threads(3)
    cut = runs.start()
    for first, last in ((0, 1), (1, 18), (18, 40)):
        cut = advance(runs, cut, x, y, rows[first:last], path="native")
    assert same(whole, cut)


def test_a_run_does_not_depend_on_the_runs_beside_it():
    x, y, rows = minibatches(FIGURE, 100, 32, 0.2, updates=5)
    together = Runs(FIGURE, tuple(EVERY), (0, 5))
    found = advance(together, together.start(), x, y, rows, path="native")
    for k, method in enumerate(EVERY):
        alone = Runs(FIGURE, (method,), (5,))
        own = advance(alone, alone.start(), x, y, rows, path="native")
        place = slice(together.place(k).start + 1, together.place(k).stop)
        pairs = zip(found.weights, own.weights, strict=True)
        assert all(torch.equal(W[place], single) for W, single in pairs)
        matrices = zip(together.feedback(found, k), alone.feedback(own, 0), strict=True)
        assert all(torch.equal(B[1:], single) for B, single in matrices)


def test_what_it_finds_goes_on_by_either_path():
    runs = Runs(FIGURE, (METHODS["ridge"], METHODS["matched, adam"]), (1,))
    x, y, rows = minibatches(FIGURE, 50, 8, 0.9, updates=4)
    state = advance(runs, runs.start(), x, y, rows[:2], path="native")
    kept = state.restored(state.update, {k: t.clone().contiguous() for k, t in state.tensors().items()})
    one, other = (advance(runs, s, x, y, rows[2:], path="native") for s in (state, kept))
    eager = advance(runs, state, x, y, rows[2:], path="eager")
    assert same(one, other)
    for a, b in zip(one.tensors().values(), eager.tensors().values(), strict=True):
        assert torch.allclose(a, b, rtol=1e-4, atol=1e-5)


def test_no_updates_change_nothing():
    runs = Runs(FIGURE, (METHODS["adam"],), (1,))
    x, y, rows = minibatches(FIGURE, 50, 8, 0.9, updates=1)
    state = runs.start()
    assert advance(runs, state, x, y, rows[:0]) is state


UNSUPPORTED = {
    "a rule that it does not have": (FIGURE, weight_mirror(W, 0.1), torch.float32),
    "differences that are subtracted": (
        FIGURE,
        node_perturbation(W, 0.1, replace(NOISE, naive=True)),
        torch.float32,
    ),
    "a law that it does not have": (
        FIGURE,
        node_perturbation(W, 0.1, replace(NOISE, law="hadamard")),
        torch.float32,
    ),
    "another loss": (replace(FIGURE, loss="logcosh"), backpropagation(W), torch.float32),
    "another unit": (
        replace(FIGURE, activations=("softplus", "tanh", "identity")),
        backpropagation(W),
        torch.float32,
    ),
    "another dtype": (FIGURE, backpropagation(W), torch.float64),
}


@pytest.mark.parametrize(("architecture", "method", "dtype"), UNSUPPORTED.values(), ids=UNSUPPORTED)
def test_what_it_cannot_do_is_done_by_the_step(architecture, method, dtype):
    runs = Runs(architecture, (method,), (1,))
    x, y, rows = (t.to(dtype) if t.is_floating_point() else t for t in minibatches(FIGURE, 50, 8, 0.9))
    state = runs.start(dtype)
    assert path_of(runs, state, 8) == "eager"
    assert native_needs(runs, state, 8) is not None
    assert same(advance(runs, state, x, y, rows), step(runs, state, x[rows[0]], y[rows[0]]))
    with pytest.raises(InvalidInput, match="path is 'native'; expected 'eager': this one needs"):
        advance(runs, state, x, y, rows, path="native")


def test_where_the_build_fails_runs_go_on_by_the_step(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = tmp_path / "native" / "learn.cpp"
    source.parent.mkdir()
    source.write_text("this is not C++\n")
    monkeypatch.setattr(native_step, "SOURCE", source)
    runs = Runs(FIGURE, (METHODS["adam"],), (1,))
    state = runs.start()
    for cached in (native_step._native, native_step._failure):
        cached.cache_clear()
    try:
        assert path_of(runs, state, 8) == "eager"
        assert "error: " in str(native_needs(runs, state, 8))
    finally:
        native_step._failure.cache_clear()


BAD = {
    "a row past the end": lambda x, y, rows: (x, y, rows.clone().fill_(50)),
    "a row before the first": lambda x, y, rows: (x, y, rows.clone().fill_(-1)),
    "rows that y has not": lambda x, y, rows: (x, y[:3], rows.clone().fill_(4)),
    "rows that are no numbers of rows": lambda x, y, rows: (x, y, rows.float()),
    "one axis": lambda x, y, rows: (x, y, rows[0]),
    "no samples": lambda x, y, rows: (x, y, rows[:, :0]),
    "not a number": lambda x, y, rows: (x * float("nan"), y, rows),
    "too few inputs": lambda x, y, rows: (x[:, 1:], y, rows),
    "too few outputs": lambda x, y, rows: (x, y[:, 1:], rows),
    "doubles": lambda x, y, rows: (x.double(), y, rows),
    "no tensor": lambda x, y, rows: (x, y, [[1]]),
}


@pytest.mark.parametrize("path", ["native", "eager"])
@pytest.mark.parametrize("spoilt", BAD.values(), ids=BAD)
def test_bad_calls_are_refused(spoilt, path):
    runs = Runs(FIGURE, (METHODS["adam"],), (1,))
    given_ = spoilt(*minibatches(FIGURE, 50, 8, 0.9, updates=2))
    with pytest.raises(InvalidInput):
        advance(runs, runs.start(), *given_, path=path)


STATES = {
    "of other widths": lambda: Runs(
        replace(FIGURE, widths=(60, 21, 10, 5)), (METHODS["ridge"],), (1,)
    ).start(),
    "of other seeds": lambda: Runs(FIGURE, (METHODS["ridge"],), (1, 2)).start(),
    "of another rule": lambda: Runs(FIGURE, (METHODS["matched"],), (1,)).start(),
    "sums in single precision": lambda: replace(
        ridged := Runs(FIGURE, (METHODS["ridge"],), (1,)).start(),
        memories=tuple(tuple(one.float() for one in memory) for memory in ridged.memories),
    ),
}


@pytest.mark.parametrize("path", ["native", "eager"])
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_a_state_of_other_runs_is_refused(state, path):
    """The native step would read past the end of its tensors."""
    x, y, rows = minibatches(FIGURE, 50, 8, 0.9)
    with pytest.raises(InvalidInput, match=r"^state"):
        advance(Runs(FIGURE, (METHODS["ridge"],), (1,)), state(), x, y, rows, path=path)


def test_sums_that_lie_otherwise_in_memory_are_the_same_sums():
    runs = Runs(FIGURE, (METHODS["ridge"],), (1,))
    x, y, rows = minibatches(FIGURE, 50, 8, 0.9, updates=3)
    state = advance(runs, runs.start(), x, y, rows[:2], path="native")
    turned = tuple(tuple(one.mT.contiguous().mT for one in memory) for memory in state.memories)
    assert not turned[0][2].is_contiguous()
    one, other = (
        advance(runs, begun, x, y, rows[2:], path="native")
        for begun in (state, replace(state, memories=turned))
    )
    assert same(one, other)


def test_a_run_that_diverges_is_not_a_number_and_spoils_no_other():
    wild = replace(backpropagation(SGD(1e30)), start=Start(gain=1e10))
    runs = Runs(FIGURE, (wild, METHODS["adam"]), (1,))
    x, y, rows = minibatches(FIGURE, 50, 8, 0.9, updates=4)
    found = advance(runs, runs.start(), x, y, rows, path="native")
    assert not found.weights[0][0].isfinite().all()
    assert found.weights[0][1].isfinite().all()
