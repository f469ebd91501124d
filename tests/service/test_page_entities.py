"""The list of entities on the page: the runtime's rule, sorted and walked through; and corrections."""

import json
import re
from collections import Counter

import pytest
from playwright.sync_api import Page, Route, expect
from tests.conftest import EXAMPLES
from tests.service.browser import Visit, score, shown, slide, word
from tests.service.servers import Service

LINES = "Anna Kowalska\nlives in  New\tYork.\rJoe\u2028Biden met Boris\x85Johnson in   London\x0bBridge\x0cHouse\r\nBen"
EMOJI = "👩‍👩‍👧 Joe Biden 👍🏽 met 🇬🇧 Boris Johnson in London 🎉.\n\U0001d465\U0001d466 Ben Nevis"
# Keeps what the page saves: of dozens of downloads in a few seconds Chromium now and then loses one.
KEEP_SAVED = """() => {
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => ((window.saved = blob.text()), create.call(URL, blob));
}"""
TEXTS = [LINES, EMOJI, *(path.read_text("utf-8") for path in EXAMPLES)]


def open_text(page: Page, text: str) -> None:
    """Score a text as it is: the box would change its line ends."""
    page.locator("#status").evaluate("status => status.textContent = ''")
    page.set_input_files("#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": text.encode()})
    expect(page.locator("#status")).to_contain_text("scored in")


def column(page: Page, number: int) -> list[str]:
    return page.locator(f"#entities tbody td:nth-child({number})").all_text_contents()


def names(page: Page) -> list[str]:
    """The entities of the list, without their kinds."""
    return page.locator("#entities tbody bdi").all_text_contents()


