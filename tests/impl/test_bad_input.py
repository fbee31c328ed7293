"""Bad input gives one clear error before any work: the argument, its value, and what was expected."""

from dataclasses import FrozenInstanceError
from types import SimpleNamespace

import pytest
import torch

from impl import (
    InvalidInput,
    Network,
    Pass,
    Reference,
    Sums,
    atoms,
    checks,
    control_variate_estimates,
    draw_noise,
    error_signals,
    fit_feedback,
    forward,
    gradient_estimates,
    scaled_loss_difference,
)
from tests.impl.cases import data_for, network_of

REFERENCE = Reference()
NETWORK = network_of("tanh", "mse", widths=(3, 4, 2))
X, Y = data_for(NETWORK, 5)
XI = draw_noise(NETWORK.hidden, 5)
B = [NETWORK.weights[1]]
W1, W2 = NETWORK.weights
NAN, INF = float("nan"), float("inf")


def spoilt(tensor: torch.Tensor, value: float) -> torch.Tensor:
    copy = tensor.clone()
    copy[1, 0] = value
    return copy


def test_good_input_is_accepted():
    REFERENCE.gradient_estimates(NETWORK, X, Y, XI, 0.1)
    REFERENCE.gradient_estimates(NETWORK, X, Y, tuple(XI), 1)
    REFERENCE.error_signals(NETWORK, B, X, Y, "FA")
    REFERENCE.fit_feedback(X, Y, 0)
    REFERENCE.draw_noise([1], 1, "uniform", 2**32 - 1)


@pytest.mark.parametrize(
    ("weights", "activations", "loss", "message"),
    [
        ((W1,), ("tanh",), "mse", "the length of weights is 1; expected 2 or more"),
        ((), (), "mse", "the length of weights is 0; expected 2 or more"),
        (
            (W1, W1),
            ("tanh",) * 2,
            "mse",
            r"the shape of weights\[1\] is \(4, 3\); expected \(at least 1, 4\)",
        ),
        ((W1[:0], W2), ("tanh",) * 2, "mse", r"the shape of weights\[0\] is \(0, 3\)"),
        ((W1[0], W2), ("tanh",) * 2, "mse", r"the shape of weights\[0\] is \(3,\)"),
        (
            (spoilt(W1, NAN), W2),
            ("tanh",) * 2,
            "mse",
            r"weights\[0\]\[1, 0\] is nan; expected a finite number",
        ),
        ((W1, spoilt(W2, -INF)), ("tanh",) * 2, "mse", r"weights\[1\]\[1, 0\] is -inf; expected a finite"),
        (
            (W1.long(), W2),
            ("tanh",) * 2,
            "mse",
            r"the dtype of weights\[0\] is torch.int64; expected torch.float32 or torch.float64\.$",
        ),
        ((W1.half(), W2.half()), ("tanh",) * 2, "mse", r"the dtype of weights\[0\] is torch.float16"),
        ((W1.bfloat16(), W2), ("tanh",) * 2, "mse", r"the dtype of weights\[0\] is torch.bfloat16"),
        ((W1, W2.float()), ("tanh",) * 2, "mse", r"weights\[1\] is torch.float32; expected torch.float64"),
        ((W1, W2.to("meta")), ("tanh",) * 2, "mse", r"the device of weights\[1\] is meta; expected cpu"),
        ((W1.numpy(), W2), ("tanh",) * 2, "mse", r"weights\[0\] is ndarray; expected a torch tensor"),
        (None, ("tanh",) * 2, "mse", "weights is NoneType; expected a list or a tuple"),
        ((W1, W2), ("tanh",), "mse", "the length of activations is 1; expected 2"),
        ((W1, W2), "tanh", "mse", "activations is str; expected a list or a tuple"),
        ((W1, W2), ("tanh", "gelu"), "mse", r"activations\[1\] is 'gelu'; expected one of identity, tanh,"),
        ((W1, W2), ("tanh",) * 2, "hinge", "loss is 'hinge'; expected one of mse, quartic,"),
        ((W1, W2), ("tanh",) * 2, ["mse"], r"loss is \['mse'\]; expected one of mse"),
        ((W1, W2), ("tanh",) * 2, "cross_entropy", "the output activation is 'tanh'; expected 'identity'"),
        (
            (W1, W2, W2.T),
            ("identity", "tanh", "sigmoid"),
            "cross_entropy",
            "the output activation is 'sigmoid'; expected 'identity', because the loss is cross_entropy",
        ),
    ],
)
def test_networks_that_make_no_sense(weights, activations, loss, message):
    with pytest.raises(InvalidInput, match=message):
        Network(weights, activations, loss)


