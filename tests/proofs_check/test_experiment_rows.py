"""The experiments in the ledger and on the page: read from files, never a pass, never of the subject."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from proofs_check.claims import CLAIMS, LEDGER, experiments
from proofs_check.command.run import code
from proofs_check.experiments import stored
from proofs_check.experiments.published import EXPERIMENTS
from proofs_check.ledger import markdown
from proofs_check.ledger.ledger import Row, check
from proofs_check.report import experimentview
from proofs_check.report.context import Context, Inquiry
from proofs_check.report.page import _nav
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.effort import Effort
from tests.planted_bugs.base import Correct
from tests.planted_bugs.estimator import NoiseInsideActivation
from tests.proofs_check.experiment_results import FIG2, POINTS, content
from tests.proofs_check.fakes import GOOD, SUBJECT, claim
from tests.proofs_check.test_report import ledger_of

QUICK = Effort("quick")
NAMES = tuple(one.id for one in EXPERIMENTS)
HOSTILE = "a<script>alert(1)</script>|b"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stored, "FOLDER", tmp_path)
    return tmp_path


def keep(folder: Path, name: str = "a.json", **given: object) -> Path:
    file = folder / name
    file.write_text(json.dumps(content(**given)), encoding="utf-8")  # type: ignore[arg-type]
    return file


def rows(subject: type = Correct) -> list[Row]:
    return [check(one, LocalSubject(subject), QUICK) for one in experiments.CLAIMS]


def shown(found: list[Row]) -> Context:
    """What a page of these rows is made from."""
    return Context(ledger_of(*found), {}, Inquiry())


def test_the_results_are_shipped_with_the_package() -> None:
    """An installed suite tells of them, as that of `tox -e claims`."""
    root = Path(__file__).resolve().parents[2]
    package = root / "proofs_check"
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = settings["tool"]["setuptools"]["package-data"]["proofs_check"]
    shipped = {path for pattern in patterns for path in package.glob(pattern)}
    kept = set(stored.FOLDER.glob("*.json"))
    assert kept
    assert kept <= shipped


def test_the_ledger_has_the_claims_and_then_the_five_experiments() -> None:
    assert (*CLAIMS, *experiments.CLAIMS) == LEDGER
    assert (
        tuple(one.id for one in LEDGER[len(CLAIMS) :])
        == NAMES
        == ("fig2", "fig3", "fig4", "table1", "table2")
    )
    assert {one.statement.status for one in experiments.CLAIMS} == {"empirical"}
    assert not any(one.statement.status == "empirical" for one in CLAIMS)


@pytest.mark.usefixtures("folder")
def test_without_results_every_row_says_that_it_was_not_run() -> None:
    for row in rows():
        assert row.verdict.outcome == "not applicable"
        assert (row.verdict.reason or "").startswith("not run: ")
        assert row.evidence[0].finding.endswith(" not run")
        assert row.standing == "empirical"


@pytest.mark.parametrize("subject", [Correct, NoiseInsideActivation])
def test_a_result_is_no_pass_and_is_not_of_the_subject(folder: Path, subject: type) -> None:
    keep(folder)
    found = {row.claim.id: row for row in rows(subject)}
    row = found["fig2"]
    assert {one.verdict.outcome for one in found.values()} == {"not applicable"}
    assert (row.verdict.reason or "").startswith("no subject is asked: ")
    assert "reproduced" in (row.verdict.reason or "")
    assert (found["fig4"].verdict.reason or "").startswith("not run: ")
    assert not any(one.required for one in row.evidence)


def test_a_row_has_every_number_with_its_verdict(folder: Path) -> None:
    keep(folder)
    (row,) = [one for one in rows() if one.claim.id == "fig2"]
    said = {one.name: one.finding for one in row.evidence}
    assert said["test error (%), BP, as code"].startswith("authors' code 2.65 (5), here 2.647")
    assert said["test error (%), BP, as code"].endswith(": reproduced")
    assert re.search(r"\+1\.6\d+ ± 0\.\d+ beside BP: reproduced", said["test error (%), FA, as code"])
    assert said["noisy test error (%), NP 0.1"].endswith("not run (noisy test error was not measured)")
    assert said["read"].startswith(
        "fig2 as code, mnist, 2,001,000 updates, 5 runs each; a.json, whose sha256 "
    )
    assert len(said) == len(row.evidence)


def test_the_row_in_json_and_markdown_is_of_their_form(folder: Path) -> None:
    keep(folder, labels=(*FIG2, HOSTILE))
    found = ledger_of(check(claim("theorem-1", GOOD), SUBJECT, QUICK), *rows())
    assert (found.passed, code(found)) == (True, 0)
    assert found.summary == "6 claims: 1 pass, 5 not applicable"
    entry = json.loads(found.to_json())["claims"][1]
    keys = "id title source statement status outcome evidence seconds reason counterexample"
    assert list(entry) == keys.split()
    assert (entry["id"], entry["status"], entry["outcome"]) == ("fig2", "empirical", "not applicable")
    text = markdown.render(found)
    assert "| **fig2** Figure 2" in text
    assert "<script>" not in text


@pytest.mark.parametrize(
    "spoil", [lambda text: text.replace("0.", "0.1", 1), lambda text: text[:-9], lambda text: "[]"]
)
def test_a_damaged_result_breaks_the_suite_in_one_line_and_says_nothing_of_the_subject(
    folder: Path, spoil
) -> None:
    file = keep(folder)
    file.write_text(spoil(file.read_text(encoding="utf-8")), encoding="utf-8")
    found = rows()
    for row in found:
        assert row.verdict.outcome == "error"
        assert row.verdict.broken
        assert "a.json" in (row.verdict.reason or "")
        assert "\n" not in (row.verdict.reason or "")
        assert "Traceback" not in (row.verdict.reason or "")
    assert code(ledger_of(check(claim("theorem-1", GOOD), SUBJECT, QUICK), *found)) == 3
    text = experimentview.experiments(shown(found))
    assert text.count('<article id="claim-') == len(NAMES)
    assert text.count("a.json") >= len(NAMES)


def test_a_result_that_is_mended_is_read_again(folder: Path) -> None:
    file = keep(folder, seeds=3)
    before = stored.fingerprint()
    assert stored.results()[0].labels == FIG2
    keep(folder, labels=FIG2[:1])
    assert stored.results()[0].labels == FIG2[:1]
    assert stored.fingerprint() != before
    file.unlink()
    assert stored.results() == ()


def test_the_page_shows_verdicts_curves_and_costs(folder: Path) -> None:
    keep(folder, labels=(*FIG2, HOSTILE))
    keep(folder, "deep.json", experiment="deep as text", points=POINTS[:6])
    context = shown([check(claim("theorem-1", GOOD), SUBJECT, QUICK), *rows()])
    text = experimentview.experiments(context)
    assert text.count("<svg") > 9
    assert "<script>" not in text
    told = [
        "reproduced",
        "not run",
        "4.28 (5)",
        "Number by number",
        "Reached and paid",
        "deep as text",
        "a.json",
    ]
    assert [said for said in told if said not in text] == []
    assert [name for name in NAMES if f'id="claim-{name}"' not in text] == []
    assert "theorem-1" in context.statements
    assert not set(NAMES) & set(context.statements)  # so they are not in the graph of what rests on what
    assert 'href="#experiments"' in _nav(context)


def test_a_page_without_experiments_has_no_section_for_them() -> None:
    context = shown([check(claim("theorem-1", GOOD), SUBJECT, QUICK)])
    assert experimentview.experiments(context) == ""
    assert "experiments" not in _nav(context)
