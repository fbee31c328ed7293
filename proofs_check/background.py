"""The statements' own checks on a second core, while the subject is examined on the first.

They never see a subject, so nothing changes but the time. On one core, for a single claim, or where the
process is lost, each is made when its turn comes.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor

from proofs_check import walls
from proofs_check.claim import Claim
from proofs_check.effort import Effort
from proofs_check.ledger import Confirmation, confirm


class Confirmations:
    """What comes of the statements' own checks, by the id of the claim."""

    def __init__(
        self, claims: Sequence[Claim], effort: Effort, futures: dict[str, Future[Confirmation]]
    ) -> None:
        self._claims = {claim.id: claim for claim in claims}
        self._effort, self._futures = effort, futures
        self.processes: list[int] = []

    @property
    def in_background(self) -> bool:
        """Whether they are made beside this process."""
        return bool(self._futures)

    def of(self, name: str) -> Confirmation:
        """The one of a claim, once it is there."""
        if name in self._futures:
            with contextlib.suppress(Exception):  # the process is lost, or what it found cannot be sent
                return self._futures[name].result()
        return confirm(self._claims[name], self._effort)


@contextlib.contextmanager
def confirmations(claims: Sequence[Claim], effort: Effort, apart: bool) -> Iterator[Confirmations]:
    """Begin with the checks; ``apart`` allows a process of their own, for claims of the project."""
    if not apart or len(claims) < 2 or _cores() < 2:
        yield Confirmations(claims, effort, {})
        return
    # Spawned, so that it holds no end of the subject's pipes.
    processes: list[multiprocessing.process.BaseProcess] = []
    try:
        with _path_without_folder():  # it starts a process that keeps count of semaphores
            pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _prepare, (os.getpid(),))
    except (OSError, ImportError, NotImplementedError):  # no semaphores, as without /dev/shm
        yield Confirmations(claims, effort, {})
        return
    try:
        try:
            with _path_without_folder():
                futures = {claim.id: pool.submit(_confirm, claim.id, effort) for claim in claims}
        except OSError:  # no process can be started
            futures = {}
        made = Confirmations(claims, effort, futures)
        processes += (pool._processes or {}).values()
        made.processes += [process.pid for process in processes if process.pid is not None]
        yield made
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.kill()


@contextlib.contextmanager
def _path_without_folder() -> Iterator[None]:
    """Start processes of Python that do not search the current folder, where a subject may have put files."""
    variable = "PYTHONSAFEPATH"
    before = os.environ.get(variable)
    os.environ[variable] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[variable]
        else:
            os.environ[variable] = before


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _confirm(name: str, effort: Effort) -> Confirmation:
    from proofs_check.claims import CLAIMS

    return confirm(next(claim for claim in CLAIMS if claim.id == name), effort)


def _prepare(parent: int) -> None:
    """Leave interrupts to the parent, and do not outlive it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    walls.shut_memory()  # what it finds is believed by the suite

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
