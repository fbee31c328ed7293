"""What a counterexample calls: each function asks the subject once more and prints its answer beside what was
expected.

The subject is named as for the command; networks and arrays are torch tensors or anything numpy understands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from importlib import import_module
from typing import Any

import numpy as np

from proofs_check.claims import estimator, fa_equals_dfa, self_correction, solves
from proofs_check.claims import remainder as remainder_claim
from proofs_check.claims import ridge as ridge_claim
from proofs_check.claims import signals as signals_claim
from proofs_check.claims.noise import examine_family, law_of
from proofs_check.claims.noise_law import mixed as mixed_design
from proofs_check.claims.orthogonality import residual_sums
from proofs_check.claims.pseudo_inverse import expected_limit
from proofs_check.digits.evidence import examine_linear_gradients, examine_recovery
from proofs_check.float64.designs import atoms
from proofs_check.float64.floats import Array, Network
from proofs_check.float64.rule import offered_rules
from proofs_check.float64.tolerance import (
    difference_allowance,
    feedback_allowance,
    signal_allowance,
    solve_allowance,
)
from proofs_check.networks.drawn import Instance
from proofs_check.networks.search import Measurement
from proofs_check.questions import noise_regions, regions
from proofs_check.questions.limits import NOISES, exact_limit
from proofs_check.questions.means import distance, mean_allowance, mean_estimates
from proofs_check.questions.oracle import exact_estimates, exact_means, exact_signals, exact_solution
from proofs_check.questions.rows import Rows
from proofs_check.subject.conduct import ROWS, findings, probe_of
from proofs_check.subject.methods import REFERENCE
from proofs_check.subject.subjects import WorkerSubject
from proofs_check.verdict.budget import Account
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.designs import Design


def estimates(subject: str, network: Any, x: Any, y: Any, noise: Any, c: float, seed: int = 0) -> None:
    """Print the subject's λ̂ of every row, and the exact one; then all that the claim measures, also on a
    second network of the same shapes.
    """
    instance, rows = _instance(network, x, y), [_floats(xi) for xi in noise]
    allowed = difference_allowance(instance.network, instance.x, instance.y, rows, c)
    with _opened(subject) as opened:
        found = opened.gradient_estimates(instance.network, instance.x, instance.y, rows, c)
    exact, entries = exact_estimates(instance, rows, c), [allowed[:, None] * np.abs(xi) for xi in rows]
    for layer, (a, wanted, bound) in enumerate(zip(found, exact, entries, strict=True), start=1):
        _compare(f"λ̂^{layer}", a, wanted, float(bound.max()))
    _print_used("λ̂", found, exact, entries)
    with _opened(subject) as opened:
        _print_measurements(estimator.measurements(opened, instance, Effort(seed=seed)))


def signals(
    subject: str, network: Any, x: Any, y: Any, feedback: Any, rule: str, seed: int = 0, times: int = 1
) -> None:
    """Print the subject's ẽ of every layer on the rows ``times`` over, and the exact one; then all that the
    claim measures, also after other calls and on a second network of the same shapes.
    """
    instance, matrices = _instance(network, x, y), [_floats(b) for b in feedback]
    allowed = signal_allowance(instance.network, matrices, instance.x, instance.y, rule)
    rows, targets = (np.tile(values, (times, 1)) for values in (instance.x, instance.y))
    with _opened(subject) as opened:
        found = opened.error_signals(instance.network, matrices, rows, targets, rule)
    expected = exact_signals(instance, matrices, rule)
    for layer, (a, wanted, bound) in enumerate(zip(found, expected, allowed, strict=True), start=1):
        _compare(f"ẽ^{layer}", a, np.tile(wanted, (times, 1)), float(bound.max()))
    repeated = ([np.tile(a, (times, 1)) for a in each] for each in (expected, allowed))
    _print_used("ẽ", found, *repeated)
    with _opened(subject) as opened:
        rules = offered_rules(opened.supports)
        _print_measurements(signals_claim.measurements(opened, instance, Effort(seed=seed), rules))


def solution(subject: str, estimates: Any, errors: Any, ridge: float) -> None:
    """Print the subject's B, and the exact (minimum-norm) solution of the normal equations; then the same for
    a second problem of the same shape, as in the claim.
    """
    with _opened(subject) as opened:
        for name, rows, sources in solves.problems(_floats(estimates), _floats(errors)):
            expected = exact_solution(rows, sources, ridge)
            found = opened.fit_feedback(rows, sources, ridge)
            _compare(f"B, {name}", found, expected, solve_allowance(sources, rows, expected, ridge))


def far_solution(subject: str, region: str) -> None:
    """Print the subject's B, and the exact solution, in one of the regions that the claim asks about."""
    given = next(one for one in regions.arrays() if one.region == region)
    with _opened(subject) as opened:
        found = opened.fit_feedback(given.estimates, given.errors, given.ridge)
    _compare("B", found, given.solution, given.allowed)


