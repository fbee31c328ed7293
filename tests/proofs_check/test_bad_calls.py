"""Every argument of every command, with every kind of wrong value: one clear line, exit code 2, nothing done.

A row is a call, and a part of the sentence that it gets. The calls run in this process; no subject is asked.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from proofs_check import pytest_suite
from proofs_check.command import compare, new_subject
from proofs_check.command import run as command
from proofs_check.formal import build
from proofs_check.ledger.as_json import with_checksum
from tests import bug_matrix, false_alarms, mutate_impl
from tests.proofs_check.nobody import Nobody, noting

Row = tuple[tuple[str, ...], str]
CLAIMS = noting(("estimator", "theorem-3", "rank"), [])
LONG, ESCAPE, HALF = "x" * 5000, "\x1b[31mred\x07", "\udcff"
"""Beyond every limit; what a terminal would obey; a byte that is no UTF-8."""

# --- proofs_check ---

WHOLE_NUMBERS = (
    "",
    " ",
    "x",
    "1.0",
    "1e3",
    "0x10",
    "1_000",
    " 1",
    "٣",
    "nan",
    "inf",
    "True",
    "None",
    "1 2",
    "+",
)
SEEDS = (*WHOLE_NUMBERS, "9" * 5000, ESCAPE, HALF, "-")
DEPTHS = ("", "q", "Quick", "deep", "quick ", "quick,standard", "1", "None", LONG, ESCAPE, HALF, "ξ")
CLAIM_LISTS = (
    "",
    ",",
    " ",
    "estimator,",
    ",rank",
    "theorem-4",
    "Rank",
    "rank noise",
    "rank;noise",
    "*",
    LONG,
    ESCAPE,
)
PLACES = (
    "",
    ":",
    "a",
    ":Mine",
    "mine.py",
    "mine.py:",
    "mine.py:1x",
    "mine.py:a b",
    "mine.py:Mine()",
    "mine.py:.",
)
FILES = {
    "": "expected the name of a",
    "-": "expected the name of a",
    "folder": "it is not a regular file",
    "file/below": "is not a folder",
    "pipe": "it is not a regular file",
    "/dev/zero": "it is not a regular file",
    "a\0b": "null",
    LONG: "too long",
    f"{LONG}/x": "too long",
}
OPTIONS = ("--subject", "--depth", "--seed", "--only", "--json", "--markdown", "--report")


def of_the_command() -> Iterator[Row]:
    yield from ((("--seed", word), "--seed is") for word in SEEDS)
    yield from ((("--seed", word), "expected an integer from 0 to") for word in ("-1", "4294967296"))
    yield from ((("--depth", word), "expected quick, standard or thorough") for word in DEPTHS)
    yield from ((("--only", word), "which is no claim") for word in CLAIM_LISTS)
    yield from ((("--subject", word), "expected MODULE:NAME or FILE.py:NAME") for word in PLACES)
    yield ("--subject", "nowhere.py:Mine"), "there is no file nowhere.py"
    yield ("--subject", "folder.py:Mine"), "there is no file folder.py"
    yield ("--subject", "a\0.py:Mine"), "there is no file"
    for option in ("--json", "--markdown"):
        yield from (((option, name), says) for name, says in FILES.items())
        yield (option, "mine.py", "--subject", "mine.py:Mine"), "one would replace the other"
        yield (option, "link.py", "--subject", "mine.py:Mine"), "one would replace the other"
    yield from ((("--report", name), FILES[name]) for name in ("", "-", "a\0b", LONG))
    yield from ((("--report", name), "is not a folder") for name in ("file", "pipe", "mine.py"))
    yield ("--report", "foreign"), "no page of this tool"
    yield ("--json", "a", "--markdown", "a"), "one would replace the other"
    yield ("--json", "a", "--markdown", "./folder/../a"), "one would replace the other"
    yield ("--json", "page/index.html", "--report", "page"), "one would replace the other"
    yield ("--json", "a", "--markdown", "a.partial.jsonl"), "one would replace the other"
    for option in OPTIONS:
        yield (option,), "expected one argument"
        yield (option, "--list"), "expected one argument"
        yield (f"{option[:-1]}", "x"), "unrecognized arguments"
        yield (f"{option}s", "x"), "unrecognized arguments"
        yield (option.upper(), "x"), "unrecognized arguments"
        yield (option, "rank", option, "rank"), "is given twice"
    for option in ("--subject", "--json", "--markdown", "--report"):
        yield ("--list", option, "a"), "--list runs no claim"
    for word in (
        "quick",
        "-x",
        "-q",
        "--",
        "--no-color",
        "--list=1",
        "--dept=quick",
        LONG,
        ESCAPE,
        HALF,
        "comparE",
    ):
        yield (word, "x"), "unrecognized arguments" if word != "--list=1" else "ignored explicit argument"
    yield ("--", "--depth", "quick"), "unrecognized arguments: -- --depth quick"
    yield ("--depth", "quick", "--", "--list"), "unrecognized arguments: -- --list"
    yield ("compares", "a", "b"), "unrecognized arguments"
    yield ("new_subject", "a.py"), "unrecognized arguments"


# --- compare ---

CLAIM = {
    "id": "a",
    "title": "t",
    "source": "s",
    "statement": "W",
    "status": "holds",
    "outcome": "pass",
    "evidence": [{"kind": "exact", "name": "n", "value": 1.0, "bound": 2.0}],
    "seconds": 1.0,
    "reason": None,
    "counterexample": None,
}
LEDGER: dict[str, Any] = {
    "subject": "mine.py:Mine",
    "depth": "quick",
    "seed": 0,
    "versions": {"python": "3.11"},
    "seconds": 1.0,
    "claims": [CLAIM],
}
VALUES: tuple[Any, ...] = (None, True, -1, 1.5, "x", [], {}, [1], {"a": 1}, [[]], 2**1100)
FIT = {
    "subject": ("x",),
    "depth": ("x",),
    "seed": (),
    "versions": ({},),
    "seconds": (1.5,),
    "claims": (),
    "id": ("x",),
    "title": ("x",),
    "statement": ("x",),
    "status": ("x",),
    "outcome": (),
    "evidence": ([],),
    "reason": (None, "x"),
    "kind": ("x",),
    "name": ("x",),
    "value": (-1, 1.5),
    "bound": (None, -1, 1.5),
}
"""The values that a key may have."""


def wrong_ledgers() -> Iterator[tuple[str, bytes, str]]:
    """A name, a file's content, what is said of it."""
    whole = json.dumps(with_checksum(LEDGER)).encode()
    deep = 100_000
    yield "empty", b"", "is no JSON"
    yield "cut off", whole[:-20], "is no JSON"
    yield "deep", b"[" * deep + b"]" * deep, "nested too deeply"
    yield "deep in a key", whole.replace(b'"W"', b"[" * deep + b"]" * deep), "nested too deeply"
    yield "NaN", whole.replace(b"1.0", b"NaN"), "NaN is no number of JSON"
    yield "infinite", whole.replace(b"1.0", b"Infinity"), "Infinity is no number of JSON"
    yield "too large", whole.replace(b"1.0", b"1e400"), "the number 1e400 is too large"
    yield "digits", whole.replace(b"1.0", b"9" * 5000), "has 5000 digits"
    yield "twice", whole.replace(b'"depth"', b'"subject"'), "occurs twice"
    yield "mark", b"\xef\xbb\xbf" + whole, "is no JSON"
    yield "UTF-16", whole.decode().encode("utf-16"), "no UTF-8 text"
    yield "latin-1", whole.replace(b"mine", b"\xe9"), "no UTF-8 text"
    yield "zeros", bytes(5000), "is no JSON"
    yield "two", whole + whole, "is no JSON"
    yield "changed", whole.replace(b'"pass"', b'"fail"'), "its checksum does not agree"
    yield "checksum", json.dumps({**LEDGER, "sha256": 1}).encode(), "its checksum does not agree"
    for value in (None, True, 1, 1.5, "x", [], [1]):
        yield f"all {value!r}", json.dumps(value).encode(), "expected an object"
    for key in LEDGER:
        left = {name: value for name, value in LEDGER.items() if name != key}
        yield f"no {key}", json.dumps(left).encode(), f"it has no {key!r}"
        for value in VALUES:
            if not any(value is one or value == one for one in FIT[key]):
                yield f"{key} {value!r:.20}", json.dumps({**LEDGER, key: value}).encode(), key
    for key in ("id", "title", "statement", "status", "outcome", "evidence", "reason", "seconds"):
        left = {name: value for name, value in CLAIM.items() if name != key}
        yield f"claim no {key}", json.dumps({**LEDGER, "claims": [left]}).encode(), f"it has no {key!r}"
        for value in VALUES:
            if not any(value is one or value == one for one in FIT[key]):
                claim = {**CLAIM, key: value}
                yield f"claim {key} {value!r:.20}", json.dumps({**LEDGER, "claims": [claim]}).encode(), key
    (finding,) = CLAIM["evidence"]  # type: ignore[misc]
    for key in ("kind", "name", "value", "bound"):
        for value in VALUES:
            if not any(value is one or value == one for one in FIT[key]):
                claim = {**CLAIM, "evidence": [{**finding, key: value}]}
                yield f"finding {key} {value!r:.20}", json.dumps({**LEDGER, "claims": [claim]}).encode(), key
    for value in ("x", 1, {}, ["b"], [1], [None]):
        content = {**LEDGER, "not_run": value}
        yield f"not_run {value!r}", json.dumps(content).encode(), "its 'not_run' is"
    yield "double", json.dumps({**LEDGER, "claims": [CLAIM, CLAIM]}).encode(), "a claim occurs twice"


