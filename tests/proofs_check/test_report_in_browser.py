"""The report in a real browser: it opens from disk, asks for nothing, and everyone can read it.

Chromium is driven through the pipe of its own protocol, so nothing but the browser has to be installed.
"""

import base64
import fcntl
import itertools
import json
import os
import select
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proofs_check import report
from proofs_check.claims import experiments
from proofs_check.command import compare
from proofs_check.experiments import stored
from proofs_check.ledger.ledger import check
from proofs_check.subject.subjects import LocalSubject
from proofs_check.verdict.effort import Effort
from tests.planted_bugs.estimator import NoiseInsideActivation
from tests.proofs_check.experiment_results import POINTS, content
from tests.proofs_check.fakes import BAD, GOOD, SUBJECT, claim
from tests.proofs_check.test_report import COMMANDS, ledger_of, some_claims

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--remote-debugging-pipe",
    "about:blank",
)
SECONDS = 120.0

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium"),
    pytest.mark.xdist_group("browser"),
]


class Browser:
    """Chromium with one page; `calls` and `said` are what the page asked for and what the console says."""

    def __init__(self, profile: Path) -> None:
        to_child, self._write = os.pipe()
        self._read, from_child = os.pipe()
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 30) for end in (to_child, from_child)]
        os.close(to_child)
        os.close(from_child)
        assert CHROMIUM is not None
        quiet = os.open(os.devnull, os.O_RDWR)
        actions = [(os.POSIX_SPAWN_DUP2, end, place) for end, place in zip(ends, (3, 4), strict=True)]
        actions += [(os.POSIX_SPAWN_DUP2, quiet, place) for place in (0, 1, 2)]
        words = [CHROMIUM, f"--user-data-dir={profile}", *FLAGS]
        self._pid = os.posix_spawn(CHROMIUM, words, os.environ, file_actions=actions, setpgroup=0)
        for end in (*ends, quiet):
            os.close(end)
        self._numbers, self._buffer = itertools.count(1), b""
        self._session: str | None = None
        self.calls: list[str] = []
        self.said: list[str] = []
        self._loaded = False
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        self.ask("Page.bringToFront")
        self.ask("Emulation.setFocusEmulationEnabled", enabled=True)

    def ask(self, method: str, **parameters: Any) -> Any:
        """Send a command and return its result."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, answer
                return answer["result"]

    def _next(self) -> dict[str, Any]:
        ended = time.monotonic() + SECONDS
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], ended - time.monotonic())
            chunk = os.read(self._read, 1 << 20) if ready else b""
            assert chunk, "Chromium has gone, or does not answer"
            self._buffer += chunk
        message, self._buffer = self._buffer.split(b"\0", 1)
        answer: dict[str, Any] = json.loads(message)
        self._note(answer.get("method", ""), answer.get("params", {}))
        return answer

    def _note(self, event: str, told: dict[str, Any]) -> None:
        if event == "Network.requestWillBeSent":
            self.calls.append(told["request"]["url"])
        elif event == "Page.loadEventFired":
            self._loaded = True
        elif event in ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled"):
            self.said.append(json.dumps(told))

    def open(self, path: Path, width: int, height: int = 900, dark: bool = False) -> None:
        """Open a file in a window of this width."""
        phone = width < 500
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.ask("Emulation.setEmulatedMedia", features=[scheme])
        self.calls, self.said, self._loaded = [], [], False
        self.ask("Page.navigate", url=path.as_uri())
        while not self._loaded:
            self._next()

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def elements(self, selector: str, condition: str) -> Any:
        """The beginnings of the elements ``one`` that meet a condition."""
        return self.value(
            f"[...document.querySelectorAll({selector!r})].filter(one => {condition})"
            ".map(one => one.outerHTML.slice(0, 120))"
        )

    def press_tab(self) -> None:
        """Press and release the Tab key."""
        for kind in ("rawKeyDown", "keyUp"):
            self.ask("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)

    def picture(self, path: Path, selector: str = "html", most: int = 3000) -> None:
        """Take a picture of an element."""
        box = self.value(
            f"(() => {{const b = document.querySelector({selector!r}).getBoundingClientRect();"
            "return {x: b.x + scrollX, y: b.y + scrollY, width: b.width, height: b.height}})()"
        )
        box["height"] = min(box["height"], most)
        taken = self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip={**box, "scale": 1})
        path.write_bytes(base64.b64decode(taken["data"]))

    def close(self) -> None:
        """End the process."""
        for end in (self._read, self._write):
            os.close(end)
        os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a subject that fails some claims and passes others, with a result of an experiment."""
    effort = Effort("quick")
    subject = LocalSubject(NoiseInsideActivation)
    path = tmp_path_factory.mktemp("a folder with spaces") / "index.html"
    small = content(seeds=3, metrics=("test error", "angle 1", "relative error 2"), points=POINTS[:5])
    (path.parent / "fig2.json").write_text(json.dumps(small), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stored, "FOLDER", path.parent)
        chosen = [*some_claims("estimator", "solves", "theorem-1"), experiments.CLAIMS[0]]
        rows = [check(claim, subject, effort) for claim in chosen]
        inquiry = report.inquire(subject, rows, effort)
        path.write_text(report.render(ledger_of(*rows), COMMANDS, inquiry), encoding="utf-8")
    return path


