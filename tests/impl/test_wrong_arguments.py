"""Every public function, every argument, every kind of wrong value: one sentence that names it, and no more.

The rows are made, not written: for each function a valid call, and for each of its arguments all kinds of
values that this argument cannot have. The functions that kernels call in their loops (activations, losses,
philox, the paths of ``impl.kernels``) take what these have checked, and are not here.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from impl import (
    InvalidInput,
    Network,
    Reference,
    Sums,
    atoms,
    control_variate_estimates,
    draw_noise,
    error_signals,
    feedback_shapes,
    fit_feedback,
    forward,
    gradient_estimates,
    hidden_gradients,
    scaled_loss_difference,
    synthetic_gradients,
    true_error_signals,
)
from impl.counter_noise import counted_noise, hadamard, hadamard_draws, sample_index
from impl.estimate import Ranks, estimate
from impl.kernels import Problem, choose, open_path
from impl.metrics import global_angle, local_angle, norm_ratio, relative_error, sign_congruence
from impl.online import RecursiveRidge, align, descend, learn
from impl.stream import Stream, fit_network
from tests.impl.cases import data_for, network_of

NETWORK = network_of("tanh", "mse", widths=(3, 4, 2))
W1, W2 = NETWORK.weights
X, Y = data_for(NETWORK, 5)
XI = draw_noise(NETWORK.hidden, 5)
B = [NETWORK.weights[1]]
PROBLEM = Problem.of(NETWORK, B, c=0.1)
SAMPLES = sample_index(range(3), range(2))
NAN, INF = math.nan, math.inf
TALL = 10**400
UNWRITABLE = 10**5000


class Odd:
    """An object of no use, whose text cannot be read."""

    def __repr__(self) -> str:
        raise RuntimeError("no text")


def spoilt(tensor: torch.Tensor, value: float) -> torch.Tensor:
    copy = tensor.detach().clone()
    copy[(0,) * copy.dim()] = value
    return copy


def matrices(good: torch.Tensor, *, rows: bool = True, columns: bool = True) -> dict[str, object]:
    """What is no finite matrix like this one; ``rows`` and ``columns`` say which of its sizes are fixed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch calls these kinds prototypes
        odd_kinds = {
            "nested": torch.nested.nested_tensor([good[0], good[1, :1]]),
            "jagged": torch.nested.nested_tensor([good[0], good[1, :1]], layout=torch.jagged),
            "compressed": good.to_sparse_csr(),
            "quantized": torch.quantize_per_tensor(good.float(), 0.1, 0, torch.qint8),
        }
    wrong: dict[str, object] = {
        "None": None,
        "int": 3,
        "str": "x",
        "list": good.tolist(),
        "numpy": good.numpy(),
        "odd": Odd(),
        "int64": good.long(),
        "int8": good.to(torch.int8),
        "bool": good > 0,
        "half": good.half(),
        "bfloat16": good.bfloat16(),
        "complex": good.to(torch.complex128),
        "sparse": good.to_sparse(),
        **odd_kinds,
        "meta": good.to("meta"),
        "nan": spoilt(good, NAN),
        "inf": spoilt(good, INF),
        "-inf": spoilt(good, -INF),
        "0-d": good[0, 0],
        "1-d": good[0],
        "3-d": good[None],
        "no rows": good[:0],
        "no columns": good[:, :0],
    }
    if rows:
        wrong["more rows"] = torch.cat([good, good])
    if columns:
        wrong["more columns"] = torch.cat([good, good], 1)
    return wrong


NOT_LISTS = {
    "None": None,
    "int": 3,
    "str": "ab",
    "bytes": b"ab",
    "dict": {0: 1},
    "set": {1},
    "generator": (k for k in ()),
    "tensor": XI[0],
    "numpy": XI[0].numpy(),
    "odd": Odd(),
}


def lists(good: list[torch.Tensor], **sizes: bool) -> dict[str, object]:
    """What is no list of matrices like these."""
    return {
        **NOT_LISTS,
        "empty": [],
        "too long": [*good, *good],
        "nested": [list(good)],
        **{f"[{kind}]": [value, *good[1:]] for kind, value in matrices(good[0], **sizes).items()},
    }


