"""The page in a real browser: what one sees and what the slider does."""

import re

from playwright.sync_api import Locator, expect
from tests.conftest import EXAMPLES, ROOT
from tests.service.browser import PHONE, Visit, highlighted, score, slide, word
from tests.service.servers import Service

EMOJI = "👩‍👩‍👧 Joe Biden 👍🏽 met 🇬🇧 Boris Johnson in London 🎉.\nBen Nevis"
LINES = "Anna Kowalska\nlives in  New\tYork.\r\nJoe\u2028Biden met Boris\u0085Johnson\r\rin   London\x0bBridge\n"


def test_the_example_is_scored_and_its_chips_are_the_marks(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = page.input_value("#box")
    assert text in (ROOT / "examples" / "news.txt").read_text("utf-8")
    _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": text})
    words = answer["documents"][0]["words"]
    levels = {"": "l0", "-": "l1", "+": "l2", "★": "l3"}
    expected = [(word["text"], ["chip", levels[word["mark"]]] if word["score"] >= 80 else []) for word in words]
    shown = page.locator("#text .w").evaluate_all("all => all.map(word => [word.textContent, word.className])")
    assert [(text, [name for name in names.split() if name != "w"]) for text, names in shown] == expected
    assert page.inner_text("#shown") == f"{sum(word['score'] >= 80 for word in words)} of {len(words)} words"
    assert "escore-en 5" in page.inner_text("#model")


def test_the_slider_asks_no_service(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = page.input_value("#box")
    page.context.set_offline(True)
    for minimum in (0, 1, 59.99, 60, 160, 219.5, 260, 300):
        _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": text, "min": minimum})
        slide(page, minimum)
        assert highlighted(page) == [word["text"] for word in answer["documents"][0]["words"]]


def test_slider_and_number_follow_each_other(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    page.focus("#slider")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#number") == "81"
    page.keyboard.press("End")
    assert page.input_value("#number") == "300"
    assert highlighted(page) == []
    expect(page.locator("#none")).to_be_visible()
    slide(page, 200)
    assert page.input_value("#slider") == "200"
    words = highlighted(page)
    for wrong in ("301", "-1", ""):
        page.fill("#number", wrong)
        assert highlighted(page) == words
    page.locator("#number").blur()
    assert page.input_value("#number") == "200"
    assert "200: " in (page.get_attribute("#slider", "aria-valuetext") or "")


def test_the_text_keeps_its_lines_and_spaces(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    view = page.locator("#text")
    for text in (EMOJI, "\n\n  a\tb   c \n\n\nd\n", "x" * 5000 + " Joe", "שלום David\nقال محمد Tuesday\n"):
        score(page, text)
        assert view.text_content() == text
        assert view.evaluate("text => text.scrollWidth <= text.clientWidth")
        lines = view.evaluate(
            "text => text.getBoundingClientRect().height / parseFloat(getComputedStyle(text).lineHeight)"
        )
        assert lines >= text.rstrip("\n").count("\n") + 1


def test_join_ties_neighbors_into_one_chip(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, "Joe Biden told Boris Johnson.")
    slide(page, 220)
    for joined in (False, True):
        page.set_checked("#join", joined)
        assert page.locator("#text span:not(.w).chip").count() == (2 if joined else 0)
        assert len(highlighted(page)) == 4
        assert ("tied-after" in (word(page, "Joe").get_attribute("class") or "")) == joined


def test_a_word_says_its_score_and_offsets(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, EMOJI)
    _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": EMOJI})
    boris = next(word for word in answer["documents"][0]["words"] if word["text"] == "Boris")
    details = re.compile(rf"Boris.*{boris['score']:.2f} ★.*{boris['start']}–{boris['end']}", re.DOTALL)
    assert EMOJI[boris["start"] : boris["end"]] == "Boris"

    word(page, "Boris").hover()
    expect(page.locator("#card")).to_be_visible()
    expect(page.locator("#details")).to_have_text(details)
    page.mouse.move(0, 0)
    expect(page.locator("#card")).to_be_hidden()
    word(page, "Boris").click()
    page.mouse.move(0, 0)
    expect(page.locator("#card")).to_be_visible()  # pinned
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()


def test_a_tap_says_it_too(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service, **PHONE)
    word(page, "Kattegat").tap()
    expect(page.locator("#details")).to_contain_text("Kattegat")
    expect(page.locator("#card")).to_be_in_viewport(ratio=1)


def test_the_keyboard_reaches_every_word_by_one_tab_stop(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, "Joe Biden told Boris.\nשלום לכם")
    assert page.locator("#text [tabindex]").count() == 1
    page.focus("#slider")
    page.keyboard.press("Tab")
    focused = page.locator("#text .w:focus")

    def press(key: str) -> Locator:
        page.keyboard.press(key)
        return focused

    expect(focused).to_have_text("Joe")
    expect(page.locator("#details")).to_contain_text("Joe")
    assert focused.get_attribute("aria-describedby") == "details"
    expect(press("ArrowRight")).to_have_text("Biden")
    expect(press("ArrowRight")).to_have_text("told")
    expect(press("ArrowDown")).to_have_text("Boris")  # the next that is highlighted
    expect(press("ArrowUp")).to_have_text("Biden")
    expect(press("End")).to_have_text("לכם")
    expect(press("ArrowRight")).to_have_text("שלום")  # to the right is back
    expect(press("Home")).to_have_text("Joe")
    expect(press("ArrowLeft")).to_have_text("Joe")
    page.keyboard.press("Enter")
    expect(page.locator("#labels button[value=none]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(focused).to_have_text("Joe")


def test_no_text(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    page.fill("#box", "")
    page.click("#go")
    expect(page.locator("#status")).to_contain_text("no text yet")
    expect(page.locator("#result")).to_be_hidden()
    score(page, " \n\n ")
    assert page.inner_text("#shown") == "0 of 0 words"
    page.click("#example")
    expect(page.locator("#shown")).to_contain_text("129 words")


def test_a_phone_scrolls_one_way_only(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service, **PHONE)
    for text in (EXAMPLES[0].read_text("utf-8"), "Llanfair" * 100):
        score(page, text)
        slide(page, 0)
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_a_phone_has_room_for_the_card(visit: Visit, feedback_service: Service) -> None:
    """Also when a correction adds a line and a button to it."""
    page = visit(feedback_service, **PHONE)
    for narrow in (390, 320):
        page.set_viewport_size({"width": narrow, "height": 844})
        for name in ("Halversund", "Kattegat", "Lines"):
            word(page, name).tap()
            page.locator("#labels [value=entity]").tap()
            expect(page.locator("#undo")).to_be_visible()
            box = page.locator("#card").bounding_box()
            assert box is not None
            assert box["x"] >= 7
            assert box["x"] + box["width"] <= narrow - 7
            page.locator("#undo").tap()
            expect(page.locator("#undo")).to_be_hidden()
            page.keyboard.press("Escape")


def test_print_has_every_word_highlighted(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, "Joe met Anna. " * 3000)
    assert page.locator("#text .w.chip").count() < 6000
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#text .w.chip").count() == 6000
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#text .w.chip")).not_to_have_count(6000)
