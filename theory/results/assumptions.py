r"""The hypotheses, each defined once and shared by the statements.

The letters: F(z) is the loss of one sample when z is added to the activities of all hidden layers at once,
g its gradient at 0, e^i the true error signals, D^i = diag \sigma_i'(a^i) on the clean pass, C = E[e^{N+1}
(e^{N+1})^T] and S_i = E[e^i (e^i)^T]. The paper's own A1 to A4 are here as well, as printed, because what
fails under them is shown.
"""

from __future__ import annotations

from theory.results.statement import Assumption

A1 = Assumption(
    "A1",
    "The noise is sub-Gaussian.",
    r"\exists K\ \forall m:\ \mathbb{E}|\xi_j|^m \le (K\sqrt{m})^m",
)
A2 = Assumption(
    "A2",
    "The loss is analytic in the data.",
    r"(x,y)\mapsto L(x,y)\ \text{analytic on}\ \mathcal{D}",
)
A3 = Assumption(
    "A3",
    "The error matrices of all layers have full rank with probability 1.",
    r"\tilde e^{i}(\tilde e^{i})^{\top}\ \text{of full rank},\quad 1\le i\le N+1",
)
A4 = Assumption(
    "A4",
    "For each noise scale the mean product of remainder and error is finite.",
    r"\mathbb{E}\bigl[\mathcal{E}^{i}(c)(\tilde e^{i+1})^{\top}\bigr]<\infty,\quad 1\le i\le N",
)

