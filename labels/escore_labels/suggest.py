"""What a model says of a text, as a record: its entities, and the words that are surely in none."""

from collections.abc import Iterator

import numpy as np

from escore import Document, EscoreError, Manifest
from escore.kinds import Kind
from escore.scale import EDGES, ENTITY_MINIMUM
from escore_labels.record import LIST, MODEL, Label, Record, Span
from escore_labels.unlabeled import Text

_LABELS: tuple[Label, ...] = ("none", "noun", "proper")  # of words in no entity, by the edges between their scores
_OPEN = -1


class NotCalibratedError(EscoreError, ValueError):
    """A bundle that cannot say how sure its scores are."""


def check_precision(manifest: Manifest, precision: float) -> str:
    """Which labels cannot occur since no score is that sure, in a line for a person; "" where all can.

    precision: a probability, 0..1.

    Raises NotCalibratedError where no probabilities were measured.
    """
    if manifest.calibration is None:
        problem = f"{manifest.model_name} is not calibrated, so nobody knows how sure its scores are"
        advice = "leave out --precision, or calibrate the bundle: escore evaluate --calibrate-on FILE --write BUNDLE"
        raise NotCalibratedError(problem, advice)
    least = manifest.calibration.probabilities[0]
    most = (manifest.entity_calibration or manifest.calibration).probabilities[-1]
    if most < precision:
        return f"precision {precision:g}: no entity is that sure, the calibration ends at {most:.3f}"
    if 1 - least < precision:
        return f"precision {precision:g}: no word is surely in no entity, the calibration begins at {least:.3f}"
    return ""


def suggest(document: Document, text: Text, model: str, precision: float | None = None) -> Record:
    """A scored text with the model's labels; words in no span are open.

    model: its name and version.
    precision: only what is right with this probability (0..1), by the bundle's calibration: entities of at least this
        probability, and words that are in no entity with at least this probability. None: all entities that the default
        minimum joins, and words that score less than a common noun.

    Words in no entity are labeled none, noun or proper, as their scores lie between the edges; a run of words of one
    label is one span. Its score and probability (of being part of an entity) are the means of its words'. Terms of
    lists are spans of their own, by the list.
    """
    entities = document.entities(ENTITY_MINIMUM)
    spans = [
        _span("entity", entity.start, entity.end, model, entity.score, entity.probability, entity.kind)
        for entity in entities
        if entity.by == MODEL
        and (precision is None or (entity.probability is not None and entity.probability >= precision))
    ]
    spans += _term_spans(document)
    probabilities = document.probabilities()
    if precision is None:
        sure = document.scores < EDGES[0]
    else:
        sure = np.zeros(len(document.scores), np.bool_) if probabilities is None else 1 - probabilities >= precision
    labels = np.where(sure, np.searchsorted(EDGES[:2], document.scores, side="right"), _OPEN)
    for entity in entities:
        first, last = np.searchsorted(document.starts, (entity.start, entity.end))
        labels[first:last] = _OPEN
    labels[document.in_terms()] = _OPEN
    cuts = (np.flatnonzero(np.diff(labels)) + 1).tolist()
    for first, last in zip([0, *cuts], [*cuts, len(labels)], strict=True):
        if first < last and labels[first] != _OPEN:
            score = float(document.scores[first:last].mean(dtype=np.float64))
            probability = None if probabilities is None else float(probabilities[first:last].mean())
            start, end = int(document.starts[first]), int(document.ends[last - 1])
            spans.append(_span(_LABELS[labels[first]], start, end, model, score, probability))
    spans.sort(key=lambda span: span.start)
    return Record(text=text.text, id=text.id, time=text.time, source=text.source, spans=tuple(spans))


def _term_spans(document: Document) -> Iterator[Span]:
    for first, last in () if document.terms is None else document.terms.tolist():
        label: Label = "entity" if document.scores[first] > 0 else "none"
        yield Span(start=int(document.starts[first]), end=int(document.ends[last]), label=label, by=LIST)


def _span(
    label: Label, start: int, end: int, model: str, score: float, probability: float | None, kind: Kind | None = None
) -> Span:
    return Span(
        start=start,
        end=end,
        label=label,
        kind=kind,
        by=MODEL,
        model=model,
        score=round(score, 2),
        probability=None if probability is None else round(probability, 4),
    )
