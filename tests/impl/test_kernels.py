"""Every path computes the same sums, in every setting, and keeps its digits as c falls."""

import pytest
import torch

from impl import Network, feedback_shapes, hidden_gradients, scaled_loss_difference
from impl.checks import InvalidInput
from impl.counter_noise import counted_noise, sample_index
from impl.kernels import Batch, Problem, Totals, choose, compiled, open_path, triton_path
from impl.kernels.compiled import compiling_needs
from impl.kernels.fast_path import FastPath
from impl.kernels.signs import flipped, values
from impl.network import forward
from tests.impl.cases import KINDS, data_for, network_of, normal

SCALES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
BATCH = {"first": 7, "first_draw": 3, "draws": 6}
needs_compiler = pytest.mark.skipif(
    compiling_needs("cpu") is not None, reason=f"torch.compile needs {compiling_needs('cpu')}"
)


def feedback_for(network: Network, rule: str, seed: int) -> list[torch.Tensor]:
    shapes = feedback_shapes(network, rule)
    return [normal(shape, 100 * seed + k, network.dtype) for k, shape in enumerate(shapes)]


def answers(problem: Problem, batch: Batch, name: str) -> list[torch.Tensor]:
    """Differences, S and Q, of one path."""
    path, totals = open_path(problem, name), Totals(problem)
    assert path.name == name
    path.accumulate(batch, totals)
    assert totals.count == len(batch.x) * batch.draws
    return [path.differences(batch), *totals.S, *totals.Q]


def gap(found: list[torch.Tensor], expected: list[torch.Tensor]) -> float:
    """The largest relative error, normwise."""
    return max(((a - b).norm() / b.norm()).item() for a, b in zip(found, expected, strict=True))


@pytest.mark.parametrize("family", ["rademacher", "gaussian", "uniform", "skewed", "hadamard"])
@pytest.mark.parametrize(("rule", "controlled"), [("FA", False), ("FA", True), ("DFA", True)])
@pytest.mark.parametrize(("activation", "loss"), KINDS)
def test_the_fast_formulas_are_the_reference(activation, loss, rule, controlled, family):
    """Two networks as runs, float64: to roundoff."""
    networks = [network_of(activation, loss, seed=s) for s in (1, 2)]
    B, G = ([feedback_for(network, rule, s) for s, network in enumerate(networks, k)] for k in (3, 5))
    problem = Problem.of(
        networks, B, c=0.3, rule=rule, family=family, seeds=[3, 4], step=9, control=G if controlled else None
    )
    batch = Batch(*data_for(networks[0], 5), **BATCH)
    assert gap(answers(problem, batch, "eager"), answers(problem, batch, "reference")) <= 1e-12


def test_runs_are_what_each_network_gives_alone():
    networks = [network_of("tanh", "mse", seed=s) for s in (1, 2)]
    B = [feedback_for(network, "FA", s) for s, network in enumerate(networks)]
    batch = Batch(*data_for(networks[0], 5), **BATCH)
    together = answers(Problem.of(networks, B, c=0.1, seeds=[3, 4]), batch, "eager")
    for run, network in enumerate(networks):
        alone = answers(Problem.of(network, B[run], c=0.1, seeds=3 + run), batch, "eager")
        assert gap([t[run : run + 1] for t in together], alone) <= 1e-13
    seeds = answers(Problem.of(networks[0], B[0], c=0.1, seeds=[3, 8]), batch, "eager")
    assert gap([t[:1] for t in seeds], [t[:1] for t in together]) <= 1e-13


def test_differences_are_those_of_the_public_function():
    network = network_of("sigmoid", "quartic")
    x, y = data_for(network, 4)
    problem = Problem.of(network, feedback_for(network, "FA", 1), c=0.2, family="skewed", seeds=5, step=2)
    samples = sample_index(range(2, 6), range(1))
    noise = [
        layer[:, :, 0].T.contiguous() for layer in counted_noise(network.hidden, samples, "skewed", 5, 2)
    ]
    expected = scaled_loss_difference(network, forward(network, x), y, noise, 0.2)
    found = open_path(problem, "reference").differences(Batch(x, y, first=2))[0, :, 0]
    torch.testing.assert_close(found, expected, rtol=1e-14, atol=0)


