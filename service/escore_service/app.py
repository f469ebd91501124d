"""The service as a Flask application: the page, scores, corrections, and the state of the service."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from flask import Blueprint, Flask, Response, request, send_from_directory

from escore import Scorer, SettingError
from escore_service import model_routes, openapi
from escore_service.access_log import AccessLog
from escore_service.auth import Auth
from escore_service.current_model import CurrentModel
from escore_service.errors import RefusedError
from escore_service.limits import DEFAULT, Limits
from escore_service.metrics import Metrics
from escore_service.middleware import add_error_handlers, add_hooks
from escore_service.queue import ScoringQueue
from escore_service.scoring import Scoring

if TYPE_CHECKING:
    from escore_service.review.routes import ReviewOptions
    from escore_service.watch import Watcher

STORE = "escore_feedback"  # extension of an app: its store of corrections
TRAINING = "escore_training"  # extension of an app: its Training
WATCHER = "escore_watcher"  # extension of an app: its Watcher
DRAINING = "escore_draining"  # extension of an app: the event that it takes no more requests
MODEL = "escore_model"  # extension of an app: its CurrentModel


def create_app(
    scorer: Scorer | None = None,
    *,
    feedback: Path | str | None = None,
    token: str | None = None,
    hosts: Sequence[str] = (),
    limits: Limits = DEFAULT,
    load: Callable[[], Scorer] | None = None,
    access_log: Path | str | None = None,
    review: "ReviewOptions | None" = None,
    watch: Path | str | None = None,
) -> Flask:
    """A Flask application that scores texts.

    scorer: scores them; None is one with the model that ships.
    feedback: file that stores corrections; None stores none.
    token: secret that clients must give, visible ASCII without spaces; None asks for none.
    hosts: names by which clients may call it, besides localhost and its addresses.
    limits: how much it accepts.
    load: makes a scorer to use instead, with as many threads, when POST /v1/model asks to load the model again; None
        refuses that.
    access_log: file to which a line of JSON is appended for each request, "-" is standard error; None logs none.
    review: what is reviewed on the page /review; it needs `feedback`, which keeps the decisions.
    watch: store of `escore watch` in which scored texts are counted; None counts none. It needs scipy.
    Raises what Scorer raises, SettingError for a token or host that is none, InputTypeError if `hosts` is one string,
    FeedbackFileError, StoreError, and OutputError for an access log that cannot be written.
    """
    auth = Auth(token, hosts)
    scorer = scorer or Scorer()
    app = Flask("escore_service")
    app.config["MAX_CONTENT_LENGTH"] = limits.body
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    queue = ScoringQueue(scorer.threads, limits.queue)
    model = app.extensions[MODEL] = CurrentModel(scorer, load)
    metrics = Metrics(queue, model)
    watcher = None if watch is None else _add_watcher(app, Path(watch), metrics)
    scoring = Scoring(model, limits, queue, metrics, watcher)
    draining = app.extensions[DRAINING] = Event()
    document = openapi.document(limits, token is not None, _review_part(review))
    add_hooks(app, auth, metrics, None if access_log is None else AccessLog(Path(access_log)))
    add_error_handlers(app)
    app.register_blueprint(model_routes.routes(model, limits, feedback=feedback is not None, token=token is not None))
    _add_feedback(app, None if feedback is None else Path(feedback), model, metrics, review)

    @app.get("/")
    def page() -> Response:
        return send_from_directory(Path(app.root_path) / "templates", "index.html")

    @app.get("/healthz")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readiness() -> tuple[dict[str, str], int]:
        return ({"error": "the service is about to end"}, 503) if draining.is_set() else ({"status": "ready"}, 200)

    app.add_url_rule("/v1/score", "score", lambda: scoring.answer(request), methods=["POST"])
    app.add_url_rule("/openapi.json", "openapi", lambda: document)
    app.add_url_rule("/metrics", "metrics", metrics.page)
    return app


def _review_part(review: "ReviewOptions | None") -> openapi.Part:
    if review is None:
        return openapi.NO_PART
    from escore_service.review.openapi import review_part

    return review_part(review.training is not None)


def close(app: Flask) -> None:
    """End what an application leaves running: a training; and close its files, each of which is one file then."""
    for name in (TRAINING, STORE, WATCHER):
        if name in app.extensions:
            app.extensions[name].close()


def _add_watcher(app: Flask, path: Path, metrics: Metrics) -> "Watcher":
    from escore_service.watch import Watcher  # scipy, only where it is asked for
    from escore_service.watch_metrics import WatchMetrics

    watcher = app.extensions[WATCHER] = Watcher(path, WatchMetrics(metrics.registry))
    return watcher


def _add_feedback(
    app: Flask, feedback: Path | None, model: CurrentModel, metrics: Metrics, review: "ReviewOptions | None"
) -> None:
    if feedback is None:
        if review is not None:
            raise SettingError("a review needs a file that keeps its decisions", "give feedback=PATH")
        app.register_blueprint(feedback_off())
        return
    from escore_service import feedback_routes  # SQLite, only where it is asked for
    from escore_service.feedback import Store
    from escore_service.feedback_file import FeedbackFileError

    store = app.extensions[STORE] = Store(feedback)
    app.register_blueprint(feedback_routes.routes(store, model, metrics))
    if review is not None:
        from escore_service.review import routes
        from escore_service.review.training import Training

        training = None if review.training is None else Training(review.training, model)
        if training is not None:
            app.extensions[TRAINING] = training
        app.register_blueprint(routes.routes(review, store, model, metrics, training))

    @app.errorhandler(FeedbackFileError)
    def failed(error: FeedbackFileError) -> tuple[dict[str, str], int, dict[str, str]]:
        app.logger.error("%s", error)  # with the path, which is no client's business
        return {"error": f"the file of corrections: {error.reason}"}, 503, {"Retry-After": "5"}


def feedback_off() -> Blueprint:
    """The routes of corrections where none are stored."""
    blueprint = Blueprint("feedback", __name__)

    @blueprint.route("/v1/feedback", methods=["GET", "POST"])
    @blueprint.route("/v1/feedback/<int:id>", methods=["DELETE"])
    def refuse(id: int = 0) -> Response:
        raise RefusedError(404, "this service stores no corrections", "start it with --feedback FILE")

    return blueprint
