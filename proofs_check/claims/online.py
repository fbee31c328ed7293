"""`online`: feedback learned minibatch by minibatch, W fixed, reaches the least-squares limit W̃(c)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import islice
from typing import Any

import flint
import numpy as np
from numpy.typing import NDArray

from proofs_check.claims.claim import Claim
from proofs_check.float64.designs import atoms
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.tolerance import feedback_allowance
from proofs_check.networks.drawn import Instance, data_set
from proofs_check.questions.limits import BITS, exact_limit, size
from proofs_check.questions.means import every_pair
from proofs_check.sampling.populations import Population
from proofs_check.sampling.sequential import run
from proofs_check.sampling.sums import Probes, design
from proofs_check.subject.methods import Subject
from proofs_check.subject.reference import network_of, online, only_reference, tensor, tensors
from proofs_check.verdict.budget import Account
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.designs import Design, factorial
from theory.exact.noise_laws import RADEMACHER
from theory.exact.population import limit, mean_estimates, to_floats
from theory.results.online import STATEMENT, descent, recursive_ridge, ridge_at_once, top_away

WEIGHTS = (
    np.array([[8, -4], [2, 6]]) / 8,
    np.array([[9, 2], [-3, 8]]) / 8,
    np.array([[8, -3], [4, 6]]) / 8,
)
CURVED = Network(WEIGHTS, ("tanh", "tanh", "identity"), "mse")
STEP = 0.25  # c
GAMMA, RATE = Fraction(1, 2), Fraction(1, 2)
DATA = 6
LONG = 150  # steps of descent, after which nothing but rounding is left
SHORT, DOUBLED = 64, 128  # steps of recursive ridge
SHARE = "updates from the noise's own draws"
MINIBATCHES, COPIES = 5, 4  # minibatches of every datum four times, each with noise of its own
STAGES = ((64, 256), (128, 512), (256, 1024))
SPREAD, SHIFT = 1.7, 1.2


def instance() -> Instance:
    """The network with data on which every fit is well conditioned."""
    return Instance(CURVED, *data_set(35, DATA, 2, 2, "mse"))


def finite(given: Instance) -> Design:
    """Every combination of signs over the hidden units."""
    return factorial(RADEMACHER, sum(given.network.hidden))


def confirm(effort: Effort) -> Iterator[Evidence]:
    """Both rules in ball arithmetic, a minibatch being the whole population; the top in closed form."""
    given = instance()
    with flint.ctx.workprec(BITS):
        problem, law = given.problem(balls=True), finite(given)
        means = mean_estimates(problem, law, STEP)
        target = limit(problem, law, STEP)
        start = [0 * b for b in target]
        steps = list(islice(descent(problem, means, RATE, start), LONG))
        away = [max(size(b - w) / size(w) for b, w in zip(found, target, strict=True)) for found in steps]
        yield Evidence(
            "ball arithmetic", f"gradient descent: |B - W̃(c)| / |W̃(c)| after {LONG} steps", away[-1], 1e-20
        )
        closed = top_away(problem, RATE, 50, start[-1] - target[-1])
        wrong = size(steps[49][-1] - target[-1] - closed) / size(target[-1])
        name = "gradient descent, top: distance from (I - ηC)^k (B_0 - W̃) at k = 50"
        yield Evidence("ball arithmetic", name, wrong, 1e-60)
        ridged = list(islice(recursive_ridge(problem, means, GAMMA), DOUBLED))
        wrong = size(ridged[SHORT - 1][-1] - ridge_at_once(problem, means[-1], GAMMA, SHORT))
        yield Evidence(
            "ball arithmetic",
            f"recursive ridge, top: distance from the ridge regression of {SHORT} minibatches at once",
            wrong,
            1e-60,
        )
        for layer, pair in enumerate(zip(ridged[SHORT - 1], ridged[-1], target, strict=True), start=2):
            before, after = (size(b - pair[2]) for b in pair[:2])
            name = f"recursive ridge: what {DOUBLED} steps leave of the error of B^{layer} at {SHORT}"
            yield Evidence("ball arithmetic", name, after / before, (0.4, 0.65))


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The reference: both rules on the whole population, then gradient descent with noise of its own."""
    only_reference(subject)
    account = Account("online", effort.depth)
    yield from whole_population(online())
    yield from own_draws(online(), subject, effort, account)


