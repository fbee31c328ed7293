"""The experiments that the paper does not have: what each of them asks, in words."""

from __future__ import annotations

from dataclasses import dataclass

from feedback_proofs_io.results import Result

__all__ = ["OURS", "Ours", "ours"]


@dataclass(frozen=True)
class Ours:
    """An experiment of this project alone: ``asks`` is a question or two, in whole sentences."""

    id: str
    title: str
    asks: str


OURS = (
    Ours(
        "why3",
        "Why the order of Figure 3 is as it is",
        "In the paper's autoencoder learned feedback ends below backpropagation. Is that the noise in the "
        "feedback, the rate, the size of the first feedback, or where the weights start? Each method is run "
        "again with one thing changed, and backpropagation after a beginning of feedback alignment.",
    ),
    Ours(
        "joint4",
        "All feedback from as few losses as there are unknowns",
        "How many loss differences must be known before all feedback matrices are? The joint fit is tried "
        "with a few less and a few more than there are weights above the first layer.",
    ),
    Ours(
        "deep",
        "Eight hidden layers",
        "Does feedback follow the weights in a deep network while these learn, and what does it take: more "
        "draws of noise for a minibatch, whitened steps, another start?",
    ),
    Ours(
        "fails",
        "Where it must fail",
        "Theory says which step is too long, and what feedback keeps for ever because no error reaches it. "
        "Does it fail there, and by as much as is predicted?",
    ),
    Ours(
        "foil",
        "Node perturbation without feedback, in wide networks",
        "The paper learns feedback because perturbing the weights' units alone is slow in large networks. "
        "How does the number of updates to the same loss grow with the number of hidden units?",
    ),
    Ours(
        "residual",
        "The learned gradient alone, or with its fresh residual",
        "What the feedback says is biased while it is still wrong. The same two forward passes also give an "
        "unbiased correction, as noisy as the feedback is wrong. Does it help to follow both?",
    ),
)


def ours(result: Result) -> Ours | None:
    """The experiment that a result is of, where it is one of these."""
    return next((one for one in OURS if one.id == result.id), None)
