"""The worker process, seen from its parent: one question at a time, each with a time limit.

Whatever happens in the worker, `ask` returns its answer or raises `TimedOut` or `Died`; in both cases the
process is gone. It has a session of its own, so that an interrupt from the keyboard does not reach it and
that stopping it also stops what it started.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, cast

from proofs_check import channel
from proofs_check.own_time import OwnTime

WORKER = Path(__file__).with_name("worker.py")


class TimedOut(Exception):
    """No answer within the time given; the process was stopped."""


class Died(Exception):
    """The process ended by itself; the message, such as "exited with code 3", says how."""


class WorkerProcess:
    """A running `worker.py`. What the subject prints goes to this process's `sys.stderr`, line by line."""

    def __init__(self) -> None:
        # -P: the worker's folder is not put on its path, where our files would hide a subject's own modules.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-X", "faulthandler", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"OMP_NUM_THREADS": "1", **os.environ},  # the matrices are small
            start_new_session=True,
        )
        self._questions = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)
        for stream in (self._questions, self._answers):
            _widen(stream)
        self._relay = threading.Thread(target=self._pass_on, daemon=True)
        self._relay.start()

    def allow(self, seconds: float) -> OwnTime:
        """So many seconds of its own for the questions that are asked with this allowance."""
        return OwnTime(self._process.pid, seconds)

    def ask(self, request: object, allowance: OwnTime) -> Any:
        """Send a request and wait for the reply; raises `TimedOut` or `Died`."""
        late, done = threading.Event(), threading.Event()
        allowance.start()

        def watch() -> None:
            while (left := allowance.left()) > 0.0:
                if done.wait(max(left, 0.05)):
                    return
            late.set()
            self._kill()

        threading.Thread(target=watch, daemon=True).start()
        try:
            channel.send(self._questions, request)
            reply = channel.receive(self._answers)
        except (EOFError, OSError):
            done.set()
            if late.is_set():
                raise TimedOut from None
            raise Died(self._last_words()) from None
        except BaseException:  # an interrupt: the conversation cannot be taken up again
            self.stop()
            raise
        finally:
            done.set()
            allowance.stop()
        if late.is_set():
            raise TimedOut
        return reply

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process, and everything it started."""
        self._kill()
        self._process.wait()
        for stream in (self._questions, self._answers):
            with contextlib.suppress(OSError):  # a question that was never read
                stream.close()
        self._relay.join(timeout=1.0)

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def _last_words(self) -> str:
        """Say how the process ended."""
        try:
            code = self._process.wait(timeout=2.0)
        except subprocess.TimeoutExpired:
            return "closed its connection"
        finally:
            self.stop()
        if code == -signal.SIGKILL:
            return "was ended by SIGKILL, as by a system that runs out of memory"
        if code < 0:
            return f"was ended by {signal.Signals(-code).name}"
        return f"exited with code {code}"

    def _pass_on(self) -> None:
        """Copy what the subject prints to `sys.stderr`, which a live display may replace at any time."""
        with cast(IO[bytes], self._process.stderr) as stream:
            for line in stream:
                sys.stderr.write(line.decode(errors="replace"))


def _widen(stream: IO[bytes]) -> None:
    """Let a pipe hold 1 MiB, where the system can: hundreds of megabytes then pass in half the time."""
    with contextlib.suppress(ImportError, AttributeError, OSError):
        import fcntl

        fcntl.fcntl(stream, fcntl.F_SETPIPE_SZ, 2**20)
