"""The native path computes the same sums as the others, whatever lanes and threads it goes by."""

from dataclasses import replace

import pytest
import torch

from impl import InvalidInput, Network, stream
from impl.counter_noise import counted_noise, sample_index
from impl.kernels import Batch, Problem, Totals, choose, native_library, native_path, open_path
from impl.kernels.native_library import compiler
from impl.kernels.native_path import NOISE, native_needs, native_noise
from impl.stream import Stream
from tests.impl.cases import data_for, network_of
from tests.impl.test_kernels import answers, errors_by_scale, feedback_for, gap

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C++ compiler here")
C = torch.tensor(0.3).item()  # as float32 has it
DRAWS = [(1, 50), (2, 33), (6, 7), (9, 4), (16, 21), (17, 3), (32, 40), (33, 5), (5000, 2)]
"""Draws and data: a lane each, several data a group, one a vector, one a group, and many groups to a sum."""


def twin_problems(network: Network, **given) -> tuple[Problem, Problem]:
    """The same problem in float32 and, with the same numbers, in float64; two runs."""
    control = given.pop("controlled")
    double = network.to(torch.float64)
    B, G = (feedback_for(network, given["rule"], seed) for seed in (3, 4))
    common = {"c": C, "seeds": [7, 2**32 - 1], "step": 9, **given}
    single = Problem.of(network, B, control=G if control else None, **common)
    B, G = ([matrix.double() for matrix in matrices] for matrices in (B, G))
    return single, Problem.of(double, B, control=G if control else None, **common)


def small(hidden: str = "sigmoid", output: str = "sigmoid", widths=(12, 37, 23, 9, 5)) -> Network:
    network = network_of(hidden, "mse", widths=widths, seed=1, dtype=torch.float32)
    return Network(network.weights, (*network.activations[:-1], output), "mse")


def as_double(batch: Batch) -> Batch:
    return replace(batch, x=batch.x.double(), y=batch.y.double())


@pytest.mark.parametrize("family", NOISE)
@pytest.mark.parametrize(("rule", "controlled"), [("FA", False), ("FA", True), ("DFA", False), ("DFA", True)])
@pytest.mark.parametrize(
    ("hidden", "output"), [("sigmoid", "sigmoid"), ("tanh", "identity"), ("identity", "tanh")]
)
def test_the_native_path_is_the_reference_to_float32(hidden, output, rule, controlled, family):
    network = small(hidden, output)
    single, double = twin_problems(network, rule=rule, controlled=controlled, family=family)
    for draws, data in DRAWS:
        batch = Batch(*data_for(network, data), first=7, first_draw=3, draws=draws)
        expected = answers(double, as_double(batch), "eager")
        assert gap(answers(single, batch, "native"), expected) <= 2e-6, (draws, data)


@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_sums_of_wide_layers_are_formed_in_float32_and_moved_in_time(rule, monkeypatch):
    """From FLUSH blocks of 32 data on they go to float64: 200 data are 7 blocks. One row of y is for all."""
    from impl.kernels import problem as module

    monkeypatch.setattr(module, "DOUBLE", 100)
    monkeypatch.setattr(module, "FLUSH", 2)
    monkeypatch.setattr(native_path, "FLUSH", 2)
    moved = []
    monkeypatch.setattr(Totals, "_flush", _noting(Totals._flush, moved))
    network = small("tanh", "tanh", widths=(12, 37, 45, 9, 5))
    single, double = twin_problems(network, rule=rule, controlled=True, family="rademacher")
    x, y = data_for(network, 200)
    batch = Batch(x, y[:1], first=7, draws=3)
    assert Totals(single).targets[0][0].dtype == torch.float32
    found = answers(single, batch, "native")
    assert len(moved) == 4
    batch = replace(batch, y=y[:1].expand_as(y))
    assert gap(found, answers(double, as_double(batch), "eager")) <= 2e-6


def test_a_large_batch_goes_over_the_threads_whatever_its_sums(monkeypatch):
    """200 data on 3 threads: where sums are float32 in parts of 3 x 2 blocks of 32 data, so 192 and 8."""
    from impl.kernels import problem as module

    pools = []
    monkeypatch.setattr(native_path, "ThreadPoolExecutor", _noting(native_path.ThreadPoolExecutor, pools))
    monkeypatch.setattr(native_path, "APART", 1)
    monkeypatch.setattr(native_path, "FLUSH", 2)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    network = small()
    single, double = twin_problems(network, rule="FA", controlled=False, family="gaussian")
    batch = Batch(*data_for(network, 200), first=7)
    expected = answers(double, as_double(batch), "eager")
    for most, parts in ((2**16, 1), (100, 2)):
        monkeypatch.setattr(module, "DOUBLE", most)
        pools.clear()
        open_path(single, "native").accumulate(batch, Totals(single))
        assert pools == [(3,)] * 2 * parts  # for each run
        assert gap(answers(single, batch, "native"), expected) <= 2e-6


