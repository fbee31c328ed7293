"""The history as a site that needs no network: asv's pages, with the scripts they load put beside them.

python -m benchmarks.dashboard            build/dashboard/, from benchmarks/results/
python -m http.server -d build/dashboard  and open it: browsers read its data over HTTP only
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["build", "local", "remote"]

ROOT = Path(__file__).parents[1]
VENDOR = Path(__file__).parent / "vendor"

LOADING = re.compile(r"<(?:script|link|img|iframe)\b[^>]*>")
ADDRESS = re.compile(r'\b(?:src|href)="(?:https?:)?//[^"]*?([^"/]+)"')
INTEGRITY = re.compile(r'\sintegrity="(sha\d+)-([^"]+)"')
ELSEWHERE = re.compile(r'\s(?:crossorigin|referrerpolicy)="[^"]*"')


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


def build(into: Path, root: Path = ROOT) -> None:
    """Publish the results of a checkout into a folder; what that held is replaced."""
    publish = [sys.executable, "-m", "asv", "publish", "--html-dir", str(into)]
    subprocess.run(publish, cwd=root, check=True)
    shutil.copytree(VENDOR, into / "vendor", dirs_exist_ok=True)
    for file in into.glob("*.html"):
        page = local(file.read_text())
        assert not remote(page), remote(page)
        file.write_text(page)


if __name__ == "__main__":
    build(ROOT / "build" / "dashboard")
