"""A real `escore serve` process on a port of its own, and requests to it."""

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
from typing import Any

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Served:
    """The process, and the port of 127.0.0.1 that it listens on."""

    process: subprocess.Popen[str]
    port: int

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        type: str = "application/json",
        headers: Mapping[str, str] = NOTHING,
    ) -> tuple[int, Any, http.client.HTTPMessage]:
        """Status, content and headers of the answer to one request; a body that is no str or bytes is sent as JSON."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            data = body if body is None or isinstance(body, str | bytes) else json.dumps(body)
            data = data.encode() if isinstance(data, str) else data
            sent = ({"Content-Type": type} if body is not None else {}) | dict(headers)
            connection.request(method, path, data, sent)
            answer = connection.getresponse()
            content = answer.read()
            if answer.headers.get_content_type() != "application/json":
                return answer.status, content.decode() or None, answer.headers
            return answer.status, json.loads(content), answer.headers

    def figure(self, name: str) -> float:
        """A figure of GET /metrics, 0 where it is not there yet."""
        lines = self.ask("GET", "/metrics")[1].splitlines()
        return next((float(line.split()[-1]) for line in lines if line.startswith(f"{name} ")), 0.0)

    def wait_for(self, name: str, value: float, seconds: float = 30) -> None:
        """Return when a figure has this value; fail when it does not come."""
        end = time.monotonic() + seconds
        while (found := self.figure(name)) != value:
            assert time.monotonic() < end, f"{name} is {found}, not {value}"
            time.sleep(0.02)


@contextmanager
def served(*arguments: str | Path, **variables: str) -> Iterator[Served]:
    """`escore serve` with these arguments and environment, listening; it is killed at the end unless it has ended."""
    command = [sys.executable, "-m", "escore_cli", "serve", "--port", "0", *map(str, arguments)]
    environment = os.environ | variables
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            found = re.search(r"http://(?:127\.0\.0\.1|localhost):(\d+)", line)
            assert found is not None, line + process.stderr.read()
            yield Served(process, int(found[1]))
        finally:
            process.kill()
