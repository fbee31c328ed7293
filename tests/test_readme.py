"""The README says what is so: its table, its options and its commands are those of the project."""

import re
from pathlib import Path

from proofs_check.claims import CLAIMS
from proofs_check.command import parse
from theory import STATEMENTS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_has_every_claim_with_its_status_in_the_order_of_the_ledger() -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([a-z ]+) \|", README, flags=re.MULTILINE)
    assert rows == [(claim.id, claim.statement.status) for claim in CLAIMS]


def test_every_statement_has_a_claim_and_every_claim_a_statement() -> None:
    assert {claim.id for claim in CLAIMS} == set(STATEMENTS) - {"clt"}  # proved, not yet asked of code
    assert all(claim.statement is STATEMENTS[claim.id] for claim in CLAIMS)


def test_the_options_of_the_readme_are_understood() -> None:
    named = set(re.findall(r"`(--[a-z]+)", README)) - {"--latex"}
    assert {"--subject", "--depth", "--only", "--seed", "--json", "--markdown", "--list"} <= named
    options = parse(["--subject", "a.py:B", "--depth", "thorough", "--only", "rank,noise", "--seed", "7"])
    assert (options.subject, options.effort.depth, options.only, options.effort.seed) == (
        "a.py:B",
        "thorough",
        ("rank", "noise"),
        7,
    )


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = "python3 -m venv .venv && .venv/bin/pip install -q tox && .venv/bin/tox"
    assert f"```sh\n{command}\n```" in README
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == command


def test_no_folder_imports_upward() -> None:
    forbidden = {
        "impl": ("theory", "proofs_check", "benchmarks", "tests", "sympy"),
        "theory": ("impl", "proofs_check", "benchmarks", "tests", "torch"),
        "proofs_check": ("benchmarks", "tests"),
    }
    for folder, others in forbidden.items():
        pattern = re.compile(rf"^\s*(?:from|import) (?:{'|'.join(others)})\b", flags=re.MULTILINE)
        for file in (ROOT / folder).rglob("*.py"):
            assert not pattern.findall(file.read_text(encoding="utf-8")), f"{file} imports upward"
