"""The command: runs the claims on a subject, prints the ledger as it grows, and writes it to files.

Exit codes: 0, every applicable claim passed; 1, at least one failed or erred; 2, the call is wrong or a
file cannot be written; 130, interrupted. Where the first argument is the name of a sub-command, that one is
run instead, with exit codes of its own.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import importlib.metadata
import platform
import shlex
import sys
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import NoReturn

from proofs_check import files, markdown
from proofs_check.background import confirmations
from proofs_check.claim import Claim
from proofs_check.effort import DEPTHS, Effort
from proofs_check.ledger import Ledger, Row, check
from proofs_check.subjects import HOME, SubjectNotFound, WorkerSubject
from proofs_check.terminal import Screen, open_console

PASSED, FAILED, WRONG_CALL, INTERRUPTED = 0, 1, 2, 130
REPORT = "index.html"  # in the folder of the report
SUBCOMMANDS = {"compare": "proofs_check.compare", "new-subject": "proofs_check.new_subject"}
"""Modules whose ``main(arguments)`` is run in place of the claims; they are imported only then."""
LIBRARIES = ("hypothesis", "mpmath", "numpy", "python-flint", "sympy")


class Mistake(Exception):
    """The call is wrong; the message says which argument, its value, and what was expected."""


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

    def command(self, only: Sequence[str] | None) -> str:
        """The command line for some of the claims, or for all (None), all else the same."""
        words = [program(), "--depth", self.effort.depth, "--seed", str(self.effort.seed)]
        if self.subject is not None:
            words += ["--subject", shlex.quote(self.subject)]
        return " ".join([*words, *([] if only is None else ["--only", ",".join(only)])])


def main(argv: Sequence[str] | None = None, claims: Sequence[Claim] | None = None) -> int:
    """Run the command and return its exit code; `claims` are those of the project unless given."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # ✓ and ξ on a terminal that lacks them
    words = sys.argv[1:] if argv is None else list(argv)
    if words and words[0] in SUBCOMMANDS:
        return int(importlib.import_module(SUBCOMMANDS[words[0]]).main(words[1:]))
    try:
        options = parse(argv)
        return show_list(options, claims) if options.list else run(options, claims)
    except (Mistake, SubjectNotFound, files.CannotWrite) as error:
        print(f"{program()}: {error}", file=sys.stderr)
        return WRONG_CALL
    except KeyboardInterrupt:
        return INTERRUPTED


def run(options: Options, claims: Sequence[Claim] | None = None) -> int:
    """Check the claims that were asked for; write the files; return the exit code."""
    for path in (options.json, options.markdown):
        if path is not None:
            files.prepare(path)
    if options.report is not None:
        files.prepare(options.report / REPORT)
    start = time.perf_counter()
    with WorkerSubject(options.subject) as subject:  # it imports torch while we import the claims
        chosen = select(options.only, the_claims() if claims is None else claims)
        subject.load()
        screen = Screen(open_console(), chosen)
        named = subject.place if subject.name in subject.place else f"{subject.place} ({subject.name})"
        screen.opening(version(), named, options.effort)
        commands = {claim.id: options.command([claim.id]) for claim in chosen}
        rows: list[Row] = []
        try:
            with confirmations(chosen, options.effort, apart=claims is None) as confirmed:
                for claim in chosen:
                    later = partial(confirmed.of, claim.id) if confirmed.in_background else None
                    with screen.running(claim, len(rows)):
                        row = check(claim, subject, options.effort, later)
                    screen.row(row)
                    rows.append(row)
        except KeyboardInterrupt:
            rest = [claim.id for claim in chosen[len(rows) :]]
            screen.interrupted(rows, commands, options.command(rest))
            return INTERRUPTED
        versions = {**own_versions(), "torch": subject.torch}
        ledger = Ledger(subject.place, options.effort, versions, time.perf_counter() - start, tuple(rows))
        screen.closing(ledger, commands)
        if options.json is not None:
            files.write_whole(options.json, ledger.to_json())
        if options.markdown is not None:
            files.write_whole(options.markdown, markdown.render(ledger))
        if options.report is not None:
            write_report(
                options.report / REPORT, ledger, {**commands, "": options.command(options.only)}, subject
            )
    return PASSED if ledger.passed else FAILED


