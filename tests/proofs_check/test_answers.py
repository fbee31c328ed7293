"""What a result answers by itself: methods under conditions, contrasts, growth with the number of units."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from benchmarks.paper.figure_3 import interventions
from benchmarks.paper.figure_3 import methods as table_2a
from benchmarks.paper.foil import WIDTHS
from benchmarks.paper.foil import methods as of_foil
from benchmarks.paper.residual import alone, with_residual
from feedback_proofs_io.results import Result
from impl.learning import SGD
from proofs_check.experiments import contrasts, widths
from proofs_check.experiments.answers import answers
from proofs_check.experiments.conditions import condition, conditions, method, units
from proofs_check.experiments.ours import OURS, ours
from proofs_check.experiments.panels import legend, panels
from proofs_check.experiments.published import EXPERIMENTS
from proofs_check.experiments.tables import as_text, short
from tests.proofs_check.experiment_results import FIG2, result

HANDED = "feedback alignment, then backpropagation"
WHY = (*interventions(), HANDED)


def why(value: Callable[[str, str, int, int], float | None], **given: object) -> Result:
    return result(
        experiment="why3 as text",
        labels=WHY,
        metrics=("test loss",),
        points=(0, 1000, 10_000, 50_000, 100_000, 200_000),
        seeds=3,
        value=value,
        **given,  # type: ignore[arg-type]
    )


# -- conditions


@pytest.mark.parametrize(
    ("label", "name", "under", "count"),
    [
        ("backpropagation", "backpropagation", "", None),
        ("feedback alignment, B x 0.3", "feedback alignment", "B x 0.3", None),
        ("surprise, W and B x 2", "surprise", "W and B x 2", None),
        (HANDED, HANDED, "", None),
        ("surprise + residual, rate 5e-05", "surprise + residual", "rate 5e-05", None),
        ("node perturbation, 300 units", "node perturbation", "300 units", 300),
        ("backpropagation, 20 units, rate 0.003", "backpropagation", "20 units, rate 0.003", 20),
        ("surprise, whitened, 8 draws", "surprise, whitened, 8 draws", "", None),
        ("one-sided, 0.01", "one-sided, 0.01", "", None),
        ("node perturbation, draw 7", "node perturbation, draw 7", "", None),
    ],
)
def test_a_label_is_a_method_and_what_it_was_run_under(
    label: str, name: str, under: str, count: int | None
) -> None:
    assert (method(label), condition(label), units(label)) == (name, under, count)


def test_the_labels_of_the_experiments_are_understood() -> None:
    assert set(map(method, WHY)) == {*map(method, list(interventions())[:5]), HANDED}
    assert conditions(WHY) == ("", "W and B x 0.5", "W and B x 2", "B x 0.3", "B x 3")
    labels = [label for width in WIDTHS for label in of_foil(width, 3e-3)]
    assert {units(label) for label in labels} == set(WIDTHS)
    assert len(set(map(method, labels))) == 3
    assert conditions(list(table_2a("text"))) == ("",)


# -- contrasts


def test_a_contrast_is_so_where_its_interval_is_on_its_side() -> None:
    low, high = 500.0, 600.0

    def value(label: str, metric: str, seed: int, update: int) -> float:
        if label == "node perturbation" and update < 50_000:
            return high + 50 + seed  # it comes from behind
        if label in ("node perturbation", "surprise"):
            return low + seed
        if label == "synthetic gradients":
            return low + (0, 2, -2)[seed]
        return high + seed

    found = {(one.contrast.label, one.contrast.than): one for one in contrasts.found(why(value))}
    order = found["node perturbation", "backpropagation"]
    assert [one.mean for one in order.differences] == [50, -100, -100, -100]
    assert order.outcome == "so"
    assert found["feedback alignment", "backpropagation"].outcome == "not shown"  # no difference at all
    assert found["node perturbation", "synthetic gradients"].outcome == "not shown"
    assert found[HANDED, "backpropagation"].outcome == "not shown"
    assert found["node perturbation", HANDED].outcome == "so"
    assert found["node perturbation, B x 3", "node perturbation"].outcome == "the other way round"


def test_a_contrast_with_a_run_that_diverged_says_so() -> None:
    def value(label: str, metric: str, seed: int, update: int) -> float | None:
        return None if label == "surprise" and seed == 1 and update else 100.0 + seed + len(label) % 3

    found = {(one.contrast.label, one.contrast.than): one.outcome for one in contrasts.found(why(value))}
    assert found["surprise", "backpropagation"] == "diverged"
    assert "diverged" not in found["node perturbation", "backpropagation"]


def test_every_contrast_is_of_methods_that_the_experiment_has() -> None:
    assert len(contrasts.found(why(lambda *_: 1.0))) == len(list(contrasts._of_starts()))
    table = result(experiment="fig3 as text", labels=tuple(table_2a("text")), metrics=("test loss",))
    assert len(contrasts.found(table)) == len(list(contrasts._of_the_table()))
    rates = [f", rate {rate}" for rate in ("0.0004", "0.0001")]
    both = {**alone(SGD(1.0)), **with_residual(SGD(1.0))}
    labels = tuple(f"{one}{rate}" for rate in rates for one in both)
    found = contrasts.found(result(experiment="residual", labels=labels, metrics=("test error",)))
    assert [one.contrast.than for one in found] == [
        f"{one}{rate}" for rate in rates for one in ("feedback alignment", "node perturbation", "surprise")
    ]


def test_a_result_of_one_point_is_looked_at_there() -> None:
    assert contrasts.times(result(labels=("a",), points=(7,))) == (0,)
    assert contrasts.times(result(labels=("a",), points=(0, 1000))) == (1,)


def test_tables_say_the_question_and_what_became_of_it() -> None:
    found = answers(why(lambda label, *rest: 700.0 - len(label) + rest[1]))
    assert [one.title for one in found] == list(dict.fromkeys(one.question for one in contrasts._of_starts()))
    assert found[-1].rows[-1][0] == "NP, B × 3 below NP"
    assert max(map(len, as_text(found).splitlines())) <= 80
    assert answers(result()) == ()


# -- growth with the number of units

LOW, HIGH = widths.TARGET - 1, widths.TARGET + 3
FOIL = {
    "perturbation alone, 20 units, rate 0.1": ((HIGH, LOW, HIGH, LOW), (HIGH, HIGH, HIGH, LOW)),
    "perturbation alone, 20 units, rate 0.2": ((HIGH, HIGH, LOW, LOW), (HIGH, HIGH, LOW, LOW)),
    "perturbation alone, 80 units, rate 0.1": ((HIGH, HIGH, HIGH, LOW), (HIGH, HIGH, HIGH, LOW)),
    "backpropagation, 20 units, rate 0.1": ((HIGH, HIGH, HIGH, None), (HIGH, None, None, None)),
    "backpropagation, 80 units, rate 0.1": ((HIGH, LOW, LOW, LOW), (HIGH, LOW, LOW, LOW)),
}


def foil() -> Result:
    points = (0, 10, 20, 40)
    return result(
        experiment="foil",
        labels=tuple(FOIL),
        metrics=("train loss",),
        points=points,
        seeds=2,
        value=lambda label, metric, seed, point: FOIL[label][seed][points.index(point)],
    )


def test_a_method_is_there_when_the_mean_of_its_seeds_is_at_its_best_rate() -> None:
    found = widths.updates_to_target(foil())
    alone, bp = found["perturbation alone"], found["backpropagation"]
    assert alone[20] is not None
    assert (alone[20].updates, alone[20].rate) == (20, "rate 0.2")  # at 0.1 one seed alone was there before
    assert alone[80] is not None
    assert alone[80].updates == 40
    assert bp[20] is None  # diverged
    assert bp[80] is not None
    (table,) = answers(foil())
    assert {row[0]: row[1:] for row in table.rows} == {
        "perturbation alone": ("20 (rate 0.2)", "40 (rate 0.1)", "n^0.50"),
        "BP": ("not reached", "10 (rate 0.1)", "–"),
    }


def test_the_power_of_growth_is_that_of_a_power_law() -> None:
    assert widths.slope({n: 3.0 * n**1.5 for n in (20, 60, 200)}) == pytest.approx(1.5)
    assert math.isnan(widths.slope({20: 1.0}))


# -- pictures of methods under conditions


def test_every_condition_has_a_panel_on_axes_of_one_length() -> None:
    shown = panels(why(lambda label, *rest: 600.0 + 30 * len(label) + rest[1]))
    assert [panel.title for panel in shown] == [
        "test loss, nothing changed",
        "test loss, W and B × 0.5",
        "test loss, W and B × 2",
        "test loss, B × 0.3",
        "test loss, B × 3",
    ]
    assert [one.label for one in shown[3].series] == ["feedback alignment", "node perturbation"]
    assert len({(min(panel.means), max(panel.means)) for panel in shown}) == 1
    assert legend(why(lambda *_: 1.0)) == tuple(dict.fromkeys(map(method, WHY)))
    alone = result(labels=("a, rate 0.1", "b, rate 0.1"), metrics=("test error",))
    assert [panel.title for panel in panels(alone)] == ["test error, rate 0.1"]


def test_units_stand_on_the_axis_and_published_numbers_at_theirs() -> None:
    labels = tuple(f"node perturbation, {n} units" for n in (30, 100, 300, 1000))
    one = result(experiment="widths4 as code", labels=labels, metrics=("relative error 2", "angle 1"))
    first, second = panels(one)
    assert first.across == second.across == "hidden units"
    assert [point[0] for point in first.series[0].points] == [30, 100, 300, 1000]
    assert first.series[0].label == "node perturbation"
    assert {(mark.label, mark.at, mark.value) for mark in first.marks} == {
        ("node perturbation", n, value)
        for n, value in zip((30, 100, 300, 1000), (1.5, 2.1, 3.6, 6.0), strict=True)
    }
    (panel,) = panels(foil())
    assert {one.label: [point[:2] for point in one.points] for one in panel.series} == {
        "perturbation alone": [(20, 20), (80, 40)],
        "backpropagation": [(80, 10)],
    }


# -- what is ours


def test_every_experiment_of_ours_asks_something_and_none_is_the_papers() -> None:
    assert not {one.id for one in OURS} & {one.id for one in EXPERIMENTS}
    assert ours(foil()) is not None
    assert ours(result()) is None
    assert all(one.asks.endswith((".", "?")) for one in OURS)


def test_names_are_those_of_the_paper() -> None:
    assert short("synthetic gradients + noise") == "SG + noise"
    assert short("feedback alignment, W and B x 0.5") == "FA, W and B × 0.5"
    assert [short(one) for one in FIG2[:2]] == ["BP", "FA"]
