"""The service as a Flask application: the page, scores, and what it says of itself."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

from flask import Flask, Response, request, send_from_directory

from escore import Scorer
from escore_service import openapi
from escore_service import serialize as answer
from escore_service.auth import Guard
from escore_service.errors import RefusedError
from escore_service.front import FAILED, ROUTE, Front
from escore_service.limits import DEFAULT, Limits
from escore_service.metrics import Metrics
from escore_service.middleware import add_errors, add_hooks
from escore_service.queue import Turns
from escore_service.scoring import Scoring

DRAINING = "escore_draining"  # the extension under which an app keeps the event that it takes no more requests


def create_app(
    scorer: Scorer | None = None,
    *,
    feedback: Path | None = None,
    token: str | None = None,
    hosts: Sequence[str] = (),
    limits: Limits = DEFAULT,
) -> Flask:
    """An application that scores with `scorer` (None: the model that ships).

    `feedback` is the file that keeps corrections (None: there are none), `token` what clients must give, `hosts` the
    names by which they may call it, besides localhost and its addresses. Raises what Scorer raises, and
    FeedbackFileError.
    """
    scorer = scorer or Scorer()
    app = Flask("escore_service")
    app.config["MAX_CONTENT_LENGTH"] = limits.body
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    turns = Turns(scorer.threads, limits.queue)
    metrics = Metrics(turns)
    guard = Guard(token, hosts)
    app.wsgi_app = Front(app.wsgi_app, guard, Scoring(scorer, limits, turns, metrics), metrics)  # type: ignore[method-assign]
    add_hooks(app, guard, metrics)
    add_errors(app)
    _add_page(app)
    _add_scores(app)
    _add_feedback(app, feedback, scorer)
    _add_state(app, metrics)
    about = answer.model(scorer, limits, feedback is not None)
    described = openapi.document(limits, token is not None)
    app.add_url_rule("/v1/model", "model", lambda: about)
    app.add_url_rule("/openapi.json", "openapi", lambda: described)
    return app


def _add_page(app: Flask) -> None:
    templates = Path(app.root_path) / "templates"

    @app.get("/")
    def page() -> Response:
        return send_from_directory(templates, "index.html")


def _add_scores(app: Flask) -> None:
    @app.post(ROUTE)
    def not_scored() -> Response:
        raise request.environ[FAILED]


def _add_feedback(app: Flask, feedback: Path | None, scorer: Scorer) -> None:
    if feedback is not None:
        from escore_service.feedback_routes import routes  # only where it is asked for

        app.register_blueprint(routes(feedback, scorer))
        return

    @app.route("/v1/feedback", methods=["GET", "POST"])
    @app.route("/v1/feedback/<int:id>", methods=["DELETE"])
    def feedback_is_off(id: int = 0) -> Response:
        raise RefusedError(404, "this service keeps no corrections; start it with --feedback FILE")


def _add_state(app: Flask, metrics: Metrics) -> None:
    draining = app.extensions[DRAINING] = Event()

    @app.get("/healthz")
    def healthy() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def ready() -> tuple[dict[str, str], int]:
        return ({"error": "the service is about to end"}, 503) if draining.is_set() else ({"status": "ready"}, 200)

    app.add_url_rule("/metrics", "metrics", metrics.page)
