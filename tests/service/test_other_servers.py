"""The application in other servers than its own: gunicorn, and FastAPI through a2wsgi and uvicorn."""

import http.client
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from tests.service.servers import Service

from escore import Scorer
from escore_service import create_app

LIMIT = 100_000
APPLICATION = f"""
from escore import Scorer
from escore_service import Limits, create_app

app = create_app(Scorer(threads=1), limits=Limits(body={LIMIT}))
"""
MOUNTED = f"""{APPLICATION}
from a2wsgi import WSGIMiddleware
from fastapi import FastAPI

outer = FastAPI()
outer.mount("/escore", WSGIMiddleware(app, workers=4))
"""
# What each needs, its arguments, and the path of the service in it.
SERVERS = {
    "gunicorn": (["gunicorn"], ["gunicorn", "--threads", "4", "--bind", "127.0.0.1:0", "application:app"], ""),
    "gunicorn, mounted": (
        ["gunicorn"],
        ["gunicorn", "--threads", "4", "--bind", "127.0.0.1:0", "--env", "SCRIPT_NAME=/escore", "application:app"],
        "/escore",
    ),
    "a2wsgi": (["a2wsgi", "fastapi", "uvicorn"], ["uvicorn", "--port", "0", "application:outer"], "/escore"),
}


@pytest.fixture(scope="module", params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, str]]:
    """A service in another server, and its path there."""
    packages, arguments, path = SERVERS[request.param]
    for package in packages:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    folder = tmp_path_factory.mktemp("server")
    (folder / "application.py").write_text(MOUNTED if "a2wsgi" in packages else APPLICATION)
    command, variables = [sys.executable, "-m", *arguments], os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=folder, env=variables, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            lines = []
            for line in process.stderr:
                lines.append(line)
                if address := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                    break
            else:
                pytest.fail("".join(lines))
            yield Service(process, int(address[1])), path
        finally:
            process.terminate()
            process.communicate()


def send(server: tuple[Service, str], content_type: str, *chunks: bytes, query: str = "") -> tuple[int, Any]:
    """Status and content of the answer to a text whose length is not told before."""
    service, path = server
    with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
        headers = {"Content-Type": content_type, "Transfer-Encoding": "chunked"}
        connection.request("POST", f"{path}/v1/score{query}", iter(chunks), headers, encode_chunked=True)
        response = connection.getresponse()
        return response.status, json.loads(response.read())


def send_until_read(server: tuple[Service, str], content_type: str, chunk: bytes) -> tuple[int, Any]:
    """As `send`, once more where the server had closed its end before all was sent, so that no answer was read."""
    for _ in range(20):
        with suppress(BrokenPipeError, ConnectionResetError):
            return send(server, content_type, chunk)
    raise AssertionError("the server never let a whole request be sent")


def words(answer: Any) -> list[str]:
    return [word["text"] for word in answer["documents"][0]["words"]]


def test_a_body_is_read_to_its_end_in_whatever_way_it_comes(server: tuple[Service, str]) -> None:
    service, path = server
    status, answer, _ = service.request("POST", f"{path}/v1/score", "Joe slept.", "text/plain")
    assert (status, words(answer)) == (200, ["Joe", "slept", "."])
    status, answer = send(server, "text/plain", b"Joe ", b"slept", b".")
    assert (status, words(answer)) == (200, ["Joe", "slept", "."])
    status, answer = send(server, "application/json", b'{"text": "Jo', b'e slept."}')
    assert (status, words(answer)) == (200, ["Joe", "slept", "."])
    long = b"Joe slept. " * 2000
    status, answer = send(server, "text/plain", *(long[i : i + 1000] for i in range(0, len(long), 1000)))
    assert (status, len(words(answer))) == (200, 6000)
    assert send(server, "text/plain", query="?min=3")[1]["documents"] == [{"words": []}]


def test_a_body_that_is_too_large_is_refused_in_whatever_way_it_comes(server: tuple[Service, str]) -> None:
    service, path = server
    assert service.request("POST", f"{path}/v1/score", b"a" * (LIMIT + 1), "text/plain")[0] == 413
    assert send(server, "text/plain", b"a" * LIMIT, b"a")[0] == 413
    assert send(server, "text/plain", b"a" * LIMIT)[0] == 200


def test_the_same_is_refused_as_elsewhere(server: tuple[Service, str]) -> None:
    service, path = server
    for address, headers, status in (
        ("/v1/model", {"Host": "evil.example"}, 400),
        ("/healthz", {"Host": "10.1.2.3:8300"}, 200),
        ("//v1/model", {}, 404),
        ("/static//page.js", {}, 404),
    ):
        assert service.request("GET", path + address, headers=headers)[0] == status
    assert service.request("POST", f"{path}/v1/score", b"a", "text/html")[0] == 415


def test_the_page_is_found_without_its_last_slash(server: tuple[Service, str]) -> None:
    service, path = server
    if path:
        status, _, headers = service.request("GET", path)
        assert status in (307, 308)
        assert headers["Location"].removeprefix(f"http://127.0.0.1:{service.port}") in ("escore/", "/escore/")
    status, page, _ = service.request("GET", f"{path}/")
    assert (status, "<h1>escore</h1>" in page) == (200, True)
    assert service.request("GET", f"{path}/static/page.js")[0] == 200
    assert service.request("GET", f"{path}/openapi.json")[1]["servers"] == [{"url": "."}]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_server_that_does_not_tell_where_a_body_ends_gets_no_half_of_it(scorer: Scorer) -> None:
    """As Python's own, which knows no chunks."""
    with make_server("127.0.0.1", 0, create_app(scorer), handler_class=Quiet) as wsgiref:
        thread = Thread(target=wsgiref.serve_forever)
        thread.start()
        try:
            server = (Service(None, wsgiref.server_port), "")
            for content_type in ("text/plain", "application/json"):
                status, answer = send_until_read(server, content_type, b"Joe")
                assert (status, answer["error"].partition(";")[0]) == (
                    411,
                    "this server does not tell where the body ends",
                )
            assert words(server[0].request("POST", "/v1/score", "Joe", "text/plain")[1]) == ["Joe"]
        finally:
            wsgiref.shutdown()
            thread.join()
