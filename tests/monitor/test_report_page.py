"""The page of a report: it stands alone, and is readable in light and dark, wide and narrow."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser
from tests.monitor.observations import DAY, observation

from escore_monitor import Store
from escore_monitor.html_report import to_html
from escore_monitor.report import make_report

axe = pytest.importorskip("axe_playwright_python.sync_playwright")
MALICIOUS = "<img src=x onerror=\"document.title='stolen'\">"


@pytest.fixture
def page_file(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    names = ["Oslo", "Kattegat Lines", "Ingrid Solheim", MALICIOUS, "A" * 200, "日本"]
    items = [
        observation(f"{day} {i}", [names[k] for k in rng.integers(0, 4 if day < 36 else 6, 3)], DAY + day)
        for day in range(40)
        if day != 20  # a day without documents
        for i in range(30 + 20 * (day % 3))
    ]
    with Store(tmp_path / "x.db") as store:
        store.add(items)
    path = tmp_path / "report.html"
    path.write_text(to_html(make_report(tmp_path / "x.db")), "utf-8")
    return path


def test_it_needs_no_other_file_and_runs_no_script(page_file: Path) -> None:
    html = page_file.read_text("utf-8")
    assert not re.search(r"<script|<link|<img|@import|url\(|https?://", html)
    assert "default-src 'none'" in html


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_is_readable(chromium: Browser, page_file: Path, scheme: str, width: int) -> None:
    context = chromium.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})  # type: ignore[arg-type]
    page = context.new_page()
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text))
    page.on("request", lambda request: problems.append(request.url) if not request.url.startswith("file:") else None)
    page.goto(page_file.as_uri())
    assert page.title() == "Entities from 2024-11-06 to 2024-11-12"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("section.card svg").count() > 10
    assert page.get_by_role("heading", name=MALICIOUS).count() == 1
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    assert not problems
    context.close()
