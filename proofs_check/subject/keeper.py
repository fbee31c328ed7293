"""The process between the suite and a subject: it starts the worker, and outlives it.

    python keeper.py CONTROL BYTES

Every process that the subject starts stays its descendant, wherever it goes, so that none is left when the
worker has ended or must end. It also counts the memory that the worker and its descendants hold together, and
runs nothing of the subject's. By the descriptor CONTROL it says what happens, in fixed binary frames; when
the other end of that closes, all ends.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import select
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proofs_check.subject import family, walls

LOOK, FAMILY = (
    100,
    10,
)  # milliseconds between two looks at the worker's memory; every tenth at all descendants
SLACK = 2**29  # bytes for Python and torch themselves, beside what a subject may take


def sibling(name: str) -> Any:
    """Load the file `name`.py beside this one, under a name that no subject uses."""
    spec = importlib.util.spec_from_file_location(
        f"_proofs_check_{name}", Path(__file__).with_name(f"{name}.py")
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{name}.py is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if not TYPE_CHECKING:
    family, walls = sibling("family"), sibling("walls")


def keep(control: int, limit: int) -> None:
    """Start the worker in a child, and wait for its end or for that of the other side."""
    os.set_inheritable(control, False)
    walls.take_in_orphans()
    before = family.ended_for_memory()
    parent, worker = os.getpid(), os.fork()
    if worker == 0:
        os.close(control)
        walls.end_with_parent(signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(0)
        walls.confine()
        sibling("worker").main()
        os._exit(0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    walls.shut_memory()
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1):  # the worker's end of them is the only one: when it goes, the suite sees it
        os.dup2(nothing, stream)
    _report(control, family.STARTED, worker)
    status = _wait(control, worker, limit + SLACK)
    family.end_descendants(parent)
    if status is not None:
        after = family.ended_for_memory()
        if before is not None and after is not None and after > before:
            _report(control, family.OUT_OF_MEMORY, after - before)
        _report(control, family.ENDED, status & 0xFFFF)


def _wait(control: int, worker: int, limit: int) -> int | None:
    """The status with which the worker ended; None where the other side ended first."""
    awake, wake = os.pipe()
    for end in (awake, wake):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    events = select.poll()
    for end in (control, awake):
        events.register(end, select.POLLIN)
    told, looks = False, 0
    while True:
        ready = {end for end, _ in events.poll(LOOK)}
        if awake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(awake, 4096)
        if (status := _reaped(worker)) is not None:
            return status
        if control in ready:
            return None
        looks += 1
        if not told and (held := _held(worker, limit, everyone=looks % FAMILY == 0)):
            told = True
            _report(control, family.MEMORY, held)
            os.kill(worker, signal.SIGKILL)


def _reaped(worker: int) -> int | None:
    """Wait for all children that have ended, orphans too; the status of the worker if it is among them."""
    status = None
    with contextlib.suppress(ChildProcessError):
        while True:
            one, how = os.waitpid(-1, os.WNOHANG)
            if one == 0:
                break
            if one == worker:
                status = how
    return status


def _held(worker: int, limit: int, everyone: bool) -> int:
    """The bytes that the worker, or it and all descendants, hold, if that is more than they may; else 0."""
    processes = family.descendants(os.getpid()) if everyone else [worker]
    if family.memory(processes) <= limit:
        return 0
    held = int(family.proportional_memory(processes))
    return held if held > limit else 0


def _report(control: int, kind: int, value: int) -> None:
    with contextlib.suppress(OSError):
        os.write(control, family.REPORT.pack(kind, value))


if __name__ == "__main__":
    keep(int(sys.argv[1]), int(sys.argv[2]))
