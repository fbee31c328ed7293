"""Exact arithmetic: networks, noise laws, and what an estimator tends to, in rationals or balls.

- `network`: a network and its derivatives; `rule`: which errors its feedback carries.
- `noise_laws`, `designs`, `samples`: the laws of one unit, of all units as finite sums, a finite sample.
- `moments`, `population`, `influence`: of the estimator, of the fitted feedback, of each sample.
- `derivative_bounds`: bounds on the derivatives of tanh and sigmoid.
"""
