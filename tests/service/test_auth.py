"""Who may ask: hosts, origins, the token; what every answer forbids; and what no log ever shows."""

import gc
import logging
import re
import socket
import weakref
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from flask import Response, abort
from tests.service.servers import TOKEN, Service, serve
from werkzeug.test import EnvironBuilder

from escore import EscoreError, InputTypeError, Scorer, SettingError
from escore_service import create_app
from escore_service.headers import HEADERS

URL = "/v1/score"
BODY = {"text": "Joe"}
OPEN = ("/", "/static/page.js", "/healthz", "/readyz", "/openapi.json")


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:80",
        "127.0.0.1:8300",
        "[::1]:8300",
        "Escore.example:443",
        "[fd00::1]",
        "localhost:",
        "[FD00:0:0::1]:80",
    ],
)
def test_a_host_that_is_ours_is_served(service: Service, host: str) -> None:
    assert service.request("GET", "/v1/model", headers={"Host": host})[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:x",
        "[::1",
        "[::2]",
        "localhost:\xb2",
        "http://localhost",
        "localhost, localhost",
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.2",
        "localhost:x",
        "",
        "a@localhost",
    ],
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
        (
            {"Sec-Fetch-Site": "same-origin", "Origin": "https://a.example:8443", "Host": "localhost"},
            200,
        ),  # nginx: $host
        ({"Origin": "https://localhost", "Host": "LOCALHOST:443"}, 200),
        ({"Origin": "http://localhost:80", "Host": "localhost"}, 200),
        ({"Origin": "http://localhost", "Host": "localhost:443"}, 403),
        ({"Sec-Fetch-Site": "none", "Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "Same-Origin"}, 403),  # browsers write it in one way
        ({"Origin": ""}, 403),
        ({"Origin": "file://"}, 403),
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


def test_a_host_that_lost_its_port_is_explained(service: Service) -> None:
    """As nginx sends it with $host; browsers do not send Sec-Fetch-Site over plain HTTP."""
    headers = {"Origin": "http://localhost:8080", "Host": "localhost"}
    status, answer, _ = service.request("POST", URL, BODY, headers=headers)
    assert (status, answer["error"]) == (
        403,
        "pages of other sites may not send this; a proxy must pass the Host on as it is, with the port; "
        "nginx: proxy_set_header Host $http_host",
    )


@pytest.mark.parametrize("host", ["Host: 10.1.2.3:8300\r\n", "Host: evil.example\r\n", "Host: \r\n", ""])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_probes_call_by_any_name_or_none(token_service: Service, host: str, version: str) -> None:
    for path, state in (("/healthz", b"ok"), ("/readyz", b"ready")):
        head = f"GET {path} HTTP/{version}\r\n{host}Connection: close\r\n\r\n"
        answer = exchange(token_service.port, head.encode())
        assert answer.startswith(f"HTTP/{version} 200 ".encode())
        assert answer.endswith(b'{"status":"%s"}\n' % state)
    answer = exchange(token_service.port, f"GET / HTTP/{version}\r\n{host}Connection: close\r\n\r\n".encode())
    assert answer.startswith(f"HTTP/{version} 400 ".encode())


@pytest.mark.parametrize("path", ["//healthz", "//static/page.js", "/static//page.js", "//v1/model", "//"])
def test_an_empty_segment_is_part_of_a_path(service: Service, path: str) -> None:
    answer = exchange(service.port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404 ")


def exchange(port: int, request: bytes) -> bytes:
    """What the service answers until it closes the connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "Bearer "])
def test_the_scheme_has_no_case(token_service: Service, scheme: str) -> None:
    """RFC 9110, section 11.1; several spaces are allowed after it."""
    assert token_service.request("GET", "/v1/model", headers={"Authorization": f"{scheme} {TOKEN}"})[0] == 200


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


REQUESTS = (
    *(("GET", path) for path in (*OPEN, "/v1/model", "/metrics", "/v1/feedback", "/nothing")),
    ("POST", URL),
    ("POST", "/v1/feedback"),
    ("DELETE", "/v1/feedback/1"),
)


@pytest.mark.parametrize(("method", "path"), REQUESTS)
def test_hooks_of_an_embedding_application_see_every_request(
    scorer: Scorer, tmp_path: Path, method: str, path: str
) -> None:
    app, order = create_app(scorer, feedback=str(tmp_path / "corrections.db")), []

    @app.before_request
    def no() -> None:
        order.append("before")
        abort(403)

    @app.after_request
    def sign(response: Response) -> Response:
        order.append("after")
        response.headers["X-Embedded"] = "yes"
        return response

    @app.teardown_request
    def done(error: BaseException | None) -> None:
        order.append(f"teardown {error}")

    answer = app.test_client().open(path, method=method, json=BODY if method == "POST" else None)
    assert (answer.status_code, answer.get_json()) == (403, {"error": "forbidden"})
    assert answer.headers["X-Embedded"] == "yes"
    assert "Content-Security-Policy" in answer.headers
    assert order == ["before", "after", "teardown None"]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
@pytest.mark.parametrize("kind", ["before_request", "after_request"])
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Flask leaves files to the collector
def test_a_hook_that_fails_is_answered_in_json_and_ends_the_request(
    scorer: Scorer, tmp_path: Path, method: str, path: str, kind: str
) -> None:
    app, ends = create_app(scorer, feedback=tmp_path / "corrections.db"), []

    def fail(*_: object) -> None:
        raise LookupError("a secret")

    getattr(app, kind)(fail)
    app.teardown_request(lambda _: ends.append("teardown"))
    answer = app.test_client().open(path, method=method, json=BODY if method == "POST" else None)
    assert (answer.status_code, answer.get_json()) == (500, {"error": "the service failed; its log says where"})
    assert [answer.headers.get_all(name) for name, _ in HEADERS] == [[value] for _, value in HEADERS]
    assert ends == ["teardown"]
    del answer
    gc.collect()


def test_a_mount_without_its_slash_leads_to_the_page(scorer: Scorer) -> None:
    """Wherever a proxy shows it: the answer is relative, since the page's links are."""
    app = create_app(scorer, token=TOKEN)
    mount = {"SCRIPT_NAME": "/a b/escor\xc3\xa9", "PATH_INFO": ""}
    answer = app.test_client().get("/?min=3", environ_overrides=mount)
    assert (answer.status_code, answer.headers["Location"]) == (308, "escor%C3%A9/?min=3")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"hosts": "a.org"}, InputTypeError, "hosts is the string 'a.org'; give a list of names: ['a.org']"),
        ({"hosts": ["http://a.org"]}, SettingError, "'http://a.org' is not the name of a host"),
        ({"hosts": ["a.org/"]}, SettingError, "'a.org/' is not the name of a host"),
        ({"hosts": [""]}, SettingError, "'' is not the name of a host"),
        ({"token": "\xe9"}, SettingError, "the token is empty or holds other characters"),
        ({"token": ""}, SettingError, "the token is empty or holds other characters"),
        ({"token": "two words"}, SettingError, "the token is empty or holds other characters"),
        ({"token": "a\n"}, SettingError, "the token is empty or holds other characters"),
    ],
)
def test_a_setting_that_cannot_work_is_refused(
    scorer: Scorer, arguments: dict[str, Any], error: type[EscoreError], message: str
) -> None:
    with pytest.raises(error, match=re.escape(message)):
        create_app(scorer, **arguments)


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
