"""The page and its service: a token, a reload, a service that is busy or gone."""

import http.client
import json
import re
from contextlib import closing
from pathlib import Path

from playwright.sync_api import Page, expect
from tests.service.browser import DONE, PATIENCE, Visit, edit, score, shown, word
from tests.service.servers import TOKEN, Service, serve


def test_the_page_asks_for_the_token(visit: Visit, token_service: Service) -> None:
    page = visit(token_service, scored=False)
    typed = page.locator("#word")
    status = page.locator("#status")
    expect(typed).to_be_focused()
    page.click("#cancel")
    expect(status).to_contain_text("wants its token")
    expect(page.locator("#panel")).to_be_hidden()

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
        page.fill("#number", "80")  # what is there still works
        expect(page.locator("#shown")).not_to_contain_text("23 of")
        edit(page)
        page.locator("#box").press_sequentially("x")
        page.click("#go")
        expect(page.locator("#status")).to_contain_text("The service does not answer")
        expect(page.locator("#status")).to_have_class(re.compile("error"))
        assert page.input_value("#box").startswith("x")


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
    """One long text at a time, none waiting: a page is refused, until the first one stops."""
    with serve("--threads", "1", "--queue", "0") as service:
        page = visit(service)
        body = json.dumps({"text": "Anna Kowalska came to Rotterdam. " * 20_000})
        with closing(http.client.HTTPConnection("127.0.0.1", service.port)) as busy:
            busy.request("POST", "/v1/score", body, {"Content-Type": "application/json"})
            service.wait_for("escore_in_flight", 1)
            edit(page)
            page.fill("#box", "Anna met Ben. " * 1000)
            page.click("#go")
            expect(page.locator("#status")).to_contain_text(re.compile(r"try again in \d+ s"))
        score_when_free(page)


def test_scoring_stops_and_goes_on(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    lines = "Anna Kowalska came to Rotterdam.\n" * 20_000
    page.set_input_files("#file", {"name": "a.txt", "mimeType": "text/plain", "buffer": lines.encode()})
    expect(page.locator("#status")).to_contain_text(re.compile(r": \d+ % …"))
    page.click("#stop")
    expect(page.locator("#status")).to_have_text(re.compile(r"Stopped after \d+ % of the text\."))
    part = shown(page)
    assert part
    assert len(part) < len(lines)
    page.click("#resume")
    expect(page.locator("#status")).to_have_text(DONE, timeout=PATIENCE)
    expect(page.locator("#resume")).to_be_hidden()
    assert shown(page) == lines
    assert page.inner_text("#shown") == "60,000 of 120,000 words"


def score_when_free(page: Page) -> None:
    for _ in range(20):
        page.locator("#status").evaluate("status => status.textContent = ''")
        page.click("#go")
        expect(page.locator("#status")).to_have_text(re.compile("scored in|try again"), timeout=PATIENCE)
        if "scored in" in page.inner_text("#status"):
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.inner_text("#status"))
