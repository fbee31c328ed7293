"""The claims about finite samples: their laws are those of real fits, and what is wrong in distribution
fails.
"""

import numpy as np
import pytest

from proofs_check.claims import clt
from proofs_check.claims.clt import STAGES, configurations, control, examine, examine_configuration
from proofs_check.ledger.ledger import check
from proofs_check.networks.drawn import Instance
from proofs_check.questions.limits import exact_limit
from proofs_check.sampling.populations import Population
from proofs_check.sampling.replicates import Replicates
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.budget import Account
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Falsified, NotApplicable
from tests.numpy_subject import NumpySubject
from tests.planted_bugs import Correct
from theory.exact.designs import factorial
from theory.exact.noise_laws import LAWS

QUICK = Effort("quick", 0)
EVERY = configurations({}, "thorough")


def finite() -> list[clt.Configuration]:
    return [given for given in EVERY if LAWS[given.population.family].atoms is not None]


@pytest.mark.parametrize("given", finite()[:4], ids=lambda given: given.name)
def test_the_limits_of_a_population_are_the_exact_ones(given: clt.Configuration) -> None:
    population, instance = given.population, given.population.instance
    design = factorial(LAWS[population.family], sum(instance.network.hidden))
    expected = exact_limit(instance, design, population.c)
    for found, exact in zip(population.limits, expected, strict=True):
        assert np.abs(found - exact).max() < 1e-12


@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_what_a_fit_amounts_to_is_a_sum_over_its_rows(rule: str) -> None:
    """For a subject's own sample: Q_T ... (B̂ - W̃) is T^{-1/2} times the sum of the rows' scores, to
    roundoff.
    """
    given = EVERY[0].population
    population = Population(given.instance, given.family, given.c, rule)
    subject, rows = LocalSubject(NumpySubject), 500
    samples = Replicates(subject, population, rows, QUICK, ("test",))
    (fitted, counts) = next(iter(samples.fits(0, 1)))
    chosen = QUICK.generator("test", "data", 0).integers(0, len(given.instance.x), rows)
    noise = subject.draw_noise(
        given.instance.network.hidden, rows, given.family, QUICK.integer("test", "noise", 0) % 2**32
    )
    atoms = np.where(np.hstack(noise) > 0, 1, 0)
    index = chosen * 16 + 15 - atoms @ (2 ** np.arange(3, -1, -1))  # atoms in the order 1, -1 of the law
    for layer in (2, 3):
        law = population.law(layer, rows)
        expected = law.scores[index].sum(axis=0) / np.sqrt(rows)
        assert np.abs(population.sums(fitted, counts, layer) - expected).max() < 1e-10
        assert np.abs(law.mean).max() < 1e-12


def test_a_configuration_is_offered_only_where_its_law_is_known() -> None:
    assert len(configurations({}, "quick")) == 1
    assert len(configurations({}, "standard")) == 3
    assert len(EVERY) == 12
    assert len({given.name for given in EVERY}) == 12
    assert {given.population.family for given in EVERY} == {"rademacher", "skewed", "gaussian", "uniform"}
    only_top = configurations({"activations": ["tanh"]}, "quick")[0]
    assert only_top.layers == (3,)
    assert configurations({"rules": ["DFA"]}, "quick")[0].population.rule == "DFA"
    assert configurations({"noise": ["gaussian"]}, "quick")[0].population.family == "gaussian"
    for nothing in ({"losses": ["cross_entropy"]}, {"noise": ["gaussian"], "losses": ["quartic"]}):
        with pytest.raises(NotApplicable):
            configurations(nothing, "quick")


def test_every_network_of_the_claim_is_well_conditioned() -> None:
    for given in EVERY:
        assert isinstance(given.population.instance, Instance)
        assert max(given.population.instance.conditions()) < 100


@pytest.mark.parametrize(
    "supports", [{"rules": ["DFA"]}, {"activations": ["tanh", "sigmoid"]}, {"noise": ["gaussian"]}]
)
def test_a_part_of_a_subject_is_tested_as_far_as_it_goes(supports: dict[str, list[str]]) -> None:
    subject = LocalSubject(type("Part", (NumpySubject,), {"supports": supports}))
    rows = list(examine(subject, QUICK))
    assert rows
    assert all(row.holds for row in rows)


@pytest.mark.parametrize("given", EVERY, ids=lambda given: given.name)
def test_the_wrong_covariance_is_rejected_with_the_probability_that_is_said(given: clt.Configuration) -> None:
    """`control` refuses to be made where the frozen covariance could pass: a right B̂ fails it almost
    surely.
    """
    true, wrong = given.population.law(2, given.rows), given.population.frozen_law(2, given.rows)
    _, plan = control(true, wrong, 6e-9, 4e-9)
    assert plan.finds(plan.rivals[0])
    with pytest.raises(ValueError, match="too near"):
        control(true, true, 6e-9, 4e-9)
    top = len(given.population.limits) + 1
    assert np.allclose(
        given.population.frozen_law(top, 9).covariance, given.population.law(top, 9).covariance
    )


def test_a_bias_of_one_standard_error_is_found() -> None:
    """Of B̂ at T = 2048: far below what any exact check of this fit could see if it had to sample."""
    given = configurations({}, "quick")[0]
    error = float(np.sqrt(given.population.law(3, given.rows).covariance.max() / given.rows))

    class Biased(Correct):
        def fit_feedback(self, estimates, errors, ridge=0.0):
            return super().fit_feedback(estimates, errors, ridge) + 2 * error

    rows = examine_configuration(LocalSubject(Biased), given, QUICK, Account("clt", "quick"))
    assert not all(row.holds for row in rows)


def test_half_of_the_rows_is_not_enough() -> None:
    class Half(Correct):
        def fit_feedback(self, estimates, errors, ridge=0.0):
            half = len(estimates) // 2
            return super().fit_feedback(estimates[:half], errors[:half], ridge)

    with pytest.raises(Falsified):
        list(examine(LocalSubject(Half), QUICK))


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    def used(seed: int) -> list[object]:
        return [row.value for row in examine(LocalSubject(NumpySubject), Effort("quick", seed))]

    assert used(3) == used(3) != used(4)
    assert STAGES[0] < STAGES[-1]


def test_the_claim_passes_for_a_correct_subject() -> None:
    row = check(clt.CLAIM, LocalSubject(NumpySubject), QUICK)
    assert row.verdict.outcome == "pass", row.verdict
    assert row.statement_confirmed
