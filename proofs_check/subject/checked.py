"""A subject behind checks: it gets fresh tensors, and what it answers is checked before anything uses it.

Wrong lengths, types, dtypes, shapes, NaN and infinity are named here, before any arithmetic could broadcast
or spread them. The module needs torch and nothing of ours: the worker process loads it from its file.
"""

from __future__ import annotations

import errno
import linecache
import sysconfig
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class BadAnswer(Exception):
    """The subject raised, or what it returned is no answer; the message says what, in one sentence."""


class OutOfMemory(BadAnswer):
    """The subject asked for more memory than it may have; the message says in which method."""


@dataclass(frozen=True)
class SubjectNetwork:
    """A network as a subject sees it: weights[k] is W^{k+1}, (n_{k+1}, n_k); activations[k] of layer k+1."""

    weights: tuple[Tensor, ...]
    activations: tuple[str, ...]
    loss: str

    @property
    def widths(self) -> tuple[int, ...]:
        """n_0 … n_{N+1}."""
        return (self.weights[0].shape[1], *(weight.shape[0] for weight in self.weights))

    def copy(self) -> SubjectNetwork:
        """Return the same network with weights that share no memory with these."""
        return SubjectNetwork(tuple(weight.clone() for weight in self.weights), self.activations, self.loss)


class Checked:
    """The methods of a subject, their answers checked; raises `BadAnswer`.

    The shapes are those of the subject's own methods: one row is one sample, float64 throughout.
    """

    def __init__(self, subject: object) -> None:
        self._subject = subject

    def gradient_estimates(
        self, network: SubjectNetwork, x: Tensor, y: Tensor, noise: Sequence[Tensor], c: float
    ) -> list[Tensor]:
        """λ̂^1 … λ̂^N, each (T, n_i)."""
        answer = self._ask("gradient_estimates", network, x=x, y=y, noise=list(noise), c=c)
        return _tensors(answer, "gradient_estimates", [(len(x), n) for n in network.widths[1:-1]])

    def error_signals(
        self, network: SubjectNetwork, feedback: Sequence[Tensor], x: Tensor, y: Tensor, rule: str
    ) -> list[Tensor]:
        """ẽ^1 … ẽ^{N+1}, each (T, n_i)."""
        copies = [matrix.clone() for matrix in feedback]
        answer = self._ask("error_signals", network, feedback=copies, x=x, y=y, rule=rule)
        _see_unchanged("error_signals", "feedback", feedback, copies)
        return _tensors(answer, "error_signals", [(len(x), n) for n in network.widths[1:]])

    def fit_feedback(self, estimates: Tensor, errors: Tensor, ridge: float = 0.0) -> Tensor:
        """B (q, n_i) from λ̂^i (T, n_i) and ẽ (T, q)."""
        shape = (errors.shape[1], estimates.shape[1])
        answer = self._ask("fit_feedback", None, estimates=estimates, errors=errors, ridge=ridge)
        return _tensor(answer, "fit_feedback", "what it returned", shape)

    def draw_noise(self, sizes: Sequence[int], draws: int, family: str, seed: int) -> list[Tensor]:
        """One (draws, n) tensor for each n in sizes."""
        answer = self._ask("draw_noise", None, sizes=list(sizes), draws=draws, family=family, seed=seed)
        return _tensors(answer, "draw_noise", [(draws, n) for n in sizes])

    def _ask(self, method: str, network: SubjectNetwork | None, **arguments: Any) -> Any:
        """Call a method by position; raises `BadAnswer` also where it wrote into what it was given."""
        given: list[SubjectNetwork] = [] if network is None else [network.copy()]
        versions = {name: _versions(value) for name, value in arguments.items()}
        try:
            answer = getattr(self._subject, method)(*given, *arguments.values())
        except (Exception, SystemExit) as error:
            if lacks_memory(error):
                raise OutOfMemory(f"{method} needed more memory than it may have") from None
            raise BadAnswer(f"{method} raised {describe(error)}") from None
        for name, value in arguments.items():
            if _versions(value) != versions[name]:
                raise BadAnswer(_wrote(method, name))
        if network is not None:
            _see_unchanged(method, "network.weights", network.weights, given[0].weights)
        return answer


def answer(
    subject: Checked, fitted_feedback: Callable[..., Any], method: str, arguments: Mapping[str, Any]
) -> list[NDArray[np.float64]]:
    """Answer a question that holds numpy arrays by a list of them; `fitted_feedback` is the pipeline's."""
    given = {name: from_numpy(value) for name, value in arguments.items()}
    if "network" in given:
        weights, activations, loss = (given["network"][part] for part in ("weights", "activations", "loss"))
        given["network"] = SubjectNetwork(tuple(weights), tuple(activations), loss)
    if method == "fitted_feedback":
        tensors = fitted_feedback(subject, **given)
    else:
        tensors = getattr(subject, method)(**given)
        for name in ("x", "y", "noise", "estimates", "errors"):
            if name in given:
                _see_unchanged(method, name, arguments[name], given[name])
    return [to_numpy(tensor) for tensor in (tensors if isinstance(tensors, list) else [tensors])]


def _versions(value: object) -> list[int]:
    """How often torch has changed each of these tensors in place."""
    entries = value if isinstance(value, list) else [value]
    return [entry._version for entry in entries if isinstance(entry, Tensor)]


