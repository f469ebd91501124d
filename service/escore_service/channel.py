"""A connection of waitress: its requests, its answers, and how long it may take for them."""

import json
import socket
from contextlib import suppress
from time import monotonic, time
from typing import Any

from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]
from waitress.utilities import build_http_date  # type: ignore[import-untyped]

from escore_service.app import DRAINING
from escore_service.auth import LOCAL_ADDRESS
from escore_service.headers import HEADERS
from escore_service.limits import Limits
from escore_service.parser import Parser


class Task(WSGITask):  # type: ignore[misc]
    """An answer. Head and body are sent together, so that the client wakes up once."""

    def get_environment(self) -> dict[str, Any]:
        """As waitress has it, with the path as it came (waitress drops slashes), and the address that it came to."""
        environ: dict[str, Any] = super().get_environment()
        environ["PATH_INFO"] = self.request.path or "/"
        if self.request.proxy_netloc:  # of GET http://name/path, where it goes before Host (RFC 9112, section 3.2.2)
            environ["HTTP_HOST"] = self.request.proxy_netloc
        with suppress(OSError, AttributeError):  # closed just now
            environ[LOCAL_ADDRESS] = self.channel.socket.getsockname()[0]
        return environ

    def build_response_header(self) -> bytes:
        """The head of the answer, which says so if the connection will be closed."""
        if self.channel.server.application.extensions[DRAINING].is_set():
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head

    def write(self, data: bytes) -> None:
        """Send a part of the body, the first one with the head."""
        if self.wrote_header or not data or self.content_length is None or not self.has_body:
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header: bool = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


class RefusalTask(ErrorTask):  # type: ignore[misc]
    """The answer to what is not HTTP, or too much of it: JSON, like all others."""

    def execute(self) -> None:
        """Send it."""
        error = self.request.error
        body = json.dumps({"error": f"{error.reason}: {error.body}".lower()}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend([*HEADERS, ("Content-Type", "application/json")])
        self.content_length = len(body)
        self.set_close_on_finish()
        self.write(body)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection, with a deadline for the request that it sends. The server's own thread keeps that.

    A request may fall behind `limits.rate` by `limits.patience` seconds, so each byte moves the deadline, but none
    moves it further than that from now. A connection that was just opened has as long to begin.
    """

    task_class = Task
    error_task_class = RefusalTask
    parser_class = Parser

    def __init__(self, limits: Limits, *arguments: Any, **settings: Any) -> None:
        self._limits = limits
        self._sends = True  # a request is expected, or its first part is here
        self._deadline = monotonic() + limits.patience
        super().__init__(*arguments, **settings)

    def received(self, data: bytes) -> bool:
        """Take a part of a request, or of several."""
        now = monotonic()
        if not self._sends:
            self._deadline = now + self._limits.patience
        more: bool = super().received(data)
        self._deadline = min(self._deadline + len(data) / self._limits.rate, now + self._limits.patience)
        self._sends = self.request is not None
        return more

    def is_late(self, now: float) -> bool:
        """Whether its request should be here by now. One that is not read, since another is answered, may wait."""
        if self.is_answering():
            self._deadline = now + self._limits.patience
        return self._sends and now > self._deadline

    def is_answering(self) -> bool:
        """Whether a request is being answered, or its answer is on its way out."""
        return bool(self.requests or self.total_outbufs_len)

    def due(self, now: float) -> float:
        """The time by which it should make progress; the earliest of all is that of the slowest client."""
        if self.total_outbufs_len:
            return float(now - (time() - self.last_activity) + self._limits.patience)
        return self._deadline

    def give_up(self) -> None:
        """Close it; a client that has sent a part of a request is told why (RFC 9110, section 15.5.9)."""
        if self._sends and self.request is not None and not self.is_answering():
            with suppress(OSError):
                self.socket.send(_too_late())
        self.handle_close()

    def writable(self) -> bool:
        """While a request is answered, its own thread sends: the loop would only spin, and take Python's lock."""
        return bool(self.will_close or self.close_when_flushed or (self.total_outbufs_len and not self.requests))

    def check_client_disconnected(self) -> bool:
        """Whether the client has closed its end.

        waitress itself can tell only if it reads ahead, but then its loop spins while an answer is being sent.
        """
        try:
            closed: bool = self.socket.recv(1, socket.MSG_PEEK) == b""  # waitress' sockets never wait
        except BlockingIOError:
            return False
        except (OSError, AttributeError):  # closed just now
            return True
        return closed

    def is_busy(self) -> bool:
        """Whether a request is on its way in, being answered, or its answer on its way out."""
        return bool(self.request or self.is_answering())


def _too_late() -> bytes:
    """A whole answer: 408, once for each of many clients, so without the threads that answer others."""
    body = b'{"error": "request timeout: the request came too slowly"}'
    fields = [
        *HEADERS,
        ("Connection", "close"),
        ("Content-Length", str(len(body))),
        ("Content-Type", "application/json"),
        ("Date", build_http_date(time())),
    ]
    head = "".join(f"{name}: {value}\r\n" for name, value in fields)
    return f"HTTP/1.1 408 Request Timeout\r\n{head}\r\n".encode() + body
