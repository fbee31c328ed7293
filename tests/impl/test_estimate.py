"""The command, on one process and under torchrun: the same sums, and an end that says what is left."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from impl.estimate import main

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
def test_two_processes_equal_one(tmp_path):
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
def test_a_rank_that_dies_ends_the_run_which_then_goes_on(tmp_path):
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
        from impl import estimate as module

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


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (["--c", "0"], "c is 0.0; expected a finite number above 0"),
        (["--draws", "0"], "--draws is 0; expected an integer with 1 <="),
        (["--widths", "3-2"], "the length of weights is 1; expected 2 or more"),
        (["--input", "nowhere.npz"], "nowhere.npz"),
    ],
)
def test_bad_calls(call, message, capsys):
    assert main(call) == 2
    assert message in capsys.readouterr().err
