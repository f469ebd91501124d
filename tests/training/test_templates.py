"""Made-up texts have labels that fit them."""

import random
import re

import pytest
from tests.conftest import ROOT

from escore.kinds import KINDS
from escore.segmentation import word_offsets
from escore_labels.readers.corpus import read_corpus
from escore_labels.texts import join_sentences
from escore_labels.tokens import ENTITY, Sentence, Token
from escore_training.data.templates import Material, _content, collect_material, fill, made_up_text

SENTENCES = [
    "*Anna +Berg sells bread and flour in *Rotterdam .",
    "The baker sold a cake to *Oskar +Lund of *Bolt +Systems .",
]


def sentence(text: str) -> Sentence:
    kinds = {"Rotterdam": "place", "Bolt": "organization", "Systems": "organization"}
    tokens = []
    for word in text.split():
        name = word.lstrip("*+")
        is_noun = name in ("bread", "flour", "baker", "cake")
        low = high = ENTITY if name != word else int(is_noun)
        kind = kinds.get(name, "person") if name != word else None
        tokens.append(Token(name, low, high, starts_entity=word[0] == "*", kind=kind, probabilities=(0, 0, 1, 1)))
    return tokens


@pytest.fixture(scope="module")
def material() -> Material:
    return collect_material(map(sentence, SENTENCES))


def entities(tokens: Sentence) -> list[str]:
    """The entities of a sentence, each as text."""
    runs: list[str] = []
    for token in tokens:
        if token.low == ENTITY:
            runs += [""] if token.starts_entity else []
            runs[-1] += token.text + " " * token.space_after
    return [run.strip() for run in runs]


def test_material_comes_from_the_labels(material: Material) -> None:
    assert material.names == {
        "person": ["Anna Berg", "Oskar Lund"],
        "organization": ["Bolt Systems"],
        "place": ["Rotterdam"],
        "other": [],
    }
    assert sorted(material.nouns) == ["baker", "bread", "cake", "flour"]
    assert material.is_enough
    assert not collect_material([]).is_enough


def test_every_template_can_be_filled(material: Material) -> None:
    rng = random.Random(1)
    for group in _content()["templates"].values():
        for template in group:
            tokens = fill(template, material, rng)
            text = join_sentences([tokens]).text.rstrip()
            assert not re.search(r"\{\w+\}", text)
            words = [text[start:end] for start, end in word_offsets(text)]
            assert "".join(words) == "".join(token.text for token in tokens)
            for token in tokens:
                assert token.probabilities is not None
                assert (token.kind in KINDS) == (token.low == ENTITY)


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("Cc: {person} Subject: {Noun}", 1),
        ("{suffixed} and {suffixed} agreed.", 2),
        ("{person} {person} {place}", 3),
        ("{noun} {number} {email} {any} {foreign} {role} {month}", 0),
        ("{PERSON} RR {number} {PLACE} {state}", 3),
        ("{escaped} left.", 1),
    ],
)
def test_each_name_is_one_entity(material: Material, template: str, names: int) -> None:
    rng = random.Random(2)
    for _ in range(50):
        assert len(entities(fill(template, material, rng))) == names


def test_a_field_in_capitals_is_filled_so(material: Material) -> None:
    text = join_sentences([fill("{PLACE} {Noun}", material, random.Random(1))]).text
    assert re.fullmatch(r"ROTTERDAM (Baker|Bread|Cake|Flour) ", text)


def test_the_same_seed_makes_the_same_text(material: Material) -> None:
    texts = [made_up_text(material, random.Random(seed)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_names_of_real_corpora_fill_them() -> None:
    (document,) = read_corpus(ROOT / "training" / "smoke" / "names.conll")
    assert collect_material(document).names["person"]
