"""What fills the fields of made-up texts: names, nouns and sentences of the corpora."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from escore.kinds import Kind
from escore_labels.tokens import COMMON, ENTITY, Sentence
from escore_training.data import made_up_names as made_up

_MAX_SENTENCE = 20  # tokens of a sentence that fills a field
_MAX_ENTITY = 5  # tokens of a name that fills a field


@dataclass(frozen=True, slots=True)
class Material:
    """What fills the fields: names by kind, common nouns in lower case, and sentences, all from the corpora."""

    names: Mapping[Kind, Sequence[str]]
    parts: made_up.NameParts
    nouns: Sequence[str]
    sentences: Sequence[Sentence]

    @property
    def is_enough(self) -> bool:
        """Whether every field can be filled."""
        parts = self.parts
        names = (self.names["person"], self.names["organization"], self.names["place"])
        return all((*names, parts.first, parts.last, self.nouns, self.sentences))


def collect_material(sentences: Iterable[Sentence]) -> Material:
    """Names, nouns and sentences of labeled sentences whose tokens have `probabilities`."""
    names: dict[Kind, list[str]] = {"person": [], "organization": [], "place": [], "other": []}
    nouns: dict[str, None] = {}
    short: list[Sentence] = []
    for sentence in sentences:
        if 4 <= len(sentence) <= _MAX_SENTENCE:
            short.append(sentence)
        for i, token in enumerate(sentence):
            if token.starts_entity and token.kind in names and (name := _name(sentence, i)):
                names[token.kind].append(name)
            elif token.low == token.high == COMMON and re.fullmatch("[a-z]{3,12}", token.text):
                nouns[token.text] = None
    people = [words for name in names["person"] if len(words := name.split()) == 2 and all(map(str.isalpha, words))]
    parts = made_up.NameParts(
        [first for first, _ in people], [last for _, last in people], names["organization"], list(nouns)
    )
    return Material(names, parts, list(nouns), short)


def _name(sentence: Sentence, start: int) -> str:
    """The name that begins at a token; "" where it is long, or not written as names are."""
    end = start + 1
    while end < len(sentence) and sentence[end].low == ENTITY and not sentence[end].starts_entity:
        end += 1
    tokens = sentence[start:end]
    text = "".join(token.text + " " * token.space_after for token in tokens).strip()
    is_plain = re.fullmatch(r"[^\W\d_][\w .&'’-]*", text) is not None and not text.isupper()
    return text if len(tokens) <= _MAX_ENTITY and text[:1].isupper() and is_plain else ""
