"""The fast path: minimal matrix products, and between them a few stages that can be compiled.

    clean       one product per layer, over the data; also the signals E^i, and g~^i for a control variate
    noise       xi^1 ... xi^N from counters
    hidden      u^1 = xi^1;  P^i = W^i u^{i-1} over the samples;  u^i = difference at P^i, + xi^i
    project     Lambda^i = sum over draws of ((L~ - L) / c - g~ . xi) xi^i + g~^i, over the data
    sums        S^i += E^i (Lambda^i)^T,   Q^i += draws E^i (E^i)^T, over the data

so the first layer, the error signals and the sums are paid for per datum and not per draw. Eager, the stages
are the formulas themselves; ``impl.kernels.compiled`` hands in compiled ones. For small networks the whole
step is one compiled function, or two, and the products are calls inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from impl.activations import ACTIVATIONS
from impl.counter_noise import blocks_for, hadamard, tag_of, values_of
from impl.kernels import formulas
from impl.kernels.problem import Batch, Problem, Totals
from impl.losses import LOSSES
from impl.philox import philox

__all__ = ["FastPath", "Plan"]

Stage = Callable[..., Any]


@dataclass(frozen=True)
class Plan:
    """What of a problem is fixed when a stage is compiled."""

    activations: tuple[str, ...]
    loss: str
    rule: str
    family: str
    hidden: tuple[int, ...]
    products: str
    dtype: torch.dtype
    controlled: bool

    @classmethod
    def of(cls, problem: Problem) -> Plan:
        """The plan of a problem."""
        return cls(
            problem.activations,
            problem.loss,
            problem.rule,
            problem.family,
            problem.hidden,
            problem.products,
            problem.like.dtype,
            problem.control is not None,
        )

    def noise(self, blocks: Sequence[Tensor], tags: Sequence[Tensor], *counter: Tensor) -> list[Tensor]:
        """xi^1 ... xi^N, each (R, n_i, data, draws), from the counters of ``FastPath.counters``."""
        low, high, k0, k1 = counter
        if self.family == "hadamard":  # the same for every datum and run: (1, n_i, 1, draws)
            return [layer[None] for layer in hadamard(self.hidden, low[0, :1], self.dtype)]
        return [
            values_of(self.family, n, block, low, high, tag, k0, k1, self.dtype).transpose(0, 1)
            for n, block, tag in zip(self.hidden, blocks, tags, strict=True)
        ]

    def words(self, blocks: Sequence[Tensor], tags: Sequence[Tensor], *counter: Tensor) -> list[list[Tensor]]:
        """The words that each layer's signs need, int32: up to four tensors (B, R, data, draws) a layer."""
        low, high, k0, k1 = counter
        found = []
        for n, block, tag in zip(self.hidden, blocks, tags, strict=True):
            words = philox(block, low, high, tag, k0, k1)
            found.append([word.to(torch.int32) for word in words[: -(-n // 32)]])
        return found

    def expand(self, words: Tensor, word_of: Tensor, place_of: Tensor) -> Tensor:
        """(R, n, data, draws): the signs that are bit ``place_of[j]`` of word ``word_of[j]``, j = 1 ... n."""
        return (1 - 2 * ((words[word_of] >> place_of) & 1)).to(self.dtype).transpose(0, 1)

    def expand_into(self, words: Tensor, word_of: Tensor, place_of: Tensor, out: Tensor) -> None:
        """The same, written into ``out``."""
        out.copy_(self.expand(words, word_of, place_of))

    def clean(
        self,
        weights: Sequence[Tensor],
        feedback: Sequence[Tensor],
        control: Sequence[Tensor],
        x: Tensor,
        y: Tensor,
    ) -> tuple[list[tuple[Tensor, ...]], tuple[Tensor, ...], list[Tensor], list[Tensor]]:
        """The factors of layers 2 ... N+1 and of the loss, E^1 ... E^N, and g~^1 ... g~^N if controlled.

        x is (data, n_0), y (data, p); E^i and g~^i are (R, ., data).
        """
        h, target = x.T[None], y.T[None]
        pre_activations = []
        for weight, name in zip(weights, self.activations, strict=True):
            a = multiply(weight, h, "full" if self.products == "bf16" else self.products)
            pre_activations.append(a)
            h = ACTIVATIONS[name].value(a)
        slopes = [
            ACTIVATIONS[name].derivative(a) for name, a in zip(self.activations, pre_activations, strict=True)
        ]
        target = target.expand_as(h)
        top = LOSSES[self.loss].gradient(h, target) * slopes[-1]
        errors, _ = self.descend(feedback, slopes, top)
        guesses = self.descend(control, slopes, top)[1] if self.controlled else []
        known = [
            formulas.factors(name, a)
            for name, a in zip(self.activations[1:], pre_activations[1:], strict=True)
        ]
        return known, formulas.loss_factors(self.loss, h, target), errors, guesses

    def descend(
        self, feedback: Sequence[Tensor], slopes: Sequence[Tensor], top: Tensor
    ) -> tuple[list[Tensor], list[Tensor]]:
        """E^i = e~^{i+1} (under "DFA" one e~^{N+1}), and the synthetic gradients, for i = 1 ... N."""
        if self.rule == "DFA":
            return [top], [multiply(B.mT, top, self.products) for B in feedback] if self.controlled else []
        errors, guesses = [top], []
        for B, slope in zip(reversed(feedback[1:]), reversed(slopes[1:-1]), strict=True):
            guesses.append(multiply(B.mT, errors[-1], self.products))
            errors.append(guesses[-1] * slope)
        if self.controlled:
            guesses.append(multiply(feedback[0].mT, errors[-1], self.products))
        return errors[::-1], guesses[::-1]

    def hidden_stage(self, layer: int) -> Stage:
        """The stage of layer ``layer`` + 1: from P = W u below to u, written into ``out``."""
        name = self.activations[layer]

        def hidden(P: Tensor, known: Sequence[Tensor], xi: Tensor, c: Tensor, out: Tensor) -> None:
            out.copy_(formulas.activation_difference(name, known, P, c) + xi)

        return hidden

    def difference(self, P: Tensor, known: Sequence[Tensor], of_loss: Sequence[Tensor], c: Tensor) -> Tensor:
        """(L~ - L) / c, (R, data, draws), from P = W^{N+1} u^N."""
        v = formulas.activation_difference(self.activations[-1], known, P, c)
        return formulas.loss_difference(self.loss, of_loss, v, c)

    def project(
        self,
        P: Tensor,
        known: Sequence[Tensor],
        of_loss: Sequence[Tensor],
        c: Tensor,
        xis: Sequence[Tensor],
        guesses: Sequence[Tensor],
    ) -> list[Tensor]:
        """Lambda^1 ... Lambda^N, each (R, n_i, data)."""
        surprise = self.difference(P, known, of_loss, c)
        for guess, xi in zip(guesses, xis, strict=False):
            surprise = surprise - (guess[..., None] * xi).sum(1)
        if self.family == "hadamard":
            estimates = [torch.matmul(xi[:, :, 0], surprise.mT) for xi in xis]
        else:
            estimates = [(surprise[:, None] * xi).sum(3) for xi in xis]
        if self.controlled:
            draws = surprise.shape[2]
            estimates = [Lam + draws * g for Lam, g in zip(estimates, guesses, strict=True)]
        return estimates

    def single(
        self,
        weights: Sequence[Tensor],
        feedback: Sequence[Tensor],
        control: Sequence[Tensor],
        x: Tensor,
        y: Tensor,
        counters: Sequence[Any],
        c: Tensor,
        S: Sequence[Tensor],
        Q: Sequence[Tensor],
    ) -> None:
        """``whole`` with its noise, in one function."""
        self.whole(weights, feedback, control, x, y, self.noise(*counters), (), c, S, Q)

    def whole(
        self,
        weights: Sequence[Tensor],
        feedback: Sequence[Tensor],
        control: Sequence[Tensor],
        x: Tensor,
        y: Tensor,
        drawn: Sequence[Tensor],
        places: Sequence[tuple[Tensor, Tensor]],
        c: Tensor,
        S: Sequence[Tensor],
        Q: Sequence[Tensor],
    ) -> None:
        """A step as one function of tensors; S and Q are added to.

        ``drawn`` is the noise, or with ``places`` the words that its signs are expanded from.
        """
        known, of_loss, errors, guesses = self.clean(weights, feedback, control, x, y)
        xis = list(drawn)
        if places:
            xis = [self.expand(words, *place) for words, place in zip(drawn, places, strict=True)]
        u, draws = xis[0], xis[0].shape[3]
        for k, weight in enumerate(weights[1:-1]):
            P = multiply(weight, u.flatten(2), self.products).view(-1, weight.shape[1], u.shape[2], draws)
            name = self.activations[k + 1]
            u = formulas.activation_difference(name, known[k], P, c) + xis[k + 1]
        P = multiply(weights[-1], u.flatten(2), self.products).view(
            -1, weights[-1].shape[1], u.shape[2], draws
        )
        estimates = self.project(P, known[-1], of_loss, c, xis, guesses)
        self.add(errors, estimates, draws, S, Q)

    def add(
        self,
        errors: Sequence[Tensor],
        estimates: Sequence[Tensor],
        draws: int,
        S: Sequence[Tensor],
        Q: Sequence[Tensor],
    ) -> None:
        """S^i += E^i (Lambda^i)^T and Q^i += draws E^i (E^i)^T, in the dtype of S and Q."""
        for i, (total, estimate) in enumerate(zip(S, estimates, strict=True)):
            error = errors[i] if self.rule == "FA" else errors[0]
            add_product(total, error, estimate, 1, self.products)
            if i < len(Q):
                add_product(Q[i], error, error, draws, self.products)


def multiply(A: Tensor, X: Tensor, products: str = "full", out: Tensor | None = None) -> Tensor:
    """A (R, m, n) times X (R, n, T), either R may be 1: (R, m, T), in ``out`` where given."""
    if products == "bf16":
        rounded = torch.matmul(A.bfloat16(), X.bfloat16())
        return rounded.to(A.dtype) if out is None else out.copy_(rounded)
    if A.shape[0] == 1 and X.shape[0] == 1:
        if out is None:
            return torch.mm(A[0], X[0])[None]
        torch.mm(A[0], X[0], out=out[0])
        return out
    return torch.matmul(A, X, out=out)


def add_product(total: Tensor, left: Tensor, right: Tensor, times: int, products: str) -> None:
    """total (R, m, n) += times left (R, m, T) right^T (R, n, T)."""
    if products == "bf16" and total.dtype == torch.float32:
        total.add_(torch.matmul(left.bfloat16(), right.bfloat16().mT), alpha=times)
        return
    left, right = left.to(total.dtype), right.to(total.dtype)
    if total.shape[0] == 1:
        total[0].addmm_(left[0], right[0].mT, alpha=times)
    else:
        total.baddbmm_(left, right.mT, alpha=times)


class FastPath:
    """The stages around the products, for one problem. Buffers and counters are kept between batches."""

    name = "eager"

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.plan = plan = Plan.of(problem)
        self.c = torch.tensor(problem.c, dtype=plan.dtype, device=problem.like.device)
        self.clean: Stage = plan.clean
        self.noise: Stage = plan.noise
        self.hidden: list[Stage] = [plan.hidden_stage(k) for k in range(1, len(plan.hidden))]
        self.difference: Stage = plan.difference
        self.project: Stage = plan.project
        self.blocks, self.tags, self.keys = self._fixed_counters()
        self._buffers: dict[tuple[int, ...], Tensor] = {}
        self._grids: dict[tuple[int, ...], tuple[Tensor, Tensor]] = {}

    @torch.no_grad()
    def accumulate(self, batch: Batch, totals: Totals) -> None:
        """Add the batch to S and Q."""
        S, Q = totals.targets
        with tensor_cores(self.problem.products):
            self.step(batch, S, Q)
        totals.added(len(batch.x) * batch.draws)

    @torch.no_grad()
    def differences(self, batch: Batch) -> Tensor:
        """(L~ - L) / c, (R, data, draws)."""
        with tensor_cores(self.problem.products):
            known, of_loss, _, _ = self.run_clean(batch)
            P, _ = self.perturb(batch, known)
            found: Tensor = self.difference(P, known[-1], of_loss, self.c)
        return found

    def step(self, batch: Batch, S: Sequence[Tensor], Q: Sequence[Tensor]) -> None:
        """The whole of it; S and Q are added to."""
        known, of_loss, errors, guesses = self.run_clean(batch)
        P, xis = self.perturb(batch, known)
        estimates = self.project(P, known[-1], of_loss, self.c, xis, guesses)
        self.plan.add(errors, estimates, batch.draws, S, Q)

    def run_clean(self, batch: Batch) -> Any:
        """The clean stage on the batch's data."""
        problem = self.problem
        return self.clean(problem.weights, problem.feedback, problem.control or (), batch.x, batch.y)

    def perturb(self, batch: Batch, known: Sequence[Sequence[Tensor]]) -> tuple[Tensor, list[Tensor]]:
        """P^{N+1} (R, p, data, draws) and the noise; with shared noise an axis of data may still be 1."""
        xis: list[Tensor] = self.noise(self.blocks, self.tags, *self.counters(batch))
        u = xis[0]
        for k, weight in enumerate(self.problem.weights[1:]):
            runs, data = max(weight.shape[0], u.shape[0]), u.shape[2]
            flat = u.flatten(2)
            out = self.buffer(k, (runs, weight.shape[1], flat.shape[2]))
            P = multiply(weight, flat, self.problem.products, out).view(runs, -1, data, batch.draws)
            if k == len(self.hidden):
                return P, xis
            full = data == len(batch.x)
            shape = (runs, weight.shape[1], len(batch.x), batch.draws)
            u = P if full else self.buffer(-1 - k, shape)
            self.hidden[k](P, known[k], xis[k + 1], self.c, u)
        raise AssertionError("a network has an output layer")

    def counters(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """(low, high, k0, k1): the words of the sample indices and the key, to broadcast over (R, data,
        draws).
        """
        device = self.c.device
        shape = (1, len(batch.x), batch.draws)
        if shape not in self._grids:
            data, draws = (torch.arange(n, device=device) for n in shape[1:])
            self._grids[shape] = draws.expand(shape).contiguous(), data[:, None].expand(shape).contiguous()
        low, high = self._grids[shape]
        return low + batch.first_draw, high + batch.first, *self.keys

    def _fixed_counters(self) -> tuple[list[Tensor], list[Tensor], tuple[Tensor, Tensor]]:
        problem, device = self.problem, self.c.device
        step = torch.tensor(problem.step, device=device)
        keys = (torch.tensor(problem.seeds, device=device)[:, None, None], step)
        if problem.family == "hadamard":
            return [], [], keys
        family = problem.family
        blocks = [
            torch.arange(blocks_for(family, n), device=device)[:, None, None, None] for n in problem.hidden
        ]
        tags = [torch.tensor(tag_of(family, layer), device=device) for layer in range(len(blocks))]
        return blocks, tags, keys

    def buffer(self, use: int, shape: tuple[int, ...]) -> Tensor:
        """A kept tensor of the shape, a different one for each use."""
        key = (use, *shape)
        if key not in self._buffers:
            self._buffers[key] = torch.empty(shape, dtype=self.plan.dtype, device=self.c.device)
        return self._buffers[key]


class tensor_cores:
    """A context in which float32 products on a CUDA device may be rounded to tf32, if "tf32" is asked for."""

    def __init__(self, products: str) -> None:
        self.wanted = products == "tf32"
        self.before = False

    def __enter__(self) -> None:
        if self.wanted:
            self.before = torch.backends.cuda.matmul.allow_tf32
            torch.backends.cuda.matmul.allow_tf32 = True

    def __exit__(self, *_: object) -> None:
        if self.wanted:
            torch.backends.cuda.matmul.allow_tf32 = self.before
