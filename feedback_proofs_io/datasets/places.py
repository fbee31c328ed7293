"""Where the files of a set are looked for, and the one line that is said where they are not.

A folder that is given is the only place. Otherwise: the folder that the environment variable
``FEEDBACK_PROOFS_DATA`` names, ``data`` in the user's cache folder, and the place where a package of the
system puts them. In each, a folder with the name of the set comes first: sets may have files of the same
names. The digits are always those of scikit-learn.
"""

from __future__ import annotations

import importlib.util
import os
import shlex
from dataclasses import dataclass
from pathlib import Path

from feedback_proofs_io import cache
from feedback_proofs_io.datasets.catalogue import DataSet
from feedback_proofs_io.given import Unreadable

__all__ = ["VARIABLE", "Found", "Missing", "command", "find"]

VARIABLE = "FEEDBACK_PROOFS_DATA"


class Missing(Unreadable):
    """The files are not there; the message says which go where, and the command that gets them."""


@dataclass(frozen=True)
class Found:
    """The files of a part, by their names in the catalogue, or the archive that holds them.

    ``source`` is the archive or the folder.
    """

    source: Path
    files: dict[str, Path]
    archive: Path | None = None


def find(data: DataSet, part: str, folder: Path | None = None) -> Found:
    """The first place that has one of the files; raises `Missing` where none has, or not all of them."""
    for place in _places(data, folder):
        archive = place / data.archive.file if data.archive is not None else None
        if archive is not None and os.path.exists(archive):
            return Found(archive, {}, archive)
        files = {name: _plain_or_zipped(place, name) for name in data.files_of(part)}
        found = {name: path for name, path in files.items() if path is not None}
        if len(found) == len(files):
            return Found(place, found)
        if found:
            here, lacking = next(iter(found)), next(name for name, path in files.items() if path is None)
            missing = f"there is {here}, but no {lacking} or {lacking}.gz in {place}"
            raise Missing(f"{missing}; {_to_get(data, folder)}")
    raise Missing(f"{data.name} is not here: {_expected(data, folder)}; {_to_get(data, folder)}")


def command(data: DataSet, folder: Path | None = None) -> str:
    """The command that gets the set."""
    places = _bases(folder)
    return data.command.format(folder=shlex.quote(str(places[0] if places else Path("data").absolute())))


def _to_get(data: DataSet, folder: Path | None) -> str:
    into = f" (puts it in {data.home})" if data.home is not None and folder is not None else ""
    return f"to get it: {command(data, folder)}{into}"


def _expected(data: DataSet, folder: Path | None) -> str:
    """Which files go where."""
    if data.layout == "table":
        return f"expected {data.train[0]} where scikit-learn is installed"
    files = f"{', '.join(data.files)} (plain or .gz)"
    if data.archive is not None:
        files = f"{data.archive.file}, or {files}"
    bases = _bases(folder)
    where = " or ".join(str(place) for place in bases) or f"a folder that {VARIABLE} names"
    at_home = f" or in {data.home}" if data.home is not None else ""
    return f"expected {files} in {where}{at_home if folder is None else ''}"


def _bases(folder: Path | None) -> list[Path]:
    if folder is not None:
        return [folder]
    named, own = os.environ.get(VARIABLE), cache.folder()
    return [*([Path(named)] if named else []), *([own / "data"] if own is not None else [])]


def _places(data: DataSet, folder: Path | None) -> list[Path]:
    if data.layout == "table":
        return _scikit_learn()
    places = [place for base in _bases(folder) for place in (base / data.name, base)]
    return [*places, data.home] if folder is None and data.home is not None else places


def _scikit_learn() -> list[Path]:
    """Where scikit-learn keeps its tables, found without the second that its import takes."""
    try:
        found = importlib.util.find_spec("sklearn")
    except (ImportError, ValueError):  # something odd stands in its place
        return []
    folders = (found.submodule_search_locations or []) if found is not None else []
    return [Path(folder) / "datasets" / "data" for folder in folders]


def _plain_or_zipped(place: Path, name: str) -> Path | None:
    return next((path for path in (place / name, place / f"{name}.gz") if os.path.exists(path)), None)
