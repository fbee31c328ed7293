"""Section 3 of the paper: the theorems in their informal versions, and what is said of them."""

from __future__ import annotations

from theory.paper.entry import Entry, ProofStep
from theory.paper.forms import SIDE_BY_SIDE, direct_fit, layerwise_fit
from theory.paper.refutations import bias_at_fixed_noise, transpose_left_out
from theory.proof import DEPTH, LAYER, ONE, OUTPUT, Equal, average, define, lim, plim
from theory.proof.relations import Relation
from theory.proof.terms import Term
from theory.proof.vocabulary import (
    Index,
    direct_feedback,
    downstream,
    errors,
    estimate,
    feedback,
    gradient,
    synthetic,
    weights,
)
from theory.results.assumptions import M1, N1, R_TOP, S1, R


def not_transposed(i: Index) -> Relation:
    """g = B e~ as the theorems print it."""
    return Equal(gradient(i), feedback(i + 1) * synthetic(i + 1))


def transposed(i: Index) -> Relation:
    """g = B^T e~."""
    return Equal(gradient(i), feedback(i + 1).T * synthetic(i + 1))


def direct_not_transposed(i: Index) -> Relation:
    """g = B e~ of direct feedback, as Corollary 1 prints it."""
    return Equal(gradient(i), direct_feedback(i + 1) * synthetic(OUTPUT))


def direct_transposed(i: Index) -> Relation:
    """g = B^T e~ of direct feedback."""
    return Equal(gradient(i), direct_feedback(i + 1).T * synthetic(OUTPUT))


def top_fit() -> Relation:
    """Eqs. (4) and (10) with averages over the sample."""
    e = errors(OUTPUT)
    return Equal(feedback(OUTPUT).T, average(estimate(DEPTH) * e.T) * average(e * e.T).inverse)


def top_fit_side_by_side() -> Relation:
    """Eqs. (4) and (10) as printed, T columns side by side."""
    return Equal(feedback(OUTPUT).T, direct_fit(OUTPUT))


def top_limit() -> Relation:
    """The conclusion of Theorem 1."""
    return Equal(lim(plim(feedback(OUTPUT))), weights(OUTPUT))


def layer_limit() -> Relation:
    """The conclusion of Theorem 2."""
    return Equal(lim(plim(feedback(LAYER))), weights(LAYER))


def direct_limit() -> Relation:
    """The conclusion of Corollary 1: the product of the weights from layer i on."""
    return Equal(lim(plim(direct_feedback(LAYER))), downstream(LAYER) * weights(LAYER))


DIRECT_LIMIT = (define("downstream weights", LAYER - 1).relation,)
"""The product of the weights above layer i - 1, as a name."""


def lowest(fit: str, i: Index) -> Term:
    """The fit of B^i with its estimates; raises `NoSuchLayer` where there are none."""
    return {"layerwise": layerwise_fit, "direct": direct_fit}[fit](i)


RANGE_PROBLEM = (
    r"$B^1$ would need $\hat\lambda^0$, an estimate on the input, which is not perturbed; A4 does not "
    r"speak of it "
    r"and backpropagation never uses it."
)
SHAPE_PROBLEM = (
    r"$B^{i+1}$, which tends to $W^{i+1}$, is $n_{i+1}\times n_i$: it does not multiply $\tilde e^{i+1}$. "
    r"The "
    r"gradient of layer $i$ needs the transpose, as in (9) and section 4.1; with equal widths it is "
    r"another vector."
)
DIRECT_SHAPE_PROBLEM = (
    r"$B^{i+1}$ is $n_{N+1}\times n_i$: it does not multiply $\tilde e^{N+1}$. The text before the "
    r"corollary has "
    r"the transpose; with equal widths it is another vector."
)
THEOREM_1 = ProofStep("theorem-1", "", "theorem")
THEOREM_2 = ProofStep("theorem-2", "", "convergence"), ProofStep("theorem-2", "", "consistency")
COROLLARY_1 = ProofStep("corollary-1", "", "corollary")
_LINEAR_NEEDS = (N1, S1, M1, R)

