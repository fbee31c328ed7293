"""Subjects that attack whoever asks them: `draw_noise` does what its argument `family` says.

Anything else asked of them they answer honestly, by numbers that leftovers of an attack would change.
"""

import builtins
import ctypes
import gc
import locale
import mmap
import os
import pickle
import random
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
import warnings

import numpy as np
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

torch.manual_seed(1)
np.random.seed(1)
random.seed(1)

ATTACKS = {}
ESCAPES = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202etxt.exe\u2066\x00\ud800\u2028[red]x[/red]"


def attack(function):
    ATTACKS[function.__name__.replace("_", " ").strip()] = function
    return function


def honest(sizes, draws, seed):
    """Numbers that hang on the default dtype, device, generators and rounding."""
    base = torch.rand(1).double().item() + random.random() + np.random.random()
    return [(torch.ones(draws, n) / 3).double() + base + seed for n in sizes]


class Hostile:
    name = "hostile"

    def draw_noise(self, sizes, draws, family="gaussian", seed=0):
        good = honest(sizes, draws, seed)
        return ATTACKS[family](good) if family in ATTACKS else good


class Zeros:
    """Zeros everywhere, and a message that a reader of pickles would obey."""

    name = "zeros"

    def gradient_estimates(self, network, x, y, noise, c):
        obey()
        return [torch.zeros_like(xi) for xi in noise]

    def error_signals(self, network, feedback, x, y, rule):
        obey()
        return [torch.zeros(len(x), len(weight), dtype=torch.float64) for weight in network.weights]

    def fit_feedback(self, estimates, errors, ridge=0.0):
        obey()
        return Payload(torch.zeros(errors.shape[1], estimates.shape[1], dtype=torch.float64))

    def draw_noise(self, sizes, draws, family="gaussian", seed=0):
        return [Payload(torch.zeros(draws, n, dtype=torch.float64)) for n in sizes]


class Payload(torch.Tensor):
    """What replaces every verdict where it is unpickled."""

    def __reduce__(self):
        code = "import proofs_check.ledger.ledger as l; l._verdict = lambda *a: l.Verdict('pass')"
        return exec, (code,)


def obey():
    """Write the payload to every pipe that is open, once."""
    if not vars(sys).get("said"):
        sys.said = True
        to_pipes(pickle.dumps(Payload(torch.zeros(1))))


def to_pipes(data):
    """Write to every pipe of this process, by which the answers go."""
    for entry in os.listdir("/proc/self/fd"):
        try:
            if int(entry) > 2 and os.readlink(f"/proc/self/fd/{entry}").startswith("pipe:"):
                os.write(int(entry), data)
        except OSError:
            continue


# What is no answer


class Reduced:
    def __reduce__(self):
        return os._exit, (0,)


class Lying(torch.Tensor):
    @property
    def shape(self):
        return torch.Size((4, 2))


