"""The command, asked for what cannot be: exit code 2 and one line that names it, before any work."""

from __future__ import annotations

import io
import os
import re
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from impl import estimate as command
from impl.estimate import estimate, main

SIZE = ["--widths", "4-5-3", "--data", "6", "--draws", "4"]
WHOLE = "expected an integer with 1 <= --{0} < 4294967296."
HUGE = "9" * 400

NUMBERS = {
    **{
        (f"--{name}", value): f"--{name} is {value}; {WHOLE.format(name)}"
        for name in ("chunk", "every", "data", "draws")
        for value in ("0", "-1", "4294967296", "9223372036854775808")
    },
    ("--draws", HUGE): "--draws is 9999",
    ("--seed", "-1"): "--seed is -1; expected an integer with 0 <= --seed < 4294967296.",
    ("--seed", "4294967296"): "--seed is 4294967296; expected an integer",
    **{
        ("--c", value): f"--c is {shown}; expected a finite number above 0."
        for value, shown in (("0", "0.0"), ("-1", "-1.0"), ("nan", "nan"), ("inf", "inf"), ("1e400", "inf"))
    },
    **{
        ("--ridge", value): f"--ridge is {shown}; expected a finite number, 0 or above."
        for value, shown in (("-1", "-1.0"), ("nan", "nan"), ("-inf", "-inf"), ("1e400", "inf"))
    },
    **{
        ("--timeout", value): f"--timeout is {shown}; expected seconds above 0 and up to 1e+09."
        for value, shown in (
            ("0", "0.0"),
            ("-1", "-1.0"),
            ("nan", "nan"),
            ("inf", "inf"),
            ("1e10", "10000000000.0"),
        )
    },
    **{
        ("--widths", value): f"--widths is {value!r}; expected three or more whole numbers from 1 on, such as"
        for value in (
            "",
            "3-2",
            "3",
            "3-0-2",
            "a-b-c",
            "3--2",
            "3-2-",
            "3.5-2-1",
            "\u0663-2-2",
            "3-2-" + HUGE,
        )
    },
    ("--widths", "999999999-2-2"): "the random problem of --widths and --data is of ",
    ("--data", "4294967295"): "the random problem of --widths and --data is of ",
    ("--device", "cuda"): "--device is 'cuda'; expected 'cpu', as there is no CUDA device here.",
}


@pytest.fixture(autouse=True)
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that is wrong is refused before anything is estimated."""
    for name in ("WORLD_SIZE", "RANK", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    def works(*_: object, **__: object) -> None:
        raise AssertionError("the work has begun")

    monkeypatch.setattr(command, "estimate", works)


def refused(call: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a call gives."""
    assert main(call) == 2
    out, said = capsys.readouterr()
    assert out == ""
    assert said.startswith("impl.estimate: ")
    assert said.endswith("\n")
    assert said.count("\n") == 1
    return said.removeprefix("impl.estimate: ").removesuffix("\n")


