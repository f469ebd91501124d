"""A headless Chromium, and the page of a real `escore serve` in it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright
from tests.service.servers import Service

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
DESKTOP = ViewportSize(width=1280, height=900)
PHONE: dict[str, Any] = {"viewport": ViewportSize(width=390, height=844), "has_touch": True, "is_mobile": True}
DONE = re.compile("words? scored in")
PATIENCE = 180_000  # ms; the machine may be busy

Visit = Callable[..., Page]


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser. Where there is none the test is skipped, and fails in CI."""
    if not Path(CHROMIUM).exists():
        message = f"no Chromium at {CHROMIUM}; install Debian's chromium, or set CHROMIUM to another one"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def visiting(browser: Browser) -> Iterator[Visit]:
    """Opens the page of a service with `visit(service, **settings of the browser's context)`, and scores the example.

    At the end no page may have logged a script's error or a breach of the content security policy; requests may have
    been refused.
    """
    problems: list[str] = []

    def visit(service: Service, scored: bool = True, **settings: Any) -> Page:
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB"} | settings)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        page.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
        page.goto(f"http://127.0.0.1:{service.port}/")
        if scored:
            expect(page.locator("#status")).to_have_text(DONE, timeout=PATIENCE)
        return page

    try:
        yield visit
    finally:
        for context in browser.contexts:
            context.close()
    assert [line for line in problems if not line.startswith("Failed to load resource")] == []


def edit(page: Page) -> None:
    """Turn the scored text into a box."""
    if page.locator("#edit").is_visible():
        page.click("#edit")


def score(page: Page, text: str) -> None:
    """Have the page score a text instead of the one that it shows, and show it."""
    edit(page)
    page.fill("#box", text)
    page.click("#go")
    expect(page.locator("#status")).to_have_text(DONE, timeout=PATIENCE)


def shown(page: Page) -> str:
    """The text that the page shows, with its highlights."""
    return page.locator("#text").text_content() or ""


def slide(page: Page, minimum: float) -> None:
    """Type a minimum score."""
    page.fill("#number", str(minimum))


def highlighted(page: Page) -> list[str]:
    """The highlighted words, in order."""
    return page.locator("#text .chip .w").all_text_contents()


def word(page: Page, text: str) -> Any:
    """The first word that reads so."""
    return page.locator("#text .w", has_text=re.compile(f"^{re.escape(text)}$")).first
