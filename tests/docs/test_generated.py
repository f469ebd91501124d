"""What is written by `make docs` is what it would write now; what is written by hand names all that there is."""

import html
import re

import pytest
from docs.scripts import cli_reference, terminal_picture
from tests.conftest import ROOT

import escore


def test_the_command_line_reference_is_what_the_commands_say() -> None:
    assert cli_reference.PAGE.read_text("utf-8") == cli_reference.reference(), "run `make docs`"


def test_the_picture_of_a_terminal_shows_the_example() -> None:
    """Colors may differ from processor to processor where a score lies near a mark; the text may not."""
    texts = re.findall(r"<text[^>]*>(.*?)</text>", terminal_picture.PICTURE.read_text("utf-8"))
    words = " ".join(map(html.unescape, texts)).split()
    assert words[:6] == ["$", "escore", "run", "--min", "60", "examples/news.txt"]
    assert "".join(words[6:]) == "".join((ROOT / "examples" / "news.txt").read_text("utf-8").split())


def test_the_picture_can_be_drawn_again() -> None:
    drawn = terminal_picture.draw()
    assert drawn.startswith("<svg ")
    assert drawn.count("<rect ") == pytest.approx(terminal_picture.PICTURE.read_text("utf-8").count("<rect "), abs=10)


def test_the_python_reference_names_all_that_is_public() -> None:
    page = (ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
    public = {*escore.__all__, *_members(escore.Scorer), *_members(escore.Document), *_members(escore.Word)}
    assert {word for word in public if not re.search(rf"\b{word}\b", page)} == set()


def test_the_bundle_reference_names_every_field_of_the_manifest() -> None:
    page = (ROOT / "docs" / "reference" / "bundle.md").read_text("utf-8")
    assert {field for field in escore.Manifest.__slots__ if f"`{field}`" not in page} == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= 900


def _members(kind: type) -> set[str]:
    return {member for member in dir(kind) if not member.startswith("_")}
