"""What the suite says about every adapter in `examples`, at quick: the table in `examples/README.md`.

    python -m tests.example_table [--check] [--only CLAIM,CLAIM]

asks every claim of every adapter, each in its worker process, and writes the table between its two marks;
`--check` compares instead, and with `--only` no more than these rows. Nothing is shrunk.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from feedback_proofs_io import whole
from proofs_check.claims import CLAIMS
from proofs_check.ledger.ledger import check
from proofs_check.subject.methods import Subject
from proofs_check.subject.subjects import WorkerSubject
from proofs_check.verdict.effort import Effort
from tests.bug_matrix import without_shrinking

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
README = EXAMPLES / "README.md"
START, END = "<!-- python -m tests.example_table writes what follows -->", "<!-- and ends here -->"
ADAPTERS = (  # the heading of each column, and the subject
    ("two passes", "two_pass.py:TwoPass"),
    ("numpy", "numpy_two_pass.py:NumpyTwoPass"),
    ("training code", "adapter.py:Mine"),
    ("mended", "adapter.py:Mended"),
    ("forward gradient", "forward_gradient.py:ForwardGradient"),
    ("two-sided", "two_sided.py:TwoSided"),
    ("public code", "authors_code.py:GammaAsAsked"),
    ("γ = 0.1", "authors_code.py:AsCommitted"),
    ("batch sum", "authors_code.py:BatchSummed"),
    ("pre-activation", "pre_activation.py:PreActivation"),
    ("same, linear", "pre_activation.py:OnLinearNetworks"),
)
WORDS = {"pass": "pass", "fail": "**fail**", "error": "**error**", "not applicable": "–"}

Outcomes = dict[str, list[str]]  # claim -> a word for each adapter


Begin: TypeAlias = "Callable[[str], AbstractContextManager[Subject]]"


def asked(claims: Sequence[str], begin: Begin = WorkerSubject) -> Outcomes:
    """Ask these claims of every adapter, which ``begin`` finds by its place."""
    found: Outcomes = {claim: [] for claim in claims}
    for _, place in ADAPTERS:
        with begin(str(EXAMPLES / place)) as subject, without_shrinking():
            for claim in CLAIMS:
                if claim.id in claims:
                    row = check(replace(claim, confirm=lambda effort: ()), subject, Effort("quick"))
                    found[claim.id].append(WORDS[row.verdict.outcome])
        print(place, file=sys.stderr, flush=True)
    return found


def table(outcomes: Outcomes) -> str:
    """The outcomes as Markdown."""
    lines = ["| claim | " + " | ".join(heading for heading, _ in ADAPTERS) + " |"]
    lines.append("|---" * (len(ADAPTERS) + 1) + "|")
    lines += [f"| `{claim}` | " + " | ".join(words) + " |" for claim, words in outcomes.items()]
    return "\n".join(lines)


def written(text: str) -> Outcomes:
    """The outcomes in the table of a README."""
    rows = text[text.index(START) : text.index(END)].splitlines()[4:]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if row.startswith("| `")]
    return {first.strip("`"): words for first, *words in cells}


def with_table(text: str, outcomes: Outcomes) -> str:
    """The README with its table replaced."""
    return f"{text[: text.index(START)]}{START}\n\n{table(outcomes)}\n\n{text[text.index(END) :]}"


def differences(fresh: Outcomes, stored: Outcomes) -> Iterable[str]:
    """The cells that the README has otherwise."""
    for claim, words in fresh.items():
        known = stored.get(claim, [""] * len(words))
        for (heading, _), word, old in zip(ADAPTERS, words, known, strict=True):
            if word != old:
                yield f"{claim}, {heading}: the README says {old or 'nothing'}, the suite {word}"


def main() -> int:
    """Write the table, or compare it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit code 1 where it differs")
    parser.add_argument("--only", metavar="CLAIM,CLAIM", help="only these rows")
    given = parser.parse_args()
    text = README.read_text(encoding="utf-8")
    claims = given.only.split(",") if given.only else [claim.id for claim in CLAIMS]
    fresh = asked(claims)
    wrong = list(differences(fresh, written(text)))
    print("\n".join(wrong) or "the table is current")
    if given.check:
        return 1 if wrong else 0
    every = {**written(text), **fresh}
    ordered = {claim.id: every[claim.id] for claim in CLAIMS if claim.id in every}
    whole.write(README, with_table(text, ordered))
    return 0


if __name__ == "__main__":
    sys.exit(main())
