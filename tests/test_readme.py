"""The README says what is so: its table, its options and its commands are those of the project."""

import re
from pathlib import Path

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.command.run import parse
from theory import STATEMENTS
from theory.__main__ import main as theory_command
from theory.proofs.catalogue import PROOFS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_has_every_claim_with_its_status_in_the_order_of_the_ledger() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([a-z ]+) \|", README, flags=re.MULTILINE)
    assert rows == [(claim.id, claim.statement.status) for claim in CLAIMS]


def test_the_readme_counts_the_claims() -> None:
    assert f"The first one prints a block for each of {len(CLAIMS)} claims," in README


def test_every_statement_has_a_claim_and_every_claim_a_statement() -> None:
    assert {claim.id for claim in CLAIMS} == set(STATEMENTS)
    assert all(claim.statement is STATEMENTS[claim.id] for claim in CLAIMS)


def test_the_options_of_the_readme_are_understood() -> None:
    named = set(re.findall(r"`(--[a-z]+)", README))
    assert {"--subject", "--depth", "--only", "--seed", "--json", "--markdown", "--report", "--list"} <= named
    options = parse(["--subject", "a.py:B", "--depth", "thorough", "--only", "rank,noise", "--seed", "7"])
    assert (options.subject, options.effort.depth, options.only, options.effort.seed) == (
        "a.py:B",
        "thorough",
        ("rank", "noise"),
        7,
    )


def test_the_commands_of_the_theory_are_understood(capsys: pytest.CaptureFixture[str]) -> None:
    commands = re.findall(r"^\| `python -m theory ?(.*)` \|", README, flags=re.MULTILINE)
    assert {"", "--paper", "--check", "--uses", "--trusted", "--latex"} <= set(commands)
    for command in set(commands) - {"--check"}:  # which takes its time, and is run beside the tests
        assert theory_command(command.split()) == 0
        assert capsys.readouterr().out


def test_the_readme_counts_the_statements_that_are_proved() -> None:
    proved = {proof.statement for proof in PROOFS}
    whole = {name for name in proved if not STATEMENTS[name].beyond}
    assert "Eighteen of the statements have proofs in steps, seven of them of all that is stated;" in README
    assert (len(proved), len(whole)) == (18, 7)


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = "python3 -m venv .venv && .venv/bin/pip install -q tox && .venv/bin/tox"
    assert f"```sh\n{command}\n```" in README
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == command
