"""A counterexample as code: paste it into Python, and see the same numbers again.

Each `*_code` writes a snippet; the function it calls asks the subject, in this process, and prints its answer
beside what was expected.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from proofs_check.floats import Array, Network
from proofs_check.networks import Instance, tensor_code

if TYPE_CHECKING:
    from proofs_check.effort import Effort
    from proofs_check.evidence import Evidence
    from proofs_check.subjects import Subject


def limits_code(subject: Subject, instance: Instance, c: float, noise: str, rule: str) -> str:
    """Code for `limits`."""
    call = f"rerun.limits({place(subject)!r}, network, x, y, noise={noise!r}, c={c!r}, rule={rule!r})"
    return f"{instance.as_code()}\n\n{call}"


def limits(subject: str, network: Any, x: Any, y: Any, noise: str, c: float, rule: str) -> None:
    """Print the subject's B̂(c) from every (datum, atom) pair, and the exact limit; ``noise`` names a finite
    noise.
    """
    from proofs_check.limits import NOISES, exact_limit

    instance = _instance(network, x, y)
    design = NOISES[noise].design(sum(instance.network.hidden))
    limits_of(subject, instance, design, c, rule, exact_limit(instance, design, c, rule))


def singular_code(subject: Subject, instance: Instance, c: float, noise: str) -> str:
    """Code for `singular`."""
    call = f"rerun.singular({place(subject)!r}, network, x, y, noise={noise!r}, c={c!r})"
    return f"{instance.as_code()}\n\n{call}"


def singular(subject: str, network: Any, x: Any, y: Any, noise: str, c: float) -> None:
    """Print the subject's minimum-norm B̂(c) and the exact one, for a network without full rank; the rule is
    FA.
    """
    from proofs_check.claims.pseudo_inverse import expected_limit
    from proofs_check.limits import NOISES

    instance = _instance(network, x, y)
    design = NOISES[noise].design(sum(instance.network.hidden))
    limits_of(subject, instance, design, c, "FA", expected_limit(instance, NOISES[noise], c))


def mixed_code(subject: Subject, instance: Instance, number: int, c: float, rule: str) -> str:
    """Code for `mixed`."""
    call = f"rerun.mixed({place(subject)!r}, network, x, y, number={number}, c={c!r}, rule={rule!r})"
    return f"{instance.as_code()}\n\n{call}"


def mixed(subject: str, network: Any, x: Any, y: Any, number: int, c: float, rule: str) -> None:
    """Print the subject's B̂(c) and the exact limit for correlated noise with a mean, the design of that
    number.
    """
    from proofs_check.claims.noise_law import mixed as design_of
    from proofs_check.limits import exact_limit

    instance = _instance(network, x, y)
    design = design_of(sum(instance.network.hidden), number)
    limits_of(subject, instance, design, c, rule, exact_limit(instance, design, c, rule))


def residuals_code(subject: Subject, instance: Instance, c: float, noise: str, rule: str) -> str:
    """Code for `residuals`."""
    call = f"rerun.residuals({place(subject)!r}, network, x, y, noise={noise!r}, c={c!r}, rule={rule!r})"
    return f"{instance.as_code()}\n\n{call}"


def residuals(subject: str, network: Any, x: Any, y: Any, noise: str, c: float, rule: str) -> None:
    """Print the largest |E[ẽ (λ̂ - E λ̂)ᵀ]| of the subject per hidden layer, which should vanish."""
    from proofs_check.claims.orthogonality import residual_sums
    from proofs_check.limits import NOISES

    with _opened(subject) as opened:
        sums = list(residual_sums(opened, _instance(network, x, y), NOISES[noise], c, rule))
    for layer, (found, allowed) in enumerate(sums, start=1):
        print(f"hidden layer {layer}: {found:.3g}, allowed {allowed:.3g}")


def limits_of(
    subject: str, instance: Instance, design: Any, c: float, rule: str, expected: Sequence[Array]
) -> None:
    """Print the same for any design and any expected limits."""
    from proofs_check.designs import atoms
    from proofs_check.tolerance import feedback_allowance

    support = atoms(design, instance.network.hidden)
    allowed = feedback_allowance(instance, support, c, expected, rule)
    with _opened(subject) as opened:
        found = opened.fitted_feedback(
            instance.network, instance.x, instance.y, support.layers, support.probabilities, c, rule
        )
    for layer, (b, wanted, bound) in enumerate(zip(found, expected, allowed, strict=True), start=2):
        _compare(f"B^{layer}", b, wanted, bound)


def estimates_code(subject: Subject, instance: Instance, noise: Sequence[Array], c: float) -> str:
    """Code for `estimates`."""
    listed = ", ".join(tensor_code(xi) for xi in noise)
    call = f"rerun.estimates({place(subject)!r}, network, x, y, noise, c={c!r})"
    return f"{instance.as_code()}\nnoise = [{listed}]\n\n{call}"


def estimates(subject: str, network: Any, x: Any, y: Any, noise: Any, c: float) -> None:
    """Print the subject's λ̂ of every row, and the exact one."""
    from proofs_check.oracle import exact_estimates
    from proofs_check.tolerance import difference_allowance

    instance = _instance(network, x, y)
    rows = [_floats(xi) for xi in noise]
    allowed = difference_allowance(instance.network, instance.x, instance.y, rows, c)
    expected = exact_estimates(instance, rows, c)
    with _opened(subject) as opened:
        found = opened.gradient_estimates(instance.network, instance.x, instance.y, rows, c)
    for layer, (a, wanted, xi) in enumerate(zip(found, expected, rows, strict=True), start=1):
        _compare(f"λ̂^{layer}", a, wanted, float((allowed[:, None] * np.abs(xi)).max()))


