"""Labeled text as it also reaches a model: other case, typing errors, no punctuation.

What is done here is fixed, so that figures of years may be compared; what training does to its texts may change. The
same sentence is always changed in the same way, whatever is around it.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from escore_labels.tokens import ENTITY, Sentence

_TYPO_EVERY = 10  # words
_KEYBOARD = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

Perturbation = Callable[[Sentence], Sentence]


def lower_case(sentence: Sentence) -> Sentence:
    """In lower case."""
    return [replace(token, text=token.text.lower()) for token in sentence]


def upper_case(sentence: Sentence) -> Sentence:
    """IN CAPITALS."""
    return [replace(token, text=token.text.upper()) for token in sentence]


def title_case(sentence: Sentence) -> Sentence:
    """Each Word Begins With A Capital; what is joined to the word before it (n't, 's) does not."""
    result: Sentence = []
    for token in sentence:
        starts_word = not result or result[-1].space_after
        result.append(replace(token, text=token.text[:1].upper() + token.text[1:]) if starts_word else token)
    return result


def add_typos(sentence: Sentence) -> Sentence:
    """One word of four letters or more in ten has two letters swapped, one left out, one doubled, or the key beside."""
    rng = random.Random(" ".join(token.text for token in sentence))
    return [
        replace(token, text=_mistype(token.text, rng))
        if len(token.text) > 3 and token.text.isalpha() and rng.randrange(_TYPO_EVERY) == 0
        else token
        for token in sentence
    ]


def remove_punctuation(sentence: Sentence) -> Sentence:
    """Without the tokens that hold neither letter nor digit; a space is left between the words beside them."""
    result: Sentence = []
    start_removed = False  # of an entity whose other tokens may stay
    for token in sentence:
        start_pending = start_removed and token.low == ENTITY
        if any(char.isalnum() for char in token.text):
            result.append(replace(token, starts_entity=token.starts_entity or start_pending))
            start_removed = False
        else:
            start_removed = token.starts_entity or start_pending
            if result:
                result[-1] = replace(result[-1], space_after=True)
    return result


def _mistype(word: str, rng: random.Random) -> str:
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
            return before + _neighbor(letter, rng) + after


def _neighbor(letter: str, rng: random.Random) -> str:
    """A letter beside this one on a keyboard; itself for a letter that is not there."""
    row = next((row for row in _KEYBOARD if letter.lower() in row), letter)
    at = row.find(letter.lower())
    neighbors = row[max(at - 1, 0) : at] + row[at + 1 : at + 2] or letter
    neighbor = rng.choice(neighbors)
    return neighbor.upper() if letter.isupper() else neighbor


PERTURBATIONS: dict[str, Perturbation] = {
    "lower": lower_case,
    "upper": upper_case,
    "title": title_case,
    "typos": add_typos,
    "unpunctuated": remove_punctuation,
}


def perturb(sentences: Sequence[Sentence], perturbation: Perturbation) -> list[Sentence]:
    """The sentences, changed; those that keep no token are left out."""
    return [changed for sentence in sentences if (changed := perturbation(sentence))]
