"""A counterexample is data; as code, pasted and run, it shows the same discrepancy again."""

import contextlib
import json
from functools import cache

import pytest

from proofs_check.claims import CLAIMS
from proofs_check.ledger.ledger import check
from proofs_check.questions.question import Question
from proofs_check.subject.subjects import WorkerSubject
from proofs_check.verdict.effort import Effort

CLAIM = {claim.id: claim for claim in CLAIMS}
BUGS = [
    ("estimator", "estimator.ScaleWrong", "λ̂^1: off by"),
    ("estimator", "estimator.FirstNetworkKept", "FAIL error of λ̂"),
    ("signals", "signals.WeightTransport", "ẽ^1: off by"),
    ("signals", "signals.DirectRuleFedFromAbove", "FAIL DFA: error of ẽ"),
    ("solves", "least_squares.OddRowDropped", "B, one of two problems of the same shape: off by"),
    ("noise", "noise.SharedBetweenLayers", "FAIL gaussian: rows that occur twice"),
    ("linearisation", "estimator.OneLayerAtATime", "FAIL λ̂_j ξ_j of the units of a row"),
    ("stein", "estimator.ForwardGradient", "FAIL 3 E λ̂"),
    ("baseline", "estimator.BaselineForgotten", "FAIL rademacher: error of E λ̂λ̂ᵀ"),
    ("variance", "estimator.OnlyTopLayerNoisy", "FAIL fold-over: error of Cov λ̂"),
    ("antithetic", "estimator.CentralDifference", "FAIL skewed: order in c of the bias of one-sided"),
    ("control-variate", "estimator.FirstLayerNotNoisy", "FAIL |B̂ - W| / |W| after 8 stages"),
    ("expansion", "estimator.NoiseInsideActivation", "E λ̂^1: off by"),
    ("orthogonality", "signals.SignalsOfNoisyPass", "hidden layer 1:"),
    ("theorem-1", "estimator.ScaleWrong", "B^2: off by"),
    ("theorem-3", "signals.HiddenSlopeForgotten", "B^2: off by"),
    ("pseudo-inverse", "least_squares.BasicSolution", "B^2: off by"),
    ("remainder", "estimator.NoiseInsideActivation", "FAIL"),
    ("ridge", "least_squares.RidgePerRow", "FAIL"),
    ("fa-equals-dfa", "signals.DirectRuleFedFromAbove", "FAIL"),
    ("confinement", "estimator.OneLayerAtATime", "B^2: off by"),
    ("self-correction", "signals.WeightTransport", "FAIL"),
    ("noise-law", "estimator.ScaleWrong", "B^2: off by"),
]


@pytest.fixture(scope="module", name="subjects")
def _subjects():
    with contextlib.ExitStack() as opened:
        yield cache(lambda bug: opened.enter_context(WorkerSubject(f"tests.planted_bugs:{bug}")))


@pytest.mark.parametrize(("claim", "bug", "shown"), BUGS)
def test_a_counterexample_runs_and_shows_it_again(claim: str, bug: str, shown: str, subjects, capsys) -> None:
    row = check(CLAIM[claim], subjects(bug), Effort("quick", 0))
    assert row.verdict.outcome == "fail"
    assert row.verdict.counterexample is not None
    assert row.verdict.question is not None
    kept = Question.of(json.loads(json.dumps(row.verdict.question.plain())))
    assert kept.code == row.verdict.question.code == row.verdict.counterexample
    exec(row.verdict.counterexample, {})
    printed = capsys.readouterr().out
    assert shown in printed
    numbers = [
        line.split("off by ")[1].split(", allowed ") for line in printed.splitlines() if "off by" in line
    ]
    wrong = any(float(off) > float(allowed) for off, allowed in numbers)
    over = [
        line.split(": ")[1].split(", allowed ") for line in printed.splitlines() if "hidden layer" in line
    ]
    wrong = wrong or any(float(found) > float(allowed) for found, allowed in over)
    assert wrong or "FAIL" in printed


@pytest.mark.parametrize("network", ["linear", "tanh"])
def test_the_digits_can_be_run_again_on_their_own(network: str, capsys) -> None:
    from proofs_check import rerun

    rerun.digits("tests.planted_bugs:estimator.ScaleWrong", network=network, depth="quick")
    assert "FAIL" in capsys.readouterr().out
    rerun.digits("impl.reference:Reference", network=network, depth="quick")
    printed = capsys.readouterr().out
    assert "FAIL" not in printed
    assert "ok" in printed
