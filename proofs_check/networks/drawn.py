"""The networks that Hypothesis draws.

Every weight is an eighth of an integer and every datum a quarter of one, so the same numbers are exact in
float64, in rationals and in balls. Hypothesis draws the configuration only: widths, weights, activations,
loss and which of a thousand fixed data sets to use; the simplest network of each family has identity-like
matrices of width 1, and failing networks shrink towards it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from proofs_check.float64 import activations, floats, losses
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.losses import FULL_RANK_LOSSES
from proofs_check.float64.rule import direct, offered_rules, shapes, sources
from proofs_check.float64.tolerance import resolved
from proofs_check.verdict.evidence import NotApplicable
from theory.exact.network import ExactNetwork
from theory.exact.population import Problem

ACTIVATIONS = tuple(activations.ACTIVATIONS)
LOSSES = tuple(losses.LOSSES)

KINK_MARGIN = 1e-3  # |a| at least this where σ has a kink, on the clean pass
WORST_CONDITION = 1e6


@dataclass(frozen=True)
class Instance:
    """A network and its data: x (M, n_0), y (M, p), every datum equally likely."""

    network: Network
    x: Array
    y: Array

    def problem(self, balls: bool = False) -> Problem:
        """The same in rational or ball arithmetic, for `theory`; nothing is rounded on the way."""
        weights = [w.tolist() for w in self.network.weights]
        exact = ExactNetwork.of(weights, self.network.activations, self.network.loss)
        return Problem(exact.as_balls() if balls else exact, self.x.tolist(), self.y.tolist())

    @cached_property
    def clean(self) -> floats.Pass:
        """The clean pass in float64."""
        return floats.forward(self.network, self.x)

    @cached_property
    def true_errors(self) -> list[Array]:
        """e^1 … e^{N+1} in float64, (M, n_i)."""
        return floats.error_signals(self.network, self.network.weights[1:], self.clean, self.y)

    def conditions(self, rule: str = "FA") -> list[float]:
        """The condition numbers of the Gram matrices that B^2 … B^{N+1} are fitted with."""
        return [_condition(e) for e in sources(rule, self.true_errors)]

    def well_posed(self, rule: str = "FA") -> bool:
        """Whether every fit of the rule has full rank with room to spare, by errors well above their
        rounding.
        """
        return max(self.conditions(rule)) <= WORST_CONDITION and self.resolved(rule)

    def resolved(self, rule: str = "FA") -> bool:
        """Whether the true errors are more than rounding."""
        weights = self.network.weights[1:]
        if direct(rule):  # only the output error counts
            weights = tuple(np.zeros(shape) for shape in shapes(rule, self.network.widths))
        return resolved(self.network, weights, self.x, self.y, rule)

    @property
    def regular(self) -> bool:
        """Whether nothing is near a kink, nor as large as where torch's own functions become inexact."""
        blurred = losses.LOSSES[self.network.loss].blurred
        if blurred and np.abs(self.clean.activations[-1] - self.y).max() > blurred[0]:
            return False
        for name, a in zip(self.network.activations, self.clean.pre_activations, strict=True):
            sigma = activations.ACTIVATIONS[name]
            if sigma.kink and np.abs(a).min() < KINK_MARGIN:
                return False
            if sigma.blurred and np.abs(a).max() > sigma.blurred[0]:
                return False
        return True

    def twin(self) -> Instance:
        """Another network of the same shapes, on other data: what a subject that keeps state between calls
        gets wrong.
        """
        weights = tuple(np.array(-0.75 * w[::-1, ::-1], order="C") for w in self.network.weights)
        return Instance(replace(self.network, weights=weights), self.x[::-1] - 0.125, self.y[::-1].copy())

    def as_code(self) -> str:
        """Python that makes the same network and data with `impl`."""
        weights = "\n".join(f"        {tensor_code(w)}," for w in self.network.weights)
        return (
            "import torch\n"
            "from impl import Network\n\n"
            "network = Network(\n"
            f"    weights=(\n{weights}\n    ),\n"
            f"    activations={self.network.activations!r},\n"
            f"    loss={self.network.loss!r},\n"
            ")\n"
            f"x = {tensor_code(self.x)}\n"
            f"y = {tensor_code(self.y)}"
        )


def tensor_code(values: Array) -> str:
    """Python that makes the same float64 tensor."""
    return f"torch.tensor({values.tolist()}, dtype=torch.float64)"


def _condition(errors: Array) -> float:
    eigenvalues = np.linalg.eigvalsh(errors.T @ errors)
    return float(eigenvalues[-1] / eigenvalues[0]) if eigenvalues[0] > 0 else np.inf


