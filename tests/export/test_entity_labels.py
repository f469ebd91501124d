"""A NER classifier becomes a scorer: its labels say what is an entity, where that begins and of which kind it is."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from tests.conftest import Run
from tests.export.dressings import (
    TEXT,
    compare,
    edit,
    tiny,
    transformers_scores,
)
from torch import Tensor
from transformers import AutoTokenizer, RobertaForTokenClassification, RobertaTokenizer

from escore import Bundle, Scorer
from escore.bundle.manifest import read_manifest
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.checkpoint.entity_labels import read_entity_labels
from escore_export.checkpoint.from_bundle import roberta_of_bundle
from escore_export.checkpoint.model import Meaning
from escore_export.checkpoint.outputs import EntityLabels
from escore_export.errors import CheckpointError
from escore_export.export import Options, export_checkpoint
from escore_export.report import Report

LABELS = ("B-LOC", "O", "B-PER", "I-PER", "I-LOC", "B-MISC", "I-MISC")


class Ner(NamedTuple):
    """A classifier of entity labels, its fp32 bundle, and what the export reported."""

    checkpoint: Path
    bundle: Path
    report: Report


@pytest.fixture(scope="module")
def ner(tmp_path_factory: pytest.TempPathFactory) -> Ner:
    """Saved by a slow tokenizer with a token added by hand, its encoder in an embedding padded to a multiple of 64."""
    folder = tiny(tmp_path_factory.mktemp("ner") / "checkpoint", LABELS)
    slow = RobertaTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"))
    slow.add_tokens(["USERNAME"])
    (folder / "tokenizer.json").unlink()
    slow.save_pretrained(folder)
    model = RobertaForTokenClassification.from_pretrained(folder)
    model.resize_token_embeddings(len(slow), pad_to_multiple_of=64)
    model.save_pretrained(folder)
    bundle = folder.parent / "bundle"
    report = export_checkpoint(folder, bundle, Options("fp32", meaning=Meaning(entity_labels=True)))
    return Ner(folder, bundle, report)


def same_type(types: NDArray[np.float64]) -> NDArray[np.float64]:
    """How sure it is that tokens ([types, tokens]) are of the type of the one before; 1 for the first."""
    before = np.roll(types, 1, 1)
    same = (types * before).max(0) / (types.max(0) * before.max(0))
    same[0] = 1
    return np.asarray(same**2)


def entity(logits: Tensor) -> Tensor:
    return 300 * (1 - torch.softmax(logits, -1)[:, LABELS.index("O")])


def test_an_ner_classifier_scores_as_transformers_does(ner: Ner) -> None:
    tokenizer = AutoTokenizer.from_pretrained(ner.checkpoint, add_prefix_space=True)
    model = RobertaForTokenClassification.from_pretrained(ner.checkpoint).eval()
    document = Scorer(ner.bundle)(TEXT)
    theirs = transformers_scores([word.text for word in document.words], tokenizer, model, entity)
    assert theirs.std() > 20
    difference = compare(document.scores, theirs)
    assert difference.words > 50
    assert difference.most < 0.01
    (scores,) = Scorer(ner.bundle).score_words([["USERNAME", "met", "Anna"]])
    assert scores == pytest.approx(transformers_scores(["USERNAME", "met", "Anna"], tokenizer, model, entity), abs=0.01)


def test_joins_and_kinds_are_those_of_the_labels(ner: Ner) -> None:
    document = Scorer(ner.bundle)(TEXT)
    tokenizer = AutoTokenizer.from_pretrained(ner.checkpoint, add_prefix_space=True)
    encoding = tokenizer([word.text for word in document.words], is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        logits = RobertaForTokenClassification.from_pretrained(ner.checkpoint).eval()(**encoding).logits[0]
    p = dict(zip(LABELS, torch.softmax(logits, -1).double().numpy().T, strict=True))
    inside, outside = p["I-PER"] + p["I-LOC"] + p["I-MISC"], p["O"]
    types = np.array([p[f"B-{name}"] + p[f"I-{name}"] for name in ("PER", "LOC", "MISC")])
    joins = inside / np.maximum(1 - outside, outside) * same_type(types)
    places = encoding.word_ids()
    firsts = [places.index(word) for word in range(len(document.words))]
    assert document.joins is not None
    assert document.joins == pytest.approx(joins[firsts], abs=1e-4)
    assert document.joins.std() > 0.1
    person = (p["B-PER"] + p["I-PER"]) / (1 - outside)
    expected = [np.mean([v for v, w in zip(person, places, strict=True) if w == n]) for n in range(len(document.words))]
    assert document.kinds is not None
    assert document.kinds[:, 0] == pytest.approx(np.array(expected), abs=1e-4)
    assert document.kinds[:, 1].max() == 0  # no label is an organization's
    assert document.kinds.sum(1) == pytest.approx(np.ones(len(expected)))


def test_report_and_card_say_what_a_score_is(ner: Ner) -> None:
    assert set(read_manifest(ner.bundle).heads) == {"joins", "kinds"}
    remarks = ner.report.as_json()["remarks"]
    assert "a score is 300 * (1 - P(O)): it says nothing of nouns that are in no entity" in remarks
    assert "the embedding is cut from 960 to 901 tokens, those of the tokenizer" in remarks
    assert "each has the ids of transformers' own" in ner.report.as_table()
    assert "A score is 300 * (1 - P(O))" in (ner.bundle / "README.md").read_text("utf-8")
    with pytest.raises(CheckpointError):
        roberta_of_bundle(Bundle.open(ner.bundle))


@pytest.mark.parametrize(
    ("labels", "outside", "inside", "kinds"),
    [
        (LABELS, (1,), (3, 4, 6), ((2, 3), (), (0, 4), (5, 6))),
        (("O", "S-ORG", "B-ORG", "I-ORG", "E-ORG"), (0,), (3, 4), ((), (1, 2, 3, 4), (), ())),
        (("U-GPE", "L-GPE", "O", "M-FAC"), (2,), (1, 3), ((), (), (0, 1, 3), ())),
        (("o", "per-b", "per-i", "date-i"), (0,), (2, 3), ((1, 2), (), (), (3,))),
        (("PER", "ORG", "O", "creative-work"), (2,), (0, 1, 3), ((0,), (1,), (), (3,))),
        (("B_Disease", "I_Disease", "Outside"), (2,), (1,), ((), (), (), (0, 1))),
        (("[PAD]", "O", "B-PER", "[CLS]"), (0, 1, 3), (), ((2,), (), (), ())),
        (("O", "B", "I"), (0,), (2,), ()),
        (("O", "ENTITY"), (0,), (1,), ()),
    ],
)
def test_sets_of_labels(
    labels: Sequence[str], outside: tuple[int, ...], inside: tuple[int, ...], kinds: tuple[tuple[int, ...], ...]
) -> None:
    read_labels = read_entity_labels(labels)
    assert (read_labels.outside, read_labels.inside, read_labels.kinds) == (outside, inside, kinds)
    assert sorted((*outside, *read_labels.entity)) == list(range(len(labels)))


@pytest.mark.parametrize(
    ("labels", "match"),
    [
        (("LABEL_0", "LABEL_1"), "names its outputs LABEL_0, LABEL_1, which says nothing"),
        (("0", "1", "2"), "which says nothing"),
        (("NOUN", "VERB"), "has no label O for words outside entities, but NOUN, VERB"),
        (("O", "[PAD]"), "no label of entities"),
        (("O", "B-PER", "X"), "a label X"),
        (("O", "B-PER", "I-PER", "MISC"), "labels with B- or I- and others without, such as MISC"),
    ],
)
def test_labels_that_say_too_little(labels: Sequence[str], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        read_entity_labels(labels)


def test_another_type_begins_another_entity_in_int8(tmp_path: Path) -> None:
    """Labels without B- and I-: neighbors of one type are one entity, and of two types two."""
    labels = ("PER", "O", "LOC")
    folder = tiny(tmp_path / "checkpoint", labels)
    meaning = Meaning(entity_labels=True)
    report = export_checkpoint(folder, tmp_path / "bundle", Options(meaning=meaning, marks_changed=0.03))
    assert report.manifest.precision == "int8"
    document = Scorer(tmp_path / "bundle")(TEXT)
    words = [word.text for word in document.words]
    tokenizer = AutoTokenizer.from_pretrained(folder, add_prefix_space=True)
    model = RobertaForTokenClassification.from_pretrained(folder).eval()
    theirs = transformers_scores(words, tokenizer, model, entity)
    assert theirs.std() > 20
    assert compare(document.scores, theirs).mean < 1.5

    encoding = tokenizer(words, is_split_into_words=True, return_tensors="pt")
    with torch.no_grad():
        p = torch.softmax(model(**encoding).logits[0], -1).double().numpy().T
    places = encoding.word_ids()
    firsts = [places.index(word) for word in range(len(words))]
    same = same_type(p[[0, 2]])
    assert document.joins is not None
    expected = (np.minimum(1, (p[0] + p[2]) / np.maximum(p[0] + p[2], p[1])) * same)[firsts]
    assert np.abs(document.joins - expected).mean() < 0.01
    entities = document.entities(150)
    apart = {document.words[word].start for word in range(1, len(words)) if same[firsts[word]] < 0.05}
    assert apart
    assert not any(start in range(entity.start + 1, entity.end) for start in apart for entity in entities)
    assert any(" " in entity.text for entity in entities)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [((0.9, 0.1), (0.9, 0.1), 1, 1), ((0.9, 0.1), (0.6, 0.4), 1, 1), ((0.8, 0.2), (0.2, 0.8), 0.05, 0.1)],
)
def test_how_sure_a_change_of_types_is(
    one: tuple[float, float], other: tuple[float, float], low: float, high: float
) -> None:
    outputs = read_entity_labels(("PER", "LOC", "O"))
    logits = torch.log(torch.tensor([[*one, 0.001], [*other, 0.001]]))
    assert low - 1e-5 <= float(outputs(logits)["joins"][1]) <= high


def test_labels_that_may_be_true_at_once_are_refused(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "checkpoint", ("O", "B-PER", "I-PER"))
    edit(folder / "config.json", problem_type="multi_label_classification")
    with pytest.raises(CheckpointError, match=r"labels that do not exclude each other .*; take problem_type out if"):
        read_checkpoint(folder, Meaning(entity_labels=True))


def test_the_formula_at_its_limits() -> None:
    outputs = read_entity_labels(("O", "B-PER", "I-PER", "B-ORG"))
    logits = torch.tensor([[90.0, 0, 0, 0], [0, 90, 0, 0], [0, 0, 90, 0], [-1e4, -1e4, -1e4, -1e4], [9, 0, 9, 0]])
    values = outputs(logits)
    assert values["scores"].tolist() == pytest.approx([0, 300, 300, 225, 150], abs=0.1)
    assert values["joins"].tolist() == pytest.approx([0, 0, 1, 1 / 3, 1], abs=0.01)
    assert values["kinds"].isfinite().all()
    assert values["kinds"].sum(-1).tolist() == pytest.approx([1] * 5)
    assert isinstance(outputs, EntityLabels)


def test_classifiers_that_need_a_word_from_the_user(tmp_path: Path) -> None:
    folder = tiny(tmp_path / "checkpoint", ("O", "B-PER", "I-PER"))
    with pytest.raises(CheckpointError, match=r"a classifier of 3 labels \(O, B-PER, I-PER\); give .*--entity-labels"):
        read_checkpoint(folder)
    meaning = Meaning(entity_labels=True)
    with pytest.raises(CheckpointError, match="a model that gives scores, not labels; leave out --entity-labels"):
        read_checkpoint(tiny(tmp_path / "scores"), meaning)
    edit(folder / "config.json", id2label={"0": "O", "1": "B-PER"})
    with pytest.raises(CheckpointError, match=r"id2label names 2 outputs \(O, B-PER\), the weights have 3"):
        read_checkpoint(folder, meaning)
    edit(folder / "config.json", id2label=None, label2id={"B-PER": 2, "O": 0, "I-PER": 1})
    assert read_checkpoint(folder, meaning).model.config.id2label == {0: "O", 1: "I-PER", 2: "B-PER"}
    edit(folder / "config.json", id2label=None, label2id=None)
    with pytest.raises(CheckpointError, match=r"names its outputs LABEL_0, .*name them so in id2label of config.json"):
        read_checkpoint(folder, meaning)


@pytest.mark.long
def test_labeled_text_calibrates_the_bundle(ner: Ner, escore_here: Run, tmp_path: Path) -> None:
    sentences = [f"Anna\tB-PER\nsaw\tO\n{n}\tO\nships\tO\n.\tO\n" for n in range(600)]
    (tmp_path / "labels.conll").write_text("\n".join(sentences))
    arguments = ("export", ner.checkpoint, "-o", "bundle", "--precision", "fp32", "--entity-labels", "--calibrate-on")
    done = escore_here(*arguments, "nowhere.conll")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"reading" not in done.stderr  # said before anything is exported
    done = escore_here(*arguments, "labels.conll")
    assert done.returncode == 0, done.stderr
    manifest = read_manifest(tmp_path / "bundle")
    assert manifest.calibration is not None
    assert "labels.conll" in str(manifest.quality)
    assert 0 <= Scorer(tmp_path / "bundle")("Anna saw the ship.").words[0].probability <= 1
