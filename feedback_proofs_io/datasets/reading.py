"""A part of a set: its pixels and labels as bytes, compared with the hash that is known of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from feedback_proofs_io.datasets import archive, formats
from feedback_proofs_io.datasets.catalogue import SETS, DataSet
from feedback_proofs_io.datasets.places import Found, find
from feedback_proofs_io.given import Unreadable

__all__ = ["PARTS", "Images", "read"]

PARTS = ("train", "test", "all")
"""The parts of a set; all is the one for training and then the one for testing."""


@dataclass(frozen=True)
class Images:
    """M images of a part of a set and their classes.

    ``shape`` is (M, rows, columns), or (M, 3, rows, columns) in colour; ``pixels`` are the values in that
    order, 0 to ``white``, and ``labels`` the classes, 0 to ``classes`` - 1, a byte each. ``doubt`` says why
    the content is not verified, and is "" where it has the hash that is known of it. ``source`` is the
    archive or the folder that they are from.
    """

    name: str
    part: str
    shape: tuple[int, ...]
    pixels: bytes = field(repr=False)
    labels: bytes = field(repr=False)
    classes: int
    white: int
    source: Path
    doubt: str = ""

    @property
    def verified(self) -> bool:
        """Whether the content has the hash that is known of the set."""
        return not self.doubt

    @cached_property
    def sha256(self) -> str:
        """The SHA-256 of all pixels and then all labels: what names the data of a run."""
        digest = hashlib.sha256(self.pixels)
        digest.update(self.labels)
        return digest.hexdigest()

    def record(self) -> dict[str, object]:
        """What a run's JSON says of its data."""
        return {
            "set": self.name,
            "part": self.part,
            "shape": list(self.shape),
            "sha256": self.sha256,
            "verified": self.verified,
            "doubt": self.doubt,
        }


def read(name: str, part: str = "train", folder: Path | None = None, *, strict: bool = True) -> Images:
    """The part "train", "test" or "all" of a set, from ``folder`` or where it is found (see `places`).

    Raises `Missing` where the files are not there; `Unreadable` where they are damaged, or have another hash
    or another number of images than is known. Where ``strict`` is False the latter is only said in ``doubt``,
    so that other images in the same format can be read. Raises ValueError for a set or a part that there is
    not.
    """
    for what, value, known in (("the data set", name, tuple(SETS)), ("the part", part, PARTS)):
        if value not in known:
            raise ValueError(f"{what} is {value!r}; expected one of {', '.join(known)}")
    data = SETS[name]
    found = find(data, part, folder)
    contents, sources, doubts = _contents(data, part, found)
    images = replace(_images(data, part, contents, sources), source=found.source)
    if data.content and images.sha256 != data.content:
        doubts.append(f"the pixels and labels of {next(iter(sources.values()))} are not those of {name}")
    if data.layout == "table":
        images = _cut(images, part, data.count["train"])
    expected = sum(data.count[each] for each in (("train", "test") if part == "all" else (part,)))
    if images.shape[0] != expected:
        doubts.append(f"the part {part} of {name} has {images.shape[0]} images here; expected {expected}")
    if strict and doubts:
        raise Unreadable(doubts[0])
    if data.archive is not None and found.archive is None and not data.sha256:
        doubts.append(f"no hash of {data.files_of(part)[0]} is known, only that of {data.archive.file}")
    return replace(images, doubt=doubts[0] if doubts else "")


def _contents(data: DataSet, part: str, found: Found) -> tuple[dict[str, bytes], dict[str, str], list[str]]:
    """The content and the place of each file of the part, and what speaks against them."""
    if found.archive is None or data.archive is None:
        contents = {name: formats.content(path) for name, path in found.files.items()}
        sources = {name: str(path) for name, path in found.files.items()}
        return contents, sources, _strangers(data, contents, sources)
    inside = {name: f"{data.archive.inside}/{name}" for name in data.files}
    read, md5 = archive.members(found.archive, inside.values())
    contents = {name: read[member] for name, member in inside.items()}
    sources = {name: f"{member} in {found.archive}" for name, member in inside.items()}
    doubts = _strangers(data, contents, sources)
    if data.archive.md5 and md5 != data.archive.md5:
        doubts.append(
            f"{found.archive} is not that of {data.name}: its MD5 is {md5}, expected {data.archive.md5}"
        )
    return {name: contents[name] for name in data.files_of(part)}, sources, doubts


def _strangers(data: DataSet, contents: Mapping[str, bytes], sources: Mapping[str, str]) -> list[str]:
    """A line for each file that has another hash than is known."""
    lines = []
    for name, known in data.sha256.items():
        if name in contents and (digest := hashlib.sha256(contents[name]).hexdigest()) != known:
            owner = next((other.name for other in SETS.values() if other.sha256.get(name) == digest), None)
            whose = f"it is that of {owner}" if owner else f"its SHA-256 is {digest}, expected {known}"
            lines.append(f"{sources[name]} is not that of {data.name}: {whose}")
    return lines


def _images(data: DataSet, part: str, contents: Mapping[str, bytes], sources: Mapping[str, str]) -> Images:
    """The files of a part, one after the other."""
    shapes, pixels, labels = [], [], []
    for files in _groups(data, part):
        shape, some_pixels, some_labels = _parsed(data, files, contents, sources)
        shapes.append(shape)
        pixels.append(some_pixels)
        labels.append(some_labels)
    if len({shape[1:] for shape in shapes}) > 1:
        sizes = f"{shapes[0][1:]} and {shapes[-1][1:]}"
        raise Unreadable(f"the parts of {data.name} have images of the sizes {sizes}; expected one size")
    return Images(
        name=data.name,
        part=part,
        shape=(sum(shape[0] for shape in shapes), *shapes[0][1:]),
        pixels=b"".join(pixels),
        labels=b"".join(labels),
        classes=data.classes,
        white=data.white,
        source=Path(),
    )


def _groups(data: DataSet, part: str) -> list[tuple[str, ...]]:
    """The files that make images together: with IDX two, images and labels."""
    if data.layout == "idx":
        return [data.train, data.test] if part == "all" else [data.files_of(part)]
    return [(name,) for name in data.files_of(part)]


def _parsed(
    data: DataSet, files: Sequence[str], contents: Mapping[str, bytes], sources: Mapping[str, str]
) -> tuple[tuple[int, ...], bytes, bytes]:
    """Shape, pixels and labels."""
    content, source = contents[files[0]], sources[files[0]]
    if data.layout == "idx":
        shape, pixels = formats.idx(content, 3, source)
        source = sources[files[1]]
        (count,), labels = formats.idx(contents[files[1]], 1, source)
        if shape[0] != count:
            counts = f"{shape[0]} images and {count} labels"
            raise Unreadable(f"there are {counts} for {source}; expected as many of both")
    elif data.layout == "rows":
        (*coarse, labels), shape, pixels = formats.rows(content, 1 + (data.coarse > 0), source)
        for above in coarse:
            formats.in_range(above, data.coarse, source, "coarse label")
    else:
        labels, shape, pixels = formats.table(content, data.white, source)
    formats.in_range(labels, data.classes, source)
    return shape, pixels, labels


def _cut(images: Images, part: str, first: int) -> Images:
    """A part of a table that has no parts: the first so many images are those for training."""
    count, *size = images.shape
    chosen = {"train": slice(0, first), "test": slice(first, None), "all": slice(None)}[part]
    start, stop, _ = chosen.indices(count)
    each = len(images.pixels) // count
    return replace(
        images,
        shape=(max(stop - start, 0), *size),
        pixels=images.pixels[start * each : stop * each],
        labels=images.labels[start:stop],
    )