def test_entities_are_the_services(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    page.evaluate(KEEP_SAVED)
    for text in TEXTS:
        open_text(page, text)
        for minimum in (0, 80, 220):
            slide(page, minimum)
            check_entities(page, feedback_service, text, minimum)


def check_entities(page: Page, feedback_service: Service, text: str, minimum: int) -> None:
    """The page shows and saves the entities that the service finds."""
    _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": text, "entities": minimum})
    expected = answer["documents"][0]["entities"]
    page.click("#downloads [value=jsonl]")
    record = json.loads(page.evaluate("window.saved"))
    places = [[(entity["text"], entity["start"]) for entity in entities] for entities in (record["entities"], expected)]
    assert places[0] == places[1]
    for ours, theirs in zip(record["entities"], expected, strict=True):
        assert text[ours["start"] : ours["end"]] == ours["text"] == theirs["text"]
        assert ours["score"] == pytest.approx(theirs["score"], abs=0.011)  # of scores that were rounded before
    counts = Counter(re.sub(r"\s+", " ", entity["text"]) for entity in expected)
    assert sorted(int(count) for count in column(page, 2)) == sorted(counts.values())


def test_any_column_sorts(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, "Anna met Ben. Anna met Cleo. Ben met Anna.")
    scores = [float(text) for text in column(page, 3)]
    assert scores == sorted(scores, reverse=True)
    page.locator("th", has_text="Count").get_by_role("button").click()
    assert list(zip(names(page), column(page, 2), strict=True)) == [("Anna", "3"), ("Ben", "2"), ("Cleo", "1")]
    header = page.locator("th", has_text="Entity")
    for direction, expected in (("ascending", ["Anna", "Ben", "Cleo"]), ("descending", ["Cleo", "Ben", "Anna"])):
        header.get_by_role("button").click()
        expect(header).to_have_attribute("aria-sort", direction)
        assert names(page) == expected
    page.get_by_role("button", name="Score", exact=True).focus()
    page.keyboard.press("Enter")
    scores = [float(text) for text in column(page, 3)]
    assert scores == sorted(scores, reverse=True)
    assert page.locator("th[aria-sort]").count() == 1


def test_a_click_steps_through_the_occurrences(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    filler = "It rains and rains.\n" * 60
    score(page, f"Joe Biden came.\n{filler}Then Joe Biden went.\n{filler}Joe Biden rests.")
    slide(page, 220)
    button = page.locator("#entities tbody button", has_text="Joe Biden")
    for place in (1, 2, 3, 1):
        button.click()
        expect(page.locator("#walk p")).to_have_text(f"Joe Biden: {place} of 3")
        expect(page.locator("#text .here .w")).to_have_text(["Joe", "Biden"])
        expect(page.locator("#text .here").first).to_be_in_viewport()
    page.get_by_role("button", name="Previous place").click()
    expect(page.locator("#walk p")).to_have_text("Joe Biden: 3 of 3")
    page.get_by_role("button", name="Back to the list").click()
    expect(page.locator("#walk")).to_be_hidden()
    expect(button).to_be_focused()
    assert page.locator("#text .here").count() == 0


def test_a_long_list_comes_in_parts(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, "\n".join(f"Anna Smith{number}" for number in range(500)))
    slide(page, 0)
    assert page.locator("#entities tbody tr").count() == 200
    page.click("#more")
    page.click("#more")
    assert page.locator("#entities tbody tr").count() == 500
    expect(page.locator("#more")).to_be_hidden()


def test_a_correction_is_stored_shown_and_undone(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = "👍 On Tuesday Anna left."
    score(page, text)
    word(page, "Tuesday").click()
    page.locator("#labels [value=noun]").click()
    expect(page.locator("#status")).to_have_text("“Tuesday” is corrected to noun.")
    expect(page.locator("#labels [value=noun]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#details")).to_contain_text("Corrected")
    page.locator("#labels [value=proper]").click()
    expect(page.locator("#status")).to_contain_text("proper")
    page.keyboard.press("Escape")
    expect(page.locator("#corrections li")).to_have_count(1)

    page.reload()
    expect(page.locator("#status")).to_contain_text("scored in")
    expect(page.locator("#corrections li")).to_contain_text("→ proper")
    expect(page.locator("#text .corrected")).to_have_text("Tuesday")
    page.locator("#corrections").get_by_role("button", name="Undo").click()
    expect(page.locator("#corrections")).to_be_hidden()
    expect(page.locator("#text .corrected")).to_have_count(0)

    page.focus("#text [tabindex]")
    for key in ("Home", *["ArrowRight"] * 3, "Enter", *["Tab"] * 3, "Enter"):  # Anna, entity, by the keyboard alone
        page.keyboard.press(key)
    expect(page.locator("#corrections li")).to_contain_text("→ entity")
    page.locator("#undo").click()
    expect(page.locator("#corrections")).to_be_hidden()


def test_what_another_tab_has_undone_is_gone_here_too(visit: Visit, feedback_service: Service) -> None:
    tabs = [visit(feedback_service), visit(feedback_service)]
    for page in tabs:
        score(page, "Two tabs met on Tuesday.")
        word(page, "Tuesday").click()
        page.locator("#labels [value=noun]").click()
        expect(page.locator("#corrections li")).to_have_count(1)
    for page in tabs:
        page.locator("#undo").click()
        expect(page.locator("#status")).to_have_text("The correction is taken back.")
        expect(page.locator("#corrections")).to_be_hidden()


def test_a_correction_of_a_text_that_is_gone_is_not_shown(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, "On Friday Ben left.")
    word(page, "Friday").click()
    page.locator("#labels [value=none]").click()
    expect(page.locator("#corrections li")).to_have_count(1)
    score(page, "On Friday Ben came.")
    expect(page.locator("#corrections")).to_be_hidden()


def test_a_correction_is_seen_at_once(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    page.evaluate(KEEP_SAVED)
    score(page, "The ferry named Old Quay met Kattegat Lines today.")
    chips = page.locator("#text .chip")
    expect(chips).to_have_text(["Old Quay", "Kattegat Lines"])
    word(page, "ferry").click()
    page.locator("#labels [value=entity]").click()
    expect(chips).to_have_text(["ferry", "Old Quay", "Kattegat Lines"])
    expect(chips.first).to_have_class("chip l3 corrected")
    assert chips.first.evaluate("chip => getComputedStyle(chip).outlineStyle") == "solid"
    expect(page.locator("#shown")).to_have_text("5 of 10 words")
    assert ("ferry", "1", "300.0") in list(zip(names(page), column(page, 2), column(page, 3), strict=True))
    page.keyboard.press("Escape")

    word(page, "Lines").click()  # a chip is corrected as one span
    page.locator("#labels [value=none]").click()
    expect(chips).to_have_text(["ferry", "Old Quay"])
    expect(page.locator("#text .corrected")).to_have_text(["ferry", "Kattegat Lines"])
    expect(page.locator("#shown")).to_have_text("3 of 10 words")
    expect(page.locator("#corrections li bdi")).to_have_text(["ferry", "Kattegat Lines"])
    page.click("#downloads [value=jsonl]")
    words = json.loads(page.evaluate("window.saved"))["words"]
    assert (words[0]["text"], words[0]["score"], words[0]["corrected"]) == ("ferry", 300, "entity")
    assert [each["text"] for each in words] == ["ferry", "Old", "Quay"]
    page.click("#downloads [value=csv]")
    assert re.search(r'^4,9,300\.00,0\.\d+,entity,entity,"ferry"\r$', page.evaluate("window.saved"), re.MULTILINE)
    while page.locator("#corrections li").count():
        page.locator("#corrections").get_by_role("button", name="Undo").first.click()
        expect(page.locator("#status")).to_contain_text("taken back")
        page.locator("#status").evaluate("status => status.textContent = ''")
    expect(chips).to_have_text(["Old Quay", "Kattegat Lines"])


def test_spans_that_others_store_are_shown_as_spans(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = "👍 We read the old harbor guide and Anna left."
    start, end = text.index("old"), text.index(" and")
    span = {"text": text, "start": start, "end": end, "label": "entity", "score": 90}
    assert feedback_service.request("POST", "/v1/feedback", span)[0] == 201
    score(page, text)
    expect(page.locator("#corrections li bdi")).to_have_text("old harbor guide")
    expect(page.locator("#text .corrected")).to_have_text("old harbor guide")
    page.uncheck("#join")
    expect(page.locator("#text .chip")).to_have_text(["old harbor guide", "Anna"])
    page.locator("#corrections li button").first.click()
    expect(page.locator("#text .here")).to_have_text("old harbor guide")


def test_a_kind_is_shown_where_the_service_says_one(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": shown(page), "entities": 220})
    kinds = {re.sub(r"\s+", " ", entity["text"]): entity["kind"] for entity in answer["documents"][0]["entities"]}
    assert dict(zip(names(page), page.locator("#entities td small").all_text_contents(), strict=True)) == kinds
    assert len(set(kinds.values())) > 1

    def with_one_kind(route: Route) -> None:
        answer = route.fetch().json()
        for entity in answer["documents"][0]["entities"]:
            if entity["text"] != "Boris Johnson":
                del entity["kind"]
        route.fulfill(json=answer)

    page.route("**/v1/score", with_one_kind)
    score(page, "Joe told Boris Johnson.")
    expect(page.locator("#entities tr", has_text="Boris Johnson").locator("small")).to_have_text("person")
    assert page.locator("#entities td small").count() == 1
    word(page, "Boris").click()
    expect(page.locator("#details")).to_contain_text("Kindperson")
    page.keyboard.press("Escape")
    word(page, "Joe").click()
    expect(page.locator("#details")).not_to_contain_text("Kind")
