"""What a step is compared with: the bare products, plain two-pass PyTorch, backpropagation, and forward
gradients.

Written as a competent user would, on row-major data, in eager PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.cases import Model
from impl.activations import ACTIVATIONS
from impl.losses import LOSSES

__all__ = ["PEERS", "backpropagation", "copy_bandwidth", "forward_gradient", "naive", "products"]

Function = Callable[[], object]
TORCH: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "identity": lambda a: a,
}


def products(model: Model) -> Function:
    """The floor: exactly the matrix products of a step, into kept outputs, and nothing else.

    Q as a whole, while of a wide one, which is symmetric, a step forms little more than the lower triangle.

    Clean pass over the data, perturbed pass from the second layer over the samples, feedback from the top
    down to the second layer, S and Q of every layer over the data.
    """
    n, data, samples = model.shape.widths, model.shape.data, model.shape.samples
    like = model.weights[0]
    sizes = [(n[i], n[i - 1], data) for i in range(1, len(n))]
    sizes += [(n[i], n[i - 1], samples) for i in range(2, len(n))]
    sizes += [(n[i], n[i + 1], data) for i in range(2, len(n) - 1)]
    calls = [(like.new_ones(a, k), like.new_ones(k, b), like.new_empty(a, b)) for a, k, b in sizes]
    for i in range(1, len(n) - 1):  # S: (n_{i+1}, n_i), Q: (n_{i+1}, n_{i+1})
        for width in (n[i], n[i + 1]):
            right = like.new_ones(width, data).T
            calls.append((like.new_ones(n[i + 1], data), right, like.new_empty(n[i + 1], width)))

    def run() -> None:
        for left, right, out in calls:
            torch.mm(left, right, out=out)

    return run


def naive(model: Model) -> Function:
    """Two full passes over all samples with stored Gaussian noise, losses subtracted, estimates stored."""
    shape, weights, feedback = model.shape, model.weights, model.feedback
    sigma, loss = TORCH[shape.activation], LOSSES[shape.loss]
    slope = ACTIVATIONS[shape.activation].derivative
    sums = [[torch.zeros_like(B), B.new_zeros(B.shape[0], B.shape[0])] for B in feedback]

    @torch.no_grad()
    def run() -> None:
        x, y = (t.repeat_interleave(shape.draws, 0) for t in (model.x, model.y))
        noise = [torch.randn(len(x), n, device=x.device) for n in shape.widths[1:-1]]
        h, a = x, []
        for W in weights:
            a.append(h @ W.T)
            h = sigma(a[-1])
        clean, top = loss.value(h, y), loss.gradient(h, y) * slope(a[-1])
        h = x
        for k, W in enumerate(weights):
            h = sigma(h @ W.T)
            if k < len(noise):
                h = h + shape.c * noise[k]
        scaled = (loss.value(h, y) - clean) / shape.c
        error = top
        for k in range(len(noise) - 1, -1, -1):
            estimate = scaled[:, None] * noise[k]
            sums[k][0] += error.T @ estimate
            sums[k][1] += error.T @ error
            if k > 0:
                error = (error @ feedback[k]) * slope(a[k])

    return run


def backpropagation(model: Model, rows: int = 1) -> Function:
    """Autograd's gradient of all weights, over the data (``rows`` = 1) or with each datum ``rows`` times."""
    sigma, loss = TORCH[model.shape.activation], LOSSES[model.shape.loss]
    weights = [W.clone().requires_grad_() for W in model.weights]
    x, y = (t.repeat_interleave(rows, 0) for t in (model.x, model.y))

    def run() -> tuple[Tensor, ...]:
        h = x
        for W in weights:
            h = sigma(h @ W.T)
        return torch.autograd.grad(loss.value(h, y).sum(), weights)

    return run


def forward_gradient(model: Model) -> Function:
    """``torch.func.jvp`` of each sample's loss along stored Gaussian noise: the estimator's limit c -> 0, no
    sums.
    """
    shape, weights = model.shape, model.weights
    sigma, loss = TORCH[shape.activation], LOSSES[shape.loss]

    @torch.no_grad()
    def run() -> Tensor:
        x, y = (t.repeat_interleave(shape.draws, 0) for t in (model.x, model.y))
        noise = tuple(torch.randn(len(x), n, device=x.device) for n in shape.widths[1:-1])

        def shifted(*shifts: Tensor) -> Tensor:
            h = x
            for k, W in enumerate(weights):
                h = sigma(h @ W.T)
                if k < len(shifts):
                    h = h + shifts[k]
            return loss.value(h, y)

        along: Tensor = torch.func.jvp(shifted, tuple(torch.zeros_like(xi) for xi in noise), noise)[1]
        return along

    return run


def copy_bandwidth(size: int, device: str = "cpu") -> Function:
    """A copy of ``size`` float32 numbers: 8 bytes of traffic each."""
    source, target = torch.ones(size, device=device), torch.empty(size, device=device)
    return lambda: target.copy_(source)


PEERS: dict[str, Callable[[Model], Function]] = {
    "products": products,
    "naive": naive,
    "backprop": backpropagation,
    "jvp": forward_gradient,
}
"""The peers that are timed beside a step, by name."""
