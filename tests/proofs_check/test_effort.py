"""The same seed and key give the same randomness; any other gives other randomness."""

import numpy as np
import pytest

from proofs_check.verdict.effort import Effort


def draw(effort, *key):
    return effort.generator(*key).standard_normal(4).tolist()


def test_the_same_seed_and_key_draw_the_same():
    assert draw(Effort(seed=1), "noise", 3, (2, 1)) == draw(Effort("quick", 1), "noise", np.int64(3), [2, 1])


def test_the_stream_is_the_same_on_every_machine_and_in_every_version():
    assert Effort(seed=7).integer("noise", 3) == 247951790205523208151752445965342859254


def test_another_seed_or_key_draws_something_else():
    keys = [("a",), ("b",), ("a", 0), (("a",),), ("a", "0"), ()]
    draws = {tuple(draw(Effort(seed=seed), *key)) for seed in (0, 1) for key in keys}
    assert len(draws) == 2 * len(keys)


def test_a_key_whose_text_changes_from_run_to_run_is_refused():
    with pytest.raises(TypeError, match="expected a number, a string, or a tuple of them"):
        Effort().generator(object())


def test_the_depth_chooses():
    assert [Effort(depth).choose(1, 2, 3) for depth in ("quick", "standard", "thorough")] == [1, 2, 3]
    assert Effort("quick").subject_seconds == 10.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("deep", 0), "depth is 'deep', expected quick, standard or thorough"),
        (("quick", -1), "seed is -1, expected an integer from 0 to 4294967295"),
        (("quick", 2**32), "seed is 4294967296, expected"),
    ],
)
def test_a_wrong_depth_or_seed_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        Effort(*arguments)
