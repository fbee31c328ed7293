"""The verdicts follow from the evidence; the ledger is written as it is."""

import json
import math

import numpy as np
import pytest

from proofs_check.ledger import markdown
from proofs_check.ledger.as_json import checksum
from proofs_check.ledger.ledger import Ledger, check
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Falsified, NotApplicable, SubjectError
from tests.proofs_check.fakes import BAD, CONFIRMED, GOOD, SUBJECT, claim

INFORMATION = Evidence("information", "how many", 12)
ELSEWHERE = Evidence("not applicable", "64-50-20-10", "narrows above layer 2: rank 10 of 20")


def row_of(*findings, confirmed=(CONFIRMED,)):
    return check(claim("theorem-1", *findings, confirmed=confirmed), SUBJECT, Effort("quick"))


VERDICTS = {
    "all evidence holds": ((GOOD, INFORMATION), "pass", None),
    "a row does not hold": ((GOOD, BAD, GOOD), "fail", "what was found: 3, required ≤ 1"),
    "a counterexample": ((GOOD, Falsified("too large", (BAD,), "code")), "fail", "too large"),
    "the subject erred": ((GOOD, SubjectError("it raised", "code")), "error", "it raised"),
    "the subject erred after a failure": ((BAD, SubjectError("it raised")), "error", "it raised"),
    "not offered": ((NotApplicable("no DFA"),), "not applicable", "no DFA"),
    "not offered, but what was looked at failed": (
        (BAD, NotApplicable("no DFA")),
        "fail",
        "what was found: 3, required ≤ 1",
    ),
    "nothing but rows that do not apply": (
        (ELSEWHERE,),
        "not applicable",
        "64-50-20-10: narrows above layer 2: rank 10 of 20",
    ),
    "a row that does not apply among others": ((GOOD, ELSEWHERE), "pass", None),
    "no evidence": ((), "error", "the check found no evidence: nothing that it looked at could have failed"),
    "only information": (
        (INFORMATION,),
        "error",
        "the check found no evidence: nothing that it looked at could",
    ),
    "the check itself raised": (
        (GOOD, ValueError("a bug")),
        "error",
        "the check itself failed: ValueError: a bug (",
    ),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_the_verdict_on_an_implementation(case):
    findings, outcome, reason = VERDICTS[case]
    row = row_of(*findings)
    assert row.verdict.outcome == outcome
    assert (row.verdict.reason or "").startswith(reason or "")
    assert row.statement_confirmed is True


def test_the_evidence_before_an_exception_is_kept():
    row = row_of(GOOD, Falsified("too large", (BAD,), "code"))
    assert row.confirmed == (CONFIRMED,)
    assert row.examined == (GOOD, BAD)
    assert row.verdict.counterexample == "code"


@pytest.mark.parametrize("problem", [BAD, Falsified("wrong"), ValueError("a bug"), NotApplicable("never")])
def test_where_the_statements_own_check_fails_nothing_is_said_about_the_subject(problem):
    row = row_of(BAD, confirmed=(CONFIRMED, problem))
    assert row.verdict.outcome == "error"
    assert row.verdict.reason.startswith("the statement's own check failed: ")
    assert row.statement_confirmed is False
    assert row.examined == ()


def test_a_statement_without_a_check_of_its_own_is_neither_confirmed_nor_not():
    assert row_of(GOOD, confirmed=()).statement_confirmed is None
    assert row_of(GOOD, confirmed=(INFORMATION,)).statement_confirmed is None


def test_an_interrupt_is_no_verdict():
    def interrupt(seconds):
        raise KeyboardInterrupt

    subject = type("Subject", (), {"begin_claim": staticmethod(interrupt)})()
    with pytest.raises(KeyboardInterrupt):
        check(claim("theorem-1", GOOD), subject, Effort("quick"))


def ledger(*rows):
    return Ledger("mine.py:Mine", Effort("quick", 3), {"python": "3.11"}, 1.23456, rows)


def test_the_summary_counts_and_only_failures_and_errors_count_against_it():
    assert ledger(row_of(GOOD)).summary == "1 claim: 1 pass"
    mixed = ledger(row_of(GOOD), row_of(NotApplicable("")), row_of(GOOD))
    assert (mixed.summary, mixed.passed) == ("3 claims: 2 pass, 1 not applicable", True)
    failed = ledger(row_of(GOOD), row_of(BAD), row_of())
    assert (failed.summary, failed.passed) == ("3 claims: 1 pass, 1 fail, 1 error", False)


def strict(text):
    """Parse JSON, without the tokens that are not JSON."""

    def refuse(token):
        raise AssertionError(token)

    return json.loads(text, parse_constant=refuse)


def test_the_json_has_the_fields_that_scripts_rely_on():
    row = row_of(GOOD, Falsified("too large", (BAD,), "code"))
    written = strict(ledger(row).to_json())
    assert written["sha256"] == checksum(written)
    del written["sha256"]
    (entry,) = written.pop("claims")
    assert written == {
        "subject": "mine.py:Mine",
        "depth": "quick",
        "seed": 3,
        "versions": {"python": "3.11"},
        "seconds": 1.235,
        "asked": 1,
        "not_run": [],
    }
    assert 0 <= entry.pop("seconds") < 1
    assert entry == {
        "id": "theorem-1",
        "title": "The title of theorem-1",
        "source": "sec. 2",
        "statement": r"\hat B \to W",
        "status": "holds",
        "outcome": "fail",
        "evidence": [
            {"kind": "exact", "name": "a fact", "value": "equal", "bound": "equal"},
            {"kind": "implementation", "name": "what was found", "value": 0.25, "bound": 1.0},
            {"kind": "implementation", "name": "what was found", "value": 3.0, "bound": 1.0},
        ],
        "reason": "too large",
        "counterexample": "code",
    }


@pytest.mark.parametrize(
    ("value", "bound", "written"),
    [
        (math.nan, 1.0, ["nan", 1.0]),
        (-math.inf, math.inf, ["-inf", "inf"]),
        (1.5, (1.0, math.inf), [1.5, [1.0, "inf"]]),
        (np.float64(0.5), np.int64(2), [0.5, 2]),
        (12, None, [12, None]),
    ],
)
def test_numbers_are_written_in_what_json_has(value, bound, written):
    row = row_of(Evidence("exact", "a number", value, bound))
    entry = strict(ledger(row).to_json())["claims"][0]["evidence"][1]
    assert [entry["value"], entry["bound"]] == written


def test_the_markdown_has_a_table_and_unfolds_what_failed():
    hostile = Evidence("exact", "|a| <b> `c` $d$", 2.0, 1.0)
    text = markdown.render(ledger(row_of(GOOD), row_of(Falsified("too large", (hostile,), "x = '```'"))))
    assert text.startswith("## 2 claims: 1 pass, 1 fail\n")
    assert "| **theorem-1** The title of theorem-1 | holds, shown | pass | 0.0 |" in text
    assert "| **theorem-1** The title of theorem-1 | holds, shown | **fail** | 0.0 |" in text
    assert text.count("<details>") == text.count("<details open>") == 1
    assert "````python\nx = '```'\n````" in text
    assert r"| \|a\| \<b\> \`c\` \$d\$ | **2, required ≤ 1** |" in text
