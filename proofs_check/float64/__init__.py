"""The networks in plain float64, and how far rounding may take a right answer.

- `activations`, `losses`: each one table, of all that a subject may be asked for.
- `floats`: the textbook network, row by row.
- `designs`: finite designs as arrays.
- `tolerance`: the allowances, and nothing more.
"""