def test_a_network_holds_tuples_and_is_its_own_description():
    made = Network([W1, W2], ["tanh", "relu"], "mse")
    assert (made.weights, made.activations) == ((W1, W2), ("tanh", "relu"))
    assert Network.of(made) is made
    assert made.to(torch.float64) is made


def test_finite_numbers_may_have_an_infinite_sum():
    large = torch.full((2, 2), 1e308, dtype=torch.float64)
    assert checks.matrix("large", large) is large
    opposite = torch.tensor([[1.0, INF], [-INF, NAN]])
    with pytest.raises(InvalidInput, match=r"opposite\[0, 1\] is inf; expected a finite number\.$"):
        checks.matrix("opposite", opposite)


def test_an_object_that_is_not_a_network():
    with pytest.raises(
        InvalidInput, match="network is SimpleNamespace without activations; expected weights"
    ):
        Network.of(SimpleNamespace(weights=[W1, W2], loss="mse"))
    made = Network.of(SimpleNamespace(weights=[W1, W2], activations=["tanh", "relu"], loss="mse"))
    assert made.weights == (W1, W2)
    assert (made.activations, made.widths, made.dtype) == (("tanh", "relu"), (3, 4, 2), torch.float64)
    with pytest.raises(FrozenInstanceError):
        made.loss = "quartic"


SINGLE = Network.of(NETWORK).to(torch.float32)
EXPECTED_C = r"expected a finite number above 0\.$"
ESTIMATES = [
    ({"c": 0}, f"c is 0; {EXPECTED_C}"),
    ({"c": -0.1}, f"c is -0.1; {EXPECTED_C}"),
    ({"c": NAN}, f"c is nan; {EXPECTED_C}"),
    ({"c": INF}, f"c is inf; {EXPECTED_C}"),
    ({"c": "0.1"}, f"c is '0.1'; {EXPECTED_C}"),
    ({"c": True}, f"c is True; {EXPECTED_C}"),
    ({"x": X[:0]}, r"the shape of x is \(0, 3\); expected \(at least 1, 3\)"),
    ({"x": X[:, :2]}, r"the shape of x is \(5, 2\); expected \(at least 1, 3\)"),
    ({"x": X[0]}, r"the shape of x is \(3,\)"),
    ({"x": spoilt(X, NAN)}, r"x\[1, 0\] is nan; expected a finite number"),
    ({"x": X.long()}, "the dtype of x is torch.int64; expected torch.float64"),
    ({"x": X.half()}, "the dtype of x is torch.float16; expected torch.float64"),
    ({"x": X.float()}, "the dtype of x is torch.float32; expected torch.float64"),
    ({"x": X.tolist()}, "x is list; expected a torch tensor"),
    ({"y": Y[:4]}, r"the shape of y is \(4, 2\); expected \(5, 2\)"),
    ({"y": Y[:, :1]}, r"the shape of y is \(5, 1\); expected \(5, 2\)"),
    ({"y": spoilt(Y, INF)}, r"y\[1, 0\] is inf; expected a finite number"),
    ({"y": Y.float()}, "the dtype of y is torch.float32; expected torch.float64"),
    ({"y": Y.to("meta")}, "the device of y is meta; expected cpu"),
    ({"noise": [XI[0].float()]}, r"the dtype of noise\[0\] is torch.float32; expected torch.float64"),
    ({"noise": []}, "the length of noise is 0; expected 1"),
    ({"noise": XI[0]}, "noise is Tensor; expected a list or a tuple"),
    ({"noise": [*XI, *XI]}, "the length of noise is 2; expected 1"),
    ({"noise": [XI[0][:1]]}, r"the shape of noise\[0\] is \(1, 4\); expected \(5, 4\)"),
    ({"noise": [spoilt(XI[0], NAN)]}, r"noise\[0\]\[1, 0\] is nan; expected a finite number"),
]


