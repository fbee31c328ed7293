"""The command, on one process and under torchrun: the same sums, and an end that says what is left."""

import itertools
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

from impl import InvalidInput, feedback_shapes
from impl import estimate as module
from impl.estimate import Ranks, estimate, main, parser, problem_from
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
    state = torch.load(checkpoint, weights_only=True)
    assert state["pass"] == 0
    assert 0 < state["stream"]["data"] < 4000


def test_a_run_goes_on_from_its_checkpoint(tmp_path, monkeypatch, capsys):
    """Stopped in either pass; the result is that of a run in one go."""
    size = [*SIZE, "--data", "100"]
    assert main([*size, "--output", str(tmp_path / "one.npz")]) == 0
    for stop in (40, 140):
        checkpoint = tmp_path / f"run{stop}.pt"

        def interrupted(self, done, stop=stop):
            if done >= stop:
                raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(module._Progress, "at", interrupted)
            with pytest.raises(KeyboardInterrupt):
                main([*size, "--checkpoint", str(checkpoint)])
        output = tmp_path / f"two{stop}.npz"
        assert main([*size, "--checkpoint", str(checkpoint), "--output", str(output)]) == 0
        assert "going on from the checkpoint: " in capsys.readouterr().err
        check_same(arrays(output), arrays(tmp_path / "one.npz"), "B")


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
    found, write = [], module.write_whole

    def noting(file, content):
        found.append((content["pass"], content["stream"]["data"], content["stream"]["count"]))
        write(file, content)

    monkeypatch.setattr(module, "write_whole", noting)
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
    """Stopped in the second pass: the matrix of the first is kept, and has no sums."""
    checkpoint = tmp_path / "run.pt"
    plain, _ = estimate(problem_for(), X, Y, 4, Threads(1).rank(0))
    settings = {"chunk": 3, "checkpoint": checkpoint, "every": 1}
    with monkeypatch.context() as patch:
        patch.setattr(module._Progress, "at", stops_at(32))
        with pytest.raises(KeyboardInterrupt):
            estimate(problem_for(), X, Y, 4, Threads(1).rank(0), **settings)
    state = torch.load(checkpoint, weights_only=True)
    assert (state["pass"], state["stream"]["data"]) == (1, 9)
    for B, sums in Threads(after).run(lambda ranks: estimate(problem_for(), X, Y, 4, ranks, **settings)):
        torch.testing.assert_close(B, plain, rtol=1e-9, atol=1e-11)
        assert sorted(sums) == [0]
        assert sums[0].count == 80


def stops_at(place):
    def at(self, done):
        if done >= place:
            raise KeyboardInterrupt

    return at


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (3, "is no estimate's; expected one that was"),
        ({"pass": 0, "fitted": []}, "is no estimate's; expected one that was"),
        (
            {"pass": 0, "fitted": [torch.zeros(1, 2, 3)], "stream": {}},
            r"is of other widths; expected \[\(1, 5, 7\), \(1, 4, 5\)\]",
        ),
        (
            {"pass": 0, "fitted": [torch.zeros(1, 5, 7), torch.zeros(1, 4, 5)], "stream": {}},
            "is no stream's state; expected count, data, fingerprint, sums",
        ),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(tmp_path, content, message):
    torch.save(content, tmp_path / "run.pt")
    with pytest.raises(InvalidInput, match=rf"^the checkpoint .*run\.pt {message}\.$"):
        estimate(problem_for(), X, Y, 4, Threads(1).rank(0), checkpoint=tmp_path / "run.pt")


def test_a_checkpoint_of_another_problem_is_refused(tmp_path):
    settings = {"chunk": 3, "checkpoint": tmp_path / "run.pt", "every": 1}
    estimate(problem_for(), X, Y, 4, Threads(1).rank(0), **settings)
    with pytest.raises(InvalidInput, match=r"^the checkpoint .*run\.pt is of other settings"):
        estimate(problem_for(), X, Y, 5, Threads(1).rank(0), **settings)


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


