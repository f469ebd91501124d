"""What is done around every request: checks before it, headers and figures after it, JSON where it fails."""

from time import perf_counter
from traceback import format_tb

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from escore_service.auth import Guard
from escore_service.errors import LeftError, RefusedError
from escore_service.front import STARTED
from escore_service.headers import HEADERS
from escore_service.metrics import LEFT, Metrics
from escore_service.scoring import TOO_LARGE

Answer = tuple[dict[str, str], int, dict[str, str]]


def add_hooks(app: Flask, guard: Guard, metrics: Metrics) -> None:
    """Have each request pass `guard`, be counted, and be answered with the headers that keep the page safe."""

    @app.before_request
    def check() -> None:
        guard.check(request.environ)

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in HEADERS:
            response.headers.setdefault(name, value)
        route = request.url_rule.rule if request.url_rule else "none"
        seconds = perf_counter() - request.environ[STARTED]
        metrics.count_request(route, request.method, response.status_code, seconds)
        return response


def add_errors(app: Flask) -> None:
    """Have every failure answered with {"error": one line}, in which, as in the log, no text of a request shows."""

    @app.errorhandler(RefusedError)
    def refused(error: RefusedError) -> Answer:
        return error.content(), error.status, error.headers

    @app.errorhandler(LeftError)
    def left(_: LeftError) -> Answer:
        return {"error": "the client has left"}, LEFT, {}  # nobody reads it

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Answer:
        headers = dict(error.get_headers(request.environ))
        del headers["Content-Type"]
        return {"error": _SAID.get(error.code or 500, error.name.lower())}, error.code or 500, headers

    @app.errorhandler(Exception)
    def broke(error: Exception) -> Answer:
        # The message is left out: it may hold what was asked. The lines of the code do not.
        places = "".join(format_tb(error.__traceback__))
        app.logger.error("%s %s: %s\n%s", request.method, request.url_rule, type(error).__name__, places)
        return {"error": "something broke in the service; its log says where"}, 500, {}


_SAID = {
    404: "there is nothing here; GET /openapi.json says what there is",
    405: "this is not done here; the header Allow says what is",
    413: TOO_LARGE,
}
