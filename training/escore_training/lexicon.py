"""Fill gaps in labels: what an entity corpus leaves open of a word, the corpora with parts of speech may know."""

from collections import Counter, defaultdict
from dataclasses import replace

from escore_training.gold import COMMON, NONE, PROPER, Document, Token

LEAST = 20  # times a word must have been seen, repeats counted …
SHARE = 0.98  # … with one class this often


def fill(documents: list[Document]) -> list[Document]:
    """Close 0..2 of words in lower case (and of punctuation) that nearly always have one class elsewhere.

    An entity corpus says of "the" only that it is in no entity; other corpora say that it is no noun either.
    """
    seen: defaultdict[str, Counter[int]] = defaultdict(Counter)
    for document in documents:
        for sentence in document:
            for token in sentence:
                if token.low == token.high:
                    seen[token.text][token.low] += 1
    known = {text: counts.most_common(1)[0][0] for text, counts in seen.items() if _clear(text, counts)}
    return [[[_closed(token, known) for token in sentence] for sentence in document] for document in documents]


def _clear(text: str, counts: Counter[int]) -> bool:
    known, most = counts.most_common(1)[0]
    return text == text.lower() and known in (NONE, COMMON) and most >= max(LEAST, SHARE * counts.total())


def _closed(token: Token, known: dict[str, int]) -> Token:
    if (token.low, token.high) == (NONE, PROPER) and token.text in known:
        return replace(token, low=known[token.text], high=known[token.text])
    return token
