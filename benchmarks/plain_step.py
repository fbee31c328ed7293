"""One update of one run in plain PyTorch, as one writes it: what the training step is compared with.

Samples first, two forward passes, losses subtracted, everything in place, no autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from impl.learning import Architecture, Descent, Learned, Method, Normalised

__all__ = ["plain"]

SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": lambda h: h * (1 - h),
    "tanh": lambda h: 1 - h * h,
    "identity": torch.ones_like,
    "relu": lambda h: (h > 0).to(h.dtype),
}
UNITS: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "identity": lambda a: a,
    "relu": torch.relu,
}


@torch.no_grad()
def plain(
    architecture: Architecture,
    method: Method,
    weights: list[Tensor],
    biases: list[Tensor],
    feedback: list[Tensor],
    x: Tensor,
    y: Tensor,
    noise: Sequence[Tensor],
) -> None:
    """One update, in place; for methods with SGD whose feedback is fixed, or learned by ``Descent`` on
    lambda-hat or by ``Normalised`` on the surprise.

    ``noise`` are xi^1 ... xi^N (T, n_i) where the method perturbs, else empty. Backpropagation is the one
    whose ``feedback`` are its weights.
    """
    units, rate = architecture.activations, method.weights.rate
    h = [x]
    for W, b, unit in zip(weights, biases, units, strict=True):
        h.append(UNITS[unit](torch.addmm(b, h[-1], W.T)))
    errors = [(h[-1] - y) * SLOPES[units[-1]](h[-1])]
    guesses: list[Tensor] = []
    for B, values, unit in zip(feedback[::-1], h[-2:0:-1], units[-2::-1], strict=True):
        guesses.insert(0, errors[0] @ B)
        errors.insert(0, guesses[0] * SLOPES[unit](values))
    moves: list[Tensor] = []
    rule, noisy_method = method.feedback, method.perturbation
    if isinstance(rule, Learned) and noisy_method is not None:
        c = noisy_method.c
        noisy = h[1] + c * noise[0]
        for k, (W, b, unit) in enumerate(zip(weights[1:], biases[1:], units[1:], strict=True), 1):
            noisy = UNITS[unit](torch.addmm(b, noisy, W.T))
            if k < len(noise):
                noisy = noisy + c * noise[k]
        before, after = (0.5 * (output - y).square().sum(1) for output in (h[-1], noisy))
        change = ((after - before) / c)[:, None]
        if isinstance(rule.fit, Normalised):
            norm = torch.zeros_like(change)
            for guess, xi, e in zip(guesses, noise, errors[1:], strict=True):
                change = change - (guess * xi).sum(1, keepdim=True)
                norm = norm + e.square().sum(1, keepdim=True) * xi.shape[1]
            moves = [rule.fit.rate * change / norm * xi for xi in noise]
        elif isinstance(rule.fit, Descent):
            moves = [rule.fit.rate * (change * xi - guess) for xi, guess in zip(noise, guesses, strict=True)]
    for B, e, move in zip(feedback, errors[1:], moves, strict=False):
        B.addmm_(e.T, move)
    for W, b, e, below in zip(weights, biases, errors, h, strict=False):
        W.addmm_(e.T, below, alpha=-rate)
        b.sub_(e.sum(0), alpha=rate)
