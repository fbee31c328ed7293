"""What is to be estimated, and the sums that it is estimated from.

Every tensor has a leading runs axis R: so many networks of one shape, each with a noise seed of its own, go
through the same products at once. Within a run a column is a sample: hidden quantities are (R, n, data,
draws), what belongs to a datum is (R, n, data). Elementwise work then runs along samples, whatever the width
of a layer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from impl import checks
from impl.counter_noise import COUNTED_FAMILIES
from impl.feedback import feedback_shapes
from impl.network import Network, NetworkLike
from impl.rule import distinct, each, named

__all__ = ["PRODUCTS", "Batch", "Problem", "Totals"]

PRODUCTS = ("full", "tf32", "bf16")
"""How matrix products over samples are computed: as the dtype says, or on tensor cores. Sums are never
rounded.
"""

Stack = tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Problem:
    """R networks, their feedback, and the noise: everything but data. Made by ``Problem.of``.

    ``weights`` are W^1 ... W^{N+1}, each (R, n_i, n_{i-1}); ``feedback`` is B^2 ... B^{N+1}, which the error
    signals e~ are made with, and ``control`` the feedback whose synthetic gradients g~ are subtracted as
    control variate (None: nothing is); ``seeds`` one per run; the rest are numbers and names.
    """

    weights: Stack
    activations: tuple[str, ...]
    loss: str
    feedback: Stack
    control: Stack | None
    rule: str
    c: float
    family: str
    seeds: tuple[int, ...]
    step: int
    products: str

    @classmethod
    def of(
        cls,
        networks: NetworkLike | Sequence[NetworkLike],
        feedback: Sequence[Tensor] | Sequence[Sequence[Tensor]],
        *,
        c: float,
        rule: str = "FA",
        family: str = "rademacher",
        seeds: int | Sequence[int] = 0,
        step: int = 0,
        control: Sequence[Tensor] | Sequence[Sequence[Tensor]] | None = None,
        products: str = "full",
    ) -> Problem:
        """The problem for one network, or for a list of networks of one shape with a list of feedbacks each.

        With one network and several seeds, that network runs once for each. ``feedback`` is complete, of
        ``feedback_shapes``. Raises ``InvalidInput`` for arguments that do not fit.
        """
        many = list(networks) if isinstance(networks, Sequence) else [networks]
        nets = [Network.of(network) for network in many]
        checks.require(len(nets) > 0, "the length of networks", 0, "at least 1")
        given = _each("feedback", feedback, networks)
        controls = None if control is None else _each("control", control, networks)
        keys = list(checks.sequence("seeds", seeds)) if isinstance(seeds, Sequence) else [seeds] * len(nets)
        streams = tuple(checks.whole(f"seeds[{k}]", seed, 0, 2**32) for k, seed in enumerate(keys))
        if len(nets) == 1 and len(keys) > 1:
            nets, given = nets * len(keys), given * len(keys)
            controls = None if controls is None else controls * len(keys)
        checks.require(len(keys) == len(nets), "the length of seeds", len(keys), f"{len(nets)}, the networks")
        for network in nets[1:]:
            kind, first = _kind(network), _kind(nets[0])
            checks.require(kind == first, "a network", kind, f"like the first: {first}")
        checks.one_of("products", products, PRODUCTS)
        on_gpu = nets[0].weights[0].is_cuda
        checks.require(products != "tf32" or on_gpu, "products", "'tf32' on the CPU", "'full' or 'bf16'")
        shapes = feedback_shapes(nets[0], rule)
        return cls(
            weights=_stacked([network.weights for network in nets]),
            activations=nets[0].activations,
            loss=nets[0].loss,
            feedback=_matrices("feedback", given, shapes, nets),
            control=None if controls is None else _matrices("control", controls, shapes, nets),
            rule=named("rule", rule),
            c=checks.noise_scale(c),
            family=checks.one_of("family", family, COUNTED_FAMILIES),
            seeds=streams,
            step=checks.whole("step", step, 0, 2**32),
            products=products,
        )

    @property
    def runs(self) -> int:
        """R."""
        return len(self.seeds)

    @property
    def widths(self) -> tuple[int, ...]:
        """n_0 ... n_{N+1}."""
        return (self.weights[0].shape[2], *(weight.shape[1] for weight in self.weights))

    @property
    def hidden(self) -> tuple[int, ...]:
        """n_1 ... n_N."""
        return self.widths[1:-1]

    @property
    def like(self) -> Tensor:
        """A tensor of the problem's dtype and device."""
        return self.weights[0]

    def network(self, run: int) -> Network:
        """The network of one run."""
        return Network(tuple(weight[run] for weight in self.weights), self.activations, self.loss)


def _each(argument: str, given: object, networks: object) -> list[object]:
    """What is given for each network: a list beside a list of networks, else one for one."""
    return list(checks.sequence(argument, given)) if isinstance(networks, Sequence) else [given]


