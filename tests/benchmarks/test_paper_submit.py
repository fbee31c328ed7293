"""All parts at once: as processes, as jobs of submitit; what fails is told, and what is stopped goes on."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.paper import __main__ as command
from benchmarks.paper import submit
from benchmarks.paper.__main__ import main
from benchmarks.paper.submit import Job, processes, slurm
from feedback_proofs_io.results import read

ROOT = Path(__file__).parents[2]
CALL = ["fig2", "--seeds", "2", "--epochs", "1"]
needs_submitit = pytest.mark.skipif(find_spec("submitit") is None, reason="submitit is not installed here")


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.paper.options.EPOCH", 2)
    monkeypatch.setattr("benchmarks.paper.costs.UPDATES", 1)
    monkeypatch.setattr("benchmarks.paper.submit.PAUSE", 0.01)
    monkeypatch.setattr("benchmarks.paper.submit.shutil.which", lambda name: None)


def here(commands, at_once, files, environment):
    """The commands in this process, which takes no seconds to start."""
    assert at_once == os.cpu_count()
    assert [words[:3] for words in commands] == [[sys.executable, "-m", "benchmarks.paper"]] * len(commands)
    return [main(words[3:]) for words in commands]


def test_all_parts_are_run_and_merged(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(submit, "processes", here)
    assert main([*CALL, "--submit", "2", "--output", str(tmp_path / "parts")]) == 0
    assert main([*CALL, "--output", str(tmp_path / "one")]) == 0
    (one,) = (tmp_path / "one").glob("*.json")
    assert read(tmp_path / "parts" / one.name).runs == read(one).runs
    assert "2 parts, " in capsys.readouterr().out


def test_parts_that_fail_are_named_and_nothing_is_merged(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr(submit, "processes", lambda *_: [0, -9])
    assert main([*CALL, "--submit", "2", "--output", str(tmp_path)]) == 1
    assert "of 2 parts 1 failed: 2/2 with -9" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.json"))
    monkeypatch.setattr(submit, "processes", lambda *_: [130, 0])
    assert main([*CALL, "--submit", "2", "--output", str(tmp_path)]) == 130


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--submit", "2", "--shard", "1/2"], "give one of them"),
        (["--submit", "3"], "--shard is 1/3; expected up to 2 parts"),
        (["--submit", "0"], "expected an integer from 1"),
    ],
    ids=str,
)
def test_what_cannot_be_submitted_is_one_line(words: list[str], message: str, tmp_path, capsys) -> None:
    assert main([*CALL, *words, "--output", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert message in said


def test_an_option_and_its_value_are_left_out_of_a_call() -> None:
    words = ["a", "--submit", "3", "--submit=4", "--output", "--submit-not", "b"]
    assert command._without("--submit", words) == ["a", "--output", "--submit-not", "b"]


# -- processes


def python(program: str) -> list[str]:
    return [sys.executable, "-S", "-c", program]


def test_processes_give_their_codes_in_order_and_their_words_to_their_files(tmp_path: Path) -> None:
    programs = ["import time; time.sleep(0.1); print('one')", "import sys; sys.exit('two')", "print('three')"]
    files = [tmp_path / str(k) for k in range(3)]
    assert processes([python(program) for program in programs], 2, files) == [0, 1, 0]
    assert [file.read_text() for file in files] == ["one\n", "two\n", "three\n"]


def test_no_more_run_at_once_than_may(tmp_path: Path) -> None:
    """Each sees whether another is there."""
    program = "import os, time; os.mkdir({0!r}); time.sleep(0.05); os.rmdir({0!r})".format(
        str(tmp_path / "alone")
    )
    assert processes([python(program)] * 4, 1, [tmp_path / str(k) for k in range(4)]) == [0] * 4


def test_a_submission_that_is_stopped_stops_its_parts_and_leaves_none(tmp_path: Path) -> None:
    part = (
        "import pathlib, signal, sys, time\n"
        "def stop(*_):\n pathlib.Path(sys.argv[1]).write_text('kept')\n sys.exit(130)\n"
        "signal.signal(signal.SIGTERM, stop)\n"
        "pathlib.Path(sys.argv[1] + '-begun').touch()\n"
        "time.sleep(60)\n"
    )
    program = (
        "import sys; from pathlib import Path; from benchmarks.paper.submit import processes\n"
        f"commands = [[sys.executable, '-S', '-c', {part!r}, str(Path(sys.argv[1]) / k)] for k in 'ab']\n"
        "processes(commands, 2, [Path(sys.argv[1]) / f'log-{k}' for k in 'ab'])\n"
    )
    run = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*-begun"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    run.send_signal(signal.SIGTERM)
    run.communicate(timeout=30)
    assert [(tmp_path / name).read_text() for name in "ab"] == ["kept", "kept"]


# -- SLURM


def test_where_there_is_a_slurm_the_parts_are_its_jobs(tmp_path: Path, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr("benchmarks.paper.submit.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(submit, "slurm", lambda calls, folder: asked.append((calls, folder)) or [0, 3])
    assert main([*CALL, "--submit", "2", "--output", str(tmp_path)]) == 3
    ((calls, folder),) = asked
    words = (*CALL, "--output", str(tmp_path))
    assert calls == [(*words, "--shard", "1/2"), (*words, "--shard", "2/2")]
    assert folder == tmp_path / "jobs"


def test_slurm_without_submitit_is_one_line(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setattr("benchmarks.paper.submit.shutil.which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setitem(sys.modules, "submitit", None)
    assert main([*CALL, "--submit", "2", "--output", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said == "benchmarks.paper: --submit with SLURM needs the package submitit: pip install submitit\n"


@needs_submitit
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its debug executor leaves
@pytest.mark.filterwarnings("ignore::ResourceWarning")  # its logs open
def test_submitit_runs_the_jobs_and_gives_their_codes(tmp_path: Path, monkeypatch) -> None:
    """In this process, which is submitit's own way to look at jobs."""
    monkeypatch.setattr("benchmarks.paper.submit.once", len)
    assert slurm([("fig2", "--shard", "1/2"), ("fig2",)], tmp_path / "jobs", cluster="debug") == [3, 1]


@needs_submitit
def test_a_preempted_job_is_queued_again_as_it_was() -> None:
    job = Job(("fig2", "--shard", "1/2"))
    again = job.checkpoint()
    assert isinstance(again, importlib.import_module("submitit").helpers.DelayedSubmission)
    assert again.function == job
