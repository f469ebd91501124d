"""Another process writes to the file of corrections, and does not end: nobody waits but those who write too."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.service.servers import serve
from tests.service.test_feedback_routes import CORRECTION, TEXT, URL, digest

from escore_service.feedback_connections import MAX_WAITING

CLIENTS = 300
AT_ONCE = 0.05  # seconds for a probe; the best of three, since the machine may be busy


@contextmanager
def writing(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def quickest(ask: Callable[[], Any]) -> tuple[float, Any]:
    """The seconds of the quickest of three calls, and its answer."""
    times = []
    for _ in range(3):
        start = time.monotonic()
        answer = ask()
        times.append(time.monotonic() - start)
    return min(times), answer


def test_probes_and_readers_do_not_wait_for_writers(tmp_path: Path) -> None:
    path = tmp_path / "corrections.db"
    with serve("--feedback", path) as service:
        assert service.request("POST", URL, CORRECTION)[0] == 201
        with writing(path), ThreadPoolExecutor(CLIENTS) as pool:
            bodies = [CORRECTION | {"start": number % 17, "score": number} for number in range(CLIENTS)]
            start = time.monotonic()
            waiting = [pool.submit(service.request, "POST", URL, body) for body in bodies]
            time.sleep(1)
            for probe in ("/healthz", "/readyz"):
                seconds, answer = quickest(lambda probe=probe: service.request("GET", probe)[0])  # type: ignore[misc]
                assert answer == 200
                assert seconds < AT_ONCE
            seconds, answer = quickest(lambda: service.request("GET", f"{URL}?text_sha256={digest(TEXT)}")[:2])
            assert answer[0] == 200
            assert [correction["start"] for correction in answer[1]["corrections"]] == [CORRECTION["start"]]
            assert seconds < AT_ONCE
            assert service.request("POST", "/v1/score", {"text": "Joe"})[0] == 200
            assert time.monotonic() - start < 5  # the writers that may wait still do
            answers = [one.result() for one in waiting]
        assert {status for status, _, _ in answers} == {503}
        refused = [answer for _, answer, _ in answers if "too many writers" in answer["error"]]
        assert CLIENTS - len(refused) == MAX_WAITING
        assert service.request("POST", URL, CORRECTION)[0] == 201
