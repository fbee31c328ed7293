"""Every experiment of the catalogue: a quick run of it, a run that is killed, a run in parts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from benchmarks.paper.__main__ import main
from benchmarks.paper.catalogue import CATALOGUE
from benchmarks.paper.experiment import run
from benchmarks.paper.results import as_json, text
from benchmarks.paper.shards import cut, merged, part_as_json
from feedback_proofs_io.results import read
from feedback_proofs_io.shards import Shard
from proofs_check.experiments import tables
from proofs_check.experiments.panels import panels
from tests.killed import Brief, experiments

ROOT = Path(__file__).parents[2]
ALL = [(name, mode) for name, entry in CATALOGUE.items() for mode in entry.modes]
TEXT = [name for name, mode in ALL if mode == "text"]


@pytest.mark.parametrize(("name", "mode"), ALL, ids=[" as ".join(one) for one in ALL])
def test_a_quick_run_on_the_digits_writes_its_result(name: str, mode: str, tmp_path: Path, capsys) -> None:
    """All of them together take less than three minutes of a processor."""
    assert main([name, "--quick", "--data", "digits", "--as", mode, "--output", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("*.json")
    assert f"the curves are in {file}" in capsys.readouterr().out
    result = read(file)
    assert result.data == "digits"
    assert (result.id, result.mode) in ((name, mode), (name, ""))
    assert result.points[-1] >= 100
    assert result.costs.keys() <= set(result.labels)
    assert panels(result)
    assert all(len(line) <= 80 for line in tables.as_text(tables.costs(result)).splitlines())
    curve = torch.tensor(result.curve, dtype=torch.float64)
    for k, label in enumerate(result.runs):  # what has diverged is no number: it has changed, too
        measured = curve[0, k].isfinite()
        assert measured.any(), f"{label} has no metric at all"
        assert (curve[-1, k] != curve[0, k])[measured].any(), f"{label} has learned nothing"
    last = curve[-1].isfinite().any(1)
    assert 2 * int(last.sum()) > len(last), "most of the runs have diverged"


def command(*words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
    )


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_every_experiment_that_is_killed_gives_the_same_curve() -> None:
    """`python -m tests.killed` has 20 kills; here there is one for each, as short as it can be had."""
    size = ["--kills", str(len(TEXT)), "--seeds", "1", "--epochs", "1", "--updates", "6", "--points", "2"]
    done = command("-m", "tests.killed", "--as", "text", *size)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(TEXT)} experiments, {len(TEXT)} kills: no different" in done.stdout


FORGETFUL = """
import random, sys
from dataclasses import dataclass
from pathlib import Path
from tests.benchmarks.test_experiment import Chaos
from tests.killed import LEARNING, WRITING, Moment, moments, survives

@dataclass(frozen=True)
class Forgetful(Chaos):
    def advance(self, state, first, last):
        state = super().advance(state, first, last)
        return {**state, "x": state["x"] + (1e-12 if self.cuts[0][0] else 0)}

for k, (kind, kills) in enumerate([(Chaos, [(5, LEARNING), (30, WRITING)]), (Forgetful, [(5, LEARNING)]),
                                   (Forgetful, [(9, WRITING)]), (Chaos, [(90, LEARNING)])]):
    folder = Path(sys.argv[1]) / str(k)
    folder.mkdir()
    print(survives("chaos", kind, [Moment(*kill) for kill in kills], folder))
print(len({moment.update for moment in moments(90, 20, random.Random(0))}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_run_that_depends_on_more_than_its_file_is_found(tmp_path: Path) -> None:
    """Forgetful does one thing in a process that began, and another in one that goes on."""
    done = command("-c", FORGETFUL, str(tmp_path))
    assert done.stdout.splitlines() == [
        "None",
        "chaos: another curve after learning at update 5",
        "chaos: another curve after writing at update 9",
        "chaos: no process was killed learning at update 90",
        "20",
    ], done.stderr


@pytest.mark.parametrize("name", TEXT)
def test_every_experiment_in_parts_gives_the_whole_result(name: str, tmp_path: Path, monkeypatch) -> None:
    """Bit for bit where each run is computed by itself; products of many runs at once differ in roundoff."""
    monkeypatch.setattr("benchmarks.paper.costs.UPDATES", 1)
    ((_, make),) = experiments([name], "text", 1, 1, 4).items()
    whole, files = Brief(make(), 2), []
    found = json.loads(json.dumps(as_json(whole, run(whole, tmp_path / "whole"))))
    for shard in (Shard(1, 2), Shard(2, 2)):
        part = cut(whole, shard)
        content = part_as_json(whole, part, run(part, tmp_path / f"{shard.part}.run"), shard, name, "whole")
        files.append(tmp_path / f"{shard.part}.json")
        files[-1].write_text(text(content), encoding="utf-8")
    one = merged(files)
    assert one.keys() - {"shards"} == found.keys()
    for key in ("experiment", "settings", "runs", "metrics", "points", "machine"):
        assert one[key] == found[key]
    paths = {value for setting, value in whole.settings.items() if setting.endswith("path")}
    if paths == {"native"}:
        assert one["curve"] == found["curve"]
        assert one.get("pictures") == found.get("pictures")
    assert torch.allclose(numbers(one), numbers(found), rtol=1e-3, atol=1e-3)


def numbers(result: dict) -> torch.Tensor:
    """The curve, with a number for what has none."""
    return torch.tensor(
        [[[-1.0 if value is None else value for value in run] for run in point] for point in result["curve"]]
    )
