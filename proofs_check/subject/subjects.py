"""The implementation under check, as the claims see it.

A claim asks a `Subject` with numpy arrays and gets numpy arrays, checked for type, length, shape, dtype and
finiteness. `WorkerSubject` asks an object in a process of its own, so that one that hangs, prints, or takes
the process down harms only the claim that asked; `LocalSubject` asks an object of this process, for tests.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feedback_proofs_io.text import printable
from proofs_check.subject import channel, conduct, traits
from proofs_check.subject.channel import Message
from proofs_check.subject.own_time import OwnTime
from proofs_check.subject.process import Died, Garbled, TimedOut, WorkerProcess
from proofs_check.verdict.evidence import SubjectError, SubjectLost

Array = NDArray[np.float64]

REFERENCE = "impl.reference:Reference"
HOME = Path(__file__).resolve().parents[2]
PINNED = ("feedback_proofs_io", "impl")  # what the reference consists of
PATIENCE, IMPATIENT_SECONDS = 2, 2.0  # after two claims without an answer, two seconds for each of the others
START_SECONDS = 120.0  # for importing torch and the subject, on a cold disk
MEMORY, MEMORY_VARIABLE = 4.0, "PROOFS_CHECK_MEMORY"  # GiB that a subject may take, and what changes it


class SubjectNotFound(ValueError):
    """There is no such subject: the message says which part of its name is wrong."""


class NetworkLike(Protocol):
    """A network: weights[k] is W^{k+1}, (n_{k+1}, n_k); activations[k] is that of layer k+1; a loss."""

    @property
    def weights(self) -> Sequence[ArrayLike]:
        """W^1 … W^{N+1}."""

    @property
    def activations(self) -> Sequence[str]:
        """The activations of the layers 1 … N+1, by name."""

    @property
    def loss(self) -> str:
        """The loss, by name."""


class Subject(ABC):
    """The subject's methods, and what it supports. Every method may raise `SubjectError`.

    One row is one sample with its own noise. Layers are listed from below: index k holds λ̂^{k+1}, ẽ^{k+1},
    ξ^{k+1}, and B^{k+2}.
    """

    name: str
    supports: Mapping[str, Sequence[str]]

    def gradient_estimates(
        self, network: NetworkLike, x: ArrayLike, y: ArrayLike, noise: Sequence[ArrayLike], c: float
    ) -> list[Array]:
        """Return λ̂^1 … λ̂^N, each (T, n_i), from x (T, n_0), y (T, p) and ξ^i (T, n_i): eq. (2)."""
        data = {"x": _array(x), "y": _array(y), "noise": _arrays(noise)}
        return self._ask("gradient_estimates", network=_network(network), **data, c=float(c))

    def error_signals(
        self, network: NetworkLike, feedback: Sequence[ArrayLike], x: ArrayLike, y: ArrayLike, rule: str
    ) -> list[Array]:
        """Return ẽ^1 … ẽ^{N+1}, each (T, n_i), from B^2 … B^{N+1}; the rule is "FA" or "DFA"."""
        data = {"feedback": _arrays(feedback), "x": _array(x), "y": _array(y)}
        return self._ask("error_signals", network=_network(network), **data, rule=rule)

    def fit_feedback(self, estimates: ArrayLike, errors: ArrayLike, ridge: float = 0.0) -> Array:
        """Return B (q, n_i) minimising Σ‖λ̂ − Bᵀẽ‖² + ridge‖B‖², from λ̂^i (T, n_i) and ẽ (T, q), eq. (3)."""
        data = {"estimates": _array(estimates), "errors": _array(errors)}
        return self._ask("fit_feedback", **data, ridge=float(ridge))[0]

    def draw_noise(
        self, sizes: Sequence[int], draws: int, family: str = "gaussian", seed: int = 0
    ) -> list[Array]:
        """Return one (draws, n) array for each n in sizes: independent, mean 0, variance 1."""
        counts = {"sizes": [int(n) for n in sizes], "draws": int(draws)}
        return self._ask("draw_noise", **counts, family=family, seed=int(seed))

    def fitted_feedback(
        self,
        network: NetworkLike,
        x: ArrayLike,
        y: ArrayLike,
        atoms: Sequence[ArrayLike],
        probabilities: ArrayLike | None,
        c: float,
        rule: str,
    ) -> list[Array]:
        """Return B^2 … B^{N+1} fitted by the subject's methods to all (datum, atom) pairs; see `pipeline`."""
        data = {"x": _array(x), "y": _array(y), "atoms": _arrays(atoms)}
        weights = None if probabilities is None else _array(probabilities)
        return self._ask(
            "fitted_feedback", network=_network(network), **data, probabilities=weights, c=float(c), rule=rule
        )

    def supports_all(
        self,
        *,
        activations: str | Iterable[str] = (),
        losses: str | Iterable[str] = (),
        rules: str | Iterable[str] = (),
        noise: str | Iterable[str] = (),
    ) -> bool:
        """Whether the subject offers all of these; where its `supports` is silent, it does."""
        wanted = {"activations": activations, "losses": losses, "rules": rules, "noise": noise}
        return all(
            set([names] if isinstance(names, str) else names) <= set(self.supports[key])
            for key, names in wanted.items()
            if key in self.supports
        )

    @abstractmethod
    def begin_claim(self, seconds: float) -> None:
        """Make a new object for a claim, if the subject is a class, and start the clock of its own time."""

    @abstractmethod
    def _ask(self, method: str, **arguments: Any) -> list[Array]:
        """Put a question to the subject, and check its answer."""


