"""The statements as text: every one is listed, printed and typeset."""

import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from theory import STATEMENTS
from theory.__main__ import main
from theory.command.document import latex, page
from theory.paper import PAPER
from theory.paper.table import table
from theory.proofs.catalogue import PROOFS
from theory.writing.layout import columns, fit, spelled
from theory.writing.proof_text import trusted_base, uses
from theory.writing.readable import formula, readable


@cache
def document() -> str:
    """All statements and the table of the paper, in LaTeX."""
    return latex(STATEMENTS.values(), PAPER)


@cache
def printed() -> tuple[str, ...]:
    """All that the command prints for a reader."""
    return (*map(page, STATEMENTS.values()), table(PAPER), uses(PROOFS), trusted_base(PROOFS))


def test_the_list_has_a_line_for_every_statement(capsys) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    lines = [line for line in shown.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == list(STATEMENTS)
    assert all(statement.title in " ".join(shown.split()) for statement in STATEMENTS.values())


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_page_has_all_that_the_statement_has(name: str, capsys) -> None:
    assert main([name]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    statement = STATEMENTS[name]
    parts = [formula(part) for part in statement.latex.split(r"\qquad")]
    for text in (statement.title, statement.source, statement.status, readable(statement.repair), *parts):
        assert " ".join(text.split()) in printed
    assert ("Proved in part" in printed) == bool(statement.beyond)
    assert " ".join(readable(statement.beyond).split()) in printed
    in_latex = rf"\textbf{{Proved in part.}} {statement.beyond}"
    assert (in_latex in latex([statement])) == bool(statement.beyond)
    for assumption in statement.assumptions:
        assert assumption.words in printed
        assert " ".join(formula(assumption.latex).split()) in printed


def test_an_unknown_statement_is_one_line_and_exit_code_2(capsys) -> None:
    assert main(["theorem-33"]) == 2
    error = capsys.readouterr().err
    assert error == "python -m theory: id is 'theorem-33', which is no statement; did you mean theorem-3?\n"


def test_all_that_is_printed_fits_any_terminal_and_loses_nothing() -> None:
    """Every page, the table of the paper, the hypotheses and the rules: no line is longer than the terminal
    is wide, no character that an encoding lacks is a question mark. One test, for the pages take their time.
    """
    for text in printed():
        for width, encoding in ((30, "ascii"), (80, "utf-8"), (100, "cp1252")):
            shown = spelled(text, encoding)
            shown.encode(encoding)
            assert shown.count("?") == text.count("?")
            fitted = fit(shown, width)
            assert max(map(len, fitted.splitlines())) <= width
            assert "".join(fitted.split()) == "".join(shown.split())


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("(B̂^i)ᵀ ẽ^i → λ", "(B_hat^i)^T e~^i -> lambda"),
        ("E[ξξᵀ] = I", "E[xi xi^T] = I"),
        ("S⁻¹ ≤ κ₃c²", "S^(-1) <= kappa_3 c^2"),
        ("yŷ, cξ_1", "y y_hat, c xi_1"),
        ("|e|² < ∞ ✓", "|e|^2 < oo ok"),
        ("𝓔^i(c)", "E^i(c)"),
    ],
)
def test_in_ascii_a_formula_can_still_be_read(text: str, shown: str) -> None:
    assert spelled(text, "ascii") == shown
    assert spelled(text, "no such encoding") == shown


@pytest.mark.parametrize(("given", "width"), [("80", 80), ("7", 20), ("", 100), ("wide", 100)])
def test_the_width_is_that_of_the_terminal(given: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", given)
    assert columns() == width


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed here")
def test_the_document_compiles(tmp_path: Path) -> None:
    (tmp_path / "statements.tex").write_text(document(), encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "statements.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert run.returncode == 0, run.stdout.decode(errors="replace")[-2000:]
    assert (tmp_path / "statements.pdf").stat().st_size > 10_000


def test_every_environment_of_the_document_is_closed() -> None:
    text = document()
    assert spelled(text, "ascii").isascii()
    assert spelled(text, "ascii").count("?") == text.count("?")
    for name in ("document", "align*", "description"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") > 0
