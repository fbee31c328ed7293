"""Feedback matrices that `theory` computes, written down for Coq to certify: the text of Bridge.v.

    python -m proofs_check.formal.bridge > proofs_check/formal/Bridge.v

Every instance becomes a Coq theorem: the fit of Definitions.v, on this network, these data, this noise and
this c, is this matrix of rationals. Coq proves it by running the programs of Computation.v. Layers are
counted from the top there, so lists are reversed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from theory.exact.designs import Design, factorial, fold_over
from theory.exact.network import ExactNetwork, Matrix, error_signals
from theory.exact.noise_laws import SKEWED
from theory.exact.population import Problem, limit

Rows = Sequence[Sequence[Fraction]]

ACTIVATIONS = {"identity": "Identity", "relu": "Relu"}
LOSSES = {"mse": "Mse", "quartic": "Quartic"}


@dataclass(frozen=True)
class Case:
    """A network (weights W^1 … W^{N+1}), its data as rows, a noise design, and c."""

    name: str
    weights: Sequence[Rows]
    activations: Sequence[str]
    loss: str
    x: Rows
    y: Rows
    design: Design
    c: Fraction

    @cached_property
    def problem(self) -> Problem:
        """The same for `theory`."""
        return Problem(ExactNetwork.of(self.weights, self.activations, self.loss), self.x, self.y)

    @property
    def hidden(self) -> int:
        """The number of hidden layers N."""
        return len(self.weights) - 1

    @cached_property
    def feedback(self) -> list[Matrix]:
        """B̂^2 … B̂^{N+1} at c, exact: what is to be certified."""
        return limit(self.problem, self.design, self.c)

    @cached_property
    def inverses(self) -> list[Matrix]:
        """(E ẽẽᵀ)⁻¹ of the layers 2 … N+1."""
        problem = self.problem
        signals = error_signals(problem.network, self.feedback, problem.clean, problem.targets)[1:]
        return [(signal * signal.transpose() / len(self.x)).inv() for signal in signals]

    def noise(self) -> list[list[list[Fraction]]]:
        """The atoms, cut into the hidden layers 1 … N."""
        return [self._by_layer(atom) for atom in self.design.values]

    def _by_layer(self, atom: Sequence[Fraction]) -> list[list[Fraction]]:
        widths = self.problem.network.widths[1:-1]
        ends = [sum(widths[: k + 1]) for k in range(len(widths))]
        return [list(atom[end - width : end]) for width, end in zip(widths, ends, strict=True)]


def integers(rows: Iterable[Sequence[int]], denominator: int = 1) -> list[list[Fraction]]:
    """A matrix of fractions with a common denominator."""
    return [[Fraction(value, denominator) for value in row] for row in rows]


def cases() -> list[Case]:
    """The instances of Bridge.v: a linear one and two rectified ones, with two and three hidden layers."""
    data = integers([[1, 2], [-1, 1], [2, -1]])
    targets = integers([[1, 0], [0, 1], [-1, 1]])
    w1, w2, w3 = integers([[1, 1], [-1, 2]]), integers([[2, 1], [1, -1]]), integers([[1, -1], [1, 2]], 2)
    plus = integers([[1, 1], [1, 2]])
    return [
        Case(
            "linear", [w1, w2, w3], ["identity"] * 3, "quartic", data, targets, fold_over(4), Fraction(1, 2)
        ),
        Case(
            "rectified",
            [w1, plus, w3],
            ["relu", "relu", "identity"],
            "mse",
            data,
            targets,
            factorial(SKEWED, 4),
            Fraction(1, 3),
        ),
        Case(
            "deep",
            [w1, plus, integers([[2, -1], [1, 1]]), integers([[1, 1], [-1, 1], [1, 0]], 2)],
            ["relu", "relu", "relu", "identity"],
            "mse",
            data,
            integers([[1, 0, 1], [0, 1, -1], [-1, 1, 2]]),
            fold_over(6),
            Fraction(1, 4),
        ),
    ]


def number(value: object) -> str:
    """A rational as Coq's Q."""
    fraction = Fraction(str(value))
    return f"({fraction.numerator}#{fraction.denominator})%Q"


def nested(values: object) -> str:
    """Nested lists of rationals as Coq's lists."""
    if isinstance(values, list | tuple):
        return "[:: " + "; ".join(nested(value) for value in values) + "]" if values else "[::]"
    return number(values)


def from_the_top(layers: Sequence[object]) -> list[object]:
    """Layers in Coq's order, the output first."""
    return list(reversed(layers))


def listed(matrices: Sequence[Matrix]) -> list[object]:
    """Flint matrices as nested lists, the top layer first."""
    return from_the_top([matrix.tolist() for matrix in matrices])


def module(case: Case) -> str:
    """The Coq module of an instance."""
    network, atoms = case.problem.network, case.noise()
    kinds = "; ".join(ACTIVATIONS[name] for name in reversed(case.activations))
    widths = "; ".join(map(str, reversed(network.widths)))
    definitions: list[tuple[str, str]] = [
        ("x", f"at2 {nested(case.x)}"),
        ("y", f"at2 {nested(case.y)}"),
        ("w", f"at1 {nested([Fraction(1, len(case.x))] * len(case.x))}"),
        ("xi", f"at3 {nested([[[], *from_the_top(atom)] for atom in atoms])}"),
        ("p", f"at1 {nested(case.design.probabilities)}"),
        ("c", number(case.c)),
        ("c_inv", number(1 / case.c)),
        ("B", f"at3 {nested(listed(case.feedback))}"),
        ("inverse", f"at3 {nested(listed(case.inverses))}"),
    ]
    name = case.name.capitalize()
    lines = [
        f"Module {name}.",
        "Definition r := {|",
        f"  r_hidden := {case.hidden};",
        f"  r_width := nth 0 [:: {widths}];",
        f"  r_weight := at3 {nested(listed(network.weights))};",
        f"  r_act := nth Identity [:: {kinds}];",
        f"  r_loss := {LOSSES[case.loss]} |}}.",
        *(f"Definition {key} := {value}." for key, value in definitions),
        "Lemma c_invE : Qeq (Qmult c c_inv) q1. Proof. reflexivity. Qed.",
        f"Lemma checked : certified r {len(case.x)} {len(atoms)} x y w xi p c c_inv B inverse.",
        "Proof. vm_compute. reflexivity. Qed.",
        f"Theorem fit_is (F : realFieldType) k : k < {case.hidden} ->",
        f"  computed_fit F r {len(case.x)} {len(atoms)} x y w xi p c k =",
        "  mat F (r_width r k) (r_width r k.+1) (B k).",
        "Proof. exact: (certified_fit F c_invE checked). Qed.",
        f"End {name}.",
    ]
    return "\n".join(lines)


HEADER = """(** * Matrices that `theory` computed, certified

    Written by `python -m proofs_check.formal.bridge`; a test compares.  Each
    theorem [fit_is] says: the fit of Definitions.v on this instance is the
    matrix [B], for every ordered field (the real numbers among them). *)

From mathcomp Require Import all_ssreflect all_algebra.
From Coq Require Import QArith.
From Feedback Require Import Definitions Computation.

Local Close Scope Q_scope.
Local Open Scope nat_scope.
"""


def text(instances: Iterable[Case], render: Callable[[Case], str] = module) -> str:
    """A Coq file that certifies the instances."""
    return HEADER + "".join(f"\n{render(case)}\n" for case in instances)


if __name__ == "__main__":
    sys.stdout.write(text(cases()))
