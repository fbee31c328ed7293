"""A finite sample: each row has its own datum and its own draw of the noise.

No expectation and no limit: the estimates of the rows as eq. (2) gives them, exactly. What `population.fit`
makes of them is the fit itself, of any finite sample.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb

from theory.exact.network import Matrix, Real, forward, losses, rational
from theory.exact.population import Problem


def estimates(problem: Problem, noise: Sequence[Matrix], c: Real) -> list[Matrix]:
    """λ̂^1 … λ̂^N, n_i x T each: eq. (2) for the rows of ``problem``, row t perturbed by column t of ξ^i
    (n_i x T).
    """
    network = problem.network
    step = rational(c) if network.exact else arb(rational(c))
    perturbed = forward(network, problem.inputs, [step * xi for xi in noise]).activations[-1]
    pairs = zip(
        losses(network, perturbed, problem.targets),
        losses(network, problem.clean.activations[-1], problem.targets),
        strict=True,
    )
    slopes = [(after - before) / step for after, before in pairs]
    return [
        type(xi)([[s * v for s, v in zip(slopes, row, strict=True)] for row in xi.tolist()]) for xi in noise
    ]
