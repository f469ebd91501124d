"""What all rooms share: the model that ships, the command line as a process or in this one, made-up corpora."""

import os
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

# Test processes share the cores. Set before torch is imported, so that its threads do not wait for each other's.
os.environ.setdefault("OMP_NUM_THREADS", "1")
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background job; tests interrupt what they start
    signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest
from tests.corpora import write_corpora

from escore import Scorer
from escore.bundle.session import open_session
from escore.bundle.tokenizer import WordTokenizer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from escore_labels.record import Record

ROOT = Path(__file__).parent.parent
EXAMPLES = sorted((ROOT / "examples").glob("*.txt"))

# Unicode's White_Space property (PropList.txt, Unicode 16).
WHITE_SPACE = frozenset(
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)

Run = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture(scope="session")
def chromium() -> "Iterator[Browser]":
    """One browser for all tests of a process: Playwright runs only once in it."""
    from tests.service import browser

    with browser.chromium() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def scorer() -> Scorer:
    return Scorer()


@pytest.fixture(scope="session")
def long_text() -> str:
    """The examples over and over, about 15 windows of them."""
    return "\n\n".join(path.read_text("utf-8") for path in EXAMPLES * 3)


@pytest.fixture
def escore(tmp_path: Path) -> Run:
    """Run the command line in an empty folder, as a process; standard input is empty unless given."""

    def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[bytes]:
        settings: dict[str, object] = {"cwd": tmp_path, "capture_output": True, "timeout": 120, "check": False}
        if "stdin" not in options:
            settings["input"] = b""
        return subprocess.run([sys.executable, "-m", "escore_cli", *map(str, arguments)], **settings | options)  # type: ignore[call-overload, no-any-return]  # noqa: PLW1510

    return run


_open_tokenizer = lru_cache(2)(WordTokenizer)


def _open_session(file: Path, model: bytes, providers: list[str], device: str, heads: Iterable[str] = ()) -> Any:
    return _open_same_session(file, model, tuple(providers), device, tuple(heads))


@lru_cache(2)
def _open_same_session(file: Path, model: bytes, providers: tuple[str], device: str, heads: tuple[str]) -> Any:
    return open_session(file, model, list(providers), device, heads)


@pytest.fixture
def escore_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """The same in this process, which is three times as quick; the same model is opened once for several commands."""
    from escore.bundle import bundle
    from escore_cli.main import run_command

    monkeypatch.setattr(bundle, "open_session", _open_session)
    monkeypatch.setattr(bundle, "WordTokenizer", _open_tokenizer)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [])

    def run(*arguments: str | Path, input: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        sys.argv[:] = ["escore", *map(str, arguments)]
        capfdbinary.readouterr()
        with _restored_process(), _standard_input(input):
            code = run_command()
        return subprocess.CompletedProcess(arguments, code, *capfdbinary.readouterr())

    return run


@contextmanager
def _restored_process() -> Iterator[None]:
    """Signal handlers and the display of warnings, which commands set, are put back."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with warnings.catch_warnings():
        try:
            yield
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)


@contextmanager
def _standard_input(content: bytes) -> Iterator[None]:
    before = os.dup(0)
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        os.dup2(file.fileno(), 0)
        try:
            yield
        finally:
            os.dup2(before, 0)
            os.close(before)


@pytest.fixture
def little_general_text(monkeypatch: pytest.MonkeyPatch) -> "list[Record]":
    """`escore adapt` learns a sixth of the general sentences here, and measures on a fifth of the labeled ones: these.

    It takes a third of the time.
    """
    import escore_adapt.adapt
    from escore_labels.general import general_records, general_sentences

    sentences, records = general_sentences()[:200], general_records()[::5]
    monkeypatch.setattr(escore_adapt.adapt, "general_sentences", lambda: sentences)
    monkeypatch.setattr(escore_adapt.adapt, "general_records", lambda: records)
    return records


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
