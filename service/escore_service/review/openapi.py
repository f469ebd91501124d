"""The routes of the review, described for machines."""

from escore_service.openapi import Json, Part, json_content, operation, parameters
from escore_service.review import schemas

_TYPES = (
    schemas.State,
    schemas.Numbers,
    schemas.ReviewText,
    schemas.NewDecision,
    schemas.Reviewed,
    schemas.Everywhere,
    schemas.Person,
    schemas.Changed,
    schemas.Undone,
    schemas.Records,
)
_REFUSED = (403, 404, 413, 415, 422, 503)
_NUMBER = [{"name": "number", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}]


def review_part(training: bool) -> Part:
    """The review, with or without trainings."""
    types = (*_TYPES, schemas.TrainingState, schemas.Use) if training else _TYPES
    return Part(_paths() | (_training_paths() if training else {}), types, {"review": "The review of labels"})


def _paths() -> Json:
    text, changed = json_content(schemas.ReviewText), json_content(schemas.Changed)
    viewer = parameters(schemas.Viewer)
    page = {"text/html": {"schema": {"type": "string"}}}
    return {
        "/review": {"get": operation("review_page", "The page of the review", page)},
        "/v1/review": {
            "get": operation("review_state", "How far the review is", json_content(schemas.State), (422, 503), viewer)
        },
        "/v1/review/texts": {
            "get": operation(
                "review_texts",
                "The numbers of the texts that a filter and a search show",
                json_content(schemas.Numbers),
                (422, 503),
                parameters(schemas.Filter),
            )
        },
        "/v1/review/texts/{number}": {
            "get": operation("review_text", "A text and what is said of it", text, (404, 422, 503), [*_NUMBER, *viewer])
        },
        "/v1/review/texts/{number}/decisions": {
            "post": operation(
                "decide", "Say what a span is", text, _REFUSED, _NUMBER, json_content(schemas.NewDecision)
            )
        },
        "/v1/review/texts/{number}/reviewed": {
            "put": operation(
                "accept_text",
                "Say that the whole text is right",
                text,
                (*_REFUSED, 409),
                _NUMBER,
                json_content(schemas.Reviewed),
            )
        },
        "/v1/review/everywhere": {
            "post": operation(
                "decide_everywhere",
                "Have a decision hold at all places of the same string",
                changed,
                _REFUSED,
                body=json_content(schemas.Everywhere),
            )
        },
        "/v1/review/undo": {
            "post": operation(
                "undo_action",
                "Undo a person's last action",
                json_content(schemas.Undone),
                (*_REFUSED, 409),
                body=json_content(schemas.Person),
            )
        },
        "/v1/review/records": {
            "get": operation(
                "reviewed_records",
                "What is reviewed, as a file of labels",
                json_content(schemas.Records),
                (422, 503),
                parameters(schemas.RecordFormat),
            )
        },
    }


def _training_paths() -> Json:
    state = json_content(schemas.TrainingState)
    return {
        "/v1/review/training": {
            "get": operation("training_state", "How far the training is", state),
            "post": operation("start_training", "Train on what is reviewed", state, (403, 409, 503)),
            "delete": operation("stop_training", "Stop the training", state, (403, 409)),
        },
        "/v1/review/training/model": {
            "put": operation(
                "use_trained_model",
                "Score with the new model, or with the old one again",
                state,
                (403, 409, 413, 415, 422),
                body=json_content(schemas.Use),
            )
        },
    }
