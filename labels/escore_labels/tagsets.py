"""The label sets that are read: Penn's parts of speech, Universal Dependencies', and entity tags of the BIO family."""

import re

from escore_labels.tokens import COMMON, NONE, PROPER

# Marcus et al. 1993, and in the last line what later treebanks, and CoNLL-2003, added.
_PENN = re.compile(
    "CC|CD|DT|EX|FW|IN|JJ[RS]?|LS|MD|NNP?S?|PDT|POS|PRP[$]?|RB[RS]?|RP|SYM|TO|UH|VB[DGNPZ]?|WDT|WP[$]?|WRB|"
    "LRB|RRB|-[LR][RSC]B-|"
    "ADD|AFX|BES|GW|HVS|HYPH|NFP|XX|-X-"
)
_UPOS = re.compile("ADJ|ADP|ADV|AUX|CCONJ|DET|INTJ|NOUN|NUM|PART|PRON|PROPN|PUNCT|SCONJ|SYM|VERB|X")
_TAG = re.compile(r"O|([BIESLU])-(\S+)")


def by_tag(tag: str) -> int:
    """The class that a Penn part of speech alone gives, NNP counted as PROPER."""
    if tag in ("NNP", "NNPS"):
        return PROPER
    return COMMON if tag in ("NN", "NNS") else NONE


def by_upos(tag: str) -> int:
    """The class that a universal part of speech gives."""
    return {"PROPN": PROPER, "NOUN": COMMON}.get(tag, NONE)


def is_penn(tag: str) -> bool:
    """Whether Penn's tag set has this tag, or several in one (NN|SYM); any of signs alone (`,` and `''`) counts."""
    return all(_PENN.fullmatch(part) or not re.search(r"\w", part) for part in tag.split("|"))


def is_upos(tag: str) -> bool:
    """Whether Universal Dependencies has this part of speech."""
    return _UPOS.fullmatch(tag) is not None


def is_entity(tag: str) -> bool:
    """Whether this is an entity tag: O, or B-, I-, E-, S-, L- or U- and a type."""
    return _TAG.fullmatch(tag) is not None


def begins(tags: list[str]) -> list[bool]:
    """Which tokens of a sentence begin an entity, by its entity tags.

    B-, S- and U- do; so does any other that follows O, another type, or the end of an entity (E-, L-, S-, U-).
    """
    found = []
    before = "O"
    for tag in tags:
        goes_on = before[0] in "BI" and before[2:] == tag[2:] and tag[0] in "IEL"
        found.append(tag != "O" and not goes_on)
        before = tag
    return found
