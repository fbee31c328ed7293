"""`stein`: for Gaussian noise E λ̂ is the expected gradient at the perturbed state, at every c."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import flint
import numpy as np
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.activations import SMOOTH
from proofs_check.float64.floats import by_layer
from proofs_check.networks.drawn import LOSSES, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import BITS, LARGEST, SCALES, STEP, size
from proofs_check.questions.means import distance, mean_allowance, mean_estimates
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.designs import Design, factorial
from theory.exact.moments import mean
from theory.exact.network import ExactNetwork, Matrix
from theory.exact.noise_laws import GAUSSIAN, RADEMACHER
from theory.exact.population import Problem, scaled_differences, to_floats
from theory.results.stein import STATEMENT, disagreements, mean_gradients, moments_that_agree, three_points

LINEAR = Family(any_widths((1, 3), 3), hidden=("identity",), output=("identity",), losses=("mse", "quartic"))
CURVED = Family(any_widths((1, 3), 3), hidden=SMOOTH, losses=LOSSES)
STEPS = (Fraction(1, 8), Fraction(1), Fraction(3))
MOST = LARGEST["gauss-hermite"]


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Coefficient by coefficient; exact for linear networks; for others as far as the noise is Gaussian."""
    for units, order in ((2, 5), (3, 4)):
        found = len(disagreements(units, order, GAUSSIAN.joint_moment))
        name = f"Gaussian noise: coefficients of E λ̂ and E ∇F(cξ) that differ, to c^{order}, {units} units"
        yield Evidence("symbolic", name, found, 0)
    solved = ", ".join(str(value) for _, value in sorted(moments_that_agree(4).items(), key=str))
    yield Evidence("symbolic", "κ3 to κ6 of the laws that have none, to c^4, one unit", solved, "0, 3, 0, 15")
    plain, gaussian = factorial(RADEMACHER, 1), three_points(1)
    name = "E λ̂ and E F'(ξ) for F(z) = (1 + z)^4/4 and noise ±1, c = 1"
    yield Evidence("exact", name, _smallest(plain, 1), "2 and 4")
    name = "3 E λ̂ and E F'(ξ) for noise with the moments of N(0, 1/3) to the fifth, same F"
    yield Evidence("exact", name, _smallest(gaussian, 3), "2 and 2")
    key = ("stein", "linear")
    yield from search(
        LINEAR.instances(MOST), _exactly, Instance.as_code, effort, key, effort.choose(6, 20, 300)
    )
    key = ("stein", "curved")
    yield from search(
        CURVED.instances(3), _to_fourth_order, Instance.as_code, effort, key, effort.choose(3, 10, 150)
    )


def _smallest(design: Design, factor: int) -> str:
    """Both sides of the 1-1-1 network with W = 1, x = 1, y = 0 and the quartic loss."""
    network = ExactNetwork.of([[[1]], [[1]]], ("identity", "identity"), "quartic")
    problem = Problem(network, ((1,),), ((0,),))
    estimate = factor * mean(problem, design, scaled_differences(problem, design, 1))[0, 0]
    return f"{estimate} and {mean_gradients(problem, design, 1)[0, 0]}"


def _apart(problem: Problem, design: Design, c: Fraction) -> Matrix:
    """3 E λ̂ - E ∇F(cξ), M x n: noise of variance 1/3."""
    return 3 * mean(problem, design, scaled_differences(problem, design, c)) - mean_gradients(
        problem, design, c
    )


def _exactly(instance: Instance) -> Iterator[Measurement]:
    problem, design = instance.problem(), three_points(sum(instance.network.hidden))
    wrong = sum(v != 0 for c in STEPS for v in _apart(problem, design, c).entries())
    name = "linear networks, mse or quartic, c = 1/8, 1, 3: entries of 3 E λ̂ other than E ∇F(cξ)"
    yield Measurement("exact", name, wrong, 0)


def _to_fourth_order(instance: Instance) -> Iterator[Measurement]:
    """The sixth moment is the first that is not Gaussian: it multiplies c^4."""
    design = three_points(sum(instance.network.hidden))
    with flint.ctx.workprec(BITS):
        problem = instance.problem(balls=True)
        whole, halved = (size(_apart(problem, design, c)) for c in (STEP, STEP / 2))
        if whole > 2.0**-300:  # above what 400 bits lose
            name = (
                "any network, five Gaussian moments: what halving c leaves of 3 E λ̂ - E ∇F(cξ), at most 2^-4"
            )
            yield Measurement("ball arithmetic", name, halved / whole, 1.001 * 2.0**-4)


def measurements(subject: Subject, instance: Instance, c: float) -> Iterator[Measurement]:
    """Three times the subject's mean is the expected gradient at the perturbed state."""
    hidden = instance.network.hidden
    design = three_points(sum(hidden))
    found = [3 * m for m in mean_estimates(subject, instance, design, c)]
    expected = mean_gradients(instance.problem(), design, c)
    wanted = by_layer(np.array(to_floats(expected)), hidden)
    allowed = [3 * a for a in mean_allowance(instance, design, c)]
    name = "3 E λ̂ against E ∇F(cξ), by backpropagation, as part of its rounding"
    yield Measurement("implementation", name, distance(found, wanted, allowed), 1.0)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's mean over noise with Gaussian moments is a gradient of the perturbed network."""
    family = LINEAR.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})

    def check(drawn: tuple[Instance, float]) -> Iterator[Measurement]:
        return measurements(subject, *drawn)

    def show(drawn: tuple[Instance, float]) -> Question:
        return on_network("measured", subject, drawn[0], claim=STATEMENT.id, c=drawn[1])

    drawn = st.tuples(family.instances(MOST), st.sampled_from(SCALES))
    yield from search(drawn, check, show, effort, ("stein", "examine"), effort.choose(12, 40, 600))


CLAIM = Claim(STATEMENT, confirm, examine)
