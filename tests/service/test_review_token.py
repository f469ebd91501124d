"""A review behind a token: the page is open, what it shows is not."""

from contextlib import closing
from pathlib import Path

from playwright.sync_api import Browser, expect
from tests.service.browser import PATIENCE
from tests.service.reviews import RECORDS
from tests.service.servers import TOKEN, serve

from escore_labels.record import write_records


def test_the_page_asks_for_the_token_and_the_routes_need_it(chromium: Browser, tmp_path: Path) -> None:
    write_records(tmp_path / "labels.jsonl", RECORDS)
    with serve("--review", tmp_path / "labels.jsonl", "--as", "ann", ESCORE_TOKEN=TOKEN) as service:
        assert service.request("GET", "/review")[0] == 200
        for path in ("", "/texts", "/texts/0", "/records"):
            assert service.request("GET", f"/v1/review{path}")[0] == 401
        with closing(chromium.new_context()) as context:
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{service.port}/review")
            page.fill("#word", TOKEN)
            page.keyboard.press("Enter")
            expect(page.locator("#sheet .chip")).to_have_count(2)