def networks() -> dict[str, object]:
    """What is no network."""

    def like(**change: object) -> SimpleNamespace:
        return SimpleNamespace(**{"weights": [W1, W2], "activations": ["tanh"] * 2, "loss": "mse", **change})

    unlisted = {kind: value for kind, value in NOT_LISTS.items() if kind not in ("generator", "numpy")}
    return {
        "None": None,
        "int": 3,
        "str": "mse",
        "tuple": (W1, W2),
        "nothing": SimpleNamespace(),
        "no loss": SimpleNamespace(weights=[W1, W2], activations=["tanh"] * 2),
        **{f"weights {kind}": like(weights=value) for kind, value in unlisted.items()},
        **{f"W1 {k}": like(weights=[v, W2]) for k, v in matrices(W1, rows=False, columns=False).items()},
        **{f"W2 {k}": like(weights=[W1, v]) for k, v in matrices(W2, rows=False).items()},
        "one weight": like(weights=[W1]),
        "W2 float32": like(weights=[W1, W2.float()]),
        **{f"activations {kind}": like(activations=value) for kind, value in unlisted.items()},
        **{f"activation {kind}": like(activations=["tanh", value]) for kind, value in NAMES.items()},
        "one activation": like(activations=["tanh"]),
        **{f"loss {kind}": like(loss=value) for kind, value in NAMES.items()},
        "cross-entropy of tanh": like(loss="cross_entropy"),
    }


NAMES: dict[str, object] = {
    "None": None,
    "int": 3,
    "empty": "",
    "unknown": "nonsense",
    "surrogate": "\ud800",
    "escape": "\x1b[31m",
    "bytes": b"mse",
    "list": ["mse"],
    "numpy": np.array(["mse", "mse"]),
    "tensor": X,
    "odd": Odd(),
}

NO_NUMBERS: dict[str, object] = {
    "None": None,
    "str": "1",
    "empty": "",
    "bool": True,
    "numpy bool": np.bool_(True),
    "nan": NAN,
    "inf": INF,
    "-inf": -INF,
    "numpy nan": np.float64("nan"),
    "complex": 1j,
    "list": [1.0],
    "dict": {},
    "tensor": torch.tensor(1.0),
    "array": np.ones(2),
    "Decimal": Decimal(1),
    "odd": Odd(),
    "beyond doubles": TALL,
    "unwritable": UNWRITABLE,
    "a fraction beyond doubles": Fraction(TALL),
    "negative": -1.0,
    "negative and tall": -TALL,
}
POSITIVE = {
    **NO_NUMBERS,
    "zero": 0.0,
    "minus zero": -0.0,
    "false": False,
    "a vanishing fraction": Fraction(1, TALL),
}

NO_INTEGERS: dict[str, object] = {
    kind: value
    for kind, value in {
        **NO_NUMBERS,
        "float": 1.0,
        "numpy float": np.float64(2),
        "Fraction": Fraction(3, 2),
    }.items()
    if kind not in ("beyond doubles", "unwritable", "negative and tall", "negative")
} | {"negative": -1, "negative and unwritable": -UNWRITABLE}
BITS_32 = {**NO_INTEGERS, "2^32": 2**32, "2^63": 2**63, "tall": TALL, "unwritable": UNWRITABLE}
COUNTS = {**BITS_32, "zero": 0, "numpy zero": np.int64(0)}
SIZES = {
    **{kind: value for kind, value in NOT_LISTS.items() if kind != "generator"},
    "empty": [],
    "nested": [[3]],
    **{
        f"[{kind}]": [3, value]
        for kind, value in {**NO_INTEGERS, "zero": 0, "tall": TALL, "2^63": 2**63}.items()
    },
}
DTYPES = {
    "None": None,
    "str": "float64",
    "int64": torch.int64,
    "half": torch.float16,
    "complex": torch.complex128,
    "type": float,
    "numpy": np.float64,
    "array": np.ones(2),
}
OBJECTS = {"None": None, "int": 3, "str": "x", "network": NETWORK, "class": Problem, "odd": Odd()}
INTEGERS = {
    **{
        kind: value
        for kind, value in matrices(X).items()
        if kind in ("None", "int", "str", "list", "numpy", "odd")
    },
    **{str(dtype): SAMPLES.to(dtype) for dtype in (torch.float64, torch.int32, torch.bool, torch.uint8)},
    "sparse": SAMPLES.to_sparse(),
}
NUMBERS_OF_32_BITS = {
    **{kind: value for kind, value in NOT_LISTS.items() if kind != "generator"},
    **{f"[{kind}]": [0, value] for kind, value in BITS_32.items()},
    "floats": torch.ones(2),
    "two axes": SAMPLES,
    "beyond": torch.tensor([2**32]),
    "below": torch.tensor([-1]),
    "meta": torch.arange(2, device="meta"),
}


