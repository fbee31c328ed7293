"""What the report says of the suite itself: planted bugs, false alarms, and the commit that made the page."""

import hashlib
import json
import math
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from feedback_proofs_io.shards import Shard
from proofs_check import report
from proofs_check.claims import CLAIMS
from proofs_check.report import context, record, sources
from proofs_check.report.checkout import Checkout, checkout
from proofs_check.report.context import Context, Inquiry
from proofs_check.report.record import Made, Matrix, Run, Twice, as_json, merged, upper_bound
from proofs_check.report.trustview import OLD, trust
from proofs_check.verdict.budget import FAMILY_WISE
from tests import false_alarms
from tests.planted_bugs import ALL
from tests.proofs_check.fakes import GOOD
from tests.proofs_check.test_report import COMMANDS, ledger_of, row_of

RUN = Run(
    kind="whole ledger",
    depth="quick",
    claims=("estimator", "clt"),
    subjects=("one", "two"),
    first=0,
    seeds=100,
    alarms=0,
    alarmed=0,
    commit="a" * 40,
    dirty=False,
    versions={"torch": "2.13"},
    date="2026-01-02",
)
SMALL = Matrix(
    "quick",
    0,
    {"estimator": {"Wrong": "It is wrong.", "Unseen": "Nobody sees it."}, "noise": {"Loud": "It is loud."}},
    {"estimator": {"Wrong": "F", "Unseen": ".", "Loud": "E"}, "clt": {"Wrong": "F", "Unseen": "."}},
)


def shown(matrix: Matrix | None = SMALL, runs: tuple[Run, ...] = ()) -> str:
    """The section as text without markup."""
    one = Context(ledger_of(row_of(GOOD)), COMMANDS, Inquiry())
    vars(one).update(matrix=matrix, alarms=runs)
    return re.sub(r"<[^>]*>", "|", trust(one))


# Frequencies.


@pytest.mark.parametrize("trials", [1, 19, 100, 2000])
def test_without_a_hit_the_bound_is_its_closed_form_and_near_the_rule_of_three(trials: int) -> None:
    assert upper_bound(0, trials) == pytest.approx(1 - 0.05 ** (1 / trials), rel=1e-12)
    if trials >= 100:
        assert upper_bound(0, trials) == pytest.approx(3 / trials, rel=0.02)


@pytest.mark.parametrize(("hits", "trials"), [(1, 20), (3, 50), (19, 20), (7, 5000)])
def test_at_the_bound_so_few_hits_have_a_chance_of_five_percent(hits: int, trials: int) -> None:
    p = upper_bound(hits, trials)
    chance = sum(math.comb(trials, k) * p**k * (1 - p) ** (trials - k) for k in range(hits + 1))
    assert chance == pytest.approx(0.05, rel=1e-9)
    assert upper_bound(trials, trials) == 1.0


# What is kept.


def test_a_run_that_goes_on_with_another_of_the_same_commit_is_one_with_it() -> None:
    later = replace(RUN, first=100, seeds=20, alarms=3, alarmed=2, date="2026-01-05")
    for one, other in ((RUN, later), (later, RUN)):
        (whole,) = merged([one], other)
        assert (whole.first, whole.seeds, whole.alarms, whole.alarmed) == (0, 120, 3, 2)
        assert whole.date == "2026-01-05"
    assert whole.ledgers == 240
    (closed,) = merged(merged([RUN], replace(RUN, first=150)), replace(RUN, first=100, seeds=50))
    assert (closed.first, closed.seeds) == (0, 250)


@pytest.mark.parametrize(
    "change",
    [
        {"commit": "b" * 40},
        {"kind": "statistical claims"},
        {"claims": ("clt",)},
        {"subjects": ("one",)},
        {"versions": {"torch": "2.14"}},
        {"depth": "standard"},
        {"first": 101},
    ],
    ids=str,
)
def test_other_runs_stay_apart(change: dict[str, Any]) -> None:
    assert len(merged([RUN], replace(RUN, **{"first": 100, **change}))) == 2


@pytest.mark.parametrize("change", [{"dirty": True}, {"commit": None}], ids=str)
def test_runs_of_code_that_no_commit_names_are_never_joined(change: dict[str, Any]) -> None:
    first, second = replace(RUN, **change), replace(RUN, first=100, **change)
    assert len(merged([first], second)) == 2


