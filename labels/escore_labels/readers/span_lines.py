r"""Texts with a line for each entity, in files named *.spans: SLUE-VoxPopuli.

# text = Mr President, Europe waits.
14\t20\tLOC\tEurope
"""

from pathlib import Path

from escore.segmentation import word_offsets
from escore_labels.readers.files import Lines, line_blocks
from escore_labels.tag_map import kind_of_type
from escore_labels.texts import covered
from escore_labels.tokens import ENTITY, NONE, PROPER, CorpusError, Document, Sentence, Token

_TEXT = "# text = "
_NOT_NAMES = ("DATE", "TIME", "CARDINAL", "ORDINAL", "QUANTITY", "MONEY", "PERCENT")  # types that are no names


def parse_span_lines(path: Path, text: str) -> list[Document]:
    """All texts as one document, a sentence each; its tokens are escore's words. Raises CorpusError."""
    return [[_sentence(path, block) for block in line_blocks(text) if block]]


def _sentence(path: Path, block: Lines) -> Sentence:
    (first_number, first_line), *lines = block
    if not first_line.startswith(_TEXT):
        problem = f"{path}: line {first_number}: does not begin with '{_TEXT}'"
        raise CorpusError(problem, "give the text before its spans")
    text = first_line.removeprefix(_TEXT)
    offsets = word_offsets(text)
    entities: dict[int, tuple[str, bool]] = {}  # word → its entity's type, and whether the entity starts there
    for number, line in lines:
        start, end, entity_type, surface = _fields(path, number, line)
        if text[start:end] != surface:
            raise CorpusError(f"{path}: line {number}: '{surface}' is not at {start}..{end} of its text")
        words = covered(offsets, start, end)
        entities |= {i: (entity_type, i == words.start) for i in words}
    tokens = []
    for i, (start, end) in enumerate(offsets):
        entity_type, starts = entities.get(i, ("", False))
        is_name = bool(entity_type) and entity_type not in _NOT_NAMES
        low, high = (ENTITY, ENTITY) if is_name else (NONE, PROPER)
        kind = kind_of_type(entity_type) if is_name else None
        space_after = end < len(text) and text[end].isspace()
        tokens.append(Token(text[start:end], low, high, space_after, starts and is_name, kind=kind))
    return tokens


def _fields(path: Path, number: int, line: str) -> tuple[int, int, str, str]:
    columns = line.split("\t")
    if len(columns) != 4 or not (columns[0].isdecimal() and columns[1].isdecimal()):
        raise CorpusError(
            f"{path}: line {number}: not a span", "give start, end, type and text, with tabs between them"
        )
    return int(columns[0]), int(columns[1]), columns[2], columns[3]
