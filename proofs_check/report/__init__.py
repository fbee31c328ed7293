"""The report of a run: one page that opens from disk, with nothing to fetch and no script.

`inquire` asks the subject what only the report shows, while it is at hand; `render` makes the page. What they
need is imported when they are called: the frame of a page is wanted without it.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofs_check.ledger.ledger import Ledger, Row
    from proofs_check.report.context import Inquiry
    from proofs_check.subject.methods import Subject
    from proofs_check.verdict.effort import Effort

SECONDS = 60.0  # for all questions to failing code together


def prepare() -> None:
    """Import now what the two others need."""
    for name in ("asking", "context", "curves", "page"):
        importlib.import_module(f"{__name__}.{name}")


def inquire(subject: Subject, rows: Sequence[Row], effort: Effort) -> Inquiry:
    """Ask for the points of the plots, and ask once more what failed."""
    from proofs_check.report import curves
    from proofs_check.report.asking import Answer, ask_again
    from proofs_check.report.context import Inquiry

    ended = time.monotonic() + SECONDS
    replays, found, known = {}, {}, dict[str, Answer]()
    for row in rows:
        question, erred = row.verdict.question, row.verdict.outcome == "error"
        if row.verdict.outcome not in ("fail", "error") or question is None or time.monotonic() > ended:
            continue
        code = question.code
        try:
            answer = known.get(code) or ask_again(subject, question, erred, effort.subject_seconds)
        except Exception as error:  # a question that only the report asks must not cost the run
            answer = Answer(found=(f"The report could not ask once more: {type(error).__name__}: {error}",))
        known[code] = answer
        if answer.replayed is not None:
            replays[row.claim.id] = answer.replayed
        if answer.found:
            found[row.claim.id] = answer.found
    measured = {
        row.claim.id: curves.measure(subject, row.claim.id, effort.subject_seconds)
        for row in rows
        if row.claim.id in curves.EXAMPLES and row.verdict.outcome != "error" and time.monotonic() < ended
    }
    return Inquiry(measured, replays, found)


def render(ledger: Ledger, commands: Mapping[str, str], inquiry: Inquiry | None = None) -> str:
    """The page; ``commands`` rerun one claim each, by its id, and all of them by ""."""
    from proofs_check.report.context import Context, Inquiry
    from proofs_check.report.page import page

    return page(Context(ledger, commands, inquiry or Inquiry()))
