"""Whatever a subject does, its claim gets the right outcome, and the next claim is judged rightly."""

import contextlib
import os
import re
import time
from pathlib import Path

import numpy as np
import pytest

from proofs_check.claims import CLAIMS
from proofs_check.ledger.ledger import check
from proofs_check.subject import family, traits, walls
from proofs_check.subject.subjects import WorkerSubject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import SubjectError, SubjectLost
from tests.proofs_check.hostile_subjects import ATTACKS, REACHES

PLACE = str(Path(__file__).with_name("hostile_subjects.py"))
CLAIM = {claim.id: claim for claim in CLAIMS}
FIRST = "draw_noise: element 0 of what it returned "
NONE = "draw_noise returned "

NO_ANSWER = {
    "an object that exits when unpickled": FIRST + r"is a .*Reduced, expected a torch\.Tensor",
    "a subclass that lies": FIRST + r"has the shape \(1, 2\), expected \(4, 2\)",
    "an endless list": NONE + r"a list of 3, expected a list of 2 tensors",
    "a generator": NONE + r"a list_iterator, expected a list of 2 tensors",
    "a dictionary": NONE + r"a dict, expected a list of 2 tensors",
    "a text": NONE + r"a str, expected a list of 2 tensors",
    "itself": NONE + r"a list of 3, expected a list of 2 tensors",
    "NotImplemented": NONE + r"a NotImplementedType, expected",
    "the type": NONE + r"a torch\._C\._TensorMeta, expected",
    "on meta": FIRST + r"is a tensor without numbers of its own \(on meta\)",
    "fake": r"draw_noise",
    "half": FIRST + r"is torch\.float16, expected torch\.float64",
    "complex": FIRST + r"is torch\.complex128, expected",
    "conjugated": FIRST + r"is torch\.complex128, expected",
    "integers": FIRST + r"is torch\.int64, expected",
    "truths": FIRST + r"is torch\.bool, expected",
    "compressed rows": FIRST + r"has the layout torch\.sparse_csr",
    "quantised": FIRST + r"is torch\.qint8, expected",
    "nested": r"draw_noise",
    "expanded to more": FIRST + r"has the shape \(1000000000, 2\), expected \(4, 2\)",
    "no dimension": FIRST + r"has the shape \(\), expected \(4, 2\)",
    "minus zero rows": FIRST + r"has the shape \(0, 2\), expected \(4, 2\)",
    "objects of numpy": FIRST + r"is a numpy\.ndarray, expected",
    "floats": FIRST + r"is a float, expected",
    "overflowing": FIRST + r"holds inf at \(0, 0\), expected finite numbers",
    "raises KeyboardInterrupt": r"draw_noise raised KeyboardInterrupt",
    "raises GeneratorExit": r"draw_noise raised GeneratorExit",
    "raises StopIteration": r"draw_noise raised StopIteration",
    "raises a BaseException": r"draw_noise raised Deep",
    "raises an error without message": r"draw_noise raised Evil: \(its message cannot be printed\)",
    "raises an error with words": r"draw_noise raised Telling: something",
    "raises an error without name": r"draw_noise raised Nameless",
    "raises an error without traceback": r"draw_noise raised Hides",
    "raises a group": r"draw_noise raised BaseExceptionGroup: several",
    "raises a long message": r"draw_noise raised ValueError: x{500} \(",
    "raises escapes": r"draw_noise raised ValueError: \\x1b\]0;owned\\x07\\x1b\[31m\\x9b2J\\u202etxt",
    "raises exit 0": r"draw_noise raised SystemExit: 0",
    "recurses for ever": r"draw_noise raised RecursionError",
}
ANSWERS = (
    *("a subclass that exits when unpickled", "a subclass that raises", "a parameter", "negated lazily"),
    *("one row, expanded", "backwards", "made in inference mode", "changed later"),
    *("forks and both return", "forks and the child raises", "prints fifty megabytes", "prints escapes"),
    *("prints for ever", "listens", "a list without length"),
    *(f"leaves {name}" for name in ("default device meta", "default dtype half", "two threads", "seeds")),
    *(f"leaves {name}" for name in ("deterministic", "no gradients", "errors of numpy")),
    *(f"leaves {name}" for name in ("warnings are errors", "no environment", "a directory that is gone")),
    *(f"leaves {name}" for name in ("no search path", "an alarm", "stdout closed")),
)
SPOILT = ("subnormals flushed", "our check replaced", "our restoring replaced")  # all: see test_state
LOST = {
    "writes garbage": r"^what its process sent is no answer to draw_noise: it does not begin as a message",
    "answers beforehand": r"^what its process sent is no answer to draw_noise: it answers another question",
    "closes its streams": r"^its process (closed its connection|exited with code \d+) in draw_noise$",
    "becomes another program": r"^its process exited with code 0 in draw_noise$",
    "kills itself": r"^its process was ended by SIGKILL, by whom is not known in draw_noise$",
    "stops itself": r"^no answer from draw_noise within the 0\.3 s of a claim$",
}


@pytest.fixture(scope="module")
def hostile():
    with WorkerSubject(f"{PLACE}:Hostile", memory=0.5) as subject:
        subject.load()
        yield subject


