"""A link with #token= opens the page of a service with a token, and leaves the token nowhere else."""

import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Browser, expect
from tests.service.browser import DONE, PATIENCE
from tests.service.servers import TOKEN, Service, serve

ODD = "a+b%2Fc&d=e#f\"'<"


def test_a_link_with_the_token_opens_the_page(chromium: Browser, token_service: Service) -> None:
    url = f"http://127.0.0.1:{token_service.port}/"
    context = chromium.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}?a=1#token={TOKEN}")
    expect(page.locator("#status")).to_have_text(DONE, timeout=PATIENCE)
    assert page.url == f"{url}?a=1"
    assert not any(TOKEN in address for address in asked)
    assert page.evaluate("history.length") <= 2
    page.reload()
    expect(page.locator("#status")).to_have_text(DONE, timeout=PATIENCE)
    context.close()


def test_a_link_may_come_while_the_page_asks(chromium: Browser, token_service: Service) -> None:
    """Opened in the same tab, it does not load the page again."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{token_service.port}/")
    expect(page.locator("#token")).to_be_visible(timeout=PATIENCE)
    page.evaluate(f"location.hash = 'token={TOKEN}'")
    expect(page.locator("#status")).to_have_text(DONE, timeout=PATIENCE)
    assert TOKEN not in page.url
    context.close()


def test_any_token_fits_into_a_link_and_other_links_are_left_alone(chromium: Browser) -> None:
    context = chromium.new_context()
    page = context.new_page()
    with serve(ESCORE_TOKEN=ODD) as service:
        page.goto(f"http://127.0.0.1:{service.port}/#token={quote(ODD, safe='')}")
        expect(page.locator("#status")).to_have_text(DONE, timeout=PATIENCE)
        page.goto(f"http://127.0.0.1:{service.port}/#panel")
        assert page.url.endswith("/#panel")
        page.goto("about:blank")
        page.goto(f"http://127.0.0.1:{service.port}/#token=100%")  # no such token, and no escape either
        expect(page.locator("#refused")).to_have_text("That token was refused.", timeout=PATIENCE)
    context.close()


def test_open_opens_such_a_link_and_a_log_shows_none(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}.part\nmv {opened}.part {opened}\n')
    browser.chmod(0o755)
    with serve("--open", ESCORE_TOKEN=ODD, BROWSER=f"{browser} %s") as service:  # its line has no token: it is a pipe
        end = time.monotonic() + 30
        while not opened.exists():
            assert time.monotonic() < end
            time.sleep(0.05)
        assert opened.read_text() == f"http://127.0.0.1:{service.port}/#token={quote(ODD, safe='')}"


def test_a_terminal_shows_the_link() -> None:
    terminal, other = pty.openpty()
    command = [sys.executable, "-m", "escore_cli", "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=other, env=os.environ | {"ESCORE_TOKEN": TOKEN}) as process:
        try:
            line = b""
            while b"\n" not in line:
                line += os.read(terminal, 1000)
        finally:
            process.kill()
    os.close(terminal)
    os.close(other)
    assert f"/#token={TOKEN} (Ctrl-C ends it)".encode() in line
