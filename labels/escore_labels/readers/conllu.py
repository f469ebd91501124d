"""Universal Dependencies: CoNLL-U files, with GUM's entities in them or EWT's entity layer beside them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from escore_labels.tagsets import begins, by_tag, by_upos, is_entity, is_penn, is_upos
from escore_labels.tokens import ENTITY, PROPER, CorpusError, Document, Sentence, Token, blocks, text_of, unlinked

_NAMING = ("person", "place", "organization", "event")


def layer_of(path: Path) -> Path:
    """Where the layer of entities lies that belongs to a CoNLL-U file, if there is one."""
    return path.with_suffix(".uner.iob2")


def conllu(path: Path, text: str) -> list[Document]:
    """The Penn tag rules, UPOS where there is none; true spacing. Raises CorpusError with file and line."""
    layer = _entity_layer(layer_of(path)) if layer_of(path).is_file() else None
    gum = "# global.Entity" in text
    documents: list[Document] = []
    open_mentions: list[str] = []
    for block in blocks(text):
        comments = [line for _, line in block if line.startswith("#")]
        if not documents or any(line.startswith("# newdoc") for line in comments):
            documents.append([])
            open_mentions = []
        name = next((line.partition("=")[2].strip() for line in comments if line.startswith("# sent_id")), "")
        sentence: Sentence = []
        tags: list[str] = []
        for number, columns, space_after in _tokens(path, block):
            known = _by_part_of_speech(path, number, columns)
            if gum:
                kinds = _mentions(
                    columns[9], open_mentions
                )  # reads every token, since mentions open and close anywhere
                low = high = ENTITY if known == PROPER and not kinds.isdisjoint(_NAMING) else known
            elif layer is not None:
                tag = layer.get(name, {}).get(columns[0])
                if tag is None:
                    raise CorpusError(
                        f"{path}: line {number}: token {columns[0]} is not in {layer_of(path).name} ('{name}'); "
                        "give the layer of this very file"
                    )
                tags.append(tag)
                low = high = ENTITY if tag != "O" else known
            else:
                low, high = unlinked(known)
            sentence.append(Token(columns[1], low, high, space_after))
        if tags:
            starts = begins(tags)
            sentence = [replace(token, starts_entity=first) for token, first in zip(sentence, starts, strict=True)]
        documents[-1].append(sentence)
    return documents


def genres(text: str) -> list[str]:
    """The genre of each document, by its name (`# newdoc id`) in GUM or EWT; "" where it tells none."""
    found: list[str] = []
    for block in blocks(text):
        names = [line.partition("=")[2].strip() for _, line in block if line.startswith("# newdoc")]
        if names or not found:
            known = re.match(r"GUM_([a-z]+)_|(answers|email|newsgroup|reviews|weblog)-", names[0] if names else "")
            found.append((known.group(1) or known.group(2)) if known else "")
    return found


def _by_part_of_speech(path: Path, number: int, columns: list[str]) -> int:
    upos, xpos = columns[3], columns[4]
    if xpos != "_":
        if not is_penn(xpos):
            raise CorpusError(
                f"{path}: line {number}: '{xpos}' is no part of speech of Penn's; give those, or _, in XPOS"
            )
        return by_tag(xpos)
    if not is_upos(upos):
        raise CorpusError(f"{path}: line {number}: '{upos}' is no universal part of speech (NOUN, PROPN, VERB, …)")
    return by_upos(upos)


def _tokens(path: Path, block: list[tuple[int, str]]) -> Iterator[tuple[int, list[str], bool]]:
    """The syntactic words of a sentence: line number, columns, whether a space follows.

    The parts of a multi-word token (don't) stand together; the spacing after the last is the token's own.
    """
    last_part, space_after_last = 0, True
    for number, line in block:
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != 10:
            raise CorpusError(f"{path}: line {number}: {len(columns)} columns, needed 10")
        identity, space_after = columns[0], "SpaceAfter=No" not in columns[9]
        if not re.fullmatch(r"\d+([-.]\d+)?", identity):
            raise CorpusError(f"{path}: line {number}: '{identity}' is no token number")
        if "-" in identity:
            last_part, space_after_last = int(identity.split("-")[1]), space_after
        elif "." not in identity:  # an empty node is no word of the text
            if int(identity) <= last_part:
                space_after = int(identity) == last_part and space_after_last
            yield number, columns, space_after


def _entity_layer(path: Path) -> dict[str, dict[str, str]]:
    """Universal NER's layer: sentence id → token id → tag."""
    layer: dict[str, dict[str, str]] = {}
    for block in blocks(text_of(path)):
        name = next((line.partition("=")[2].strip() for _, line in block if line.startswith("# sent_id")), "")
        layer[name] = {}
        for number, line in block:
            if not line.startswith("#"):
                columns = line.split("\t")
                if len(columns) < 3:
                    raise CorpusError(f"{path}: line {number}: {len(columns)} columns, needed 3")
                if not is_entity(columns[2]):
                    raise CorpusError(f"{path}: line {number}: '{columns[2]}' is no entity tag (O, B-…, I-…)")
                layer[name][columns[0]] = columns[2]
    return layer


def _mentions(misc: str, open_mentions: list[str]) -> set[str]:
    """The entity types that a GUM token stands in; opens and closes mentions as its brackets say.

    `Entity=(1-person-…(2-place-…)` opens two and closes the second; `1)` closes by number.
    """
    field = next((part[len("Entity=") :] for part in misc.split("|") if part.startswith("Entity=")), "")
    inside = {mention.split("-")[1] for mention in open_mentions}
    for opened, closes_itself, closed in re.findall(r"\(([^()]+)(\)?)|([^()]+)\)", field):
        if opened:
            number, _, rest = opened.partition("-")
            kind = rest.partition("-")[0]
            inside.add(kind)
            if not closes_itself:
                open_mentions.append(f"{number}-{kind}")
        else:
            for mention in reversed(open_mentions):
                if mention.split("-")[0] == closed:
                    open_mentions.remove(mention)
                    break
    return inside
