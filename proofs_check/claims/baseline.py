"""`baseline`: the clean loss leaves the mean of λ̂ alone if E ξ = 0, and keeps its second moment bounded."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import sympy
from flint import arb
from hypothesis import strategies as st

from proofs_check.claims.claim import Claim
from proofs_check.networks.drawn import LOSSES, Family, Instance, any_widths
from proofs_check.networks.search import Measurement, search
from proofs_check.questions import moments
from proofs_check.questions.limits import LARGEST, NOISES, STEP
from proofs_check.questions.means import distance, every_pair
from proofs_check.questions.question import Question, on_network
from proofs_check.subject.methods import Subject
from proofs_check.verdict.effort import Effort
from proofs_check.verdict.evidence import Evidence
from theory.exact.designs import Design
from theory.exact.moments import mean, second_moments
from theory.exact.network import Matrix, Scalar, losses, rational
from theory.exact.noise_laws import NoiseLaw, symbolic_law
from theory.exact.population import Problem, scaled_differences
from theory.results.baseline import STATEMENT, excess, without_baseline
from theory.writing.mathematics import in_text

ANY = Family(any_widths((1, 3), 3), losses=LOSSES)
POLYNOMIAL = Family(
    any_widths((1, 2), 3), hidden=("identity", "relu"), output=("identity",), losses=("mse", "quartic")
)
CENTRED = ("rademacher", "skewed", "fold-over")
SCALES = (2.0**-4, 2.0**-10)


def confirm(effort: Effort) -> Iterator[Evidence]:
    """What the baseline takes out of mean and second moment, for any noise; then in rationals."""
    any_law = NoiseLaw("any", lambda r: sympy.Symbol(f"m_{r}") if r else sympy.Integer(1))
    shift = in_text(excess(2, 0, 1, any_law.joint_moment))
    yield Evidence("symbolic", "E[L̃ ξ_1]/c - E λ̂_1, any noise of mean m_1, L = f", shift, "(fm₁)/c")
    larger = excess(3, 0, 2, symbolic_law().joint_moment)
    c = sympy.Symbol("c", positive=True)
    leading = sympy.Add(*(term for term in larger.args if term.as_coeff_exponent(c)[1] < 0))
    (f, g), kappa_3 = sympy.symbols("f g_1"), symbolic_law().kappa3
    name = "E[(L̃ ξ_1/c)²] - E λ̂_1², three units, terms that grow as c → 0, less f²/c² + 2 κ3 f g_1/c"
    rest = sympy.expand(leading - f**2 / c**2 - 2 * kappa_3 * f * g / c)
    yield Evidence("symbolic", name, str(rest), "0")
    for noise in CENTRED:

        def check(instance: Instance, noise: str = noise) -> Iterator[Measurement]:
            return _exactly(instance, noise)

        key = ("baseline", noise)
        drawn = POLYNOMIAL.instances(min(LARGEST[noise], 6))
        yield from search(drawn, check, Instance.as_code, effort, key, effort.choose(4, 12, 200))


def _exactly(instance: Instance, noise: str) -> Iterator[Measurement]:
    """With the mean 0, with a mean, and for small c."""
    problem = instance.problem()
    design = NOISES[noise].design(sum(instance.network.hidden))
    c, mu = Fraction(1, 8), [Fraction(k + 1, 4) for k in range(design.units)]
    wrong = sum(v != 0 for v in _difference(problem, design, c).entries())
    name = f"{noise}, c = 1/8: entries of E[L̃ ξ]/c other than E λ̂"
    yield Measurement("exact", name, wrong, 0)
    clean = losses(problem.network, problem.clean.activations[-1], problem.targets)
    shift = type(problem.inputs)([[loss * rational(m / c) for m in mu] for loss in clean])
    wrong = sum(v != 0 for v in (_difference(problem, design.shifted(mu), c) - shift).entries())
    name = f"{noise} with a mean μ, c = 1/8: entries of E[L̃ ξ]/c - E λ̂ other than L μ/c"
    yield Measurement("exact", name, wrong, 0)
    seconds = second_moments(problem, design, without_baseline(problem, design, STEP))
    square = rational(STEP) ** 2
    away = max(
        abs(_float((second[j, j] * square - loss * loss) / (1 + loss * loss)))
        for second, loss in zip(seconds, clean, strict=True)
        for j in range(design.units)
    )
    name = f"{noise}: |c² E[(L̃ ξ_j/c)²] - L²| / (1 + L²) at c = 2^-40"
    yield Measurement("exact limit", name, away, 1e-6)


def _difference(problem: Problem, design: Design, c: Fraction) -> Matrix:
    """E[L̃ ξ]/c - E λ̂, M x n."""
    forgotten = mean(problem, design, without_baseline(problem, design, c))
    return forgotten - mean(problem, design, scaled_differences(problem, design, c))


def measurements(subject: Subject, instance: Instance, noise: str, c: float) -> Iterator[Measurement]:
    """The subject's mean is the one that the noisy loss alone would give; its second moment is not."""
    design = NOISES[noise].design(sum(instance.network.hidden))
    x, y, rows = every_pair(instance, design)
    found = moments.of_rows(subject.gradient_estimates(instance.network, x, y, rows, c), instance, design)
    allowed = moments.allowed(moments.estimate_spread(instance, design, c), instance, design)
    unsubtracted = moments.exact(instance, design, lambda p, d: without_baseline(p, d, c))
    used = distance([found.mean], [unsubtracted.mean], [allowed.mean])
    yield Measurement(
        "implementation", f"{noise}: error of E λ̂ against exact E[L̃ ξ]/c, rounding = 1", used, 1.0
    )
    expected = moments.exact(instance, design, lambda p, d: scaled_differences(p, d, c))
    used = distance([found.second], [expected.second], [allowed.second])
    name = f"{noise}: error of E λ̂λ̂ᵀ, which without the baseline has L²/c², as part of its rounding"
    yield Measurement("implementation", name, used, 1.0)


def examine(subject: Subject, effort: Effort) -> Iterator[Evidence]:
    """Over centred noise, at c = 1/16 and 1/1024: the mean does not tell whether L was subtracted."""
    family = ANY.narrowed({k: v for k, v in subject.supports.items() if k != "rules"})
    for noise in CENTRED:

        def check(drawn: tuple[Instance, float], noise: str = noise) -> Iterator[Measurement]:
            return measurements(subject, drawn[0], noise, drawn[1])

        def show(drawn: tuple[Instance, float], noise: str = noise) -> Question:
            return on_network("measured", subject, drawn[0], claim=STATEMENT.id, noise=noise, c=drawn[1])

        drawn = st.tuples(family.instances(min(LARGEST[noise], 12)), st.sampled_from(SCALES))
        yield from search(
            drawn, check, show, effort, ("baseline", "examine", noise), effort.choose(4, 15, 200)
        )


def _float(value: Scalar) -> float:
    return float(arb(value).mid())


CLAIM = Claim(STATEMENT, confirm, examine)
