"""CoNLL-U of Universal Dependencies, with GUM's entities in it or Universal NER's entity layer beside it."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from escore_labels.readers.files import Lines, check_column_count, check_entity_tag, line_blocks, read_text
from escore_labels.tagsets import entity_starts, is_penn_tag, is_upos_tag, penn_class, upos_class, without_entity_labels
from escore_labels.tokens import ENTITY, PROPER, CorpusError, Document, Sentence, Token

_NAMED_TYPES = ("person", "place", "organization", "event")  # of GUM's mentions, those that may be names


def layer_path(path: Path) -> Path:
    """Where the entity layer of a CoNLL-U file lies, if it has one: NAME.uner.iob2."""
    return path.with_suffix(".uner.iob2")


def parse_conllu(path: Path, text: str) -> list[Document]:
    """The documents: classes by Penn tags, or by UPOS where XPOS is "_"; spacing as in the text. Raises CorpusError."""
    layer = _entity_layer(layer_path(path)) if layer_path(path).is_file() else None
    has_mentions = "# global.Entity" in text
    documents: list[Document] = []
    open_mentions: list[str] = []
    for block in line_blocks(text):
        if not documents or any(line.startswith("# newdoc") for _, line in block):
            documents.append([])
            open_mentions = []
        sentence_id = _comment(block, "# sent_id") or ""
        sentence: Sentence = []
        tags: list[str] = []
        for number, columns, space_after in _tokens(path, block):
            token_class = _part_of_speech_class(path, number, columns)
            low, high = token_class, token_class
            if has_mentions:  # every token is read, since mentions open and close anywhere
                types = _mention_types(columns[9], open_mentions)
                if token_class == PROPER and not types.isdisjoint(_NAMED_TYPES):
                    low = high = ENTITY
            elif layer is not None:
                tag = layer.get(sentence_id, {}).get(columns[0])
                if tag is None:
                    place = f"{path}: line {number}: token {columns[0]}"
                    problem = f"{place} is not in {layer_path(path).name} ('{sentence_id}')"
                    raise CorpusError(problem, "give the layer of this very file")
                tags.append(tag)
                if tag != "O":
                    low = high = ENTITY
            else:
                low, high = without_entity_labels(token_class)
            sentence.append(Token(columns[1], low, high, space_after))
        if tags:
            starts = entity_starts(tags)
            sentence = [replace(token, starts_entity=start) for token, start in zip(sentence, starts, strict=True)]
        documents[-1].append(sentence)
    return documents


def document_genres(text: str) -> list[str]:
    """The genre of each document, by its name (`# newdoc id`) in GUM or EWT; "" where that has none."""
    genres: list[str] = []
    for block in line_blocks(text):
        name = _comment(block, "# newdoc")
        if name is not None or not genres:
            match = re.match(r"GUM_([a-z]+)_|(answers|email|newsgroup|reviews|weblog)-", name or "")
            genres.append(match[1] or match[2] if match else "")
    return genres


def _comment(block: Lines, name: str) -> str | None:
    """The value of a sentence's first comment that begins with `name`; None where it has none."""
    return next((line.partition("=")[2].strip() for _, line in block if line.startswith(name)), None)


def _part_of_speech_class(path: Path, number: int, columns: list[str]) -> int:
    upos, xpos = columns[3], columns[4]
    if xpos != "_":
        if not is_penn_tag(xpos):
            problem = f"{path}: line {number}: '{xpos}' is not a Penn part of speech"
            raise CorpusError(problem, "give those, or _, in XPOS")
        return penn_class(xpos)
    if not is_upos_tag(upos):
        raise CorpusError(f"{path}: line {number}: '{upos}' is not a universal part of speech (NOUN, PROPN, VERB, …)")
    return upos_class(upos)


def _tokens(path: Path, block: Lines) -> Iterator[tuple[int, list[str], bool]]:
    """The syntactic words of a sentence: line number, columns, whether a space follows.

    No space stands between the parts of a multi-word token (don't); the spacing after the last is the token's own.
    """
    last_part, space_after_last = 0, True
    for number, line in block:
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        check_column_count(path, number, columns, 10)
        token_id, space_after = columns[0], "SpaceAfter=No" not in columns[9]
        if not re.fullmatch(r"\d+([-.]\d+)?", token_id):
            raise CorpusError(f"{path}: line {number}: '{token_id}' is not a token number")
        if "-" in token_id:
            last_part, space_after_last = int(token_id.split("-")[1]), space_after
        elif "." not in token_id:  # an empty node is not a word of the text
            if int(token_id) <= last_part:
                space_after = int(token_id) == last_part and space_after_last
            yield number, columns, space_after


def _entity_layer(path: Path) -> dict[str, dict[str, str]]:
    """Universal NER's layer: sentence id → token id → tag."""
    layer: dict[str, dict[str, str]] = {}
    for block in line_blocks(read_text(path)):
        tags = layer[_comment(block, "# sent_id") or ""] = {}
        for number, line in block:
            if not line.startswith("#"):
                columns = line.split("\t")
                if len(columns) < 3:
                    raise CorpusError(f"{path}: line {number}: {len(columns)} columns, needed 3")
                check_entity_tag(path, number, columns[2])
                tags[columns[0]] = columns[2]
    return layer


def _mention_types(misc: str, open_mentions: list[str]) -> set[str]:
    """The types of the mentions that a token of GUM is part of; opens and closes mentions as its brackets say.

    `Entity=(1-person-…(2-place-…)` opens two and closes the second; `1)` closes by number.
    """
    field = next((part[len("Entity=") :] for part in misc.split("|") if part.startswith("Entity=")), "")
    types = {mention.split("-")[1] for mention in open_mentions}
    for mention, closes_itself, closed in re.findall(r"\(([^()]+)(\)?)|([^()]+)\)", field):
        if mention:
            number, _, rest = mention.partition("-")
            mention_type = rest.partition("-")[0]
            types.add(mention_type)
            if not closes_itself:
                open_mentions.append(f"{number}-{mention_type}")
        else:
            for open_mention in reversed(open_mentions):
                if open_mention.split("-")[0] == closed:
                    open_mentions.remove(open_mention)
                    break
    return types
