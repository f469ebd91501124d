"""What all rooms share: the shipped model once, the command line as a real process, a tiny random checkpoint."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.corpora import write_corpora

from escore import Scorer

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.txt"))

# Unicode's White_Space property (PropList.txt, Unicode 16).
WHITE_SPACE = frozenset(
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="session")
def scorer() -> Scorer:
    return Scorer()


@pytest.fixture(scope="session")
def long_text() -> str:
    """The examples over and over, about 15 windows of them."""
    return "\n\n".join(path.read_text("utf-8") for path in EXAMPLES * 3)


@pytest.fixture
def escore(tmp_path: Path) -> Run:
    """Run the command line in an empty folder; standard input is empty unless given."""

    def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[bytes]:
        settings: dict[str, object] = {"cwd": tmp_path, "capture_output": True, "timeout": 120, "check": False}
        if "stdin" not in options:
            settings["input"] = b""
        return subprocess.run([sys.executable, "-m", "escore_cli", *map(str, arguments)], **settings | options)  # type: ignore[call-overload, no-any-return]  # noqa: PLW1510

    return run


@pytest.fixture(scope="session")
def clean_environment() -> dict[str, str]:
    """This environment without what escore reads from it."""
    return {
        key: value for key, value in os.environ.items() if key not in ("ESCORE_MODEL", "ESCORE_THREADS", "NO_COLOR")
    }


@pytest.fixture
def corpora(tmp_path: Path) -> Path:
    """A folder with some of the corpora that figures are measured on, made up."""
    return write_corpora(tmp_path / "corpora")
