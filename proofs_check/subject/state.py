"""What a claim may leave behind in its process, and how the next one finds it as the first one did.

Settings of Python, numpy and torch are set back. What cannot be set back, or shows that functions of a
library were replaced, is named: then the process is replaced. A process can only look at itself, so a subject
may fool this; it then spoils its own next claim, and gains nothing, for its numbers are judged elsewhere.
The module needs torch and nothing of ours: the worker loads it from its file.
"""

from __future__ import annotations

import contextlib
import copy
import decimal
import gc
import locale
import math
import os
import random
import signal
import struct
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import BuiltinFunctionType, FunctionType, MethodDescriptorType, ModuleType, WrapperDescriptorType
from typing import Any

import numpy as np
import torch

FUNCTIONS = (type, FunctionType, BuiltinFunctionType, MethodDescriptorType, WrapperDescriptorType, np.ufunc)
SIGNALS = tuple(signal.valid_signals()) if hasattr(signal, "valid_signals") else ()


@dataclass(frozen=True)
class Setting:
    """Something that can be read, compared and set back."""

    name: str
    read: Callable[[], Any]
    write: Callable[[Any], object]


def _same(a: Any, b: Any) -> bool:
    """Whether two readings are equal; arrays by their entries."""
    if isinstance(a, torch.Tensor):
        return isinstance(b, torch.Tensor) and torch.equal(a, b)
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_same, a, b))
    return bool(a == b)


def _into(target: Any) -> Callable[[Any], None]:
    """Put back the content of a list or dictionary that others hold on to."""

    def write(before: Any) -> None:
        target.clear()
        (target.extend if isinstance(target, list) else target.update)(before)

    return write


def _device() -> torch.device | None:
    context = getattr(torch._GLOBAL_DEVICE_CONTEXT, "device_context", None)
    return None if context is None else context.device


def _deterministic() -> tuple[bool, bool]:
    return (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )


def _set_filters(before: list[Any]) -> None:
    warnings.simplefilter("default")  # which tells the module that its filters are others
    warnings.filters[:] = before  # type: ignore[index]


def _set_deterministic(before: tuple[bool, bool]) -> None:
    torch._C._set_deterministic_algorithms(
        before[0], warn_only=before[1]
    )  # the public one imports a compiler


def _print_options(before: dict[str, Any]) -> None:
    vars(torch._tensor_str.PRINT_OPTS).update(before)


def _handlers() -> dict[int, Any]:
    return {number: signal.getsignal(number) for number in SIGNALS}


def _set_handlers(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        if handler is not None and signal.getsignal(number) is not handler:
            signal.signal(number, handler)


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _timers() -> tuple[bool, ...]:
    return tuple(signal.getitimer(which)[0] > 0.0 for which in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL))


def _stop_timers(_: Any) -> None:
    for which in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL):
        signal.setitimer(which, 0.0)


def _environment(before: dict[str, str]) -> None:
    os.environ.clear()
    os.environ.update(before)
    time.tzset()


def _attributes(module: Any, *names: str) -> Setting:
    """Attributes of a module that hold objects, such as `sys.stdout`."""

    def write(before: tuple[Any, ...]) -> None:
        for name, value in zip(names, before, strict=True):
            setattr(module, name, value)

    return Setting(
        f"{module.__name__}.{names[0]}",
        lambda: tuple(map(_Held, (getattr(module, n) for n in names))),
        lambda before: write(tuple(held.value for held in before)),
    )


@dataclass(frozen=True, eq=False)
class _Held:
    """An object, the same only as itself."""

    value: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held) and other.value is self.value

    __hash__ = object.__hash__


SETTINGS = (
    Setting("warnings", lambda: list(warnings.filters), _set_filters),  # first: reading others may warn
    Setting("torch's default dtype", torch.get_default_dtype, torch.set_default_dtype),
    Setting("torch's default device", _device, torch.set_default_device),
    Setting("torch's threads", torch.get_num_threads, torch.set_num_threads),
    Setting(
        "deterministic algorithms",
        _deterministic,
        _set_deterministic,
    ),
    Setting("grad mode", torch.is_grad_enabled, torch.set_grad_enabled),
    Setting("anomaly mode", torch.is_anomaly_enabled, torch.autograd.set_detect_anomaly),
    Setting("matmul precision", torch.get_float32_matmul_precision, torch.set_float32_matmul_precision),
    Setting("torch's printing", lambda: dict(vars(torch._tensor_str.PRINT_OPTS)), _print_options),
    Setting("torch's generator", torch.get_rng_state, torch.set_rng_state),
    Setting("numpy's generator", np.random.get_state, np.random.set_state),
    Setting("Python's generator", random.getstate, random.setstate),
    Setting("numpy's errors", np.geterr, lambda before: np.seterr(**before)),
    Setting("numpy's error call", np.geterrcall, np.seterrcall),
    Setting("numpy's printing", np.get_printoptions, lambda before: np.set_printoptions(**before)),
    Setting("numpy's buffers", np.getbufsize, np.setbufsize),
    Setting(
        "the decimal context",
        lambda: repr(decimal.getcontext()),
        lambda _: decimal.setcontext(decimal.Context()),
    ),
    Setting("the environment", lambda: dict(os.environ), _environment),
    Setting("the current directory", os.getcwd, os.chdir),
    Setting("the umask", _umask, os.umask),
    Setting(
        "the locale", lambda: locale.setlocale(locale.LC_ALL), lambda s: locale.setlocale(locale.LC_ALL, s)
    ),
    Setting("the recursion limit", sys.getrecursionlimit, sys.setrecursionlimit),
    Setting("the switch interval", sys.getswitchinterval, sys.setswitchinterval),
    Setting("the length of integers", sys.get_int_max_str_digits, sys.set_int_max_str_digits),
    Setting("tracing", sys.gettrace, sys.settrace),
    Setting("profiling", sys.getprofile, sys.setprofile),
    Setting("garbage collection", gc.isenabled, lambda on: gc.enable() if on else gc.disable()),
    Setting("collection thresholds", gc.get_threshold, lambda before: gc.set_threshold(*before)),
    Setting("collection callbacks", lambda: list(gc.callbacks), _into(gc.callbacks)),
    Setting("timers", _timers, _stop_timers),  # before the handlers: a signal without one ends the process
    Setting("signal handlers", _handlers, _set_handlers),
    Setting(
        "blocked signals",
        lambda: signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        lambda s: signal.pthread_sigmask(signal.SIG_SETMASK, s),
    ),
    Setting("the search path", lambda: list(sys.path), _into(sys.path)),
    Setting("the finders of modules", lambda: list(sys.meta_path), _into(sys.meta_path)),
    _attributes(sys, "stdin", "stdout", "stderr", "excepthook", "displayhook", "unraisablehook"),
    _attributes(warnings, "showwarning", "warn", "formatwarning"),
)


