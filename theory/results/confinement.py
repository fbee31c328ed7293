r"""In linear networks with Gaussian noise all bias sits in the top feedback matrix, at every noise scale.

Let every mean estimate be carried down from one vector: E[lambda_hat^i | x, y] = A^{iT} v(x, y), the same v
for all layers. Gaussian noise does that for any loss of a linear network: by Stein's identity v is the mean
of the output error over the noise. With Gamma = E[v e^T] C^{-1}, the top fit is Gamma^T W^{N+1}, and the
error it carries down is A^{iT} Gamma e; on that error the fits below find W^i, with no bias at all.

For the quartic loss the estimate's mean is a polynomial in c, in closed form for every law of the noise: so
all of this is a matter of rational numbers. What breaks it is the fourth cumulant, kappa_4 - 3.

Lists begin with layer 1 (means) or 2 (limits); columns are data.
"""

from __future__ import annotations

from flint import fmpq

from theory.exact.network import Matrix, Real, apply, rational
from theory.exact.noise_laws import NoiseLaw
from theory.exact.population import Problem, Solver, full_rank, projector, range_basis
from theory.results.assumptions import (
    COMMON,
    GAUSSIAN_NOISE,
    LINEAR,
    R_COMMON,
    R_TOP,
    SAMPLES,
    SQUARE_INTEGRABLE,
    WEAKLY_DIFFERENTIABLE,
)
from theory.results.statement import Statement


def stein_defects(law: NoiseLaw, degree: int) -> tuple[fmpq, ...]:
    """E xi^{r+1} - r E xi^{r-1} for r = 1 .. degree: where they are 0, E[xi f(xi)] = E f'(xi) for every
    polynomial f of that degree, and the mean estimates of a loss of that degree have a common v.
    """
    return tuple(_moment(law, r + 1) - r * _moment(law, r - 1) for r in range(1, degree + 1))


def quartic_means(problem: Problem, law: NoiseLaw, c: Real) -> list[Matrix]:
    """E[lambda_hat^i | x, y] (n_i x M) of a rational linear network with the quartic loss, at any c > 0.

    With r = yhat - y, A the weight of unit j in an output, S and T the sums of squares and cubes of the
    weights of all hidden units in it, E lambda_hat_j is the sum over the outputs of

        A (r^3 + 3/2 c k3 r^2 A + c^2 r (3 S + (k4 - 3) A^2)
           + c^3/4 (k5 A^3 + 4 k3 (T - A^3) + 6 k3 A (S - A^2)))
    """
    residual, maps, step = _residual(problem), downstream_maps(problem), rational(c)
    k3, k4, k5 = (_moment(law, r) for r in (3, 4, 5))
    squares, cubes = _power_sums(maps, 2), _power_sums(maps, 3)
    means = []
    for above in maps:
        total = 0 * above.transpose() * residual
        for a in range(residual.nrows()):
            r, s, t = residual.tolist()[a], squares[a], cubes[a]
            rows = []
            for weight in above.tolist()[a]:
                constant = (
                    step**3
                    / 4
                    * (k5 * weight**3 + 4 * k3 * (t - weight**3) + 6 * k3 * weight * (s - weight**2))
                )
                linear = step**2 * (3 * s + (k4 - 3) * weight**2)
                square = step * k3 * weight * 3 / 2
                rows.append([weight * (v**3 + square * v**2 + linear * v + constant) for v in r])
            total = total + type(total)(rows)
        means.append(total)
    return means


def common_vector(problem: Problem, c: Real) -> Matrix:
    """v = r^3 + 3 c^2 S r (p x M) for the quartic loss and Gaussian noise, or any with its first five
    moments.
    """
    residual = _residual(problem)
    squares = _power_sums(downstream_maps(problem), 2)
    step = rational(c)
    rows = [[v**3 + 3 * step**2 * s * v for v in r] for r, s in zip(residual.tolist(), squares, strict=True)]
    return type(residual)(rows)


