"""The history as a site that needs no network: asv's pages, with the scripts they load put beside them.

python -m benchmarks.dashboard            build/dashboard/, from benchmarks/results/ and the whole history
python -m http.server -d build/dashboard  and open it: browsers read its data over HTTP only
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from benchmarks.stored_json import Damaged, read_stored
from feedback_proofs_io.command import Parser, ended, say

__all__ = ["NotBuilt", "build", "lacking", "local", "main", "remote"]

ROOT = Path(__file__).parents[1]
VENDOR = Path(__file__).parent / "vendor"

LOADING = re.compile(r"<(?:script|link|img|iframe)\b[^>]*>")
ADDRESS = re.compile(r'\b(?:src|href)="(?:https?:)?//[^"]*?([^"/]+)"')
INTEGRITY = re.compile(r'\sintegrity="(sha\d+)-([^"]+)"')
ELSEWHERE = re.compile(r'\s(?:crossorigin|referrerpolicy)="[^"]*"')


class NotBuilt(ValueError):
    """The site cannot be built here; the message says what is missing."""


def remote(page: str) -> list[str]:
    """The tags of a page that load something from another host."""
    return [tag for tag in LOADING.findall(page) if ADDRESS.search(tag)]


def local(page: str) -> str:
    """The page with what it loads from other hosts taken from ``vendor``; ``KeyError`` if that has no such
    file.
    """
    for tag in remote(page):
        page = page.replace(tag, _local_tag(tag))
    return page


def _local_tag(tag: str) -> str:
    found = ADDRESS.search(tag)
    assert found is not None, tag
    file = VENDOR / found[1]
    if not file.is_file():
        raise KeyError(f"asv's page loads {found[1]}, which benchmarks/vendor does not have")
    there = "href" if found[0].startswith("href") else "src"
    tag = ADDRESS.sub(f'{there}="vendor/{file.name}"', ELSEWHERE.sub("", tag))
    return tag if _is_the_one_asked_for(tag, file) else INTEGRITY.sub("", tag)


def _is_the_one_asked_for(tag: str, file: Path) -> bool:
    asked = INTEGRITY.search(tag)
    return asked is not None and asked[2] == _digest(file, asked[1])


def _digest(file: Path, kind: str) -> str:
    return base64.b64encode(hashlib.new(kind, file.read_bytes()).digest()).decode()


def lacking(root: Path = ROOT) -> str | None:
    """Why the site of a checkout would have no history, or not all of it, and the one command that helps."""
    results = root / "benchmarks" / "results"
    files = sorted(results.glob("*/*-*.json"))
    if not files:
        return f"there are no results in {results}: python -m asv run NEW measures some"
    commits = [read_stored(file, None, _names_a_commit)["commit_hash"] for file in files]
    if _git(root, "rev-parse", "HEAD") is None:
        return f"{root} is no clone of the repository, whose commits the results belong to: git clone it"
    absent = [
        commit for commit in commits if _git(root, "merge-base", "--is-ancestor", commit, "HEAD") is None
    ]
    if not absent:
        return None
    shallow = _git(root, "rev-parse", "--is-shallow-repository") == "true"
    helps = "git fetch --unshallow" if shallow else "git fetch origin && git merge"
    here = "this shallow clone" if shallow else "the history of what is checked out"
    return f"{len(absent)} of the {len(commits)} commits with results are not in {here}: {helps}"


def _names_a_commit(content: object) -> bool:
    commit = content.get("commit_hash") if isinstance(content, dict) else None
    return isinstance(commit, str) and re.fullmatch("[0-9a-f]{40}", commit) is not None


def _git(root: Path, *arguments: str) -> str | None:
    """What git says, or None where it fails or is not there."""
    try:
        run = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return run.stdout.strip() if run.returncode == 0 else None


def build(into: Path, root: Path = ROOT) -> None:
    """Publish the results of a checkout into a folder; what that held is replaced."""
    publish = [sys.executable, "-m", "asv", "publish", "--html-dir", str(into)]
    subprocess.run(publish, cwd=root, check=True)
    shutil.copytree(VENDOR, into / "vendor", dirs_exist_ok=True)
    for file in into.glob("*.html"):
        page = local(file.read_text())
        assert not remote(page), remote(page)
        file.write_text(page)


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the site; 1, before anything is written, where there is no history to show."""
    about = (__doc__ or "").split("\n\n")[0]
    parser = Parser(prog="python -m benchmarks.dashboard", description=about)
    name = "python -m benchmarks.dashboard"
    return ended(name, lambda: _run(parser.parse_args(arguments)), (Damaged, NotBuilt))


def _run(_: argparse.Namespace) -> int:
    why = lacking()
    if why is not None:
        say(f"python -m benchmarks.dashboard: {why}")
        return 1
    if find_spec("asv") is None:
        raise NotBuilt("asv is not installed here: tox -e dashboard brings it")
    build(ROOT / "build" / "dashboard")
    return 0


if __name__ == "__main__":
    sys.exit(main())
