"""What does not change while a network learns: widths, activations, loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from impl import checks
from impl.activations import ACTIVATIONS, Activation
from impl.losses import LOSSES, Loss
from impl.rule import sources

__all__ = ["Architecture"]


@dataclass(frozen=True)
class Architecture:
    """A multilayer perceptron with biases, without its weights.

    ``widths`` are n_0 ... n_{N+1} with N >= 1 hidden layers; ``activations`` the N + 1 names of sigma_1 ...
    sigma_{N+1}; ``loss`` a name of ``impl.LOSSES``. The loss of a minibatch is the *sum* over its samples,
    and learning rates are for that sum. With ``bias_unit`` the constant 1 that biases are the weights of
    counts as one more unit of every hidden layer: it is perturbed, and feedback has a last column for it, as
    in the authors' code for Figures 2 and 4. Raises ``InvalidInput`` for what ``impl.Network`` would refuse.
    """

    widths: tuple[int, ...]
    activations: tuple[str, ...]
    loss: str = "mse"
    bias_unit: bool = False

    def __post_init__(self) -> None:
        given = checks.sequence("widths", self.widths)
        checks.require(len(given) >= 3, "the length of widths", len(given), "3 or more: a hidden layer")
        widths = tuple(checks.whole(f"widths[{k}]", n, 1) for k, n in enumerate(given))
        names = checks.sequence("activations", self.activations, len(widths) - 1)
        activations = tuple(
            checks.one_of(f"activations[{k}]", name, ACTIVATIONS) for k, name in enumerate(names)
        )
        checks.one_of("loss", self.loss, LOSSES)
        checks.instance("bias_unit", self.bias_unit, bool)
        checks.require(
            self.loss != "cross_entropy" or activations[-1] == "identity",
            "the output activation",
            repr(activations[-1]),
            "'identity', because the loss is cross_entropy",
        )
        object.__setattr__(self, "widths", widths)
        object.__setattr__(self, "activations", activations)

    @property
    def hidden(self) -> tuple[int, ...]:
        """n_1 ... n_N."""
        return self.widths[1:-1]

    @property
    def units(self) -> tuple[int, ...]:
        """How many units of each hidden layer are perturbed, and fed back to."""
        return tuple(n + self.bias_unit for n in self.hidden)

    @property
    def sigmas(self) -> tuple[Activation, ...]:
        """The activations themselves, sigma_1 ... sigma_{N+1}."""
        return tuple(ACTIVATIONS[name] for name in self.activations)

    @property
    def objective(self) -> Loss:
        """The loss itself. Its functions sum over axis 1, which here holds the output units of (R, p, T)."""
        return LOSSES[self.loss]

    @property
    def weight_shapes(self) -> tuple[tuple[int, int], ...]:
        """The shapes of W^1 ... W^{N+1} with their bias as last column."""
        return tuple((n, m + 1) for m, n in zip(self.widths, self.widths[1:], strict=False))

    @property
    def fan_ins(self) -> tuple[int, ...]:
        """n_0 ... n_N, the fan-ins of W^1 ... W^{N+1}."""
        return self.widths[:-1]

    def feedback_shapes(self, wiring: str) -> tuple[tuple[int, int], ...]:
        """The shapes of B^2 ... B^{N+1}: (n_i, units) wired as "FA", (p, units) as "DFA"."""
        return tuple(zip(sources(wiring, self.widths[1:]), self.units, strict=True))

    def fed_back(self, upper: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """What feedback stands for: W^2 ... W^{N+1}, or their gradients, without the biases unless these are
        weights of a unit.
        """
        return tuple(upper) if self.bias_unit else tuple(weight[..., :-1] for weight in upper)