ENTRIES = (
    Entry(
        label=r"$g_{FA}$",
        where="Theorems 1 and 2, both versions",
        printed=r"$g_{FA}(h^i,\tilde e^{i+1};B^{i+1})=B^{i+1}\tilde e^{i+1}$",
        verdict="wrong shape",
        problem=SHAPE_PROBLEM,
        fixed=r"$g_{FA}=(B^{i+1})^{\top}\tilde e^{i+1}$",
        shown_by=("signals",),
        refuted_by=(transpose_left_out,),
        as_printed=lambda: not_transposed(LAYER),
        as_fixed=lambda: transposed(LAYER),
    ),
    Entry(
        label="Theorem 1, informal",
        where="section 3",
        printed=r"$\lim_{c\to0}\operatorname{plim}\hat B^{N+1}=W^{N+1}$",
        verdict="repaired",
        problem=(
            r"Under the hypotheses of the formal version it is false; under N1, S1, M1 and $C$ of "
            r"full rank true."
        ),
        fixed=r"the same, for $\mathbb{E}[\xi\xi^{\top}]=I$ and a dominated remainder",
        shown_by=(THEOREM_1, "theorem-1"),
        needs=(N1, S1, M1, R_TOP),
        as_printed=top_limit,
        as_fixed=top_limit,
    ),
    Entry(
        label="(4)",
        where="section 3",
        printed=r"$(\hat B^{N+1})^{\top}=\hat\lambda^N(e^{N+1})^{\top}(e^{N+1}(e^{N+1})^{\top})^{-1}$",
        verdict="right",
        shown_by=(ProofStep("theorem-1", "", "fit"), "solves"),
        as_printed=top_fit_side_by_side,
        as_fixed=top_fit,
        using=SIDE_BY_SIDE,
    ),
    Entry(
        label="(5)",
        where="section 3",
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
        label="range of (5), (14)",
        where="Theorem 2, both versions",
        printed=r"$1\le i\le N+1$",
        verdict="wrong index",
        problem=RANGE_PROBLEM,
        fixed=r"$2\le i\le N+1$",
        shown_by=("theorem-2",),
        as_printed=lambda: lowest("layerwise", ONE),
        as_fixed=lambda: lowest("layerwise", ONE + 1),
    ),
    Entry(
        label="Theorem 2, informal",
        where="section 3",
        printed=r"$\sigma(x)=x$: $\lim_{c\to0}\operatorname{plim}\hat B^i=W^i$",
        verdict="repaired",
        problem=(
            r"As Theorem 1, with full rank of $\mathbb{E}[e^i(e^i)^{\top}]$ in every layer above the "
            r"first: that "
            r"forces $n_2\le\dots\le n_{N+1}$."
        ),
        fixed=r"the same, for $2\le i\le N+1$",
        shown_by=(*THEOREM_2, "theorem-2", "rank"),
        needs=_LINEAR_NEEDS,
        as_printed=layer_limit,
        as_fixed=layer_limit,
    ),
    Entry(
        label=r"$g_{DFA}$",
        where="section 3, before Corollary 1",
        printed=r"$g_{DFA}(h^i,\tilde e^{N+1};B^{i+1})=(B^{i+1})^{\top}\tilde e^{N+1}$",
        verdict="definition",
        shown_by=("signals",),
        as_printed=lambda: direct_transposed(LAYER),
    ),
    Entry(
        label="Theorem 1 for DFA",
        where="section 3",
        printed=r"for the final layer FA and DFA have the same form",
        verdict="right",
        shown_by=("theorem-1", "corollary-1"),
        as_printed=lambda: define("least squares (10, 14)", OUTPUT).relation.right,  # type: ignore[union-attr]
        as_fixed=lambda: define("direct least squares (16)", OUTPUT).relation.right,  # type: ignore[union-attr]
        using=(define("synthetic error", OUTPUT).relation,),
    ),
    Entry(
        label=r"$g_{DFA}$ of Corollary 1",
        where="Corollary 1, both versions",
        printed=r"$g_{DFA}(h^i,\tilde e^{N+1};B^{i+1})=B^{i+1}\tilde e^{N+1}$",
        verdict="wrong shape",
        problem=DIRECT_SHAPE_PROBLEM,
        fixed=r"$g_{DFA}=(B^{i+1})^{\top}\tilde e^{N+1}$",
        shown_by=("signals",),
        refuted_by=(transpose_left_out,),
        as_printed=lambda: direct_not_transposed(LAYER),
        as_fixed=lambda: direct_transposed(LAYER),
    ),
    Entry(
        label="Corollary 1, informal",
        where="section 3",
        printed=r"$\lim_{c\to0}\operatorname{plim}\hat B^i=\prod_{j=N+1}^iW^j$",
        verdict="repaired",
        problem=(
            r"The product descends and is right. As Theorem 1; of the ranks only that of $C$ matters, so "
            r"any widths "
            r"will do."
        ),
        fixed=r"the same, for $2\le i\le N+1$",
        shown_by=(COROLLARY_1, "corollary-1"),
        needs=(N1, S1, M1, R_TOP),
        as_printed=direct_limit,
        as_fixed=direct_limit,
        using=DIRECT_LIMIT,
    ),
    Entry(
        label="(6)",
        where="section 3",
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
        label="range of (6), (16)",
        where="Corollary 1, both versions",
        printed=r"$1\le n\le N+1$ in (6), $1\le i\le N+1$ in (16) and for the limits",
        verdict="wrong index",
        problem=r"The index is $i$. " + RANGE_PROBLEM,
        fixed=r"$2\le i\le N+1$",
        shown_by=("corollary-1",),
        as_printed=lambda: lowest("direct", ONE),
        as_fixed=lambda: lowest("direct", ONE + 1),
    ),
    Entry(
        label="small $c_h$",
        where="section 3, after Corollary 1",
        printed=r"for sufficiently small $c_h$ we converge to $W$",
        verdict="false",
        problem=(
            r"At a fixed $c$, however small, the limit is $W$ plus a bias: it is $W$ only for $c\to0$, or "
            r"for a loss "
            r"quadratic in the perturbation and noise with $\kappa_3=0$."
        ),
        fixed=r"$\lim_{c\to0}\operatorname{plim}\hat B^{N+1}=W^{N+1}$",
        shown_by=(THEOREM_1, "zero-bias"),
        refuted_by=(bias_at_fixed_noise,),
        as_printed=lambda: Equal(plim(feedback(OUTPUT)), weights(OUTPUT)),
        as_fixed=top_limit,
    ),
    Entry(
        label="DFA to $W$",
        where="section 3, after Corollary 1",
        printed=r"deep linear networks, for both $g_{FA}$ and $g_{DFA}$: we converge to $W$",
        verdict="wrong shape",
        problem=(
            r"Below the top direct feedback is $n_{N+1}\times n_{i-1}$ and tends to a product of weights, "
            r"not to "
            r"$W^i$, as the corollary says itself."
        ),
        fixed=r"$\hat B^i\to W^{N+1}\cdots W^i$",
        shown_by=(COROLLARY_1, "corollary-1"),
        as_printed=lambda: Equal(lim(plim(direct_feedback(LAYER))), weights(LAYER)),
        as_fixed=direct_limit,
        using=DIRECT_LIMIT,
    ),
)
