"""Does a test notice? Every small change of `impl`, one at a time, against tests and claims.

    python -m tests.mutate_impl [--files NAME,NAME] [--only NUMBER,NUMBER] [--list] [--fresh] [--again]

A mutant is one change of the syntax tree: an operator, a comparison, a constant, a transpose, a keyword, a
call or a condition. It is killed where a test of the reference in `tests/impl` or `tests/test_subjects_agree`
fails (a file with tests of its own has those), or, if they pass, where `noise`, for `noise.py`, or one of
`estimator`, `signals`, `solves` rejects the mutated reference, if the file is a part of it.
No mutant is made of what says something to the reader and changes no result: `strict=True`, which stands
where the lengths are known to agree, `weights[0]` and `words[0]` as examples of the dtype and device that all
weights of a network and all words of a block have, the constants in `NO_MATTER`, and what is `FOR_PEOPLE`.
Survivors are in `tests/accepted_mutants.toml`, each with the reason why it may live; the exit code is 1
where another survives.

Everything heavy is imported once; each mutant has a forked process of its own, with one thread, because a
fork after OpenMP has started threads hangs, and a hanging mutant looks like a killed one. Results are kept in
`build/mutants.json` by the text of the sources; interrupted, a run goes on where it was.
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import argparse
import ast
import copy
import hashlib
import importlib.abc
import importlib.util
import json
import resource
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from feedback_proofs_io import whole
from feedback_proofs_io.command import Mistake, Once, Parser, ended, integer

ROOT = Path(__file__).resolve().parent.parent
FOLDER, ACCEPTED = ROOT / "impl", ROOT / "tests" / "accepted_mutants.toml"
RESULTS = ROOT / "build" / "mutants.json"
FIRST = {"checks.py": "wrong_arguments", "network.py": "bad_input"}
OWN = {  # the tests of a file, where they are not called after it
    "philox.py": "counter_noise",
    "checkpoint.py": "stream",
    "ranks.py": "estimate",
    "estimate_run.py": "estimate",
    "estimate_checkpoint.py": "estimate",
    "estimate_input.py": "estimate_bad_calls",
    "estimate_parts.py": "estimate_parts",
}
REFERENCE = (  # the tests of the reference, the ones that find most and soonest first
    *(
        "matches_autograd",
        "noise_laws",
        "least_squares",
        "bad_input",
        "control_variate",
        "difference_is_stable",
    ),
    *("equivariant", "rate_in_c", "reproducible", "unbiased"),
)
FOR_PEOPLE = ("help", "prog", "description", "flush")  # arguments: what a command says of itself, and when
NO_MATTER = ("TILE",)  # constants on which time and memory depend, and no result
SECONDS, PATIENCE = 120, 3600.0  # of its own time, far above what all tests take; and of anybody's
EXCHANGED: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Pow: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}


@dataclass(frozen=True)
class Mutant:
    """One change: the file, where, what was and what is instead, and what makes the whole source with it."""

    file: str
    where: str
    before: str
    after: str
    make: Callable[[], str]

    @cached_property
    def source(self) -> str:
        """The whole source with the change."""
        return self.make()

    @property
    def text(self) -> str:
        """What identifies it while the rest of the file changes: no line numbers."""
        return f"{self.file} {self.where}: {self.before} -> {self.after}"

    @property
    def key(self) -> str:
        """What identifies it together with the source that it is part of."""
        return hashlib.sha256(f"{self.file}\n{self.source}".encode()).hexdigest()[:20]


def mutants(path: Path) -> list[Mutant]:
    """Every mutant of a file, those that look alike numbered."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found, seen = list[Mutant](), Counter[str]()
    for where, node in sites(tree):
        for changed in changes(node):
            before, after = _short(node), _short(changed)
            name = f"{where}: {before} -> {after}"
            seen[name] += 1
            place = where if seen[name] == 1 else f"{where} #{seen[name]}"
            found.append(Mutant(path.name, place, before, after, partial(_with, tree, node, changed)))
    return found


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 100 else f"{text[:97]}..."


