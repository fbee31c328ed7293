r"""At a kink of relu the estimate averages one-sided slopes, which is not what the errors do.

A pre-activation of exactly 0 is no rare event: where a whole layer is off, everything above it is 0 in a relu
network without biases, and that on a whole region of inputs. There F is not differentiable, condition S1 of
Theorem 1 fails, and what exists is one-sided: for c > 0

    λ̂ → F'(0; ξ) ξ  as c → 0,   F'(0; ξ) = ∂L/∂ŷ · ẏ(ξ),

ẏ from a pass of (value, slope) pairs in which a unit at its kink has the slope max(u, 0), u the slope of its
pre-activation. With max(u, 0) = u/2 + |u|/2, and no unit at a kink fed by another one, u_k is linear in ξ and

    F'(0; ξ) = g·ξ + ½ Σ_k λ_k |u_k(ξ)|,   k over the units at a kink,

where g is the gradient by backpropagation with σ'(0) = 1/2 and λ_k = ∂L/∂h_k. So E λ̂ → E[ξξᵀ] g + ½ Σ_k λ_k
E[|u_k| ξ]. If ξ and -ξ have the same law the last term vanishes, as |u_k| ξ is odd: the limit is g, with 1/2
where the errors have relu'(0) = 0 by convention. Skewed noise has another limit, in which even the sign of a
weight counts. And where one unit at a kink feeds another (two relu layers above a layer that is off), u_k is
not odd in ξ: then no value of σ'(0) need give the limit, even with symmetric noise (`stacked`, `chain`).

Least squares on λ̂ with errors of the other convention then finds a B̂ other than W: `listens_to_silence`. Data
at a kink do no harm to B^{i+1} where e^{i+1} = 0. So it is in feedback alignment where a whole layer is off:
all relu layers above it then have errors 0; not in direct feedback, which fits on e^{N+1}.

A kink costs an order too: the bias at finite c is O(c), also for symmetric noise. With squared error and a
small c it is (c/2) E[|ẏ|² ξ], exactly, which is 0 by symmetry only away from kinks.

Numbers are of the network's own kind; rational ones decide every sign. Lists begin with layer 1.
"""

from __future__ import annotations

from collections.abc import Sequence

from theory.exact.designs import Design
from theory.exact.moments import mean
from theory.exact.network import (
    DERIVATIVES,
    ExactNetwork,
    Matrix,
    Real,
    Scalar,
    apply,
    hadamard,
    loss_gradient,
    rational,
)
from theory.exact.population import Problem, by_layer


def output_slopes(problem: Problem, design: Design) -> list[Matrix]:
    """ẏ(ξ), p x A for each datum: the one-sided slope of ŷ along every atom of the design.

    Raises `Undecided` where a ball straddles a kink.
    """
    network = problem.network
    offsets = by_layer(network, design.atoms(network.exact))
    result = []
    for layers in _above_the_first(problem):
        slopes = offsets[0]
        for k, values in enumerate(layers, start=1):
            name, moved = network.activations[k], (network.weights[k] * slopes).tolist()
            rows = [[_slope(name, a, u) for u in row] for a, row in zip(values, moved, strict=True)]
            slopes = type(slopes)(rows)
            if k < len(offsets):
                slopes = slopes + offsets[k]
        result.append(slopes)
    return result


def directional_slopes(problem: Problem, design: Design) -> list[list[Scalar]]:
    """F'(0; ξ) for every datum (outer list) and every atom: the limit of (L̃ - L)/c as c falls to 0."""
    outputs = problem.clean.activations[-1].transpose().tolist()
    pairs = zip(outputs, problem.targets.transpose().tolist(), strict=True)
    kind, loss = type(problem.network.weights[0]), problem.network.loss
    rows = [kind([loss_gradient(loss, z, y)]) for z, y in pairs]
    return [(row * s).entries() for row, s in zip(rows, output_slopes(problem, design), strict=True)]


def mean_limits(problem: Problem, design: Design) -> list[Matrix]:
    """E[F'(0; ξ) ξ^i | x, y] for i = 1 … N, n_i x M: the limit of E[λ̂^i | x, y] as c falls to 0, at a kink
    or not.

    `theory.exact.population.fit` of it is the limit of B̂.
    """
    return by_layer(problem.network, mean(problem, design, directional_slopes(problem, design)).tolist())


