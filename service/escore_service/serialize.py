"""Answers as JSON: documents in rows or in columns, and what the model is. Long documents are written in parts."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from escore import Document, Manifest, Scorer
from escore.json_output import COMPACT, entity_objects, json_items, quoted, word_objects
from escore.language import NOTICE, is_mostly_latin
from escore_service.limits import Limits
from escore_service.schemas import Model, Query


def scores(manifest: Manifest, documents: list[Document], query: Query) -> list[bytes]:
    """The answer to a query, schemas.Scores as UTF-8 in parts; scores have two decimals."""
    pieces = _answer(manifest.model_name, documents, query)
    # Few and large, since each part is handed on by itself. A lone surrogate has no UTF-8: it stays an escape.
    parts = iter(lambda: "".join(islice(pieces, 64)), "")
    return [part.encode("utf-8", "backslashreplace") for part in parts]


def model(scorer: Scorer, previous: Scorer | None, limits: Limits, feedback: bool) -> Model:
    """What GET /v1/model answers."""
    manifest = scorer.bundle.manifest
    return Model(
        name=manifest.name,
        version=manifest.version,
        precision=manifest.precision,
        license=manifest.license,
        marks=manifest.marks,
        max_tokens=manifest.max_tokens,
        calibrated=manifest.calibration is not None,
        entity_calibration=manifest.entity_calibration,
        quality=manifest.quality,
        limits={"body": limits.body, "texts": limits.texts},
        feedback=feedback,
        previous=None if previous is None else previous.bundle.manifest.model_name,
    )


def _answer(model: str, documents: list[Document], query: Query) -> Iterator[str]:
    yield f'{{"model":{quoted(model)},"documents":['
    separator = '{"words":'
    for document in documents:
        yield separator
        yield from _columns(document, query.min) if query.columns else _rows(document, query.min)
        if query.entity_minimum is not None:
            yield ',"entities":['
            yield from json_items(entity_objects(document, query.entity_minimum), COMPACT)
            yield "]"
        if not is_mostly_latin(document.text):
            yield f',"notice":{quoted(NOTICE)}'
        separator = '},{"words":'
    yield "}]}" if documents else "]}"


def _rows(document: Document, minimum: float) -> Iterator[str]:
    yield "["
    yield from json_items(word_objects(document, minimum), COMPACT)
    yield "]"


def _columns(document: Document, minimum: float) -> Iterator[str]:
    indices = document.above(minimum)
    scores = np.round(document.scores[indices].astype(np.float64), 2)
    columns: dict[str, NDArray[Any]] = {
        "start": document.starts[indices],
        "end": document.ends[indices],
        "score": scores,
    }
    if (probabilities := document.probabilities(indices)) is not None:
        columns["probability"] = np.round(probabilities, 4)
    if document.joins is not None:
        columns["join"] = np.round(document.joins[indices].astype(np.float64), 4)
    separator = "{"
    for name, values in columns.items():
        yield f'{separator}"{name}":['
        yield from json_items(values.tolist(), COMPACT)
        separator = "],"
    yield "]}"
