"""A network in rational or ball arithmetic.

The definitions of the paper's section 2, written once for three kinds of number (python-flint's): rationals
where activations and loss are polynomial, balls with proved error bounds elsewhere, and power series over
balls for directional derivatives. Nothing is rounded silently: a rational result is exact, a ball contains
the true value. Balls are computed at the precision of the caller's ``with flint.ctx.workprec(bits):``.

Matrices hold one column per sample: activations of layer i are n_i x T.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

import flint
from flint import arb, arb_mat, arb_series, fmpq, fmpq_mat

from theory.exact.rule import source

# One formula serves three kinds of number, which python-flint's stubs cannot express: their operators are
# typed kind by kind.
Scalar: TypeAlias = Any  # fmpq, arb or arb_series
Matrix: TypeAlias = Any  # fmpq_mat or arb_mat
Real: TypeAlias = int | float | Fraction

POLYNOMIAL_ACTIVATIONS = frozenset({"identity", "relu"})
POLYNOMIAL_LOSSES = frozenset({"mse", "quartic"})


class Undecided(ArithmeticError):
    """A ball straddles a kink: the sign of a pre-activation is not known at this precision."""


def rational(value: Real) -> fmpq:
    """The number itself: every finite float is a rational."""
    exact = value if isinstance(value, float) else Fraction(value)
    return fmpq(*exact.as_integer_ratio())


def matrix(rows: Iterable[Sequence[Real]], exact: bool) -> Matrix:
    """A rational matrix, or one of balls at the current precision."""
    table = [[rational(value) for value in row] for row in rows]
    height, width = len(table), len(table[0])
    entries = [value for row in table for value in row]
    return fmpq_mat(height, width, entries) if exact else arb_mat(height, width, entries)


def apply(function: Callable[..., Scalar], *matrices: Matrix) -> Matrix:
    """The function of corresponding entries."""
    first = matrices[0]
    columns = [m.entries() for m in matrices]
    return type(first)(
        first.nrows(), first.ncols(), [function(*values) for values in zip(*columns, strict=True)]
    )


# -- activations and losses: formulas that hold for balls and for power series alike
# ---------------------------------------------------


def _positive(a: Scalar) -> bool:
    head = a[0] if isinstance(a, arb_series) else a
    if head > 0:
        return True
    if head <= 0:
        return False
    raise Undecided(f"the sign of the pre-activation {head} is not decided at {flint.ctx.prec} bits")


def _sigmoid(a: Scalar) -> Scalar:
    return 1 / (1 + (-a).exp())


def _tanh(a: Scalar) -> Scalar:
    return 1 - 2 / (1 + (2 * a).exp())


ACTIVATIONS: dict[str, Callable[[Scalar], Scalar]] = {
    "identity": lambda a: a,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "softplus": lambda a: (1 + a.exp()).log(),
    "relu": lambda a: a if _positive(a) else 0 * a,
}

DERIVATIVES: dict[str, Callable[[Scalar], Scalar]] = {
    "identity": lambda a: 0 * a + 1,
    "tanh": lambda a: 1 - _tanh(a) * _tanh(a),
    "sigmoid": lambda a: _sigmoid(a) * (1 - _sigmoid(a)),
    "softplus": _sigmoid,
    "relu": lambda a: 0 * a + 1 if _positive(a) else 0 * a,  # 0 at the kink, by convention
}


LOSSES_OF_RESIDUALS: dict[str, tuple[Callable[[Scalar], Scalar], Callable[[Scalar], Scalar]]] = {
    "mse": (lambda r: r * r / 2, lambda r: r),
    "quartic": (lambda r: r * r * r * r / 4, lambda r: r * r * r),
    "logcosh": (lambda r: ((r.exp() + (-r).exp()) / 2).log(), _tanh),
}
"""Losses that are sums over outputs of a function of r = ŷ - y: the function, and its derivative."""

LOSSES = (*LOSSES_OF_RESIDUALS, "cross_entropy")


def _log_sum_exp(outputs: Sequence[Scalar]) -> Scalar:
    return sum((z.exp() for z in outputs[1:]), outputs[0].exp()).log()


def loss_value(loss: str, outputs: Sequence[Scalar], targets: Sequence[Scalar]) -> Scalar:
    """L(ŷ, y) of one sample."""
    if loss == "cross_entropy":
        normaliser = _log_sum_exp(outputs)
        terms = [t * (normaliser - z) for z, t in zip(outputs, targets, strict=True)]
    else:
        of_residual, _ = LOSSES_OF_RESIDUALS[loss]
        terms = [of_residual(z - t) for z, t in zip(outputs, targets, strict=True)]
    return sum(terms[1:], terms[0])


def loss_gradient(loss: str, outputs: Sequence[Scalar], targets: Sequence[Scalar]) -> list[Scalar]:
    """∂L/∂ŷ of one sample."""
    if loss == "cross_entropy":
        normaliser, mass = _log_sum_exp(outputs), sum(targets[1:], targets[0])
        return [mass * (z - normaliser).exp() - t for z, t in zip(outputs, targets, strict=True)]
    _, slope = LOSSES_OF_RESIDUALS[loss]
    return [slope(z - t) for z, t in zip(outputs, targets, strict=True)]


# -- the network ---------------------------------------------------------------------------------------------
# -------------------------


@dataclass(frozen=True)
class ExactNetwork:
    """Weights W^1 … W^{N+1} (n_i x n_{i-1}), one activation per layer, a loss."""

    weights: tuple[Matrix, ...]
    activations: tuple[str, ...]
    loss: str

    @classmethod
    def of(
        cls, weights: Sequence[Sequence[Sequence[Real]]], activations: Sequence[str], loss: str
    ) -> ExactNetwork:
        """From numbers; rational where the whole network is polynomial, else balls at this precision."""
        exact = POLYNOMIAL_ACTIVATIONS.issuperset(activations) and loss in POLYNOMIAL_LOSSES
        return cls(tuple(matrix(w, exact) for w in weights), tuple(activations), loss)

    def as_balls(self) -> ExactNetwork:
        """The same network in ball arithmetic at the current precision."""
        return ExactNetwork(tuple(arb_mat(w) for w in self.weights), self.activations, self.loss)

    @property
    def exact(self) -> bool:
        """Whether the arithmetic is rational."""
        return isinstance(self.weights[0], fmpq_mat)

    @property
    def widths(self) -> tuple[int, ...]:
        """n_0 … n_{N+1}."""
        return (self.weights[0].ncols(), *(w.nrows() for w in self.weights))

    def columns(self, samples: Iterable[Sequence[Real]]) -> Matrix:
        """Samples given as rows (T x n), as columns (n x T) of this network's kind of number."""
        return matrix(samples, self.exact).transpose()


