"""Appendix A of the paper: the model once more, the assumptions, and the proofs line by line."""

from __future__ import annotations

import sympy

from theory.paper.entry import Entry, ProofStep
from theory.paper.forms import (
    SIDE_BY_SIDE,
    all_output_errors,
    all_remainders,
    bias_without_layer,
    direct_fit,
    layerwise_fit,
    population_fit,
    sample_fit,
    unit_derivative,
    unit_remainder,
)
from theory.paper.refutations import (
    cross_terms,
    data_without_common_scale,
    errors_without_second_moment,
    growth_of_moments,
    infinite_mean,
    negative_bound,
    noise_of_variance_4,
    other_order,
    printed_bound,
    rank_missing_in_a_sample,
)
from theory.paper.section_2 import LINEARISATION_PROBLEM, all_units
from theory.paper.section_3 import (
    COROLLARY_1,
    DIRECT_LIMIT,
    THEOREM_1,
    THEOREM_2,
    direct_limit,
    layer_limit,
    top_fit,
    top_fit_side_by_side,
    top_limit,
)
from theory.proof import (
    DEPTH,
    LAYER,
    OUTPUT,
    Equal,
    Invertible,
    Same,
    Zero,
    average,
    c,
    define,
    given,
    lim,
    mean,
    plim,
    width,
)
from theory.proof.relations import Relation
from theory.proof.terms import Term
from theory.proof.units import E, derivative, kappa, raised, xi
from theory.proof.vocabulary import (
    NOISE_VECTOR,
    QUOTIENT,
    SECOND_MOMENTS,
    bias,
    direct_feedback,
    downstream,
    errors,
    estimate,
    feedback,
    fixed_errors,
    gram,
    limit_errors,
    limit_feedback,
    residual,
    slopes,
    synthetic,
    units_of,
    weights,
)
from theory.results.assumptions import M1, M3, N1, R_TOP, S1, R

_e, _C, _W, _P = errors(OUTPUT), gram(OUTPUT), weights(OUTPUT), units_of(DEPTH)
_FIVE = range(1, 6)


def _mean_of_estimate() -> sympy.Expr:
    change = derivative({}, _FIVE) - derivative({}, ())
    return E(change * xi(1) / c)


def _pure(highest: int) -> sympy.Expr:
    """The printed series: pure derivatives of unit 1, to the power c^(highest - 1)."""
    moments = {1: sympy.Integer(1), **{r: kappa(r + 1) for r in (2, 3, 4)}}
    return sympy.Add(
        *(
            c ** (m - 1) * moments[m] / sympy.factorial(m) * derivative({1: m}, ())
            for m in range(1, highest + 1)
        )
    )


def _with_cross_terms() -> sympy.Expr:
    """The series with the mixed derivatives that do not vanish on average."""

    def mixed(own: int, k: int, other: int) -> sympy.Expr:
        return derivative(raised({1: own}, k, other), ())

    others = [k for k in _FIVE if k != 1]
    return (
        _pure(4)
        + c**2 * sum(mixed(1, k, 2) for k in others) / 2
        + c**3 * kappa(3) * sum(mixed(2, k, 2) / 4 + mixed(1, k, 3) / 6 for k in others)
    )


def _decomposition(remainder: Term) -> Relation:
    """Eq. (12)."""
    return Equal(estimate(DEPTH), _W.T * _e + remainder + residual(DEPTH))


def _orthogonality(last: Term) -> Relation:
    """The first two lines of eq. (13)."""
    signal = fixed_errors(DEPTH)
    return Equal(mean(signal * residual(DEPTH).T), mean(signal * estimate(DEPTH).T) - last)


def _limit_of_fit(remainder: Term) -> Relation:
    """The limit of eq. (10) for T to infinity, with the remainder in it."""
    return Equal(plim(feedback(OUTPUT).T), _W.T + mean((remainder + residual(DEPTH)) * _e.T) * _C.inverse)


def factored(upper: Term, lower: Term) -> Relation:
    """Eq. (15) two layers below the top, with what the top two matrices tend to."""
    low = DEPTH - 2
    sample = average(estimate(low) * _e.T) * feedback(OUTPUT) * feedback(DEPTH)
    return Equal(plim(sample), mean(estimate(low) * _e.T) * upper * lower)


def _linear_estimate(transport: Term) -> Relation:
    """Eq. (17) two layers below the top."""
    low = DEPTH - 2
    return Equal(estimate(low), transport * _e + bias(low) + residual(low))


