"""A subject's own samples: its noise, its estimates, its fits, many times over, each with noise of its
own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proofs_check.float64.floats import Array
from proofs_check.float64.rule import direct, shapes
from proofs_check.sampling.populations import Population
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort

ROWS_PER_CALL = 2**12


@dataclass(frozen=True)
class Replicates:
    """Samples of ``rows`` rows each; ``key`` names the claim and the configuration, and so the seeds."""

    subject: Subject
    population: Population
    rows: int
    effort: Effort
    key: tuple[object, ...]

    def fits(self, start: int, stop: int) -> Iterator[tuple[list[Array], Array]]:
        """B̂^2 … B̂^{N+1} of the samples number start to stop - 1, with how often each datum occurs, (M,).

        The rows of these samples are drawn in one call, with a seed that depends on the key, ``start`` and
        the seed of the run.
        """
        given = self.population.instance
        count, data = (stop - start) * self.rows, len(given.x)
        chosen = self.effort.generator(*self.key, "data", start).integers(0, data, count)
        seed = self.effort.integer(*self.key, "noise", start) % 2**32
        noise = self.subject.draw_noise(given.network.hidden, count, self.population.family, seed)
        estimates = self._estimates(chosen, noise)
        zeros = self._zeros()
        top = self._signals(zeros)[-1]
        for first in range(0, count, self.rows):
            part = slice(first, first + self.rows)
            rows = [layer[part] for layer in estimates]
            fitted = self._fit(rows, chosen[part], list(zeros), top)
            yield fitted, np.bincount(chosen[part], minlength=data).astype(np.float64)

    def _estimates(self, chosen: NDArray[np.int64], noise: list[Array]) -> list[Array]:
        given, parts = self.population.instance, []
        for first in range(0, len(chosen), ROWS_PER_CALL):
            part = slice(first, first + ROWS_PER_CALL)
            rows = [xi[part] for xi in noise]
            x, y = given.x[chosen[part]], given.y[chosen[part]]
            parts.append(self.subject.gradient_estimates(given.network, x, y, rows, self.population.c))
        return [np.concatenate(layer) for layer in zip(*parts, strict=True)]

    def _fit(
        self, rows: list[Array], chosen: NDArray[np.int64], feedback: list[Array], top: Array
    ) -> list[Array]:
        signal = top
        for k in range(len(feedback) - 1, -1, -1):
            feedback[k] = self.subject.fit_feedback(rows[k], signal[chosen])
            if k and not direct(self.population.rule):
                signal = self._signals(feedback)[k]
        return feedback

    def _signals(self, feedback: list[Array]) -> list[Array]:
        given = self.population.instance
        return self.subject.error_signals(given.network, feedback, given.x, given.y, self.population.rule)

    def _zeros(self) -> list[Array]:
        widths = self.population.instance.network.widths
        return [np.zeros(shape) for shape in shapes(self.population.rule, widths)]
