"""For whoever has never seen the project: what a claim asked, by which methods, where to look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

ESTIMATES, SIGNALS, FIT, NOISE = "gradient_estimates", "error_signals", "fit_feedback", "draw_noise"
METHODS: Mapping[str, str] = {ESTIMATES: "estimator", SIGNALS: "signals", FIT: "solves", NOISE: "noise"}
"""The methods of a subject, each with the claim that checks it by itself."""

ALL = (ESTIMATES, SIGNALS, FIT)


@dataclass(frozen=True)
class Guide:
    """``asked`` in plain words, the ``methods`` called, the ``formula`` held against them (LaTeX), the usual
    ``causes``.
    """

    asked: str
    methods: tuple[str, ...]
    formula: str
    causes: tuple[str, ...]


_ESTIMATE = r"\hat\lambda^i=\frac{\tilde L-L}{c}\,\xi^i"
_SIGNAL = r"\tilde e^{i}=\bigl[(B^{i+1})^{\top}\tilde e^{i+1}\bigr]\circ\sigma_i'(a^i)"
_SOLVE = (
    r"\Bigl[\sum_t\tilde e_t\tilde e_t^{\top}+\gamma I\Bigr]\hat B=\sum_t\tilde e_t(\hat\lambda_t)^{\top}"
)
_LIMIT = (
    r"\hat B^{i+1}(c)=\mathbb{E}\bigl[\tilde e\,\tilde e^{\top}\bigr]^{-1}"
    r"\mathbb{E}\bigl[\tilde e\,(\hat\lambda^{i})^{\top}\bigr]"
)
_MEAN = r"\mathbb{E}[\hat\lambda^i\mid x,y]=\sum_a p_a\,\frac{\tilde L(\xi_a)-L}{c}\,\xi^i_a"

_THREE = (
    "one of the three methods is off by itself: the claims estimator, signals and solves say which",
    "the layers are fitted in another order than from the top down, or with another layer's ẽ",
    "ẽ of a layer is built with W, or with a matrix that is not fitted yet",
)
_PASSES = (
    "the perturbed pass has its noise in the wrong place, or not in every hidden layer at once",
    "the clean loss is not that of the same row, or the loss has another factor",
    "a division by c too few or too many; a mean over rows or outputs",
)


def _limit(which: str) -> Guide:
    asked = (
        f"{which} every pair of a datum and a noise atom is given to the code once, as a sample. Its own "
        "least squares then are the limit for infinitely many samples, and are compared with that limit "
        "computed exactly, at the same c."
    )
    return Guide(asked, ALL, _LIMIT, _THREE)


GUIDES: Mapping[str, Guide] = {
    "estimator": Guide(
        "Given a network, data and noise, are the gradient estimates of every row the loss difference times "
        "the noise, over c? Compared row by row with two passes in high precision.",
        (ESTIMATES,),
        _ESTIMATE,
        _PASSES,
    ),
    "signals": Guide(
        "Given a network, data and arbitrary feedback matrices, are the error signals of every layer carried "
        "down by these matrices on the clean pass? Compared row by row with exact values, for both rules.",
        (SIGNALS,),
        _SIGNAL,
        (
            "σ' is taken at h in place of a, of another layer, or is missing",
            "W in place of the given B, B in place of Bᵀ, or one rule in place of the other",
            "the derivative of the loss is that of another loss",
        ),
    ),
    "solves": Guide(
        "Given arbitrary estimates and errors, is the matrix the solution of the regularised least squares, "
        "the shortest one where there are several? Compared with rational arithmetic.",
        (FIT,),
        _SOLVE,
        (
            "the ridge is scaled by the number of rows, or ignored",
            "means are subtracted (there is no intercept)",
            "a plain inverse stands where Σ ẽẽᵀ may be singular; a cutoff is too large; float32 sums",
        ),
    ),
    "noise": Guide(
        "Has the noise of every family mean 0, variance 1 and exactly that family's law, is it independent "
        "over units, layers, rows and seeds, and the same for the same arguments? Counted on about a million "
        "entries.",
        (NOISE,),
        r"\xi_j\ \text{independent},\quad\mathbb{E}\xi_j=0,\quad\mathbb{E}\xi_j^2=1",
        (
            "one generator is seeded alike for several layers, or the seed is not used",
            "a uniform law on another interval than (−√3, √3); a skewed one with its sign turned",
            "rows, units or layers share numbers (a reshape, a repeat, an expand)",
        ),
    ),
    "linearisation": Guide(
        "Is the estimate divided by its noise the same number for all units of a row, the loss difference "
        "over c?",
        (ESTIMATES,),
        r"\frac{\hat\lambda_j}{\xi_j}=\frac{\tilde L-L}{c}=g\cdot\xi+O(c)",
        _PASSES,
    ),
    "expansion": Guide(
        "Is the mean of the estimates over every atom of a finite noise the exact one at the same c?",
        (ESTIMATES,),
        _MEAN,
        _PASSES,
    ),
    "stein": Guide(
        "Do the estimates average to the gradient of the smoothed loss, as Gaussian noise makes them do?",
        (ESTIMATES,),
        r"\mathbb{E}[\hat\lambda\mid x,y]=\mathbb{E}[\nabla F(c\,\xi)]",
        _PASSES,
    ),
    "baseline": Guide(
        "Do the estimates have the mean and the variance of a loss difference, not those of the noisy loss "
        "alone?",
        (ESTIMATES,),
        _MEAN,
        ("the clean loss is not subtracted, or that of other rows is", *_PASSES[2:]),
    ),
    "zero-bias": _limit("In networks where no bias remains at any c:"),
    "remainder": Guide(
        "Is the bias of the mean estimate within the explicit bound?",
        (ESTIMATES,),
        r"\bigl|\mathbb{E}\hat\lambda_j-F_j-\text{known part}\bigr|\le\text{bound}",
        _PASSES,
    ),
    "orthogonality": Guide(
        "Is what the noise adds to the estimates uncorrelated with the error signals?",
        (ESTIMATES, SIGNALS),
        r"\mathbb{E}\bigl[\tilde e\,(\hat\lambda-\mathbb{E}\hat\lambda)^{\top}\bigr]=0",
        ("ẽ is computed on the perturbed pass", *_PASSES[:1]),
    ),
    "theorem-1": _limit("For the top feedback matrix, in networks of any activation:"),
    "theorem-2": _limit("For every feedback matrix of linear networks:"),
    "corollary-1": _limit("For direct feedback matrices of linear networks:"),
    "theorem-3": _limit("For every feedback matrix of deep nonlinear networks:"),
    "rank": Guide(
        "Have the error signals the rank that the theory says, no more and no less?",
        (SIGNALS,),
        _SIGNAL,
        ("ẽ carries something that the errors above do not have: noise, a constant, a regulariser",),
    ),
    "pseudo-inverse": Guide(
        "Where the errors lack full rank, is the shortest solution fitted, and are the gradients still "
        "right?",
        ALL,
        r"\hat B^i\to P_iW^i",
        ("a plain inverse, or a ridge, stands where Σ ẽẽᵀ is singular", *_THREE),
    ),
    "ridge": Guide(
        "With a ridge on the sum over rows, are the fitted matrices the exact ones, however often a row "
        "occurs?",
        ALL,
        _SOLVE,
        ("the ridge is scaled by the number of rows, or ignored", *_THREE[:1]),
    ),
    "fa-equals-dfa": Guide(
        "In linear networks that are wide enough, do both rules fit the same gradients to the same rows?",
        ALL,
        r"(\hat B^{i+1})^{\top}\tilde e^{i+1}=(\hat B_{\mathrm D}^{i+1})^{\top}\tilde e^{N+1}",
        ("one of the rules takes the errors of the other", *_THREE),
    ),
    "confinement": _limit(
        "In linear networks with Gaussian moments, where only the top matrix may be biased:"
    ),
    "self-correction": Guide(
        "In linear networks, is the gradient fitted below a matrix unchanged when that matrix is distorted?",
        ALL,
        r"(\hat B^{i})^{\top}\tilde e^{i}\ \text{is the same for}\ B^{i+1}\ \text{and}\ B^{i+1}Q",
        ("W is used in place of the given feedback matrices", *_THREE[:2]),
    ),
    "noise-law": _limit("With correlated noise that has a mean:"),
    "variance": Guide(
        "Is the covariance of the estimates over every atom of a finite noise the exact one: does it grow "
        "with all perturbed units?",
        (ESTIMATES,),
        r"\operatorname{Cov}\hat\lambda\to|g|^2I+gg^{\top}+(\kappa_4-3)\operatorname{diag}g^2",
        _PASSES,
    ),
    "antithetic": Guide(
        "Averaged over ξ and −ξ, have the estimates no bias of odd order in c, and the exact mean and "
        "covariance?",
        (ESTIMATES,),
        r"\tfrac12\bigl[\hat\lambda(\xi)+\hat\lambda(-\xi)\bigr]",
        ("a central difference is taken inside the estimator already", *_PASSES),
    ),
    "control-variate": Guide(
        "With the prediction of an earlier B subtracted, have the estimates the same mean, and does the "
        "error of B shrink from stage to stage as the theory says?",
        ALL,
        r"\hat\lambda_{\mathrm{cv}}=\bigl((\tilde L-L)/c-\tilde g\cdot\xi\bigr)\xi+\tilde g",
        (*_PASSES[1:], *_THREE[:1]),
    ),
    "clt": Guide(
        "Over many finite samples with the code's own noise, have the fitted matrices the mean and the "
        "covariance that the theory gives, the part that comes from the fitted matrix above among them?",
        (*ALL, NOISE),
        r"\sqrt T\,\operatorname{vec}\bigl(\hat B^i-\tilde W^i(c)\bigr)\Rightarrow\mathcal N(0,V^i)",
        ("rows of the noise depend on each other, so that fewer count than there are", *_THREE),
    ),
    "online": Guide(
        "Learned minibatch by minibatch, do the feedback matrices reach the limit of the least squares?",
        ALL,
        r"B^i_k=V_k^{-1}R_k",
        ("the errors of a minibatch are made with matrices of another one", *_THREE),
    ),
    "frozen-feedback": Guide(
        "With the learning rate of the feedback at 0, is a training run feedback alignment, step for step?",
        (SIGNALS,),
        r"W^i\leftarrow W^i-\frac{\eta}{T}\sum_t\tilde e^i_t(h^{i-1}_t)^{\top}",
        ("the feedback moves although its rate is 0", "the step of W uses the noisy pass"),
    ),
    "floating-point": Guide(
        "How many digits does the estimate lose as c becomes small?",
        (ESTIMATES,),
        _ESTIMATE,
        ("two losses are subtracted, where differences could be carried through the network",),
    ),
}
"""The guides by claim; a claim without one is explained by its statement alone."""

DEFAULT = Guide("Does the code behave as the statement says?", (), "", ())


def guide(claim: str) -> Guide:
    """The guide of a claim."""
    return GUIDES.get(claim, DEFAULT)


def follows_from(claim: str, failing: frozenset[str]) -> tuple[str, ...]:
    """The failing claims that check a single method which this claim calls too: mend these first."""
    own = (METHODS[method] for method in guide(claim).methods)
    return tuple(one for one in own if one in failing and one != claim)
