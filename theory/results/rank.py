r"""When the errors identify the feedback: the exact rank condition for linear networks.

Feedback alignment fits B^i on the errors of layer i, so it can only find what they span: the range of S_i =
E[e^i e^{i T}]. In a linear network e^i = (A^i)^T e with A^i = W^{N+1} ... W^{i+1}, hence S_i = (A^i)^T C
A^i, C = E[e e^T], and its rank is at most the smallest width above. Ranks are computed over the rationals,
where they are exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import sympy
from flint import fmpq_mat

from theory.results.assumptions import LINEAR, SAMPLES
from theory.results.statement import Statement


def error_gram_ranks(weights: Sequence[fmpq_mat], output_gram: fmpq_mat | None = None) -> tuple[int, ...]:
    """The ranks of S_1 .. S_{N+1} for a linear network: index k holds layer k + 1.

    ``weights`` are W^1 .. W^{N+1}; ``output_gram`` is C (p x p, positive semi-definite). Without it C is
    taken as the identity: every C of full rank gives the same ranks. Raises ``ValueError`` where the shapes
    do not chain.
    """
    _check_chain(weights)
    outputs = weights[-1].nrows()
    gram = _identity(outputs) if output_gram is None else output_gram
    if (gram.nrows(), gram.ncols()) != (outputs, outputs):
        raise ValueError(f"output_gram is {gram.nrows()} x {gram.ncols()}; expected {outputs} x {outputs}.")
    ranks = [gram.rank()]
    for matrix in reversed(weights[1:]):
        gram = matrix.transpose() * gram * matrix
        ranks.append(gram.rank())
    return tuple(reversed(ranks))


def feedback_identifiable(weights: Sequence[fmpq_mat], output_gram: fmpq_mat | None = None) -> bool:
    """Whether S_2 .. S_{N+1} have full rank, so that the limits of all B^2 .. B^{N+1} are W^2 .. W^{N+1}.

    S_1 plays no part: nothing is fitted on the errors of the first hidden layer, which may be wider than
    the next.
    """
    ranks = error_gram_ranks(weights, output_gram)
    return all(rank == matrix.nrows() for rank, matrix in zip(ranks[1:], weights[1:], strict=True))


def largest_ranks(widths: Sequence[int], output_rank: int | None = None) -> tuple[int, ...]:
    """The largest ranks of S_1 .. S_{N+1} for the widths n_0 .. n_{N+1} and rank C = ``output_rank``.

    The rank of S_i is at most min(n_i, .., n_{N+1}, rank C), and random weights attain it.
    """
    _check_widths(widths)
    ranks = [widths[-1] if output_rank is None else output_rank]
    if not 0 <= ranks[0] <= widths[-1]:
        raise ValueError(f"output_rank is {output_rank}; expected 0 to {widths[-1]}, the number of outputs.")
    for width in reversed(widths[1:-1]):
        ranks.append(min(width, ranks[-1]))
    return tuple(reversed(ranks))


def widths_allow_identification(widths: Sequence[int]) -> bool:
    """Whether n_2 <= ... <= n_{N+1}: what the rank condition asks of the architecture n_0 .. n_{N+1}."""
    _check_widths(widths)
    return all(lower <= upper for lower, upper in pairwise(widths[2:]))


def obstruction(widths: Sequence[int], output_rank: int | None = None) -> str | None:
    """One sentence on why no linear network of these widths has full ranks; None where some has."""
    ranks = largest_ranks(widths, output_rank)
    name = "-".join(map(str, widths))
    for layer in range(2, len(widths)):
        width, rank = widths[layer], ranks[layer - 1]
        if rank == width:
            continue
        if rank == min(widths[layer:]):
            return f"{name} narrows above layer {layer}: S_{layer} has rank at most {rank} of {width}."
        return f"The output error of {name} has rank {rank}: S_{layer} has rank at most {rank} of {width}."
    return None


def cross_entropy_error_sum(outputs: int) -> sympy.Expr:
    """The sum of the entries of e = dL/da for softmax and cross-entropy, with free targets y_1 .. y_p.

    It is 0, whatever the targets: adding the same number to all logits changes no probability. So 1^T C 1 =
    0, and C has rank p - 1 at most.
    """
    logits, targets = sympy.symbols(f"a_1:{outputs + 1}"), sympy.symbols(f"y_1:{outputs + 1}")
    normaliser = sum(map(sympy.exp, logits))
    loss = -sum(y * sympy.log(sympy.exp(a) / normaliser) for y, a in zip(targets, logits, strict=True))
    return sympy.simplify(sum(sympy.diff(loss, a) for a in logits))


def _identity(size: int) -> fmpq_mat:
    return fmpq_mat([[int(row == column) for column in range(size)] for row in range(size)])


def _check_chain(weights: Sequence[fmpq_mat]) -> None:
    if len(weights) < 2:
        raise ValueError(f"weights has {len(weights)} matrices; expected at least 2, for one hidden layer.")
    for layer, (lower, upper) in enumerate(pairwise(weights), start=1):
        if upper.ncols() != lower.nrows():
            raise ValueError(
                f"weights do not chain: W^{layer} has {lower.nrows()} rows, "
                f"W^{layer + 1} {upper.ncols()} columns."
            )


def _check_widths(widths: Sequence[int]) -> None:
    if len(widths) < 3 or min(widths) < 1:
        raise ValueError(
            f"widths are {list(widths)}; expected n_0 .. n_(N+1), three or more, each at least 1."
        )


STATEMENT = Statement(
    id="rank",
    title="When the errors of every layer have full rank",
    source="assumption A3, appendix A",
    status="holds with repair",
    latex=(
        r"S_i=\mathbb{E}\bigl[e^i(e^i)^{\top}\bigr]=(A^i)^{\top}CA^i,\qquad A^i=W^{N+1}\cdots "
        r"W^{i+1},\qquad "
        r"\operatorname{rank}S_i=\operatorname{rank}(C^{1/2}A^i)\le\min(n_i,\dots,n_{N+1},\operatorname{rank}C);"
        r"\qquad "
        r"C\succ0:\quad S_i\succ0\ \ (2\le i\le N+1)\iff W^3,\dots,W^{N+1}\ \text{of full column "
        r"rank}\implies n_2\le n_3\le\dots\le n_{N+1};\qquad \text{softmax and cross-entropy:}\quad "
        r"\mathbf 1^{\top}e^{N+1}=0,\quad \operatorname{rank}C\le n_{N+1}-1"
    ),
    assumptions=(SAMPLES, LINEAR),
    conclusion=(
        r"S_i\succ0\ \ (2\le i\le N+1)\iff C^{1/2}W^{N+1}\cdots W^{i+1}\ \text{injective}\ \ (2\le i\le N+1)"
    ),
    as_printed=(
        r"A3: the error matrices $\tilde e^i(\tilde e^i)^{\top}$ are full rank, for $1\le i\le N+1$, with "
        r"probability 1; "
        "general conditions are called hard to establish."
    ),
    repair=(
        r"One sample's $ee^{\top}$ has rank 1, and finitely many data repeat with positive probability: "
        r"the condition belongs to the population. Layer 1 does not matter. For linear networks it is then "
        r"an exact condition on the weights; it fails for every linear network that narrows anywhere above "
        r"layer 2, and always for softmax with cross-entropy."
    ),
)
