"""A failing network as code: paste it into Python, and `proofs_check.rerun` shows the same numbers again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from proofs_check.float64.floats import Array
from proofs_check.networks.drawn import Instance, tensor_code

if TYPE_CHECKING:
    from proofs_check.subject.methods import Subject

RERUN = "from proofs_check import rerun  # first: it binds its own impl, whatever the folder holds\n"


def network_code(
    call: str,
    subject: Subject,
    instance: Instance,
    tensors: Mapping[str, Sequence[Array] | Array] | None = None,
    **arguments: object,
) -> str:
    """Code for ``rerun.call(subject, network, x, y, *tensors, **arguments)``."""
    return f"{RERUN}{instance.as_code()}\n" + _tail(call, subject, ("network", "x", "y"), tensors, arguments)


def plain_code(
    call: str,
    subject: Subject,
    tensors: Mapping[str, Sequence[Array] | Array] | None = None,
    **arguments: object,
) -> str:
    """Code for ``rerun.call(subject, *tensors, **arguments)``, where no network is involved."""
    return f"{RERUN}import torch\n\n" + _tail(call, subject, (), tensors, arguments)


def place(subject: Subject) -> str:
    """How the command names the subject."""
    return str(getattr(subject, "place", "MODULE:NAME"))


def _tail(
    call: str,
    subject: Subject,
    names: Sequence[str],
    tensors: Mapping[str, Sequence[Array] | Array] | None,
    arguments: Mapping[str, object],
) -> str:
    given = tensors or {}
    setup = "".join(f"{name} = {_value_code(value)}\n" for name, value in given.items())
    words = [
        repr(place(subject)),
        *names,
        *given,
        *(f"{name}={value!r}" for name, value in arguments.items()),
    ]
    return f"{setup}\nrerun.{call}({', '.join(words)})"


def _value_code(value: Sequence[Array] | Array) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(tensor_code(part) for part in value)}]"
    return tensor_code(value)  # type: ignore[arg-type]  # the rest of the union
