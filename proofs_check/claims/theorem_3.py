"""`theorem-3`: deep nonlinear networks, every layer; and networks trained on handwritten digits."""

from __future__ import annotations

from collections.abc import Iterator

from proofs_check.claims.claim import Claim
from proofs_check.digits.evidence import confirm_recovery, examine_recovery
from proofs_check.float64.activations import NONLINEAR
from proofs_check.networks.drawn import Family, Instance, any_widths
from proofs_check.questions.limits import confirm_limits, examine_limits
from proofs_check.questions.question import asked_of
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, falsified_by
from theory.counterexamples import kinks
from theory.exact.designs import factorial
from theory.exact.noise_laws import RADEMACHER
from theory.exact.population import fit, to_floats
from theory.results.theorem_3 import STATEMENT

FAMILY = Family(any_widths((2, 3), 3), hidden=NONLINEAR, accept=Instance.well_posed)
TRAINED = {"sigmoid": ("sigmoid",), "tanh": ("tanh", "identity")}


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Limit, order and coefficient at every layer of drawn networks; recovery of 64-50-20-10 at real size."""
    yield from confirm_limits(FAMILY, effort, "theorem-3")
    yield from at_kinks()
    for name in TRAINED:
        yield from confirm_recovery(name, effort)


def at_kinks() -> Iterator[Evidence]:
    """What S1 is for: relu networks with a pre-activation of exactly 0, where the loss has no derivative."""
    silent = kinks.listens_to_silence()
    slopes = kinks.mean_limits(silent, factorial(RADEMACHER, sum(silent.network.widths[1:-1])))
    name = "without S1, a unit of relu at its kink: c → 0 of plim B̂^2, where W^2 is the identity"
    yield Evidence("exact", name, str(to_floats(fit(silent, slopes)[0])), "[[0.5, 0.0], [0.5, 1.0]]")

    chain = kinks.chain()
    found = kinks.mean_limits(chain, factorial(RADEMACHER, sum(chain.network.widths[1:-1])))
    name = "without S1, two units at their kinks in a row: c → 0 of E λ̂, which no s = σ'(0) makes (s², s, 1)"
    yield Evidence("exact", name, ", ".join(str(means[0, 0]) for means in found), "1/4, 3/4, 1")


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's matrices equal their exact finite-c limits, on drawn networks and on digits."""
    yield from examine_limits(subject, FAMILY, effort, "theorem-3")
    for name, activations in TRAINED.items():
        if subject.supports_all(activations=activations, losses="mse"):
            yield from falsified_by(
                examine_recovery(subject, name, effort),
                asked_of("digits", subject, network=name, depth=effort.depth),
            )
        else:
            reason = f"the subject does not support {' and '.join(activations)} with mse"
            yield Evidence("not applicable", f"digits 64-50-20-10, {name}", reason)


CLAIM = Claim(STATEMENT, confirm, examine)
