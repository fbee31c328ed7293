"""What is changed in the suite's own files while a subject is judged is noticed, and nothing is said."""

import os
import py_compile
import subprocess
import sys
from dataclasses import replace

import pytest

from proofs_check.command import run as command
from proofs_check.subject import own_files
from proofs_check.subject.subjects import HOME
from tests.proofs_check.fakes import GOOD, claim


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An installation with one module, compiled, and one that is not compiled yet."""
    folder = tmp_path / "proofs_check"
    folder.mkdir()
    (folder / "ledger.py").write_text("PASSED = False\n")
    (folder / "later.py").write_text("x = 1\n")
    py_compile.compile(str(folder / "ledger.py"), doraise=True)
    monkeypatch.setattr(own_files, "ROOT", tmp_path)
    return folder


def same_size_and_time(path, content):
    """Change a file, and set back all that can be set back."""
    before = path.stat()
    with path.open("r+b") as file:
        file.write(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES = {
    "a source": lambda home: same_size_and_time(home / "ledger.py", b"PASSED = True "),
    "a compiled file": lambda home: same_size_and_time(next((home / "__pycache__").iterdir()), b"\x00"),
    "a new source": lambda home: (home / "json.py").write_text(""),
    "a source that is gone": lambda home: (home / "later.py").unlink(),
    "another in its place": lambda home: (home / "x").rename(home / "later.py"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_noticed(home, name):
    (home / "x").write_text("x = 1\n")
    before = own_files.marks()
    CHANGES[name](home)
    with pytest.raises(own_files.Changed, match="files of the suite were changed while it ran: proofs_check"):
        own_files.see_unchanged(before)


def test_what_python_compiles_itself_is_no_change(home):
    stale = home / "ledger.py"
    os.utime(stale, (1, 1))  # its compiled file is of another time, and will be written anew
    before = own_files.marks()
    for name in ("ledger.py", "later.py"):
        py_compile.compile(str(home / name), doraise=True)
    own_files.see_unchanged(before)


def test_a_run_in_which_the_suite_was_changed_says_nothing_and_exits_3(home, tmp_path, capsys):
    first, passing, asked = claim("estimator", GOOD), claim("rank", GOOD), []

    def examine(subject, effort):
        asked.append(subject)
        if len(asked) == 1:
            (home / "later.py").write_text("x = 2\n")
        yield GOOD

    out = tmp_path / "out.json"
    claims = [first, replace(passing, examine=examine)]
    assert command.main(["--json", str(out)], claims) == 3
    assert not out.exists()
    assert (
        "files of the suite were changed while it ran: proofs_check/later.py. Run it"
        in capsys.readouterr().err
    )
    (home / "later.py").write_text("x = 1\n")
    assert command.main(["--json", str(out)], claims) == 0
    assert len(asked) == 2  # what was found meanwhile is not taken from the journal, what was before is
    assert "1 claim was finished by an earlier run" in " ".join(capsys.readouterr().out.split())


LATE = """
import sys
from proofs_check.command import run as command
from proofs_check.subject import own_files
from proofs_check import report
from tests.proofs_check.nobody import Nobody
def ours():
    return {name for name in sys.modules if name.split(".")[0] in own_files.PACKAGES}
class Subject(Nobody):
    def load(self):
        before.update(ours())
before = set()
command.WorkerSubject = Subject
command.main(["--depth", "quick", "--only", "stein"])
print(sorted(ours() - before))
report.prepare()
print(*ours())
"""


def test_the_judge_imports_none_of_our_files_once_the_subjects_code_has_run(tmp_path):
    """Not the proofs, which a single claim checks here, nor the report: compiled files may be forged."""
    environment = {**os.environ, "PYTHONPATH": str(HOME), "XDG_CACHE_HOME": str(tmp_path)}  # no known verdict
    run = subprocess.run([sys.executable, "-c", LATE], env=environment, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    late, loaded = run.stdout.splitlines()[-2:]
    assert late == "[]"
    assert "theory.proofs.stein" in loaded.split()
    report = {f"proofs_check.report.{path.stem}" for path in (HOME / "proofs_check/report").glob("[!_]*.py")}
    assert report <= set(loaded.split())
