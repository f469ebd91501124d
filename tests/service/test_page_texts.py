"""What the page does with texts: it folds them, scores what is typed, keeps several, and finds them after a reload."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.service.browser import DONE, PATIENCE, Visit, edit, score, shown, slide, word
from tests.service.servers import Service
from tests.service.test_page_files import drop, saved
from tests.service.test_page_large import long_text

CRLF = "On Tuesday Anna left.\r\nBen stayed in Leeds.\r\n"
# The first word of the lower three quarters of the window, and its height.
READING = """() => {
    const tops = [...document.querySelectorAll('#text .w')].map((word) => [word, word.getBoundingClientRect().top]);
    const [word, top] = tops.find(([, top]) => top >= innerHeight / 4);
    return [Number(word.dataset.i), top];
}"""


def open_files(page: Page, **texts: str) -> None:
    files: list[Any] = [
        {"name": f"{name}.txt", "mimeType": "text/plain", "buffer": text.encode()} for name, text in texts.items()
    ]
    page.set_input_files("#file", files)
    expect(page.locator("#file")).to_have_value("")


def test_the_text_is_there_once(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    expect(page.locator("#box")).to_be_hidden()
    top = page.locator("#text .w").first.bounding_box()
    edit(page)
    expect(page.locator("#text")).to_be_hidden()
    expect(page.locator("#box")).to_be_focused()
    first = page.locator("#mirror .chip").first.bounding_box()
    assert top is not None
    assert first is not None
    assert abs(first["x"] - top["x"]) < 3  # the same place, so that nothing jumps
    page.keyboard.press("Escape")
    expect(page.locator("#box")).to_be_hidden()
    expect(page.locator("#text")).to_be_visible()
    expect(page.locator("#edit")).to_be_focused()


def test_scores_appear_while_one_types(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    page.click("#new")
    page.keyboard.type("Yesterday Anna Kowalska met ")
    chips = page.locator("#mirror .chip")
    expect(chips).to_have_text(["Anna Kowalska"])
    expect(page.locator("#entities tbody bdi")).to_have_text(["Anna Kowalska"])
    page.keyboard.type("Boris Johnson.")
    expect(chips).to_have_text(["Anna Kowalska", "Boris Johnson"])
    page.keyboard.press("Home")
    page.keyboard.type("x ")
    assert page.locator("#mirror").text_content() == page.input_value("#box") + "\n"
    expect(chips).to_have_text(["Anna Kowalska", "Boris Johnson"])


def test_a_paste_of_everything_folds_the_box(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("navigator.clipboard.writeText('Joe Biden told Boris Johnson.')")
    page.click("#new")
    page.keyboard.press("Control+V")
    expect(page.locator("#text .chip")).to_have_text(["Joe Biden", "Boris Johnson"])
    expect(page.locator("#box")).to_be_hidden()


def test_several_texts_keep_their_state(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    tabs = page.locator("#texts li button:first-child")
    long = "It rains in Leeds.\n" * 200
    open_files(page, one=long, two="Ben stayed.", three="Cleo came.")
    expect(tabs).to_have_text(["one.txt", "two.txt", "three.txt"])  # the example made room
    expect(page.locator("#shown")).to_contain_text("of 1,000 words")
    page.evaluate("scrollTo(0, 3000)")
    page.wait_for_timeout(500)  # until the words that are in sight are made
    place = page.evaluate(READING)
    assert place[0] > 100
    expect(tabs.nth(1)).to_be_in_viewport(ratio=1)
    tabs.nth(1).evaluate("tab => tab.click()")  # a click of the driver scrolls first
    expect(page.locator("#text")).to_have_text("Ben stayed.")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    tabs.nth(0).click()
    expect(page.locator("#shown")).to_contain_text("of 1,000 words")
    page.wait_for_timeout(500)
    assert page.evaluate(READING) == pytest.approx(place, abs=2)
    assert not [url for url in requests if url.endswith("/v1/score")]
    page.get_by_role("button", name="Close one.txt").click()
    expect(tabs).to_have_text(["two.txt", "three.txt"])
    expect(page.locator("#text")).to_have_text("Ben stayed.")


def test_a_reload_keeps_everything(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    open_files(page, notes=CRLF + "\r\n" * 60 + "Cleo came to York.\r\n")
    expect(page.locator("#status")).to_have_text(DONE)
    word(page, "Tuesday").click()
    page.locator("#labels [value=noun]").click()
    expect(page.locator("#corrections li")).to_have_count(1)
    page.keyboard.press("Escape")
    slide(page, 250)
    word(page, "York").scroll_into_view_if_needed()
    place = page.evaluate("scrollY")
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.reload()
    expect(page.locator("#corrections li")).to_contain_text("→ noun")
    assert not [url for url in requests if url.endswith("/v1/score")]
    assert page.evaluate("scrollY") == pytest.approx(place, abs=2)
    assert page.input_value("#number") == page.input_value("#slider") == "250"
    record = json.loads(saved(page, "jsonl").read_text("utf-8"))
    assert record["id"] == "notes.txt"
    assert record["text"].startswith(CRLF)
    page.locator("#corrections").get_by_role("button", name="Undo").click()


def test_line_ends_survive_an_edit(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    open_files(page, notes=CRLF)
    expect(page.locator("#status")).to_have_text(DONE)
    edit(page)
    page.keyboard.type("So ")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_have_text(DONE)
    assert json.loads(saved(page, "jsonl").read_bytes())["text"] == "So " + CRLF


def test_a_browser_that_keeps_nothing_keeps_a_short_text(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    page.add_init_script("indexedDB.open = () => { throw new Error('no storage'); }")
    page.reload()
    expect(page.locator("#status")).to_have_text(DONE)
    score(page, "Joe Biden left.")
    page.reload()
    expect(page.locator("#text")).to_have_text("Joe Biden left.")


def test_a_long_text_is_there_at_once_and_its_progress_is_real(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = long_text(500_000)
    open_files(page, long=text)
    expect(page.locator("#status")).to_contain_text(re.compile(r"characters: \d+ %"), timeout=PATIENCE)
    expect(page.locator("#text .chip").first).to_be_in_viewport()  # before the rest is scored
    shares = [0.0]
    while not DONE.search(page.inner_text("#status")):
        share = page.evaluate("document.getElementById('progress').value")
        assert share == pytest.approx(len(shown(page)) / len(text), abs=0.5)
        shares.append(share)
        page.wait_for_timeout(200)
    assert shares == sorted(shares)
    assert len(set(shares)) > 2
    assert shown(page) == text


def test_parts_end_with_lines(visit: Visit, service: Service) -> None:
    page = visit(service, scored=False)
    cut = """async ([text, limit]) => (await import('/static/scoring.js')).cut(text, 0, limit)"""
    for text, end in (
        ("a b.\nc d.\n\ne f.\ng h", 11),
        ("a b c.\nd e f g h i", 7),
        ("a b c.\r\nd e f g h i", 8),
        ("a b c d e f g h i j", 12),
        ("abcdefghijk👍mnopqr", 11),
    ):
        assert page.evaluate(cut, [text, 12]) == end, text


def test_files_are_dropped_anywhere(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    event = "type => document.body.dispatchEvent(new DragEvent(type, {dataTransfer: files, bubbles: true}))"
    page.evaluate("window.files = new DataTransfer(), files.items.add(new File(['x'], 'x.txt')), 0")
    page.evaluate(event, "dragover")
    expect(page.locator("#drop")).to_be_visible()
    page.evaluate(event, "dragleave")
    expect(page.locator("#drop")).to_be_hidden()
    drop(page, ("a.txt", b"Anna left."), ("b.txt", b"Ben stayed."), ("c.png", b"\xff"))
    expect(page.locator("#drop")).to_be_hidden()
    expect(page.locator("#texts li")).to_have_count(2)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Der Rat der Stadt hat am Dienstag beschlossen, zwei elektrische Fähren von einem dänischen Betreiber zu "
         "mieten, und damit einen langen Streit beendet.", "hardly looks like English"),
        ("Совет города проголосовал во вторник вечером", "not Latin"),
        ("Wir gehen.", ""),
    ],
)  # fmt: skip
def test_a_text_that_is_not_english_gets_a_hint(visit: Visit, feedback_service: Service, text: str, hint: str) -> None:
    page = visit(feedback_service)
    score(page, text)
    assert hint in (page.locator("#hint").text_content() or "")
    assert page.locator("#hint").is_visible() == bool(hint)


def test_english_gets_no_hint(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    for name in ("News", "Posts", "Log lines", "Dialogue"):
        page.click("#examples")
        page.locator("#menu").get_by_role("button", name=name).click()
        expect(page.locator("#status")).to_have_text(DONE)
        expect(page.locator("#hint")).to_be_hidden()
