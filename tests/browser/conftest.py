"""One sandbox and one Chromium for all browser tests; every test begins with a fresh world."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser_door import HOW, ask

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The address of a sandbox that was started as a person starts it."""
    if not CHROMIUM:
        pytest.skip(HOW)
    command = [sys.executable, "-m", "bot", "sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:  # noqa: S603 -- our own command
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or lines[-1].strip() != "Ready.":
            lines.append(process.stdout.readline())
            assert lines[-1], f"the sandbox did not start: {lines}"
        yield lines[0].split()[-1]
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


# Per module: the synchronous Playwright runs a loop of its own, beside which no asynchronous test could run.
@pytest.fixture(scope="module")
def chromium(sandbox: str) -> Iterator[object]:
    """A browser; skipped with a sentence where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason=HOW)
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(sandbox: str, chromium: object) -> Iterator[object]:
    """The page of a fresh sandbox. At its end nothing was asked of another machine, and no script had failed."""
    ask(sandbox, "reset")
    context = chromium.new_context(viewport={"width": 1600, "height": 950})  # type: ignore[attr-defined]
    page = context.new_page()
    page.set_default_timeout(10_000)
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text) if said.type == "error" else None)
    page.on("request", lambda asked: None if asked.url.startswith(sandbox) else troubles.append(asked.url))
    page.goto(sandbox)
    yield page
    context.close()
    assert troubles == []