def noise(subject: str, family: str, seed: int) -> None:
    """Print every test of the subject's noise for one family and seed."""
    with _opened(subject) as opened:
        _print_rows(examine_family(opened, family, seed))


def far_noise(subject: str, family: str, depth: str, seed: int) -> None:
    """Print every test of one family of the subject's noise at far seeds, layers, units and rows."""
    with _opened(subject) as opened:
        effort, account = Effort(depth, seed), Account("noise", depth)
        asked = noise_regions.Asked(opened, family, law_of(family), effort, account)
        _print_rows(noise_regions.examine(asked))


def means(subject: str, network: Any, x: Any, y: Any, noise: str, c: float) -> None:
    """Print the subject's E[λ̂ | x, y] over a finite noise, and the exact one."""
    instance = _instance(network, x, y)
    design = NOISES[noise].design(sum(instance.network.hidden))
    with _opened(subject) as opened:
        found = mean_estimates(opened, instance, design, c)
    expected, allowed = exact_means(instance, design, c), mean_allowance(instance, design, c)
    for layer, (a, wanted, bound) in enumerate(zip(found, expected, allowed, strict=True), start=1):
        _compare(f"E λ̂^{layer}", a, wanted, float(bound.max()))


def residuals(subject: str, network: Any, x: Any, y: Any, noise: str, c: float, rule: str) -> None:
    """Print the largest |E[ẽ (λ̂ - E λ̂)ᵀ]| of the subject per hidden layer, which should vanish."""
    with _opened(subject) as opened:
        sums = list(residual_sums(opened, _instance(network, x, y), NOISES[noise], c, rule))
    for layer, (found, allowed) in enumerate(sums, start=1):
        print(f"hidden layer {layer}: {found:.3g}, allowed {allowed:.3g}")


def limits(subject: str, network: Any, x: Any, y: Any, noise: str, c: float, rule: str) -> None:
    """Print the subject's B̂(c) from every (datum, atom) pair, and the exact limit; ``noise`` is a finite
    one.
    """
    instance = _instance(network, x, y)
    design = NOISES[noise].design(sum(instance.network.hidden))
    _limits(subject, instance, design, c, rule, exact_limit(instance, design, c, rule))


def singular(subject: str, network: Any, x: Any, y: Any, noise: str, c: float) -> None:
    """Print the subject's minimum-norm B̂(c) and the exact one, for a network without full rank; FA."""
    instance = _instance(network, x, y)
    design = NOISES[noise].design(sum(instance.network.hidden))
    _limits(subject, instance, design, c, "FA", expected_limit(instance, NOISES[noise], c))


def mixed(subject: str, network: Any, x: Any, y: Any, number: int, c: float, rule: str) -> None:
    """Print the subject's B̂(c) and the exact limit for correlated noise with a mean, design ``number``."""
    instance = _instance(network, x, y)
    design = mixed_design(sum(instance.network.hidden), number)
    _limits(subject, instance, design, c, rule, exact_limit(instance, design, c, rule))


def remainder(subject: str, network: Any, x: Any, y: Any, noise: str, c: float) -> None:
    """Print what part of the bound on its bias, and of rounding, the subject's E[λ̂ | x, y] uses up."""
    instance = _instance(network, x, y)
    with _opened(subject) as opened:
        used = remainder_claim.measured(opened, instance, noise, c)
    _print_rows([Evidence("implementation", "|E λ̂ - F_j - known part| over bound and rounding", used, 1.0)])


def ridged(
    subject: str, network: Any, x: Any, y: Any, noise: str, c: float, ridge: str, copies: int, rule: str
) -> None:
    """Print how far the subject's ridge regressions on all (datum, atom) pairs, each ``copies`` times, are
    from the exact ones; ``ridge`` is a fraction.
    """
    given = ridge_claim.Ridged(_instance(network, x, y), noise, c, Fraction(ridge), copies, rule)
    expected = ridge_claim.exact_limits(given)
    with _opened(subject) as opened:
        allowed = ridge_claim.allowances(given, expected)
        _print_measurements(ridge_claim.measurements(opened, given, expected, allowed))


def both_rules(subject: str, network: Any, x: Any, y: Any, noise: Any, c: float) -> None:
    """Print how far the gradients that the subject fits to these rows by FA and by DFA are apart."""
    sample = Rows(_instance(network, x, y), tuple(_floats(xi) for xi in noise), c)
    with _opened(subject) as opened:
        estimates = sample.estimates(opened)
        answers = fa_equals_dfa.exact_answers(sample, estimates) or {}
        _print_measurements(fa_equals_dfa.measurements(opened, sample, estimates, answers))


