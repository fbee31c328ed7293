"""The proofs about single units once more with two units: short claims, from which many more are drawn."""

from __future__ import annotations

from theory.proof import Proof, Same, Step, suppose
from theory.proof.constants import c
from theory.proof.rules import ARITHMETIC, EXPANSION, SEPARATION
from theory.proof.units import E, kappa, xi
from theory.proofs.single_units import closed_form, difference, polynomial
from theory.results.assumptions import IDENTICAL, INDEPENDENT, SMOOTH

_moments = (suppose(INDEPENDENT), suppose(IDENTICAL), suppose(SMOOTH))


def _expansion(order: int) -> Proof:
    estimate, series = E(difference(2) * xi(1) / c), E(polynomial(2, order) * xi(1) / c)
    return Proof(
        f"expansion to order {order}",
        (INDEPENDENT, IDENTICAL, SMOOTH),
        (
            Step("Taylor", Same(estimate, series, order), EXPANSION, (suppose(SMOOTH),)),
            Step("closed form", Same(series, closed_form(2, order)), SEPARATION, _moments),
            Step("mean", Same(estimate, closed_form(2, order), order), ARITHMETIC, ("Taylor", "closed form")),
        ),
        ("mean",),
    )


_central = E((difference(2) - difference(2, -1)) * xi(1) / (2 * c))
_odd = (polynomial(2, 4) - polynomial(2, 4).subs(c, -c)) / 2
_unbiased = closed_form(2, 3).subs(kappa(3), 0)

SMALL_PROOFS = (
    _expansion(2),
    _expansion(3),
    Proof(
        "antithetic with two units",
        (INDEPENDENT, IDENTICAL, SMOOTH),
        (
            Step("both ways", Same(_central, E(_odd * xi(1) / c), 4), EXPANSION, (suppose(SMOOTH),)),
            Step("closed form", Same(E(_odd * xi(1) / c), _unbiased), SEPARATION, _moments),
            Step("no odd order", Same(_central, _unbiased, 4), ARITHMETIC, ("both ways", "closed form")),
        ),
        ("no odd order",),
    ),
)
