"""Who may ask: hosts, origins, the token; what every answer forbids; and that no text is logged."""

import re
import socket
from typing import Any

import pytest
from tests.service.servers import OPEN, TOKEN, Service, serve

from escore import EscoreError, InputTypeError, Scorer, SettingError
from escore_service import create_app

URL = "/v1/score"
BODY = {"text": "Joe"}


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
