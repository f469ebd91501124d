"""The tag sets that are read: Penn's parts of speech, Universal Dependencies', and entity tags of the BIO family."""

import re
from collections.abc import Sequence

from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER

# Marcus et al. 1993, and in the last line what later treebanks, and CoNLL-2003, added.
_PENN = re.compile(
    "CC|CD|DT|EX|FW|IN|JJ[RS]?|LS|MD|NNP?S?|PDT|POS|PRP[$]?|RB[RS]?|RP|SYM|TO|UH|VB[DGNPZ]?|WDT|WP[$]?|WRB|"
    "LRB|RRB|-[LR][RSC]B-|"
    "ADD|AFX|BES|GW|HVS|HYPH|NFP|XX|-X-"
)
_UPOS = re.compile("ADJ|ADP|ADV|AUX|CCONJ|DET|INTJ|NOUN|NUM|PART|PRON|PROPN|PUNCT|SCONJ|SYM|VERB|X")
_ENTITY_TAG = re.compile(r"O|([BIESLU])-(\S+)")


def penn_class(tag: str) -> int:
    """The class that a Penn part of speech gives without labels of entities: NNP is PROPER."""
    if tag in ("NNP", "NNPS"):
        return PROPER
    return COMMON if tag in ("NN", "NNS") else NONE


def upos_class(tag: str) -> int:
    """The class that a universal part of speech gives without labels of entities."""
    return {"PROPN": PROPER, "NOUN": COMMON}.get(tag, NONE)


def without_entity_labels(token_class: int) -> tuple[int, int]:
    """The lowest and highest class where only parts of speech are labeled: a proper noun may be part of an entity."""
    return (PROPER, ENTITY) if token_class == PROPER else (token_class, token_class)


def class_bounds(part_of_speech: int | None, entity_tag: str) -> tuple[int, int]:
    """The lowest and highest class of a token, by the class of its part of speech and by its entity tag.

    None: without a part of speech; "": without labels of entities.
    """
    if entity_tag not in ("", "O"):
        return ENTITY, ENTITY
    if part_of_speech is None:
        return NONE, PROPER if entity_tag else ENTITY
    return (part_of_speech, part_of_speech) if entity_tag else without_entity_labels(part_of_speech)


def is_penn_tag(tag: str) -> bool:
    """Whether Penn's tag set has this tag, or each of several in one (NN|SYM). Punctuation (`,` and `''`) counts."""
    return all(_PENN.fullmatch(part) or not re.search(r"\w", part) for part in tag.split("|"))


def is_upos_tag(tag: str) -> bool:
    """Whether Universal Dependencies has this part of speech."""
    return _UPOS.fullmatch(tag) is not None


def is_entity_tag(tag: str) -> bool:
    """Whether this is an entity tag: O, or B-, I-, E-, S-, L- or U- and a type."""
    return _ENTITY_TAG.fullmatch(tag) is not None


def entity_starts(tags: Sequence[str]) -> list[bool]:
    """Which tokens of a sentence start an entity, by its entity tags in BIO, IOB1, BIOES or BILOU ([tokens]).

    B-, S- and U- do; so does any other tag that follows O, another type, or the end of an entity (E-, L-, S-, U-).
    """
    starts = []
    previous = "O"
    for tag in tags:
        continues = previous[0] in "BI" and previous[2:] == tag[2:] and tag[0] in "IEL"
        starts.append(tag != "O" and not continues)
        previous = tag
    return starts
