"""Parts of work: everything is in one of them, and parts that are not all there are told."""

from __future__ import annotations

import argparse

import pytest

from feedback_proofs_io.shards import Incomplete, Shard, complete, shard


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 20])
@pytest.mark.parametrize("count", [0, 1, 6, 7, 20])
def test_each_thing_is_in_one_part_and_parts_differ_by_one_at_most(parts: int, count: int) -> None:
    cut = [Shard(part, parts).of(range(count)) for part in range(1, parts + 1)]
    assert sorted(thing for part in cut for thing in part) == list(range(count))
    assert max(map(len, cut)) - min(map(len, cut)) <= 1


def test_a_part_is_written_as_it_is_asked_for() -> None:
    assert shard("2/5") == Shard(2, 5)
    assert str(Shard(2, 5)) == "2/5"


@pytest.mark.parametrize(
    "word", ["", "2", "0/5", "6/5", "1/0", "-1/5", "1/5/2", "1 /5", "one/5", "1/1000000"]
)
def test_what_is_no_part_is_refused(word: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected k/n"):
        shard(word)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "there are no parts"),
        (["1/3", "3/3"], "of 3 parts 2 are there; missing: 2/3"),
        (["1/2", "2/2", "1/2"], "part 1/2 is there 2 times: file 0, file 2"),
        (["1/2", "2/3"], "file 1 is part 2/3, but file 0 is part 1/2: cut in two ways"),
        (["1/99"], "and 89 more"),
    ],
    ids=str,
)
def test_parts_that_are_not_all_there_once_are_refused(parts: list[str], message: str) -> None:
    with pytest.raises(Incomplete, match=message):
        complete((shard(word), f"file {k}") for k, word in enumerate(parts))


def test_all_parts_are_complete_in_any_order() -> None:
    complete((Shard(part, 4), part) for part in (3, 1, 4, 2))
