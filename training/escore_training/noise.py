"""Sentences as people also write them: in one case, without punctuation, with typing errors, tags, or other names."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from escore_training.gold import Document, Sentence, Token
from escore_training.recipe import Texts
from escore_training.texts import recased

_NOTHING = (1.0, 0.0, 0.0, 0.0)  # the `soft` of a sign that is no word
_TYPING = 0.08  # the share of words with a typing error
_TAGS = 0.15  # the share of words that become hashtags
_NAMED = 0.8  # from this p(entity) on, a word is a name
_RENAMED = 0.5  # the share of names of one word that get a number
# What is called by its number, and makers whose models are. The corpora hold few, and label the number as a count.
_NUMBERED = ("Act", "Article", "Channel", "Chapter", "Directive", "Flight", "Part", "Regulation", "Route", "Section")
_MAKERS = ("Airbus", "Canon", "Fiat", "Galaxy", "Honda", "Lumia", "Mazda", "Nokia", "Pixel", "PlayStation", "Windows")
_MODELS = ("", "", "A", "E", "G", "S", "X")  # before a model's number
_KINDS = ("Pro", "Mini", "Plus", "Turbo", "XL", "Max")  # behind it
_SWAPPED = 0.5  # the share of a text's names that others stand for, in a text that is renamed
_LONGEST = 5  # tokens of a name that stands for another
_KEPT = 0.3  # the share of names that keep their capitals where names lose them
_JOINING = ("of", "the", "and", "de", "van", "von", "&")


def pool(documents: Iterable[Document]) -> list[Sentence]:
    """The names in labelled documents, written with capitals, that may stand for others."""
    return [
        name
        for document in documents
        for sentence in document
        for begin, end in _names(sentence)
        if (name := sentence[begin:end]) and _usual(name)
    ]


def _usual(name: Sentence) -> bool:
    whole = "".join(token.text for token in name)
    return (
        len(name) <= _LONGEST
        and name[0].text[:1].isupper()
        and not any(sign in whole for sign in "#@/")
        and all(t.text[:1].isupper() or not t.text[:1].isalpha() or t.text in _JOINING for t in name)
    )


def _names(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Where names stand: runs of tokens that are surely part of one."""
    begin = None
    for i, token in enumerate([*sentence, None]):
        inside = token is not None and token.soft is not None and token.soft[3] >= _NAMED
        if inside and begin is None:
            begin = i
        elif not inside and begin is not None:
            yield begin, i
            begin = None


def copies(
    run: list[Sentence], settings: Texts, names: Sequence[Sentence], rng: random.Random
) -> Iterator[list[Sentence]]:
    """The run itself, sometimes with some of its names replaced by others of `names`, and sometimes one changed."""
    if names and rng.randrange(settings.renamed_every) == 0:
        run = [renamed(sentence, names, rng) for sentence in run]
    yield run
    if rng.randrange(settings.lower_every) == 0:
        yield recased(run, str.lower)
    if rng.randrange(settings.capitals_every) == 0:
        yield recased(run, str.upper)
    if rng.randrange(settings.names_lower_every) == 0 and (lowered := names_lower(run, rng)) != run:
        yield lowered
    if rng.randrange(settings.noise_every) == 0:
        change = rng.choice(CHANGES)
        if any(changed := change(run, rng)) and changed != run:
            yield changed


def renamed(sentence: Sentence, names: Sequence[Sentence], rng: random.Random) -> Sentence:
    """With other names for some of its own; in lower case where the sentence holds no capital."""
    small = not any(token.text[:1].isupper() for token in sentence)
    changed: Sentence = []
    done = 0
    for begin, end in _names(sentence):
        if rng.random() < _SWAPPED:
            *inner, last = rng.choice(names)
            name = [*inner, replace(last, space_after=sentence[end - 1].space_after)]
            changed += [*sentence[done:begin], *(recased([name], str.lower)[0] if small else name)]
            done = end
    return changed + sentence[done:]


def names_lower(run: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With most names, of entities or not, in lower case, as in hasty posts."""
    changed = []
    for sentence in run:
        tokens: list[Token] = []
        within = kept = False
        for token in sentence:
            named = token.soft is not None and max(token.soft[2:]) >= 0.5
            if named and not within:
                kept = rng.random() < _KEPT
            within = named
            tokens.append(replace(token, text=token.text.lower()) if named and not kept else token)
        changed.append(tokens)
    return changed


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
                tokens.append(Token("#", 0, 0, space_after=False, soft=_NOTHING))
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
            if _named(token) and not any(map(_named, beside)) and rng.random() < _RENAMED:
                words = _numbered_name(rng)
                tokens += [replace(token, text=word, space_after=True) for word in words[:-1]]
                tokens.append(replace(token, text=words[-1]))
            else:
                tokens.append(token)
        changed.append(tokens)
    return changed


def _numbered_name(rng: random.Random) -> list[str]:
    number = str(rng.choice((rng.randrange(1, 20), rng.randrange(1, 200), rng.randrange(1, 3000))))
    if rng.random() < 0.5:
        return [rng.choice(_NUMBERED), number]
    model = [rng.choice(_MAKERS), rng.choice(_MODELS) + number]
    return [*model, rng.choice(_KINDS)] if rng.random() < 0.3 else model


def _named(token: Token) -> bool:
    return token.soft is not None and token.soft[3] >= _NAMED and token.text[:1].isupper()


# Headlines are what readers meet most of these.
CHANGES = (titled, titled, unpunctuated, mistyped, tagged, numbered)