@pytest.mark.parametrize(("change", "message"), ESTIMATES)
def test_estimates_reject(change, message):
    given = {"network": NETWORK, "x": X, "y": Y, "noise": XI, "c": 0.1} | change
    guesses = {"gradients": [torch.zeros(5, 4, dtype=torch.float64)]}
    for call in (
        REFERENCE.gradient_estimates,
        gradient_estimates,
        lambda **kw: control_variate_estimates(**kw, **guesses),
    ):
        with pytest.raises(InvalidInput, match=message):
            call(**given)
    if "x" not in change:
        clean = forward(NETWORK, X)
        with pytest.raises(InvalidInput, match=message):
            scaled_loss_difference(NETWORK, clean, given["y"], given["noise"], given["c"])


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (X[:, :2], r"the shape of x is \(5, 2\); expected \(at least 1, 3\)"),
        (X[:0], r"the shape of x is \(0, 3\); expected \(at least 1, 3\)"),
        (X.float(), r"the dtype of x is torch\.float32; expected torch\.float64"),
        (spoilt(X, NAN), r"x\[1, 0\] is nan; expected a finite number"),
        (None, "x is NoneType; expected a torch tensor"),
    ],
)
def test_a_clean_pass_rejects(x, message):
    for dtype in (None, torch.float32):
        with pytest.raises(InvalidInput, match=f"^{message}\\.$"):
            forward(NETWORK, x, dtype)


def test_a_clean_pass_of_another_network_is_rejected():
    a, h = forward(NETWORK, X).pre_activations, forward(NETWORK, X).activations
    with pytest.raises(
        InvalidInput, match=r"the shape of clean.pre_activations\[0\] is \(5, 3\); expected \(5, 4\)"
    ):
        scaled_loss_difference(NETWORK, Pass((a[0][:, :3], a[1]), h), Y, XI, 0.1)


def test_a_guess_of_another_shape_is_rejected():
    with pytest.raises(InvalidInput, match=r"the shape of gradients\[0\] is \(5, 2\); expected \(5, 4\)"):
        control_variate_estimates(NETWORK, X, Y, XI, 0.1, [Y])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rule": "BP"}, "rule is 'BP'; expected one of FA, DFA"),
        ({"rule": None}, "rule is None; expected one of FA, DFA"),
        ({"feedback": []}, "the length of feedback is 0; expected 1"),
        ({"feedback": [W1]}, r"the shape of feedback\[0\] is \(4, 3\); expected \(2, 4\)"),
        ({"feedback": [spoilt(W2, NAN)]}, r"feedback\[0\]\[1, 0\] is nan"),
        ({"feedback": [W2.float()]}, r"feedback\[0\] is torch.float32; expected torch.float64"),
        ({"x": X[:0], "y": Y[:0]}, r"the shape of x is \(0, 3\)"),
        ({"y": spoilt(Y, NAN)}, r"y\[1, 0\] is nan"),
    ],
)
def test_error_signals_reject(change, message):
    given = {"network": NETWORK, "feedback": B, "x": X, "y": Y, "rule": "FA"} | change
    for call in (REFERENCE.error_signals, error_signals):
        with pytest.raises(InvalidInput, match=message):
            call(**given)


EXPECTED_RIDGE = r"expected a finite number, 0 or above\.$"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ridge": -1e-9}, f"ridge is -1e-09; {EXPECTED_RIDGE}"),
        ({"ridge": NAN}, f"ridge is nan; {EXPECTED_RIDGE}"),
        ({"ridge": "1"}, f"ridge is '1'; {EXPECTED_RIDGE}"),
        ({"errors": Y[:4]}, r"the shape of errors is \(4, 2\); expected \(5, at least 1\)"),
        ({"estimates": X[:0], "errors": Y[:0]}, r"the shape of estimates is \(0, 3\)"),
        ({"estimates": spoilt(X, NAN)}, r"estimates\[1, 0\] is nan"),
        ({"errors": spoilt(Y, INF)}, r"errors\[1, 0\] is inf"),
        ({"estimates": X.int()}, "the dtype of estimates is torch.int32"),
        ({"errors": Y.half()}, "the dtype of errors is torch.float16; expected torch.float64"),
    ],
)
def test_fits_reject(change, message):
    given = {"estimates": X, "errors": Y, "ridge": 0.0} | change
    for call in (REFERENCE.fit_feedback, fit_feedback):
        with pytest.raises(InvalidInput, match=message):
            call(**given)