@pytest.mark.parametrize(("first", "seeds"), [(0, 100), (99, 5), (20, 1)])
def test_no_seed_counts_twice(first: int, seeds: int) -> None:
    with pytest.raises(Twice, match="recorded already"):
        merged([RUN], replace(RUN, first=first, seeds=seeds))


def test_runs_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "alarms.json"
    path.write_text(as_json([RUN, replace(RUN, commit=None)]), encoding="utf-8")
    assert record.alarms(path) == (RUN, replace(RUN, commit=None))


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"runs": [{"kind": "x"}]}', "3", '"x"'])
def test_what_is_missing_or_no_record_is_not_recorded(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "file.json"
    if text is not None:
        path.write_text(text)
    assert record.alarms(path) == ()
    assert record.matrix(path) is None


@pytest.mark.parametrize("path", [record.MATRIX, record.ALARMS], ids=lambda path: path.name)
def test_a_record_with_any_flipped_bit_is_no_record(path: Path, tmp_path: Path) -> None:
    whole, copy = path.read_bytes(), tmp_path / "copy.json"
    copy.write_bytes(whole)
    assert record.matrix(copy) or record.alarms(copy)
    for number in range(60):
        place = int.from_bytes(hashlib.sha256(f"{path.name} {number}".encode()).digest()[:8], "big")
        damaged = bytearray(whole)
        damaged[place % len(whole)] ^= 1 << number % 8
        copy.write_bytes(damaged)
        assert record.matrix(copy) is None
        assert record.alarms(copy) == ()


# Of which sources.

MADE = Made("b" * 40, False, "2026-02-03", sources.of_claim("estimator"), {"torch": "2.13"})


def test_a_record_of_the_present_sources_says_so() -> None:
    text = shown(replace(SMALL, made={"estimator": MADE}))
    assert "Recorded at commit bbbbbbbbbbbb, 2026-02-03. Of the sources of these claims nothing has" in text
    assert OLD not in text


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({**MADE.files, "proofs_check/networks/search.py": "0"}, "proofs_check/networks/search.py"),
        ({**MADE.files, "proofs_check/gone.py": "0"}, "proofs_check/gone.py"),
        (
            {f: d for f, d in MADE.files.items() if f != "proofs_check/subject/conduct.py"},
            "proofs_check/subject/conduct.py",
        ),
    ],
    ids=["changed", "gone", "new"],
)
def test_a_record_of_other_sources_is_not_shown_as_present(files: dict[str, str], named: str) -> None:
    old = replace(MADE, files=files)
    text = shown(replace(SMALL, made={"estimator": old, "clt": replace(MADE, files=sources.of_claim("clt"))}))
    assert "Not of these sources: |1 of 2 claims were recorded before changes" in text
    assert "Changed since: 1 file|" in text
    assert f"|{named}|" in text
    assert f"2026-02-03; since then changed: {named}" in text
    assert f"estimator {OLD}" in text
    assert f"clt {OLD}" not in text


def test_a_record_that_names_no_sources_is_marked() -> None:
    assert "Nothing says of which sources this was recorded." in shown(SMALL)


def test_comments_docstrings_and_blank_lines_are_no_changes() -> None:
    one, other = '"""A."""\nx = "#"  # one\n', '"""B.\n\nC."""\n\nx = "#"\n'
    assert sources.of_text(one) == sources.of_text(other) != sources.of_text(one.replace('"#"', '"!"'))


@pytest.mark.parametrize("claim", [claim.id for claim in CLAIMS])
def test_the_sources_of_a_claim_are_its_checks_and_what_every_answer_passes(claim: str) -> None:
    assert {sources.claim_file(claim), *sources.ALWAYS} <= set(sources.of_claim(claim))


def test_every_file_that_counts_as_part_of_no_verdict_or_of_all_exists() -> None:
    for file in (*sources.NO_PART, *sources.ALWAYS):
        assert (sources.HOME / file).is_file(), file


# The section.


