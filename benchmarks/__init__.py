"""Performance of the kernels: one list of cases, their peers, and a table of ratios."""
