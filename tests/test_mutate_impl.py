"""The mutation run makes the changes it says, one at a time; what it accepts exists, with a reason."""

import ast
from pathlib import Path

import pytest

from tests import mutate_impl
from tests.mutate_impl import FOLDER, accepted, claims_for, conclude, files_for, mutants, selected

SOURCE = '''
"""A module."""
RULES = ("FA", "DFA")

def f(a, b: "text", *, strict=True):
    """A docstring."""
    if a < 2 and not b:
        check("name", a)
        raise ValueError(f"{a + 1}")
    return (a @ b.T) ** 2 - zip(a, strict=strict)

def g(network):
    n = network.weights[0].shape[1]
    return zip(like(network.weights[0]), n, strict=True), network.weights[0].dtype
'''


@pytest.fixture
def texts(tmp_path: Path) -> list[str]:
    """What the mutants of the source above are called."""
    file = tmp_path / "sample.py"
    file.write_text(SOURCE)
    found = mutants(file)
    for mutant in found:
        ast.parse(mutant.source)
        assert mutant.source != ast.unparse(ast.parse(SOURCE))
    assert file.read_text() == SOURCE
    return [mutant.text.removeprefix("sample.py ") for mutant in found]


def test_operators_comparisons_constants_transposes_keywords_calls_and_conditions_are_changed(texts) -> None:
    for text in (
        "module: 'FA' -> 'FAX'",
        "f: True -> False",
        "f: a < 2 -> a <= 2",
        "f: a < 2 and (not b) -> a < 2 or not b",
        "f: not b -> b",
        "f: check('name', a) -> pass",
        "f: a @ b.T -> b.T @ a",
        "f: b.T -> b",
        "f: (a @ b.T) ** 2 -> a @ b.T * 2",
        "f: zip(a, strict=strict) -> zip(a)",
        "f: 2 -> 3",
    ):
        assert text in texts
    assert len(texts) == len(set(texts))


def test_messages_docstrings_and_annotations_are_not(texts) -> None:
    assert not [text for text in texts if "nameX" in text or "textX" in text or "docstring" in text]
    assert "f: a + 1 -> a - 1" not in texts


def test_what_only_tells_the_reader_is_no_mutant(texts) -> None:
    assert [text for text in texts if text.startswith("g: ")] == ["g: 0 -> 1", "g: 1 -> 2"]


def test_every_accepted_survivor_is_a_mutant_of_today_and_has_a_reason() -> None:
    today = {mutant.text for mutant in selected(None)}
    for text, reason in accepted().items():
        assert text in today, f"no such mutant any more: {text}"
        assert len(reason) > 20


def test_a_survivor_that_is_not_accepted_is_an_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert conclude({"a": "tests", "b": "survives"}, {"b": "equivalent: it is"}) == 0
    assert conclude({"a": "tests", "b": "survives"}, {}) == 1
    assert conclude({"a": "broken: pytest ended with 4"}, {}) == 1
    printed = capsys.readouterr().out
    assert "survives: b\n    NOT ACCEPTED" in printed
    assert "2 mutants: 1 killed (50.0 %)" in printed


def test_every_file_has_tests_that_exist() -> None:
    for path in FOLDER.glob("*.py"):
        for file in files_for(path.name):
            assert (mutate_impl.ROOT / file).is_file()
    assert files_for("philox.py") == ["tests/impl/test_counter_noise.py"]
    assert len(files_for("losses.py")) > 5


def test_only_what_is_a_part_of_the_reference_is_put_to_the_claims() -> None:
    assert claims_for("stream.py") == ()
    assert claims_for("noise.py") == ("noise",)
    assert "solves" in claims_for("least_squares.py")
