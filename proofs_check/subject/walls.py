"""What a process may not do to others: signals, debuggers and more memory than it may have.

Everything here is asked of the system, which may lack it: Linux only, in parts only since 5.13 or 6.12. Where
it is missing nothing is said and the other walls stand. A subject runs as the user who runs the suite: it can
still write that user's files. Standard library only, and nothing of ours: the worker loads it from its path.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from pathlib import Path

SET_PDEATHSIG, SET_DUMPABLE, CAPBSET_DROP, SET_NO_NEW_PRIVS, SET_CHILD_SUBREAPER = 1, 4, 24, 38, 36
LANDLOCK_CREATE, LANDLOCK_RESTRICT, ONLY_VERSION, SCOPE_SIGNAL = 444, 446, 1, 2
CAPABILITY_VERSION = 0x20080522
POWERS = {  # of the superuser over other processes and the system's memory: debug, drivers, administration …
    "SYS_MODULE": 16,
    "SYS_RAWIO": 17,
    "SYS_PTRACE": 19,
    "SYS_ADMIN": 21,
    "SYS_RESOURCE": 24,
    "PERFMON": 38,
    "BPF": 39,
    "CHECKPOINT_RESTORE": 40,
}


def prctl(option: int, argument: int) -> bool:
    """Ask the system to treat this process differently; whether it does."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        library = ctypes.CDLL(None, use_errno=True)
        return bool(library.prctl(option, ctypes.c_ulong(argument), 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def shut_memory() -> bool:
    """Let no other process without special powers read, write or debug this one."""
    return prctl(SET_DUMPABLE, 0)


def take_in_orphans() -> bool:
    """Become the parent of every descendant whose parent ends, wherever it has gone."""
    return prctl(SET_CHILD_SUBREAPER, 1)


def end_with_parent(signal_number: int) -> bool:
    """Get this signal when the parent ends."""
    return prctl(SET_PDEATHSIG, signal_number)


def confine() -> None:
    """Give up, for ever and for all descendants, every power over processes that are not descendants.

    No signals to them and no debugging, also as the superuser. Call it before the first thread is started.
    """
    if not sys.platform.startswith("linux"):
        return
    with contextlib.suppress(OSError, AttributeError):
        prctl(SET_NO_NEW_PRIVS, 1)
        _keep_signals_within()
        _drop_powers()


def signals_can_be_kept() -> bool:
    """Whether the system can keep a process from signalling others: Landlock's sixth version, Linux 6.12."""
    if not sys.platform.startswith("linux"):
        return False
    call = ctypes.CDLL(None, use_errno=True).syscall
    return bool(call(LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(ONLY_VERSION)) >= 6)


def _keep_signals_within() -> None:
    class Ruleset(ctypes.Structure):
        _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scoped", ctypes.c_uint64)]

    if not signals_can_be_kept():
        return
    call = ctypes.CDLL(None, use_errno=True).syscall
    rules = Ruleset(0, 0, SCOPE_SIGNAL)
    handle = call(
        LANDLOCK_CREATE, ctypes.byref(rules), ctypes.c_size_t(ctypes.sizeof(rules)), ctypes.c_uint32(0)
    )
    if handle >= 0:
        call(LANDLOCK_RESTRICT, ctypes.c_int(handle), ctypes.c_uint32(0))
        os.close(handle)


def _drop_powers() -> None:
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: the low 32 of each, then the high
    library = ctypes.CDLL(None, use_errno=True)
    if library.capget(header, sets) != 0:
        return
    for number in POWERS.values():
        prctl(CAPBSET_DROP, number)
        for which in range(3):
            sets[3 * (number // 32) + which] &= ~(1 << (number % 32)) & 0xFFFFFFFF
    library.capset(header, sets)


def limit_memory(more: int) -> None:
    """Let the process take so many bytes beside those it holds, where the system keeps such an account.

    Counted is what may be written (RLIMIT_DATA), not the address space: libraries reserve far more of that
    than they ever use. Maps that several processes share are not in it: the keeper counts those.
    """
    try:
        import resource

        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        held = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmData:")) * 1024
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = held + more
        wanted = wanted if hard < 0 else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, wanted))
    except (ImportError, OSError, StopIteration, ValueError):  # not Linux: the machine's own limits remain
        return
