"""`make screenshots`: pictures of the page and of the review for docs/pictures, light, dark and as wide as a phone."""

from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, expect
from tests.conftest import ROOT
from tests.service.browser import DESKTOP, PHONE, chromium, visiting
from tests.service.servers import serve

from escore_labels.record import Record, write_records

FOLDER = ROOT / "docs" / "pictures"
SETTINGS = {
    "light": {"viewport": DESKTOP, "color_scheme": "light"},
    "dark": {"viewport": DESKTOP, "color_scheme": "dark"},
    "phone": PHONE | {"color_scheme": "light"},
}


def main() -> None:
    """Write FOLDER/page-light.png, page-dark.png and page-phone.png, and the same of the review."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        _page(browser)
        _review(browser)


def _page(browser: Browser) -> None:
    with serve() as server, visiting(browser) as visit:
        for name, settings in SETTINGS.items():
            page = visit(server, **settings)
            path = FOLDER / f"page-{name}.png"
            page.screenshot(path=path)
            _tell(path)


def _review(browser: Browser) -> None:
    """The news of the examples, with a few decisions, behind two texts that are reviewed."""
    for name, settings in SETTINGS.items():
        with TemporaryDirectory() as folder:
            names = ("chat.txt", "email.txt", "news.txt")
            texts = [Record(text=(ROOT / "examples" / name).read_text("utf-8"), id=name) for name in names]
            write_records(Path(folder, "labels.jsonl"), texts)
            with serve("--review", Path(folder, "labels.jsonl"), "--as", "ann") as server:
                context = browser.new_context(locale="en-GB", **settings)
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{server.port}/review")
                for number in (1, 2):
                    expect(page.locator("#place")).to_have_text(f"{number} of 3")
                    page.keyboard.press("a")
                expect(page.locator("#place")).to_have_text("3 of 3")
                page.locator("#sheet .chip", has_text="Mayor").first.click()
                page.keyboard.press("x")
                expect(page.locator("#sheet .own")).to_have_count(1)
                page.locator("#sheet .chip").nth(3).click()
                path = FOLDER / f"review-{name}.png"
                page.screenshot(path=path)
                context.close()
                _tell(path)


def _tell(path: Path) -> None:
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
