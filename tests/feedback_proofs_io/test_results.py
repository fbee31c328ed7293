"""The result of an experiment is read as it was written, or refused in one line."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feedback_proofs_io.given import Unreadable
from feedback_proofs_io.results import parsed, read, sealed

CONTENT: dict[str, Any] = {
    "format": 1,
    "experiment": "fig2 as text",
    "settings": {"data train": "mnist sha256 ab", "seeds": "0 1"},
    "runs": ["bp/0", "bp/1", "np 0.1/0", "np 0.1/1"],
    "metrics": ["test error", "angle 1"],
    "points": [0, 1000],
    "curve": [[[0.9, None]] * 4, [[0.1, 1.5], [0.2, 2.5], [0.3, 0], [None, 4e-300]]],
    "seconds": 7.25,
    "machine": {"cores": 2},
    "costs": {"bp": {"samples": 32000, "forward passes": 1, "seconds": 0.25}},
}


def written(folder: Path, **changed: Any) -> Path:
    file = folder / "result.json"
    file.write_text(json.dumps(sealed({**CONTENT, **changed}), indent=1), encoding="utf-8")
    return file


def test_what_is_written_is_read(tmp_path: Path) -> None:
    found = read(written(tmp_path))
    assert (found.id, found.mode, found.data) == ("fig2", "text", "mnist")
    assert found.labels == ("bp", "np 0.1")
    assert found.values("bp", "angle 1") == {"0": 1.5, "1": 2.5}
    assert found.values("np 0.1", "test error", 0) == {"0": 0.9, "1": 0.9}
    assert math.isnan(found.values("np 0.1", "test error")["1"])
    assert found.values("np", "angle 1") == found.values("bp", "angle 2") == {}
    assert found.costs["bp"]["forward passes"] == 1


def test_what_is_not_known_is_let_be(tmp_path: Path) -> None:
    without = {name: value for name, value in CONTENT.items() if name != "costs"}
    assert parsed(sealed({**without, "note": [1, "a"]}), tmp_path).costs == {}


def changed_by(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The sealed content with a change that the seal does not know."""
    content: dict[str, Any] = json.loads(json.dumps(sealed(CONTENT)))
    change(content)
    return content


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["curve"][1][0].__setitem__(0, 0.1000000000000001),
        lambda c: c["settings"].update(seeds="0 2"),
        lambda c: c.update(seconds=7),
        lambda c: c.update(note="harmless"),
        lambda c: c["costs"]["bp"].pop("samples"),
        lambda c: c.update(sha256="0" * 64),
    ],
)
def test_a_change_after_the_seal_is_seen(change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(Unreadable, match="its sha256 does not agree with it"):
        parsed(changed_by(change), Path("a.json"))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"format": 2}, "its format is 2, expected 1"),
    ({"format": "1"}, "its 'format' is \"1\", expected a number"),
    ({"experiment": ""}, "its 'experiment' is empty"),
    ({"experiment": None}, "its 'experiment' is null, expected a text"),
    ({"settings": []}, "its 'settings' is a list, expected an object"),
    ({"settings": {"a": 1}}, "its 'a' is 1, expected a text"),
    ({"runs": []}, "its 'runs' are empty"),
    ({"runs": ["bp/0", "bp/0", "bp/1", "bp/2"]}, "not all different"),
    ({"runs": ["bp", "bp/1", "bp/2", "bp/3"]}, 'the run "bp" is not LABEL/SEED'),
    ({"runs": ["bp/0", "bp/1", "b\x1bp/2", "bp/3"]}, "is no name"),
    ({"runs": ["bp/0", "bp/1", "bp/2", "x" * 201 + "/3"]}, "is no name"),
    ({"metrics": {"a": 1}}, "its 'metrics' is an object, expected a list"),
    ({"metrics": ["a", 3]}, "3 is no name"),
    ({"points": [0, 0]}, "do not increase"),
    ({"points": [0, 1e3]}, "are no numbers of updates"),
    ({"points": [-1, 1]}, "are no numbers of updates"),
    ({"points": [True, 2]}, "are no numbers of updates"),
    ({"points": [1]}, "its 'curve' has 2 points, expected 1 points"),
    ({"curve": [*CONTENT["curve"][:1], [[1, 1]] * 3]}, "not the shape of 2 points of 4 runs of 2 metrics"),
    ({"curve": [*CONTENT["curve"][:1], [[1]] * 4]}, "not the shape"),
    ({"curve": [*CONTENT["curve"][:1], "abcd"]}, "not the shape"),
    ({"curve": [*CONTENT["curve"][:1], [["a", 1]] * 4]}, "its 'curve' has \"a\", expected a number or null"),
    ({"curve": [*CONTENT["curve"][:1], [[10**400, 1]] * 4]}, "expected a number or null"),
    ({"seconds": -1}, "its 'seconds' is -1, expected a number from 0"),
    ({"seconds": True}, "its 'seconds' is true"),
    ({"machine": "fast"}, "its 'machine' is \"fast\", expected an object"),
    ({"costs": {"bp": 3}}, "its 'bp' is 3, expected an object"),
    ({"costs": {"bp": {"seconds": "long"}}}, "its 'seconds' is \"long\""),
]


@pytest.mark.parametrize(("changed", "says"), WRONG, ids=lambda one: str(one)[:40])
def test_what_is_no_result_is_one_line_though_it_be_sealed(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(Unreadable) as raised:
        parsed(json.loads(json.dumps(sealed({**CONTENT, **changed}))), Path("there.json"))
    line = str(raised.value)
    assert says in line
    assert line.startswith("there.json is no result of an experiment: ")
    assert line.isprintable()


@pytest.mark.parametrize("name", [one for one in CONTENT if one != "costs"])
def test_what_is_missing_is_named(name: str) -> None:
    rest = {one: value for one, value in CONTENT.items() if one != name}
    with pytest.raises(Unreadable, match=f"it has no '{name}'"):
        parsed(sealed(rest), Path("a.json"))


@pytest.mark.parametrize("content", [None, [], 3, "{}", {}])
def test_another_document_is_no_result(content: object) -> None:
    with pytest.raises(Unreadable, match="is no result of an experiment"):
        parsed(content, Path("a.json"))


def test_a_file_that_is_missing_or_no_json_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "result.json"
    for prepare in (lambda: None, lambda: file.write_bytes(b"\x80"), lambda: file.write_text("{")):
        prepare()
        with pytest.raises(Unreadable, match=r"result\.json"):
            read(file)
