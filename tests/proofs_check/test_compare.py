"""Two ledgers compared: what is worse, what is better, what is only told."""

import json
import math
import random
import re
from copy import deepcopy

import pytest

from proofs_check.command import run as command
from proofs_check.command.compare import NoLedger, changes, page, read, text, verdict
from proofs_check.ledger.as_json import with_checksum
from proofs_check.ledger.ledger import Ledger, check
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence, Falsified
from tests.proofs_check.fakes import BAD, GOOD, SUBJECT, claim

PROVED = Evidence("symbolic", "proof in 3 steps", "accepted", "accepted")
BALL = Evidence("ball arithmetic", "an enclosure (worst of 12)", 0.1, 1.0)
ODD = Evidence("exact", "odd numbers", math.inf, (0.5, math.inf))


def written():
    """A ledger as the command writes it."""
    rows = (
        check(claim("theorem-1", GOOD, confirmed=(PROVED, BALL, ODD)), SUBJECT, Effort("quick")),
        check(claim("theorem-2", GOOD), SUBJECT, Effort("quick")),
        check(claim("rank", Falsified("too large", (BAD,), "code")), SUBJECT, Effort("quick")),
    )
    ledger = Ledger("mine.py:Mine", Effort("quick"), {"python": "3.11", "torch": "2.13"}, 10.0, rows)
    return json.loads(ledger.to_json())


def sealed(content):
    """With the checksum of what it has become."""
    return json.dumps(with_checksum(content))


def first(content):
    return content["claims"][0]


def fails(content):
    first(content).update(outcome="fail", reason="what was found: 3, required ≤ 1")
    first(content)["evidence"][-1]["value"] = 3.0


def recovers(content):
    content["claims"][2].update(outcome="pass", reason=None)
    content["claims"][2]["evidence"][-1]["value"] = 0.5


def gains(content):
    content["claims"].append({**deepcopy(first(content)), "id": "clt"})


def gains_a_failure(content):
    gains(content)
    content["claims"][-1].update(outcome="error", reason="it raised")


def wanders(content):
    content["versions"].update(torch="2.14", numpy="2.0")
    content["seconds"] = 30.0
    first(content)["seconds"] = 9.0
    first(content)["evidence"][1].update(name="an enclosure (worst of 10)", value=0.2)


def forgets_the_proof(content):
    del first(content)["evidence"][0]


def forgets_it_at_another_depth(content):
    forgets_the_proof(content)
    content["depth"] = "standard"


CASES = {
    "a claim fails": (
        fails,
        1,
        [
            "✗ theorem-1: outcome pass → fail: what was found: 3, required ≤ 1",
            "✗ theorem-1: beyond its bound: what was found: 3, required ≤ 1",
        ],
    ),
    "a claim recovers": (
        recovers,
        0,
        ["✓ rank: outcome fail → pass", "✓ rank: no longer beyond its bound: what was found"],
    ),
    "a claim is gone": (lambda content: content["claims"].pop(), 1, ["✗ rank: is gone; it was: fail"]),
    "a claim is new": (gains, 0, ["✓ clt: is new: pass"]),
    "a new claim erred": (gains_a_failure, 1, ["✗ clt: is new: error: it raised"]),
    "a claim does not apply any more": (
        lambda content: first(content).update(outcome="not applicable", reason="no DFA"),
        1,
        ["✗ theorem-1: outcome pass → not applicable: no DFA"],
    ),
    "a status falls": (
        lambda content: first(content).update(status="false as printed"),
        1,
        ["✗ theorem-1: status holds → false as printed"],
    ),
    "a statement is worded anew": (
        lambda content: first(content).update(statement="W"),
        0,
        ["· theorem-1: the statement is worded anew"],
    ),
    "a proof is gone": (
        forgets_the_proof,
        1,
        ["✗ theorem-1: strongest evidence symbolic → exact"],
    ),
    "at another depth evidence is not compared": (
        forgets_it_at_another_depth,
        0,
        ["· depth: quick → standard"],
    ),
    "still failing, for another reason": (
        lambda content: content["claims"][2].update(reason="much too large"),
        0,
        ["· rank: still fail, now: much too large"],
    ),
    "versions, times, numbers within their bounds": (
        wanders,
        0,
        [
            "· version of torch: 2.13 → 2.14",
            "· version of numpy: none → 2.0",
            "· time: 10.0 s → 30.0 s",
            "· theorem-1: slower: 0.0 s → 9.0 s",
        ],
    ),
    "nothing": (lambda content: None, 0, []),
}


