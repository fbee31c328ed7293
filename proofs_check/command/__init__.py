"""The commands: `run` is `python -m proofs_check`, `compare` and `new_subject` its sub-commands."""
