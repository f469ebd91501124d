"""What a word is, for any Python string."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import WHITE_SPACE

from escore import Document, Scorer, WordLengthError, segmentation
from escore.normalization import INVISIBLE

ODD = st.one_of(
    st.sampled_from(
        list("aZ.'’-&_1,:…\u0301\u200d\u200c\ufe0f\u20e3\r\n\t\x00\x1c\x85\u0600\u06dd\xa0👩👧🇬🇧🏽한각アक")
    ),
    st.sampled_from(["n't", "'s", "U.S.", "</s>", "<mask>", "7.25bn", "\U000110bd", "O'Neil", " \u0301", "\u0600 "]),
    st.characters(),  # any code point, lone surrogates among them
)
TEXTS = st.lists(ODD, max_size=60).map("".join)


def check(text: str, document: Document) -> None:
    position = 0
    for word in document.words:
        assert text[word.start : word.end] == word.text
        assert position <= word.start < word.end
        assert (WHITE_SPACE | INVISIBLE).issuperset(text[position : word.start])
        assert WHITE_SPACE.isdisjoint(word.text)
        assert 0 <= word.score <= 300
        position = word.end
    assert (WHITE_SPACE | INVISIBLE).issuperset(text[position:])
    assert document.text == text


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TEXTS)
def test_every_visible_character_is_in_exactly_one_word(scorer: Scorer, text: str) -> None:
    check(text, scorer(text))


@settings(max_examples=300, deadline=None)
@given(st.one_of(TEXTS, st.lists(st.sampled_from(["ca", "n't", "x" * 9, " ", "U.S.", "\r\n"])).map("".join)))
def test_a_text_in_parts_has_the_same_words(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segmentation, "PART", 12)
        assert segmentation.word_offsets(text) == [span for _, span in segmentation.words(text)]


def test_a_word_that_is_too_long_is_refused(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segmentation, "MAX_WORD", 1 << 14)
    for split in (segmentation.word_offsets, scorer):
        with pytest.raises(WordLengthError, match="a word of more than 16384 characters"):
            split("Anna " + "x" * 50_000)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text(scorer: Scorer, text: str) -> None:
    check(text, scorer(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\r\n\xa0\u3000", []),
        ("Don't go.", ["Do", "n't", "go", "."]),
        ("CAN’T", ["CA", "N’T"]),
        ("Mary-Ellen O'Neil's AT&T", ["Mary-Ellen", "O'Neil", "'s", "AT&T"]),
        ("the U.S. paid 7.25bn at 10:30", ["the", "U.S.", "paid", "7.25bn", "at", "10:30"]),
        ("</s> <mask>", ["<", "/", "s", ">", "<", "mask", ">"]),
        ("so... well…", ["so", "...", "well", "…"]),
        ("👩‍👩‍👧‍👦🇬🇧🇫🇷", ["👩‍👩‍👧‍👦", "🇬🇧", "🇫🇷"]),
        ("e\u0301té na\u0308ive", ["e\u0301té", "na\u0308ive"]),
        ("a\x00b", ["a", "\x00", "b"]),
    ],
)
def test_words_of(scorer: Scorer, text: str, words: list[str]) -> None:
    assert [word.text for word in scorer(text).words] == words


def test_a_lone_surrogate_is_scored_as_the_replacement_character(scorer: Scorer) -> None:
    surrogate, replaced = scorer("Anna \ud83d met Ben"), scorer("Anna \ufffd met Ben")
    assert surrogate.scores.tobytes() == replaced.scores.tobytes()
    assert [(word.start, word.end) for word in surrogate.words] == [(word.start, word.end) for word in replaced.words]
    assert surrogate.words[1].text == "\ud83d"


def test_white_space_makes_no_difference(scorer: Scorer) -> None:
    plain, spaced = scorer("Anna Berg met Ben."), scorer("\n\n Anna\tBerg \u3000met\r\n\r\nBen.  ")
    assert plain.scores.tobytes() == spaced.scores.tobytes()


@pytest.mark.parametrize("unit", ["a", "!", "漢", "a-", "1.", "e\u0301", "👩‍", "n'", "U.", "🇬🇧"])
def test_a_long_text_without_a_space(scorer: Scorer, unit: str) -> None:
    text = unit * (9_000 // len(unit))  # more than two chunks
    check(text, scorer(text))