def _kind(network: Network) -> str:
    """What networks that run together share."""
    like = network.weights[0]
    return f"{network.widths}, {network.activations}, {network.loss}, {like.dtype}, {like.device}"


def _matrices(
    name: str, given: Sequence[object], shapes: Sequence[tuple[int, int]], nets: Sequence[Network]
) -> Stack:
    checks.require(len(given) == len(nets), f"the length of {name}", len(given), f"{len(nets)}, the networks")
    return _stacked([checks.layers(name, one, shapes, nets[0].weights[0]) for one in given])


def _stacked(rows: Sequence[Sequence[Tensor]]) -> Stack:
    if len(rows) == 1:
        return tuple(tensor[None] for tensor in rows[0])
    return tuple(torch.stack(column) for column in zip(*rows, strict=True))


@dataclass(frozen=True, eq=False)
class Batch:
    """Data and which of their draws to run: samples 2^32 d + k for the data and draws counted here.

    x (data, n_0) and y (data, p), shared by all runs; the first row is datum ``first``; draws are
    ``first_draw`` ... ``first_draw + draws - 1``.
    """

    x: Tensor
    y: Tensor
    first: int = 0
    first_draw: int = 0
    draws: int = 1


FLUSH = 64
"""Products added in float32 from which on their sum is moved to float64; as many more, less one, may join."""
DOUBLE = 2**16
"""Sums of up to so many entries are formed by float64 products whatever the dtype: they cost little there."""
BLOCK = 256
"""Rows that are mirrored at once."""


class Totals:
    """S^i = sum e~ lambda-hat^T (R, q, n_i) and Q = sum e~ e~^T (R, q, q), float64, over ``count`` samples a
    run.

    Under "FA" there is a Q for each hidden layer, with e~^{i+1}; under "DFA" one, with e~^{N+1}, for all. In
    float32 the entries of large matrices are first added up in float32, ``FLUSH`` products at a time.
    """

    def __init__(self, problem: Problem) -> None:
        like, runs = problem.like, problem.runs
        self.rule = problem.rule
        self.count = 0
        self._S = [_zeros(tuple(B.shape), like) for B in problem.feedback]
        self._Q = [_zeros((runs, q, q), like) for q in distinct(self.rule, problem.widths[1:])]
        small = like.dtype == torch.float64
        self._work = {
            total: total if small or total[0].numel() <= DOUBLE else torch.zeros_like(total, dtype=like.dtype)
            for total in (*self._S, *self._Q)
        }
        self._unflushed, self._settled = 0, True

    @property
    def targets(self) -> tuple[list[Tensor], list[Tensor]]:
        """Where a batch's products are added: the S, and the lower triangles of the Q."""
        self._settled = False  # whoever asks is about to write
        return [self._work[total] for total in self._S], [self._work[total] for total in self._Q]

    def added(self, samples: int, products: int = 1) -> None:
        """Note that ``samples`` samples a run have been added to the targets, by so many products."""
        self.count += samples
        self._unflushed += products
        if self._unflushed >= FLUSH:
            self._flush()

    def _flush(self) -> None:
        """Move what was added in the problem's dtype to the float64 sums."""
        for total, work in self._work.items():
            if work is not total:
                rows = max(1, DOUBLE // work.shape[-1])  # in parts: a sum of two dtypes first makes a copy
                flat, more = total.flatten(0, 1), work.flatten(0, 1)
                for start in range(0, len(flat), rows):
                    flat[start : start + rows] += more[start : start + rows]
                work.zero_()
        self._unflushed = 0

    def _settle(self) -> None:
        """Make the sums whole before anybody reads them."""
        if not self._settled:
            self._flush()
            for total in self._Q:
                mirror(total)
            self._settled = True

    @property
    def S(self) -> list[Tensor]:
        """S^1 ... S^N."""
        self._settle()
        return self._S

    @property
    def Q(self) -> list[Tensor]:
        """Q for S^1 ... S^N."""
        self._settle()
        return each(self.rule, self._Q, len(self._S))

    @property
    def tensors(self) -> list[Tensor]:
        """All sums, each once: what is merged, saved and reduced."""
        self._settle()
        return [*self._S, *self._Q]


def mirror(total: Tensor) -> None:
    """Make (R, q, q) symmetric, from its lower triangle, in its place."""
    for start in range(0, total.shape[-1], BLOCK):
        rows, here = total[:, start : start + BLOCK], slice(start, start + BLOCK)
        total[:, :start, here] = rows[:, :, :start].mT
        rows[:, :, here] = rows[:, :, here].tril() + rows[:, :, here].tril(-1).mT


def _zeros(shape: tuple[int, ...], like: Tensor) -> Tensor:
    return torch.zeros(shape, dtype=torch.float64, device=like.device)
