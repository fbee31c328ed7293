"""The proofs, a file for each result.

- `catalogue`: all of them; making them takes most of a second.
- `verify`, `models`: their steps, tried on networks; `verdicts`: what was found, kept for whoever asks later.
- `passages`: stretches of steps that several proofs have.
"""
