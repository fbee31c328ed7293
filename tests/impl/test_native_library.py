"""The native library is built once, and what is loaded is what was built: whatever lies in the cache."""

import os
import random
from pathlib import Path

import pytest

from feedback_proofs_io import cache, sealed
from feedback_proofs_io.locking import lock
from impl import InvalidInput
from impl.kernels import native_library
from impl.kernels.native_library import KIND, MARCH, compiler

pytestmark = pytest.mark.skipif(compiler() is None, reason="no C++ compiler here")
CODE = random.Random(1).randbytes(60_000)
"""Instead of a library: a build takes seconds, and here nothing is loaded."""


def code() -> bytes:
    """The library of the native path, from the cache or built."""
    return native_library._code(native_library.SOURCE)


@pytest.fixture
def builds(monkeypatch, tmp_path):
    """The builds so far, in a cache of one's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(MARCH, raising=False)
    made = []
    monkeypatch.setattr(native_library, "_built", lambda *given: made.append(given) or CODE)
    return made


@pytest.fixture
def kept(builds):
    """The file of the cache, which holds a good library."""
    assert code() == CODE
    (file,) = (file for file in cache.folder().iterdir() if file.name != "native.lock")
    builds.clear()
    return file


@pytest.mark.parametrize("mask", [0o022, 0o002, 0o000], ids=oct)
def test_it_is_built_once(mask, builds):
    """Also where files are open to a group unless one says otherwise, as on many systems."""
    before = os.umask(mask)
    try:
        assert code() == code() == CODE
    finally:
        os.umask(before)
    assert len(builds) == 1


def test_what_is_kept_is_not_open_to_others(kept):
    assert kept.stat().st_mode & 0o22 == 0


def _link(file: Path) -> None:
    other = file.with_name("elsewhere")
    file.rename(other)
    file.symlink_to(other)


def _pipe(file: Path) -> None:
    file.unlink()
    os.mkfifo(file)


BREAKAGES = {
    "empty": lambda file: file.write_bytes(b""),
    "half": lambda file: os.truncate(file, file.stat().st_size // 2),
    "without its last byte": lambda file: os.truncate(file, file.stat().st_size - 1),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b"\0"),
    "a library without a seal": lambda file: file.write_bytes(CODE),
    "of another processor": lambda file: file.write_bytes(sealed.seal(KIND, "0" * 64, b"other")),
    "of another kind": lambda file: file.write_bytes(sealed.seal("checkpoint", "0" * 64, b"other")),
    "open to the group": lambda file: file.chmod(0o620),
    "open to all": lambda file: file.chmod(0o602),
    "a link": _link,
    "a pipe": _pipe,
    "missing": Path.unlink,
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_what_cannot_be_trusted_is_built_anew_and_kept(breakage, builds, kept):
    BREAKAGES[breakage](kept)
    assert code() == CODE
    assert len(builds) == 1
    assert code() == CODE
    assert len(builds) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_built_anew(builds, kept):
    os.chown(kept, 12345, 12345)
    assert code() == CODE
    assert len(builds) == 1


def test_no_flipped_bit_is_loaded(builds, kept):
    """500 at random places, and every bit of the seal's own line."""
    whole, draw = kept.read_bytes(), random.Random(2)
    line = 8 * (whole.index(b"\n") + 1)
    fingerprint = whole.split(b" ")[2].decode()
    for bit in [*range(line), *(draw.randrange(8 * len(whole)) for _ in range(500))]:
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        with pytest.raises((sealed.Damaged, sealed.Foreign)):
            sealed.unseal(bytes(flipped), KIND, fingerprint)
    kept.write_bytes(flipped)
    assert code() == CODE
    assert len(builds) == 1


def test_a_folder_in_its_place_costs_a_build_and_nothing_else(builds, kept):
    kept.unlink()
    kept.mkdir()
    for number in (1, 2):
        assert code() == CODE
        assert len(builds) == number


