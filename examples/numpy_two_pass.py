"""The same without torch: numpy in, numpy out, and two lines that change the type. Narrow, and says so."""

import numpy as np
import torch


class NumpyTwoPass:
    name = "two passes in numpy"
    supports = {
        "activations": ["identity", "tanh", "relu"],
        "losses": ["mse"],
        "noise": ["gaussian", "rademacher", "uniform", "skewed"],
    }

    def gradient_estimates(self, network, x, y, noise, c):
        xi = [layer.numpy() for layer in noise]
        noisy, clean = passes(network, x, [c * a for a in xi])[-1], passes(network, x)[-1]
        difference = ((noisy - y.numpy()) ** 2 - (clean - y.numpy()) ** 2).sum(1) / 2
        return [torch.from_numpy(difference[:, None] * a / c) for a in xi]

    def error_signals(self, network, feedback, x, y, rule):
        values = passes(network, x)
        slopes = [SLOPES[name](h) for name, h in zip(network.activations, values[1:], strict=True)]
        signals = [(values[-1] - y.numpy()) * slopes[-1]]
        for b, slope in zip(reversed(feedback), reversed(slopes[:-1]), strict=True):
            signals.insert(0, (signals[0] if rule == "FA" else signals[-1]) @ b.numpy() * slope)
        return [torch.from_numpy(e) for e in signals]

    def fit_feedback(self, estimates, errors, ridge=0.0):
        e = errors.numpy()
        values, vectors = np.linalg.eigh(e.T @ e + ridge * np.eye(e.shape[1]))
        kept = values > 1e-11 * values.max()  # the smallest solution where the products are singular
        inverse = vectors[:, kept] / values[kept] @ vectors[:, kept].T
        return torch.from_numpy(inverse @ e.T @ estimates.numpy())

    def draw_noise(self, sizes, draws, family="gaussian", seed=0):
        streams = np.random.SeedSequence([seed, sum(family.encode())]).spawn(len(sizes))
        rngs = [np.random.Generator(np.random.Philox(stream)) for stream in streams]
        return [torch.from_numpy(LAWS[family](rng, (draws, n))) for rng, n in zip(rngs, sizes, strict=True)]


VALUES = {"identity": lambda a: a, "tanh": np.tanh, "relu": lambda a: np.maximum(a, 0.0)}
# of h = σ(a)
SLOPES = {"identity": np.ones_like, "tanh": lambda h: 1 - h**2, "relu": lambda h: 1.0 * (h > 0)}
LAWS = {
    "gaussian": lambda rng, shape: rng.standard_normal(shape),
    "rademacher": lambda rng, shape: 2.0 * rng.integers(2, size=shape) - 1,
    "uniform": lambda rng, shape: rng.uniform(-np.sqrt(3), np.sqrt(3), shape),
    "skewed": lambda rng, shape: np.where(rng.integers(5, size=shape) == 0, 2.0, -0.5),
}


def passes(network, x, noise=()):
    values = [x.numpy()]
    for k, (weight, name) in enumerate(zip(network.weights, network.activations, strict=True)):
        h = VALUES[name](values[-1] @ weight.numpy().T)
        values.append(h + noise[k] if k < len(noise) else h)
    return values