def errors_by_scale(name: str, activation: str, loss: str, products: str = "full", scales=SCALES):
    """The worst |(L~ - L)/c - exact| / |g||xi| in float32, exact from the float64 reference, same noise."""
    network = network_of(activation, loss, widths=(30, 40, 20, 10), seed=1, dtype=torch.float32)
    x, y = data_for(network, 16)
    double = network.to(torch.float64)
    g = torch.cat(hidden_gradients(double, x.double(), y.double()), 1).norm(dim=1)
    batch = Batch(x, y, draws=8)
    wide = Batch(x.double(), y.double(), draws=8)
    worst = {}
    for c in scales:
        B, B64 = ([W.to(t) for W in network.weights[1:]] for t in (torch.float32, torch.float64))
        found = open_path(Problem.of(network, B, c=c, products=products), name).differences(batch)
        # c as float32 has it
        exact = open_path(Problem.of(double, B64, c=torch.tensor(c).item()), "reference").differences(wide)
        size = g[:, None] * sum(network.hidden) ** 0.5  # |xi| of signs
        worst[c] = ((found - exact)[0].abs() / size).max().item()
    return worst


@pytest.mark.parametrize("name", ["reference", "eager"])
@pytest.mark.parametrize(
    ("activation", "loss"), [("tanh", "mse"), ("sigmoid", "cross_entropy"), ("softplus", "logcosh")]
)
def test_the_float32_error_does_not_grow_as_c_falls(name, activation, loss):
    worst = errors_by_scale(name, activation, loss)
    assert max(worst.values()) <= 1e-6, worst
    assert worst[1e-6] <= 3 * worst[1e-1], worst


@pytest.mark.parametrize(("activation", "loss"), [("sigmoid", "mse"), ("tanh", "mse")])
def test_bf16_products_leave_the_differences_usable(activation, loss):
    """At c = 1e-3, where two passes in bf16 have lost everything: at most 2e-2 of |g||xi|."""
    assert errors_by_scale("eager", activation, loss, "bf16", (1e-3,))[1e-3] <= 2e-2


@pytest.mark.parametrize("rule", ["FA", "DFA"])
def test_of_Q_the_lower_triangle_is_summed_and_mirrored(rule, monkeypatch):
    from impl.kernels import plan
    from impl.kernels import problem as module

    network = network_of("tanh", "mse", widths=(4, 3, 11, 7))
    problem = Problem.of(network, feedback_for(network, rule, 2), c=0.1, rule=rule)
    batch = Batch(*data_for(network, 5), **BATCH)
    expected = answers(problem, batch, "reference")
    monkeypatch.setattr(plan, "STRIP", 2)
    monkeypatch.setattr(module, "BLOCK", 3)
    totals = Totals(problem)
    open_path(problem, "eager").accumulate(batch, totals)
    assert not any(Q.triu(2).any() for Q in totals.targets[1])
    assert all(Q.triu(2).any() for Q in totals.Q)
    assert gap([*totals.S, *totals.Q], expected[1:]) <= 1e-12


def test_sums_read_after_an_interrupt_between_product_and_count_are_symmetric():
    """Whoever asks for the targets may have written to them, whether or not he came to say so."""
    network = network_of("tanh", "mse")
    totals = Totals(Problem.of(network, feedback_for(network, "FA", 2), c=0.1))
    assert not any(Q.any() for Q in totals.Q)  # read once, and so settled
    for target in totals.targets[1]:
        target += torch.ones_like(target).tril()
    assert all(torch.equal(Q, torch.ones_like(Q)) for Q in totals.Q)


