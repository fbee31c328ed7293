"""The report names the broken method and the mistake, also where only an experiment can tell them."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from proofs_check import report
from proofs_check.claims import CLAIMS
from proofs_check.float64.floats import Array, Network
from proofs_check.ledger.ledger import Row, check
from proofs_check.questions.question import Question
from proofs_check.report import asking, fits, probes
from proofs_check.report.asking import Answer, ask_again
from proofs_check.report.replay import Compared, Replay, by_itself, draws_for, large
from proofs_check.subject.conduct import Misconduct
from proofs_check.subject.methods import Subject
from proofs_check.subject.subjects import LocalSubject, WorkerSubject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import SubjectError
from tests.planted_bugs import ALL, Correct
from tests.planted_bugs.least_squares import BasicSolution, CutoffTooLarge
from tests.proofs_check.fakes import CONFIRMED
from tests.proofs_check.test_report import COMMANDS, ledger_of

QUICK = Effort("quick")
BUG = {bug.__name__: bug for bug in ALL}


class NoisyHidden(Correct):
    """Every hidden layer gets noise of its own beside the one it is given."""

    def perturbed(self, activation: str, a: torch.Tensor, xi: torch.Tensor, c: float) -> torch.Tensor:
        own = torch.sin(torch.arange(a.numel(), dtype=a.dtype)).reshape(a.shape)
        return super().perturbed(activation, a, xi + own, c)


class OtherCleanLoss(Correct):
    """The clean loss is that of the rows in another order."""

    def difference(
        self, network: Any, x: torch.Tensor, y: torch.Tensor, noise: Sequence[torch.Tensor], c: float
    ) -> torch.Tensor:
        noisy = self.losses(network.loss, self.output(network, x, noise, c), y)
        return noisy - self.losses(network.loss, self.output(network, x), y).flip(0)


def row(id: str, subject: Subject) -> Row:
    """What a claim finds of a subject; the check of its statement is left out."""
    one = next(claim for claim in CLAIMS if claim.id == id)
    return check(replace(one, confirm=lambda effort: [CONFIRMED]), subject, QUICK)


def mend(subject: type[Correct], *ids: str) -> str:
    """The section that says what to mend first, without markup."""
    asked = LocalSubject(subject)
    rows = [row(id, asked) for id in ids]
    text = report.render(ledger_of(*rows), COMMANDS, report.inquire(asked, rows, QUICK))
    (section,) = re.findall(r'<section id="mend".*?</section>', text, re.DOTALL)
    return re.sub(r"<[^>]*>", "", section)


LED = {
    ("OutputPerturbedToo", "estimator"): (
        "estimator (fail), gradient_estimates: Asked with top weights of 0",
        "c times some noise is added to the output layer too",
        "look at the last layer of the perturbed pass",
    ),
    ("SumsOverDifferentRows", "solves"): (
        "solves (fail), fit_feedback: B is exactly what comes out where row 1 is left out of Σ ẽλ̂ᵀ",
    ),
    ("OddRowDropped", "solves"): ("solves (fail), fit_feedback: ", "the last row is left out"),
    ("CutoffTooLarge", "solves"): (
        "solves (fail), fit_feedback: B is exactly what is left where 1 of 2 nonzero eigenvalues",
        "The cutoff (rcond, rtol) is too large",
    ),
    ("SumsInSinglePrecision", "solves"): (
        "solves (fail), fit_feedback: These are exactly the numbers of this mistake: ",
        "estimates and errors pass through float32.",
    ),
    ("SingularNotNoticed", "solves"): (
        "solves (error), fit_feedback: fit_feedback raised ",
        "least_squares.py, line ",
        "in solve: B: Tensor = torch.linalg.solve(Q, S)",
        "Σ ẽẽᵀ + ridge · I is singular here, of rank 1 in 2 dimensions",
        "as a pseudo-inverse gives it",
    ),
}


@pytest.mark.parametrize(("bug", "id"), LED, ids=[bug for bug, _ in LED])
def test_what_to_mend_first_names_the_method_and_the_mistake(bug: str, id: str) -> None:
    said = mend(BUG[bug], id)
    for words in LED[bug, id]:
        assert words in said


def test_a_claim_that_only_stumbles_over_a_method_of_another_is_not_where_to_begin() -> None:
    with WorkerSubject("tests/planted_bugs/estimator.py:OutputPerturbedToo") as subject:
        rows = [row(id, subject) for id in ("estimator", "signals")]
        assert [one.verdict.outcome for one in rows] == ["error", "error"]
        text = report.render(ledger_of(*rows), COMMANDS, report.inquire(subject, rows, QUICK))
    (section,) = re.findall(r'<section id="mend".*?</section>', text, re.DOTALL)
    assert section.count("<li>") == 1
    said = re.sub(r"<[^>]*>", "", section)
    assert "estimator (error), gradient_estimates: gradient_estimates gave a row another answer" in said
    assert said.index("added to the output layer too") < said.index("most likely fail for the same reasons")
    assert "In every row λ̂ is the noise times one number" not in said


# Noise that nobody gave.


def test_right_code_has_no_noise_but_the_one_it_is_given() -> None:
    assert probes.unasked_noise(LocalSubject(Correct), 60.0) == ()


@pytest.mark.parametrize(
    "bug", ["ScaleWrong", "NoiseInsideActivation", "OneLayerAtATime", "CentralDifference"]
)
def test_other_mistakes_of_the_estimates_are_not_taken_for_noise(bug: str) -> None:
    assert probes.unasked_noise(LocalSubject(BUG[bug]), 60.0) == ()


def test_noise_at_the_output_in_the_hidden_layers_and_another_loss_are_told_apart() -> None:
    said = {
        bug: " ".join(probes.unasked_noise(LocalSubject(bug), 60.0))
        for bug in (BUG["OutputPerturbedToo"], NoisyHidden, OtherCleanLoss)
    }
    assert "added to the output layer too" in said[BUG["OutputPerturbedToo"]]
    assert "the hidden layers get noise of their own" in said[NoisyHidden]
    assert "look for a clean loss of other rows" in said[OtherCleanLoss]


def test_code_that_supports_little_is_asked_within_that() -> None:
    few = {"losses": ["quartic"], "activations": ["softplus"], "rules": ["DFA"]}
    subject = LocalSubject(type("Few", (BUG["OutputPerturbedToo"],), {"supports": few}))
    assert "added to the output layer too" in " ".join(probes.unasked_noise(subject, 60.0))


# Methods whose answer hangs on other rows.


@pytest.mark.parametrize(
    ("bug", "method", "said"),
    [
        ("OutputPerturbedToo", "gradient_estimates", "added to the output layer too"),
        ("BatchMeanLoss", "gradient_estimates", "the mean of the loss differences over the batch"),
        ("SumsOverDifferentRows", "fit_feedback", "row 1 is left out of Σ ẽλ̂ᵀ"),
        ("WeightTransport", "error_signals", "W is used in place of B"),
    ],
)
def test_misconduct_is_asked_by_itself(bug: str, method: str, said: str) -> None:
    subject = LocalSubject(BUG[bug])
    answer = ask_again(subject, Question("conduct", "p", options={"method": method}), True, 60.0)
    assert answer.replayed is not None
    assert answer.replayed.method == method
    assert said in " ".join(answer.found)


def test_what_is_right_by_itself_leaves_the_reason_alone() -> None:
    subject = LocalSubject(Correct)
    for method in ("gradient_estimates", "error_signals", "fit_feedback"):
        assert by_itself(subject, method, 60.0) is None
        assert (
            ask_again(subject, Question("conduct", "p", options={"method": method}), True, 60.0) == Answer()
        )


def test_a_subject_in_a_process_of_its_own_is_asked_although_its_conduct_was_found_wanting() -> None:
    with WorkerSubject("tests/planted_bugs/estimator.py:OutputPerturbedToo") as subject:
        found = row("estimator", subject)
        assert found.verdict.outcome == "error"
        subject.begin_claim(60.0)
        with pytest.raises(Misconduct):
            subject.gradient_estimates(*question())
        said = report.inquire(subject, [found], QUICK).found["estimator"]
    assert "added to the output layer too" in said[0]


def question() -> tuple[Network, Array, Array, list[Array], float]:
    """A question to gradient_estimates."""
    given = large(LocalSubject(Correct))
    assert given is not None
    return given.network, given.x, given.y, draws_for(given), 0.25


def test_the_same_code_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[str]()

    def note(subject: object, question: Question, *more: object) -> Answer:
        asked.append(question.code)
        return Answer(found=("said",))

    monkeypatch.setattr(asking, "ask_again", note)
    subject = LocalSubject(BUG["SingularNotNoticed"])
    one = row("solves", subject)
    other = replace(one, claim=next(claim for claim in CLAIMS if claim.id == "ridge"))
    found = report.inquire(subject, [one, other], QUICK).found
    assert len(asked) == 1
    assert found["solves"] == found["ridge"] == ("said",)


# What a fit solves instead.

ERRORS = np.array([[1.0, 0.5, -2.0], [0.25, -1.0, 1.5], [2.0, 1.0, 0.5], [-0.5, 2.0, 1.0], [1.5, 0.0, -1.0]])
ESTIMATES = np.array([[1.0, -2.0], [0.5, 1.0], [-1.0, 0.25], [2.0, 1.0], [0.0, -1.5]])
ALL_ROWS = np.ones(5)


def weighted(in_gram: Array, in_cross: Array, ridge: float = 0.3) -> Replay:
    """A fit in which the rows count so often in either sum."""
    gram = (ERRORS * in_gram[:, None]).T @ ERRORS + ridge * np.eye(3)
    found = np.linalg.solve(gram, (ERRORS * in_cross[:, None]).T @ ESTIMATES)
    right = np.linalg.solve(ERRORS.T @ ERRORS + ridge * np.eye(3), ERRORS.T @ ESTIMATES)
    setting = {"errors": ERRORS, "estimates": ESTIMATES, "ridge": ridge}
    return Replay("fit_feedback", "here", False, (Compared("B", found, right, 0 * right),), setting)


def changed(t: int, to: float) -> Array:
    weights = ALL_ROWS.copy()
    weights[t - 1] = to
    return weights


@pytest.mark.parametrize("t", [1, 3, 5])
@pytest.mark.parametrize(
    ("gram", "cross", "words"),
    [
        (1, 0, "is left out of Σ ẽλ̂ᵀ, but counts in Σ ẽẽᵀ"),
        (0, 1, "is left out of Σ ẽẽᵀ, but counts in Σ ẽλ̂ᵀ"),
        (0, 0, "is left out (of 5 rows)"),
        (2, 2, "counts twice (of 5 rows)"),
        (1, 2, "counts twice in Σ ẽλ̂ᵀ"),
        (2, 1, "counts twice in Σ ẽẽᵀ"),
    ],
)
def test_a_row_that_does_not_count_once_in_both_sums_is_found(
    t: int, gram: float, cross: float, words: str
) -> None:
    (said,) = fits.solved_instead(weighted(changed(t, gram), changed(t, cross)))
    assert f"where row {t} {words}" in said


def test_a_right_fit_and_an_unknown_one_are_told_nothing() -> None:
    assert list(fits.solved_instead(weighted(ALL_ROWS, ALL_ROWS))) == []
    unknown = weighted(np.array([1.0, 1.5, 1.0, 0.5, 1.0]), np.array([2.0, 1.0, 1.2, 1.0, 1.0]))
    assert list(fits.solved_instead(unknown)) == []


def test_one_number_alone_says_nothing_about_rows() -> None:
    one = replace(weighted(changed(1, 0), ALL_ROWS))
    small = Compared("B", np.array([[0.3]]), np.array([[0.5]]), np.zeros((1, 1)))
    setting = {"errors": ERRORS[:, :1], "estimates": ESTIMATES[:, :1], "ridge": 0.0}
    assert list(fits.solved_instead(replace(one, compared=(small,), setting=setting))) == []


@pytest.mark.parametrize(("cutoff", "dropped"), [(1e-4, 1), (0.02, 2)])
def test_a_cutoff_is_found_with_what_it_cut(cutoff: float, dropped: int) -> None:
    errors = np.diag([1.0, 0.1, 0.001]) @ np.array([[1.0, 0.2, 0.1], [0.3, 1.0, 0.2], [0.1, 0.4, 1.0]])
    estimates = ESTIMATES[:3]
    gram, cross = errors.T @ errors, errors.T @ estimates
    found, right = (np.linalg.pinv(gram, rcond=r, hermitian=True) @ cross for r in (cutoff, 1e-12))
    setting = {"errors": errors, "estimates": estimates, "ridge": 0.0}
    replayed = Replay("fit_feedback", "here", False, (Compared("B", found, right, 0 * right),), setting)
    (said,) = fits.solved_instead(replayed)
    assert f"where {dropped} of 3 nonzero eigenvalues" in said
    (limits,) = re.findall(r"those up to (\S+) of the largest are cut off, those from (\S+) are not", said)
    assert float(limits[0]) <= cutoff <= float(limits[1])


def test_singular_normal_equations_are_told_from_others() -> None:
    rank_one = {"errors": ERRORS[:1], "estimates": ESTIMATES[:1], "ridge": 0.0}
    assert "of rank 1 in 3 dimensions" in (fits.singular(rank_one) or "")
    assert fits.singular({**rank_one, "ridge": 0.3}) is None
    assert fits.singular({"errors": ERRORS, "estimates": ESTIMATES, "ridge": 0.0}) is None
    assert "of rank 0" in (fits.singular({**rank_one, "errors": 0 * ERRORS[:1]}) or "")


def test_an_error_of_another_call_is_told_nothing_more() -> None:
    arrays = {"estimates": np.array([[1.0]]), "errors": np.array([[2.0]])}
    solvable = Question("solution", "p", None, arrays, {"ridge": 0.0})
    for one in (Question("digits", "p"), Question("estimates", "p", options={"c": 0.5}), solvable):
        assert ask_again(LocalSubject(Correct), one, True, 1.0) == Answer()


def test_a_subject_that_raises_is_asked_no_more() -> None:
    class Raises(Correct):
        def gradient_estimates(self, *given: object) -> list[torch.Tensor]:  # type: ignore[override]
            raise SubjectError("not today")

    assert probes.unasked_noise(LocalSubject(Raises), 60.0) == ()
    assert by_itself(LocalSubject(Raises), "gradient_estimates", 60.0) is None


def test_the_known_least_squares_mistakes_keep_their_names() -> None:
    assert "the one of minimum norm is asked for" in mend(BasicSolution, "solves")
    assert "pass through float32" not in mend(CutoffTooLarge, "solves")
