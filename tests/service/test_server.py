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
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.service.served import Served, served

URL = "/v1/score"
LONG = "The mayor of Oslo told Ingrid Solheim. " * 2500  # seconds of work
ENDLESS = LONG * 10
TOKEN = "correct-horse-battery"
EVERYWHERE = "0.0.0.0"  # noqa: S104
WORKING = "escore_in_flight"


@contextmanager
def asking(port: int, text: str) -> Iterator[http.client.HTTPConnection]:
    """A connection on which a text was sent, and whose answer is still to be read."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("POST", URL, text, {"Content-Type": "text/plain"})
        yield connection


def ended(service: Served, seconds: float = 30) -> tuple[int, str]:
    """Exit code, and what was said on standard error after the address."""
    code = service.process.wait(seconds)
    assert service.process.stderr is not None
    return code, service.process.stderr.read()


def refused(port: int) -> bool:
    with closing(socket.socket()) as connection:
        return connection.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once_when_nobody_asks(number: signal.Signals) -> None:
    with served() as service, socket.create_connection(("127.0.0.1", service.port)):
        service.ask("GET", "/")
        started = time.monotonic()
        service.process.send_signal(number)
        assert ended(service) == (0, "")
        assert time.monotonic() - started < 3


def test_what_has_come_in_is_answered_and_nothing_more_is_taken() -> None:
    started = served("--threads", "1", "--grace", "120")  # two long texts one after the other, maybe on a slow machine
    with started as service, asking(service.port, LONG) as first, asking(service.port, LONG) as second:
        with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)) as kept:
            service.wait_for("escore_queue_length", 1)
            kept.request("GET", "/readyz")  # just before, since connections that are silent are closed
            assert kept.getresponse().read()
            service.process.terminate()
            wait_until(lambda: refused(service.port))
            kept.request("GET", "/readyz")  # on a connection that it had already
            answer = kept.getresponse()
            assert (answer.status, answer.headers["Connection"]) == (503, "close")
            answer.read()
        for connection in (first, second):
            answer = connection.getresponse()
            assert (answer.status, answer.headers["Connection"]) == (200, "close")
            assert json.loads(answer.read())["documents"][0]["words"][-1]["end"] == len(LONG.rstrip())
        assert ended(service) == (0, "")


def wait_until(true: Any) -> None:
    end = time.monotonic() + 10
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_answer_that_is_being_read_slowly_is_finished() -> None:
    with served() as service, closing(socket.socket()) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", service.port))
        body = b". " * 40_000
        head = (
            f"POST {URL} HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        connection.sendall(head.encode() + body)
        service.wait_for("escore_texts_total", 1)
        service.process.terminate()
        found = b""
        while piece := connection.recv(4096):
            found += piece
            if len(found) < 400_000:
                time.sleep(0.001)
        assert len(json.loads(found.partition(b"\r\n\r\n")[2])["documents"][0]["words"]) == 40_000
        assert ended(service) == (0, "")


def test_the_end_comes_when_the_time_is_over() -> None:
    with served("--grace", "0.5") as service, asking(service.port, ENDLESS):
        service.wait_for(WORKING, 1)
        started = time.monotonic()
        service.process.terminate()
        assert ended(service) == (0, "escore: requests that were not answered within 0.5 s: 1\n")
        assert time.monotonic() - started < 3


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
def test_a_second_interrupt_ends_at_once(first: signal.Signals) -> None:
    with served() as service, asking(service.port, ENDLESS):
        service.wait_for(WORKING, 1)
        service.process.send_signal(first)
        wait_until(lambda: refused(service.port))
        started = time.monotonic()
        service.process.send_signal(signal.SIGINT)
        assert ended(service) == (130, "")
        assert time.monotonic() - started < 1


def test_nothing_is_lost_when_it_ends_under_load() -> None:
    """Every request that was begun before the end is answered whole, on connections that are kept and on new ones."""
    with served() as service:
        outcomes: list[str] = []
        clients = [threading.Thread(target=ask_on, args=(service.port, kept, outcomes)) for kept in (True, False) * 4]
        for client in clients:
            client.start()
        time.sleep(1)
        service.process.terminate()
        for client in clients:
            client.join()
        assert ended(service) == (0, "")
    assert set(outcomes) <= {"told", "refused"}
    assert outcomes.count("told") >= 4  # those that kept their connection were told that it is closed


def ask_on(port: int, kept: bool, outcomes: list[str]) -> None:
    """Ask until the service is gone, and note how it went."""
    body, number = "Anna slept.", 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with closing(connection):
        while True:
            if not kept:
                connection.close()
            try:
                if connection.sock is None:
                    connection.connect()
            except ConnectionRefusedError:
                outcomes.append("refused")
                return
            try:
                connection.request("POST", URL, body, {"Content-Type": "text/plain"})
                answer = connection.getresponse()
                words = json.loads(answer.read())["documents"][0]["words"]
                assert [word["text"] for word in words] == ["Anna", "slept", "."]
            except Exception as error:
                outcomes.append(f"{error!r} at request {number}, kept: {kept}")
                return
            if answer.headers["Connection"] == "close":
                outcomes.append("told")
                return
            number += 1


def test_a_port_of_its_own_choice_or_one_that_is_free() -> None:
    with served() as service:
        taken = run("--port", str(service.port))
        assert taken == (
            1,
            f"escore: port {service.port} of 127.0.0.1 is taken; give another with --port, or 0 for any",
        )
        assert service.ask("GET", "/healthz")[0] == 200
    with served() as first, served() as second:
        assert first.port != second.port


def test_all_addresses_can_be_served_to_those_who_know_the_token() -> None:
    with served("--host", EVERYWHERE, ESCORE_TOKEN=TOKEN) as service:
        assert service.ask("GET", "/v1/model")[0] == 401
        for host in ("localhost", "127.0.0.1", socket.gethostname()):
            headers = {"Authorization": f"Bearer {TOKEN}", "Host": f"{host}:{service.port}"}
            assert service.ask("GET", "/v1/model", headers=headers)[0] == 200
    with served("--host", EVERYWHERE, "--let-anyone-in") as service:
        assert service.ask("GET", "/v1/model")[0] == 200


def run(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error of an `escore serve` that ends by itself."""
    command = [sys.executable, "-m", "escore_cli", "serve", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr.removesuffix("\n")


def test_what_cannot_be_served_is_said_in_one_line(tmp_path: Path) -> None:
    assert run("--host", "192.0.2.1") == (1, "escore: host 192.0.2.1: not an address of this machine; give one that is")
    assert run("--host", "no.invalid") == (1, "escore: host no.invalid: not known; give an address of this machine")
    code, said = run("--port", "0", "--model", str(tmp_path))
    assert (code, said.count("\n")) == (1, 0)
    assert "not a bundle" in said
    (tmp_path / "folder").mkdir()
    code, said = run("--port", "0", "--feedback", str(tmp_path / "folder"))
    assert (code, said.count("\n")) == (1, 0)
    assert "folder" in said


@pytest.mark.skipif(os.name != "posix", reason="ignored signals are inherited on POSIX")
def test_an_interrupt_that_a_shell_ignores_is_ignored() -> None:
    """As in `escore serve &` of a script, whose Ctrl-C is not meant for it."""
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with served() as service:
            service.process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            assert service.ask("GET", "/healthz")[0] == 200
    finally:
        signal.signal(signal.SIGINT, previous)
