"""What all readers share: a corpus file as text, its blocks of lines, and checks of its columns."""

from collections.abc import Iterator
from pathlib import Path

from escore_labels.inputs import open_input
from escore_labels.tagsets import is_entity_tag, is_penn_tag
from escore_labels.tokens import CorpusError

GMB_HEADERS = ("\tSentence #\tWord\tPOS\tTag", "Sentence #,Word,POS,Tag")  # the second one is Kaggle's

Lines = list[tuple[int, str]]  # line numbers from 1, and the lines


def read_text(path: Path) -> str:
    """A corpus file as text: UTF-8, or Latin-1 for the Groningen Meaning Bank. Raises CorpusError."""
    data = read_bytes(path)
    try:
        text = decode(path, data).removeprefix("\ufeff")
    except CorpusError:
        if not data.startswith(tuple(header.encode() for header in GMB_HEADERS)):
            raise
        text = data.decode("latin-1")
    if not text.strip():
        raise CorpusError(f"{path}: empty", "give a file with words")
    return text


def read_bytes(path: Path, size: int = -1) -> bytes:
    """A file as it is, or its first `size` bytes. Raises CorpusError."""
    try:
        with open_input(path) as file:
            return file.read(size)
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}", "give a labeled file that can be read") from error


def decode(path: Path, data: bytes) -> str:
    """UTF-8 as text. Raises CorpusError that names the line."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(
            f"{path}: line {line}: not UTF-8 (byte {error.start})", "convert the file to UTF-8"
        ) from error


def line_blocks(text: str) -> Iterator[Lines]:
    """Runs of lines between empty lines."""
    block: Lines = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            block.append((number, line.rstrip("\r")))
        elif block:
            yield block
            block = []
    if block:
        yield block


def split_columns(line: str) -> list[str]:
    """The columns of a line: between tabs if there are any, else between blanks. No other white space separates."""
    if "\t" in line:
        return [column.strip(" ") for column in line.rstrip("\t ").split("\t")]
    return [column for column in line.split(" ") if column]


def check_column_count(path: Path, number: int, columns: list[str], count: int) -> None:
    """Raise CorpusError where a line has fewer or more columns than its format."""
    if len(columns) != count:
        raise CorpusError(f"{path}: line {number}: {len(columns)} columns, needed {count}")


def check_entity_tag(path: Path, number: int, tag: str) -> None:
    """Raise CorpusError for what is not an entity tag."""
    if not is_entity_tag(tag):
        raise CorpusError(f"{path}: line {number}: '{tag}' is not an entity tag (O, B-…, I-…)")


def check_penn_tag(path: Path, number: int, tag: str) -> None:
    """Raise CorpusError for what is not a part of speech of the Penn Treebank."""
    if not is_penn_tag(tag):
        raise CorpusError(f"{path}: line {number}: '{tag}' is not a Penn part of speech (NN, NNP, VB, …)")


def folder_problem(path: Path) -> str:
    """What is wrong with a path that should be a folder of corpora; "" for a folder."""
    return "" if path.is_dir() else "not a folder" if path.exists() else "no such folder"
