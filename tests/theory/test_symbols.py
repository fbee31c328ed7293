"""Every symbol on a page is said to be something on that page; references are numbered."""

from __future__ import annotations

import pytest

from theory import STATEMENTS
from theory.command.document import page
from theory.proof.checker import steps_of
from theory.proofs.catalogue import PROOFS, proofs_of
from theory.writing import symbols
from theory.writing.proof_text import proof_page, references
from theory.writing.readable import formula, readable
from theory.writing.symbols import OF_A_STATEMENT, SYMBOLS, formulas_of, glossary, symbols_in


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (r"\hat\lambda^{i}", (r"\hat\lambda", "i")),
        (r"\tilde e^{N+1}+\tilde{e}", (r"\tilde e", "N")),
        (r"\lim_{c\to0}\operatorname*{plim}_{T\to\infty}\hat B", ("c", "T", r"\hat B")),
        (r"\text{of minimum norm}\ F_{jkk}\,\xi_1", ("F", "j", "k", r"\xi")),
        (r"\mathbb{E}'\bigl[x\bigr]\sim\mathcal{N}(0,I)", (r"\mathbb{E}'", "x", r"\mathcal N", "I")),
        (r"\sum_t\frac{cg}{2}", ("t", "c", "g")),
    ],
)
def test_symbols_are_letters_with_their_accents(written: str, found: tuple[str, ...]) -> None:
    assert symbols_in([written]) == found


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_symbol_of_a_page_is_defined_there(name: str) -> None:
    """In statement, hypotheses, what is printed, counterexamples and every step of every proof."""
    statement = STATEMENTS[name]
    named = dict(glossary(statement, proofs_of(name)))
    assert set(named) == set(symbols_in(formulas_of(statement, proofs_of(name))))


def test_the_symbols_stand_at_the_end_of_a_page() -> None:
    section = page(STATEMENTS["noise-law"]).split("\nSymbols\n")[1]
    for symbol, meaning in glossary(STATEMENTS["noise-law"], proofs_of("noise-law")):
        assert f"  {formula(symbol):<4} \t{readable(meaning)}" in section.split("\n")


def test_a_symbol_that_is_not_known_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    rest = {symbol: meaning for symbol, meaning in SYMBOLS.items() if symbol != "q"}
    monkeypatch.setattr(symbols, "SYMBOLS", rest)
    with pytest.raises(LookupError, match="q stands on the page of theorem-1"):
        glossary(STATEMENTS["theorem-1"], ())


def test_no_meaning_is_left_over() -> None:
    used = {
        name: symbols_in(formulas_of(statement, proofs_of(name))) for name, statement in STATEMENTS.items()
    }
    assert set(OF_A_STATEMENT) <= set(STATEMENTS)
    for name, own in OF_A_STATEMENT.items():
        assert set(own) <= set(used[name]), name
    assert set(SYMBOLS) <= {symbol for found in used.values() for symbol in found}


def test_what_a_step_follows_from_is_numbered() -> None:
    proof = proofs_of("theorem-1")[0]
    cited, steps = references(proof), list(steps_of(proof))
    assert cited[3] == ("step 2 (growth)",)
    for number, step in enumerate(steps, start=1):
        assert len(cited[number]) == len(step.uses)
        earlier = [label for label in step.uses if label in [one.label for one in steps[: number - 1]]]
        assert sum(one.startswith("step ") for one in cited[number]) == len(earlier)


@pytest.mark.parametrize("name", ["expansion", "zero-bias", "remainder", "antithetic", "variance"])
def test_a_proof_for_so_many_units_says_why_they_suffice(name: str) -> None:
    (proof,) = [proof for proof in PROOFS if proof.statement == name and proof.note]
    assert proof.note.startswith("Written for ")
    assert "any number" in proof.note
    if name == "zero-bias":
        assert readable(proof.note) in proof_page(proof)
