"""spaCy's DocBin (.spacy), which needs spaCy."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from escore.atomic import atomic_file
from escore_labels.readers.docbin import spacy_tokens
from escore_labels.record import Record
from escore_labels.writers.sink import Sink
from escore_labels.writers.words import labeled_words

_PARTS_OF_SPEECH = {"none": "X", "noun": "NOUN", "proper": "PROPN"}


def write_docbin(sink: Sink, records: Iterable[Record]) -> None:
    """A document a text: entities, and parts of speech elsewhere; open words of a text not reviewed have no entity tag.

    Raises MissingSpacyError.
    """
    spacy = spacy_tokens()
    from spacy.vocab import Vocab

    sink = replace(sink, scheme="bio")
    vocab = Vocab()
    docs = spacy.DocBin(attrs=["ORTH", "SPACY", "POS", "ENT_IOB", "ENT_TYPE"])
    for record in records:
        docs.add(_document(spacy, vocab, record, sink))
    with atomic_file(sink.path) as part:
        docs.to_disk(part)


def _document(spacy: Any, vocab: Any, record: Record, sink: Sink) -> Any:
    text = labeled_words(record, sink)
    words, spaces, tags, parts_of_speech = [], [], [], []

    def add(word: str, space: bool, tag: str, part_of_speech: str) -> None:
        words.append(word)
        spaces.append(space)
        tags.append(tag)
        parts_of_speech.append(part_of_speech)

    if text.before:
        add(text.before, False, "", "")
    for i, word in enumerate(text.words):
        is_labeled = record.reviewed or word.label is not None
        add(
            word.text,
            word.gap.startswith(" "),
            word.tag if is_labeled else "",
            _PARTS_OF_SPEECH.get(word.label or "", ""),
        )
        if rest := word.gap.removeprefix(" "):
            goes_on = i + 1 < len(text.words) and text.words[i + 1].tag.startswith("I-")
            add(rest, False, text.words[i + 1].tag if goes_on else "O" if record.reviewed else "", "")
    return spacy.Doc(vocab, words=words, spaces=spaces, pos=parts_of_speech, ents=tags)
