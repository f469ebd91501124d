"""Corpora whose readers give tokens, as records: CoNLL-U and word_TAG."""

from collections.abc import Iterator

from msgspec.structs import replace

from escore_labels.readers.conllu import conllu_sentences
from escore_labels.readers.files import read_text
from escore_labels.readers.masc import masc_sentences
from escore_labels.readers.sentences import join_tokens, token_record
from escore_labels.readers.source import Placed, Source


def read_conllu(source: Source) -> Iterator[Placed]:
    """A record a sentence; parts of speech outside of Penn's and UD's tag sets say nothing. Raises CorpusError."""
    for sentence in conllu_sentences(source.path, read_text(source.path), True, source.broken):
        text, offsets = join_tokens(sentence.tokens, sentence.gaps, sentence.before)
        name = sentence.id or f"{source.path}:{sentence.line}"
        place, record = token_record(source, source.line(sentence.line), text, offsets, sentence.tokens, id=name)
        yield place, replace(record, reviewed=record.reviewed and sentence.is_reviewed)


def read_word_tag(source: Source) -> Iterator[Placed]:
    """A record a line of word_TAG pairs. Raises CorpusError."""
    for number, tokens in masc_sentences(source.path, read_text(source.path)):
        gaps = [" " if token.space_after else "" for token in tokens[:-1]] + [""]
        text, offsets = join_tokens(tokens, gaps)
        yield token_record(source, source.line(number), text, offsets, tokens, id=f"{source.path}:{number}")