@dataclass(frozen=True)
class Pass:
    """Pre-activations a^1 … a^{N+1} and activations h^0 … h^{N+1} of a pass, n_i x T each."""

    pre_activations: tuple[Matrix, ...]
    activations: tuple[Matrix, ...]


def forward(network: ExactNetwork, inputs: Matrix, offsets: Sequence[Matrix] = ()) -> Pass:
    """The pass; ``offsets`` (one n_i x T matrix per hidden layer) are added after the activations: h̃^i =
    σ_i(W^i h̃^{i-1}) + offset^i.
    """
    pre_activations, activations = [], [inputs]
    for index, (weight, name) in enumerate(zip(network.weights, network.activations, strict=True)):
        pre_activations.append(weight * activations[-1])
        h = apply(ACTIVATIONS[name], pre_activations[-1])
        activations.append(h + offsets[index] if index < len(offsets) else h)
    return Pass(tuple(pre_activations), tuple(activations))


def losses(network: ExactNetwork, outputs: Matrix, targets: Matrix) -> list[Scalar]:
    """L of every column."""
    pairs = zip(outputs.transpose().tolist(), targets.transpose().tolist(), strict=True)
    return [loss_value(network.loss, z, t) for z, t in pairs]


def output_errors(network: ExactNetwork, clean: Pass, targets: Matrix) -> Matrix:
    """e^{N+1} = ∂L/∂ŷ ∘ σ'(a^{N+1}), p x T."""
    pairs = zip(clean.activations[-1].transpose().tolist(), targets.transpose().tolist(), strict=True)
    gradient = [loss_gradient(network.loss, z, t) for z, t in pairs]
    slopes = apply(DERIVATIVES[network.activations[-1]], clean.pre_activations[-1])
    return hadamard(type(slopes)(gradient).transpose(), slopes)


def hadamard(a: Matrix, b: Matrix) -> Matrix:
    """The entrywise product a ∘ b."""
    return apply(lambda u, v: u * v, a, b)


def error_signals(
    network: ExactNetwork, feedback: Sequence[Matrix], clean: Pass, targets: Matrix, rule: str = "FA"
) -> list[Matrix]:
    """ẽ^1 … ẽ^{N+1} on the clean pass, eq. of section 2.1: ẽ^i = (B^{i+1})ᵀ ẽ^{i+1 or N+1} ∘ σ'(a^i); the
    true errors for B = W.
    """
    signals = [output_errors(network, clean, targets)]
    for index in range(len(feedback) - 1, -1, -1):
        slopes = apply(DERIVATIVES[network.activations[index]], clean.pre_activations[index])
        signals.insert(0, hadamard(feedback[index].transpose() * source(rule, signals), slopes))
    return signals


def directional_taylor(
    network: ExactNetwork,
    sample: Sequence[Real],
    target: Sequence[Real],
    direction: Sequence[Scalar],
    order: int,
) -> list[Scalar]:
    """Coefficients a_0 … a_order of F(t·direction) = Σ a_m t^m, F(z) the loss with z added to all hidden
    activations at once.

    ``direction`` runs over the hidden units, layer by layer; its entries are balls or rationals. One
    univariate power series through the network: no finite differences.
    """
    previous_cap, flint.ctx.cap = flint.ctx.cap, order + 1
    try:
        h: list[Scalar] = [arb_series([arb(rational(v))]) for v in sample]
        steps = iter(direction)
        last = len(network.weights) - 1
        for index, (weight, name) in enumerate(zip(network.weights, network.activations, strict=True)):
            rows = weight.tolist()
            a = [sum((arb(w) * v for w, v in zip(row, h, strict=True)), arb_series([0])) for row in rows]
            h = [ACTIVATIONS[name](v) for v in a]
            if index < last:
                h = [v + arb_series([0, arb(next(steps))]) for v in h]
        loss = loss_value(network.loss, h, [arb_series([arb(rational(v))]) for v in target])
        return [loss[m] for m in range(order + 1)]
    finally:
        flint.ctx.cap = previous_cap
