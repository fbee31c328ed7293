"""The arguments of the command, read and checked before any work."""

from __future__ import annotations

import difflib
import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from feedback_proofs_io import whole
from feedback_proofs_io.command import Mistake, Once, Parser
from proofs_check.claims.claim import Claim
from proofs_check.ledger import journal
from proofs_check.ledger.versions import version
from proofs_check.verdict.effort import DEPTHS, Effort

REPORT = "index.html"  # in the folder of the report
EPILOG = (
    "Sub-commands, as the first argument: compare OLD.json NEW.json says what changed between two ledgers; "
    "new-subject FILE writes a template for a subject. "
    "Exit code: 0 every claim that applies passed, and at least one does; 1 some failed or erred; "
    "2 the call is wrong, no claim applies to the subject, or a result cannot be written; "
    "3 the suite itself broke, and nothing is said of the subject; 130 interrupted. "
    "--help, --version and --list ask nothing, and give 0. "
    "A closed or broken pipe changes neither the files nor the code. "
    "Where a file is written, finished claims are kept beside the first of them, "
    f"in its name and {journal.SUFFIX}: after a kill or an interrupt the same command goes on from there."
)


@dataclass(frozen=True)
class Options:
    """What a call asks for."""

    subject: str | None = None
    effort: Effort = field(default_factory=Effort)
    only: tuple[str, ...] | None = None
    json: Path | None = None
    markdown: Path | None = None
    report: Path | None = None
    list: bool = False

    def command(self, only: Sequence[str] | None, files: bool = False) -> str:
        """The command line for some of the claims, or for all (None), all else the same; with its files?"""
        words = [program(), "--depth", self.effort.depth, "--seed", str(self.effort.seed)]
        if self.subject is not None:
            words += ["--subject", shlex.quote(self.subject)]
        if only is not None:
            words += ["--only", ",".join(only)]
        for name, path in (("json", self.json), ("markdown", self.markdown), ("report", self.report)):
            if files and path is not None:
                words += [f"--{name}", shlex.quote(str(path))]
        return " ".join(words)

    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that will be written, with the arguments that name them."""
        if self.json is not None:
            yield "--json", self.json
        if self.markdown is not None:
            yield "--markdown", self.markdown
        if self.report is not None:
            yield "--report", self.report / REPORT

    @property
    def journal(self) -> Path | None:
        """Where finished claims are kept; None where no file is written."""
        return next((journal.beside(path) for _, path in self.files()), None)

    def prepare(self) -> None:
        """See that all files can be written, and that none replaces another, the subject, or a foreign page;
        raises `whole.CannotWrite`.
        """
        place = (self.subject or "").rpartition(":")[0]
        own = [("--subject", Path(place))] if Path(place).is_file() else []
        whole.apart([*own, *self.files()])
        for argument, path in self.files():
            try:
                whole.prepare(path)
                if argument == "--report":
                    from proofs_check.report.shell import may_replace

                    may_replace(path)
            except whole.CannotWrite as error:
                raise whole.CannotWrite(f"{argument}: {error}") from None
        if self.journal is not None:
            whole.apart([*own, *self.files(), ("the journal of finished claims", self.journal)])


def parse(argv: Sequence[str] | None) -> Options:
    """Read the arguments; raises `Mistake`."""
    parser = Parser(
        prog=program(),
        description="Check claims about learning feedback weights by node perturbation: "
        "does the statement hold, and does an implementation behave as it says?",
        epilog=EPILOG,
    )
    parser.add_argument(
        "--subject",
        action=Once,
        metavar="PLACE:NAME",
        help="the implementation to check: MODULE:NAME, found from the current directory, or FILE.py:NAME; "
        "NAME is a class or an object (default: the project's reference)",
    )
    parser.add_argument(
        "--depth",
        action=Once,
        default="standard",
        metavar="DEPTH",
        help=f"{', '.join(DEPTHS)} (default: standard)",
    )
    parser.add_argument(
        "--seed", action=Once, default="0", metavar="N", help="same seed, same verdict (default: 0)"
    )
    parser.add_argument("--only", action=Once, metavar="ID,ID", help="run these claims")
    parser.add_argument("--json", action=Once, metavar="FILE", help="write the ledger as JSON")
    parser.add_argument("--markdown", action=Once, metavar="FILE", help="write the ledger as Markdown")
    parser.add_argument(
        "--report", action=Once, metavar="DIR", help=f"write a report that opens from disk, DIR/{REPORT}"
    )
    parser.add_argument(
        "--list", action="store_true", help="list the claims, or those of --only, and run none"
    )
    parser.add_argument("--version", action="version", version=f"feedback-proofs {version()}")
    given = parser.parse_args(argv)
    if given.list:
        for name in ("subject", "json", "markdown", "report"):
            if getattr(given, name) is not None:
                raise Mistake(f"--list runs no claim: --{name} has no meaning beside it")
    paths = {name: _path(name, getattr(given, name)) for name in ("json", "markdown", "report")}
    only = None if given.only is None else tuple(part.strip() for part in given.only.split(","))
    return Options(given.subject, effort(given.depth, given.seed), only, **paths, list=given.list)


def effort(depth: str, seed: str) -> Effort:
    """The effort of these words; raises `Mistake`."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", seed):
        raise Mistake(f"--seed is {seed[:40]!r}, expected an integer from 0 to {2**32 - 1}")
    try:
        return Effort(depth, int(seed))
    except ValueError as error:
        raise Mistake(f"--{error}") from None


def _path(name: str, given: str | None) -> Path | None:
    if given in ("", "-"):
        raise Mistake(
            f"--{name} is {given!r}, expected the name of a {'folder' if name == 'report' else 'file'}"
        )
    return None if given is None else Path(given)


def select(only: Sequence[str] | None, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims that were asked for, in the order of the ledger; raises `Mistake` for an unknown one."""
    known = [claim.id for claim in claims]
    for wanted in only or ():
        if wanted not in known:
            near = difflib.get_close_matches(wanted[:100], known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise Mistake(
                f"--only names {wanted[:100]!r}, which is no claim; {hint}The claims: {', '.join(known)}"
            )
    return tuple(claim for claim in claims if only is None or claim.id in only)


def program() -> str:
    """How the command was called, for messages and for commands to copy."""
    name = Path(sys.argv[0]).stem if sys.argv else ""
    return "feedback-proofs" if name == "feedback-proofs" else "python -m proofs_check"
