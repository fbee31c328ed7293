"""Streams: sums that do not depend on how work is split, merge by addition, and survive a save."""

import os
import pickle
import random

import pytest
import torch

from feedback_proofs_io import sealed
from impl import InvalidInput, checkpoint, feedback_shapes
from impl import stream as module
from impl.counter_noise import hadamard_draws
from impl.kernels import Problem
from impl.stream import Stream, fit_network
from tests.impl.cases import data_for, network_of, normal

NETWORK = network_of("tanh", "mse")
X, Y = data_for(NETWORK, 20)
NAN = float("nan")


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


def test_a_saved_stream_goes_on(whole, tmp_path):
    first = Stream(problem_for(), 24)
    first.add(X[:9], Y[:9])
    first.save(tmp_path / "sums.pt")
    second = Stream(problem_for(), 24)
    second.load(tmp_path / "sums.pt")
    second.add(X[9:], Y[9:])
    assert same(second, whole)
    assert [file.name for file in tmp_path.iterdir()] == ["sums.pt"]


OTHERS = {
    r"c \('0\.1'\); expected '0\.2'": {"c": 0.2},
    r"seeds \('5'\); expected '6'": {"seeds": 6},
    r"step \('0'\); expected '1'": {"step": 1},
    r"family \('rademacher'\); expected 'gaussian'": {"family": "gaussian"},
    r"products \('full'\); expected 'bf16'": {"products": "bf16"},
    r"control \('none'\); expected 'sha256 \w{32}'": {"control": list(NETWORK.weights[1:])},
}


@pytest.mark.parametrize(("difference", "change"), OTHERS.items())
def test_other_settings_are_refused_and_named(tmp_path, difference, change):
    stream = Stream(problem_for(), 24)
    stream.add(X, Y)
    stream.save(tmp_path / "sums.pt")
    other = Stream(problem_for(**change), 24)
    with pytest.raises(InvalidInput, match=rf"^the checkpoint .*sums\.pt is of another {difference}\.$"):
        other.load(tmp_path / "sums.pt")
    with pytest.raises(InvalidInput, match=rf"^the other stream is of another {difference}\.$"):
        other.merge(stream)
    assert other.count == other.data == 0


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_checkpoint_is_refused(tmp_path, damage):
    stream = Stream(problem_for(), 24)
    stream.add(X, Y)
    file = tmp_path / "sums.pt"
    stream.save(file)
    file.write_bytes(file.read_bytes()[:-700] if damage is None else damage)
    with pytest.raises(InvalidInput, match=r"the checkpoint .*sums\.pt is damaged: it h.*; expected a file"):
        stream.load(file)


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    stream = Stream(problem_for(), 24)
    stream.add(X, Y)
    stream.save(tmp_path / "sums.pt")
    before = (tmp_path / "sums.pt").read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"^cannot write .*sums\.pt: no space left on device$"):
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


class Recorder:
    """A path that notes which data and draws it is given, and adds nothing."""

    def __init__(self, tiled: bool = True) -> None:
        self.name, self.tiled, self.batches = "recorder", tiled, []

    def accumulate(self, batch, totals) -> None:
        assert len(batch.x) == len(batch.y)
        self.batches.append((batch.first, len(batch.x), batch.first_draw, batch.draws))


UNITS = sum(NETWORK.hidden)


