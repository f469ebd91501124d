"""The page and its service: a token, a reload, a service that is busy or gone."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.service.browser import DONE, Visit, score, word
from tests.service.servers import TOKEN, Service, serve


def test_the_page_asks_for_the_token(visit: Visit, token_service: Service) -> None:
    page = visit(token_service, scored=False)
    typed = page.locator("#word")
    status = page.locator("#status")
    expect(typed).to_be_focused()
    page.click("#cancel")
    expect(status).to_contain_text("wants its token")
    expect(page.locator("#result")).to_be_hidden()

    page.click("#go")
    typed.fill("pässword")  # no header can carry it
    page.keyboard.press("Enter")
    expect(typed).to_be_focused()
    assert not typed.evaluate("input => input.validity.valid")
    typed.fill("another")
    page.keyboard.press("Enter")
    expect(page.locator("#refused")).to_have_text("That token was refused.")
    typed.fill(TOKEN)
    page.keyboard.press("Enter")
    expect(status).to_have_text(DONE)

    page.reload()  # this tab knows it
    expect(status).to_have_text(DONE)
    assert TOKEN not in page.content()


def test_without_feedback_nothing_can_be_corrected(visit: Visit, service: Service) -> None:
    page = visit(service)
    word(page, "Kattegat").click()
    expect(page.locator("#details")).to_contain_text("Kattegat")
    expect(page.locator("#labels")).to_be_hidden()


def test_a_reload_keeps_text_and_slider(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, "Joe Biden told Boris Johnson.")
    page.fill("#number", "250")
    page.reload()
    expect(page.locator("#status")).to_contain_text("6 words scored")
    assert page.input_value("#number") == page.input_value("#slider") == "250"


def test_failures_are_told_in_words(visit: Visit) -> None:
    with serve() as service:
        page = visit(service)
        service.process.kill()
        service.process.wait()
        page.click("#go")
        expect(page.locator("#status")).to_contain_text("The service does not answer")
        expect(page.locator("#status")).to_have_class(re.compile("error"))
        page.fill("#number", "200")  # what is there still works
        expect(page.locator("#shown")).not_to_contain_text("45 of")


def test_a_failure_is_seen_far_down_the_text(visit: Visit, tmp_path: Path) -> None:
    with serve("--feedback", str(tmp_path / "corrections.db")) as service:
        page = visit(service)
        score(page, "Anna left.\n" * 60 + "Ben stayed.")
        word(page, "Ben").click()
        service.process.kill()
        service.process.wait()
        page.locator("#labels [value=noun]").click()
        expect(page.locator("#status")).to_contain_text("The service does not answer")
        expect(page.locator("#status")).to_be_in_viewport()
        expect(page.locator("#card")).to_be_hidden()  # it would cover that


def test_a_service_that_is_busy_says_when_to_come_again(visit: Visit) -> None:
    """One long text at a time, none waiting: another page is refused, until the first one stops."""
    with serve("--threads", "1", "--queue", "0") as service:
        busy, page = visit(service), visit(service)
        busy.fill("#box", "Anna Kowalska came to Rotterdam. " * 20_000)
        busy.click("#go")
        expect(busy.locator("#stop")).to_be_visible()
        page.fill("#box", "Anna met Ben. " * 1000)
        page.click("#go")
        expect(page.locator("#status")).to_contain_text(re.compile(r"try again in \d+ s"))
        busy.click("#stop")
        expect(busy.locator("#status")).to_have_text("Stopped.")
        expect(busy.locator("#stop")).to_be_hidden()
        expect(page.locator("#go")).to_be_enabled()
        score_when_free(page)


def score_when_free(page: Page) -> None:
    for _ in range(20):
        page.click("#go")
        expect(page.locator("#status")).to_have_text(re.compile("scored in|try again"))
        if "scored in" in page.inner_text("#status"):
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.inner_text("#status"))
