"""Requests that could be read in two ways, byte by byte, are refused (RFC 9110 and 9112)."""

import socket

import pytest
from tests.service.servers import Service

POST = "POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\n"
CHUNKS = "3\r\nJoe\r\n0\r\n\r\n"


def exchange(service: Service, request: str) -> str:
    """What the service answers until it closes the connection."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(request.encode())
        return b"".join(iter(lambda: connection.recv(1 << 16), b"")).decode()


@pytest.mark.parametrize(
    ("request_text", "status", "problem"),
    [
        (
            f"{POST}Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n{CHUNKS}",
            "400 Bad Request",
            "transfer-encoding and content-length cannot go together",
        ),
        (
            f"{POST.replace('1.1', '1.0')}Transfer-Encoding: chunked\r\n\r\n{CHUNKS}",
            "400 Bad Request",
            "transfer-encoding needs http/1.1",
        ),
        (f"{POST}Content-Length: 3\r\nContent-Length: 4\r\n\r\nJoe", "400 Bad Request", "content-length is invalid"),
        (f"{POST}Expect: 200-ok\r\nContent-Length: 3\r\n\r\nJoe", "417 Expectation Failed", "only 100-continue"),
        (f"{POST}Expect: 100-continue\r\nContent-Length: {10**12}\r\n\r\n", "413 ", "exceeds max_body"),
    ],
)
def test_a_request_that_is_not_clear_is_refused(service: Service, request_text: str, status: str, problem: str) -> None:
    answer = exchange(service, request_text)
    assert answer.partition(" ")[2].startswith(status)
    assert answer.count("HTTP/1.") == 1
    assert problem in answer
    assert "Connection: close" in answer


def test_an_expectation_is_met_only_where_a_body_comes(service: Service) -> None:
    """waitress alone would answer 100 to the GET, and wait for ever."""
    head = "Host: localhost\r\nConnection: close\r\nExpect: 100-Continue\r\n"
    assert exchange(service, f"GET /healthz HTTP/1.1\r\n{head}\r\n").startswith("HTTP/1.1 200 ")
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        connection.sendall(f"{POST}Connection: close\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n".encode())
        assert connection.recv(1 << 16) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"J")
        connection.sendall(b"oe")
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
    with_content = f"{POST.replace('1.1', '1.0')}Expect: anything\r\nContent-Length: 3\r\n\r\nJoe"  # not in HTTP/1.0
    assert exchange(service, with_content).startswith("HTTP/1.0 200 ")


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://localhost:1/v1/model", 200),
        ("http://127.0.0.1", 200),
        ("HTTP://LOCALHOST/", 200),
        ("http://evil.example/v1/model", 400),
        ("http://localhost@evil.example/v1/model", 400),
        ("http://localhost//v1/model", 404),
        ("*", 404),
    ],
)
def test_a_whole_address_names_the_host(service: Service, target: str, status: int) -> None:
    answer = exchange(service, f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ")
