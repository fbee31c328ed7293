"""A program for `test_journal`: runs the command, kills it before lines drawn at random, and goes on.

    python -m tests.proofs_check.killed_runs MOMENTS

It works in the current folder, and prints a line of JSON for a run that is not killed and for every moment:
the claims that were asked before the kill, what the folder holds then, the claims that are asked after it,
and what the folder holds in the end.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from feedback_proofs_io import held, locking, whole
from proofs_check.command import run as command
from proofs_check.ledger import as_json, journal
from tests.proofs_check.nobody import Nobody, noting

NAMES = ("estimator", "signals", "solves", "noise")
WATCHED = {module.__file__ for module in (as_json, command, held, journal, locking, whole)}
ASKED = Path("../asked")  # one name a line, outside of the folder of a run


class Noted(list[str]):
    """Names that reach the disk when they are appended: a kill takes the rest."""

    def append(self, name: str) -> None:
        """Write the name at once."""
        with ASKED.open("a", encoding="ascii") as file:
            file.write(f"{name}\n")


def run() -> None:
    """The command; raises where it does not end as it should."""
    with contextlib.redirect_stdout(io.StringIO()):
        code = command.main(["--json", "o.json", "--markdown", "o.md"], noting(NAMES, Noted()))
    if code != 0:
        raise RuntimeError(f"exit code {code}")


def watched(act: Callable[[], None]) -> None:
    """The command; ``act`` is called before every line of the files that write."""

    def each(frame: FrameType, event: str, argument: object) -> Any:
        if frame.f_code.co_filename not in WATCHED:
            return None
        if event == "line":
            act()
        return each

    sys.settrace(each)
    try:
        run()
    finally:
        sys.settrace(None)


def killed(moment: int) -> None:
    """The command in a copy of this process, which is killed before the line of this number."""
    if (child := os.fork()) == 0:
        left = iter(range(moment))
        watched(lambda: os.kill(os.getpid(), signal.SIGKILL) if next(left, None) is None else None)
        os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != -signal.SIGKILL:
        raise RuntimeError(f"it was not killed before line {moment}")


def asked() -> list[str]:
    """The names of the claims that were asked since the last call."""
    names = ASKED.read_text(encoding="ascii").split() if ASKED.exists() else []
    ASKED.unlink(missing_ok=True)
    return names


def folder() -> dict[str, Any]:
    """What the folder holds: the files that are not hidden, the rows of the journal, those of the ledger."""
    names = sorted(path.name for path in Path().iterdir() if not path.name.startswith("."))
    kept, ledger = Path("o.json" + journal.SUFFIX), Path("o.json")
    lines = kept.read_bytes().splitlines(keepends=True)[1:] if kept.exists() else []
    written = json.loads(ledger.read_text(encoding="utf-8"))["claims"] if ledger.exists() else []
    return {
        "files": names,
        "kept": [json.loads(line)["claim"]["id"] for line in lines if line.endswith(b"\n")],
        "rows": [[one["id"], one["outcome"], one["evidence"]] for one in written],
        "hidden": sum(path.name.startswith(".") for path in Path().iterdir()),
    }


def main(moments: int) -> None:
    """Print what came of every run."""
    command.WorkerSubject = Nobody  # type: ignore[misc, assignment]
    lines: list[None] = []
    Path("whole").mkdir()
    os.chdir("whole")
    watched(lambda: lines.append(None))
    print(json.dumps([[], {}, asked(), folder()]))
    for moment in sorted(random.Random(0).sample(range(len(lines)), moments)):
        Path(f"../before line {moment}").mkdir()
        os.chdir(f"../before line {moment}")
        killed(moment)
        before, left = asked(), folder()
        run()
        print(json.dumps([before, left, asked(), folder()]))


if __name__ == "__main__":
    main(int(sys.argv[1]))
