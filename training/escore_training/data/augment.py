"""Sentences as people also write them: in one case, without punctuation, with typing errors, tags, or other names."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from escore_labels.tokens import Sentence, Token
from escore_training.data import entity_swap as names
from escore_training.data.examples import recased
from escore_training.recipe import Texts

_NOTHING = (1.0, 0.0, 0.0, 0.0)  # the `soft` of a sign that is no word
_TYPING = 0.08  # the share of words with a typing error
_TAGS = 0.15  # the share of words that become hashtags
_GETS_NUMBER = 0.5  # the share of names of one word that get a number
# What is called by its number, and makers whose models are. The corpora hold few, and label the number as a count.
_LAWS = (
    "Act", "Article", "Clause", "Decree", "Directive", "Law", "Protocol", "Regulation", "Resolution", "Rule", "Section",
)  # fmt: skip
_OTHERS = ("Channel", "Flight", "Highway", "Motorway", "Road", "Route", "Schedule")
_MAKERS = (
    "Airbus", "Canon", "Dell", "Embraer", "Fedora", "Fiat", "Galaxy", "Honda", "Kindle", "Lenovo", "Lumia", "Mazda",
    "Nokia", "Pixel", "PlayStation", "Sony", "Tesla", "Windows", "Xbox",
)  # fmt: skip
_MODELS = ("", "", "A", "E", "G", "S", "X")  # before a model's number
_KINDS = ("Pro", "Mini", "Plus", "Turbo", "XL", "Max")  # behind it


def copies(
    run: list[Sentence], settings: Texts, others: Sequence[Sentence], rng: random.Random
) -> Iterator[list[Sentence]]:
    """The run itself, sometimes with some of its names replaced by some of `others`, and up to four changed copies."""
    if others and rng.randrange(settings.renamed_every) == 0:
        run = [names.renamed(sentence, others, rng) for sentence in run]
    yield run
    if rng.randrange(settings.lower_every) == 0:
        yield recased(run, str.lower)
    if rng.randrange(settings.capitals_every) == 0:
        yield recased(run, str.upper)
    if rng.randrange(settings.names_lower_every) == 0 and (lowered := names.small(run, rng)) != run:
        yield lowered
    if rng.randrange(settings.noise_every) == 0:
        change = rng.choice(CHANGES)
        if any(changed := change(run, rng)) and changed != run:
            yield changed


def titled(run: list[Sentence], rng: random.Random) -> list[Sentence]:
    """As in a headline: each word of four letters or more begins with a capital."""
    return [
        [replace(token, text=token.text[:1].upper() + token.text[1:]) if len(token.text) > 3 else token for token in s]
        for s in run
    ]


def unpunctuated(run: list[Sentence], rng: random.Random) -> list[Sentence]:
    """Without signs that stand alone; sometimes without capitals too."""
    kept = [[token for token in sentence if any(char.isalnum() for char in token.text)] for sentence in run]
    spaced = [[replace(token, space_after=True) for token in sentence] for sentence in kept if sentence]
    return recased(spaced, str.lower) if rng.random() < 0.3 else spaced


def mistyped(run: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With letters swapped, left out or doubled in some of the words."""
    return [
        [
            replace(token, text=typing_error(token.text, rng))
            if token.text.isalpha() and len(token.text) > 3 and rng.random() < _TYPING
            else token
            for token in sentence
        ]
        for sentence in run
    ]


def typing_error(word: str, rng: random.Random) -> str:
    """The word (of two letters or more) with two letters swapped, one left out or one doubled, never the first."""
    at = rng.randrange(1, len(word))
    if at + 1 < len(word) and rng.random() < 0.5:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + word[at + 1 :] if rng.random() < 0.5 else word[:at] + word[at] + word[at:]


def tagged(run: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With a # before some of the words."""
    changed = []
    for sentence in run:
        tokens: list[Token] = []
        for token in sentence:
            if token.text.isalpha() and rng.random() < _TAGS:
                tokens.append(Token("#", 0, 0, space_after=False, probabilities=_NOTHING))
            tokens.append(token)
        changed.append(tokens)
    return changed


def numbered(run: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With laws, roads, flights and models ("Regulation 44", "Mazda E3 Turbo") for some names of one word.

    The number is as much a name.
    """
    changed = []
    for sentence in run:
        tokens: list[Token] = []
        for i, token in enumerate(sentence):
            beside = sentence[max(0, i - 1) : i] + sentence[i + 1 : i + 2]
            if _named(token) and not any(map(_named, beside)) and rng.random() < _GETS_NUMBER:
                words = _numbered_name(rng)
                tokens += [replace(token, text=word, space_after=True) for word in words[:-1]]
                tokens.append(replace(token, text=words[-1]))
            else:
                tokens.append(token)
        changed.append(tokens)
    return changed


def _numbered_name(rng: random.Random) -> list[str]:
    number = str(rng.choice((rng.randrange(1, 20), rng.randrange(1, 200), rng.randrange(1, 3000))))
    kind = rng.random()
    if kind < 0.2:
        return [rng.choice(_OTHERS), number]
    if kind < 0.5:
        return [rng.choice(_LAWS), number]
    if kind < 0.6:
        return _law_of_a_union(rng, number)
    if kind < 0.65:
        return [rng.choice(_MAKERS), f"{rng.randrange(1, 30)}.{rng.randrange(20)}"]
    model = [rng.choice(_MAKERS), rng.choice(_MODELS) + number]
    return [*model, rng.choice(_KINDS)] if rng.random() < 0.3 else model


def _law_of_a_union(rng: random.Random, number: str) -> list[str]:
    """As the European Union counts: Regulation (EU) 2016/679, Directive 95/46/EC."""
    year = rng.randrange(1960, 2030)
    counted = rng.choice((f"{year}/{number}", f"{number}/{year}", f"{year % 100:02}/{number}/EC"))
    return [rng.choice(_LAWS), *rng.choice(((), ("(EU)",), ("(EC)", "No"))), counted]


def _named(token: Token) -> bool:
    return names.is_sure(token) and token.text[:1].isupper()


# Headlines are what readers meet most of these.
CHANGES = (titled, titled, unpunctuated, mistyped, tagged, numbered)
