"""Capitalisation rules as a baseline, written by hand. Nothing is learnt from any corpus.

A capitalised word is part of an entity, unless it begins a sentence. There it is where the same word is capitalised
elsewhere in the text and nowhere small, or where a capitalised word follows and it is none of the small words below.
Months, weekdays and titles (Mr, Dr) are proper nouns that name no entity. A small word such as "of" between capitalised
ones belongs to their entity. Where nearly all letters of a text are capitals they say nothing, and the text is read as
if it were small.

Of the other words, one that ends as nouns do (-tion, -ness) is a common noun. So is the last of a run of words between
small words, where a determiner or a preposition opens the run and the word does not end as adjectives or adverbs do.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from benchmarks.predictions import Prediction, by_class
from escore.segmentation import words
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER


def _set(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


OPENING = _set("""
    a an the this that these those my your his her its our their some any no each every another such both all most
    many few several one two three four five six seven eight nine ten hundred thousand million
    of in on at by for with from into onto about over under after before between during without within through
    against among toward towards upon across behind near per via like 's
""")  # a noun phrase
SMALL = OPENING | _set("""
    i me we us you he him she it they them who whom whose which what where when why how there here
    myself himself herself itself themselves something anything nothing everything someone anyone everyone
    am is are was were be been being do does did done have has had having will would can could may might must shall
    should n't not to and or but nor so yet if because although though while as than since until unless whether
    also just only even still very too more less much well now then again ever never always often already almost once
    up down out off away back please yes no oh ok okay hello hi hey thanks thank get got go going went come came
    make made take took say says said see know think want need let use used other same own first last next new good
    great old 're 've 'm 'll 'd
""")
PROPER_WORDS = _set("""
    january february march april may june july august september october november december
    monday tuesday wednesday thursday friday saturday sunday mr mrs ms dr prof sir
""")
JOINING = frozenset(("of", "de", "la", "van", "von", "bin", "al", "&"))
NOUN_ENDS = ("tion", "sion", "ment", "ness", "ity", "ship", "ism", "ist", "ance", "ence", "ogy", "dom", "hood", "aphy")
OTHER_ENDS = ("ly", "ed", "ous", "ful", "ive", "able", "ible", "less", "ical", "est")
ABBREVIATED = frozenset(("mr", "mrs", "ms", "dr", "prof", "st", "gen", "col", "sen", "rep", "jr", "vs", "no", "inc"))
STOPS = frozenset((".", "!", "?", ":", ";", "…"))
QUOTES = frozenset("\"'“”‘’«»()[]*-–—•")
SHOUTED = 0.6  # the share of capitals among the letters of a text above which they say nothing


def predict(texts: Iterable[str]) -> Iterator[Prediction]:
    """What the rules say of each text, in their order."""
    for text in texts:
        found = words(text)
        places = [place for _, place in found]
        apart = [False, *("\n" in text[a[1] : b[0]] for a, b in pairwise(places))]  # a line begins
        classes = classify([word for word, _ in found], apart)
        yield by_class(text, places, classes, apart[: len(places)])


def classify(text: list[str], apart: list[bool]) -> list[int]:
    """The class (0..3) of each word of a text; `apart` says before which words a line begins."""
    starts = _starts(text, apart)
    named = [_capitalised(word) for word in text]
    letters = [char for word in text for char in word if char.isalpha()]
    if sum(char.isupper() for char in letters) > SHOUTED * len(letters):
        named = [False] * len(text)
    inside = {word for word, start, capital in zip(text, starts, named, strict=True) if capital and not start}
    small = {word for word in text if word.islower()}
    for i, word in enumerate(text):
        if named[i] and (word.lower() in ("i", "ok") or (starts[i] and not _name_first(i, text, named, inside, small))):
            named[i] = False
    classes = []
    for i, word in enumerate(text):
        if named[i]:
            classes.append(PROPER if word.lower() in PROPER_WORDS else ENTITY)
        elif word in JOINING and 0 < i < len(text) - 1 and classes[-1] == ENTITY and named[i + 1]:
            classes.append(ENTITY)
        else:
            classes.append(COMMON if _common(i, text, named) else NONE)
    return classes


def _capitalised(word: str) -> bool:
    return word[0].isupper() or (word[0].isalpha() and any(char.isupper() for char in word[1:]))


def _starts(text: list[str], apart: list[bool]) -> list[bool]:
    """Which words begin a sentence: the first of the text or of a line, what follows a full stop, and quotes there."""
    starts, begins = [], True
    for i, word in enumerate(text):
        begins = begins or apart[i]
        starts.append(begins)
        if word in STOPS or word.startswith(".."):
            before = text[i - 1].lower() if i and word == "." else ""
            begins = not (before in ABBREVIATED or (len(before) == 1 and before.isalpha()))
        elif word not in QUOTES:
            begins = False
    return starts


def _name_first(i: int, text: list[str], named: list[bool], inside: set[str], small: set[str]) -> bool:
    """Whether a capitalised word that begins a sentence is a name all the same."""
    word = text[i].lower()
    if word in SMALL or word in small:
        return False
    return text[i] in inside or word in PROPER_WORDS or text[i][1:].isupper() or (i + 1 < len(text) and named[i + 1])


def _common(i: int, text: list[str], named: list[bool]) -> bool:
    """Whether a word that names nothing is a common noun."""
    word = text[i].lower()
    if not _content(word) or len(word) < 3:
        return False
    if word.removesuffix("s").endswith(NOUN_ENDS):
        return True
    if word.endswith(OTHER_ENDS) or (i + 1 < len(text) and (named[i + 1] or _content(text[i + 1].lower()))):
        return False
    while i and _content(text[i - 1].lower()):
        i -= 1
    return i > 0 and text[i - 1].lower() in OPENING


def _content(word: str) -> bool:
    return word[0].isalpha() and word not in SMALL
