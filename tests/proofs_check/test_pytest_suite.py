"""The claims as a pytest suite: `pytest --pyargs proofs_check --subject mine.py:Mine`."""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import pytest

import _proofs_check_pytest as plugin
from proofs_check.claims import LEDGER
from proofs_check.pytest_suite import marker
from proofs_check.subject.subjects import HOME

NUMPY_SUBJECT = Path(__file__).resolve().parent.parent / "numpy_subject.py"
MINE = """
from numpy_subject import NumpySubject

class Mine(NumpySubject):
    name = "mine"

    def fit_feedback(self, estimates, errors, ridge=0.0):
        return 1.01 * super().fit_feedback(estimates, errors, ridge)

class NoRidge(NumpySubject):
    supports = {"rules": ["DFA"]}

    def error_signals(self, network, feedback, x, y, rule):
        raise ValueError("not today")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Somebody's folder, with a subject in it."""
    (tmp_path / "mine.py").write_text(MINE)
    shutil.copy(NUMPY_SUBJECT, tmp_path)
    return tmp_path


def run(folder: Path, *arguments: str, load: str | None = "_proofs_check_pytest", **more: str):
    """Run pytest in the folder as its own command."""
    words = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(HOME), "OMP_NUM_THREADS": "1", "COLUMNS": "200", **more}
    environment.pop("PYTEST_ADDOPTS", None)
    if load is not None:
        words[3:3] = ["-p", load]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=120)


def test_a_red_claim_shows_the_network_the_statistic_the_threshold_and_the_command(folder: Path) -> None:
    call = ("--pyargs", "proofs_check", "--subject", "mine.py:Mine", "-m", "theorem_1 or signals")
    found = run(folder, *call, "--junitxml", "out.xml")
    assert found.returncode == 1, found.stdout + found.stderr
    assert "feedback-proofs: subject mine.py:Mine, depth quick, seed 0\n" in found.stdout
    assert "1 failed, 1 passed, " in found.stdout
    for line in (
        "fail: theorem-1, The top feedback matrix converges to the top weight matrix (Theorem 1, ",
        "statistic  rademacher: |B̂(c) - exact limit at that c|\nfound      0.0",
        "\nrequired   at most ",
        "\nnetwork = Network(\n    weights=(\n        torch.tensor([[1.0]], dtype=torch.float64),\n",
        "\npython -m proofs_check --subject mine.py:Mine --depth quick --seed 0 --only theorem-1\n",
        " --subject mine.py:Mine --depth quick --seed 0 -m theorem_1\n",
    ):
        assert line in found.stdout
    assert "Traceback" not in found.stdout

    cases = {case.get("name"): case for case in ET.parse(folder / "out.xml").iter("testcase")}
    assert set(cases) == {"signals", "theorem-1"}
    assert cases["signals"].find("failure") is None
    failure = cases["theorem-1"].find("failure")
    assert failure is not None
    assert "network = Network(" in (failure.text or "")
    kept = {p.get("name"): p.get("value") for p in cases["theorem-1"].iter("property")}
    assert (kept["claim"], kept["outcome"]) == ("theorem-1", "fail")
    assert float(str(kept["found"])) > float(str(kept["required"]).removeprefix("at most "))
    assert str(kept["command"]).endswith("--only theorem-1")


def test_the_command_in_the_log_says_the_same(folder: Path) -> None:
    command = [sys.executable, "-m", "proofs_check", "--subject", "mine.py:Mine", "--depth", "quick"]
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    found = subprocess.run([*command, "--seed", "0", "--only", "theorem-1"], cwd=folder, env=environment)
    assert found.returncode == 1


def test_claims_run_side_by_side_and_errors_and_skips_are_told_apart(folder: Path) -> None:
    call = ("--pyargs", "proofs_check.pytest_suite", "--proofs-check-subject", "mine.py:NoRidge")
    found = run(
        folder, *call, "-n", "2", "-m", "signals or theorem_2 or estimator", "-rs", "--junitxml", "o.xml"
    )
    assert found.returncode == 1, found.stdout + found.stderr
    assert "1 failed, 1 passed, 1 skipped" in found.stdout
    assert "error: signals, " in found.stdout
    assert "reason     error_signals raised ValueError: not today (" in found.stdout
    assert "mine.py, line 14, in error_signals: raise ValueError" in found.stdout
    names = sorted(str(case.get("name")) for case in ET.parse(folder / "o.xml").iter("testcase"))
    assert names == ["estimator", "signals", "theorem-2"]


