"""The taggers of the quality benchmark: what they learn from, what they say of a text, and that they learn at all."""

import json
import random
from pathlib import Path

import msgspec
import pytest
from benchmarks.quality import capitals, corpora, perceptron
from benchmarks.quality.corpora import TaggedDocument, by_class
from benchmarks.quality.perceptron import BEGIN, INSIDE, Weights, right_tags, train

from escore.segmentation import words
from escore_labels.texts import join_sentences
from escore_labels.tokens import COMMON, ENTITY, NONE, PROPER, Document, Token
from escore_training.recipe import load_recipe

NAMES = ("Anna", "Oslo", "Mary", "Rome", "Ben")
NOUNS = ("ship", "garden", "letter", "horse", "mayor")


def sentence(name: str, noun: str, following: str = "Berg") -> list[Token]:
    return [
        Token(name, ENTITY, ENTITY, starts_entity=True),
        Token(following, ENTITY, ENTITY, starts_entity=following != "Berg"),
        Token("saw", NONE, NONE),
        Token("the", NONE, PROPER),
        Token(noun, COMMON, COMMON, space_after=False),
        Token(".", NONE, NONE),
    ]


@pytest.fixture(scope="module")
def documents() -> list[Document]:
    return [[sentence(name, noun), sentence(name, noun, "Oslo")] for name in NAMES for noun in NOUNS]


@pytest.fixture(scope="module")
def weights(documents: list[Document]) -> Weights:
    return train(documents, epochs=3, seed=4)


def said(document: TaggedDocument) -> list[tuple[str, int]]:
    return [(word.text, int(word.score)) for word in document.words]


def spans(document: TaggedDocument) -> list[str]:
    return [entity.text for entity in document.entities(220)]


def test_neighbours_of_class_three_are_one_entity_unless_another_begins() -> None:
    text = "Anna Berg Oslo, Rome"
    places = [place for _, place in words(text)]
    prediction = by_class(text, places, [3, 3, 3, 0, 3], [True, False, True, False, False])
    assert spans(prediction) == ["Anna Berg", "Oslo", "Rome"]
    assert said(prediction) == [("Anna", 300), ("Berg", 300), ("Oslo", 300), (",", 0), ("Rome", 300)]
    assert spans(by_class("", [], [], [])) == []


def test_the_corpora_are_the_recipes_without_plain_text(tmp_path: Path) -> None:
    (tmp_path / "posts.conll").write_text("Anna\tB-PER\nBerg\tI-PER\n\nOslo\tB-LOC\nis\tO\n")
    (tmp_path / "plain.txt").write_text("Words without labels .\n")
    posts = msgspec.structs.replace(
        load_recipe("default").corpora[0], files="*.conll", repeat=1.7, posts=True, plain=False
    )
    plain = msgspec.structs.replace(posts, files="plain.txt", plain=True)
    found = corpora.labeled([plain, posts], tmp_path)
    assert [[[token.text for token in line] for line in document] for document in found] == [
        [["Anna", "Berg"]],
        [["Oslo", "is"]],
    ] * 2


def test_every_entity_has_a_start() -> None:
    word, name = Token("a", NONE, NONE), Token("A", ENTITY, ENTITY)
    line, other = map(corpora.with_starts, ([name, name, word, name], [name]))
    assert [token.starts_entity for token in (*line, *other)] == [True, False, False, True, True]


def test_texts_hold_every_sentence_and_some_copies(documents: list[Document]) -> None:
    found = list(corpora.texts(documents * 20, random.Random(1)))
    assert {len(run) for run in found} == {1, 2}
    cases = [join_sentences(run).text for run in found]
    kept = [run for run, text in zip(found, cases, strict=True) if not text.islower() and not text.isupper()]
    assert sum(map(len, kept)) == 20 * sum(map(len, documents))
    assert len(kept) / 8 * 0.7 < sum(map(str.islower, cases)) < len(kept) / 8 * 1.4
    assert len(kept) / 12 * 0.7 < sum(map(str.isupper, cases)) < len(kept) / 12 * 1.4


