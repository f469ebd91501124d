"""The page in a real browser: what one sees and what the slider does."""

import re

from playwright.sync_api import Locator, expect
from tests.conftest import EXAMPLES, ROOT
from tests.service.browser import PHONE, Visit, edit, highlighted, score, shown, slide, word
from tests.service.servers import Service

EMOJI = "👩‍👩‍👧 Joe Biden 👍🏽 met 🇬🇧 Boris Johnson in London 🎉.\nBen Nevis"
LINES = "Anna Kowalska\nlives in  New\tYork.\r\nJoe\u2028Biden met Boris\u0085Johnson\r\rin   London\x0bBridge\n"


def test_the_first_thing_seen_is_names(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = shown(page)
    assert text in (ROOT / "examples" / "news.txt").read_text("utf-8")
    _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": text, "entities": 220})
    entities = answer["documents"][0]["entities"]
    assert page.locator("#text .chip").all_text_contents() == [entity["text"] for entity in entities]
    scores = [float(score) for score in page.locator("#entities tbody td:nth-child(3)").all_text_contents()]
    assert scores == sorted(scores, reverse=True)
    assert page.locator("#entities tbody bdi").first.text_content() == "Lars Mikkelsen"
    assert "escore-en 7" in page.inner_text("#model")


def test_the_first_scored_word_is_in_the_first_screen(visit: Visit, feedback_service: Service) -> None:
    for settings, height in (({}, 300), (PHONE, PHONE["viewport"]["height"])):
        box = visit(feedback_service, **settings).locator("#text .chip").first.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= height


def test_chips_have_the_colors_of_the_marks(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    page.uncheck("#join")
    slide(page, 80)
    _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": shown(page)})
    words = answer["documents"][0]["words"]
    levels = {"": "chip l0", "-": "chip l1", "+": "chip l2", "★": "chip l3"}
    expected = [(word["text"], levels[word["mark"]] if word["score"] >= 80 else None) for word in words]
    classes = "all => all.map(word => [word.textContent, word.closest('.chip')?.className ?? null])"
    assert [tuple(pair) for pair in page.locator("#text .w").evaluate_all(classes)] == expected
    assert page.inner_text("#shown") == f"{sum(word['score'] >= 80 for word in words)} of {len(words)} words"


def test_a_class_sets_the_minimum(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    for name, minimum in (("common noun", "80"), ("proper noun", "160"), ("named entity", "220")):
        button = page.locator("#meaning").get_by_role("button", name=name)
        button.click()
        assert page.input_value("#number") == page.input_value("#slider") == minimum
        assert button.get_attribute("aria-pressed") == "true"
        assert page.locator("#meaning [aria-pressed=true]").count() == 1
    slide(page, 100)
    assert page.locator("#meaning [aria-pressed=true]").count() == 0


def test_the_slider_asks_no_service(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = shown(page)
    page.uncheck("#join")
    page.context.set_offline(True)
    for minimum in (0, 1, 59.99, 60, 160, 219.5, 260, 300):
        _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": text, "min": minimum})
        slide(page, minimum)
        assert highlighted(page) == [word["text"] for word in answer["documents"][0]["words"]]


def test_slider_and_number_follow_each_other(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    page.focus("#slider")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#number") == "221"
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


def test_words_of_an_entity_share_one_chip(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, "Joe Biden told Boris Johnson.")
    chips = page.locator("#text .chip")
    assert chips.all_text_contents() == ["Joe Biden", "Boris Johnson"]
    page.uncheck("#join")
    assert chips.all_text_contents() == ["Joe", "Biden", "Boris", "Johnson"]


def test_a_chip_looks_whole_on_both_lines(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service, viewport={"width": 320, "height": 800})
    score(page, "The report names the Nordic Council of Ministers twice.")
    chip = page.locator("#text .chip", has_text="Nordic Council")
    assert chip.evaluate("chip => chip.getClientRects().length") == 2
    assert chip.evaluate("chip => getComputedStyle(chip).boxDecorationBreak") == "clone"


def test_a_word_says_its_score_and_offsets(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, EMOJI)
    _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": EMOJI})
    boris, johnson = (word for word in answer["documents"][0]["words"] if word["text"] in ("Boris", "Johnson"))
    assert EMOJI[boris["start"] : johnson["end"]] == "Boris Johnson"
    mean = (boris["score"] + johnson["score"]) / 2
    card, details = page.locator("#card"), page.locator("#details")

    word(page, "Boris").hover()
    expect(card).to_be_visible()
    entity = rf"Boris Johnson.*{mean:.2f}, like a named entity.*{boris['start']}–{johnson['end']}"
    expect(details).to_have_text(re.compile(entity, re.DOTALL))
    page.mouse.move(0, 0)
    expect(card).to_be_hidden()
    word(page, "Boris").click()
    page.mouse.move(0, 0)
    expect(card).to_be_visible()  # pinned
    page.click("#single")
    alone = rf"Boris.*{boris['score']:.2f}, like a named entity.*{boris['start']}–{boris['end']}"
    expect(details).to_have_text(re.compile(alone, re.DOTALL))
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_the_card_leaves_the_line_and_its_neighbors_free(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    for name in ("Halversund", "Nordic", "Mikkelsen"):
        word(page, name).click()
        card, chip = page.locator("#card").bounding_box(), page.locator("#text .w:focus").bounding_box()
        assert card is not None
        assert chip is not None
        line = page.locator("#text").evaluate("text => parseFloat(getComputedStyle(text).lineHeight)")
        above = chip["y"] - (card["y"] + card["height"])
        below = card["y"] - (chip["y"] + chip["height"])
        assert max(above, below) >= 0.8 * line  # a line's letters are less high than the line
        page.keyboard.press("Escape")


def test_a_tap_says_it_too(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service, **PHONE)
    word(page, "Kattegat").tap()
    expect(page.locator("#details")).to_contain_text("Kattegat")
    expect(page.locator("#card")).to_be_in_viewport(ratio=1)


def test_the_keyboard_reaches_every_word_by_one_tab_stop(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, "Joe Biden told Boris.\nשלום לכם")
    assert page.locator("#text [tabindex]").count() == 1
    page.focus("#edit")
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
    expect(press("ArrowUp")).to_have_text("Joe")
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
    edit(page)
    page.fill("#box", "")
    page.click("#go")
    expect(page.locator("#status")).to_contain_text("no text yet")
    expect(page.locator("#panel")).to_be_hidden()
    score(page, " \n\n ")
    assert page.inner_text("#shown") == "0 of 0 words"
    page.click("#examples")
    page.locator("#menu").get_by_role("button", name="News").click()
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
    page.uncheck("#join")
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
    text = "Joe met Anna. " * 1400
    _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": text, "min": 220})
    count = len(answer["documents"][0]["words"])
    assert count > 2500
    score(page, text)
    assert page.locator("#text .chip .w").count() < count
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#text .chip .w").count() == count
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#text .chip .w")).not_to_have_count(count)
