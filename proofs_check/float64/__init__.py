"""The networks in plain float64, and how far rounding may take a right answer.

- `floats`: the textbook network, row by row.
- `designs`: finite designs as arrays.
- `tolerance`: the allowances, and nothing more.
"""
