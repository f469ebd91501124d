"""The access log: a line of JSON for each request, no text, and no line lost to log rotation."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import Run
from tests.service.servers import serve

from escore import Scorer
from escore_service import create_app

FIELDS = ["time", "method", "path", "status", "bytes", "seconds", "client", "id", "words"]
TEXT = "A secret of Oslo."


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_each_request_is_a_line_without_its_text(tmp_path: Path) -> None:
    log = tmp_path / "access.jsonl"
    with serve("--access-log", log) as service:
        _, _, headers = service.request("POST", "/v1/score?min=0", {"text": TEXT})
        service.request("POST", "/v1/score", '{"text": "A secret', headers={"X-Request-ID": "req-1"})
        service.request("GET", "/nothing?secret=1", headers={"X-Request-ID": 'a "secret"\tof mine'})
        service.request("GET", "/v1/model", headers={"Host": "evil.example"})
        service.request("GET", "/%0a%7b?secret=1")
        scored, broken, nothing, refused, odd = entries(log)
    assert list(scored) == FIELDS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", scored["time"])
    assert (scored["method"], scored["path"], scored["status"], scored["words"]) == ("POST", "/v1/score", 200, 5)
    assert scored["bytes"] == int(headers["Content-Length"])
    assert 0 < scored["seconds"] < 60
    assert scored["client"] == "127.0.0.1"
    assert scored["id"] == headers["X-Request-ID"]
    assert (broken["status"], broken["id"], broken["words"]) == (400, "req-1", 0)
    assert (nothing["status"], nothing["path"]) == (404, "/nothing")
    assert re.fullmatch("[0-9a-f]{16}", nothing["id"])
    assert (refused["status"], odd["path"]) == (400, "/\n{")
    assert "secret" not in log.read_text("utf-8")


def test_a_log_that_is_moved_begins_again_and_loses_nothing(scorer: Scorer, tmp_path: Path) -> None:
    log = tmp_path / "access.jsonl"
    app = create_app(scorer, access_log=log)
    with ThreadPoolExecutor(4) as clients:
        done = [clients.submit(app.test_client().get, "/healthz") for _ in range(400)]
        for number in range(5):
            done[60 * number].result()
            log.replace(tmp_path / f"access.{number}.jsonl")
            app.test_client().get("/readyz")
    assert sum(len(entries(path)) for path in tmp_path.iterdir()) == 405
    assert len(list(tmp_path.iterdir())) == 6


def test_standard_error_is_a_log_too() -> None:
    with serve("--access-log", "-") as service:
        service.request("GET", "/healthz")
        assert service.process.stderr is not None
        assert json.loads(service.process.stderr.readline())["path"] == "/healthz"


def test_a_log_that_cannot_be_written_is_told_and_fails_no_request(
    scorer: Scorer, escore: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    done = escore("serve", "--port", "0", "--access-log", "missing/access.jsonl")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert done.stderr.startswith(b"escore: missing/access.jsonl: No such file or directory; ")
    folder = tmp_path / "log"
    folder.mkdir()
    client = create_app(scorer, access_log=folder / "access.jsonl").test_client()
    (folder / "access.jsonl").unlink()
    folder.rmdir()
    assert [client.get("/healthz").status_code for _ in range(2)] == [200, 200]
    assert capfd.readouterr().err == "escore: access log: No such file or directory; requests are not logged\n"
    folder.mkdir()
    client.get("/healthz")
    assert len(entries(folder / "access.jsonl")) == 1


def test_without_the_option_nothing_is_logged_and_no_id_given(scorer: Scorer) -> None:
    assert "X-Request-ID" not in create_app(scorer).test_client().get("/healthz").headers
