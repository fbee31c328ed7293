"""Which commit of the project a folder has, where it is a git checkout of its own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

RECORD = "proofs_check/record/"  # what was measured; it changes no result
SECONDS = 20.0


@dataclass(frozen=True)
class Checkout:
    """The commit that is checked out; ``dirty`` where the files that can change a result are not its own."""

    commit: str
    dirty: bool

    @property
    def words(self) -> str:
        """For people."""
        return f"commit {self.commit[:12]}{', with uncommitted changes' if self.dirty else ''}"


def checkout(folder: Path) -> Checkout | None:
    """The state of a folder; None where it is not the top of a checkout, or where there is no git."""
    top = _git(folder, "rev-parse", "--show-toplevel")
    commit = _git(folder, "rev-parse", "--verify", "HEAD")
    status = _git(folder, "status", "--porcelain", "--untracked-files=all", "-z")
    if top is None or commit is None or status is None:
        return None
    if Path(top.strip()).resolve() != folder.resolve():
        return None  # the package is installed inside somebody's own checkout
    return Checkout(commit.strip(), any(map(_counts, status.split("\0"))))


def _counts(entry: str) -> bool:
    """Whether an entry of the status can change a result: logs that lie about, and the record, cannot."""
    state, path = entry[:2], entry[3:]
    return bool(path) and not path.startswith(RECORD) and (state != "??" or path.endswith(".py"))


def _git(folder: Path, *words: str) -> str | None:
    """What a command of git prints about this folder, whatever GIT_DIR is; None where it fails."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(folder), *words],
            capture_output=True,
            text=True,
            env=environment,
            timeout=SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout
