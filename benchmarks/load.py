"""Clients that ask a service as quickly as it answers, each on a connection of its own.

    python -m benchmarks.load HOST PORT PATH CLIENTS SECONDS < TEXTS.json

Prints JSON: the answers, the seconds that they took together, and the milliseconds of each. One process with as little
work a request as can be, since it shares the processor with the service that it measures.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle

_LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)


@dataclass(slots=True)
class _Client:
    connection: socket.socket
    sent: float = 0.0
    answer: bytearray = field(default_factory=bytearray)

    def ask(self, request: bytes) -> None:
        self.answer.clear()
        self.sent = time.perf_counter()
        self.connection.sendall(request)

    def is_answered(self) -> bool:
        """Read what is there; whether that is the whole answer. Raises ConnectionError for any but 200."""
        received = self.connection.recv(1 << 20)
        if not received:
            raise ConnectionError("the service closed a connection")
        self.answer += received
        head = self.answer.find(b"\r\n\r\n")
        if head < 0:
            return False
        if not self.answer.startswith(b"HTTP/1.1 200"):
            raise ConnectionError(f"the service answered {bytes(self.answer[:300])!r}")
        length = _LENGTH.search(self.answer, 0, head)
        return length is not None and len(self.answer) == head + 4 + int(length[1])


def load(
    address: tuple[str, int], requests: Iterator[bytes], clients: int, seconds: float
) -> tuple[float, list[float]]:
    """Ask for so many seconds; the seconds until the last answer, and each answer's."""
    selector = selectors.DefaultSelector()
    for _ in range(clients):
        connection = socket.create_connection(address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, _Client(connection))
    begun = time.perf_counter()
    for key in selector.get_map().values():
        key.data.ask(next(requests))
    taken: list[float] = []
    asking = clients
    while asking:
        ready = selector.select(timeout=60)
        if not ready:
            raise ConnectionError("the service has not answered for a minute")
        for key, _ in ready:
            client = key.data
            if not client.is_answered():
                continue
            now = time.perf_counter()
            taken.append(now - client.sent)
            if now < begun + seconds:
                client.ask(next(requests))
            else:
                asking -= 1
    spent = time.perf_counter() - begun
    for key in list(selector.get_map().values()):
        key.data.connection.close()
    return spent, taken


def main() -> None:
    """Read texts from standard input, and ask for their scores in turn."""
    host, port, path, clients, seconds = sys.argv[1:]
    bodies = [json.dumps({"text": text}).encode() for text in json.load(sys.stdin)]
    head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\nContent-Length: "
    requests = [head.encode() + b"%d\r\n\r\n" % len(body) + body for body in bodies]
    spent, taken = load((host, int(port)), cycle(requests), int(clients), float(seconds))
    json.dump({"seconds": spent, "milliseconds": [1e3 * each for each in taken]}, sys.stdout)


if __name__ == "__main__":
    main()