def _noting(function, calls):
    def noting(*arguments):
        calls.append(arguments)
        return function(*arguments)

    return noting


def test_threads_change_nothing_but_the_order_of_the_sums(monkeypatch):
    """Inputs and W^1 of few bits, so that their product, which is torch's, is exact in whatever order."""
    network = small()
    few_bits = (network.weights[0] * 64).round() / 64
    network = Network((few_bits, *network.weights[1:]), network.activations, network.loss)
    problem, _ = twin_problems(network, rule="FA", controlled=True, family="gaussian")
    x, y = data_for(network, 101)
    batch = Batch((x * 64).round() / 64, y, first=7, draws=40)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1)
        alone = answers(problem, batch, "native")
        torch.set_num_threads(3)
        monkeypatch.setattr(native_path, "APART", 1)
        together = answers(problem, batch, "native")
    finally:
        torch.set_num_threads(before)
    assert torch.equal(alone[0], together[0])
    assert gap(together[1:], alone[1:]) <= 1e-14


@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_the_float32_error_does_not_grow_as_c_falls(activation):
    worst = errors_by_scale("native", activation, "mse")
    assert max(worst.values()) <= 1e-6, worst
    assert worst[1e-6] <= 3 * worst[1e-1], worst


@pytest.mark.parametrize("gain", [30.0, 300.0])
@pytest.mark.parametrize("activation", ["sigmoid", "tanh"])
def test_saturated_units_keep_their_digits(activation, gain):
    """Both saturate far beyond exp's range; noise of size 50 brings some of them back."""
    network = network_of(activation, "mse", widths=(5, 9, 8, 3), gain=gain, seed=2, dtype=torch.float32)
    B = feedback_for(network, "FA", 1)
    batch = Batch(*data_for(network, 20), draws=20)
    for c in (50.0, 1e-3):
        c = torch.tensor(c).item()
        exact = Problem.of(network.to(torch.float64), [b.double() for b in B], c=c)
        # of the same float32 clean pass, whose own rounding is not the question here, see eager
        found, eager, expected = (
            open_path(problem, name).differences(data)
            for problem, name, data in (
                (Problem.of(network, B, c=c), "native", batch),
                (Problem.of(network, B, c=c), "eager", batch),
                (exact, "reference", as_double(batch)),
            )
        )
        assert torch.isfinite(found).all()
        assert (found - expected).norm() <= 2 * (eager - expected).norm() + 1e-6 * expected.norm()


@pytest.mark.parametrize("units", [1, 5, 128, 131])
@pytest.mark.parametrize("family", [family for family in NOISE if family != "gaussian"])
def test_native_noise_has_the_same_bits(family, units):
    """But for Gaussians: see test_gaussians, and the next test for their units."""
    samples = sample_index([0, 3, 2**32 - 1], [0, 5, 2**32 - 1, *range(30)]).flatten()
    sizes = (units, units)
    expected = counted_noise(sizes, samples, family, 2**32 - 1, 4, dtype=torch.float32)
    for layer in (0, 1):
        found = native_noise(units, samples, family, 2**32 - 1, 4, layer)
        assert found.shape == (units, len(samples))
        assert torch.equal(found, expected[layer])


@pytest.mark.parametrize("units", [1, 5, 131])
def test_native_gaussians_are_those_of_their_units_and_samples(units):
    samples = sample_index([0, 3, 2**32 - 1], [0, 5, 2**32 - 1, *range(30)]).flatten()
    for layer, expected in enumerate(counted_noise((units, units), samples, "gaussian", 2**32 - 1, 4)):
        found = native_noise(units, samples, "gaussian", 2**32 - 1, 4, layer).double()
        # of one uniform as float32 and as float64 have it: 2^-11.5 apart where it is near 1
        assert (found - expected).abs().max() <= 4e-4