def distorted(
    subject: str,
    network: Any,
    x: Any,
    y: Any,
    noise: Any,
    feedback: Any,
    distortion: Any,
    layer: int,
    c: float,
) -> None:
    """Print the gradients that the subject fits below B^{layer+1} and below B^{layer+1} times the
    distortion.
    """
    sample = Rows(_instance(network, x, y), tuple(_floats(xi) for xi in noise), c)
    matrices = tuple(_floats(b) for b in feedback)
    given = self_correction.Distorted(sample, matrices, layer, _floats(distortion))
    with _opened(subject) as opened:
        estimates = sample.estimates(opened)
        answers = self_correction.exact_answers(given, estimates)
        _print_measurements(self_correction.measurements(opened, given, estimates, answers))


def measured(subject: str, network: Any, x: Any, y: Any, claim: str, **arguments: Any) -> None:
    """Print all that a claim measures of the subject on one network; its file has the claim's name."""
    module = import_module(f"proofs_check.claims.{claim.replace('-', '_')}")
    with _opened(subject) as opened:
        _print_measurements(module.measurements(opened, _instance(network, x, y), **arguments))


def example(subject: str, claim: str, **arguments: Any) -> None:
    """Print what a claim finds of the subject on its own fixed network; its file has the claim's name."""
    module = import_module(f"proofs_check.claims.{claim.replace('-', '_')}")
    with _opened(subject) as opened:
        _print_rows(module.example(opened, **arguments))


def digits(subject: str, network: str, depth: str) -> None:
    """Print what the ledger finds on a network trained on digits: sigmoid, tanh or linear."""
    with _opened(subject) as opened:
        if network == "linear":
            _print_rows(examine_linear_gradients(opened, Effort(depth)))
        else:
            _print_rows(examine_recovery(opened, network, Effort(depth)))


def conduct(subject: str, method: str) -> None:
    """Ask a method the questions about its conduct, and print every answer and what is found."""
    with WorkerSubject(None if subject == REFERENCE else subject, conduct_first=False) as opened:
        opened.begin_claim(600.0)
        probe = probe_of(opened, method)
        if probe is None:
            print(f"{method} is not asked: see what the subject supports")
            return
        rows = np.arange(ROWS)
        orders = {
            "as they are": rows,
            "once more": rows,
            "in reverse": rows[::-1],
            "the first half": rows[: ROWS // 2],
        }
        for order, chosen in orders.items():
            print(f"rows {order}: {', '.join(map(str, chosen))}")
            for answer in probe.ask(chosen):
                print("  ", np.array2string(answer, prefix="   "))
        opened.begin_claim(600.0)
        for reason in list(findings(method, probe))[:1] or ["nothing is wrong with its conduct"]:
            print(reason)


def _limits(
    subject: str, instance: Instance, design: Design, c: float, rule: str, expected: Sequence[Array]
) -> None:
    support = atoms(design, instance.network.hidden)
    allowed = feedback_allowance(instance, support, c, expected, rule)
    with _opened(subject) as opened:
        found = opened.fitted_feedback(
            instance.network, instance.x, instance.y, support.layers, support.probabilities, c, rule
        )
    for layer, (b, wanted, bound) in enumerate(zip(found, expected, allowed, strict=True), start=2):
        _compare(f"B^{layer}", b, wanted, bound)


def _instance(network: Any, x: Any, y: Any) -> Instance:
    weights = tuple(_floats(w) for w in network.weights)
    return Instance(Network(weights, tuple(network.activations), str(network.loss)), _floats(x), _floats(y))


def _opened(subject: str) -> WorkerSubject:
    opened = WorkerSubject(None if subject == REFERENCE else subject)
    opened.begin_claim(600.0)
    return opened


def _floats(values: Any) -> Array:
    return np.asarray(values, dtype=np.float64)


def _print_rows(rows: Iterable[Evidence]) -> None:
    for row in rows:
        print("ok  " if row.holds else "FAIL", f"{row.name}: {row.finding}")


def _print_measurements(measured: Iterable[Measurement]) -> None:
    _print_rows(Evidence(m.kind, m.name, m.value, m.bound) for m in measured)


def _print_used(
    symbol: str, found: Sequence[Array], expected: Sequence[Array], allowed: Sequence[Array]
) -> None:
    name = f"{symbol} of these rows, worst entry, as part of what rounding may do to it"
    _print_measurements([Measurement("implementation", name, distance(found, expected, allowed), 1.0)])


def _compare(name: str, found: Array, expected: Array, allowed: float) -> None:
    away = float(np.linalg.norm(found - expected))
    print("ok  " if away <= allowed else "FAIL", f"{name}: off by {away:.3g}, allowed {allowed:.3g}")
    print("  found   ", np.array2string(found, prefix="  found    "))
    print("  expected", np.array2string(expected, prefix="  expected "))
