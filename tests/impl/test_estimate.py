"""The command, on one process and under torchrun: the same sums, and an end that says what is left."""

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from feedback_proofs_io.command import Mistake
from feedback_proofs_io.held import InUse, held
from feedback_proofs_io.shards import Shard
from impl import InvalidInput, checkpoint, feedback_shapes
from impl import estimate as command
from impl import estimate_run as module
from impl import ranks as ranks_module
from impl.estimate import Ranks, Stopped, estimate, main, parser, problem_from
from impl.estimate_checkpoint import Checkpoint
from impl.kernels import Problem
from impl.stream import Stream, fit_network
from tests.impl.cases import data_for, network_of

ROOT = Path(__file__).parents[2]
SIZE = ["--widths", "12-8-6-6", "--activation", "tanh", "--chunk", "8", "--draws", "64", "--every", "2"]
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "-m", "impl.estimate"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
needs_gloo = pytest.mark.skipif(
    not (torch.distributed.is_available() and torch.distributed.is_gloo_available()),
    reason="this torch has no gloo",
)


def arrays(file: Path) -> dict[str, np.ndarray]:
    with np.load(file) as found:
        return dict(found)


def numbers_in(file: Path) -> dict[str, int]:
    """The numbers of a checkpoint: its second line is JSON."""
    return json.loads(file.read_bytes().split(b"\n", 2)[1])["numbers"]


def check_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray], names: str = "BSQ") -> None:
    for name, array in expected.items():
        if name[0] in names:
            assert np.abs(found[name] - array).max() <= 1e-12 * np.abs(array).max(), name


@needs_gloo
def test_under_torchrun_two_processes_equal_one(tmp_path):
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    size = [*SIZE, "--data", "100"]
    assert main([*size, "--output", str(one)]) == 0
    done = subprocess.run(
        [*TORCHRUN, *size, "--output", str(two)], capture_output=True, text=True, env=ENVIRONMENT, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"B3 \(6, 6\)   \|W - B\| / \|W\| = ", done.stdout)
    check_same(arrays(two), arrays(one))


@needs_gloo
def test_under_torchrun_a_rank_that_dies_ends_the_run_which_then_goes_on(tmp_path):
    checkpoint, errors = tmp_path / "run.pt", tmp_path / "stderr"
    size = [*SIZE, "--data", "4000", "--draws", "256", "--checkpoint", str(checkpoint)]
    with errors.open("w") as stderr:
        run = subprocess.Popen([*TORCHRUN, *size], stderr=stderr, stdout=subprocess.PIPE, env=ENVIRONMENT)
        try:
            deadline = time.monotonic() + 60
            while not checkpoint.exists() and time.monotonic() < deadline:
                time.sleep(0.02)
            process = re.search(r"rank 1 of 2, process (\d+)", errors.read_text())
            assert process is not None
            os.kill(int(process[1]), signal.SIGKILL)
            assert run.wait(60) != 0
        finally:
            run.kill()
            run.communicate()
    said = errors.read_text()
    assert f"the last checkpoint is {checkpoint}: the same command goes on from it" in said, said
    numbers = numbers_in(checkpoint)
    assert numbers["pass"] == 0
    assert 0 < numbers["data"] < 4000


def test_a_run_goes_on_from_its_checkpoint(tmp_path, monkeypatch, capsys):
    """Stopped in either pass; the result is that of a run in one go, with the sums of both passes."""
    size = [*SIZE, "--data", "100"]
    assert main([*size, "--output", str(tmp_path / "one.npz")]) == 0
    for stop in (40, 140):
        checkpoint = tmp_path / f"run{stop}.pt"

        def interrupted(self, done, stop=stop):
            if done >= stop:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(module._Progress, "at", interrupted)
            assert main([*size, "--checkpoint", str(checkpoint)]) == 130
        assert "impl.estimate: interrupted; the last checkpoint is " in capsys.readouterr().err
        output = tmp_path / f"two{stop}.npz"
        assert main([*size, "--checkpoint", str(checkpoint), "--output", str(output)]) == 0
        assert "going on from the checkpoint: " in capsys.readouterr().err
        assert sorted(arrays(output)) == ["B2", "B3", "Q2", "Q3", "S2", "S3"]
        check_same(arrays(output), arrays(tmp_path / "one.npz"))


