"""waitress as the server of an application. Before it ends, it answers the requests that have arrived.

waitress reads and writes in one thread and hands whole requests to others, so a slow client blocks none of those.
"""

import json
import logging
import socket
import time
from contextlib import suppress
from select import select
from typing import Any

import waitress  # type: ignore[import-untyped]
from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]

from escore_service.app import DRAINING
from escore_service.auth import LOCAL_ADDRESS
from escore_service.headers import HEADERS
from escore_service.limits import Limits

CONNECTIONS = 1024  # if the system lets this process have four files for each
SPARE_THREADS = 8  # for the page, figures and refusals, besides those that score or wait
IDLE_SECONDS = 0.3  # after which a connection is closed at the end


class Server:
    """An application on a listening socket. `width` is that of its ScoringQueue."""

    def __init__(self, app: Flask, listener: socket.socket, width: int, limits: Limits) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # ours, ScoringQueue, is the one that fills up
        self._draining = app.extensions[DRAINING]
        self._listener = listener
        self._map: dict[int, wasyncore.dispatcher] = {}
        self._server = waitress.create_server(
            app,
            map=self._map,
            sockets=[listener],
            threads=2 * (width + limits.queue) + SPARE_THREADS,
            connection_limit=_connections(),
            # Bodies larger than the application accepts are read too: else clients see a reset instead of the 413.
            max_request_body_size=4 * limits.body,
            outbuf_high_watermark=1 << 40,  # an answer waits for a slow client on the disk, not in a thread
            clear_untrusted_proxy_headers=False,  # nothing reads them, and else waitress wraps the application
            log_socket_errors=False,
            ident=None,
        )
        self._server.channel_class = _Channel

    def run(self, grace: float) -> int:
        """Serve until `stop`, then for at most `grace` seconds more. Returns how many requests were not answered."""
        while not self._draining.is_set():
            self._poll(1)
        return self._drain(time.monotonic() + grace)

    def stop(self) -> None:
        """Begin to end. Signal handlers may call this."""
        self._draining.set()
        self._server.pull_trigger()

    def _poll(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)

    def _drain(self, end: float) -> int:
        for _ in range(_connections()):  # clients whose connection is not accepted yet believe that it is
            if not select([self._listener], [], [], 0)[0]:
                break
            self._server.handle_accept()
        self._server.del_channel()
        self._listener.close()
        channels = self._server.active_channels
        while channels and time.monotonic() < end:
            self._poll(0.05)
            for channel in list(channels.values()):
                if not channel.is_busy() and channel.last_activity < time.time() - IDLE_SECONDS:
                    channel.handle_close()
        return sum(channel.is_busy() for channel in list(channels.values()))


def _connections() -> int:
    """How many clients may be connected: without free files the loop would spin and accept nobody."""
    try:
        import resource
    except ImportError:  # Windows
        return CONNECTIONS // 4
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = 4 * CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < files:
        soft = files if hard == resource.RLIM_INFINITY else min(hard, files)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return CONNECTIONS if soft == resource.RLIM_INFINITY else min(CONNECTIONS, soft // 4)


class _Task(WSGITask):  # type: ignore[misc]
    """An answer. Head and body are sent together, so that the client wakes up once."""

    def get_environment(self) -> dict[str, Any]:
        """As waitress has it, with the path as it came (waitress drops slashes), and the address that it came to."""
        environ: dict[str, Any] = super().get_environment()
        environ["PATH_INFO"] = self.request.path or "/"  # RFC 9112, section 3.2.2
        with suppress(OSError, AttributeError):  # closed just now
            environ[LOCAL_ADDRESS] = self.channel.socket.getsockname()[0]
        return environ

    def build_response_header(self) -> bytes:
        if self.channel.server.application.extensions[DRAINING].is_set():
            self.set_close_on_finish()
        head: bytes = super().build_response_header()
        return head

    def write(self, data: bytes) -> None:
        if self.wrote_header or not data or self.content_length is None or not self.has_body:
            super().write(data)
            return
        head = self.build_response_header()
        self.wrote_header: bool = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(head + data)


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    """The answer to what is not HTTP, or too much of it: JSON, like all others."""

    def execute(self) -> None:
        error = self.request.error
        body = json.dumps({"error": f"{error.reason}: {error.body}".lower()}).encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers.extend([*HEADERS, ("Content-Type", "application/json")])
        self.content_length = len(body)
        self.set_close_on_finish()
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    task_class = _Task
    error_task_class = _ErrorTask

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
        return bool(self.requests or self.request or self.total_outbufs_len)
