"""Tokens in columns: two or four of CoNLL, the Groningen Meaning Bank's table, word_TAG, and CoNLL-U."""

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from escore_labels.readers.conllu import SPACES
from escore_labels.readers.files import GMB_HEADERS
from escore_labels.record import Record
from escore_labels.spacing import spaces_after
from escore_labels.writers.sink import Sink
from escore_labels.writers.words import LabeledWord, labeled_words

# Penn's XX is a word without a part of speech; readers take it for no noun. "_" says nothing.
_PENN = {"none": "XX", "noun": "NN", "proper": "NNP", "entity": "NNP", None: "_"}
_UPOS = {"none": "X", "noun": "NOUN", "proper": "PROPN", "entity": "_", None: "_"}
_ESCAPES = str.maketrans({char: f"\\{escape}" for escape, char in SPACES.items()})


def write_conll(sink: Sink, records: Iterable[Record]) -> None:
    """A token and its entity tag, with a tab between them; an empty line ends a text."""
    _write(sink, records, lambda word: f"{word.text}\t{word.tag}\n", ("entity",))


def write_conll2003(sink: Sink, records: Iterable[Record]) -> None:
    """Token, part of speech, no chunk, and entity tag, with blanks between them."""
    _write(sink, records, lambda word: f"{word.text} {_PENN[word.label]} _ {word.tag}\n", tuple(_UPOS))


def write_gmb(sink: Sink, records: Iterable[Record]) -> None:
    """The Groningen Meaning Bank's table, in UTF-8."""
    row, sink = 0, replace(sink, scheme="bio")
    with sink.open() as file:
        file.write(GMB_HEADERS[0] + "\n")
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        for number, record in enumerate(records, 1):
            for word in _words(sink, record, tuple(_UPOS)):
                table.writerow([row, f"{number}.0", word.text, _PENN[word.label], word.tag])
                row += 1


def write_word_tag(sink: Sink, records: Iterable[Record]) -> None:
    """word_TAG with Penn's parts of speech, a text a line; entities are proper nouns."""
    with sink.open() as file:
        for record in records:
            if any(span.label == "entity" for span in record.spans):
                sink.lost(record, "an entity is written as a proper noun")
            items = [
                word.text if word.label is None and "_" not in word.text else f"{word.text}_{_tag(word)}"
                for word in _words(sink, record, tuple(_UPOS), keeps_open=True)
            ]
            file.write(" ".join(items) + "\n" if items else "")


def write_conllu(sink: Sink, records: Iterable[Record]) -> None:
    """CoNLL-U with the text's own white space, and the entity tag as `name=` in MISC."""
    sink = replace(sink, scheme="bio")
    with sink.open() as file:
        for record in records:
            text = labeled_words(record, sink)
            if not text.words:
                continue
            if (name := " ".join(record.id.split())) != record.id:
                sink.lost(record, "white space in an id is written as a blank")
            lines = [f"# sent_id = {name}"] if name else []
            lines += ["# text = " + " ".join(record.text.split())]
            lines += [] if record.reviewed else ["# reviewed = false"]
            for i, word in enumerate(text.words, 1):
                is_last = i == len(text.words)
                misc = [f"name={word.tag}"] if record.reviewed or word.label is not None else []
                misc += [f"SpacesBefore={text.before.translate(_ESCAPES)}"] if i == 1 and text.before else []
                if word.gap == "" and not is_last:
                    misc.append("SpaceAfter=No")
                elif word.gap != ("" if is_last else " "):
                    misc.append(f"SpacesAfter={word.gap.translate(_ESCAPES)}")
                columns = [str(i), word.text, "_", _UPOS[word.label], "_", "_", "_", "_", "_", "|".join(misc) or "_"]
                lines.append("\t".join(columns))
            file.write("\n".join(lines) + "\n\n")


def _write(
    sink: Sink, records: Iterable[Record], row: Callable[[LabeledWord], str], labels: Sequence[str | None]
) -> None:
    with sink.open() as file:
        for record in records:
            if words := _words(sink, record, labels):
                file.write("".join(map(row, words)) + "\n")


def _words(sink: Sink, record: Record, labels: Sequence[str | None], keeps_open: bool = False) -> list[LabeledWord]:
    """The words of a record for a format that has these labels, and guesses white space."""
    text = labeled_words(record, sink)
    for label in {word.label for word in text.words} - {*labels, None}:
        sink.lost(record, f"a span of {label} is written as in no entity")
    if not keeps_open and not record.reviewed and any(word.label is None for word in text.words):
        sink.lost(record, "words that nobody has labeled are written as in no entity")
    spaces = spaces_after([word.text for word in text.words])
    joined = "".join(word.text + " " * space for word, space in zip(text.words, spaces, strict=True)).rstrip(" ")
    if text.words and joined != record.text:
        sink.lost(record, "white space is not written as it is")
    return text.words


def _tag(word: LabeledWord) -> str:
    return "" if word.label is None else _PENN[word.label]