def confined_limits(problem: Problem, common: Matrix, solve: Solver = full_rank) -> list[Matrix]:
    """B^2 .. B^{N+1} of FA where E[lambda_hat^i | x, y] = A^{iT} v, v = ``common`` (p x M): P_i W^i below the
    top, P_i the projector onto the range of E e~ e~^T, the identity where that has full rank.
    """
    weights, errors = problem.network.weights, problem.true_errors[-1]
    limits = [solve(errors * errors.transpose(), errors * common.transpose() * weights[-1])]
    carried = limits[0].transpose() * errors
    for weight in reversed(weights[1:-1]):
        basis = range_basis(carried * carried.transpose())
        limits.insert(0, projector(basis) * weight if basis is not None else 0 * weight)
        carried = limits[0].transpose() * carried
    return limits


def direct_limits(problem: Problem, common: Matrix, solve: Solver = full_rank) -> list[Matrix]:
    """B^2 .. B^{N+1} of DFA for the same means: Gamma^T A^i, biased in every layer alike."""
    errors = problem.true_errors[-1]
    gram, cross = errors * errors.transpose(), errors * common.transpose()
    return [solve(gram, cross * above) for above in downstream_maps(problem)]


def _residual(problem: Problem) -> Matrix:
    network = problem.network
    if not network.exact or network.loss != "quartic" or set(network.activations) != {"identity"}:
        raise ValueError(
            f"the network has activations {network.activations} and loss {network.loss}; expected a rational "
            "one, linear, with the quartic loss."
        )
    return problem.clean.activations[-1] - problem.targets


def downstream_maps(problem: Problem) -> list[Matrix]:
    """A^1 .. A^N (p x n_i) of the network's own kind of number: products of the weights above."""
    maps = [problem.network.weights[-1]]
    for weight in reversed(problem.network.weights[1:-1]):
        maps.insert(0, maps[0] * weight)
    return maps


def _power_sums(maps: list[Matrix], power: int) -> list[fmpq]:
    """For each output the sum of A_ak^power over all hidden units."""
    rows = zip(*(apply(lambda v: v**power, above).tolist() for above in maps), strict=True)
    return [sum((v for layer in row for v in layer), fmpq(0)) for row in rows]


def _moment(law: NoiseLaw, order: int) -> fmpq:
    value = law.moment(order)
    return fmpq(int(value.p), int(value.q))


STATEMENT = Statement(
    id="confinement",
    title="Gaussian noise in linear networks: all bias is confined to the top feedback matrix",
    source="new",
    status="new",
    latex=(
        r"\mathbb{E}[\hat\lambda^{i}\mid x,y]=(A^i)^{\top}v(x,y)\ \ (1\le i\le N),\quad "
        r"(A^i)^{\top}\Gamma C\,\Gamma^{\top}A^i\succ0\ \ (2\le i\le N)\quad\Longrightarrow\quad "
        r"\operatorname*{plim}_{T\to\infty}\hat B^{N+1}(c)=\Gamma^{\top}W^{N+1},\quad "
        r"\Gamma=\mathbb{E}[v\,(e^{N+1})^{\top}]C^{-1},\qquad "
        r"\operatorname*{plim}_{T\to\infty}\hat B^{i}(c)=W^{i}\quad(2\le i\le N)\quad"
        r"\text{exactly, for every}\ c>0;\qquad \text{Gaussian noise, any loss:}\quad "
        r"v=\mathbb{E}_{\xi}\,e^{N+1}\bigl(a^{N+1}+c\textstyle\sum_iA^i\xi^i\bigr)"
    ),
    assumptions=(
        SAMPLES,
        LINEAR,
        COMMON,
        SQUARE_INTEGRABLE,
        R_TOP,
        R_COMMON,
        GAUSSIAN_NOISE,
        WEAKLY_DIFFERENTIABLE,
    ),
    conclusion=r"\operatorname*{plim}_{T\to\infty}\hat B^{i}(c)=W^{i},\qquad 2\le i\le N,\quad c>0",
    repair=(
        r"Gaussian noise (G, S0) is one way to meet V. Full rank is asked of the errors at that $c$: "
        r"$\Gamma$ may lose it even where $S_i\succ0$. Without "
        r"it the fit of minimum norm is $P_i(c)W^i$, with the projector on the left. Under DFA every matrix "
        r"carries the bias, $\Gamma^{\top}A^i$. Noise with $\kappa_3=0$ and other fourth moments leaves "
        r"$(\kappa_4-3)\,c^2$ times a fixed matrix, and higher orders, in the hidden ones."
    ),
)
