"""/review, the page, and /v1/review, what it asks."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request, send_from_directory
from msgspec import to_builtins

from escore_labels.record import Record
from escore_service.body import read_json
from escore_service.current_model import CurrentModel
from escore_service.feedback import Store
from escore_service.metrics import Metrics
from escore_service.query import check
from escore_service.review import schemas
from escore_service.review.decisions import Decisions
from escore_service.review.queue import ReviewQueue
from escore_service.review.review import Review
from escore_service.review.training import Training, TrainingOptions


@dataclass(frozen=True, slots=True)
class ReviewOptions:
    """What is reviewed, and how.

    records: the texts, in order.
    labels: files of them that hold what people said.
    by: who decides; None asks whoever opens the page.
    importance: decisions are numbers from 0 to 300.
    training: how the page trains a model; None: it does not.
    """

    records: Sequence[Record]
    labels: Sequence[Path] = ()
    by: str | None = None
    importance: bool = False
    training: TrainingOptions | None = None


def routes(
    options: ReviewOptions, store: Store, model: CurrentModel, metrics: Metrics, training: Training | None
) -> Blueprint:
    """The review of records, with decisions in a store. Raises FeedbackFileError."""
    decisions = Decisions(store.connections)
    queue = ReviewQueue(options.records, decisions, model)
    review = Review(queue, decisions, metrics.count_correction)
    store.on_change = queue.update
    command = _command(options.labels, store.connections.path)
    blueprint = Blueprint("review", __name__)

    @blueprint.get("/review")
    def page() -> Response:
        return send_from_directory(Path(current_app.root_path) / "templates", "review.html")

    @blueprint.get("/v1/review")
    def state() -> Any:
        by = check(request.args.to_dict(), schemas.Viewer).by
        return to_builtins(
            schemas.State(
                by=options.by,
                first=queue.first(by),
                importance=options.importance,
                training=training is not None,
                command=command,
                progress=review.progress(),
            )
        )

    @blueprint.get("/v1/review/texts")
    def numbers() -> Any:
        asked = check(request.args.to_dict(), schemas.Filter)
        return to_builtins(schemas.Numbers(queue.filter(asked.show, asked.search, asked.by)))

    @blueprint.get("/v1/review/texts/<int:number>")
    def text(number: int) -> Any:
        return to_builtins(review.text(number, check(request.args.to_dict(), schemas.Viewer).by))

    @blueprint.post("/v1/review/texts/<int:number>/decisions")
    def decide(number: int) -> Any:
        return to_builtins(review.decide(number, check(read_json(request), schemas.NewDecision)))

    @blueprint.put("/v1/review/texts/<int:number>/reviewed")
    def accept(number: int) -> Any:
        return to_builtins(review.accept(number, check(read_json(request), schemas.Reviewed)))

    @blueprint.post("/v1/review/everywhere")
    def everywhere() -> Any:
        return to_builtins(review.everywhere(check(read_json(request), schemas.Everywhere)))

    @blueprint.post("/v1/review/undo")
    def undo() -> Any:
        return to_builtins(review.undo(check(read_json(request), schemas.Person).by))

    @blueprint.get("/v1/review/records")
    def records() -> Any:
        return to_builtins(review.export(check(request.args.to_dict(), schemas.RecordFormat).format))

    if training is not None:
        _add_training(blueprint, training, review)
    return blueprint


def _add_training(blueprint: Blueprint, training: Training, review: Review) -> None:
    @blueprint.get("/v1/review/training")
    def training_state() -> Any:
        return to_builtins(training.state())

    @blueprint.post("/v1/review/training")
    def start_training() -> Any:
        return to_builtins(training.start(review.queue.labeled()))

    @blueprint.delete("/v1/review/training")
    def stop_training() -> Any:
        return to_builtins(training.stop())

    @blueprint.put("/v1/review/training/model")
    def use_model() -> Any:
        return to_builtins(training.use(check(read_json(request), schemas.Use).use))


def _command(labels: Sequence[Path], feedback: Path) -> str:
    """What trains a model on what is reviewed, in a shell."""
    files = [*(str(path.resolve()) for path in labels), "--feedback", str(feedback)]
    return f"escore train {shlex.join(files)} -o mine --export mine-bundle"
