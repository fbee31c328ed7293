"""`corollary-1`: direct feedback in linear networks of any widths tends to the product of weights above."""

from __future__ import annotations

from collections.abc import Iterator

import flint

from proofs_check.claims.claim import Claim
from proofs_check.networks.drawn import Family, any_widths
from proofs_check.questions.limits import BITS, confirm_limits, examine_limits, products
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.results import direct_residual
from theory.results.corollary_1 import STATEMENT

FAMILY = Family(
    any_widths((1, 3), 3),
    hidden=("identity",),
    output=("identity",),
    rule="DFA",
    accept=lambda instance: instance.well_posed("DFA"),
)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Limit, order and coefficient of every direct matrix; what it leaves in nonlinear networks."""
    yield from confirm_limits(FAMILY, effort, "corollary-1", products)
    yield from nonlinear()


def nonlinear() -> Iterator[Evidence]:
    """Direct feedback fits one matrix to gradients whose slopes change: the rest stays, for any T, any c."""
    rest = "|λ^i - B̂e|² / |λ^i|² for T → ∞, then c → 0"
    name = f"nonlinear, ŷ = |x| by two units of relu: {rest}, layers 1 and 2"
    found = direct_residual.squared_residuals(direct_residual.absolute_value())
    yield Evidence("exact", name, ", ".join(map(str, found)), "1, 0")
    with flint.ctx.workprec(BITS):
        lower, _ = direct_residual.squared_residuals(direct_residual.saturating_units())
        name = f"nonlinear, tanh 2-3-3-2: {rest}, layer 1"
        yield Evidence("ball arithmetic", name, float(lower), (0.01, 1.0))


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's direct matrices equal their exact finite-c limits."""
    yield from examine_limits(subject, FAMILY, effort, "corollary-1")


CLAIM = Claim(STATEMENT, confirm, examine)
