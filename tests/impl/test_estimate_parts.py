"""Parts of an estimate that know nothing of each other: their sums together are those of one run."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest

from feedback_proofs_io.held import held
from feedback_proofs_io.shards import Shard
from impl import checkpoint
from impl import estimate_run as module
from impl.estimate import main
from impl.estimate_parts import PART, own_rows
from tests.impl.test_estimate import SIZE, arrays, check_same

CALL = [*SIZE, "--data", "100"]
PASSES = {"FA": 2, "DFA": 1}


def sharded(folder: Path, call: list[str], n: int, rule: str) -> Path:
    """The fit by n parts, pass by pass."""
    after: list[str] = []
    for turn in range(PASSES[rule]):
        parts = [folder / f"{turn}-{k}" for k in range(1, n + 1)]
        for k, part in enumerate(parts, 1):
            assert main([*call, "--rule", rule, "--shard", f"{k}/{n}", *after, "--output", str(part)]) == 0
        output = folder / f"merged{turn}"
        assert main(["merge", *map(str, reversed(parts)), "--output", str(output)]) == 0
        after = ["--after", str(output)]
    return output


@pytest.mark.parametrize("n", [1, 2, 5, 13])
@pytest.mark.parametrize("rule", PASSES)
def test_the_parts_together_give_what_one_run_gives(rule: str, n: int, tmp_path: Path) -> None:
    """100 data in 13 chunks; sums and fit to 1e-12."""
    assert main([*CALL, "--rule", rule, "--ridge", "0.5", "--output", str(tmp_path / "one.npz")]) == 0
    found = arrays(sharded(tmp_path, [*CALL, "--ridge", "0.5"], n, rule))
    one = arrays(tmp_path / "one.npz")
    assert found.keys() == one.keys()
    check_same(found, one)


def test_in_single_precision_they_do_to_its_roundings(tmp_path: Path) -> None:
    call = [*CALL, "--dtype", "float32"]
    assert main([*call, "--output", str(tmp_path / "one.npz")]) == 0
    found, one = arrays(sharded(tmp_path, call, 3, "FA")), arrays(tmp_path / "one.npz")
    for name, array in one.items():
        assert found[name].dtype == array.dtype
        assert np.abs(found[name] - array).max() <= 1e-5 * np.abs(array).max()


def test_every_datum_is_in_one_part() -> None:
    rows = [row for k in (1, 2, 3) for row in own_rows(100, 8, Shard(k, 3))]
    assert sorted(index for row in rows for index in range(row.start, row.stop)) == list(range(100))
    assert own_rows(100, 8, Shard(13, 13)) == [slice(96, 100)]


@pytest.mark.parametrize("stop", [1, 3])
def test_a_part_that_is_stopped_goes_on_to_the_same_sums(
    stop: int, tmp_path: Path, monkeypatch, capsys
) -> None:
    call = [*CALL, "--shard", "2/3", "--output"]
    assert main([*call, str(tmp_path / "one")]) == 0
    kept, chunks, add = ["--checkpoint", str(tmp_path / "run")], [], module.Stream.add

    def asked(self, x, y, first=None):
        chunks.append(first)
        if len(chunks) == stop:
            signal.raise_signal(signal.SIGTERM)
        add(self, x, y, first)

    monkeypatch.setattr(module.Stream, "add", asked)
    assert main([*call, str(tmp_path / "two"), *kept]) == 1
    assert "the same command goes on from it" in capsys.readouterr().err
    assert not (tmp_path / "two").exists()
    assert main([*call, str(tmp_path / "two"), *kept]) == 0
    assert chunks == [8, 32, 56, 80]
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert main([*CALL, "--shard", "1/3", "--output", str(tmp_path / "three"), *kept]) == 2
    assert "of another shard ('2/3'); expected '1/3'" in capsys.readouterr().err


def test_a_part_says_what_it_is_and_a_merge_what_is_next(tmp_path: Path, capsys) -> None:
    sharded(tmp_path, CALL, 2, "FA")
    out = capsys.readouterr().out.splitlines()
    assert out == [
        f"part 1/2 of pass 1 of 2: {52 * 64} samples, in {tmp_path / '0-1'}",
        f"part 2/2 of pass 1 of 2: {48 * 64} samples, in {tmp_path / '0-2'}",
        f"pass 1 of 2 is merged: the parts of the next one begin --after {tmp_path / 'merged0'}",
        f"part 1/2 of pass 2 of 2: {52 * 64} samples, in {tmp_path / '1-1'}",
        f"part 2/2 of pass 2 of 2: {48 * 64} samples, in {tmp_path / '1-2'}",
        "B2 (6, 8)",
        "B3 (6, 6)",
    ]


# -- what is refused


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both parts of both passes, of another seed the second, and one of three."""
    folder = tmp_path_factory.mktemp("parts")
    sharded(folder, CALL, 2, "FA")
    for name, more in {
        "seed": ["--shard", "2/2", "--seed", "1"],
        "chunk": ["--shard", "2/2", "--chunk", "16"],
        "third": ["--shard", "2/3"],
        "direct": ["--shard", "2/2", "--rule", "DFA"],
    }.items():
        assert main([*CALL, *more, "--output", str(folder / name)]) == 0
    assert main([*CALL, "--output", str(folder / "fit.npz")]) == 0
    damaged = bytearray((folder / "0-2").read_bytes())
    damaged[-1] ^= 1
    (folder / "flipped").write_bytes(damaged)
    for name, change in {"short": numbers, "worded": words}.items():
        saved = checkpoint.read(folder / "0-2", PART, None)
        checkpoint.write(folder / name, PART, change(saved))
    return folder


