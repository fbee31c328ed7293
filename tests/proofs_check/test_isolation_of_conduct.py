"""What a subject does beside answering is found out, and named so that a stranger understands it."""

import io
import os
import re
import time
from contextlib import redirect_stdout

import numpy as np
import pytest
import torch

from proofs_check.claims import CLAIMS
from proofs_check.ledger.ledger import check
from proofs_check.subject import conduct, own_time
from proofs_check.subject.subjects import LocalSubject, SubjectNotFound, WorkerSubject, memory_limit
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import SubjectError, SubjectLost
from tests.numpy_subject import NumpySubject
from tests.planted_bugs.base import Correct
from tests.planted_bugs.misbehaving import MISBEHAVING

CLAIM = {claim.id: claim for claim in CLAIMS}
QUICK = Effort("quick")
AGAIN = r"gradient_estimates answered the same question differently the second time: "
ORDER = r"gradient_estimates gave a row another answer when the 6 rows came in reverse order: "
ALONE = r"gradient_estimates gave a row another answer when 3 of the 6 rows came alone: "
SEEN = r"λ̂\^1\[0, 0\] was -?[\d.]+ and then -?[\d.]+; "
WROTE = r"gradient_estimates wrote into its argument "
REASONS = {
    "Raises": r"gradient_estimates raised RuntimeError: this subject always raises \(.*misbehaving\.py, ",
    "RaisesWhenMade": r"its constructor raised RuntimeError: this subject cannot be made",
    "Exits": r"its process exited with code 3 in gradient_estimates",
    "ReturnsNaN": r"gradient_estimates: element \d of what it returned holds nan at \(\d+, \d+\), expect",
    "ReturnsSinglePrecision": r"gradient_estimates: .* is torch\.float32, expected torch\.float64",
    "ReturnsWrongShape": r"gradient_estimates: .* has the shape \(1, \d\), expected \(\d+, \d\)",
    "ReturnsTooFewLayers": r"gradient_estimates returned a list of \d, expected a list of \d tensors?",
    "ReturnsNothing": r"gradient_estimates returned None, expected a list of",
    "NeedsTooMuchMemory": r"gradient_estimates needed more memory than it may have: 1 GiB, which PROOFS_CHE",
    "WritesIntoTheNoise": WROTE + r"noise, which the caller goes on using; change a copy instead",
    "WritesIntoTheWeights": WROTE + r"network\.weights\[\d\], which the caller goes on using",
    "CountsItsCalls": AGAIN + SEEN + r"it keeps something between calls, or draws random numbers of its own",
    "LeavesDropoutOn": AGAIN,
    "NormalisesOverTheBatch": ALONE
    + SEEN
    + r"a row's answer may depend on that row alone, not on its place, ",
    "MixesNeighbouringRows": ORDER,
}


def test_every_misbehaving_subject_has_its_reason_here() -> None:
    assert {bug.__name__ for bug in MISBEHAVING} == {
        *REASONS,
        "Hangs",
    }  # which has its test in test_isolation


@pytest.mark.parametrize("name", REASONS)
def test_a_misbehaving_subject_is_an_error_of_the_claim_that_asked_and_of_no_other(name: str) -> None:
    with WorkerSubject(f"tests.planted_bugs.misbehaving:{name}", memory=1.0) as subject:
        verdict = check(CLAIM["estimator"], subject, QUICK).verdict
        assert verdict.outcome == "error"
        assert re.match(REASONS[name], verdict.reason or ""), verdict.reason
        if name in ("Exits", "NeedsTooMuchMemory", "WritesIntoTheWeights", "CountsItsCalls"):
            other = check(CLAIM["solves"], subject, QUICK).verdict
            assert other.outcome == "pass", other.reason


@pytest.mark.parametrize("name", ["CountsItsCalls", "NormalisesOverTheBatch"])
def test_what_is_found_about_its_conduct_can_be_shown_again(name: str) -> None:
    place = f"tests.planted_bugs.misbehaving:{name}"
    with WorkerSubject(place) as subject:
        verdict = check(CLAIM["estimator"], subject, QUICK).verdict
    assert verdict.counterexample is not None
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(verdict.counterexample, {})
    assert "rows in reverse: 5, 4, 3, 2, 1, 0" in printed.getvalue()
    assert printed.getvalue().splitlines()[-1] == verdict.reason


