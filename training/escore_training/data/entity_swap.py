"""Entities in labeled texts: replaced by others, or in lower case."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from escore_labels.tokens import Sentence, Token
from escore_training.data.examples import change_case

_ENTITY = 0.8  # from this p(entity) on, a word is part of an entity
_NAME = 0.5  # from this p(entity) or p(proper noun) on, it is likely a name, of an entity or not
_SWAP_RATE = 0.5  # the share of a text's entities that are replaced
_MAX_TOKENS = 5  # of an entity that replaces another
_KEEP_RATE = 0.3  # the share of names that keep their capitals in `lowercase_names`
_FUNCTION_WORDS = ("of", "the", "and", "de", "van", "von", "&")


def is_entity(token: Token) -> bool:
    """Whether a token is so surely part of an entity that augmentation may rely on it."""
    return token.probabilities is not None and token.probabilities[3] >= _ENTITY


def entity_pool(sentences: Iterable[Sentence]) -> list[Sentence]:
    """The entities in labeled sentences, written with capitals, that may replace others."""
    return [
        entity
        for sentence in sentences
        for begin, end in _entity_spans(sentence)
        if _is_capitalized(entity := sentence[begin:end])
    ]


def _is_capitalized(entity: Sentence) -> bool:
    text = "".join(token.text for token in entity)
    return (
        len(entity) <= _MAX_TOKENS
        and entity[0].text[:1].isupper()
        and not any(sign in text for sign in "#@/")
        and all(t.text[:1].isupper() or not t.text[:1].isalpha() or t.text in _FUNCTION_WORDS for t in entity)
    )


def _entity_spans(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Runs of tokens that are part of an entity."""
    begin = 0
    for inside, tokens in groupby(sentence, is_entity):
        end = begin + len(list(tokens))
        if inside:
            yield begin, end
        begin = end


def swap_entities(sentence: Sentence, pool: Sequence[Sentence], rng: random.Random) -> Sentence:
    """With other entities for some of its own; in lower case where the sentence holds no capital."""
    lowercase = not any(token.text[:1].isupper() for token in sentence)
    result: Sentence = []
    done = 0
    for begin, end in _entity_spans(sentence):
        if rng.random() < _SWAP_RATE:
            *inner, last = rng.choice(pool)
            entity = [*inner, replace(last, space_after=sentence[end - 1].space_after)]
            result += [*sentence[done:begin], *(change_case([entity], str.lower)[0] if lowercase else entity)]
            done = end
    return result + sentence[done:]


def lowercase_names(sentences: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With most names, of entities or not, in lower case, as in hasty posts."""
    result = []
    for sentence in sentences:
        tokens: list[Token] = []
        for is_name, run in groupby(sentence, _is_name):
            lower = is_name and rng.random() >= _KEEP_RATE
            tokens += [replace(token, text=token.text.lower()) if lower else token for token in run]
        result.append(tokens)
    return result


def _is_name(token: Token) -> bool:
    return token.probabilities is not None and max(token.probabilities[2:]) >= _NAME
