"""All parts of an experiment at once: SLURM jobs where there is a SLURM, processes of this machine elsewhere.

A part that is stopped, preempted or killed goes on from its file: SLURM's jobs by themselves, the others by
the same command again; parts that are over are read. Which partition, account and time the jobs have is said
by SLURM's own variables, SBATCH_PARTITION, SBATCH_ACCOUNT and SBATCH_TIMELIMIT.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.paper.command import once
from feedback_proofs_io import whole
from feedback_proofs_io.command import Mistake, say
from feedback_proofs_io.shards import Shard

__all__ = ["Job", "processes", "slurm", "submit"]

MINUTES = 24 * 60
"""The time limit of a SLURM job, which SBATCH_TIMELIMIT replaces; a job that reaches it is queued again."""
PAUSE = 0.2
"""Seconds between two looks at the processes."""


@dataclass(frozen=True)
class Job:
    """One part, as SLURM's jobs are given it; called by submitit, in a process of its own."""

    words: tuple[str, ...]

    def __call__(self) -> int:
        """Run the command; its exit code."""
        return once(self.words)

    def checkpoint(self) -> Any:
        """What is queued in the place of a job that is preempted: the same, which goes on from its file."""
        return importlib.import_module("submitit").helpers.DelayedSubmission(self)


def submit(words: Sequence[str], shards: Sequence[Shard], files: Sequence[Path]) -> list[int]:
    """Run the parts of a call; their exit codes. What a process of this machine says goes to its file.

    Raises `Mistake` on a machine with SLURM where submitit is missing, ``CannotWrite`` for a file that cannot
    be written.
    """
    calls = [(*words, "--shard", str(shard)) for shard in shards]
    if shutil.which("sbatch") is not None:
        return slurm(calls, files[0].parent / "jobs")
    for file in files:
        whole.prepare(file)
    cores = os.cpu_count() or 1
    threads = {"OMP_NUM_THREADS": str(max(1, cores // len(calls))), **os.environ}
    commands = [[sys.executable, "-m", "benchmarks.paper", *call] for call in calls]
    return processes(commands, cores, files, threads)


def slurm(calls: Sequence[tuple[str, ...]], folder: Path, cluster: str = "slurm") -> list[int]:
    """The exit codes of calls, each a job of one array; what they print is in the folder."""
    try:
        submitit = importlib.import_module("submitit")
    except ImportError:
        raise Mistake("--submit with SLURM needs the package submitit: pip install submitit") from None
    executor = submitit.AutoExecutor(folder=folder, cluster=cluster)
    executor.update_parameters(timeout_min=MINUTES, name="benchmarks.paper")
    with executor.batch():
        jobs = [executor.submit(Job(call)) for call in calls]
    say(f"{len(jobs)} jobs: {jobs[0].job_id} … {jobs[-1].job_id}; what they say is in {folder}")
    return [int(job.result()) for job in jobs]


def processes(
    commands: Sequence[Sequence[str]],
    at_once: int,
    files: Sequence[Path],
    environment: Mapping[str, str] | None = None,
) -> list[int]:
    """The exit codes of commands, so many at once; what each says goes to its file.

    Interrupted, it asks all of them to stop, and waits until they have.
    """
    waiting = list(enumerate(zip(commands, files, strict=True)))
    running: dict[int, subprocess.Popen[bytes]] = {}
    codes: dict[int, int] = {}
    with _terminated_as_interrupted():
        try:
            while waiting or running:
                while waiting and len(running) < at_once:
                    number, (command, file) = waiting.pop(0)
                    with file.open("wb") as told:
                        running[number] = subprocess.Popen(
                            command, stdin=subprocess.DEVNULL, stdout=told, stderr=told, env=environment
                        )
                for number, code in [(n, process.poll()) for n, process in running.items()]:
                    if code is not None:
                        codes[number] = code
                        del running[number]
                        done = f"part {number + 1} of {len(commands)} ended with {code}"
                        say(f"{done}; what it said is in {files[number]}")
                time.sleep(PAUSE if running else 0.0)
        finally:
            for process in running.values():
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
            for process in running.values():
                process.wait()
    return [codes[number] for number in range(len(commands))]


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM raises ``KeyboardInterrupt``, as Ctrl-C does: no process is left behind."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