@dataclass(frozen=True)
class Family:
    """The networks that a claim speaks of: widths n_0 … n_{N+1}, activations, losses, the rule their feedback
    is fitted by.

    ``scales`` are powers of two that each layer may be multiplied by; ``accept`` keeps those that meet the
    claim's hypotheses.
    """

    widths: st.SearchStrategy[list[int]]
    hidden: Sequence[str] = ACTIVATIONS
    output: Sequence[str] = ACTIVATIONS
    losses: Sequence[str] = FULL_RANK_LOSSES
    rule: str = "FA"
    fitted: bool = True  # False where nothing is fitted, so that the rule does not matter
    scales: Sequence[int] = (0,)
    accept: Callable[[Instance], bool] = lambda instance: True

    def narrowed(self, supports: Mapping[str, Sequence[str]]) -> Family:
        """The part of the family that a subject supports; raises `NotApplicable` where nothing is left."""
        offered = supports.get("activations", ACTIVATIONS)
        hidden = [name for name in self.hidden if name in offered]
        output = [name for name in self.output if name in offered]
        losses = [name for name in self.losses if name in supports.get("losses", LOSSES)]
        if "identity" not in offered and "cross_entropy" in losses:
            losses.remove("cross_entropy")  # it takes logits
        if not hidden or not output:
            needed = sorted({*self.hidden, *self.output})
            raise NotApplicable(
                f"needs one of the activations {', '.join(needed)}; the subject supports {', '.join(offered)}"
            )
        if not losses:
            raise NotApplicable(
                f"needs one of the losses {', '.join(self.losses)}; the subject supports others"
            )
        if self.fitted and self.rule not in offered_rules(supports):
            raise NotApplicable(f"needs the rule {self.rule}, which the subject does not support")
        return replace(self, hidden=hidden, output=output, losses=losses)

    def instances(self, most_units: int = 24) -> st.SearchStrategy[Instance]:
        """Its networks with at most that many hidden units, and data."""
        return _instances(self).filter(lambda instance: sum(instance.network.hidden) <= most_units)


@st.composite
def _instances(draw: st.DrawFn, family: Family) -> Instance:
    shape = list(draw(family.widths, label="widths"))
    hidden = tuple(draw(st.sampled_from(family.hidden)) for _ in shape[1:-1])
    loss = draw(st.sampled_from(family.losses), label="loss")
    # Cross-entropy takes logits: its output layer is the identity.
    last = "identity" if loss == "cross_entropy" else draw(st.sampled_from(family.output))
    weights = tuple(draw(_weights(rows, columns, family.scales)) for columns, rows in pairwise(shape))
    x, y = data_set(draw(st.integers(0, 999), label="data set"), max(shape) + 2, shape[0], shape[-1], loss)
    instance = Instance(Network(weights, (*hidden, last), loss), x, y)
    assume(instance.regular and family.accept(instance))
    return instance


@st.composite
def _weights(draw: st.DrawFn, rows: int, columns: int, scales: Sequence[int]) -> Array:
    eighths = draw(st.lists(st.integers(-12, 12), min_size=rows * columns, max_size=rows * columns))
    scale = 2.0 ** draw(st.sampled_from(scales))
    return scale * (np.eye(rows, columns) + np.array(eighths, dtype=np.float64).reshape(rows, columns) / 8)


def data_set(number: int, count: int, inputs: int, outputs: int, loss: str) -> tuple[Array, Array]:
    """Data set ``number``: quarters of integers in [-2, 2]; for cross-entropy, one class per datum."""
    generator = np.random.Generator(np.random.Philox(key=[number, 2**32 * inputs + outputs]))
    x = generator.integers(-8, 9, (count, inputs)) / 4
    if loss == "cross_entropy" and number % 2 == 0:
        return x, np.eye(outputs)[generator.integers(0, outputs, count)]
    if loss == "cross_entropy":  # any weights ≥ 0 of the classes, also such as do not sum to 1
        return x, generator.integers(0, 5, (count, outputs)) / 4
    return x, generator.integers(-8, 9, (count, outputs)) / 4


EDGE_WIDTHS = ((2, 2, 2, 2, 2, 2, 2), (3, 70, 2), (2, 7, 9, 6, 3), (1, 1, 1))


def edge_instances(activations: Sequence[str], losses: Sequence[str]) -> list[Instance]:
    """Networks beyond the drawn ones: five hidden layers, wide ones, a single sample; activations and losses
    in turn.
    """
    result = []
    for number, widths in enumerate(EDGE_WIDTHS):
        loss = losses[number % len(losses)]
        names = [activations[(number + k) % len(activations)] for k in range(len(widths) - 1)]
        names[-1] = "identity" if loss == "cross_entropy" else names[-1]
        generator = np.random.Generator(np.random.Philox(key=number))
        weights = tuple(
            generator.integers(-8, 9, (rows, columns)) / 8 * 2.0 ** -(columns // 16)
            for columns, rows in pairwise(widths)
        )
        for attempt in range(100):
            x, y = data_set(attempt, 3 if len(widths) > 3 else 1, widths[0], widths[-1], loss)
            instance = Instance(Network(weights, tuple(names), loss), x, y)
            if instance.regular and instance.twin().regular:
                result.append(instance)
                break
    return result


def any_widths(depth: tuple[int, int] = (1, 3), largest: int = 4) -> st.SearchStrategy[list[int]]:
    """Square, expanding, contracting, bottlenecked: n_0 … n_{N+1} with N hidden layers in the given range."""
    return st.lists(st.integers(1, largest), min_size=depth[0] + 2, max_size=depth[1] + 2)


def widening(depth: tuple[int, int] = (1, 3), largest: int = 4) -> st.SearchStrategy[list[int]]:
    """Widths that a linear network needs for full rank: n_2 ≤ … ≤ n_{N+1}; n_0 and n_1 are free."""

    def sort_above(widths: list[int]) -> list[int]:
        return [*widths[:2], *sorted(widths[2:])]

    return any_widths(depth, largest).map(sort_above)


def equal_widths(depth: tuple[int, int] = (1, 3), largest: int = 4) -> st.SearchStrategy[list[int]]:
    """All widths the same: where a transposed matrix or a wrong layer still fits."""
    return st.tuples(st.integers(*depth), st.integers(2, largest)).map(
        lambda drawn: [drawn[1]] * (drawn[0] + 2)
    )
