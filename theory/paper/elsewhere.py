"""Introduction, applications, discussion and appendices B and C: what they say in formulas."""

from __future__ import annotations

from theory.paper.entry import Entry, ProofStep
from theory.paper.forms import activity, weight_step
from theory.paper.refutations import (
    bias_at_fixed_noise,
    mean_without_baseline,
    rise_of_the_loss,
    shrinkage,
    transpose_left_out,
)
from theory.paper.section_3 import (
    SHAPE_PROBLEM,
    direct_transposed,
    lowest,
    not_transposed,
    transposed,
)
from theory.proof import LAYER, ONE, Equal, define, given
from theory.proof.vocabulary import (
    ESTIMATES,
    WITHOUT_BASELINE,
    errors,
    feedback,
    synthetic,
    weights,
)
from theory.results.assumptions import INDEPENDENT

INTRODUCTION = (
    Entry(
        label="variance",
        where="section 1",
        printed=r"variance in the REINFORCE estimator scales with the number of units",
        verdict="right",
        shown_by=("variance",),
    ),
)

APPLICATIONS = (
    Entry(
        label="$g$ of 4.1",
        where="section 4.1",
        printed=r"$g(h^i,\tilde e^{i+1};B^{i+1})=(B^{i+1})^{\top}\tilde e^{i+1}$",
        verdict="definition",
        shown_by=("signals",),
        as_printed=lambda: transposed(LAYER),
    ),
    Entry(
        label=r"$\Delta W^i$",
        where="section 4.1",
        printed=r"$\Delta W^i=\eta\,\tilde e^ih^{i-1}$",
        verdict="wrong shape",
        problem=(
            r"Two columns do not multiply: $(h^{i-1})^{\top}$ is meant. And the sign is wrong, as $\tilde "
            r"e^i$ is the "
            r"gradient of a loss: the step climbs."
        ),
        fixed=r"$\Delta W^i=-\eta\,\tilde e^i(h^{i-1})^{\top}$",
        refuted_by=(rise_of_the_loss,),
        as_printed=lambda: Equal(weight_step(LAYER), synthetic(LAYER) * activity(LAYER - 1)),
        as_fixed=lambda: Equal(weight_step(LAYER), (-1) * (synthetic(LAYER) * activity(LAYER - 1).T)),
    ),
    Entry(
        label="alignment",
        where="section 4.1, appendix B",
        printed=r"the angle between the gradients is proportional to $e^{\top}WB^{\top}\tilde e$",
        verdict="right as meant",
        problem=(
            r"That is the inner product of true and synthetic gradient. Its cosine is this over both "
            r"norms, and the "
            r"angle is not proportional to either."
        ),
        fixed=(
            r"$\cos\theta=(\lambda^i)^{\top}(B^{i+1})^{\top}\tilde "
            r"e^{i+1}/(|\lambda^i|\,|(B^{i+1})^{\top}\tilde e^{i+1}|)$"
        ),
        as_printed=lambda: (
            errors(LAYER + 1).T * weights(LAYER + 1) * feedback(LAYER + 1).T * synthetic(LAYER + 1)
        ),
    ),
    Entry(
        label="$g$ of 4.3",
        where="section 4.3",
        printed=r"$g(h^i,\tilde e^{i+1};B^{i+1})=(B^{i+1})^{\top}\tilde e^{N+1}$",
        verdict="right as meant",
        problem=r"The right side has $\tilde e^{N+1}$, so that is the argument, as in section 3.",
        fixed=r"$g(h^i,\tilde e^{N+1};B^{i+1})$",
        shown_by=("signals",),
        as_printed=lambda: direct_transposed(LAYER),
    ),
    Entry(
        label="unbiased",
        where="section 4.4",
        printed=r"noisy activations are one way of obtaining an unbiased gradient estimator",
        verdict="false",
        problem=(
            r"At a fixed noise scale the estimator is biased, by $O(c)$ in general and $O(c^2)$ for "
            r"$\kappa_3=0$; not if "
            r"the loss is quadratic in the perturbation as well."
        ),
        fixed=r"unbiased in the limit $c\to0$",
        shown_by=(ProofStep("expansion", "", "mean of the estimate"), "expansion", "zero-bias"),
        refuted_by=(bias_at_fixed_noise,),
    ),
)