def ask(subject, family="gaussian", seconds=30.0):
    subject.begin_claim(seconds)
    return subject.draw_noise([2, 3], 4, family, seed=3)


@pytest.fixture(scope="module")
def right(hostile):
    return ask(hostile)


def is_right(found, right):
    return [np.array_equal(a, b) for a, b in zip(found, right, strict=True)] == [True, True]


def test_every_attack_that_is_named_is_there():
    named = {*NO_ANSWER, *ANSWERS, *LOST, *(f"spoils {name}" for name in SPOILT)}
    assert named <= ATTACKS.keys()


@pytest.mark.parametrize("name", NO_ANSWER)
def test_what_is_no_answer_is_an_error_and_the_next_claim_is_judged(hostile, right, name):
    with pytest.raises(SubjectError) as caught:
        ask(hostile, name)
    assert re.match(NO_ANSWER[name], caught.value.reason), caught.value.reason
    assert caught.value.reason.isprintable()
    assert is_right(ask(hostile), right)


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_taken_as_the_numbers_it_holds_and_the_next_claim_is_judged(hostile, right, name):
    assert is_right(ask(hostile, name), right)
    assert is_right(ask(hostile), right)


@pytest.mark.parametrize("name", REACHES)
def test_it_cannot_reach_the_processes_that_judge_it(hostile, right, name):
    if "life" in name and not walls.signals_can_be_kept():
        pytest.skip("this system cannot keep a process from sending signals: it takes Linux 6.12")
    before = hostile._process.worker
    assert is_right(ask(hostile, f"reaches for {name}"), right)
    assert is_right(ask(hostile), right)
    assert hostile._process.worker == before


@pytest.mark.parametrize("name", SPOILT)
def test_after_what_cannot_be_set_back_the_next_claim_has_another_process(hostile, right, name):
    before = hostile._process.worker
    with contextlib.suppress(SubjectError):  # what it answers in the same claim is its own affair
        ask(hostile, f"spoils {name}")
    assert is_right(ask(hostile), right)
    assert hostile._process.worker != before


@pytest.mark.parametrize("name", LOST)
def test_a_process_that_is_lost_is_an_error_with_its_cause_and_is_replaced(hostile, right, name):
    with pytest.raises(SubjectLost) as caught:
        ask(hostile, name, 0.3 if name == "stops itself" else 30.0)
    assert re.search(LOST[name], caught.value.reason), caught.value.reason
    hostile._hung = 0
    assert is_right(ask(hostile), right)


def test_a_message_after_the_answer_is_an_error_at_the_next_question_or_ends_with_the_claim(hostile, right):
    assert is_right(ask(hostile, "answers twice"), right)
    time.sleep(0.1)
    with pytest.raises(SubjectLost, match="no answer to draw_noise: it was sent before anything was asked"):
        hostile.draw_noise([2], 3)
    assert is_right(ask(hostile), right)


def test_children_that_left_its_group_and_its_parent_are_ended_with_it(hostile, right):
    with pytest.raises(SubjectLost, match="no answer"):
        ask(hostile, "leaves children everywhere", 0.3)
    hostile._hung = 0
    commands = [Path(f"/proc/{p}/cmdline") for p in os.listdir("/proc") if p.isdigit()]
    left = [path for path in commands if path.exists() and path.read_bytes() in SLEEPERS]
    assert left == []
    assert is_right(ask(hostile), right)


SLEEPERS = (b"sleep\x0061\x00", b"sleep\x0062\x00")


def test_maps_count_as_memory(hostile, right):
    with pytest.raises(
        SubjectLost, match=r"^its process was stopped: with all that it started it held \d\.\d"
    ):
        ask(hostile, "maps too much")
    assert is_right(ask(hostile), right)


def test_a_subject_that_returns_zeros_passes_nothing_by_what_it_sends():
    with WorkerSubject(f"{PLACE}:Zeros") as subject:
        outcomes = {
            name: check(CLAIM[name], subject, Effort("quick")).verdict.outcome
            for name in ("estimator", "solves")
        }
    assert set(outcomes.values()) <= {"fail", "error"}, outcomes


SAYS = {
    "a name that raises": type("A", (), {"name": property(lambda self: 1 / 0)}),
    "supports that raises": type("B", (), {"supports": property(lambda self: 1 / 0)}),
    "supports without end": type("C", (), {"supports": {f"key {k}": [] for k in range(10**5)}}),
    "supports of itself": type("D", (), {"supports": []}),
}


@pytest.mark.parametrize("name", SAYS)
def test_what_it_says_of_itself_is_read_once_or_refused(name):
    with pytest.raises((traits.Unknown, ZeroDivisionError)):
        traits.of(SAYS[name](), "given")


class Catching:
    def __getattr__(self, name):
        return self

    def __call__(self, *_, **__):
        return self


def test_one_that_has_every_attribute_has_no_name_and_supports_nothing_known():
    with pytest.raises(traits.Unknown, match="expected a dictionary"):
        traits.of(Catching(), "given")


def test_a_process_and_all_that_it_started_are_ended():
    child = os.fork()
    if child == 0:
        os.setsid()
        time.sleep(60)
        os._exit(0)
    assert child in family.descendants(os.getpid())
    os.kill(child, 9)
    os.waitpid(child, 0)
    assert not family.running(child)