def descending() -> Term:
    """W^{N+1} W^N W^{N-1}."""
    return weights(OUTPUT) * weights(DEPTH) * weights(DEPTH - 1)


def _ascending() -> Term:
    """W^{N-1} W^N W^{N+1}, the order of eq. (17)."""
    return weights(DEPTH - 1) * weights(DEPTH) * weights(OUTPUT)


def _direct_limit_of_fit(left: Term) -> Relation:
    """The limit of eq. (16) for T to infinity in the proof of Corollary 1."""
    low = LAYER - 1
    return Equal(plim(left.T), downstream(low).T + mean((bias(low) + residual(low)) * _e.T) * _C.inverse)


_UNROLLED = tuple(
    Equal(downstream(i), downstream(i + 1) * weights(i + 1)) for i in (DEPTH - 2, DEPTH - 1, DEPTH)
)
_ALL_NEEDS = (N1, S1, M1, R_TOP)
_COUNTEREXAMPLES = (noise_of_variance_4, errors_without_second_moment)

MODEL = (
    Entry(
        label="(7)",
        where="appendix A",
        printed=r"$\tilde L\approx L+(\partial L/\partial h^i_j)\,c\,\xi^i_j$",
        verdict="right as meant",
        problem=LINEARISATION_PROBLEM,
        fixed=r"$\tilde L=L+c\sum_{i,j}(\partial L/\partial h^i_j)\,\xi^i_j+O(c^2)$",
        shown_by=("linearisation",),
        as_fixed=all_units,
    ),
    Entry(
        label="(8)",
        where="appendix A",
        printed=r"$\hat\lambda^i=(\tilde L-L)\,\xi^i/c$",
        verdict="definition",
        shown_by=("estimator",),
        as_printed=lambda: Equal(estimate(LAYER), units_of(LAYER) * NOISE_VECTOR * QUOTIENT),
        as_fixed=lambda: define("estimator (2)", LAYER).relation,
    ),
    Entry(
        label="(9)",
        where="appendix A",
        printed=r"$\hat B^{i+1}=\arg\min_B\mathbb{E}\,|B^{\top}\tilde e^{i+1}-\hat\lambda^i|^2$",
        verdict="right as meant",
        problem=(
            r"As (3), with the transpose in its place: the minimum of the mean is the limit, (10), (14), "
            r"(16) minimise "
            r"the sum over a sample, layer by layer. Theorem 1 refers to (3), Theorem 2 to (9)."
        ),
        fixed=r"$\hat B^{i+1}=\arg\min_B\sum_t|B^{\top}\tilde e^{i+1}_t-\hat\lambda^i_t|^2$",
        shown_by=("solves",),
        as_printed=lambda: Equal(limit_feedback(LAYER).T, population_fit(LAYER)),
        as_fixed=lambda: Equal(feedback(LAYER).T, sample_fit(LAYER)),
    ),
    Entry(
        label="series of the mean",
        where="appendix A, before A1",
        printed=(
            r"$\mathbb{E}[\hat\lambda^i\mid x,y]=(W^{i+1})^{\top}e^{i+1}"
            r"+\mathbb{E}[c^{-2}\sum_{m\ge2}L^{(m)}_{ij}(c\,\xi^i_j)^{m+1}/m!\mid x,y]$"
        ),
        verdict="false",
        problem=(
            r"The loss depends on all units: the mixed derivatives are missing. Those in $\xi_k^2$ stay "
            r"in the mean, "
            r"$c^2F_{jkk}/2$ for each other unit; the others are the variance of the estimator."
        ),
        fixed=(
            r"$\mathbb{E}\hat\lambda_j=F_j+c\,\kappa_3F_{jj}/2"
            r"+c^2(\kappa_4F_{jjj}/6+\sum_{k\ne j}F_{jkk}/2)+\cdots$"
        ),
        shown_by=(ProofStep("expansion", "", "mean of the estimate"), "expansion"),
        refuted_by=(cross_terms,),
        as_printed=lambda: Same(_mean_of_estimate(), _pure(4), 4),
        as_fixed=lambda: Same(_mean_of_estimate(), _with_cross_terms(), 4),
    ),
)