class Twisting(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        raise RuntimeError("asked for nothing but pass")


class Endless(list):
    def __iter__(self):
        while True:
            yield None


class NoLength(list):
    def __len__(self):
        raise KeyboardInterrupt


class Words(str):
    def split(self, *_):
        os._exit(0)


class Evil(Exception):
    def __str__(self):
        raise KeyboardInterrupt("not even a message")


class Telling(Exception):
    def __str__(self):
        return Words("something")


class Named(type):
    @property
    def __name__(cls):
        raise SystemExit(0)


class Nameless(Exception, metaclass=Named):
    pass


class Deep(BaseException):
    pass


class Hides(Exception):
    @property
    def __traceback__(self):
        raise RuntimeError


RETURNS = {
    "an object that exits when unpickled": lambda good: [Reduced(), Reduced()],
    "a subclass that exits when unpickled": lambda good: [t.as_subclass(Payload) for t in good],
    "a subclass that raises": lambda good: [t.as_subclass(Twisting) for t in good],
    "a subclass that lies": lambda good: [good[0][:1].as_subclass(Lying), good[1]],
    "an endless list": lambda good: Endless(good),
    "a list without length": lambda good: NoLength(good),
    "a generator": lambda good: iter(good),
    "a dictionary": lambda good: dict(enumerate(good)),
    "a text": lambda good: "pass",
    "itself": lambda good: good.append(good) or good,
    "NotImplemented": lambda good: NotImplemented,
    "the type": lambda good: torch.Tensor,
    "on meta": lambda good: [t.to("meta") for t in good],
    "fake": lambda good: [FakeTensorMode().from_tensor(t) for t in good],
    "half": lambda good: [t.half() for t in good],
    "complex": lambda good: [t + 0j for t in good],
    "conjugated": lambda good: [(t + 1j).conj() for t in good],
    "integers": lambda good: [t.long() for t in good],
    "truths": lambda good: [t > 0 for t in good],
    "compressed rows": lambda good: [t.to_sparse_csr() for t in good],
    "quantised": lambda good: [torch.quantize_per_tensor(t.float(), 0.1, 0, torch.qint8) for t in good],
    "nested": lambda good: [torch.nested.nested_tensor([t]) for t in good],
    "expanded to more": lambda good: [t[:1].expand(10**9, -1) for t in good],
    "no dimension": lambda good: [t.sum() for t in good],
    "minus zero rows": lambda good: [t[:0] for t in good],
    "objects of numpy": lambda good: [np.array([None])] * 2,
    "floats": lambda good: [1.0, 2.0],
    "overflowing": lambda good: [t * 1e308 * 1e308 for t in good],
    "a parameter": lambda good: [torch.nn.Parameter(t) for t in good],
    "negated lazily": lambda good: [torch._neg_view(-t) for t in good],
    "one row, expanded": lambda good: [t[:1].expand(len(t), -1) for t in good],
    "backwards": lambda good: [t.flip(0).flip(1) for t in good],
    "made in inference mode": lambda good: inferred(good),
    "changed later": lambda good: changed_later(good),
}
ATTACKS.update(RETURNS)


def inferred(good):
    with torch.inference_mode():
        return [t * 1 for t in good]


def changed_later(good):
    threading.Thread(target=lambda: (time.sleep(0.02), good[0].zero_()), daemon=True).start()
    return good


def raising(make):
    def act(good):
        raise make()

    return act


RAISES = {
    "KeyboardInterrupt": KeyboardInterrupt,
    "GeneratorExit": GeneratorExit,
    "StopIteration": StopIteration,
    "a BaseException": Deep,
    "an error without message": Evil,
    "an error with words": Telling,
    "an error without name": Nameless,
    "an error without traceback": Hides,
    "a group": lambda: BaseExceptionGroup("several", [KeyboardInterrupt(), Evil()]),
    "a long message": lambda: ValueError("x" * 50_000_000),
    "escapes": lambda: ValueError(ESCAPES),
    "exit 0": lambda: SystemExit(0),
}
ATTACKS.update({f"raises {name}": raising(make) for name, make in RAISES.items()})


@attack
def recurses_for_ever(good):
    return recurses_for_ever(good)


# What changes the process


def doing(act):
    return lambda good: (act(), good)[1]


def directory_that_is_gone():
    os.mkdir(path := f"/tmp/gone-{os.getpid()}")
    os.chdir(path)
    os.rmdir(path)


def lower_limit():
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))


def push_mode():
    class Mode(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            return function(*args, **(kwargs or {}))

    Mode().__enter__()


def enter_inference():
    sys.kept = torch.inference_mode()
    sys.kept.__enter__()


def patch(owner, name, value):
    return lambda: setattr(owner, name, value)


def ours(module, name, value):
    return lambda: setattr(sys.modules[f"_proofs_check_{module}"], name, value)


LEAVES = {
    "default device meta": lambda: torch.set_default_device("meta"),
    "default dtype half": lambda: torch.set_default_dtype(torch.float16),
    "two threads": lambda: torch.set_num_threads(2),
    "deterministic": lambda: torch._C._set_deterministic_algorithms(True, warn_only=False),
    "no gradients": lambda: torch.set_grad_enabled(False),
    "errors of numpy": lambda: np.seterr(all="raise"),
    "printing": lambda: (np.set_printoptions(precision=1), torch.set_printoptions(precision=1)),
    "warnings are errors": lambda: warnings.simplefilter("error"),
    "no environment": lambda: os.environ.clear(),
    "a directory that is gone": directory_that_is_gone,
    "umask": lambda: os.umask(0o777),
    "recursion limit": lambda: sys.setrecursionlimit(sys.getrecursionlimit() + 500),
    "no search path": lambda: sys.path.clear(),
    "no finders": lambda: sys.meta_path.clear(),
    "seeds": lambda: (torch.manual_seed(5), np.random.seed(5), random.seed(5)),
    "a handler": lambda: signal.signal(signal.SIGCHLD, lambda *_: os._exit(0)),
    "blocked signals": lambda: signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM}),
    "an alarm": lambda: signal.setitimer(signal.ITIMER_REAL, 5.0),
    "no collection": gc.disable,
    "a tracer": lambda: sys.settrace(lambda *_: None),
    "stdout closed": lambda: setattr(sys, "stderr", None),
    "locale": lambda: locale.setlocale(locale.LC_ALL, "C.UTF-8"),
}
SPOILS = {
    "inference mode": enter_inference,
    "subnormals flushed": lambda: torch.set_flush_denormal(True),
    "a mode of torch": push_mode,
    "fewer files": lower_limit,
    "a thread": lambda: threading.Thread(target=time.sleep, args=(60,), daemon=True).start(),
    "torch.equal patched": patch(torch, "equal", lambda a, b: True),
    "Tensor.numpy patched": patch(torch.Tensor, "numpy", lambda self: np.zeros((4, 2))),
    "the clock patched": patch(time, "perf_counter", lambda: 0.0),
    "isfinite patched": patch(np, "isfinite", lambda x: np.True_),
    "sum patched": patch(builtins, "sum", lambda *_: 0),
    "our check replaced": ours("checked", "answer", lambda *_: []),
    "our module replaced": lambda: sys.modules.update(_proofs_check_checked=random),
    "our restoring replaced": lambda: setattr(
        sys.modules["_proofs_check_state"].State, "restore", lambda self: 1 / 0
    ),
}
ATTACKS.update({f"leaves {name}": doing(act) for name, act in LEAVES.items()})
ATTACKS.update({f"spoils {name}": doing(act) for name, act in SPOILS.items()})


