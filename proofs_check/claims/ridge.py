"""`ridge`: γ inside the mean shrinks the feedback for ever; γ on the sum fades like 1/T."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.float64 import floats
from proofs_check.float64.designs import atoms
from proofs_check.float64.floats import Array
from proofs_check.float64.rule import distinct, offered_rules, sources
from proofs_check.float64.tolerance import feedback_allowance, resolved
from proofs_check.networks.drawn import WORST_CONDITION, Family, Instance, any_widths, widening
from proofs_check.networks.search import Measurement, search
from proofs_check.questions.limits import LARGEST, NOISES, size
from proofs_check.questions.means import every_pair
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, NotApplicable
from theory.exact.designs import factorial
from theory.exact.network import ExactNetwork, Matrix, rational
from theory.exact.noise_laws import RADEMACHER
from theory.exact.population import Problem, fit, mean_estimates, projector, range_basis, to_floats
from theory.results.ridge import (
    STATEMENT,
    direct_limits,
    first_order,
    layerwise_limits,
    ridge_solver,
    shrinkage,
)
from theory.writing.mathematics import in_text

SQUARED = Family(any_widths((1, 3), 3), hidden=("identity",), output=("identity",), losses=("mse",))
FULL_RANK = replace(SQUARED, widths=widening((1, 3), 3), accept=Instance.well_posed)
POLYNOMIAL = replace(SQUARED, losses=("mse", "quartic"))
RIDGES = (Fraction(3, 10), Fraction(7))
SCALES = (0.5, 2.0**-6)
UNIFORM = ("rademacher", "fold-over")  # designs of equal weights: rows need no scaling
MANY = 2**200  # copies of the data


def confirm(effort: Effort) -> Iterator[Evidence]:
    """The printed ridge on the smallest network; the shrinkage by direction; closed forms against the fit
    itself; and how γ on the sum fades.
    """
    yield from _smallest()
    found = ", ".join(map(in_text, shrinkage()))
    expected = "μ₁/(γ+μ₁), μ₂/(γ+μ₂)"
    yield Evidence("symbolic", "eigenvalues of (S + γ)⁻¹S where S has μ₁, μ₂", found, expected)
    key, count = ("ridge", "confirm"), effort.choose(8, 30, 600)
    drawn = st.tuples(SQUARED.instances(LARGEST["rademacher"]), st.sampled_from(RIDGES))
    yield from search(drawn, _closed_form, _show, effort, (*key, "closed form"), count)
    drawn = st.tuples(SQUARED.instances(), st.sampled_from(RIDGES))
    yield from search(drawn, _fades, _show, effort, (*key, "sum"), count)
    drawn = st.tuples(FULL_RANK.instances(), st.sampled_from(RIDGES))
    yield from search(drawn, _rate, _show, effort, (*key, "rate"), count)


def _show(drawn: tuple[Instance, Fraction]) -> str:
    return f"{drawn[0].as_code()}\ngamma = {drawn[1]}"


def _smallest() -> Iterator[Evidence]:
    """1-1-1, linear, squared error, W = 2, residuals ±3/10: γ = 1/10 as the paper has it."""
    network = ExactNetwork.of([[[1]], [[2]]], ("identity", "identity"), "mse")
    problem = Problem(network, ((1,), (1,)), ((Fraction(17, 10),), (Fraction(23, 10),)))
    gamma = Fraction(1, 10)
    for c in (Fraction(1), Fraction(1, 1000)):
        means = mean_estimates(problem, factorial(RADEMACHER, 1), c)
        feedback = fit(problem, means, solve=ridge_solver(2 * gamma))[0][0, 0]  # two data: 2 γ on their sum
        name = f"as printed, with γ = 1/10 inside the mean, E e² = 9/100, c = {c}: |B̂ - W| / |W| for T → ∞"
        yield Evidence("exact", name, str((2 - feedback) / 2), "10/19")
    for samples in (10**2, 10**4, 10**6):
        feedback = fit(problem, means, solve=ridge_solver(gamma * 2 / samples))[0][0, 0]
        away = (2 - feedback) / 2
        name = f"γ = 1/10 on the sum, T = {samples:,}: |B̂ - W| / |W|"
        yield Evidence("exact", name, int(away.p) / int(away.q), 10 / 9 / samples)


def _closed_form(drawn: tuple[Instance, Fraction]) -> Iterator[Measurement]:
    instance, gamma = drawn
    problem = instance.problem()
    means = mean_estimates(problem, factorial(RADEMACHER, sum(instance.network.hidden)), Fraction(1, 4))
    weights, gram = problem.network.weights, _output_gram(problem)
    for rule, limits in (("FA", layerwise_limits), ("DFA", direct_limits)):
        found = fit(problem, means, rule, ridge_solver(gamma))
        differ = sum(b != w for b, w in zip(found, limits(weights, gram, gamma), strict=True))
        name = f"{rule}: fitted matrices other than the closed form, mse, rademacher, c = 1/4, in rationals"
        yield Measurement("exact", name, differ, 0)


def _output_gram(problem: Problem) -> Matrix:
    """Σ e eᵀ over the data."""
    errors = problem.true_errors[-1]
    return errors * errors.transpose()


def _fades(drawn: tuple[Instance, Fraction]) -> Iterator[Measurement]:
    """Of any rank: B̂ → P_i W^i, the distance at least halved when the data are doubled."""
    instance, gamma = drawn
    problem = instance.problem()
    weights, gram = problem.network.weights, _output_gram(problem)
    assume(size(gram) > 0)
    once, twice = (layerwise_limits(weights, gram, gamma / copies) for copies in (MANY, 2 * MANY))
    for b, b_twice, weight, error in zip(once, twice, weights[1:], problem.true_errors[1:], strict=True):
        basis = range_basis(error * error.transpose())
        target = projector(basis) * weight if basis is not None else 0 * weight
        away, away_twice = size(b - target), size(b_twice - target)
        name = "γ on the sum, 2^200 copies of the data: |B̂ - P_i W^i| / (1 + |W^i|)"
        yield Measurement("exact", name, away / (1 + size(weight)), 1e-6)
        if away > 0:
            name = "what doubling the data leaves of that distance, at most a half"
            yield Measurement("exact", name, away_twice / away, 0.5 * (1 + 1e-6))


def _rate(drawn: tuple[Instance, Fraction]) -> Iterator[Measurement]:
    """At full rank the error is -γ H / T."""
    instance, gamma = drawn
    problem = instance.problem()
    weights, gram = problem.network.weights, _output_gram(problem)
    found, slopes = layerwise_limits(weights, gram, gamma / MANY), first_order(weights, gram)
    for b, weight, slope in zip(found, weights[1:], slopes, strict=True):
        rest = size((weight - b) * int(MANY) - slope * rational(gamma)) / (1 + size(slope))
        yield Measurement("exact", "coefficient of 1/T in W - B̂, against the predicted one", rest, 1e-6)


@dataclass(frozen=True)
class Ridged:
    """A network with its data, all atoms of a design, a ridge on the sum over the rows, and how often each
    row occurs.
    """

    instance: Instance
    noise: str
    c: float
    ridge: Fraction
    copies: int
    rule: str


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """The subject's ridge regressions on every (datum, atom) pair, layer on layer, are the exact ones."""
    rules = offered_rules(subject.supports)
    if not rules:
        raise NotApplicable("the subject supports neither FA nor DFA")
    family = POLYNOMIAL.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})
    for noise in UNIFORM:
        given = st.builds(
            Ridged,
            family.instances(LARGEST["rademacher"]),
            st.just(noise),
            st.sampled_from(SCALES),
            st.sampled_from(RIDGES),
            st.sampled_from((1, 4)),
            st.sampled_from(rules),
        )

        def check(given: Ridged) -> Iterator[Measurement]:
            expected = exact_limits(given)
            allowed = allowances(given, expected)
            assume(condition(given, expected) <= WORST_CONDITION)
            assume(resolved(given.instance.network, expected, given.instance.x, given.instance.y, given.rule))
            assume(all(a <= 1e-3 * np.linalg.norm(b) for a, b in zip(allowed, expected, strict=True)))
            yield from measurements(subject, given, expected, allowed)

        def show(given: Ridged) -> Question:
            return on_network(
                "ridged",
                subject,
                given.instance,
                noise=given.noise,
                c=given.c,
                ridge=str(given.ridge),
                copies=given.copies,
                rule=given.rule,
            )

        yield from search(given, check, show, effort, ("ridge", noise), effort.choose(8, 30, 600))


