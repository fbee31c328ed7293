"""`python -m benchmarks.paper fig2`: an experiment of the paper, with progress; interrupted, it goes on.

The state lies in DIR/NAME.run until the run is over and after it, the result in DIR/NAME.json. The same
command goes on from the state, to the same curve, bit for bit.

With `--shard k/n` it is the k-th of n parts, whose files are NAME.k-of-n.run and NAME.k-of-n.json: parts know
nothing of each other, and run where and when they like. `python -m benchmarks.paper merge PART.json ...` puts
their results together, as the whole result beside the first of them. `--submit n` does all of it: n parts as
SLURM jobs where there is a SLURM, as processes of this machine elsewhere, and then the merge.

`picture RESULT.json ...` draws results, `compare` holds them against what was published: see `telling`;
`found RESULT.json` says what a random search found: see `search`.

Exit codes: 0 done; 1 a part of --submit was killed; 2 the call is wrong, or a file cannot be read or
written; 3 the suite itself broke; 130 interrupted, and what was done is kept.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.paper.catalogue import CATALOGUE
from benchmarks.paper.command import WRONG, merge, merging, name_of, options, parser, run_once
from benchmarks.paper.shards import cut, file_name
from benchmarks.paper.submit import submit
from benchmarks.paper.telling import TELLING
from feedback_proofs_io import whole
from feedback_proofs_io.command import Mistake, ended, say
from feedback_proofs_io.shards import Shard

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit codes are those above."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] == ["merge"]:
        return ended("benchmarks.paper", lambda: merge(merging().parse_args(words[1:])), WRONG)
    if words[:1] and words[0] in TELLING:
        return ended("benchmarks.paper", lambda: TELLING[words[0]](words[1:]), WRONG)
    return ended("benchmarks.paper", lambda: _run(words), WRONG)


def _run(words: Sequence[str]) -> int:
    given = parser().parse_args(words)
    return run_once(given) if given.submit is None else _submit(given, words)


def _submit(given: argparse.Namespace, words: Sequence[str]) -> int:
    """Run all parts and merge them; the exit code, of a part where one failed."""
    asked = options(given)
    name = name_of(given.experiment, asked)
    for end in ("run", "json"):
        whole.prepare(given.output / f"{name}.{end}")
    if given.shard is not None:
        raise Mistake("--shard is one part and --submit all: give one of them")
    shards = [Shard(part, given.submit) for part in range(1, given.submit + 1)]
    cut(CATALOGUE[given.experiment].build(asked), shards[0])
    bases = [given.output / file_name(name, shard) for shard in shards]
    codes = submit(_without("--submit", words), shards, [Path(f"{base}.log") for base in bases])
    failed = [(shard, code) for shard, code in zip(shards, codes, strict=True) if code != 0]
    if failed:
        named = ", ".join(f"{shard} with {code}" for shard, code in failed[:9])
        say(f"benchmarks.paper: of {given.submit} parts {len(failed)} failed: {named}")
        return max(failed[0][1], 1)
    return merge(merging().parse_args([f"{base}.json" for base in bases]))


def _without(option: str, words: Sequence[str]) -> list[str]:
    """The words of a call without an option and its value."""
    kept, skip = list[str](), False
    for word in words:
        if not skip and word != option and not word.startswith(f"{option}="):
            kept.append(word)
        skip = word == option and not skip
    return kept


if __name__ == "__main__":
    sys.exit(main())
