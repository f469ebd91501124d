"""Who may ask: hosts, origins, the token; what every answer forbids; and what no log ever shows."""

import gc
import logging
import weakref
from contextlib import closing

import pytest
from flask import Response, abort
from tests.service.servers import TOKEN, Service, serve
from werkzeug.test import EnvironBuilder

from escore import Scorer
from escore_service import create_app

URL = "/v1/score"
BODY = {"text": "Joe"}
OPEN = ("/", "/static/page.js", "/healthz", "/readyz", "/openapi.json")


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1:8300", "[::1]:8300", "Escore.example:443", "[fd00::1]"]
)
def test_a_host_that_is_ours_is_served(service: Service, host: str) -> None:
    assert service.request("GET", "/v1/model", headers={"Host": host})[0] == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.2", "localhost:x", "", "a@localhost"],
)
def test_another_host_is_refused_wherever_it_asks(service: Service, host: str) -> None:
    """A page whose name resolves to this machine must read nothing."""
    for method, path in (("GET", "/"), ("GET", "/v1/model"), ("POST", URL), ("GET", "/static/page.js"), ("GET", "/x")):
        status, answer, _ = service.request(method, path, headers={"Host": host})
        assert (status, list(answer)) == (400, ["error"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Origin": "http://localhost:8300", "Host": "localhost:8300"}, 200),
        ({"Origin": "https://localhost", "Host": "localhost"}, 200),  # behind a proxy that speaks TLS
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:8301", "Host": "localhost:8300"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:8300", "Host": "localhost:8300"}, 403),
    ],
)
def test_a_page_of_another_site_changes_nothing(service: Service, headers: dict[str, str], status: int) -> None:
    assert service.request("POST", URL, BODY, headers=headers)[0] == status
    assert service.request("DELETE", "/v1/feedback/1", headers=headers)[0] == (404 if status == 200 else status)


@pytest.mark.parametrize(
    "authorization",
    ["", TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ", f"Basic {TOKEN}", "Bearer \xe9"],
)
def test_a_wrong_token_is_refused(token_service: Service, authorization: str) -> None:
    sent = {"Authorization": authorization} if authorization else {}
    for method, path in (("POST", URL), ("GET", "/v1/model"), ("GET", "/metrics"), ("GET", "/nothing")):
        status, answer, headers = token_service.request(method, path, headers=sent)
        assert (status, list(answer), headers["WWW-Authenticate"]) == (401, ["error"], "Bearer")
        assert TOKEN not in answer["error"]


def test_the_token_opens_all_and_the_page_needs_none(token_service: Service) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert token_service.request("POST", URL, BODY, headers=headers)[0] == 200
    assert token_service.request("GET", "/metrics", headers=headers)[0] == 200
    assert [token_service.request("GET", path)[0] for path in OPEN] == [200] * len(OPEN)


def test_every_answer_forbids_what_is_not_ours(service: Service) -> None:
    gets = [("GET", path) for path in (*OPEN, "/v1/model", "/metrics", "/nothing")]
    for method, path in (*gets, ("POST", URL), ("DELETE", URL)):
        _, _, headers = service.request(method, path)
        policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert headers["Cache-Control"] == ("no-cache" if path == "/" or path.startswith("/static/") else "no-store")
        assert headers["Server"] is None
        assert len(headers.get_all("Content-Security-Policy", [])) == 1


def test_no_text_is_logged() -> None:
    with serve() as service:
        for body in (
            {"text": "a secret"},
            {"text": "a secret", "min": "a secret"},
            b'{"text": "a secret',
            b"\xffsecret",
        ):
            service.request("POST", URL, body)
        service.request("GET", "/a-secret?secret=secret")
        service.process.terminate()
        assert service.process.wait(30) == 0
        assert service.process.stderr is not None
        assert service.process.stderr.read() == ""


def test_what_breaks_is_logged_by_place_and_told_without_the_text(
    scorer: Scorer, caplog: pytest.LogCaptureFixture
) -> None:
    app = create_app(scorer)

    @app.get("/broken")
    def broken() -> str:
        raise ValueError(f"what was asked: a {'secret':s}")

    with caplog.at_level(logging.INFO):
        answer = app.test_client().get("/broken")
    assert (answer.status_code, list(answer.get_json())) == (500, ["error"])
    assert "GET /broken: ValueError" in caplog.text
    assert "in broken" in caplog.text
    assert "a secret" not in caplog.text
    assert b"secret" not in answer.data


def test_hooks_of_an_embedding_application_see_every_request(scorer: Scorer) -> None:
    app = create_app(scorer)

    @app.before_request
    def no() -> None:
        abort(403)

    @app.after_request
    def sign(response: Response) -> Response:
        response.headers["X-Embedded"] = "yes"
        return response

    client = app.test_client()
    for method, path in (("POST", URL), ("GET", "/v1/model"), ("GET", "/"), ("GET", "/nothing")):
        answer = client.open(path, method=method, json=BODY if method == "POST" else None)
        assert (answer.status_code, answer.get_json()) == (403, {"error": "forbidden"})
        assert answer.headers["X-Embedded"] == "yes"
        assert "Content-Security-Policy" in answer.headers


def test_a_refused_request_is_let_go_at_once(scorer: Scorer) -> None:
    """Nothing waits for the garbage collector, which may not come for long, while it holds a large body."""

    class Mark:
        pass

    application = create_app(scorer)
    environ = EnvironBuilder(
        URL, "http://localhost", method="POST", data=b"\xff", content_type="text/plain"
    ).get_environ()
    environ["mark"] = mark = Mark()
    held = weakref.ref(mark)
    del mark
    gc.disable()
    try:
        status: list[str] = []
        with closing(application(environ, lambda line, _: status.append(line))) as answer:  # type: ignore[arg-type, return-value, type-var]
            assert b"UTF-8" in b"".join(answer)
        assert status[0].startswith("400")
        del environ, answer
        assert held() is None
    finally:
        gc.enable()
