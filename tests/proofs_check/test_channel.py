"""What comes from the judged is numbers and text of the size that was asked for, or it is refused."""

import math
import os
import random
import struct

import numpy as np
import pytest

from proofs_check.subject import channel, traits
from proofs_check.subject.channel import Expected, Garbled, Message
from proofs_check.subject.methods import answer_shapes
from proofs_check.subject.vocabulary import KNOWN

SHAPES = [(2, 3), (4, 1)]
ARRAYS = [np.arange(6.0).reshape(2, 3), np.full((4, 1), 1.7e308)]
EXPECTED = Expected(7, SHAPES)


def written(message):
    return b"".join(map(bytes, channel.frame(message)))


def answer(kind=channel.NUMBERS, number=7, text="", arrays=ARRAYS):
    return written(Message(kind, number, text, arrays))


class Bytes:
    """A stream of these bytes that keeps the longest piece that was asked of it."""

    def __init__(self, data):
        self.data, self.longest = data, 0

    def read(self, length):
        self.longest = max(self.longest, length)
        if length > len(self.data):
            raise EOFError
        piece, self.data = self.data[:length], self.data[length:]
        return bytearray(piece)


def received(data, expected=EXPECTED):
    return channel.receive(Bytes(data).read, expected)


def test_an_answer_comes_as_it_was_sent_in_memory_of_its_own():
    found = received(answer())
    assert [np.array_equal(a, b) for a, b in zip(found.arrays, ARRAYS, strict=True)] == [True, True]
    assert all(array.flags.writeable and array.dtype == np.float64 for array in found.arrays)


def test_a_question_comes_as_it_was_put():
    arguments = {
        "network": {"weights": [np.ones((2, 2))], "loss": "mse"},
        "x": np.zeros((0, 3)),
        "c": 2.0**-1074,
        "name": "\udcff",
        "nothing": None,
        "sizes": [1, 2],
    }
    sent = received(written(channel.question(9, "ask", arguments)), None)
    method, found = channel.asked(sent)
    assert (method, found["c"], found["name"], found["nothing"]) == ("ask", 2.0**-1074, "\udcff", None)
    assert np.array_equal(found["network"]["weights"][0], np.ones((2, 2)))
    assert found["x"].shape == (0, 3)


