"""Changed copies of training texts keep the class probabilities of each word."""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest

from escore_labels.tokens import Sentence, Token
from escore_training.data.augment import (
    add_bullets,
    add_emphasis,
    add_hashtags,
    add_typos,
    augment,
    drop_punctuation,
    from_the_middle,
    number_entities,
    title_case,
    typo,
)
from escore_training.data.entity_swap import entity_pool, lowercase_names, swap_entities
from escore_training.recipe import load_recipe

Change = Callable[[list[Sentence], random.Random], list[Sentence]]
CHANGES = [title_case, drop_punctuation, add_typos, add_hashtags, lowercase_names]
NAME, WORD = (0.0, 0.1, 0.9, 0.95), (0.9, 0.1, 0.0, 0.0)
TEXT = "The old baker , Anna Berg , does n't sell bread in Rotterdam since 2016 , says Oskar ; nobody knows why ."
WORDS = TEXT.split()


def marked(sentences: int) -> tuple[list[Sentence], dict[tuple[float, ...], str]]:
    """Sentences of which each word has probabilities of its own, and the words by these."""
    word_of: dict[tuple[float, ...], str] = {}
    run = []
    for i in range(sentences):
        sentence = []
        for k, word in enumerate(WORDS):
            probabilities = (i / 1000, k / 1000, 0.5, 0.5)
            word_of[probabilities] = word
            sentence.append(Token(word, 0, 3, space_after=k % 3 > 0, probabilities=probabilities))
        run.append(sentence)
    return run, word_of


def sentence(text: str, names: str) -> Sentence:
    """Words, some of which are surely names."""
    return [Token(word, 0, 3, probabilities=NAME if word in names.split() else WORD) for word in text.split()]


def texts(sentence: Sentence) -> str:
    return " ".join(token.text for token in sentence)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_word_keeps_its_classes_and_its_first_letter(change: Change) -> None:
    run, word_of = marked(60)
    changed = 0
    for token in (token for sentence in change(run, random.Random(1)) for token in sentence):
        if token.text == "#":
            assert token.probabilities == (1.0, 0.0, 0.0, 0.0)
            changed += 1
            continue
        assert token.probabilities is not None
        before = word_of.pop(token.probabilities)
        changed += token.text != before
        assert token.text[0].lower() == before[0].lower()
        assert abs(len(token.text) - len(before)) <= 1
    assert changed or change is drop_punctuation
    lost = set(word_of.values())
    assert lost == ({",", ";", "."} if change is drop_punctuation else set())


def test_typing_errors_leave_the_first_letter() -> None:
    rng = random.Random(3)
    seen = {typo("bread", rng) for _ in range(500)}
    assert all(word[0] == "b" and word != "b" for word in seen)
    assert {"berad", "brad", "breead"} <= seen  # swapped, left out, doubled
    assert {len(typo("ab", rng)) for _ in range(50)} == {1, 3}


def test_a_seed_gives_the_same_copies() -> None:
    others = entity_pool([sentence("Ann Lee left", "Ann Lee")])
    every = [
        "entity_swap_every",
        "lowercase_every",
        "uppercase_every",
        "lowercase_names_every",
        "augment_every",
    ]
    settings = msgspec.structs.replace(load_recipe("smoke").texts, **dict.fromkeys(every, 2))
    runs = [[sentence(TEXT, "Anna Berg Rotterdam Oskar")] for _ in range(40)]

    def copies(seed: int) -> list[list[Sentence]]:
        rng = random.Random(seed)
        return [copy for run in runs for copy in augment(run, settings, others, rng)]

    assert copies(1) == copies(1)
    assert copies(1) != copies(2)
    assert 60 < len(copies(1)) - 40 < 100  # each run, and about two changed copies of it
    assert any("Ann Lee" in texts(sentence) for copy in copies(1) for sentence in copy)
    assert runs[0] == [sentence(TEXT, "Anna Berg Rotterdam Oskar")]  # what is copied stays as it is


def test_nothing_is_left_of_signs_without_punctuation() -> None:
    signs = [[Token("…", 0, 0), Token("!", 0, 0)]]
    assert drop_punctuation(signs, random.Random(1)) == []
    settings = msgspec.structs.replace(load_recipe("smoke").texts, augment_every=1)
    rng = random.Random(1)
    assert all(any(copy) for _ in range(50) for copy in augment(signs, settings, [], rng))


def test_tags_join_their_word_and_headlines_their_clitics() -> None:
    run, _ = marked(30)
    for sentence in add_hashtags(run, random.Random(1)):
        for token, following in pairwise(sentence):
            if token.text == "#":
                assert not token.space_after
                assert following.text.isalpha()
    (headline, *_) = title_case(run, random.Random(1))
    assert " ".join(token.text for token in headline).startswith("The old Baker , Anna Berg , Does n't Sell Bread in")


