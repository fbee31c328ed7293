"""Every condition of the checker dropped in turn: weakenings that nobody chose.

A condition that a claim has to meet is taken as met, one at a time: a refusal falls, a conjunct, a guard of
a pattern, a demand on the premises. What the shipped rules refuse for that reason alone, weaker ones accept.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from theory.proof.rules import RULES

_RULES = tuple(
    f"theory.proof.rules.{name}"
    for name in ("algebra", "bounds", "core", "expectation", "limits", "statistics", "units")
)
MODULES = (
    *_RULES,
    *(f"theory.proof.{name}" for name in ("existence", "sizes", "unit_moments", "units", "normal_form")),
)
"""Where conditions stand."""


@dataclass(frozen=True)
class Mutant:
    """The module without one of its conditions; ``rules`` are those that then know less."""

    module: str
    number: int
    line: int
    what: str
    rules: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.module.removeprefix('theory.proof.')}:{self.line} {self.what}"


def mutants(module: str) -> list[Mutant]:
    """All of the module, in the order of its text."""
    tree = ast.parse(inspect.getsource(import_module(module)))
    users = _users(module, tree)
    found = []
    for number, (function, (node, field, position, _, what)) in enumerate(_changes(tree)):
        old = getattr(node, field)
        line = getattr(old if position is None else old[position], "lineno", function.lineno)
        found.append(Mutant(module, number, line, what, users.get(function.name, ())))
    return found


def source_of(mutant: Mutant) -> ast.Module:
    """The module as it then reads."""
    tree = ast.parse(inspect.getsource(import_module(mutant.module)))
    for number, (_, (node, field, position, new, _)) in enumerate(_changes(tree)):
        if number == mutant.number:
            if position is not None:
                block = list(getattr(node, field))
                block[position : position + 1] = [] if new is None else [new]
                new = block or [ast.Pass()]
            setattr(node, field, new)
            return ast.fix_missing_locations(tree)
    raise LookupError(mutant)


def _changes(tree: ast.Module) -> Iterator[tuple[ast.FunctionDef, Change]]:
    """Each change of the tree, with the function it stands in."""
    for top in tree.body:
        for function in top.body if isinstance(top, ast.ClassDef) else [top]:
            if isinstance(function, ast.FunctionDef):
                for change in _weaker(function):
                    yield function, change


Change = tuple[ast.AST, str, int | None, Any, str]
"""The node, its field, the place in it, what stands there then, and in words."""


def _weaker(function: ast.FunctionDef) -> Iterator[Change]:
    answers = {
        id(answer)
        for inner in ast.walk(function)
        if isinstance(inner, ast.FunctionDef) and inner.returns and _text(inner.returns) == "bool"
        for answer in ast.walk(inner)
    }
    for node in ast.walk(function):
        for field in ("body", "orelse"):
            block = getattr(node, field, None)
            for position, statement in enumerate(block if isinstance(block, list) else []):
                if isinstance(statement, ast.If) and _refuses(statement.body):
                    yield (
                        node,
                        field,
                        position,
                        _otherwise(statement),
                        f"no `if {_text(statement.test)}: refuse`",
                    )
                    for new, what in _less(statement.test):
                        yield statement, "test", None, new, what
                elif isinstance(statement, ast.If):
                    for new, what in _more(statement.test):
                        yield statement, "test", None, new, what
                elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
                    if not _text(statement).endswith((".append", ".pop", ".update", ".extend")):
                        yield node, field, position, None, f"no `{_text(statement)}`"
                elif isinstance(statement, ast.Raise) and position:
                    yield node, field, position, ast.Return(), f"no `{_text(statement)[:60]}` at the end"
                elif isinstance(statement, ast.Return) and statement.value and id(statement) in answers:
                    for new, what in [*_more(statement.value), *_less(statement.value)]:
                        yield statement, "value", None, new, what
        if isinstance(node, ast.match_case) and node.guard is not None:
            for new, what in _more(node.guard):
                yield node, "guard", None, new, what
        if isinstance(node, ast.comprehension):
            for position, test in enumerate(node.ifs):
                yield node, "ifs", position, ast.Constant(True), f"`{_text(test)}` need not be"
                if isinstance(test, ast.BoolOp):
                    for new, what in _more(test):
                        yield node, "ifs", position, new, what
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple) and len(node.iter.elts) > 1:
            for position in range(len(node.iter.elts)):
                yield node.iter, "elts", position, None, f"not for `{_text(node.iter.elts[position])}`"


def _otherwise(statement: ast.If) -> ast.AST:
    return ast.If(ast.Constant(True), statement.orelse, []) if statement.orelse else ast.Pass()


def _refuses(body: list[ast.stmt]) -> bool:
    """Whether it ends in an error, None, False, or a message of what is missing."""
    last = body[-1]
    if isinstance(last, ast.Return) and isinstance(last.value, ast.JoinedStr):
        return True
    return isinstance(last, ast.Raise) or (
        isinstance(last, ast.Return)
        and isinstance(last.value, ast.Constant)
        and last.value.value in (None, False)
    )


def _more(test: ast.expr) -> list[tuple[ast.expr, str]]:
    """The test true more often."""
    match test:
        case ast.BoolOp(ast.And(), values):
            return [
                (_without(test, k), f"`{_text(value)}` need not be") for k, value in enumerate(values)
            ] + [
                (_with(test, k, new), what)
                for k, value in enumerate(values)
                if not isinstance(value, ast.Compare | ast.Name)
                for new, what in _more(value)
                if not (isinstance(new, ast.Constant))
            ]
        case ast.BoolOp(ast.Or(), values):
            return [(_with(test, k, new), what) for k, v in enumerate(values) for new, what in _more(v)]
        case ast.UnaryOp(ast.Not(), inner):
            return [(ast.UnaryOp(ast.Not(), new), what) for new, what in _less(inner)]
        case ast.Call(ast.Name("bool"), [inner]):
            return [(_argument(test, new), what) for new, what in _more(inner)]
        case ast.Call(ast.Name("any" | "all" as name), [ast.GeneratorExp() as inner]):
            found = [(_element(test, new), what) for new, what in _more(inner.elt)]
            if name == "any":
                found.append((ast.Constant(True), f"`{_text(test)}` need not be"))
            return found
        case ast.Compare() | ast.Call() | ast.Name() | ast.Attribute():
            return [(ast.Constant(True), f"`{_text(test)}` need not be")]
    return []


def _less(test: ast.expr) -> list[tuple[ast.expr, str]]:
    """The test true less often."""
    match test:
        case ast.BoolOp(ast.Or(), values):
            return [(_without(test, k), f"`{_text(value)}` may be") for k, value in enumerate(values)] + [
                (_with(test, k, new), what)
                for k, value in enumerate(values)
                if isinstance(value, ast.BoolOp | ast.UnaryOp | ast.Call)
                for new, what in _less(value)
                if not isinstance(new, ast.Constant)
            ]
        case ast.BoolOp(ast.And(), values):
            return [(_with(test, k, new), what) for k, v in enumerate(values) for new, what in _less(v)]
        case ast.UnaryOp(ast.Not(), inner):
            return [(ast.UnaryOp(ast.Not(), new), what) for new, what in _more(inner)]
        case ast.Call(ast.Name("bool"), [inner]):
            return [(_argument(test, new), what) for new, what in _less(inner)]
        case ast.Call(ast.Name("any"), [ast.GeneratorExp() as inner]):
            return [(_element(test, new), what) for new, what in _less(inner.elt)]
        case ast.Compare() | ast.Call():
            return [(ast.Constant(False), f"`{_text(test)}` may be")]
    return []


def _without(test: ast.BoolOp, k: int) -> ast.expr:
    rest = [value for position, value in enumerate(test.values) if position != k]
    return rest[0] if len(rest) == 1 else ast.BoolOp(test.op, rest)


def _with(test: ast.BoolOp, k: int, new: ast.expr) -> ast.expr:
    return ast.BoolOp(test.op, [new if position == k else v for position, v in enumerate(test.values)])


def _argument(call: ast.Call, new: ast.expr) -> ast.expr:
    return ast.Call(call.func, [new], call.keywords)


def _element(call: ast.Call, new: ast.expr) -> ast.expr:
    generator = call.args[0]
    assert isinstance(generator, ast.GeneratorExp)
    return ast.Call(call.func, [ast.GeneratorExp(new, generator.generators)], call.keywords)


def _text(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _users(module: str, tree: ast.Module) -> dict[str, tuple[str, ...]]:
    """For each function the rules whose check calls it, directly or not; all rules, for what they share."""
    if module not in _RULES or module.endswith(".core"):
        return {}
    calls = {
        function.name: {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        for function in tree.body
        if isinstance(function, ast.FunctionDef)
    }
    found: dict[str, list[str]] = {}
    for rule in RULES:
        if rule.check.__module__ != module:
            continue
        seen, waiting = set(), [rule.check.__name__]
        while waiting:
            name = waiting.pop()
            if name in calls and name not in seen:
                seen.add(name)
                waiting += calls[name]
        for name in seen:
            found.setdefault(name, []).append(rule.name)
    return {name: tuple(rules) for name, rules in found.items()}