@pytest.mark.parametrize(
    ("data", "draws", "samples", "rows", "draws_at_once"),
    [
        (20, 24, 24 * 20, 20, 24),  # all at once
        (20, 24, 24 * 100, 20, 24),
        (20, 24, 24 * 6 + 5, 5, 24),  # whole data, in equal parts
        (20, 24, 24 * 19, 10, 24),
        (15, 24, 24 * 14, 14, 24),  # no part above half of what fits is equal
        (19, 24, 24 * 7, 7, 24),
        (14, 24, 24 * 6, 6, 24),
        (3, 24, 24, 1, 24),
        (3, 24, 23, 1, 12),  # one datum, its draws in equal parts
        (3, 24, 10, 1, 8),
        (3, 25, 10, 1, 9),
        (3, 5, 1, 1, 1),
        (3, 5, 0, 1, 1),  # not even one sample fits
    ],
)
def test_every_sample_comes_once_in_parts_that_fit(data, draws, samples, rows, draws_at_once):
    stream = Stream(problem_for(), draws, tile=max(1, samples * UNITS + UNITS - 1 if samples else UNITS - 1))
    stream.path = Recorder()
    stream.add(X[:1].expand(data, -1), Y[:1].expand(data, -1), 100)
    batches = stream.path.batches
    assert (max(batch[1] for batch in batches), batches[0][3]) == (rows, draws_at_once)
    seen = [
        (datum, draw)
        for first, count, first_draw, many in batches
        for datum in range(first, first + count)
        for draw in range(first_draw, first_draw + many)
    ]
    assert sorted(seen) == [(100 + datum, draw) for datum in range(data) for draw in range(draws)]
    assert all(count * many <= max(samples, 1) for _, count, _, many in batches)


def test_a_path_that_holds_its_own_noise_gets_all_at_once():
    stream = Stream(problem_for(), 24, tile=1)
    stream.path = Recorder(tiled=False)
    stream.add(X, Y)
    assert stream.path.batches == [(0, 20, 0, 24)]


def test_data_follow_those_before_them_or_start_where_they_are_said_to():
    stream = Stream(problem_for())
    stream.path = Recorder()
    for first in (None, None, 7, None, 0, 2**32 - 20):
        stream.add(X, Y, first)
    assert [batch[0] for batch in stream.path.batches] == [0, 20, 7, 27, 0, 2**32 - 20]
    assert stream.data == 2**32
    assert all(batch[2:] == (0, 1) for batch in stream.path.batches)  # one draw, if nothing is said


def test_the_path_is_opened_for_what_is_expected(monkeypatch):
    opened = []

    def open_path(problem, path, expected):
        opened.append((path, expected))
        return Recorder()

    monkeypatch.setattr(module, "open_path", open_path)
    Stream(problem_for())
    Stream(problem_for(), 24, path="eager", expected=10)
    one = Stream(problem_for())
    monkeypatch.setattr(Stream, "solve", lambda self, ridge, run: [torch.zeros(4, 5), torch.zeros(4, 7)])
    fit_network(problem_for("DFA"), lambda: [(X, Y)])
    fit_network(problem_for("DFA"), lambda: [(X, Y)], path="compiled", expected=11)
    assert opened == [("auto", 0), ("eager", 10), ("auto", 0), ("auto", 0), ("compiled", 11)]
    assert (one.draws, one.tile) == (1, module.TILE)


@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_a_fit_passes_over_the_data_once_for_each_matrix_that_needs_it(rule):
    """And has one draw a datum and no ridge, if nothing is said; the problem's own feedback is not used."""
    passes = []

    def data():
        passes.append(1)
        return [(X, Y)]

    (fitted,) = fit_network(problem_for(rule), data)
    assert len(passes) == (2 if rule == "FA" else 1)
    zeros = [torch.zeros_like(B[0]) for B in problem_for(rule).feedback]
    problem = Problem.of(NETWORK, zeros, c=0.1, rule=rule, seeds=5)
    (expected,) = fit_network(problem, data, 1, ridge=0.0)
    assert all(map(torch.equal, fitted, expected))
    stream = Stream(problem)
    stream.add(X, Y)
    assert torch.equal(fitted[-1], stream.solve()[-1])