ASSUMPTIONS = (
    Entry(
        label="A1",
        where="appendix A",
        printed=r"the noise is sub-Gaussian",
        verdict="repaired",
        problem=(
            r"It does not fix the second moments: noise of variance 4 gives $4W$. Section 2.2 calls $c$ the "
            r"standard deviation, so that $\operatorname{Var}\xi=1$ is a fair standing convention; it has to "
            r"be one of the hypotheses. What counts is $\mathbb{E}[\xi\xi^{\top}]=I$; sub-Gaussian tails "
            r"are not needed."
        ),
        fixed=r"$\mathbb{E}[\xi\xi^{\top}]=I$, and moments of order $q+2$",
        shown_by=(THEOREM_1, "noise-law"),
        refuted_by=(noise_of_variance_4,),
        needs=(N1,),
    ),
    Entry(
        label="A2",
        where="appendix A",
        printed=r"the loss $L(x,y)$ is analytic on $\mathcal{D}$",
        verdict="repaired",
        problem=(
            r"What the proof expands is $L$ as a function of the perturbation, not of the data; and "
            r"analytic is not "
            r"enough for (11), nor is it needed."
        ),
        fixed=r"$F$ differentiable at $0$, with $|F(z)-F(0)|\le K|z|(1+|z|^q)$",
        shown_by=(THEOREM_1, "theorem-1"),
        refuted_by=(infinite_mean,),
        needs=(S1,),
    ),
    Entry(
        label="A3",
        where="appendix A",
        printed=r"$\tilde e^i(\tilde e^i)^{\top}$ of full rank, $1\le i\le N+1$, with probability 1",
        verdict="repaired",
        problem=(
            r"The matrix of one sample has rank 1, that of $T$ samples at most rank $T$, and finitely "
            r"many data repeat "
            r"with positive probability. Layer 1 is not needed, and Corollary 1 needs the output only."
        ),
        fixed=r"$\mathbb{E}[e^i(e^i)^{\top}]$ of full rank, $2\le i\le N+1$",
        shown_by=(ProofStep("theorem-2", "", "full rank"), "rank"),
        refuted_by=(rank_missing_in_a_sample,),
        needs=(R,),
        as_printed=lambda: Invertible(synthetic(LAYER) * synthetic(LAYER).T),
        as_fixed=lambda: Invertible(gram(LAYER)),
    ),
    Entry(
        label="A4",
        where="appendix A",
        printed=r"$\mathbb{E}[\mathcal{E}^i(c)(\tilde e^{i+1})^{\top}]<\infty,\ 1\le i\le N$",
        verdict="repaired",
        problem=(
            r"A matrix is compared with infinity. Finite for each $c$ is not enough: the mean has to "
            r"vanish with $c$, "
            r"so a bound for all small $c$ at once is needed, and $\mathbb{E}|e|^2<\infty$."
        ),
        fixed=(
            r"$\mathbb{E}[K|e^{N+1}|]<\infty,\ \mathbb{E}|e^{N+1}|^2<\infty$ (M1; M3 in nonlinear "
            r"networks)"
        ),
        shown_by=(THEOREM_1, "theorem-1", "theorem-3"),
        refuted_by=(data_without_common_scale, errors_without_second_moment),
        needs=(M1, M3),
    ),
)

