"""`theorem-1`: the top layer, any nonlinearity; and the three networks for which the theorem as printed
fails.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy
from flint import arb

from proofs_check.claims.claim import Claim
from proofs_check.networks.drawn import Family, Instance, any_widths
from proofs_check.questions.limits import confirm_limits, examine_limits
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.counterexamples.theorem_1 import limit_a, limit_b, limit_b_at_zero, variance_c, variance_c_limit
from theory.exact.designs import factorial
from theory.exact.network import ExactNetwork
from theory.exact.noise_laws import RADEMACHER
from theory.exact.population import Problem, limit
from theory.results.theorem_1 import STATEMENT
from theory.writing.mathematics import in_text

TOP = slice(-1, None)
# The top matrix is the same for both rules; DFA asks nothing of the layers below it, as the theorem does.
DIRECT = Family(any_widths((1, 2), 3), rule="DFA", accept=lambda instance: instance.well_posed("DFA"))
LAYERWISE = Family(any_widths((1, 2), 3), rule="FA", accept=Instance.well_posed)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """The counterexamples to the literal theorem; the repaired one on drawn networks."""
    yield from counterexamples(effort)
    yield from confirm_limits(DIRECT, effort, "theorem-1", layers=TOP)


def counterexamples(effort: Effort) -> Iterator[Evidence]:
    """(b) data without a common scale, which decides; (c) errors without a second moment; (a) noise with
    E ξξᵀ = 4 I, outside of the theorem if Var ξ = 1 is a convention. A1 to A4 hold for each.
    """
    closed = limit_b_at_zero()
    exact = arb(str(sympy.N(closed, 40)))
    yield Evidence(
        "symbolic", "as printed, (b): c → 0 of plim B̂, where W = 1", in_text(closed), "(9 log(3))/(2π²) + 1"
    )
    for law in ("gaussian", "rademacher"):
        value = limit_b("1e-3" if law == "gaussian" else "1e-6", law)
        near = 1e-6 if law == "gaussian" else 1e-5
        name = f"as printed, (b): plim B̂ in {law} noise of scale {'1e-3' if law == 'gaussian' else '1e-6'}"
        yield Evidence("ball arithmetic", name, float(value), (float(exact) - near, float(exact) + near))

    name = "as printed, (c): variance of B̂/W, T → ∞"
    yield Evidence("symbolic", name, in_text(variance_c_limit()), "½")
    for samples in effort.choose((100,), (10, 100, 10**4, 10**6), (10, 100, 10**3, 10**4, 10**5, 10**6)):
        name = f"as printed, (c): exact variance of B̂/W after {samples:,} samples: it does not vanish"
        most = 0.5 + 0.6 / samples ** (1 / 3)  # the correction to the limit is of that order
        yield Evidence("exact", name, float(variance_c(samples)), (0.5, most))

    network = ExactNetwork.of([[[1, 2]], [[3], [-1]]], ("identity", "identity"), "mse")
    problem = Problem(network, ((1, 0), (0, 1), (1, -2)), ((1, 0), (0, 2), (-1, 1)))
    found = limit(problem, factorial(RADEMACHER, 1).scaled(Fraction(2)), Fraction(1, 2))[0]
    expected = limit_a(sympy.Matrix([[3], [-1]]), sympy.Matrix([[4]]))
    name = "as printed, (a), without Var ξ = 1: noise of variance 4, W = (3, -1): B̂ tends to"
    exact = sympy.Matrix([sympy.Rational(int(value.p), int(value.q)) for value in found.entries()])
    yield Evidence("exact", name, in_text(exact), in_text(expected))


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's top matrix equals its exact finite-c limit."""
    family = DIRECT if subject.supports_all(rules="DFA") else LAYERWISE
    yield from examine_limits(subject, family, effort, "theorem-1", TOP)


CLAIM = Claim(STATEMENT, confirm, examine)
