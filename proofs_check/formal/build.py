"""Build the Coq proofs, look at what they rest on, and keep the result beside the hash of the sources.

    python -m proofs_check.formal [--all-libraries] [--required]

1. No source may contain a word by which something is assumed instead of proved.
2. `make` checks every proof, in a copy.
3. `Print Assumptions` of every headline theorem: nothing but the three classical axioms that
   mathcomp-analysis itself rests on.
4. `coqchk`, an independent checker, reads the compiled proofs again: ours but for the computations of
   Bridge.v, with ``--all-libraries`` those of the libraries too (many minutes).

Exit 0: all of it holds, or Coq is not installed (one line says that nothing was checked, and nothing is
kept; with --required, as tox calls it, that is exit 2). Exit 1: something does not hold, and an earlier
result is dropped. Exit 2: the call is wrong. Exit 3: the check itself broke. The result says nothing about
other sources: any change makes it void. Only the standard library is used.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from feedback_proofs_io import cache, given, sealed
from feedback_proofs_io.command import Parser, ended

SOURCES = Path(__file__).resolve().parent

THEOREMS: Mapping[str, tuple[str, ...]] = {
    "theorem-1": ("Theorems.theorem_1", "Theorems.consistency"),
    "theorem-2": ("Theorems.theorem_2", "Theorems.theorem_2_rank"),
    "theorem-3": (
        "Theorems.theorem_3",
        "Theorems.theorem_3_learned",
        "Theorems.consistency",
        "Witness.theorem_3_witness",
        "Rates.fit_rate",
    ),
    "corollary-1": ("Theorems.corollary_1", "Theorems.direct_consistency", "Theorems.direct_limit"),
    "linearisation": ("Backpropagation.loss_derivative", "Theorems.lemma_A"),
    "noise-law": (
        "Theorems.mean_estimate_cvg",
        "Theorems.noise_law_limit",
        "Theorems.scaled_noise_limit",
        "Witness.theorem_1_needs_unit_variance",
    ),
    "rank": ("Theorems.linear_gram", "Theorems.linear_gram_invertible"),
    "pseudo-inverse": ("Theorems.gradient_consistency", "Theorems.gradient_sample_consistency"),
    "solves": ("LeastSquares.fit_learned", "LeastSquares.learned_unique", "Computation.certified_fit"),
}
"""The theorems, by the ledger's statement whose mathematics (or part of it) they prove."""

ALLOWED = frozenset(
    {
        "boolp.functional_extensionality_dep",
        "boolp.propositional_extensionality",
        "boolp.constructive_indefinite_description",
    }
)
"""The axioms of classical mathematics on which mathcomp-analysis is built."""

FORBIDDEN = re.compile(
    r"\b(Admitted|admit|give_up|Axioms?|Parameters?|Conjectures?|Declare\s+Module|bypass_check"
    r"|Unset\s+(Guard|Positivity|Universe)\s+Checking|type-in-type)\b"
)

PACKAGES = ("coq", "libcoq-mathcomp-analysis", "libcoq-mathcomp-algebra-tactics")
INSTALL = f"apt-get install --no-install-recommends {' '.join(PACKAGES)}"
ABSENT = f"NOT CHECKED, and no pass: Coq is not installed ({INSTALL})"

BY_VIRTUAL_MACHINE = ("Bridge",)
"""Modules whose proofs are long computations by the virtual machine of Coq, which coqchk does not have."""

NAME, KIND = "formal-verdicts", "verdict-of-coq"
VERSION = re.compile(r"[0-9]+(\.[0-9]+)+[0-9A-Za-z.+~-]{0,20}")

Say = Callable[[str], None]


class NotProved(Exception):
    """Something does not hold; the message says what."""


@dataclass(frozen=True)
class CheckedByCoq:
    """A machine-checked statement: its Coq theorems, the axioms they rest on, the version of Coq."""

    statement: str
    theorems: tuple[str, ...]
    axioms: tuple[str, ...]
    coq: str


def source_files() -> list[Path]:
    """All that the proofs are made of: the Coq files, and how they are built."""
    return [*sorted(SOURCES.glob("*.v")), SOURCES / "_CoqProject", SOURCES / "Makefile"]


