"""Made-up texts have labels that fit them."""

import random
import re
import tomllib

import pytest
from tests.conftest import ROOT

from escore.kinds import KINDS
from escore.segmentation import word_offsets
from escore_labels.readers.corpus import read_corpus
from escore_labels.texts import join_sentences
from escore_labels.tokens import ENTITY, Sentence, Token
from escore_training.data.fields import NAMES, OPEN, OTHERS
from escore_training.data.material import Material, collect_material
from escore_training.data.template_files import read_templates
from escore_training.data.templates import fill, made_up_text

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


def test_every_template_and_part_can_be_filled(material: Material) -> None:
    rng = random.Random(1)
    files = read_templates()
    for texts in (*files.templates.values(), *files.parts.values()):
        for template in texts:
            tokens = fill(template, material, rng)
            text = join_sentences([tokens]).text.rstrip()
            words = [text[start:end] for start, end in word_offsets(text)]
            assert "".join(words) == "".join(token.text for token in tokens)
            for token in tokens:
                assert token.probabilities is not None
                assert (token.kind in KINDS) == (token.low == ENTITY)


def test_every_field_has_one_meaning() -> None:
    files = read_templates()
    names = [*files.lists, *files.parts, *NAMES, *OPEN, *OTHERS, "name", "noun", "sentence"]
    assert len(names) == len(set(names))


def test_short_phrases_are_at_least_half_of_the_groups() -> None:
    """Texts like prose are only there; files of programs should not crowd them out."""
    folder = ROOT / "training" / "escore_training" / "data" / "templates"
    phrases = tomllib.loads((folder / "phrases.toml").read_text("utf-8"))["templates"]
    assert phrases.keys() < read_templates().templates.keys()
    assert 2 * len(phrases) >= len(read_templates().templates)


def test_what_is_no_name_is_no_entity(material: Material) -> None:
    rng = random.Random(3)
    names = {*KINDS}
    words = [name for name, (table, _) in read_templates().lists.items() if table not in names]
    for name in (*OTHERS, *words):
        for _ in range(20):
            assert all(token.high < ENTITY for token in fill(f"{{{name}}}", material, rng))


def test_what_may_be_a_name_is_left_open(material: Material) -> None:
    tokens = fill("{library}", material, random.Random(1))
    assert all((token.low, token.high, token.probabilities) == (0, ENTITY, (0, 0, 0, 0)) for token in tokens)


def test_a_part_may_be_repeated(material: Material) -> None:
    rng = random.Random(1)
    counts = {join_sentences([fill("{needed*} end", material, rng)]).text.count(", ") for _ in range(50)}
    assert counts == {2, 3, 4}


@pytest.mark.parametrize(
    ("template", "kinds"),
    [
        ("Copyright (C) {year} {foundation}", ["organization"]),
        ("Maintainer: {team} <{email}> Uploaders: {person} <{email}>", ["organization", "person"]),
        ("License: {license_id} {path}", ["other"]),
        ("{program} runs {package} on {program}.", ["other", "other"]),
        ("{code} +{number} {area}/{zone_place}", ["place", "place"]),
        ("{header}: {university}, {number} {street}", ["organization", "place"]),
    ],
)
def test_names_in_files_keep_their_kinds(material: Material, template: str, kinds: list[str]) -> None:
    rng = random.Random(4)
    for _ in range(20):
        tokens = fill(template, material, rng)
        assert [token.kind for token in tokens if token.starts_entity] == kinds
        assert sum(token.low == ENTITY for token in tokens) == sum(token.kind is not None for token in tokens)


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("Cc: {person} Subject: {Noun}", 1),
        ("{suffixed} and {suffixed} agreed.", 2),
        ("{person} {person} {place}", 3),
        ("{noun} {number} {email} {any} {foreign} {role} {month}", 0),
        ("{PERSON} RR {number} {PLACE} {state}", 3),
        ("{escaped} left.", 1),
        ("commit {hash} Author: {person} <{email}> Date: {weekday} {month} {day} {clock} {year}", 1),
        ("Depends: {needed*} {package}", 0),
        ("{dpkg_event*} {alternative_event*} {mount_row*} {character_row*}", 0),
        ("{camel}.{snake}({constant}, {dotted}) {option} {variable} {type} {exception} {sql} {protocol} {code}", 0),
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
