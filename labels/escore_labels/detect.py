"""Find the format of a file of labels by looking into it."""

import re
from contextlib import suppress
from itertools import islice
from pathlib import Path

from escore_labels.readers.files import GMB_HEADERS, read_bytes, split_columns
from escore_labels.readers.json_objects import decode_json, json_items, object_format
from escore_labels.readers.token_columns import looks_like_columns
from escore_labels.record import RecordError
from escore_labels.tagsets import is_penn_tag

_SAMPLE = 1 << 16  # bytes of a text file that are looked at
_OBJECTS = 100  # objects of a JSON file that are looked at
_COLUMN_SUFFIXES = (".conll", ".bio", ".iob", ".iob2", ".tsv")
_TEXT_SUFFIXES = ("", ".txt", ".text", ".md")
_PICKLE = ("a pickle, which escore does not open", "write the labels as JSON Lines")
_PARQUET = b"PAR1"
_BINARY = {
    b"\x80": _PICKLE,
    b"SQLite format 3\0": ("an SQLite file", "if it holds corrections: escore feedback FILE -o labels.jsonl"),
    _PARQUET: ("a Parquet file", "write the labels as JSON Lines"),
    b"PK\x03\x04": ("a ZIP file", "give the files in it"),
    b"\x1f\x8b": ("compressed by gzip", "give the file in it"),
}


def detect_format(path: Path) -> str:
    """The name of the format. Raises RecordError or CorpusError for what is none of them."""
    if path.is_dir():
        if any(path.rglob("*.ann")):
            return "brat"
        if any(path.glob("*.parquet")):
            return "batch"
        raise RecordError(f"{path}: a folder without brat's .ann files", "give a file")
    if path.suffix == ".ann" or (path.suffix == ".txt" and path.with_suffix(".ann").is_file()):
        return "brat"
    if path.suffix in (".pkl", ".pickle"):
        raise RecordError(f"{path}: {_PICKLE[0]}", _PICKLE[1])
    data = read_bytes(path, _SAMPLE + 1)
    if data.startswith(_PARQUET):
        return "batch"
    if binary := binary_format(data):
        raise RecordError(f"{path}: {binary[0]}", binary[1])
    if path.suffix == ".spacy":
        return "spacy"
    sample = data[:_SAMPLE].decode("utf-8-sig", "replace")
    if not sample.strip():
        raise RecordError(f"{path}: empty", "give a file with labels")
    if path.suffix in (".json", ".jsonl") or re.match(r"\s*(\[\s*)?\{", sample):
        return _json_format(path)
    lines = [line.rstrip("\r") for line in sample.split("\n") if line.strip()]
    return _text_format(path, lines if len(data) <= _SAMPLE else lines[:-1] or lines)


def binary_format(data: bytes) -> tuple[str, str] | None:
    """What a file that begins so is, and what to do with it; None where it may be text."""
    return next((known for magic, known in _BINARY.items() if data.startswith(magic)), None)


def _text_format(path: Path, lines: list[str]) -> str:
    if lines[0].startswith(GMB_HEADERS):
        return "gmb"
    tokens = [line for line in lines if "\t" in line or not line.startswith("#")] or lines
    if len(tokens[0].split("\t")) == 10 and re.match(r"\d", tokens[0]):
        return "conllu"
    if looks_like_columns(tokens):
        return "conll"
    if _looks_like_word_tag([item for line in lines for item in split_columns(line)]):
        return "word-tag"
    if path.suffix == ".conllu":
        return "conllu"
    if path.suffix in _COLUMN_SUFFIXES:
        return "conll"  # whose reader says what is wrong, and where
    if path.suffix in _TEXT_SUFFIXES:
        return "text"
    if path.suffix == ".csv":
        advice = "convert what it was written from; texts in it: escore label --from csv"
        raise RecordError(f"{path}: csv is written, but not read", advice)
    raise RecordError(f"{path}: line 1: not a format of labels that escore knows", "name it with --from")


def _looks_like_word_tag(items: list[str]) -> bool:
    """Whether most items are word_TAG, or some are, all of them with Penn's tags: words that are open have none."""
    tagged = [item for item in items if re.fullmatch(r".+_\S*[A-Z.,:$'`]", item)]
    with_underscores = [item.rpartition("_") for item in items if "_" in item]
    are_penn = all(word and (not tag or is_penn_tag(tag)) for word, _, tag in with_underscores)
    return 2 * len(tagged) > len(items) or (bool(tagged) and are_penn)


def _json_format(path: Path) -> str:
    """The format of JSON values: the first that shows it decides, and records is what needs no sign."""
    for place, item in islice(json_items(path), _OBJECTS):
        with suppress(RecordError):  # the reader reports what is no JSON
            value = decode_json(item, place)
            if isinstance(value, dict) and (name := object_format(value)):
                return name
    return "records"
