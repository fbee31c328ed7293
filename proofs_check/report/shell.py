"""The frame of a page: its style is inside, it has no script, and it asks for nothing else."""

from __future__ import annotations

from importlib.resources import files as packaged
from pathlib import Path

from feedback_proofs_io.whole import CannotWrite
from proofs_check.report.html import Markup, tag

GENERATOR = "feedback-proofs"
MARKS = (f'<meta name="generator" content="{GENERATOR}">', "<title>feedback-proofs: ")
"""By which a page of ours is known; the second is that of pages from before they had the first."""
HEAD = 4096  # bytes that are looked at


def may_replace(path: Path) -> None:
    """See that a page would replace nothing, or another page of ours; raises `CannotWrite`."""
    if not path.is_file():  # a pipe would be waited for; `whole.prepare` says what may not be written
        return
    try:
        with path.open("rb") as file:
            head = file.read(HEAD).decode("utf-8", "replace")
    except OSError as error:
        raise CannotWrite(f"cannot read {path}: {(error.strerror or str(error)).lower()}") from None
    if head and not any(mark in head for mark in MARKS):
        raise CannotWrite(f"{path} is there, and no page of this tool: remove it, or name another place")


def document(title: str, body: Markup) -> str:
    """A page as text."""
    style = packaged("proofs_check.report").joinpath("page.css").read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content=GENERATOR),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    skip = tag("a", "To the ledger", href="#ledger", class_="skip")
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', skip, body), lang='en')}\n"