WINDOWS = {"desktop": 1280, "phone": 360}


@pytest.mark.parametrize("width", WINDOWS.values(), ids=WINDOWS)
def test_it_opens_from_disk_and_asks_for_nothing(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    assert browser.value("document.title").startswith("feedback-proofs")
    assert [url for url in browser.calls if not url.startswith("data:")] == [page.as_uri()]
    assert browser.said == []
    assert browser.value("document.scripts.length") == 0


@pytest.mark.parametrize("width", WINDOWS.values(), ids=WINDOWS)
def test_nothing_sticks_out_of_the_window(browser: Browser, page: Path, width: int) -> None:
    browser.open(page, width)
    browser.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.value("document.documentElement.scrollWidth") <= width
    # These have a bar of their own.
    own = (".scroll", ".math", "pre", ".prose", ".hypotheses li", ".paper p, .paper dd", ".counterexample dd")
    scrolling = f"'{', '.join(own)}, nav'"
    stuck = browser.elements(
        "main *", f"one.getBoundingClientRect().right > innerWidth + 1 && !one.closest({scrolling})"
    )
    assert stuck == []


def test_every_link_leads_somewhere(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    assert browser.value("document.querySelectorAll('a').length") > 100
    astray = browser.value(
        "[...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
        ".filter(h => !h.startsWith('#') || !document.getElementById(decodeURIComponent(h.slice(1))))"
    )
    assert astray == []
    doubled = browser.value(
        "(() => {const ids = [...document.querySelectorAll('[id]')].map(one => one.id);"
        "return ids.filter((id, k) => ids.indexOf(id) !== k)})()"
    )
    assert doubled == []


def test_the_keyboard_reaches_every_link_in_order(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    browser.value("window.visited = []; document.addEventListener('focusin', e => visited.push(e.target))")
    wanted = browser.value(
        "[...document.querySelectorAll('a, summary')].filter(one => one.checkVisibility()).length"
    )
    for number in range(3 * wanted):  # scrolling boxes take the focus too
        browser.press_tab()
        if number % 50 == 0 and browser.value("visited.indexOf(visited[0], 1) > 0"):
            break
    assert browser.elements("a, summary", "one.checkVisibility() && !visited.includes(one)") == []
    outlined = "(one.focus(), getComputedStyle(one).outlineStyle !== 'none')"
    assert (
        browser.elements("a, summary", f"visited.includes(one) && !{outlined} && !one.closest('svg')") == []
    )


CONTRAST = """
(() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = color => {
    canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const over = (top, below) =>
    top.slice(0, 3).map((v, k) => v * top[3] / 255 + below[k] * (1 - top[3] / 255));
  const ground = one => {
    if (!one) return rgba(getComputedStyle(document.documentElement).getPropertyValue('--page'));
    const style = getComputedStyle(one);
    let own = rgba(style.backgroundColor);
    const box = one.matches('a.node') ? one.querySelector('rect') : null;
    if (box) own = rgba(getComputedStyle(box).fill);
    return own[3] === 255 ? own : [...over(own, ground(one.parentElement)), 255];
  };
  const light = c => {
    const [r, g, b] = c.map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  let seen = 0;
  while (walker.nextNode()) {
    const one = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || ['STYLE', 'title'].includes(one.tagName)) continue;
    if (!one.checkVisibility()) continue;
    seen += 1;
    const style = getComputedStyle(one), below = ground(one);
    const ink = over(rgba(one.closest('svg') ? style.fill : style.color), below);
    const [a, b] = [light(ink), light(below.slice(0, 3))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const size = parseFloat(style.fontSize), bold = +style.fontWeight >= 700;
    if (ratio < (size >= 24 || (bold && size >= 18.66) ? 3 : 4.5))
      poor.push(`${ratio.toFixed(2)} ${one.outerHTML.slice(0, 100)}`);
  }
  return {seen, poor};
})()
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_all_text_stands_out_from_its_ground(browser: Browser, page: Path, dark: bool) -> None:
    browser.open(page, 1280, dark=dark)
    browser.value("document.querySelectorAll('details').forEach(one => one.open = true)")
    found = browser.value(CONTRAST)
    assert found["seen"] > 1000
    assert found["poor"] == []


def test_a_link_to_what_is_folded_away_unfolds_it(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    assert browser.value("document.querySelectorAll('details:not([open])').length") > 10
    browser.value("location.hash = '#claim-theorem-1'")
    top = browser.value("document.querySelector('#claim-theorem-1').getBoundingClientRect().top")
    assert -5 <= top <= 200


def test_curves_are_seen_on_their_ground_in_both_lights(browser: Browser, page: Path) -> None:
    """Every line has a colour of its own kind, and none that its ground has."""
    for dark in (False, True):
        browser.open(page, 1280, dark=dark)
        colours = browser.value(
            "[...new Set([...document.querySelectorAll('.legend .curve')]"
            ".map(one => getComputedStyle(one).stroke))]"
        )
        assert len(colours) == 9
        ground = browser.value("getComputedStyle(document.querySelector('.experiment')).backgroundColor")
        assert ground not in colours
        flat = "one.checkVisibility() && one.getBoundingClientRect().height < 10"
        assert browser.elements(".experiment details[open] .chart", flat) == []


def test_mathematics_is_laid_out(browser: Browser, page: Path) -> None:
    browser.open(page, 1280)
    assert browser.value("document.querySelectorAll('math').length") > 300
    flat = "one.checkVisibility() && one.getBoundingClientRect().height < 10"
    assert browser.elements("math[display=block]", flat) == []


def test_a_comparison_is_a_page_like_the_report(browser: Browser, tmp_path: Path) -> None:
    rows = [check(claim("theorem-1", *found), SUBJECT, Effort("quick")) for found in ((GOOD,), (GOOD, BAD))]
    paths = [tmp_path / name for name in ("old.json", "new.json")]
    for path, row in zip(paths, rows, strict=True):
        path.write_text(ledger_of(row).to_json(), encoding="utf-8")
    shown = tmp_path / "comparison.html"
    assert compare.main([*map(str, paths), "--report", str(shown)]) == 1
    for width in WINDOWS.values():
        browser.open(shown, width)
        assert [url for url in browser.calls if not url.startswith("data:")] == [shown.as_uri()]
        assert browser.said == []
        assert browser.value("document.documentElement.scrollWidth") <= width
        assert browser.value(CONTRAST)["poor"] == []


def test_pictures_can_be_taken(browser: Browser, page: Path, tmp_path: Path) -> None:
    browser.open(page, 360)
    browser.picture(tmp_path / "header.png", "header")
    assert (tmp_path / "header.png").read_bytes().startswith(b"\x89PNG")