class WorkerSubject(Subject):
    """A subject in a worker process, which starts at once and is replaced only after it was stopped or died.

    `place` is MODULE:NAME, found from the current directory, or FILE.py:NAME; None is the reference of this
    installation, whatever packages the current directory holds. `memory` is in GiB. `load` waits until it is
    loaded; raises `SubjectNotFound`.

    Before the first question to `gradient_estimates`, `error_signals` or `fit_feedback` the subject is asked
    how it behaves (see `conduct`); what is found there counts in every claim that asks that method.
    """

    def __init__(
        self, place: str | None = None, memory: float | None = None, conduct_first: bool = True
    ) -> None:
        module, colon, name = (REFERENCE if place is None else place).rpartition(":")
        if not colon or not module or not all(part.isidentifier() for part in name.split(".")):
            raise SubjectNotFound(f"the subject is {place!r}, expected MODULE:NAME or FILE.py:NAME")
        if module.endswith(".py") and not Path(module).is_file():
            raise SubjectNotFound(f"there is no file {module}")
        folder, pinned = (str(HOME), PINNED) if place is None else (str(Path.cwd()), ())
        self.name, self.supports, self.torch = name, {}, "unknown"
        self.place = REFERENCE if place is None else place
        self._name = name
        self._memory = memory_limit() if memory is None else memory
        self._bytes = int(self._memory * 2**30)
        self._load = {
            "module": module,
            "name": name,
            "folder": folder,
            "pinned": pinned,
            "memory": self._bytes,
        }
        self._lost: SubjectLost | None = None
        self._conduct = conduct.Seen() if conduct_first else None
        self._loaded = False
        self._hung = 0  # claims in which it did not answer in time
        self._process = WorkerProcess(self._bytes)
        self._allowance = OwnTime(0, 0.0)  # none before a claim begins

    def load(self) -> None:
        """Wait until the subject is loaded, and learn its name, what it supports, its version of torch."""
        if self._loaded:
            return
        try:
            answer = self._process.ask("load", self._load, (), self._process.allow(START_SECONDS))
        except TimedOut:
            raise SubjectNotFound(f"{self.place} was not loaded within {START_SECONDS:g} s") from None
        except Died as death:
            raise SubjectNotFound(f"loading {self.place}: its process {death}") from None
        except Garbled as garbled:
            raise SubjectNotFound(f"loading {self.place}: {_GARBLED}: {garbled}") from None
        if answer.kind == channel.NO_MEMORY:
            raise SubjectNotFound(f"loading {self.place}: it may take {self._memory:g} GiB, {_MORE_MEMORY}")
        if answer.kind != channel.TRAITS:
            raise SubjectNotFound(f"subject {self.place}: {printable(answer.text)}")
        try:
            self._believe(answer.text)
        except ValueError as error:
            raise SubjectNotFound(f"subject {self.place}: {error}") from None
        self._loaded = True

    def _begin_anew(self) -> None:
        """Load the subject, in a new process if the last one is gone; raises `SubjectLost`."""
        if self._lost is not None or not self._process.alive:
            self._process.stop()
            self._process = WorkerProcess(self._bytes)
            self._lost, self._loaded = None, False
        try:
            self.load()
        except SubjectNotFound as error:  # it was found before
            self._lost = SubjectLost(str(error))
            raise self._lost from None

    def _believe(self, text: str) -> None:
        """Take over what the subject says of itself; raises ValueError where that is not what it may say."""
        said = traits.read(text)
        self.name, self.supports, self.torch = printable(said.name), said.supports, printable(said.torch)

    def begin_claim(self, seconds: float) -> None:
        """Make a new object, in a new process if the last one is gone, and start its clock.

        The clock runs while the subject is asked, not while the claim works out what to expect of it, nor
        while a process starts. Raises `SubjectError` where the constructor does.
        """
        self._begin_anew()
        if self._hung >= PATIENCE:  # it will hang again: say so soon, not after every claim's full time
            seconds = min(seconds, IMPATIENT_SECONDS)
        self._allowance = self._process.allow(seconds)
        answer = self._answer("begin", {"name": self._name}, ())
        if answer.kind == channel.STALE:  # an earlier claim changed what cannot be set back
            self._process.stop()
            self._begin_anew()
            self._allowance = self._process.allow(seconds)
            answer = self._answer("begin", {"name": self._name}, ())
        if answer.kind != channel.TRAITS:
            raise SubjectError(f"its process is never as it was when loaded: {printable(answer.text)}")
        try:
            self._believe(answer.text)
        except ValueError as error:
            raise SubjectError(str(error)) from None

    def _ask(self, method: str, **arguments: Any) -> list[Array]:
        if self._conduct is not None:
            self._conduct.before(self, method)
        request = {"method": method, "arguments": arguments}
        return list(self._answer("ask", request, answer_shapes(method, arguments)).arrays)

    def _answer(self, step: str, request: Mapping[str, Any], shapes: Sequence[channel.Shape]) -> Message:
        """Have the worker take a step, "begin" or "ask"; raises `SubjectError` where it does not succeed."""
        if self._lost is not None:
            raise self._lost
        what = "its constructor" if step == "begin" else request["method"]
        try:
            answer = self._process.ask(step, request, shapes, self._allowance)
        except TimedOut:
            self._hung += 1
            self._lost = SubjectLost(
                f"no answer from {what} within the {self._allowance.seconds:g} s of a claim"
            )
            raise self._lost from None
        except Died as death:
            self._lost = SubjectLost(f"its process {death} in {what}")
            raise self._lost from None
        except Garbled as garbled:
            self._lost = SubjectLost(f"{_GARBLED} to {what}: {garbled}")
            raise self._lost from None
        if answer.kind == channel.NO_MEMORY:  # what it holds may be lost for ever: begin with a new process
            self._process.stop()
            self._lost = SubjectLost(f"{printable(answer.text)}: {self._memory:g} GiB, {_MORE_MEMORY}")
            raise self._lost
        if answer.kind not in ((channel.TRAITS, channel.STALE) if step == "begin" else (channel.NUMBERS,)):
            raise SubjectError(printable(answer.text))
        return answer

    def close(self) -> None:
        """Stop the process."""
        self._process.stop()

    def __enter__(self) -> WorkerSubject:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


