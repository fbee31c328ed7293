"""A subject that misbehaves harms only the claim that asked."""

import os
import re
import select
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from proofs_check.subject import own_time
from proofs_check.subject.subjects import HOME, SubjectNotFound, WorkerSubject
from proofs_check.verdict.evidence import SubjectError, SubjectLost

STRANGE = Path(__file__).with_name("strange_subjects.py")
NETWORK = SimpleNamespace(
    weights=[np.full((2, 3), 7.0), np.ones((1, 2))], activations=["tanh"] * 2, loss="mse"
)


@pytest.fixture(scope="module")
def shared():
    """One worker for the whole module, as for a whole run."""
    with WorkerSubject(f"{STRANGE}:Strange") as subject:
        subject.load()
        yield subject


@pytest.fixture
def subject(shared):
    shared.begin_claim(20.0)
    return shared


def ask(subject, family):
    return subject.draw_noise([2, 3], 4, family)


def process_of(subject):
    return int(ask(subject, "process")[0][0, 0])


BAD_ANSWERS = {
    "None": "draw_noise returned None, expected a list of 2 tensors",
    "one tensor": "draw_noise returned a torch.Tensor, expected a list of 2 tensors",
    "too few": "draw_noise returned a list of 1, expected a list of 2 tensors",
    "numpy": "draw_noise: element 0 of what it returned is a numpy.ndarray, expected a torch.Tensor",
    "one row": "draw_noise: element 0 of what it returned has the shape (1, 2), expected (4, 2)",
    "float32": "draw_noise: element 0 of what it returned is torch.float32, expected torch.float64",
    "sparse": "draw_noise: element 0 of what it returned has the layout torch.sparse_coo, expected ",
    "NaN": "draw_noise: element 1 of what it returned holds nan at (2, 0), expected finite numbers",
    "infinity": "draw_noise: element 0 of what it returned holds -inf at (0, 1), expected finite numbers",
}


@pytest.mark.parametrize("family", BAD_ANSWERS)
def test_a_wrong_answer_is_named(subject, family):
    with pytest.raises(SubjectError, match=f"^{re.escape(BAD_ANSWERS[family])}"):
        ask(subject, family)


@pytest.mark.parametrize("family", ["tuple", "requires grad", "large"])
def test_a_right_answer_may_come_in_several_forms(subject, family):
    first, second = ask(subject, family)
    assert first.shape == (4, 2)
    assert second.shape == (4, 3)
    assert first.dtype == second.dtype == np.float64
    assert (first == first[0, 0]).all()


def test_an_answer_need_not_be_contiguous(subject):
    assert np.array_equal(ask(subject, "not contiguous")[0], np.arange(8.0).reshape(2, 4).T)


def test_an_exception_is_reported_with_the_line_that_raised_it(subject):
    with pytest.raises(SubjectError) as caught:
        ask(subject, "raises")
    assert caught.value.reason.startswith("draw_noise raised KeyError: 'no such key' (")
    assert re.search(
        r'strange_subjects\.py, line \d+, in draw_noise: return \{\}\["no such key"\]', caught.value.reason
    )


def test_an_exception_within_torch_is_reported_with_the_subjects_own_line(subject):
    with pytest.raises(
        SubjectError, match=r"RuntimeError: .*strange_subjects\.py, line \d+, in draw_noise: return"
    ):
        ask(subject, "raises in torch")


def test_sys_exit_is_an_exception_like_others(subject):
    with pytest.raises(SubjectError, match="draw_noise raised SystemExit: goodbye"):
        ask(subject, "leaves")
    assert ask(subject, "")[0][0, 0] == 2.0


def test_a_class_is_made_anew_for_every_claim(subject):
    ask(subject, "")
    assert ask(subject, "")[0][0, 0] == 2.0
    subject.begin_claim(20.0)
    assert ask(subject, "")[0][0, 0] == 1.0


def test_an_object_is_used_as_it_is():
    with WorkerSubject(f"{STRANGE}:an_object") as subject:
        subject.begin_claim(20.0)
        ask(subject, "")
        subject.begin_claim(20.0)
        assert ask(subject, "")[0][0, 0] == 2.0


def test_one_process_serves_all_claims(subject):
    first = process_of(subject)
    subject.begin_claim(20.0)
    assert process_of(subject) == first != os.getpid()