THEOREM_1_AND_ITS_PROOF = (
    Entry(
        label="Theorem 1",
        where="appendix A",
        printed=r"A1 to A4 imply $\lim_{c\to0}\operatorname{plim}\hat B^{N+1}=W^{N+1}$",
        verdict="false",
        problem=(
            r"Data without a common scale satisfy A1 to A4, in Gaussian noise of variance 1 and with the "
            r"error 1 throughout, and $\hat B$ tends to $1.5009\,W$. Two more counterexamples show other "
            r"gaps: errors without a second moment, and noise of variance 4, which A1 allows and which "
            r"section 2.2 excludes if its $c$ is the standard deviation."
        ),
        fixed=r"N1, S1, M1 and $C=\mathbb{E}[ee^{\top}]$ of full rank imply it",
        shown_by=(THEOREM_1, "theorem-1"),
        refuted_by=(data_without_common_scale, errors_without_second_moment, noise_of_variance_4),
        needs=_ALL_NEEDS,
        as_printed=top_limit,
        as_fixed=top_limit,
    ),
    Entry(
        label="(10)",
        where="Theorem 1, appendix A",
        printed=r"$(\hat B^{N+1})^{\top}=\hat\lambda^N(e^{N+1})^{\top}(e^{N+1}(e^{N+1})^{\top})^{-1}$",
        verdict="right",
        shown_by=(ProofStep("theorem-1", "", "fit"), "solves"),
        as_printed=top_fit_side_by_side,
        as_fixed=top_fit,
        using=SIDE_BY_SIDE,
    ),
    Entry(
        label=r"$L_{ij}^{(m)}$",
        where="proof of Theorem 1",
        printed=r"$\hat\lambda^N_j=c^{-2}\sum_{m\ge1}L_{ij}^{(m)}(c\,\xi^N_j)^{m+1}/m!$",
        verdict="wrong index",
        problem=(
            r"The series of layer $N$ has the derivatives of layer $i$; the next lines have "
            r"$L_{Nj}^{(m)}$. It drops "
            r"the other units as well: see the series of the mean."
        ),
        fixed=r"$L_{Nj}^{(m)}$",
        shown_by=("expansion",),
        as_printed=lambda: unit_derivative(LAYER),
        as_fixed=lambda: unit_derivative(DEPTH),
    ),
    Entry(
        label="A1, A2 and the mean",
        where="proof of Theorem 1",
        printed=r"under A1 and A2 the conditional expectation of (2) converges to the gradient",
        verdict="false",
        problem=(
            r"With $F(z)=z\,e^{z^4}$, which is entire, and Gaussian noise the mean is infinite at every "
            r"$c$; with "
            r"noise of variance 4 it is $4$ times the gradient."
        ),
        fixed=r"under S1, N1 and $\mathbb{E}|\xi|^{q+2}<\infty$ it does",
        shown_by=(ProofStep("variance", "the limit of the moments", "mean"), "theorem-1"),
        refuted_by=(infinite_mean, noise_of_variance_4),
        needs=(S1,),
    ),
    Entry(
        label=r"$\mathcal{E}^N(c)$",
        where="proof of Theorem 1",
        printed=(
            r"$\mathcal{E}^N(c)=\mathbb{E}[c^{-2}\sum_{m\ge2}L_{Nj}^{(m)}(c\,\xi^N_j)^{m+1}/m!\mid "
            r"x,y]$ in (12)"
        ),
        verdict="wrong shape",
        problem=(
            r"It is defined for one unit $j$, a number, and added to columns of $n_N$ entries in (12), "
            r"then to "
            r"$n_N\times T$ matrices."
        ),
        fixed=r"$\mathcal{E}^N(c)=\mathbb{E}[\hat\lambda^N\mid x,y]-\lambda^N\in\mathbb{R}^{n_N}$",
        shown_by=(ProofStep("orthogonality", "", "decomposition (12)"),),
        as_printed=lambda: _decomposition(unit_remainder(DEPTH)),
        as_fixed=lambda: _decomposition(bias(DEPTH)),
    ),
    Entry(
        label="(11)",
        where="proof of Theorem 1",
        printed=(
            r"$\mathcal{E}^N(c)\le\mathbb{E}[c^{-2}\sum_{m\ge2}L_{Nj}^{(m)}|c\,\xi^N_j|^{m+1}/m!\mid x,y]"
            r"\le K\sum_{m\ge2}L_{Nj}^{(m)}c^{m-1}(\sqrt{m+1})^{m+1}/m!=O(c)$"
        ),
        verdict="false",
        problem=(
            r"The sum is infinite for tanh and sigmoid at every $c>0$. Also, the derivatives need "
            r"absolute values "
            r"($F=-z^2$ makes the bound negative), and $K$ belongs inside the power."
        ),
        fixed=(
            r"$|\mathcal{E}_j-c\,\kappa_3\mathbb{E}F_{jj}/2|\le c^2(\kappa_4M_{jjj}/6+\sum_{k\ne "
            r"j}M_{jkk}/2)$"
        ),
        shown_by=("remainder",),
        refuted_by=(printed_bound, negative_bound, growth_of_moments),
    ),
    Entry(
        label="(12)",
        where="proof of Theorem 1",
        printed=r"$\hat\lambda^N=(W^{N+1})^{\top}e^{N+1}+\mathcal{E}^N(c)+\eta^N$",
        verdict="right",
        shown_by=(ProofStep("orthogonality", "", "decomposition (12)"), "orthogonality"),
        as_printed=lambda: _decomposition(bias(DEPTH)),
        as_fixed=lambda: Equal(residual(DEPTH) + _W.T * _e + bias(DEPTH), estimate(DEPTH)),
    ),
    Entry(
        label="(13), second line",
        where="proof of Theorem 1",
        printed=(
            r"$\mathbb{E}[e(\eta^N)^{\top}]=\mathbb{E}[e(\hat\lambda^N)^{\top}]-\mathbb{E}[e(\hat\lambda^N)^{"
            r"\top}\mid x,y]$"
        ),
        verdict="right as meant",
        problem=r"The last term is a function of the datum, not a number: its expectation is meant.",
        fixed=(
            r"$\mathbb{E}[e(\hat\lambda^N)^{\top}]-\mathbb{E}[\mathbb{E}[e(\hat\lambda^N)^{\top}\mid "
            r"x,y]]$"
        ),
        shown_by=("orthogonality",),
        as_printed=lambda: _orthogonality(given(fixed_errors(DEPTH) * estimate(DEPTH).T)),
        as_fixed=lambda: _orthogonality(mean(given(fixed_errors(DEPTH) * estimate(DEPTH).T))),
    ),
    Entry(
        label="(13)",
        where="proof of Theorem 1",
        printed=r"$\mathbb{E}[e^{N+1}(\eta^N)^{\top}]=0$: $e^{N+1}$ is a function of $(x,y)$",
        verdict="right",
        shown_by=(ProofStep("orthogonality", "", "orthogonal (13)"), "orthogonality"),
        as_printed=lambda: Equal(
            mean(fixed_errors(DEPTH) * residual(DEPTH).T), Zero(width(OUTPUT), width(DEPTH))
        ),
        as_fixed=lambda: Equal(
            mean(residual(DEPTH) * fixed_errors(DEPTH).T).T, Zero(width(OUTPUT), width(DEPTH))
        ),
    ),
    Entry(
        label="solved (10)",
        where="proof of Theorem 1",
        printed=r"$(\hat B^{N+1})^{\top}=(W^{N+1})^{\top}+(\mathcal{E}^N+\eta^N)e^{\top}(ee^{\top})^{-1}$",
        verdict="right",
        as_printed=lambda: Equal(
            feedback(OUTPUT).T,
            _W.T
            + all_remainders()
            * all_output_errors().T
            * (all_output_errors() * all_output_errors().T).inverse,
        ),
        as_fixed=lambda: Equal(
            feedback(OUTPUT).T, average(estimate(DEPTH) * _e.T) * average(_e * _e.T).inverse
        ),
        shown_by=(ProofStep("theorem-1", "", "fit"),),
        using=(*SIDE_BY_SIDE, _decomposition(bias(DEPTH)), Invertible(average(_e * _e.T))),
    ),
    Entry(
        label="plim of (10)",
        where="proof of Theorem 1",
        printed=(
            r"$\operatorname{plim}(\hat B^{N+1})^{\top}=(W^{N+1})^{\top}"
            r"+\mathbb{E}[(\mathcal{E}(c)+\eta^N)e^{\top}]\,\mathbb{E}[ee^{\top}]^{-1}$"
        ),
        verdict="wrong index",
        problem=(
            r"The superscript $N$ of the remainder is lost, here and in the line below. (The step is "
            r"right.)"
        ),
        fixed=r"$\mathcal{E}^N(c)$",
        shown_by=(ProofStep("theorem-1", "", "limit of the fit"),),
        as_printed=lambda: _limit_of_fit(bias_without_layer()),
        as_fixed=lambda: _limit_of_fit(bias(DEPTH)),
        using=(_decomposition(bias(DEPTH)), Invertible(_C)),
    ),
    Entry(
        label="last line",
        where="proof of Theorem 1",
        printed=r"A4 and (11): $\operatorname{plim}(\hat B^{N+1})^{\top}=(W^{N+1})^{\top}+O(c)$",
        verdict="false",
        problem=(
            r"A bound for each datum does not bound the mean over the data: with data without a common "
            r"scale the bias "
            r"tends to $9\ln3/(2\pi^2)$. Under S1 and M1 it tends to 0; $O(c)$ needs three derivatives."
        ),
        fixed=r"$\to(W^{N+1})^{\top}$; $O(c^2)$ for $\kappa_3=0$ and bounded third derivatives",
        shown_by=(THEOREM_1, "theorem-1", "remainder"),
        refuted_by=(data_without_common_scale,),
        needs=(S1, M1),
    ),
)

