"""The statements as text: every one is listed, printed and typeset."""

import shutil
import subprocess
from pathlib import Path

import pytest

from theory import STATEMENTS
from theory.__main__ import main
from theory.document import latex, page
from theory.paper import PAPER
from theory.readable import formula, readable


def test_the_list_has_a_line_for_every_statement(capsys) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(STATEMENTS)
    assert all(STATEMENTS[line.split()[0]].title in line for line in lines)


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_page_has_all_that_the_statement_has(name: str, capsys) -> None:
    assert main([name]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    statement = STATEMENTS[name]
    parts = [formula(part) for part in statement.latex.split(r"\qquad")]
    for text in (statement.title, statement.source, statement.status, readable(statement.repair), *parts):
        assert " ".join(text.split()) in printed
    for assumption in statement.assumptions:
        assert assumption.words in printed
        assert " ".join(formula(assumption.latex).split()) in printed


def test_an_unknown_statement_is_one_line_and_exit_code_2(capsys) -> None:
    assert main(["theorem-33"]) == 2
    error = capsys.readouterr().err
    assert error == "python -m theory: there is no statement 'theorem-33'; did you mean theorem-3?\n"


def test_pages_fit_a_terminal() -> None:
    for statement in STATEMENTS.values():
        assert all(len(line) <= 100 for line in page(statement).splitlines())


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed here")
def test_the_document_compiles(tmp_path: Path) -> None:
    (tmp_path / "statements.tex").write_text(latex(STATEMENTS.values(), PAPER), encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "statements.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-2000:]
    assert (tmp_path / "statements.pdf").stat().st_size > 10_000


def test_every_environment_of_the_document_is_closed() -> None:
    text = latex(STATEMENTS.values(), PAPER)
    for name in ("document", "align*", "description"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") > 0
