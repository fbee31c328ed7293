"""`python -m theory`: what it refuses, in one line each; what it lists; how it ends."""

from __future__ import annotations

import pytest

from theory import STATEMENTS
from theory.__main__ import main
from theory.command import run as command
from theory.paper import PAPER, VERDICTS

BAD_CALLS = {
    "an unknown statement": (
        ["theorem-33"],
        "id is 'theorem-33', which is no statement; did you mean theorem-3?",
    ),
    "no statement at all": ([""], "id is '', which is no statement; expected one of: estimator, "),
    "a statement in capitals": (["THEOREM-1"], "id is 'THEOREM-1', which is no statement"),
    "a path": (["../theorem-1"], "id is '../theorem-1', which is no statement; did you mean theorem-1?"),
    "a space": (["theorem-1 "], "id is 'theorem-1 ', which is no statement; did you mean theorem-1?"),
    "another script": (["定理-1"], "id is '定理-1', which is no statement"),
    "a control sequence": (["\x1b[31m"], r"id is '\x1b[31m', which is no statement"),
    "a lone surrogate": (["\udcff"], r"id is '\udcff', which is no statement"),
    "text that runs backwards": (["\u202emeroeht"], r"id is '\u202emeroeht', which is no statement"),
    "a very long one": (["x" * 10**6], "which is no statement"),
    "two statements": (["theorem-1", "theorem-2"], "unrecognized arguments: theorem-2"),
    "an unknown option": (["--prove"], "unrecognized arguments: --prove"),
    "an abbreviation": (["--che"], "unrecognized arguments: --che"),
    "a short option": (["-c"], "unrecognized arguments: -c"),
    "two things at once": (["--latex", "--check"], "argument --check: not allowed with argument --latex"),
    "two others at once": (["--uses", "--trusted"], "argument --trusted: not allowed with argument --uses"),
    "the paper and LaTeX": (["--latex", "--paper"], "argument --paper: not allowed with argument --latex"),
    "a value where there is none": (["--check=yes"], "argument --check: ignored explicit argument 'yes'"),
    "a value of LaTeX": (["--latex=out.tex"], "argument --latex: ignored explicit argument 'out.tex'"),
    "a seed without a value": (["--check", "--seed"], "argument --seed: expected one argument"),
    "a negative seed": (["--check", "--seed=-1"], "--seed is '-1', expected an integer from 0 to 4294967295"),
    "a huge seed": (
        ["--check", "--seed", "4294967296"],
        "--seed is '4294967296', expected an integer from 0",
    ),
    "a seed of many digits": (
        ["--check", "--seed", "9" * 10_000],
        "expected an integer from 0 to 4294967295",
    ),
    "a seed in words": (["--check", "--seed", "one"], "--seed is 'one', expected an integer from 0"),
    "a fraction": (["--check", "--seed", "1.0"], "--seed is '1.0', expected an integer from 0"),
    "an empty seed": (["--check", "--seed", ""], "--seed is '', expected an integer from 0"),
    "a seed with a plus": (["--check", "--seed", "+1"], "--seed is '+1', expected an integer from 0"),
    "a seed with spaces": (["--check", "--seed", " 1"], "--seed is ' 1', expected an integer from 0"),
    "a seed with an underline": (["--check", "--seed", "1_0"], "--seed is '1_0', expected an integer from 0"),
    "digits of another script": (["--check", "--seed", "１"], "--seed is '１', expected an integer from 0"),
    "not a number": (["--check", "--seed", "nan"], "--seed is 'nan', expected an integer from 0"),
    "a seed without a check": (["--seed", "1"], "--seed is '1', but only --check draws networks"),
    "a seed for a page": (["theorem-1", "--seed", "1"], "--seed is '1', but only --check draws networks"),
    "two seeds": (["--check", "--seed", "1", "--seed", "2"], "--seed is given twice"),
    "an unknown verdict": (
        ["--paper", "fals"],
        "--paper is 'fals', which is no verdict or statement; did you mean false?",
    ),
    "no verdict": (["--paper", "guessed"], "--paper is 'guessed', which is no verdict or statement"),
    "two filters": (["--paper", "false", "--paper", "right"], "--paper is given twice"),
    "an unknown statement of the paper": (
        ["theorem-9", "--paper"],
        "id is 'theorem-9', which is no statement",
    ),
}


@pytest.mark.parametrize("case", BAD_CALLS)
def test_a_wrong_call_is_one_line_that_says_what_was_expected(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments, says = BAD_CALLS[case]
    assert main(arguments) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("python -m theory: ")
    assert says in shown.err
    assert shown.err.count("\n") == 1
    assert len(shown.err) < 2200
    assert shown.err.rstrip("\n").isprintable()


@pytest.mark.parametrize("verdict", sorted({*VERDICTS} - {"false", "repaired"}))  # whose values take seconds
def test_the_paper_can_be_asked_for_a_verdict(verdict: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With spaces or with hyphens, however it is written; the total comes first."""
    assert main(["--paper", verdict.replace(" ", "-").title()]) == 0
    shown = capsys.readouterr().out
    count = sum(entry.verdict == verdict for entry in PAPER)
    assert shown.startswith(f"{count} entr")
    assert shown.count(f": {verdict.upper()}\n") == count > 0


def test_the_paper_can_be_asked_for_a_statement_and_a_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theorem-1", "--paper", "false"]) == 0
    assert "Theorem 1 · appendix A: FALSE" in capsys.readouterr().out
    assert main(["clt", "--paper", "false"]) == 0
    assert capsys.readouterr().out == "python -m theory: the paper has no entry about clt and false\n"


def test_hypotheses_are_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["theorem-3", "--uses"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    for assumption in STATEMENTS["theorem-3"].assumptions:
        assert f"{assumption.id} {assumption.words}" in shown


@pytest.mark.parametrize(
    ("raised", "code", "says"),
    [
        (KeyboardInterrupt(), 130, "python -m theory: interrupted."),
        (ZeroDivisionError("of ours"), 3, "python -m theory itself broke: ZeroDivisionError: of ours"),
        (RecursionError(), 3, "python -m theory itself broke: RecursionError"),
    ],
)
def test_an_interrupt_and_a_fault_of_its_own_end_in_one_line(
    raised: BaseException,
    code: int,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fails(*_: object) -> None:
        raise raised

    monkeypatch.setattr(command, "verify", fails)
    assert main(["noise-law", "--check"]) == code
    error = capsys.readouterr().err
    assert error.startswith(says)
    assert error.count("\n") == 1
