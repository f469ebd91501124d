"""What is known of a text's tokens, in one shape for all corpora.

It is an interval of classes: 0 none, 1 common noun, 2 proper noun that names no entity, 3 part of a named entity. A
corpus of entities alone leaves an `O` at 0..2; one of parts of speech alone leaves an NNP at 2..3.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from escore import EscoreError

NONE, COMMON, PROPER, ENTITY = range(4)
GMB_HEAD = "\tSentence #\tWord\tPOS\tTag"


class CorpusError(EscoreError, ValueError):
    """A corpus file that is missing, not text, or not in the format it seems to be in."""


@dataclass(frozen=True, slots=True)
class Token:
    """One gold token; its class is one of low..high (inclusive).

    `begins`: the first token of a named entity, in corpora that say where these begin. `soft`: p(none), p(common noun),
    p(proper noun), p(entity) that a teacher gave.
    """

    text: str
    low: int
    high: int
    space_after: bool = True
    starts_entity: bool = False
    probabilities: tuple[float, float, float, float] | None = None


Sentence = list[Token]
Document = list[Sentence]


def blocks(text: str) -> Iterator[list[tuple[int, str]]]:
    """Runs of lines between empty lines, with line numbers from 1."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            block.append((number, line.rstrip("\r")))
        elif block:
            yield block
            block = []
    if block:
        yield block


def unlinked(known: int) -> tuple[int, int]:
    """What a part of speech says where entities are not labelled: a proper noun may be in one."""
    return (PROPER, ENTITY) if known == PROPER else (known, known)


def not_a_folder(path: Path) -> str:
    """What is wrong with a path that should be a folder of corpora; "" for a folder."""
    return "" if path.is_dir() else "not a folder" if path.exists() else "no such folder"


def text_of(path: Path) -> str:
    """A corpus file as text: UTF-8, but Latin-1 for GMB. Raises CorpusError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path}: {error.strerror}; give a labelled file that can be read") from error
    if data.startswith(GMB_HEAD.encode()):
        return data.decode("latin-1")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise CorpusError(f"{path}: line {line}: not UTF-8 (byte {error.start}); convert the file to UTF-8") from error
    if not text.strip():
        raise CorpusError(f"{path}: empty; give a file with words")
    return text