# What reaches for others


def within(act):
    """Answer honestly where the system refuses, by zeros where the attack went through."""

    def attempt(good):
        try:
            act()
        except OSError:
            return good
        return [torch.zeros_like(t) for t in good]

    return attempt


def suite():
    """The process of the suite: the parent of the keeper."""
    with open(f"/proc/{os.getppid()}/stat") as file:
        return int(file.read().rpartition(")")[2].split()[1])


def write_memory(process):
    with open(f"/proc/{process}/maps") as maps:
        start = int(maps.readline().split("-")[0], 16)
    with open(f"/proc/{process}/mem", "r+b", buffering=0) as memory:
        memory.seek(start)
        memory.read(1)


def debug(process):
    library = ctypes.CDLL(None, use_errno=True)
    if library.ptrace(0x4206, process, None, None) != 0:  # PTRACE_SEIZE, which does not stop it
        raise OSError(ctypes.get_errno(), "refused")


REACHES = {
    "the memory of the suite": lambda: write_memory(suite()),
    "the memory of the keeper": lambda: write_memory(os.getppid()),
    "the debugger of the suite": lambda: debug(suite()),
    "the life of the suite": lambda: os.kill(suite(), 0),  # 0 only asks whether a signal would be sent
    "the life of the keeper": lambda: os.kill(os.getppid(), 0),
    "the life of the group": lambda: os.killpg(os.getpgid(suite()), 0),
    "the open files of the suite": lambda: os.open(f"/proc/{suite()}/fd/1", os.O_WRONLY),
}
ATTACKS.update({f"reaches for {name}": within(act) for name, act in REACHES.items()})


# What it does with its streams and its children


@attack
def forks_and_both_return(good):
    os.fork()
    return good


@attack
def forks_and_the_child_raises(good):
    if os.fork() == 0:
        raise ValueError("I am the child")
    return good


@attack
def prints_fifty_megabytes(good):
    sys.stderr.write("x" * 50_000_000 + "\n")
    return good


@attack
def prints_escapes(good):
    os.write(2, b"before " + ESCAPES.encode(errors="surrogatepass") + b" after\n")
    return good


@attack
def prints_for_ever(good):
    def go_on():
        while True:
            sys.stderr.write("again\n")
            time.sleep(0.001)

    threading.Thread(target=go_on, daemon=True).start()
    return good


@attack
def writes_garbage(good):
    to_pipes(b"pass" * 20)
    return good


@attack
def answers_beforehand(good):
    to_pipes(struct.pack("<4sBQQQ", b"FPJ1", 2, 1, 0, 2))
    return good


@attack
def answers_twice(good):
    """The right answer, and after it one that nobody asked for."""
    threading.Thread(target=lambda: (time.sleep(0.05), to_pipes(b"FPJ1" + bytes(40))), daemon=True).start()
    return good


@attack
def closes_its_streams(good):
    os.closerange(3, 256)
    return good


@attack
def becomes_another_program(good):
    os.execv("/bin/true", ["true"])


@attack
def kills_itself(good):
    os.kill(os.getpid(), signal.SIGKILL)


@attack
def stops_itself(good):
    os.kill(os.getpid(), signal.SIGSTOP)
    return good


@attack
def leaves_children_everywhere(good):
    """A child in another session, whose parent is gone; and one that waits beside this process."""
    subprocess.Popen(["sleep", "61"], start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execvp("sleep", ["sleep", "62"])
        os._exit(0)
    os.wait()
    time.sleep(60)


@attack
def maps_too_much(good):
    held = mmap.mmap(-1, 5 * 2**28)
    for at in range(0, len(held), mmap.PAGESIZE):
        held[at] = 1
    time.sleep(60)


@attack
def listens(good):
    """Sockets are no pipes: nothing of ours can be had by them."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
    return good
