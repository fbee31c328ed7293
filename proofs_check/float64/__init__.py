"""The networks in plain float64, and how far rounding may take a right answer.

- `floats`: the textbook network, row by row; `rule`: which errors its feedback carries.
- `activations`, `losses`: each one table, of all that a subject may be asked for.
- `designs`: finite designs as arrays.
- `tolerance`: the allowances, and nothing more.
"""
