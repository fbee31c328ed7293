r"""Every symbol, and what it stands for: a page lists those that it uses.

A symbol is a letter with its accent, as in ``\hat\lambda``. What it carries besides, a layer above or a unit
below, is said with it. Some letters mean something else in one statement: that is in `OF_A_STATEMENT`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from theory.proof.checker import Proof, steps_of
from theory.proof.text import claim
from theory.results.statement import Statement

_SMOOTH = r"$F\in C^r$: $F$ has $r$ continuous derivatives"
SYMBOLS: Mapping[str, str] = {
    "x": r"the input",
    "y": r"the target",
    r"\hat y": r"the output of the network",
    "N": r"the number of hidden layers; layer $N+1$ is the output",
    "n": r"$n_i$, the width of layer $i$; $n=n_1+\dots+n_N$, the number of perturbed units",
    "i": r"a layer; in sums over units, $i$ and $j$ are a layer and a unit in it",
    "j": r"a unit; in products over layers, a layer",
    "k": r"another unit; in sequences, the number of a step or a stage",
    "t": r"a row of the sample",
    "T": r"the number of rows of the sample",
    "W": r"$W^i$, the weights of layer $i$, $n_i\times n_{i-1}$",
    "h": r"$h^i=\sigma_i(a^i)$, the activities of layer $i$; $h^0=x$",
    r"\tilde h": r"the activities of the perturbed pass",
    "a": r"$a^i=W^ih^{i-1}$, the pre-activations of layer $i$ on the clean pass",
    r"\sigma": r"$\sigma_i$, the activation of layer $i$",
    "D": r"$D^i=\operatorname{diag}\sigma_i'(a^i)$, the slopes of layer $i$ on the clean pass",
    "L": r"the loss of a row, on the clean pass",
    r"\tilde L": r"the loss of the perturbed pass",
    "c": r"the noise scale, $c>0$",
    r"\xi": r"the noise of a row, over all hidden units; $\xi^i$ that of layer $i$, $\xi_j$ that of unit $j$",
    r"\kappa": r"$\kappa_r=\mathbb{E}\xi_j^r$, the moments of the noise of a unit",
    "r": r"the order of a moment",
    "F": r"$F(z)$, the loss of a row when $z$ is added to the activities of all hidden units; $F_j$, "
    r"$F_{jk}$, … "
    r"its partial derivatives at 0; in proofs $F_{1}(\xi_2,\xi_3)$ is one where units 2 and 3 are "
    r"perturbed by "
    r"$c\,\xi$",
    "z": r"a perturbation of the activities of all hidden units",
    "H": r"the second derivatives of $F$ at 0",
    "g": r"the gradient of $F$ at 0, over all hidden units: $g=(\lambda^1,\dots,\lambda^N)$",
    "K": r"$K(x,y)$, the factor of the growth of the loss at a row",
    "q": r"the power with which the loss may grow",
    "m": r"the order of a derivative or a moment",
    "e": r"$e^i$, the true errors of layer $i$: the derivative of the loss by its pre-activations",
    r"\lambda": r"$\lambda^i=(W^{i+1})^{\top}e^{i+1}$, the gradient of the loss by the activities of "
    r"layer $i$",
    r"\hat\lambda": r"$\hat\lambda^i$, the estimate of $\lambda^i$ from the change of the loss, eq. (2); "
    r"without a "
    r"layer over all hidden units",
    "B": r"$B^i$, a feedback matrix, of the shape of $W^i$",
    r"\hat B": r"$\hat B^i$, the feedback fitted by least squares on $T$ rows",
    r"\tilde W": r"$\tilde W^i$, the limit of $\hat B^i$ for $T\to\infty$ at the scale $c$",
    r"\tilde e": r"$\tilde e^i$, the synthetic errors: carried down by the feedback on the clean pass",
    r"\bar e": r"$\bar e^i$, the errors that the limits $\tilde W$ carry down",
    "A": r"$A^i=W^{N+1}\cdots W^{i+1}$, the map from layer $i$ to the output of a linear network",
    r"\hat M": r"$\hat M^i=\hat B^{N+1}\cdots\hat B^{i+1}$, the fitted map from layer $i$ to the output",
    r"\tilde M": r"the limit of $\hat M$ for $T\to\infty$",
    "C": r"$C=\mathbb{E}[e^{N+1}(e^{N+1})^{\top}]$, the second moments of the output errors",
    "S": r"$S_i=\mathbb{E}[e^i(e^i)^{\top}]$, the second moments of the errors of layer $i$",
    r"\tilde S": r"$\tilde S_i=\mathbb{E}[\tilde e^i(\tilde e^i)^{\top}]$, those of the synthetic errors "
    r"at the "
    r"scale $c$",
    "P": r"$P^i$, which picks the units of layer $i$ out of all hidden ones",
    "I": r"the identity matrix",
    r"\mathbb{E}": r"the mean over data and noise; $\mathbb{E}[\cdot\mid x,y]$, over the noise at a datum",
    r"\mathbb{E}'": r"the mean over a fresh row, with what was fitted to the sample held fixed",
    r"\mathbb{R}": r"the real numbers",
    r"\mathcal N": r"a normal law with its mean and covariance",
    r"\partial": r"a partial derivative",
    r"\nabla": r"the gradient by the perturbation; $\nabla^2$ the second derivatives",
    "O": r"a rest of that order",
    "o": r"a rest of smaller order",
    r"\alpha": r"a multi-index of derivatives, one number for each unit",
    r"\gamma": r"the ridge",
    r"\mu": r"an eigenvalue of $\mathbb{E}[ee^{\top}]$",
    r"\delta": r"in bounds, $\delta_i=|D^N|\cdots|D^i|$, the slopes on the way down to layer $i$",
    r"\beta": r"in bounds, $\beta_i=|\tilde W^{N+1}|\cdots|\tilde W^{i+1}|$",
    r"\hat\beta": r"in bounds, $\hat\beta_i=|\hat B^{N+1}|\cdots|\hat B^{i+1}|$",
    r"\pi": r"3.14159…",
}
"""What the symbols mean in all statements but those that say otherwise."""

OF_A_STATEMENT: Mapping[str, Mapping[str, str]] = {
    "noise": {
        r"\nu": r"the law of the noise",
        r"\delta": r"$\delta_v$, the law that always gives $v$",
    },
    "baseline": {r"\mu": r"the mean of the noise"},
    "stein": {r"\mu": r"what is added to the activities besides the noise"},
    "orthogonality": {
        "b": r"$b^i(c)$, the bias of the estimate at the scale $c$",
        r"\eta": r"$\eta^i$, what separates the estimate from its mean given the datum",
    },
    "theorem-1": {
        "e": r"$e^i$, the true errors; in the figures of counterexample (b), 2.71828…",
        "u": r"in counterexample (b), $\hat y-1$",
        "M": r"in counterexample (a), $\mathbb{E}[\xi\xi^{\top}]$",
    },
    "pseudo-inverse": {
        "P": r"$P_i=S_iS_i^+$, the projector onto the range of $S_i$; $P^i$ picks the units of layer $i$ "
        r"out of all "
        r"hidden ones",
        r"\rho": r"$\rho^i$, what separates the fitted map from its least squares on the output errors",
    },
    "ridge": {
        "P": r"$P_i$, the projector onto the range of $S_i$; $P^i$ picks the units of layer $i$ out of "
        r"all hidden ones",
        "M": r"$M_i$, $M_{\circ}^i$: the product of the shrunk feedback above layer $i$",
        "W": r"$W^i$, the weights of layer $i$, $n_i\times n_{i-1}$; $W_{\circ}^i$, what the ridge inside "
        r"the mean "
        r"leaves of it",
        "S": r"the second moments of the output errors; below the top of the synthetic ones",
        "u": r"an eigenvector of the second moments of the errors",
        "w": r"in the proof, the eigenvector",
    },
    "fa-equals-dfa": {
        "E": r"the true output errors of the sample, a row each",
        r"\tilde E": r"$\tilde E^i$, the synthetic errors of the sample, a row each",
        r"\hat\Lambda": r"$\hat\Lambda^i$, the estimates of the sample, a row each",
    },
    "confinement": {
        "v": r"$v(x,y)$, the one vector from which the mean estimates of all layers are carried down",
        r"\Gamma": r"$\Gamma=\mathbb{E}[v(e^{N+1})^{\top}]C^{-1}$, the bias of the top matrix",
    },
    "self-correction": {
        "Q": r"the distortion: $B^{i+1}$ becomes $B^{i+1}Q$; a prime marks what is fitted below it",
    },
    "noise-law": {
        "M": r"$M=\mathbb{E}[\xi\xi^{\top}]$, the second moments of the noise",
        "s": r"what scales the noise",
    },
    "expansion": {"C": _SMOOTH},
    "antithetic": {"C": _SMOOTH},
    "remainder": {
        "C": _SMOOTH,
        "K": r"the constant of the printed bound",
        "M": r"$M_{jkk}$, the largest size of that derivative of $F$ on the box that the noise reaches",
        "R": r"the distance to a singularity; in proofs $R_{1;2^2}$ is what Taylor's formula of order 2 "
        r"in the noise "
        r"of unit 2 leaves of $F_1$",
        r"\mathcal E": r"the remainder of the printed series",
    },
    "control-variate": {
        r"\tilde g": r"a prediction of the gradient that does not look at the noise of its row",
        "p": r"in the proof, the prediction $\tilde g$ as a function of the datum",
        "d": r"$d=g-\tilde g$, what the prediction leaves",
        "M": r"$\mathbb{E}[\xi\xi^{\top}]$",
        r"\mathcal{K}": r"$\mathcal{K}_T$, what a stage on $T$ rows multiplies the error by",
        "B": r"$B_k$, the top feedback matrix after stage $k$",
        r"\hat\lambda": r"$\hat\lambda$, the estimates of all hidden units, eq. (2); "
        r"$\hat\lambda_{\mathrm{cv}}$ the "
        r"corrected ones",
    },
    "clt": {
        "V": r"$V^i$, the covariance of the limit",
        r"\psi": r"$\psi^i_s$, what row $s$ adds to $\hat B^i$, to first order",
        "s": r"a row; in $s^2I$ the size of the errors",
        "u": r"$u^i$, what the limit of the fit leaves of $\hat\lambda^i$",
        "a": r"in the proof, $a^i$ is a direction in the space of the units of layer $i$",
        r"\delta": r"$\delta^i_s$, how the errors of layer $i$ follow the fitted matrices above; in the "
        r"proof "
        r"$\delta e^i=\tilde e^i-\bar e^i$, and in bounds $\delta_i=|D^N|\cdots|D^i|$",
        r"\Delta": r"$\Delta B^i=\hat B^i-\tilde W^i$",
        r"\Gamma": r"the covariance of the estimates for $c\to0$",
        r"\rho": r"how much larger the maps of all layers are than the top matrix",
        "p": r"the number of outputs, $n_{N+1}$",
    },
    "online": {
        r"\eta": r"the rate of gradient descent",
        "b": r"the rows of a minibatch",
        "V": r"$V_k$, the sum of the squares of the errors, with the ridge",
        "R": r"$R_k$, the sum of the products of errors and estimates",
        r"\lambda": r"$\lambda_{\max}(C)$, the largest eigenvalue of $C$",
    },
    "frozen-feedback": {r"\eta": r"the rate of $W$; $\eta_B$ that of $B$"},
    "floating-point": {
        "u": r"$u^i$, the change of the activities of layer $i$ over $c$; upright, the unit roundoff",
        r"\rho": r"the size of what is subtracted",
        r"\delta": r"the size of what is propagated",
    },
}
"""Letters that mean something of their own in one statement."""

OF_THE_PAPER: Mapping[str, str] = {
    "J": r"the Jacobian of the output's activation",
    "f": r"in what refutes, the loss",
    "w": r"in what refutes, a weight, or an entry of the upper one of two matrices",
    "v": r"in what refutes, an entry of the lower one of two matrices",
    "b": r"in what refutes, an entry of $B$",
    "p": r"the order of a moment; in shapes the number of outputs",
    "V": r"$V^i$, in the paper the limit of the direct feedback",
    "M": r"$M=\mathbb{E}[\xi\xi^{\top}]$; $M_{jkk}$, the largest size of that derivative of $F$",
    r"\Delta": r"$\Delta W^i$, the step of the weights",
    r"\eta": r"the rate of a step; in (12) and (13) what separates the estimate from its mean",
    r"\theta": r"the angle between two vectors",
    r"\mathcal{D}": r"where the data are",
    r"\mathcal E": r"$\mathcal{E}^i(c)$, the remainder: the mean of the estimate less the gradient",
}
"""What only the paper, or what refutes it, has a letter for."""

_ACCENTS = "hat|tilde|bar"
_GREEK = (
    "alpha|beta|gamma|delta|epsilon|eta|theta|phi|tau|omega|kappa|lambda|mu|nu|xi|pi|rho|sigma|psi|"
    "Gamma|Delta|Lambda"
)
_SKIPPED = r"\\(?:text|mathrm|operatorname\*?)\{[^{}]*\}"
_SYMBOL = re.compile(
    rf"{_SKIPPED}|(?P<symbol>\\(?:{_ACCENTS})\s*(?:\{{[^{{}}]*\}}|\\[a-zA-Z]+|[a-zA-Z])"
    rf"|\\mathbb\{{[A-Z]\}}'?|\\mathcal\s*(?:\{{[A-Z]\}}|[A-Z])|\\(?:{_GREEK}|partial|nabla)(?![a-zA-Z])"
    r"|[a-zA-Z])|\\[a-zA-Z]+"
)


def symbols_in(formulas: Iterable[str]) -> tuple[str, ...]:
    """The symbols in these formulas, each once, as they are called in the tables above."""
    found = (match["symbol"] for one in formulas for match in _SYMBOL.finditer(one))
    return tuple(dict.fromkeys(_plain(symbol) for symbol in found if symbol))


def _plain(symbol: str) -> str:
    accent = re.fullmatch(rf"\\({_ACCENTS})\s*\{{?(.*?)\}}?", symbol)
    if accent is not None:
        letter = accent[2].strip()
        return f"\\{accent[1]}{letter}" if letter.startswith("\\") else f"\\{accent[1]} {letter}"
    return symbol.replace(r"\mathcal{E}", r"\mathcal E").replace(r"\mathcal{N}", r"\mathcal N")


def formulas_of(statement: Statement, proofs: Iterable[Proof]) -> tuple[str, ...]:
    """Every formula on the page of a statement."""
    sentences = [
        statement.as_printed,
        statement.repair,
        statement.beyond,
        *(one.words for one in statement.assumptions),
    ]
    sentences += [
        said for one in statement.counterexamples for said in (one.title, *(s for _, s in one.parts))
    ]
    return (
        *(assumption.latex for assumption in statement.assumptions),
        statement.latex,
        *(formula for text in sentences for formula in text.split("$")[1::2]),
        *(claim(step.claim, as_latex=True) for proof in proofs for step in steps_of(proof)),
    )


def glossary(statement: Statement, proofs: Iterable[Proof]) -> tuple[tuple[str, str], ...]:
    """The symbols of a page with what they mean; raises ``LookupError`` for one that is not known."""
    return named(formulas_of(statement, proofs), OF_A_STATEMENT.get(statement.id, {}), statement.id)


def named(formulas: Iterable[str], own: Mapping[str, str], page: str) -> tuple[tuple[str, str], ...]:
    """The symbols in these formulas with what they mean, ``own`` first, in the order of the tables.

    Raises ``LookupError`` for one that is in neither.
    """
    found = []
    for symbol in symbols_in(formulas):
        meaning = own.get(symbol) or SYMBOLS.get(symbol)
        if meaning is None:
            raise LookupError(f"{symbol} stands on the page of {page}, and nowhere is it said what it is")
        found.append((symbol, meaning))
    order = [*SYMBOLS, *own]
    return tuple(sorted(found, key=lambda pair: order.index(pair[0])))