WRONG_LEDGERS = tuple(wrong_ledgers())
UNREADABLE = {
    "none.json": "no such file",
    "folder": "it is a folder",
    "pipe": "is no JSON",
    "/dev/zero": "no regular file",
    "loop": "symbolic links",
    "a\0b": "null",
    LONG: "too long",
    "": "it is a folder",
    "file/below": "not a directory",
}


def of_compare() -> Iterator[Row]:
    for words in ((), ("good.json",), ("good.json", "old.json", "c")):
        yield words, "argument"
    yield ("good.json", "good.json"), "are one file"
    yield ("good.json", "./folder/../good.json"), "are one file"
    yield ("good.json", "link.json"), "are one file"
    yield from (((name, "good.json"), says) for name, says in UNREADABLE.items())
    yield from ((("good.json", name), says) for name, says in UNREADABLE.items())
    pair = ("good.json", "old.json")
    yield from (((*pair, "--report", name), says) for name, says in FILES.items())
    yield (*pair, "--report", "good.json"), "one would replace the other"
    yield (*pair, "--report", "foreign/index.html"), "no page of this tool"
    yield (*pair, "--report"), "expected one argument"
    yield (*pair, "--report", "a.html", "--report", "b.html"), "is given twice"
    yield from (
        ((*pair, word), "unrecognized arguments") for word in ("--repor", "--json", "x", ESCAPE, HALF, LONG)
    )