def numbers(saved: checkpoint.Saved) -> checkpoint.Saved:
    return checkpoint.Saved(saved.settings, {"count": 47 * 64}, saved.tensors)


def words(saved: checkpoint.Saved) -> checkpoint.Saved:
    return checkpoint.Saved({**saved.settings, "shard": "half"}, saved.numbers, saved.tensors)


REFUSED = {
    "missing": (["0-1"], "of 2 parts 1 are there; missing: 2/2"),
    "twice": (["0-1", "0-2", "0-1"], "part 1/2 is there 2 times"),
    "two cuts": (["0-1", "third"], "cut in two ways"),
    "another seed": (["0-1", "seed"], "of another seeds ('1'); expected '0'"),
    "another rule": (["0-1", "direct"], "of another rule ('DFA'); expected 'FA'"),
    "other chunks": (["0-1", "chunk"], "of another chunk ('16'); expected '8'"),
    "another pass": (["0-1", "1-2"], "of another pass ('1'); expected '0'"),
    "damaged": (["0-1", "flipped"], "is damaged"),
    "too few samples": (["0-1", "short"], "is 3008; expected 3072"),
    "no number of a part": (["0-1", "worded"], "not whole (it is 'half'"),
    "a fit": (["0-1", "fit.npz"], "expected one of this version"),
    "what was merged": (["0-1", "merged0"], "is of something else"),
    "not there": (["0-1", "none"], "none"),
    "onto a part": (["0-1", "0-2", "--output", "0-2"], "one would replace the other"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_parts_that_are_no_whole_are_refused_in_one_line(case: str, made: Path, capsys) -> None:
    parts, message = REFUSED[case]
    words = [word if word.startswith("-") else str(made / word) for word in parts]
    assert main(["merge", *words, *([] if "--output" in words else ["--output", str(made / "new")])]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert message in said
    assert not (made / "new").exists()


WRONG = {
    "3/2": (["--shard", "3/2", "--output", "new"], "argument --shard: it is '3/2', expected k/n"),
    "no output": (["--shard", "1/2"], "--shard needs --output"),
    "after alone": (["--after", "merged0", "--output", "new"], "--after is for parts"),
    "too many": (["--shard", "1/14", "--output", "new"], "--shard is 1/14; expected at most 13 parts"),
    "after a part": (["--shard", "1/2", "--after", "0-1", "--output", "new"], "is of something else"),
    "after another": (
        ["--shard", "1/2", "--after", "merged0", "--c", "0.5", "--output", "new"],
        "of another c ('0.001'); expected '0.5'",
    ),
    "onto its past": (
        ["--shard", "1/2", "--after", "merged0", "--output", "merged0"],
        "--after and --output both name",
    ),
    "no past": (["--shard", "1/2", "--after", "none", "--output", "new"], "none"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_part_that_cannot_be_is_refused_in_one_line(case: str, made: Path, capsys, monkeypatch) -> None:
    words, message = WRONG[case]
    monkeypatch.chdir(made)
    assert main([*CALL, *words]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert message in said
    assert not (made / "new").exists()


def test_a_part_is_for_one_process(monkeypatch, capsys, tmp_path: Path) -> None:
    monkeypatch.setattr("impl.estimate.place", lambda: (2, 0, 0))
    assert main([*CALL, "--shard", "1/2", "--output", str(tmp_path / "new")]) == 2
    assert "--shard is 1/2 for one of 2 processes; expected one process" in capsys.readouterr().err


def test_a_checkpoint_of_a_part_in_use_is_not_touched(tmp_path: Path, capsys) -> None:
    with held(tmp_path / "run"):
        words = ["--shard", "1/2", "--output", str(tmp_path / "new"), "--checkpoint", str(tmp_path / "run")]
        assert main([*CALL, *words]) == 2
    assert "in use by another run" in capsys.readouterr().err
