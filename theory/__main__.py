"""`python -m theory`: the statements and their proofs, listed, printed, typeset, checked."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from theory import STATEMENTS, verdicts
from theory.document import latex, listing, page
from theory.paper import PAPER
from theory.paper.table import table
from theory.proof_text import trusted_base, uses
from theory.proofs import PROOFS
from theory.proofs.verify import verify
from theory.verdicts import Verdict

CHECKED, REJECTED, WRONG_CALL = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked for; 0, 1 where a step is rejected, or 2 where the call is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m theory",
        description="The statements of the paper and our own, with their hypotheses and proofs.",
        epilog="Exit code: 0; with --check 1 if a step is not accepted; 2 if the call is wrong.",
    )
    parser.add_argument("id", nargs="?", help="a statement, such as theorem-3 (default: list them all)")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--check", action="store_true", help="check every step of every proof, or of this one's"
    )
    what.add_argument("--latex", action="store_true", help="print a LaTeX document of all, or of this one")
    what.add_argument("--uses", action="store_true", help="print which hypothesis is used in which step")
    what.add_argument(
        "--paper", action="store_true", help="print the paper, formula by formula, with what holds of it"
    )
    what.add_argument("--trusted", action="store_true", help="print the rules, and the axioms among them")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="other networks for --check (default: 0)"
    )
    given = parser.parse_args(arguments)
    if given.id is not None and given.id not in STATEMENTS:
        near = difflib.get_close_matches(given.id, STATEMENTS, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; expected one of {', '.join(STATEMENTS)}"
        print(f"python -m theory: there is no statement {given.id!r}{hint}", file=sys.stderr)
        return WRONG_CALL
    chosen = [STATEMENTS[given.id]] if given.id else list(STATEMENTS.values())
    proofs = [proof for proof in PROOFS if given.id in (None, proof.statement)]
    entries = [entry for entry in PAPER if given.id is None or given.id in entry.statements]
    if given.paper and not entries:
        print(f"python -m theory: the paper says nothing of {given.id}; it is ours")
        return CHECKED
    if given.check:
        return run_check([statement.id for statement in chosen], given.seed)
    show: Callable[[], str] = (
        (lambda: latex(chosen, () if given.id else PAPER).rstrip("\n"))
        if given.latex
        else (lambda: table(entries))
        if given.paper
        else (lambda: uses(proofs))
        if given.uses
        else (lambda: trusted_base(proofs))
        if given.trusted
        else (lambda: page(chosen[0]))
        if given.id
        else (lambda: listing(chosen))
    )
    print(show())
    return CHECKED


def run_check(statements: Sequence[str], seed: int) -> int:
    """Check the proofs of the statements, a line each as they come; keep the verdict if they are all."""
    start = time.perf_counter()
    indices = [k for k, proof in enumerate(PROOFS) if proof.statement in statements]
    found = []
    for verdict in _in_parallel(indices, seed):
        found.append(verdict)
        print(line(verdict), flush=True)
    proved = {verdict.statement for verdict in found}
    for statement in statements:
        if statement not in proved:
            print(f"· {statement:<16} no steps: a definition, or settled by computation in the ledger")
    steps, rejected = sum(v.accepted for v in found), [v for v in found if v.problem]
    print(
        f"\n{len(found)} proofs of {len(proved)} results, {steps} steps: "
        + (f"{len(rejected)} proofs rejected" if rejected else "every step accepted, none false on numbers")
        + f" · {time.perf_counter() - start:.1f} s"
    )
    if len(indices) == len(PROOFS) and seed == 0 and not verdicts.keep(found):
        print(f"The verdict could not be kept in {verdicts.cache_file()}: the ledger will not see it.")
    return REJECTED if rejected else CHECKED


def line(verdict: Verdict) -> str:
    """A proof on one line."""
    title = f" ({verdict.title})" if verdict.title else ""
    if verdict.problem:
        return f"✗ {verdict.statement}{title}: {verdict.problem}"
    trust = f"trusts {', '.join(verdict.axioms)}" if verdict.axioms else "trusts nothing"
    return (
        f"✓ {verdict.statement:<16} {verdict.accepted:>3} steps, {verdict.tried:>3} of them on "
        f"{verdict.networks} networks, {verdict.seconds:.1f} s; {trust}{title}"
    )


def _in_parallel(indices: Sequence[int], seed: int) -> Iterator[Verdict]:
    """The verdicts in order, computed on all cores."""
    workers = min(
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1, 8
    )
    if workers < 2 or len(indices) < 2:
        yield from (_verdict(index, seed) for index in indices)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(_verdict, indices, [seed] * len(indices))


def _verdict(index: int, seed: int) -> Verdict:
    return verify(PROOFS[index], (seed,))


if __name__ == "__main__":
    raise SystemExit(main())