# --- the others ---


def of_new_subject() -> Iterator[Row]:
    yield (), "the following arguments are required: FILE"
    yield ("mine.py", "other.py"), "unrecognized arguments: other.py"
    yield ("--file", "new.py"), "unrecognized arguments: --file"
    for name in (
        "",
        "mine",
        ".py",
        "a.PY",
        "a.pyc",
        "a\n.py",
        "a\x1b.py",
        "a\u202e.py",
        f"{HALF}.py",
        "a\0.py",
    ):
        yield (name,), "expected a name of printable characters that ends in .py"
    yield ("mine.py",), "mine.py exists: nothing was written"
    yield ("link.py",), "link.py exists: nothing was written"
    yield ("folder.py",), "folder.py exists: nothing was written"
    yield ("loop.py",), "loop.py exists: nothing was written"
    yield ("none/new.py",), "there is no folder none"
    yield ("file/new.py",), "there is no folder file"
    yield (f"{'x' * 300}.py",), "too long"


def of_formal() -> Iterator[Row]:
    for word in ("x", "", "--all", "--all-libraries=1", "--required=yes", "--only", ESCAPE, HALF, LONG):
        yield (word,), "argument"


def of_false_alarms() -> Iterator[Row]:
    for word in (*WHOLE_NUMBERS, "0", "4294967297", ESCAPE, HALF):
        yield (word,), "argument"
    for word in (*WHOLE_NUMBERS, "4294967296", ESCAPE):
        yield ("1", "--from", word), "argument --from"
    yield ("2", "--from", "4294967295"), "go beyond 4294967295"
    yield from ((("1", "--only", word), "which is no claim") for word in CLAIM_LISTS)
    yield ("1", "--only", "rank", "--only", "rank"), "is given twice"
    yield ("1", "--only", "noise", "--statistical"), "give one of them"
    yield ("1", "--from-log", "file"), "--from-log needs --record and --checkout"
    yield ("1", "--merge", "file"), "--merge needs --record"
    yield ("1", "--merge", "file", "--record", "new.json"), "file is no record of false alarms"
    yield ("1", "--shard", "1/2"), "has none of so few seeds"
    for word in ("", "1", "0/2", "3/2", "1/2/3", ESCAPE):
        yield ("1", "--shard", word), "argument --shard"
    for name in ("folder", "file/below", "pipe", "/dev/zero", "a\0b", LONG):
        yield ("1", "--record", name), FILES[name]
    for name in ("none", "folder", "/dev/zero", "loop"):
        yield ("--from-log", name, "--record", "new.json", "--checkout", "."), "cannot read"
    yield ("--from-log", "file", "--record", "new.json", "--checkout", "."), "the log has no line of a seed"
    yield ("1", "--record", "file"), "is no record of false alarms"