@pytest.mark.parametrize("case", CASES)
def test_what_changed_and_whether_it_is_worse(case, tmp_path, capsys):
    change, code, lines = CASES[case]
    old, new = written(), written()
    change(new)
    for name, content in (("old", old), ("new", new)):
        (tmp_path / f"{name}.json").write_text(sealed(content), encoding="utf-8")
    paths = [str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    assert command.main(["compare", *paths, "--report", str(tmp_path / "folder" / "page.html")]) == code
    printed = capsys.readouterr()
    assert printed.err == ""
    assert [line for line in printed.out.splitlines() if line[:2] in ("✗ ", "✓ ", "· ")] == lines
    told = "Nothing changed." if not lines else "Nothing is worse." if code == 0 else "for the worse."
    assert printed.out.splitlines()[-1].endswith(told)
    shown = (tmp_path / "folder" / "page.html").read_text(encoding="utf-8")
    assert told in shown
    assert "<script" not in shown
    assert re.findall(r'(?:src|href)="(?!#|data:,)', shown) == []


def test_the_other_way_round_worse_is_better(tmp_path):
    old, new = written(), written()
    fails(new)
    ledgers = []
    for name, content in (("old", old), ("new", new)):
        (tmp_path / name).write_text(sealed(content), encoding="utf-8")
        ledgers.append(read(tmp_path / name))
    there, back = changes(*ledgers), changes(*reversed(ledgers))
    assert {change.effect for change in there} == {"worse"}
    assert {change.effect for change in back} == {"better"}
    assert verdict(there) == "2 changes for the worse."
    assert "Worse" in text(*ledgers, there)
    assert "theorem-1" in page(*ledgers, there)


BAD_FILES = {
    "no file": (None, "cannot read {}: no such file or directory"),
    "no JSON": ("{", "{} is no JSON: "),
    "another JSON": ('{"results": []}', "{} is no ledger: it has no 'claims'"),
    "no object": ("[]", "{} is no ledger: "),
    "no list of claims": ('{"claims": 3}', "{} is no ledger: "),
    "a claim without evidence": (
        '{"claims": [{"id": "a", "outcome": "pass"}]}',
        "{} is no ledger: it has no ",
    ),
    "an unknown outcome": (
        '{"claims": [{"id": "a", "outcome": "good"}]}',
        "{} is no ledger: the outcome of a is 'good'",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_one_clear_line(case, tmp_path, capsys):
    content, message = BAD_FILES[case]
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(json.dumps(written()), encoding="utf-8")
    if content is not None:
        bad.write_text(content, encoding="utf-8")
    assert command.main(["compare", str(good), str(bad), "--report", str(tmp_path / "page.html")]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"python -m proofs_check compare: {message.format(bad)}")
    assert printed.err.count("\n") == 1
    assert not (tmp_path / "page.html").exists()


def test_a_claim_that_occurs_twice_is_no_ledger(tmp_path, capsys):
    content = written()
    content["claims"] *= 2
    path, good = tmp_path / "twice.json", tmp_path / "good.json"
    path.write_text(sealed(content), encoding="utf-8")
    good.write_text(sealed(written()), encoding="utf-8")
    assert command.main(["compare", str(good), str(path)]) == 2
    assert "a claim occurs twice" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["one.json"], ["a", "b", "c"], ["a", "b", "--repot", "x"]])
def test_a_wrong_call_is_one_line(arguments, capsys):
    assert command.main(["compare", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1


def test_500_flipped_bits_are_refused_or_change_nothing(tmp_path):
    path = tmp_path / "o.json"
    path.write_text(sealed(written()), encoding="utf-8")
    whole, right, drawn, refused = path.read_bytes(), read(path), random.Random(0), 0
    for _ in range(500):
        place = drawn.randrange(8 * len(whole))
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        path.write_bytes(bytes(flipped))
        try:
            found = read(path)
        except NoLedger as error:
            refused += "\n" not in str(error)
        else:
            assert repr(found).replace("sealed=False", "sealed=True") == repr(right)
    assert refused > 480


def test_a_ledger_without_a_checksum_is_taken_and_that_is_said(tmp_path, capsys):
    paths = [tmp_path / "old.json", tmp_path / "new.json"]
    plain = {key: value for key, value in written().items() if key not in ("sha256", "asked", "not_run")}
    for path in paths:
        path.write_text(json.dumps(plain), encoding="utf-8")
    assert command.main(["compare", *map(str, paths)]) == 0
    said = capsys.readouterr().err
    for path in paths:
        assert f"compare: {path} has no checksum, so that damage would not be seen\n" in said


def test_where_the_comparison_itself_breaks_nothing_is_said_to_be_worse(tmp_path, capsys, monkeypatch):
    def breaks(*_):
        raise RuntimeError("nobody foresaw this")

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("proofs_check.command.compare.changes", breaks)
    for name in ("old.json", "new.json"):
        (tmp_path / name).write_text(sealed(written()), encoding="utf-8")
    assert command.main(["compare", str(tmp_path / "old.json"), str(tmp_path / "new.json")]) == 3
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "compare itself broke: RuntimeError: nobody foresaw this (" in printed.err
    assert printed.err.count("\n") == 1


def test_a_page_replaces_a_page_of_ours_and_no_other(tmp_path, capsys):
    for name in ("old.json", "new.json"):
        (tmp_path / name).write_text(sealed(written()), encoding="utf-8")
    page_file, call = (
        tmp_path / "p.html",
        [str(tmp_path / "old.json"), str(tmp_path / "new.json"), "--report"],
    )
    for _ in range(2):
        assert command.main(["compare", *call, str(page_file)]) == 0
    page_file.write_text("<title>somebody's</title>")
    assert command.main(["compare", *call, str(page_file)]) == 2
    assert "no page of this tool" in capsys.readouterr().err
    assert page_file.read_text() == "<title>somebody's</title>"
    page_file.write_text("<!DOCTYPE html><head><title>feedback-proofs: mine.py:Mine</title>")  # from before
    assert command.main(["compare", *call, str(page_file)]) == 0
