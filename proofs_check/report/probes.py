"""Questions that only the report asks: where noise comes from that nobody gave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from proofs_check.float64.floats import Array
from proofs_check.networks.drawn import Instance
from proofs_check.report.replay import draws_for, large
from proofs_check.subject.methods import Subject
from proofs_check.verdict.evidence import SubjectError

LARGE_C, SMALL_C = 0.25, 0.25 / 64
TINY = 2.0**-40  # noise of which no loss takes notice
NOTICED = 1e-6  # a difference of two losses, beside losses of about 1


def unasked_noise(subject: Subject, seconds: float) -> tuple[str, ...]:
    """Whether the perturbed pass is noisy where the noise that is given cannot make it so, and where."""
    try:
        subject.begin_claim(seconds)
        given = large(subject)
        if given is None:
            return ()
        said = _above_the_hidden_layers(subject, given) or _in_the_hidden_layers(subject, given)
    except (SubjectError, ArithmeticError, TypeError, ValueError):
        return ()
    return () if said is None else (said,)


def _above_the_hidden_layers(subject: Subject, given: Instance) -> str | None:
    """Ask with top weights of zero, through which nothing of the hidden layers passes."""
    network = given.network
    blind = replace(network, weights=(*network.weights[:-1], 0 * network.weights[-1]))
    noise = draws_for(given)
    large_change, small_change = (
        _change(subject, Instance(blind, given.x, given.y), noise, c) for c in (LARGE_C, SMALL_C)
    )
    if large_change <= NOTICED:
        return None
    seen = (
        "Asked with top weights of 0, through which no noise of a hidden layer passes, the loss of the "
        f"perturbed pass still differs from the clean one, by {large_change:.2g} at c = {LARGE_C:g}"
    )
    if small_change < large_change / 8:
        return (
            f"{seen}, and less at a smaller c: c times some noise is added to the output layer too. Only the "
            "hidden layers get noise, that which is given: look at the last layer of the perturbed pass."
        )
    return (
        f"{seen}, and by {small_change:.2g} at c = {SMALL_C:g}. So the two losses differ by more than the "
        "noise: look for a clean loss of other rows, another loss, or randomness in the pass (dropout)."
    )


def _in_the_hidden_layers(subject: Subject, given: Instance) -> str | None:
    """Ask with noise that is all but zero."""
    change = _change(subject, given, [np.full_like(xi, TINY) for xi in draws_for(given)], LARGE_C)
    if change <= NOTICED:
        return None
    return (
        "Asked with noise that is all but 0, the loss of the perturbed pass still differs from the clean "
        f"one, by {change:.2g}: the hidden layers get noise of their own beside that which is given, or the "
        "two passes differ in something else (dropout, another loss)."
    )


def _change(subject: Subject, given: Instance, noise: Sequence[Array], c: float) -> float:
    """The largest L̃ − L, as λ̂ tells it: λ̂ c / ξ."""
    answers = subject.gradient_estimates(given.network, given.x, given.y, noise, c)
    return max(
        float(np.abs(found[xi != 0] * c / xi[xi != 0]).max(initial=0.0))
        for found, xi in zip(answers, noise, strict=True)
    )