@pytest.mark.parametrize(("call", "message"), NUMBERS.items())
def test_numbers_that_no_run_can_have(
    call: tuple[str, str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    option, value = call
    usual = [word for word in SIZE if option not in ("--widths",) or word not in SIZE[:2]]
    assert refused([*usual, f"{option}={value}"], capsys).startswith(message[:90])


@pytest.mark.parametrize("option", ["c", "ridge", "timeout", "seed", "chunk", "every", "data", "draws"])
@pytest.mark.parametrize("value", ["", "a", "1j", "None", "\x1b[31m", "1e"])
def test_words_that_are_no_numbers(option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused([*SIZE, f"--{option}={value}"], capsys)
    assert said.startswith(f"argument --{option}: invalid ")
    assert "\x1b" not in said


def test_options_that_are_none_are_shown_and_abbreviations_are_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = refused(["--\x1b]0;title\x07\ud800"], capsys)
    assert said == "unrecognized arguments: --\\x1b]0;title\\x07\\ud800"
    assert refused(["--check", "run.pt"], capsys) == "unrecognized arguments: --check run.pt"
    assert refused(["run.pt"], capsys) == "unrecognized arguments: run.pt"
    assert refused(["--c"], capsys) == "argument --c: expected one argument"


ENVIRONMENTS = [
    ({"WORLD_SIZE": "0"}, "WORLD_SIZE is 0; expected an integer with 1 <= WORLD_SIZE < 65536."),
    ({"WORLD_SIZE": "-1"}, "WORLD_SIZE is '-1'; expected an integer"),
    ({"WORLD_SIZE": "x"}, "WORLD_SIZE is 'x'; expected an integer"),
    ({"WORLD_SIZE": ""}, "WORLD_SIZE is ''; expected an integer"),
    ({"WORLD_SIZE": "1.0"}, "WORLD_SIZE is '1.0'; expected an integer"),
    ({"WORLD_SIZE": "9" * 30}, "WORLD_SIZE is '999"),
    ({"WORLD_SIZE": "65536"}, "WORLD_SIZE is 65536; expected an integer"),
    ({"WORLD_SIZE": "2"}, "WORLD_SIZE is 2 without RANK, MASTER_ADDR, MASTER_PORT; expected what torchrun"),
    ({"WORLD_SIZE": "2", "RANK": "0"}, "WORLD_SIZE is 2 without MASTER_ADDR, MASTER_PORT; expected what"),
    ({"WORLD_SIZE": "2", "RANK": "2", "MASTER": "1"}, "RANK is 2; expected an integer with 0 <= RANK < 2."),
    ({"WORLD_SIZE": "2", "RANK": "x", "MASTER": "1"}, "RANK is 'x'; expected an integer with 0 <= RANK < 2."),
    ({"WORLD_SIZE": "2", "RANK": "-1", "MASTER": "1"}, "RANK is '-1'; expected an integer"),
    ({"WORLD_SIZE": "2", "RANK": "1", "MASTER": "x"}, "MASTER_PORT is 'x'; expected an integer with 1 <= MA"),
    ({"WORLD_SIZE": "2", "RANK": "1", "MASTER": "0"}, "MASTER_PORT is 0; expected an integer with 1 <= MAST"),
    ({"WORLD_SIZE": "2", "RANK": "1", "MASTER": "65536"}, "MASTER_PORT is 65536; expected an integer"),
    ({"WORLD_SIZE": "1", "RANK": "1"}, "RANK is 1; expected an integer with 0 <= RANK < 1."),
    (
        {"WORLD_SIZE": "1", "LOCAL_RANK": "x"},
        "LOCAL_RANK is 'x'; expected an integer with 0 <= LOCAL_RANK < 1.",
    ),
    ({"WORLD_SIZE": "1", "LOCAL_RANK": "7"}, "LOCAL_RANK is 7; expected an integer"),
    ({"RANK": "1"}, "WORLD_SIZE is missing; expected it beside RANK, as torchrun sets it."),
    ({"RANK": "x"}, "WORLD_SIZE is missing; expected it beside RANK"),
    ({"LOCAL_RANK": "0"}, "WORLD_SIZE is missing; expected it beside LOCAL_RANK"),
]


@pytest.mark.parametrize(("environment", "message"), ENVIRONMENTS)
def test_environments_that_no_torchrun_makes(
    environment: dict[str, str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if "MASTER" in environment:
        port = environment["MASTER"]
        rest = {name: value for name, value in environment.items() if name != "MASTER"}
        environment = {**rest, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert refused(SIZE, capsys).startswith(message)


SOURCE = np.random.default_rng(0)
GOOD = {
    name: SOURCE.standard_normal(shape)
    for name, shape in {"W1": (5, 4), "W2": (3, 5), "x": (6, 4), "y": (6, 3)}.items()
}


def saved(**change: object) -> bytes:
    """An .npz with some arrays replaced, or left out where None is given."""
    arrays = {name: array for name, array in {**GOOD, **change}.items() if array is not None}
    stream = io.BytesIO()
    np.savez(stream, **arrays)  # type: ignore[arg-type]  # object arrays are among them
    return stream.getvalue()


def member(name: str, content: bytes) -> bytes:
    """An .npz in which one array is replaced by other bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved())) as old, zipfile.ZipFile(stream, "w") as new:
        for info in old.infolist():
            new.writestr(info.filename, content if info.filename == name else old.read(info))
    return stream.getvalue()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, allow_pickle=True)
    return stream.getvalue()


def flipped(place: float) -> bytes:
    data = bytearray(saved())
    data[int(place * len(data))] ^= 16
    return bytes(data)


def bomb() -> bytes:
    """A member of which the archive says that it is of 8 exabytes."""
    stream = io.BytesIO(saved())
    data = bytearray(stream.getvalue())
    with zipfile.ZipFile(stream) as archive:
        info = archive.getinfo("x.npy")
    at = data.rindex(b"x.npy") - 46
    assert data[at : at + 4] == b"PK\x01\x02"
    data[at + 24 : at + 28] = b"\xfe\xff\xff\xff"
    assert info.file_size < 10**4
    return bytes(data)


HEADER = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999, 4), }"
WIDE = b"\x93NUMPY\x01\x00" + (len(HEADER) + 1).to_bytes(2, "little") + HEADER + b"\n" + bytes(64)
UNREAD = r"--input is .*in\.npz, which cannot be read \(.*\); expected an .npz of plain arrays W1, W2, ..., x"
FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", UNREAD),
    "text": (b"W1 = 3\n", UNREAD),
    "one array": (npy(GOOD["x"]), UNREAD),
    "a pickle": (b"\x80\x04}.", UNREAD),
    "an empty archive": (
        b"PK\x05\x06" + bytes(18),
        r"--input is .*in\.npz without W1, W2, x, y; expected all",
    ),
    "cut short": (saved()[:-40], UNREAD),
    "half": (saved()[: len(saved()) // 2], UNREAD),
    "a changed byte of an array": (flipped(0.3), UNREAD),
    "a changed byte of the directory": (flipped(0.95), r"--input is .*in\.npz"),
    "without x": (saved(x=None), r"--input is .*in\.npz without x; expected all of them"),
    "without y": (saved(y=None), r"--input is .*in\.npz without y"),
    "without W1": (saved(W1=None), r"--input is .*in\.npz without W1"),
    "one W": (saved(W2=None), r"--input is .*in\.npz without W2"),
    "a gap": (saved(W4=GOOD["W2"]), r"--input is .*in\.npz without W3"),
    "one W too many": (
        saved(W3=GOOD["W2"]),
        r"the shape of weights\[2\] is \(3, 5\); expected \(at least 1, 3\)",
    ),
    "objects": (saved(x=np.array([{"a": 1}], dtype=object)), UNREAD),
    "a pickled member": (member("x.npy", npy(np.array([None], dtype=object))), UNREAD),
    "a member of text": (member("x.npy", b"1 2 3"), UNREAD),
    "an empty member": (member("x.npy", b""), UNREAD),
    "a member with a long header": (member("x.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f"), UNREAD),
    "a member that says it is wide": (member("x.npy", WIDE), UNREAD),
    "a member cut short": (member("x.npy", npy(GOOD["x"])[:-8]), UNREAD),
    "a member with more than its array": (member("x.npy", npy(GOOD["x"]) + b"more"), UNREAD),
    "a bomb": (bomb(), r"--input is .*in\.npz|what --input .*in\.npz holds is of"),
    **{
        f"{kind} in {name}": (
            saved(**{name: GOOD[name].astype(kind)}),
            rf"the dtype of {name} in --input is {kind}; expected float32 or float64",
        )
        for name, kind in (
            ("x", "int64"),
            ("y", "bool"),
            ("W1", "float16"),
            ("W2", "complex128"),
            ("x", "uint8"),
            ("y", "<U21"),
        )
    },
    "NaN in x": (saved(x=GOOD["x"] * np.nan), r"x\[0, 0\] is nan; expected a finite number"),
    "infinity in y": (saved(y=GOOD["y"] + np.inf), r"y\[0, 0\] is inf; expected a finite number"),
    "NaN in W2": (saved(W2=GOOD["W2"] * np.nan), r"weights\[1\]\[0, 0\] is nan; expected a finite number"),
    "x of no axis": (saved(x=np.array(1.0)), r"the shape of x is \(1,\); expected \(at least 1, 4\)"),
    "x of one axis": (saved(x=GOOD["x"][0]), r"the shape of x is \(4,\); expected"),
    "x of three axes": (saved(x=GOOD["x"][None]), r"the shape of x is \(1, 6, 4\); expected"),
    "no x": (saved(x=GOOD["x"][:0]), r"the shape of x is \(0, 4\); expected"),
    "fewer y": (saved(y=GOOD["y"][:5]), r"the shape of y is \(5, 3\); expected \(6, 3\)"),
    "narrow x": (saved(x=GOOD["x"][:, :3]), r"the shape of x is \(6, 3\); expected \(at least 1, 4\)"),
    "W1 turned": (
        saved(W1=GOOD["W1"].T),
        r"the shape of weights\[1\] is \(3, 5\); expected \(at least 1, 4\)",
    ),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_files_that_are_no_problem(
    content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.npz").write_bytes(content)
    output = tmp_path / "out.npz"
    said = refused(["--input", str(tmp_path / "in.npz"), "--draws", "4", "--output", str(output)], capsys)
    assert re.match(message, said), said
    assert not output.exists()


def test_numbers_that_are_lost_by_the_dtype_that_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in.npz").write_bytes(saved(x=GOOD["x"] * 1e300))
    said = refused(["--input", str(tmp_path / "in.npz"), "--dtype", "float32"], capsys)
    assert re.match(r"x\[0, 0\] is -?inf; expected a finite number", said)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "pipe", tmp_path, tmp_path / "nothing", tmp_path / ("n" * 300)):
        assert (
            refused(["--input", str(place)], capsys) == f"--input is {place}; expected a file that is there."
        )
    for option in ("--output", "--checkpoint"):
        for place in (tmp_path / "pipe", tmp_path):
            said = refused([*SIZE, option, str(place)], capsys)
            assert said == f"cannot write {place}: it is not a regular file"


@pytest.mark.parametrize("option", ["--output", "--checkpoint"])
def test_places_that_cannot_be_written_to_are_seen_before_the_work(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("kept")
    missing = tmp_path / "missing" / "out"
    assert refused([*SIZE, option, str(missing)], capsys) == (
        f"cannot write {missing}: there is no folder {missing.parent}"
    )
    assert "file name too long" in refused([*SIZE, option, str(tmp_path / ("n" * 300))], capsys)
    assert refused([*SIZE, option, ""], capsys) == "cannot write .: it is not a regular file"

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("feedback_proofs_io.whole._scratch", full)
    said = refused([*SIZE, option, str(tmp_path / "file")], capsys)
    assert said == f"cannot write {tmp_path / 'file'}: no space left on device"
    assert (tmp_path / "file").read_text() == "kept"


def test_files_that_are_one_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in.npz").write_bytes(saved())
    (tmp_path / "link").symlink_to("in.npz")
    for first, second in (("--input", "--output"), ("--input", "--checkpoint"), ("--checkpoint", "--output")):
        call = [first, str(tmp_path / "in.npz"), second, str(tmp_path / "link")]
        assert refused(call, capsys).startswith(
            f"{first} and {second} both name {tmp_path / 'link'}: one would"
        )
    assert (tmp_path / "in.npz").read_bytes() == saved()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_streams_that_are_closed_or_full_cost_no_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "estimate", estimate)
    output = tmp_path / "out"
    call = [*SIZE, "--output", str(output)]
    said = io.StringIO()
    with open("/dev/full", "wb", 0) as device, io.TextIOWrapper(device, write_through=True) as full:  # type: ignore[arg-type]
        for stdout, stderr, code in ((full, said, 2), (io.StringIO(), full, 0), (None, None, 0)):
            with monkeypatch.context() as patch:
                patch.setattr(sys, "stdout", stdout)
                patch.setattr(sys, "stderr", stderr)
                found = main(call)
            assert found == code
            assert names_in(output) == ["B2", "Q2", "S2"]
            output.unlink()
    assert said.getvalue().endswith(
        "\nimpl.estimate: cannot write standard output: no space left on device\n"
    )


def names_in(file: Path) -> list[str]:
    with np.load(file) as found:
        return sorted(found)


def test_a_result_that_cannot_be_written_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The device is full when the work is done; the name is exactly that which was given."""
    output = tmp_path / "out"
    output.write_bytes(b"kept")
    monkeypatch.setattr(command, "estimate", estimate)

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", no_space)
        assert main([*SIZE, "--output", str(output)]) == 2
    *_, last = capsys.readouterr().err.splitlines()
    assert last == f"impl.estimate: cannot write {output}: no space left on device"
    assert output.read_bytes() == b"kept"
    assert main([*SIZE, "--output", str(output)]) == 0
    assert names_in(output) == ["B2", "Q2", "S2"]
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