def sites(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """The nodes that are looked at, with the name of the function that each is in: no annotations,
    decorators, docstrings or messages.
    """

    def walk(node: ast.AST, where: str) -> Iterator[tuple[str, ast.AST]]:
        if isinstance(node, ast.Raise | ast.JoinedStr | ast.ImportFrom | ast.Import | ast.Assert):
            return
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("__all__", *NO_MATTER):
            return
        if isinstance(node, ast.keyword) and node.arg in FOR_PEOPLE:
            return
        if _is_strict(node) or (_is_example(node) and node not in measured):
            return
        yield where, node
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            where = node.name if where == "module" else f"{where}.{node.name}"
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(node, ast.Call) and name == "args" and _is_text(child):
                    continue  # the name of an argument, or a part of a message
                if isinstance(child, ast.AST):
                    yield from walk(child, where)

    measured = [
        node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "shape"
    ]
    yield from walk(tree, "module")


def _is_text(node: object) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _is_strict(node: object, *values: bool) -> bool:
    if not isinstance(node, ast.keyword) or node.arg != "strict" or not isinstance(node.value, ast.Constant):
        return False
    return node.value.value in (values or (True,))  # strict=False may become true, not go: it is the default


def _is_example(node: ast.AST) -> bool:
    return isinstance(node, ast.Subscript) and ast.unparse(node).endswith((".weights[0]", "words[0]"))


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that may stand in place of this one."""
    match node:
        case ast.BinOp(op=ast.MatMult()):
            yield ast.BinOp(node.right, ast.MatMult(), node.left)
        case ast.BinOp() | ast.AugAssign() | ast.BoolOp() if type(node.op) in EXCHANGED:
            yield _replaced(node, op=EXCHANGED[type(node.op)]())
        case ast.Compare(ops=[op, *rest]) if type(op) in EXCHANGED:
            yield _replaced(node, ops=[EXCHANGED[type(op)](), *rest])
        case ast.UnaryOp(op=ast.USub() | ast.Not()):
            yield node.operand
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.Constant(value=float(value)):
            yield ast.Constant(2 * value if value else 1.0)
        case ast.Constant(value=str(value)) if value:
            yield ast.Constant(f"{value}X")
        case ast.Attribute(attr="T" | "mT"):
            yield node.value
        case ast.Call(keywords=keywords) if keywords:
            for dropped in keywords:
                if dropped.arg in FOR_PEOPLE or _is_strict(dropped, True, False):
                    continue
                yield _replaced(node, keywords=[word for word in keywords if word is not dropped])
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.If() | ast.IfExp():
            yield _replaced(node, test=ast.Constant(False))
            yield _replaced(node, test=ast.Constant(True))


def _replaced(node: ast.AST, **fields: object) -> ast.AST:
    changed = copy.copy(node)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def _with(tree: ast.Module, old: ast.AST, new: ast.AST) -> str:
    class Put(ast.NodeTransformer):
        def visit(self, node: ast.AST) -> ast.AST:
            if node is old:
                return new
            changed = copy.copy(node)  # so that the tree itself stays as it is
            for name, value in ast.iter_fields(node):
                if isinstance(value, list):
                    setattr(changed, name, [self.visit(v) if isinstance(v, ast.AST) else v for v in value])
                elif isinstance(value, ast.AST):
                    setattr(changed, name, self.visit(value))
            return changed

    return ast.unparse(ast.fix_missing_locations(Put().visit(tree)))


class Mutated(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the module of a mutant its source."""

    def __init__(self, mutant: Mutant) -> None:
        stem = mutant.file.removesuffix(".py")
        self.name = "impl" if stem == "__init__" else f"impl.{stem}"
        self.mutant = mutant

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Find the one module that is mutated."""
        if name != self.name:
            return None
        origin = str(FOLDER / self.mutant.file)
        package = [str(FOLDER)] if name == "impl" else None
        return importlib.util.spec_from_file_location(
            name, origin, loader=self, submodule_search_locations=package
        )

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Make it as Python does."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the mutated source."""
        exec(compile(self.mutant.source, str(FOLDER / self.mutant.file), "exec"), module.__dict__)


def prepare() -> None:
    """Import what every mutant needs, and nothing that imports `impl`."""
    import flint  # noqa: F401
    import hypothesis.strategies  # noqa: F401
    import mpmath  # noqa: F401
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import sympy  # noqa: F401
    import torch

    import proofs_check.claims  # noqa: F401 - the subject is not of this process

    torch.set_num_threads(1)
    assert not any(name == "impl" or name.startswith("impl.") for name in sys.modules)


def outcome(mutant: Mutant, patience: float = PATIENCE) -> str:
    """Run one mutant in a process of its own: "tests", "claim NAME", "hangs", "crashes" or "survives"."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _quiet()
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))  # a busy machine kills no mutant
        os.write(writing, _attempt(mutant).encode())
        os._exit(0)
    os.close(writing)
    late = [False]

    def stop(*_: object) -> None:
        late[0] = True
        os.kill(child, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, patience)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    signal.setitimer(signal.ITIMER_REAL, 0)
    _, status = os.waitpid(child, 0)
    late[0] |= os.WIFSIGNALED(status) and os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGKILL)
    signal.signal(signal.SIGALRM, before)
    return "hangs" if late[0] else said or "crashes"


def _quiet() -> None:
    empty = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(empty, number)


def _attempt(mutant: Mutant) -> str:
    sys.meta_path.insert(0, Mutated(mutant))
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = tempfile.gettempdir()
    import pytest

    words = [
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:xdist",
        "--assert=plain",
        "-o",
        "filterwarnings=",
    ]
    ended = pytest.main(
        [*words, "-k", "not planted_bug and not compiled and not torchrun", *files_for(mutant.file)]
    )  # no part of impl; long to say the same; of other processes
    if ended in (pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED):
        return "tests"
    if ended != pytest.ExitCode.OK:
        return f"broken: pytest ended with {ended}"
    try:
        return rejecting_claim(claims_for(mutant.file)) or "survives"
    except Exception:
        return "claim raised"


def files_for(file: str) -> list[str]:
    """The test files for a file of `impl`: its own where it has one, else those of the reference."""
    own = _own_tests(file)
    if own is not None:
        return [own]
    files = ["tests/test_subjects_agree.py", *(f"tests/impl/test_{name}.py" for name in REFERENCE)]
    first = [f"tests/impl/test_{FIRST[file]}.py"] if file in FIRST else []
    return list(dict.fromkeys([*first, *files]))


def _own_tests(file: str) -> str | None:
    if file == "least_squares.py":  # a part of the reference
        return None
    name = f"tests/impl/test_{OWN.get(file, file.removesuffix('.py'))}.py"
    return name if (ROOT / name).is_file() else None


def claims_for(file: str) -> tuple[str, ...]:
    """The claims that a mutant of a file has to pass when no test has seen it."""
    if _own_tests(file) is not None:
        return ()
    return ("noise",) if file == "noise.py" else ("estimator", "signals", "solves")


def rejecting_claim(asked: Sequence[str]) -> str:
    """The first of these claims that rejects the reference as it is now; nothing where none does."""
    from impl.reference import Reference
    from proofs_check.claims import CLAIMS
    from proofs_check.ledger.ledger import check
    from proofs_check.subject.subjects import LocalSubject
    from proofs_check.verdict.effort import Effort

    for claim in CLAIMS:
        if claim.id in asked:
            silent = type(claim)(claim.statement, lambda effort: (), claim.examine)
            if check(silent, LocalSubject(Reference), Effort("quick")).verdict.outcome != "pass":
                return f"claim {claim.id}"
    return ""


def accepted(path: Path = ACCEPTED) -> dict[str, str]:
    """The mutants that may survive, with the reasons."""
    if not path.is_file():
        return {}
    return {
        entry["mutant"]: entry["reason"]
        for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("accepted", ())
    }


def selected(files: Sequence[str] | None) -> list[Mutant]:
    """All mutants of the files, or of all."""
    paths = [p for p in sorted(FOLDER.glob("*.py")) if files is None or p.name in files]
    return [mutant for path in paths for mutant in mutants(path)]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the mutants, say what survives, and whether it may; the exit code."""
    return ended("python -m tests.mutate_impl", lambda: _run(argv))


def _run(argv: Sequence[str] | None) -> int:
    parser = Parser("python -m tests.mutate_impl", description=__doc__.splitlines()[0])
    parser.add_argument("--files", action=Once, metavar="NAME,NAME", help="files of impl, such as noise.py")
    parser.add_argument("--only", action=Once, metavar="N,N", help="these mutants, by the numbers of --list")
    parser.add_argument("--list", action="store_true", help="print the mutants, and run none")
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument("--again", action="store_true", help="forget who survived, unless it may")
    given = parser.parse_args(argv)
    names = None if given.files is None else given.files.split(",")
    for name in names or ():
        if not name.endswith(".py") or not (FOLDER / name).is_file():
            raise Mistake(f"--files names {name!r}, which is no file of impl")
    chosen = list(enumerate(selected(names)))
    if given.only is not None:
        chosen = [chosen[number] for number in _numbers(given.only, len(chosen))]
    if not chosen:
        raise Mistake("these files have no mutants: nothing would be run")
    if given.list:
        for number, mutant in chosen:
            print(f"{number:>4} {mutant.text}")
        return 0
    whole.prepare(RESULTS)
    known = {} if given.fresh or not RESULTS.is_file() else json.loads(RESULTS.read_text(encoding="utf-8"))
    allowed = accepted()
    if given.again:
        for _, mutant in chosen:
            if mutant.text not in allowed and known.get(mutant.key) == "survives":
                del known[mutant.key]
    prepare()
    found = run([mutant for _, mutant in chosen], known)
    return conclude(found, allowed)


def _numbers(only: str, count: int) -> list[int]:
    """The mutants of --only; raises `Mistake`."""
    try:
        return [integer(0, count - 1)(word.strip()) for word in only.split(",")]
    except argparse.ArgumentTypeError as error:
        raise Mistake(f"--only: {error}") from None


def run(chosen: Sequence[Mutant], known: dict[str, str]) -> dict[str, str]:
    """The outcome of every mutant by its text; what is known already is not run again."""
    found, started = dict[str, str](), time.monotonic()
    for number, mutant in enumerate(chosen, 1):
        if known.get(mutant.key) is None:
            known[mutant.key] = outcome(mutant)
            whole.write(RESULTS, json.dumps(known))
        found[mutant.text] = known[mutant.key]
        seconds = time.monotonic() - started
        line = f"{number} of {len(chosen)}, {seconds:.0f} s: {found[mutant.text]:<9} {mutant.text}"
        print(line, file=sys.stderr, flush=True)
    return found


def conclude(found: dict[str, str], allowed: dict[str, str]) -> int:
    """Print the figures and the survivors; 1 where one of them is not accepted."""
    counts = Counter(outcome.split()[0] for outcome in found.values())
    survivors = [text for text, outcome in found.items() if outcome == "survives"]
    for text in survivors:
        print(f"survives: {text}\n    {allowed.get(text, 'NOT ACCEPTED')}")
    broken = [text for text, outcome in found.items() if outcome.startswith("broken")]
    for text in broken:
        print(f"{found[text]}: {text}")
    for text in allowed.keys() & found.keys() - set(survivors):
        print(f"accepted, but killed: {text}")
    killed = len(found) - len(survivors) - len(broken)
    parts = ", ".join(f"{number} {name}" for name, number in counts.most_common())
    print(f"{len(found)} mutants: {killed} killed ({100 * killed / max(len(found), 1):.1f} %); {parts}")
    return 1 if broken or set(survivors) - allowed.keys() else 0


if __name__ == "__main__":
    sys.exit(main())
