"""What is claimed: each file a result, with its hypotheses and what is derived for it.

- `statement`, `assumptions`, `definitions`: what a statement is made of, the hypotheses, the definitions.
- `catalogue`: all statements by their ids.
- `bias`, `linear_networks`, `direct_residual`: derivations that several results use.
"""
