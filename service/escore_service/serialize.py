"""Answers as JSON: documents in rows or in columns, and what the model is. Long documents are written in pieces."""

from collections.abc import Iterator
from itertools import islice, repeat
from json.encoder import encode_basestring as quoted  # type: ignore[attr-defined,unused-ignore]
from typing import Any

import numpy as np
from numpy.typing import NDArray

from escore import Document, Entity, Manifest, Scorer
from escore_service.limits import Limits
from escore_service.query import Query

PIECE = 4096  # words a piece


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
        chosen = document.above(asked.minimum)
        yield from _columns(document, chosen) if asked.columns else _rows(document, chosen)
        if asked.entities is not None:
            yield ',"entities":['
            yield from _joined(map(_entity, document.entities(asked.entities)))
            yield "]"
        separator = '},{"words":'
    yield "}]}" if documents else "]}"


def _rows(document: Document, chosen: NDArray[np.intp]) -> Iterator[str]:
    yield "["
    yield from _joined(
        word for begin in range(0, len(chosen), PIECE) for word in _words(document, chosen[begin : begin + PIECE])
    )
    yield "]"


def _words(document: Document, chosen: NDArray[np.intp]) -> Iterator[str]:
    """Straight from the arrays: Word objects in between would take as long again."""
    text, mark, probabilities = document.text, document.mark, document.probabilities(chosen)
    columns = (document.starts[chosen], document.ends[chosen], document.scores[chosen])
    known = repeat(None) if probabilities is None else probabilities.tolist()
    for start, end, score, probability in zip(*(column.tolist() for column in columns), known, strict=False):
        yield (
            f'{{"text":{quoted(text[start:end])},"start":{start},"end":{end},"score":{round(score, 2)},'
            f'"mark":{quoted(mark(score))}{_probability(probability)}}}'
        )


def _columns(document: Document, chosen: NDArray[np.intp]) -> Iterator[str]:
    scores = np.round(document.scores[chosen].astype(np.float64), 2)
    yield '{"start":['
    yield from _numbers(document.starts[chosen])
    yield '],"end":['
    yield from _numbers(document.ends[chosen])
    yield '],"score":['
    yield from _numbers(scores)
    if (probabilities := document.probabilities(chosen)) is not None:
        yield '],"probability":['
        yield from _numbers(np.round(probabilities, 4))
    yield "]}"


def _numbers(values: NDArray[Any]) -> Iterator[str]:
    return _joined(str(value) for begin in range(0, len(values), PIECE) for value in values[begin:][:PIECE].tolist())


def _joined(items: Iterator[str]) -> Iterator[str]:
    separator = ""
    while piece := ",".join(islice(items, PIECE)):
        yield separator + piece
        separator = ","


def _entity(entity: Entity) -> str:
    return (
        f'{{"text":{quoted(entity.text)},"start":{entity.start},"end":{entity.end},'
        f'"score":{round(entity.score, 2)}{_probability(entity.probability)}}}'
    )


def _probability(value: float | None) -> str:
    return "" if value is None else f',"probability":{round(value, 4)}'