def of_bug_matrix() -> Iterator[Row]:
    yield from ((("--only", word), "which is no claim") for word in CLAIM_LISTS if "rank" not in word.lower())
    for word in (*WHOLE_NUMBERS, "0", "-1", "99999"):
        yield ("--processes", word), "argument --processes"
    yield ("--show", "--fresh"), "give one of them"
    yield ("--only", "rank", "--only", "rank"), "is given twice"
    yield from (((word,), "argument") for word in ("x", "--sho", "--only", "--processes", ESCAPE))


def of_mutate_impl() -> Iterator[Row]:
    for word in ("", ",", "none.py", "noise", "../setup.py", "noise.py,", ESCAPE, HALF, "a\0.py"):
        yield ("--files", word), "which is no file of impl"
    for word in (*WHOLE_NUMBERS, "-1", "99999999", "0,", "0;1"):
        if word not in (" 1",):
            yield ("--files", "noise.py", "--only", word), "expected an integer from 0 to"
    yield ("--files", "noise.py", "--files", "noise.py"), "is given twice"
    yield from (((word,), "argument") for word in ("x", "--lis", "--only", "--files", ESCAPE))


COMMANDS: dict[str, tuple[Callable[[Sequence[str]], int], Iterator[Row]]] = {
    "proofs_check": (lambda words: command.main(words, CLAIMS), of_the_command()),
    "compare": (compare.main, of_compare()),
    "new-subject": (new_subject.main, of_new_subject()),
    "formal": (build.main, of_formal()),
    "false_alarms": (false_alarms.main, of_false_alarms()),
    "bug_matrix": (bug_matrix.main, of_bug_matrix()),
    "mutate_impl": (mutate_impl.main, of_mutate_impl()),
}
TABLE = {name: (main, tuple(rows)) for name, (main, rows) in COMMANDS.items()}