def test_a_subject_that_dies_is_replaced_at_the_next_claim(subject):
    first = process_of(subject)
    with pytest.raises(SubjectLost, match=r"^its process exited with code 3 in draw_noise$"):
        ask(subject, "exits")
    with pytest.raises(SubjectLost, match="code 3"):  # the rest of the claim has no subject
        ask(subject, "")
    subject.begin_claim(20.0)
    assert process_of(subject) != first


def test_a_crash_is_named_by_its_signal(subject):
    with pytest.raises(SubjectLost, match=r"^its process was ended by SIGSEGV in draw_noise$"):
        ask(subject, "crashes")


def test_a_subject_that_hangs_is_stopped_with_all_that_it_started(shared):
    shared.begin_claim(0.2)
    start = time.monotonic()
    with pytest.raises(SubjectLost, match=r"^no answer from draw_noise within the 0\.2 s of a claim$"):
        ask(shared, "hangs with a child")
    assert time.monotonic() - start < 30.0  # it sleeps for 60


def test_the_time_of_a_claim_is_for_all_its_calls(shared):
    shared.begin_claim(0.5)
    calls = (ask(shared, "sleeps") for _ in range(40))  # 0.3 s each, less what a busy machine takes
    with pytest.raises(SubjectLost, match="no answer"):
        list(calls)


def test_only_the_subjects_own_time_counts(shared):
    shared.begin_claim(1.0)
    time.sleep(1.1)
    assert len(ask(shared, "")) == 2


def test_what_a_subject_prints_goes_to_standard_error(subject, capsys):
    assert len(ask(subject, "prints")) == 2
    deadline = time.monotonic() + 20.0
    printed = ""
    while "descriptor" not in printed and time.monotonic() < deadline:
        time.sleep(0.01)
        captured = capsys.readouterr()
        assert captured.out == ""
        printed += captured.err
    assert printed == "a line by print\na line to file descriptor 1\n"


def test_a_subject_has_no_standard_input(subject):
    assert len(ask(subject, "reads")) == 2


def test_writing_into_its_arguments_is_named_and_harms_nobody(subject):
    estimates, errors = np.ones((4, 2)), np.ones((4, 3))
    for _ in range(2):
        with pytest.raises(SubjectError, match=r"^fit_feedback wrote into its argument estimates, which "):
            subject.fit_feedback(estimates, errors)
    rows = np.ones((4, 3))
    asked = {"noise": [rows[:, :2]], "c": 0.1}
    for _ in range(2):
        with pytest.raises(SubjectError, match=r"^gradient_estimates wrote into its argument network"):
            subject.gradient_estimates(NETWORK, rows, rows[:, :1], **asked)
    assert (estimates == 1).all()
    assert (errors == 1).all()
    assert (NETWORK.weights[0] == 7).all()


def test_the_network_a_subject_sees_has_tuples(subject):
    answer = subject.error_signals(NETWORK, [np.ones((1, 2))], np.ones((4, 3)), np.ones((4, 1)), "FA")
    assert [signal.shape for signal in answer] == [(4, 2), (4, 1)]


def test_name_and_supports_are_those_of_the_subject(shared):
    assert shared.name == "strange"
    assert shared.supports_all(activations="tanh", losses=["anything"], rules=["FA"])
    assert not shared.supports_all(rules=["FA", "DFA"])
    assert not shared.supports_all(activations=("tanh", "sigmoid"))


def test_supports_may_belong_to_the_object():
    with WorkerSubject(f"{STRANGE}:SupportsByProperty") as subject:
        subject.begin_claim(20.0)
        assert subject.name == "SupportsByProperty"
        assert not subject.supports_all(losses="quartic")


@pytest.mark.parametrize(
    ("name", "seconds", "reason"),
    [
        ("RaisesWhenMade", 20.0, "its constructor raised RuntimeError: cannot be made"),
        ("HangsWhenMade", 0.1, "no answer from its constructor within the 0.1 s of a claim"),
    ],
)
def test_a_subject_that_cannot_be_made_is_an_error_of_the_claim(name, seconds, reason):
    with WorkerSubject(f"{STRANGE}:{name}") as subject:
        subject.load()
        with pytest.raises(SubjectError, match=re.escape(reason)):
            subject.begin_claim(seconds)


