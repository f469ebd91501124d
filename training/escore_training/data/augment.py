"""Training texts as people also write them: in one case, without punctuation, with typing errors or hashtags."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from escore.segmentation import word_offsets
from escore_labels.tokens import NONE, Sentence, Token
from escore_training.data.entity_swap import is_entity, lowercase_names, swap_entities
from escore_training.data.examples import change_case
from escore_training.recipe import Texts

_NONE = (1.0, 0.0, 0.0, 0.0)  # the probabilities of a sign that is not a word
_BULLETS = ("•", "-", "*", "–", "‣", "·", "1.", "1)", "(1)", "a)", "[ ]", "[x]", "->", ">", "#", "##")
_EMPHASIS = (
    ("_", "_"), ("*", "*"), ("**", "**"), ("__", "__"), ("`", "`"), ("~~", "~~"), ('"', '"'), ("'", "'"), ("(", ")"),
    ("<b>", "</b>"), ("“", "”"), ("‘", "’"), ("«", "»"), ("[", "]"),
)  # fmt: skip
_EMPHASIS_RATE = 0.15  # the share of words, or entities, that get marks of emphasis
_TYPO_RATE = 0.08  # the share of words with a typing error
_HASHTAG_RATE = 0.15  # the share of words that become hashtags
_NUMBER_RATE = 0.5  # the share of entities of one word that get a number
# What is called by its number, and makers whose models are. The corpora hold few, and label the number as a count.
_LAWS = (
    "Act", "Article", "Clause", "Decree", "Directive", "Law", "Protocol", "Regulation", "Resolution", "Rule",
    "Section",
)  # fmt: skip
_ROADS_AND_FLIGHTS = ("Channel", "Flight", "Highway", "Motorway", "Road", "Route", "Schedule")
_MAKERS = (
    "Airbus", "Canon", "Dell", "Embraer", "Fedora", "Fiat", "Galaxy", "Honda", "Kindle", "Lenovo", "Lumia", "Mazda",
    "Nokia", "Pixel", "PlayStation", "Sony", "Tesla", "Windows", "Xbox",
)  # fmt: skip
_MODEL_LETTERS = ("", "", "A", "E", "G", "S", "X")
_MODEL_SUFFIXES = ("Pro", "Mini", "Plus", "Turbo", "XL", "Max")


def augment(
    sentences: list[Sentence], settings: Texts, pool: Sequence[Sentence], rng: random.Random
) -> Iterator[list[Sentence]]:
    """The text itself, sometimes with entities of the pool for some of its own, and up to four changed copies of it."""
    if pool and rng.randrange(settings.entity_swap_every) == 0:
        sentences = [swap_entities(sentence, pool, rng) for sentence in sentences]
    yield sentences
    if rng.randrange(settings.lowercase_every) == 0:
        yield change_case(sentences, str.lower)
    if rng.randrange(settings.uppercase_every) == 0:
        yield change_case(sentences, str.upper)
    if rng.randrange(settings.lowercase_names_every) == 0:
        lowered = lowercase_names(sentences, rng)
        if lowered != sentences:
            yield lowered
    if rng.randrange(settings.augment_every) == 0:
        changed = rng.choice(CHANGES)(sentences, rng)
        if any(changed) and changed != sentences:
            yield changed


def title_case(sentences: list[Sentence], rng: random.Random) -> list[Sentence]:
    """As in a headline: each word of four letters or more begins with a capital."""
    return [
        [replace(token, text=token.text[:1].upper() + token.text[1:]) if len(token.text) > 3 else token for token in s]
        for s in sentences
    ]


def drop_punctuation(sentences: list[Sentence], rng: random.Random) -> list[Sentence]:
    """Without signs that stand alone; sometimes without capitals too."""
    words = [[token for token in sentence if any(char.isalnum() for char in token.text)] for sentence in sentences]
    spaced = [[replace(token, space_after=True) for token in sentence] for sentence in words if sentence]
    return change_case(spaced, str.lower) if rng.random() < 0.3 else spaced


def add_typos(sentences: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With letters swapped, left out or doubled in some of the words."""
    return [
        [
            replace(token, text=typo(token.text, rng))
            if token.text.isalpha() and len(token.text) > 3 and rng.random() < _TYPO_RATE
            else token
            for token in sentence
        ]
        for sentence in sentences
    ]


def typo(word: str, rng: random.Random) -> str:
    """The word (of two letters or more) with two letters swapped, one left out or one doubled, never the first."""
    at = rng.randrange(1, len(word))
    if at + 1 < len(word) and rng.random() < 0.5:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if rng.random() < 0.5 else word[:at] + word[at] + word[at:]


