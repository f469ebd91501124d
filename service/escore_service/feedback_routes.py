"""POST, GET and DELETE of corrections."""

import re
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request

from escore import Scorer
from escore_service import query
from escore_service import serialize as answer
from escore_service.errors import RefusedError
from escore_service.feedback import LABELS, Correction, Store
from escore_service.feedback_file import FeedbackFileError

STORE = "escore_feedback"  # the extension under which an app keeps its store, to be closed at the end
FIELDS = ("text", "start", "end", "label", "score")


def routes(path: Path, scorer: Scorer) -> Blueprint:
    """/v1/feedback, with corrections of what `scorer` said kept in the file `path`. Raises FeedbackFileError."""
    store = Store(path)
    model = answer.name(scorer.bundle.manifest)
    blueprint = Blueprint("feedback", __name__, url_prefix="/v1/feedback")
    blueprint.record_once(lambda state: state.app.extensions.update({STORE: store}))

    @blueprint.post("")
    def correct() -> tuple[dict[str, Any], int]:
        if request.mimetype != "application/json":
            raise RefusedError(415, "give application/json")
        content = _checked(query.parse(request.get_data(cache=False)))
        return _written(store.correct(**content, model=model)), 201

    @blueprint.get("")
    def of_text() -> dict[str, Any]:
        sha256 = request.args.get("text_sha256", "")
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise RefusedError(422, "text_sha256 must be the SHA-256 of a text, 64 digits in lower case", "text_sha256")
        return {"corrections": [_written(correction) for correction in store.of_text(sha256)]}

    @blueprint.delete("/<int:id>")
    def undo(id: int) -> Response:
        if not store.undo(id):
            raise RefusedError(404, f"no correction {id}; it may have been undone already")
        return Response(status=204)

    @blueprint.errorhandler(FeedbackFileError)
    def failed(error: FeedbackFileError) -> tuple[dict[str, str], int, dict[str, str]]:
        current_app.logger.error("%s", error)  # with the path, which is no client's business
        refused = RefusedError(503, f"the file of corrections: {error.reason}", Retry_After="5")
        return refused.content(), refused.status, refused.headers

    return blueprint


def _checked(content: dict[str, Any]) -> dict[str, Any]:
    """The same fields, each of its type and the span inside the text. Raises RefusedError."""
    for name in (*FIELDS, *content):
        if name not in content:
            raise RefusedError(422, f"{name} is missing", name)
        if name not in FIELDS:
            raise RefusedError(422, f"unknown field {name[:40]!a}; known are {', '.join(FIELDS)}", name[:40])
    text, start, end, score = (content[name] for name in ("text", "start", "end", "score"))
    if not isinstance(text, str) or not text:
        raise RefusedError(422, "text must be a string, and not empty", "text")
    if type(start) is not int or not 0 <= start < len(text):
        raise RefusedError(422, f"start must be a whole number from 0 to {len(text) - 1}, inside the text", "start")
    if type(end) is not int or not start < end <= len(text):
        raise RefusedError(422, f"end must be a whole number from {start + 1} to {len(text)}, inside the text", "end")
    if content["label"] not in LABELS:
        raise RefusedError(422, f"label must be one of {', '.join(LABELS)}", "label")
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 300:
        raise RefusedError(422, "score must be a number from 0 to 300", "score")
    return content


def _written(correction: Correction) -> dict[str, Any]:
    return {
        "id": correction.id,
        "text_sha256": correction.text_sha256,
        "start": correction.start,
        "end": correction.end,
        "label": correction.label,
        "score": correction.score,
        "model": correction.model,
        "time": correction.time,
    }