def _see_unchanged(method: str, name: str, before: Any, after: Any) -> None:
    """Compare an argument with what it was, which also shows what was written through numpy."""
    if not isinstance(after, Tensor):
        if len(before) != len(after):
            raise BadAnswer(_wrote(method, name))
        for k, (old, new) in enumerate(zip(before, after, strict=True)):
            _see_unchanged(method, f"{name}[{k}]", old, new)
    elif not torch.equal(torch.as_tensor(before, device="cpu"), after.detach()):
        raise BadAnswer(_wrote(method, name))


def _wrote(method: str, name: str) -> str:
    return f"{method} wrote into its argument {name}, which the caller goes on using; change a copy instead"


def lacks_memory(error: BaseException) -> bool:
    """Whether this is how Python, numpy or torch say that the process gets no more memory."""
    if isinstance(error, RuntimeError):
        said = str(error)
        return "can't allocate memory" in said or "not enough memory" in said or "bad_alloc" in said
    return isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM)


def from_numpy(value: Any) -> Any:
    """Replace every array, also within lists, tuples and dictionaries, by a tensor with memory of its own."""
    if isinstance(value, np.ndarray):
        return torch.tensor(value, device="cpu")
    if isinstance(value, list | tuple):
        return type(value)(map(from_numpy, value))
    if isinstance(value, dict):
        return {name: from_numpy(entry) for name, entry in value.items()}
    return value


def to_numpy(tensor: Tensor) -> NDArray[np.float64]:
    """Return a contiguous array of the same numbers."""
    return np.ascontiguousarray(tensor.numpy())


def _tensors(value: object, method: str, shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
    """Check a list or tuple of tensors of these shapes."""
    expected = f"expected a list of {len(shapes)} tensor{'s' * (len(shapes) != 1)}"
    if not isinstance(value, list | tuple):
        raise BadAnswer(f"{method} returned {_kind(value)}, {expected}")
    entries = list(islice(value, len(shapes) + 1))  # a subclass may go on for ever
    if len(entries) != len(shapes):
        count = len(value) if type(value) in (list, tuple) else len(entries)
        raise BadAnswer(f"{method} returned a list of {count}, {expected}")
    return [
        _tensor(entry, method, f"element {k} of what it returned", shape)
        for k, (entry, shape) in enumerate(zip(entries, shapes, strict=True))
    ]


def _tensor(value: object, method: str, which: str, shape: tuple[int, ...]) -> Tensor:
    """Check one tensor, and return it detached from its graph."""
    if not isinstance(value, Tensor):
        raise BadAnswer(f"{method}: {which} is {_kind(value)}, expected a torch.Tensor")
    if type(value) is not Tensor:  # a subclass may say anything when it is asked
        with torch._C.DisableTorchFunctionSubclass():
            value = Tensor.as_subclass(value, Tensor)
    if tuple(value.shape) != shape:
        raise BadAnswer(f"{method}: {which} has the shape {tuple(value.shape)}, expected {shape}")
    if value.dtype != torch.float64:
        raise BadAnswer(f"{method}: {which} is {value.dtype}, expected torch.float64")
    if value.layout != torch.strided:
        raise BadAnswer(f"{method}: {which} has the layout {value.layout}, expected torch.strided")
    if value.device.type == "meta" or value.is_quantized or value.is_nested:
        raise BadAnswer(f"{method}: {which} is a tensor without numbers of its own ({_variety(value)})")
    plain = value.detach().to("cpu").resolve_neg()
    if not plain.sum().isfinite():  # a quarter of the time of asking each; where the sum overflowed, ask each
        for where in (~torch.isfinite(plain)).nonzero()[:1].tolist():
            found = plain[tuple(where)].item()
            raise BadAnswer(f"{method}: {which} holds {found} at {tuple(where)}, expected finite numbers")
    return plain


def _variety(value: Tensor) -> str:
    return "quantised" if value.is_quantized else "nested" if value.is_nested else f"on {value.device}"


def _kind(value: object) -> str:
    if value is None:
        return "None"
    return f"a {type(value).__module__}.{type(value).__qualname__}".replace("builtins.", "")


def made(target: object) -> object:
    """The object that lives for a claim: a new one where the target is a class; raises `BadAnswer`."""
    if not isinstance(target, type):
        return target
    try:
        return target()
    except (Exception, SystemExit) as error:
        if lacks_memory(error):
            raise OutOfMemory("its constructor needed more memory than it may have") from None
        raise BadAnswer(f"its constructor raised {describe(error)}") from None


def describe(error: BaseException) -> str:
    """Say in one line what was raised, and at which line of the subject's own files."""
    name = str(type.__dict__["__name__"].__get__(type(error)))  # past what a metaclass may say
    try:
        message = " ".join(str.split(str(error)))
    except BaseException:
        message = "(its message cannot be printed)"
    text = name + (f": {message[:500]}" if message else "")
    if isinstance(error, SyntaxError):
        return text
    try:
        frames = list(traceback.extract_tb(error.__traceback__))
    except Exception:
        return text
    own = [frame for frame in frames if not _is_library(frame.filename)]
    if not own:
        return text
    last = own[-1]
    line = linecache.getline(last.filename, last.lineno or 0).strip()
    return f"{text} ({last.filename}, line {last.lineno}, in {last.name}" + (f": {line})" if line else ")")


def _is_library(path: str) -> bool:
    """Whether a traceback's file belongs to us, to torch or numpy, or to Python itself."""
    if path.startswith("<frozen"):
        return True
    folders = [Path(__file__).parents[1], Path(np.__file__).parent, Path(torch.__file__).parent]
    if "site-packages" not in path:
        folders.append(Path(sysconfig.get_path("stdlib")))
    return any(folder in Path(path).parents for folder in folders)
