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
    415: "Another Content-Type",
    422: "A field is missing, unknown or wrong",
    500: "The model cannot be loaded",
    503: "The service is busy, or about to end",
}


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
    components["Query"]["oneOf"] = [{"required": ["text"]}, {"required": ["texts"]}]
    components["Query"]["properties"]["texts"]["maxItems"] = limits.texts
    paths = _paths()
    if token:
        for path, operations in paths.items():
            for operation in operations.values():
                if path.startswith("/v1/") or path == "/metrics":
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
        "paths": paths,
        "components": {"schemas": components}
        | ({"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}} if token else {}),
    }


def _paths() -> Json:
    text, page = {"text/plain": {"schema": {"type": "string"}}}, {"text/html": {"schema": {"type": "string"}}}
    options, sha256 = _parameters(schemas.Options), _parameters(schemas.TextHash)
    number = [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}]
    query, new = _json(schemas.Query) | text, _json(schemas.NewCorrection)
    state = _json(schemas.Status)
    return {
        "/v1/score": {
            "post": _operation("Score texts", _json(schemas.Scores), (403, 413, 415, 422, 503), options, query)
        },
        "/v1/model": {
            "get": _operation("The model, and what the service accepts", _json(schemas.Model)),
            "post": _operation(
                "Load the model again, or go back to the one before",
                _json(schemas.Model),
                (403, 409, 415, 422, 500),
                body=_json(schemas.ModelChoice),
            ),
        },
        "/v1/feedback": {
            "post": _operation(
                "Correct a span", _json(schemas.Correction), (403, 404, 413, 415, 422, 503), body=new, status=201
            ),
            "get": _operation("The corrections of a text", _json(schemas.Corrections), (404, 422, 503), sha256),
        },
        "/v1/feedback/{id}": {"delete": _operation("Undo a correction", {}, (403, 404, 503), number, status=204)},
        "/healthz": {"get": _operation("Whether the service runs", state)},
        "/readyz": {"get": _operation("Whether it takes requests", state, (503,))},
        "/metrics": {"get": _operation("Figures for Prometheus", text)},
        "/openapi.json": {"get": _operation("This document", {"application/json": {"schema": {"type": "object"}}})},
        "/": {"get": _operation("The page with the slider", page)},
    }


def _operation(
    summary: str,
    content: Json,
    refusals: Iterable[int] = (),
    parameters: Iterable[Json] = (),
    body: Json | None = None,
    status: int = 200,
) -> Json:
    response = {"description": HTTPStatus(status).phrase} | ({"content": content} if content else {})
    responses = {str(status): response} | {str(refusal): _refusal(refusal) for refusal in (400, *refusals)}
    operation = {"summary": summary, "parameters": list(parameters), "responses": responses}
    return operation | ({"requestBody": {"required": True, "content": body}} if body else {})


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
