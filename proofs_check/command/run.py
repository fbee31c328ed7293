"""The command: runs the claims on a subject, prints the ledger as it grows, and writes it to files.

Exit codes: 0, every claim that applies passed, and at least one does; 1, at least one failed or erred; 2, the
call is wrong, no claim applies to the subject, or a result cannot be written; 3, the suite itself broke, and
nothing is said of the subject; 130, interrupted. Where the first argument is the name of a sub-command, that
one is run instead, with exit codes of its own.

A finished claim is kept on the disk at once where files are written (see `journal`): after a kill or an
interrupt the same command goes on. An interrupted run writes its JSON and its Markdown, in which the claims
that it did not come to are errors and are named.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from feedback_proofs_io import whole
from feedback_proofs_io.command import BROKEN, INTERRUPTED, WRONG_CALL, ended, say
from proofs_check.claims.claim import Claim
from proofs_check.command.background import confirmations
from proofs_check.command.options import REPORT, Options, parse, program, select
from proofs_check.experiments.stored import fingerprint
from proofs_check.ledger import markdown
from proofs_check.ledger.journal import Journal
from proofs_check.ledger.ledger import Ledger, Row, check, not_run
from proofs_check.ledger.terminal import Screen, open_console
from proofs_check.ledger.versions import conditions, own_versions, subject_sources, version
from proofs_check.subject import own_files
from proofs_check.subject.subjects import SubjectNotFound, WorkerSubject

PASSED, FAILED = 0, 1
SUBCOMMANDS = {"compare": "proofs_check.command.compare", "new-subject": "proofs_check.command.new_subject"}
"""Modules whose ``main(arguments)`` is run in place of the claims; they are imported only then."""


def main(argv: Sequence[str] | None = None, claims: Sequence[Claim] | None = None) -> int:
    """Run the command and return its exit code; `claims` are those of the project unless given."""
    words = sys.argv[1:] if argv is None else list(argv)
    if words and words[0] in SUBCOMMANDS:
        return int(importlib.import_module(SUBCOMMANDS[words[0]]).main(words[1:]))

    def asked() -> int:
        options = parse(words)
        return show_list(options, claims) if options.list else run(options, claims)

    return ended(program(), asked, (SubjectNotFound,))


def run(options: Options, claims: Sequence[Claim] | None = None) -> int:
    """Check the claims that were asked for; write the files; return the exit code."""
    options.prepare()
    start, before = time.perf_counter(), own_files.marks()
    apart = claims is None and (options.only is None or len(options.only) > 1)
    with (
        confirmations(apart, complain) as confirmed,
        WorkerSubject(options.subject) as subject,  # it imports torch while we import the claims
    ):
        chosen = select(options.only, the_claims() if claims is None else claims)
        import_rest(options, claims is None and not confirmed.apart)
        confirmed.prepare(options.effort)
        subject.load()
        versions = {**own_versions(), "torch": subject.torch}
        screen = Screen(open_console(), chosen)
        named = subject.place if subject.name in subject.place else f"{subject.place} ({subject.name})"
        screen.opening(version(), named, options.effort)
        commands = {claim.id: options.command([claim.id]) for claim in chosen}
        rows: list[Row] = []
        with opened(options, chosen, versions) as journal:
            tell(screen, journal)

            def ledger(unfinished: Sequence[Claim] = ()) -> Ledger:
                spent = time.perf_counter() - start + sum(row.seconds for row in journal.rows.values())
                every = (*rows, *map(not_run, unfinished))
                left = frozenset(claim.id for claim in unfinished)
                return Ledger(subject.place, options.effort, versions, spent, every, left)

            try:
                todo = [claim for claim in chosen if claim.id not in journal.rows]
                confirmed.begin(todo, options.effort)
                for claim in chosen:
                    row = journal.rows.get(claim.id)
                    if row is None:
                        later = confirmed.later(claim, options.effort)
                        with screen.running(claim, len(rows)):
                            row = check(claim, subject, options.effort, later)
                        own_files.see_unchanged(before)  # another run would believe the journal
                        journal.add(row)
                    rows.append(row)
                    screen.row(row)
            except KeyboardInterrupt:
                unfinished = chosen[len(rows) :]
                write(options, ledger(unfinished))
                files = options.journal is not None
                rest = options.only if files else [claim.id for claim in unfinished]
                again = options.command(rest, files) if unfinished else None
                screen.interrupted(rows, commands, again, kept=files)
                return INTERRUPTED
            except own_files.Changed as error:
                say(f"{program()}: {error}. Nothing is said of the subject.")
                return BROKEN
            found = ledger()
            write(options, found)
            screen.closing(found, commands)
            if options.report is not None:
                lines = {**commands, "": options.command(options.only)}
                write_report(options.report / REPORT, found, lines, subject)
            journal.remove()
    return code(found)


def code(ledger: Ledger) -> int:
    """The exit code of a whole ledger."""
    if ledger.failed:
        return FAILED
    if ledger.broken:
        return BROKEN
    return PASSED if ledger.passed else WRONG_CALL  # nothing applies: nothing was asked


@contextlib.contextmanager
def opened(options: Options, claims: Sequence[Claim], versions: Mapping[str, str]) -> Iterator[Journal]:
    """The journal of the run, or one that keeps nothing where no file is written."""
    place = options.journal
    if place is None:
        yield Journal(Path())
        return
    depends = {
        "the subject": options.subject or "the reference",
        "the subject's sources": subject_sources(options.subject),
        "the depth": options.effort.depth,
        "the seed": str(options.effort.seed),
        **{f"the version of {name}": known for name, known in versions.items()},
        "the results of experiments": fingerprint(),
        **conditions(),
    }
    journal = Journal.open(place, depends, claims, complain)
    try:
        yield journal
    finally:
        journal.close()


def import_rest(options: Options, proofs: bool) -> None:
    """Import what is wanted only once the subject's code has run, which may put compiled files beside it."""
    if options.report is not None:
        from proofs_check import report

        report.prepare()
    if proofs:
        from proofs_check.claims.proved import import_proofs

        import_proofs(options.effort)