def test_each_run_has_its_own_sums():
    problem = problem_for(seeds=[5, 6])
    stream = Stream(problem, 24)
    stream.add(X, Y)
    for run, seed in enumerate((5, 6)):
        alone = Stream(problem_for(seeds=seed), 24)
        alone.add(X, Y)
        torch.testing.assert_close(stream.solve(0.3, run), alone.solve(0.3), rtol=1e-9, atol=1e-11)
    assert all(map(torch.equal, stream.solve(), stream.solve(0.0, 0)))
    assert all(torch.equal(a.S, b.S) for a, b in zip(stream.sums(), stream.sums(0), strict=True))
    assert [sums.count for sums in stream.sums(1)] == [480, 480]


def test_one_sample_counts_as_one():
    stream = Stream(problem_for())
    stream.add(X[:1], Y[:1])
    assert [sums.count for sums in stream.sums()] == [1, 1]
    assert [tuple(B.shape) for B in stream.solve()] == [(5, 7), (4, 5)]


def test_merging_counts_samples_and_goes_on_after_the_last_datum():
    parts = [Stream(problem_for(), 3) for _ in range(2)]
    parts[0].add(X[:5], Y[:5], first=30)
    parts[1].add(X[5:], Y[5:], first=0)
    for part, other in (parts, parts[::-1]):
        before = part.count
        part.merge(other)
        assert (part.count, part.data) == (before + other.count, 35)


def test_every_setting_has_a_part_in_the_fingerprint():
    B = problem_for().feedback
    other = network_of("tanh", "mse", seed=9)
    streams = [
        Stream(problem_for(), 24),
        Stream(problem_for(), 25),
        *(
            Stream(problem_for(**change), 24)
            for change in (
                {"c": 0.2},
                {"family": "gaussian"},
                {"seeds": 6},
                {"step": 1},
                {"products": "bf16"},
                {"control": [b[0] for b in B]},
                {"control": [2 * b[0] for b in B]},
            )
        ),
        *(
            Stream(Problem.of(network, [b[0].to(network.dtype) for b in B], c=0.1, seeds=5), 24)
            for network in (
                other,
                network_of("relu", "mse"),
                network_of("tanh", "logcosh"),
                NETWORK.to(torch.float32),
            )
        ),
        Stream(Problem.of(NETWORK, [2 * b[0] for b in B], c=0.1, seeds=5), 24),
        Stream(problem_for("DFA"), 24),
    ]
    assert len({stream.fingerprint() for stream in streams}) == len(streams)
    assert Stream(problem_for(), 24, tile=7, path="reference").fingerprint() == streams[0].fingerprint()


@pytest.mark.parametrize("left_out", ["count", "data", "fingerprint", "settings", "sums", None])
def test_what_is_no_state_is_refused(left_out):
    stream = Stream(problem_for(), 24)
    state = 3 if left_out is None else {k: v for k, v in stream.state().items() if k != left_out}
    message = r"^the state is no stream's state; expected count, data, fingerprint, settings, sums\.$"
    with pytest.raises(InvalidInput, match=message):
        stream.restore(state)


def test_a_state_stays_what_it_was_while_the_stream_goes_on():
    stream = Stream(problem_for(), 4)
    stream.add(X, Y)
    state = stream.state()
    kept = [total.clone() for total in state["sums"]]
    stream.add(X, Y)
    assert all(torch.equal(now, then) for now, then in zip(state["sums"], kept, strict=True))
    assert not torch.equal(stream.totals.tensors[0], kept[0])


def test_a_state_replaces_what_was_there_whatever_else_it_holds(whole):
    assert sorted(whole.state()) == ["count", "data", "fingerprint", "settings", "sums"]
    stream = Stream(problem_for(), 24)
    stream.add(X[:3], Y[:3])
    stream.restore({**whole.state(), "note": "of somebody else"})
    assert same(stream, whole, 0.0)
    assert (stream.count, stream.data) == (480, 20)
    with pytest.raises(InvalidInput, match=r"^the state is of another draws \('24'\); expected '25'\.$"):
        Stream(problem_for(), 25).restore(whole.state())


