"""POST, GET and DELETE of corrections."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, request
from msgspec import UNSET

from escore_service import schemas
from escore_service.body import read_json
from escore_service.current_model import CurrentModel
from escore_service.errors import RefusedError
from escore_service.feedback import Correction, Store
from escore_service.metrics import Metrics
from escore_service.person import check_name
from escore_service.query import check


def routes(store: Store, model: CurrentModel, metrics: Metrics) -> Blueprint:
    """/v1/feedback, with corrections of the scores of `model` kept in a store."""
    blueprint = Blueprint("feedback", __name__, url_prefix="/v1/feedback")

    @blueprint.post("")
    def correct() -> tuple[dict[str, Any], int]:
        new = check(read_json(request), schemas.NewCorrection)
        _check_span(new)
        if new.by:
            check_name(new.by)
        name = model.name if new.model is UNSET else new.model
        if not model.was_used(name):
            raise RefusedError(422, "model must be the name of a model that was in use", field="model")
        correction = store.correct(new.text, new.start, new.end, new.label, new.score, name, new.by)
        metrics.count_correction(new.label)
        return _json(correction), 201

    @blueprint.get("")
    def of_text() -> dict[str, Any]:
        text = check(request.args.to_dict(), schemas.TextHash)
        return {"corrections": [_json(correction) for correction in store.of_text(text.text_sha256)]}

    @blueprint.delete("/<int:id>")
    def undo(id: int) -> Response:
        if (correction := store.undo(id)) is None:
            raise RefusedError(404, f"no correction {id}; it may have been undone already")
        metrics.count_undo(correction.label or "target")
        return Response(status=204)

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
    """Without the word, which the client has, and without what nobody said."""
    content = {name: value for name, value in asdict(correction).items() if value is not None}
    del content["word"]
    for name in ("by", "settles"):
        if not content[name]:
            del content[name]
    return content
