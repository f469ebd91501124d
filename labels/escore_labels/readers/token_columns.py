"""Tokens in columns, as annotators and tools write them: which column is what is found by looking.

Entity tags are in BIO, BIOES, IOB1 or BILOU, with or without types, or bare types beside O, as Stanford NER has them.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from escore_labels.readers.files import line_blocks, read_text, split_columns
from escore_labels.readers.gmb import gmb_sentences
from escore_labels.readers.sentences import Offsets, join_tokens, token_record
from escore_labels.readers.source import Placed, Source
from escore_labels.spacing import spaces_after, unescape
from escore_labels.tagsets import class_bounds, is_penn_tag, is_upos_tag, penn_class, upos_class
from escore_labels.tokens import CorpusError, Token

Rows = list[tuple[int, list[str]]]  # of a sentence: the line number and the columns of each token

_TAG = re.compile(r"O|[BIESLUM](?:-\S+)?")
_CHUNK = re.compile(r"[BIESLU]-(?:NP|VP|PP|ADVP|ADJP|SBAR|PRT|CONJP|INTJ|LST|UCP)")  # CoNLL-2000's chunks
_UNLABELED = "_"
_DOCUMENT = "-DOCSTART-"


@dataclass(frozen=True, slots=True)
class _Sentence:
    """The rows of a sentence, and its id and text if a comment has them."""

    rows: Rows
    id: str
    text: str | None


def read_columns(source: Source) -> Iterator[Placed]:
    """A record a sentence; its text is that of a `# text = ` comment, or its spaces are guessed. Raises CorpusError."""
    yield from _records(source, list(_sentences(source, read_text(source.path))))


def read_gmb(source: Source) -> Iterator[Placed]:
    """A record a sentence of the Groningen Meaning Bank's table. Raises CorpusError."""
    sentences = gmb_sentences(source.path, read_text(source.path), source.broken)
    yield from _records(source, [_Sentence(rows, name, None) for name, rows in sentences.items()])


def looks_like_columns(lines: list[str]) -> bool:
    """Whether most of some lines have a token and an entity tag."""
    rows = [split_columns(line) for line in lines if not line.startswith(_DOCUMENT)]
    (width, _), *_ = Counter(map(len, rows)).most_common(1) or [(0, 0)]
    fitting = [columns for columns in rows if len(columns) == width]
    tagged = sum(any(map(_TAG.fullmatch, columns[-1:] + columns[1:3])) for columns in fitting)
    are_bare = width == 2 and any(columns[1] == "O" for columns in fitting)
    return width > 1 and 2 * len(fitting) > len(rows) and (2 * tagged > len(fitting) or are_bare)


def _sentences(source: Source, text: str) -> Iterator[_Sentence]:
    blocks = list(line_blocks(text))
    is_tabbed = "\t" in text
    lines = [line for block in blocks for _, line in block if not line.startswith(_DOCUMENT)]
    no_comments = [line for line in lines if not line.startswith("# ")]
    widths = Counter(len(split_columns(line)) for line in no_comments or lines)
    width = max(widths, key=lambda width: (widths[width], width), default=0)
    for block in blocks:
        rows: Rows = []
        comments: dict[str, str] = {}
        for number, line in block:
            columns = split_columns(line)
            fits = "\t" in line if is_tabbed else len(columns) == width and _TAG.fullmatch(columns[-1])
            if columns[0] == _DOCUMENT:
                continue
            if line.startswith("#") and not fits:
                name, _, value = line.lstrip("# ").partition("=")
                comments[name.strip()] = value.strip()
            elif width < 2 or len(columns) < width:
                counted = f"{len(columns)} column{'s' if len(columns) > 1 else ''}"
                problem = f"{source.line(number)}: {counted}, needed {max(width, 2)}: a token and its tags"
                source.broken(CorpusError(problem))
            elif columns[0]:
                if len(columns) > width:
                    source.lost(source.line(number), f"columns after the {width}. are not read")
                rows.append((number, columns[:width]))
            else:
                source.lost(source.line(number), "a row without a token is left out")
        if rows:
            yield _Sentence(rows, comments.get("sent_id") or comments.get("id") or "", comments.get("text"))


