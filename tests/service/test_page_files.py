"""The page's downloads and uploads, and malicious texts in both."""

import csv
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from tests.bundles import rewrite
from tests.conftest import EXAMPLES
from tests.service.browser import DONE, Visit, edit, highlighted, score, slide, word
from tests.service.servers import Service, serve

from escore.bundle.bundle import DEFAULT

MALICIOUS = (
    "<script>document.title='stolen'</script> <img src=x onerror=alert(1)> &amp; &#x3C;b&#x3E; \"' </main></textarea>\n"
    "invoice\u202egpj.exe \u2066David\u2069 \u200fBen nul \x01 ]]> --> javascript:alert(1)"
)
SHOWN = MALICIOUS.translate({code: f"<U+{code:04X}>" for code in (0x202E, 0x2066, 0x2069, 0x200F, 0x01)})


def saved(page: Page, kind: str) -> Path:
    with page.expect_download() as download:
        page.click(f"#downloads [value={kind}]")
    assert download.value.suggested_filename == f"escore.{kind}"
    path = Path(download.value.path()).with_suffix(f".{kind}")  # without it a browser shows HTML as text
    download.value.save_as(path)
    return path


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def run(folder: Path, texts: list[str], *options: str | Path) -> list[bytes]:
    """The lines that `escore run` writes about files named 0.txt, 1.txt ... with these texts."""
    names = [f"{number}.txt" for number in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        (folder / name).write_bytes(text.encode())
    command = [sys.executable, "-m", "escore_cli", "run", "--format", "jsonl", *map(str, options), *names]
    return subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout.splitlines(keepends=True)


def open_file(page: Page, name: str, text: str) -> None:
    """Open a file on the page, and wait for its scores."""
    page.locator("#status").evaluate("status => status.textContent = ''")
    page.set_input_files("#file", {"name": name, "mimeType": "text/plain", "buffer": text.encode()})
    expect(page.locator("#status")).to_have_text(DONE)


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    """Drop files on the page, as the browser hands them to it."""
    page.evaluate(
        """files => {
            const data = new DataTransfer();
            for (const [name, bytes] of files) data.items.add(new File([new Uint8Array(bytes)], name));
            const event = (type) => new DragEvent(type, {dataTransfer: data, bubbles: true, cancelable: true});
            document.body.dispatchEvent(event('dragover'));
            document.body.dispatchEvent(event('drop'));
        }""",
        [[name, list(content)] for name, content in files],
    )


def test_jsonl_is_what_the_command_line_writes(visit: Visit, feedback_service: Service, tmp_path: Path) -> None:
    texts = [path.read_text("utf-8") for path in EXAMPLES] + [MALICIOUS]
    lines, with_entities = (run(tmp_path, texts, "--min", "80.5", *options) for options in ((), ("--entities",)))
    page = visit(feedback_service)
    slide(page, 80.5)
    for number, text in enumerate(texts):
        open_file(page, f"{number}.txt", text)
        page.uncheck("#join")
        assert saved(page, "jsonl").read_bytes() == lines[number]
        page.check("#join")
        words, entities = saved(page, "jsonl").read_bytes().split(b', "entities": ')
        assert words == with_entities[number].split(b', "entities": ')[0]
        # A mean of rounded scores may differ in its last digit.
        assert len(json.loads(entities.rstrip(b"}\n"))) == len(json.loads(with_entities[number])["entities"])


@pytest.mark.parametrize("by_entity", [None, {"scores": [5, 200, 290], "probabilities": [0.1, 0.3, 0.8]}])
def test_probabilities_where_the_bundle_is_calibrated(
    visit: Visit, tmp_path: Path, by_entity: dict[str, list[float]] | None
) -> None:
    """Of words; and of entities, by a table of theirs or by their words."""
    text = "Anna Kowalska met the mayor on Tuesday."
    bundle = Path(shutil.copytree(DEFAULT, tmp_path / "bundle"))
    calibration = {"scores": [0, 150, 300], "probabilities": [0.001, 0.25, 0.99]}
    rewrite(bundle, lambda content: content.update(calibration=calibration, entity_calibration=by_entity))
    with serve("--model", bundle) as feedback_service:
        page = visit(feedback_service)
        page.uncheck("#join")
        open_file(page, "0.txt", text)
        slide(page, 0)
        (record,) = run(tmp_path, [text], "--min", "0", "--entities", "--model", bundle)
        expected = json.loads(record)
        assert saved(page, "jsonl").read_bytes().rstrip(b"}\n") == record.partition(b', "entities"')[0]
        word(page, "Anna").click()
        probability = expected["words"][0]["probability"]
        expect(page.locator("#details")).to_contain_text(f"{100 * probability:.1f} % probable")
        page.keyboard.press("Escape")
        page.check("#join")
        entities = json.loads(saved(page, "jsonl").read_bytes())["entities"]
        probabilities = [[entity["probability"] for entity in each] for each in (entities, expected["entities"])]
        assert probabilities[0] == pytest.approx(probabilities[1], abs=0.0002)
        assert (probabilities[0][0] > 0.9) == (by_entity is None)  # Anna Kowalska
        assert [float(row["probability"]) for row in table(saved(page, "csv"))] == probabilities[0]
        word(page, "Anna").click()
        expect(page.locator("#details")).to_contain_text(f"{100 * probabilities[0][0]:.1f} % probable")


def test_csv_has_a_row_for_each_word_that_is_seen(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = 'Anna "the cat" Kowalska, +49 =SUM(A1) 👍 @Ben'
    score(page, text)
    page.uncheck("#join")
    slide(page, 0)
    path = saved(page, "csv")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")  # or a spreadsheet takes it for Latin-1
    _, answer, _ = feedback_service.request("POST", "/v1/score", {"text": text})
    words = answer["documents"][0]["words"]
    labels = {"": "none", "-": "noun", "+": "proper", "★": "entity"}
    assert [
        (row["text"].removeprefix("'"), int(row["start"]), int(row["end"]), float(row["score"]), row["label"])
        for row in table(path)
    ] == [(word["text"], word["start"], word["end"], word["score"], labels[word["mark"]]) for word in words]


@pytest.mark.parametrize("sign", [*"=+-@", *"＝＋－＠"])
def test_no_spreadsheet_runs_a_cell(visit: Visit, feedback_service: Service, sign: str) -> None:
    page = visit(feedback_service)
    score(page, f"{sign}Anna Kowalska left. {sign} Ben")
    slide(page, 0)
    for joined in (True, False):
        page.set_checked("#join", joined)
        texts = [row["text"] for row in table(saved(page, "csv"))]
        assert not [text for text in texts if text.startswith(sign)]
    assert f"'{sign}" in texts  # as words; whether an entity begins there is up to the model


def test_html_needs_no_other_file(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = EXAMPLES[0].read_text("utf-8")
    score(page, text)
    page.context.set_offline(True)
    for joined in (False, True):
        page.set_checked("#join", joined)
        alone = page.context.new_page()
        alone.goto(saved(page, "html").as_uri())
        assert alone.locator("main").text_content() == text
        chips = alone.locator("main .chip")
        assert re.split(r"\s+", " ".join(chips.all_text_contents())) == highlighted(page) or joined
        assert chips.first.evaluate("chip => getComputedStyle(chip).backgroundColor") != "rgba(0, 0, 0, 0)"
        assert re.fullmatch(r"\d+\.\d\d .?", chips.first.get_attribute("title") or "")
        number = chips.first.evaluate("chip => getComputedStyle(chip, '::after').content")
        assert re.fullmatch(r'"\d+"', number)
        assert text.startswith((alone.locator("h1").text_content() or "").removesuffix("…")[:20])
        legend = alone.locator(".legend p").text_content() or ""
        assert "300 a named entity" in legend
        assert f"{chips.count()} {'entities' if joined else 'words'}" in legend
        assert "escore-en 7" in legend


def test_a_malicious_text_is_text(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    score(page, MALICIOUS)
    slide(page, 0)
    for joined in (False, True):
        page.set_checked("#join", joined)
        assert page.locator("#text").text_content() == SHOWN
        assert page.locator("#text *:not(div, span)").count() == 0
        assert page.locator("#entities tbody bdi *").count() == 0
        alone = page.context.new_page()
        alone.goto(saved(page, "html").as_uri())
        assert alone.locator("main").text_content() == SHOWN
        assert alone.locator("script, img, main *:not(span)").count() == 0
        assert alone.title().startswith("escore")
    assert page.title() == "escore"
    steering = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f]")
    assert not steering.search(page.locator("main").text_content() or "")


def test_a_file_is_scored_as_it_is(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    text = "Anna came.\r\nBen 👍 went.\rCleo\n"
    drop(page, ("notes.txt", b"\xef\xbb\xbf" + text.encode()))
    expect(page.locator("#shown")).to_contain_text("of 8 words")
    slide(page, 80)
    record = json.loads(saved(page, "jsonl").read_text("utf-8"))
    assert (record["id"], record["text"]) == ("notes.txt", text)
    assert all(text[word["start"] : word["end"]] == word["text"] for word in record["words"])
    edit(page)
    page.click("#go")
    expect(page.locator("#status")).to_have_text(DONE)
    assert json.loads(saved(page, "jsonl").read_text("utf-8"))["text"] == text  # the box has other line ends
    edit(page)
    page.locator("#box").press_sequentially("x")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#status")).to_have_text(DONE)
    assert json.loads(saved(page, "jsonl").read_text("utf-8"))["id"] == "-"


def test_what_is_no_text_file_is_refused_in_words(visit: Visit, feedback_service: Service) -> None:
    page = visit(feedback_service)
    drop(page, ("picture.png", b"\x89PNG\r\n\x1a\n\xff"))
    expect(page.locator("#status")).to_contain_text("picture.png is no text in UTF-8")
    expect(page.locator("#shown")).to_contain_text("129 words")  # what was there stays


def test_a_text_too_large_is_told_before_it_is_sent(visit: Visit, feedback_service: Service, tmp_path: Path) -> None:
    page = visit(feedback_service)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    path = tmp_path / "large.txt"
    path.write_text("Anna came. " * 1_700_000)
    page.set_input_files("#file", path)
    expect(page.locator("#status")).to_contain_text(re.compile(r"18\.7 MB.*16\.8 MB"))
    assert [url for url in requests if "/v1/" in url] == []
