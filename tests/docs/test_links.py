"""Links between pages lead somewhere, and commands that are not run exist."""

import re
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.docs.pages import CHECKED, PAGES, RUN, SHOWN, name

LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_to_a_file_and_a_heading(page: Path) -> None:
    for target, anchor in LINK.findall(FENCED.sub("", page.read_text("utf-8"))):
        path = (page.parent / target).resolve() if target else page
        assert path.exists(), target
        assert path.is_relative_to(ROOT), target
        if anchor:
            assert anchor in _anchors(path), f"{target}#{anchor}"


def test_the_code_points_to_pages_that_exist() -> None:
    """Comments and messages of the packages name pages as docs/README.md."""
    parts = ("runtime", "labels", "evaluation", "adapt", "export", "training", "service", "cli", "benchmarks", "tests")
    files = [
        path for part in parts for path in (ROOT / part).rglob("*") if path.suffix in (".py", ".toml", ".js", ".html")
    ]
    mentions = {page for path in files for page in re.findall(r"docs/[\w/-]+\.md", path.read_text("utf-8"))}
    assert len(mentions) > 5
    assert {page for page in mentions if not (ROOT / page).exists()} == set()


def test_every_page_is_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    linked = {(index.parent / target).resolve() for target, _ in LINK.findall(index.read_text("utf-8"))}
    assert {page for page in PAGES if page.is_relative_to(index.parent)} - {index} <= linked


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_blocks_say_whether_they_are_run(page: Path) -> None:
    languages = {language for language, _ in FENCED.findall(page.read_text("utf-8"))}
    assert languages <= {*RUN, *SHOWN, *CHECKED}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_have_the_options_that_the_page_gives_them(page: Path) -> None:
    reference = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
    text = page.read_text("utf-8")
    code = "\n".join([block for _, block in FENCED.findall(text)] + re.findall(r"^    .*$", text, re.MULTILINE))
    for line in re.findall(r"^ *(?:\$ )?(?:\w+=\S+ )?(escore .*)$", code, re.MULTILINE):
        command, _, rest = line.removeprefix("escore ").partition(" ")
        if command.startswith("-"):
            continue
        options = reference.partition(f"\n## escore {command}\n")[2].partition("\n## ")[0]
        assert options, line
        for option in re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest.partition(" #")[0].partition("|")[0]):
            assert re.search(rf"(?<![\w-]){option}(?![\w-])", options), f"{line}: {option}"


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