@dataclass(frozen=True)
class Function:
    """A function, a valid call, and for each argument the values that it refuses."""

    call: Callable[..., object]
    valid: Mapping[str, object]
    wrong: Mapping[str, Mapping[str, object]]

    def rows(self) -> Iterator[tuple[str, str, object]]:
        for argument, kinds in self.wrong.items():
            for kind, value in kinds.items():
                yield argument, kind, value


DATA = {"x": matrices(X, rows=False), "y": matrices(Y)}
ROWS = {**DATA, "noise": lists(XI)}
RULE, FAMILY = {"rule": NAMES}, {"family": NAMES}
PERTURBED = {"network": NETWORK, "x": X, "y": Y, "noise": XI, "c": 0.1}
CLEAN = forward(NETWORK, X)
ZEROS = [torch.zeros(5, 4, dtype=torch.float64)]
FINISHED = Stream(PROBLEM)
FINISHED.add(X, Y)


def passes(**change: object) -> object:
    return SimpleNamespace(
        **{"pre_activations": CLEAN.pre_activations, "activations": CLEAN.activations, **change}
    )


PASSES = {
    **OBJECTS,
    "alike": passes(),
    **{
        f"of {kind}": type(CLEAN)(value, CLEAN.activations)
        for kind, value in lists(list(CLEAN.pre_activations)).items()
        if kind not in ("generator",)
    },  # type: ignore[arg-type]
    "without output": type(CLEAN)(CLEAN.pre_activations, ()),
    "with another output": type(CLEAN)(CLEAN.pre_activations, (X,)),
}


def streaming(**change: object) -> list[torch.Tensor]:
    given = {"problem": PROBLEM, "draws": 2, "path": "eager", "expected": 0, "tile": 64, **change}
    stream = Stream(given.pop("problem"), given.pop("draws"), **given)  # type: ignore[arg-type]
    stream.add(X, Y)
    return stream.solve()


def fitting(**change: object) -> object:
    given = {
        "problem": PROBLEM,
        "data": lambda: [(X, Y)],
        "draws": 2,
        "ridge": 0.0,
        "path": "eager",
        "expected": 0,
    }
    return fit_network(**{**given, **change})  # type: ignore[arg-type]


def compared(good: torch.Tensor, **sizes: bool) -> dict[str, object]:
    """What no metric takes for a matrix like this one. Numbers that are not finite it takes: runs diverge."""
    kinds = {**matrices(good, **sizes), "4-d": good[None, None], "no runs": good.expand(0, *good.shape)}
    return {kind: value for kind, value in kinds.items() if kind not in ("nan", "inf", "-inf")}


ERRORS = torch.ones(2, dtype=torch.float64)
FIRST = {kind: value for kind, value in compared(W2, rows=False, columns=False).items() if kind != "3-d"}
METRICS = {
    function.__name__: Function(
        function,
        {names[0]: W2, names[1]: 2 * W2},
        {names[0]: FIRST, names[1]: compared(W2)},
    )
    for function, names in (
        (relative_error, ("weights", "feedback")),
        (norm_ratio, ("weights", "feedback")),
        (sign_congruence, ("weights", "feedback")),
        (global_angle, ("true", "synthetic")),
    )
}

