"""A process and all that it started, as the system lists them in /proc; nothing where there is none.

Standard library only, and nothing of ours: the keeper of the worker loads it from its path.
"""

from __future__ import annotations

import contextlib
import os
import signal
import struct
import time
from pathlib import Path

PROC = Path("/proc")
REPORT = struct.Struct("<BQ")  # what a keeper says: one of these kinds, and a number
STARTED, MEMORY, ENDED, OUT_OF_MEMORY = range(1, 5)
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def descendants(process: int) -> list[int]:
    """The children of a process, their children, and so on; parents before their children."""
    parents: dict[int, list[int]] = {}
    with contextlib.suppress(OSError):
        for entry in os.listdir(PROC):
            if entry.isdigit() and (fields := stat(int(entry))):
                parents.setdefault(int(fields[1]), []).append(int(entry))
    found, at = [process], 0
    while at < len(found):
        found += parents.pop(found[at], [])
        at += 1
    return found[1:]


def stat(process: int) -> list[str]:
    """The fields of /proc/PID/stat from the state on; none where the process is gone."""
    try:
        text = (PROC / str(process) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def running(process: int) -> bool:
    """Whether a process is there and has not ended."""
    fields = stat(process)
    return bool(fields) and fields[0] not in ("Z", "X")


def end_descendants(process: int, seconds: float = 5.0) -> bool:
    """Kill all that a process started, until none of it runs; says whether that was reached in time.

    They are stopped before they are killed, so that one which forks cannot be faster than we. The process
    must be the one that takes in orphans (see `keeper`): then none hides by leaving its group or its parent.
    """
    deadline = time.monotonic() + seconds
    while alive := [one for one in descendants(process) if running(one)]:
        for number in (signal.SIGSTOP, signal.SIGKILL):
            for one in alive:
                with contextlib.suppress(OSError):
                    os.kill(one, number)
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def processor_seconds(process: int, alone: bool = False) -> float:
    """The processor time that a process and, unless `alone`, its descendants have had."""
    if process == 0:  # none was started
        return 0.0
    total = 0
    for one in (process, *([] if alone else descendants(process))):
        if fields := stat(one):
            total += sum(map(int, fields[11:15]))  # of its own, in the system, and of children waited for
    return total / TICKS


def memory(processes: list[int]) -> int:
    """Bytes of memory that these processes hold and that no file backs: their own, and shared maps.

    A process counts what it has in common with another as its own.
    """
    return sum(_bytes(one, "status", ("RssAnon:", "RssShmem:")) for one in processes)


def proportional_memory(processes: list[int]) -> int:
    """The same, with what several hold in common divided among them; slower to ask."""
    return sum(_bytes(one, "smaps_rollup", ("Pss_Anon:", "Pss_Shmem:")) for one in processes)


def _bytes(process: int, table: str, names: tuple[str, ...]) -> int:
    try:
        text = (PROC / str(process) / table).read_text(encoding="ascii", errors="replace")
        return 1024 * sum(int(line.split()[1]) for line in text.splitlines() if line.startswith(names))
    except (OSError, ValueError, IndexError):
        return 0


def ended_for_memory() -> int | None:
    """How many processes the system has ended because memory ran out, since it started; None: unknown."""
    with contextlib.suppress(OSError, ValueError):
        for line in (PROC / "vmstat").read_text(encoding="ascii").splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return None
