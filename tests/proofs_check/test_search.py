"""The search: deterministic, shrinking, and never silent."""

import pytest
from hypothesis import strategies as st

from proofs_check.networks.drawn import ACTIVATIONS, LOSSES, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Falsified, SubjectError, SubjectLost

QUICK = Effort("quick", 0)


def measured(value: float, bound: float = 1.0) -> list[Measurement]:
    return [Measurement("exact", "a number", value, bound)]


def test_the_row_is_the_worst_of_all_networks() -> None:
    drawn: list[int] = []

    def check(number: int) -> list[Measurement]:
        drawn.append(number)
        return measured(number / 200)

    (row,) = search(st.integers(0, 100), check, str, QUICK, ("worst",), 30)
    assert row.value == max(drawn) / 200
    assert row.bound == 1.0
    assert row.holds
    assert f"worst of {len(drawn)}" in row.name


def test_a_violation_is_shrunk_to_the_smallest() -> None:
    with pytest.raises(Falsified) as caught:
        list(search(st.integers(0, 10**6), lambda n: measured(n, 1000.0), str, QUICK, ("shrink",), 50))
    assert caught.value.counterexample == "1001"
    assert "a number: 1e+03, allowed 1e+03" in caught.value.reason
    assert not caught.value.evidence[0].holds


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_nan_and_infinity_violate_every_bound(value: float) -> None:
    with pytest.raises(Falsified):
        list(search(st.just(0), lambda _: measured(value), str, QUICK, ("nan",), 3))


def test_an_error_of_the_subject_names_the_smallest_network_that_did_it() -> None:
    def check(number: int) -> list[Measurement]:
        if number > 7:
            raise SubjectError("it raised")
        return measured(0.0)

    with pytest.raises(SubjectError) as caught:
        list(search(st.integers(0, 1000), check, str, QUICK, ("error",), 50))
    assert caught.value.counterexample == "8"


def test_a_lost_subject_is_not_asked_again() -> None:
    calls: list[int] = []

    def check(number: int) -> list[Measurement]:
        calls.append(number)
        raise SubjectLost("no answer")

    with pytest.raises(SubjectLost):
        list(search(st.integers(0, 1000), check, str, QUICK, ("lost",), 50))
    assert len(calls) == 1


def test_a_failure_that_does_not_come_back_is_still_a_failure() -> None:
    """A subject that keeps state may fail once: Hypothesis would call that flaky."""
    calls: list[int] = []

    def check(number: int) -> list[Measurement]:
        calls.append(number)
        return measured(2.0 if len(calls) == 5 else 0.0)

    with pytest.raises(Falsified):
        list(search(st.integers(0, 1000), check, str, QUICK, ("once",), 50))


def test_a_family_without_networks_is_an_error_of_the_suite() -> None:
    with pytest.raises(Falsified, match="no network of this family could be drawn"):
        list(search(st.integers().filter(lambda _: False), lambda _: [], str, QUICK, ("none",), 5))


def test_the_same_seed_draws_the_same_networks_and_another_seed_others() -> None:
    def drawn(seed: int) -> list[str]:
        seen: list[str] = []

        def check(instance: Instance) -> list[Measurement]:
            seen.append(instance.as_code())
            return measured(0.0)

        family = Family(any_widths((1, 3), 4), losses=LOSSES)
        list(search(family.instances(), check, Instance.as_code, Effort("quick", seed), ("same",), 12))
        return seen

    assert drawn(3) == drawn(3)
    assert drawn(3) != drawn(4)


def test_printed_networks_can_be_pasted() -> None:
    import torch

    seen: list[Instance] = []

    def check(instance: Instance) -> list[Measurement]:
        seen.append(instance)
        return measured(0.0)

    family = Family(any_widths((1, 3), 3), losses=LOSSES)
    list(search(family.instances(), check, Instance.as_code, QUICK, ("paste",), 10))
    for instance in seen:
        names: dict[str, object] = {}
        exec(instance.as_code(), names)
        network = names["network"]
        for ours, theirs in zip(instance.network.weights, network.weights, strict=True):  # type: ignore[attr-defined]
            assert torch.equal(torch.tensor(ours), theirs)
        assert network.activations == instance.network.activations  # type: ignore[attr-defined]
        assert torch.equal(torch.tensor(instance.x), names["x"])


def test_every_activation_and_loss_is_drawn() -> None:
    seen: set[str] = set()

    def check(instance: Instance) -> list[Measurement]:
        seen.update(instance.network.activations, [instance.network.loss])
        return measured(0.0)

    list(search(Family(any_widths(), losses=LOSSES).instances(), check, str, QUICK, ("all",), 150))
    assert seen == {*ACTIVATIONS, *LOSSES}
