"""The Triton kernel, interpreted on the CPU in a process of its own (the mode is chosen when triton is
imported).
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="the package triton is not installed")
def test_the_kernel_agrees_with_the_reference_and_the_noise_with_the_eager_one():
    where = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "TRITON_INTERPRET": "1", "PYTHONPATH": where}
    done = subprocess.run(
        [sys.executable, "-c", "import tests.impl.triton_program"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment,
        timeout=300,
    )
    assert done.stdout.endswith("agreed\n"), done.stderr
