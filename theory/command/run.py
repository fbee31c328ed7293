"""The command: the statements and their proofs, listed, printed, typeset, checked."""

from __future__ import annotations

import difflib
import multiprocessing
import os
import re
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from feedback_proofs_io.command import Mistake, Once, Parser, show
from theory import STATEMENTS
from theory.command.document import latex, listing, page
from theory.paper import PAPER, VERDICTS
from theory.paper.table import table
from theory.proofs import verdicts
from theory.proofs.catalogue import PROOFS
from theory.proofs.verdicts import Verdict
from theory.proofs.verify import verify
from theory.results.statement import Statement
from theory.writing.layout import columns, fit, spelled
from theory.writing.proof_text import trusted_base, uses

CHECKED, REJECTED = 0, 1
SEEDS = 2**32


def run(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked for; 0, or 1 where a step is rejected. Raises `Mistake` where the call is wrong."""
    given = _parser().parse_args(arguments)
    if given.id is not None:
        _one_of("id", given.id, STATEMENTS)
    if given.seed is not None and not given.check:
        raise Mistake(f"--seed is {given.seed!r}, but only --check draws networks; expected with --check")
    chosen = [STATEMENTS[given.id]] if given.id else list(STATEMENTS.values())
    if given.check:
        return run_check([statement.id for statement in chosen], _seed(given.seed))
    if given.latex:
        show(spelled(latex(chosen, () if given.id else PAPER).rstrip("\n"), _encoding()))
    elif given.paper is not None:
        out(_paper(given.id, given.paper))
    else:
        out(_text(given.uses, given.trusted, chosen, given.id))
    return CHECKED


def _parser() -> Parser:
    parser = Parser(
        "python -m theory",
        "The statements of the paper and our own, with their hypotheses and proofs.",
        "Exit code: 0; 1 with --check, if a step is not accepted; 2 if the call is wrong; 3 if the theory "
        "itself broke, which says nothing of the statements; 130 if interrupted.",
    )
    parser.add_argument("id", nargs="?", help="a statement, such as theorem-3 (default: list them all)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="check every step of every proof, or of this one's"
    )
    what.add_argument("--latex", action="store_true", help="print a LaTeX document of all, or of this one")
    what.add_argument("--uses", action="store_true", help="print which hypothesis is used in which step")
    what.add_argument(
        "--paper",
        nargs="?",
        const="",
        action=Once,
        metavar="WHICH",
        help="print the paper, formula by formula, with what holds of it; WHICH is a verdict, such as "
        "false, or a statement, such as theorem-1 (default: all entries)",
    )
    what.add_argument("--trusted", action="store_true", help="print the rules, and the axioms among them")
    parser.add_argument("--seed", action=Once, metavar="N", help="with --check: other networks (default: 0)")
    return parser


def _one_of(name: str, value: str, known: Sequence[str] | dict[str, Statement]) -> None:
    """Raise `Mistake` where the value is none of those known, with the nearest one."""
    if value in known:
        return
    near = difflib.get_close_matches(value[:100], known, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; expected one of: {', '.join(known)}"
    kind = "statement" if name == "id" else "verdict or statement"
    raise Mistake(f"{name} is {value[:100]!r}, which is no {kind}{hint}")


def _seed(given: str | None) -> int:
    if given is None:
        return 0
    if not re.fullmatch(r"[0-9]{1,10}", given) or int(given) >= SEEDS:
        raise Mistake(f"--seed is {given[:100]!r}, expected an integer from 0 to {SEEDS - 1}")
    return int(given)


def _paper(id: str | None, which: str) -> str:
    """The entries of the paper that are asked for: of a statement, of a verdict, or of both."""
    entries = [entry for entry in PAPER if id is None or id in entry.statements]
    wanted = " ".join(which.lower().replace("-", " ").split())
    if which in STATEMENTS:
        entries = [entry for entry in entries if which in entry.statements]
    elif wanted in VERDICTS:
        entries = [entry for entry in entries if entry.verdict == wanted]
    elif which:
        _one_of("--paper", which, [*VERDICTS, *STATEMENTS])
    if not entries:
        if id is not None and which:
            return f"python -m theory: the paper has no entry about {id} and {which}"
        return f"python -m theory: the paper says nothing of {id or which}; it is ours"
    return table(entries)


def _text(with_uses: bool, trusted: bool, chosen: Sequence[Statement], id: str | None) -> str:
    proofs = [proof for proof in PROOFS if id in (None, proof.statement)]
    if with_uses:
        return uses(proofs)
    if trusted:
        return trusted_base(proofs)
    return page(chosen[0]) if id else listing(chosen)


def out(text: str) -> None:
    """Print, within the width of the terminal and in the characters that it has."""
    show(fit(spelled(text, _encoding()), columns()))


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def run_check(statements: Sequence[str], seed: int) -> int:
    """Check the proofs of the statements, a line each as they come; keep the verdict if they are all."""
    start = time.perf_counter()
    indices = [k for k, proof in enumerate(PROOFS) if proof.statement in statements]
    found = []
    for verdict in _in_parallel(indices, seed):
        found.append(verdict)
        out(line(verdict))
    proved = {verdict.statement for verdict in found}
    for statement in statements:
        if statement not in proved:
            out(f"· {statement:<16} \tno steps: a definition, or settled by computation in the ledger")
    steps, rejected = sum(v.accepted for v in found), [v for v in found if v.problem]
    parts = sum(bool(STATEMENTS[statement].beyond) for statement in proved)
    of = f"{len(proved)} results{f', {parts} of them in part' if parts else ''}"
    out(
        f"\n{len(found)} proofs of {of}, {steps} steps: "
        + (f"{len(rejected)} proofs rejected" if rejected else "every step accepted, none false on numbers")
        + f" · {time.perf_counter() - start:.1f} s"
    )
    if len(indices) == len(PROOFS) and seed == 0 and not verdicts.keep(found):
        out(f"The verdict could not be kept in {verdicts.cache_file()}: the ledger will not see it.")
    return REJECTED if rejected else CHECKED


def line(verdict: Verdict) -> str:
    """A proof on one line."""
    title = f" ({verdict.title})" if verdict.title else ""
    part = "; part of the statement" if STATEMENTS[verdict.statement].beyond else ""
    if verdict.problem:
        return f"✗ {verdict.statement}{title}: \t{verdict.problem}"
    trust = f"trusts {', '.join(verdict.axioms)}" if verdict.axioms else "trusts nothing"
    return (
        f"✓ {verdict.statement:<16} \t{verdict.accepted:>3} steps, {verdict.tried:>3} of them on "
        f"{verdict.networks} networks, {verdict.seconds:.1f} s; {trust}{part}{title}"
    )


def _in_parallel(indices: Sequence[int], seed: int) -> Iterator[Verdict]:
    """The verdicts in order, computed on all cores."""
    workers = min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8
    )
    if workers < 2 or len(indices) < 2:
        yield from (_verdict(index, seed) for index in indices)
        return
    pool = ProcessPoolExecutor(workers, initializer=signal.signal, initargs=(signal.SIGINT, signal.SIG_IGN))
    try:
        yield from pool.map(_verdict, indices, [seed] * len(indices))
    except BaseException:  # interrupted, or the reader stopped: the workers are not waited for
        for worker in multiprocessing.active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _verdict(index: int, seed: int) -> Verdict:
    return verify(PROOFS[index], (seed,))
