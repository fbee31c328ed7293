"""Least squares against rational arithmetic: full rank, ridge, and the minimum norm where singular."""

from collections.abc import Iterable

import pytest
import torch
from flint import fmpq, fmpq_mat, fmpz_mat

from impl import Sums, fit_feedback
from tests.impl.cases import normal

pytestmark = pytest.mark.definition

ROUNDOFF = 2.0**-53


def rational(values: torch.Tensor) -> fmpq_mat:
    """The exact numbers that a matrix of floats holds."""
    rows, columns = values.shape
    return fmpq_mat(rows, columns, [fmpq(*v.as_integer_ratio()) for v in values.flatten().tolist()])


def floats(matrix: fmpq_mat) -> torch.Tensor:
    entries: Iterable[fmpq] = matrix.entries()
    values = [int(v.p) / int(v.q) for v in entries]
    return torch.tensor(values, dtype=torch.float64).reshape(matrix.nrows(), matrix.ncols())


def exact_fit(estimates: torch.Tensor, errors: torch.Tensor, ridge: float = 0.0) -> torch.Tensor:
    E, L, q = rational(errors), rational(estimates), errors.shape[1]
    penalty = fmpq_mat(fmpz_mat(q, q, [int(i == j) for i in range(q) for j in range(q)]))
    return floats((E.transpose() * E + fmpq(*ridge.as_integer_ratio()) * penalty).solve(E.transpose() * L))


def relative(found: torch.Tensor, exact: torch.Tensor) -> float:
    return ((found - exact).norm() / exact.norm()).item()


def ill_conditioned(q: int, power: float, seed: int) -> torch.Tensor:
    """Errors (60, q) whose Q has condition number 10^power."""
    U = torch.linalg.qr(normal((60, q), seed))[0]
    V = torch.linalg.qr(normal((q, q), seed + 1))[0]
    return U @ torch.diag(torch.logspace(0, -power / 2, q, dtype=torch.float64)) @ V.T


@pytest.mark.parametrize("q", [1, 3, 12])
@pytest.mark.parametrize("power", [0, 4, 8])
def test_a_full_rank_fit_is_accurate_up_to_its_condition(q, power):
    """Relative error at most 100 q u kappa(Q); the data have means, and T is even and odd."""
    for samples in (60, 59):
        errors = ill_conditioned(q, power if q > 1 else 0, seed=power)[:samples]
        estimates = normal((samples, 4), 3) + 0.7
        kappa = torch.linalg.cond(errors.T @ errors).item()
        error = relative(fit_feedback(estimates, errors), exact_fit(estimates, errors))
        assert error <= 100 * q * ROUNDOFF * kappa


@pytest.mark.parametrize("ridge", [0.3, 7.0, 1e-3])
def test_the_ridge_stands_beside_the_sum(ridge):
    errors, estimates = normal((41, 5), 1) + 0.5, normal((41, 3), 2) - 0.2
    found = fit_feedback(estimates, errors, ridge)
    assert relative(found, exact_fit(estimates, errors, ridge)) <= 1e-13
    assert relative(found, exact_fit(estimates, errors)) > 1e-6  # it does make a difference


def test_a_ridge_makes_a_singular_problem_regular():
    errors = normal((3, 6), 1)  # 3 samples, 6 unknowns
    estimates = normal((3, 2), 2)
    found = fit_feedback(estimates, errors, 0.5)
    assert relative(found, exact_fit(estimates, errors, 0.5)) <= 1e-13


def integers(shape: tuple[int, int], seed: int) -> torch.Tensor:
    return torch.randint(-4, 5, shape, generator=torch.Generator().manual_seed(seed)).double()


@pytest.mark.parametrize("scale", [1.0, 2.0**-400, 2.0**200], ids=["", "tiny", "huge"])
@pytest.mark.parametrize(("rank", "q"), [(1, 3), (2, 5), (9, 10)])
def test_a_singular_fit_has_minimum_norm(rank, q, scale):
    """errors = Z A with Z, A of integers: B = A^T (A A^T)^{-1} (Z^T Z)^{-1} Z^T lambda, exactly."""
    Z, A, estimates = integers((40, rank), 1), integers((rank, q), 2), integers((40, 4), 3)
    z, a, lam = rational(Z), rational(A), rational(estimates)
    exact = a.transpose() * (a * a.transpose()).inv() * (z.transpose() * z).solve(z.transpose() * lam)
    found = fit_feedback(estimates, scale * (Z @ A)) * scale
    assert relative(found, floats(exact)) <= 1e-11


def test_eigenvalues_at_1e_minus_6_of_the_largest_are_still_data():
    """Rank 3 of 5 with Q's eigenvalues 1, 1e-3, 1e-6: the fit reproduces a B that has this range."""
    directions = torch.linalg.qr(normal((5, 5), 4))[0][:, :3]
    U = torch.linalg.qr(normal((60, 3), 5))[0]
    errors = U @ torch.diag(torch.tensor([1.0, 10**-1.5, 1e-3], dtype=torch.float64)) @ directions.T
    B = directions @ normal((3, 4), 6)
    assert relative(fit_feedback(errors @ B, errors), B) <= 100 * 5 * ROUNDOFF * 1e6


@pytest.mark.parametrize("largest", [2.0**-300, 1.0, 2.0**300])
def test_directions_count_from_1e_minus_12_of_the_largest(largest):
    """2^-39 is more than 1e-12, 2^-40 is less; all numbers here are powers of two."""
    Q = largest * torch.diag(torch.tensor([2.0**-39, 1.0, 2.0**-40], dtype=torch.float64))
    S = largest * torch.tensor([[1.0], [2.0], [4.0]], dtype=torch.float64)
    assert Sums(S, Q, 3).solve().tolist() == [[2.0**39], [2.0], [0.0]]


def test_float32_rounding_does_not_count_as_rank():
    directions = torch.linalg.qr(normal((5, 5), 4))[0][:, :2]
    errors = (normal((60, 2), 5) @ directions.T).float()
    estimates = normal((60, 4), 6, torch.float32)
    found = fit_feedback(estimates, errors).double()
    exact = directions @ fit_feedback(estimates.double(), errors.double() @ directions)
    assert relative(found, exact) <= 1e-5


def test_no_signal_means_no_feedback():
    assert torch.equal(
        fit_feedback(normal((5, 3), 1), torch.zeros(5, 2).double()), torch.zeros(2, 3).double()
    )


def test_sums_are_accumulated_in_float64():
    """10^5 rows of 1 + 2^-23: float32 cannot hold their sum to 12 digits, float64 can."""
    rows = torch.full((100_000, 1), 1 + 2.0**-23)
    sums = Sums.of(rows, rows)
    assert sums.Q.dtype == torch.float64
    assert sums.Q.item() == pytest.approx(100_000 * (1 + 2.0**-23) ** 2, rel=1e-12)
    assert fit_feedback(rows, rows).dtype == torch.float32
