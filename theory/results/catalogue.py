"""Every statement, by its id."""

from __future__ import annotations

from theory.results import (
    antithetic,
    baseline,
    clt,
    confinement,
    control_variate,
    corollary_1,
    definitions,
    expansion,
    fa_equals_dfa,
    floating_point,
    frozen_feedback,
    linearisation,
    noise_law,
    online,
    orthogonality,
    pseudo_inverse,
    rank,
    remainder,
    ridge,
    self_correction,
    stein,
    theorem_1,
    theorem_2,
    theorem_3,
    variance,
    zero_bias,
)
from theory.results.statement import Statement

STATEMENTS: dict[str, Statement] = {
    statement.id: statement
    for statement in (
        definitions.ESTIMATOR,
        definitions.SIGNALS,
        definitions.SOLVES,
        definitions.NOISE,
        theorem_1.STATEMENT,
        theorem_2.STATEMENT,
        corollary_1.STATEMENT,
        theorem_3.STATEMENT,
        linearisation.STATEMENT,
        expansion.STATEMENT,
        stein.STATEMENT,
        baseline.STATEMENT,
        zero_bias.STATEMENT,
        remainder.STATEMENT,
        orthogonality.STATEMENT,
        rank.STATEMENT,
        pseudo_inverse.STATEMENT,
        ridge.STATEMENT,
        fa_equals_dfa.STATEMENT,
        confinement.STATEMENT,
        self_correction.STATEMENT,
        noise_law.STATEMENT,
        variance.STATEMENT,
        antithetic.STATEMENT,
        control_variate.STATEMENT,
        clt.STATEMENT,
        online.STATEMENT,
        frozen_feedback.STATEMENT,
        floating_point.STATEMENT,
    )
}
