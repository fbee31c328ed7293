"""The command: what it prints, what it writes, how it ends."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from proofs_check.command import run as command
from proofs_check.subject.subjects import HOME
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Falsified, NotApplicable
from tests.proofs_check.fakes import BAD, GOOD, asking, claim

STRANGE = f"{Path(__file__).with_name('strange_subjects.py')}:Strange"
CODE = "network = 'a line that is longer than the terminal is wide, and that must not be broken anywhere'"
CLAIMS = (
    claim("estimator", GOOD),
    claim("theorem-1", GOOD, Falsified("too large", (BAD,), CODE)),
    asking("theorem-2", "exits"),
    asking("theorem-3", ""),
    claim("rank", NotApplicable("the subject has no rule DFA")),
)


def run(*arguments, claims=CLAIMS):
    own = () if {"--subject", "--list"} & set(arguments) else ("--subject", STRANGE)
    return command.main([*own, *arguments], claims)


def test_every_claim_passes(capsys):
    assert run("--only", "theorem-3,rank,estimator") == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    lines = printed.out.splitlines()
    assert lines[1] == f"subject {STRANGE}, depth standard, seed 0"
    assert [line.split()[0] for line in lines if re.search(r" [0-9]+\.[0-9]$", line)] == [
        "estimator",
        "theorem-3",
        "rank",
    ]
    assert lines[-1].startswith("3 claims: 2 pass, 1 not applicable · ")


def test_a_claim_fails_another_errs_and_the_rest_still_run(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("COLUMNS", "80")
    paths = tmp_path / "a" / "ledger.json", tmp_path / "b" / "ledger.md"
    assert run("--depth", "quick", "--seed", "7", "--json", str(paths[0]), "--markdown", str(paths[1])) == 1

    out = capsys.readouterr().out
    assert (
        "fail theorem-1: The title of theorem-1\n· too large\n· implementation: what was found: 3, requ"
        in out
    )
    assert f"\n{CODE}\n" in out
    assert "error theorem-2: The title of theorem-2\n· its process exited with code 3 in draw_noise\n" in out
    again = f"python -m proofs_check --depth quick --seed 7 --subject {STRANGE} --only"
    assert f"\n{again} theorem-1\n" in out
    assert f"\n{again} theorem-2\n" in out
    assert out.splitlines()[-1].startswith("5 claims: 2 pass, 1 fail, 1 error, 1 not applicable · ")

    ledger = json.loads(paths[0].read_text(encoding="utf-8"))
    assert (ledger["subject"], ledger["depth"], ledger["seed"]) == (STRANGE, "quick", 7)
    assert set(ledger["versions"]) >= {"feedback-proofs", "python", "torch", "numpy", "sympy"}
    assert "unknown" not in ledger["versions"].values()
    outcomes = [(entry["id"], entry["outcome"]) for entry in ledger["claims"]]
    assert outcomes == [
        ("estimator", "pass"),
        ("theorem-1", "fail"),
        ("theorem-2", "error"),
        ("theorem-3", "pass"),
        ("rank", "not applicable"),
    ]
    assert (
        paths[1]
        .read_text(encoding="utf-8")
        .startswith("## 5 claims: 2 pass, 1 fail, 1 error, 1 not applicable")
    )


WRONG_CALLS = {
    "--depth deep": "--depth is 'deep', expected quick, standard or thorough",
    "--seed x": "--seed is 'x', expected an integer from 0 to 4294967295",
    "--seed -1": "--seed is -1, expected an integer from 0 to 4294967295",
    "--seed 4294967296": "--seed is 4294967296, expected an integer from 0 to 4294967295",
    "--only theorem-4": "--only names 'theorem-4', which is no claim; did you mean theorem-3? "
    "The claims: estimator, theorem-1, theorem-2, theorem-3, rank",
    "--only estimator,": "--only names '', which is no claim; The claims: estimator, theorem-1",
    "--dept quick": "unrecognized arguments: --dept quick",
    "--json /dev/null/ledger.json": "--json: cannot write /dev/null/ledger.json: /dev/null is not a folder",
    "--markdown /": "--markdown: cannot write /: it is not a regular file",
    "--subject nowhere": "the subject is 'nowhere', expected MODULE:NAME or FILE.py:NAME",
}


@pytest.mark.parametrize("call", WRONG_CALLS)
def test_a_wrong_call_is_one_line_and_no_run(call, capsys):
    assert run(*call.split()) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"python -m proofs_check: {WRONG_CALLS[call]}")
    assert printed.err.count("\n") == 1


def test_a_disk_that_is_full_at_the_end_is_one_line(capsys, monkeypatch, tmp_path):
    def full(_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "fsync", full)
    assert run("--only", "estimator", "--json", str(tmp_path / "ledger.json")) == 2
    assert capsys.readouterr().err.endswith("ledger.json.partial.jsonl: no space left on device\n")
    assert list(tmp_path.iterdir()) == []


def test_the_list_names_every_claim_and_runs_none(capsys):
    assert run("--list") == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == [
        claim.id for claim in CLAIMS
    ]


def test_the_version_is_that_of_the_project(capsys):
    with pytest.raises(SystemExit, match="0"):
        command.main(["--version"])
    assert capsys.readouterr().out == f"feedback-proofs {command.version()}\n"
    assert command.version()[0].isdigit()


def test_a_command_to_copy_quotes_what_a_shell_would_split():
    options = command.Options("my folder/mine.py:Mine", Effort("quick", 1))
    assert options.command(["rank", "theorem-1"]).endswith(
        "--depth quick --seed 1 --subject 'my folder/mine.py:Mine' --only rank,theorem-1"
    )


INTERRUPTED = textwrap.dedent(f"""
    import signal, sys, time
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job of a shell ignores it
    from proofs_check.command.run import main
    from tests.proofs_check.fakes import BAD, GOOD, asking, claim
    claims = [claim("estimator", BAD), asking("hangs", "hangs"), claim("rank", GOOD)]
    sys.exit(main(["--subject", {STRANGE!r}], claims))
""")


def test_an_interrupt_stops_the_worker_and_says_how_to_go_on():
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    running = subprocess.Popen(
        [sys.executable, "-u", "-c", INTERRUPTED],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    printed = ""
    for line in running.stdout:  # the first claim is done: the second hangs
        printed += line
        if line.startswith("estimator"):
            break
    time.sleep(0.3)
    running.send_signal(signal.SIGINT)
    rest, errors = running.communicate(timeout=30)
    assert running.returncode == 130
    assert errors == ""
    lines = (printed + rest).splitlines()
    assert "fail estimator: The title of estimator" in lines
    assert lines[-2] == "Interrupted after 1 of 3 claims. The others:"
    assert lines[-1].endswith(f"--depth standard --seed 0 --subject {STRANGE} --only hangs,rank")