@pytest.mark.parametrize(("device", "backend"), [("cpu", "gloo"), ("cuda", "nccl")])
def test_the_environment_says_who_a_process_is(monkeypatch, device, backend):
    called = []
    for name, value in (("WORLD_SIZE", "4"), ("RANK", "3"), ("LOCAL_RANK", "1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "set_device", called.append)
    monkeypatch.setattr(module.dist, "init_process_group", lambda *a, **kw: called.append((a, kw)))
    monkeypatch.setattr(module.dist, "all_reduce", lambda tensor: tensor.mul_(4))
    monkeypatch.setattr(module.dist, "destroy_process_group", lambda: called.append("left"))
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
def test_an_unknown_name_is_refused(option, capsys):
    with pytest.raises(SystemExit):
        parser().parse_args([f"--{option}", "nonsense"])
    assert f"argument --{option}: invalid choice: 'nonsense'" in capsys.readouterr().err


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
        module,
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


PEER = RuntimeError("Connection closed by peer")
NEEDS = RuntimeError("the path 'triton' needs a CUDA device")


@pytest.mark.parametrize(
    ("size", "error", "reason"),
    [
        (1, PEER, "Connection closed by peer"),
        (1, NEEDS, "the path 'triton' needs a CUDA device"),
        (2, PEER, "another rank was lost, or the run was stopped"),
        (2, NEEDS, "the path 'triton' needs a CUDA device"),
        (2, module._Stopped("path"), "another rank was lost, or the run was stopped"),
    ],
)
@pytest.mark.parametrize("kept", [False, True, None])
def test_a_run_that_breaks_ends_with_1_and_says_what_is_left(
    tmp_path, monkeypatch, capsys, size, error, reason, kept
):
    def breaks(*_, **__):
        raise error

    monkeypatch.setattr(module, "Ranks", lambda *_: SimpleNamespace(size=size, rank=0, device="cpu"))
    monkeypatch.setattr(module, "estimate", breaks)
    monkeypatch.setattr(os, "_exit", sys.exit)
    checkpoint = tmp_path / "run.pt"
    if kept:
        checkpoint.touch()
    call = [*SIZE, "--data", "20", *([] if kept is None else ["--checkpoint", str(checkpoint)])]
    with pytest.raises(SystemExit) as ended:
        main(call)
    assert ended.value.code == 1
    gone = f"the last checkpoint is {checkpoint}: the same command goes on from it"
    expected = f"impl.estimate: {reason}; {gone if kept else 'no checkpoint was written'}.\n"
    assert capsys.readouterr().err == expected


def test_being_asked_to_stop_raises_inside_the_run(monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    try:
        assert main([*SIZE, "--c", "0"]) == 2
        assert signal.getsignal(signal.SIGTERM) is module._stopped
    finally:
        signal.signal(signal.SIGTERM, before)
    with pytest.raises(module._Stopped):
        module._stopped(signal.SIGTERM, None)


def test_the_options_of_the_command_are_those_of_the_estimate(monkeypatch, tmp_path):
    called = []

    def noting(problem, x, y, draws, ranks, **settings):
        called.append((len(x), draws, settings))
        return [torch.zeros(6, 8), torch.zeros(6, 6)], {}

    monkeypatch.setattr(module, "estimate", noting)
    checkpoint = tmp_path / "run.pt"
    more = ["--data", "20", "--ridge", "0.25", "--path", "eager", "--checkpoint", str(checkpoint)]
    assert main([*SIZE, *more]) == 0
    settings = {"chunk": 8, "ridge": 0.25, "path": "eager", "checkpoint": checkpoint, "every": 2}
    assert called == [(20, 64, settings)]


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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        *(
            ([f"--{name}", "0"], f"--{name} is 0; expected an integer with 1 <= --{name}.")
            for name in ("chunk", "every", "data")
        ),
        (["--c", "0"], "c is 0.0; expected a finite number above 0"),
        (["--draws", "0"], "--draws is 0; expected an integer with 1 <="),
        (["--widths", "3-2"], "the length of weights is 1; expected 2 or more"),
        (["--input", "nowhere.npz"], "nowhere.npz"),
    ],
)
def test_bad_calls(call, message, capsys):
    assert main(call) == 2
    assert message in capsys.readouterr().err
