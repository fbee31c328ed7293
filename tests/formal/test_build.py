"""The result is about these sources or there is none; what assumes instead of proving is refused."""

from __future__ import annotations

import configparser
import random
from dataclasses import replace
from pathlib import Path

import pytest

from feedback_proofs_io import cache, sealed
from proofs_check.formal import build
from proofs_check.formal.build import ALLOWED, THEOREMS, CheckedByCoq, NotProved
from theory import STATEMENTS

ROOT = Path(__file__).resolve().parents[2]
ENTRY = CheckedByCoq("theorem-1", THEOREMS["theorem-1"], tuple(sorted(ALLOWED)), "8.16.1")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sources"
    folder.mkdir()
    build.copied(folder)
    monkeypatch.setattr(build, "SOURCES", folder)
    return folder


def test_nothing_is_checked_before_coq_has_run() -> None:
    assert build.machine_checked() == {}


def test_the_result_is_read_back_for_the_same_sources() -> None:
    assert build.keep([ENTRY], build.fingerprint())
    assert build.machine_checked() == {"theorem-1": ENTRY}


def test_any_change_of_a_source_makes_the_result_void(copy: Path) -> None:
    build.keep([ENTRY], build.fingerprint())
    assert build.machine_checked()
    for path in build.source_files():
        before = path.read_bytes()
        path.write_bytes(before + b"\n")
        assert build.machine_checked() == {}, path.name
        path.write_bytes(before)
    assert build.machine_checked()
    (copy / "More.v").write_text("(* one more file *)")
    assert build.machine_checked() == {}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"not json", bytes(1000), b"\xff" * 100])
def test_a_file_without_our_seal_is_no_result(content: bytes) -> None:
    assert cache.keep(build.NAME, content)
    assert build.machine_checked() == {}


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        "{}",
        "[1]",
        "[{}]",
        '[{"statement": "theorem-1"}]',
        '[{"statement": ["theorem-1"], "theorems": [], "axioms": [], "coq": "8"}]',
    ],
)
def test_sealed_nonsense_is_no_result(content: str) -> None:
    cache.keep(build.NAME, sealed.seal(build.KIND, build.fingerprint(), content.encode()))
    assert build.machine_checked() == {}


