"""Clients that send their requests slowly, on a server process of its own: they are refused, and keep nobody out."""

import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from threading import Event, Thread

import pytest
from tests.service.servers import Service

CLIENTS = 1100  # more than the server has connections for
PATIENCE = 2.0
SCORE = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
PROGRAM = f"""
from escore import Scorer
from escore_service import Limits, create_app
from escore_service.address import listen
from escore_service.server import Server

limits = Limits(patience={PATIENCE}, rate=1000)
listener = listen("127.0.0.1", 0)
server = Server(create_app(Scorer(threads=1), limits=limits), listener, 1, limits)
print(listener.getsockname()[1], flush=True)
server.run(0)
"""


@pytest.fixture(scope="module")
def impatient() -> Iterator[Service]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2 * CLIENTS:
        pytest.skip(f"only {hard} files can be open")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * CLIENTS), hard))
    with subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Service(process, int(process.stdout.readline()))
        finally:
            process.kill()


@contextmanager
def connections(port: int, number: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as stack:
        yield [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30)) for _ in range(number)]


@contextmanager
def dripping(clients: list[socket.socket], seconds: float) -> Iterator[None]:
    """Each client sends a byte again and again, until the server has closed it."""
    done, alive = Event(), list(clients)

    def drip() -> None:
        while not done.wait(seconds):
            for client in list(alive):
                try:
                    client.send(b"1")
                except OSError:
                    alive.remove(client)

    thread = Thread(target=drip)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def read(client: socket.socket) -> bytes:
    """All that the server sent before it closed the connection."""
    answer = b""
    try:
        while part := client.recv(1 << 16):
            answer += part
    except ConnectionResetError:  # a byte came after the end
        pass
    return answer


@pytest.mark.parametrize(
    "start",
    [b"GET / HTTP/1.1\r\nX: ", SCORE + b"Content-Length: 5000\r\n\r\n", SCORE + b"Transfer-Encoding: chunked\r\n\r\n"],
    ids=["head", "body", "chunked body"],
)
def test_many_slow_clients_keep_nobody_out(impatient: Service, start: bytes) -> None:
    waits = []
    with connections(impatient.port, CLIENTS) as clients:
        for client in clients:
            client.sendall(start)
        begin = time.monotonic()
        with dripping(clients, 0.5):
            while time.monotonic() < begin + PATIENCE:
                for path in ("/healthz", "/readyz"):
                    sent = time.monotonic()
                    assert impatient.request("GET", path)[0] == 200
                    waits.append(time.monotonic() - sent)
                assert impatient.request("POST", "/v1/score", {"text": "Joe"})[0] == 200
            answers = [read(client) for client in clients]
        assert time.monotonic() - begin < 4 * PATIENCE
    print(f"probes: median {1000 * median(waits):.1f} ms, longest {1000 * max(waits):.1f} ms of {len(waits)}")
    assert median(waits) < 0.05
    refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")]
    assert len(refused) + answers.count(b"") == CLIENTS
    assert len(refused) > 0.9 * CLIENTS  # to some, it was lost with the connection
    assert refused[0].partition(b"\r\n\r\n")[2] == b'{"error": "request timeout: the request came too slowly"}'


def test_many_connections_at_rest_keep_nobody_out(impatient: Service) -> None:
    """They may rest for longer than the patience for others; the first are closed when a new one needs the place."""
    probe = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    clients = []
    with ExitStack() as stack:
        for _ in range(CLIENTS):
            (client,) = stack.enter_context(connections(impatient.port, 1))
            client.sendall(probe)
            assert client.recv(1 << 16).startswith(b"HTTP/1.1 200 OK\r\n")
            clients.append(client)
        assert impatient.request("POST", "/v1/score", {"text": "Joe"})[0] == 200
        assert clients[0].recv(1) == b""
        clients[-1].sendall(probe)
        assert clients[-1].recv(1 << 16).startswith(b"HTTP/1.1 200 OK\r\n")


def test_one_that_says_nothing_is_closed(impatient: Service) -> None:
    with connections(impatient.port, 1) as (client,):
        begin = time.monotonic()
        assert client.recv(1) == b""
        assert PATIENCE - 0.1 < time.monotonic() - begin < 2 * PATIENCE


def test_a_body_of_the_least_rate_is_read_to_its_end(impatient: Service) -> None:
    """Longer than the patience for one that stops."""
    pieces, body = 20, b"Joe slept. " * 400
    size = len(body) // pieces
    with connections(impatient.port, 1) as (client,):
        client.sendall(SCORE + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
        begin = time.monotonic()
        for start in range(0, len(body), size):
            client.sendall(body[start : start + size])
            time.sleep(size / 1400)
        assert time.monotonic() - begin > 1.2 * PATIENCE
        assert read(client).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_connection_that_was_used_may_rest_but_not_stop_in_a_request(impatient: Service) -> None:
    with connections(impatient.port, 1) as (client,):
        for _ in range(2):
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert client.recv(1 << 16).startswith(b"HTTP/1.1 200 OK\r\n")
            time.sleep(1.3 * PATIENCE)
        client.sendall(b"GET /healthz HTTP/1.1\r\n")
        assert read(client).startswith(b"HTTP/1.1 408 Request Timeout\r\n")
