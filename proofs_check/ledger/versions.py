"""What a run depends on beside its arguments: versions, the sources of the project and of a subject."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import secrets
import tomllib
from collections.abc import Iterator, Mapping
from importlib.machinery import PathFinder
from pathlib import Path

from proofs_check.subject.subjects import HOME

LIBRARIES = ("hypothesis", "mpmath", "numpy", "python-flint", "sympy")
PACKAGES = ("feedback_proofs_io", "impl", "proofs_check", "theory")
SOURCES = (".py", ".pyi", ".pyd", ".so", ".dylib", ".dll", ".c", ".cc", ".cpp", ".h", ".cu", ".jl", ".m")
DATA = (*SOURCES, ".json", ".npz", ".txt", ".css", ".v")  # in our own packages
CONDITIONS = ("ATEN_", "MKL_", "OMP_", "ONEDNN_", "OPENBLAS_", "PROOFS_CHECK_", "TORCH")
MOST_ENTRIES = 5_000  # of a folder that is looked at


def version() -> str:
    """The version of this project, also where it runs from its source folder without being installed."""
    source = HOME / "pyproject.toml"
    if source.is_file():
        project = tomllib.loads(source.read_text(encoding="utf-8")).get("project", {})
        if project.get("name") == "feedback-proofs":
            return str(project["version"])
    return installed("feedback-proofs")


def own_versions() -> dict[str, str]:
    """The versions that this process runs with; those of the subject's process are its own."""
    libraries = {name: installed(name) for name in LIBRARIES}
    return {"feedback-proofs": version(), "python": platform.python_version(), **libraries}


def installed(name: str) -> str:
    """The installed version of a distribution."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def conditions() -> Mapping[str, str]:
    """What else a verdict may depend on: the machine, our sources, the environment of numeric libraries."""
    told = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith(CONDITIONS))
    return {
        "machine": f"{platform.system()} {platform.machine()}",
        "the suite's sources": _digest(HOME / name for name in PACKAGES),
        "the environment": " ".join(told),
    }


def subject_sources(place: str | None) -> str:
    """A hash of the sources in the folder of a subject, or of the package that it names.

    None is the reference, which is among the project's own sources. What a subject imports from elsewhere is
    not looked at. Folders too large to look at are never the same.
    """
    if place is None:
        return "none of its own"
    module = place.rpartition(":")[0]
    if module.endswith(".py"):
        return _digest([Path(module).resolve().parent])
    return _digest([Path.cwd(), *_package(module.partition(".")[0])])


def _package(name: str) -> Iterator[Path]:
    try:
        spec = PathFinder.find_spec(name)
    except (ImportError, ValueError, OSError):
        return
    if spec is not None:
        yield from map(Path, spec.submodule_search_locations or ())
        if spec.origin is not None:
            yield Path(spec.origin)


def _digest(places: Iterator[Path] | list[Path]) -> str:
    digest, seen = hashlib.sha256(), 0
    for place in places:
        suffixes = DATA if place.parent == HOME and place.name in PACKAGES else SOURCES
        for file in _files(place):
            seen += 1
            if seen > MOST_ENTRIES:
                return f"too many files ({secrets.token_hex(8)})"
            if file.suffix in suffixes:
                digest.update(f"\0{file}\0".encode("utf-8", "backslashreplace"))
                try:
                    digest.update(hashlib.sha256(file.read_bytes()).digest())
                except OSError:
                    digest.update(b"cannot be read")
    return digest.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    """A folder and all in it, in order, but for environments, caches and what is hidden."""
    if place.is_file():
        yield place
        return
    for folder, below, names in os.walk(place):
        yield Path(folder)  # it counts, too
        below[:] = sorted(
            name
            for name in below
            if not name.startswith(".")
            and name not in ("__pycache__", "node_modules")
            and not (Path(folder) / name / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            file = Path(folder) / name
            if file.is_file():  # no pipe, no device
                yield file
