"""JSON text of words and entities: what the standard library would write, in chunks."""

import json

import pytest

from escore import Scorer
from escore.json_output import CHUNK, COMPACT, SPACED, entity_objects, json_items, word_objects

TEXT = 'Zoë "Quay" told\tBen Berg \ud800.\n'


@pytest.mark.parametrize("separators", [SPACED, COMPACT])
@pytest.mark.parametrize("count", [0, 1, CHUNK, 2 * CHUNK + 1])
def test_items_are_those_of_an_array(separators: tuple[str, str], count: int) -> None:
    items: list[object] = [{"text": TEXT, "score": 0.1}] * count
    chunks = list(json_items(iter(items), separators))
    assert len(chunks) == -(-count // CHUNK)
    assert f"[{''.join(chunks)}]" == json.dumps(items, ensure_ascii=False, separators=separators)


def test_objects_are_the_words_and_entities_of_a_document(scorer: Scorer) -> None:
    document = scorer(TEXT * 600)
    assert len(document.words) > CHUNK
    assert list(word_objects(document, 0)) == [
        {"text": word.text, "start": word.start, "end": word.end, "score": round(word.score, 2), "mark": word.mark}
        | probability(word.probability)
        for word in document.words
    ]
    assert list(entity_objects(document, 150)) == [
        {"text": entity.text, "start": entity.start, "end": entity.end, "score": round(entity.score, 2)}
        | probability(entity.probability)
        | {"kind": entity.kind}
        for entity in document.entities(150)
    ]


def probability(value: float | None) -> dict[str, float]:
    return {} if value is None else {"probability": round(value, 4)}
