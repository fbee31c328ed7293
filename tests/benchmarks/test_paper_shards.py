"""An experiment in parts: each run is in one of them, and their results together are the whole result."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from benchmarks.paper import shards
from benchmarks.paper.__main__ import main
from benchmarks.paper.experiment import run
from benchmarks.paper.learning import own
from benchmarks.paper.results import text
from benchmarks.paper.shards import axes, cut
from feedback_proofs_io.results import read, sealed
from feedback_proofs_io.shards import Shard
from impl import InvalidInput
from tests.benchmarks.test_paper import small

QUICK = ["fig2", "--seeds", "2", "--epochs", "2"]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.paper.options.EPOCH", 2)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The whole result of a short run, and those of its halves and of its quarters."""
    folder = tmp_path_factory.mktemp("shards")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("benchmarks.paper.options.EPOCH", 2)
        patch.setattr("benchmarks.paper.costs.UPDATES", 1)
        assert main([*QUICK, "--output", str(folder / "whole")]) == 0
        for n in (2, 6):
            for k in range(1, n + 1):
                assert main([*QUICK, "--shard", f"{k}/{n}", "--output", str(folder / str(n))]) == 0
    return folder


def content(file: Path) -> dict:
    return json.loads(file.read_text(encoding="utf-8"))


def values(file: Path) -> torch.Tensor:
    """The curve, with a number for what has none."""
    return torch.tensor(read(file).curve, dtype=torch.float64).nan_to_num(-1.0)


def merge(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["merge", *map(str, words)])
    return code, capsys.readouterr().err


@pytest.mark.parametrize("n", [1, 2, 4, 6])
def test_every_run_is_in_one_part(n: int) -> None:
    learning = small(direct=True)
    runs = [run for k in range(1, n + 1) for run in cut(learning, Shard(k, n)).runs]
    assert sorted(runs) == sorted(learning.runs)


def test_a_part_is_cut_by_seed_first_and_then_by_method() -> None:
    learning = small(direct=True)
    assert cut(learning, Shard(2, 2)).runs == ("bp/8", "dfa/8", "fa/8")
    assert cut(learning, Shard(2, 4)).runs == ("bp/8", "fa/8")
    assert cut(learning, Shard(3, 4)).runs == ("dfa/3",)


@pytest.mark.parametrize("n", [3, 5, 8])
def test_what_cannot_be_cut_evenly_is_refused(n: int) -> None:
    with pytest.raises(
        InvalidInput, match=rf"--shard is 1/{n}; expected up to 2 parts, one a seed, or a mul"
    ):
        cut(small(direct=True), Shard(1, n))


def test_runs_that_are_no_table_of_methods_and_seeds_are_refused() -> None:
    class Odd:
        name, runs = "odd", ("a/1", "a/2", "b/1")

    with pytest.raises(InvalidInput, match="every method with every seed"):
        axes(Odd())


def test_what_is_measured_of_a_run_does_not_depend_on_the_others_in_any_bit() -> None:
    learning = small(direct=True)
    state = learning.advance(learning.start(), 0, 11)
    together = learning.measure(state, 11)
    learned = learning._learned(state, 11)
    for row, name in enumerate(learning.runs):
        label, _, seed = name.rpartition("/")
        alone = learning.only([label], [int(seed)])
        method, place = learning.labels.index(label), learning.work.seeds.index(int(seed))
        found = alone._measured(own(learning.work, learned, method, place))[0]
        assert torch.equal(found.nan_to_num(-1.0), together[row].nan_to_num(-1.0)), name


@pytest.mark.parametrize("n", [2, 6])
def test_the_parts_together_are_the_whole_result(n: int, files: Path, tmp_path: Path, capsys) -> None:
    """The runs of eager products differ in their last bits: float32, four updates."""
    parts = sorted((files / str(n)).glob("*.json"), reverse=True)
    code, _ = merge(capsys, *parts, "--output", tmp_path / "one.json")
    assert code == 0
    (file,) = (files / "whole").glob("*.json")
    one, whole = content(tmp_path / "one.json"), content(file)
    same = {"format", "experiment", "settings", "runs", "metrics", "points", "machine"}
    assert {name: one[name] for name in same} == {name: whole[name] for name in same}
    assert one.keys() - {"shards"} == whole.keys()
    assert one["costs"].keys() == whole["costs"].keys()
    assert torch.allclose(values(tmp_path / "one.json"), values(file), rtol=1e-4, atol=1e-4)
    assert [part["shard"] for part in one["shards"]] == [f"{k}/{n}" for k in range(1, n + 1)]


def test_the_merged_curve_has_the_numbers_of_the_parts_bit_for_bit(
    files: Path, tmp_path: Path, capsys
) -> None:
    parts = sorted((files / "6").glob("*.json"))
    assert merge(capsys, *parts, "--output", tmp_path / "one.json")[0] == 0
    one = tmp_path / "one.json"
    for file in parts:
        places = [read(one).runs.index(name) for name in read(file).runs]
        assert torch.equal(values(one)[:, places], values(file))


def test_the_merged_result_lies_beside_the_parts_under_the_name_of_the_whole(files: Path, capsys) -> None:
    parts, (whole,) = sorted((files / "2").glob("*-of-2.json")), (files / "whole").glob("*.json")
    code = main(["merge", *map(str, parts)])
    out = capsys.readouterr().out
    merged = files / "2" / whole.name
    assert code == 0
    assert "surprise two-sided" in out
    assert f"2 parts, {read(merged).seconds:.0f} s; the curves are in {merged}" in out
    merged.unlink()


