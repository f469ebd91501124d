"""What a model's outputs mean: numbers that it was trained on, labels of entities, a head with a hidden layer."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from tests.conftest import Run
from tests.export import checkpoints
from tests.export.dressings import (
    SHAPE,
    TEXT,
    compare,
    edit,
    edit_tokenizer,
    put,
    put_pickle,
    read,
    rename_tokens,
    tiny,
    transformers_scores,
    weights,
)
from torch import Tensor
from transformers import AutoTokenizer, RobertaForTokenClassification, RobertaTokenizer
from transformers.models.roberta.modeling_roberta import RobertaClassificationHead

from escore import Bundle, Scorer
from escore.bundle.manifest import read_manifest
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.checkpoint.entity_labels import read_entity_labels
from escore_export.checkpoint.from_bundle import roberta_of_bundle
from escore_export.checkpoint.model import Meaning
from escore_export.checkpoint.outputs import EntityLabels, RawNumbers
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
    joins = inside / np.maximum(1 - outside, outside)
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
    with pytest.raises(CheckpointError, match="id2label names 2 outputs, the weights have 3; they must agree"):
        read_checkpoint(folder, meaning)
    edit(folder / "config.json", id2label=None, label2id={"B-PER": 2, "O": 0, "I-PER": 1})
    assert read_checkpoint(folder, meaning).model.config.id2label == {0: "O", 1: "I-PER", 2: "B-PER"}
    edit(folder / "config.json", id2label=None, label2id=None)
    with pytest.raises(CheckpointError, match=r"names its outputs LABEL_0, .*name them so in id2label of config.json"):
        read_checkpoint(folder, meaning)


def regression(folder: Path, low: float, high: float) -> Path:
    """The model with outputs spread from about `low` to `high`."""
    state, scale = weights(folder), (high - low) / 9
    state["classifier.weight"] *= scale
    state["classifier.bias"] = state["classifier.bias"] * scale + (low + high) / 2
    put(folder, state)
    edit(folder / "config.json", problem_type="regression")
    return folder


@pytest.mark.parametrize("high", [300, 100, 10, 3, 1])
def test_a_regression_is_known_by_its_outputs(dressed: Path, high: int) -> None:
    regression(dressed, 0, high)
    with pytest.raises(CheckpointError, match=rf"a regression's numbers, .*add --output raw --range 0 {high}, "):
        read(dressed)
    checkpoint, scores = read(dressed, Meaning(number_range=(0, high)))
    assert checkpoint.outputs == RawNumbers(0, high)
    assert 30 < scores.std() < 100
    with pytest.raises(CheckpointError, match=f"not from 0 to {50 * high}; give the --range"):
        read(dressed, Meaning(number_range=(0, 50 * high)))


def test_raw_numbers_and_all_that_people_wrap_around_a_model(dressed: Path, escore_here: Run) -> None:
    """Exported at once: Lightning, DDP, compile, a tokenizer without its regex, dropout, ends by other names."""
    regression(dressed, 0, 300)
    clean = Path(shutil.copytree(dressed, dressed.parent / "clean"))
    put_pickle(dressed, {"state_dict": {f"module._orig_mod.{k}": v for k, v in weights(dressed).items()}}, "last.ckpt")
    for folder in (dressed, clean):
        edit_tokenizer(folder, lambda content: content["pre_tokenizer"].update(use_regex=False))
        rename_tokens(folder, {"<s>": "[CLS]", "</s>": "[SEP]"})
    edit_tokenizer(dressed, lambda content: content["model"].update(dropout=0.3))
    arguments = ("export", dressed, "-o", "bundle", "--precision", "fp32")
    refused = escore_here(*arguments)
    assert (refused.returncode, refused.stdout) == (1, b"")
    assert b"add --output raw --range 0 300" in refused.stderr.splitlines()[-1]
    done = escore_here(*arguments, "--output", "raw", "--range", "0", "300", "--json")
    assert done.returncode == 0, done.stderr
    remarks = json.loads(done.stdout)["remarks"]
    assert len(remarks) == 6
    assert all(f"escore: {remark}\n".encode() in done.stderr for remark in remarks)

    document = Scorer(dressed.parent / "bundle")(TEXT)
    tokenizer = AutoTokenizer.from_pretrained(clean, add_prefix_space=True)
    model = RobertaForTokenClassification.from_pretrained(clean).eval()
    words = [word.text for word in document.words]
    theirs = transformers_scores(words, tokenizer, model, lambda logits: logits[:, 0].clamp(0, 300))
    difference = compare(document.scores, theirs)
    assert difference.words > 50
    assert difference.most < 0.05
    assert theirs.std() > 30


@pytest.mark.parametrize(
    "arguments",
    [
        ["--output", "raw"],
        ["--range", "300", "0"],
        ["--range", "0", "nan"],
        ["--output", "sigmoid", "--range", "0", "3"],
        ["--entity-labels", "--range", "0", "3"],
        ["--entity-labels", "--output", "sigmoid"],
        ["--output", "another"],
    ],
)
def test_wrong_usage(escore_here: Run, tiny: Path, tmp_path: Path, arguments: list[str]) -> None:
    done = escore_here("export", tiny, "-o", "bundle", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert not (tmp_path / "bundle").exists()


def test_a_head_with_a_hidden_layer(dressed: Path) -> None:
    """transformers' own class, given one token at a time, as it takes a text's first alone."""
    model = RobertaForTokenClassification.from_pretrained(dressed).eval()
    torch.manual_seed(4)
    head = RobertaClassificationHead(model.config).eval()
    with torch.no_grad():
        head.dense.weight *= 20
        ids = torch.randint(5, 899, (4, 60))
        checkpoints.spread(head.out_proj, torch.tanh(head.dense(model.roberta(ids)[0])))
    state = {name: value for name, value in weights(dressed).items() if "classifier" not in name}
    put(dressed, state | {f"classifier.{name}": value for name, value in head.state_dict().items()})
    export_checkpoint(dressed, dressed.parent / "bundle", Options("fp16", marks_changed=0.05))
    document = Scorer(dressed.parent / "bundle", device="cpu")(TEXT)
    model.classifier = torch.nn.Module()

    def tokens(features: Tensor) -> Tensor:
        logits: Tensor = head(features.reshape(-1, 1, features.shape[-1]))
        return logits.reshape(*features.shape[:2], 1)

    model.classifier.forward = tokens
    tokenizer = AutoTokenizer.from_pretrained(dressed, add_prefix_space=True)
    theirs = transformers_scores([word.text for word in document.words], tokenizer, model)
    assert theirs.std() > 20
    assert compare(document.scores, theirs).mean < 0.3
    edit(dressed / "config.json", architectures=None)
    with pytest.raises(CheckpointError, match="as in a RobertaForSequenceClassification, which judges whole texts"):
        read_checkpoint(dressed)


def test_sizes_of_the_model_are_its_own(tmp_path: Path) -> None:
    """Odd numbers of positions, another id of padding: a window has the positions that there are."""
    folder = tiny(tmp_path / "checkpoint")
    settings = checkpoints.config(SHAPE | {"max_position_embeddings": 77}, 900)
    settings.pad_token_id = 7
    torch.manual_seed(1)
    model = RobertaForTokenClassification(settings).eval()
    with torch.no_grad():
        checkpoints.spread(model.classifier, model.roberta(torch.randint(8, 899, (4, 60)))[0])
    model.save_pretrained(folder)
    checkpoint, scores = read(folder)
    assert checkpoint.max_tokens == 77 - 7 - 1
    assert scores.std() > 30


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
