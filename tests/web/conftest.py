"""One browser for each file of tests of pages: Debian's Chromium, driven by playwright."""

import os
import shutil
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Without Chromium the tests of pages are skipped, and fail where CI promises it."""
    if Path(CHROMIUM).exists() or os.environ.get("CI") == "true":
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="needs Debian's package chromium: apt-get install chromium"))


@pytest.fixture(scope="module")
def browser():
    """A browser without a window, for the tests of one file: longer, and its event loop would run under other tests."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        pytest.fail(f"there is no {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as driver:
        flags = ["--no-sandbox"] if os.getuid() == 0 else []  # Chromium refuses root its sandbox
        one = driver.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield one
        one.close()


@dataclass
class Watched:
    """A page of the browser and what it said and asked for while it was open."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def opened(browser, address, *, width=1280, height=900, dark=False):
    """An address in a page of its own, offline for a file, as soon as it is ready."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        offline=address.startswith("file:"),
        reduced_motion="reduce",
    )
    context.set_default_timeout(20_000)
    seen = Watched(context.new_page())
    seen.page.on("console", lambda m: seen.said.append(m.text) if m.type in ("error", "warning") else None)
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.on("request", lambda request: seen.asked.append(request.url))
    seen.page.goto(address)
    seen.page.wait_for_selector("body[data-ready]")
    return seen


@pytest.fixture
def watch(browser):
    """Open an address in a page of its own; whatever it has complained of fails the test at its end."""
    every = []

    def opens(address, **how):
        every.append(opened(browser, address, **how))
        return every[-1]

    yield opens
    said = [text for seen in every for text in seen.said]
    for seen in every:
        seen.page.context.close()
    assert said == []


def until(page, condition, within=5.0):
    """Wait until an expression of JavaScript holds on a page, whose policy forbids what playwright does for it."""
    end = time.monotonic() + within
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"{condition} does not come true within {within} s"
        page.wait_for_timeout(20)
