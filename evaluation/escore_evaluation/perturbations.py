"""Labelled text as it also reaches a model: other case, typing errors, no punctuation.

What is done here is fixed, so that figures of years may be compared; what training does to its texts may change. The
same sentence is always changed in the same way, whatever stands around it.
"""

import random
from collections.abc import Callable
from dataclasses import replace

from escore_labels.tokens import ENTITY, Sentence

_TYPOS = 10  # one word in so many
_KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

Change = Callable[[Sentence], Sentence]


def lower(sentence: Sentence) -> Sentence:
    """In lower case."""
    return [replace(token, text=token.text.lower()) for token in sentence]


def upper(sentence: Sentence) -> Sentence:
    """IN CAPITALS."""
    return [replace(token, text=token.text.upper()) for token in sentence]


def title(sentence: Sentence) -> Sentence:
    """Each Word Begins With A Capital; what is joined to the word before it (n't, 's) does not."""
    changed: Sentence = []
    for token in sentence:
        first = not changed or changed[-1].space_after
        changed.append(replace(token, text=token.text[:1].upper() + token.text[1:]) if first else token)
    return changed


def mistyped(sentence: Sentence) -> Sentence:
    """One word of four letters or more in ten has two letters swapped, one left out, one doubled, or the key beside."""
    rng = random.Random(" ".join(token.text for token in sentence))
    return [
        replace(token, text=_mistyped(token.text, rng))
        if len(token.text) > 3 and token.text.isalpha() and rng.randrange(_TYPOS) == 0
        else token
        for token in sentence
    ]


def unpunctuated(sentence: Sentence) -> Sentence:
    """Without the tokens that hold neither letter nor digit; the words beside them stand apart."""
    kept: Sentence = []
    begins = False
    for token in sentence:
        if any(char.isalnum() for char in token.text):
            kept.append(replace(token, starts_entity=token.starts_entity or (begins and token.low == ENTITY)))
            begins = False
        else:
            begins = token.starts_entity or (begins and token.low == ENTITY)
            if kept:
                kept[-1] = replace(kept[-1], space_after=True)
    return kept


def _mistyped(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    before, letter, after = word[:at], word[at], word[at + 1 :]
    match rng.randrange(4):
        case 0:
            return before + after[0] + letter + after[1:]
        case 1:
            return before + after
        case 2:
            return before + letter + letter + after
        case _:
            return before + _beside(letter, rng) + after


def _beside(letter: str, rng: random.Random) -> str:
    """A letter that lies beside this one on a keyboard; itself where that is not known."""
    row = next((row for row in _KEYS if letter.lower() in row), letter)
    at = row.find(letter.lower())
    near = row[max(at - 1, 0) : at] + row[at + 1 : at + 2] or letter
    found = rng.choice(near)
    return found.upper() if letter.isupper() else found


CHANGES: dict[str, Change] = {
    "lower": lower,
    "upper": upper,
    "title": title,
    "typos": mistyped,
    "unpunctuated": unpunctuated,
}


def changed(sentences: list[Sentence], change: Change) -> list[Sentence]:
    """All of the sentences that keep a token."""
    return [after for sentence in sentences if (after := change(sentence))]
