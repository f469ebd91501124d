"""One browser and one service that keeps corrections, for the tests of the page."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser
from tests.service import browser
from tests.service.served import Served, served


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with browser.chromium() as found:
        yield found


@pytest.fixture
def visit(chromium: Browser) -> Iterator[browser.Visit]:
    with browser.visiting(chromium) as visit:
        yield visit


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("--feedback", tmp_path_factory.mktemp("feedback") / "corrections.db") as server:
        yield server
