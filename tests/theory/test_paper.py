"""The table of the paper is complete, its forms allow its verdicts, and what refutes it is not zero."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy

from theory import STATEMENTS
from theory.__main__ import main
from theory.paper import PAPER, VERDICTS, Entry, possible_verdicts
from theory.paper.entry import NoSuchLayer, ProofStep, agree, perturbed
from theory.paper.section_3 import layer_limit, top_limit
from theory.paper.shown import formulas_of, value, value_latex, value_text, words
from theory.paper.table import number_of, source, table, table_latex
from theory.proof import LAYER, ONE, OUTPUT
from theory.proof.constants import DEPTH
from theory.proof.terms import IllTyped
from theory.writing.layout import fit
from theory.writing.readable import formula
from theory.writing.symbols import OF_THE_PAPER, SYMBOLS, symbols_in

NAMES = [f"{entry.label}, {entry.where}" for entry in PAPER]
LABELS = {entry.label for entry in PAPER}
EVERY = pytest.mark.parametrize("entry", PAPER, ids=NAMES)
STATUS = {"holds with repair": "repaired", "false as printed": "false", "holds": "right"}


def _with_printed_form(verdict: str) -> list[Entry]:
    return [entry for entry in PAPER if entry.verdict == verdict and entry.as_printed]


def test_every_equation_assumption_and_theorem_of_the_paper_has_its_entry() -> None:
    assert {f"({k})" for k in range(1, 19)} <= LABELS
    assert {"A1", "A2", "A3", "A4"} <= LABELS
    assert {"Theorem 1", "Theorem 2", "Corollary 1"} <= LABELS
    assert {"A.1, on A1", "A.1, on A2", "A.1, on A3", "A.1, nonlinear"} <= LABELS


def test_no_two_entries_are_about_the_same_thing() -> None:
    assert len(set(NAMES)) == len(NAMES)


@EVERY
def test_the_verdict_is_one_that_the_forms_allow(entry: Entry) -> None:
    assert entry.verdict in VERDICTS
    assert entry.verdict in possible_verdicts(entry)


@EVERY
def test_what_is_not_right_says_what_is_wrong_and_what_would_be_right(entry: Entry) -> None:
    if entry.verdict in ("right", "definition"):
        assert not entry.problem
        assert not entry.fixed
        return
    assert entry.problem
    assert entry.fixed or entry.verdict == "right as meant"


@EVERY
def test_every_source_exists(entry: Entry) -> None:
    for shown in entry.shown_by:
        if isinstance(shown, ProofStep):
            assert number_of(shown) >= 1
        else:
            assert shown in STATEMENTS


@EVERY
def test_a_refutation_is_not_zero_and_is_shown_as_mathematics(entry: Entry) -> None:
    for refutation in entry.refuted_by:
        found = value(refutation)
        entries = found if isinstance(found, sympy.MatrixBase) else [found]
        assert any(sympy.simplify(x) != 0 for x in entries), refutation.__name__
        shown = f"{words(refutation)} {value_text(refutation)} {value_latex(refutation)}"
        assert not any(code in shown for code in ("**", "Matrix", "sqrt(", "oo", "lambda_hat", "log(3)/")), (
            shown
        )
        assert value_text(refutation) in table([entry])
        assert value_latex(refutation) in table_latex([entry])


@pytest.mark.parametrize("verdict", ["false", "repaired"])
def test_what_is_false_has_a_counterexample_or_a_hypothesis_that_is_missing(verdict: str) -> None:
    for entry in PAPER:
        if entry.verdict == verdict:
            assert entry.refuted_by or entry.needs, entry.label


def test_what_is_called_false_is_refuted() -> None:
    assert all(entry.refuted_by for entry in PAPER if entry.verdict == "false")


@pytest.mark.parametrize("entry", _with_printed_form("wrong shape"), ids=lambda entry: entry.label)
def test_a_wrong_shape_cannot_be_written(entry: Entry) -> None:
    assert entry.as_printed is not None
    with pytest.raises(IllTyped):
        entry.as_printed()


def test_every_wrong_shape_has_its_printed_form() -> None:
    assert len(_with_printed_form("wrong shape")) == sum(e.verdict == "wrong shape" for e in PAPER) == 9


@pytest.mark.parametrize(
    ("label", "statement"),
    [("Theorem 1", "theorem-1"), ("Theorem 2", "theorem-2"), ("Corollary 1", "corollary-1")],
)
def test_table_and_ledger_judge_a_theorem_alike(label: str, statement: str) -> None:
    (entry,) = [entry for entry in PAPER if entry.label == label]
    assert STATUS[STATEMENTS[statement].status] == entry.verdict


@EVERY
def test_a_verdict_does_not_survive_the_exchange_of_the_two_forms_or_of_one_for_another(entry: Entry) -> None:
    """Put a form in that says something else: the verdict that the forms allow is another."""
    if entry.as_printed is None or entry.as_fixed is None or entry.verdict not in ("right", "definition"):
        return
    other = top_limit if entry.as_fixed is layer_limit else layer_limit
    assert entry.verdict not in possible_verdicts(replace(entry, as_fixed=other))


@pytest.mark.parametrize("verdict", ["wrong shape", "wrong index"])
def test_a_form_that_is_already_mended_is_not_called_wrong(verdict: str) -> None:
    for entry in _with_printed_form(verdict):
        assert verdict not in possible_verdicts(replace(entry, as_printed=entry.as_fixed)), entry.label


def test_what_agrees_when_mended_cannot_be_refuted() -> None:
    right = next(entry for entry in PAPER if entry.label == "(12)")
    assert not possible_verdicts(replace(right, refuted_by=(lambda: sympy.Integer(1),)))


def test_forms_that_differ_do_not_agree() -> None:
    assert agree(top_limit(), top_limit(), ())
    assert not agree(top_limit(), layer_limit(), ())


def test_only_the_hidden_layers_are_perturbed() -> None:
    assert all(perturbed(layer) == layer for layer in (ONE, LAYER - 1, LAYER, DEPTH))
    for layer in (ONE - 1, OUTPUT):
        with pytest.raises(NoSuchLayer):
            perturbed(layer)


def test_a_step_is_named_by_its_number() -> None:
    assert source("rank") == "rank"
    assert source(ProofStep("theorem-1", "", "fit")).startswith("theorem-1, step ")
    with pytest.raises(LookupError, match="no step 'nothing'"):
        source(ProofStep("theorem-1", "", "nothing"))


def test_the_table_fits_a_terminal_and_counts_its_entries(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--paper"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{len(PAPER)} entries:"
    assert all(len(line) <= 100 for line in lines)
    used = symbols_in(one for entry in PAPER for one in formulas_of(entry))
    below = [line.split()[0] for line in lines[lines.index("Symbols") + 1 :] if line[2] != " "]
    assert below == [formula(one) for one in sorted(used, key=[*SYMBOLS, *OF_THE_PAPER].index)]
    assert set(OF_THE_PAPER) <= set(used)
    for verdict in VERDICTS:
        assert any(line.split(maxsplit=1)[-1].startswith(verdict) for line in lines[1 : len(VERDICTS) + 1])


def test_a_statement_has_the_part_of_the_table_that_it_answers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ridge", "--paper"]) == 0
    shown = fit(table([e for e in PAPER if "ridge" in e.statements]), 100)
    assert capsys.readouterr().out.strip() == shown
    assert main(["--paper", "ridge"]) == 0
    assert capsys.readouterr().out.strip() == shown
    assert main(["self-correction", "--paper"]) == 0
    assert (
        capsys.readouterr().out == "python -m theory: the paper says nothing of self-correction; it is ours\n"
    )
