"""The site of the history loads nothing from another host. What builds it needs asv: `tox -e dashboard`."""

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.dashboard import ROOT, VENDOR, build, local, remote

FAR = "https://host.example/a/b"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_asv = pytest.mark.skipif(find_spec("asv") is None, reason="asv is not installed here")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")


def test_what_a_page_loads_from_elsewhere_is_taken_from_beside_it() -> None:
    page = f'<script src="{FAR}/md5.min.js" crossorigin="anonymous" onerror="failed()"></script>'
    assert local(page) == '<script src="vendor/md5.min.js" onerror="failed()"></script>'
    assert local(f'<link href="{FAR}/bootstrap.min.css">') == '<link href="vendor/bootstrap.min.css">'


def test_an_integrity_hash_stays_where_it_is_that_of_the_file() -> None:
    asked = "sha256-FgpCb/KJQlLNfOu91ta32o/NMZxltwRo8QtmkMRdAu8="
    assert asked in local(f'<script src="{FAR}/jquery-3.3.1.min.js" integrity="{asked}"></script>')
    assert "integrity" not in local(f'<script src="{FAR}/md5.min.js" integrity="{asked}"></script>')


def test_links_that_a_reader_may_follow_and_local_files_stay() -> None:
    page = f'<a href="{FAR}/page.html">x</a><script src="asv.js"></script>'
    assert local(page) == page
    assert remote(page) == []


@pytest.mark.parametrize("tag", [f'<img src="{FAR}/x.png">', '<script src="//host.example/new.js">'])
def test_what_is_not_at_hand_is_an_error(tag: str) -> None:
    assert remote(tag) == [tag]
    with pytest.raises(KeyError, match="which benchmarks/vendor does not have"):
        local(tag)


def test_the_files_at_hand_load_nothing_from_elsewhere() -> None:
    for file in (*VENDOR.glob("*.css"), *VENDOR.glob("*.js")):
        text = file.read_text()
        assert "@import" not in text, file.name
        assert "url(http" not in text, file.name
        assert "url(//" not in text, file.name


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """The folder of the built site, and where it is served."""
    folder = tmp_path_factory.mktemp("site") / "dashboard"
    build(folder)
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@needs_asv
def test_the_built_site_has_the_results_and_loads_nothing_from_elsewhere(site: tuple[Path, str]) -> None:
    folder, _ = site
    assert remote((folder / "index.html").read_text()) == []
    index = json.loads((folder / "index.json").read_text())
    assert "kernels.Step.time_step" in index["benchmarks"]
    machines = [file.parent.name for file in (ROOT / "benchmarks" / "results").glob("*/machine.json")]
    assert index["params"]["machine"] == sorted(machines)


@needs_asv
@needs_chromium
def test_chromium_draws_the_site_and_asks_no_other_host(site: tuple[Path, str], tmp_path: Path) -> None:
    _, origin = site
    log, page = tmp_path / "net.json", f"{origin}/index.html#kernels.Counted.track_flops"
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
    ]
    blind = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
    command = [
        str(CHROMIUM),
        *options,
        blind,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--log-net-log={log}",
    ]
    run = subprocess.run(
        [*command, "--virtual-time-budget=10000", "--dump-dom", page],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert "flot-overlay" in run.stdout, "no plot is drawn"
    asked = {
        event["params"]["url"]
        for event in json.loads(log.read_text())["events"]
        if event.get("params", {}).get("initiator", "").startswith(origin) and "url" in event["params"]
    }
    assert f"{origin}/vendor/jquery.flot.min.js" in asked
    assert {url for url in asked if not url.startswith(origin)} == set()