def test_input_from_a_file(tmp_path, capsys):
    source = np.random.default_rng(0)
    W1, W2 = source.standard_normal((5, 4)), source.standard_normal((3, 5))
    x, y = source.standard_normal((50, 4)), source.standard_normal((50, 3))
    np.savez(tmp_path / "in.npz", W1=W1, W2=W2, x=x, y=y)
    call = ["--input", str(tmp_path / "in.npz"), "--family", "hadamard", "--draws", "16", "--c", "1e-6"]
    assert main(call) == 0
    gap = re.search(r"\|W - B\| / \|W\| = (\S+)", capsys.readouterr().out)
    assert gap is not None
    assert float(gap[1]) < 1e-5


NETWORK = network_of("tanh", "mse")
X, Y = data_for(NETWORK, 20)


def problem_for(rule: str = "FA", **settings) -> Problem:
    zeros = [torch.zeros(shape, dtype=torch.float64) for shape in feedback_shapes(NETWORK, rule)]
    return Problem.of(NETWORK, zeros, c=0.1, rule=rule, seeds=5, **settings)


class Threads:
    """The ranks of a run, each a thread of this process."""

    def __init__(self, size: int) -> None:
        self.size, self.given = size, [None] * size
        self.barrier = threading.Barrier(size, timeout=60)

    def rank(self, rank: int) -> SimpleNamespace:
        def add_up(tensors):
            self.given[rank] = [tensor.clone() for tensor in tensors]
            self.barrier.wait()
            total = [sum(column) for column in zip(*self.given, strict=True)]
            self.barrier.wait()
            return total

        return SimpleNamespace(size=self.size, rank=rank, device=torch.device("cpu"), add_up=add_up)

    def run(self, call):
        """What call(rank) returns for each rank; the first error, if there is one."""

        def one(rank):
            try:
                return call(self.rank(rank))
            except BaseException:
                self.barrier.abort()
                raise

        with ThreadPoolExecutor(self.size) as pool:
            return list(pool.map(one, range(self.size)))


@pytest.fixture
def written(monkeypatch):
    """The pass and the number of data in each checkpoint that is written."""
    found, write = [], Checkpoint.write

    def noting(self, turn, fitted, sums, stream):
        found.append((turn, stream.data, stream.count))
        write(self, turn, fitted, sums, stream)

    monkeypatch.setattr(Checkpoint, "write", noting)
    return found