def test_machines_that_differ_are_both_named(files: Path, tmp_path: Path) -> None:
    parts = sorted((files / "2").glob("*-of-2.json"))
    other = content(parts[1])
    other["machine"]["processor"] = "another"
    (tmp_path / "part").write_text(text(sealed(other)), encoding="utf-8")
    found = shards.merged([parts[0], tmp_path / "part"])
    first = content(parts[0])["machine"]
    assert found["machine"] == {**first, "processor": [first["processor"], "another"]}
    assert found["shards"][1]["machine"]["processor"] == "another"


def test_a_part_goes_on_from_its_own_file_and_no_other(files: Path, tmp_path: Path, capsys) -> None:
    learning = small(direct=True)
    part = cut(learning, Shard(1, 2))
    curve = run(part, tmp_path / "run")
    assert torch.equal(run(part, tmp_path / "run").values.nan_to_num(), curve.values.nan_to_num())
    with pytest.raises(InvalidInput, match="of another runs"):
        run(cut(learning, Shard(2, 2)), tmp_path / "run")


# -- parts that are no whole


def part(files: Path, name: str) -> Path:
    return next(files.glob(name))


def changed(files: Path, change: Callable[[dict], object], seal: bool) -> Path:
    """A second half that is not what was written."""
    found = content(part(files, OTHER))
    change(found)
    place = files / "changed.json"
    place.write_text(text(sealed(found) if seal else found), encoding="utf-8")
    return place


HALF, OTHER = "2/*1-of-2.json", "2/*2-of-2.json"
REFUSED = {
    "one missing": (lambda files: [part(files, HALF)], "of 2 parts 1 are there; missing: 2/2"),
    "one twice": (
        lambda files: [part(files, name) for name in (HALF, OTHER, HALF)],
        "part 1/2 is there 2 times",
    ),
    "two cuts": (lambda files: [part(files, HALF), part(files, "6/*2-of-6.json")], "cut in two ways"),
    "a whole": (lambda files: [part(files, "whole/*.json")], "no part of an experiment"),
    "not there": (lambda files: [part(files, HALF), files / "none"], "no such file"),
    "a state": (lambda files: [part(files, "2/*1-of-2.run")], "is no JSON"),
    "a digit": (
        lambda files: [
            part(files, HALF),
            changed(files, lambda found: found["curve"][1][0].__setitem__(0, 1.25), False),
        ],
        "it is damaged or was changed",
    ),
    "another rate": (
        lambda files: [
            part(files, HALF),
            changed(files, lambda found: found["shard"]["settings"].update(dtype="torch.float64"), True),
        ],
        "of another setting dtype ('torch.float64'); expected 'torch.float32'",
    ),
    "another setting": (
        lambda files: [
            part(files, HALF),
            changed(files, lambda found: found["shard"]["settings"].update(more="1"), True),
        ],
        "of settings with 'setting more'; expected none of these",
    ),
    "the same runs": (
        lambda files: [
            part(files, HALF),
            changed(files, lambda found: found.update(runs=content(part(files, HALF))["runs"]), True),
        ],
        "not every run once",
    ),
    "a name of a folder": (
        lambda files: [changed(files, lambda found: found["shard"].update(name="../../up"), True)],
        "it gives no file's name",
    ),
    "a part beyond": (
        lambda files: [changed(files, lambda found: found["shard"].update(part=3), True)],
        "there is no part 3 of 2",
    ),
    "a part of none": (
        lambda files: [changed(files, lambda found: found["shard"].update(part="2"), True)],
        "no part of an experiment",
    ),
    "too few numbers": (
        lambda files: [changed(files, lambda found: found["curve"].pop(), True)],
        "its 'curve' has 2 points, expected 3",
    ),
    "numbers that are none": (
        lambda files: [changed(files, lambda found: found["curve"][0][0].__setitem__(0, [2]), True)],
        "expected a number or null",
    ),
    "a list": (
        lambda files: [changed(files, lambda found: found.update(runs=7), True)],
        "its 'runs' is 7, expected a list",
    ),
    "nothing": (lambda files: [], "required: PART.json"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_parts_that_are_no_whole_are_refused_in_one_line(case: str, files: Path, capsys) -> None:
    of, message = REFUSED[case]
    code, said = merge(capsys, *of(files))
    assert code == 2
    assert said.count("\n") == 1
    assert message in said
    assert not [found for n in ("2", "6") for found in (files / n).glob("*x2.json")]


def test_a_result_does_not_replace_a_part(files: Path, capsys) -> None:
    parts = sorted((files / "2").glob("*-of-2.json"))
    code, said = merge(capsys, *parts, "--output", parts[0])
    assert code == 2
    assert "one would replace the other" in said


@pytest.mark.parametrize(
    ("word", "message"),
    [("3/2", "expected k/n"), ("half", "expected k/n"), ("1/5", "--shard is 1/5; expected")],
)
def test_a_wrong_part_is_one_line(word: str, message: str, tmp_path: Path, capsys) -> None:
    assert main([*QUICK, "--shard", word, "--output", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert message in said