def test_right_tags_are_those_of_the_label() -> None:
    gold = join_sentences([corpora.with_starts(sentence("Anna", "ship", "Oslo"))])
    assert right_tags(gold, gold.spans) == [(BEGIN,), (BEGIN,), (0,), (0, 1, 2), (1,), (0,)]
    gold = join_sentences(
        [[Token("Mary-", ENTITY, ENTITY, False, starts_entity=True), Token("Ellen", ENTITY, ENTITY), Token("Ai", 2, 3)]]
    )
    assert right_tags(gold, [(0, 10), (11, 13), (20, 21)]) == [(BEGIN,), (2, 3, 4), (0, 1, 2, 3, 4)]
    gold = join_sentences([[Token("don't", ENTITY, ENTITY, starts_entity=True)]])
    assert right_tags(gold, [(0, 2), (2, 5)]) == [(BEGIN,), (INSIDE,)]


def test_the_perceptron_learns_names_nouns_and_borders(weights: Weights) -> None:
    (prediction,) = perceptron.stream(weights, ["Rome Berg saw the garden. Ben Oslo saw the horse."])
    assert spans(prediction) == ["Rome Berg", "Ben", "Oslo"]
    assert [word for word, score in said(prediction) if score == 100] == ["garden", "horse"]
    (unseen, empty) = perceptron.stream(weights, ["Zürich Berg saw the 🙂.", ""])
    assert spans(unseen) == ["Zürich Berg"]
    assert said(empty) == []


def test_the_same_seed_gives_the_same_weights(weights: Weights, documents: list[Document]) -> None:
    assert train(documents, epochs=3, seed=4) == weights
    assert train(documents, epochs=3, seed=5) != weights


def test_weights_are_trained_once(weights: Weights, tmp_path: Path) -> None:
    (tmp_path / "weights.json").write_text(json.dumps(weights))
    assert perceptron.load_or_train(tmp_path / "weights.json", [], tmp_path / "nowhere") == weights
    (tmp_path / "posts.conll").write_text("Anna\tB-PER\nsaw\tO\nOslo\tB-LOC\n")
    posts = msgspec.structs.replace(load_recipe("default").corpora[0], files="*.conll", repeat=1, posts=True)
    made = perceptron.load_or_train(tmp_path / "new.json", [posts], tmp_path)
    assert made == json.loads((tmp_path / "new.json").read_text()) != {}


def test_an_open_label_teaches_nothing() -> None:
    assert not train([[[Token("Kim", NONE, ENTITY), Token("naps", NONE, ENTITY)]]], epochs=2)


@pytest.mark.parametrize(
    ("text", "entities"),
    [
        ("The mayor of Oslo met Ann Lee on Tuesday.", ["Oslo", "Ann Lee"]),
        ("Solheim spoke. Then Solheim left.", ["Solheim", "Solheim"]),  # as it is capitalised inside, too
        ("Gardens need rain. I like gardens.", []),
        ("Kattegat Lines grew. Dr. Lee left the Bank of England.", ["Kattegat Lines", "Lee", "Bank of England"]),
        ("Ann met\nBen Lee", ["Ben Lee"]),  # a line begins as a sentence does
        ("ANN LEE LIVES IN OSLO", []),
        ("ann lee lives in oslo", []),
        ("", []),
    ],
)
def test_rules_find_entities_by_capitals(text: str, entities: list[str]) -> None:
    (prediction,) = capitals.stream([text])
    assert spans(prediction) == entities


def test_rules_guess_nouns_and_leave_months_unnamed() -> None:
    (prediction,) = capitals.stream(["In May the old ships of a slowly growing nation left quickly after movement."])
    scores = dict(said(prediction))
    assert [word for word, score in scores.items() if score == 100] == ["ships", "nation", "movement"]
    assert scores["May"] == 200
    (prediction,) = capitals.stream(["May I see it?"])
    assert [score for _, score in said(prediction)] == [0] * 5