def whole_population(module: Any) -> Iterator[Evidence]:
    """`impl.online`, or a module in its place, where a minibatch is every (datum, atom) pair once."""
    given = instance()
    law = finite(given)
    expected = exact_limit(given, law, STEP)
    allowed = feedback_allowance(given, atoms(law, given.network.hidden), STEP, expected)
    rows_x, rows_y, rows_noise = every_pair(given, law)
    network, x, y, noise = network_of(CURVED), tensor(rows_x), tensor(rows_y), tensors(rows_noise)

    feedback = tensors([np.zeros_like(b) for b in expected])
    for _ in range(LONG):
        feedback = module.descend(network, feedback, x, y, noise, STEP, float(RATE))
    yield from _distances("gradient descent", feedback, expected, allowed, f"{LONG} steps")

    state = module.RecursiveRidge(
        tuple(tensors([np.zeros_like(b) for b in expected])), float(GAMMA) * law_count(law)
    )
    for _ in range(SHORT):
        state = state.after(network, x, y, noise, STEP)
    with flint.ctx.workprec(BITS):
        problem = given.problem(balls=True)
        means = mean_estimates(problem, law, STEP)
        exact = next(islice(recursive_ridge(problem, means, GAMMA), SHORT - 1, None))
    # Sums of terms each within the allowance of a single fit: an average of them is too.
    wanted = [np.array(to_floats(b)) for b in exact]
    yield from _distances("recursive ridge", state.feedback, wanted, allowed, f"{SHORT} minibatches")


def law_count(law: Design) -> int:
    """The number of atoms: a minibatch of all pairs has each datum so often."""
    return len(law.values)


def _distances(
    name: str, found: Sequence[Any], expected: Sequence[Array], allowed: Sequence[float], after: str
) -> Iterator[Evidence]:
    for layer, (b, wanted, bound) in enumerate(zip(found, expected, allowed, strict=True), start=2):
        away = float(np.linalg.norm(b.numpy() - wanted))
        title = f"{name}, every pair in each minibatch: |B^{layer} - exact| after {after}"
        yield Evidence("implementation", title, away, bound)


@dataclass(frozen=True)
class Descended:
    """The law of B_k^{N+1} - E B_k^{N+1} after K minibatches that hold every datum equally often.

    It is Σ_k (I - ηC)^{K-k} (η/b) Σ_t e_t (λ̂_t - E λ̂_t)ᵀ over independent rows: an exact characteristic
    function, the product over minibatches and data. ``factor`` scales it and ``shift`` moves it, for rivals.
    """

    population: Population
    factor: float = 1.0
    shift: Array | None = None

    @cached_property
    def _blocks(self) -> list[tuple[Array, Array]]:
        """(scores, weights) of a row of each datum in each minibatch, centred given the datum."""
        pop = self.population
        errors, data = pop.errors, len(pop.errors)
        estimates = pop.estimates[-1].reshape(data, -1, pop.estimates[-1].shape[1])
        weights = (pop.weights * data).reshape(data, -1)
        gram = errors.T @ errors / data
        keep, blocks = np.eye(len(gram)), []
        for _ in range(MINIBATCHES):
            for e, rows, w in zip(errors, estimates, weights, strict=True):
                away = rows - w @ rows
                scale = float(RATE) / (COPIES * data)
                scores = scale * (keep @ e)[None, :, None] * away[:, None, :]
                blocks.append((scores.reshape(len(w), -1), w))
            keep = keep @ (np.eye(len(gram)) - float(RATE) * gram)
        return blocks

    def characteristic(self, directions: Array) -> NDArray[np.complex128]:
        """φ of each direction (K, d)."""
        total = np.ones(len(directions), dtype=np.complex128)
        for scores, weights in self._blocks:
            total = total * (weights @ np.exp(1j * self.factor * (scores @ directions.T))) ** COPIES
        return total if self.shift is None else total * np.exp(1j * (directions @ self.shift))

    @cached_property
    def covariance(self) -> Array:
        """The sum of the rows' covariances."""
        parts = [COPIES * (s * w[:, None]).T @ s for s, w in self._blocks]
        total: Array = self.factor**2 * np.sum(parts, axis=0)
        return total

    def scaled(self, factor: float) -> Descended:
        """All standard deviations so many times as large."""
        return replace(self, factor=self.factor * factor)

    def shifted(self, shift: Array) -> Descended:
        """The mean off by so much."""
        return replace(self, shift=shift)

    def mean(self) -> Array:
        """E B_K^{N+1} from B_0 = 0: W̃ + (I - ηC)^K (0 - W̃)."""
        pop = self.population
        gram = pop.errors.T @ pop.errors / len(pop.errors)
        left = np.linalg.matrix_power(np.eye(len(gram)) - float(RATE) * gram, MINIBATCHES)
        mean: Array = pop.limits[-1] - left @ pop.limits[-1]
        return mean


