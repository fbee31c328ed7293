"""Theorems 1 to 3, Corollary 1 and what belongs to them, checked by the proof assistant Coq.

`python -m proofs_check.formal` builds the proofs and keeps the result; README.md beside this file says what
each theorem states. Whether a statement is machine-checked is asked of `machine_checked`.
"""

from proofs_check.formal.build import THEOREMS, CheckedByCoq, machine_checked

__all__ = ["THEOREMS", "CheckedByCoq", "machine_checked"]
