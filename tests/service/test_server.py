"""`escore serve` as a process: where it listens, how it ends, and what it does not lose on the way."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from tests.service.servers import TOKEN, Service, serve

URL = "/v1/score"
LONG = "The mayor of Oslo told Ingrid Solheim. " * 1000  # about a second of work
ENDLESS = LONG * 50
EVERYWHERE = "0.0.0.0"  # noqa: S104
WORKING = "escore_in_flight"


@contextmanager
def sending(port: int, text: str) -> Iterator[http.client.HTTPConnection]:
    """A connection on which a text was sent, and whose answer is still to be read."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", URL, text, {"Content-Type": "text/plain"})
        yield connection


def wait_for_end(service: Service, seconds: float = 60) -> tuple[int, str]:
    """Exit code, and standard error after the address."""
    code = service.process.wait(seconds)
    assert service.process.stderr is not None
    return code, service.process.stderr.read()


def is_refused(port: int) -> bool:
    with closing(socket.socket()) as connection:
        return connection.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_when_nobody_asks(number: signal.Signals) -> None:
    """Long before the time that requests would have."""
    with serve("--grace", "600") as service, socket.create_connection(("127.0.0.1", service.port)):
        service.request("GET", "/")
        service.process.send_signal(number)
        assert wait_for_end(service) == (0, "")


