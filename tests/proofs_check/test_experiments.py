"""The paper's experiments beside ours: numbers, intervals, verdicts, tables, what pictures show."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from scipy import stats

from proofs_check.experiments import published, stored, tables
from proofs_check.experiments.comparison import RULE, compared, counted, judged, measured
from proofs_check.experiments.costs import reached, told
from proofs_check.experiments.inference import Estimate, estimate, paired, t_quantile
from proofs_check.experiments.panels import after, panels, places
from proofs_check.experiments.published import CELLS, EXPERIMENTS, Cell, Value, cells_of
from tests.proofs_check.experiment_results import FIG2, FIG2_METRICS, POINTS, curve_of, result

CELL = Cell("fig2", "test error", "NP", "np", "test error", "%", "mnist", 1000)
PRINTED = Value(10.0, "printed", 0.05, 0.3, 5)

# -- intervals


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 8, 29, 99])
def test_quantiles_are_those_of_students_t(freedom: int) -> None:
    assert t_quantile(freedom) == pytest.approx(stats.t.ppf(0.975, freedom), rel=1e-12)


def test_a_mean_has_the_error_and_the_interval_of_its_runs() -> None:
    found = estimate([1.0, 2.0, 4.0, 5.0])
    assert (found.n, found.mean, found.error) == (4, 3.0, pytest.approx(math.sqrt(10 / 3) / 2))
    low, high = stats.t.interval(0.95, 3, 3.0, found.error)
    assert found.interval == pytest.approx((low, high))


def test_a_single_run_has_no_error_and_a_diverged_one_no_value() -> None:
    assert math.isnan(estimate([2.0]).error)
    assert estimate([2.0]).half == math.inf
    found = estimate([1.0, math.nan, 3.0])
    assert (found.n, found.mean, found.lost) == (2, 2.0, 1)
    assert math.isnan(estimate([math.nan]).mean)


def test_what_is_paired_is_of_the_same_seed() -> None:
    found = paired({"0": 5.0, "1": 1.0, "3": 9.0}, {"1": 0.5, "0": 4.0, "2": 7.0})
    assert (found.n, found.mean) == (2, 0.75)
    spread = {str(k): 10.0 * k for k in range(5)}
    assert paired({k: v + 1 for k, v in spread.items()}, spread).error == pytest.approx(0.0)


# -- the verdict


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (Estimate(5, 10.3, 0.2), "reproduced"),
        (Estimate(5, 10.0, 0.0), "reproduced"),
        (Estimate(5, 10.64, 0.0), "reproduced"),  # two published errors, and the last digit
        (Estimate(5, 10.66, 0.0), "not reproduced"),
        (Estimate(5, 11.0, 0.1), "not reproduced"),
        (Estimate(5, 11.0, 0.5), "reproduced"),
        (Estimate(5, 12.0, 1.5), "not comparable"),  # wide enough for anything
        (Estimate(5, 20.0, 1.5), "not reproduced"),
        (Estimate(2, 10.0, 0.1), "not comparable"),
        (Estimate(4, 10.0, 0.1, lost=1), "not reproduced"),
        (Estimate(0, math.nan, math.nan, lost=5), "not reproduced"),
    ],
)
def test_a_number_is_judged_by_our_interval_and_the_published_error(found: Estimate, verdict: str) -> None:
    assert judged(CELL, found, PRINTED)[0] == verdict


@pytest.mark.parametrize(
    ("mean", "error", "verdict", "why"),
    [
        (-90.0, 10.0, "reproduced", ""),
        (-9.0, 10.0, "not reproduced", "no difference shown"),
        (90.0, 10.0, "not reproduced", "the other way round"),
    ],
)
def test_a_difference_is_judged_by_its_sign(mean: float, error: float, verdict: str, why: str) -> None:
    cell = replace(CELL, than="bp")
    assert judged(cell, Estimate(5, mean, error), Value(-94.5, "printed", 0.05)) == (verdict, why)
    assert judged(cell, Estimate(5, -mean, error), Value(94.5, "printed", 0.05)) == (verdict, why)


def lines_of(label: str, metric: str, *results: object) -> list[tuple[str, str]]:
    found = compared("fig2", results)  # type: ignore[arg-type]
    return [(one.verdict, one.why) for one in found if one.cell.label == label and one.cell.metric == metric]


def test_a_run_of_the_papers_length_on_its_data_is_compared() -> None:
    found = compared("fig2", [result()])
    bp, fa = (
        next(one for one in found if one.cell.label == name and one.cell.metric == "test error")
        for name in FIG2[:2]
    )
    assert bp.verdict == fa.verdict == "reproduced"
    assert bp.here is not None
    assert (bp.here.n, bp.beside) == (5, None)
    assert fa.beside is not None
    assert fa.beside.mean == pytest.approx(100 * (0.0428 - 0.0265), rel=0.02)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"data": "digits"}, "of digits, not mnist"),
        ({"points": POINTS[:-1]}, "after 1,000,000 of 2,001,000 updates"),
        ({"seeds": 2}, "fewer than 3 runs"),
    ],
)
def test_what_is_not_the_like_is_not_compared(given: dict[str, object], why: str) -> None:
    assert lines_of(FIG2[0], "test error", result(**given)) == [("not comparable", why)]


def test_numbers_of_the_code_are_not_held_against_the_text() -> None:
    text, code = result(experiment="fig2 as text"), result()
    found = lines_of("node perturbation 0.01", "relative error 2", text, code)
    assert found[0] == ("not comparable", "as text; the number is of the code")
    assert len(found) == 2
    assert lines_of("backpropagation", "test error", text, code) == [("reproduced", "")] * 2


def test_of_two_results_the_longest_on_the_right_data_counts() -> None:
    good, others = result(), [result(data="digits", seeds=9), result(points=POINTS[:4], seeds=8)]
    for order in ([good, *others], [*others, good]):
        (bp,) = [one for one in compared("fig2", order) if one.cell.label == FIG2[0]]
        assert bp.result is good


def test_without_results_nothing_is_run_and_nothing_is_green() -> None:
    for experiment in EXPERIMENTS:
        found = compared(experiment.id, [])
        assert {line.verdict for line in found} == {"not run"}
        assert len(found) == len(cells_of(experiment.id)) > 0
        assert counted(found) == {"not run": len(found)}


def test_a_diverged_run_is_not_reproduced() -> None:
    def wild(label: str, metric: str, seed: int, update: int) -> float | None:
        return (
            None if label == FIG2[1] and seed == 2 and update > 1e5 else curve_of(label, metric, seed, update)
        )

    assert lines_of(FIG2[1], "test error", result(value=wild)) == [("not reproduced", "1 of 5 runs diverged")]


def test_what_was_not_measured_was_not_run() -> None:
    found = lines_of("node perturbation 0.1", "noisy test error", result())
    assert found == [("not run", "noisy test error was not measured")]


def test_what_has_no_value_at_the_start_is_measured_all_the_same() -> None:
    """As the angle of feedback that begins at zero."""

    def later(label: str, metric: str, seed: int, update: int) -> float | None:
        return 5.0 if update else None

    found = result(labels=("backpropagation",), metrics=("local angle 2",), value=later)
    assert set(measured(found, "backpropagation", "local angle 2").values()) == {5.0}


def test_the_least_over_a_run_is_taken_seed_by_seed() -> None:
    def dips(label: str, metric: str, seed: int, update: int) -> float:
        return 300.0 + seed if update == POINTS[3 + seed] else 500.0

    found = result(labels=("backpropagation",), metrics=("test loss",), value=dips)
    assert measured(found, "backpropagation", "test loss", "least") == {str(k): 300.0 + k for k in range(5)}
    assert set(measured(found, "backpropagation", "test loss").values()) == {500.0}


def test_accuracy_is_what_error_is_not() -> None:
    found = measured(result(), FIG2[0], "test accuracy")
    assert found["0"] == pytest.approx(1 - curve_of(FIG2[0], "test error", 0, POINTS[-1]))


# -- what was published


def test_every_published_number_says_how_it_was_had() -> None:
    assert {cell.experiment for cell in CELLS} == {one.id for one in EXPERIMENTS}
    for cell in CELLS:
        assert cell.value is not None
        for value in (cell.paper, cell.authors):
            if value is not None:
                assert 0 < value.within < abs(value.mean)
                assert value.how != "read off" or value is cell.authors
    names = [(cell.experiment, cell.quantity, cell.name) for cell in CELLS]
    assert len(set(names)) == len(names)


def test_the_tables_of_the_paper_are_those_that_it_prints() -> None:
    printed = {
        (one.label, one.data): (one.paper.mean, one.paper.error)
        for one in cells_of("table1")
        if one.paper and not one.than
    }
    assert printed[("backpropagation", "cifar10")] == (76.9, 0.1)
    assert printed[("node perturbation", "cifar100")] == (48.1, 0.2)
    losses = {
        one.name: one.paper.mean
        for one in cells_of("table2")
        if one.paper and one.metric.endswith("test loss")
    }
    assert losses == {
        "BP (SGD)": 609.8,
        "BP (SGD) + noise": 536.8,
        "BP (Adam)": 533.3,
        "BP (Adam) + noise": 522.3,
        "FA": 759.1,
        "FA + noise": 768.2,
        "DAE": 539.8,
        "NP": 515.3,
        "SG": 521.6,
        "matched": 615.0,
        "matched + noise": 629.9,
    }
    assert [one.paper.mean for one in cells_of("fig3") if one.paper] == [-94.5, 149.3, -70.0]


# -- tables


def test_no_line_in_the_terminal_is_longer_than_it_is_wide() -> None:
    results = [result(), result(experiment="fig2 as text", data="digits", seeds=1), result(costs={})]
    for width in (80, 100):
        shown = [tables.as_text(tables.cells(compared(one.id, results)), width) for one in EXPERIMENTS]
        shown += [tables.as_text(tables.costs(one), width) for one in results]
        lines = "\n".join([*shown, tables.explained(width)]).splitlines()
        assert max(map(len, lines)) <= width
        assert not any(line.endswith(" ") for line in lines)


def test_every_cell_is_in_its_table_with_its_verdict() -> None:
    lines = compared("fig2", [result()])
    text = tables.as_text(tables.cells(lines), 120)
    assert re.search(
        r"^FA +– +4\.28 \(5\) +4\.\d+ ± 0\.\d+ \(5\) +\+1\.\d+ ± 0\.\d+ +reproduced$", text, re.MULTILINE
    )
    assert text.count("reproduced") + text.count("not comparable") + text.count("not run") == len(lines)
    assert RULE.split(":")[0] == "Reproduced"


def test_numbers_have_the_digits_that_mean_something() -> None:
    assert tables.published(Value(609.8, "printed", 0.05, 14.4)) == "609.8 ± 14.4"
    assert tables.published(Value(615.0, "printed", 0.05, 0.4, 5)) == "615.0 ± 0.4 (5)"
    assert tables.published(Value(539.82, "stored", 0.005, 4.9, 10)) == "539.82 ± 4.90 (10)"
    assert tables.published(Value(1.5, "read off", 0.1)) == "~1.5"
    assert tables.published(None) == "–"
    assert tables.ours(Estimate(5, 3.14159, 0.0271)) == "3.142 ± 0.027 (5)"
    assert tables.ours(Estimate(3, 515.3, 12.0, 1)) == "515 ± 12 (3), 1 diverged"
    assert tables.ours(Estimate(0, math.nan, math.nan, 3)) == "diverged"
    assert tables.difference(Estimate(5, -0.013, 0.0205)) == "−0.013 ± 0.057"
    assert tables.ours(Estimate(3, 9.17e-14, 1.93e-14)) == "9.2e−14 ± 1.9e−14 (3)"
    assert tables.difference(Estimate(3, 1e-9, 0.05)) == "+0.00 ± 0.22"
    assert tables.ours(Estimate(1, 2.5e-6, math.nan)) == "2.5e−6 (1)"


def test_costs_stand_beside_those_of_backpropagation() -> None:
    found = {one.label: one for one in reached(result())}
    assert found["surprise two-sided"].passes == 3
    assert found[FIG2[0]].beside == {}
    (_, costs) = tables.costs(result())
    rows = {row[0]: row for row in costs.rows}
    assert rows["BP"][1:] == ("6.4e7", "6.4e7", "1.00", "0.2", "1.00")
    assert rows["surprise two-sided"][3] == "3.00"
    (_, unknown) = tables.costs(result(costs={"surprise": {"samples": 32.0}}))
    assert set(unknown.rows[0][1:]) == {"–"}
    assert len(tables.costs(result(costs={}))) == 1


def test_markdown_is_not_broken_by_names() -> None:
    hostile = "a|b *c* <script> `d`"
    found = result(labels=("backpropagation", hostile))
    text = tables.as_markdown(tables.costs(found))
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert "<script>" not in text.replace("\\<script\\>", "")
    bars = {line.replace("\\|", "").count("|") for line in rows[:4]}
    assert len(bars) == 1


# -- panels


def test_panels_are_those_of_the_metrics() -> None:
    titles = [panel.title for panel in panels(result())]
    assert titles == [
        "relative error, B²",
        "relative error, B³",
        "angle, layer 1",
        "angle, layer 2",
        "local angle, B²",
        "local angle, B³",
        "sign congruence, B²",
        "sign congruence, B³",
        "test error",
    ]
    losses = result(experiment="fig3 as text", metrics=("train loss", "test loss"))
    assert [panel.title for panel in panels(losses)] == ["train loss", "test loss"]
    deep = result(experiment="deep", metrics=(*FIG2_METRICS, *(f"angle {k}" for k in range(3, 9))))
    shown = [panel.title for panel in panels(deep) if panel.title.startswith("angle")]
    assert shown == ["angle, layer 1", "angle, layer 5", "angle, layer 8"]


def test_a_line_is_the_mean_with_its_error_and_marks_are_what_was_published() -> None:
    panel = panels(result())[-1]
    assert [one.label for one in panel.series] == list(FIG2)
    values = [100 * curve_of(FIG2[1], "test error", seed, POINTS[-1]) for seed in range(5)]
    known = estimate(values)
    assert panel.series[1].points[-1] == pytest.approx(
        (POINTS[-1], known.mean, known.mean - known.error, known.mean + known.error)
    )
    assert [(mark.label, mark.whose, mark.value) for mark in panel.marks] == [
        ("feedback alignment", "authors", 4.28),
        ("backpropagation", "authors", 2.65),
    ]
    assert not any(panel.marks for panel in panels(result(data="digits")))
    angle = panels(result())[2]
    assert FIG2[0] not in [one.label for one in angle.series]
    assert angle.log
    assert all(point[0] > 0 for one in angle.series for point in one.points)


def test_what_was_published_of_longer_runs_says_so() -> None:
    short, whole = result(points=POINTS[:5]), result()
    assert after(short, panels(short)) == ", after 2,001,000 updates"
    assert after(whole, panels(whole)) == ""
    assert after(short, ()) == ""


def test_where_weights_stand_still_there_is_no_picture_of_the_loss() -> None:
    def still(label: str, metric: str, seed: int, update: int) -> float:
        return 5.0 + seed if metric.endswith("loss") else curve_of(label, metric, seed, update)

    given = {"experiment": "joint4 as text", "labels": FIG2[1:], "metrics": ("test loss", "relative error 2")}
    (panel,) = panels(result(value=still, **given))
    assert (panel.title, panel.across) == ("relative error, B²", "loss differences")
    assert told(result(value=still, **given)) == ("relative error 2",)


def test_what_a_part_does_not_measure_has_not_diverged() -> None:
    def part(label: str, metric: str, seed: int, update: int) -> float | None:
        return None if (label, metric) == (FIG2[1], "test error") else curve_of(label, metric, seed, update)

    assert lines_of(FIG2[1], "test error", result(value=part)) == [("not run", "test error was not measured")]


def test_a_method_has_the_same_place_in_every_picture() -> None:
    found = places(FIG2)
    assert (found["node perturbation 0.001"].kind, found["node perturbation 0.001"].number) == (
        "perturbation",
        1,
    )
    assert len({(one.kind, one.number) for one in found.values()}) == len(FIG2)


# -- files


def test_results_are_those_of_the_folder(tmp_path) -> None:
    assert stored.results(tmp_path / "none") == ()
    assert all(one.sha256 for one in stored.results())
    (tmp_path / "a.json").write_text("{}", encoding="utf-8")
    with pytest.raises(stored.Unreadable, match="is no result"):
        stored.results(tmp_path)


def test_nothing_is_published_of_an_unknown_experiment() -> None:
    assert published.cells_of("fig9") == ()
