"""The service described for machines: OpenAPI 3.1. A test holds the service to it."""

from typing import Any

import escore
from escore_service.limits import Limits

Schema = dict[str, Any]

SCORE: Schema = {"type": "number", "minimum": 0, "maximum": 300}
OFFSET: Schema = {"type": "integer", "minimum": 0}
PROBABILITY: Schema = {"type": "number", "minimum": 0, "maximum": 1, "description": "Where the model is calibrated."}
TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
ENTITIES: Schema = {"oneOf": [FLAG, SCORE], "description": "Join words from this score on into entities; true is 220."}
LABEL: Schema = {"enum": ["none", "noun", "proper", "entity"]}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def document(limits: Limits, token: bool) -> Schema:
    """The description of a service with these limits, and with or without a token."""
    described: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": "escore",
            "version": escore.__version__,
            "description": "Scores every word of a text from 0 to 300 by how much it looks like an entity. "
            "Offsets count Unicode code points and are half open; scores have two decimals.",
        },
        "paths": {
            "/v1/score": {"post": _score()},
            "/v1/model": {"get": _operation("What the model is", {"200": _json("The model", _ref("Model"))})},
            "/v1/feedback": {"post": _correct(), "get": _corrections()},
            "/v1/feedback/{id}": {"delete": _undo()},
            "/healthz": {"get": _state("Whether the service runs")},
            "/readyz": {"get": _state("Whether it takes requests", busy="It is about to end")},
            "/metrics": {"get": _operation("Figures for Prometheus", {"200": _content("Figures", "text/plain", TEXT)})},
            "/openapi.json": {"get": _operation("This", {"200": _json("OpenAPI 3.1", {"type": "object"})})},
            "/": {"get": _operation("The page with the slider", {"200": _content("The page", "text/html", TEXT)})},
        },
        "components": {"schemas": _schemas(limits)},
    }
    if token:
        described["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
        for path, operations in described["paths"].items():
            for operation in operations.values():
                if path.startswith("/v1/") or path == "/metrics":
                    operation["security"] = [{"token": []}]
                    operation["responses"]["401"] = _json("No token, or a wrong one", _ref("Error"))
    return described


def _score() -> Schema:
    options = {
        "min": (SCORE, "Least score of a word that is given; 0 without it."),
        "entities": (ENTITIES, "The same as in JSON."),
        "columns": (FLAG, "The same as in JSON."),
    }
    operation = _operation(
        "Score texts",
        {"200": _json("A document a text, in order", _ref("Scored"))}
        | _refusals(403, 413, 415, 422)
        | {"503": _busy("Too many requests wait")},
    )
    operation["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": _ref("Query")}, "text/plain": {}},
    }
    operation["parameters"] = [
        {"name": name, "in": "query", "schema": schema, "description": f"{said} The body's own goes first."}
        for name, (schema, said) in options.items()
    ]
    return operation


def _correct() -> Schema:
    responses = {"201": _json("The correction, which is on the disk", _ref("Correction"))}
    operation = _operation(
        "Correct a span", responses | _refusals(403, 404, 413, 415, 422) | {"503": _busy("Try again")}
    )
    fields = {"text": {**TEXT, "minLength": 1}, "start": OFFSET, "end": OFFSET, "label": LABEL, "score": SCORE}
    schema = _object(fields, list(fields))
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return operation


def _corrections() -> Schema:
    found = _object({"corrections": _list(_ref("Correction"))}, ["corrections"])
    responses = {"200": _json("The newest correction of each span", found)} | _refusals(404, 422)
    operation = _operation("The corrections of a text", responses | {"503": _busy("Try again")})
    operation["parameters"] = [
        {
            "name": "text_sha256",
            "in": "query",
            "required": True,
            "schema": SHA256,
            "description": "SHA-256 of the text in UTF-8.",
        }
    ]
    return operation


def _undo() -> Schema:
    responses = {"204": {"description": "Undone"}} | _refusals(403, 404) | {"503": _busy("Try again")}
    operation = _operation("Undo a correction", responses)
    operation["parameters"] = [{"name": "id", "in": "path", "required": True, "schema": OFFSET}]
    return operation


def _state(summary: str, busy: str | None = None) -> Schema:
    state = _object({"status": TEXT}, ["status"])
    refusal = {"503": _json(busy, _ref("Error"))} if busy else {}
    return _operation(summary, {"200": _json("It does", state)} | refusal)


def _schemas(limits: Limits) -> Schema:
    span = {"text": TEXT, "start": OFFSET, "end": OFFSET, "score": SCORE, "probability": PROBABILITY}
    columns = {"start": _list(OFFSET), "end": _list(OFFSET), "score": _list(SCORE), "probability": _list(PROBABILITY)}
    figures = {"type": "object", "additionalProperties": {"type": "number"}}
    model = {
        "name": TEXT,
        "version": TEXT,
        "precision": TEXT,
        "license": TEXT,
        "marks": _list(_object({"symbol": TEXT, "minimum": SCORE}, ["symbol", "minimum"])),
        "max_tokens": OFFSET,
        "calibrated": FLAG,
        "quality": {"type": "object", "additionalProperties": figures},
        "limits": _object({"body": OFFSET, "texts": OFFSET}, ["body", "texts"]),
        "feedback": FLAG,
    }
    correction = {"id": OFFSET, "text_sha256": SHA256, "start": OFFSET, "end": OFFSET, "label": LABEL, "score": SCORE}
    correction |= {"model": TEXT, "time": {"type": "string", "format": "date-time"}}
    query = {
        "text": TEXT,
        "texts": {**_list(TEXT), "maxItems": limits.texts},
        "min": SCORE,
        "entities": ENTITIES,
        "columns": {**FLAG, "description": "Give words as columns, without their texts."},
    }
    return {
        "Query": _object(query, []) | {"oneOf": [{"required": ["text"]}, {"required": ["texts"]}]},
        "Scored": _object({"model": TEXT, "documents": _list(_ref("Document"))}, ["model", "documents"]),
        "Document": _object(
            {"words": {"oneOf": [_list(_ref("Word")), _ref("Columns")]}, "entities": _list(_ref("Entity"))}, ["words"]
        ),
        "Word": _object(span | {"mark": TEXT}, ["text", "start", "end", "score", "mark"]),
        "Columns": _object(columns, ["start", "end", "score"]),
        "Entity": _object(span, ["text", "start", "end", "score"]),
        "Model": _object(model, [name for name in model if name != "quality"]),
        "Correction": _object(correction, list(correction)),
        "Error": _object(
            {"error": TEXT, "field": {**TEXT, "description": "The field that is wrong, such as texts[3]."}}, ["error"]
        ),
    }


def _operation(summary: str, responses: Schema) -> Schema:
    return {"summary": summary, "responses": responses | _refusals(400)}


def _refusals(*statuses: int) -> Schema:
    return {str(status): _json(_REASONS[status], _ref("Error")) for status in statuses}


_REASONS = {
    400: "Not JSON, not UTF-8, or a Host that is not this service's",
    403: "A browser asks for a page of another site",
    404: "No such correction, or this service keeps none",
    413: "A body that is too large",
    415: "A body of another type",
    422: "A field that is missing, unknown or wrong",
}


def _busy(description: str) -> Schema:
    retry = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
    return _json(description, _ref("Error")) | {"headers": retry}


def _json(description: str, schema: Schema) -> Schema:
    return _content(description, "application/json", schema)


def _content(description: str, kind: str, schema: Schema) -> Schema:
    return {"description": description, "content": {kind: {"schema": schema}}}


def _object(properties: Schema, required: list[str]) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