def exact_limits(given: Ridged) -> list[Array]:
    """B^2 … B^{N+1} of the rows, in rationals: the sum over A·r rows is A·r times that of the means."""
    problem, design = given.instance.problem(), NOISES[given.noise].design(sum(given.instance.network.hidden))
    per_datum = given.ridge / (len(design.values) * given.copies)
    found = fit(problem, mean_estimates(problem, design, given.c), given.rule, ridge_solver(per_datum))
    return [np.array(to_floats(b)) for b in found]


def condition(given: Ridged, expected: list[Array]) -> float:
    """The largest κ(Q + γ) of the fits: without ridge a singular Q has a pseudo-inverse, with it it has
    not.
    """
    instance = given.instance
    signals = floats.error_signals(instance.network, expected, instance.clean, instance.y, given.rule)
    result = 1.0
    for source in distinct(given.rule, signals):
        eigenvalues = np.linalg.eigvalsh(source.T @ source / len(source)) + _per_row(given)
        result = max(result, float(eigenvalues[-1] / eigenvalues[0]))
    return result


def _per_row(given: Ridged) -> float:
    design = NOISES[given.noise].design(sum(given.instance.network.hidden))
    return float(given.ridge) / (len(given.instance.x) * len(design.values) * given.copies)


def allowances(given: Ridged, expected: list[Array]) -> list[float]:
    """What float64 may do to each; Frobenius."""
    design = NOISES[given.noise].design(sum(given.instance.network.hidden))
    support = atoms(design, given.instance.network.hidden)
    return feedback_allowance(given.instance, support, given.c, expected, given.rule, _per_row(given))


def measurements(
    subject: Subject, given: Ridged, expected: list[Array], allowed: list[float]
) -> Iterator[Measurement]:
    """The subject's B^2 … B^{N+1} against the exact ones."""
    instance, network = given.instance, given.instance.network
    design = NOISES[given.noise].design(sum(network.hidden))
    x, y, noise = every_pair(instance, design)
    estimates = subject.gradient_estimates(network, x, y, noise, given.c)
    feedback = [np.zeros_like(b) for b in expected]
    for k in range(len(feedback) - 1, -1, -1):
        signals = subject.error_signals(network, feedback, x, y, given.rule)
        rows, errors = estimates[k], sources(given.rule, signals)[k]
        rows, errors = (np.tile(values, (given.copies, 1)) for values in (rows, errors))
        feedback[k] = subject.fit_feedback(rows, errors, float(given.ridge))
    for b, wanted, bound in zip(feedback, expected, allowed, strict=True):
        name = f"{given.noise}: |B̂ - exact|, ridge on the sum over the rows, each row {given.copies} times"
        yield Measurement("implementation", name, float(np.linalg.norm(b - wanted)), bound)


CLAIM = Claim(STATEMENT, confirm, examine)
