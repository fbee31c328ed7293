"""The house: which folder may import which, rooms one above another, and no circle anywhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN = {
    "feedback_proofs_io": ("impl", "theory", "proofs_check", "benchmarks", "tests", "torch", "sympy"),
    "impl": ("theory", "proofs_check", "benchmarks", "tests", "sympy"),
    "theory": ("impl", "proofs_check", "benchmarks", "tests", "torch"),
    "proofs_check": ("benchmarks", "tests"),
    "benchmarks": ("tests",),
}
ROOMS = {
    "theory": (
        ("exact",),
        ("counterexamples",),
        ("results",),
        ("proof",),
        ("proofs", "writing"),
        ("paper",),
        ("command",),
    ),
    "proofs_check": (
        ("verdict", "float64", "formal", "experiments"),
        ("networks", "subject"),
        ("sampling", "digits"),
        ("questions",),
        ("claims",),
        ("ledger",),
        ("report",),
        ("command",),
    ),
    "impl": (("kernels",), ("learning",), ("convolution",)),
}
"""Floors from below; a room imports from floors below its own, and rooms on one floor not from each other."""


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """The modules that a file names in its imports, also in those inside of functions: of ``known`` ones the
    innermost.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports by dots"
            for one in node.names:
                inner = f"{node.module}.{one.name}"
                yield inner if inner in known else str(node.module)


@cache
def modules(package: str) -> Mapping[str, Path]:
    """The modules of a package by their names; a package within has that of its folder."""
    found = {}
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def graph(package: str) -> Mapping[str, frozenset[str]]:
    """For each module those of its package that it imports."""
    own = modules(package)
    return {
        name: frozenset(other for other in imported(path, own) if other in own and other != name)
        for name, path in own.items()
    }


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_package_imports_upward(package: str) -> None:
    for name, path in modules(package).items():
        wrong = {other.split(".")[0] for other in imported(path, {})} & set(FORBIDDEN[package])
        assert not wrong, f"{name} imports {', '.join(sorted(wrong))}"


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_imports_go_in_a_circle(package: str) -> None:
    try:
        TopologicalSorter(graph(package)).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("package", ROOMS)
def test_rooms_import_from_the_floors_below(package: str) -> None:
    floor = {room: number for number, rooms in enumerate(ROOMS[package]) for room in rooms}
    folders = {one.name for one in (ROOT / package).iterdir() if (one / "__init__.py").is_file()}
    assert set(floor) == folders
    for name, others in graph(package).items():
        room = name.split(".")[1] if "." in name else ""
        for other in others:
            below = other.split(".")[1] if "." in other else ""
            if room in floor and below in floor and room != below:
                assert floor[below] < floor[room], f"{name} imports {other}"


@pytest.mark.parametrize("package", ["theory", "proofs_check"])
def test_beside_its_doors_a_package_has_rooms_only(package: str) -> None:
    doors = {"__init__.py", "__main__.py", "pytest_suite.py", "rerun.py"}
    assert {one.name for one in (ROOT / package).glob("*.py")} <= doors


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_name_means_one_thing_in_a_package(package: str) -> None:
    places: dict[str, list[str]] = {}
    for module, path in modules(package).items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module)
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
