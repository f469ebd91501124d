"""Rules about capitals, written by hand; nothing is learned from any corpus.

A capitalized word is part of an entity, unless it begins a sentence and neither the same word inside sentences, nor the
next word, nor its other letters say so. Of the other words, one that ends as nouns do (-tion, -ness) is a common noun.
So is the last of a run of words between function words, where a determiner or a preposition opens the run.
"""

import tomllib
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.quality.corpora import TaggedDocument, by_class
from escore.segmentation import words
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER

LISTS = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
WORDS = {name: tuple(content.split()) for name, content in LISTS.items()}
OPENING, PROPER_NOUNS = frozenset(WORDS["opening"]), frozenset(WORDS["proper_nouns"])
FUNCTION_WORDS = OPENING | frozenset(WORDS["other_function_words"])


def stream(texts: Iterable[str]) -> Iterator[TaggedDocument]:
    """What the rules say of each text, in their order."""
    for text in texts:
        tokens = words(text)
        places = [place for _, place in tokens]
        new_line = [False, *("\n" in text[a[1] : b[0]] for a, b in pairwise(places))][: len(places)]
        yield by_class(text, places, classify([word for word, _ in tokens], new_line), new_line)


def classify(text: list[str], new_line: list[bool]) -> list[int]:
    """The class (0..3) of each word of a text; `new_line` says before which words a line begins."""
    starts = _sentence_starts(text, new_line)
    letters = [char for word in text for char in word if char.isalpha()]
    all_caps = sum(char.isupper() for char in letters) > 0.6 * len(letters)  # then capitals say nothing
    named = [not all_caps and (word[0].isalpha() or word[0].isupper()) and any(map(str.isupper, word)) for word in text]
    inside = {word for word, start, name in zip(text, starts, named, strict=True) if name and not start}
    lower_case = FUNCTION_WORDS | {word for word in text if word.islower()}
    for i, word in enumerate(text):
        if named[i] and starts[i] and word.lower() not in lower_case:
            following = i + 1 < len(text) and named[i + 1]
            named[i] = word in inside or word.lower() in PROPER_NOUNS or word[1:].isupper() or following
        elif starts[i] or word.lower() in ("i", "ok"):
            named[i] = False
    content = [word[0].isalpha() and word.lower() not in FUNCTION_WORDS for word in text]
    classes: list[int] = []
    for i, word in enumerate(text):
        if named[i]:
            classes.append(PROPER if word.lower() in PROPER_NOUNS else ENTITY)
        elif word in WORDS["joining"] and i and classes[-1] == ENTITY and any(named[i + 1 : i + 2]):
            classes.append(ENTITY)
        else:
            classes.append(COMMON if _is_common_noun(i, text, named, content) else NONE)
    return classes


def _sentence_starts(text: list[str], new_line: list[bool]) -> list[bool]:
    """Which words begin a sentence: the first of the text or of a line, what follows a full stop, and quotes there."""
    starts, begins = [], True
    for i, word in enumerate(text):
        begins = begins or new_line[i]
        starts.append(begins)
        if word in WORDS["sentence_ends"] or word.startswith(".."):
            before = text[i - 1].lower() if i and word == "." else ""
            begins = not (before in WORDS["abbreviations"] or (len(before) == 1 and before.isalpha()))
        elif word not in WORDS["quotes"]:
            begins = False
    return starts


def _is_common_noun(i: int, text: list[str], named: list[bool], content: list[bool]) -> bool:
    """Whether a word that names nothing is a common noun."""
    word = text[i].lower()
    if not content[i] or len(word) < 3:
        return False
    if word.removesuffix("s").endswith(WORDS["noun_ends"]):
        return True
    if word.endswith(WORDS["other_ends"]) or any(named[i + 1 : i + 2]) or any(content[i + 1 : i + 2]):
        return False
    while i and content[i - 1]:
        i -= 1
    return i > 0 and text[i - 1].lower() in OPENING