def _records(source: Source, sentences: list[_Sentence]) -> Iterator[Placed]:
    rows = [row for sentence in sentences for row in sentence.rows]
    if not rows:
        raise CorpusError(f"{source.path}: no words in it", "give a file with labeled words")
    width = len(rows[0][1])
    numbered = all(
        columns[0] == str(i) for sentence in sentences for i, (_, columns) in enumerate(sentence.rows, 1)
    )  # fmt: skip
    token_column = 1 if numbered and width > 2 else 0
    tag_column, bare = _tag_column(source, rows, token_column)
    others = [column for column in range(token_column + 1, width) if column != tag_column]
    class_column, token_class = next(
        ((column, of) for column in others if (of := _part_of_speech([columns[column] for _, columns in rows]))),
        (None, None),
    )
    for column in others:
        if column != class_column and len({columns[column] for _, columns in rows}) > 1:
            source.lost(str(source.path), f"column {column + 1} is not read")
    for sentence in sentences:
        tokens = []
        for number, columns in sentence.rows:
            tag = columns[tag_column]
            if bare:
                tag = tag if tag == "O" else f"I-{tag}"
            elif not _TAG.fullmatch(tag):
                source.broken(CorpusError(f"{source.line(number)}: '{tag}' is not an entity tag (O, B-…, I-…)"))
                continue
            elif tag[0] == "M":  # the middle in BMES
                tag = f"I{tag[1:]}"
            part_of_speech = _UNLABELED if class_column is None else columns[class_column]
            known = token_class is not None and part_of_speech != _UNLABELED
            low, high = class_bounds(token_class(part_of_speech) if known and token_class else None, tag)
            tokens.append(Token(unescape(columns[token_column]), low, high, tag=tag))
        if not tokens:
            continue
        text, offsets = _align(sentence.text, tokens)
        number = sentence.rows[0][0]
        name = sentence.id or f"{source.path}:{number}"
        yield token_record(source, source.line(number), text, offsets, tokens, id=name)


def _tag_column(source: Source, rows: Rows, token_column: int) -> tuple[int, bool]:
    """The column of the outermost entity tags, and whether these are bare types. Raises CorpusError."""
    choices = []
    for column in range(token_column + 1, len(rows[0][1])):
        tags = [columns[column] for _, columns in rows]
        valid = [tag for tag in tags if _TAG.fullmatch(tag) and not _CHUNK.fullmatch(tag)]
        if 2 * len(valid) > len(tags):
            choices.append((len(valid) - valid.count("O"), -column, False))
        elif "O" in tags and not any(_TAG.fullmatch(tag) for tag in tags if tag != "O"):
            choices.append((-1, column, True))
    if not choices:
        number, columns = rows[0]
        raise CorpusError(f"{source.line(number)}: '{columns[-1]}' is not an entity tag (O, B-…, I-…)")
    _, column, bare = max(choices)
    return abs(column), bare


def _part_of_speech(tags: list[str]) -> Callable[[str], int] | None:
    """What gives the class of a column's parts of speech; None for a column of something else."""
    labeled = [tag for tag in set(tags) if tag != _UNLABELED]
    if not any(re.fullmatch("[A-Z]{2,}[$]?", tag) for tag in labeled):
        return None
    if all(map(is_penn_tag, labeled)):
        return penn_class
    return upos_class if all(map(is_upos_tag, labeled)) else None


def _align(text: str | None, tokens: list[Token]) -> tuple[str, Offsets]:
    """The text of a comment if the tokens are in it, else one with guessed spaces; and where the tokens lie."""
    if text is not None:
        offsets: Offsets = []
        position = 0
        for token in tokens:
            start = text.find(token.text, position)
            if start < 0 or text[position:start].strip():
                break
            position = start + len(token.text)
            offsets.append((start, position))
        else:
            if not text[position:].strip():
                return text, offsets
    spaces = spaces_after([token.text for token in tokens])
    return join_tokens(tokens, [" " if space else "" for space in spaces[:-1]] + [""])