def test_what_has_come_in_is_answered_and_nothing_more_is_taken() -> None:
    service_process = serve("--threads", "1", "--grace", "600")  # it scores the two texts one after the other
    with service_process as service, sending(service.port, LONG) as first, sending(service.port, LONG) as second:
        with socket.create_connection(("127.0.0.1", service.port), timeout=60) as third:
            service.wait_for("escore_queue_length", 1)
            third.sendall(b"GET /readyz HTTP/1.1\r\n")  # half a request: idle connections are closed at the end
            service.process.terminate()
            wait_until(lambda: is_refused(service.port))
            third.sendall(b"Host: localhost\r\n\r\n")
            response = http.client.HTTPResponse(third)
            response.begin()
            assert (response.status, response.headers["Connection"]) == (503, "close")
        for connection in (first, second):
            response = connection.getresponse()
            assert (response.status, response.headers["Connection"]) == (200, "close")
            assert json.loads(response.read())["documents"][0]["words"][-1]["end"] == len(LONG.rstrip())
        assert wait_for_end(service) == (0, "")


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_answer_to_a_slow_reader_is_finished() -> None:
    with serve() as service, closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", service.port))
        body = b". " * 20_000
        head = (
            f"POST {URL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        service.wait_for("escore_texts_total", 1)
        service.process.terminate()
        response = b""
        while part := connection.recv(4096):
            response += part
            if len(response) < 200_000:
                time.sleep(0.001)
        assert len(json.loads(response.partition(b"\r\n\r\n")[2])["documents"][0]["words"]) == 20_000
        assert wait_for_end(service) == (0, "")


def test_the_end_comes_when_the_time_is_over() -> None:
    with serve("--grace", "0.5") as service, sending(service.port, ENDLESS):
        service.wait_for(WORKING, 1)
        service.process.terminate()
        assert wait_for_end(service) == (0, "escore: requests that were not answered within 0.5 s: 1\n")


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_interrupt_ends_at_once(first: signal.Signals) -> None:
    with serve("--grace", "600") as service, sending(service.port, ENDLESS):
        service.wait_for(WORKING, 1)
        service.process.send_signal(first)
        wait_until(lambda: is_refused(service.port))
        service.process.send_signal(signal.SIGINT)
        assert wait_for_end(service) == (130, "")


def test_nothing_is_lost_when_it_ends_under_load() -> None:
    """Every request that began before the end is answered whole, on connections that stay open and on new ones."""
    with serve("--grace", "600") as service:
        outcomes: list[str] = []
        clients = [
            threading.Thread(target=send_many, args=(service.port, keep_alive, outcomes))
            for keep_alive in (True, False) * 4
        ]
        for client in clients:
            client.start()
        wait_until(lambda: service.metric("escore_texts_total") > 100)
        service.process.terminate()
        for client in clients:
            client.join()
        assert wait_for_end(service) == (0, "")
    assert set(outcomes) <= {"close", "refused"}
    assert outcomes.count("close") >= 4  # connections that stayed open were closed with an answer that says so


def send_many(port: int, keep_alive: bool, outcomes: list[str]) -> None:
    """Send requests until the service is gone, and note how that showed."""
    body, number = "Anna slept.", 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(connection):
        while True:
            if not keep_alive:
                connection.close()
            try:
                if connection.sock is None:
                    connection.connect()
            except ConnectionRefusedError:
                outcomes.append("refused")
                return
            try:
                connection.request("POST", URL, body, {"Content-Type": "text/plain"})
                response = connection.getresponse()
                words = json.loads(response.read())["documents"][0]["words"]
                assert [word["text"] for word in words] == ["Anna", "slept", "."]
            except Exception as error:
                outcomes.append(f"{error!r} at request {number}, keep-alive: {keep_alive}")
                return
            if response.headers["Connection"] == "close":
                outcomes.append("close")
                return
            number += 1


def test_a_port_that_is_taken_is_refused(service: Service, feedback_service: Service) -> None:
    message = f"escore: port {service.port} of 127.0.0.1 is taken; give another with --port, or 0 for any"
    assert run("--port", str(service.port)) == (1, message)
    assert service.request("GET", "/healthz")[0] == 200
    assert service.port != feedback_service.port  # both were started with port 0


def test_all_addresses_can_be_served_to_those_who_know_the_token() -> None:
    with serve("--host", EVERYWHERE, ESCORE_TOKEN=TOKEN) as service:
        assert service.request("GET", "/v1/model")[0] == 401
        for host in ("localhost", "127.0.0.1", socket.gethostname()):
            headers = {"Authorization": f"Bearer {TOKEN}", "Host": f"{host}:{service.port}"}
            assert service.request("GET", "/v1/model", headers=headers)[0] == 200


def test_all_addresses_can_be_served_to_anyone_by_the_address_that_they_reach() -> None:
    """127.0.0.2 is one that no list of this machine's addresses has."""
    with serve("--host", EVERYWHERE, "--let-anyone-in") as service:
        for host, status in (("127.0.0.2", 200), ("[::ffff:127.0.0.2]", 200), ("127.0.0.3", 400), ("a.example", 400)):
            with closing(http.client.HTTPConnection("127.0.0.2", service.port, timeout=60)) as connection:
                connection.request("GET", "/v1/model", headers={"Host": f"{host}:{service.port}"})
                assert connection.getresponse().status == status
        with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as connection:
            connection.request("GET", "/v1/model", headers={"Host": "127.0.0.2"})
            assert connection.getresponse().status == 400


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error of an `escore serve` that ends by itself."""
    command = [sys.executable, "-m", "escore_cli", "serve", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr.removesuffix("\n")


def test_what_cannot_be_served_is_said_in_one_line(tmp_path: Path) -> None:
    assert run("--host", "192.0.2.1") == (1, "escore: host 192.0.2.1: not an address of this machine; give one that is")
    assert run("--host", "no.invalid") == (1, "escore: host no.invalid: not known; give an address of this machine")
    code, message = run("--port", "0", "--model", str(tmp_path))
    assert (code, message.count("\n")) == (1, 0)
    assert "not a bundle" in message
    (tmp_path / "folder").mkdir()
    code, message = run("--port", "0", "--feedback", str(tmp_path / "folder"))
    assert (code, message.count("\n")) == (1, 0)
    assert "folder" in message


@pytest.mark.skipif(os.name != "posix", reason="ignored signals are inherited on POSIX")
def test_an_interrupt_that_a_shell_ignores_is_ignored() -> None:
    """As in `escore serve &` of a script, whose Ctrl-C is not meant for it."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with serve() as service:
            service.process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            assert service.request("GET", "/healthz")[0] == 200
    finally:
        signal.signal(signal.SIGINT, previous)