NOT_FOUND = {
    "subject": "the subject is 'subject', expected MODULE:NAME or FILE.py:NAME",
    "module:": "the subject is 'module:', expected MODULE:NAME or FILE.py:NAME",
    "no_such_file.py:Name": "there is no file no_such_file.py",
    "no_such_module:Name": "there is no module no_such_module in ",
    f"{STRANGE}:Missing": "strange_subjects.py has no attribute Missing",
    f"{STRANGE}:SupportsNonsense": "its attribute supports has the key 'activation', expected some of ",
}


@pytest.mark.parametrize("place", NOT_FOUND)
def test_a_subject_that_is_not_there_is_named(place):
    with pytest.raises(SubjectNotFound, match=re.escape(NOT_FOUND[place])), WorkerSubject(place) as subject:
        subject.load()


def test_a_file_is_found_with_its_siblings_whatever_its_path(tmp_path, monkeypatch):
    folder = tmp_path / "a folder with spaces"
    folder.mkdir()
    (folder / "sibling.py").write_text("NAME = 'from the sibling'\n")
    (folder / "signal.py").write_text(
        "import sibling\nclass Mine:\n    name = sibling.NAME\n"
    )  # a name of Python's
    monkeypatch.chdir(tmp_path)
    with WorkerSubject("a folder with spaces/signal.py:Mine") as subject:
        subject.load()
        assert subject.name == "from the sibling"


def test_a_module_is_found_from_the_current_directory_even_if_it_is_called_like_ours(tmp_path, monkeypatch):
    (tmp_path / "impl").mkdir()
    (tmp_path / "impl" / "mine.py").write_text("class Mine:\n    name = 'not ours'\n")
    (tmp_path / "impl" / "broken.py").write_text("import no_such_dependency\n")
    monkeypatch.chdir(tmp_path)
    with WorkerSubject("impl.mine:Mine") as subject:
        subject.load()
        assert subject.name == "not ours"
    broken = r"importing impl\.broken raised ModuleNotFoundError: .*no_such_dependency.*broken\.py, line 1"
    with pytest.raises(SubjectNotFound, match=broken), WorkerSubject("impl.broken:Mine") as subject:
        subject.load()


def test_our_own_packages_are_used_whatever_the_current_directory_holds(tmp_path):
    for package in ("impl", "theory"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text("raise ImportError('this is not ours')\n")
    script = textwrap.dedent("""
        import proofs_check, sys
        import theory
        from proofs_check.subject.subjects import WorkerSubject
        assert "torch" not in sys.modules
        with WorkerSubject() as subject:
            subject.begin_claim(20.0)
        print(theory.__file__)
    """)
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert Path(found.stdout.strip()).parent == HOME / "theory"


def test_the_process_ends_with_its_parent_even_while_the_subject_computes(tmp_path):
    script = textwrap.dedent(f"""
        import os, threading
        from proofs_check.subject.subjects import WorkerSubject
        subject = WorkerSubject({f"{STRANGE}:Strange"!r})
        subject.begin_claim(60.0)
        print(int(subject.draw_noise([1], 1, "process")[0][0, 0]), flush=True)
        threading.Timer(0.1, os._exit, (0,)).start()
        subject.draw_noise([1], 1, "hangs")
    """)
    environment = {**os.environ, "PYTHONPATH": str(HOME)}
    parent = subprocess.run(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
    )
    worker = int(parent.stdout)
    deadline = time.monotonic() + 20.0
    while alive(worker) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(worker)


def alive(process):
    """Whether the process runs: one that has ended, and that nobody waits for, does not."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_an_interrupt_of_the_terminal_does_not_reach_the_worker(subject):
    assert os.getpgid(process_of(subject)) != os.getpgid(0)
    os.kill(process_of(subject), signal.SIGINT)
    assert len(ask(subject, "")) == 2


def test_a_process_that_died_between_two_claims_is_replaced(subject):
    first = process_of(subject)
    os.kill(first, signal.SIGKILL)
    time.sleep(0.1)
    subject.begin_claim(20.0)
    assert process_of(subject) != first


def test_time_that_runs_out_while_the_answer_comes_is_no_reason_to_kill(subject, monkeypatch):
    """The clock is read so slowly that the answer is there before the reading says that time is up."""
    before = process_of(subject)
    answers = subject._process._answers

    def slowly(allowance):
        select.select([answers], [], [], 60.0)
        return 0.0

    monkeypatch.setattr(own_time.OwnTime, "left", slowly)
    for _ in range(20):
        assert len(ask(subject, "")) == 2
    monkeypatch.undo()
    assert process_of(subject) == before