def test_entities_that_may_replace_others_are_short_and_have_capitals() -> None:
    document = [
        sentence("Anna Berg saw the Republic of Korea", "Anna Berg Republic of Korea"),
        sentence("the old anna met #Oslo and AT/T", "the anna #Oslo AT/T"),
        sentence("A B C D E F met Oskar", "A B C D E F Oskar"),
    ]
    assert [texts(name) for name in entity_pool(document)] == ["Anna Berg", "Republic of Korea", "Oskar"]


def test_some_entities_are_replaced_and_all_else_stays() -> None:
    others = entity_pool([sentence("Ann Lee of Kattegat Lines", "Ann Lee Kattegat Lines")])
    run = sentence("Yesterday Anna Berg flew to Oslo .", "Anna Berg Oslo")
    run[-2] = replace(run[-2], space_after=False)
    rng = random.Random(1)
    seen = set()
    for _ in range(200):
        changed = swap_entities(run, others, rng)
        seen.add(texts(changed))
        assert not changed[-2].space_after  # the space is the place's, not the name's
        assert [t.probabilities for t in changed] == [
            WORD if t.text in ["Yesterday", "flew", "to", "."] else NAME for t in changed
        ]
    new = ["Ann Lee", "Kattegat Lines"]
    assert seen == {f"Yesterday {who} flew to {where} ." for who in ["Anna Berg", *new] for where in ["Oslo", *new]}
    small = {texts(swap_entities(sentence("oslo is far", "oslo"), others, rng)) for _ in range(50)}
    assert small == {"oslo is far", "ann lee is far", "kattegat lines is far"}


def test_names_lose_their_capitals_together_and_other_words_keep_them() -> None:
    run = [sentence("The mayor met Anna Berg in Oslo", "Anna Berg Oslo")]
    rng = random.Random(1)
    seen = {texts(changed) for _ in range(200) for changed in lowercase_names(run, rng)}
    assert seen == {
        f"The mayor met {who} in {where}" for who in ("Anna Berg", "anna berg") for where in ("Oslo", "oslo")
    }


def test_a_name_of_one_word_is_sometimes_one_with_a_number() -> None:
    def probabilities(entity: float) -> tuple[float, float, float, float]:
        return (1.0, 0.0, 0.0, entity)

    words = {"Rotterdam": 0.95, "bakes": 0.0, "Anna": 0.95, "Berg": 0.96, "bread": 0.1, ".": 0.0}
    sentence = [Token(word, 0, 3, probabilities=probabilities(entity)) for word, entity in words.items()]
    seen, ends = set(), set()
    for changed in number_entities([sentence] * 400, random.Random(1)):
        texts = [token.text for token in changed]
        assert texts[-5:] == ["bakes", "Anna", "Berg", "bread", "."]  # a name of two words stays as it is
        seen.add(len(changed))
        if len(changed) > len(sentence):
            name = changed[:-5]
            assert name[0].text[0].isupper()
            assert all(token.space_after for token in name)
            assert any(any(map(str.isdecimal, token.text)) for token in name[1:])
            assert {token.probabilities for token in name} == {probabilities(0.95)}
            ends |= {re.sub(r"\d+", "9", token.text) for token in name[1:]}
    # Rotterdam, Act 9, Mazda E3 Turbo, Regulation (EC) No 9/9
    assert seen == {len(sentence) + more for more in range(4)}
    assert {"9", "E9", "9.9", "Turbo", "9/9", "9/9/EC", "(EU)", "No"} <= ends


def test_bullets_emphasis_and_quotes_stand_beside_the_words_and_name_nothing() -> None:
    run, word_of = marked(40)
    for change, signs in ((add_bullets, "•-*–‣·>#[]()x1a."), (add_emphasis, "_*`~\"'()<>/b“”‘’«»[]")):
        changed = [token for sentence in change(run, random.Random(3)) for token in sentence]
        added = [token for token in changed if token.probabilities not in word_of]
        assert added
        assert all(token.probabilities == (1.0, 0.0, 0.0, 0.0) for token in added)
        assert all(set(token.text) <= set(signs + "0123456789") for token in added)
        assert all(token.text == word_of[token.probabilities] for token in changed if token.probabilities in word_of)


def test_all_of_an_entity_is_emphasized() -> None:
    name = sentence("met Anna Berg today", "Anna Berg")
    texts_ = {texts(changed) for seed in range(300) for changed in add_emphasis([name], random.Random(seed))}
    assert "met _ Anna Berg _ today" in texts_
    assert not any(re.search("Anna [^B]", text) for text in texts_)


def test_a_sentence_from_the_middle_begins_with_a_capital() -> None:
    run, word_of = marked(40)
    for before, after in zip(run, from_the_middle(run, random.Random(5)), strict=True):
        assert after[1:] == before[len(before) - len(after) + 1 :]
        assert after[0].probabilities is not None
        assert after[0].text == word_of[after[0].probabilities].capitalize()