def test_the_section_counts_the_bugs_and_names_the_claims_that_reject_each() -> None:
    text = shown()
    assert "3 implementations with one planted mistake each were given to 2 claims" in text
    assert "2 of 3 are rejected by at least one claim" in text
    for words in ("It is wrong.", "Nobody sees it.", "no claim", " 1 of 2 rejected", " 1 of 1 rejected"):
        assert words in text
    assert SMALL.rejecting("Wrong") == ("estimator", "clt")
    assert SMALL.rejecting("Loud") == ("estimator",)
    assert SMALL.rejected("clt") == ("Wrong",)
    # clt: one bug, none alone, not applicable to Loud
    assert re.search(r"clt\|+1\|+0\|+1\|", text)
    assert re.search(r"estimator\|+2\|+1\|+0\|", text)


def test_the_section_gives_the_counts_the_bound_and_the_code() -> None:
    run = replace(RUN, alarms=4, alarmed=3, dirty=True)
    text = shown(runs=(run,))
    for words in (
        "whole ledger",
        "0 to 99 (100)",
        "200: 100 seeds × 2 implementations",
        "4, at 3 seeds",
        f"{upper_bound(3, 100):.2g}",
        "commit aaaaaaaaaaaa",
        ", with uncommitted changes, 2026-01-02",
        "torch 2.13",
        "one and two",
    ):
        assert words in text
    assert "commit aaaaaaaaaaaa|, 2026-01-02" in shown(runs=(RUN,))


def test_the_proved_level_is_that_of_the_budget() -> None:
    assert FAMILY_WISE == 1e-6
    assert "at most 10⁻⁶; at quick the tests spend 9.9 · 10⁻⁷" in shown()
    assert "would take 3 million seeds" in shown(runs=(RUN,))


def test_what_is_not_recorded_is_said_to_be() -> None:
    text = shown(None)
    assert "The planted bugs: not recorded, or the record is damaged." in text
    assert "Runs on correct code: not recorded, or the record is damaged." in text
    assert "at most 10⁻⁶" in text


def test_a_page_is_made_without_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = tmp_path / "nothing.json"
    monkeypatch.setattr(record, "matrix", lambda: matrix_of(nothing))
    monkeypatch.setattr(record, "alarms", lambda: ())
    text = report.render(ledger_of(row_of(GOOD)), COMMANDS)
    assert text.count("not recorded, or the record is damaged.") == 2


matrix_of = record.matrix


def test_the_page_shows_every_planted_bug_of_the_project() -> None:
    text = report.render(ledger_of(row_of(GOOD)), COMMANDS)
    assert "How far the suite itself can be trusted" in text
    assert f"{len(ALL)} of {len(ALL)} are rejected" in text
    for bug in ALL:
        assert text.count(f"<code>{bug.__name__}</code>") == 1
        assert text.count(f'<th scope="row">{bug.__name__}</th>') == 1


def test_both_files_are_shipped() -> None:
    root = Path(__file__).resolve().parent.parent.parent
    assert '"record/*.json"' in (root / "pyproject.toml").read_text(encoding="utf-8")
    assert record.MATRIX.parent == record.ALARMS.parent == root / "proofs_check" / "record"
    assert record.MATRIX.is_file()


# The commit.


