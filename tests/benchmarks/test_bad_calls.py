"""The benchmarks' commands, asked for what cannot be, or given damaged files: one line, and its exit code."""

from __future__ import annotations

import json
import re
import struct
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from benchmarks import card, counts, dashboard, gate, ratios, time_to_error
from benchmarks.cases import by_name, cannot
from benchmarks.stored_json import Damaged
from benchmarks.time_to_error import Mark
from feedback_proofs_io.datasets import SETS, read
from impl import InvalidInput

Capture = pytest.CaptureFixture[str]
Main = Callable[[Sequence[str]], int]


@pytest.fixture(autouse=True)
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is wrong is refused before anything is measured."""

    def works(*_: object, **__: object) -> None:
        raise AssertionError("the work has begun")

    for module, name in (
        (time_to_error, "plain"),
        (time_to_error, "hadamard"),
        (ratios, "table"),
        (card, "stream"),
        (counts, "count"),
        (gate, "Timing"),
        (dashboard, "build"),
    ):
        monkeypatch.setattr(module, name, works)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def refused(main: Main, call: Sequence[str], capsys: Capture) -> str:
    """The one line that a wrong call gives."""
    assert main(call) == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith("python -m benchmarks.")
    assert said.count("\n") == 1
    return said.removesuffix("\n")


PLAIN = "expected two or more different numbers from 1 on, such as 256,1024."
CALLS: dict[tuple[str, str], str] = {
    **{
        (f"--{name}", value): f"--{name} is {value}; expected an integer with 1 <= --{name} < 4294967296."
        for name in ("rows", "draws")
        for value in ("0", "-1", "4294967296", "99999999999999999999")
    },
    **{
        ("--c", value): f"--c is {shown}; expected a finite number above 0."
        for value, shown in (
            ("0", "0.0"),
            ("-1e-6", "-1e-06"),
            ("nan", "nan"),
            ("inf", "inf"),
            ("1e400", "inf"),
        )
    },
    **{
        ("--plain", value): f"--plain is {value!r}; {PLAIN}"
        for value in (
            "",
            "a",
            "256",
            "256,256",
            "0,1",
            "-1,2",
            "1.5,2",
            "1,,2",
            "1;2",
            "1, 2",
            "9" * 30 + ",1",
        )
    },
    **{
        (f"--{name}", value): f"argument --{name}: invalid {kind} value: "
        for name, kind in (("rows", "int"), ("draws", "int"), ("c", "float"))
        for value in ("", "a", "1j")
    },
    ("--data", "cifar"): "argument --data: invalid choice: 'cifar'",
    ("--path", "fast"): "argument --path: invalid choice: 'fast'",
    ("--path", "triton"): "--path is 'triton'; ",
    ("--json", "missing/figures.json"): "cannot write missing/figures.json: there is no folder",
    ("--json", "."): "cannot write .: it is not a regular file",
}


@pytest.mark.parametrize(("call", "message"), CALLS.items())
def test_time_to_error_refuses(call: tuple[str, str], message: str, capsys: Capture) -> None:
    assert message in refused(time_to_error.main, ["=".join(call)], capsys)


def idx(values: bytes, *shape: int) -> bytes:
    return bytes((0, 0, 8, len(shape))) + struct.pack(f">{len(shape)}I", *shape) + values


IMAGES, LABELS = SETS["fashion-mnist"].train
GOOD_IMAGES, GOOD_LABELS = idx(bytes(range(8)), 2, 2, 2), idx(bytes((3, 9)), 2)
DATA_FILES = {
    "missing": (
        {},
        f"fashion-mnist is not here: expected {IMAGES}, .*: apt-get install dataset-fashion-mnist",
    ),
    "one of two": ({IMAGES: GOOD_IMAGES}, f"there is {IMAGES}, but no {LABELS} or {LABELS}.gz in "),
    "a page": ({IMAGES: b"<html>", LABELS: GOOD_LABELS}, f"/{IMAGES} is no IDX file of bytes with 3 axes$"),
    "cut short": ({IMAGES: GOOD_IMAGES, LABELS: GOOD_LABELS[:-1]}, "has 1 bytes of data, expected 2$"),
    "a label of 10": (
        {IMAGES: GOOD_IMAGES, LABELS: idx(b"\3\12", 2)},
        "label 1 in .* is 10; expected 0 to 9$",
    ),
}


@pytest.mark.parametrize(("files", "message"), DATA_FILES.values(), ids=DATA_FILES)
def test_data_that_are_missing_or_damaged_are_one_line(
    files: dict[str, bytes], message: str, tmp_path: Path, capsys: Capture
) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    said = refused(time_to_error.main, ["--data", "fashion-mnist", "--data-dir", str(tmp_path)], capsys)
    assert re.match(f"python -m benchmarks.time_to_error: .*{message}", said), said


def test_what_is_not_verified_is_said_and_stored(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / IMAGES).write_bytes(GOOD_IMAGES)
    (tmp_path / LABELS).write_bytes(GOOD_LABELS)
    marks = [Mark(10, 1.0, (0.5, 0.5)), Mark(40, 4.0, (0.25, 0.25))]
    for name, found in (("plain", marks), ("hadamard", marks[1]), ("control_variate", marks)):
        monkeypatch.setattr(time_to_error, name, lambda *_, found=found: found)
    for data, known in (("fashion-mnist", False), ("digits", True)):
        call = ["--data", data, "--data-dir", str(tmp_path), "--json", str(tmp_path / "figures.json")]
        assert time_to_error.main(call) == 0
        said = capsys.readouterr().err
        assert (said == "") is known
        assert known or said.startswith(
            f"not verified: {tmp_path / IMAGES} is not that of fashion-mnist: its SHA"
        )
        stored = json.loads((tmp_path / "figures.json").read_text())
        images = read(data, "all" if data == "digits" else "train", tmp_path, strict=False)
        assert (stored["verified"], stored["sha256"]) == (known, images.sha256)


WHOLE = "is not a whole number from 1 on"
RATIOS = {
    **{
        (f"--{name}", value): f"argument --{name}: {value!r} {WHOLE}"
        for name in ("threads", "repeats", "stream", "draws")
        for value in ("", "0", "-1", "1.5", "a", "\u0663")
    },
    ("--threads", "1025"): "'1025' is not a whole number up to 1024",
    ("--draws", "4294967296"): "'4294967296' is not a whole number below 2^32",
    ("--repeats", "9" * 5000): WHOLE,
    **{
        ("--seconds", value): f"argument --seconds: {value!r} is not a finite number of seconds, 0 or above"
        for value in ("", "-1", "nan", "inf", "1e400", "a")
    },
    ("--cases", "A9"): "argument --cases: no case 'A9'; there are A1, A2",
    ("--path", "fast"): "argument --path: invalid choice: 'fast'",
    ("--path", "triton"): "A1: the path 'triton'",
    ("--family", "cauchy"): "argument --family: invalid choice: 'cauchy'",
    ("--device", "cuda"): "no CUDA device here",
    ("--device", "tpu"): "argument --device: invalid choice: 'tpu'",
    ("--clock", "sun"): "argument --clock: invalid choice: 'sun'",
    ("--json", "missing/times.json"): "cannot write missing/times.json: there is no folder",
}


@pytest.mark.parametrize(("call", "message"), RATIOS.items())
def test_ratios_refuses(call: tuple[str, str], message: str, capsys: Capture) -> None:
    fewer = [] if call[0] == "--cases" else ["--cases", "A1"]
    assert message in refused(ratios.main, [*fewer, "=".join(call)], capsys)


def test_a_tool_that_breaks_ends_with_3_and_keeps_what_was_there(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "times.json").write_text("{}")
    assert ratios.main(["--cases", "A1", "--json", str(tmp_path / "times.json")]) == 3
    said = capsys.readouterr().err
    assert said.startswith("python -m benchmarks.ratios itself broke: AssertionError: the work has begun (")
    assert said.count("\n") == 1
    assert json.loads((tmp_path / "times.json").read_text()) == {}
    assert time_to_error.main(["--rows", "8"]) == 3
    assert counts.main([]) == 3
    assert gate.main([]) == 3


def test_the_card_needs_one(capsys: Capture) -> None:
    assert "no CUDA device here" in refused(card.main, [], capsys)
    assert "unrecognized arguments: --jsn" in refused(card.main, ["--jsn", "a"], capsys)


NO_JSON = (b"", b"{", b"\xff", b"[" * 10**5, b'{"ratios": NaN', b"nul")


@pytest.mark.parametrize(
    "content", [*NO_JSON, b"[]", b"3", b'{"A1": 3}', b'{"A1": {"flops": 1}}', b'{"A1": null}']
)
def test_damaged_counts_are_refused(
    content: bytes, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "STORED", tmp_path)
    counts.stored_in().write_bytes(content)
    said = refused(counts.main, [], capsys)
    assert f"{counts.stored_in()} is " in said
    assert said.endswith(f"; git checkout -- {counts.stored_in()} brings it back")


@pytest.mark.parametrize(
    "content",
    [
        *NO_JSON,
        b"[]",
        b"{}",
        b'{"ratios": 3}',
        b'{"ratios": {"A1 eager": "2"}}',
        b'{"ratios": {"A1 eager": 0}}',
    ],
)
def test_damaged_ratios_are_refused(
    content: bytes, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "RATIOS", tmp_path / "ratios.json")
    gate.RATIOS.write_bytes(content)
    assert refused(gate.main, [], capsys).endswith("brings it back")
    gate.RATIOS.unlink()
    assert gate.stored_ratios() == {}


@pytest.mark.parametrize("name", ["", "A9", "a1", None, 3, ["A1"], "\ud800"])
def test_cases_and_ways_that_are_none(name: str) -> None:
    with pytest.raises(InvalidInput, match=r"the case is .*; expected one of A1, A2"):
        by_name(name)
    with pytest.raises(InvalidInput, match=r"the way is .*; expected one of eager, compiled, native, cuda"):
        cannot(name)


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    run = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return run.stdout.strip()


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository of two commits, with results of both."""
    folder = tmp_path_factory.mktemp("clone")
    git(folder, "init", "-q")
    commits = []
    for k in range(2):
        git(folder, "commit", "-q", "--allow-empty", "-m", f"{k}")
        commits.append(git(folder, "rev-parse", "HEAD"))
    for commit in commits:
        result(folder, commit, {"commit_hash": commit})
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "results")
    return folder


