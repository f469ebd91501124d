"""Three services, which all tests of a session share, and a review."""

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.service import browser
from tests.service.reviews import Reviewing
from tests.service.servers import TOKEN, Service, serve

from escore import Scorer


@pytest.fixture(scope="session", autouse=True)
def interrupts() -> None:
    """Processes inherit ignored signals, and tests that run in the background would ignore interrupts."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def visit(chromium: Browser) -> Iterator[browser.Visit]:
    with browser.visiting(chromium) as visit:
        yield visit


@pytest.fixture(scope="session")
def feedback_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feedback") / "corrections.db"


@pytest.fixture(scope="session")
def feedback_service(feedback_file: Path) -> Iterator[Service]:
    """A service that stores corrections."""
    with serve("--feedback", feedback_file) as service:
        yield service


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """A service without corrections, which has names of its own."""
    with serve("--allow-host", "escore.example:443", "--allow-host", "fd00::1") as service:
        yield service


@pytest.fixture(scope="session")
def token_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that stores corrections and asks for TOKEN."""
    with serve("--feedback", tmp_path_factory.mktemp("token") / "corrections.db", ESCORE_TOKEN=TOKEN) as service:
        yield service


@pytest.fixture
def review_file(tmp_path: Path) -> Path:
    """Where `review` keeps its decisions."""
    return tmp_path / "mine.db"


@pytest.fixture
def review(review_file: Path, scorer: Scorer) -> Iterator[Reviewing]:
    with closing(Reviewing(review_file, scorer)) as review:
        yield review