FUNCTIONS: dict[str, Function] = {
    **METRICS,
    "local_angle": Function(
        local_angle,
        {"weights": W2, "feedback": 2 * W2, "signal": ERRORS},
        {
            "weights": FIRST,
            "feedback": compared(W2),
            "signal": {
                **{kind: value for kind, value in compared(W2).items() if kind not in ("1-d",)},
                "longer": torch.ones(3, dtype=torch.float64),
            },
        },
    ),
    "Network": Function(
        Network,
        {"weights": (W1, W2), "activations": ("tanh", "relu"), "loss": "mse"},
        {
            "weights": {**NOT_LISTS, "one": [W1], "three": [W1, W2, W2], "none": []},
            "activations": {**NOT_LISTS, "one": ["tanh"], "nested": [["tanh"], "tanh"]},
            "loss": NAMES,
        },
    ),
    "Network.of": Function(Network.of, {"network": NETWORK}, {"network": networks()}),
    "Network.to": Function(NETWORK.to, {"dtype": torch.float32}, {"dtype": DTYPES}),
    "forward": Function(
        forward,
        {"network": NETWORK, "x": X, "dtype": torch.float32},
        {
            "network": {"None": None},
            "x": DATA["x"],
            "dtype": {k: v for k, v in DTYPES.items() if k != "None"},
        },
    ),
    "gradient_estimates": Function(
        gradient_estimates, PERTURBED, {**ROWS, "c": POSITIVE, "network": {"None": None}}
    ),
    "control_variate_estimates": Function(
        control_variate_estimates,
        {**PERTURBED, "gradients": ZEROS},
        {"gradients": lists(ZEROS), "c": POSITIVE},
    ),
    "scaled_loss_difference": Function(
        scaled_loss_difference,
        {"network": NETWORK, "clean": CLEAN, "y": Y, "noise": XI, "c": 0.1},
        {"clean": PASSES, "y": DATA["y"], "noise": ROWS["noise"], "c": POSITIVE},
    ),
    "error_signals": Function(
        error_signals,
        {"network": NETWORK, "feedback": B, "x": X, "y": Y, "rule": "FA"},
        {**DATA, "feedback": lists(B), **RULE},
    ),
    "synthetic_gradients": Function(
        synthetic_gradients, {"network": NETWORK, "feedback": B, "x": X, "y": Y, "rule": "DFA"}, RULE
    ),
    "true_error_signals": Function(true_error_signals, {"network": NETWORK, "x": X, "y": Y}, DATA),
    "hidden_gradients": Function(hidden_gradients, {"network": NETWORK, "x": X, "y": Y}, DATA),
    "feedback_shapes": Function(feedback_shapes, {"network": NETWORK, "rule": "FA"}, RULE),
    "fit_feedback": Function(
        fit_feedback,
        {"estimates": X, "errors": Y, "ridge": 0.0},
        {
            "estimates": matrices(X, rows=False, columns=False),
            "errors": matrices(Y, columns=False),
            "ridge": NO_NUMBERS,
        },
    ),
    "Sums": Function(
        Sums,
        {"S": X.T.contiguous(), "Q": torch.eye(3, dtype=torch.float64), "count": 1},
        {
            "S": {**matrices(X.T.contiguous(), rows=False, columns=False), "float32": X.T.float()},
            "Q": matrices(torch.eye(3, dtype=torch.float64)),
            "count": {**NO_INTEGERS, "zero": 0},
        },
    ),
    "Sums.solve": Function(Sums.of(X, Y).solve, {"ridge": 0.0}, {"ridge": NO_NUMBERS}),
    "atoms": Function(atoms, {"family": "skewed"}, {"family": {**NAMES, "gaussian": "gaussian"}}),
    "draw_noise": Function(
        draw_noise,
        {"sizes": [3], "draws": 2, "family": "gaussian", "seed": 0, "dtype": torch.float64, "device": "cpu"},
        {
            "sizes": SIZES,
            "draws": {**NO_INTEGERS, "zero": 0, "2^63": 2**63, "tall": TALL, "unwritable": UNWRITABLE},
            **FAMILY,
            "seed": BITS_32,
            "dtype": DTYPES,
            "device": {
                "None": None,
                "int": 0,
                "empty": "",
                "unknown": "abc",
                "number": "cpu:-3",
                "xpu": "xpu:99",
            },
        },
    ),
    "counted_noise": Function(
        counted_noise,
        {
            "sizes": [3],
            "samples": SAMPLES,
            "family": "gaussian",
            "seed": 0,
            "step": 0,
            "dtype": torch.float64,
        },
        {"sizes": SIZES, "samples": INTEGERS, **FAMILY, "seed": BITS_32, "step": BITS_32, "dtype": DTYPES},
    ),
    "hadamard": Function(
        hadamard,
        {"sizes": [3], "draws": SAMPLES, "dtype": torch.float64},
        {"sizes": SIZES, "draws": INTEGERS, "dtype": DTYPES},
    ),
    "hadamard_draws": Function(
        hadamard_draws, {"units": 3}, {"units": {**NO_INTEGERS, "tall": TALL, "2^63": 2**63}}
    ),
    "sample_index": Function(
        sample_index,
        {"data": [0, 1], "draws": torch.arange(3)},
        {"data": NUMBERS_OF_32_BITS, "draws": NUMBERS_OF_32_BITS},
    ),
    "Problem.of": Function(
        Problem.of,
        {
            "networks": NETWORK,
            "feedback": B,
            "c": 0.1,
            "rule": "FA",
            "family": "rademacher",
            "seeds": 0,
            "step": 0,
        }
        | {"control": B, "products": "full"},
        {
            "networks": {"None": None, "empty": [], "str": "ab", "list of None": [None]},
            "feedback": {**lists(B)},
            "c": POSITIVE,
            **RULE,
            **FAMILY,
            "seeds": {
                **{kind: value for kind, value in BITS_32.items() if kind not in ("list", "array")},
                "none": [],
                "more": [1, -1],
                "texts": ["1"],
            },
            "step": BITS_32,
            "control": {kind: value for kind, value in lists(B).items() if kind != "None"},
            "products": {**NAMES, "tf32": "tf32"},
        },
    ),
    "Problem.of, networks": Function(
        Problem.of,
        {"networks": [NETWORK, NETWORK], "feedback": [B, B], "c": 0.1, "seeds": [1, 2], "control": [B, B]},
        {
            "feedback": {**NOT_LISTS, "one": [B], "flat": [*B, *B], "None in it": [B, None]},
            "control": {"str": "ab", "one": [B], "flat": [*B, *B], "None in it": [B, None], "empty": []},
            "seeds": {"one": [1], "three": [1, 2, 3], "str": "12", "bytes": b"ab"},
            "networks": {
                "of other widths": [NETWORK, network_of("tanh", "mse", widths=(3, 5, 2))],
                "of other dtypes": [NETWORK, NETWORK.to(torch.float32)],
                "of other names": [NETWORK, network_of("relu", "mse", widths=(3, 4, 2))],
                "three": [NETWORK] * 3,
            },
        },
    ),
    "Stream": Function(
        streaming,
        {},
        {
            "problem": OBJECTS,
            "draws": COUNTS,
            "path": NAMES,
            "expected": NO_INTEGERS,
            "tile": {**NO_INTEGERS, "zero": 0},
        },
    ),
    "Stream.add": Function(
        Stream(PROBLEM).add,
        {"x": X, "y": Y, "first": 0},
        {**DATA, "first": {k: v for k, v in BITS_32.items() if k != "None"} | {"the end": 2**32 - 4}},
    ),
    "Stream.solve": Function(
        FINISHED.solve, {"ridge": 0.0, "run": 0}, {"ridge": NO_NUMBERS, "run": {**NO_INTEGERS, "one": 1}}
    ),
    "Stream.sums": Function(FINISHED.sums, {"run": 0}, {"run": {**NO_INTEGERS, "one": 1}}),
    "Stream.merge": Function(
        Stream(PROBLEM).merge,
        {"other": Stream(PROBLEM)},
        {"other": {**OBJECTS, "state": Stream(PROBLEM).state()}},
    ),
    "Stream.restore": Function(
        Stream(PROBLEM).restore,
        {"state": Stream(PROBLEM).state()},
        {"state": {**OBJECTS, "empty": {}, "list": []}},
    ),
    "Stream.save": Function(
        lambda file: None if file == "" else Stream(PROBLEM).save(file),
        {"file": ""},
        {"file": {"None": None, "int": 3, "bytes": b"a", "nul": "a\0b", "odd": Odd(), "list": []}},
    ),
    "fit_network": Function(
        fitting,
        {},
        {
            "problem": OBJECTS,
            "data": {
                "None": None,
                "list": [(X, Y)],
                **{
                    f"gives {kind}": (lambda value=value: value)
                    for kind, value in {
                        **{k: v for k, v in NOT_LISTS.items() if k not in ("generator", "set")},
                        "nothing": [],
                        "one tensor each": [X],
                        "triples": [(X, Y, Y)],
                        "texts": ["xy"],
                        "no tensors": [(1, 2)],
                        "other numbers": [(X, Y[:3])],
                    }.items()
                },
            },
            "draws": COUNTS,
            "ridge": NO_NUMBERS,
            "path": NAMES,
            "expected": NO_INTEGERS,
        },
    ),
    "open_path": Function(
        open_path,
        {"problem": PROBLEM, "name": "eager", "samples": 0},
        {"problem": OBJECTS, "name": NAMES, "samples": NO_INTEGERS},
    ),
    "choose": Function(
        choose, {"problem": PROBLEM, "samples": 0}, {"problem": OBJECTS, "samples": NO_INTEGERS}
    ),
    "estimate": Function(
        lambda **given: estimate(**{"ranks": Ranks(), **given}),  # type: ignore[arg-type]
        {
            "problem": PROBLEM,
            "x": X,
            "y": Y,
            "draws": 2,
            "chunk": 2,
            "ridge": 0.0,
            "path": "eager",
            "every": 1,
        },
        {
            "problem": {**OBJECTS, "of two runs": Problem.of(NETWORK, B, c=0.1, seeds=[1, 2])},
            **DATA,
            "draws": COUNTS,
            "chunk": COUNTS,
            "every": COUNTS,
            "ridge": NO_NUMBERS,
            "path": NAMES,
            "checkpoint": {"int": 3, "bytes": b"a", "nul": "a\0b", "odd": Odd(), "list": []},
        },
    ),
    "Ranks": Function(
        Ranks,
        {"device": "cpu", "timeout": 1.0},
        {"device": NAMES, "timeout": {**POSITIVE, "long": 1e10, "tall": 1e300}},
    ),
    "descend": Function(
        descend,
        {**PERTURBED, "feedback": B, "rate": 0.1, "rule": "FA"},
        {**ROWS, "feedback": lists(B), "c": POSITIVE, "rate": NO_NUMBERS, **RULE},
    ),
    "align": Function(
        align,
        {"network": NETWORK, "feedback": B, "x": X, "y": Y, "rate": 0.1, "rule": "FA"},
        {**DATA, "feedback": lists(B), "rate": NO_NUMBERS, **RULE},
    ),
    "learn": Function(
        learn,
        {**PERTURBED, "feedback": B, "rate": 0.1, "feedback_rate": 0.1, "rule": "FA"},
        {"rate": NO_NUMBERS, "feedback_rate": NO_NUMBERS, "c": POSITIVE, **RULE},
    ),
    "RecursiveRidge": Function(
        RecursiveRidge,
        {"feedback": tuple(B), "ridge": 0.0, "rule": "FA", "sums": ()},
        {
            "feedback": NOT_LISTS,
            "ridge": NO_NUMBERS,
            **RULE,
            "sums": {**NOT_LISTS, "None in it": [None], "too many": [Sums.of(X, Y)] * 2},
        },
    ),
    **{
        f"Reference.{name}": Function(getattr(Reference(), name), valid, {argument: wrong})
        for name, valid, argument, wrong in (
            ("gradient_estimates", PERTURBED, "network", networks() | {"float32": NETWORK.to(torch.float32)}),
            (
                "error_signals",
                {"network": NETWORK, "feedback": B, "x": X, "y": Y, "rule": "FA"},
                "network",
                networks(),
            ),
            (
                "fit_feedback",
                {"estimates": X, "errors": Y},
                "estimates",
                {"float32": X.float(), "None": None},
            ),
            ("draw_noise", {"sizes": [3], "draws": 2}, "draws", {"zero": 0, "None": None}),
        )
    },
}

