"""No way to get a green exit code without a claim that was asked.

By convention --help, --version and --list give 0: they ask nothing, and say so.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st

from proofs_check import pytest_suite
from proofs_check.claims.claim import Claim
from proofs_check.command import compare
from proofs_check.command import run as command
from proofs_check.networks.search import Measurement, search
from proofs_check.subject.subjects import HOME
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable
from tests import bug_matrix, false_alarms, mutate_impl
from tests.proofs_check.fakes import BAD, CONFIRMED, GOOD, claim
from tests.proofs_check.nobody import Nobody, noting
from tests.proofs_check.test_bad_calls import LEDGER

NAMES = ("estimator", "rank")


def inapplicable(name: str) -> Claim:
    def examine(*_: object) -> Iterator[Evidence]:
        raise NotApplicable("the subject has no rule DFA")

    return Claim(claim(name).statement, lambda effort: (CONFIRMED,), examine)


def main(*words: str, claims: Sequence[Claim] | None = None) -> int:
    return command.main(words, noting(NAMES, []) if claims is None else claims)


NOTHING = tuple(map(inapplicable, NAMES))
MIXED = noting(NAMES, [])
WAYS: dict[str, Callable[[], int]] = {
    "no name of a claim": lambda: main("--only", ""),
    "names of no claim": lambda: main("--only", ","),
    "a blank": lambda: main("--only", " "),
    "a name cut short": lambda: main("--only", "est"),
    "no claims at all": lambda: main(claims=()),
    "none that applies": lambda: main(claims=NOTHING),
    "none that applies, among those named": lambda: main(
        "--only", "rank", claims=(noting(NAMES, [])[0], NOTHING[1])
    ),
    "a list, and a subject": lambda: main("--list", "--subject", "mine.py:Mine"),
    "a list, and a file": lambda: main("--list", "--json", "a.json"),
    "a list of nothing": lambda: main("--list", "--only", ""),
    "a sub-command that is misspelt": lambda: main("compere", "a", "b"),
    "options that are none": lambda: main("--", "--depth", "quick"),
    "an option cut short": lambda: main("--dep", "quick"),
    "a ledger against itself": lambda: compare.main(["a.json", "a.json"]),
    "a ledger against a link to it": lambda: compare.main(["a.json", "link.json"]),
    "ledgers without claims": lambda: compare.main(["none.json", "none-2.json"]),
    "no seeds": lambda: false_alarms.main(["0"]),
    "seeds of no claim": lambda: false_alarms.main(["1", "--only", ""]),
    "columns of no claim": lambda: bug_matrix.main(["--show", "--only", ""]),
    "mutants of no file": lambda: mutate_impl.main(["--files", ""]),
    "a file without mutants": lambda: mutate_impl.main(["--files", "__init__.py"]),
    "no mutants": lambda: mutate_impl.main(["--only", ","]),
}


@pytest.fixture(autouse=True)
def _no_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(command, "WorkerSubject", Nobody)
    monkeypatch.setattr(pytest_suite, "WorkerSubject", Nobody)
    monkeypatch.setattr(mutate_impl, "selected", lambda names: [])
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("way", WAYS)
def test_no_call_is_green_that_asks_nothing(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("a.json").write_text(json.dumps(LEDGER))
    Path("link.json").symlink_to("a.json")
    for name in ("none.json", "none-2.json"):
        Path(name).write_text(json.dumps({**LEDGER, "claims": []}))
    assert WAYS[way]() == 2
    printed = capsys.readouterr()
    assert printed.err or "Nothing was asked: no claim applies to this subject." in printed.out


def test_the_ledger_says_how_many_claims_were_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main("--json", "b.json", "--markdown", "b.md", claims=NOTHING) == 2
    assert json.loads(Path("b.json").read_text())["asked"] == 0
    assert "**Nothing was asked: no claim applies to this subject.**" in Path("b.md").read_text()
    assert main("--json", "c.json", claims=(*noting(NAMES, []), inapplicable("ridge"))) == 0
    assert json.loads(Path("c.json").read_text())["asked"] == 2
    assert capsys.readouterr().out.splitlines()[-1].startswith("3 claims: 2 pass, 1 not applicable")


def broken(*_: object) -> Iterator[Evidence]:
    raise TypeError("a fault of the suite")


BROKEN = Claim(claim("ridge").statement, broken, broken)
CODES = {
    "a claim fails": ((claim("estimator", GOOD), claim("rank", BAD)), 1),
    "a statement's own check fails": ((claim("estimator", GOOD), claim("rank", GOOD, confirmed=(BAD,))), 3),
    "a check raises": ((claim("estimator", GOOD), BROKEN), 3),
    "a check finds nothing": ((claim("estimator", GOOD), claim("rank")), 3),
    "a claim fails and a check raises": ((claim("rank", BAD), BROKEN), 1),
}


@pytest.mark.parametrize("case", CODES)
def test_a_fault_of_the_suite_has_a_code_of_its_own(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    claims, code = CODES[case]
    assert main(claims=claims) == code
    assert ("The suite itself broke" in capsys.readouterr().out) is (case != "a claim fails")


def test_no_check_is_an_assertion_that_python_o_would_remove() -> None:
    files = [HOME / "_proofs_check_pytest.py"]
    for package in ("proofs_check", "theory", "feedback_proofs_io"):
        files += (HOME / package).rglob("*.py")
    found = [
        f"{file}:{number}"
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.match(r"\s*assert[\s(]", line) or "__debug__" in line
    ]
    assert len(files) > 100
    assert found == []


def test_a_profile_of_hypothesis_lets_no_search_be_shorter() -> None:
    drawn: list[int] = []

    def note(number: int) -> list[Measurement]:
        drawn.append(number)
        return [Measurement("exact", "a number", 0.0, 1.0)]

    def run() -> list[int]:
        drawn.clear()
        assert all(row.holds for row in search(st.integers(0, 10**9), note, str, Effort("quick"), ("a",), 20))
        return list(drawn)

    usual, before = run(), settings.get_current_profile_name()
    settings.register_profile("hasty", max_examples=1, phases=(Phase.explicit,), derandomize=True, deadline=1)
    settings.load_profile("hasty")
    try:
        assert run() == usual
        assert len(usual) == 20
    finally:
        settings.load_profile(before)


def test_packages_in_the_folder_that_are_called_like_ours_do_not_stand_in(tmp_path: Path) -> None:
    for name in ("theory", "impl", "feedback_proofs_io"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("import sys\nsys.exit(0)\n")
    call = [
        sys.executable,
        "-c",
        "import proofs_check, feedback_proofs_io, theory, impl; print(theory.__file__)",
    ]
    run = subprocess.run(
        call, env={**os.environ, "PYTHONPATH": str(HOME)}, capture_output=True, text=True, check=False
    )
    assert run.stdout == f"{HOME / 'theory' / '__init__.py'}\n"


# --- pytest ---

SUBJECT = "--proofs-check-subject=mine.py:Mine"
THEIRS = "def test_theirs(): pass\n"
DROPPING = (
    "def pytest_collection_modifyitems(items):\n    items[:] = [i for i in items if 'theirs' in i.name]\n"
)
FORGIVING = """
import pytest
def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.skip)
"""
IN_PYTEST: dict[str, tuple[tuple[str, ...], int]] = {
    "deselected by a word": ((SUBJECT, "-k", "theirs"), 5),
    "deselected by a marker": ((SUBJECT, "-m", "not estimator and not rank"), 5),
    "deselected by name": ((SUBJECT, "--deselect", "proofs_check/pytest_suite.py"), 5),
    "all deselected": ((SUBJECT, "-k", "nothing_is_called_this"), 5),
    "a folder of theirs, and a word": ((SUBJECT, "tests", "-k", "theirs"), 5),
    "only listed": ((SUBJECT, "--collect-only"), 5),
    "only listed, by its short name": ((SUBJECT, "--co", "-q"), 5),
    "only set up": ((SUBJECT, "--setup-only"), 5),
    "only planned": ((SUBJECT, "--setup-plan"), 5),
    "the suite is blocked": ((SUBJECT, "-p", "no:proofs-check-suite"), 4),
    "the plugin is blocked": ((SUBJECT, "-p", "no:_proofs_check_pytest"), 4),
    "a depth without a subject": (("--proofs-check-depth=quick",), 4),
    "a seed without a subject": (("--proofs-check-seed=1",), 4),
    "an unknown depth": ((SUBJECT, "--proofs-check-depth="), 4),
    "dropped by a conftest": ((SUBJECT, "--confcutdir=.", "-p", "dropping"), 5),
    "skipped by a conftest": ((SUBJECT, "-p", "forgiving"), 5),
    "ended early": ((SUBJECT, "-x", "tests", "-k", "theirs"), 5),
    "a folder that is not there": ((SUBJECT, "nowhere"), 4),
    "a folder without tests": ((SUBJECT, "empty", "-k", "theirs"), 5),
}


def inside(*words: str) -> int:
    """The exit code of pytest, run within this process in the current folder."""
    own = ["-p", "no:cacheprovider", "-p", "no:unraisableexception"]  # it collects garbage, for a second
    if "no:_proofs_check_pytest" not in words:
        own += ["-p", "_proofs_check_pytest"]
    test = os.environ["PYTEST_CURRENT_TEST"]
    try:
        return int(pytest.main([*own, "--import-mode=importlib", "-s", *words]))
    finally:
        os.environ["PYTEST_CURRENT_TEST"] = test


@pytest.fixture
def _somebody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody's folder with a subject, a test, and an empty configuration."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # of no use here, and slow
    monkeypatch.setattr(pytest_suite, "LEDGER", noting(NAMES, []))
    monkeypatch.syspath_prepend(str(tmp_path))
    for folder in ("tests", "empty"):
        (tmp_path / folder).mkdir()
    (tmp_path / "tests" / "test_theirs.py").write_text(THEIRS)
    (tmp_path / "mine.py").write_text("class Mine: ...\n")
    (tmp_path / "dropping.py").write_text(DROPPING)
    (tmp_path / "forgiving.py").write_text(FORGIVING)
    configure(tmp_path)


def configure(folder: Path, options: str = "") -> None:
    (folder / "pytest.ini").write_text(f"[pytest]\ntestpaths = tests\naddopts = {options}\n")


@pytest.mark.usefixtures("_somebody")
@pytest.mark.parametrize("way", IN_PYTEST)
def test_no_run_of_pytest_is_green_that_asks_nothing(way: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, code = IN_PYTEST[way]
    assert inside(*words) == code, capsys.readouterr().out
    printed = capsys.readouterr()
    if code == 5:
        assert "feedback-proofs: no claim was asked of mine.py:Mine" in printed.out
    else:
        assert "Traceback" not in printed.out + printed.err
        assert printed.err.count("ERROR: ") == 1


@pytest.mark.usefixtures("_somebody")
@pytest.mark.parametrize("where", ["addopts", "PYTEST_ADDOPTS", "the command"])
@pytest.mark.parametrize("words", [(), ("tests/test_theirs.py",), ("--pyargs", "proofs_check")])
def test_wherever_the_subject_is_named_the_claims_are_asked(
    where: str,
    words: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(pytest_suite, "LEDGER", noting(NAMES, asked))
    if where == "addopts":
        configure(tmp_path, SUBJECT)
    elif where == "PYTEST_ADDOPTS":
        monkeypatch.setenv(where, SUBJECT)
    assert inside(*words, *([SUBJECT] if where == "the command" else [])) == 0
    assert asked == list(NAMES)
    out = capsys.readouterr().out
    assert "feedback-proofs: 2 claims were asked of mine.py:Mine" in out
    assert f"{3 - ('--pyargs' in words)} passed" in out


@pytest.mark.usefixtures("_somebody")
def test_where_no_claim_applies_pytest_is_not_green(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pytest_suite, "LEDGER", NOTHING)
    assert inside(SUBJECT, "tests") == 5
    monkeypatch.setattr(pytest_suite, "LEDGER", (*NOTHING, claim("ridge", BAD)))
    assert inside(SUBJECT, "tests") == 1


EXPECTED = "claims that did not pass, and are marked to fail (xfail): 1"
CHANGED = "claims that did not pass, and are reported as passed by a hook: 1"
HOOKS = {
    "marks it to fail": (
        "def pytest_collection_modifyitems(items):\n"
        "    [i.add_marker(pytest.mark.xfail) for i in items if i.name == 'ridge']\n",
        (0, 5),
        EXPECTED,
    ),
    "reports that it passed": (
        "@pytest.hookimpl(hookwrapper=True)\n"
        "def pytest_runtest_makereport(item):\n"
        "    report = (yield).get_result()\n"
        "    report.outcome, report.longrepr = 'passed', None\n",
        (1, 1),
        CHANGED,
    ),
}


@pytest.mark.usefixtures("_somebody")
@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("alone", [False, True])
def test_a_failed_claim_is_no_silent_pass_whatever_a_hook_makes_of_it(
    hook: str,
    alone: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    text, codes, said = HOOKS[hook]
    name = f"hook_{hook.replace(' ', '_')}"
    (tmp_path / f"{name}.py").write_text(f"import pytest\n{text}")
    claims = (claim("ridge", BAD),) if alone else (claim("ridge", BAD), *noting(NAMES, []))
    monkeypatch.setattr(pytest_suite, "LEDGER", claims)
    assert inside(SUBJECT, "tests", "-p", name) == codes[alone]
    assert f"feedback-proofs: {said}" in capsys.readouterr().out


@pytest.mark.usefixtures("_somebody")
@pytest.mark.parametrize("word", [f"--ignore={pytest_suite.HERE}", "--ignore-glob=*proofs_check*"])
def test_to_ignore_the_suite_does_not_leave_it_out(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(pytest_suite, "LEDGER", noting(NAMES, asked))
    assert (inside(SUBJECT, word), asked) == (0, list(NAMES))


@pytest.mark.usefixtures("_somebody")
def test_environment_variables_of_pytest_turn_nothing_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", f"{SUBJECT} --collect-only")
    assert inside("tests") == 5


@pytest.mark.usefixtures("_somebody")
def test_a_run_that_does_not_ask_stays_as_it_was(capsys: pytest.CaptureFixture[str]) -> None:
    assert inside("tests") == 0
    assert "feedback-proofs:" not in capsys.readouterr().out


class Session:
    """What the end of a run looks at; of a process of pytest-xdist where it has an input."""

    def __init__(self, **config: Any) -> None:
        self.config, self.exitstatus = type("Config", (), config)(), pytest.ExitCode.OK


@pytest.mark.parametrize(("config", "code"), [({}, 5), ({"workerinput": {}}, 0)])
def test_under_xdist_the_controller_decides(config: dict[str, Any], code: int) -> None:
    session = Session(**config)
    pytest_suite.Suite("mine.py:Mine", Effort("quick")).pytest_sessionfinish(session)  # type: ignore[arg-type]
    assert session.exitstatus == code


def test_at_least_40_ways_are_tried() -> None:
    assert len(WAYS) + len(IN_PYTEST) >= 40
