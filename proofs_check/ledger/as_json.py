"""Rows and ledgers in JSON, and back: what JSON lacks, and the checksum by which damage is seen.

JSON has no NaN and no infinity: they are the strings "nan", "inf", "-inf". The checksum, ``sha256``, is that
of all the rest with sorted names, without spaces and in ASCII, so that other tools can write it again.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from numbers import Integral
from typing import Any, cast

from proofs_check.verdict.evidence import KINDS, Bound, Evidence, Kind, Value

CHECKSUM = "sha256"
NUMBERS = ("nan", "inf", "-inf")


def plain(value: Value | Bound) -> Any:
    """The value in JSON's own types."""
    if isinstance(value, tuple):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if math.isfinite(value) else str(float(value))


def evidence(entry: Mapping[str, Any]) -> Evidence:
    """The finding that was written; of a kind that is not known here, "information". Raises ValueError."""
    kind, name = (text(entry, key) for key in ("kind", "name"))
    value, bound = entry["value"], entry["bound"]
    if isinstance(bound, list):
        if len(bound) != 2:
            raise ValueError(f"the bound of {name!r} has {len(bound)} entries, expected two numbers")
        low, high = (_number(end, f"the bound of {name!r}") for end in bound)
        value, bound = _number(value, f"the value of {name!r}"), (low, high)
    elif bound in NUMBERS or _is_number(bound):
        value, bound = (
            _number(one, f"the {what} of {name!r}") for one, what in ((value, "value"), (bound, "bound"))
        )
    elif not (bound is None or isinstance(bound, str)):
        raise ValueError(f"the bound of {name!r} is {shown(bound)}, expected a number, two, a text or null")
    elif isinstance(bound, str) and not isinstance(value, str):
        raise ValueError(f"the bound of {name!r} is a text, and its value {shown(value)}")
    elif not (isinstance(value, str) or _is_number(value)):
        raise ValueError(f"the value of {name!r} is {shown(value)}, expected a number or a text")
    return Evidence(cast(Kind, kind) if kind in KINDS else "information", name, value, bound)


def text(entry: Mapping[str, Any], key: str) -> str:
    """A text of an object; raises KeyError or ValueError."""
    if not isinstance(entry[key], str):
        raise ValueError(f"its {key!r} is {shown(entry[key])}, expected a text")
    return str(entry[key])


def text_or_none(entry: Mapping[str, Any], key: str) -> str | None:
    """A text of an object, or null; raises KeyError or ValueError."""
    return None if entry[key] is None else text(entry, key)


def seconds(entry: Mapping[str, Any]) -> float:
    """The seconds of an object; raises KeyError or ValueError."""
    value = entry["seconds"]
    if not _is_number(value) or not 0 <= value <= 1e12:
        raise ValueError(f"its 'seconds' are {shown(value)}, expected a number from 0")
    return float(value)


def shown(value: object) -> str:
    """A value for a message, however long or deep it is."""
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    written = json.dumps(value) if value is None or isinstance(value, bool) else repr(value)
    return written if len(written) <= 60 else f"{written[:60]}…"


def checksum(content: Mapping[str, Any]) -> str:
    """The SHA-256 of an object without its checksum."""
    rest = {key: value for key, value in content.items() if key != CHECKSUM}
    written = json.dumps(rest, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(written.encode("ascii")).hexdigest()


def with_checksum(content: Mapping[str, Any]) -> dict[str, Any]:
    """The object with its checksum."""
    return {**content, CHECKSUM: checksum(content)}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: object, what: str) -> float | int:
    if isinstance(value, str) and value in NUMBERS:
        return float(value)
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError(f"{what} is {shown(value)}, expected a number")
    if isinstance(value, int) and abs(value) > 2**1023:
        raise ValueError(f"{what} is too large")
    return value