@dataclass(frozen=True)
class Runs:
    """Runs of gradient descent from 0, each on minibatches with noise of its own, drawn by the subject."""

    module: Any
    subject: Subject
    effort: Effort
    family: str
    repeat: int

    def ends(self, start: int, stop: int) -> Array:
        """B_K^{N+1} of the runs number start to stop - 1, as vectors."""
        given, network = instance(), network_of(CURVED)
        x, y = (tensor(np.tile(values, (COPIES, 1))) for values in (given.x, given.y))
        rows = COPIES * DATA
        seed = self.effort.integer("online", self.family, self.repeat, start) % 2**32
        draws = (stop - start) * MINIBATCHES * rows
        noise = tensors(self.subject.draw_noise(CURVED.hidden, draws, self.family, seed))
        found = []
        for first in range(0, draws, MINIBATCHES * rows):
            feedback = tensors([np.zeros_like(w) for w in WEIGHTS[1:]])
            for begin in range(first, first + MINIBATCHES * rows, rows):
                part = [xi[begin : begin + rows] for xi in noise]
                feedback = self.module.descend(network, feedback, x, y, part, STEP, float(RATE))
            found.append(feedback[-1].numpy().ravel())
        return np.array(found)


def own_draws(module: Any, subject: Subject, effort: Effort, account: Account) -> Iterator[Evidence]:
    """Many runs of gradient descent on minibatches with the subject's noise: the top matrix."""
    for family in ("rademacher", "skewed")[: effort.choose(1, 2, 2)]:
        for repeat in range(effort.choose(1, 1, 3)):
            yield from _tested(Runs(module, subject, effort, family, repeat), account)


def _tested(runs: Runs, account: Account) -> Iterator[Evidence]:
    law = Descended(Population(instance(), runs.family, STEP))
    probes, counts, alpha = Probes.of(law), runs.effort.choose(*STAGES), account.alpha(SHARE)
    plan, factor, shift = design(probes, law, counts, alpha)
    mean = law.mean().ravel()
    outcome = run(plan, lambda start, stop: probes.values(runs.ends(start, stop) - mean))
    name = f"gradient descent, {runs.family}, {MINIBATCHES} minibatches of {COPIES * DATA} rows"
    stopped = f"{outcome.count} of {counts[-1]} runs, part of the bound"
    yield Evidence("statistical", f"{name}: mean and covariance of B^3, {stopped}", outcome.used, 1.0)
    found = f"{name}: found with probability 0.99 in {counts[-1]} runs, α = {alpha:.1g}:"
    yield Evidence("statistical", f"{found} standard errors wrong by this factor", factor, SPREAD)
    yield Evidence("statistical", f"{found} a mean off by so many standard errors", shift, SHIFT)


CLAIM = Claim(STATEMENT, confirm, examine)
