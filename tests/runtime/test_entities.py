"""Which words are joined into one entity."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.joining import CASES, Scores, random_case, read

from escore.entities import Rule, join_words


def texts(case: Scores, minimum: float) -> list[str]:
    return [entity.text for entity in case.document().entities(minimum)]


@pytest.mark.parametrize(("case", "entities"), CASES)
def test_words_are_joined_by_the_rule(case: str, entities: list[str]) -> None:
    assert texts(read(case), 200) == entities


def test_a_function_word_needs_a_share_of_any_minimum() -> None:
    case = read("Bank=280 of=75 China=285")
    assert texts(case, 150) == ["Bank of China"]
    assert texts(case, 151) == ["Bank", "China"]


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_entities_follow_each_other_and_hold_all_names_above(seed: int) -> None:
    document = random_case(random.Random(seed)).document()
    entities = document.entities(200)
    inside = [word for entity in entities for word in document.words if entity.start <= word.start < entity.end]
    assert inside == sorted(set(inside), key=lambda word: word.start)
    above = {word for word in document.words_above(200) if any(map(str.isalnum, word.text))}
    assert above <= set(inside)
    for entity in entities:
        words = [word for word in inside if entity.start <= word.start < entity.end]
        assert (entity.start, entity.end) == (words[0].start, words[-1].end)
        assert min(words[0].score, words[-1].score) >= 200
        assert entity.score == pytest.approx(np.mean([word.score for word in words]))
        assert entity.text == document.text[entity.start : entity.end]


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 300), st.floats(0, 300))
def test_an_entity_lies_within_one_of_any_lower_minimum(seed: int, one: float, other: float) -> None:
    document = random_case(random.Random(seed)).document()
    wide = document.entities(min(one, other))
    for entity in document.entities(max(one, other)):
        assert sum(wider.start <= entity.start and entity.end <= wider.end for wider in wide) == 1


def test_another_rule_may_be_tried() -> None:
    document = read("👍=290 \n Bank=280 upon=110 China=285 @=250 ~x=280").document()
    arrays = document.text, document.starts, document.ends, document.scores, 200
    assert join_words(*arrays) == [(1, 1), (3, 3), (4, 5)]
    assert join_words(*arrays, Rule(letters=4)) == [(1, 3), (4, 5)]
    assert join_words(*arrays, Rule(starters="")) == [(1, 1), (3, 5)]
    assert join_words(*arrays, Rule(bare=True)) == [(0, 0), (1, 1), (3, 3), (4, 5)]
    assert join_words(*arrays, Rule(share=1, letters=4, signs=True)) == [(1, 1), (3, 3), (4, 5)]
