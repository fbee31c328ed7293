"""The process that judges runs nothing that lies in the current folder, where a subject may put files."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from proofs_check.__main__ import HOME, without_folder

EARLY = "import sys, runpy, importlib.util, pkgutil, proofs_check; print(*sys.modules)"  # by Python itself
STANDING_IN = "import os\nos.write(2, (__file__ + ' was run').encode())\nos._exit(0)\n"


def test_files_called_like_modules_of_python_are_not_run(tmp_path: Path) -> None:
    """Not by the command, nor by the processes beside it; before it has begun, Python itself runs them."""
    environment = {**os.environ, "PYTHONPATH": HOME}
    call = [sys.executable, "-P", "-c", EARLY]
    early = subprocess.run(call, env=environment, capture_output=True, text=True, check=True).stdout
    here = {name for name in sys.stdlib_module_names if importlib.util.find_spec(name) is not None}
    names = here - {name.partition(".")[0] for name in early.split()}
    assert len(names) > 100
    for name in (*names, "sympy", "mpmath", "rich", "hypothesis", "numpy"):
        (tmp_path / f"{name}.py").write_text(STANDING_IN)
    words = ["--depth", "quick", "--only", "noise-law,stein"]
    call = [sys.executable, "-m", "proofs_check", *words, "--json", "a.json", "--markdown", "a.md"]
    run = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "2 claims: 2 pass" in run.stdout


PATHS = {
    "a clone": ([HOME, "/usr/lib/python3.11", "/v/site-packages"], HOME),
    "another folder": (["/their", "/usr/lib/python3.11", "/v/site-packages"], "/their"),
    "the empty word": (["", "/usr/lib/python3.11", "/v/site-packages"], "/their"),
    "named in the environment": (["/their", HOME, "/usr/lib/python3.11", "/v/site-packages"], "/their"),
}


@pytest.mark.parametrize("case", PATHS)
def test_our_own_folder_comes_after_python_and_the_current_one_not_at_all(case: str) -> None:
    path, folder = PATHS[case]
    assert without_folder(path, folder) == ["/usr/lib/python3.11", HOME, "/v/site-packages"]
