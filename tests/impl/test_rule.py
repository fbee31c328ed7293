"""All that a feedback rule decides, for three hidden layers of 5, 6 and 7 units and two outputs."""

import pytest

from impl import InvalidInput
from impl.rule import RULES, direct, distinct, each, named, source, sources, turns

pytestmark = pytest.mark.definition

LAYERS = (5, 6, 7, 2)


def test_each_matrix_carries_the_errors_of_the_layer_above_or_all_those_of_the_output():
    assert sources("FA", LAYERS) == (6, 7, 2)
    assert sources("DFA", LAYERS) == (2, 2, 2)


@pytest.mark.parametrize("rule", RULES)
def test_one_matrix_is_asked_about_as_all_are(rule):
    assert sources(rule, LAYERS) == tuple(source(rule, LAYERS[k:]) for k in (1, 2, 3))


def test_there_is_a_gram_matrix_for_each_layer_or_one():
    assert distinct("FA", LAYERS) == (6, 7, 2)
    assert distinct("DFA", LAYERS) == (2,)


@pytest.mark.parametrize("rule", RULES)
def test_what_is_kept_once_is_had_for_each(rule):
    assert tuple(each(rule, distinct(rule, LAYERS), 3)) == sources(rule, LAYERS)


def test_matrices_are_fitted_from_the_top_one_by_one_or_all_at_once():
    assert turns("FA", 3) == ((2,), (1,), (0,))
    assert turns("DFA", 3) == ((0, 1, 2),)


def test_with_one_hidden_layer_the_rules_are_the_same():
    for question in (sources, distinct, turns):
        one, other = (question(rule, 1 if question is turns else (5, 2)) for rule in RULES)
        assert one == other


def test_direct_is_what_its_name_says():
    assert [direct(rule) for rule in RULES] == [False, True]
    assert [named("rule", rule) for rule in RULES] == ["FA", "DFA"]


@pytest.mark.parametrize("question", [direct, lambda rule: named("wiring", rule)])
@pytest.mark.parametrize("rule", ["fa", "", None, 1, ("FA",)])
def test_another_name_is_refused(question, rule):
    with pytest.raises(InvalidInput, match="expected one of FA, DFA"):
        question(rule)