THEOREM_2_AND_ITS_PROOF = (
    Entry(
        label="Theorem 2",
        where="appendix A",
        printed=r"A1 to A4 and $\sigma(x)=x$ imply $\lim_{c\to0}\operatorname{plim}\hat B^i=W^i$",
        verdict="repaired",
        problem=(
            r"Two of the networks that refute Theorem 1 are linear. With its hypotheses repaired, and "
            r"$\mathbb{E}[e^i(e^i)^{\top}]$ of full rank for $2\le i\le N+1$, it is true: for "
            r"$n_2\le\dots\le n_{N+1}$ only."
        ),
        fixed=r"N1, S1, M1 and R imply it, for $2\le i\le N+1$",
        shown_by=(*THEOREM_2, "theorem-2", "rank"),
        refuted_by=_COUNTEREXAMPLES,
        needs=(N1, S1, M1, R),
        as_printed=layer_limit,
        as_fixed=layer_limit,
    ),
    Entry(
        label="(14)",
        where="Theorem 2, appendix A",
        printed=(
            r"$(\hat B^i)^{\top}=\hat\lambda^{i-1}(\tilde e^i)^{\top}(\tilde e^i(\tilde "
            r"e^i)^{\top})^{-1}$"
        ),
        verdict="right",
        shown_by=("solves",),
        as_printed=lambda: Equal(feedback(LAYER).T, layerwise_fit(LAYER)),
        as_fixed=lambda: define("least squares (10, 14)", LAYER).relation,
        using=SIDE_BY_SIDE,
    ),
    Entry(
        label=r"$\tilde W^i(c)$",
        where="proof of Theorem 2",
        printed=r"$\tilde W^i(c)=\operatorname{plim}\hat B^i$, assuming this limit exists",
        verdict="repaired",
        problem=(
            r"It need not be assumed for small $c$, where the limits of the second moments of the errors are "
            r"invertible because those at $c=0$ are. For larger $c$ it can fail to exist."
        ),
        fixed=r"it exists for $0<c<c_0$",
        shown_by=(ProofStep("theorem-2", "", "consistency"), "theorem-2"),
        needs=(S1, M1, R),
        as_printed=lambda: Equal(limit_feedback(LAYER), plim(feedback(LAYER))),
        as_fixed=lambda: Equal(plim(feedback(LAYER)), limit_feedback(LAYER)),
    ),
    Entry(
        label=r"$\bar e^i(c)$",
        where="proof of Theorem 2 (two tildes there)",
        printed=r"$\bar e^i=(\tilde W^{i+1}(c))^{\top}\bar e^{i+1}\circ\sigma'(W^ih^{i-1})$",
        verdict="definition",
        as_printed=lambda: Equal(
            limit_errors(LAYER), slopes(LAYER) * limit_feedback(LAYER + 1).T * limit_errors(LAYER + 1)
        ),
        as_fixed=lambda: define("limit of the synthetic error", LAYER).relation,
    ),
    Entry(
        label="(15)",
        where="proof of Theorem 2",
        printed=(
            r"$\operatorname{plim}T^{-1}\hat\lambda^{i-1}(e^{N+1})^{\top}\hat B^{N+1}\cdots\hat B^{i+1}"
            r"=\mathbb{E}[\hat\lambda^{i-1}(e^{N+1})^{\top}]W^{N+1}(c)\cdots W^{i+1}(c)$"
        ),
        verdict="right as meant",
        problem=(
            r"The limits at $c$ are $\tilde W^j(c)$; the weights $W^j$ do not depend on $c$. The order of "
            r"the product "
            r"and the step are right."
        ),
        fixed=r"$\mathbb{E}[\hat\lambda^{i-1}(e^{N+1})^{\top}]\tilde W^{N+1}(c)\cdots\tilde W^{i+1}(c)$",
        shown_by=("theorem-2",),
        as_printed=lambda: factored(weights(OUTPUT), weights(DEPTH)),
        as_fixed=lambda: factored(limit_feedback(OUTPUT), limit_feedback(DEPTH)),
    ),
    Entry(
        label=r"$\lim\bar e^i(c)$",
        where="proof of Theorem 2",
        printed=r"the induction also implies $\lim_{c\to0}\bar e^i(c)=e^i$",
        verdict="right",
        shown_by=(ProofStep("theorem-3", "", "error"), "theorem-3"),
        as_printed=lambda: Equal(lim(limit_errors(LAYER)), errors(LAYER)),
        as_fixed=lambda: Equal(errors(LAYER), lim(limit_errors(LAYER))),
    ),
    Entry(
        label="last display",
        where="proof of Theorem 2",
        printed=(
            r"$\lim_{c\to0}\{(W^i)^{\top}\mathbb{E}[e^i(\bar e^i)^{\top}]"
            r"+\mathbb{E}[\mathcal{E}^{i-1}(\bar e^i)^{\top}]\}\,\mathbb{E}[\bar e^i(\bar "
            r"e^i)^{\top}]^{-1}=(W^i)^{\top}$"
        ),
        verdict="repaired",
        problem=(
            r"A4 speaks of the errors $\tilde e^i$ of a sample, not of $\bar e^i$, and of finite means "
            r"where they have "
            r"to vanish; the inverse needs full rank at $c=0$, in the population."
        ),
        fixed=r"the same under N1, S1, M1 and R",
        shown_by=(ProofStep("theorem-3", "", "convergence"), ProofStep("theorem-3", "", "fit"), "theorem-2"),
        needs=(N1, S1, R),
    ),
)

