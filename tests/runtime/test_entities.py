"""Which words are joined into one entity."""

import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.joining import CASES, JOINED, Scores, random_case, read

from escore.entities import Rule, Words, join_words
from escore.identifiers import begins_identifier, ends_identifier


def texts(case: Scores, minimum: float) -> list[str]:
    return [entity.text for entity in case.document().entities(minimum)]


@pytest.mark.parametrize(("case", "entities"), CASES + JOINED)
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
    above = {
        word
        for word in above
        if not begins_identifier(document.text, word.start, word.end)
        and not ends_identifier(document.text, word.start, word.end)
    }
    assert {word for word in above if word.text[0] not in "'’&" and word.text not in ("of", "the")} <= set(inside)
    for entity in entities:
        words = [word for word in inside if entity.start <= word.start < entity.end]
        assert (entity.start, entity.end) == (words[0].start, words[-1].end)
        assert words[0].score >= 100  # half of the minimum, where a model says that these go on
        assert words[-1].score >= 100 or words[-1].text in ".)"
        assert entity.score == pytest.approx(np.mean([word.score for word in words]))
        assert entity.text == document.text[entity.start : entity.end]


@settings(deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 300), st.floats(0, 300))
def test_an_entity_lies_within_one_of_any_lower_minimum(seed: int, one: float, other: float) -> None:
    document = random_case(random.Random(seed)).document()
    wide = document.entities(min(one, other))
    for entity in document.entities(max(one, other)):
        assert sum(wider.start <= entity.start and entity.end <= wider.end for wider in wide) == 1


def test_identifiers_are_kept_where_they_are_asked_for() -> None:
    document = read("max_size=280 met=1 Oslo=280").document()
    assert [entity.text for entity in document.entities(200)] == ["Oslo"]
    assert [entity.text for entity in document.entities(200, identifiers=True)] == ["max_size", "Oslo"]


def test_common_nouns_are_joined_whatever_a_model_says_of_names() -> None:
    case = read("the=5/0 town=100/0 hall=120/0 of=60/0 stone=110/0 Oslo=290/0 street=100/0")
    assert texts(case, 80) == ["town hall of stone", "Oslo", "street"]
    assert texts(case, 200) == ["Oslo"]


def test_words_that_go_on_may_score_less_than_the_minimum() -> None:
    case = read("Game=290/0 of=100/1 Thrones=190/1").document()
    assert case.joins is not None
    words = Words(case.text, case.starts, case.ends, case.scores, case.joins)
    assert join_words(words, 200) == [(0, 2)]
    assert join_words(words, 200, Rule(ends=0.96)) == [(0, 0)]
    assert texts(read("Game=290/0 of=100/1 a=190/1 Thrones=99/1"), 200) == ["Game"]


def test_the_kind_of_an_entity_is_the_likeliest_by_all_its_words() -> None:
    document = read("Ann=290/0 Bank=100/1 Ltd=290/1 met=1/0 Oslo=280/0").document()
    kinds = np.array(
        [[0.95, 0.05, 0, 0], [0, 0.6, 0.4, 0], [0.1, 0.7, 0.2, 0], [1, 0, 0, 0], [0, 0.1, 0.9, 0]], np.float32
    )
    document = replace(document, kinds=kinds)
    assert [(entity.text, entity.kind) for entity in document.entities(200)] == [
        ("Ann Bank Ltd", "person"),
        ("Oslo", "place"),
    ]
    low = replace(document, scores=np.array([120, 290, 290, 1, 280], np.float32))
    assert [entity.kind for entity in low.entities(100)] == ["organization", "place"]


def test_another_rule_may_be_tried() -> None:
    document = read("👍=290 \n Bank=280 upon=110 China=285 @=250 ~x=280").document()
    words = Words(document.text, document.starts, document.ends, document.scores)
    assert join_words(words, 200) == [(1, 1), (3, 3), (4, 5)]
    assert join_words(words, 200, Rule(letters=4)) == [(1, 3), (4, 5)]
    assert join_words(words, 200, Rule(starters="")) == [(1, 1), (3, 5)]
    assert join_words(words, 200, Rule(bare=True)) == [(0, 0), (1, 1), (3, 3), (4, 5)]
    assert join_words(words, 200, Rule(share=1, letters=4, signs=True)) == [(1, 1), (3, 3), (4, 5)]
