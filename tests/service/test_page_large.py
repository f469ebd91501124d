"""A long text on the page: it stays usable."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.conftest import EXAMPLES
from tests.service.browser import DONE, visiting
from tests.service.servers import Service

SIZES = [150_000, pytest.param(1_000_000, marks=pytest.mark.long)]  # bytes
LIMIT = 100  # ms, from the slider's event until the frame that shows it is drawn, when nothing else runs

# The time from before the handler runs until after the next frame: a message comes once that frame is painted.
SLIDE = """async (values) => {
    const slider = document.getElementById('slider');
    const times = [];
    for (const value of values) {
        slider.value = value;
        const start = performance.now();
        slider.dispatchEvent(new Event('input', {bubbles: true}));
        await new Promise((resolve) => requestAnimationFrame(() => {
            const {port1, port2} = new MessageChannel();
            port1.onmessage = resolve;
            port2.postMessage(null);
        }));
        times.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 250));  // the list of entities follows meanwhile
    }
    return times;
}"""
VALUES = [10, 80, 300, 160, 200]


def long_text(size: int) -> str:
    """Paragraphs of the examples, numbered so that they differ."""
    paragraphs = "\n\n".join(path.read_text("utf-8") for path in EXAMPLES).split("\n")
    lines = (f"{line} {number}" if line else "" for number in range(size) for line in paragraphs)
    whole = "\n".join(next(lines) for _ in range(size // 60))
    return whole.encode()[:size].decode("utf-8", "ignore")


@pytest.fixture(scope="module", params=SIZES)
def text(request: pytest.FixtureRequest) -> str:
    return long_text(request.param)


@pytest.fixture(scope="module")
def page(chromium: Browser, feedback_service: Service, text: str) -> Iterator[Page]:
    """The text, scored once for the tests below; each leaves it usable for the next."""
    with visiting(chromium) as visit:
        page = visit(feedback_service)
        file = {"name": "large.txt", "mimeType": "text/plain", "buffer": text.encode()}
        page.set_input_files("#file", file)  # type: ignore[arg-type]
        expect(page.locator("#status")).to_contain_text("characters:")
        expect(page.locator("#status")).to_have_text(DONE, timeout=300_000)
        yield page


def test_all_of_the_text_is_there_and_few_elements(page: Page, text: str) -> None:
    assert page.locator("#text").text_content() == text
    assert page.locator("#text .w").count() < 5000
    assert page.locator("#text [tabindex]").count() == 1


@pytest.mark.parametrize("joined", [False, True])
@pytest.mark.parametrize("place", [0, 0.5, 1])
def test_the_slider_filters_at_once(page: Page, joined: bool, place: float) -> None:
    page.evaluate("place => scrollTo(0, place * document.documentElement.scrollHeight)", place)
    page.set_checked("#join", joined)
    page.wait_for_timeout(300)
    times = page.evaluate(SLIDE, VALUES)
    assert min(times) < LIMIT, times  # the machine may be busy


def test_words_are_made_as_one_scrolls(page: Page, text: str) -> None:
    words = int(page.inner_text("#shown").split()[2].replace(",", ""))
    assert words > 0.19 * len(text)
    last = page.locator(f"#text [data-i='{words - 1}']")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(last).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    expect(last).to_have_count(0)
    expect(page.locator("#text [data-i='0']")).to_be_visible()


def test_the_keyboard_reaches_the_other_end(page: Page) -> None:
    page.focus("#text [tabindex]")
    page.keyboard.press("End")
    expect(page.locator("#text .w:focus")).to_be_in_viewport()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#card")).to_be_visible()
    page.keyboard.press("Home")
    expect(page.locator("#text .w:focus")).to_have_attribute("data-i", "0")
    expect(page.locator("#text .w:focus")).to_be_in_viewport()


def test_stepping_finds_occurrences_far_away(page: Page) -> None:
    page.fill("#number", "220")
    page.wait_for_timeout(500)  # until the list is that of this minimum
    page.locator("#entities tbody button").first.click()
    page.get_by_role("button", name="Previous place").click()  # the last one
    expect(page.locator("#text .here").first).to_be_in_viewport()
    page.get_by_role("button", name="Back to the list").click()
