"""The four methods of a subject, as the claims call them: numpy arrays go in, checked ones come out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proofs_check.float64.rule import sources
from proofs_check.subject import channel

Array = NDArray[np.float64]

REFERENCE = "impl.reference:Reference"


class NetworkLike(Protocol):
    """A network: weights[k] is W^{k+1}, (n_{k+1}, n_k); activations[k] is that of layer k+1; a loss."""

    @property
    def weights(self) -> Sequence[ArrayLike]:
        """W^1 … W^{N+1}."""

    @property
    def activations(self) -> Sequence[str]:
        """The activations of the layers 1 … N+1, by name."""

    @property
    def loss(self) -> str:
        """The loss, by name."""


class Subject(ABC):
    """The subject's methods, and what it supports. Every method may raise `SubjectError`.

    One row is one sample with its own noise. Layers are listed from below: index k holds λ̂^{k+1}, ẽ^{k+1},
    ξ^{k+1}, and B^{k+2}.
    """

    name: str
    supports: Mapping[str, Sequence[str]]

    def gradient_estimates(
        self, network: NetworkLike, x: ArrayLike, y: ArrayLike, noise: Sequence[ArrayLike], c: float
    ) -> list[Array]:
        """Return λ̂^1 … λ̂^N, each (T, n_i), from x (T, n_0), y (T, p) and ξ^i (T, n_i): eq. (2)."""
        data = {"x": _array(x), "y": _array(y), "noise": _arrays(noise)}
        return self._ask("gradient_estimates", network=_network(network), **data, c=float(c))

    def error_signals(
        self, network: NetworkLike, feedback: Sequence[ArrayLike], x: ArrayLike, y: ArrayLike, rule: str
    ) -> list[Array]:
        """Return ẽ^1 … ẽ^{N+1}, each (T, n_i), from B^2 … B^{N+1}; the rule is "FA" or "DFA"."""
        data = {"feedback": _arrays(feedback), "x": _array(x), "y": _array(y)}
        return self._ask("error_signals", network=_network(network), **data, rule=rule)

    def fit_feedback(self, estimates: ArrayLike, errors: ArrayLike, ridge: float = 0.0) -> Array:
        """Return B (q, n_i) minimising Σ‖λ̂ − Bᵀẽ‖² + ridge‖B‖², from λ̂^i (T, n_i) and ẽ (T, q), eq. (3)."""
        data = {"estimates": _array(estimates), "errors": _array(errors)}
        return self._ask("fit_feedback", **data, ridge=float(ridge))[0]

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Array]:
        """Return one (draws, n) array for each n in sizes: independent, mean 0, variance 1."""
        counts = {"sizes": [int(n) for n in sizes], "draws": int(draws)}
        return self._ask("draw_noise", **counts, family=family, seed=int(seed))

    def fitted_feedback(
        self,
        network: NetworkLike,
        x: ArrayLike,
        y: ArrayLike,
        atoms: Sequence[ArrayLike],
        probabilities: ArrayLike | None,
        c: float,
        rule: str,
    ) -> list[Array]:
        """Return B^2 … B^{N+1} fitted by the subject's methods to all (datum, atom) pairs; see `pipeline`."""
        data = {"x": _array(x), "y": _array(y), "atoms": _arrays(atoms)}
        weights = None if probabilities is None else _array(probabilities)
        wiring = {"rule": rule, "carried": sources(rule, range(len(network.weights)))}
        return self._ask(
            "fitted_feedback", network=_network(network), **data, probabilities=weights, c=float(c), **wiring
        )

    def supports_all(
        self,
        *,
        activations: str | Iterable[str] = (),
        losses: str | Iterable[str] = (),
        rules: str | Iterable[str] = (),
        noise: str | Iterable[str] = (),
    ) -> bool:
        """Whether the subject offers all of these; where its `supports` is silent, it does."""
        wanted = {"activations": activations, "losses": losses, "rules": rules, "noise": noise}
        return all(
            set([names] if isinstance(names, str) else names) <= set(self.supports[key])
            for key, names in wanted.items()
            if key in self.supports
        )

    @abstractmethod
    def begin_claim(self, seconds: float) -> None:
        """Make a new object for a claim, if the subject is a class, and start the clock of its own time."""

    @abstractmethod
    def _ask(self, method: str, **arguments: Any) -> list[Array]:
        """Put a question to the subject, and check its answer."""


def answer_shapes(method: str, arguments: Mapping[str, Any]) -> list[channel.Shape]:
    """The shapes of the arrays that answer a question."""
    match method:
        case "draw_noise":
            return [(arguments["draws"], n) for n in arguments["sizes"]]
        case "fit_feedback":
            return [(arguments["errors"].shape[1], arguments["estimates"].shape[1])]
    weights = arguments["network"]["weights"]
    widths, rows = [weight.shape[0] for weight in weights], arguments["x"].shape[0]
    match method:
        case "gradient_estimates":
            return [(rows, n) for n in widths[:-1]]
        case "error_signals":
            return [(rows, n) for n in widths]
        case "fitted_feedback":
            below = [weight.shape[1] for weight in weights[1:]]
            return list(zip(sources(arguments["rule"], widths), below, strict=True))
    raise ValueError(f"no such method: {method}")


def _network(network: NetworkLike) -> dict[str, Any]:
    return {
        "weights": tuple(_arrays(network.weights)),
        "activations": tuple(map(str, network.activations)),
        "loss": str(network.loss),
    }


def _array(values: ArrayLike) -> Array:
    return np.array(values, dtype=np.float64, order="C")  # a copy: no negative strides, which torch refuses


def _arrays(values: Sequence[ArrayLike]) -> list[Array]:
    return [_array(value) for value in values]
