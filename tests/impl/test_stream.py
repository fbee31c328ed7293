"""Streams: sums that do not depend on how work is split, merge by addition, and survive a save."""

import pytest
import torch

from impl import InvalidInput, feedback_shapes
from impl.counter_noise import hadamard_draws
from impl.kernels import Problem
from impl.stream import Stream, fit_network
from tests.impl.cases import data_for, network_of, normal

NETWORK = network_of("tanh", "mse")
X, Y = data_for(NETWORK, 20)


def problem_for(rule: str = "FA", **settings) -> Problem:
    B = [normal(shape, 30 + k) for k, shape in enumerate(feedback_shapes(NETWORK, rule))]
    return Problem.of(NETWORK, B, **{"c": 0.1, "rule": rule, "seeds": 5, **settings})


def same(one: Stream, other: Stream, rtol: float = 1e-13) -> bool:
    pairs = zip(one.totals.tensors, other.totals.tensors, strict=True)
    return one.count == other.count and all((a - b).norm() <= rtol * b.norm() for a, b in pairs)


@pytest.fixture(scope="module")
def whole() -> Stream:
    stream = Stream(problem_for(), 24)
    stream.add(X, Y)
    return stream


@pytest.mark.parametrize("tile", [1, 50, 160, 10**6])
@pytest.mark.parametrize("batch", [1, 7, 20])
def test_the_sums_do_not_depend_on_the_split(whole, tile, batch):
    """Data per call, and draws per product: tile 1 takes one draw at a time."""
    stream = Stream(problem_for(), 24, tile=tile)
    for at in range(0, 20, batch):
        stream.add(X[at : at + batch], Y[at : at + batch])
    assert same(stream, whole)


@pytest.mark.parametrize("path", ["reference", "eager"])
def test_streams_over_other_data_merge(whole, path):
    parts = [Stream(problem_for(), 24, path=path) for _ in range(2)]
    parts[0].add(X[12:], Y[12:], first=12)
    parts[1].add(X[:12], Y[:12], first=0)
    parts[0].merge(parts[1])
    assert same(parts[0], whole, 1e-12)
    for mine, expected in zip(parts[0].solve(), whole.solve(), strict=True):
        torch.testing.assert_close(mine, expected, rtol=1e-9, atol=1e-9)


def test_a_saved_stream_goes_on(whole, tmp_path):
    first = Stream(problem_for(), 24)
    first.add(X[:9], Y[:9])
    first.save(tmp_path / "sums.pt")
    second = Stream(problem_for(), 24)
    second.load(tmp_path / "sums.pt")
    second.add(X[9:], Y[9:])
    assert same(second, whole)
    assert [file.name for file in tmp_path.iterdir()] == ["sums.pt"]


@pytest.mark.parametrize("change", [{"c": 0.2}, {"seeds": 6}, {"step": 1}, {"family": "gaussian"}])
def test_other_settings_are_refused(tmp_path, change):
    stream = Stream(problem_for(), 24)
    stream.add(X, Y)
    stream.save(tmp_path / "sums.pt")
    other = Stream(problem_for(**change), 24)
    with pytest.raises(
        InvalidInput, match=r"the checkpoint .*sums\.pt is of other settings; expected one of this"
    ):
        other.load(tmp_path / "sums.pt")
    with pytest.raises(InvalidInput, match="the other stream is of other settings"):
        other.merge(stream)


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_checkpoint_is_refused(tmp_path, damage):
    stream = Stream(problem_for(), 24)
    stream.add(X, Y)
    file = tmp_path / "sums.pt"
    stream.save(file)
    file.write_bytes(file.read_bytes()[:-700] if damage is None else damage)
    with pytest.raises(InvalidInput, match=r"the checkpoint .*sums\.pt is damaged"):
        stream.load(file)


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    stream = Stream(problem_for(), 24)
    stream.add(X, Y)
    stream.save(tmp_path / "sums.pt")
    before = (tmp_path / "sums.pt").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="No space left"):
        stream.save(tmp_path / "sums.pt")
    assert (tmp_path / "sums.pt").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_a_hadamard_stream_is_exact_for_a_quadratic_loss():
    """Linear network, mse, c = 2: every matrix is its weight matrix, from 20 data with 32 draws."""
    network = network_of("identity", "mse", widths=(6, 4, 4, 4))
    x, y = data_for(network, 20)
    zeros = [torch.zeros_like(W) for W in network.weights[1:]]
    problem = Problem.of(network, zeros, c=2.0, family="hadamard")
    (fitted,) = fit_network(problem, lambda: [(x, y)], hadamard_draws(8))
    for B, W in zip(fitted, network.weights[1:], strict=True):
        torch.testing.assert_close(B, W, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_a_network_is_fitted_from_the_top(rule):
    """A nearly linear design limit: with true gradients as control variate nothing is left to chance."""
    zeros = [torch.zeros(shape, dtype=torch.float64) for shape in feedback_shapes(NETWORK, rule)]
    problem = Problem.of(NETWORK, zeros, c=1e-6, rule=rule, family="hadamard")
    (fitted,) = fit_network(problem, lambda: [(X, Y)], hadamard_draws(sum(NETWORK.hidden)))
    if rule == "FA":
        for B, W in zip(fitted, NETWORK.weights[1:], strict=True):
            torch.testing.assert_close(B, W, rtol=1e-5, atol=1e-5)
    else:
        torch.testing.assert_close(fitted[-1], NETWORK.weights[-1], rtol=1e-5, atol=1e-5)


def test_the_true_gradient_as_control_variate_removes_the_noise():
    """c small: what is left of (L~ - L)/c - g . xi is O(c), so four draws a datum already give W."""
    problem = Problem.of(NETWORK, list(NETWORK.weights[1:]), c=1e-7, control=list(NETWORK.weights[1:]))
    stream = Stream(problem, 4)
    stream.add(X, Y)
    for B, W in zip(stream.solve(), NETWORK.weights[1:], strict=True):
        torch.testing.assert_close(B, W, rtol=1e-5, atol=1e-5)


def test_memory_does_not_grow_with_the_stream():
    stream = Stream(problem_for(), 3)
    stream.add(X, Y)
    held = sum(total.numel() for total in stream.totals.tensors)
    for _ in range(5):
        stream.add(X, Y)
    assert sum(total.numel() for total in stream.totals.tensors) == held
    assert stream.count == 6 * 60


def test_bad_input():
    with pytest.raises(InvalidInput, match="draws is 0"):
        Stream(problem_for(), 0)
    with pytest.raises(InvalidInput, match=r"the shape of x is \(20, 4\)"):
        Stream(problem_for()).add(Y, Y)
    with pytest.raises(InvalidInput, match="the number of samples is 0"):
        Stream(problem_for()).solve()
