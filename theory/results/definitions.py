"""The four definitions everything else rests on: estimator, error signals, least squares, noise."""

from __future__ import annotations

from theory.results.assumptions import INDEPENDENT
from theory.results.statement import Statement

ESTIMATOR = Statement(
    id="estimator",
    title="Node perturbation estimates the gradient of every hidden unit from one loss difference",
    source="eq. (2), section 2.2",
    status="holds",
    latex=(
        r"\tilde h^0=x,\qquad \tilde h^i=\sigma_i(W^i\tilde h^{i-1})+c\,\xi^i\ \ (1\le i\le N),\qquad "
        r"\hat\lambda^i=\frac{\tilde L-L}{c}\,\xi^i\in\mathbb{R}^{n_i}"
    ),
    assumptions=(),
    conclusion=r"\hat\lambda^i=\frac{\tilde L-L}{c}\,\xi^i",
    as_printed=r"$\hat\lambda^i=(\tilde L(x,y,\xi)-L(x,y))\,\xi^i/c_h$.",
)

SIGNALS = Statement(
    id="signals",
    title="Synthetic errors are carried down by the feedback matrices on the clean pass",
    source="sections 2.1 and 3, eq. (13)",
    status="holds",
    latex=(
        r"\tilde e^{N+1}=e^{N+1}=\frac{\partial L}{\partial a^{N+1}},\qquad "
        r"\tilde e^{i}=\bigl[(B^{i+1})^{\top}\tilde e^{i+1}\bigr]\circ\sigma_i'(a^i)\ \ \text{(FA)},\qquad "
        r"\tilde e^{i}=\bigl[(B^{i+1})^{\top}\tilde e^{N+1}\bigr]\circ\sigma_i'(a^i)\ \ \text{(DFA)},\qquad "
        r"a^i=W^ih^{i-1}"
    ),
    assumptions=(),
    conclusion=r"\tilde e^{i}=\bigl[(B^{i+1})^{\top}\tilde e^{i+1}\bigr]\circ\sigma_i'(a^i)",
    as_printed=r"$\tilde e^{N+1}=\partial L/\partial\hat y\circ\sigma'(W^{N+1}h^N)$, and so on downwards.",
    repair=(
        r"The output error is the derivative by $a^{N+1}$ itself: with a softmax output the Jacobian is "
        r"not diagonal and the elementwise form does not apply. Layers may have different activations."
    ),
)

SOLVES = Statement(
    id="solves",
    title="Feedback is fitted by least squares, from the top layer down",
    source="eqs. (3), (9) and (18)",
    status="holds",
    latex=(
        r"\hat B=\operatorname*{arg\,min}_{B\in\mathbb{R}^{q\times "
        r"n_i}}\sum_{t=1}^{T}\bigl|\hat\lambda^i_t-B^{\top}\tilde "
        r"e_t\bigr|^2+\gamma\|B\|_F^2\quad\Longleftrightarrow\quad \Bigl[\sum_t\tilde e_t\tilde "
        r"e_t^{\top}+\gamma I\Bigr]\hat B=\sum_t\tilde e_t(\hat\lambda^i_t)^{\top},\qquad \hat B\ \text{of "
        r"minimum norm where the left side is singular}"
    ),
    assumptions=(),
    conclusion=(
        r"\Bigl[\sum_t\tilde e_t\tilde e_t^{\top}+\gamma I\Bigr]\hat B=\sum_t\tilde "
        r"e_t(\hat\lambda^i_t)^{\top}"
    ),
    as_printed=r"$\hat B^{i+1}=\arg\min_B\mathbb{E}\|g(h^i,\tilde e^{i+1};B)-\hat\lambda^i\|_2^2$.",
    repair=(
        r"Printed for the expectation, used with sums over samples. Each layer is fitted with the $\tilde "
        r"e$ that the matrices above it give: the fits are nested, not joint."
    ),
)

NOISE = Statement(
    id="noise",
    title="The noise has independent coordinates of mean 0 and variance 1",
    source="section 2.2, assumption A1",
    status="holds",
    latex=(
        r"\xi_t=(\xi^1_t,\dots,\xi^N_t)\ \text{independent over}\ t,\ \text{layers and units},\qquad "
        r"\mathbb{E}\xi_j=0,\quad \mathbb{E}\xi_j^2=1,\quad "
        r"\xi_j\sim\mathcal N(0,1),\ \mathrm{Unif}\{\pm1\},\ \mathrm{Unif}[-\sqrt3,\sqrt3]\ \text{or}\ "
        r"\tfrac15\delta_{2}+\tfrac45\delta_{-1/2}"
    ),
    assumptions=(INDEPENDENT,),
    conclusion=r"\mathbb{E}[\xi_t\xi_t^{\top}]=I,\qquad \mathbb{E}[\xi_t\xi_s^{\top}]=0\quad(s\ne t)",
    as_printed=r"$\xi\sim\nu=\mathcal N(0,I)$; appendix A: any sub-Gaussian noise.",
    repair="The mean and the variance have to be fixed as well: see noise-law.",
)
