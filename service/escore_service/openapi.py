"""The service described for machines: OpenAPI 3.1, with schemas made from the types in schemas.py."""

from collections.abc import Iterable
from dataclasses import dataclass
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
    404: "There is no such thing, or this service stores no corrections",
    409: "Not possible now",
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


@dataclass(frozen=True, slots=True)
class Part:
    """A part that not every service has: its paths, the types of its messages, and its tags."""

    paths: Json
    types: tuple[type[Struct], ...]
    tags: dict[str, str]


NO_PART = Part({}, (), {})


def document(limits: Limits, token: bool, part: Part = NO_PART) -> Json:
    """The description of a service with these limits, and with or without a token; `part` is what else it has."""
    types = (
        schemas.Query,
        schemas.Scores,
        schemas.Model,
        schemas.ModelChoice,
        schemas.NewCorrection,
        schemas.Corrections,
    )
    _, components = schema_components(
        (*types, *part.types, schemas.Status, schemas.Error), ref_template=_path("{name}")
    )
    components["Query"]["properties"]["texts"]["maxItems"] = limits.texts
    components |= _either(components["Query"], {"TextQuery": "text", "TextsQuery": "texts"})
    paths = _paths() | part.paths
    for path, operations in paths.items():
        for described in operations.values():
            described["tags"] = [path.split("/")[2] if path.startswith("/v1/") else "service"]
            if token and (path.startswith("/v1/") or path == "/metrics"):
                described["security"] = [{"token": []}]
                described["responses"]["401"] = _refusal(401)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "escore",
            "version": escore.__version__,
            "description": "Scores every word of a text from 0 to 300 by how much it looks like an entity. "
            "Offsets count Unicode code points and are half open; scores have two decimals.",
        },
        "servers": [{"url": "."}],  # relative to this document, so also right below a path
        "tags": [{"name": name, "description": text} for name, text in (TAGS | part.tags).items()],
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
    options, sha256 = parameters(schemas.Options), parameters(schemas.TextHash)
    number = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}]
    query, new = json_content(schemas.Query), json_content(schemas.NewCorrection)
    state = json_content(schemas.Status)
    return {
        "/v1/score": {
            "post": operation(
                "score",
                "Score texts",
                json_content(schemas.Scores),
                (403, 413, 415, 422, 503),
                options,
                query,
                note=TEXT_BODY,
            )
        },
        "/v1/model": {
            "get": operation("describe_model", "The model, and what the service accepts", json_content(schemas.Model)),
            "post": operation(
                "use_model",
                "Load the model again, or go back to the one before",
                json_content(schemas.Model),
                (403, 409, 415, 422, 500),
                body=json_content(schemas.ModelChoice),
            ),
        },
        "/v1/feedback": {
            "post": operation(
                "correct",
                "Correct a span",
                json_content(schemas.Correction),
                (403, 404, 413, 415, 422, 503),
                body=new,
                status=201,
            ),
            "get": operation(
                "corrections_of_text",
                "The corrections of a text",
                json_content(schemas.Corrections),
                (404, 422, 503),
                sha256,
            ),
        },
        "/v1/feedback/{id}": {
            "delete": operation("undo_correction", "Undo a correction", {}, (403, 404, 503), number, status=204)
        },
        "/healthz": {"get": operation("health", "Whether the service runs", state)},
        "/readyz": {"get": operation("readiness", "Whether it takes requests", state, (503,))},
        "/metrics": {"get": operation("metrics", "Figures for Prometheus", text)},
        "/openapi.json": {
            "get": operation("openapi", "This document", {"application/json": {"schema": {"type": "object"}}})
        },
        "/": {"get": operation("page", "The page with the slider", page)},
    }


def operation(
    name: str,
    summary: str,
    content: Json,
    refusals: Iterable[int] = (),
    arguments: Iterable[Json] = (),
    body: Json | None = None,
    status: int = 200,
    note: str = "",
) -> Json:
    """An operation whose id is `name`, with a `note` on its body."""
    response = {"description": HTTPStatus(status).phrase} | ({"content": content} if content else {})
    responses = {str(status): response} | {str(refusal): _refusal(refusal) for refusal in (400, *refusals)}
    request = {"required": True, "content": body} | ({"description": note} if note else {})
    described = {"operationId": name, "summary": summary, "parameters": list(arguments), "responses": responses}
    return described | ({"requestBody": request} if body else {})


def _refusal(status: int) -> Json:
    retry = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds"}}
    refusal = {"description": REFUSALS[status], "content": json_content(schemas.Error)}
    return refusal | ({"headers": retry} if status == 503 else {})


def parameters(kind: type[Struct]) -> list[Json]:
    """The fields of a message as arguments of a URL."""
    message = schema(kind)["$defs"][kind.__name__]
    return [
        {"name": name, "in": "query", "required": name in message["required"], "schema": field}
        for name, field in message["properties"].items()
    ]


def json_content(kind: type[Struct]) -> Json:
    """The content of a body or an answer that is JSON."""
    return {"application/json": {"schema": {"$ref": _path(kind.__name__)}}}


def _path(name: str) -> str:
    return f"#/components/schemas/{name}"
