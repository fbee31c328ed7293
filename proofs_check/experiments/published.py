"""What the paper prints of its experiments, and what its authors' public notebooks store, as data.

Every number says how it was had: ``printed`` in the paper's text or tables, ``stored`` in a notebook's output
(synthfeedback, ssdfa: the last stored versions of 2020), or ``read off`` a plot, and then by how much the
reading may be off. Where the paper's number cannot be what its code as published measures, ``unlike`` says
why: such a cell is never called reproduced. Names of methods and metrics are those of the result files; layer
2 is the lower feedback matrix, B^2, and 3 the upper one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["CELLS", "EXPERIMENTS", "Cell", "Experiment", "Value", "cells_of"]

How = Literal["printed", "stored", "read off"]
Statistic = Literal["last", "least"]


@dataclass(frozen=True)
class Value:
    """A published number: a mean over ``n`` runs with its standard ``error``, where they are known.

    ``within`` is by how much it may be off as read: half of its last digit, or what a plot lets one see.
    """

    mean: float
    how: How
    within: float
    error: float | None = None
    n: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Cell:
    """One number that was published, and what would be the same here.

    ``metric`` of ``label`` at the end of a run, or the "least" over it; of a difference, ``label`` minus
    ``than``. It is from ``data``, after ``updates``. ``modes`` are those of ours that are meant by it: what
    the "text" says, what the "code" does.
    """

    experiment: str
    quantity: str
    name: str
    label: str
    metric: str
    unit: str
    data: str
    updates: int
    paper: Value | None = None
    authors: Value | None = None
    statistic: Statistic = "last"
    than: str = ""
    unlike: str = ""
    modes: tuple[str, ...] = ("text", "code")

    @property
    def value(self) -> Value | None:
        """What ours is held against: the paper's number, or where it prints none, its authors'."""
        return self.paper or self.authors


@dataclass(frozen=True)
class Experiment:
    """An experiment of the paper: a row of the ledger. ``says`` is what the paper concludes from it."""

    id: str
    title: str
    source: str
    network: str
    says: str


EXPERIMENTS = (
    Experiment(
        "fig2",
        "Figure 2: weights and feedback of a small network learn together",
        "Section 4.1, Figure 2, C.1",
        "784-50-20-10, sigmoid, squared error, MNIST, 2,001 x 1,000 updates of 32",
        "Feedback learned by node perturbation while the weights learn comes nearer to them than that of "
        "feedback alignment, and the test error is near that of backpropagation.",
    ),
    Experiment(
        "fig3",
        "Figure 3: an autoencoder with a bottleneck of two units",
        "Section 4.2, Figure 3, C.2",
        "784-200-2-200-784, tanh, identity, tanh, relu, MNIST, 1,001 x 1,000 updates of 32",
        "Behind a bottleneck feedback alignment fails, and node perturbation does better than "
        "backpropagation.",
    ),
    Experiment(
        "fig4",
        "Figure 4: feedback is learned while weights stand still",
        "Appendix B, Figure 4, C.3",
        "784-50-20-10 and 784-N-50-10, sigmoid, squared error, MNIST, 1,001 x 1,000 updates of 32",
        "Feedback comes to the weights that stand still, at any noise level: the upper matrix to 0.8 %, the "
        "lower one less.",
    ),
    Experiment(
        "table1",
        "Table 1: convolutional networks on CIFAR",
        "Section 4.3, Table 1, C.4",
        "three convolutions, two layers of 2,048, CIFAR-10 and CIFAR-100, 200 epochs of 128",
        "Learned direct feedback does better than fixed, and not as well as backpropagation.",
    ),
    Experiment(
        "table2",
        "Table 2: noise, or approximating the gradient?",
        "Section 4.4, Table 2, C.5",
        "the autoencoder of Figure 3 and the convolutional network of Table 1",
        "Both the noise and the approximated gradient help the autoencoder; only the gradient helps on "
        "CIFAR.",
    ),
)

BP = "backpropagation"
FA = "feedback alignment"
NP = "node perturbation"


def _stored(mean: float, error: float | None = None, n: int | None = None, note: str = "") -> Value:
    return Value(mean, "stored", 0.005, error, n, note)


def _read(mean: float, within: float, n: int | None = None, note: str = "") -> Value:
    return Value(mean, "read off", within, None, n, note)


# Figure 2. Stored test errors; everything else read off the stored plot at epoch 2000.

SCALES = ("0.0001", "0.001", "0.01", "0.1")
NOISY = "measured with noise on the hidden units there"
LOCAL = "of one datum, folded at 90 degrees, the same synthetic error on both sides"
_FIG2_UPDATES = 2_001_000
_LOWER = {"relative error": (1.5, 0.77, 0.70, 0.78), "sign congruence": (0.74, 0.74, 0.74, 0.74)}
_UPPER = {"relative error": (0.7, 0.4, 1.15, 0.47), "sign congruence": (0.74, 0.84, 0.66, 0.83)}
_OF_FA = {"relative error": (0.9, 0.8), "sign congruence": (0.62, 0.76)}
_ERROR = (3.51, 3.51, 3.64, 15.92)


def _figure_2() -> Iterator[Cell]:
    for metric, within in (("relative error", 0.1), ("sign congruence", 0.02)):
        for layer, values in ((2, _LOWER), (3, _UPPER)):
            for c, value in zip(SCALES, values[metric], strict=True):
                yield _fig2(f"{metric} {layer}", f"{NP} {c}", "", _read(value, within, 5))
            yield _fig2(f"{metric} {layer}", FA, "", _read(_OF_FA[metric][layer - 2], within, 5))
    for layer in (2, 3):
        for c in SCALES:
            yield _fig2(f"local angle {layer}", f"{NP} {c}", "°", _read(20.0, 3.0, 5, LOCAL))
        yield _fig2(f"local angle {layer}", FA, "°", _read(46.0, 2.0, 5, LOCAL))
    for c, error in zip(SCALES, _ERROR, strict=True):
        yield _fig2("noisy test error", f"{NP} {c}", "%", _stored(error, n=5, note=NOISY))
    yield _fig2("test error", FA, "%", _stored(4.28, n=5))
    yield _fig2("test error", BP, "%", _stored(2.65, n=5))


def _fig2(metric: str, label: str, unit: str, authors: Value) -> Cell:
    return Cell(
        "fig2",
        _quantity(metric),
        label,
        label,
        metric,
        unit,
        "mnist",
        _FIG2_UPDATES,
        authors=authors,
        modes=("text", "code") if metric == "test error" else ("code",),  # the others count the bias unit in
    )


def _quantity(metric: str) -> str:
    """A metric in words."""
    layers = {"1": ", lower layer", "2": ", lower matrix", "3": ", upper matrix"}
    name, _, layer = metric.rpartition(" ")
    return f"{name}{layers[layer]}" if layer in layers else metric


# Figure 3. The figure is a plot; its final losses are the rows of Table 2a. What the text says of them is an
# order.

_AE_UPDATES = 1_001_000
_LOSS, _NOISY_LOSS = "test loss", "noisy test loss"
_BOTH, _OF_CODE = ("text", "code"), ("code",)

_AUTOENCODER: tuple[tuple[str, str, Value, Value, str, tuple[str, ...]], ...] = (
    (BP, "BP (SGD)", Value(609.8, "printed", 0.05, 14.4), _stored(609.84, 14.35, 3), _LOSS, _BOTH),
    (
        f"{BP} + noise",
        "BP (SGD) + noise",
        Value(536.8, "printed", 0.05, 2.1),
        _stored(536.81, 2.06, 3, "its rate is 7.5 times that of the row without noise"),
        _NOISY_LOSS,
        _OF_CODE,
    ),
    (
        "adam",
        "BP (Adam)",
        Value(533.3, "printed", 0.05, 2.2),
        _stored(538.25, 1.89, 3, "533.30 of one run before"),
        _LOSS,
        _BOTH,
    ),
    (
        "adam + noise",
        "BP (Adam) + noise",
        Value(522.3, "printed", 0.05, 0.4),
        _stored(522.25, 0.39, 3),
        _NOISY_LOSS,
        _OF_CODE,
    ),
    (FA, "FA", Value(759.1, "printed", 0.05, 3.3), _stored(759.17, 3.29, 3), _LOSS, _BOTH),
    (
        f"{FA} + noise",
        "FA + noise",
        Value(768.2, "printed", 0.05, 2.7),
        _stored(768.17, 2.69, 3, "its rate is a fourteenth of that of the row without noise"),
        _LOSS,
        _OF_CODE,
    ),
    (
        "denoising",
        "DAE",
        Value(539.8, "printed", 0.05, 4.9),
        _stored(539.82, 4.90, 10),
        _NOISY_LOSS,
        _OF_CODE,
    ),
    (NP, "NP", Value(515.3, "printed", 0.05, 4.1), _stored(515.30, 4.11, 3), _LOSS, _OF_CODE),
    (
        "synthetic gradients",
        "SG",
        Value(521.6, "printed", 0.05, 2.3),
        _stored(512.73, 4.82, 3, "521.58 of one run before"),
        _LOSS,
        _OF_CODE,
    ),
    (
        "matched",
        "matched",
        Value(615.0, "printed", 0.05, 0.4),
        _stored(643.38, 5.38, 3, "615.04 of one run before"),
        _LOSS,
        _OF_CODE,
    ),
    (
        "matched + noise",
        "matched + noise",
        Value(629.9, "printed", 0.05, 1.1),
        _stored(625.23, 0.92, 3),
        _NOISY_LOSS,
        _OF_CODE,
    ),
)
"""Label, name, both numbers, metric, modes. In the code, NP, SG and matched have 50 hidden units, the others
200; of BP, Adam, matched and DAE with noise the test loss is measured with it.
"""


def _figure_3() -> Iterator[Cell]:
    """What the text says in section 4.2, as differences to backpropagation."""
    means = {label: (paper.mean, authors.mean) for label, _, paper, authors, *_ in _AUTOENCODER}
    for label, name in ((NP, "NP below BP"), (FA, "FA above BP"), ("denoising", "DAE below BP")):
        (paper, authors), (paper_bp, authors_bp) = means[label], means[BP]
        yield Cell(
            "fig3",
            "test loss of 32 images, difference to BP",
            name,
            label,
            _LOSS,
            "",
            "mnist",
            _AE_UPDATES,
            Value(round(paper - paper_bp, 1), "printed", 0.05, note="from Table 2a"),
            Value(round(authors - authors_bp, 2), "stored", 0.005),
            "least",
            than=BP,
        )


# Figure 4. The paper prints one number; the others are read off the stored plot at epoch 1000.

_FIG4_SCALES = ("0.001", "0.01", "0.1")
_FIXED_UPDATES = 1_000_000
_WIDTHS = (30, 100, 300, 1000)
_WIDE = "the script that made the stored data is not published"


def _figure_4() -> Iterator[Cell]:
    upper = {"0.001": 0.04, "0.01": 0.005, "0.1": 0.04}
    for c in _FIG4_SCALES:
        printed = Value(0.008, "printed", 0.0005, note="c is not said") if c == "0.01" else None
        yield _fig4("relative error 2", f"{NP} {c}", "", _read(0.63, 0.05, 3))
        yield _fig4("relative error 3", f"{NP} {c}", "", _read(upper[c], upper[c] / 4, 3), printed)
        yield _fig4("local angle 2", f"{NP} {c}", "°", _read(1.15, 0.3, 3, LOCAL))
        yield _fig4("local angle 3", f"{NP} {c}", "°", _read(0.2, 0.1, 3, LOCAL))
        yield _fig4("sign congruence 2", f"{NP} {c}", "", _read(0.82, 0.02, 3))
        yield _fig4("sign congruence 3", f"{NP} {c}", "", _read(0.995, 0.005, 3))
    for width, error, angle in zip(_WIDTHS, (1.5, 2.1, 3.6, 6.0), (1.2, 2.0, 3.5, 7.0), strict=True):
        yield _fig4("relative error 2", f"{NP}, {width} units", "", _read(error, error / 8, 3), unlike=_WIDE)
        yield _fig4(
            "local angle 2", f"{NP}, {width} units", "°", _read(angle, angle / 8, 3, LOCAL), unlike=_WIDE
        )


def _fig4(
    metric: str, label: str, unit: str, authors: Value, paper: Value | None = None, unlike: str = ""
) -> Cell:
    return Cell(
        "fig4",
        _quantity(metric),
        label,
        label,
        metric,
        unit,
        "mnist",
        _FIXED_UPDATES,
        paper,
        authors,
        unlike=unlike,
        modes=_OF_CODE,  # the bias unit is counted in
    )


# Table 1, and Table 2b. In percent.

_UNTRACED = "the published code does not make this number: its feedback pairs are shifted by one layer"
_CIFAR_UPDATES = 200 * 390
_DIRECT = "direct feedback alignment"
_CIFAR: tuple[tuple[str, str, Value, Value | None], ...] = (
    (BP, "cifar10", Value(76.9, "printed", 0.05, 0.1, 5), None),
    (NP, "cifar10", Value(74.8, "printed", 0.05, 0.2, 5), _stored(75.14, n=1, note="the best of 44 draws")),
    (_DIRECT, "cifar10", Value(72.4, "printed", 0.05, 0.2, 5), _stored(72.60, n=1)),
    (BP, "cifar100", Value(51.2, "printed", 0.05, 0.1, 5), None),
    (NP, "cifar100", Value(48.1, "printed", 0.05, 0.2, 5), None),
    (_DIRECT, "cifar100", Value(47.3, "printed", 0.05, 0.1, 5), None),
)


def _table_1() -> Iterator[Cell]:
    for label, data, paper, authors in _CIFAR:
        unlike = _UNTRACED if label == NP else ""
        yield _cnn("table1", label, label, data, paper, authors, unlike)
    for label, than in ((NP, _DIRECT), (BP, NP)):
        for data in ("cifar10", "cifar100"):
            means = {one: value.mean for one, where, value, _ in _CIFAR if where == data}
            gap = Value(round(means[label] - means[than], 1), "printed", 0.05)
            short = {BP: "BP", NP: "NP", _DIRECT: "DFA"}
            yield _cnn("table1", f"{short[label]} above {short[than]}", label, data, gap, than=than)


def _cnn(
    experiment: str,
    name: str,
    label: str,
    data: str,
    paper: Value,
    authors: Value | None = None,
    unlike: str = "",
    than: str = "",
) -> Cell:
    quantity = f"test accuracy, {data}" + (", difference" if than else "")
    return Cell(
        experiment,
        quantity,
        name,
        label,
        "test accuracy",
        "%",
        data,
        _CIFAR_UPDATES,
        paper,
        authors,
        than=than,
        unlike=unlike,
    )


def _table_2() -> Iterator[Cell]:
    for label, name, paper, authors, metric, modes in _AUTOENCODER:
        yield Cell(
            "table2",
            "test loss of 32 images, least over a run",
            name,
            label,
            metric,
            "",
            "mnist",
            _AE_UPDATES,
            paper,
            authors,
            "least",
            modes=modes,
        )
    quiet = "as committed, training runs without the noise that the row is about"
    for label, name, mean, error, unlike in (
        (BP, "BP", 76.9, 0.1, ""),
        (f"{BP} noise", "BP + noise", 76.8, 0.2, quiet),
        (_DIRECT, "DFA", 72.3, 0.1, ""),
        (f"{_DIRECT} noise", "DFA + noise", 72.4, 0.2, quiet),
        (NP, "NP", 74.8, 0.2, _UNTRACED),
        ("synthetic gradients", "SG", 75.3, 0.3, "as committed, its feedback is never updated"),
    ):
        paper = Value(mean, "printed", 0.05, error, 5)
        yield _cnn("table2", name, label, "cifar10", paper, unlike=unlike)


CELLS: tuple[Cell, ...] = (*_figure_2(), *_figure_3(), *_figure_4(), *_table_1(), *_table_2())
"""Every published number, in the order of the experiments."""


def cells_of(experiment: str) -> tuple[Cell, ...]:
    """Those of one experiment, by its id."""
    return tuple(cell for cell in CELLS if cell.experiment == experiment)