def add_hashtags(sentences: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With a # before some of the words."""
    result = []
    for sentence in sentences:
        tokens: list[Token] = []
        for token in sentence:
            if token.text.isalpha() and rng.random() < _HASHTAG_RATE:
                tokens.append(Token("#", 0, 0, space_after=False, probabilities=_NONE))
            tokens.append(token)
        result.append(tokens)
    return result


def number_entities(sentences: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With laws, roads, flights and models ("Regulation 44", "Mazda E3 Turbo") for some entities of one word.

    The number is part of the entity.
    """
    result = []
    for sentence in sentences:
        tokens: list[Token] = []
        for i, token in enumerate(sentence):
            neighbors = sentence[max(0, i - 1) : i] + sentence[i + 1 : i + 2]
            alone = _is_capitalized_entity(token) and not any(map(_is_capitalized_entity, neighbors))
            if alone and rng.random() < _NUMBER_RATE:
                words = _numbered_name(rng)
                tokens += [replace(token, text=word, space_after=True) for word in words[:-1]]
                tokens.append(replace(token, text=words[-1]))
            else:
                tokens.append(token)
        result.append(tokens)
    return result


def add_bullets(sentences: list[Sentence], rng: random.Random) -> list[Sentence]:
    """As the items of a list: with a bullet or a number before each sentence, and often no full stop."""
    bullet = rng.choice(_BULLETS)
    result = []
    for number, sentence in enumerate(sentences, 1):
        signs = bullet.replace("1", str(number))
        body = sentence[:-1] if len(sentence) > 1 and sentence[-1].text == "." and rng.random() < 0.7 else sentence
        result.append([*_signs(signs, space_after=True), *body])
    return result


def add_emphasis(sentences: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With marks of emphasis, or quotes, around some of the words, or all of an entity's."""
    result = []
    for sentence in sentences:
        tokens: list[Token] = []
        begin = 0
        while begin < len(sentence):
            end = begin + 1
            while end < len(sentence) and is_entity(sentence[begin]) and is_entity(sentence[end]):
                end += 1
            words = sentence[begin:end]
            if sentence[begin].text.isalpha() and rng.random() < _EMPHASIS_RATE:
                before, after = rng.choice(_EMPHASIS)
                closing = _signs(after, space_after=words[-1].space_after)
                words = [*_signs(before), *words[:-1], replace(words[-1], space_after=False), *closing]
            tokens += words
            begin = end
        result.append(tokens)
    return result


def from_the_middle(sentences: list[Sentence], rng: random.Random) -> list[Sentence]:
    """Sentences from one of their later words on, which gets a capital: so nouns and verbs begin some, too."""
    result = []
    for sentence in sentences:
        start = 0
        starts = [
            i for i, t in enumerate(sentence[:-2]) if i and t.text.isalpha() and t.text.islower() and len(t.text) > 2
        ]
        if starts:
            start = rng.choice(starts)
        capitalized = (
            [replace(t, text=t.text[:1].upper() + t.text[1:]) for t in sentence[start : start + 1]] if start else []
        )
        result.append([*capitalized, *sentence[start + len(capitalized) :]])
    return result


def _signs(text: str, space_after: bool = False) -> list[Token]:
    """Signs as tokens that are part of nothing."""
    words = word_offsets(text)
    return [
        Token(text[start:end], NONE, NONE, space_after and end == len(text), probabilities=_NONE)
        for start, end in words
    ]


def _numbered_name(rng: random.Random) -> list[str]:
    number = str(rng.choice((rng.randrange(1, 20), rng.randrange(1, 200), rng.randrange(1, 3000))))
    kind = rng.random()
    if kind < 0.2:
        return [rng.choice(_ROADS_AND_FLIGHTS), number]
    if kind < 0.5:
        return [rng.choice(_LAWS), number]
    if kind < 0.6:
        return _european_law(rng, number)
    if kind < 0.65:
        return [rng.choice(_MAKERS), f"{rng.randrange(1, 30)}.{rng.randrange(20)}"]
    model = [rng.choice(_MAKERS), rng.choice(_MODEL_LETTERS) + number]
    return [*model, rng.choice(_MODEL_SUFFIXES)] if rng.random() < 0.3 else model


def _european_law(rng: random.Random, number: str) -> list[str]:
    """As the European Union numbers them: Regulation (EU) 2016/679, Directive 95/46/EC."""
    year = rng.randrange(1960, 2030)
    identifier = rng.choice((f"{year}/{number}", f"{number}/{year}", f"{year % 100:02}/{number}/EC"))
    return [rng.choice(_LAWS), *rng.choice(((), ("(EU)",), ("(EC)", "No"))), identifier]


def _is_capitalized_entity(token: Token) -> bool:
    return is_entity(token) and token.text[:1].isupper()


# Headlines are what readers meet most of these.
CHANGES = (
    title_case, title_case, drop_punctuation, add_typos, add_hashtags, number_entities, add_bullets, add_emphasis,
    from_the_middle, from_the_middle,
)  # fmt: skip
