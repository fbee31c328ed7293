"""The process in which a subject lives: questions come by standard input, answers go to standard output.

The keeper starts it (see `keeper`). It loads the files it needs from beside itself, so that it never
imports `proofs_check`, `impl` or `theory` by name: a subject may bring packages of these names. The two
streams are moved away before the subject is loaded; what a subject prints goes to standard error. The
process ends with its parent, even while the subject computes: a thread reads the questions and sees the
stream close.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from proofs_check.subject import channel, checked, pipeline, state, traits, walls


def module_from_file(name: str, path: Path) -> ModuleType:
    """Load one Python file as the module `name`."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def sibling(name: str) -> Any:
    """Load the file `name`.py beside this one, under a name that no subject uses."""
    return module_from_file(f"_proofs_check_{name}", Path(__file__).with_name(f"{name}.py"))


if not TYPE_CHECKING:
    channel, checked, pipeline = map(sibling, ("channel", "checked", "pipeline"))
    state, traits, walls = map(sibling, ("state", "traits", "walls"))


Answer: TypeAlias = tuple[int, str, Sequence[Any]]
"""The kind of an answer, its text, its arrays."""


class NotFound(Exception):
    """The subject cannot be loaded; the message says why, in one line."""


class FolderFirst:
    """Finds packages called like ours in the subject's folder, if it has them: even a folder without an
    `__init__.py`, which Python would pass over for an installed package.
    """

    ours = ("impl", "theory", "tests")

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Find one of these names in the folder; leave the others to the usual finders."""
        return PathFinder.find_spec(name, [self.folder]) if name in self.ours else None


def put_first(folder: str) -> None:
    """Let the subject find what lies in its folder before anything else."""
    sys.path.insert(0, folder)
    sys.meta_path.insert(0, FolderFirst(folder))


class Host:
    """Answers the questions: `load` once, `begin` for every claim, then the methods of the subject."""

    _subject: Any

    def load(self, module: str, name: str, folder: str, pinned: list[str], memory: int) -> Answer:
        """Find NAME in a module, or a file that ends in .py; `folder` comes first on the path.

        `pinned` names packages that must be those in `folder`, without its other contents taking part.
        From now on the process may take so many bytes of memory more.
        """
        walls.limit_memory(memory)
        if not pinned:
            put_first(folder)
        for package in pinned:
            spec = PathFinder.find_spec(package, [folder])
            if spec is None or spec.loader is None:
                raise NotFound(f"there is no package {package} in {folder}")
            sys.modules[package] = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(sys.modules[package])
        found = import_file(module) if module.endswith(".py") else import_module(module, folder)
        try:
            self._target = attrgetter(name)(found)
        except AttributeError:
            raise NotFound(f"{module} has no attribute {name}") from None
        self._state, self._subject = state.State(), None
        return self._traits(self._target, name)

    def begin(self, name: str) -> Answer:
        """Make the object of a claim, in the state that was there after loading; or say what has changed."""
        self._subject = None
        try:
            changed = self._state.restore()
        except BaseException as error:
            changed = [f"looking at it raised {checked.describe(error)}"]
        if changed:
            return channel.STALE, ", ".join(changed[:20]), ()
        made = checked.made(self._target)
        self._subject = checked.Checked(made)
        return self._traits(made, name)

    def ask(self, method: str, arguments: dict[str, Any]) -> Answer:
        """Put one question to the subject."""
        return channel.NUMBERS, "", checked.answer(self._subject, pipeline.fitted_feedback, method, arguments)

    def _traits(self, target: object, name: str) -> Answer:
        return channel.TRAITS, traits.written(*traits.of(target, name), torch_version()), ()


def import_file(path: str) -> ModuleType:
    """Import a Python file; its folder comes first on the path, so that it finds what lies beside it."""
    file = Path(path).resolve()
    if not file.is_file():
        raise NotFound(f"there is no file {path}")
    put_first(str(file.parent))
    name = file.stem if file.stem not in sys.modules else f"subject_{file.stem}"
    try:
        return module_from_file(name, file)
    except (Exception, SystemExit) as error:
        raise NotFound(f"importing {path} raised {checked.describe(error)}") from None


def import_module(name: str, folder: str) -> ModuleType:
    """Import a module by its name; the folder is for the message."""
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{name}.".startswith(f"{error.name}."):
            where = f"in {folder} or among the installed packages"
            raise NotFound(f"there is no module {error.name} {where}") from None
        raise NotFound(f"importing {name} raised {checked.describe(error)}") from None


def torch_version() -> str:
    """Return the version of torch the subject runs with."""
    return str(sys.modules["torch"].__version__)


def private_streams() -> tuple[IO[bytes], IO[bytes]]:
    """Keep standard input and output for the protocol; the subject gets an empty one and standard error."""
    questions, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return questions, answers


def read_questions(stream: IO[bytes], pending: queue.SimpleQueue[Any]) -> None:
    """Pass questions on until the stream closes, then end the process."""
    read = channel.reader(stream)
    while True:
        try:
            pending.put(channel.receive(read, None))
        except BaseException:
            os._exit(0)


def main() -> None:
    """Serve until the parent goes, which alone answers an interrupt from the keyboard."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions, answers = private_streams()
    pending: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=read_questions, args=(questions, pending), daemon=True).start()
    host, process = Host(), os.getpid()
    while True:
        message = pending.get()
        kind, text, arrays = answered(host, message)
        if os.getpid() != process:  # a copy of this process that the subject made and that came back
            os._exit(0)
        try:
            channel.send(answers, channel.Message(kind, message.number, shortened(text), arrays))
        except OSError:  # the parent has gone
            os._exit(0)


def answered(host: Host, message: channel.Message) -> Answer:
    """Do what a question says; whatever the subject raises becomes an answer."""
    method, arguments = channel.asked(message)
    try:
        answer: Answer = getattr(host, method)(**arguments)
    except NotFound as error:
        return channel.NOT_FOUND, str(error), ()
    except checked.OutOfMemory as error:
        return channel.NO_MEMORY, str(error), ()
    except (checked.BadAnswer, traits.Unknown) as error:
        return channel.NOT_FOUND if method == "load" else channel.ERROR, str(error), ()
    except BaseException as error:
        what = arguments.get("method", method)
        if checked.lacks_memory(error):
            return channel.NO_MEMORY, f"{what} needed more memory than it may have", ()
        return channel.ERROR, f"{what} raised {checked.describe(error)}", ()
    return answer


def shortened(text: str) -> str:
    """As much of a text as may be sent."""
    longest = channel.LONGEST_TEXT // 4  # a character has up to four bytes
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
