"""Tags are known by their tag set, and entity tags of any scheme say where entities start."""

import pytest

from escore_labels.tagsets import (
    entity_starts,
    is_entity_tag,
    is_penn_tag,
    is_upos_tag,
    penn_class,
    upos_class,
    without_entity_labels,
)
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER


@pytest.mark.parametrize(
    ("tags", "starts"),
    [
        ("B-PER I-PER B-PER O I-PER", "1 0 1 0 1"),
        ("I-PER I-PER I-LOC I-PER O", "1 0 1 1 0"),  # IOB1, as CoNLL-2003 has it
        ("B-PER E-PER I-PER S-PER S-PER", "1 0 1 1 1"),
        ("B-PER L-PER U-PER B-LOC I-PER", "1 0 1 1 1"),
        ("O O", "0 0"),
    ],
)
def test_an_entity_starts_where_its_tags_say(tags: str, starts: str) -> None:
    assert entity_starts(tags.split()) == [mark == "1" for mark in starts.split()]


@pytest.mark.parametrize("tag", ["NN", "NNPS", "VBZ", "PRP$", "WP$", "-LRB-", "HYPH", "NN|SYM", ",", "''", "$"])
def test_penn_has_these_tags(tag: str) -> None:
    assert is_penn_tag(tag)


@pytest.mark.parametrize("tag", ["NOUN", "PROPN", "NE", "VVFIN", "nn", "NN|NOUN", "-LRX-"])
def test_penn_has_not_these_tags(tag: str) -> None:
    assert not is_penn_tag(tag)


def test_other_tag_sets() -> None:
    assert all(map(is_upos_tag, ["NOUN", "PROPN", "X"]))
    assert not any(map(is_upos_tag, ["NNP", "Noun", ""]))
    assert all(map(is_entity_tag, ["O", "B-PER", "I-x-y", "U-1"]))
    assert not any(map(is_entity_tag, ["o", "PER", "B-", "B-a b", "X-PER"]))


def test_parts_of_speech_give_classes() -> None:
    assert [penn_class(tag) for tag in ("NNP", "NNPS", "NN", "NNS", "VB")] == [PROPER, PROPER, COMMON, COMMON, NONE]
    assert [upos_class(tag) for tag in ("PROPN", "NOUN", "VERB")] == [PROPER, COMMON, NONE]
    assert [without_entity_labels(known) for known in (NONE, COMMON, PROPER)] == [(0, 0), (1, 1), (PROPER, ENTITY)]
