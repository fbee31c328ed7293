"""What a subject may say of itself: its name and what it supports.

The worker says it, and the suite reads it again from what was sent, which the subject may have written.
Standard library only, and nothing of ours: the worker loads it from its path.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

KEYS = ("activations", "losses", "rules", "noise")
LONGEST_NAME = 200  # characters


class Unknown(ValueError):
    """A subject says of itself what none may say; the message says what, in one sentence."""


@dataclass(frozen=True)
class Traits:
    """The name of a subject, what it supports, and its version of torch."""

    name: str
    supports: Mapping[str, tuple[str, ...]]
    torch: str


def of(target: object, name: str) -> tuple[str, dict[str, tuple[str, ...]]]:
    """The name of a class or object, or else the one given, and what it supports; raises `Unknown`."""
    own, given = getattr(target, "name", None), getattr(target, "supports", {})
    called = plain(own) if isinstance(own, str) and plain(own) else name
    return called, {} if isinstance(given, property) else supported(given)  # of a class: known of its objects


def supported(given: object) -> dict[str, tuple[str, ...]]:
    """A `supports` attribute as a plain dictionary of plain text; raises `Unknown`. What names there are, the
    suite knows: see `recognised`.
    """
    if not isinstance(given, Mapping):
        raise Unknown(f"its attribute supports is {given!r}, expected a dictionary")
    entries = dict(given)
    for key, names in entries.items():
        if key not in KEYS:
            raise Unknown(f"its attribute supports has the key {key!r}, expected some of {', '.join(KEYS)}")
        if not isinstance(names, list | tuple | set | frozenset) or any(
            not isinstance(n, str) for n in names
        ):
            raise Unknown(f"its attribute supports has {names!r} under {key!r}, expected a list of names")
    return {plain(key): tuple(map(plain, names)) for key, names in entries.items()}


def recognised(
    supports: Mapping[str, tuple[str, ...]], known: Mapping[str, Collection[str]]
) -> Mapping[str, tuple[str, ...]]:
    """The same, once a name of each list is known: a misspelt one would silently turn claims off. Raises
    `Unknown`.
    """
    for key, names in supports.items():
        if not set(known[key]) & set(names):
            listed = ", ".join(sorted(known[key]))
            raise Unknown(
                f"its attribute supports has {list(names)!r} under {key!r}, none of which is known: {listed}"
            )
    return supports


def plain(text: str) -> str:
    """The text itself, of Python's own type: a subclass may say one thing once and another later."""
    return str.__str__(text)


def written(name: str, supports: Mapping[str, tuple[str, ...]], torch: str) -> str:
    """The traits as text."""
    return json.dumps({"name": name[:LONGEST_NAME], "supports": supports, "torch": torch})


def read(text: str, known: Mapping[str, Collection[str]]) -> Traits:
    """The traits from text that anybody may have written, of names that are known; raises `Unknown`."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise Unknown("what it says of itself cannot be read") from None
    if not isinstance(said, dict) or said.keys() != {"name", "supports", "torch"}:
        raise Unknown("what it says of itself cannot be read")
    name, torch = said["name"], said["torch"]
    if not isinstance(name, str) or not isinstance(torch, str) or not 0 < len(name) <= LONGEST_NAME:
        raise Unknown(f"its name is not of 1 to {LONGEST_NAME} characters")
    return Traits(name, recognised(supported(said["supports"]), known), torch[:LONGEST_NAME])
