"""What the reference alone has: learning as it goes, which a subject's four methods do not cover.

The claims `online`, `frozen-feedback` and `floating-point` say something about the reference's own code;
another subject is not asked, and the ledger says so. The reference's package is found beside this one,
whatever else is called `impl` where the command runs.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from proofs_check.float64.floats import Array, Network
from proofs_check.subject.methods import REFERENCE, Subject
from proofs_check.verdict.evidence import NotApplicable

HOME = Path(__file__).resolve().parents[2]


def only_reference(subject: Subject) -> None:
    """Raise `NotApplicable` for any subject but the reference."""
    target = getattr(subject, "_target", None)
    local = f"{getattr(target, '__module__', '')}:{getattr(target, '__name__', '')}"
    if REFERENCE not in (getattr(subject, "place", None), local):
        raise NotApplicable("reference only: it is about code that a subject's four methods do not cover")


def online() -> ModuleType:
    """`impl.online`, of this installation."""
    if "impl" not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            "impl", HOME / "impl" / "__init__.py", submodule_search_locations=[str(HOME / "impl")]
        )
        if spec is None or spec.loader is None:
            raise ImportError(f"there is no package impl in {HOME}")
        sys.modules["impl"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["impl"])
    return importlib.import_module("impl.online")


def tensor(values: Array) -> Any:
    """The same numbers as a float64 tensor of its own."""
    import torch

    return torch.tensor(np.ascontiguousarray(values), dtype=torch.float64)


def tensors(arrays: Sequence[Array]) -> list[Any]:
    """One tensor for each array."""
    return [tensor(values) for values in arrays]


def network_of(network: Network) -> Any:
    """The network as the reference has it."""
    online()
    return sys.modules["impl"].Network(tuple(tensors(network.weights)), network.activations, network.loss)