def git(folder: Path, *words: str) -> str:
    """What git prints."""
    who = {f"GIT_{role}_{what}": "a@b.c" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **who},
    )
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout with one commit."""
    git(tmp_path, "init", "-q")
    (tmp_path / "code.py").write_text("x = 1\n")
    git(tmp_path, "add", "code.py")
    git(tmp_path, "commit", "-q", "-m", "one")
    return tmp_path


def test_the_commit_of_a_checkout_is_told_and_whether_its_code_is_changed(folder: Path) -> None:
    commit = git(folder, "rev-parse", "HEAD")
    (folder / "run.log").write_text("a log beside it\n")
    (folder / "proofs_check" / "record").mkdir(parents=True)
    (folder / "proofs_check" / "record" / "false_alarms.json").write_text("{}")
    assert checkout(folder) == Checkout(commit, dirty=False)
    (folder / "code.py").write_text("x = 2\n")
    assert checkout(folder) == Checkout(commit, dirty=True)
    git(folder, "checkout", "-q", "code.py")
    (folder / "more.py").write_text("y = 1\n")
    assert checkout(folder) == Checkout(commit, dirty=True)


def test_a_package_inside_somebodys_checkout_has_no_commit(folder: Path) -> None:
    (folder / "site-packages").mkdir()
    assert checkout(folder / "site-packages") is None


def test_a_folder_that_is_none_a_checkout_without_commit_and_a_machine_without_git_have_no_commit(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checkout(tmp_path / "nowhere") is None
    (tmp_path / "new").mkdir()
    git(tmp_path / "new", "init", "-q")
    assert checkout(tmp_path / "new") is None
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    assert checkout(folder) is None


def test_a_variable_of_git_does_not_lead_astray(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", "/nowhere")
    assert checkout(folder) is not None


@pytest.mark.parametrize("dirty", [False, True])
def test_the_header_says_which_commit_made_the_page(dirty: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "checkout", lambda folder: Checkout("c" * 40, dirty))
    text = report.render(ledger_of(row_of(GOOD)), COMMANDS)
    said = "commit cccccccccccc, with uncommitted changes" if dirty else "commit cccccccccccc"
    assert f"<dt>the suite</dt><dd>{said}</dd>" in text


def test_without_a_checkout_the_header_says_nothing_of_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(context, "checkout", lambda folder: None)
    assert "<dt>the suite</dt>" not in report.render(ledger_of(row_of(GOOD)), COMMANDS)


# Logs.

LOG = "".join(f"seed {seed}: 0 false alarms, {seed} s\n" for seed in range(5, 9))
TOTAL = f"8 ledgers of {len(CLAIMS)} claims (4 seeds, 2 correct subjects): 0 false alarms\n"
ALARM = "ALARM at seed 9: numpy, clt: too large\ncode\nseed 9: 1 false alarms, 9 s\n"


@pytest.mark.parametrize(
    ("text", "alarms"),
    [
        (LOG, (0, 0, 0, 0)),
        (LOG + TOTAL, (0, 0, 0, 0)),
        (LOG + ALARM, (0, 0, 0, 0, 1)),
        (LOG + "seed 9: 0 fal", (0, 0, 0, 0)),
        (LOG + "seed 9: 0 false alarms, 1", (0, 0, 0, 0)),
    ],
)
def test_a_log_is_read_as_far_as_it_goes(text: str, alarms: tuple[int, ...]) -> None:
    assert false_alarms.read_log(text, len(CLAIMS)) == false_alarms.Counted(5, alarms)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no line of a seed"),
        (LOG + LOG, "not consecutive"),
        (LOG.replace("seed 7", "seed 70"), "not consecutive"),
        (LOG + ALARM.splitlines(keepends=True)[0], "names 1 alarms and counts 0"),
        (LOG + "seed 9: 2 false alarms, 9 s\n", "names 0 alarms and counts 2"),
        (LOG + TOTAL.replace(str(len(CLAIMS)), "4"), "last line does not fit"),
        (LOG + TOTAL.replace("4 seeds", "5 seeds"), "last line does not fit"),
    ],
)
def test_a_log_that_does_not_fit_together_is_refused(text: str, why: str) -> None:
    with pytest.raises(false_alarms.Unreadable, match=why):
        false_alarms.read_log(text, len(CLAIMS))


def test_a_log_is_recorded_with_the_commit_of_its_checkout(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, kept = folder / "run.log", tmp_path / "kept" / "alarms.json"
    log.write_text(LOG)
    call = ["--record", str(kept), "--from-log", str(log), "--checkout", str(folder)]
    assert false_alarms.main(call) == 0
    (run,) = record.alarms(kept)
    assert (run.kind, run.depth, run.first, run.seeds, run.alarms) == ("whole ledger", "quick", 5, 4, 0)
    assert run.commit == git(folder, "rev-parse", "HEAD")
    assert not run.dirty
    assert "torch" in run.versions
    assert "whole ledger, seeds 5 to 8, 8 ledgers, 0 alarms, commit " in capsys.readouterr().out
    assert false_alarms.main(call) == 2
    assert "recorded already" in capsys.readouterr().err
    assert false_alarms.main(["--statistical", *call]) == 0
    assert [one.kind for one in record.alarms(kept)] == ["statistical claims", "whole ledger"]


def test_what_is_no_record_is_not_written_over(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log, kept = folder / "run.log", tmp_path / "kept.json"
    log.write_text(LOG)
    kept.write_text(json.dumps({"other": 1}))
    assert false_alarms.main(["--record", str(kept), "--from-log", str(log), "--checkout", str(folder)]) == 2
    assert "is no record of false alarms" in capsys.readouterr().err
    assert json.loads(kept.read_text()) == {"other": 1}


def test_a_log_needs_a_checkout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.log").write_text(LOG)
    call = ["--record", str(tmp_path / "kept.json"), "--from-log", str(tmp_path / "run.log")]
    for words, why in (([], "needs --record and --checkout"), (["--checkout", "/"], "is no checkout of git")):
        assert false_alarms.main([*call, *words]) == 2
        assert why in capsys.readouterr().err


def test_a_run_records_every_seed_as_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Nobody:
        def __init__(self, place: str | None) -> None: ...
        def close(self) -> None: ...

    kept, row = tmp_path / "kept.json", row_of(GOOD)
    monkeypatch.setattr(false_alarms, "WorkerSubject", Nobody)
    monkeypatch.setattr(
        false_alarms, "alarms", lambda seed, *rest, **more: [("mine", row), ("mine", row)] * (seed == 4)
    )
    monkeypatch.setattr(false_alarms, "checkout", lambda folder: Checkout("d" * 40, False))
    assert false_alarms.main(["2", "--from", "3", "--statistical", "--record", str(kept)]) == 1
    assert false_alarms.main(["1", "--from", "5", "--statistical", "--record", str(kept)]) == 0
    (run,) = record.alarms(kept)
    assert (run.first, run.seeds, run.alarms, run.alarmed) == (3, 3, 2, 1)
    assert false_alarms.main(["9", "--statistical", "--record", str(kept)]) == 2


@pytest.fixture
def parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Ten seeds from 3 on, run in three parts, one alarm in all; with each a part of another commit."""

    class Nobody:
        def __init__(self, place: str | None) -> None: ...

        def close(self) -> None: ...

    row = row_of(GOOD)
    monkeypatch.setattr(false_alarms, "WorkerSubject", Nobody)
    monkeypatch.setattr(false_alarms, "alarms", lambda seed, *rest, **more: [("mine", row)] * (seed == 4))
    for commit in "de":
        monkeypatch.setattr(false_alarms, "checkout", lambda folder, c=commit: Checkout(c * 40, False))
        for k in (1, 2, 3):
            call = ["10", "--from", "3", "--statistical", "--shard", f"{k}/3"]
            assert false_alarms.main([*call, "--record", str(tmp_path / f"{commit}{k}")]) == (k == 1)
    return tmp_path


