"""Every statement says what it claims, under which hypotheses, and how it relates to what is printed."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import FrozenInstanceError
from typing import Any

import pytest
import sympy

from theory import STATEMENTS, Assumption, InvalidStatement, Statement
from theory.results import assumptions

pytestmark = pytest.mark.definition

TEXTS = [
    (statement.id, text)
    for statement in STATEMENTS.values()
    for text in (
        statement.latex,
        statement.as_printed,
        statement.repair,
        *(assumption.latex for assumption in statement.assumptions),
        *([statement.conclusion] if isinstance(statement.conclusion, str) else []),
    )
]


def example(**changes: object) -> Statement:
    fields: dict[str, Any] = {
        "id": "an-id",
        "title": "A title",
        "source": "Theorem 1",
        "status": "holds",
        "latex": "x",
        "assumptions": (),
        "conclusion": "x",
    }
    return Statement(**(fields | changes))


def test_every_statement_is_filed_under_its_id() -> None:
    """The status of each is in the README, which a test compares with it."""
    assert all(key == statement.id for key, statement in STATEMENTS.items())


@pytest.mark.parametrize(("name", "text"), TEXTS)
def test_the_latex_is_balanced(name: str, text: str) -> None:
    text = re.sub(r"\\[{}]", "", text)
    depth = 0
    for letter in text:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert depth >= 0, name
    assert depth == 0, name
    assert text.count("$") % 2 == 0
    for size in ("big", "Big"):
        assert text.count(f"\\{size}l") == text.count(f"\\{size}r"), name


def test_formulas_have_no_control_characters_left_by_a_missing_raw_string() -> None:
    assert all(letter.isprintable() for _, text in TEXTS for letter in text)


def test_an_assumption_has_one_definition() -> None:
    named = {value for value in vars(assumptions).values() if isinstance(value, Assumption)}
    assert len({assumption.id for assumption in named}) == len(named)
    assert all(used in named for statement in STATEMENTS.values() for used in statement.assumptions)


def test_the_printed_assumptions_prove_nothing() -> None:
    printed = {assumptions.A1, assumptions.A2, assumptions.A3, assumptions.A4}
    assert not any(printed & set(statement.assumptions) for statement in STATEMENTS.values())


def test_the_limit_theorems_ask_for_the_second_moments_of_the_noise() -> None:
    for name in ("theorem-1", "theorem-2", "corollary-1", "theorem-3", "pseudo-inverse"):
        assert assumptions.N1 in STATEMENTS[name].assumptions


def test_only_the_layerwise_theorems_ask_for_full_rank_below_the_top() -> None:
    asking = {name for name, statement in STATEMENTS.items() if assumptions.R in statement.assumptions}
    assert {"theorem-2", "theorem-3"} <= asking
    assert not asking & {"theorem-1", "corollary-1", "pseudo-inverse"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"id": "Theorem 1"}, "kebab-case"),
        ({"id": "theorem_1"}, "kebab-case"),
        ({"status": "true"}, "status of an-id is 'true'"),
        ({"title": " "}, "title of an-id is empty"),
        ({"status": "holds with repair"}, "as_printed of an-id is empty"),
        ({"status": "false as printed", "as_printed": "x"}, "repair of an-id is empty"),
        ({"assumptions": (assumptions.N1, assumptions.N1)}, "expected each one once"),
    ],
)
def test_an_incomplete_statement_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidStatement, match=message) as caught:
        example(**changes)
    assert isinstance(caught.value, ValueError)


def test_a_statement_cannot_be_changed() -> None:
    statement: Any = example()
    with pytest.raises(FrozenInstanceError):
        statement.status = "new"


def test_symbolic_conclusions_are_relations_that_are_not_decided_by_themselves() -> None:
    for name in ("theorem-1", "theorem-2", "corollary-1", "noise-law", "expansion", "zero-bias"):
        assert isinstance(STATEMENTS[name].conclusion, sympy.Eq)


def test_the_theory_knows_neither_torch_nor_the_implementation() -> None:
    code = "import sys, theory; print(sorted({'torch', 'impl', 'numpy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
