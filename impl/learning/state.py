"""What runs are after some updates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor

from impl import checks
from impl.learning.fits import Memory

__all__ = ["UPDATES", "State"]

UPDATES = 2**32
"""Updates are numbered from 0 to UPDATES - 1: the noise's key has 32 bits for them."""


@dataclass(frozen=True, eq=False)
class State:
    """All that runs are after some updates; R runs, those wired "FA" first, R = R_FA + R_DFA.

    ``weights`` are W^1 ... W^{N+1}, (R, n_i, n_{i-1} + 1), the bias last; ``feedback`` B^2 ... B^{N+1} of the
    runs wired "FA", (R_FA, n_i, n_{i-1}); ``direct`` that of the others, (R_DFA, p, n_{i-1}); ``moments`` and
    ``memories`` what weight rules and feedback rules remember, group by group.
    """

    update: int
    weights: tuple[Tensor, ...]
    feedback: tuple[Tensor, ...]
    direct: tuple[Tensor, ...]
    moments: tuple[Memory, ...]
    memories: tuple[Memory, ...]

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor under a name of its own, for a file."""
        flat = {"weights": (self.weights,), "feedback": (self.feedback,), "direct": (self.direct,)}
        nested = {**flat, "moments": self.moments, "memories": self.memories}
        return {
            f"{name}/{group}/{k}": tensor
            for name, groups in nested.items()
            for group, tensors in enumerate(groups)
            for k, tensor in enumerate(tensors)
        }

    def restored(self, update: int, tensors: Mapping[str, Tensor]) -> State:
        """The state of ``update`` with these tensors, the names and shapes being those of this one.

        Raises ``InvalidInput`` for a name that is missing or unknown, or a tensor of another shape or dtype.
        """
        update, known = checks.whole("update", update, 0, UPDATES), self.tensors()
        for name in sorted(known.keys() ^ tensors.keys()):
            checks.require(name not in known, f"tensors[{name!r}]", "missing", "a tensor")
            checks.refuse(f"tensors[{name!r}]", "unknown", "names of this state only")
        for name, like in known.items():
            found = checks.dense(f"tensors[{name!r}]", tensors[name], (like.dtype,), like)
            checks.require(
                found.shape == like.shape,
                f"the shape of tensors[{name!r}]",
                tuple(found.shape),
                str(tuple(like.shape)),
            )

        def part(name: str, group: int, like: Memory) -> Memory:
            return tuple(tensors[f"{name}/{group}/{k}"] for k in range(len(like)))

        return State(
            update,
            part("weights", 0, self.weights),
            part("feedback", 0, self.feedback),
            part("direct", 0, self.direct),
            tuple(part("moments", g, like) for g, like in enumerate(self.moments)),
            tuple(part("memories", g, like) for g, like in enumerate(self.memories)),
        )