IMPOSSIBLE = {
    "a theorem that is not asked": {"theorems": ("Theorems.cheat",)},
    "fewer theorems": {"theorems": THEOREMS["theorem-1"][:1]},
    "an axiom that is not allowed": {"axioms": ("Theorems.cheat",)},
    "another statement": {"statement": "clt"},
    "no version": {"coq": "8.16 \x1b[31m"},
    "a version that is no text": {"coq": 8},
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_coq_cannot_have_said_is_not_believed(case: str) -> None:
    assert build.keep([replace(ENTRY, **IMPOSSIBLE[case])], build.fingerprint())  # type: ignore[arg-type]
    assert build.machine_checked() == {}


def test_500_flipped_bits_are_each_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert build.keep([ENTRY], build.fingerprint())
    whole, drawn = cache.kept(build.NAME), random.Random(0)
    assert whole is not None
    for _ in range(500):
        place = drawn.randrange(8 * len(whole))
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        monkeypatch.setattr(cache, "kept", lambda name, flipped=flipped: bytes(flipped))
        assert build.machine_checked() == {}
    monkeypatch.setattr(cache, "kept", lambda name: whole)
    assert build.machine_checked() == {"theorem-1": ENTRY}


def test_what_others_may_write_to_is_not_believed() -> None:
    assert build.keep([ENTRY], build.fingerprint())
    build.cache_file().chmod(0o666)
    assert build.machine_checked() == {}


@pytest.mark.parametrize(
    "text",
    [
        "Lemma a : False. Admitted.",
        "Lemma a : False. admit. Qed.",
        "Axiom a : False.",
        "Parameter a : False.",
        "Conjecture a : False.",
        "Unset Guard Checking.",
        "(* closed *) Axiom a : False. (* comment *)",
    ],
)
def test_assuming_is_found(text: str) -> None:
    assert build.assumed(text)


@pytest.mark.parametrize(
    "text",
    ["(* Admitted *)", "(* (* Axiom *) admit *) Lemma a : True.", 'Check "Axiom".', "Lemma admits : True."],
)
def test_comments_strings_and_longer_words_assume_nothing(text: str) -> None:
    assert not build.assumed(text)


def test_the_sources_assume_nothing_and_are_all_built() -> None:
    build.look_for_assumptions()


def test_a_source_that_assumes_is_refused(copy: Path) -> None:
    path = copy / "Theorems.v"
    path.write_text(path.read_text() + "\nLemma all_is_well : False. Proof. Admitted.\n")
    with pytest.raises(NotProved, match=r"Theorems\.v assumes instead of proving: Admitted"):
        build.look_for_assumptions()


def test_a_source_that_is_not_built_is_refused(copy: Path) -> None:
    (copy / "Forgotten.v").write_text("")
    with pytest.raises(NotProved, match=r"Forgotten\.v is not in _CoqProject"):
        build.look_for_assumptions()


def test_an_option_that_switches_checks_off_is_refused(copy: Path) -> None:
    path = copy / "_CoqProject"
    path.write_text("-arg -type-in-type\n" + path.read_text())
    with pytest.raises(NotProved, match="options that are not known"):
        build.look_for_assumptions()


def test_every_headline_theorem_is_in_its_source() -> None:
    for name in build.names():
        module, theorem = name.split(".")
        text = (build.SOURCES / f"{module}.v").read_text(encoding="utf-8")
        assert any(f"{kind} {theorem} " in text for kind in ("Theorem", "Lemma")), name


def test_the_answer_of_coq_is_understood() -> None:
    first = "@@ A.a\nAxioms:\nboolp.b : forall P : Prop,\n  P\nboolp.c\n  : nat\n"
    output = first + "@@ A.d\nClosed under the global context\n"
    assert build.answer(output) == {"A.a": ("boolp.b", "boolp.c"), "A.d": ()}


def test_an_axiom_that_is_not_allowed_is_refused() -> None:
    found = {name: tuple(ALLOWED) for name in build.names()}
    build.check_axioms(found)
    with pytest.raises(NotProved, match=r"theorem_1 rests on Theorems\.cheat"):
        build.check_axioms({**found, "Theorems.theorem_1": ("Theorems.cheat",)})


def test_a_theorem_without_an_answer_is_refused() -> None:
    with pytest.raises(NotProved, match="did not say"):
        build.check_axioms({})


def test_without_coq_one_line_says_so_and_nothing_is_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "installed", lambda: False)
    assert build.main([]) == 0
    output = capsys.readouterr().out
    assert "apt-get install" in output
    assert output.startswith("NOT CHECKED, and no pass: Coq is not installed")
    assert output.count("\n") == 1
    assert not build.cache_file().exists()


def test_a_failure_drops_an_earlier_result(monkeypatch: pytest.MonkeyPatch) -> None:
    build.keep([ENTRY], build.fingerprint())

    def fail(*_: object) -> list[CheckedByCoq]:
        raise NotProved("it is false")

    monkeypatch.setattr(build, "installed", lambda: True)
    monkeypatch.setattr(build, "check", fail)
    assert build.main([]) == 1
    assert build.machine_checked() == {}


def test_the_statements_are_those_of_the_theory() -> None:
    assert set(THEOREMS) <= set(STATEMENTS)


def test_where_coq_is_required_its_absence_is_not_green(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(build, "installed", lambda: False)
    assert build.main(["--required"]) == 2
    assert "NOT CHECKED" in capsys.readouterr().out
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    assert "--required" in tox["testenv:formal"]["commands"].split()


@pytest.mark.parametrize("words", [["--al"], ["x"], ["--all-libraries=1"], [""], ["--", "x"], ["\x1b[31m"]])
def test_a_wrong_call_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(words) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err.count("\n")) == ("", 1)
    assert printed.err.isprintable() or "\x1b" not in printed.err