NAMED_ELSEWISE = {
    "network": "network|weights|activation|loss",
    "networks": "network|the length of seeds",
    "name": "path",
    "state": "state",
    "data": "data|the number of samples|a pair|the shape of y|x is",
    "weights": "weights|activations",
    "activations": "activations",
    "clean": "clean",
    "rate": "rate",
}


def failure(function: Function, argument: str, kind: str, value: object) -> str | None:
    """What is wrong with the answer to a wrong value, if anything is."""
    row = f"{argument} = {kind}"
    try:
        function.call(**{**function.valid, argument: value})
    except InvalidInput as error:
        text = str(error)
        named = NAMED_ELSEWISE.get(argument, argument).split("|")
        if not any(name in text for name in named):
            return f"{row} is not named: {text}"
        sentence = text.endswith(".") and "; expected " in text and text.isprintable() and len(text) < 400
        return None if sentence else f"{row} gets no sentence: {text}"
    except Exception as error:
        return f"{row} raises {type(error).__name__}: {error}"
    return f"{row} is accepted"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_wrong_arguments_get_one_sentence_each(name: str) -> None:
    function = FUNCTIONS[name]
    function.call(**function.valid)
    failures = [failure(function, *row) for row in function.rows()]
    assert not any(failures), "\n".join(filter(None, failures))


