"""spaCy's DocBin (.spacy), which needs spaCy."""

from collections.abc import Iterator
from typing import Any

from escore import EscoreError
from escore.errors import install_advice
from escore_labels.readers.files import read_bytes
from escore_labels.readers.sentences import token_record
from escore_labels.readers.source import Placed, Source, TaggedSpan
from escore_labels.record import RecordError
from escore_labels.tagsets import class_bounds, upos_class
from escore_labels.tokens import Token


class MissingSpacyError(EscoreError, ImportError):
    """A file of spaCy's, where spaCy is not installed."""


def spacy_tokens() -> Any:
    """The module spacy.tokens. Raises MissingSpacyError."""
    try:
        import spacy.tokens
    except ImportError as error:
        problem = "spacy is not installed, which reads and writes .spacy files"
        raise MissingSpacyError(problem, install_advice("spacy")) from error
    return spacy.tokens


def read_docbin(source: Source) -> Iterator[Placed]:
    """A record a document, from its entities, its span groups and its parts of speech.

    A document is reviewed if no token's entity tag is missing. Raises RecordError and MissingSpacyError.
    """
    spacy = spacy_tokens()
    from spacy.vocab import Vocab

    data = read_bytes(source.path)
    try:
        docs = list(spacy.DocBin().from_bytes(data).get_docs(Vocab()))
    except Exception as error:  # bytes that are something else end in any error: of zlib, msgpack, numpy, …
        raise RecordError(f"{source.path}: not a DocBin of spaCy", "give a file that spaCy's DocBin wrote") from error
    for number, doc in enumerate(docs, 1):
        place = f"{source.path}: document {number}"
        tokens = [_token(token) for token in doc if not token.is_space]
        offsets = [(token.idx, token.idx + len(token)) for token in doc if not token.is_space]
        spans = [
            TaggedSpan(span.start_char, span.end_char, span.label_) for group in doc.spans.values() for span in group
        ]
        yield token_record(source, place, doc.text, offsets, tokens, spans, id=f"{source.path}:{number}")


def _token(token: Any) -> Token:
    tag = "" if token.ent_iob_ == "" else "O" if token.ent_iob_ == "O" else f"{token.ent_iob_}-{token.ent_type_}"
    low, high = class_bounds(upos_class(token.pos_) if token.pos_ else None, tag)
    return Token(token.text, low, high, tag=tag)