SAMPLES = Assumption(
    "D",
    "The samples are independent and identically distributed, and the noise is independent of the data.",
    r"(x_t,y_t,\xi_t)\ \text{i.i.d. in}\ t,\qquad \xi_t\perp(x_t,y_t)",
)
N1 = Assumption(
    "N1",
    "The second moments of the noise, over all perturbed units of all layers, are the identity.",
    r"\mathbb{E}[\xi\xi^{\top}]=I",
)
GAUSSIAN_NOISE = Assumption(
    "G",
    "The noise is Gaussian with independent coordinates, and independent of the datum.",
    r"\xi\sim\mathcal N(0,I),\qquad \xi\perp(x,y)",
)
INDEPENDENT = Assumption(
    "N2",
    "The coordinates of the noise are independent, with mean 0 and variance 1.",
    r"\xi_1,\dots,\xi_n\ \text{independent},\quad \mathbb{E}\xi_j=0,\quad \mathbb{E}\xi_j^2=1",
)
IDENTICAL = Assumption(
    "N3",
    "All coordinates of the noise share their moments of order 3, 4 and 5.",
    r"\mathbb{E}\xi_j^r=\kappa_r,\quad r=3,4,5",
)
S1 = Assumption(
    "S1",
    "For almost every datum the loss is differentiable in the perturbation at 0, with growth like a power.",
    r"F\ \text{differentiable at}\ 0,\qquad |F(z)-F(0)|\le K(x,y)\,|z|\,(1+|z|^{q})",
)
M1 = Assumption(
    "M1",
    "The moments that dominate the estimator are finite.",
    r"\mathbb{E}|\xi|^{q+2}<\infty,\qquad \mathbb{E}\bigl[K\,|e^{N+1}|\bigr]<\infty,"
    r"\qquad \mathbb{E}|e^{N+1}|^2<\infty",
)
M3 = Assumption(
    "M3",
    "As M1, with the slopes of the activations on the way down to layer 2 (automatic if bounded).",
    r"\mathbb{E}|\xi|^{q+2}<\infty,\qquad"
    r"\mathbb{E}\Bigl[K\,|e^{N+1}|\prod_{j=i}^{N}\|D^j\|\Bigr]<\infty,\qquad"
    r"\mathbb{E}\Bigl[|e^{N+1}|^2\prod_{j=i}^{N}\|D^j\|^2\Bigr]<\infty,\qquad 2\le i\le N+1",
)
LINEAR = Assumption(
    "L",
    "Hidden activations are the identity.",
    r"\sigma_i(a)=a,\quad 1\le i\le N",
)
R_TOP = Assumption(
    "R-top",
    "The second moments of the output error have full rank.",
    r"C=\mathbb{E}\bigl[e^{N+1}(e^{N+1})^{\top}\bigr]\succ 0",
)
R = Assumption(
    "R",
    "The second moments of the errors have full rank in every layer above the first hidden one.",
    r"S_i=\mathbb{E}\bigl[e^{i}(e^{i})^{\top}\bigr]\succ 0,\quad 2\le i\le N+1",
)
R_CONSTANT = Assumption(
    "R-constant",
    "For small c the second moments of the synthetic errors have the rank of those of the true ones, in the "
    "limit and, with probability tending to 1, in the sample.",
    r"\operatorname{rank}\Bigl[\frac1T\sum_t\tilde e^{i}_t(\tilde e^{i}_t)^{\top}\Bigr]"
    r"=\operatorname{rank}\mathbb{E}\bigl[\bar e^{i}(c)\,\bar e^{i}(c)^{\top}\bigr]"
    r"=\operatorname{rank}S_i,\quad 2\le i\le N+1,\ 0<c<c_0",
)
R_COMMON = Assumption(
    "R-common",
    "At every small noise scale, or at the one in question, the errors that the biased top matrix carries "
    "down have full rank.",
    r"(A^i)^{\top}\Gamma C\,\Gamma^{\top}A^i\succ0,\quad 2\le i\le N,"
    r"\qquad \Gamma=\mathbb{E}[v\,(e^{N+1})^{\top}]C^{-1}",
)
DISTORTION = Assumption(
    "Q-invertible",
    "The distortion of the feedback is invertible.",
    r"Q\in\mathbb{R}^{n_i\times n_i},\qquad \det Q\ne0",
)
SMOOTH = Assumption(
    "S5",
    "The loss has five derivatives in the perturbation, growing like powers; the noise has all moments.",
    r"F\in C^5,\quad |\partial^{\alpha}F(z)|\le K(1+|z|^{q})\ \ (|\alpha|\le 5),"
    r"\quad \mathbb{E}|\xi|^m<\infty\ \ \forall m",
)
WEAKLY_DIFFERENTIABLE = Assumption(
    "S0",
    "The loss is absolutely continuous in each unit's perturbation, with a derivative that is integrable at "
    "every small shift of the noise.",
    r"z_j\mapsto F(z)\ \text{absolutely continuous for almost all other coordinates},"
    r"\qquad \mathbb{E}|\nabla F(z+c\,\xi)|<\infty\ \text{for all small}\ z",
)
TWICE = Assumption(
    "S2",
    "The loss is twice differentiable in the perturbation at 0.",
    r"F(z)=F(0)+g^{\top}z+\tfrac12z^{\top}\nabla^2F(0)\,z+o(|z|^2)",
)
QUADRATIC = Assumption(
    "Q",
    "The loss is quadratic in the perturbation: squared error, linear layers above the lowest noise.",
    r"F(z)=F(0)+g^{\top}z+\tfrac12 z^{\top}Hz",
)
MOMENTS = Assumption(
    "M4",
    "The noise has the moments that dominate the estimator's second moment.",
    r"\mathbb{E}|\xi|^{2q+4}<\infty",
)
GROWTH_SQUARED = Assumption(
    "M6",
    "The growth of the loss times the output error has a finite second moment.",
    r"\mathbb{E}\bigl[K^2\,|e^{N+1}|^2\bigr]<\infty",
)
PREDICTED = Assumption(
    "P",
    "The prediction is a function of the datum and of earlier samples: independent of the row's noise.",
    r"\tilde g=\tilde g(x,y)\perp\xi",
)
SQUARE_INTEGRABLE = Assumption(
    "M2",
    "Estimates and errors, those of the output too, have finite second moments.",
    r"\mathbb{E}|\hat\lambda^{i}|^2<\infty,\qquad \mathbb{E}|\tilde e^{i+1}|^2<\infty,"
    r"\qquad \mathbb{E}|e^{N+1}|^2<\infty,\qquad 1\le i\le N",
)
CLEAN = Assumption(
    "E",
    "The error signal is computed on the clean pass, with feedback that was not fitted on the same rows: a "
    "function of the datum alone.",
    r"\tilde e^{i+1}=\tilde e^{i+1}(x,y),\quad 1\le i\le N",
)
COMMON = Assumption(
    "V",
    "The mean estimates of all layers are carried down from one vector, as they are in Gaussian noise.",
    r"\mathbb{E}[\hat\lambda^{i}\mid x,y]=(A^i)^{\top}v(x,y),\quad 1\le i\le N",
)
THIRD = Assumption(
    "S4",
    "The loss has three derivatives in the perturbation; those with two or three in one unit are bounded on "
    "the box that the noise reaches.",
    r"F\in C^3,\quad M_{jkk}=\sup_z|\partial_j\partial_k^2F(z)|<\infty\ \ \forall j,k,"
    r"\quad \kappa_4<\infty",
)
ONE_HIDDEN = Assumption(
    "H1",
    "There is one hidden layer, so that its units are all that are perturbed.",
    r"N=1,\quad g=\lambda^{1}",
)
EIGENVECTOR = Assumption(
    "eigen",
    "u is a direction of the output errors: an eigenvector of their second moments.",
    r"Cu=\mu u",
)
R_AT_C = Assumption(
    "R-c",
    "At every small noise scale, or at the one in question, the second moments of the synthetic errors have "
    "full rank.",
    r"\tilde S_i=\mathbb{E}\bigl[\tilde e^{i}(\tilde e^{i})^{\top}\bigr]\succ 0,\quad 2\le i\le N+1,"
    r"\qquad \tilde e^{i}\ \text{carried down by}\ \tilde W(c)",
)
M5 = Assumption(
    "M5",
    "The residuals of the fit times its errors have finite second moments.",
    r"\mathbb{E}\bigl[|u^{i-1}|^2\,|\tilde e^{i}|^2\bigr]<\infty,\quad 2\le i\le N+1",
)
