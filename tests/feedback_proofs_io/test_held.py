"""One run at a time works on a file, and a killed one holds nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from feedback_proofs_io.held import InUse, held
from feedback_proofs_io.whole import CannotWrite

HOLDER = """
import sys
from pathlib import Path
from feedback_proofs_io.held import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_run_is_told_and_a_killed_one_holds_nothing(tmp_path: Path) -> None:
    file = tmp_path / "run.pt"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(InUse, match=rf"in use by another run \(process {other.pid}\)"), held(file):
            pass
        other.kill()
    with held(file):
        pass
    assert os.listdir(tmp_path) == []


def test_a_file_is_free_again_after_its_run_and_after_an_error(tmp_path: Path) -> None:
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), held(tmp_path / "a"):
            raise ZeroDivisionError
    with held(tmp_path / "a"), pytest.raises(InUse), held(tmp_path / "a"):
        pass
    assert os.listdir(tmp_path) == []


def test_where_no_lock_can_be_made_one_line_says_so(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match=r"cannot write .*: no such file"), held(tmp_path / "none" / "a"):
        pass
