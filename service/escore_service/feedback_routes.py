"""POST, GET and DELETE of corrections."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request

from escore_service import schemas
from escore_service.body import read_json
from escore_service.current_model import CurrentModel
from escore_service.errors import RefusedError
from escore_service.feedback import Correction, Store
from escore_service.feedback_file import FeedbackFileError
from escore_service.metrics import Metrics
from escore_service.query import check

STORE = "escore_feedback"  # extension of an app: its store, to be closed at the end


def routes(path: Path, model: CurrentModel, metrics: Metrics) -> Blueprint:
    """/v1/feedback, with corrections of the scores of `model` stored in the file `path`. Raises FeedbackFileError."""
    store = Store(path)
    blueprint = Blueprint("feedback", __name__, url_prefix="/v1/feedback")
    blueprint.record_once(lambda state: state.app.extensions.update({STORE: store}))

    @blueprint.post("")
    def correct() -> tuple[dict[str, Any], int]:
        new = check(read_json(request), schemas.NewCorrection)
        _check_span(new)
        correction = store.correct(new.text, new.start, new.end, new.label, new.score, model.name)
        metrics.count_correction(correction.label)
        return _json(correction), 201

    @blueprint.get("")
    def of_text() -> dict[str, Any]:
        text = check(request.args.to_dict(), schemas.TextHash)
        return {"corrections": [_json(correction) for correction in store.of_text(text.text_sha256)]}

    @blueprint.delete("/<int:id>")
    def undo(id: int) -> Response:
        if not store.undo(id):
            raise RefusedError(404, f"no correction {id}; it may have been undone already")
        metrics.count_undo()
        return Response(status=204)

    @blueprint.errorhandler(FeedbackFileError)
    def failed(error: FeedbackFileError) -> tuple[dict[str, str], int, dict[str, str]]:
        current_app.logger.error("%s", error)  # with the path, which is no client's business
        return {"error": f"the file of corrections: {error.reason}"}, 503, {"Retry-After": "5"}

    return blueprint


def _check_span(new: schemas.NewCorrection) -> None:
    """Raises RefusedError unless the span lies inside the text."""
    size = len(new.text)
    if new.start >= size:
        raise RefusedError(422, f"start must be a whole number from 0 to {size - 1}, inside the text", field="start")
    if not new.start < new.end <= size:
        problem = f"end must be a whole number from {new.start + 1} to {size}, inside the text"
        raise RefusedError(422, problem, field="end")


def _json(correction: Correction) -> dict[str, Any]:
    """Without the word, which the client has."""
    content = asdict(correction)
    del content["word"]
    return content
