"""Which words are joined into one entity."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.joining import CASES, Scores, random_case, read

from escore.entities import Rule, join_words


def texts(made: Scores, minimum: float) -> list[str]:
    return [entity.text for entity in made.document().entities(minimum)]


@pytest.mark.parametrize(("case", "entities"), CASES)
def test_words_are_joined_by_the_rule(case: str, entities: list[str]) -> None:
    assert texts(read(case), 200) == entities


def test_a_small_word_needs_a_share_of_any_minimum() -> None:
    made = read("Bank=280 of=75 China=285")
    assert texts(made, 150) == ["Bank of China"]
    assert texts(made, 151) == ["Bank", "China"]


@settings(deadline=None)
@given(st.integers(0, 2**32))
def test_entities_follow_each_other_and_hold_all_names_above(seed: int) -> None:
    document = random_case(random.Random(seed)).document()
    entities = document.entities(200)
    inside = [word for each in entities for word in document.words if each.start <= word.start < each.end]
    assert inside == sorted(set(inside), key=lambda word: word.start)
    above = {word for word in document.words_above(200) if any(map(str.isalnum, word.text))}
    assert above <= set(inside)
    for each in entities:
        words = [word for word in inside if each.start <= word.start < each.end]
        assert (each.start, each.end) == (words[0].start, words[-1].end)
        assert min(words[0].score, words[-1].score) >= 200
        assert each.score == pytest.approx(np.mean([word.score for word in words]))
        assert each.text == document.text[each.start : each.end]


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 300), st.floats(0, 300))
def test_an_entity_lies_within_one_of_any_lower_minimum(seed: int, one: float, other: float) -> None:
    document = random_case(random.Random(seed)).document()
    wide = document.entities(min(one, other))
    for entity in document.entities(max(one, other)):
        assert sum(each.start <= entity.start and entity.end <= each.end for each in wide) == 1


def test_another_rule_may_be_tried() -> None:
    document = read("👍=290 \n Bank=280 upon=110 China=285 @=250 ~x=280").document()
    arrays = document.text, document.starts, document.ends, document.scores, 200
    assert join_words(*arrays) == [(1, 1), (3, 3), (4, 5)]
    assert join_words(*arrays, Rule(letters=4)) == [(1, 3), (4, 5)]
    assert join_words(*arrays, Rule(starters="")) == [(1, 1), (3, 5)]
    assert join_words(*arrays, Rule(bare=True)) == [(0, 0), (1, 1), (3, 3), (4, 5)]
    assert join_words(*arrays, Rule(share=1, letters=4, signs=True)) == [(1, 1), (3, 3), (4, 5)]