def merge(folder: Path, names: str, *words: str) -> int:
    files = [str(folder / name) for name in names.split()]
    return false_alarms.main([*words, "--merge", *files, "--record", str(folder / "whole")])


TEN = ("10", "--from", "3", "--statistical")


def test_parts_of_the_seeds_are_counted_as_one_run(parts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert merge(parts, "d3 d1 d2", *TEN) == 0
    assert "10 seeds of 3 parts, 1 alarms" in capsys.readouterr().out
    (run,) = record.alarms(parts / "whole")
    assert (run.first, run.seeds, run.alarms, run.alarmed) == (3, 10, 1, 1)
    assert merge(parts, "d3 d1 d2", *TEN) == 2
    assert "recorded already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "words", "why"),
    [
        ("d1 d2", TEN, "seeds 9, 10, 11, 12 are missing"),
        ("d1 d2 d3 d2", TEN, "seeds 6, 7, 8 are in the parts twice"),
        ("d1 d2 d3", ("9", "--from", "3", "--statistical"), "seeds 12 were not asked for"),
        ("d1 d2 e3", TEN, "e3 is of another state of the suite than "),
        ("d1 d2 d3", ("10", "--from", "3"), "of other claims than those asked for"),
        ("d1 d2 none", TEN, "none is no record of false alarms"),
        ("d1 d2 d3 whole", TEN, "both name"),
        ("d1", (*TEN, "--shard", "1/3"), "--merge needs --record, and neither"),
    ],
)
def test_parts_that_are_not_all_the_seeds_are_refused(
    names: str, words: tuple[str, ...], why: str, parts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert merge(parts, names, *words) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert why in said
    assert not (parts / "whole").exists()


@pytest.mark.parametrize("seeds", [1, 7, 100])
@pytest.mark.parametrize("n", [1, 3, 7])
def test_every_seed_is_in_one_part(seeds: int, n: int) -> None:
    parts = [false_alarms.part_of(5, seeds, Shard(k, n)) for k in range(1, n + 1)]
    assert [seed for first, count in parts for seed in range(first, first + count)] == list(
        range(5, 5 + seeds)
    )