def test_without_a_cache_it_is_kept_among_the_temporary_files_or_built_each_time(
    builds, monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for _ in range(2):
        assert code() == CODE
    assert len(builds) == 1
    assert cache.folder().parent == tmp_path
    monkeypatch.setattr(cache, "folder", lambda: None)
    assert code() == CODE
    assert len(builds) == 2


def test_what_a_killed_build_left_is_removed_by_the_next(builds):
    left = cache.folder() / "native-abc123.build"
    left.mkdir()
    (left / "native.so").write_bytes(b"half")
    code()
    assert not left.exists()


def test_while_another_process_builds_this_one_waits_and_takes_what_it_made(builds, kept, monkeypatch):
    whole = kept.read_bytes()
    kept.unlink()
    handle = os.open(cache.folder() / "native.lock", os.O_RDWR)
    assert lock(handle)

    def other_is_done(_):
        kept.write_bytes(whole)
        kept.chmod(0o600)
        os.close(handle)

    monkeypatch.setattr(native_library.time, "sleep", other_is_done)
    assert code() == CODE
    assert builds == []


def test_a_build_that_never_ends_is_not_waited_for_for_ever(builds, monkeypatch):
    left = cache.folder() / "native-abc123.build"
    left.mkdir()
    handle = os.open(cache.folder() / "native.lock", os.O_RDWR | os.O_CREAT, 0o600)
    assert lock(handle)
    monkeypatch.setattr(native_library, "PATIENCE", 0.0)
    assert code() == CODE
    assert left.exists()  # it is still at work there
    os.close(handle)


def test_a_copy_in_memory_is_loaded_and_else_one_in_a_folder_that_is_gone_at_once(monkeypatch, tmp_path):
    """Any library will do: the one of Python's own module for digests, say."""
    import _hashlib

    code = Path(_hashlib.__file__).read_bytes()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert native_library._loaded(code).PyInit__hashlib
    monkeypatch.delattr(os, "memfd_create", raising=False)
    assert native_library._loaded(code).PyInit__hashlib
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_library_is_an_error_and_no_crash():
    with pytest.raises(OSError, match="native"):
        native_library._loaded(b"no library")


def test_a_processor_that_is_asked_for_has_a_library_of_its_own(builds, monkeypatch):
    for march in ("", "x86-64", "x86-64"):
        monkeypatch.setenv(MARCH, march)
        code()
    assert [march for _, march, *_ in builds] == ["native", "x86-64"]


@pytest.mark.parametrize(
    "march", ["nonsense", "x86 64", "-O0 -x", "x86-64;ls", "/etc/passwd", "é", "a\nb", " "]
)
def test_a_processor_that_there_is_not_is_refused_in_a_line(march, builds, monkeypatch):
    monkeypatch.setenv(MARCH, march)
    with pytest.raises(
        InvalidInput, match=rf"^{MARCH} is .*; expected a processor that the compiler knows"
    ) as told:
        code()
    assert "\n" not in str(told.value)


def test_a_processor_that_has_more_instructions_than_this_one_is_refused(builds, monkeypatch):
    sets = {"x86-64-v4": {"SSE2", "AVX2", "AVX512F"}, "native": {"SSE2", "AVX2"}}
    monkeypatch.setattr(native_library, "_instructions", lambda _, march: sets[march])
    monkeypatch.setenv(MARCH, "x86-64-v4")
    with pytest.raises(
        InvalidInput, match=r"one whose instructions this processor has, which lacks AVX512F\.$"
    ):
        code()


def test_the_instructions_are_those_that_the_compiler_names():
    assert {"SSE2"} <= native_library._instructions(compiler(), "x86-64")
    more = native_library._instructions(compiler(), "x86-64-v3") - native_library._instructions(
        compiler(), "x86-64"
    )
    assert {"AVX2", "FMA", "BMI2"} <= more
    assert "AVX512F" not in more
