"""In linear networks that are wide enough, layerwise and direct feedback fit the same gradients.

The fit of a layer projects lambda_hat onto what its errors span, on the sample at hand. Under DFA they are
the output's errors E^{N+1} (rows: samples); under FA E~^{i+1} = E^{N+1} B^{N+1} ... B^{i+2}, inside the same
span. So both fits agree in layer i, to the last digit and on any data and any noise, as soon as E~^{i+1} has
the rank of E^{N+1}; the fitted matrices are then such that their products agree as well. Random matrices have
that rank if no layer from 2 to N is narrower than it. The first hidden layer may be: nothing is fitted on its
errors.
"""

from __future__ import annotations

from collections.abc import Sequence

from theory.exact.network import Matrix
from theory.results.assumptions import LINEAR
from theory.results.statement import Statement


def wide_enough(widths: Sequence[int], output_rank: int | None = None) -> bool:
    """Whether n_j >= rank E^{N+1} for 2 <= j <= N: what n_0 .. n_{N+1} must satisfy.

    ``output_rank`` is p without further knowledge, p - 1 at most for softmax and cross-entropy.
    """
    if len(widths) < 3 or min(widths) < 1:
        raise ValueError(
            f"widths are {list(widths)}; expected n_0 .. n_(N+1), three or more, each at least 1."
        )
    rank = widths[-1] if output_rank is None else output_rank
    return all(width >= rank for width in widths[2:-1])


def agreeing_layers(signals: Sequence[Matrix]) -> tuple[bool, ...]:
    """For each hidden layer i = 1 .. N: whether e~^{i+1} of FA spans what e~^{N+1} does, so that the fitted
    gradients of FA and DFA are equal there.

    ``signals`` are e~^1 .. e~^{N+1} (n_i x T, rational) with the fitted matrices of FA.
    """
    rank = signals[-1].rank()
    return tuple(signal.rank() == rank for signal in signals[1:])


STATEMENT = Statement(
    id="fa-equals-dfa",
    title="Wide linear networks: layerwise and direct feedback fit the same gradients",
    source="new",
    status="new",
    latex=(
        r"\tilde E^{i}=\bigl(\tilde e^{i}_1\,\cdots\,\tilde e^{i}_T\bigr)^{\top},\qquad "
        r"\operatorname{rank}\tilde E^{j}_{\mathrm{FA}}=\operatorname{rank}E^{N+1}\ \ (2\le j\le N)"
        r"\quad\Longrightarrow\quad \tilde E^{i}_{\mathrm{FA}}=\tilde E^{i}_{\mathrm{DFA}}"
        r"=E^{N+1}(E^{N+1})^{+}\hat\Lambda^{i}\quad(1\le i\le N)\quad"
        r"\text{on any sample};\qquad \text{generically if}\ n_j\ge n_{N+1}\ \ (2\le j\le N)"
    ),
    assumptions=(LINEAR,),
    conclusion=r"\tilde E^{i}_{\mathrm{FA}}=\tilde E^{i}_{\mathrm{DFA}},\qquad 1\le i\le N",
    repair=(
        r"An identity of one sample, not only of limits: it holds for any data, any noise, any $c$ and any "
        r"loss, with the fit of minimum norm. Where a layer from 2 to $N$ is narrower than the rank of the "
        r"output error, the two fits differ in the layers below it. Layer 1 may have any width. A ridge or a "
        r"nonlinearity breaks the identity."
    ),
)
