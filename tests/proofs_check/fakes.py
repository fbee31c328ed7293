"""Claims that find what they are told to find."""

from types import SimpleNamespace

from proofs_check.claims.claim import Claim
from proofs_check.verdict.evidence import Evidence
from theory.results.statement import Statement

GOOD = Evidence("implementation", "what was found", 0.25, 1.0)
BAD = Evidence("implementation", "what was found", 3.0, 1.0)
CONFIRMED = Evidence("exact", "a fact", "equal", "equal")


def check(*findings):
    """A check that yields evidence, and raises the exceptions among its findings."""

    def run(*_):
        for finding in findings:
            if isinstance(finding, Exception):
                raise finding
            yield finding

    return run


def claim(id, *findings, confirmed=(CONFIRMED,)):
    statement = Statement(
        id=id,
        title=f"The title of {id}",
        source="sec. 2",
        status="holds",
        latex=r"\hat B \to W",
        assumptions=(),
        conclusion="",
    )
    return Claim(statement, check(*confirmed), check(*findings))


def asking(id, family):
    """A claim that asks the subject for noise."""

    def examine(subject, effort):
        subject.draw_noise([2], 3, family)
        yield GOOD

    return Claim(claim(id).statement, check(CONFIRMED), examine)


SUBJECT = SimpleNamespace(begin_claim=lambda seconds: None)
"""For claims that do not ask anything."""