def means_code(subject: Subject, instance: Instance, c: float, noise: str) -> str:
    """Code for `means`."""
    call = f"rerun.means({place(subject)!r}, network, x, y, noise={noise!r}, c={c!r})"
    return f"{instance.as_code()}\n\n{call}"


def means(subject: str, network: Any, x: Any, y: Any, noise: str, c: float) -> None:
    """Print the subject's E[λ̂ | x, y] over a finite noise, and the exact one."""
    from proofs_check.limits import NOISES
    from proofs_check.means import mean_allowance, mean_estimates
    from proofs_check.oracle import exact_means

    instance = _instance(network, x, y)
    design = NOISES[noise].design(sum(instance.network.hidden))
    with _opened(subject) as opened:
        found = mean_estimates(opened, instance, design, c)
    allowed = mean_allowance(instance, design, c)
    for layer, (a, wanted, bound) in enumerate(
        zip(found, exact_means(instance, design, c), allowed, strict=True), start=1
    ):
        _compare(f"E λ̂^{layer}", a, wanted, float(bound.max()))


def signals_code(subject: Subject, instance: Instance, feedback: Sequence[Array], rule: str) -> str:
    """Code for `signals`."""
    listed = ", ".join(tensor_code(b) for b in feedback)
    call = f"rerun.signals({place(subject)!r}, network, x, y, feedback, rule={rule!r})"
    return f"{instance.as_code()}\nfeedback = [{listed}]\n\n{call}"


def signals(subject: str, network: Any, x: Any, y: Any, feedback: Any, rule: str) -> None:
    """Print the subject's ẽ of every layer, and the exact one."""
    from proofs_check.oracle import exact_signals

    instance = _instance(network, x, y)
    matrices = [_floats(b) for b in feedback]
    expected = exact_signals(instance, matrices, rule)
    with _opened(subject) as opened:
        found = opened.error_signals(instance.network, matrices, instance.x, instance.y, rule)
    for layer, (a, wanted) in enumerate(zip(found, expected, strict=True), start=1):
        _compare(f"ẽ^{layer}", a, wanted)


def solution_code(subject: Subject, estimates: Array, errors: Array, ridge: float) -> str:
    """Code for `solution`."""
    return (
        f"import torch\n\nestimates = {tensor_code(estimates)}\nerrors = {tensor_code(errors)}\n\n"
        "from proofs_check import rerun\n"
        f"rerun.solution({place(subject)!r}, estimates, errors, ridge={ridge!r})"
    )


def solution(subject: str, estimates: Any, errors: Any, ridge: float) -> None:
    """Print the subject's B, and the exact (minimum-norm) solution of the normal equations."""
    from proofs_check.oracle import exact_solution
    from proofs_check.tolerance import solve_allowance

    rows, signals = _floats(estimates), _floats(errors)
    expected = exact_solution(rows, signals, ridge)
    with _opened(subject) as opened:
        found = opened.fit_feedback(rows, signals, ridge)
    _compare("B", found, expected, solve_allowance(signals, rows, expected, ridge))


def digits_code(subject: Subject, network: str, effort: Effort) -> str:
    """Code for `digits`."""
    return (
        "from proofs_check import rerun\n"
        f"rerun.digits({place(subject)!r}, network={network!r}, depth={effort.depth!r})"
    )


def digits(subject: str, network: str, depth: str) -> None:
    """Print what the ledger finds on a network trained on digits: sigmoid, tanh or linear."""
    from proofs_check.digits.evidence import examine_linear_gradients, examine_recovery
    from proofs_check.effort import Effort

    with _opened(subject) as opened:
        if network == "linear":
            _print_rows(examine_linear_gradients(opened, Effort(depth)))
        else:
            _print_rows(examine_recovery(opened, network, Effort(depth)))


def noise(subject: str, family: str, seed: int) -> None:
    """Print every test of the subject's noise for one family and seed."""
    from proofs_check.claims.noise import examine_family

    with _opened(subject) as opened:
        _print_rows(examine_family(opened, family, seed))


def place(subject: Subject) -> str:
    """How the command names the subject."""
    return str(getattr(subject, "place", "MODULE:NAME"))


def _instance(network: Any, x: Any, y: Any) -> Instance:
    weights = tuple(_floats(w) for w in network.weights)
    return Instance(Network(weights, tuple(network.activations), str(network.loss)), _floats(x), _floats(y))


def _opened(subject: str) -> Any:
    from proofs_check.subjects import REFERENCE, WorkerSubject

    opened = WorkerSubject(None if subject == REFERENCE else subject)
    opened.begin_claim(600.0)
    return opened


def _floats(values: Any) -> Array:
    return np.asarray(values, dtype=np.float64)


def _print_rows(rows: Iterable[Evidence]) -> None:
    for row in rows:
        print("ok  " if row.holds else "FAIL", f"{row.name}: {row.finding}")


def _compare(name: str, found: Array, expected: Array, allowed: float | None = None) -> None:
    away = f"off by {np.linalg.norm(found - expected):.3g}"
    print(f"{name}: {away}" + ("" if allowed is None else f", allowed {allowed:.3g}"))
    print("  found   ", np.array2string(found, prefix="  found    "))
    print("  expected", np.array2string(expected, prefix="  expected "))