HEAD = channel.HEADER
WRONG = {
    "empty": (b"", EOFError),
    "noise": (random.Random(0).randbytes(200), "does not begin as a message does"),
    "a pickle": (b"\x80\x05\x95" + bytes(100), "does not begin as a message does"),
    "an unknown kind": (answer(kind=99), "does not begin as a message does"),
    "a question": (answer(kind=channel.QUESTION), "it is a question"),
    "another number": (answer(number=8), "answers another question"),
    "a text that is too long": (answer(channel.ERROR, text="x" * 70000, arrays=()), "at most 65536 are read"),
    "a text without end": (HEAD.pack(channel.MARK, channel.ERROR, 7, 2**63, 0), "at most 65536 are read"),
    "text that is no text": (HEAD.pack(channel.MARK, channel.ERROR, 7, 2, 0) + b"\xff\xfe", "is not UTF-8"),
    "an array more": (answer(arrays=[*ARRAYS, ARRAYS[0]]), "numbers and 3 arrays, expected 2"),
    "an array fewer": (answer(arrays=ARRAYS[:1]), "numbers and 1 arrays, expected 2"),
    "arrays without end": (HEAD.pack(channel.MARK, channel.NUMBERS, 7, 0, 2**63), "arrays, expected 2"),
    "an error with numbers": (answer(channel.ERROR), "an error and 2 arrays, expected 0"),
    "another shape": (answer(arrays=[ARRAYS[0].T, ARRAYS[1]]), r"has the shape \(3, 2\), expected \(2, 3\)"),
    "a dimension more": (answer(arrays=[ARRAYS[0][None], ARRAYS[1]]), "has 3 dimensions, expected 2"),
    "dimensions without end": (
        HEAD.pack(channel.MARK, channel.NUMBERS, 7, 0, 2) + struct.pack("<Q", 2**60),
        "dimensions, expected 2",
    ),
    "rows without end": (
        HEAD.pack(channel.MARK, channel.NUMBERS, 7, 0, 2) + struct.pack("<3Q", 2, 2**40, 3),
        "has the shape",
    ),
    "NaN": (answer(arrays=[np.full((2, 3), math.nan), ARRAYS[1]]), "array 0 holds numbers that are"),
    "infinity": (answer(arrays=[ARRAYS[0], np.full((4, 1), math.inf)]), "array 1 holds numbers that are"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_answer_is_refused_before_memory_is_set_aside_for_it(name):
    data, reason = WRONG[name]
    stream = Bytes(data)
    with np.errstate(all="ignore"), pytest.raises(Garbled if isinstance(reason, str) else reason) as caught:
        channel.receive(stream.read, EXPECTED)
    assert stream.longest <= channel.HEADER.size + sum(array.nbytes for array in ARRAYS)
    if isinstance(reason, str):
        caught.match(reason)


def test_an_answer_that_was_cut_anywhere_is_no_answer():
    whole = answer()
    for length in range(len(whole)):
        with pytest.raises(EOFError):
            received(whole[:length])


def test_a_flipped_bit_of_what_frames_the_numbers_is_refused():
    whole, framing = answer(), len(answer()) - sum(array.nbytes for array in ARRAYS)
    for bit in range(8 * framing):
        data = bytearray(whole)
        data[bit // 8] ^= 1 << bit % 8
        with pytest.raises((Garbled, EOFError)):
            received(bytes(data))


SAID = {
    "no JSON": "name: x",
    "deep": "[" * 30000,
    "a list": "[]",
    "no name": '{"supports": {}, "torch": "2"}',
    "a key more": '{"name": "x", "supports": {}, "torch": "2", "verdict": "pass"}',
    "a long name": f'{{"name": "{"x" * 300}", "supports": {{}}, "torch": "2"}}',
    "a number for a name": '{"name": 1, "supports": {}, "torch": "2"}',
    "a list of what it supports": '{"name": "x", "supports": [], "torch": "2"}',
    "an unknown key": '{"name": "x", "supports": {"claims": []}, "torch": "2"}',
    "no name that is known": '{"name": "x", "supports": {"losses": ["mae"]}, "torch": "2"}',
    "a text for a list": '{"name": "x", "supports": {"losses": "mse"}, "torch": "2"}',
}


@pytest.mark.parametrize("name", SAID)
def test_what_a_subject_may_not_say_of_itself_is_refused(name):
    with pytest.raises(traits.Unknown):
        traits.read(SAID[name], KNOWN)


def test_a_text_that_is_one_thing_once_and_another_later_becomes_plain_text():
    class Changing(str):
        __slots__ = ()

        def __eq__(self, other):
            return os.urandom(1) > b"\x80"

        __hash__ = str.__hash__

    assert type(traits.plain(Changing("x"))) is str


def test_the_shapes_of_an_answer_follow_from_the_question():
    weights = [np.zeros((4, 3)), np.zeros((5, 4)), np.zeros((2, 5))]
    given = {"network": {"weights": weights}, "x": np.zeros((7, 3))}
    assert answer_shapes("gradient_estimates", given) == [(7, 4), (7, 5)]
    assert answer_shapes("error_signals", given) == [(7, 4), (7, 5), (7, 2)]
    assert answer_shapes("fitted_feedback", {**given, "rule": "FA"}) == [(5, 4), (2, 5)]
    assert answer_shapes("fitted_feedback", {**given, "rule": "DFA"}) == [(2, 4), (2, 5)]
    assert answer_shapes("draw_noise", {"sizes": [3, 1], "draws": 6}) == [(6, 3), (6, 1)]
    assert answer_shapes("fit_feedback", {"estimates": np.zeros((9, 4)), "errors": np.zeros((9, 2))}) == [
        (2, 4)
    ]