def write_report(path: Path, ledger: Ledger, commands: Mapping[str, str], subject: WorkerSubject) -> None:
    """Ask the subject what only the report shows, and write the page."""
    from proofs_check import report  # most runs have none

    inquiry = report.inquire(subject, ledger.rows, ledger.effort)
    files.write_whole(path, report.render(ledger, commands, inquiry))
    print(f"The report: {path}")


def parse(argv: Sequence[str] | None) -> Options:
    """Read the arguments; raises `Mistake`."""
    parser = Parser(
        prog=program(),
        allow_abbrev=False,
        description="Check claims about learning feedback weights by node perturbation: "
        "does the statement hold, and does an implementation behave as it says?",
        epilog="Sub-commands, as the first argument: compare OLD.json NEW.json says what changed between two "
        "ledgers; new-subject FILE writes a template for a subject. "
        "Exit code: 0 every applicable claim passed, 1 some failed or erred, 2 the call is wrong.",
    )
    parser.add_argument(
        "--subject",
        metavar="PLACE:NAME",
        help="the implementation to check: MODULE:NAME, found from the current directory, or FILE.py:NAME; "
        "NAME is a class or an object (default: the project's reference)",
    )
    parser.add_argument(
        "--depth", default="standard", metavar="DEPTH", help=f"{', '.join(DEPTHS)} (default: standard)"
    )
    parser.add_argument("--seed", default="0", metavar="N", help="same seed, same verdict (default: 0)")
    parser.add_argument("--only", metavar="ID,ID", help="run these claims")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the ledger as JSON")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the ledger as Markdown")
    parser.add_argument(
        "--report", type=Path, metavar="DIR", help=f"write a report that opens from disk, DIR/{REPORT}"
    )
    parser.add_argument("--list", action="store_true", help="list the claims, and run none")
    parser.add_argument("--version", action="version", version=f"feedback-proofs {version()}")
    given = parser.parse_args(argv)
    try:
        seed = int(given.seed)
    except ValueError:
        raise Mistake(f"--seed is {given.seed!r}, expected an integer from 0 to {2**32 - 1}") from None
    try:
        effort = Effort(given.depth, seed)
    except ValueError as error:
        raise Mistake(f"--{error}") from None
    only = None if given.only is None else tuple(part.strip() for part in given.only.split(","))
    return Options(given.subject, effort, only, given.json, given.markdown, given.report, given.list)


def select(only: Sequence[str] | None, claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims that were asked for, in the order of the ledger; raises `Mistake` for an unknown one."""
    known = [claim.id for claim in claims]
    for wanted in only or ():
        if wanted not in known:
            near = difflib.get_close_matches(wanted, known, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise Mistake(f"--only names {wanted!r}, which is no claim; {hint}The claims: {', '.join(known)}")
    return tuple(claim for claim in claims if only is None or claim.id in only)


def show_list(options: Options, claims: Sequence[Claim] | None) -> int:
    """Print the claims without running them."""
    chosen = select(options.only, the_claims() if claims is None else claims)
    Screen(open_console(), chosen).listing()
    return PASSED


def the_claims() -> Sequence[Claim]:
    """The claims of the project, imported only now: the theory they bring takes a second."""
    from proofs_check.claims import CLAIMS

    return CLAIMS


def program() -> str:
    """How the command was called, for messages and for commands to copy."""
    return "feedback-proofs" if Path(sys.argv[0]).stem == "feedback-proofs" else "python -m proofs_check"


def version() -> str:
    """The version of this project, also where it runs from its source folder without being installed."""
    source = HOME / "pyproject.toml"
    if source.is_file():
        project = tomllib.loads(source.read_text(encoding="utf-8")).get("project", {})
        if project.get("name") == "feedback-proofs":
            return str(project["version"])
    return installed("feedback-proofs")


def own_versions() -> dict[str, str]:
    """The versions that this process runs with; those of the subject's process are its own."""
    libraries = {name: installed(name) for name in LIBRARIES}
    return {"feedback-proofs": version(), "python": platform.python_version(), **libraries}


def installed(name: str) -> str:
    """The installed version of a distribution."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


class Parser(argparse.ArgumentParser):
    """Leaves errors to `main`: one line on standard error, without the usage."""

    def error(self, message: str) -> NoReturn:
        """Raise `Mistake`."""
        raise Mistake(message)