@pytest.fixture
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with one thing of each kind."""
    for name in ("mine.py", "file"):
        (tmp_path / name).write_text("precious")
    for name in ("good", "old"):
        (tmp_path / f"{name}.json").write_text(json.dumps(with_checksum(LEDGER)))
    for name in ("folder", "folder.py", "foreign"):
        (tmp_path / name).mkdir()
    (tmp_path / "foreign" / "index.html").write_text("<title>somebody's</title>")
    for name, target in (
        ("link.py", "mine.py"),
        ("link.json", "good.json"),
        ("loop", "loop"),
        ("loop.py", "loop.py"),
    ):
        (tmp_path / name).symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)


def everything(folder: Path) -> list[tuple[str, bytes]]:
    files = sorted(path for path in folder.rglob("*") if not path.is_fifo())
    return [(str(path), path.read_bytes() if path.is_file() else b"") for path in files]


def refused(main: Callable[[Sequence[str]], int], row: Row, capsys: pytest.CaptureFixture[str]) -> str | None:
    """What is wrong with how a call is refused; None where nothing is."""
    words, says = row
    code = main(words)
    out, err = capsys.readouterr()
    if code != 2:
        return f"{words!r:.200}: exit code {code}, {out[-300:]} {err[-300:]}"
    if out or err.count("\n") != 1 or not err[:-1].isprintable() or len(err) > 6000 or says not in err:
        return f"{words!r:.200}: expected {says!r} on one line, got {out[:200]!r} and {err[:600]!r}"
    return None


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("name", TABLE)
def test_a_wrong_call_is_one_clear_line_and_nothing_is_done(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = command.WorkerSubject

    def subject(place: str | None) -> Any:
        return Nobody() if place is None else real(place)  # the places are wrong: no process is started

    monkeypatch.setattr(command, "WorkerSubject", subject)
    monkeypatch.setattr(build, "installed", lambda: pytest.fail("it went on"))
    monkeypatch.setattr(false_alarms, "WorkerSubject", lambda place: pytest.fail("it went on"))
    monkeypatch.setattr(bug_matrix, "compute", lambda *_: pytest.fail("it went on"))
    monkeypatch.setattr(mutate_impl, "prepare", lambda: pytest.fail("it went on"))
    before = everything(tmp_path)
    main, rows = TABLE[name]
    wrong = [problem for row in rows if (problem := refused(main, row, capsys)) is not None]
    assert not wrong, f"{len(wrong)} of {len(rows)}:\n" + "\n".join(wrong)
    assert everything(tmp_path) == before


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("position", ["old", "new"])
def test_what_is_no_ledger_is_one_clear_line(
    position: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = []
    for name, content, says in WRONG_LEDGERS:
        (tmp_path / "bad.json").write_bytes(content)
        words = ("bad.json", "good.json") if position == "old" else ("good.json", "bad.json")
        if (problem := refused(compare.main, ((*words, "--report", "page.html"), says), capsys)) is not None:
            wrong.append(f"{name}: {problem}")
    assert not wrong, f"{len(wrong)} of {len(WRONG_LEDGERS)}:\n" + "\n".join(wrong)
    assert not (tmp_path / "page.html").exists()


class Config:
    """What the suite asks pytest's configuration for."""

    def __init__(self, **given: str) -> None:
        self.given = given

    def getoption(self, name: str, default: object) -> object:
        return self.given.get(name.removeprefix("proofs_check_"), default)

    def addinivalue_line(self, *_: str) -> None: ...


@pytest.mark.parametrize(("name", "words"), [("depth", DEPTHS), ("seed", (*SEEDS, "-1", "4294967296"))])
def test_the_options_of_pytest_are_read_as_strictly(name: str, words: Sequence[str]) -> None:
    for word in words:
        with pytest.raises(pytest.UsageError, match=f"--{name} is "):
            pytest_suite.Suite.of(Config(**{name: word}))  # type: ignore[arg-type]


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("word", ["", "x", "-1", "0", "nan", "inf", "-inf", "1e30", "4 GiB", "0x4"])
def test_an_environment_variable_is_read_as_strictly(
    word: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROOFS_CHECK_MEMORY", word)
    row = ((), "PROOFS_CHECK_MEMORY is")
    assert refused(lambda words: command.main(words, CLAIMS), row, capsys) is None


def test_at_least_600_wrong_calls_are_tried() -> None:
    assert sum(len(rows) for _, rows in TABLE.values()) + 2 * len(WRONG_LEDGERS) >= 600


@pytest.mark.parametrize(
    "name", ['a""".py', "a\\.py", "a'b.py", 'a"b.py', "ä ö.py", "{file}.py", "{.py", "%s.py", "\\N{x}.py"]
)
def test_whatever_a_template_is_called_it_is_python(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert new_subject.main([name]) == 0
    (path,) = tmp_path.iterdir()
    assert path.name == name
    assert SimpleNamespace(tree=ast.parse(path.read_text(encoding="utf-8"))).tree.body
    assert "wrote " in capsys.readouterr().out