COROLLARY_1_AND_ITS_PROOF = (
    Entry(
        label="Corollary 1",
        where="appendix A",
        printed=(
            r"A1 to A4 and $\sigma(x)=x$ imply $\lim_{c\to0}\operatorname{plim}\hat "
            r"B^i=\prod_{j=N+1}^iW^j$"
        ),
        verdict="repaired",
        problem=(
            r"With one hidden layer it is Theorem 2, and refuted by the same linear networks. Repaired it "
            r"holds for "
            r"any widths: of A3 only the output matters."
        ),
        fixed=r"N1, S1, M1 and $C$ of full rank imply it, for $2\le i\le N+1$",
        shown_by=(COROLLARY_1, "corollary-1"),
        refuted_by=_COUNTEREXAMPLES,
        needs=_ALL_NEEDS,
        as_printed=direct_limit,
        as_fixed=direct_limit,
        using=DIRECT_LIMIT,
    ),
    Entry(
        label="(16)",
        where="Corollary 1, appendix A",
        printed=(
            r"$(\hat B^i)^{\top}=\hat\lambda^{i-1}(\tilde e^{N+1})^{\top}"
            r"(\tilde e^{N+1}(\tilde e^{N+1})^{\top})^{-1}$"
        ),
        verdict="right",
        shown_by=("solves",),
        as_printed=lambda: Equal(direct_feedback(LAYER).T, direct_fit(LAYER)),
        as_fixed=lambda: define("direct least squares (16)", LAYER).relation,
        using=SIDE_BY_SIDE,
    ),
    Entry(
        label="(17)",
        where="proof of Corollary 1",
        printed=r"$\hat\lambda^i=(W^{i+1}\cdots W^{N+1})^{\top}e^{N+1}+\mathcal{E}^i(c)+\eta^i$",
        verdict="wrong shape",
        problem=(
            r"The product ascends: $W^{i+1}$ has $n_i$ columns and $W^{i+2}$ has $n_{i+2}$ rows. It is "
            r"the transpose "
            r"of the descending product; with equal widths it is another matrix."
        ),
        fixed=r"$\hat\lambda^i=(W^{N+1}\cdots W^{i+1})^{\top}e^{N+1}+\mathcal{E}^i(c)+\eta^i$",
        shown_by=("corollary-1",),
        refuted_by=(other_order,),
        as_printed=lambda: _linear_estimate(_ascending().T),
        as_fixed=lambda: _linear_estimate(descending().T),
    ),
    Entry(
        label=r"$V^i$",
        where="proof of Corollary 1",
        printed=r"$V^i=\prod_{j=N+1}^iW^j$",
        verdict="definition",
        as_printed=descending,
        as_fixed=lambda: downstream(DEPTH - 2),
        using=_UNROLLED,
    ),
    Entry(
        label="plim of (16)",
        where="proof of Corollary 1",
        printed=(
            r"$\operatorname{plim}(\hat B^i)^{\top}=(V^{i+1})^{\top}"
            r"+\mathbb{E}[(\mathcal{E}(c)+\eta^i)e^{\top}]\,\mathbb{E}[ee^{\top}]^{-1}$"
        ),
        verdict="wrong shape",
        problem=(
            r"The left side has $n_{i-1}$ rows, the right one $n_i$: it is $(\hat B^{i+1})^{\top}$, as in "
            r"the last "
            r"line. The superscripts of the remainders are lost twice."
        ),
        fixed=r"$\operatorname{plim}(\hat B^{i+1})^{\top}=\cdots$, with $\mathcal{E}^i(c)$",
        shown_by=(ProofStep("corollary-1", "", "exact limit"), "corollary-1"),
        as_printed=lambda: _direct_limit_of_fit(direct_feedback(LAYER - 1)),
        as_fixed=lambda: _direct_limit_of_fit(direct_feedback(LAYER)),
        using=(
            Equal(estimate(LAYER - 1), downstream(LAYER - 1).T * _e + bias(LAYER - 1) + residual(LAYER - 1)),
            Invertible(_C),
        ),
    ),
)