def complain(line: str) -> None:
    """Say what went wrong beside the claims, where the run goes on."""
    say(f"{program()}: {line}")


def tell(screen: Screen, journal: Journal) -> None:
    """Say what an earlier run has left, and whether it is used."""
    if journal.anew is not None:
        screen.note(f"{journal.path} is not used, and every claim is asked: {journal.anew}")
    elif journal.rows:
        count = len(journal.rows)
        were = "claim was" if count == 1 else "claims were"
        screen.note(f"{count} {were} finished by an earlier run, kept in {journal.path}")


def write(options: Options, ledger: Ledger) -> None:
    """Write the ledger as JSON and as Markdown, where asked."""
    if options.json is not None:
        whole.write(options.json, ledger.to_json())
    if options.markdown is not None:
        whole.write(options.markdown, markdown.render(ledger))


def write_report(path: Path, ledger: Ledger, commands: Mapping[str, str], subject: WorkerSubject) -> None:
    """Ask the subject what only the report shows, and write the page."""
    from proofs_check import report  # most runs have none

    inquiry = report.inquire(subject, ledger.rows, ledger.effort)
    whole.write(path, report.render(ledger, commands, inquiry))
    print(f"The report: {path}")


def show_list(options: Options, claims: Sequence[Claim] | None) -> int:
    """Print the claims without running them."""
    chosen = select(options.only, the_claims() if claims is None else claims)
    Screen(open_console(), chosen).listing()
    return PASSED


def the_claims() -> Sequence[Claim]:
    """The claims of the project, imported only now: the theory they bring takes a second."""
    from proofs_check.claims import LEDGER

    return LEDGER
