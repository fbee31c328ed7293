"""The claims that are finished, on the disk as soon as they are: a killed run loses the one it was at.

The journal lies beside the first file that a call writes, under its name and `.partial.jsonl`: a line of JSON
for what the run depends on, and one for each finished claim, all with checksums. The same command goes on
from it, unless anything that a verdict depends on has changed. It is removed when the files are written.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from feedback_proofs_io import given, held
from feedback_proofs_io.whole import CannotWrite
from proofs_check.claims.claim import Claim
from proofs_check.ledger import as_json
from proofs_check.ledger.ledger import OUTCOMES, Outcome, Row, Verdict, plain_row
from proofs_check.questions.question import Question
from proofs_check.verdict.evidence import Evidence

SUFFIX = ".partial.jsonl"
HEAD = "finished claims of"


class Unusable(ValueError):
    """What is in a journal cannot be used; the message says why."""


def beside(path: Path) -> Path:
    """Where the journal of a run is that writes this file."""
    target = Path(os.path.realpath(path))
    return target.with_name(target.name + SUFFIX)


@dataclass
class Journal:
    """An open journal: the rows that an earlier run has finished, and where those of this run go."""

    path: Path
    rows: Mapping[str, Row] = field(default_factory=dict)
    anew: str | None = None  # why what was there is not used
    _handle: int | None = None
    _problem: Callable[[str], None] = field(default=lambda line: None, repr=False)

    @classmethod
    def open(
        cls,
        path: Path,
        depends: Mapping[str, str],
        claims: Sequence[Claim],
        problem: Callable[[str], None],
    ) -> Journal:
        """Open the journal, and read what is there; raises `held.InUse` or `CannotWrite`.

        `depends` names all that the verdicts depend on. `problem` is told, in one line, where a row cannot be
        kept.
        """
        try:
            handle = held.taken(path, 0o600, os.O_APPEND | getattr(os, "O_NOFOLLOW", 0))
        except OSError as error:
            raise CannotWrite(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
        if handle is None:
            raise held.InUse(f"{path} is in use by another run; wait for it, or name another file")
        end = 0
        try:
            journal = cls(path, _handle=handle, _problem=problem)
            end = journal._read(depends, claims)
            os.ftruncate(handle, end)
            if not end:
                journal._add({HEAD: dict(depends)})
        except OSError as error:
            if not end:  # it was new, or of no use
                with contextlib.suppress(OSError):
                    path.unlink()
            os.close(handle)
            raise CannotWrite(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
        return journal

    def add(self, row: Row) -> None:
        """Keep a finished claim; where that fails, the run goes on without."""
        if self._handle is None:
            return
        entry = {
            "claim": plain_row(row),
            "about the statement": len(row.confirmed),
            "fault": row.fault,
            "broken": row.verdict.broken,
            "question": None if row.verdict.question is None else row.verdict.question.plain(),
        }
        try:
            self._add(entry)
        except OSError as error:
            self._problem(f"cannot write {self.path}: {(error.strerror or str(error)).lower()}")
            self.close()

    def close(self) -> None:
        """Leave the journal to the next run."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def remove(self) -> None:
        """The files are written: nothing of the journal is needed any more."""
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            self._problem(f"cannot remove {self.path}: {(error.strerror or str(error)).lower()}")
        self.close()

    def _add(self, content: Mapping[str, Any]) -> None:
        line = json.dumps(as_json.with_checksum(content), allow_nan=False) + "\n"
        data, handle = line.encode("ascii"), cast(int, self._handle)
        while data:
            data = data[os.write(handle, data) :]
        os.fsync(handle)

    def _read(self, depends: Mapping[str, str], claims: Sequence[Claim]) -> int:
        """Learn the rows; the length of what is good. Lines after a damaged one are not believed."""
        try:
            lines = given.content(self.path).splitlines(keepends=True)
            if not lines:
                return 0
            self._require(_entry(lines[0], self.path), depends)
        except ValueError as error:
            self.anew = str(error)
            return 0
        known, end, rows = {claim.id: claim for claim in claims}, len(lines[0]), dict[str, Row]()
        for line in lines[1:]:
            try:
                row = _row(_entry(line, self.path), known)
            except (ValueError, KeyError, TypeError):
                break
            end += len(line)
            if row is not None:
                rows[row.claim.id] = row
        # An error may be of the moment: a machine under load, no memory. It is asked again.
        self.rows = {name: row for name, row in rows.items() if row.verdict.outcome != "error"}
        return end

    def _require(self, head: Mapping[str, Any], depends: Mapping[str, str]) -> None:
        known = head.get(HEAD)
        if not isinstance(known, dict):
            raise Unusable("it is no journal of this version")
        other = [name for name in {**known, **depends} if known.get(name) != depends.get(name)]
        if other:
            raise Unusable(f"it is of another run: {', '.join(sorted(other))} differ")


def _entry(line: bytes, path: Path) -> Mapping[str, Any]:
    """The object of a line; raises ValueError."""
    found = given.parsed(line, path)
    if not isinstance(found, dict) or found.get(as_json.CHECKSUM) != as_json.checksum(found):
        raise Unusable("it is damaged")
    if not line.endswith(b"\n"):
        raise Unusable("its last line is cut off")
    return found


def _row(entry: Mapping[str, Any], known: Mapping[str, Claim]) -> Row | None:
    """The row of a line; None where its claim is not asked now. Raises ValueError, KeyError, TypeError."""
    written = entry["claim"]
    if written["id"] not in known:
        return None
    found: tuple[Evidence, ...] = tuple(as_json.evidence(one) for one in written["evidence"])
    outcome, split = written["outcome"], int(entry["about the statement"])
    if outcome not in OUTCOMES or not 0 <= split <= len(found):
        raise Unusable("it is no row")
    verdict = Verdict(
        cast(Outcome, outcome),
        as_json.text_or_none(written, "reason"),
        as_json.text_or_none(written, "counterexample"),
        bool(entry["broken"]),
        None if entry["question"] is None else Question.of(entry["question"]),
    )
    spent = as_json.seconds(written)
    fault = as_json.text_or_none(entry, "fault")
    return Row(known[written["id"]], verdict, found[:split], found[split:], spent, fault)
