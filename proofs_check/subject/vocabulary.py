"""What a subject may be asked for, by name: what its `supports` chooses from."""

from __future__ import annotations

from collections.abc import Mapping

from proofs_check.float64.activations import ACTIVATIONS
from proofs_check.float64.losses import LOSSES
from proofs_check.verdict.families import FAMILIES

KNOWN: Mapping[str, tuple[str, ...]] = {
    "activations": tuple(ACTIVATIONS),
    "losses": tuple(LOSSES),
    "rules": ("FA", "DFA"),
    "noise": tuple(FAMILIES),
}