def test_large_float32_sums_are_flushed_to_float64(monkeypatch):
    from impl.kernels import problem as module

    network = network_of("tanh", "mse", dtype=torch.float32)
    B = feedback_for(network, "FA", 2)
    problem, batch = Problem.of(network, B, c=0.1), Batch(*data_for(network, 5), **BATCH)
    expected = Totals(problem)
    monkeypatch.setattr(module, "DOUBLE", 0)
    monkeypatch.setattr(module, "FLUSH", 3)
    found, path = Totals(problem), open_path(problem, "eager")
    assert found.targets[0][0].dtype == torch.float32
    for _ in range(7):
        path.accumulate(batch, expected)
        path.accumulate(batch, found)
    assert gap([*found.S, *found.Q], [*expected.S, *expected.Q]) <= 1e-6
    assert all(S.dtype == torch.float64 for S in found.S)


@needs_compiler
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize(
    ("rule", "family", "controlled"),
    [("FA", "rademacher", True), ("DFA", "gaussian", False), ("DFA", "hadamard", True)],
)
def test_the_compiled_path_is_the_reference(rule, family, controlled):
    network = network_of("sigmoid", "mse", widths=(12, 40, 9, 5))
    B, control = feedback_for(network, rule, 3), feedback_for(network, rule, 4)
    problem = Problem.of(
        network,
        B,
        c=0.1,
        rule=rule,
        family=family,
        seeds=2**32 - 1,
        step=3,
        control=control if controlled else None,
    )
    batch, sums = Batch(*data_for(network, 5), **BATCH), []
    for name in ("compiled", "reference"):  # the differences alone are another function: see below
        totals = Totals(problem)
        open_path(problem, name).accumulate(batch, totals)
        sums.append([*totals.S, *totals.Q])
    assert gap(*sums) <= 1e-12


def test_code_that_was_compiled_for_other_instructions_is_not_found_again(monkeypatch):
    """The compiler's cache of graphs would take it: AVX-512 code under AVX2 leaves out half of all values."""
    from torch._inductor import compile_fx

    given = []
    monkeypatch.setattr(compile_fx, "compile_fx", lambda *_, **settings: given.append(settings))
    compiled.compiled(lambda x: [x + 1], (torch.ones(3),))
    assert given[0]["config_patches"]["fx_graph_cache"] is False


@needs_compiler
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
def test_another_shape_or_order_of_data_is_compiled_anew():
    network = network_of("tanh", "mse")
    problem = Problem.of(network, feedback_for(network, "FA", 3), c=0.1)
    x, y = data_for(network, 6)
    path = open_path(problem, "compiled")
    turned = x.T.contiguous().T
    for batch in (Batch(x, y, draws=2), Batch(x[:4], y[:4]), Batch(turned, y[:, :1].expand_as(y), draws=2)):
        expected = open_path(problem, "reference").differences(batch)
        torch.testing.assert_close(path.differences(batch), expected, rtol=1e-11, atol=1e-13)


@needs_compiler
@pytest.mark.filterwarnings("ignore:.torch.jit:DeprecationWarning")
@pytest.mark.parametrize(
    ("activation", "loss"), [("tanh", "mse"), ("sigmoid", "cross_entropy"), ("softplus", "logcosh")]
)
def test_the_float32_error_does_not_grow_as_c_falls_where_it_is_compiled(activation, loss):
    """The compiler's own expm1 and atanh lose 1/c digits on the CPU."""
    worst = errors_by_scale("compiled", activation, loss, scales=(1e-1, 1e-6))
    assert max(worst.values()) <= 1e-6, worst


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_expm1_and_atanh_as_they_are_compiled_keep_their_digits(dtype):
    size = torch.logspace(-30, 1.9, 20001, base=10, dtype=torch.float64)
    x = torch.cat([-size, size]).to(dtype)
    x = x[(x != 0) & (x < 80)]
    exact = torch.expm1(x.double())
    error = ((compiled.expm1(x).double() - exact) / exact).abs().max().item()
    assert error <= 8 * torch.finfo(dtype).eps
    x = x[x.abs() <= 0.5]
    exact = torch.atanh(x.double())
    error = ((compiled.atanh(x).double() - exact) / exact).abs().max().item()
    assert error <= 8 * torch.finfo(dtype).eps


