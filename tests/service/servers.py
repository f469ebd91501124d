"""Real services on ports of their own: an `escore serve` process, or an application in this process."""

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

from flask import Flask

from escore_service import Limits
from escore_service.address import listen
from escore_service.server import Server

TOKEN = "correct-horse-battery"  # of a service that asks for one
OPEN = ("/", "/static/page.js", "/healthz", "/readyz", "/openapi.json")  # paths that need none
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Service:
    """An `escore serve` process, and the port of 127.0.0.1 that it listens on."""

    process: subprocess.Popen[str]
    port: int

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        content_type: str = "application/json",
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """Status, content and headers of the answer; a body that is neither str nor bytes is sent as JSON."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            data = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
            data = data.encode() if isinstance(data, str) else data
            own_headers = {"Content-Type": content_type} if body is not None else {}
            connection.request(method, path, data, own_headers | dict(headers))
            response = connection.getresponse()
            content = response.read()
            if response.headers.get_content_type() != "application/json":
                return response.status, content.decode() or None, response.headers
            return response.status, json.loads(content), response.headers

    def metric(self, name: str) -> float:
        """A figure of GET /metrics, 0 if it is not there yet."""
        lines = self.request("GET", "/metrics")[1].splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0.0)

    def wait_for(self, name: str, value: float, seconds: float = 60) -> None:
        """Return when a figure has this value; fail if that takes too long."""
        end = time.monotonic() + seconds
        while (current := self.metric(name)) != value:
            assert time.monotonic() < end, f"{name} is {current}, not {value}"
            time.sleep(0.02)


@contextmanager
def serve(*arguments: str | Path, **variables: str) -> Iterator[Service]:
    """`escore serve` with these arguments and environment variables, until the end of the `with` block."""
    command = [sys.executable, "-m", "escore_cli", "serve", "--port", "0", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=os.environ | variables) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            address = re.search(r"http://(?:127\.0\.0\.1|localhost):(\d+)", line)
            assert address is not None, line + process.stderr.read()
            yield Service(process, int(address[1]))
        finally:
            process.kill()


@contextmanager
def serve_app(app: Flask, width: int, limits: Limits) -> Iterator[int]:
    """The port of 127.0.0.1 on which a thread serves an application with a route that only a test has."""
    listener = listen("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    server = Server(app, listener, width, limits)
    thread = Thread(target=server.run, args=(1,))
    thread.start()
    try:
        yield port
    finally:
        server.stop()
        thread.join()