def _probes() -> dict[str, Any]:
    """What is compared and cannot be set back."""
    found: dict[str, Any] = {
        "the floating-point environment": _rounding(),
        "inference mode": torch.is_inference_mode_enabled(),
        "torch's modes": len(_modes()),
        "torch's threads between operations": torch.get_num_interop_threads(),
        "threads": frozenset(threading.enumerate()),
    }
    with contextlib.suppress(ImportError, AttributeError):
        from torch.utils._python_dispatch import _get_current_dispatch_mode_stack

        found["torch's dispatch modes"] = len(_get_current_dispatch_mode_stack())
    with contextlib.suppress(ImportError, AttributeError):
        import resource

        names = [name for name in dir(resource) if name.startswith("RLIMIT_")]
        found["resource limits"] = {name: resource.getrlimit(getattr(resource, name)) for name in names}
    if hasattr(os, "sched_getaffinity"):
        found["processors"] = frozenset(os.sched_getaffinity(0))
    return found


def _modes() -> list[Any]:
    return list(torch.overrides._get_current_function_mode_stack())  # type: ignore[no-untyped-call]


def _rounding() -> bytes:
    """Sums and products that another rounding, or flushing what is subnormal, would change; as bits, for a
    comparison of floats would flush them too.
    """
    one, small, smallest = float("1"), float("1.1102230246251565e-16"), float("5e-324")
    vector = torch.full((4,), 2.0**-1074, dtype=torch.float64) * one
    sums = (one + small, -one - small, one + math.nextafter(small, 1.0))
    return struct.pack("<5d", *sums, smallest * one, float(vector.sum()))


def _namespaces() -> Iterator[tuple[str, dict[str, Any]]]:
    """The modules and classes whose functions are compared."""
    ours = sorted(name for name in sys.modules if name.startswith("_proofs_check_"))
    libraries = (
        *("builtins", "math", "time", "os", "random", "sys", "json", "struct", "threading", "numpy"),
        *("numpy.linalg", "numpy.random", "torch", "torch.linalg", "torch.nn.functional", "torch.autograd"),
        *("torch.functional", "torch.random", "torch.overrides"),
    )
    for name in (*libraries, *ours):
        if isinstance(module := sys.modules.get(name), ModuleType):
            yield name, vars(module)
    for cls in (torch.Tensor, torch._C.TensorBase, *_classes(ours)):
        inherited = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items()}
        yield f"{cls.__module__}.{cls.__qualname__}", inherited


def _classes(modules: list[str]) -> list[type]:
    found = [
        value for name in modules for value in vars(sys.modules[name]).values() if isinstance(value, type)
    ]
    return [cls for cls in found if cls.__module__.startswith("_proofs_check_")]


def _functions() -> dict[tuple[str, str], Any]:
    return {
        (where, name): value
        for where, space in _namespaces()
        for name, value in space.items()
        if isinstance(value, FUNCTIONS)
    }


def _by_library(where: str, name: str, value: Any, before: Any) -> bool:
    """Whether torch itself replaced one of its functions, as when it first compiles; it is set back."""
    library = where.partition(".")[0]
    if where not in sys.modules or str(getattr(value, "__module__", "")).partition(".")[0] != library:
        return False
    setattr(sys.modules[where], name, before)
    return True


@dataclass
class State:
    """How the process was when the subject had just been loaded."""

    settings: list[Any] = field(default_factory=lambda: [copy.copy(setting.read()) for setting in SETTINGS])
    probes: dict[str, Any] = field(default_factory=_probes)
    functions: dict[tuple[str, str], Any] = field(default_factory=_functions)
    modules: dict[str, ModuleType] = field(default_factory=lambda: dict(sys.modules))

    def restore(self) -> list[str]:
        """Set back what can be set back; return the names of what is not as it was."""
        changed = []
        for setting, before in zip(SETTINGS, self.settings, strict=True):
            try:
                if not _same(before, setting.read()):
                    setting.write(before)
                    if not _same(before, setting.read()):
                        changed.append(setting.name)
            except Exception:  # such as a current directory that is gone
                try:
                    setting.write(before)
                except Exception:
                    changed.append(setting.name)
        now = _probes()
        changed += [name for name, before in self.probes.items() if now.get(name) != before]
        functions = _functions()
        for key, before in self.functions.items():
            if functions.get(key) is not before and not _by_library(*key, functions.get(key), before):
                changed.append(".".join(key))
        changed += [name for name, module in self.modules.items() if sys.modules.get(name) is not module]
        return changed
