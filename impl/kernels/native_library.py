"""Native libraries: built by a C++ compiler, kept sealed, and loaded from what was checked.

A library is one source: that of the native path, or another that includes its headers. It is kept in the
user's cache (``feedback_proofs_io.cache``), under a seal that names source, options, compiler and processor.
A file that is damaged, of something else, or not the user's own is built anew. What is loaded is a private
copy, in memory where the system can, of the very bytes whose checksum was right: a file that changes after it
was read changes nothing.

``FEEDBACK_PROOFS_MARCH`` names another processor to build for than this one, as the compiler's ``-march``
does: such as x86-64-v3 (AVX2), or x86-64 for what all of them have.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from feedback_proofs_io import cache, sealed
from feedback_proofs_io.locking import lock
from impl import checks

__all__ = ["compiler", "opened"]

HEADERS = Path(__file__).parent / "native"
SOURCE = HEADERS / "kernel.cpp"
OPTIONS = (
    "-O3",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-trapping-math",
    "-std=c++17",
    "-fPIC",
    "-shared",
)
MARCH = "FEEDBACK_PROOFS_MARCH"
KIND = "native-library"
PATIENCE = 300.0
"""Seconds to wait for another process that builds; then this one builds too."""


def compiler() -> str | None:
    """The C++ compiler: what $CXX names, else g++ or clang++, or None."""
    names = [os.environ["CXX"]] if os.environ.get("CXX") else ["g++", "clang++"]
    return next((found for found in map(shutil.which, names) if found), None)


def opened(source: Path) -> ctypes.CDLL:
    """The library of a source, which is built where it is not there yet.

    Raises ``InvalidInput`` where ``FEEDBACK_PROOFS_MARCH`` names no processor, or one that has instructions
    which this one lacks, and RuntimeError or OSError where nothing can be built or loaded.
    """
    return _loaded(_code(source))


def _code(source: Path) -> bytes:
    """The bytes of the library: those kept, if they can be trusted, or fresh ones, which are then kept."""
    made_by = compiler()
    assert made_by is not None
    march = _march(made_by)
    fingerprint = _fingerprint(made_by, march, source)
    name = f"native-{fingerprint[:20]}"
    found = _kept(name, fingerprint)
    if found is not None:
        return found
    home = cache.folder()
    with _alone(home):
        found = _kept(name, fingerprint)  # another process may have built it meanwhile
        if found is None:
            found = _built(made_by, march, source, home)
            cache.keep(name, sealed.seal(KIND, fingerprint, found))
    return found


def _kept(name: str, fingerprint: str) -> bytes | None:
    data = cache.kept(name)
    if data is None:
        return None
    try:
        return sealed.unseal(data, KIND, fingerprint)
    except (sealed.Damaged, sealed.Foreign):
        return None


def _march(made_by: str) -> str:
    """The processor to build for."""
    asked = os.environ.get(MARCH, "")
    if not asked:
        return "native"
    known = "a processor that the compiler knows, such as x86-64-v3"
    checks.require(re.fullmatch(r"[\w.+-]+", asked, re.ASCII) is not None, MARCH, ascii(asked), known)
    try:
        more = _instructions(made_by, asked) - _instructions(made_by, "native")
    except subprocess.CalledProcessError:
        checks.require(False, MARCH, repr(asked), known)
    expected = f"one whose instructions this processor has, which lacks {', '.join(sorted(more))}"
    checks.require(not more, MARCH, repr(asked), expected)
    return asked


def _instructions(made_by: str, march: str) -> set[str]:
    """The sets of instructions of a processor, as the compiler's macros name them: {"AVX2", "FMA", ...}."""
    found = re.findall(r"^#define __([A-Z][A-Z0-9_]*?)__ 1$", _macros(made_by, march), re.MULTILINE)
    return set(found)


def _macros(made_by: str, march: str) -> str:
    about = [made_by, *OPTIONS, f"-march={march}", "-dM", "-E", "-x", "c++", os.devnull]
    return subprocess.run(about, capture_output=True, text=True, check=True).stdout


def _fingerprint(made_by: str, march: str, source: Path) -> str:
    """Of all that the library depends on: source, options, compiler and processor."""
    digest = hashlib.sha256(repr((OPTIONS, march, source.name)).encode())
    digest.update(_macros(made_by, march).encode())
    for folder in sorted({HEADERS, source.parent}):
        for file in sorted(folder.iterdir()):
            digest.update(file.read_bytes())
    return digest.hexdigest()


def _built(made_by: str, march: str, source: Path, home: Path | None) -> bytes:
    with tempfile.TemporaryDirectory(prefix="native-", suffix=".build", dir=home) as scratch:
        library = Path(scratch) / "native.so"
        command = [made_by, *OPTIONS, f"-march={march}", f"-I{HEADERS}", str(source), "-o", str(library)]
        # the compiler's own scratch goes with the folder too
        environment = {**os.environ, "TMPDIR": scratch}
        built = subprocess.run(command, capture_output=True, text=True, env=environment)
        if built.returncode != 0:
            lines = built.stderr.strip().splitlines() or ["no message"]
            why = next((line for line in lines if "error" in line), lines[0])
            raise RuntimeError(f"{made_by} says {why}")
        return library.read_bytes()


@contextlib.contextmanager
def _alone(home: Path | None) -> Iterator[None]:
    """One build at a time, where there is a cache; what a killed one left behind is removed."""
    if home is None:
        yield
        return
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        handle = os.open(home / "native.lock", flags, 0o600)
    except OSError:  # a full disk, or somebody's folder of that name
        yield
        return
    try:
        until = time.monotonic() + PATIENCE
        while not (mine := lock(handle)) and time.monotonic() < until:
            time.sleep(0.1)
        if mine:
            for left in home.glob("native-*.build"):
                shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(handle)


def _loaded(code: bytes) -> ctypes.CDLL:
    """A library from its bytes, by way of a file that nobody else can reach."""
    if hasattr(os, "memfd_create"):
        with contextlib.suppress(OSError):  # a system without /proc, or one that runs nothing from memory
            handle = os.memfd_create("feedback-proofs-native")
            with os.fdopen(os.dup(handle), "wb") as file:
                file.write(code)
            # it stays open: another library must not get its number, for of one name the first is found again
            return ctypes.CDLL(f"/proc/self/fd/{handle}")
    with tempfile.TemporaryDirectory(prefix="feedback-proofs-", ignore_cleanup_errors=True) as folder:
        copy = Path(folder) / "native.so"
        copy.write_bytes(code)
        return ctypes.CDLL(str(copy))
