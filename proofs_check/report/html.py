"""HTML and SVG from small functions: everything that is not `Markup` is escaped, characters that act too."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

from feedback_proofs_io.text import printable


class Markup(str):
    """Text that is markup already."""

    __slots__ = ()


Child: TypeAlias = "str | int | Iterable[Child] | None"

_CAMEL = {one.lower(): one for one in ("viewBox", "patternUnits", "patternTransform")}
VOID = frozenset({"meta", "br", "hr", "link", "img"})


def tag(name: str, /, *children: Child, **attributes: str | int | float | bool | None) -> Markup:
    """An element. ``class_`` is class, ``aria_label`` aria-label; True is an attribute without a value, None
    and False are left out.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def join(*children: Child) -> Markup:
    """The children one after the other."""
    return Markup("".join(map(_child, children)))


def _child(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, str | int):
        return escape(printable(str(child), lines=True), quote=False)
    return "".join(map(_child, child))


def _attribute(key: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    name = _CAMEL.get(name, name)
    if value is True:
        return f" {name}"
    text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f' {name}="{escape(printable(text, lines=True))}"'