BAD_STATES = {
    "count of the state is -24; expected an integer with 0 <=": {"count": -24},
    r"count of the state is 2\.7; expected an integer": {"count": 2.7},
    "count of the state is True": {"count": True},
    "count of the state is 481; expected a multiple of the 24 draws of a datum": {"count": 481},
    "count of the state is None": {"count": None},
    "data of the state is -1": {"data": -1},
    "data of the state is 1000000000000": {"data": 10**12},
    "data of the state is '20'": {"data": "20"},
    "sums of the state is int; expected a list": {"sums": 3},
    "sums of the state is NoneType": {"sums": None},
    "the length of sums of the state is 3; expected 4": {"sums": slice(3)},
    r"sums\[1\] of the state is int; expected a torch tensor": {"sums": 7},
    r"the dtype of sums\[1\] of the state is torch\.float32; expected torch\.float64": {
        "sums": lambda t: t.float()
    },
    r"the dtype of sums\[1\] of the state is torch\.int64": {"sums": lambda t: t.long()},
    r"the shape of sums\[1\] of the state is \(4, 5\)": {"sums": lambda t: t[0]},
    r"the shape of sums\[1\] of the state is \(1, 5, 4\)": {"sums": lambda t: t.mT},
    r"sums\[1\] of the state\[0, 0, 0\] is nan; expected a finite number": {"sums": lambda t: t * NAN},
    r"the layout of sums\[1\] of the state is torch\.sparse_coo": {"sums": lambda t: t.to_sparse()},
    r"the device of sums\[1\] of the state is meta": {"sums": lambda t: t.to("meta")},
    "the state is of another widths; expected '6-7-5-4'": {"settings": {}},
    "the state is of another widths; expected": {"settings": None},
    "the state is of settings with 'more'; expected none of these": {"settings": "more"},
    "the fingerprint of the state is not that of its settings": {"fingerprint": "0"},
}


def spoilt(state, change):
    """The state with one entry replaced; of sums the second, but where all of them are meant."""
    ((name, value),) = change.items()
    if name == "sums" and isinstance(value, slice):
        value = state["sums"][value]
    elif name == "sums" and (callable(value) or value == 7):
        first, second, *rest = state["sums"]
        value = [first, value(second) if callable(value) else value, *rest]
    elif value == "more":
        value = {**state["settings"], "more": "1"}
    return {**state, name: value}


@pytest.mark.parametrize(("message", "change"), BAD_STATES.items())
def test_a_state_that_no_stream_can_have_is_refused_and_changes_nothing(whole, message, change):
    stream = Stream(problem_for(), 24)
    stream.add(X[:3], Y[:3])
    before = [total.clone() for total in stream.totals.tensors]
    with pytest.raises(InvalidInput, match=f"^{message}"):
        stream.restore(spoilt(whole.state(), change))
    assert (stream.count, stream.data) == (72, 3)
    assert all(map(torch.equal, stream.totals.tensors, before))


def test_every_flipped_bit_of_a_checkpoint_is_refused(whole, tmp_path):
    """500 drawn bits; and with the settings' own line, byte by byte."""
    whole.save(tmp_path / "sums.pt")
    data, settings = (tmp_path / "sums.pt").read_bytes(), whole.settings()
    assert checkpoint.read(tmp_path / "sums.pt", "stream", settings).numbers == {"count": 480, "data": 20}
    bits = random.Random(0).sample(range(8 * len(data)), 500)
    for bit in [*bits, *range(0, 8 * data.index(b"{"), 8)]:
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        (tmp_path / "flipped.pt").write_bytes(changed)
        with pytest.raises(
            InvalidInput, match=r"^the checkpoint .*flipped\.pt is (damaged|of something else)"
        ):
            checkpoint.read(tmp_path / "flipped.pt", "stream", settings)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}\n", b"[]\n", b'{"settings": 1, "numbers": {}, "tensors": []}\n', b"[" * 10**5, b"\xff\n"],
)
def test_a_sealed_file_with_another_content_is_refused(tmp_path, content):
    sealed.write(tmp_path / "sums.pt", f"stream-{checkpoint.FORMAT}", "0", content)
    with pytest.raises(InvalidInput, match=r"sums\.pt is damaged: its content makes no sense; expected"):
        Stream(problem_for(), 24).load(tmp_path / "sums.pt")


