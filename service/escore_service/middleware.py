"""Around every request: the check of who asks, headers and figures of the answer, and errors as JSON."""

from time import perf_counter
from traceback import format_tb
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException, InternalServerError, NotFound

from escore import CancelledError
from escore_service.access_log import AccessLog
from escore_service.auth import Auth
from escore_service.errors import RefusedError
from escore_service.headers import HEADERS
from escore_service.metrics import DISCONNECTED, Metrics

Answer = tuple[dict[str, str], int, dict[str, str]]


def add_hooks(app: Flask, auth: Auth, metrics: Metrics, log: AccessLog | None) -> None:
    """Check each request, count and log its answer, and add the headers that keep the page safe."""

    @app.before_request
    def check() -> Response | None:
        g.started = perf_counter()
        auth.check(request.environ)
        return _check_path(request.environ)

    @app.after_request
    def finish(response: Response) -> Response:
        own = {name for name, _ in response.headers}
        response.headers.extend([header for header in HEADERS if header[0] not in own])
        route = request.url_rule.rule if request.url_rule else "none"
        seconds = perf_counter() - g.started
        metrics.count_request(route, request.method, response.status_code, seconds)
        if log is not None:
            log.write(request.environ, response, seconds, g.get("words", 0))
        return response


def _check_path(environ: dict[str, Any]) -> Response | None:
    """Raise NotFound for an empty segment, which Werkzeug would skip: it is a part of a path (RFC 3986, section 3.3).

    Where the service is mounted below a path that is asked for without its last slash, the answer says where the page
    is, relative to that path (RFC 9110, section 10.2.2), since a proxy may call it otherwise.
    """
    path, mount = environ.get("PATH_INFO", ""), environ.get("SCRIPT_NAME", "")
    if "//" in path:
        raise NotFound
    if path or not mount:
        return None
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    location = quote(mount.rpartition("/")[2], encoding="latin-1") + "/" + query
    return Response(status=308, headers={"Location": location})


def add_error_handlers(app: Flask) -> None:
    """Answer every failure with {"error": one line}. Neither it nor the log shows any text of a request."""

    @app.errorhandler(RefusedError)
    def refused(error: RefusedError) -> Answer:
        return error.content(), error.status, dict(error.headers)

    @app.errorhandler(CancelledError)
    def disconnected(_: CancelledError) -> Answer:
        return {"error": "the client has disconnected"}, DISCONNECTED, {}  # nobody reads it

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> Answer:
        headers = dict(error.get_headers(request.environ))
        del headers["Content-Type"]
        return {"error": _MESSAGES.get(error.code or 500, error.name.lower())}, error.code or 500, headers

    @app.errorhandler(Exception)
    def broken(error: Exception) -> Answer:
        # Without the error's message, which may hold what was asked. The lines of the code do not.
        traceback = "".join(format_tb(error.__traceback__))
        app.logger.error("%s %s: %s\n%s", request.method, request.url_rule, type(error).__name__, traceback)
        return {"error": FAILED}, 500, {}

    @app.errorhandler(InternalServerError)
    def hook_failed(_: InternalServerError) -> Answer:
        """An application's own after_request hook raised something, and ours, which adds the headers, may not run."""
        return {"error": FAILED}, 500, dict(HEADERS)


FAILED = "the service failed; its log says where"
_MESSAGES = {
    404: "there is nothing here; see GET /openapi.json for what there is",
    405: "this method is not allowed here; see the header Allow",
    413: "the body is larger than this service accepts; see GET /v1/model for its limits",
}