def fingerprint() -> str:
    """A hash of all sources, and of this file, which says what is checked."""
    digest = hashlib.sha256()
    for path in [*source_files(), Path(__file__).resolve()]:
        digest.update(path.name.encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def cache_file() -> Path:
    """Where the result is kept, or would be if there were a folder for it."""
    return (cache.folder() or Path("~/.cache") / cache.NAME) / NAME


def machine_checked() -> Mapping[str, CheckedByCoq]:
    """What Coq has checked, by statement; empty unless it checked these very sources.

    The result is sealed (see `feedback_proofs_io`); what is damaged, foreign or impossible is not believed.
    """
    stored = cache.kept(NAME)
    if stored is None:
        return {}
    try:
        content = given.parsed(sealed.unseal(stored, KIND, fingerprint()), Path(NAME))
        if not isinstance(content, list):
            return {}
        found = [_checked(entry) for entry in content]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {entry.statement: entry for entry in found}


def _checked(entry: Mapping[str, Any]) -> CheckedByCoq:
    """The statement that was written; raises ValueError, KeyError or TypeError where it cannot be so."""
    theorems, axioms, version = tuple(entry["theorems"]), tuple(entry["axioms"]), entry["coq"]
    if theorems != THEOREMS[entry["statement"]] or not set(axioms) <= ALLOWED:
        raise ValueError("other theorems, or axioms that are not allowed")
    if not isinstance(version, str) or not VERSION.fullmatch(version):
        raise ValueError("no version of Coq")
    return CheckedByCoq(entry["statement"], theorems, axioms, version)


def keep(checked: Iterable[CheckedByCoq], sources: str) -> bool:
    """Keep the result for the sources with this hash; False where that is not possible."""
    content = json.dumps([asdict(entry) for entry in checked]).encode("ascii")
    return cache.keep(NAME, sealed.seal(KIND, sources, content))


def without_comments(text: str) -> str:
    """Coq text without its comments, which nest, and without its strings."""
    kept, depth = [], 0
    for token in re.findall(r'"[^"]*"|\(\*|\*\)|.', text, flags=re.DOTALL):
        if token == "(*":
            depth += 1
        elif token == "*)" and depth:
            depth -= 1
        elif not depth and not token.startswith('"'):
            kept.append(token)
    return "".join(kept)


def assumed(text: str) -> list[str]:
    """The words in a source by which something would be assumed instead of proved."""
    return [match[0] for match in FORBIDDEN.finditer(without_comments(text))]


def project_lines() -> list[str]:
    """The lines of `_CoqProject`."""
    return (SOURCES / "_CoqProject").read_text(encoding="utf-8").splitlines()


def modules() -> list[str]:
    """The Coq modules that `_CoqProject` names, in order."""
    return [line.removesuffix(".v") for line in project_lines() if line.endswith(".v")]


def look_for_assumptions() -> None:
    """Refuse sources that assume something, and sources that are not built at all."""
    listed = {f"{name}.v" for name in modules()}
    for path in SOURCES.glob("*.v"):
        if path.name not in listed:
            raise NotProved(f"{path.name} is not in _CoqProject, so that nothing checks it")
        if found := assumed(path.read_text(encoding="utf-8")):
            raise NotProved(f"{path.name} assumes instead of proving: {', '.join(sorted(set(found)))}")
    options = [line for line in project_lines() if not line.endswith(".v")]
    if options != ["-R . Feedback", "-arg -w -arg -notation-overridden,-ambiguous-paths"]:
        raise NotProved(f"_CoqProject has options that are not known here: {options}")


def names() -> list[str]:
    """Every headline theorem once."""
    return list(dict.fromkeys(name for group in THEOREMS.values() for name in group))


def question(theorems: Sequence[str]) -> str:
    """A Coq file that prints the assumptions of the theorems."""
    imports = " ".join(sorted({name.split(".")[0] for name in theorems}))
    asked = (f'Goal True. idtac "@@ {name}". exact I. Qed.\nPrint Assumptions {name}.' for name in theorems)
    return "\n".join([f"From Feedback Require {imports}.", *asked, ""])


def answer(output: str) -> dict[str, tuple[str, ...]]:
    """The axioms of each theorem, from what Coq printed."""
    found: dict[str, tuple[str, ...]] = {}
    for block in output.split("@@ ")[1:]:
        name, *lines = block.splitlines()
        if "Closed under the global context" in lines:
            found[name.strip()] = ()
        elif "Axioms:" in lines:
            rest = lines[lines.index("Axioms:") + 1 :]
            axioms = [line.split(":")[0].strip() for line in rest if line and not line[0].isspace()]
            found[name.strip()] = tuple(sorted(axioms))
    return found


def check_axioms(found: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse a theorem without an answer, or with an axiom that is not allowed."""
    for name in names():
        if name not in found:
            raise NotProved(f"Coq did not say what {name} rests on")
        if strange := set(found[name]) - ALLOWED:
            raise NotProved(f"{name} rests on {', '.join(sorted(strange))}")


def run(command: Sequence[str], folder: Path, say: Say) -> str:
    """The output of a command, its progress shown; `NotProved` with its end where it fails."""
    lines: list[str] = []
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        for line in process.stdout or ():
            lines.append(line.rstrip("\n"))
            if line.startswith("COQC "):
                say(f"  {line.split()[1]}")
    if process.returncode:
        end = "\n".join(line for line in lines[-12:])
        raise NotProved(f"{' '.join(command[:2])} failed:\n{end}")
    return "\n".join(lines)


def copied(folder: Path) -> Path:
    """The sources in a folder of their own, so that nothing is written beside them."""
    for path in source_files():
        shutil.copy(path, folder / path.name)
    return folder


def coqchk(all_libraries: bool) -> list[str]:
    """The command that checks the compiled proofs again."""
    chosen = [f"Feedback.{name}" for name in modules() if name not in BY_VIRTUAL_MACHINE]
    return ["coqchk", "-silent", "-R", ".", "Feedback", *_named(chosen, all_libraries)]


def _named(chosen: Iterable[str], all_libraries: bool) -> Iterator[str]:
    for name in chosen:
        yield from (name,) if all_libraries else ("-norec", name)


def check(say: Say, all_libraries: bool = False) -> list[CheckedByCoq]:
    """Check everything; raises `NotProved`."""
    look_for_assumptions()
    version = coq_version()
    say(f"Coq {version} checks {len(modules())} files")
    with tempfile.TemporaryDirectory(prefix="feedback-formal-") as name:
        folder = copied(Path(name))
        run(["make", f"-j{min(2, os.cpu_count() or 1)}"], folder, say)
        (folder / "Question.v").write_text(question(names()), encoding="utf-8")
        found = answer(run(["coqc", "-w", "none", "-R", ".", "Feedback", "Question.v"], folder, say))
        check_axioms(found)
        for theorem in names():
            say(f"{theorem}: {', '.join(axiom.split('.')[-1] for axiom in found[theorem]) or 'no axiom'}")
        say("coqchk reads the compiled proofs again")
        run(coqchk(all_libraries), folder, say)
    return [
        CheckedByCoq(statement, group, tuple(sorted({axiom for t in group for axiom in found[t]})), version)
        for statement, group in THEOREMS.items()
    ]


def coq_version() -> str:
    """The version of the installed Coq."""
    printed = subprocess.run(["coqc", "--print-version"], capture_output=True, text=True, check=True)
    return printed.stdout.split()[0]


def installed() -> bool:
    """Whether the commands are there, and the libraries that the proofs need."""
    if not all(shutil.which(command) for command in ("coqc", "coqchk", "coq_makefile", "make")):
        return False
    where = subprocess.run(["coqc", "-where"], capture_output=True, text=True, check=True).stdout.strip()
    library = Path(where) / "user-contrib" / "mathcomp"
    return all((library / part).is_dir() for part in ("analysis", "algebra_tactics", "zify"))


def main(arguments: Sequence[str]) -> int:
    """The command; its exit code."""
    return ended("python -m proofs_check.formal", lambda: _run(arguments))


def _run(arguments: Sequence[str]) -> int:
    parser = Parser(
        prog="python -m proofs_check.formal",
        description=(__doc__ or "").split("\n")[0],
        epilog="Exit code: 0 all of it holds, or Coq is not installed and nothing was checked; "
        "1 something does not hold; 2 the call is wrong, or Coq is required and not installed; "
        "3 the check itself broke.",
    )
    parser.add_argument("--all-libraries", action="store_true", help="coqchk reads mathcomp's proofs too")
    parser.add_argument("--required", action="store_true", help="without Coq, exit 2")
    options = parser.parse_args(arguments)
    if not installed():
        print(f"{ABSENT}: not one proof was run here.")
        return 2 if options.required else 0
    start, sources = time.monotonic(), fingerprint()
    try:
        checked = check(lambda line: print(line, flush=True), options.all_libraries)
    except (NotProved, subprocess.CalledProcessError) as problem:
        print(f"NOT PROVED: {problem}", file=sys.stderr)
        cache.drop(NAME)
        return 1
    if not keep(checked, sources):
        print("The result could not be kept: no cache folder of this user can be written to.")
    seconds = time.monotonic() - start
    print(f"Machine-checked in {seconds:.0f} s: {', '.join(entry.statement for entry in checked)}.")
    return 0
