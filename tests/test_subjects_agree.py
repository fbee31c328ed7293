"""The three correct subjects give the same answers; every planted bug gives at least one other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from impl.reference import Reference
from tests.numpy_subject import NumpySubject
from tests.planted_bugs import BUGS, Correct
from tests.planted_bugs.base import activate

pytestmark = pytest.mark.definition

ACTIVATIONS, LOSSES, FAMILIES = (NumpySubject.supports[key] for key in ("activations", "losses", "noise"))
CORRECT = (Correct, NumpySubject, Reference)
Subject = Correct | NumpySubject | Reference

ROUNDOFF = 1e-10
"""The largest difference, relative to the largest entry, between two correct answers: float64 differences
of losses at c = 1e-3 and condition numbers up to 1e5 leave about 1e-11."""


@dataclass(frozen=True)
class Example:
    weights: tuple[Tensor, ...]
    activations: tuple[str, ...]
    loss: str


def gaussian(seed: int, *shape: int) -> Tensor:
    return torch.from_numpy(np.random.default_rng([seed, *shape]).standard_normal(shape))


def example(widths: Sequence[int], activation: str, loss: str, seed: int) -> Example:
    """A random network whose output is curved too, unless the loss forbids it."""
    shapes = zip(widths[1:], widths, strict=False)
    weights = tuple(gaussian(seed + k, *shape) for k, shape in enumerate(shapes))
    hidden = (activation,) * (len(weights) - 1)
    return Example(weights, (*hidden, "identity" if loss == "cross_entropy" else activation), loss)


def examples() -> list[Example]:
    """Every activation with every loss; the same shapes twice in a row, with all widths equal and not."""
    shapes = ((2, 3, 2), (3, 4, 2, 3), (3, 3, 3, 3))
    mixed = example((3, 4, 2, 3), "tanh", "mse", 90)
    return [
        *(
            example(widths, activation, loss, seed)
            for widths in shapes
            for activation in ACTIVATIONS
            for loss in LOSSES
            for seed in (10, 20)
        ),
        Example(mixed.weights, ("sigmoid", "softplus", "tanh"), "mse"),
    ]


EXAMPLES = examples()


def batch(network: Example, seed: int, rows: int = 5) -> tuple[Tensor, Tensor, list[Tensor]]:
    """x, y (not normalised: every loss is defined for any target) and noise."""
    x = gaussian(seed, rows, network.weights[0].shape[1])
    y = gaussian(seed + 1, rows, network.weights[-1].shape[0])
    return x, y, [gaussian(seed + 2 + k, rows, len(weight)) for k, weight in enumerate(network.weights[:-1])]


def feedback(network: Example, rule: str, seed: int) -> list[Tensor]:
    outputs = len(network.weights[-1])
    return [
        gaussian(seed + k, len(weight) if rule == "FA" else outputs, weight.shape[1])
        for k, weight in enumerate(network.weights[1:])
    ]


def estimates_and_signals(subject: Subject, network: Example) -> Iterator[Tensor]:
    """Answers of one subject object to calls in a fixed order."""
    for seed, c in ((100, 0.3), (200, 1e-3)):
        x, y, noise = batch(network, seed)
        yield from subject.gradient_estimates(network, x, y, noise, c)
        for rule in ("FA", "DFA"):
            yield from subject.error_signals(network, feedback(network, rule, seed), x, y, rule)


def fits(subject: Subject) -> Iterator[Tensor]:
    """Odd and even numbers of rows, square and not, ill-conditioned and singular, with and without ridge."""
    for rows, n, q in ((7, 3, 2), (8, 2, 3), (9, 3, 3), (10, 3, 3)):
        estimates, errors = 1.0 + gaussian(1, rows, n), 0.5 + gaussian(2, rows, q)
        singular = errors.clone()
        singular[:, -1] = singular[:, 0]
        uneven = errors * torch.logspace(0, -2.3, q, dtype=torch.float64)
        for case in (errors, singular, uneven):
            for ridge in (0.0, 0.3, 7.0):
                yield subject.fit_feedback(estimates, case, ridge)


def draws(subject: Subject) -> Iterator[Tensor]:
    for family in FAMILIES:
        for seed in (0, 1, 2**16, 0):
            yield from subject.draw_noise((3, 2, 4), 5001, family, seed)


def deviation(answer: Tensor, expected: Tensor) -> float:
    """The largest difference relative to the largest entry; infinite where the answer is not a number."""
    assert answer.shape == expected.shape
    assert answer.dtype == torch.float64
    difference = float((answer - expected).abs().max()) / max(1.0, float(expected.abs().max()))
    return difference if difference == difference else torch.inf


@pytest.mark.parametrize("subject_class", [NumpySubject, Reference])
def test_correct_subjects_agree_on_estimates_and_signals(
    subject_class: type[NumpySubject | Reference],
) -> None:
    subject, correct = subject_class(), Correct()
    for network in EXAMPLES:
        pairs = zip(
            estimates_and_signals(subject, network), estimates_and_signals(correct, network), strict=True
        )
        assert max(deviation(answer, expected) for answer, expected in pairs) <= ROUNDOFF, network


@pytest.mark.parametrize("subject_class", [NumpySubject, Reference])
def test_correct_subjects_agree_on_the_fit(subject_class: type[NumpySubject | Reference]) -> None:
    pairs = zip(fits(subject_class()), fits(Correct()), strict=True)
    assert max(deviation(answer, expected) for answer, expected in pairs) <= ROUNDOFF


@pytest.mark.parametrize("subject_class", CORRECT)
@pytest.mark.parametrize("loss", LOSSES)
def test_signals_through_the_true_weights_are_the_gradient(subject_class: type[Subject], loss: str) -> None:
    network = example((3, 4, 2, 3), "tanh", loss, 30)
    x, y, _ = batch(network, 300)
    h, inputs = x, []
    for weight, activation in zip(network.weights, network.activations, strict=True):
        inputs.append((h @ weight.T).requires_grad_())
        h = activate(activation, inputs[-1])
    gradients = torch.autograd.grad(Correct().losses(loss, h, y).sum(), inputs)
    signals = subject_class().error_signals(network, list(network.weights[1:]), x, y, "FA")
    for signal, gradient in zip(signals, gradients, strict=True):
        assert deviation(signal, gradient) <= 1e-13


@pytest.mark.parametrize("subject_class", CORRECT)
def test_the_fit_of_a_singular_problem_is_the_pseudo_inverse_of_the_samples(
    subject_class: type[Subject],
) -> None:
    errors = gaussian(1, 9, 2) @ gaussian(2, 2, 4)
    estimates = gaussian(3, 9, 3)
    fitted = subject_class().fit_feedback(estimates, errors)
    assert deviation(fitted, torch.linalg.pinv(errors) @ estimates) <= 1e-12


@pytest.mark.parametrize("subject_class", CORRECT)
def test_without_any_signal_the_fit_is_zero(subject_class: type[Subject]) -> None:
    fitted = subject_class().fit_feedback(gaussian(1, 5, 3), torch.zeros(5, 2, dtype=torch.float64))
    assert torch.equal(fitted, torch.zeros(2, 3, dtype=torch.float64))


@pytest.mark.parametrize("subject_class", CORRECT)
@pytest.mark.parametrize(
    ("family", "third", "fourth"),
    [("gaussian", 0.0, 3.0), ("rademacher", 0.0, 1.0), ("uniform", 0.0, 1.8), ("skewed", 1.5, 3.25)],
)
def test_noise_has_the_moments_of_its_family(
    subject_class: type[Subject], family: str, third: float, fourth: float
) -> None:
    noise = torch.cat([layer.flatten() for layer in subject_class().draw_noise((3, 5), 25_000, family, 4)])
    for power, moment in ((1, 0.0), (2, 1.0), (3, third), (4, fourth)):
        powers = noise**power
        standard_error = float(powers.std()) / len(noise) ** 0.5
        assert abs(float(powers.mean()) - moment) <= 4.5 * standard_error + 1e-12


@pytest.mark.parametrize("subject_class", CORRECT)
def test_noise_is_a_function_of_its_arguments_and_differs_between_layers_and_seeds(
    subject_class: type[Subject],
) -> None:
    def layers(subject: Subject) -> list[tuple[float, ...]]:
        seeds = (0, 1, 2**16, 2**32 - 1)
        drawn = [layer for seed in seeds for layer in subject.draw_noise((6, 6), 4, "gaussian", seed)]
        return [tuple(layer.flatten().tolist()) for layer in drawn]

    subject = subject_class()
    assert layers(subject) == layers(subject) == layers(subject_class())
    assert len(set(layers(subject))) == 8


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_no_correct_subject(bug: type[Correct]) -> None:
    def answers(subject: Correct) -> Iterator[Tensor]:
        for network in EXAMPLES:
            yield from estimates_and_signals(subject, network)
        yield from draws(subject)
        yield from fits(subject)

    pairs = zip(answers(bug()), answers(Correct()), strict=True)
    try:
        different = any(deviation(answer, expected) > 10 * ROUNDOFF for answer, expected in pairs)
    except RuntimeError:  # a matrix found to be singular
        different = True
    assert different


def test_every_planted_bug_states_its_mistake_and_the_claims_that_reject_it() -> None:
    for bug in BUGS:
        assert bug.expected
        assert bug.__doc__
        assert bug.__doc__.count("\n") == 0
        assert bug.name == bug.__name__
    assert len({bug.name for bug in BUGS}) == len(BUGS) >= 24
