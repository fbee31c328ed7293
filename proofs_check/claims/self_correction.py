"""`self-correction`: in linear networks an invertible Q in B^{i+1}Q changes no gradient fitted below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import flint
import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64.floats import Array
from proofs_check.networks.drawn import Family, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import size
from proofs_check.questions.question import Question, on_network
from proofs_check.questions.rows import FittedGradients, Rows, answer, float_rows, rows
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact import samples
from theory.exact.network import ExactNetwork, Matrix, matrix
from theory.exact.population import Problem, full_rank, to_floats
from theory.results.self_correction import STATEMENT, fitted_map, gradients_below, refitted
from theory.writing.mathematics import in_text

LINEAR = Family(any_widths((2, 3), 3), hidden=("identity",), output=("identity",), losses=("mse", "quartic"))
WORST_CONDITION = 20.0  # of Q: an invertible matrix that float64 takes for one


@dataclass(frozen=True)
class Distorted:
    """A sample, complete feedback, the layer i ≥ 2 and an invertible Q (n_i x n_i) that B^{i+1} is multiplied
    by.
    """

    sample: Rows
    feedback: tuple[Array, ...]
    layer: int
    distortion: Array

    @property
    def changed(self) -> list[Array]:
        """The feedback with B^{i+1} Q."""
        result = list(self.feedback)
        result[self.layer - 1] = result[self.layer - 1] @ self.distortion  # integers over 64: exact
        return result


@st.composite
def distortions(draw: st.DrawFn, family: Family) -> Distorted:
    """Random feedback, as no fit is needed above the layer, and a random Q."""
    sample = draw(rows(family))
    layer = draw(st.integers(2, len(sample.noise)), label="layer")
    number = draw(st.integers(0, 999), label="feedback number")
    generator = np.random.Generator(np.random.Philox(key=[number, layer]))
    feedback = [generator.integers(-12, 13, w.shape) / 8 for w in sample.instance.network.weights[1:]]
    width = sample.instance.network.widths[layer]
    distortion = np.eye(width) + generator.integers(-12, 13, (width, width)) / 8
    assume(np.linalg.cond(distortion) <= WORST_CONDITION)
    return Distorted(sample, tuple(feedback), layer, distortion)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Q cancels; in rationals on drawn samples of any rank; from the other side, and with a nonlinearity, it
    does not, unless Q is diagonal.
    """
    key, count = ("self-correction", "confirm"), effort.choose(15, 50, 1000)
    yield from search(distortions(LINEAR), _unchanged, show, effort, key, count)
    name = "what stands between the sample's Λ̂ and E in the fitted gradient: Q (QᵀSQ)⁻¹ Qᵀ"
    yield Evidence("symbolic", name, in_text(fitted_map()), "S⁻¹")
    yield from _controls()


def show(given: Distorted) -> str:
    """The network as code, with the matrices that matter."""
    matrices = {
        "noise": [xi.tolist() for xi in given.sample.noise],
        "feedback": [b.tolist() for b in given.feedback],
        "Q": given.distortion.tolist(),
        "layer": given.layer,
    }
    return "\n".join([given.sample.instance.as_code(), *(f"{k} = {v}" for k, v in matrices.items())])


def _unchanged(given: Distorted) -> Iterator[Measurement]:
    problem, estimates = given.sample.instance.problem(), given.sample.exact_estimates()
    before, after = (
        gradients_below(problem, [matrix(b.tolist(), exact=True) for b in above], estimates, given.layer)
        for above in (given.feedback, given.changed)
    )
    differ = sum(a != b for a, b in zip(after, before, strict=True))
    name = "layers below B^{i+1} whose fitted gradient changes with B^{i+1}Q, in rationals"
    yield Measurement("exact", name, differ, 0)


def _controls() -> Iterator[Evidence]:
    """One fixed network, 2-2-2-3: what changes the gradient below, and what does not."""
    x, y = (
        ((1, 0), (0, 1), (1, -2), (2, 1), (-1, 1)),
        ((1, 0, 2), (0, 2, 1), (-1, 1, 0), (1, 1, 1), (2, 0, 1)),
    )
    weights = [[[1, 2], [0, 1]], [[1, -1], [2, 1]], [[1, 0], [2, -1], [1, 3]]]
    noise = [
        [[1, -1], [2, 1], [-1, 0], [1, 1], [0, -2]],
        [[0, 1], [1, 1], [1, -2], [-1, 1], [2, 1]],
    ]
    mixing, scaling = [[1, 1], [0, 2]], [[2, 0], [0, -1]]
    left = [[1, 1, 0], [0, 2, 0], [0, 0, 1]]
    cases = (
        ("B³Q, linear", "identity", None, mixing, "unchanged"),
        ("QB³, linear", "identity", left, None, "changed"),
        ("B³Q, tanh", "tanh", None, mixing, "changed"),
        ("B³Q with diagonal Q, tanh", "tanh", None, scaling, "unchanged"),
    )
    for name, activation, before, after, verdict in cases:
        moved = _moved(weights, activation, (x, y), noise, before, after)
        found = "unchanged" if moved < 1e-30 else "changed"
        yield Evidence("ball arithmetic", f"control, {name}: the gradient fitted below", found, verdict)