def test_the_rule_that_chooses(monkeypatch):
    network = network_of("tanh", "mse")
    problem = Problem.of(network, feedback_for(network, "FA", 1), c=0.1)
    assert choose(problem, 1000) == "eager"
    assert choose(problem, 10**8) == ("eager" if compiling_needs("cpu") else "compiled")
    monkeypatch.setattr("impl.kernels.compiled.compiling_needs", lambda device: "a C++ compiler")
    assert choose(problem, 10**8) == "eager"


def test_a_path_that_cannot_run_says_so_in_one_line(monkeypatch):
    network = network_of("tanh", "quartic")
    problem = Problem.of(network, feedback_for(network, "FA", 1), c=0.1)
    with pytest.raises(
        RuntimeError, match=r"^the path 'triton' needs float32, one run, .*; ask for path 'eager'"
    ):
        open_path(problem, "triton")
    monkeypatch.setattr(compiled, "compiling_needs", lambda device: "a C++ compiler (g++ or clang++)")
    with pytest.raises(
        RuntimeError, match=r"^the path 'compiled' needs a C\+\+ compiler .*; ask for path 'eager'.$"
    ):
        open_path(problem, "compiled")
    small = network_of("tanh", "mse", dtype=torch.float32)
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    assert triton_path.triton_needs(Problem.of(small, feedback_for(small, "FA", 1), c=0.1)).startswith(
        "a CUDA"
    )


def test_bad_input():
    network = network_of("tanh", "mse")
    B = feedback_for(network, "FA", 1)
    with pytest.raises(InvalidInput, match="c is 0; expected a finite number above 0"):
        Problem.of(network, B, c=0)
    with pytest.raises(InvalidInput, match="products is 'fp8'; expected one of full, tf32, bf16"):
        Problem.of(network, B, c=0.1, products="fp8")
    with pytest.raises(InvalidInput, match="products is 'tf32' on the CPU"):
        Problem.of(network, B, c=0.1, products="tf32")
    with pytest.raises(InvalidInput, match="the length of seeds is 3; expected 2"):
        Problem.of([network, network], [B, B], c=0.1, seeds=[1, 2, 3])
    with pytest.raises(InvalidInput, match=r"the length of feedback\b"):
        Problem.of([network, network], [B], c=0.1)
    with pytest.raises(InvalidInput, match="path is 'quick'; expected one of auto, reference, eager"):
        open_path(Problem.of(network, B, c=0.1), "quick")
    with pytest.raises(InvalidInput, match="products is 'bf16'; expected 'full' for 'reference'"):
        open_path(Problem.of(network, B, c=0.1, products="bf16"), "reference")


@pytest.mark.parametrize("units", [1, 32, 33, 96, 128, 129, 300])
def test_signs_by_way_of_words_are_the_signs(units):
    """What the compiled path does in two stages, uncompiled: any number of words and of blocks."""
    network = network_of("tanh", "mse", widths=(3, units, 2))
    problem = Problem.of(network, feedback_for(network, "FA", 1), c=0.1, seeds=[3, 4])
    path = FastPath(problem)
    counters = (path.blocks, path.tags, *path.counters(Batch(*data_for(network, 5), **BATCH)))
    (words,), (expected,) = path.plan.words(*counters), path.plan.noise(*counters)
    assert expected.shape == (2, units, 5, 6)
    assert words.dtype == torch.int32
    assert words.shape[1:] == (2, 5, 6)
    assert torch.equal(values(words, units, torch.float64), expected)
    for factor in (normal((2, units, 5, 1), 1), normal((2, 1, 5, 6), 2)):
        assert torch.equal(flipped(words, units, factor), factor * expected)
        assert torch.equal(flipped(expected, units, factor), factor * expected)
