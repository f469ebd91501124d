"""The page of `escore evaluate --html`."""

from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from tests.conftest import Run
from tests.evaluation.own_labels import label, reviewed
from tests.service.browser import DESKTOP, PHONE

from escore_labels.record import Record, write_records


class Page(HTMLParser):
    """The tags of a page, and its text."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(content)

    def handle_starttag(self, tag: str, attributes: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_stands_alone_and_shows_texts_as_they_are(escore_here: Run, tmp_path: Path, lower: Path) -> None:
    pytest.importorskip("matplotlib")
    records = reviewed(12)
    evil = "<script>alert(1)</script> & 'Anna' \x07 saw\nit."
    records.append(Record(text=evil, spans=(label(evil, "Anna", "none"), label(evil, "saw", "none"))))
    write_records(tmp_path / "a <b>.jsonl", records)
    done = escore_here("evaluate", "default", "a <b>.jsonl", "--html", "report.html", "--against", lower)
    assert done.returncode == 0, done.stderr
    page = Page((tmp_path / "report.html").read_text("utf-8"))
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "b>"}
    assert sum(tag == "svg" for tag, _ in page.tags) == 2
    policy = next(a["content"] for tag, a in page.tags if tag == "meta" and "http-equiv" in a)
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    for _, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert "<script>alert(1)</script> & 'Anna' \\x07 saw\nit." in page.text
    assert "a <b>.jsonl" in page.text
    assert any(tag == "mark" for tag, _ in page.tags)
    assert "better" in page.text


def test_a_page_is_whole_or_not_there(escore_here: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    (tmp_path / "open.jsonl").write_text('{"text": "Anna saw it."}\n')
    done = escore_here("evaluate", "default", "open.jsonl", "--html", "report.html", "--save", "figures.json")
    assert done.returncode == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["open.jsonl"]
    done = escore_here("evaluate", "default", "open.jsonl", "--html", "nowhere/report.html")
    assert done.stderr == b"escore: nowhere/report.html: No such file or directory; make the folder first\n"


def test_a_page_of_targets_alone_has_no_plots(escore_here: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    text = "Anna saw the ship."
    write_records(
        tmp_path / "t.jsonl", [Record(text=text, spans=(label(text, "Anna", 9.0), label(text, "ship", 200.0)))]
    )
    done = escore_here("evaluate", "default", "t.jsonl", "--html", "report.html", "--no-general", "--resamples", "0")
    assert done.returncode == 0, done.stderr
    assert "<svg" not in (tmp_path / "report.html").read_text("utf-8")


def test_a_browser_shows_the_page_on_a_desk_and_on_a_phone(
    escore: Run, chromium: Browser, tmp_path: Path, lower: Path
) -> None:
    """No breach of its own policy, nothing wider than the screen, and nothing for axe-core to complain of."""
    pytest.importorskip("matplotlib")
    long = f"{'word' * 40} was what Anna said."
    odd = Record(text=long, reviewed=True, spans=(label(long, "word" * 40, "entity", kind="place"),))
    write_records(tmp_path / f"{'long-name-' * 8}.jsonl", [*reviewed(12), odd])
    write_records(tmp_path / "b.jsonl", reviewed(3))
    done = escore(
        *("evaluate", "default", f"{'long-name-' * 8}.jsonl", "b.jsonl", "--html", "report.html", "--against", lower)
    )
    assert done.returncode == 0, done.stderr
    for settings in ({"color_scheme": "dark", "viewport": DESKTOP}, {"color_scheme": "light", **PHONE}):
        problems: list[str] = []
        page = chromium.new_page(**settings)
        page.on("console", lambda line, problems=problems: problems.append(line.text))
        page.goto((tmp_path / "report.html").as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert problems == []
        page.close()
        page = chromium.new_page(bypass_csp=True, **settings)  # axe-core is a script, which the policy forbids
        page.goto((tmp_path / "report.html").as_uri())
        assert Axe().run(page).response["violations"] == []
        page.close()
