"""What is stored of the proofs is believed only where it can be true, and is of these very sources."""

from __future__ import annotations

import json
import random
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from feedback_proofs_io import cache, sealed
from theory.proofs import verdicts
from theory.proofs.catalogue import PROOFS
from theory.proofs.verdicts import Verdict


def verdict(number: int) -> Verdict:
    """What a check of a proof that holds would say."""
    proof = PROOFS[number]
    steps, axioms = verdicts.length(proof), tuple(sorted(verdicts.axioms(proof)))
    return Verdict(proof.statement, proof.title, steps, steps, 3, axioms, "", 0.5)


GOOD = [verdict(number) for number in range(len(PROOFS))]


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_what_was_kept_is_read_back_by_statement() -> None:
    assert verdicts.last() is None
    assert verdicts.keep(GOOD)
    found = verdicts.last()
    assert found is not None
    assert [one for group in found.values() for one in group] == sorted(
        GOOD, key=lambda one: list(found).index(one.statement)
    )


def test_a_rejected_proof_is_kept_too() -> None:
    bad = replace(GOOD[0], accepted=0, tried=0, networks=0, axioms=(), problem="step 1 does not follow")
    assert verdicts.keep([bad, *GOOD[1:]])
    found = verdicts.last()
    assert found is not None
    assert found[bad.statement] == [bad]


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "999 steps": {"accepted": 999, "tried": 999},
    "one step more": {"accepted": GOOD[0].accepted + 1},
    "one step fewer": {"accepted": GOOD[0].accepted - 1, "tried": 0},
    "more steps tried than there are": {"tried": GOOD[0].accepted + 1},
    "steps tried below none": {"tried": -1},
    "no network": {"networks": 0},
    "a rule that no step names": {"axioms": (*GOOD[0].axioms, "Magic")},
    "another title": {"title": "of everything"},
    "another statement": {"statement": "clt"},
    "no time at all, and less": {"seconds": -1.0},
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_what_no_check_can_have_said_is_not_believed(case: str) -> None:
    assert verdicts.keep([replace(GOOD[0], **IMPOSSIBLE[case]), *GOOD[1:]])
    assert verdicts.last() is None


@pytest.mark.parametrize("kept", [GOOD[1:], GOOD[:-1], [*GOOD, GOOD[0]], GOOD[::-1], []])
def test_other_proofs_than_there_are_are_not_believed(kept: list[Verdict]) -> None:
    assert verdicts.keep(kept)
    assert verdicts.last() is None


WRONG_TYPES = {
    name: [value for value in (None, True, 1, 1.0, "1", [], {}) if type(value) is not type(right)]
    for name, right in asdict(GOOD[0]).items()
    if name != "axioms"
}


@pytest.mark.parametrize("name", WRONG_TYPES)
def test_a_wrong_type_is_not_believed(name: str) -> None:
    for value in WRONG_TYPES[name]:
        entries = [{**asdict(GOOD[0]), name: value}, *map(asdict, GOOD[1:])]
        content = json.dumps(entries).encode()
        cache.keep(verdicts.NAME, sealed.seal(verdicts.KIND, verdicts.fingerprint(), content))
        assert verdicts.last() is None, value


@pytest.mark.parametrize(
    "content", [b"[" * 100_000, b"[1e400]", b"{}", b"[NaN]", b"[null]", b"[[]]", b"[{}]", b"\xff", b""]
)
def test_sealed_nonsense_is_not_believed(content: bytes) -> None:
    cache.keep(verdicts.NAME, sealed.seal(verdicts.KIND, verdicts.fingerprint(), content))
    assert verdicts.last() is None


def test_500_flipped_bits_are_each_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts.keep(GOOD)
    whole, drawn = cache.kept(verdicts.NAME), random.Random(0)
    assert whole is not None
    for _ in range(500):
        place = drawn.randrange(8 * len(whole))
        flipped = bytearray(whole)
        flipped[place // 8] ^= 1 << place % 8
        monkeypatch.setattr(cache, "kept", lambda name, flipped=flipped: bytes(flipped))
        assert verdicts.last() is None
    monkeypatch.setattr(cache, "kept", lambda name: whole)
    assert verdicts.last() is not None


def test_other_sources_libraries_or_python_make_it_void(monkeypatch: pytest.MonkeyPatch) -> None:
    verdicts.keep(GOOD)
    compute = verdicts.fingerprint.__wrapped__
    for name, value in (("ARITHMETIC", ("sympy",)), ("SOURCES", verdicts.SOURCES / "proof")):
        with monkeypatch.context() as patched:
            patched.setattr(verdicts, name, value)
            patched.setattr(verdicts, "fingerprint", lambda: compute())
            assert verdicts.last() is None
    with monkeypatch.context() as patched:
        patched.setattr("sys.version", "4.0")
        patched.setattr(verdicts, "fingerprint", lambda: compute())
        assert verdicts.last() is None
    assert verdicts.last() is not None


def test_what_others_may_write_to_is_not_believed() -> None:
    verdicts.keep(GOOD)
    verdicts.cache_file().chmod(0o666)
    assert verdicts.last() is None


def test_without_a_folder_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "folder", lambda: None)
    assert not verdicts.keep(GOOD)
    assert verdicts.last() is None
    assert verdicts.cache_file().name == verdicts.NAME
