"""The command on machines that are not kind: strange locales, no room, no network, one core, a sudden end."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
CLAIM = ("--only", "solves", "--depth", "quick")


def _start(
    *arguments: str,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    before: Callable[[], Any] | None = None,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "proofs_check", *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        errors="replace",
        preexec_fn=before,  # limits of the child, set before it has threads
    )


def _run(*arguments: str, **conditions: Any) -> subprocess.CompletedProcess[str]:
    process = _start(*arguments, **conditions)
    out, err = process.communicate(timeout=120)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def _found(path: Path) -> list[Any]:
    """What the ledger says, but for the seconds."""
    return [
        {k: v for k, v in claim.items() if k != "seconds"} for claim in json.loads(path.read_text())["claims"]
    ]


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    path = tmp_path_factory.mktemp("usual") / "ledger.json"
    assert _run(*CLAIM, "--json", str(path)).returncode == 0
    return _found(path)


@pytest.mark.parametrize(
    "env",
    [
        {"LC_ALL": "C", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        {"LC_ALL": "tr_TR.UTF-8", "TZ": "Asia/Kathmandu"},
        {"COLUMNS": "40", "NO_COLOR": "1", "TERM": "dumb"},
    ],
    ids=["ascii", "Turkish in Nepal", "a narrow terminal"],
)
def test_language_and_terminal_change_nothing_that_is_found(
    env: dict[str, str], usual: list[Any], tmp_path: Path
) -> None:
    run = _run(*CLAIM, "--json", str(tmp_path / "ledger.json"), env=env)
    assert run.returncode == 0, run.stderr
    assert "solves" in run.stdout
    assert _found(tmp_path / "ledger.json") == usual


def test_one_core_is_enough(usual: list[Any], tmp_path: Path) -> None:
    one = {min(os.sched_getaffinity(0))}
    run = _run(*CLAIM, "--json", str(tmp_path / "l.json"), before=lambda: os.sched_setaffinity(0, one))
    assert run.returncode == 0, run.stderr
    assert _found(tmp_path / "l.json") == usual


def test_folders_and_files_may_have_spaces_and_letters_of_any_kind(tmp_path: Path) -> None:
    folder = tmp_path / "my läb, part 1"
    folder.mkdir()
    shutil.copy(ROOT / "tests" / "numpy_subject.py", folder / "my subject.py")
    run = _run(*CLAIM, "--subject", "my subject.py:NumpySubject", "--json", "a ledger.json", cwd=folder)
    assert run.returncode == 0, run.stderr
    assert _found(folder / "a ledger.json")[0]["outcome"] == "pass"


def test_without_a_network_nothing_is_missed() -> None:
    apart = ["unshare", "--map-root-user", "--net"]
    if (
        shutil.which("unshare") is None
        or subprocess.run([*apart, "true"], capture_output=True).returncode != 0
    ):
        pytest.skip("this machine does not let a process be cut off from the network")
    command = [*apart, sys.executable, "-m", "proofs_check", *CLAIM]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stderr


def test_where_nothing_can_be_written_the_ledger_is_still_shown() -> None:
    nowhere = {"HOME": "/proc/none", "XDG_CACHE_HOME": "/proc/none", "PYTHONDONTWRITEBYTECODE": "1"}
    no_room = (0, 0)
    run = _run(*CLAIM, env=nowhere, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, no_room))
    assert run.returncode == 0, run.stderr
    assert "1 claim: 1 pass" in run.stdout


def test_a_disk_without_room_is_one_line_and_leaves_the_old_file(tmp_path: Path) -> None:
    def no_room() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # then a write fails as it does on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))

    path = tmp_path / "ledger.json"
    path.write_text("the old one")
    run = _run(*CLAIM, "--json", str(path), before=no_room)
    assert run.returncode == 2
    assert run.stderr.startswith(("python -m proofs_check: cannot write", "feedback-proofs: cannot write"))
    assert run.stderr.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.json"]
    assert path.read_text() == "the old one"


@pytest.mark.parametrize("seconds", [0.3, 1.5, 3.0])
def test_killed_at_any_moment_it_leaves_no_half_file_and_no_process(seconds: float, tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    path.write_text("the old one")
    process = _start("--depth", "quick", "--json", str(path))
    time.sleep(seconds)
    children = _children(process.pid)
    process.kill()
    process.communicate(timeout=20)  # it ends when no process holds the other end
    assert path.read_text() == "the old one"
    finished = {"ledger.json.partial.jsonl"}  # what is done stays done
    assert {file.name for file in tmp_path.iterdir()} - finished == {"ledger.json"}
    deadline = time.monotonic() + 20
    while any(map(_is_running, children)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(_is_running, children))


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in tasks.read_text().split()] if tasks.is_file() else []


def _is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
