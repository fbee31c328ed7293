"""Pictures of results, and the commands that tell of results."""

from __future__ import annotations

import base64
import json
import math
import struct
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from benchmarks.paper.__main__ import main
from feedback_proofs_io.given import Unreadable
from impl import InvalidInput
from proofs_check.report import panelview
from tests.proofs_check.experiment_results import FIG2, POINTS, content, result

pytest.importorskip("matplotlib", reason="matplotlib is not installed here")

from benchmarks.paper import pictures, planes

FEW = {"labels": (*FIG2[:2], "a $b_1 <i>"), "metrics": ("test error", "angle 1"), "points": POINTS[:5]}
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def picture() -> pictures.Pictures:
    return pictures.drawn(result(**FEW))


def test_a_result_is_a_png_and_an_svg_with_every_method_named(picture: pictures.Pictures) -> None:
    assert picture[".png"].startswith(b"\x89PNG")
    text = "\n".join("".join(one.itertext()) for one in ET.fromstring(picture[".svg"]).iter(f"{SVG}text"))
    for said in (
        "BP",
        "FA",
        "a $b_1 <i>",
        "angle, layer 1 (°)",
        "test error (%)",
        "its authors' code",
        "10k",
    ):
        assert said in text


def test_the_same_result_is_the_same_svg_without_a_date(picture: pictures.Pictures) -> None:
    assert pictures.drawn(result(**FEW))[".svg"] == picture[".svg"]
    assert b"dc:date" not in picture[".svg"]


def test_no_two_methods_of_a_figure_look_the_same() -> None:
    for labels in (
        FIG2,
        [
            f"{kind} {k}"
            for kind in ("backpropagation", "surprise", "feedback alignment", "matched")
            for k in range(8)
        ],
    ):
        placed = pictures.places(labels).values()
        assert len({str(pictures._style(place)) for place in placed}) == len(labels)
        assert len({panelview.style(place) for place in placed}) == len(labels)
    styles = [pictures._style(place) for place in pictures.places(FIG2).values()]
    assert len({(one["color"], str(one["linestyle"])) for one in styles}) == len(FIG2)
    inks = [one["color"] for one in styles]
    assert len(set(inks)) == len(FIG2)
    blues = [sum(int(ink[k : k + 2], 16) for k in (1, 3, 5)) for ink in inks[2:6]]
    assert blues == sorted(blues, reverse=True)  # the more noise, the darker, in grey too


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.001, "0.001"),
        (0.5, "0.5"),
        (200.0, "200"),
        (2e3, "2k"),
        (1e6, "1M"),
        (1e15, "1e15"),
        (1e-14, "1e−14"),
        (2e-5, "2e−5"),
    ],
)
def test_numbers_at_the_axes_are_short(value: float, said: str) -> None:
    assert pictures._read(value) == panelview._number(value) == said


def test_long_names_leave_room_for_themselves() -> None:
    names = [f"learned feedback, {k} draws at the rate 0.001" for k in range(9)]
    assert pictures._columns(result(labels=names), 10.2) == 2
    assert pictures._columns(result(), 13.6) > 4


def test_what_cannot_be_drawn_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInput, match="metrics that have no panel"):
        pictures.drawn(result(metrics=("heat",), labels=("a",)))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(InvalidInput, match=r'pip install "feedback-proofs\[paper\]"'):
        pictures.drawn(result(**FEW))


def in_base64(*numbers: float, form: str = "B") -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}{form}", *numbers)).decode("ascii")


PLANE = {"plane": in_base64(1, 2, 3, -4, math.nan, 6, form="f"), "images": in_base64(*range(0, 256, 8))}
PLANES = {"50 units": {"classes": "019", "images": in_base64(*[0, 255] * 16), "methods": {"bp": PLANE}}}


def test_the_plane_of_a_bottleneck_is_a_picture_of_its_own() -> None:
    one = planes.planes(result(pictures=PLANES, **FEW))
    assert one is not None
    assert (one.classes, one.side) == ("019", 2)
    assert one.methods[0].points[:2] == ((1.0, 2.0), (3.0, -4.0))
    assert one.methods[0].images == bytes(range(0, 256, 8))
    drawn = pictures.drawn(result(pictures=PLANES, **FEW))
    assert set(drawn) == {".png", ".svg", "-planes.png", "-planes.svg"}
    assert planes.planes(result(**FEW)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"plane": "?"},
        {"plane": in_base64(1, 2, form="f")},
        {"images": "AAAA"},
        {"plane": 3},
        {"images": None},
    ],
)
def test_a_plane_that_is_none_is_one_line(change: dict[str, object]) -> None:
    wrong = {"a": {**PLANES["50 units"], "methods": {"bp": {**PLANE, **change}}}}
    with pytest.raises(Unreadable, match=r"result\.json: its 'pictures' are not those of an autoencoder"):
        planes.planes(result(pictures=wrong, **FEW))


def written(folder: Path, name: str = "r.json", **given: object) -> Path:
    file = folder / name
    file.write_text(json.dumps(content(**given)), encoding="utf-8")  # type: ignore[arg-type]
    return file


def test_the_command_draws_beside_the_file_or_where_asked(tmp_path: Path, capsys) -> None:
    file = written(tmp_path, **FEW)
    assert main(["picture", str(file)]) == 0
    assert main(["picture", str(file), "--output", str(tmp_path / "there")]) == 0
    for place in (tmp_path, tmp_path / "there"):
        assert (place / "r.png").read_bytes().startswith(b"\x89PNG")
        assert str(place / "r.svg") in capsys.readouterr().out or place != tmp_path


def test_the_command_compares_files(tmp_path: Path, capsys) -> None:
    file, page = written(tmp_path), tmp_path / "comparison.md"
    assert main(["compare", str(file), "--only", "fig2", "--markdown", str(page)]) == 0
    out = capsys.readouterr().out
    assert "reproduced" in out
    assert "Cost of a run" in out
    assert max(map(len, out.splitlines())) <= 80
    assert page.read_text(encoding="utf-8").startswith("## Figure 2: weights")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["picture"], "RESULT.json"),
        (["picture", "none.json"], "cannot read none.json"),
        (["compare", "bad.json"], "bad.json is no result of an experiment"),
        (["picture", "bad.json"], "bad.json is no result of an experiment"),
        (["compare", "--only", "fig9"], "fig9"),
        (["compare", "good.json", "--markdown", "good.json"], "one would replace the other"),
        (["picture", "good.json", "--output", "bad.json"], "is not a folder"),
    ],
    ids=lambda one: " ".join(one)[:40],
)
def test_a_wrong_call_is_one_line(words: list[str], says: str, tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.json").write_text("[]", encoding="utf-8")
    written(tmp_path, "good.json", **FEW)
    assert main(words) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert says in line
    assert sorted(one.name for one in tmp_path.iterdir()) == ["bad.json", "good.json"]
