"""The review page in a real browser, mostly by keys, as a person would use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from tests.service.browser import DESKTOP, PATIENCE, PHONE
from tests.service.reviews import ANNA, RECORDS, said
from tests.service.servers import serve

from escore_labels.adjudicate import to_labeled_text
from escore_labels.record import Record, read_records, write_records
from escore_labels.split import is_held_out
from escore_labels.tokens import ENTITY
from escore_service.feedback import records

NAMES = ["Ann", "Bea", "Cid", "Dan", "Eva", "Fay", "Gus", "Hal", "Ida", "Jon", "Kim", "Leo", "Max", "Nia", "Oda"]
FIFTEEN = " met ".join(NAMES) + "."


@contextmanager
def reviewing(
    browser: Browser, file: Path, *arguments: str, name: str | None = "ann", **settings: object
) -> Iterator[Page]:
    """The review page of a service that reviews a file. At the end no page may have logged an error."""
    problems: list[str] = []
    person = () if name is None else ("--as", name)
    with serve("--review", file, *person, *arguments) as service:
        context = browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB"} | settings)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if line.type in ("error", "warning") else None)
        page.goto(f"http://127.0.0.1:{service.port}/review")
        if name is not None:
            page.wait_for_selector("#sheet .w")  # keys before that are for nothing that one sees
        yield page
        context.close()
    assert [line for line in problems if not line.startswith("Failed to load resource")] == []


def keys(page: Page, *names: str) -> None:
    """Press keys as quickly as they come."""
    for name in names:
        page.keyboard.press(name)


def chips(page: Page) -> list[str]:
    return page.locator("#sheet .chip:not(.l0)").all_inner_texts()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    write_records(tmp_path / "labels.jsonl", RECORDS)
    return tmp_path / "labels.jsonl"


def kept(file: Path) -> list[Record]:
    return list(records(file.with_suffix(".db")))


def test_fifteen_entities_of_which_three_are_wrong_take_eight_keys(chromium: Browser, tmp_path: Path) -> None:
    """One that is none, one that is a common noun, one that is too short."""
    file = tmp_path / "labels.jsonl"
    spans = tuple(said(FIFTEEN, name) for name in NAMES)
    write_records(file, [Record(text=FIFTEEN, id="one", spans=spans), *RECORDS])
    with reviewing(chromium, file) as page:
        expect(page.locator("#sheet .chip")).to_have_count(15)
        letter = {name: page.locator("#sheet .chip", has_text=name).get_attribute("data-letter") for name in NAMES}
        page.evaluate("() => { window.strokes = 0; addEventListener('keydown', () => strokes++, true); }")
        keys(page, letter["Cid"] or "", "x", letter["Gus"] or "", "n", letter["Kim"] or "", "Shift+ArrowRight", "a")
        expect(page.locator("#done")).to_contain_text("1 of 5 reviewed")
        # A browser tells of Shift by itself too.
        assert page.evaluate("strokes") - 1 <= 8
        expect(page.locator("#meta")).to_have_text("a")  # the next text
    (record,) = kept(file)
    assert record.reviewed
    entities = [token.text for token in to_labeled_text(record).tokens if token.low == ENTITY]
    assert entities == [*(name for name in NAMES[:11] if name not in ("Cid", "Gus")), "met", *NAMES[11:]]


def test_thirty_texts_are_reviewed_with_keys_alone(chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "labels.jsonl"
    texts = [f"Report {number}: Anna Berg met Bob in Oslo." for number in range(30)]
    write_records(
        file,
        [
            Record(text=text, id=str(number), spans=(said(text, "Anna"), said(text, "Report"), said(text, "Oslo")))
            for number, text in enumerate(texts)
        ],
    )
    with reviewing(chromium, file) as page:
        page.focus("body")
        for number in range(30):
            expect(page.locator("#meta")).to_have_text(str(number))
            # "Report" is in focus: it is no entity; "Anna" goes on to "Berg"; "Bob", two words on, is one.
            keys(page, "x", "ArrowDown", "Shift+ArrowRight", "ArrowRight", "ArrowRight", "e", "a")
        expect(page.locator("#done")).to_contain_text("30 of 30 reviewed", timeout=PATIENCE)
        expect(page.locator("#note")).to_have_text("All texts that are shown are reviewed.")
        expect(page.locator("#needed")).to_contain_text(
            f"after {50 - sum(not is_held_out(r) for r in kept(file))} more"
        )
    assert [record.text for record in kept(file)] == texts
    for record in kept(file):
        assert record.reviewed
        entities = [token.text for token in to_labeled_text(record).tokens if token.low == ENTITY]
        assert entities == ["Anna", "Berg", "Bob", "Oslo"]


def test_one_click_decides_and_z_undoes(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file) as page:
        page.locator("#sheet .chip", has_text="Paris").click()
        expect(page.locator("#name")).to_have_text("Paris")
        page.get_by_role("button", name="no entity").click()
        expect(page.locator("#sheet .chip:not(.l0)")).to_have_count(1)
        expect(page.locator("#sheet .own.l0")).to_have_text("Paris")
        expect(page.get_by_role("button", name="no entity")).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("z")
        expect(page.locator("#sheet .chip:not(.l0)")).to_have_count(2)
        expect(page.locator("#sheet .own")).to_have_count(0)


def test_a_drag_marks_words_and_moves_an_end(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file) as page:
        word = page.locator("#sheet .w")
        expect(word).to_have_count(6)

        def drag(first: int, last: int) -> None:
            for i, act in ((first, page.mouse.down), (last, page.mouse.up)):
                box = word.nth(i).bounding_box()
                assert box is not None
                page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=3)
                act()

        drag(2, 3)
        expect(page.locator("#sheet .chip", has_text="lives in")).to_be_visible()
        drag(1, 0)  # the end of "Anna Berg" to "Anna"
        expect(page.locator("#sheet .chip").first).to_have_text("Anna")
        drag(3, 4)  # over "Paris", which another chip holds
        expect(page.locator("#sheet .chip", has_text="lives in Paris")).to_be_visible()


def test_everywhere_tells_how_many_and_can_be_undone(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file) as page:
        page.locator("#sheet .chip", has_text="Paris").click()
        page.keyboard.press("x")
        expect(page.locator("#everywhere")).to_contain_text("3 other places")
        page.keyboard.press("w")
        expect(page.locator("#note")).to_contain_text("3 other places in 2 texts")
        assert len(kept(file)) == 3
        page.keyboard.press("z")
        expect(page.locator("#note")).to_have_text("Undone in 2 texts.")
        assert len(kept(file)) == 1


def test_search_filter_skip_and_going_back(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file) as page:
        place = page.locator("#place")
        expect(place).to_have_text("1 of 4")
        keys(page, "s")
        expect(place).to_have_text("2 of 4")
        keys(page, "PageDown")
        expect(place).to_have_text("3 of 4")
        keys(page, "PageUp")
        expect(place).to_have_text("2 of 4")
        keys(page, "PageUp")
        expect(place).to_have_text("1 of 4")
        keys(page, "PageUp")
        expect(page.locator("#note")).to_have_text("That is the first text.")
        keys(page, "a", "/")
        page.keyboard.type("paris")
        expect(place).to_contain_text("of 3")
        page.select_option("#show", "unreviewed")
        expect(place).to_contain_text("of 2")
        page.fill("#search", "nobody has this")
        expect(page.locator("#note")).to_contain_text("No text is like that")
        page.fill("#search", "")
        expect(place).to_contain_text("of 3")


def test_two_people_are_told_apart_and_their_conflict_is_settled(chromium: Browser, file: Path) -> None:
    for name, label in (("ann", "e"), ("bob", "x")):
        with reviewing(chromium, file, name=name) as page:
            page.locator("#sheet .chip", has_text="Paris").click()
            with page.expect_response(lambda response: response.request.method == "POST"):  # stored before it closes
                page.keyboard.press(label)
            expect(page.locator("#sheet .own")).to_have_count(1)
    with reviewing(chromium, file, name=None) as page:
        expect(page.locator("#person")).to_be_visible()
        page.fill("#person-name", " eve ")
        page.keyboard.press("Enter")
        expect(page.locator("#who")).to_have_text("eve")
        page.select_option("#show", "conflict")
        expect(page.locator("#conflicts li p")).to_have_text(
            ["ann: Paris is a named entity Take this", "bob: Paris is no entity Take this"]
        )
        page.locator("#conflicts button").last.click()
        expect(page.locator("#conflicts")).to_be_hidden()
        page.reload()  # the name is kept
        expect(page.locator("#who")).to_have_text("eve")
    (record,) = kept(file)
    assert [(span.by, span.settles) for span in record.spans[-3:]] == [("ann", False), ("bob", False), ("eve", True)]


def test_importance_is_a_row_of_digits(chromium: Browser, file: Path) -> None:
    with reviewing(chromium, file, "--importance") as page:
        expect(page.locator("#choices button")).to_have_count(7)
        keys(page, "5")
        expect(page.locator("#facts")).to_contain_text("250")
        page.locator("#sheet .w", has_text="lives").click()
        keys(page, "2", "a")
        expect(page.locator("#done")).to_contain_text("1 of 4")
    (record,) = kept(file)
    assert [(ANNA[span.start : span.end], span.target) for span in record.spans if span.by == "ann"] == [
        ("Anna Berg", 250), ("lives", 100),
    ]  # fmt: skip


def test_a_reload_goes_on_and_downloads_are_files(chromium: Browser, file: Path, tmp_path: Path) -> None:
    with reviewing(chromium, file) as page:
        keys(page, "a")
        expect(page.locator("#place")).to_have_text("2 of 4")
        page.reload()
        expect(page.locator("#place")).to_have_text("2 of 4")
        with page.expect_download() as download:
            page.click("#downloads [value=records]")
        assert download.value.suggested_filename == "reviewed.jsonl"
        download.value.save_as(tmp_path / "reviewed.jsonl")
        page.click("#downloads [value=conll]")
        expect(page.locator("#note")).to_contain_text("Not in the file: ")
    (record,) = read_records(tmp_path / "reviewed.jsonl")
    assert (record.id, record.reviewed) == ("a", True)


def test_texts_are_shown_as_they_are(chromium: Browser, tmp_path: Path) -> None:
    odd = "<img src=x onerror=alert(1)> \u202eabc & 🙂 Zoë\n\n  Ünal\tx"
    file = tmp_path / "labels.jsonl"
    write_records(file, [Record(text=odd, id="<b>", spans=(said(odd, "Ünal"),))])
    with reviewing(chromium, file) as page:
        expect(page.locator("#sheet .chip")).to_have_text("Ünal")
        assert page.locator("#sheet").text_content() == odd.replace("\u202e", "<U+202E>")
        expect(page.locator("#meta")).to_have_text("<b>")


def test_texts_without_labels_are_labeled_first(chromium: Browser, tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "one.txt").write_text("Anna Kowalska lives in Rotterdam.")
    (tmp_path / "table.csv").write_text("id,text\n7,Ann Lee moved to Delft\n")
    with reviewing(chromium, tmp_path / "mail", "--review", str(tmp_path / "table.csv")) as page:
        expect(page.locator("#sheet .chip")).to_have_text(["Anna Kowalska", "Rotterdam"])
        page.keyboard.press("s")
        expect(page.locator("#meta")).to_have_text("7")


@pytest.mark.parametrize("settings", [{"color_scheme": "light"}, {"color_scheme": "dark"}, PHONE])
def test_it_is_accessible(chromium: Browser, file: Path, settings: dict[str, object]) -> None:
    with reviewing(chromium, file, **settings) as page:
        expect(page.locator("#sheet .chip")).to_have_count(2)
        keys(page, "x", "ArrowDown")
        expect(page.locator("#sheet .own")).to_have_count(1)
        page.wait_for_timeout(300)
        for _ in range(2):
            violations = Axe().run(page).response["violations"]
            assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in violations] == []
            page.keyboard.press("?")
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1]
