"""What people write in place of the right formula: the well-known mistakes of each method, as numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from proofs_check.float64 import floats
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.rule import direct, source


@dataclass(frozen=True)
class Mistake:
    """What is done, what to look for in the code, and the numbers that it gives."""

    what: str
    look: str
    numbers: Callable[[Mapping[str, Any]], Sequence[Array]]


# The mistakes of gradient_estimates.


def _loss(s: Mapping[str, Any], passed: floats.Pass) -> Array:
    return floats.loss(s["network"].loss, passed.activations[-1], s["y"])


def _clean(s: Mapping[str, Any]) -> Array:
    return _loss(s, floats.forward(s["network"], s["x"]))


def _noisy(s: Mapping[str, Any], scale: float, noise: Sequence[Array]) -> Array:
    return _loss(s, floats.forward(s["network"], s["x"], [scale * xi for xi in noise]))


def _times_noise(s: Mapping[str, Any], slope: Array) -> list[Array]:
    return [slope[:, None] * xi for xi in s["noise"]]


def _estimates(s: Mapping[str, Any], noise: Sequence[Array]) -> list[Array]:
    """λ̂ where the pass sees other noise than λ̂ is multiplied by."""
    return _times_noise(s, (_noisy(s, s["c"], noise) - _clean(s)) / s["c"])


def _with_layer(s: Mapping[str, Any], layer: Callable[[str, Array, Array], Array]) -> list[Array]:
    """λ̂ where ``layer`` makes h̃ of a, the activation and c ξ."""
    network: Network = s["network"]
    h = s["x"]
    for i, (weight, name) in enumerate(zip(network.weights, network.activations, strict=True)):
        a = h @ weight.T
        h = layer(name, a, s["c"] * s["noise"][i]) if i < len(s["noise"]) else floats.activation(name, a)
    noisy = floats.loss(network.loss, h, s["y"])
    return _times_noise(s, (noisy - _clean(s)) / s["c"])


def _one_at_a_time(s: Mapping[str, Any]) -> list[Array]:
    result = []
    for i, xi in enumerate(s["noise"]):
        alone = [xi if j == i else 0 * other for j, other in enumerate(s["noise"])]
        result.append(((_noisy(s, s["c"], alone) - _clean(s)) / s["c"])[:, None] * xi)
    return result


def _directional(s: Mapping[str, Any]) -> list[Array]:
    network: Network = s["network"]
    errors = floats.error_signals(network, network.weights[1:], floats.forward(network, s["x"]), s["y"])
    slope = sum(
        ((e @ w) * xi).sum(axis=1)
        for e, w, xi in zip(errors[1:], network.weights[1:], s["noise"], strict=True)
    )
    return _times_noise(s, np.asarray(slope))


def _central(s: Mapping[str, Any]) -> Array:
    result: Array = _noisy(s, s["c"], s["noise"]) - _noisy(s, -s["c"], s["noise"])
    return result


def _rowwise(s: Mapping[str, Any], combine: Callable[[Array], Any]) -> list[Array]:
    slope = (_noisy(s, s["c"], s["noise"]) - _clean(s)) / s["c"]
    return _times_noise(s, np.full(len(slope), combine(slope)))


_LAST_DROPPED = "Is the noise sliced one column short?"
_ESTIMATOR = (
    Mistake(
        "the noise is added before the nonlinearity, σ(a + c ξ)",
        "In the perturbed pass it belongs after it: h̃ = σ(a) + c ξ.",
        lambda s: _with_layer(s, lambda name, a, step: floats.activation(name, a + step)),
    ),
    Mistake(
        "the noise multiplies the unit, σ(a) (1 + c ξ)",
        "In the perturbed pass it is added: h̃ = σ(a) + c ξ.",
        lambda s: _with_layer(s, lambda name, a, step: floats.activation(name, a) * (1 + step)),
    ),
    Mistake(
        "the clean loss is not subtracted, L̃ ξ / c",
        "Subtract the loss of the clean pass of the same row.",
        lambda s: _times_noise(s, _noisy(s, s["c"], s["noise"]) / s["c"]),
    ),
    Mistake(
        "each layer is perturbed alone",
        "All hidden layers are noisy in one and the same perturbed pass.",
        lambda s: _one_at_a_time(s) if len(s["noise"]) > 1 else (),
    ),
    Mistake(
        "only the top hidden layer is perturbed, or noise does not reach the layers above",
        "In the perturbed pass each layer starts from the noisy layer below.",
        lambda s: (
            _estimates(s, [*(0 * xi for xi in s["noise"][:-1]), s["noise"][-1]])
            if len(s["noise"]) > 1
            else ()
        ),
    ),
    Mistake(
        "the first hidden layer is left clean",
        "Noise is added to every hidden layer, the first among them: look for an index that is off by one.",
        lambda s: _estimates(s, [0 * s["noise"][0], *s["noise"][1:]]),
    ),
    Mistake(
        "the last unit of every layer is not perturbed",
        _LAST_DROPPED,
        lambda s: _estimates(s, [np.concatenate([xi[:, :-1], 0 * xi[:, -1:]], axis=1) for xi in s["noise"]]),
    ),
    Mistake(
        "a central difference with its own factor, (L(+c) − L(−c)) ξ / 2c",
        "That is an estimator of its own; what is asked for is (L̃ − L) ξ / c.",
        lambda s: _times_noise(s, _central(s) / (2 * s["c"])),
    ),
    Mistake(
        "a central difference divided by c, (L(+c) − L(−c)) ξ / c",
        "What is asked for is (L̃ − L) ξ / c.",
        lambda s: _times_noise(s, _central(s) / s["c"]),
    ),
    Mistake(
        "the directional derivative (g·ξ) ξ in place of a difference",
        "That is the limit for c → 0. What is asked for has a finite c: two passes and a difference.",
        _directional,
    ),
    Mistake(
        "the mean of the loss differences over the batch multiplies every row's noise",
        "Each row has its own loss: no mean over the batch before the product with the noise.",
        lambda s: _rowwise(s, np.mean) if len(s["x"]) > 1 else (),
    ),
    Mistake(
        "the sum of the loss differences over the batch multiplies every row's noise",
        "Each row has its own loss: no sum over the batch before the product with the noise.",
        lambda s: _rowwise(s, np.sum) if len(s["x"]) > 1 else (),
    ),
)


# The mistakes of error_signals.


def _signals(
    s: Mapping[str, Any],
    slope: Callable[[int, str, Array, Array], Array] = lambda i, name, a, h: floats.slope(name, a),
    feedback: Callable[[int, Array], Array] = lambda i, b: b,
    loss: str | None = None,
    rule: str | None = None,
    at_output: Callable[[Array], Array] | None = None,
) -> list[Array]:
    """ẽ with some part of the formula replaced; ``at_output`` makes e^{N+1} of ∂L/∂ŷ alone."""
    network: Network = s["network"]
    passed = floats.forward(network, s["x"])
    gradient = floats.loss_gradient(loss or network.loss, passed.activations[-1], s["y"])
    last = len(network.weights) - 1
    own = slope(last, network.activations[-1], passed.pre_activations[-1], passed.activations[-1])
    signals = [at_output(gradient) if at_output else gradient * own]
    for i in range(last - 1, -1, -1):
        carried = source(rule or s["rule"], signals)
        own = slope(i, network.activations[i], passed.pre_activations[i], passed.activations[i + 1])
        signals.insert(0, (carried @ feedback(i, s["feedback"][i])) * own)
    return signals


def _for_hidden(s: Mapping[str, Any], slope: Callable[[int, str, Array, Array], Array]) -> list[Array]:
    last = len(s["network"].weights) - 1
    return _signals(s, lambda i, name, a, h: floats.slope(name, a) if i == last else slope(i, name, a, h))


_ERRORS = (
    Mistake(
        "σ' is taken at h in place of a",
        "σ'(a) is the slope at the input of the unit: σ'(a) = 1 − h² for tanh, not 1 − tanh(h)².",
        lambda s: _signals(s, lambda i, name, a, h: floats.slope(name, h)),
    ),
    Mistake(
        "σ'(a) is forgotten in the hidden layers",
        "After (B)ᵀẽ comes the elementwise product with σ'(a) of the layer itself.",
        lambda s: _for_hidden(s, lambda i, name, a, h: np.ones_like(a)),
    ),
    Mistake(
        "σ'(a) is forgotten at the output",
        "e^{N+1} is the derivative of the loss by a^{N+1}, not by ŷ.",
        lambda s: _signals(s, at_output=lambda gradient: gradient),
    ),
    Mistake(
        "the slope of the activation one layer up is used",
        "ẽ^i has σ_i' of its own layer: look for an index that is off by one.",
        lambda s: _for_hidden(s, lambda i, name, a, h: floats.slope(s["network"].activations[i + 1], a)),
    ),
    Mistake(
        "W is used in place of B",
        "That is backpropagation. The matrices to use are those that are given as `feedback`.",
        lambda s: () if direct(s["rule"]) else _signals(s, feedback=lambda i, b: s["network"].weights[i + 1]),
    ),
    Mistake(
        "B is used without its transpose",
        "ẽ = (Bᵀ ẽ of the layer above) ∘ σ'(a); with a row per sample that is `errors @ B`.",
        lambda s: _signals(s, feedback=lambda i, b: b.T if b.shape[0] == b.shape[1] else b),
    ),
    Mistake(
        "the error of the squared loss, ŷ − y, serves other losses too",
        "∂L/∂ŷ is (ŷ − y)³ for `quartic`, tanh(ŷ − y) for `logcosh`, softmax·Σy − y for `cross_entropy`.",
        lambda s: _signals(s, loss="mse"),
    ),
    Mistake(
        "the rule FA is carried out as DFA",
        "FA takes the ẽ of the layer above; DFA takes that of the output in every layer.",
        lambda s: () if direct(s["rule"]) else _signals(s, rule="DFA"),
    ),
    Mistake(
        "the rule DFA is carried out as FA",
        "DFA takes the ẽ of the output in every layer; FA takes that of the layer above.",
        lambda s: _signals(s, rule="FA") if direct(s["rule"]) else (),
    ),
    Mistake(
        "1 − h² is used as the slope of sigmoid",
        "σ' of sigmoid is h (1 − h); 1 − h² belongs to tanh.",
        lambda s: _signals(s, lambda i, name, a, h: 1 - h**2 if name == "sigmoid" else floats.slope(name, a)),
    ),
    Mistake(
        "the slope of relu is taken to be 1 where the unit is off",
        "σ' of relu is 0 for a ≤ 0.",
        lambda s: _signals(
            s, lambda i, name, a, h: np.ones_like(a) if name == "relu" else floats.slope(name, a)
        ),
    ),
)


# The mistakes of fit_feedback.


def _normal(errors: Array, estimates: Array, ridge: float) -> list[Array]:
    gram = errors.T @ errors + ridge * np.eye(errors.shape[1])
    return [np.linalg.pinv(gram, rcond=1e-11, hermitian=True) @ (errors.T @ estimates)]


def _single(values: Array) -> Array:
    return values.astype(np.float32).astype(np.float64)


def _centred(s: Mapping[str, Any]) -> list[Array]:
    errors, estimates = (s[name] - s[name].mean(axis=0) for name in ("errors", "estimates"))
    return _normal(errors, estimates, s["ridge"])


_FIT = (
    Mistake(
        "B is returned transposed",
        "B has a row for each entry of ẽ and a column for each unit: (q, n).",
        lambda s: [one.T for one in _normal(s["errors"], s["estimates"], s["ridge"])],
    ),
    Mistake(
        "the means are subtracted first",
        "The least squares have no intercept: Σ ẽẽᵀ and Σ ẽλ̂ᵀ are about 0, not about the means.",
        _centred,
    ),
    Mistake(
        "estimates and errors pass through float32",
        "All is float64: look for a .float(), a dtype, or an array that is made as float32.",
        lambda s: _normal(_single(s["errors"]), _single(s["estimates"]), s["ridge"]),
    ),
    Mistake(
        "the B that is returned passes through float32",
        "All is float64: look at what happens to B last.",
        lambda s: [_single(one) for one in _normal(s["errors"], s["estimates"], s["ridge"])],
    ),
    Mistake(
        "the rows of the estimates are one off against those of the errors",
        "Row t of λ̂ belongs to row t of ẽ.",
        lambda s: _normal(s["errors"], np.roll(s["estimates"], 1, axis=0), s["ridge"]),
    ),
    Mistake(
        "the last row is left out",
        "Every row counts.",
        lambda s: _normal(s["errors"][:-1], s["estimates"][:-1], s["ridge"]),
    ),
    Mistake(
        "the first row is left out",
        "Every row counts.",
        lambda s: _normal(s["errors"][1:], s["estimates"][1:], s["ridge"]),
    ),
)

MISTAKES: Mapping[str, tuple[Mistake, ...]] = {
    "gradient_estimates": _ESTIMATOR,
    "error_signals": _ERRORS,
    "fit_feedback": _FIT,
}
"""The mistakes of each method."""
