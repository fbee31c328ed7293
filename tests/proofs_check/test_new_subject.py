"""`new-subject` writes a template that passes nothing, never over a file, and whole or not at all."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.command import new_subject
from proofs_check.command.new_subject import main
from proofs_check.ledger.ledger import check
from proofs_check.subject.subjects import WorkerSubject
from proofs_check.verdict.effort import Effort


def test_the_template_is_written_and_the_next_command_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["mine.py"]) == 0
    assert "python -m proofs_check --subject mine.py:Mine --depth quick\n" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == [tmp_path / "mine.py"]
    assert "feedback-proofs --subject mine.py:Mine" in (tmp_path / "mine.py").read_text(encoding="utf-8")


def test_a_name_with_spaces_is_quoted_for_the_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "my own.py")]) == 0
    assert f"--subject '{tmp_path}/my own.py:Mine' " in capsys.readouterr().out


def test_as_it_stands_no_claim_passes_and_each_says_what_is_missing(tmp_path: Path) -> None:
    assert main([str(tmp_path / "mine.py")]) == 0
    outcomes, missing = [], set()
    with WorkerSubject(f"{tmp_path / 'mine.py'}:Mine") as subject:
        for claim in CLAIMS:
            row = check(
                claim.__class__(claim.statement, lambda effort: (), claim.examine), subject, Effort("quick")
            )
            outcomes.append((claim.id, row.verdict.outcome))
            if row.verdict.outcome == "error":
                found = re.match(
                    r"(\w+) raised NotImplementedError: \1 is not written yet \(.*mine\.py, line \d+",
                    row.verdict.reason or "",
                )
                assert found, row.verdict.reason
                missing.add(found[1])
    assert {outcome for _, outcome in outcomes} <= {"error", "not applicable"}, outcomes
    assert dict(outcomes)["estimator"] == "error"
    assert missing == {"gradient_estimates", "error_signals", "fit_feedback", "draw_noise"}


def test_an_existing_file_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.py"
    mine.write_text("precious")
    assert main([str(mine)]) == 2
    assert capsys.readouterr().err == f"proofs_check new-subject: {mine} exists: nothing was written\n"
    assert mine.read_text() == "precious"
    dangling = tmp_path / "dangling.py"
    dangling.symlink_to(tmp_path / "nowhere.py")
    assert main([str(dangling)]) == 2
    assert sorted(tmp_path.iterdir()) == [dangling, mine]


def test_a_file_that_appears_meanwhile_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.py"
    real = os.fsync

    def someone_is_faster(handle: int) -> None:
        mine.write_text("precious")
        real(handle)

    monkeypatch.setattr(os, "fsync", someone_is_faster)
    assert main([str(mine)]) == 2
    assert mine.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [mine]


WRONG_CALLS = {
    "": "the following arguments are required: FILE",
    "mine": "FILE is 'mine', expected a name of printable characters that ends in .py",
    ".py": "FILE is '.py', expected a name of printable characters that ends in .py",
    "no/such/mine.py": "cannot write no/such/mine.py: there is no folder no/such",
    "mine.py other.py": "unrecognized arguments: other.py",
}


@pytest.mark.parametrize("call", WRONG_CALLS)
def test_a_wrong_call_is_one_line_and_writes_nothing(
    call: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(call.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"proofs_check new-subject: {WRONG_CALLS[call]}\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failing", ["fsync", "link"])
def test_a_full_disk_leaves_nothing_behind_and_a_disk_without_links_is_enough(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(*_: object) -> None:
        raise OSError(28 if failing == "fsync" else 1, os.strerror(28))

    monkeypatch.setattr(os, failing, fails)
    assert main([str(tmp_path / "mine.py")]) == (2 if failing == "fsync" else 0)
    if failing == "fsync":
        assert capsys.readouterr().err.endswith("mine.py: no space left on device\n")
    assert [path.name for path in tmp_path.iterdir()] == ([] if failing == "fsync" else ["mine.py"])


def test_it_needs_neither_torch_nor_sympy() -> None:
    heavy = "{'torch', 'sympy', 'numpy'} & set(sys.modules)"
    script = f"import sys, proofs_check.command.new_subject; sys.exit(bool({heavy}))"
    assert (
        subprocess.run([sys.executable, "-c", script], cwd=new_subject.__file__.rsplit("/", 3)[0]).returncode
        == 0
    )
