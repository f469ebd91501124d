"""The access log: a line of JSON for each request, without any text."""

import os
import re
import secrets
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

import msgspec
from flask import Response

from escore import OutputError

STDERR = Path("-")
REQUEST_ID = "X-Request-ID"
MAX_PATH = 256  # bytes of a path that are logged

_ID = re.compile(r"[A-Za-z0-9._:/+=@-]{1,128}")


class AccessLog:
    """Appends lines to a file, or to standard error. Several threads and processes may share the file.

    A file that is moved or deleted is made again for the next line, so that log rotation needs no signal.

    path: the file; "-" is standard error. Raises OutputError where it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = None if path == STDERR else path.absolute()
        self._file, self._identity = 2, (0, 0)
        self._failed = False
        self._lock = Lock()
        if self._path is not None:
            try:
                self._open(self._path)
            except OSError as error:
                raise OutputError(f"{path}: {error.strerror}", "give a file that can be written") from error

    def write(self, environ: dict[str, Any], response: Response, seconds: float, words: int) -> None:
        """Append a request that was answered, and give the answer its id. A line that is not written fails no request.

        environ: the request as WSGI gives it.
        seconds: from the whole request to its answer.
        words: how many were scored.
        """
        response.headers.add(REQUEST_ID, request_id := _request_id(environ))
        entry = {
            "time": datetime.now(UTC),
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"][:MAX_PATH].encode("latin-1").decode("utf-8", "replace"),
            "status": response.status_code,
            "bytes": _length(environ, response),
            "seconds": round(seconds, 6),
            "client": environ.get("REMOTE_ADDR"),
            "id": request_id,
            "words": words,
        }
        self._append(msgspec.json.encode(entry) + b"\n")

    def _append(self, line: bytes) -> None:
        try:
            with self._lock:
                if self._path is not None and not self._is_open(self._path):
                    self._open(self._path)
                os.write(self._file, line)  # one call, so that lines of several processes do not mix
        except OSError as error:
            if not self._failed:  # once: the log of errors must not fill up instead
                self._failed = True
                print(f"escore: access log: {error.strerror}; requests are not logged", file=sys.stderr, flush=True)
        else:
            self._failed = False

    def _is_open(self, path: Path) -> bool:
        """Whether the open file is still the one at the path."""
        try:
            status = os.stat(path)
        except FileNotFoundError:
            return False
        return (status.st_dev, status.st_ino) == self._identity

    def _open(self, path: Path) -> None:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o640)
        status = os.fstat(file)
        if self._identity != (0, 0):
            os.close(self._file)
        self._file, self._identity = file, (status.st_dev, status.st_ino)


def _length(environ: dict[str, Any], response: Response) -> int:
    """Bytes of the answer's body; those of the page's files are told by a header."""
    if environ["REQUEST_METHOD"] == "HEAD":
        return 0
    return response.calculate_content_length() or response.content_length or 0


def _request_id(environ: dict[str, Any]) -> str:
    """The id that the client or a proxy gave the request, if it is one; else a new one."""
    given = environ.get("HTTP_X_REQUEST_ID", "")
    return given if _ID.fullmatch(given) else secrets.token_hex(8)