def test_the_rule_takes_the_native_path_for_small_networks():
    network = small()
    problem, double = twin_problems(network, rule="FA", controlled=False, family="gaussian")
    assert choose(problem, 10**5) == "native"
    assert choose(problem, 1000) == "eager"
    assert choose(double, 10**5) == "eager"
    wide = network_of("tanh", "mse", widths=(3, 600, 600, 2), dtype=torch.float32)
    assert native_needs(Problem.of(wide, feedback_for(wide, "FA", 1), c=0.1)).startswith(
        "float32, at most 262144 weights above the first layer"
    )


@pytest.mark.parametrize(
    ("hidden", "loss", "given"),
    [
        ("relu", "mse", {}),
        ("tanh", "logcosh", {}),
        ("tanh", "mse", {"family": "hadamard"}),
        ("tanh", "mse", {"products": "bf16"}),
    ],
)
def test_what_it_cannot_do_goes_another_path(hidden, loss, given):
    network = network_of(hidden, loss, dtype=torch.float32)
    problem = Problem.of(network, feedback_for(network, "FA", 1), c=0.1, **given)
    assert native_needs(problem).startswith("float32, at most")
    assert choose(problem, 10**5) == "eager"


def test_without_a_compiler_it_says_so_in_one_line(monkeypatch):
    problem, _ = twin_problems(small(), rule="FA", controlled=False, family="gaussian")
    monkeypatch.setattr(native_library, "compiler", lambda: None)
    with pytest.raises(
        RuntimeError, match=r"^the path 'native' needs a C\+\+ compiler .*; ask for path 'eag"
    ):
        open_path(problem, "native")
    assert choose(problem, 10**5) == "eager"


def test_where_the_build_fails_the_rule_takes_another_path_and_the_name_says_why(monkeypatch, tmp_path):
    problem, _ = twin_problems(small(), rule="FA", controlled=False, family="gaussian")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    source = tmp_path / "native" / "kernel.cpp"
    source.parent.mkdir()
    source.write_text("this is not C++\n")
    monkeypatch.setattr(native_library, "SOURCE", source)
    for cached in (native_path._native, native_path._failure):
        cached.cache_clear()
    try:
        assert choose(problem, 10**5) == "eager"
        with pytest.raises(RuntimeError, match=r"^the path 'native' needs a C.. compiler that can") as raised:
            open_path(problem, "native")
    finally:
        native_path._failure.cache_clear()
    assert "error: " in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_processor_that_there_is_not_is_told_and_no_other_path_is_taken(monkeypatch):
    problem, _ = twin_problems(small(), rule="FA", controlled=False, family="gaussian")
    monkeypatch.setenv(native_library.MARCH, "nonsense")
    for cached in (native_path._native, native_path._failure):
        cached.cache_clear()
    for ask in (lambda: choose(problem, 10**5), lambda: open_path(problem, "native")):
        with pytest.raises(InvalidInput, match=r"^FEEDBACK_PROOFS_MARCH is 'nonsense'; expected a processor"):
            ask()


@pytest.mark.parametrize("most", [100, 30])
def test_a_long_stream_goes_in_calls_that_can_be_interrupted(most, monkeypatch):
    """By data, or by draws where those of one datum are too many for a call."""
    network = small()
    problem, _ = twin_problems(network, rule="FA", controlled=False, family="rademacher")
    x, y = data_for(network, 7)
    whole, parts = Stream(problem, 40, path="native"), Stream(problem, 40, path="native")
    whole.add(x, y)
    monkeypatch.setattr(stream, "CALL", most)
    sizes = []
    accumulate = parts.path.accumulate
    monkeypatch.setattr(
        parts.path, "accumulate", lambda b, t: (sizes.append(len(b.x) * b.draws), accumulate(b, t))
    )
    parts.add(x, y)
    assert sum(sizes) == 7 * 40
    assert max(sizes) <= most
    assert gap(parts.totals.tensors, whole.totals.tensors) <= 1e-6


def test_it_reads_no_more_than_it_is_given():
    """Targets of another type, or one row for all, are as torch takes them; a wrong shape is refused."""
    network = small()
    problem, _ = twin_problems(network, rule="FA", controlled=False, family="rademacher")
    x, y = data_for(network, 9)
    path = open_path(problem, "native")
    expected = path.differences(Batch(x, y[:1].expand_as(y).contiguous()))
    for one in (y[:1], y[:1].double(), y[:1].expand_as(y).T.contiguous().T):
        assert torch.equal(path.differences(Batch(x, one)), expected)
    with pytest.raises(RuntimeError, match="expanded size"):
        path.differences(Batch(x, y[:4]))