def _moved(
    weights: Sequence[Sequence[Sequence[int]]],
    activation: str,
    data: tuple[Sequence[Sequence[int]], Sequence[Sequence[int]]],
    noise: Sequence[Sequence[Sequence[int]]],
    before: Sequence[Sequence[int]] | None,
    after: Sequence[Sequence[int]] | None,
) -> float:
    """|change| / |gradient| of ẽ^1 fitted below B^3 = W^3, where that becomes ``before`` B^3 ``after``."""
    with flint.ctx.workprec(256):
        network = ExactNetwork.of(weights, (activation, activation, "identity"), "mse").as_balls()
        problem = Problem(network, *data)
        estimates = samples.estimates(problem, [network.columns(xi) for xi in noise], 0.5)
        distorted: Matrix = network.weights[2]
        distorted = distorted if before is None else matrix(before, exact=False) * distorted
        distorted = distorted if after is None else distorted * matrix(after, exact=False)
        whole, other = (
            gradients_below(problem, [network.weights[1], top], estimates, 2, full_rank)[0]
            for top in (network.weights[2], distorted)
        )
        return size(other - whole) / size(whole)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's gradient below its own fit is the same with B^{i+1} and with B^{i+1}Q, and the exact
    one.
    """
    family = LINEAR.narrowed(subject.supports)

    def check(given: Distorted) -> Iterator[Measurement]:
        estimates = given.sample.estimates(subject)
        answers = exact_answers(given, estimates)
        assume(all(exact.precise for exact in answers))
        yield from measurements(subject, given, estimates, answers)

    def code(given: Distorted) -> Question:
        sample = given.sample
        tensors: dict[str, Sequence[Array] | Array] = {
            "noise": sample.noise,
            "feedback": given.feedback,
            "distortion": given.distortion,
        }
        return on_network("distorted", subject, sample.instance, tensors, layer=given.layer, c=sample.c)

    key, count = ("self-correction", "examine"), effort.choose(15, 50, 1000)
    yield from search(distortions(family), check, code, effort, key, count)


def exact_answers(given: Distorted, estimates: Sequence[Array]) -> list[FittedGradients]:
    """The gradient fitted below B^{i+1}, and below B^{i+1}Q."""
    instance, k = given.sample.instance, given.layer - 2
    problem, exact = instance.problem(), given.sample.columns(estimates)
    answers = []
    for feedback in (given.feedback, given.changed):
        above = [matrix(b.tolist(), exact=True) for b in feedback]
        fitted = [np.array(to_floats(b)) for b in refitted(problem, above, exact, given.layer)]
        below = float_rows(gradients_below(problem, above, exact, given.layer))
        answers.append(answer(instance, fitted, below, {k: estimates[k]}, "FA"))
    return answers


def measurements(
    subject: Subject, given: Distorted, estimates: Sequence[Array], answers: Sequence[FittedGradients]
) -> Iterator[Measurement]:
    """The gradients that the subject fits below B^{i+1} and below B^{i+1}Q, against the exact one and against
    each other.
    """
    instance, k = given.sample.instance, given.layer - 2
    data, found, allowed = (instance.x, instance.y, "FA"), [], []
    for title, feedback, exact in zip(
        ("B", "BQ"), (list(given.feedback), given.changed), answers, strict=True
    ):
        signals = subject.error_signals(instance.network, feedback, *data)
        feedback[k] = subject.fit_feedback(estimates[k], signals[k + 1])
        found.append(subject.error_signals(instance.network, feedback, *data)[k])
        allowed.append(exact.allowed[0])
        away = float(np.linalg.norm(found[-1] - exact.gradients[0]))
        yield Measurement("implementation", f"|gradient fitted below {title} - exact one|", away, allowed[-1])
    moved = float(np.linalg.norm(found[1] - found[0]))
    yield Measurement("implementation", "|gradient fitted below BQ - below B|", moved, sum(allowed))


CLAIM = Claim(STATEMENT, confirm, examine)
