"""Answers as JSON: documents in rows or in columns, and what the model is. Long documents are written in pieces."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from escore import Document, Manifest, Scorer
from escore.json_output import COMPACT, entity_objects, json_items, quoted, word_objects
from escore_service.limits import Limits
from escore_service.query import Query


def name(manifest: Manifest) -> str:
    """How a model is called in answers: name and version."""
    return f"{manifest.name} {manifest.version}"


def scored(manifest: Manifest, documents: list[Document], asked: Query) -> list[bytes]:
    """The answer to a query: {"model", "documents"}, scores with two decimals, as UTF-8 in pieces."""
    pieces = _answer(name(manifest), documents, asked)
    # Few and large: each piece is handed on by itself. A lone surrogate has no UTF-8: it stays an escape.
    parts = iter(lambda: "".join(islice(pieces, 64)), "")
    return [part.encode("utf-8", "backslashreplace") for part in parts]


def model(scorer: Scorer, limits: Limits, feedback: bool) -> dict[str, Any]:
    """What GET /v1/model says."""
    manifest = scorer.bundle.manifest
    return {
        "name": manifest.name,
        "version": manifest.version,
        "precision": manifest.precision,
        "license": manifest.license,
        "marks": [{"symbol": mark.symbol, "minimum": mark.minimum} for mark in manifest.marks],
        "max_tokens": manifest.max_tokens,
        "calibrated": manifest.calibration is not None,
        "quality": manifest.quality,
        "limits": {"body": limits.body, "texts": limits.texts},
        "feedback": feedback,
    }


def _answer(model: str, documents: list[Document], asked: Query) -> Iterator[str]:
    yield f'{{"model":{quoted(model)},"documents":['
    separator = '{"words":'
    for document in documents:
        yield separator
        yield from _columns(document, asked.minimum) if asked.columns else _rows(document, asked.minimum)
        if asked.entities is not None:
            yield ',"entities":['
            yield from json_items(entity_objects(document, asked.entities), COMPACT)
            yield "]"
        separator = '},{"words":'
    yield "}]}" if documents else "]}"


def _rows(document: Document, minimum: float) -> Iterator[str]:
    yield "["
    yield from json_items(word_objects(document, minimum), COMPACT)
    yield "]"


def _columns(document: Document, minimum: float) -> Iterator[str]:
    indices = document.above(minimum)
    scores = np.round(document.scores[indices].astype(np.float64), 2)
    yield '{"start":['
    yield from json_items(document.starts[indices].tolist(), COMPACT)
    yield '],"end":['
    yield from json_items(document.ends[indices].tolist(), COMPACT)
    yield '],"score":['
    yield from json_items(scores.tolist(), COMPACT)
    if (probabilities := document.probabilities(indices)) is not None:
        yield '],"probability":['
        yield from json_items(np.round(probabilities, 4).tolist(), COMPACT)
    yield "]}"
