"""The house: which folder may import which, rooms one above another, no circle anywhere; and who decides what
a feedback rule means.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

pytestmark = pytest.mark.definition

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
DECIDING = ("impl.rule", "theory.exact.rule", "proofs_check.float64.rule")
"""The modules that know what a feedback rule means; all others ask the one of their package."""


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


def circle(imports: Mapping[str, frozenset[str]]) -> list[str]:
    """The modules of a circle, where there is one."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


@pytest.mark.parametrize("package", FORBIDDEN)
def test_no_imports_go_in_a_circle(package: str) -> None:
    assert circle(graph(package)) == []


def test_a_circle_is_seen_also_where_an_import_is_inside_of_a_function(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    from house import b\n", encoding="utf-8")
    (tmp_path / "b.py").write_text("import house.a\n", encoding="utf-8")
    known = {f"house.{name}": tmp_path / f"{name}.py" for name in "ab"}
    imports = {name: frozenset(imported(path, known)) for name, path in known.items()}
    assert set(circle(imports)) == set(known)


def misplaced(floors: Sequence[Sequence[str]], imports: Mapping[str, frozenset[str]]) -> list[str]:
    """The imports from another room of the same floor, or of a floor above."""
    floor = {room: number for number, rooms in enumerate(floors) for room in rooms}

    def room(module: str) -> str:
        return module.split(".")[1] if "." in module else ""

    return [
        f"{name} imports {other}"
        for name, others in imports.items()
        for other in others
        if {room(name), room(other)} <= floor.keys()
        and room(name) != room(other)
        and floor[room(other)] >= floor[room(name)]
    ]


@pytest.mark.parametrize("package", ROOMS)
def test_rooms_import_from_the_floors_below(package: str) -> None:
    folders = {one.name for one in (ROOT / package).iterdir() if (one / "__init__.py").is_file()}
    assert {room for floor in ROOMS[package] for room in floor} == folders
    assert misplaced(ROOMS[package], graph(package)) == []


def test_an_import_from_above_or_beside_is_seen() -> None:
    floors = (("low", "beside"), ("high",))
    for wrong in ("high", "beside"):
        found = misplaced(floors, {"house.low.a": frozenset({f"house.{wrong}.b"})})
        assert found == [f"house.low.a imports house.{wrong}.b"]
    assert misplaced(floors, {"house.high.a": frozenset({"house.low.b", "house.high.c", "house"})}) == []


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


def names_rule(node: ast.expr | None) -> bool:
    """Whether an expression is the name of a feedback rule, or a list of such."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return any(map(names_rule, node.elts))
    return isinstance(node, ast.Constant) and node.value in ("FA", "DFA")


def deciding(node: ast.AST) -> bool:
    """Whether what is computed depends, here, on which of the rules a name is."""
    match node:
        case ast.Compare():
            return any(map(names_rule, (node.left, *node.comparators)))
        case ast.Dict():
            return any(map(names_rule, node.keys))
        case ast.MatchValue():
            return names_rule(node.value)
    return False


@pytest.mark.parametrize(
    "source", ["rule == 'DFA'", "'FA' != rule", "rule in ('FA',)", "{'FA': 1, 'DFA': 2}[rule]"]
)
def test_a_decision_is_seen(source: str) -> None:
    assert any(map(deciding, ast.walk(ast.parse(source))))
    assert any(map(deciding, ast.walk(ast.parse(f"f(1 if not ({source}) else 2)"))))


def test_a_match_on_a_rule_is_seen() -> None:
    assert any(map(deciding, ast.walk(ast.parse("match rule:\n    case 'FA' | 'other':\n        f()"))))


@pytest.mark.parametrize(
    "source", ["f(rule='FA')", "('FA', limits)", "rules = ['FA', 'DFA']", "a == b('FA')"]
)
def test_a_name_that_is_passed_on_is_none(source: str) -> None:
    assert not any(map(deciding, ast.walk(ast.parse(source))))


@pytest.mark.parametrize("package", ["impl", "theory", "proofs_check", "benchmarks"])
def test_what_a_feedback_rule_means_is_decided_in_one_place(package: str) -> None:
    found = {
        f"{module}, line {node.lineno}"
        for module, path in modules(package).items()
        if module not in DECIDING
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if deciding(node) and isinstance(node, ast.expr | ast.pattern)
    }
    assert not found


@pytest.mark.parametrize("module", DECIDING)
def test_it_is_decided_there(module: str) -> None:
    path = modules(module.split(".")[0])[module]
    assert any(map(deciding, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
