"""The README names what there is, and leaves no headline theorem out."""

from __future__ import annotations

import re

from proofs_check.formal import build
from theory import STATEMENTS

README = (build.SOURCES / "README.md").read_text(encoding="utf-8")


def _declared(module: str) -> set[str]:
    text = build.without_comments((build.SOURCES / f"{module}.v").read_text(encoding="utf-8"))
    return set(re.findall(r"\b(?:Theorem|Lemma|Definition|Fixpoint|Record) (\w+)", text))


def test_every_theorem_named_is_in_its_file() -> None:
    named = re.findall(r"`([A-Z]\w+)\.(\w+)`", README)
    for module, name in named:
        assert name == "v" or name in _declared(module), (module, name)


def test_every_definition_in_the_table_is_one() -> None:
    table = README.split("## The definitions")[1].split("## The statements")[0]
    fields = {"weight"}
    for row in table.splitlines():
        if row.startswith("|") and row.count("|") == 4:
            for name in re.findall(r"`(\w+)`", row.split("|")[2]):
                assert name in _declared("Definitions") | fields, name


def test_every_headline_theorem_is_explained() -> None:
    for name in build.names():
        assert f"`{name.split('.')[1]}`" in README or f"`{name}`" in README, name


def test_every_statement_it_proves_is_named() -> None:
    for statement in build.THEOREMS:
        assert statement in STATEMENTS
        assert f"`{statement}`" in README, statement


def test_the_names_of_the_theory_are_placed_and_what_is_not_named_is_not_here() -> None:
    table = README.split("## Every name in `theory`")[1].split("## What is not here")[0]
    named = re.findall(r"`([a-z0-9-]+)`", table)
    assert len(set(named)) == len(named)
    assert set(build.THEOREMS) <= set(named) <= {*STATEMENTS, "theory"}
    assert "| not here | every other name;" in table


def test_what_is_outside_is_said_first() -> None:
    first = " ".join(README.split("    apt-get")[0].split())
    for outside in (
        "finite laws",
        "Gaussian",
        "infinitely many values",
        "biases",
        "convolution, pooling, dropout",
        "W changing while B is learned",
        "floating-point",
        "iterated limit",
    ):
        assert outside in first, outside


def test_every_file_is_built() -> None:
    assert sorted(f"{name}.v" for name in build.modules()) == sorted(
        p.name for p in build.SOURCES.glob("*.v")
    )
