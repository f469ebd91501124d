"""Names in labelled texts: others in their place, and their capitals lost."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from escore_labels.tokens import Document, Sentence, Token
from escore_training.data.examples import recased

_SURE = 0.8  # from this p(entity) on, a word is surely part of a name
_LIKELY = 0.5  # from this p(entity) or p(proper noun) on, it is likely a name, of an entity or not
_RENAMED = 0.5  # the share of a text's names that others stand for
_LONGEST = 5  # tokens of a name that stands for another
_KEPT = 0.3  # the share of names that keep their capitals where names lose them
_JOINING = ("of", "the", "and", "de", "van", "von", "&")


def is_sure(token: Token) -> bool:
    """Whether a labelled token is surely part of a name, so sure that noise may rely on it."""
    return token.probabilities is not None and token.probabilities[3] >= _SURE


def pool(documents: Iterable[Document]) -> list[Sentence]:
    """The names in labelled documents, written with capitals, that may stand for others."""
    return [
        name
        for document in documents
        for sentence in document
        for begin, end in _spans(sentence)
        if _usual(name := sentence[begin:end])
    ]


def _usual(name: Sentence) -> bool:
    whole = "".join(token.text for token in name)
    return (
        len(name) <= _LONGEST
        and name[0].text[:1].isupper()
        and not any(sign in whole for sign in "#@/")
        and all(t.text[:1].isupper() or not t.text[:1].isalpha() or t.text in _JOINING for t in name)
    )


def _spans(sentence: Sentence) -> Iterator[tuple[int, int]]:
    """Where names stand: runs of tokens that are surely part of one."""
    begin = None
    for i, token in enumerate([*sentence, None]):
        inside = token is not None and is_sure(token)
        if inside and begin is None:
            begin = i
        elif not inside and begin is not None:
            yield begin, i
            begin = None


def renamed(sentence: Sentence, others: Sequence[Sentence], rng: random.Random) -> Sentence:
    """With other names for some of its own; in lower case where the sentence holds no capital."""
    lower = not any(token.text[:1].isupper() for token in sentence)
    changed: Sentence = []
    done = 0
    for begin, end in _spans(sentence):
        if rng.random() < _RENAMED:
            *inner, last = rng.choice(others)
            name = [*inner, replace(last, space_after=sentence[end - 1].space_after)]
            changed += [*sentence[done:begin], *(recased([name], str.lower)[0] if lower else name)]
            done = end
    return changed + sentence[done:]


def small(run: list[Sentence], rng: random.Random) -> list[Sentence]:
    """With most names, of entities or not, in lower case, as in hasty posts."""
    changed = []
    for sentence in run:
        tokens: list[Token] = []
        within = kept = False
        for token in sentence:
            named = token.probabilities is not None and max(token.probabilities[2:]) >= _LIKELY
            if named and not within:
                kept = rng.random() < _KEPT
            within = named
            tokens.append(replace(token, text=token.text.lower()) if named and not kept else token)
        changed.append(tokens)
    return changed
