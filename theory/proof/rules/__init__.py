"""The rules of proof, named as in a textbook.

Each looks at a claim and at what it is said to follow from, and accepts or raises `Rejected` with the
reason. Those marked as axioms are theorems of analysis and probability that are not proved here: the
trusted base. Each has side conditions, such as a dominating function or independence, which have to be
among the premises.
"""

from theory.proof.rules.algebra import (
    CANCELLATION,
    DEFINITE,
    DEFINITION,
    HYPOTHESIS,
    PROJECTION,
    PSEUDO_INVERSE,
    RIDGE,
    SOLUTION,
    SUBSTITUTION,
    VANISHING_MOMENT,
)
from theory.proof.rules.bounds import CAUCHY_SCHWARZ, CONVERGENT, DOMINATION, MOMENTS, NORMS, SMALL_SCALE
from theory.proof.rules.core import Premises, Rejected, Rule
from theory.proof.rules.expectation import INDEPENDENCE, LINEARITY, TOWER
from theory.proof.rules.limits import (
    CONSTANT_RANK,
    CONTINUOUS_MAPPING,
    DOMINATED_CONVERGENCE,
    JOINT_LAW,
    LAW_OF_LARGE_NUMBERS,
    LIMIT,
    OPEN,
    POLYNOMIAL,
    VANISHING,
)
from theory.proof.rules.statistics import CENTRAL_LIMIT, FIRST_ORDER, SLUTSKY, STEIN
from theory.proof.rules.units import ARITHMETIC, EXPANSION, SEPARATION, TAYLOR, TRIANGLE

RULES = (
    DEFINITION,
    SUBSTITUTION,
    HYPOTHESIS,
    LINEARITY,
    TOWER,
    INDEPENDENCE,
    CANCELLATION,
    SOLUTION,
    PSEUDO_INVERSE,
    VANISHING_MOMENT,
    DEFINITE,
    RIDGE,
    PROJECTION,
    NORMS,
    SMALL_SCALE,
    MOMENTS,
    DOMINATION,
    CAUCHY_SCHWARZ,
    CONVERGENT,
    LIMIT,
    OPEN,
    POLYNOMIAL,
    VANISHING,
    ARITHMETIC,
    SEPARATION,
    TRIANGLE,
    LAW_OF_LARGE_NUMBERS,
    JOINT_LAW,
    CONTINUOUS_MAPPING,
    DOMINATED_CONVERGENCE,
    CONSTANT_RANK,
    TAYLOR,
    EXPANSION,
    STEIN,
    FIRST_ORDER,
    CENTRAL_LIMIT,
    SLUTSKY,
)
"""All rules, the axioms last."""

__all__ = [
    "ARITHMETIC",
    "CANCELLATION",
    "CAUCHY_SCHWARZ",
    "CENTRAL_LIMIT",
    "CONSTANT_RANK",
    "CONTINUOUS_MAPPING",
    "CONVERGENT",
    "DEFINITE",
    "DEFINITION",
    "DOMINATED_CONVERGENCE",
    "DOMINATION",
    "EXPANSION",
    "FIRST_ORDER",
    "HYPOTHESIS",
    "INDEPENDENCE",
    "JOINT_LAW",
    "LAW_OF_LARGE_NUMBERS",
    "LIMIT",
    "LINEARITY",
    "MOMENTS",
    "NORMS",
    "OPEN",
    "POLYNOMIAL",
    "PROJECTION",
    "PSEUDO_INVERSE",
    "RIDGE",
    "RULES",
    "SEPARATION",
    "SLUTSKY",
    "SMALL_SCALE",
    "SOLUTION",
    "STEIN",
    "SUBSTITUTION",
    "TAYLOR",
    "TOWER",
    "TRIANGLE",
    "VANISHING",
    "VANISHING_MOMENT",
    "Premises",
    "Rejected",
    "Rule",
]
