"""POST /v1/score, in front of Flask: what Flask does for a request takes a tenth of a short text's time."""

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from escore_service.auth import Guard
from escore_service.headers import HEADERS
from escore_service.metrics import Metrics
from escore_service.scoring import Scoring

ROUTE = "/v1/score"
STARTED, FAILED = "escore.started", "escore.failed"  # what an environ is given on its way to Flask

Environ = dict[str, Any]
Application = Callable[[Environ, Any], Iterable[bytes]]


class Front:
    """A WSGI application that answers POST /v1/score itself when all is well, and leaves all else to `flask`."""

    def __init__(self, flask: Application, guard: Guard, scoring: Scoring, metrics: Metrics) -> None:
        self._flask, self._guard, self._scoring, self._metrics = flask, guard, scoring, metrics

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """Answer a request, or have Flask tell why it cannot be."""
        environ[STARTED] = started = perf_counter()
        if environ["PATH_INFO"] != ROUTE or environ["REQUEST_METHOD"] != "POST":
            return self._flask(environ, start_response)
        try:
            self._guard.check(environ)
            pieces = self._scoring.answer(environ)
        except Exception as error:  # Flask answers it like any other
            environ[FAILED] = error
            try:
                return self._flask(environ, start_response)
            finally:
                del environ[FAILED]  # its traceback holds the environ, and maybe the body
        self._metrics.count_request(ROUTE, "POST", 200, perf_counter() - started)
        length = sum(map(len, pieces))
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(length)), *HEADERS])
        return pieces
