"""A service in this process, on real sockets: for an application with a route that only a test has."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from flask import Flask

from escore_service import Limits
from escore_service.address import listen
from escore_service.server import Server


@contextmanager
def inside(app: Flask, width: int, limits: Limits) -> Iterator[int]:
    """The port of 127.0.0.1 on which it is served."""
    listening: socket.socket = listen("127.0.0.1", 0)
    port: int = listening.getsockname()[1]
    server = Server(app, listening, width, limits)
    thread = Thread(target=server.run, args=(1,))
    thread.start()
    try:
        yield port
    finally:
        server.stop()
        thread.join()
