r"""With the feedback's learning rate at 0, learning with node perturbation is feedback alignment.

Section 4.1 trains W by the synthetic errors and B by node perturbation, both at once. One step of both,
on T rows,

    W^i <- W^i - (eta / T) sum_t e~^i_t (h_t^{i-1})^T,
    B^i <- B^i - (eta_B / T) sum_t e~^i_t (e~^{iT}_t B^i - lambda_hat_t^{(i-1)T}),

with e~ and h of the clean pass, before the step. At eta_B = 0 the second line leaves B alone whatever
lambda_hat is, and the first does not contain lambda_hat: the weights move as in feedback alignment,
step for step, for any noise and any c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flint import arb

from theory.exact.network import Matrix, Real, error_signals, forward, rational
from theory.exact.population import Problem
from theory.exact.rule import sources
from theory.results.assumptions import SAMPLES
from theory.results.statement import Statement


def alignment_step(problem: Problem, feedback: Sequence[Matrix], rate: Real, rule: str = "FA") -> Problem:
    """Feedback alignment: the same data and a network whose weights have moved by -(η/T) Σ ẽ^i h^{i-1 T}."""
    network = problem.network
    clean = forward(network, problem.inputs)
    signals = error_signals(network, list(feedback), clean, problem.targets, rule)
    step = _number(problem, rate) / len(problem.x)
    weights = tuple(
        w - e * h.transpose() * step
        for w, e, h in zip(network.weights, signals, clean.activations, strict=False)
    )
    return Problem(replace(network, weights=weights), problem.x, problem.y)


def joint_step(
    problem: Problem,
    feedback: Sequence[Matrix],
    estimates: Sequence[Matrix],
    rate: Real,
    feedback_rate: Real,
    rule: str = "FA",
) -> tuple[Problem, list[Matrix]]:
    """The step of both: ``estimates`` are λ̂^1 … λ̂^N of the rows, n_i x T."""
    network = problem.network
    signals = error_signals(network, list(feedback), problem.clean, problem.targets, rule)
    step = _number(problem, feedback_rate) / len(problem.x)
    moved = [
        b - e * (e.transpose() * b - m.transpose()) * step
        for b, e, m in zip(feedback, sources(rule, signals), estimates, strict=True)
    ]
    return alignment_step(problem, feedback, rate, rule), moved


def _number(problem: Problem, value: Real) -> Matrix:
    return rational(value) if problem.network.exact else arb(rational(value))


STATEMENT = Statement(
    id="frozen-feedback",
    title="With the feedback's learning rate at 0, learning is feedback alignment, step for step",
    source="section 4.1",
    status="holds",
    latex=(
        r"W^i_{k+1}=W^i_k-\frac{\eta}{T}\sum_t\tilde e^{i}_t(h_t^{i-1})^{\top},\qquad "
        r"B^i_{k+1}=B^i_k-\frac{\eta_B}{T}\sum_t\tilde e^{i}_t"
        r"\bigl(\tilde e^{i\top}_tB^i_k-\hat\lambda^{i-1\top}_t\bigr);\qquad "
        r"\eta_B=0:\quad B\ \text{stays},\quad W\ \text{moves as in feedback alignment, for any}\ \xi,\ c"
    ),
    assumptions=(SAMPLES,),
    conclusion=r"\eta_B=0:\quad W_k=W^{\mathrm{FA}}_k,\quad B_k=B_0\quad\forall k",
    as_printed=r"The method recovers feedback alignment when the feedback weights are not updated.",
)