DISCUSSION = (
    Entry(
        label="A.1, on A1",
        where="appendix A.1, Discussion",
        printed=r"convergence for any sub-Gaussian random variable",
        verdict="false",
        problem=(
            r"With second moments $M$ instead of the identity, and one hidden layer, the limit is "
            r"$MW^{\top}$. "
            r"Sub-Gaussian or not, any noise with $M=I$ and enough moments will do."
        ),
        fixed=r"$\lim_{c\to0}\operatorname{plim}\hat B^{\top}=MW^{\top},\ M=\mathbb{E}[\xi\xi^{\top}]$",
        shown_by=(ProofStep("noise-law", "", "limit M Wᵀ"), "noise-law"),
        refuted_by=(noise_of_variance_4,),
        as_printed=lambda: Equal(lim(plim(feedback(OUTPUT).T)), _W.T),
        as_fixed=lambda: Equal(lim(plim(feedback(OUTPUT).T)), _P * SECOND_MOMENTS * _P.T * _W.T),
    ),
    Entry(
        label="A.1, on A2",
        where="appendix A.1",
        printed=r"A2 precludes relu; tanh and sigmoid with an analytic cost satisfy it",
        verdict="repaired",
        problem=(
            r"They do satisfy A2, and are just those for which (11) is infinite. Relu satisfies S1, which "
            r"is enough, if "
            r"no pre-activation is exactly 0."
        ),
        fixed=r"S1 covers tanh, sigmoid and, away from kinks, relu",
        shown_by=(THEOREM_1, "theorem-1"),
        refuted_by=(printed_bound,),
        needs=(S1,),
    ),
    Entry(
        label="A.1, on A3",
        where="appendix A.1",
        printed=(
            r"hard to establish general conditions under which $\tilde e^i(\tilde e^i)^{\top}$ is of "
            r"full rank"
        ),
        verdict="left open",
        problem=(
            r"For linear networks the condition is exact: $C^{1/2}W^{N+1}\cdots W^{i+1}$ has full column "
            r"rank, so no "
            r"layer above the second may narrow. For softmax and cross-entropy it never holds. Without it "
            r"$\hat B^i\to P_iW^i$, and the gradients are right all the same."
        ),
        fixed=(
            r"$\operatorname{rank}\mathbb{E}[e^i(e^i)^{\top}]\le\min(n_i,\dots,n_{N+1},"
            r"\operatorname{rank}C)$"
        ),
        shown_by=("rank", "pseudo-inverse"),
    ),
    Entry(
        label="A.1, nonlinear",
        where="appendix A.1",
        printed=(
            r"in the nonlinear case the sums are neither independent nor identically distributed: the "
            r"continuous "
            r"mapping theorem can not be applied as in (15)"
        ),
        verdict="left open",
        problem=(
            r"The terms are dependent, but each error is a polynomial in the fitted matrices, with "
            r"coefficients that "
            r"depend on one sample. Expanded, the sums are polynomials whose coefficients are averages of "
            r"independent "
            r"terms: the law of large numbers and continuity apply as in (15)."
        ),
        fixed=r"$\lim_{c\to0}\operatorname{plim}\hat B^i=W^i$ for any depth and any activations (Theorem 3)",
        shown_by=(
            ProofStep("theorem-3", "", "convergence"),
            ProofStep("theorem-3", "", "consistency"),
            ProofStep("theorem-3", "", "polynomial"),
            "theorem-3",
        ),
        as_fixed=layer_limit,
    ),
)

ENTRIES = (
    *MODEL,
    *ASSUMPTIONS,
    *THEOREM_1_AND_ITS_PROOF,
    *THEOREM_2_AND_ITS_PROOF,
    *COROLLARY_1_AND_ITS_PROOF,
    *DISCUSSION,
)
