"""What a model says of a text, as a record."""

from dataclasses import replace

import numpy as np
import pytest

from escore import Calibration, Document, Scorer
from escore.scale import MARKS
from escore_labels.record import Record, Span
from escore_labels.suggest import NotCalibratedError, check_precision, suggest
from escore_labels.unlabeled import Text

LINEAR = Calibration((0.0, 300.0), (0.0, 1.0))


def labels(scores: dict[str, float], precision: float | None, calibration: Calibration | None = LINEAR) -> list[str]:
    """The spans of a text of these words, as "text:label"."""
    words, values = list(scores), np.array(list(scores.values()), np.float32)
    ends = np.cumsum([len(word) + 1 for word in words]).astype(np.int32) - 1
    starts = (ends - [len(word) for word in words]).astype(np.int32)
    text = " ".join(words)
    document = Document(text, starts, ends, values, MARKS, calibration)
    record = suggest(document, Text(text, "a:1", "a"), "model 1", precision)
    return [f"{text[span.start : span.end]}:{span.label}" for span in record.spans]


SENTENCE = {"the": 1.0, "grey": 9.0, "cat": 100.0, "saw": 3.0, "Anna": 240.0, "Lee": 270.0, "in": 2.0, "Oslo": 297.0}


@pytest.mark.parametrize(
    ("precision", "expected"),
    [
        (None, ["the grey:none", "saw:none", "Anna Lee:entity", "in:none", "Oslo:entity"]),
        (0.95, ["the grey:none", "saw:none", "in:none", "Oslo:entity"]),
        (0.8, ["the grey:none", "saw:none", "Anna Lee:entity", "in:none", "Oslo:entity"]),
        (0.6, ["the grey:none", "cat:noun", "saw:none", "Anna Lee:entity", "in:none", "Oslo:entity"]),
        (1.0, []),
    ],
)
def test_precision_chooses_what_is_labeled(precision: float | None, expected: list[str]) -> None:
    assert labels(SENTENCE, precision) == expected


def test_a_function_word_inside_a_doubtful_entity_stays_open() -> None:
    scores = {"Bank": 230.0, "of": 120.0, "England": 230.0, "said": 1.0}
    assert labels(scores, None) == ["Bank of England:entity", "said:none"]
    assert labels(scores, 0.9) == ["said:none"]
    assert labels(scores, 0.55) == ["Bank of England:entity", "said:none"]


def test_nothing_is_labeled_in_a_text_without_words() -> None:
    assert labels({}, None) == labels({}, 0.9) == []


def test_without_calibration_there_are_no_probabilities(scorer: Scorer) -> None:
    assert labels(SENTENCE, None, None) == labels(SENTENCE, None)
    with pytest.raises(NotCalibratedError, match="--calibrate-on"):
        check_precision(replace(scorer.bundle.manifest, calibration=None), 0.9)


def test_a_precision_that_no_score_reaches_is_reported(scorer: Scorer) -> None:
    manifest = scorer.bundle.manifest
    assert check_precision(manifest, 0.95) == ""
    assert "no entity" in check_precision(manifest, 0.999)
    sure_entities = replace(manifest, calibration=Calibration((0.0, 300.0), (0.2, 0.99)))
    assert "surely in no entity" in check_precision(sure_entities, 0.95)


def test_spans_tell_model_score_and_probability(scorer: Scorer) -> None:
    text = "Anna Kowalska slept."
    document = scorer(text)
    record = suggest(document, Text(text, "a:1", "mail", "2026-05-02"), "escore-en 7")
    (entity,) = document.entities(220)
    first, second = record.spans
    assert first == Span(
        start=0,
        end=13,
        label="entity",
        kind="person",
        by="model",
        model="escore-en 7",
        score=round(entity.score, 2),
        probability=round(entity.probability or 0, 4),
    )
    assert (second.label, text[second.start : second.end]) == ("none", "slept.")
    assert second.score == pytest.approx(document.scores[2:].mean(), abs=0.01)
    assert replace_spans(record) == Record(text=text, id="a:1", source="mail", time="2026-05-02")


def replace_spans(record: Record) -> Record:
    return Record(text=record.text, id=record.id, source=record.source, time=record.time)
