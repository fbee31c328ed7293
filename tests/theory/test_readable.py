"""Formulas in LaTeX are shown in a terminal without losing what they say."""

import pytest

from theory import STATEMENTS
from theory.paper import PAPER
from theory.writing.readable import formula, readable


@pytest.mark.parametrize(
    ("latex", "shown"),
    [
        (r"\hat\lambda^i", "λ̂^i"),
        (r"\tilde e^{i+1}", "ẽ^(i+1)"),
        (r"(\hat B^{N+1})^{\top}", "(B̂^(N+1))ᵀ"),
        (r"F_{jkk}/2", "F_(jkk)/2"),
        (r"g_{FA}", "g_FA"),
        (r"c^2+x^{-1}", "c² + x⁻¹"),
        (r"e^{i+1}-1", "e^(i+1) − 1"),
        (r"\frac{L^2}{c^2}", "L²/c²"),
        (r"\frac{a+b}{2c}", "(a+b)/(2c)"),
        (r"\tfrac12z", "½z"),
        (r"\lim_{c\to0}\operatorname*{plim}_{T\to\infty}\hat B", "lim_(c → 0) plim_(T → ∞) B̂"),
        (r"\sum_{k\ne j}F_k", "Σ_(k ≠ j) F_k"),
        (r"x\ \text{of minimum norm}", "x of minimum norm"),
        (r"\mathbb{E}[\xi\xi^{\top}]=I", "E[ξξᵀ] = I"),
        (r"-x\le-y", "−x ≤ −y"),
        (r"\mathcal{E}^i(c)", "𝓔^i(c)"),
        (r"\Gamma\succ0", "Γ ≻ 0"),
    ],
)
def test_a_formula_keeps_its_groups_and_its_scripts(latex: str, shown: str) -> None:
    assert formula(latex) == shown


def test_only_what_is_in_dollars_is_a_formula() -> None:
    assert readable(r"E_1 is $\xi_1$ - 1") == "E_1 is ξ₁ - 1"


def test_a_command_that_is_not_known_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\\unheard is not known"):
        formula(r"a\unheard{b}")


def test_every_formula_of_the_statements_and_of_the_paper_can_be_shown() -> None:
    for statement in STATEMENTS.values():
        texts = [formula(statement.latex), readable(statement.as_printed), readable(statement.repair)]
        texts += [formula(assumption.latex) for assumption in statement.assumptions]
        assert not any("\\" in text or "$" in text for text in texts), statement.id
    for entry in PAPER:
        texts = [readable(text) for text in (entry.label, entry.printed, entry.problem, entry.fixed)]
        assert not any("\\" in text or "$" in text for text in texts), entry.label