@pytest.mark.parametrize("rule", ["FA", "DFA"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_ranks_together_fit_what_one_stream_fits(tmp_path, written, rule, size):
    """20 data in chunks of 3; a checkpoint after every 2 rounds, unless that was the last."""
    (expected,) = fit_network(problem_for(rule), lambda: [(X, Y)], 4, ridge=0.5)
    settings = {"chunk": 3, "ridge": 0.5, "checkpoint": tmp_path / "run.pt", "every": 2}
    answers = Threads(size).run(lambda ranks: estimate(problem_for(rule), X, Y, 4, ranks, **settings))
    for B, sums in answers:
        torch.testing.assert_close(B, expected, rtol=1e-9, atol=1e-11)
        assert sorted(sums) == [0, 1]
        assert all(torch.equal(sums[k].solve(0.5), B[k]) for k in (0, 1))
        assert [sums[k].count for k in (0, 1)] == [80, 80]
    passes = 2 if rule == "FA" else 1
    places = list(range(6 * size, 20, 6 * size))
    assert written == [(turn, at, 4 * at) for turn in range(passes) for at in places]


def test_without_a_checkpoint_nothing_is_written(written):
    estimate(problem_for(), X, Y, 4, Threads(1).rank(0), chunk=3, every=1)
    assert written == []


@pytest.mark.parametrize("after", [2, 3])
def test_other_numbers_of_ranks_go_on_from_a_checkpoint(tmp_path, monkeypatch, after):
    """Stopped in the second pass: the matrix of the first is kept, and the sums it solves."""
    file = tmp_path / "run.pt"
    plain, plain_sums = estimate(problem_for(), X, Y, 4, Threads(1).rank(0))
    settings = {"chunk": 3, "checkpoint": file, "every": 1}
    with monkeypatch.context() as patch:
        patch.setattr(module._Progress, "at", stops_at(32))
        with pytest.raises(KeyboardInterrupt):
            estimate(problem_for(), X, Y, 4, Threads(1).rank(0), **settings)
    assert numbers_in(file) == {"pass": 1, "count": 36, "data": 9}
    for B, sums in Threads(after).run(lambda ranks: estimate(problem_for(), X, Y, 4, ranks, **settings)):
        torch.testing.assert_close(B, plain, rtol=1e-9, atol=1e-11)
        assert [sums[k].count for k in (0, 1)] == [80, 80]
        for k in (0, 1):
            torch.testing.assert_close(sums[k].S, plain_sums[k].S, rtol=1e-9, atol=1e-11)
            torch.testing.assert_close(sums[k].Q, plain_sums[k].Q, rtol=1e-9, atol=1e-11)


def stops_at(place):
    def at(self, done):
        if done >= place:
            raise KeyboardInterrupt

    return at


def a_checkpoint(tmp_path) -> tuple[Path, dict]:
    """A run's checkpoint in its second pass, and the settings of the run."""
    settings = {"chunk": 3, "ridge": 0.5, "checkpoint": tmp_path / "run.pt", "every": 1}
    estimate(problem_for(), X, Y, 4, Threads(1).rank(0), **settings)
    assert numbers_in(tmp_path / "run.pt") == {"pass": 1, "count": 72, "data": 18}
    return tmp_path / "run.pt", settings


NETWORK_2 = network_of("tanh", "mse", seed=9)
OF_ANOTHER = {
    r"ridge \('0\.5'\); expected '0\.0'": {"ridge": 0.0},
    r"data \('20'\); expected '19'": {"x": X[:19], "y": Y[:19]},
    r"x \('sha256 \w{32}'\); expected 'sha256 \w{32}'": {"x": X + 2.0**-52},
    r"y \('sha256 \w{32}'\); expected 'sha256 \w{32}'": {"y": Y.flip(0)},
    r"draws \('4'\); expected '5'": {"draws": 5},
    r"c \('0\.1'\); expected '0\.2'": {"problem": {"c": 0.2}},
    r"seeds \('5'\); expected '6'": {"problem": {"seeds": 6}},
    r"step \('0'\); expected '1'": {"problem": {"step": 1}},
    r"family \('rademacher'\); expected 'gaussian'": {"problem": {"family": "gaussian"}},
    r"products \('full'\); expected 'bf16'": {"problem": {"products": "bf16"}},
    r"rule \('FA'\); expected 'DFA'": {"problem": {"rule": "DFA"}},
    r"weights \('sha256 \w{32}'\); expected 'sha256 \w{32}'": {"network": NETWORK_2},
    r"activations \('tanh tanh tanh'\); expected 'relu relu relu'": {"network": network_of("relu", "mse")},
    r"loss \('mse'\); expected 'quartic'": {"network": network_of("tanh", "quartic")},
    r"dtype \('float64'\); expected 'float32'": {
        "network": NETWORK.to(torch.float32),
        "x": X.float(),
        "y": Y.float(),
    },
}


@pytest.mark.parametrize(("difference", "change"), OF_ANOTHER.items())
def test_a_checkpoint_of_anything_else_is_refused_by_name(tmp_path, difference, change):
    file, settings = a_checkpoint(tmp_path)
    before = file.read_bytes()
    settings["ridge"] = change.get("ridge", 0.5)
    network = change.get("network", NETWORK)
    asked = {"c": 0.1, "seeds": 5, "rule": "FA", **change.get("problem", {})}
    zeros = [torch.zeros(s, dtype=network.dtype) for s in feedback_shapes(network, asked["rule"])]
    problem = Problem.of(network, zeros, **asked)
    x, y, draws = (change.get(name, usual) for name, usual in (("x", X), ("y", Y), ("draws", 4)))
    with pytest.raises(InvalidInput, match=rf"^the checkpoint .*run\.pt is of another {difference}\.$"):
        estimate(problem, x, y, draws, Threads(1).rank(0), **settings)
    assert file.read_bytes() == before


def test_a_checkpoint_does_not_depend_on_how_the_work_is_split(tmp_path):
    _, settings = a_checkpoint(tmp_path)
    plain, _ = estimate(problem_for(), X, Y, 4, Threads(1).rank(0), ridge=0.5)
    for other in ({"chunk": 7}, {"path": "reference"}, {"every": 5}):
        B, _ = estimate(problem_for(), X, Y, 4, Threads(1).rank(0), **{**settings, **other})
        torch.testing.assert_close(B, plain, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pass": 2}, "pass of the checkpoint .* is 2; expected an integer with 0 <="),
        ({"pass": "0"}, "pass of the checkpoint .* is '0'"),
        ({"data": 21}, "data of the checkpoint .* is 21"),
        ({"data": 10**9}, "data of the checkpoint .* is 1000000000"),
        ({"count": 76}, "count of the checkpoint .* is 76; expected 4 for each of its 18 data"),
        ({"count": None}, "count of the checkpoint .* is None"),
        ({"S1": None}, "the checkpoint .* is not whole; expected B0, B1, Q1, S1, sums0,"),
        ({"B2": torch.zeros(1)}, "the checkpoint .* is not whole"),
        ({"B0": torch.zeros(5, 7, dtype=torch.float64)}, r"the shape of B0 of the checkpoint .* is \(5, 7\)"),
        ({"B1": torch.zeros(1, 4, 5)}, "the dtype of B1 of the checkpoint .* is torch.float32"),
        ({"Q1": torch.full((4, 4), torch.nan, dtype=torch.float64)}, r"Q\[0, 0\] is nan"),
        ({"sums0": torch.zeros(1, 2, 2, dtype=torch.float64)}, r"the shape of sums\[0\] of the checkpoint"),
    ],
)
def test_a_sealed_checkpoint_that_no_run_can_have_is_refused(tmp_path, change, message):
    file, settings = a_checkpoint(tmp_path)
    table = Checkpoint(file, problem_for(), X, Y, 4, 0.5).settings
    saved = checkpoint.read(file, "run", table)
    numbers = {name: change.get(name, value) for name, value in saved.numbers.items()}
    tensors = {**saved.tensors, **{name: value for name, value in change.items() if name not in numbers}}
    tensors = {name: tensor for name, tensor in tensors.items() if tensor is not None}
    checkpoint.write(file, "run", checkpoint.Saved(table, numbers, tensors))
    with pytest.raises(InvalidInput, match=f"^{message}"):
        estimate(problem_for(), X, Y, 4, Threads(1).rank(0), **settings)


def test_a_second_run_on_a_checkpoint_is_told(tmp_path, capsys):
    call = [*SIZE, "--data", "20", "--checkpoint", str(tmp_path / "run.pt")]
    with held(tmp_path / "run.pt"):
        with pytest.raises(InUse, match=rf"run\.pt is in use by another run \(process {os.getpid()}\)"):
            estimate(problem_for(), X, Y, 4, Threads(1).rank(0), checkpoint=tmp_path / "run.pt")
        assert main(call) == 2
        assert re.match(r"impl\.estimate: .*run\.pt is in use by another run", capsys.readouterr().err)
    assert main(call) == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.pt"]


def test_progress_is_said_every_two_seconds_by_rank_0(tmp_path, monkeypatch, capsys):
    """The clock goes on by 1.5 seconds whenever it is read."""
    clock = itertools.count(1000.0, 1.5)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    settings = {"chunk": 3, "checkpoint": tmp_path / "run.pt", "every": 3}
    estimate(problem_for("DFA"), X, Y, 4, Threads(1).rank(0), **settings)
    file = tmp_path / "run.pt"
    assert capsys.readouterr().err.splitlines() == [
        "3 of 20 data (15 %), 8 samples/s",
        "9 of 20 data (45 %), 8 samples/s",
        f"checkpoint: 9 data of this pass, in {file}",
        "15 of 20 data (75 %), 8 samples/s",
        f"checkpoint: 18 data of this pass, in {file}",
        "20 of 20 data (100 %), 7.62 samples/s",
        "20 of 20 data in 12.0 s",
    ]
    estimate(problem_for("DFA"), X, Y, 4, Threads(1).rank(0), **settings)
    assert capsys.readouterr().err.splitlines() == [
        "going on from the checkpoint: 18 of 20 data done",
        "20 of 20 data (100 %), 5.33 samples/s",
        "20 of 20 data in 3.0 s",
    ]


def test_other_ranks_say_who_they_are_and_no_more(capsys):
    Threads(2).run(lambda ranks: estimate(problem_for("DFA"), X, Y, 4, ranks))
    said = sorted(capsys.readouterr().err.splitlines())
    assert len(said) == 4
    assert said[-2:] == [f"rank {rank} of 2, process {os.getpid()}" for rank in (0, 1)]


def test_alone_a_process_is_rank_0_of_1(monkeypatch):
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    ranks = Ranks()
    assert (ranks.size, ranks.rank, ranks.device) == (1, 0, torch.device("cpu"))
    tensors = [torch.arange(6.0).view(2, 3), torch.ones(1)]
    assert all(map(torch.equal, ranks.add_up(tensors), tensors))
    ranks.close()


MEETING = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29500"}


@pytest.mark.parametrize(("device", "backend"), [("cpu", "gloo"), ("cuda", "nccl")])
def test_the_environment_says_who_a_process_is(monkeypatch, device, backend):
    called = []
    for name, value in {**MEETING, "WORLD_SIZE": "4", "RANK": "3", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "set_device", called.append)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(ranks_module.dist, "init_process_group", lambda *a, **kw: called.append((a, kw)))
    monkeypatch.setattr(ranks_module.dist, "all_reduce", lambda tensor: tensor.mul_(4))
    monkeypatch.setattr(ranks_module.dist, "destroy_process_group", lambda: called.append("left"))
    ranks = Ranks(device, 7.0)
    expected = torch.device("cpu") if device == "cpu" else torch.device("cuda", 1)
    assert (ranks.size, ranks.rank, ranks.device) == (4, 3, expected)
    tensors = [torch.arange(6.0).view(2, 3), torch.ones(1)]
    assert all(map(torch.equal, ranks.add_up(tensors), [4 * tensor for tensor in tensors]))
    ranks.close()
    joined = ((backend,), {"timeout": timedelta(seconds=7)})
    assert called == [*([expected] if device == "cuda" else []), joined, "left"]
    assert Ranks("cpu").size == 4
    assert called[-1] == (("gloo",), {"timeout": timedelta(seconds=300)})
    if device == "cuda":
        monkeypatch.delenv("LOCAL_RANK")
        assert Ranks("cuda").device == torch.device("cuda", 0)


DEFAULTS = {
    "input": None,
    "widths": "784-50-20-10",
    "data": 1024,
    "draws": 256,
    "activation": "sigmoid",
    "output_activation": None,
    "loss": "mse",
    "rule": "FA",
    "family": "rademacher",
    "c": 1e-3,
    "ridge": 0.0,
    "seed": 0,
    "path": "auto",
    "products": "full",
    "dtype": "float64",
    "device": "cpu",
    "chunk": 1024,
    "checkpoint": None,
    "every": 16,
    "timeout": 300.0,
    "output": None,
    "shard": None,
    "after": None,
}
GIVEN = {
    "input": Path("in.npz"),
    "widths": "3-2-2",
    "data": 7,
    "draws": 8,
    "activation": "relu",
    "output_activation": "identity",
    "loss": "logcosh",
    "rule": "DFA",
    "family": "uniform",
    "c": 0.5,
    "ridge": 0.25,
    "seed": 3,
    "path": "eager",
    "products": "bf16",
    "dtype": "float32",
    "device": "cuda",
    "chunk": 9,
    "checkpoint": Path("run.pt"),
    "every": 2,
    "timeout": 1.5,
    "output": Path("out.npz"),
    "shard": Shard(2, 3),
    "after": Path("passes"),
}


def test_options_have_their_defaults_and_types():
    assert vars(parser().parse_args([])) == DEFAULTS
    call = [word for k, v in GIVEN.items() for word in (f"--{k.replace('_', '-')}", str(v))]
    found = vars(parser().parse_args(call))
    assert found == GIVEN
    assert {k: type(v) for k, v in found.items()} == {k: type(v) for k, v in GIVEN.items()}


@pytest.mark.parametrize(
    "option",
    ["activation", "output-activation", "loss", "rule", "family", "path", "products", "dtype", "device"],
)
def test_an_unknown_name_is_refused(option):
    with pytest.raises(Mistake, match=f"^argument --{option}: invalid choice: 'nonsense'"):
        parser().parse_args([f"--{option}", "nonsense"])


def test_a_random_problem_is_made_from_its_seed():
    """Weights of variance 1 / fan in, then x, then y; the options are the problem's."""
    call = ["--widths", "3-5-4-2", "--data", "6", "--seed", "9", "--c", "0.5", "--rule", "DFA"]
    options = parser().parse_args([*call, "--family", "skewed", "--activation", "relu", "--products", "bf16"])
    problem, x, y = problem_from(options, torch.device("cpu"))
    source = torch.Generator().manual_seed(9)
    shapes = [(5, 3), (4, 5), (2, 4), (6, 3), (6, 2)]
    drawn = [torch.randn(shape, generator=source, dtype=torch.float64) for shape in shapes]
    for k, weight in enumerate(problem.weights):
        assert torch.equal(weight[0], drawn[k] / shapes[k][1] ** 0.5)
    assert torch.equal(x, drawn[3])
    assert torch.equal(y, drawn[4])
    assert problem.activations == ("relu",) * 3
    made = (problem.loss, problem.rule, problem.c, problem.family, problem.seeds, problem.step)
    assert made == ("mse", "DFA", 0.5, "skewed", (9,), 0)
    assert (problem.products, problem.control) == ("bf16", None)
    assert [tuple(B.shape) for B in problem.feedback] == [(1, 2, 5), (1, 2, 4)]
    assert not any(B.any() for B in problem.feedback)


def test_the_output_may_have_another_activation_and_all_another_dtype():
    call = ["--widths", "3-5-4-2", "--data", "6", "--output-activation", "identity"]
    options = parser().parse_args([*call, "--loss", "cross_entropy", "--dtype", "float32"])
    problem, x, y = problem_from(options, torch.device("cpu"))
    assert (problem.activations, problem.loss) == (("sigmoid", "sigmoid", "identity"), "cross_entropy")
    tensors = (*problem.weights, *problem.feedback, x, y)
    assert {tensor.dtype for tensor in tensors} == {torch.float32}


@pytest.mark.parametrize(
    ("left_out", "missing"), [("x", "x"), ("y", "y"), ("W1", "W1"), ("W2", "W2"), (None, "")]
)
def test_a_file_has_all_weights_and_data(tmp_path, left_out, missing):
    source = np.random.default_rng(0)
    shapes = {
        "W1": (5, 4),
        "W2": (4, 5),
        "W3": (3, 4),
        "x": (6, 4),
        "y": (6, 3),
        "Wide": (1, 1),
        "b2": (2, 2),
    }
    arrays = {name: source.standard_normal(shape) for name, shape in shapes.items()}
    np.savez(tmp_path / "in.npz", **{k: v for k, v in arrays.items() if k != left_out})
    options = parser().parse_args(["--input", str(tmp_path / "in.npz")])
    if left_out is None:
        problem, x, y = problem_from(options, torch.device("cpu"))
        found = {f"W{k + 1}": weight[0] for k, weight in enumerate(problem.weights)} | {"x": x, "y": y}
        assert sorted(found) == ["W1", "W2", "W3", "x", "y"]
        assert all(torch.equal(tensor, torch.from_numpy(arrays[name])) for name, tensor in found.items())
        return
    with pytest.raises(
        InvalidInput, match=rf"^--input is .*in\.npz without {missing}; expected all of them\.$"
    ):
        problem_from(options, torch.device("cpu"))


@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_what_is_printed_and_what_is_written(tmp_path, capsys, rule):
    """A line for each matrix, under "FA" with its distance; in the file also the sums, which it solves."""
    output = tmp_path / "out.npz"
    call = [*SIZE, "--data", "20", "--rule", rule, "--ridge", "0.5", "--seed", "4", "--output", str(output)]
    assert main(call) == 0
    lines, found = capsys.readouterr().out.splitlines(), arrays(output)
    assert sorted(found) == ["B2", "B3", "Q2", "Q3", "S2", "S3"]
    problem, x, y = problem_from(parser().parse_args(call), torch.device("cpu"))
    (expected,) = fit_network(problem, lambda: [(x, y)], 64, ridge=0.5)
    for k, matrix in enumerate(expected, 2):
        B, S, Q = (torch.from_numpy(found[f"{name}{k}"]) for name in "BSQ")
        torch.testing.assert_close(B, matrix, rtol=1e-9, atol=1e-11)
        torch.testing.assert_close((Q + 0.5 * torch.eye(len(Q))) @ B, S, rtol=1e-9, atol=1e-9)
        W = problem.weights[k - 1][0]
        gap = f"   |W - B| / |W| = {((W - B).norm() / W.norm()).item():.3e}" if rule == "FA" else ""
        assert lines[k - 2] == f"B{k} {tuple(B.shape)}{gap}"
    assert len(lines) == 2


def test_only_rank_0_prints_and_writes_and_all_leave(tmp_path, monkeypatch, capsys):
    left = []
    monkeypatch.setattr(
        command,
        "Ranks",
        lambda device, timeout: SimpleNamespace(
            size=2,
            rank=1,
            device=torch.device(device),
            add_up=lambda tensors: [2 * tensor for tensor in tensors],
            close=lambda: left.append((device, timeout)),
        ),
    )
    output = tmp_path / "out.npz"
    assert main([*SIZE, "--data", "20", "--timeout", "3", "--output", str(output)]) == 0
    assert capsys.readouterr().out == ""
    assert not output.exists()
    assert left == [("cpu", 3.0)]


LOST = "another rank was lost, or the run was stopped"


@pytest.mark.parametrize(
    ("size", "error", "code", "reason"),
    [
        (2, RuntimeError("Connection closed by peer"), 1, LOST),
        (2, Stopped("the run was stopped"), 1, "the run was stopped"),
        (2, KeyboardInterrupt(), 130, "interrupted"),
        (1, Stopped("the run was stopped"), 1, "the run was stopped"),
    ],
)
@pytest.mark.parametrize("kept", [False, True, None])
def test_a_run_that_ends_early_says_what_is_left(
    tmp_path, monkeypatch, capsys, size, error, code, reason, kept
):
    def breaks(*_, **__):
        if kept:
            file.touch()
        raise error

    monkeypatch.setattr(command, "Ranks", lambda *_: SimpleNamespace(size=size, rank=0, device="cpu"))
    monkeypatch.setattr(command, "place", lambda: (size, 0, 0))
    monkeypatch.setattr(command, "estimate", breaks)
    monkeypatch.setattr(os, "_exit", sys.exit)
    file = tmp_path / "run.pt"
    call = [*SIZE, "--data", "20", *([] if kept is None else ["--checkpoint", str(file)])]
    if size == 1:
        assert main(call) == code
    else:
        with pytest.raises(SystemExit) as ended:
            main(call)
        assert ended.value.code == code
    gone = f"the last checkpoint is {file}: the same command goes on from it"
    expected = f"impl.estimate: {reason}; {gone if kept else 'no checkpoint was written'}.\n"
    assert capsys.readouterr().err == expected


def test_what_breaks_by_itself_ends_with_3_and_a_line(monkeypatch, capsys):
    def breaks(*_, **__):
        raise RuntimeError("inner fault\nand its stack")

    monkeypatch.setattr(command, "estimate", breaks)
    assert main([*SIZE, "--data", "20"]) == 3
    said = capsys.readouterr().err
    assert re.fullmatch(
        r"impl\.estimate itself broke: RuntimeError: inner fault \(test_estimate\.py, line \d+\)\. N.*\n",
        said,
    )


@pytest.fixture
def usual_signals():
    """The signals as a program gets them, whatever this process was started with."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize(
    ("number", "code", "reason"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 1, "the run was stopped")],
)
def test_a_run_that_is_asked_to_end_finishes_its_round_and_keeps_it(
    tmp_path, monkeypatch, capsys, number, code, reason
):
    """In the middle of the third round of 8 data; asked again, it goes on and gives the whole result."""
    rounds, add = [], Stream.add

    def asked(self, x, y, first=None):
        rounds.append(first)
        if len(rounds) == 3:
            os.kill(os.getpid(), number)
        add(self, x, y, first)

    file = tmp_path / "run.pt"
    call = [*SIZE, "--data", "100", "--every", "1000", "--checkpoint", str(file)]
    assert main([*call[:-2], "--output", str(tmp_path / "one.npz")]) == 0
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr(Stream, "add", asked)
        assert main(call) == code
    *_, last = capsys.readouterr().err.splitlines()
    left = f"the last checkpoint is {file}: the same command goes on from it"
    assert last == f"impl.estimate: {reason}; {left}."
    assert numbers_in(file) == {"pass": 0, "count": 24 * 64, "data": 24}
    assert main([*call, "--output", str(tmp_path / "two.npz")]) == 0
    check_same(arrays(tmp_path / "two.npz"), arrays(tmp_path / "one.npz"))


@pytest.mark.usefixtures("usual_signals")
@pytest.mark.parametrize("times", [1, 2])
def test_without_a_checkpoint_or_asked_twice_a_run_ends_at_once(tmp_path, monkeypatch, capsys, times):
    def asked(*_, **__):
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
        raise AssertionError("the signal has not come")

    monkeypatch.setattr(Stream, "add", asked)
    kept = ["--checkpoint", str(tmp_path / "run.pt")] if times == 2 else []
    assert main([*SIZE, "--data", "20", *kept]) == 130
    said = capsys.readouterr().err
    assert said == "impl.estimate: interrupted; no checkpoint was written.\n"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_options_of_the_command_are_those_of_the_estimate(monkeypatch, tmp_path):
    called = []

    def noting(problem, x, y, draws, ranks, **settings):
        called.append((len(x), draws, settings))
        return [torch.zeros(6, 8), torch.zeros(6, 6)], {}

    monkeypatch.setattr(command, "estimate", noting)
    checkpoint = tmp_path / "run.pt"
    more = ["--data", "20", "--ridge", "0.25", "--path", "eager", "--checkpoint", str(checkpoint)]
    assert main([*SIZE, *more]) == 0
    settings = {"chunk": 8, "ridge": 0.25, "path": "eager", "checkpoint": checkpoint, "every": 2}
    ((data, draws, found),) = called
    assert found.pop("stop")() is False
    assert (data, draws, found) == (20, 64, settings)


def test_the_path_is_opened_for_all_samples(monkeypatch):
    opened, make = [], Stream

    def noting(problem, draws, *, path, expected):
        opened.append((draws, path, expected))
        return make(problem, draws, path=path, expected=expected)

    monkeypatch.setattr(module, "Stream", noting)
    estimate(problem_for("DFA"), X, Y, 4, Threads(1).rank(0))
    estimate(problem_for("DFA"), X, Y, 4, Threads(1).rank(0), path="reference")
    assert opened == [(4, "auto", 80), (4, "reference", 80)]


def test_what_is_left_out_of_an_estimate(tmp_path, written):
    """Chunks of 1,024 data, a checkpoint after every 16, no ridge."""
    x, y = X[:1].expand(17 * 1024 + 1, -1), Y[:1].expand(17 * 1024 + 1, -1)
    B, sums = estimate(problem_for("DFA"), x, y, 1, Threads(1).rank(0), checkpoint=tmp_path / "run.pt")
    assert written == [(0, 16 * 1024, 16 * 1024)]
    assert all(torch.equal(sums[k].solve(0.0), B[k]) for k in (0, 1))
