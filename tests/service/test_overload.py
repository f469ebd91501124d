"""The service when more is asked than it can do: refusals at once, clients that leave, clients that are slow."""

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from tests.service.servers import Service, serve, serve_app

from escore import Scorer
from escore_service import Limits, create_app

URL = "/v1/score"
LONG = "The mayor of Oslo told Ingrid Solheim. " * 25_000  # 1 MB, many seconds of work
MEDIUM = LONG[:5000]
WAITING, WORKING = "escore_queue_length", "escore_in_flight"


@pytest.fixture
def narrow() -> Iterator[Service]:
    """One slot a lane, and room for one request that waits."""
    with serve("--threads", "1", "--queue", "1") as service:
        yield service


@contextmanager
def send(port: int, body: bytes, share: float = 1) -> Iterator[socket.socket]:
    """A connection on which a request was sent, or this share of its body."""
    with closing(socket.socket()) as connection:
        connection.connect(("127.0.0.1", port))
        head = (
            f"POST {URL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body[: int(share * len(body))])
        yield connection


def test_when_full_the_answer_is_503_at_once(narrow: Service) -> None:
    with send(narrow.port, LONG.encode()), send(narrow.port, LONG.encode()):
        narrow.wait_for(WAITING, 1)
        status, answer, headers = narrow.request("POST", URL, MEDIUM, "text/plain")
        assert narrow.metric(WORKING) == narrow.metric(WAITING) == 1  # it was not answered because a slot was free
        assert (status, list(answer), headers["Retry-After"]) == (503, ["error"], "1")
        assert narrow.request("POST", URL, {"text": "Joe"})[0] == 200  # a short one has a lane of its own
        assert narrow.request("GET", "/")[0] == narrow.request("GET", "/healthz")[0] == 200
        assert narrow.metric('escore_errors_total{reason="busy"}') == 1


def test_a_client_that_leaves_stops_its_work(narrow: Service) -> None:
    """Its words would be counted if it went on, as it would for many seconds."""
    with send(narrow.port, LONG.encode()):
        narrow.wait_for(WORKING, 1)
    narrow.wait_for(WORKING, 0)
    assert narrow.metric('escore_errors_total{reason="left"}') == 1
    assert narrow.metric("escore_words_total") == 0
    assert narrow.request("POST", URL, MEDIUM, "text/plain")[0] == 200


def test_a_client_that_leaves_the_queue_gives_its_place_back(narrow: Service) -> None:
    with send(narrow.port, LONG.encode()):
        narrow.wait_for(WORKING, 1)
        for left in range(1, 4):
            with send(narrow.port, MEDIUM.encode()):
                narrow.wait_for(WAITING, 1)
            narrow.wait_for(WAITING, 0)
            narrow.wait_for('escore_errors_total{reason="left"}', left)
        assert narrow.metric(WORKING) == 1


def test_slow_writers_hold_no_worker() -> None:
    """Far more of them than there are threads."""
    with serve("--threads", "1", "--queue", "0") as service, ExitStack() as stack:
        slow = [stack.enter_context(send(service.port, MEDIUM.encode(), share=0.5)) for _ in range(60)]
        assert service.request("POST", URL, MEDIUM, "text/plain")[0] == 200
        rest = MEDIUM.encode()[len(MEDIUM) // 2 :]
        slow[0].sendall(rest)  # and it is answered once it is there
        assert read(slow[0]).startswith(b"HTTP/1.1 200")


def test_slow_readers_hold_no_worker(scorer: Scorer) -> None:
    """Again more than threads. What they have not read waits on the disk, whole."""
    app = create_app(scorer, limits=Limits(queue=0))
    content = json.dumps(list(range(700_000))).encode()
    app.add_url_rule("/large", "large", lambda: (content, {"Content-Type": "application/json"}), methods=["POST"])
    with serve_app(app, 1, Limits(queue=0)) as port, ExitStack() as stack:
        slow = [stack.enter_context(large(port)) for _ in range(20)]
        for connection in slow:
            assert connection.recv(1, socket.MSG_PEEK)
        with send(port, b"Joe Biden") as quick:
            assert read(quick).startswith(b"HTTP/1.1 200")
        for connection in slow[:3]:
            assert read(connection).partition(b"\r\n\r\n")[2] == content


@contextmanager
def large(port: int) -> Iterator[socket.socket]:
    with closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", port))
        connection.sendall(b"POST /large HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        yield connection


def read(connection: socket.socket) -> bytes:
    """One answer, head and body."""
    connection.settimeout(30)
    start = b""
    while b"\r\n\r\n" not in start:
        start += connection.recv(1 << 16)
    head, _, body = start.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].split()[0])
    parts = [body]
    while (length := length - len(parts[-1])) > 0:
        parts.append(connection.recv(1 << 20))
    return head + b"\r\n\r\n" + b"".join(parts)