def result(folder: Path, name: str, content: object) -> Path:
    file = folder / "benchmarks" / "results" / "machine" / f"{name[:8]}-env.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return file


def test_the_dashboard_is_not_built_without_its_history(
    clone: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert dashboard.lacking(clone) is None
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{clone}", "shallow")
    shallow = "2 of the 2 commits with results are not in this shallow clone: git fetch --unshallow"
    assert dashboard.lacking(tmp_path / "shallow") == shallow
    monkeypatch.setattr(dashboard, "lacking", lambda: shallow)
    assert dashboard.main([]) == 1
    assert capsys.readouterr() == ("", f"python -m benchmarks.dashboard: {shallow}\n")


def test_results_that_are_none_or_damaged_or_of_elsewhere(clone: Path, tmp_path: Path) -> None:
    assert re.match(r"there are no results in .*: python -m asv run", str(dashboard.lacking(tmp_path)))
    git(tmp_path, "clone", "-q", f"file://{clone}", "whole")
    result(tmp_path / "whole", "f" * 40, {"commit_hash": "f" * 40})
    found = "1 of the 3 commits with results are not in the history of what is checked out: git fetch origin"
    assert str(dashboard.lacking(tmp_path / "whole")).startswith(found)
    for content in ("", "{", "[]", "{}", {"commit_hash": 3}, {"commit_hash": "--help"}, "[" * 10**5):
        file = result(tmp_path / "whole", "f" * 40, content)
        with pytest.raises(Damaged, match=f"git checkout -- {re.escape(str(file))} brings it back"):
            dashboard.lacking(tmp_path / "whole")


def test_results_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    result(tmp_path, "f" * 40, {"commit_hash": "f" * 40})
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert str(dashboard.lacking(tmp_path)).endswith("whose commits the results belong to: git clone it")


def test_without_asv_nothing_is_built(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard, "lacking", lambda: None)
    monkeypatch.setattr(dashboard, "find_spec", lambda _: None)
    assert refused(dashboard.main, [], capsys).endswith(
        "asv is not installed here: tox -e dashboard brings it"
    )
