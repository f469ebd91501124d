"""Keys of the review that must not do what nobody saw: behind a failure, held down, or while another text loads."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Route, expect
from tests.service.reviews import ANNA, RECORDS
from tests.service.test_review_page import kept, keys, reviewing

from escore_labels.record import Record, write_records


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_records(tmp_path / "labels.jsonl", RECORDS)
    return tmp_path / "labels.jsonl"


def test_what_waits_behind_a_failure_is_dropped(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file) as page:
        with closing(sqlite3.connect(file.with_suffix(".db"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            keys(page, "x", "a")
            expect(page.locator("#note.error")).to_contain_text("another process", timeout=20_000)
            other.execute("ROLLBACK")
        expect(page.locator("#place")).to_have_text("1 of 4")
        assert kept(file) == []
        keys(page, "x")
        expect(page.locator("#sheet .own")).to_have_count(1)
        keys(page, "a")
        expect(page.locator("#place")).to_have_text("2 of 4")


def test_a_key_that_is_held_decides_once(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file) as page:
        for _ in range(10):
            page.keyboard.down("a")  # from the second time on, the browser says that it repeats
        page.keyboard.up("a")
        expect(page.locator("#place")).to_have_text("2 of 4")
        expect(page.locator("#done")).to_contain_text("1 of 4 reviewed")


def test_keys_and_clicks_are_for_the_text_that_one_sees(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file) as page:
        held: list[Route] = []

        def hold(route: Route) -> None:
            held.append(route)

        page.route("**/v1/review/texts/*", hold)
        keys(page, "a", "x", "x")  # at once: the second text is not there yet
        while not held:
            page.wait_for_timeout(10)
        held[0].continue_()
        expect(page.locator("#place")).to_have_text("2 of 4")
        page.wait_for_timeout(300)
        assert all(span.by == "model" for record in kept(file) for span in record.spans)


def test_one_gets_out_of_the_search(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file) as page:
        for out in ("Escape", "Enter"):
            keys(page, "/")
            page.keyboard.type("paris")
            expect(page.locator("#place")).to_contain_text("of 3")
            keys(page, out, "End")
            assert page.evaluate("document.activeElement.closest('#sheet') !== null")
            page.fill("#search", "")
            expect(page.locator("#place")).to_contain_text("of 4")
            keys(page, "Escape")
        keys(page, "/", "Enter", "Enter")  # the second one goes to the choices
        expect(page.locator("#choices button").first).to_be_focused()


def test_names_that_are_no_persons_are_asked_again(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file, name=None) as page:
        for name in ("model", "list", "ann"):
            page.fill("#person-name", name)
            page.keyboard.press("Enter")
        expect(page.locator("#who")).to_have_text("ann")


def test_arrows_follow_what_one_sees(chromium: Browser, tmp_path: Path) -> None:
    write_records(tmp_path / "labels.jsonl", [Record(text="قال محمد اليوم", id="rtl")])
    with reviewing(chromium, tmp_path / "labels.jsonl") as page:
        keys(page, "Home", "ArrowLeft")
        expect(page.locator("#sheet .in-focus")).to_have_text("محمد")


@pytest.mark.long
def test_a_text_of_many_words_is_reviewed(chromium: Browser, tmp_path: Path) -> None:
    text = " ".join([ANNA] * 17_000)  # 102,000 words on one line
    write_records(tmp_path / "labels.jsonl", [Record(text=text, id="long")])
    with reviewing(chromium, tmp_path / "labels.jsonl") as page:
        page.wait_for_selector("#sheet .chip", timeout=300_000)
        assert page.locator("#sheet").text_content() == text
        keys(page, "x")
        expect(page.locator("#sheet .own")).to_have_count(1, timeout=120_000)