def errors(problem: Problem, at_zero: Real) -> list[Matrix]:
    """e^1 … e^{N+1} (n_i x M) by backpropagation with relu'(0) = ``at_zero``, e^i = σ'(a^i) ∘ λ^i."""
    network, clean = problem.network, problem.clean
    pairs = zip(clean.activations[-1].transpose().tolist(), problem.targets.transpose().tolist(), strict=True)
    carried = type(network.weights[0])([loss_gradient(network.loss, z, y) for z, y in pairs]).transpose()
    found: list[Matrix] = []
    for k in range(len(network.weights) - 1, -1, -1):
        slopes = apply(lambda a, k=k: _derivative(network, k, a, at_zero), clean.pre_activations[k])
        found.insert(0, hadamard(slopes, carried))
        carried = network.weights[k].transpose() * found[0]
    return found


def gradients(problem: Problem, at_zero: Real) -> list[Matrix]:
    """λ^1 … λ^N (n_i x M) by backpropagation with relu'(0) = ``at_zero``: (W^{i+1})ᵀ e^{i+1}."""
    pairs = zip(problem.network.weights[1:], errors(problem, at_zero)[1:], strict=True)
    return [weight.transpose() * error for weight, error in pairs]


def at_kinks(problem: Problem) -> list[list[list[bool]]]:
    """For every datum and every layer 2 … N+1, which the noise below can reach: which units are at a kink."""
    names = problem.network.activations[1:]
    return [
        [[name == "relu" and a == 0 for a in values] for name, values in zip(names, layers, strict=True)]
        for layers in _above_the_first(problem)
    ]


def stacked(problem: Problem) -> list[bool]:
    """For every datum: whether a unit at a kink feeds another one, over weights other than 0 and units that
    are not off. Where it is false, symmetric noise gives the gradient with σ'(0) = 1/2.
    """
    network, answers = problem.network, []
    for layers, kinks in zip(_above_the_first(problem), at_kinks(problem), strict=True):
        reached: Sequence[bool] = [False] * network.widths[1]
        answer = False
        for k, (values, kinked) in enumerate(zip(layers, kinks, strict=True), start=1):
            rows = network.weights[k].tolist()
            fed = [any(w != 0 and r for w, r in zip(row, reached, strict=True)) for row in rows]
            answer = answer or any(kink and f for kink, f in zip(kinked, fed, strict=True))
            on = [network.activations[k] != "relu" or a > 0 for a in values]
            reached = [kink or (f and o) for kink, f, o in zip(kinked, fed, on, strict=True)]
        answers.append(answer)
    return answers


def listens_to_silence() -> Problem:
    """2-2-2-1, rational, W^1 = W^2 = I and W^3 = (1, 1): at the second datum unit 1 of layer 2 hears only a
    unit that is off, so it is at its kink. e = 1 for both data. FA finds B^2 = [[1/2, 0], [1/2, 1]] from
    symmetric noise.
    """
    identity = [[1, 0], [0, 1]]
    network = ExactNetwork.of([identity, identity, [[1, 1]]], ("relu", "relu", "identity"), "mse")
    return Problem(network, ((1, 1), (-1, 1)), ((1,), (0,)))


def chain() -> Problem:
    """1-1-1-1-1, rational, all weights 1, x = -1: layer 1 is off, layers 2 and 3 are at their kinks, e = 1.
    Rademacher noise gives (1/4, 3/4, 1); backpropagation with σ'(0) = s gives (s², s, 1).
    """
    network = ExactNetwork.of([[[1]]] * 4, ("relu", "relu", "relu", "identity"), "mse")
    return Problem(network, ((-1,),), ((-1,),))


def _above_the_first(problem: Problem) -> list[list[list[Scalar]]]:
    """a^2 … a^{N+1} of every datum."""
    layers = [a.transpose().tolist() for a in problem.clean.pre_activations[1:]]
    return [[layer[t] for layer in layers] for t in range(len(problem.x))]


def _slope(name: str, value: Scalar, slope: Scalar) -> Scalar:
    """The one-sided derivative of σ at ``value`` along ``slope``."""
    if name == "relu" and value == 0:
        return DERIVATIVES[name](slope) * slope  # max(slope, 0)
    return DERIVATIVES[name](value) * slope


def _derivative(network: ExactNetwork, k: int, value: Scalar, at_zero: Real) -> Scalar:
    if network.activations[k] == "relu" and value == 0:
        return 0 * value + rational(at_zero)
    return DERIVATIVES[network.activations[k]](value)
