"""The Markdown pages, and the fenced blocks in them."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "training" / "README.md"])
RUN = ("sh", "console", "python")  # languages of blocks that are run
SHOWN = ("text", "json")  # of those that are not, but which may show the output of the block before them
CHECKED = ("ini", "nginx")  # of configurations, which test_deploy.py uses
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```\n(?:\n+```(text|json)\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """A block that is run, the line where it begins, and the block behind it that shows what comes out, if any.

    `shown_as` is that block's language, "text" or "json".
    """

    line: int
    language: str
    code: str
    shown_as: str | None
    shown: str | None


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that are run, in order."""
    text = page.read_text("utf-8")
    return [
        Block(text.count("\n", 0, match.start()) + 1, match[1], match[2], match[3], match[4])
        for match in _FENCE.finditer(text)
        if match[1] in RUN
    ]


def fenced(page: Path, language: str) -> list[str]:
    """What the blocks of a language hold, whether they are run or not."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def name(page: Path) -> str:
    """A page as the project calls it: docs/README.md."""
    return page.relative_to(ROOT).as_posix()
