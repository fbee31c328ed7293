"""Ledgers to compare before and after the code has moved: names, bounds and verdicts of several subjects.

    python -m tests.golden record DIR
    python -m tests.golden compare DIR

records the ledger at `quick` with seed 0 of the reference, of a second correct subject and of a bug of every
family, the outline of the reference's page, and what `theory --check` prints; or makes all of that again and
shows every line that differs, and exits with 1 if any does. Values that were measured are left out, because
another processor rounds otherwise; a bound is there to the digits that the ledger prints.
"""

from __future__ import annotations

import difflib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from feedback_proofs_io.command import Parser, ended, say, show

ROOT = Path(__file__).resolve().parent.parent
SUBJECTS: Mapping[str, str] = {
    "reference": "",
    "numpy": "tests/numpy_subject.py:NumpySubject",
    "estimator": "tests/planted_bugs/estimator.py:NotDividedByC",
    "signals": "tests/planted_bugs/signals.py:SlopeOfLayerAbove",
    "least-squares": "tests/planted_bugs/least_squares.py:RidgePerRow",
    "noise": "tests/planted_bugs/noise.py:SharedBetweenLayers",
    "edge": "tests/planted_bugs/edge.py:SingleSampleSkipped",
}
TIME = re.compile(r"\b\d+(\.\d+)? (s|ms|min|minutes|seconds)\b")


def made(folder: Path) -> dict[str, list[str]]:
    """Every text, by its name, as lines."""
    say("golden: theory")  # first: the ledgers tell of the verdicts that it keeps
    check = subprocess.run(
        [sys.executable, "-m", "theory", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    found = {"theory": [TIME.sub("TIME", line) for line in check.stdout.splitlines()]}
    for name, subject in SUBJECTS.items():
        say(f"golden: {name}")
        file, page = folder / f"{name}.json", folder / "page"
        words = ["-m", "proofs_check", "--depth", "quick", "--seed", "0", "--json", str(file)]
        words += ["--subject", subject] if subject else ["--report", str(page)]
        done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True)
        if done.returncode not in (0, 1):
            raise RuntimeError(f"{name}: exit code {done.returncode}\n{done.stderr}")
        found[name] = list(_rows(json.loads(file.read_text(encoding="utf-8"))))
    found["page"] = _outline((folder / "page" / "index.html").read_text(encoding="utf-8"))
    return found


def _rows(ledger: Mapping[str, Any]) -> Iterator[str]:
    for row in ledger["claims"]:
        yield f"{row['id']}: {row['status']}, {row['outcome']}: {row['title']}"
        for one in row["evidence"]:
            yield f"  {one['kind']}: {TIME.sub('TIME', one['name'])} | {one['bound']}"


def _outline(page: str) -> list[str]:
    """Headings and addresses, in their order."""
    parts = re.findall(r'<h[1-6][^>]*>.*?</h[1-6]>|\bid="[^"]*"', page, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]*>", " ", part).split()) for part in parts]


def main(arguments: Sequence[str] | None = None) -> int:
    """Record or compare."""
    parser = Parser("python -m tests.golden", "Ledgers before and after the code has moved.")
    parser.add_argument("what", choices=("record", "compare"))
    parser.add_argument("folder", type=Path, metavar="DIR")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = made(Path(folder))
    if given.what == "record":
        given.folder.mkdir(parents=True, exist_ok=True)
        for name, lines in found.items():
            (given.folder / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return 0
    differing = False
    for name, lines in found.items():
        before = (given.folder / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        changed = list(
            difflib.unified_diff(before, lines, f"{name}, before", f"{name}, now", lineterm="", n=0)
        )
        differing |= bool(changed)
        show("\n".join(changed or [f"{name}: {len(lines)} lines, all the same"]))
    return int(differing)


if __name__ == "__main__":
    sys.exit(ended("tests.golden", main))
