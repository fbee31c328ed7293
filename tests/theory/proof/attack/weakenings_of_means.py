"""Further weakenings, of rules about samples and single units, thought of after the mistakes were written."""
# ruff: noqa: E501 - the texts are those of the checker, to the letter

from __future__ import annotations

_STATISTICS, _UNITS = "theory.proof.rules.statistics", "theory.proof.rules.units"
_MOMENTS = "theory.proof.unit_moments"

OF_MEANS: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "central limit theorem",
        "the mean may be anything that is known",
        _STATISTICS,
        "plain.of(known.left) == centred and not plain.of(known.right).terms for",
        "plain.of(known.left) == centred for",
    ),
    (
        "central limit theorem",
        "integrable given the datum will do",
        _STATISTICS,
        "    premises.integrable(row * row.T, plain)\n",
        "    if not any(plain.of(r.term) == plain.of(row * row.T) for r in premises.of(Integrable)):\n        raise Rejected('square')\n",
    ),
    (
        "Slutsky",
        "the covariance M V M",
        _STATISTICS,
        "wanted = reading.of(matrix * known.covariance * matrix.T)",
        "wanted = reading.of(matrix * known.covariance * matrix)",
    ),
    (
        "Slutsky",
        "M may depend on the row",
        _STATISTICS,
        "known_matrix.dependence[0] & (ROW | {SAMPLE}):",
        "known_matrix.dependence[0] & {SAMPLE}:",
    ),
    (
        "first order",
        "equations of a row put in under a mean",
        _STATISTICS,
        "    _refuse_rows_under_a_mean(found, premises)\n",
        "",
    ),
    (
        "first order",
        "what agrees is put in anywhere",
        _STATISTICS,
        "    _refuse_what_agrees_beside_what_is_large(found, premises)\n",
        "",
    ),
    (
        "first order",
        "a multiple says of what is multiplied that it is integrable",
        _STATISTICS,
        "        if letters and len(monomial.letters) > 1:\n            return None\n",
        "",
    ),
    (
        "first order",
        "a sum says of each part that it is integrable",
        _STATISTICS,
        "is not None and len(one) == 1}",
        "is not None and one}",
    ),
    (
        "Taylor with remainder",
        "bounds of any order",
        _UNITS,
        "    if sum(orders.values()) != 3 or max(orders.values()) == 1:\n",
        "    if False:\n",
    ),
    (
        "Taylor under the mean",
        "five derivatives too many",
        _UNITS,
        "0 < degree <= 4:",
        "0 < degree <= 6:",
    ),
    (
        "independent units",
        "noise has a moment more",
        _MOMENTS,
        "total > _highest(premises):",
        "total > _highest(premises) + 1:",
    ),
    (
        "arithmetic",
        "what is perturbed is bounded",
        _UNITS,
        "    if any(call.func.__name__.startswith(_PERTURBED)",
        "    if False and any(call.func.__name__.startswith(_PERTURBED)",
    ),
    (
        "triangle inequality",
        "the bound of another number",
        _UNITS,
        "if known.below is None and known.left == inside:",
        "if known.below is None:",
    ),
)
"""Rule, what is weaker, module, text, text instead."""
