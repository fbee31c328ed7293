"""The mutations fit the sources as they are; running them all takes Coq and minutes, and is a command."""

from __future__ import annotations

from pathlib import Path

from proofs_check.formal import build
from proofs_check.formal.mutations import MUTATIONS


def test_every_mutation_changes_one_place(tmp_path: Path) -> None:
    for mutation in MUTATIONS:
        build.copied(tmp_path)
        before = (tmp_path / mutation.file).read_text(encoding="utf-8")
        mutation.apply(tmp_path)
        assert (tmp_path / mutation.file).read_text(encoding="utf-8") != before


def test_there_are_enough_of_them_and_few_are_harmless() -> None:
    names = [mutation.name for mutation in MUTATIONS]
    assert len(names) == len(set(names)) >= 12
    assert sum(bool(mutation.harmless) for mutation in MUTATIONS) <= 2
