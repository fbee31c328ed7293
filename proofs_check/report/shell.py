"""The frame of a page: its style is inside, it has no script, and it asks for nothing else."""

from __future__ import annotations

from importlib.resources import files as packaged

from proofs_check.report.html import Markup, tag


def document(title: str, body: Markup) -> str:
    """A page as text."""
    style = packaged("proofs_check.report").joinpath("page.css").read_text(encoding="utf-8")
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("link", rel="icon", href="data:,"),
        tag("title", title),
        tag("style", Markup(style)),
    )
    skip = tag("a", "To the ledger", href="#ledger", class_="skip")
    return f"<!DOCTYPE html>\n{tag('html', head, tag('body', skip, body), lang='en')}\n"
