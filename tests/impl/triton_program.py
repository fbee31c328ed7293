"""What ``test_triton`` runs with TRITON_INTERPRET=1: Triton's noise and sums against the eager ones."""

import torch
import triton
import triton.language as tl

from impl import Network
from impl.counter_noise import GAUSSIAN_ERROR, counted_noise, sample_index
from impl.kernels import Batch, Problem, Totals, open_path
from impl.kernels.triton_kernel import noise_of
from tests.impl.cases import data_for, network_of
from tests.impl.exact_noise import error_of, gaussian, words_of


@triton.jit
def fill(out, seed, first, datum, tag, n: tl.constexpr, block: tl.constexpr, gaussian: tl.constexpr):
    k, j = tl.arange(0, block), tl.arange(0, n)
    noise = noise_of(seed, first + k, datum, tag, n, block, gaussian)
    tl.store(out + k[:, None] * n + j[None, :], noise)


seed, step, datum, first = 4000000001, 4000000002, 4000000003, 4000000004
for family, code in (("rademacher", 1), ("gaussian", 0)):
    found = torch.empty(32, 128)
    fill[(1,)](found, seed | step << 32, first, datum, 1 | code << 24, 128, 32, family == "gaussian")
    samples = sample_index([datum], range(first, first + 32))
    expected = counted_noise([1, 128], samples, family, seed, step, dtype=torch.float32)[1][
        :, 0
    ].T.contiguous()
    if family == "rademacher":
        assert torch.equal(found, expected)
        continue
    for k in range(32):
        for j in range(128):
            words = words_of(family, j, 1, 2**32 * datum + first + k, seed, step)
            exact = gaussian(*words[j % 4 // 2 * 2 :][:2], j % 2, torch.float32)
            # of NumPy's logarithm, with which Triton is interpreted, see counter_noise.gaussians
            assert error_of(found[k, j].item(), exact, torch.float32) <= GAUSSIAN_ERROR + 3, (k, j)

for activation, output, family in (("sigmoid", "sigmoid", "rademacher"), ("tanh", "identity", "gaussian")):
    network = network_of(activation, "mse", widths=(9, 50, 20, 10), dtype=torch.float32)
    network = Network(network.weights, (activation, activation, output), "mse")
    x, y = data_for(network, 4)
    for c in (1e-1, 1e-6):
        problem = Problem.of(network, network.weights[1:], c=c, family=family, seeds=77, step=5)
        batch, sets = Batch(x, y, 11, 3, 40), []
        for name in ("reference", "triton"):
            path, totals = open_path(problem, name), Totals(problem)
            path.accumulate(batch, totals)
            sets.append((path.differences(batch), *totals.S, *totals.Q))
        gaps = [((a - b).norm() / a.norm()).item() for a, b in zip(*sets, strict=True)]
        assert max(gaps) <= 1e-6, (activation, family, c, gaps)
print("agreed")