def test_sums_of_other_shapes_do_not_add():
    with pytest.raises(InvalidInput, match=r"the shape of the added S is \(3, 2\); expected \(2, 3\)"):
        Sums.of(X, Y) + Sums.of(Y, X)
    with pytest.raises(TypeError):
        Sums.of(X, Y) + 1
    with pytest.raises(InvalidInput, match="ridge is inf"):
        Sums.of(X, Y).solve(INF)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"S": X.T.float()}, r"the dtype of S is torch\.float32; expected torch\.float64"),
        ({"S": X[:0]}, r"the shape of S is \(0, 3\); expected \(at least 1, at least 1\)"),
        ({"Q": torch.eye(3)}, r"the dtype of Q is torch\.float32; expected torch\.float64"),
        ({"Q": X[:3, :2]}, r"the shape of Q is \(3, 2\); expected \(3, 3\)"),
        ({"Q": X[:2]}, r"the shape of Q is \(2, 3\); expected \(3, 3\)"),
        ({"Q": spoilt(X[:3], NAN)}, r"Q\[1, 0\] is nan; expected a finite number"),
        ({"Q": torch.eye(3).double().to("meta")}, "the device of Q is meta; expected cpu"),
        ({"count": 0}, "count is 0; expected an integer with 1 <= count"),
        ({"count": 1.0}, "count is 1.0; expected an integer with 1 <= count"),
    ],
)
def test_sums_reject(change, message):
    given = {"S": X.T, "Q": torch.eye(3).double(), "count": 1}
    assert Sums(**given).count == 1
    with pytest.raises(InvalidInput, match=f"^{message}\\.$"):
        Sums(**given | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"family": "cauchy"}, "family is 'cauchy'; expected one of gaussian,"),
        ({"seed": -1}, "seed is -1; expected an integer with 0 <= seed < 4294967296"),
        ({"seed": 2**32}, "seed is 4294967296; expected an integer with 0 <= seed < 4294967296"),
        ({"seed": 0.5}, "seed is 0.5; expected an integer"),
        ({"draws": 0}, r"draws is 0; expected an integer with 1 <= draws\.$"),
        ({"sizes": [3, 0]}, r"sizes\[1\] is 0; expected an integer with 1 <= sizes\[1\]"),
        ({"sizes": []}, "the length of sizes is 0; expected at least 1"),
        ({"sizes": 3}, "sizes is int; expected a list or a tuple"),
    ],
)
def test_noise_rejects(change, message):
    given = {"sizes": [3], "draws": 2, "family": "gaussian", "seed": 0} | change
    for call in (REFERENCE.draw_noise, draw_noise):
        with pytest.raises(InvalidInput, match=message):
            call(**given)


def test_noise_of_no_float_is_rejected():
    with pytest.raises(
        InvalidInput, match=r"dtype is torch.float16; expected torch.float32 or torch.float64"
    ):
        draw_noise([3], 2, dtype=torch.float16)
    with pytest.raises(InvalidInput, match="family is 'uniform'; expected one of rademacher, skewed"):
        atoms("uniform")


def test_the_reference_asks_for_float64_where_the_functions_do_not():
    x, y, xi = X.float(), Y.float(), [XI[0].float()]
    assert gradient_estimates(SINGLE, x, y, xi, 0.1)[0].dtype == torch.float32
    for call in (
        lambda: REFERENCE.gradient_estimates(SINGLE, x, y, xi, 0.1),
        lambda: REFERENCE.error_signals(SINGLE, [B[0].float()], x, y, "FA"),
        lambda: REFERENCE.fit_feedback(x, y),
    ):
        with pytest.raises(InvalidInput, match=r"is torch.float32; expected torch.float64"):
            call()