@pytest.mark.parametrize(
    ("method", "bug", "reason"),
    [
        (
            "error_signals",
            "SignalsKept",
            "error_signals gave a row another answer when the 6 rows came in rev",
        ),
        (
            "error_signals",
            "BatchNormalised",
            "error_signals gave a row another answer when 3 of the 6 rows ca",
        ),
        (
            "fit_feedback",
            "SumsOverCalls",
            "fit_feedback answered the same question differently the second ti",
        ),
        (
            "fit_feedback",
            "LaterRowsCountMore",
            "fit_feedback gave another answer when the 6 rows came in rev",
        ),
    ],
)
def test_the_other_methods_are_asked_too(method: str, bug: str, reason: str) -> None:
    found = conduct.misconduct(LocalSubject(globals()[bug]), method)
    assert found is not None
    assert found.reason.startswith(reason)


class SignalsKept(Correct):
    """Keeps the clean pass of an earlier batch of the same shape."""

    def __init__(self):
        self.kept = {}

    def clean_inputs(self, network, x):
        return self.kept.setdefault(tuple(x.shape), super().clean_inputs(network, x))


class BatchNormalised(Correct):
    def error_signals(self, network, feedback, x, y, rule):
        return [e - e.mean(0) for e in super().error_signals(network, feedback, x, y, rule)]


class SumsOverCalls(Correct):
    def __init__(self):
        self.sums = 0.0

    def solve(self, Q, S):
        self.sums = self.sums + S
        return super().solve(Q, self.sums)


class LaterRowsCountMore(Correct):
    def fit_feedback(self, estimates, errors, ridge=0.0):
        weights = 0.999 ** torch.arange(len(errors), dtype=torch.float64).flip(0)[:, None]
        return super().fit_feedback(estimates * weights, errors * weights, ridge)


@pytest.mark.parametrize("subject_class", [Correct, NumpySubject])
@pytest.mark.parametrize("method", conduct.METHODS)
def test_a_correct_subject_behaves(subject_class: type[object], method: str) -> None:
    assert conduct.misconduct(LocalSubject(subject_class), method) is None


@pytest.mark.parametrize(
    "supports",
    [
        {"activations": ["relu"]},
        {"losses": ["cross_entropy"]},
        {"rules": ["DFA"], "activations": ["identity"]},
    ],
)
def test_a_narrow_subject_is_asked_within_what_it_supports_or_not_at_all(
    supports: dict[str, list[str]],
) -> None:
    class Narrow(Correct):
        def gradient_estimates(self, network, x, y, noise, c):
            assert "activations" not in supports or set(network.activations) <= set(supports["activations"])
            return super().gradient_estimates(network, x, y, noise, c)

        def error_signals(self, network, feedback, x, y, rule):
            assert rule in supports.get("rules", ["FA"])
            return super().error_signals(network, feedback, x, y, rule)

    Narrow.supports = supports
    assert [conduct.misconduct(LocalSubject(Narrow), method) for method in conduct.METHODS] == [None] * 3


def test_a_subject_that_ran_out_of_memory_is_replaced_at_the_next_claim() -> None:
    with WorkerSubject("tests.planted_bugs.misbehaving:NeedsTooMuchMemory", memory=1.0) as subject:
        for _ in range(2):
            subject.begin_claim(20.0)
            with pytest.raises(SubjectLost, match="more memory"):
                subject.gradient_estimates(*QUESTION)
            with pytest.raises(SubjectLost, match="more memory"):  # the rest of the claim has no subject
                subject.fit_feedback(np.ones((4, 2)), np.ones((4, 1)))


QUESTION = (
    conduct.Network((np.ones((2, 3)), np.ones((1, 2))), ("tanh", "tanh"), "mse"),
    np.ones((4, 3)),
    np.ones((4, 1)),
    [np.ones((4, 2))],
    0.1,
)


