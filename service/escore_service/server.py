"""waitress as the server of an application. Before it ends, it answers the requests that have arrived.

waitress reads and writes in one thread and hands whole requests to others, so a slow client blocks none of those. Nor
does it keep others out: a request that comes too slowly is refused, and where all connections are taken, the slowest
client makes room for a new one.
"""

import logging
import socket
import time
from functools import partial
from heapq import nsmallest
from select import select

from flask import Flask
from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.server import TcpWSGIServer  # type: ignore[import-untyped]

from escore_service.app import DRAINING
from escore_service.channel import Channel
from escore_service.limits import Limits

CONNECTIONS = 1024  # if the system lets this process have four files for each
NEW_CONNECTIONS = 64  # taken at once, above that number, before the slowest are closed
SPARE_THREADS = 8  # for the page, figures and refusals, besides those that score or wait
IDLE_SECONDS = 0.3  # after which a connection is closed at the end


class Server:
    """An application on a listening socket. `width` is that of its ScoringQueue."""

    def __init__(self, app: Flask, listener: socket.socket, width: int, limits: Limits) -> None:
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # ours, ScoringQueue, is the one that fills up
        self._draining = app.extensions[DRAINING]
        self._listener = listener
        self._map: dict[int, wasyncore.dispatcher] = {}
        self._patience = limits.patience
        self._next_look = 0.0  # for requests that are late
        self._connections = _connections()
        self._server = _HTTPServer(
            app,
            map=self._map,
            _sock=listener,
            bind_socket=False,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            threads=2 * (width + limits.queue) + SPARE_THREADS,
            connection_limit=self._connections + NEW_CONNECTIONS,
            # Bodies larger than the application accepts are read too: else clients see a reset instead of the 413.
            max_request_body_size=4 * limits.body,
            outbuf_high_watermark=1 << 40,  # an answer waits for a slow client on the disk, not in a thread
            clear_untrusted_proxy_headers=False,  # nothing reads them, and else waitress wraps the application
            log_socket_errors=False,
            ident=None,
        )
        self._server.channel_class = partial(Channel, limits)

    def run(self, grace: float) -> int:
        """Serve until `stop`, then for at most `grace` seconds more. Returns how many requests were not answered."""
        while not self._draining.is_set():
            self._poll(min(1, self._patience / 4))
        return self._drain(time.monotonic() + grace)

    def stop(self) -> None:
        """Begin to end. Signal handlers may call this."""
        self._draining.set()
        self._server.pull_trigger()

    def _poll(self, seconds: float) -> None:
        wasyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)
        now = time.monotonic()
        if now >= self._next_look:
            self._next_look = now + min(1, self._patience / 4)
            for channel in self._channels():
                if channel.is_late(now):
                    channel.give_up()
        if len(self._server.active_channels) > self._connections:
            self._make_room(now)

    def _make_room(self, now: float) -> None:
        """Close the slowest clients, other than those that wait for an answer."""
        channels = [channel for channel in self._channels() if not channel.requests]
        surplus = len(self._server.active_channels) - self._connections
        for channel in nsmallest(surplus, channels, key=lambda channel: channel.due(now)):
            channel.give_up()

    def _channels(self) -> list[Channel]:
        return list(self._server.active_channels.values())

    def _drain(self, end: float) -> int:
        for _ in range(self._connections):  # clients whose connection is not accepted yet believe that it is
            if not select([self._listener], [], [], 0)[0]:
                break
            self._server.handle_accept()
        self._server.del_channel()
        self._listener.close()
        while self._channels() and time.monotonic() < end:
            self._poll(0.05)
            for channel in self._channels():
                if not channel.is_busy() and channel.last_activity < time.time() - IDLE_SECONDS:
                    channel.handle_close()
        return sum(channel.is_busy() for channel in self._channels())


class _HTTPServer(TcpWSGIServer):  # type: ignore[misc]
    def handle_accept(self) -> None:
        """Take all who wait, else each would wait for a round of the loop over all connections."""
        for _ in range(NEW_CONNECTIONS):
            connections = len(self.active_channels)
            super().handle_accept()
            if len(self.active_channels) == connections:
                return


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
