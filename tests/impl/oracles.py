"""Independent answers: two passes in many digits, and autograd."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mpmath
import torch
from mpmath import mpf
from torch import Tensor

DIGITS = 50
Vector = list[mpf]

ACTIVATIONS: dict[str, Callable[[mpf], mpf]] = {
    "identity": lambda a: a,
    "tanh": mpmath.tanh,
    "sigmoid": lambda a: 1 / (1 + mpmath.exp(-a)),
    "softplus": lambda a: mpmath.log(1 + mpmath.exp(a)),
    "relu": lambda a: max(a, mpf(0)),
}

LOSSES: dict[str, Callable[[Vector, Vector], mpf]] = {
    "mse": lambda out, y: sum((o - t) ** 2 for o, t in zip(out, y, strict=True)) / 2,
    "quartic": lambda out, y: sum((o - t) ** 4 for o, t in zip(out, y, strict=True)) / 4,
    "logcosh": lambda out, y: sum(mpmath.log(mpmath.cosh(o - t)) for o, t in zip(out, y, strict=True)),
    "cross_entropy": lambda out, y: (
        -sum(t * (o - mpmath.log(sum(map(mpmath.exp, out)))) for o, t in zip(out, y, strict=True))
    ),
}


def steepness(name: str, output: mpf, y: mpf) -> mpf:
    """|dL/d(output)| of a loss of residuals, with |output| + |y| in place of |output - y|."""
    size = abs(output) + abs(y)
    return {"mse": size, "quartic": size**3, "logcosh": min(size, mpf(1)), "cross_entropy": mpf(0)}[name]


def digits(values: Tensor) -> Vector:
    """The exact numbers that a one-dimensional tensor holds."""
    return [mpf(value) for value in values.tolist()]


def two_passes(network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float) -> Vector:
    """(L~ - L) / c for each row: run the clean pass, run the perturbed pass, subtract. DIGITS digits
    throughout.
    """
    with mpmath.workdps(DIGITS):
        weights = [[digits(row) for row in weight] for weight in network.weights]

        def loss(t: int, scale: mpf) -> mpf:
            h = digits(x[t])
            for k, (weight, name) in enumerate(zip(weights, network.activations, strict=True)):
                h = [ACTIVATIONS[name](mpmath.fdot(row, h)) for row in weight]
                if k < len(noise):
                    h = [value + scale * xi for value, xi in zip(h, digits(noise[k][t]), strict=True)]
            return LOSSES[network.loss](h, digits(y[t]))

        return [(loss(t, mpf(c)) - loss(t, mpf(0))) / mpf(c) for t in range(len(x))]


TORCH_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda a: a,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "softplus": lambda a: torch.logaddexp(a, torch.zeros_like(a)),
    "relu": torch.relu,
}

TORCH_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": lambda out, y: 0.5 * ((out - y) ** 2).sum(1),
    "quartic": lambda out, y: 0.25 * ((out - y) ** 4).sum(1),
    "logcosh": lambda out, y: torch.log(torch.cosh(out - y)).sum(1),
    "cross_entropy": lambda out, y: -(y * torch.log_softmax(out, 1)).sum(1),
}


def backpropagated(network, x: Tensor, y: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """dL/da^1 ... dL/da^{N+1} and dL/dh^1 ... dL/dh^N by torch's autograd."""
    pre_activations, hidden, h = [], [], x
    for weight, name in zip(network.weights, network.activations, strict=True):
        pre_activations.append((h @ weight.T).requires_grad_())
        h = TORCH_ACTIVATIONS[name](pre_activations[-1])
        hidden.append(h)
    total = TORCH_LOSSES[network.loss](h, y).sum()
    grads = torch.autograd.grad(total, [*pre_activations, *hidden[:-1]])
    return list(grads[: len(pre_activations)]), list(grads[len(pre_activations) :])