def test_the_memory_of_a_subject_is_four_gibibytes_unless_the_environment_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PROOFS_CHECK_MEMORY", raising=False)
    assert memory_limit() == 4.0
    monkeypatch.setenv("PROOFS_CHECK_MEMORY", "0.5")
    assert memory_limit() == 0.5
    for wrong in ("much", "-1", "0", "nan", "inf"):
        monkeypatch.setenv("PROOFS_CHECK_MEMORY", wrong)
        with pytest.raises(
            SubjectNotFound, match=f"PROOFS_CHECK_MEMORY is '{wrong}', expected a number of GiB"
        ):
            memory_limit()


def test_a_method_that_raises_is_left_to_the_claim() -> None:
    class Raises(Correct):
        def error_signals(self, network, feedback, x, y, rule):
            raise ValueError("not yet")

    subject = LocalSubject(Raises)
    assert conduct.misconduct(subject, "error_signals") is None
    with pytest.raises(SubjectError, match="not yet"):
        subject.error_signals(QUESTION[0], [np.ones((1, 2))], QUESTION[1], QUESTION[2], "FA")


def test_time_that_a_busy_machine_takes_is_not_the_subjects(monkeypatch: pytest.MonkeyPatch) -> None:
    with WorkerSubject("tests/proofs_check/strange_subjects.py:Strange") as subject:
        began = time.perf_counter()
        starved = lambda place: 0.9 * (time.perf_counter() - began) if "self" in place else 0.0  # noqa: E731
        monkeypatch.setattr(own_time, "waited", starved)
        subject.begin_claim(0.5)
        for _ in range(4):  # 0.3 s each
            assert len(subject.draw_noise([2, 3], 4, "sleeps")) == 2
        with pytest.raises(SubjectLost, match=r"no answer from draw_noise within the 0\.5 s of a claim"):
            subject.draw_noise([2, 3], 4, "hangs")
        assert time.perf_counter() - began < 30.0  # it sleeps for 60


def test_an_allowance_is_plain_time_less_what_was_waited_for_a_processor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, waits = [0.0], [5.0]  # 5 s that were waited before do not count
    monkeypatch.setattr(own_time.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(own_time, "waited", lambda place: waits[0] if "self" in place else 0.0)
    allowance = own_time.OwnTime(0, 10.0)
    now[0] = 100.0  # between two questions
    assert allowance.left() == 10.0
    allowance.start()
    now[0] += 4.0
    allowance.stop()
    now[0] += 50.0
    assert allowance.left() == 6.0
    allowance.start()
    now[0] += 6.0
    assert allowance.left() == 0.0
    waits[0] += 3.0
    assert allowance.left() == 3.0
    now[0] += 3.0
    assert allowance.left() == 0.0
    waits[0] += 1e6
    assert allowance.left() == 10.0
    now[0] += 20 * 10.0
    assert allowance.left() == 0.0  # there is an end to it


def test_threads_that_wait_for_one_another_are_not_held_up_by_neighbours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, had = [0.0], [0.0]
    monkeypatch.setattr(own_time.time, "perf_counter", lambda: now[0])
    monkeypatch.setattr(own_time, "waited", lambda place: 2.0 * now[0])  # six threads on two processors
    monkeypatch.setattr(own_time, "processors", lambda process: 2)
    monkeypatch.setattr(own_time.family, "processor_seconds", lambda process, alone=False: had[0])
    allowance = own_time.OwnTime(0, 10.0)
    allowance.start()
    now[0], had[0] = 10.0, 19.9
    assert allowance.left() == 10.0  # a neighbour has had some of it
    had[0] = 20.0
    assert allowance.left() == 0.0


def test_the_processor_time_of_a_process_counts_what_it_started() -> None:
    before = own_time.family.processor_seconds(os.getpid())
    child = os.fork()
    if child == 0:
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass
        os._exit(0)
    os.waitpid(child, 0)
    assert own_time.family.processor_seconds(os.getpid()) >= before + 0.05
    assert own_time.family.processor_seconds(0) == 0.0
    assert own_time.processors(os.getpid()) == len(os.sched_getaffinity(0))


def test_what_a_process_waits_for_a_processor_is_read_from_the_system() -> None:
    before = own_time.waited("/proc/self")
    assert own_time.waited("/proc/self") >= before >= 0.0
    assert own_time.waited("/proc/0") == 0.0
