r"""The bias of the estimator has an explicit bound: the repaired eq. (11).

For independent coordinates, Taylor's formula to third order in the unit's own noise gives F_j, the term of
kappa_3 and a remainder of at most c^2 kappa_4/6 sup|F_jjj|; then the noise of the other units is taken out of
F_j one by one, at c^2/2 sup|F_jkk| each. Third derivatives are all it takes, on the box that the noise can
reach: no series, and nothing infinite for tanh.

Where all layers above the first hidden one are linear up to the output, F(z) = sum_a phi_a(a_a + sum_i (A^i
z^i)_a), so |F_jkk| <= sum_a |A_aj| A_ak^2 sup|phi_a'''|. For squared error and the quartic loss behind an
identity, tanh or sigmoid output, and for logcosh behind an identity, phi_a''' is a polynomial, in the
argument or in its tanh or sigmoid, and its supremum is exact. Other networks are not claimed.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy
from flint import arb, fmpq, fmpq_poly

from theory.exact.derivative_bounds import RANGES, derivative, evaluate, supremum
from theory.exact.designs import factorial
from theory.exact.network import ACTIVATIONS, ExactNetwork, Matrix, Real, Scalar, rational
from theory.exact.noise_laws import NoiseLaw
from theory.exact.population import Problem, by_layer
from theory.results.assumptions import IDENTICAL, INDEPENDENT, THIRD
from theory.results.confinement import downstream_maps
from theory.results.statement import Statement


@dataclass(frozen=True)
class Curve:
    """phi'' and phi''' of one output and datum, as polynomials in t(s - shift), t an activation."""

    variable: str
    shift: fmpq
    second: fmpq_poly
    third: fmpq_poly

    def curvature(self, argument: Scalar) -> Scalar:
        """phi''(s)."""
        return evaluate(self.second, ACTIVATIONS[self.variable](argument - arb(self.shift)))

    def largest_third(self, low: Scalar | None, high: Scalar | None) -> Scalar:
        """A ball around max |phi'''(s)| for low <= s <= high, or for all s where these are None.

        Raises ``ValueError`` where there is none: a polynomial in s itself, of positive degree, for all s.
        """
        if low is None or high is None:
            if self.variable not in RANGES and self.third.degree() > 0:
                raise ValueError("the noise is unbounded, and so is the third derivative of this loss.")
            ends = tuple(map(arb, RANGES.get(self.variable, (0, 0))))
        else:
            function = ACTIVATIONS[self.variable]  # increasing
            ends = (function(low - arb(self.shift)), function(high - arb(self.shift)))
        return supremum(self.third, *ends)


def covered(network: ExactNetwork) -> bool:
    """Whether the bound is proved for this network: see the head of this module."""
    *hidden, output = network.activations[1:]
    losses = {"mse", "quartic"} if output in {"tanh", "sigmoid"} else {"mse", "quartic", "logcosh"}
    return (
        all(name == "identity" for name in hidden)
        and output in {"identity", "tanh", "sigmoid"}
        and network.loss in losses
    )


def curve(output: str, loss: str, target: fmpq) -> Curve:
    """phi(s) = loss of (output(s) - target)."""
    if loss == "logcosh":  # phi' = tanh(s - target)
        slope = fmpq_poly([0, 1])
        return Curve("tanh", target, derivative(slope, "tanh"), derivative(slope, "tanh", 2))
    residual = fmpq_poly([-target, 1])
    value = residual**2 / 2 if loss == "mse" else residual**4 / 4
    return Curve(output, fmpq(0), derivative(value, output, 2), derivative(value, output, 3))


def remainder_bounds(problem: Problem, law: NoiseLaw, c: Real) -> list[Matrix]:
    """The bound c^2 [kappa_4/6 M_jjj + 1/2 sum_{k != j} M_jkk] for every unit and datum, n_i x M of balls.

    It bounds |E lambda_hat_j - F_j - c kappa_3/2 E F_jj(0_j, c xi)| for independent coordinates of ``law``;
    the M are suprema over c times its atoms' hull, or over everything where it has no atoms. Raises
    ``ValueError`` for networks that are not `covered`.
    """
    problem = _in_balls(problem)
    step, kappa4, ends = arb(rational(c)), _ball(law.kappa4), _ends(law)
    units = _units(problem)
    columns = []
    for t, curves in enumerate(_curves(problem)):
        largest = []
        for a, phi in enumerate(curves):
            centre, weights = problem.clean.pre_activations[-1][a, t], [unit[a] for unit in units]
            reach = (None, None) if ends is None else _reach(centre, weights, ends, step)
            largest.append(phi.largest_third(*reach))
        columns.append([step**2 * _bound(unit, units, largest, kappa4) for unit in units])
    return by_layer(problem.network, columns)


def curvature_terms(problem: Problem, law: NoiseLaw, c: Real) -> list[Matrix]:
    """c kappa_3/2 E F_jj(0_j, c xi_{-j}) for every unit and datum, n_i x M of balls: the part of the bias
    that is known. The noise of the other units is enumerated, so ``law`` has finitely many atoms unless
    kappa_3 = 0.
    """
    problem = _in_balls(problem)
    units, step, kappa3 = _units(problem), arb(rational(c)), _ball(law.kappa3)
    if law.kappa3 == 0:
        return by_layer(problem.network, [[arb(0)] * len(units) for _ in problem.x])
    design = factorial(law, len(units) - 1) if len(units) > 1 else None
    atoms = design.atoms(exact=False) if design else [[]]
    weights = [arb(rational(p)) for p in design.probabilities] if design else [arb(1)]
    columns = []
    for t, curves in enumerate(_curves(problem)):
        column = []
        for j, own in enumerate(units):
            others, total = [*units[:j], *units[j + 1 :]], arb(0)
            for a, phi in enumerate(curves):
                centre = problem.clean.pre_activations[-1][a, t]
                for weight, atom in zip(weights, atoms, strict=True):
                    moved = sum((unit[a] * v for unit, v in zip(others, atom, strict=True)), arb(0))
                    total += weight * own[a] ** 2 * phi.curvature(centre + step * moved)
            column.append(step * kappa3 / 2 * total)
        columns.append(column)
    return by_layer(problem.network, columns)


def _in_balls(problem: Problem) -> Problem:
    if not covered(problem.network):
        network = problem.network
        raise ValueError(
            f"the network has activations {network.activations} and loss {network.loss}; expected linear "
            "layers above the first, and an output and a loss for which the bound is proved."
        )
    return Problem(problem.network.as_balls(), problem.x, problem.y) if problem.network.exact else problem


def _units(problem: Problem) -> list[list[Scalar]]:
    """A_1j .. A_pj for each hidden unit j: its weight in every output."""
    return [row for above in downstream_maps(problem) for row in above.transpose().tolist()]


def _curves(problem: Problem) -> list[list[Curve]]:
    output, loss = problem.network.activations[-1], problem.network.loss
    return [[curve(output, loss, rational(target)) for target in row] for row in problem.y]


def _ends(law: NoiseLaw) -> tuple[arb, arb] | None:
    """The smallest and the largest atom; None where the law has none."""
    if law.atoms is None:
        return None
    values = sorted(value for value, _ in law.atoms)
    return _ball(values[0]), _ball(values[-1])


def _ball(value: sympy.Expr) -> arb:
    """A rational number or the root of one."""
    square = sympy.Rational(value**2)
    root = arb(fmpq(int(square.p), int(square.q))).sqrt()
    return root if value >= 0 else -root


def _reach(centre: arb, weights: list[arb], ends: tuple[arb, arb], step: arb) -> tuple[arb, arb]:
    """What the argument of an output can be, at least and at most."""
    low = high = centre
    for weight in weights:
        moves = [step * weight * end for end in ends]
        low, high = low + moves[0].min(moves[1]), high + moves[0].max(moves[1])
    return low, high


def _bound(own: list[arb], units: list[list[arb]], largest: list[arb], kappa4: arb) -> arb:
    """The sum over the outputs of |A_j| (kappa_4/6 A_j^2 + 1/2 sum_{k != j} A_k^2) sup|phi'''|."""
    total = arb(0)
    for a, size in enumerate(largest):
        others = sum((unit[a] ** 2 for unit in units), arb(0)) - own[a] ** 2
        total += size * abs(own[a]) * (kappa4 / 6 * own[a] ** 2 + others / 2)
    return total


STATEMENT = Statement(
    id="remainder",
    title="The bias of the estimator is of order c, with an explicit constant",
    source="eq. (11), appendix A",
    status="false as printed",
    latex=(
        r"\Bigl|\mathbb{E}[\hat\lambda_j\mid x,y]-F_j-\frac{c\,\kappa_3}{2}\,"
        r"\mathbb{E}F_{jj}(0_j,c\,\xi_{-j})\Bigr|\le c^2\Bigl[\frac{\kappa_4}{6}M_{jjj}"
        r"+\frac12\sum_{k\ne j}M_{jkk}\Bigr],\qquad "
        r"M_{jkk}=\sup_z\Bigl|\frac{\partial^3F}{\partial z_j\,\partial z_k^2}(z)\Bigr|"
    ),
    assumptions=(INDEPENDENT, IDENTICAL, THIRD),
    conclusion=(
        r"\mathbb{E}[\hat\lambda_j\mid x,y]=F_j+\frac{c\,\kappa_3}{2}\,"
        r"\mathbb{E}F_{jj}(0_j,c\,\xi_{-j})+O(c^2)"
    ),
    as_printed=(
        r"Under A1 and A2, $\mathcal E^N(c)\le K\sum_{m\ge2}\frac{|L^{(m)}_{Nj}|}{m!}\,"
        r"c^{m-1}(\sqrt{m+1})^{m+1}=O(c)$ for every $(x,y)$."
    ),
    repair=(
        r"The printed sum is infinite for every $c>0$ as soon as the loss has a singularity at any finite "
        r"complex distance $R$, as it has with tanh and sigmoid: its coefficients do not fall faster than "
        r"$R^{-m}$, and $(\sqrt{m+1})^{m+1}$ outgrows every power. It also takes powers of one unit's noise, "
        r"and $K$ belongs inside the power for general sub-Gaussian noise. Three derivatives and four "
        r"moments are enough; the constant is the best possible, since the leading bias can attain it."
    ),
    beyond=(
        "More than three units: that each further one repeats a step is said in words with the proof, and "
        "in no step of it; networks of up to five units are computed."
    ),
)