def test_without_a_subject_the_reference_is_asked(folder: Path) -> None:
    found = run(folder, "--pyargs", "proofs_check", "-m", "solves or fig2", "-rs")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "subject impl.reference:Reference, depth quick" in found.stdout
    assert "1 passed, 1 skipped, " in found.stdout
    assert "no subject is asked: experiments run this project's own learning rules" in found.stdout


def test_every_claim_is_a_test_with_a_registered_marker(folder: Path) -> None:
    found = run(folder, "--pyargs", "proofs_check", "--collect-only", "-q")
    assert [line.split("::")[1] for line in found.stdout.splitlines() if "::" in line] == [
        c.id for c in LEDGER
    ]
    listed = run(folder, "--pyargs", "proofs_check", "--markers").stdout
    for claim in LEDGER:
        assert f"@pytest.mark.{marker(claim)}: {claim.statement.title}" in listed


WRONG = {
    ("--subject", "nowhere.py:Mine"): "feedback-proofs: there is no file nowhere.py",
    ("--subject", "mine.py:Yours"): "feedback-proofs: subject mine.py:Yours: mine.py has no attribute Yours",
}
"""Depths and seeds are in the table of `test_bad_calls`."""


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_call_is_one_clear_error(folder: Path, words: tuple[str, ...]) -> None:
    found = run(folder, "--pyargs", "proofs_check", *words)
    assert found.returncode in (2, 4)
    assert (found.stdout + found.stderr).count(WRONG[words]) == 1
    assert "Traceback" not in found.stdout + found.stderr


SOMEBODY_ELSE = """
import sys

def pytest_addoption(parser):
    parser.addoption("--subject", default="theirs")
    parser.addoption("--depth", type=int)

def pytest_unconfigure(config):
    assert config.getoption("--subject") == "mail"
    heavy = {"torch", "sympy", "numpy", "hypothesis", "proofs_check", "theory", "impl"} & set(sys.modules)
    print("heavy:", sorted(heavy))
"""


def test_a_run_that_does_not_ask_is_left_alone(folder: Path) -> None:
    (folder / "conftest.py").write_text(SOMEBODY_ELSE)
    (folder / "test_theirs.py").write_text("def test_theirs():\n    pass\n")
    found = run(folder, "--subject", "mail", "--depth", "3", "-p", "no:hypothesispytest")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "1 passed" in found.stdout
    assert "heavy: []" in found.stdout
    assert "feedback-proofs: " not in found.stdout


def test_an_installed_package_needs_no_option_to_load_it(folder: Path) -> None:
    described = folder / "site" / "somewhere-1.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: somewhere\nVersion: 1\n")
    (described / "entry_points.txt").write_text("[pytest11]\n_proofs_check_pytest = _proofs_check_pytest\n")
    path = os.pathsep.join([str(folder / "site"), str(HOME)])
    call = ("--pyargs", "proofs_check", "--subject", "mine.py:Mine", "--collect-only", "-q")
    found = run(folder, *call, load=None, PYTHONPATH=path)
    assert found.returncode == 5, found.stdout + found.stderr  # listed, not asked
    assert "pytest_suite.py::theorem-1" in found.stdout


def test_the_entry_point_of_the_project_is_that_module() -> None:
    root = Path(__file__).resolve().parent.parent.parent
    project = (root / "pyproject.toml").read_text(encoding="utf-8")
    assert '[project.entry-points.pytest11]\n_proofs_check_pytest = "_proofs_check_pytest"' in project
    assert 'py-modules = ["_proofs_check_pytest"]' in project


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("proofs_check", True),
        ("proofs_check.pytest_suite", True),
        ("somewhere/proofs_check/pytest_suite.py::theorem-1", True),
        (str(HOME / "proofs_check"), True),
        ("tests/proofs_check", False),
        ("tests", False),
        ("proofs_check.claims", False),
    ],
)
def test_what_names_the_suite(word: str, named: bool) -> None:
    assert plugin.names_suite([word]) is named


def test_a_package_of_somebody_that_hides_ours_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleType:
        raise ImportError(f"No module named {name!r}")

    def another(name: str) -> ModuleType:
        module = ModuleType(name)
        module.__file__ = "/somewhere/proofs_check/pytest_suite.py"
        return module

    for found, says in ((missing, "cannot be imported"), (another, "hides ours: /somewhere")):
        monkeypatch.setattr(plugin.importlib, "import_module", found)
        with pytest.raises(pytest.UsageError, match=says):
            plugin._suite()