DISCUSSION = (
    Entry(
        label="baseline",
        where="Discussion",
        printed=r"subtracting a baseline does not affect the expected value: it could be removed or replaced",
        verdict="repaired",
        problem=(
            r"If $\mathbb{E}\xi=0$, as for the Gaussian noise of section 2.2; A1 allows any mean, which adds "
            r"$L\,\mathbb{E}\xi/c$. And removed it leaves a variance of $L^2/c^2$, infinite in the limit "
            r"that the "
            r"theorems take."
        ),
        fixed=r"$\mathbb{E}[\tilde L\,\xi/c\mid x,y]=\mathbb{E}[\hat\lambda\mid x,y]$ if $\mathbb{E}\xi=0$",
        shown_by=(ProofStep("baseline", "", "same mean"), "baseline"),
        refuted_by=(mean_without_baseline,),
        needs=(INDEPENDENT,),
        as_printed=lambda: Equal(given(WITHOUT_BASELINE), given(ESTIMATES)),
        as_fixed=lambda: Equal(given(WITHOUT_BASELINE), given(ESTIMATES)),
    ),
)

APPENDICES = (
    Entry(
        label="$W^1$, $W^2$ of figure 4",
        where="appendix B, figure 4",
        printed=r"the first hidden layer matrix $W^1$, the second $W^2$, each with its $B^i$",
        verdict="wrong index",
        problem=(
            r"In the paper's own notation these are $W^2$ and $W^3$ of the 784-50-20-10 network, "
            r"$20\times50$ and "
            r"$10\times20$: the first layer has no feedback matrix."
        ),
        fixed=r"$W^2$, $W^3$",
        as_printed=lambda: lowest("layerwise", ONE),
        as_fixed=lambda: lowest("layerwise", ONE + 1),
    ),
    Entry(
        label="(18)",
        where="appendix C.3",
        printed=r"$\hat B^{i+1}=\arg\min_B\mathbb{E}\,|g(h^i,\tilde e^{i+1};B)-\hat\lambda^i|^2+\gamma|B|^2$",
        verdict="repaired",
        problem=(
            r"The paper calls it a better test of consistency; it never says that its solution converges to "
            r"$W$, and its code has $\gamma$ on the sum. Where $\gamma$ is inside the mean, as printed, it "
            r"shrinks the weights by $\mu/(\mu+\gamma)$ in each direction, for ever; on the sum over the "
            r"samples its share vanishes."
        ),
        fixed=r"$\arg\min_B\sum_t|B^{\top}\tilde e^{i+1}_t-\hat\lambda^i_t|^2+\gamma|B|^2$",
        shown_by=(
            "ridge",
            ProofStep("ridge", "on the sum", "consistent"),
            ProofStep("ridge", "inside the mean, the top matrix of any network", "each direction"),
        ),
        refuted_by=(shrinkage,),
        as_printed=lambda: define("ridge inside the mean (18)", LAYER).relation,
        as_fixed=lambda: define("ridge on the sum", LAYER).relation,
    ),
    Entry(
        label="$g$ of C.5",
        where="appendix C.5",
        printed=r"$g(h,e,y;B)=Be$",
        verdict="wrong shape",
        problem=SHAPE_PROBLEM,
        fixed=r"$g(h,e,y;B)=B^{\top}e$",
        shown_by=("signals",),
        refuted_by=(transpose_left_out,),
        as_printed=lambda: not_transposed(LAYER),
        as_fixed=lambda: transposed(LAYER),
    ),
)
