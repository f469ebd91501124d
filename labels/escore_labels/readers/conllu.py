"""CoNLL-U of Universal Dependencies, with GUM's entities in it or Universal NER's entity layer beside it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from escore_labels.notes import Broken, raise_error
from escore_labels.readers.files import Lines, check_column_count, check_entity_tag, line_blocks, read_text
from escore_labels.tag_map import kind_of_type
from escore_labels.tagsets import class_bounds, entity_starts, is_penn_tag, is_upos_tag, penn_class, upos_class
from escore_labels.tokens import PROPER, CorpusError, Document, Sentence, Token

# Entity tags in MISC, as NorNE (name=), spaCy (name= or NE=) and Stanza (ner=) write them.
_TAG = re.compile(r"[\t|](?:name|NE|NER|ner)=(O|[BIESLU]-[^|\s]+)")
# White space in MISC: https://ufal.mff.cuni.cz/udpipe/2/users-manual, "Preserving original spaces".
SPACES = {"s": " ", "t": "\t", "r": "\r", "n": "\n", "p": "|", "\\": "\\"}
_NAMED_TYPES = ("person", "place", "organization", "event")  # of GUM's mentions, those that may be names


def layer_path(path: Path) -> Path:
    """Where the entity layer of a CoNLL-U file lies, if it has one: NAME.uner.iob2."""
    return path.with_suffix(".uner.iob2")


@dataclass(frozen=True, slots=True)
class ConlluSentence:
    """A sentence of a file.

    line: where it begins.
    is_reviewed: false where a comment says so: then tokens without an entity tag are open.
    before, gaps: white space before the first token, and behind each token; behind the last only if the file says so.
    """

    id: str
    line: int
    starts_document: bool
    tokens: Sentence
    is_reviewed: bool
    before: str
    gaps: list[str]


def parse_conllu(path: Path, text: str) -> list[Document]:
    """The documents: classes by Penn tags, or by UPOS where XPOS is "_"; spacing as in the text. Raises CorpusError."""
    documents: list[Document] = []
    for sentence in conllu_sentences(path, text):
        if sentence.starts_document or not documents:
            documents.append([])
        documents[-1].append(sentence.tokens)
    return documents


def conllu_sentences(
    path: Path, text: str, any_part_of_speech: bool = False, broken: Broken = raise_error
) -> Iterator[ConlluSentence]:
    """The sentences in order; `broken` is told of each line that cannot be read. Raises CorpusError.

    With `any_part_of_speech`, UPOS counts where XPOS is not Penn's, and a token that has neither may be of any class.
    """
    layer = _entity_layer(layer_path(path)) if layer_path(path).is_file() else None
    # Universal NER's annotators marked other names (OTH) by the way: where they did, a name without a tag is open.
    is_partial = layer is not None and any(tag.endswith("-OTH") for tags in layer.values() for tag in tags.values())
    has_mentions = "# global.Entity" in text
    has_tags = _TAG.search(text) is not None
    open_mentions: list[str] = []
    for block in line_blocks(text):
        starts_document = any(line.startswith("# newdoc") for _, line in block)
        if starts_document:
            open_mentions = []
        sentence_id = _comment(block, "# sent_id") or ""
        is_reviewed = _comment(block, "# reviewed") != "false"
        sentence: Sentence = []
        gaps: list[str] = []
        before, misc = "", "_"
        for number, columns, gap in _tokens(path, block, broken):
            token_class = _part_of_speech_class(path, number, columns, any_part_of_speech)
            tag = ""
            if has_mentions:  # every token is read, since mentions open and close anywhere
                types = _mention_types(columns[9], open_mentions)
                named = [kind for kind in _NAMED_TYPES if kind in types]
                tag = f"I-{named[0]}" if token_class == PROPER and named else "O"
            elif layer is not None:
                tag = layer.get(sentence_id, {}).get(columns[0], "")
                if not tag:
                    place = f"{path}: line {number}: token {columns[0]}"
                    problem = f"{place} is not in {layer_path(path).name} ('{sentence_id}')"
                    broken(CorpusError(problem, "give the layer of this very file"))
                    continue
                if is_partial and tag == "O" and token_class == PROPER:
                    tag = ""
            elif has_tags:
                match = _TAG.search("\t" + columns[9])
                tag = match[1] if match else "O" if is_reviewed else ""
            low, high = class_bounds(token_class, tag)
            kind = kind_of_type(tag[2:]) if tag not in ("", "O") else None
            sentence.append(Token(columns[1], low, high, gap != "", tag=tag, kind=kind))
            misc = columns[9]
            before = before if gaps else _spaces(misc, "SpacesBefore")
            gaps.append(gap)
        if not has_mentions:
            starts = entity_starts([token.tag or "O" for token in sentence])
            sentence = [replace(token, starts_entity=start) for token, start in zip(sentence, starts, strict=True)]
        gaps[-1:] = [_spaces(misc, "SpacesAfter")] if gaps else []
        if not sentence and any(not line.startswith("#") for _, line in block):
            continue  # all of its lines are broken
        yield ConlluSentence(sentence_id, block[0][0], starts_document, sentence, is_reviewed, before, gaps)


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


def _part_of_speech_class(path: Path, number: int, columns: list[str], any_part_of_speech: bool) -> int | None:
    upos, xpos = columns[3], columns[4]
    if any_part_of_speech and not (xpos != "_" and is_penn_tag(xpos)):
        return upos_class(upos) if is_upos_tag(upos) else None
    if xpos != "_":
        if not is_penn_tag(xpos):
            problem = f"{path}: line {number}: '{xpos}' is not a Penn part of speech"
            raise CorpusError(problem, "give those, or _, in XPOS")
        return penn_class(xpos)
    if not is_upos_tag(upos):
        raise CorpusError(f"{path}: line {number}: '{upos}' is not a universal part of speech (NOUN, PROPN, VERB, …)")
    return upos_class(upos)


def _tokens(path: Path, block: Lines, broken: Broken) -> Iterator[tuple[int, list[str], str]]:
    """The syntactic words of a sentence: line number, columns, white space behind it.

    No space stands between the parts of a multi-word token (don't); the spacing after the last is the token's own.
    """
    last_part, gap_after_last = 0, " "
    for number, line in block:
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        try:
            check_column_count(path, number, columns, 10)
            _check_token_id(path, number, columns[0])
        except CorpusError as error:
            broken(error)
            continue
        token_id, gap = columns[0], _gap(columns[9])
        if "-" in token_id:
            last_part, gap_after_last = int(token_id.split("-")[1]), gap
        elif "." not in token_id:  # an empty node is not a word of the text
            if int(token_id) <= last_part:
                gap = gap_after_last if int(token_id) == last_part else ""
            yield number, columns, gap


def _check_token_id(path: Path, number: int, token_id: str) -> None:
    if not re.fullmatch(r"\d{1,9}([-.]\d{1,9})?", token_id):
        raise CorpusError(f"{path}: line {number}: '{token_id}' is not a token number")


def _gap(misc: str) -> str:
    """The white space behind a token: none, a space, or what SpacesAfter of UDPipe says."""
    return "" if "SpaceAfter=No" in misc else _spaces(misc, "SpacesAfter") or " "


def _spaces(misc: str, name: str) -> str:
    match = re.search(rf"(?:^|\|){name}=([^|]*)", misc)
    return re.sub(r"\\(.)", lambda escape: SPACES.get(escape[1], ""), match[1]) if match else ""


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