_GARBLED = "what its process sent is no answer"
_MORE_MEMORY = f"which {MEMORY_VARIABLE}=GIB in the environment changes"


def memory_limit() -> float:
    """How many GiB a subject may take: what the environment says, or 4; raises `SubjectNotFound`."""
    given = os.environ.get(MEMORY_VARIABLE)
    try:
        limit = MEMORY if given is None else float(given)
    except ValueError:
        limit = 0.0
    if not 0.0 < limit < 2.0**20:
        raise SubjectNotFound(f"{MEMORY_VARIABLE} is {given!r}, expected a number of GiB, such as 8")
    return limit


class LocalSubject(Subject):
    """A subject in this process, from an object or a class: the same checks of its answers, no limit of time
    or memory, and questions about its conduct only where they are asked for.
    """

    def __init__(self, target: object, conduct_first: bool = False) -> None:
        self._target = target
        self._conduct = conduct.Seen() if conduct_first else None
        self._name = str(getattr(target, "__name__", type(target).__name__))
        self.begin_claim(float("inf"))

    def begin_claim(self, seconds: float) -> None:
        """Make a new object, if the subject is a class."""
        from proofs_check.subject import checked

        try:
            made = checked.made(self._target)
            self.name, self.supports = traits.of(made, self._name)
        except (checked.BadAnswer, traits.Unknown) as error:
            raise SubjectError(str(error)) from error
        self._subject = checked.Checked(made)

    def _ask(self, method: str, **arguments: Any) -> list[Array]:
        from proofs_check.subject import checked, pipeline

        if self._conduct is not None:
            self._conduct.before(self, method)
        try:
            return checked.answer(self._subject, pipeline.fitted_feedback, method, arguments)
        except checked.BadAnswer as error:
            raise SubjectError(str(error)) from error


def answer_shapes(method: str, arguments: Mapping[str, Any]) -> list[channel.Shape]:
    """The shapes of the arrays that answer a question."""
    match method:
        case "draw_noise":
            return [(arguments["draws"], n) for n in arguments["sizes"]]
        case "fit_feedback":
            return [(arguments["errors"].shape[1], arguments["estimates"].shape[1])]
    weights = arguments["network"]["weights"]
    widths, rows = [weight.shape[0] for weight in weights], arguments["x"].shape[0]
    match method:
        case "gradient_estimates":
            return [(rows, n) for n in widths[:-1]]
        case "error_signals":
            return [(rows, n) for n in widths]
        case "fitted_feedback":
            below = [weight.shape[1] for weight in weights[1:]]
            above = widths[1:] if arguments["rule"] == "FA" else [widths[-1]] * len(below)
            return list(zip(above, below, strict=True))
    raise ValueError(f"no such method: {method}")


def _network(network: NetworkLike) -> dict[str, Any]:
    return {
        "weights": tuple(_arrays(network.weights)),
        "activations": tuple(map(str, network.activations)),
        "loss": str(network.loss),
    }


def _array(values: ArrayLike) -> Array:
    return np.array(values, dtype=np.float64, order="C")  # a copy: no negative strides, which torch refuses


def _arrays(values: Sequence[ArrayLike]) -> list[Array]:
    return [_array(value) for value in values]