def test_checkpoints_of_other_kinds_and_formats_are_told_apart(whole, tmp_path):
    file = tmp_path / "sums.pt"
    whole.save(file)
    with pytest.raises(InvalidInput, match=r"is of something else: it is a stream-2, expected a run-2\.$"):
        checkpoint.read(file, "run", whole.settings())
    torch.save({"count": 3}, file)
    message = (
        r"is of an older version, without a checksum; expected one of this version; remove it to begin anew"
    )
    with pytest.raises(InvalidInput, match=message):
        whole.load(file)


class Code:
    """Runs when it is unpickled."""

    ran = False

    def __reduce__(self):
        return setattr, (Code, "ran", True)


def test_a_checkpoint_with_code_is_not_run(whole, tmp_path):
    torch.save(Code(), tmp_path / "sums.pt")
    with pytest.raises(InvalidInput, match=r"sums\.pt is of an older version"):
        whole.load(tmp_path / "sums.pt")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Code()))
    with pytest.raises(InvalidInput, match=r"plain\.pt is damaged: it has no seal"):
        whole.load(tmp_path / "plain.pt")
    assert not Code.ran


def test_a_checkpoint_that_is_not_there_is_no_damaged_one(tmp_path):
    with pytest.raises(FileNotFoundError):
        Stream(problem_for()).load(tmp_path / "sums.pt")
    with pytest.raises(OSError, match="it is not a regular file"):
        Stream(problem_for()).load(tmp_path)


def test_a_checkpoint_keeps_every_bit_of_either_dtype(tmp_path):
    for network in (NETWORK, NETWORK.to(torch.float32)):
        B = [b[0].to(network.dtype) for b in problem_for().feedback]
        first, second = (Stream(Problem.of(network, B, c=0.1, seeds=[5, 6]), 24) for _ in range(2))
        first.add(X.to(network.dtype), Y.to(network.dtype))
        first.save(tmp_path / "sums.pt")
        second.load(tmp_path / "sums.pt")
        assert all(map(torch.equal, first.totals.tensors, second.totals.tensors))
        assert (second.count, second.data) == (480, 20)


def test_numbers_of_data_and_draws_have_32_bits():
    whole_number = "expected an integer with"
    for draws in (0, 2**32):
        with pytest.raises(InvalidInput, match=f"^draws is {draws}; {whole_number} 1 <= draws < {2**32}\\.$"):
            Stream(problem_for(), draws)
    assert Stream(problem_for(), 2**32 - 1).draws == 2**32 - 1
    with pytest.raises(InvalidInput, match=rf"^tile is 0; {whole_number} 1 <= tile\.$"):
        Stream(problem_for(), tile=0)
    for first in (-1, 2**32 - 19):
        with pytest.raises(
            InvalidInput, match=rf"^first is {first}; {whole_number} 0 <= first < {2**32 - 19}\.$"
        ):
            Stream(problem_for()).add(X, Y, first)


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


def test_a_stream_is_not_merged_with_itself(whole):
    with pytest.raises(
        InvalidInput, match=r"^other is the stream itself; expected a stream over other data\.$"
    ):
        whole.merge(whole)


def test_bad_input():
    with pytest.raises(InvalidInput, match=r"the shape of x is \(20, 4\)"):
        Stream(problem_for()).add(Y, Y)
    with pytest.raises(InvalidInput, match="the number of samples is 0"):
        Stream(problem_for()).solve()
