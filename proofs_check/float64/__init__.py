"""The networks in plain float64, and how far rounding may take a right answer.

- `floats`: the textbook network, row by row; `rule`: which errors its feedback carries.
- `designs`: finite designs as arrays.
- `tolerance`: the allowances, and nothing more.
"""
