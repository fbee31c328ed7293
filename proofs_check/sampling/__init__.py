"""Finite samples of a subject, tested at a proved level.

- `statistics`: tests of noise; `sequential`: tests in stages.
- `populations`, `sums`: what a sample sums to, and the exact law of that.
- `replicates`: a subject's own samples, many times over.
"""
