"""Subjects that are wrong in one region of the domain only: the table of what the definitions ask, and from
which depth on.

`ESTIMATES`, `SIGNALS` and `FITS` say where: the rows, or the calls, of which the answer has the wrong sign.
`NOISE` says how the noise of one region is made from that of another. Each region is named with the argument
that it is a region of, and with the depth from which the claim reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from tests.numpy_subject import NumpySubject
from tests.planted_bugs.base import Correct, Network

QUICK, STANDARD, THOROUGH = "quick", "standard", "thorough"
ACTIVATIONS, LOSSES = NumpySubject.supports["activations"], NumpySubject.supports["losses"]


NONE = torch.zeros(0)


@dataclass(frozen=True)
class Call:
    """The arguments of a call, by their names; those that the method has not are empty."""

    network: Network | None = None
    x: Tensor = NONE
    y: Tensor = NONE
    noise: Sequence[Tensor] = ()
    c: float = 1.0
    feedback: Sequence[Tensor] = ()
    rule: str = ""
    estimates: Tensor = NONE
    errors: Tensor = NONE
    ridge: float = 0.0


Where = Callable[[Call], "Tensor | bool"]


@dataclass(frozen=True)
class Region:
    """A part of the domain: of which argument, its name, its rows or calls, the depth that reaches it."""

    argument: str
    name: str
    where: Where
    depth: str = QUICK


def largest(values: Tensor) -> Tensor:
    """The largest magnitude of every row."""
    return values.abs().amax(1)


def _sizes(values: Sequence[Tensor]) -> tuple[float, float]:
    """The smallest and the largest of the largest magnitudes."""
    each = [float(v.abs().max()) for v in values]
    return min(each), max(each)


def _first(call: Call) -> Tensor:
    """a^1."""
    assert call.network is not None
    return call.x @ call.network.weights[0].T


def _weights(call: Call) -> Sequence[Tensor]:
    assert call.network is not None
    return call.network.weights


def _is(call: Call, *, loss: str | None = None, activation: str | None = None) -> bool:
    assert call.network is not None
    return (loss is None or call.network.loss == loss) and (
        activation is None or call.network.activations[0] == activation
    )


def of_networks() -> Iterator[Region]:
    """The regions of x, y and the network, which two methods have in common."""
    for size in (1e2, 1e4, 1e6):
        yield Region("x", f"|x| above {size:g}", lambda q, size=size: largest(q.x) > size)
        yield Region("y", f"|y| above {size:g}", lambda q, size=size: largest(q.y) > size)
    yield Region("x", "|x| below 1e-5, not zero", lambda q: (largest(q.x) < 1e-5) & (largest(q.x) > 0))
    yield Region("y", "|y| below 1e-5, not zero", lambda q: (largest(q.y) < 1e-5) & (largest(q.y) > 0))
    yield Region("x", "negative zeros in x", lambda q: ((q.x == 0) & q.x.signbit()).any(1))
    yield Region("y", "negative zeros in y", lambda q: ((q.y == 0) & q.y.signbit()).any(1))
    for loss in LOSSES:
        name = f"|y| above 10^4 with the loss {loss}"
        yield Region("network", name, lambda q, loss=loss: (largest(q.y) > 1e4) & _is(q, loss=loss))
    for activation in ACTIVATIONS:
        name = f"|a^1| above 100 with the activation {activation}"
        yield Region(
            "network", name, lambda q, name=activation: (largest(_first(q)) > 100) & _is(q, activation=name)
        )
    yield Region("network", "weights all below 0.01", lambda q: _sizes(_weights(q))[1] < 0.01)
    yield Region("network", "weights in every layer above 100", lambda q: _sizes(_weights(q))[0] > 100)
    yield Region("network", "layers of sizes 10^10 apart", lambda q: _ratio(_weights(q)) > 1e10)
    for layers in (3, 4, 8, 16):
        name = f"more than {layers} hidden layers"
        yield Region("network", name, lambda q, layers=layers: len(_weights(q)) - 1 > layers)
    yield Region("network", "more than 64 inputs", lambda q: q.x.shape[1] > 64)
    yield Region("network", "more than 64 outputs", lambda q: q.y.shape[1] > 64)
    yield Region("network", "more than 64 units in a layer", lambda q: max(map(len, _weights(q)[:-1])) > 64)
    yield Region("network", "a layer of one unit", lambda q: min(map(len, _weights(q))) == 1)
    yield Region("x", "a single row", lambda q: len(q.x) == 1)
    yield Region("x", "rows beyond 2^14", lambda q: torch.arange(len(q.x)) >= 2**14)
    yield Region("x", "rows beyond 2^16", lambda q: torch.arange(len(q.x)) >= 2**16, STANDARD)
    yield Region("x", "rows beyond 2^18", lambda q: torch.arange(len(q.x)) >= 2**18, THOROUGH)


def _ratio(weights: Sequence[Tensor]) -> float:
    low, high = _sizes(weights)
    return high / low if low else 0.0


ESTIMATES = (
    *of_networks(),
    Region("noise", "noise above 1000", lambda q: _sizes(q.noise)[1] > 1000),
    Region("noise", "noise below 1e-4", lambda q: 0 < _sizes(q.noise)[1] < 1e-4),
    Region("noise", "zeros in the noise", lambda q: (torch.cat(list(q.noise), 1) == 0).any(1)),
    Region("c", "c above 1", lambda q: q.c > 1),
    Region("c", "c above 32", lambda q: q.c > 32),
    Region("c", "c below 1e-7", lambda q: q.c < 1e-7),
    Region("c", "c below 1e-11", lambda q: q.c < 1e-11),
    Region("y", "the output is the target", lambda q: (Correct().output(q.network, q.x) == q.y).all(1)),  # type: ignore[arg-type]
)
SIGNALS = (
    *of_networks(),
    Region("feedback", "feedback above 1000", lambda q: _sizes(q.feedback)[1] > 1000),
    Region("feedback", "feedback below 1e-4, not zero", lambda q: 0 < _sizes(q.feedback)[1] < 1e-4),
    Region("rule", "DFA, more than 4 hidden layers", lambda q: q.rule == "DFA" and len(q.feedback) > 4),
    Region("rule", "DFA with more than 64 outputs", lambda q: q.rule == "DFA" and q.y.shape[1] > 64),
)


def of_fits() -> Iterator[Region]:
    """The regions of the arrays and of the ridge."""
    for q in (5, 16, 32, 63):
        yield Region("errors", f"more than {q} unknowns", lambda call, q=q: call.errors.shape[1] > q)
    for n in (5, 64):
        yield Region("estimates", f"more than {n} columns", lambda call, n=n: call.estimates.shape[1] > n)
    for t in (12, 2**14, 2**16):
        yield Region("errors", f"more than {t:,} rows", lambda call, t=t: len(call.errors) > t)
    name = "an odd number of rows above 1,000"
    yield Region("errors", name, lambda q: len(q.errors) > 1000 and len(q.errors) % 2 == 1)
    name = "fewer rows than a quarter of the unknowns"
    yield Region("errors", name, lambda q: 4 * len(q.errors) < q.errors.shape[1])
    name = "more than 32 unknowns, and singular"
    yield Region("errors", name, lambda q: q.errors.shape[1] > 32 and _singular(q.errors))
    yield Region("errors", "signals above 10^5", lambda q: _size(q.errors) > 1e5)
    yield Region("errors", "signals below 1e-4, not zero", lambda q: 0 < _size(q.errors) < 1e-4)
    yield Region("errors", "condition number above 10^7", lambda q: _condition(q.errors) > 1e7)
    yield Region("estimates", "estimates above 10^6", lambda q: _size(q.estimates) > 1e6)
    yield Region("estimates", "estimates below 1e-6, not zero", lambda q: 0 < _size(q.estimates) < 1e-6)
    yield Region("ridge", "a ridge below 1e-6, not 0", lambda q: 0 < q.ridge < 1e-6)
    yield Region("ridge", "a ridge above 10^6", lambda q: q.ridge > 1e6)


def _size(values: Tensor) -> float:
    return float(values.abs().max())


def _singular(errors: Tensor) -> bool:
    return int(torch.linalg.matrix_rank(errors)) < errors.shape[1]


def _condition(errors: Tensor) -> float:
    eigenvalues = torch.linalg.eigvalsh(errors.T @ errors)
    return float(eigenvalues[-1] / eigenvalues[0]) if eigenvalues[0] > 0 else 0.0


@dataclass(frozen=True)
class NoiseRegion:
    """How the noise of a region comes about: ``stream`` says which seed and which layer are drawn instead,
    ``change`` what becomes of the draws of a layer.
    """

    argument: str
    name: str
    stream: Callable[[int, int], tuple[int, int]] = lambda seed, layer: (seed, layer)
    change: Callable[[Tensor, int, int], Tensor] = lambda drawn, seed, layer: drawn
    depth: str = QUICK


def _float32(seed: int) -> int:
    return int(torch.tensor(float(seed), dtype=torch.float32))


def of_noise() -> Iterator[NoiseRegion]:
    """Seeds that collide, layers, units and rows that repeat, and laws that are wrong there only."""
    for bits in range(16, 32):
        yield NoiseRegion("seed", f"the lower {bits} bits", lambda s, i, bits=bits: (s % 2**bits, i))
    for bit in range(32):
        yield NoiseRegion("seed", f"bit {bit} is lost", lambda s, i, bit=bit: (s & ~(1 << bit), i))
    for bits in (1, 8, 16):
        yield NoiseRegion("seed", f"without its {bits} lowest bits", lambda s, i, bits=bits: (s >> bits, i))
    for modulus in (1000, 10**6, 10**9, 65521, 2**16 + 1, 2**31 - 1):
        yield NoiseRegion("seed", f"modulo {modulus}", lambda s, i, m=modulus: (s % m, i))
    yield NoiseRegion("seed", "in single precision", lambda s, i: (_float32(s), i))
    yield NoiseRegion("seed", "the sign is lost", lambda s, i: (min(s, 2**32 - s), i))
    yield NoiseRegion("seed", "the complement is the same", lambda s, i: (min(s, s ^ 2**32 - 1), i))
    yield NoiseRegion("seed", "the halves are added", lambda s, i: ((s >> 16) + s % 2**16, i))
    yield NoiseRegion("seed", "2^32 - 1 is 0", lambda s, i: (s % (2**32 - 1), i))
    yield NoiseRegion("seed", "zeros from 2^31 on", change=lambda d, s, i: d * (s < 2**31))
    yield NoiseRegion("seed", "hashed to 16 bits", lambda s, i: (_hashed(s), i), depth=STANDARD)
    for k in (4, 8, 16, 32, 64):
        yield NoiseRegion("layers", f"layers modulo {k}", lambda s, i, k=k: (s, i % k))
        yield NoiseRegion("layers", f"layers from {k} on are that one", lambda s, i, k=k: (s, min(i, k)))
        yield NoiseRegion("layers", f"after {k} layers the next seed", lambda s, i, k=k: (s + i // k, i % k))
    yield NoiseRegion("layers", "layers modulo 256", lambda s, i: (s, i % 256), depth=STANDARD)
    name = "layers from 8 on are ones"
    yield NoiseRegion("layers", name, change=lambda d, s, i: d.abs().sign() if i >= 8 else d)
    yield NoiseRegion("layers", "layers from 8 on are doubled", change=lambda d, s, i: d * (1 + (i >= 8)))
    for k, depth in ((64, QUICK), (100, QUICK), (1000, QUICK), (2048, QUICK), (4096, STANDARD)):
        name = f"units repeat after {k}"
        yield NoiseRegion("units", name, change=lambda d, s, i, k=k: d[:, _cycle(d.shape[1], k)], depth=depth)
    name = "units beyond 2,000 are zero"
    yield NoiseRegion("units", name, change=lambda d, s, i: d * (torch.arange(d.shape[1]) < 2000))
    for k, depth in ((12, QUICK), (13, QUICK), (16, QUICK), (17, QUICK), (18, STANDARD), (20, THOROUGH)):
        name = f"rows repeat after 2^{k}"
        yield NoiseRegion("draws", name, change=lambda d, s, i, k=k: d[_cycle(len(d), 2**k)], depth=depth)
    name = "entries repeat after 2^16, row by row"
    yield NoiseRegion("draws", name, change=lambda d, s, i: _period(d, 2**16))
    yield NoiseRegion("draws", "rows beyond 2^16 are zero", change=lambda d, s, i: d * ~_beyond(d))
    name = "beyond row 2^16 all units are the first"
    yield NoiseRegion("draws", name, change=lambda d, s, i: torch.where(_beyond(d), d[:, :1], d))


def _hashed(seed: int) -> int:
    return seed * 2654435761 % 2**32 >> 16


def _cycle(count: int, period: int) -> Tensor:
    return torch.arange(count) % period


def _beyond(drawn: Tensor) -> Tensor:
    return (torch.arange(len(drawn)) >= 2**16)[:, None]


def _period(drawn: Tensor, period: int) -> Tensor:
    flat = drawn.flatten()
    return flat[_cycle(len(flat), period)].reshape(drawn.shape)


FITS, NOISE = tuple(of_fits()), tuple(of_noise())


class Planted(Correct):
    """Right outside of its regions; which of its answers have the wrong sign, each method is told."""

    def __init__(self, method: str, region: Region | NoiseRegion) -> None:
        self.method, self.region = method, region

    def _spoilt(self, method: str, answer: Tensor, call: Call) -> Tensor:
        if method != self.method or not isinstance(self.region, Region):
            return answer
        where = self.region.where(call)
        if isinstance(where, bool):
            return -answer if where else answer
        return torch.where(where[:, None], -answer, answer)

    def gradient_estimates(
        self, network: Network, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        """λ̂, of the wrong sign in the region."""
        call = Call(network=network, x=x, y=y, noise=noise, c=c)
        found = super().gradient_estimates(network, x, y, noise, c)
        return [self._spoilt("gradient_estimates", a, call) for a in found]

    def error_signals(
        self, network: Network, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        """ẽ, of the wrong sign in the region."""
        call = Call(network=network, x=x, y=y, feedback=feedback, rule=rule)
        found = super().error_signals(network, feedback, x, y, rule)
        return [self._spoilt("error_signals", e, call) for e in found]

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        """B, of the wrong sign in the region."""
        found = super().fit_feedback(estimates, errors, ridge)
        return self._spoilt("fit_feedback", found, Call(estimates=estimates, errors=errors, ridge=ridge))

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Tensor]:
        """Noise as the region has it."""
        if not isinstance(self.region, NoiseRegion):
            return super().draw_noise(sizes, draws, family, seed)
        found = []
        for layer, n in enumerate(sizes):
            drawn = self.draw(family, draws, n, self.generator(family, *self.region.stream(seed, layer)))
            found.append(self.region.change(drawn, seed, layer))
        return found