def test_the_table_is_large() -> None:
    assert sum(len(list(function.rows())) for function in FUNCTIONS.values()) >= 1000


@pytest.mark.parametrize(
    "value",
    [
        X.T.contiguous().T,
        X.repeat(2, 2)[::2, :3],
        X[:1].expand(5, -1),
        X.clone().requires_grad_(),
        torch.nn.Parameter(X.clone()),
        torch.full((5, 3), 1e308, dtype=torch.float64),
    ],
    ids=["by columns", "a part", "expanded", "with a gradient", "a parameter", "of an infinite sum"],
)
def test_right_matrices_of_any_make_are_taken(value: torch.Tensor) -> None:
    assert forward(NETWORK, value).output.shape == (5, 2)


def test_right_numbers_of_any_make_are_taken() -> None:
    for c in (1, 1.0, np.float64(1), np.float32(1), np.int64(1), Fraction(1)):
        assert torch.equal(
            gradient_estimates(NETWORK, X, Y, XI, c)[0], gradient_estimates(NETWORK, X, Y, XI, 1.0)[0]
        )
    for draws in (2, np.int64(2), np.uint8(2)):
        assert torch.equal(draw_noise([3], draws)[0], draw_noise([3], 2)[0])
    assert torch.equal(draw_noise((3, 1), 2)[1], draw_noise(range(3, 4), 2)[0]) is False
    assert draw_noise([np.int32(3)], 2)[0].shape == (2, 3)


def test_networks_of_any_make_are_taken() -> None:
    weights = torch.nn.ParameterList([torch.nn.Parameter(W) for W in NETWORK.weights])
    like = SimpleNamespace(weights=weights, activations=["tanh", "tanh"], loss="mse")
    assert Network.of(like).widths == (3, 4, 2)
    assert Network.of(
        SimpleNamespace(weights=iter([W1, W2]), activations=("tanh",) * 2, loss="mse")
    ).hidden == (4,)
