"""The service described for machines: OpenAPI 3.1, with schemas made from the types in schemas.py."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from msgspec import Struct
from msgspec.json import schema, schema_components

import escore
from escore_service import schemas
from escore_service.limits import Limits

Json = dict[str, Any]

REFUSALS = {
    400: "The body is not JSON or not UTF-8, or the Host is not a name of this service",
    401: "The token is missing or wrong",
    403: "Sent by a page of another site, or only for services with a token",
    404: "No such correction, or this service stores none",
    409: "There is no such model",
    413: "The body is too large",
    415: "Another Content-Type, charset or Content-Encoding",
    422: "A field is missing, unknown, given twice or wrong",
    500: "The model cannot be loaded",
    503: "The service is busy, or about to end",
}
TAGS = {
    "score": "Scores of texts",
    "model": "The model in use",
    "feedback": "Corrections, if the service stores them",
    "service": "The state of the service, and its page",
}
# Not listed as a content of its own: generators of clients know JSON, and warn of the rest.
TEXT_BODY = "Or, as text/plain in UTF-8, the text itself; then the options are arguments of the URL."


def document(limits: Limits, token: bool) -> Json:
    """The description of a service with these limits, and with or without a token."""
    types = (
        schemas.Query,
        schemas.Scores,
        schemas.Model,
        schemas.ModelChoice,
        schemas.NewCorrection,
        schemas.Corrections,
    )
    _, components = schema_components((*types, schemas.Status, schemas.Error), ref_template=_path("{name}"))
    components["Query"]["properties"]["texts"]["maxItems"] = limits.texts
    components |= _either(components["Query"], {"TextQuery": "text", "TextsQuery": "texts"})
    paths = _paths()
    for path, operations in paths.items():
        for operation in operations.values():
            operation["tags"] = [path.split("/")[2] if path.startswith("/v1/") else "service"]
            if token and (path.startswith("/v1/") or path == "/metrics"):
                operation["security"] = [{"token": []}]
                operation["responses"]["401"] = _refusal(401)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "escore",
            "version": escore.__version__,
            "description": "Scores every word of a text from 0 to 300 by how much it looks like an entity. "
            "Offsets count Unicode code points and are half open; scores have two decimals.",
        },
        "servers": [{"url": "."}],  # relative to this document, so also right below a path
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": paths,
        "components": {"schemas": components}
        | ({"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}} if token else {}),
    }


def _either(message: Json, fields: dict[str, str]) -> Json:
    """Schemas for a message that has one of these fields: one for each, with its name, and one for the message."""
    schemas: Json = {}
    for name, field in fields.items():
        others = set(fields.values()) - {field}
        properties = {key: value for key, value in message["properties"].items() if key not in others}
        schemas[name] = message | {"title": name, "properties": properties, "required": [field]}
    alternatives = [{"$ref": _path(name)} for name in fields]
    return schemas | {message["title"]: {"description": message["description"], "oneOf": alternatives}}


def _paths() -> Json:
    text, page = {"text/plain": {"schema": {"type": "string"}}}, {"text/html": {"schema": {"type": "string"}}}
    options, sha256 = _parameters(schemas.Options), _parameters(schemas.TextHash)
    number = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}]
    query, new = _json(schemas.Query), _json(schemas.NewCorrection)
    state = _json(schemas.Status)
    return {
        "/v1/score": {
            "post": _operation(
                "score", "Score texts", _json(schemas.Scores), (403, 413, 415, 422, 503), options, query, note=TEXT_BODY
            )
        },
        "/v1/model": {
            "get": _operation("describe_model", "The model, and what the service accepts", _json(schemas.Model)),
            "post": _operation(
                "use_model",
                "Load the model again, or go back to the one before",
                _json(schemas.Model),
                (403, 409, 415, 422, 500),
                body=_json(schemas.ModelChoice),
            ),
        },
        "/v1/feedback": {
            "post": _operation(
                "correct",
                "Correct a span",
                _json(schemas.Correction),
                (403, 404, 413, 415, 422, 503),
                body=new,
                status=201,
            ),
            "get": _operation(
                "corrections_of_text", "The corrections of a text", _json(schemas.Corrections), (404, 422, 503), sha256
            ),
        },
        "/v1/feedback/{id}": {
            "delete": _operation("undo_correction", "Undo a correction", {}, (403, 404, 503), number, status=204)
        },
        "/healthz": {"get": _operation("health", "Whether the service runs", state)},
        "/readyz": {"get": _operation("readiness", "Whether it takes requests", state, (503,))},
        "/metrics": {"get": _operation("metrics", "Figures for Prometheus", text)},
        "/openapi.json": {
            "get": _operation("openapi", "This document", {"application/json": {"schema": {"type": "object"}}})
        },
        "/": {"get": _operation("page", "The page with the slider", page)},
    }


def _operation(
    name: str,
    summary: str,
    content: Json,
    refusals: Iterable[int] = (),
    parameters: Iterable[Json] = (),
    body: Json | None = None,
    status: int = 200,
    note: str = "",
) -> Json:
    """An operation whose id is `name`, with a `note` on its body."""
    response = {"description": HTTPStatus(status).phrase} | ({"content": content} if content else {})
    responses = {str(status): response} | {str(refusal): _refusal(refusal) for refusal in (400, *refusals)}
    request = {"required": True, "content": body} | ({"description": note} if note else {})
    operation = {"operationId": name, "summary": summary, "parameters": list(parameters), "responses": responses}
    return operation | ({"requestBody": request} if body else {})


def _refusal(status: int) -> Json:
    retry = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
    refusal = {"description": REFUSALS[status], "content": _json(schemas.Error)}
    return refusal | ({"headers": retry} if status == 503 else {})


def _parameters(kind: type[Struct]) -> list[Json]:
    """The fields of a message as arguments of a URL."""
    message = schema(kind)["$defs"][kind.__name__]
    return [
        {"name": name, "in": "query", "required": name in message["required"], "schema": field}
        for name, field in message["properties"].items()
    ]


def _json(kind: type[Struct]) -> Json:
    return {"application/json": {"schema": {"$ref": _path(kind.__name__)}}}


def _path(name: str) -> str:
    return f"#/components/schemas/{name}"
