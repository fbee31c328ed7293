"""A question to a subject, as data: what a counterexample is. As code it can be pasted into Python, and
`proofs_check.rerun` asks it again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np

from proofs_check.float64.floats import Array, Network
from proofs_check.networks.drawn import Instance, tensor_code
from proofs_check.subject.methods import Subject

__all__ = ["Arrays", "Option", "Question", "asked_of", "on_network", "place"]

Arrays: TypeAlias = Mapping[str, Array | Sequence[Array]]
Option: TypeAlias = str | int | float
NOTHING: Mapping[str, Any] = MappingProxyType({})
RERUN = "from proofs_check import rerun  # first: it binds its own impl, whatever the folder holds\n"


@dataclass(frozen=True, eq=False)
class Question:
    """The function of `proofs_check.rerun` that asks it, the ``place`` of the subject as the command names
    it, and its arguments: a network with data, arrays, options.
    """

    call: str
    place: str
    instance: Instance | None = None
    arrays: Arrays = field(default_factory=lambda: NOTHING)
    options: Mapping[str, Option] = field(default_factory=lambda: NOTHING)

    @property
    def code(self) -> str:
        """Code that asks it: ``rerun.call(place, network, x, y, *arrays, **options)``."""
        given = self.instance
        setup = "import torch\n\n" if given is None else f"{given.as_code()}\n"
        setup += "".join(f"{name} = {_value_code(value)}\n" for name, value in self.arrays.items())
        words = [
            repr(self.place),
            *(() if given is None else ("network", "x", "y")),
            *self.arrays,
            *(f"{name}={value!r}" for name, value in self.options.items()),
        ]
        return f"{RERUN}{setup}\nrerun.{self.call}({', '.join(words)})"

    def plain(self) -> dict[str, Any]:
        """The question in JSON's own types; numbers keep all their bits."""
        found: dict[str, Any] = {"call": self.call, "place": self.place, "options": dict(self.options)}
        if self.instance is not None:
            network = self.instance.network
            found["network"] = {
                "weights": list(map(_plain, network.weights)),
                "activations": list(network.activations),
                "loss": network.loss,
            }
            found |= {"x": _plain(self.instance.x), "y": _plain(self.instance.y)}
        found["arrays"] = {
            name: {"each": list(map(_plain, value))}
            if isinstance(value, list | tuple)
            else {"one": _plain(np.asarray(value))}
            for name, value in self.arrays.items()
        }
        return found

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> Question:
        """The question that `plain` wrote; raises KeyError, TypeError or ValueError for anything else."""
        instance = None
        if "network" in content:
            written = content["network"]
            network = Network(
                tuple(map(_array, written["weights"])), tuple(written["activations"]), str(written["loss"])
            )
            instance = Instance(network, _array(content["x"]), _array(content["y"]))
        arrays = {
            str(name): list(map(_array, value["each"])) if "each" in value else _array(value["one"])
            for name, value in content["arrays"].items()
        }
        return cls(str(content["call"]), str(content["place"]), instance, arrays, dict(content["options"]))


def on_network(
    call: str, subject: Subject, instance: Instance, arrays: Arrays = NOTHING, **options: Option
) -> Question:
    """A question about a network and its data."""
    return Question(call, place(subject), instance, arrays, options)


def asked_of(call: str, subject: Subject, arrays: Arrays = NOTHING, **options: Option) -> Question:
    """A question in which no network is involved, or one that `rerun` makes itself."""
    return Question(call, place(subject), None, arrays, options)


def place(subject: Subject) -> str:
    """How the command names the subject."""
    return str(getattr(subject, "place", "MODULE:NAME"))


def _plain(values: Array) -> Any:
    """Lists of numbers; JSON has no infinity and no NaN: they are texts, which numpy understands."""
    if np.isfinite(values).all():
        return values.tolist()
    return [_plain(one) for one in values] if values.ndim else str(float(values))


def _array(values: Any) -> Array:
    return np.array(values, dtype=np.float64)


def _value_code(value: Array | Sequence[Array]) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(tensor_code(part) for part in value)}]"
    return tensor_code(np.asarray(value))
