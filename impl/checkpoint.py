"""Sums on the disk, sealed, with a table of everything that they depend on.

A checkpoint is a sealed file (``feedback_proofs_io.sealed``): one line of JSON with the table of settings, a
few numbers and the names of the tensors, then the tensors' bytes, little-endian. Its checksum is looked at
before anything is read from it, no reader of pickles or archives is involved, and where it belongs to
something else the first setting that differs is named.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from feedback_proofs_io import sealed, whole
from impl import checks

__all__ = ["Saved", "fingerprint", "hashed", "read", "same", "write"]

FORMAT = 2
"""Raise it when the format changes, or the noise: sums of two kinds of noise must not be added."""
DTYPES = {"float32": torch.float32, "float64": torch.float64}


@dataclass(frozen=True, eq=False)
class Saved:
    """What a checkpoint holds: settings as readable text, counts, and tensors."""

    settings: Mapping[str, str]
    numbers: Mapping[str, int]
    tensors: Mapping[str, Tensor]


def hashed(tensors: Iterable[Tensor]) -> str:
    """The first half of the SHA-256 of the tensors' shapes, dtypes and numbers: what a table says of them."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(f"{tuple(tensor.shape)} {tensor.dtype} ".encode())
        digest.update(_bytes(tensor))
    return f"sha256 {digest.hexdigest()[:32]}"


def fingerprint(settings: Mapping[str, str]) -> str:
    """The hash of a table of settings."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def same(origin: str, found: object, expected: Mapping[str, str]) -> None:
    """Raise ``InvalidInput``, with the first setting that differs, unless the tables agree."""
    table = found if isinstance(found, Mapping) else {}
    for name, value in expected.items():
        if table.get(name) != value:
            theirs = f" ({checks.shown(table[name])})" if name in table else ""
            checks.refuse(origin, f"of another {name}{theirs}", repr(value))
    more = [name for name in table if name not in expected]
    checks.require(
        not more, origin, f"of settings with {', '.join(map(checks.shown, more))}", "none of these"
    )


def write(file: str | os.PathLike[str], kind: str, saved: Saved) -> None:
    """Write a checkpoint, whole or not at all; raises ``CannotWrite``, an OSError."""
    shapes = [
        [name, str(tensor.dtype).removeprefix("torch."), list(tensor.shape)]
        for name, tensor in saved.tensors.items()
    ]
    head = {"settings": dict(saved.settings), "numbers": dict(saved.numbers), "tensors": shapes}
    content = b"".join([json.dumps(head).encode(), b"\n", *map(_bytes, saved.tensors.values())])
    sealed.write(Path(file), _kind(kind), fingerprint(saved.settings), content)


def read(file: str | os.PathLike[str], kind: str, settings: Mapping[str, str] | None) -> Saved:
    """What ``write`` wrote for these settings, on the CPU; for None, whatever they are.

    Raises ``InvalidInput`` where the file is damaged, of another format or of other settings, and OSError
    where it cannot be read.
    """
    origin, data = f"the checkpoint {os.fspath(file)}", whole.read(file)
    if data.startswith(b"PK\x03\x04"):  # what torch.save writes
        checks.refuse(
            origin, "of an older version, without a checksum", "one of this version; remove it to begin anew"
        )
    try:
        found = _parsed(sealed.unseal(data, _kind(kind), None))
    except sealed.Foreign as error:
        raise checks.InvalidInput(f"{origin} is of something else: {error}.") from None
    except (sealed.Damaged, ValueError, KeyError, TypeError, RecursionError) as error:
        because = str(error) if isinstance(error, sealed.Damaged) else "its content makes no sense"
        checks.refuse(origin, f"damaged: {because}", "a file that this package wrote")
    if settings is not None:
        same(origin, found.settings, settings)
    return found


def _kind(kind: str) -> str:
    return f"{kind}-{FORMAT}"


def _bytes(tensor: Tensor) -> bytes:
    array = tensor.detach().cpu().contiguous().numpy()
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()


def _parsed(content: bytes) -> Saved:
    line, _, rest = content.partition(b"\n")
    head, at, tensors = json.loads(line), 0, dict[str, Tensor]()
    for name, dtype, shape in head["tensors"]:
        kind = np.dtype(dtype).newbyteorder("<")
        size = math.prod(shape)
        array = np.frombuffer(rest, kind, size, at).reshape(shape)
        tensors[name] = torch.from_numpy(array.astype(kind.newbyteorder("="))).to(DTYPES[dtype])
        at += size * kind.itemsize
    if at != len(rest):
        raise ValueError(f"{len(rest) - at} bytes are left")
    return Saved(dict(head["settings"]), dict(head["numbers"]), tensors)
