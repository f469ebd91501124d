"""Any RoBERTa of Hugging Face as the start of a training; random weights and small shapes."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    PreTrainedModel,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForSequenceClassification,
    RobertaForTokenClassification,
    RobertaModel,
)

from escore import Scorer
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.errors import CheckpointError
from escore_export.export import Options, export_checkpoint
from escore_labels.record import Record, Span
from escore_training.fit import FitSettings
from escore_training.personal.settings import PersonalSettings
from escore_training.personal.start import open_start
from escore_training.personal.train import train_personal

TEXT = "Ann sells gauze in Paris and Ben sells saline in London."
SHORT = PersonalSettings(
    steps=4, batch_tokens=128, general_texts=20, fit=FitSettings(5e-4, 2.0, 0.01, "cosine", 0.1, save_steps=4)
)


def save(folder: Path, kind: type[PreTrainedModel], labels: int = 2) -> Path:
    """A checkpoint as Hugging Face's own code writes it, with RoBERTa's tokenizer trained on one sentence."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer, tokenizer.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([TEXT] * 9, trainer)
    torch.manual_seed(1)
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=32, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=64, max_position_embeddings=130, num_labels=labels,
    )  # fmt: skip
    kind(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (RobertaModel, 2),
        (RobertaForMaskedLM, 2),
        (RobertaForSequenceClassification, 1),
        (RobertaForTokenClassification, 9),
    ],
)
def test_an_encoder_gets_a_new_last_layer(kind: type[PreTrainedModel], labels: int, tmp_path: Path) -> None:
    start = open_start(save(tmp_path, kind, labels), 0.1)
    assert not start.has_scores
    assert start.model.classifier.weight.shape == (1, 32)
    other = kind.from_pretrained(tmp_path)
    weights = start.model.roberta.encoder.layer[1].output.dense.weight
    assert torch.equal(weights, getattr(other, "roberta", other).encoder.layer[1].output.dense.weight)
    assert start.sha256 == open_start(tmp_path, 0.1).sha256


def test_one_output_a_token_is_a_score(tmp_path: Path) -> None:
    start = open_start(save(tmp_path, RobertaForTokenClassification, 1), 0.1)
    assert start.has_scores


def test_a_language_model_becomes_a_bundle(tmp_path: Path) -> None:
    folder = save(tmp_path / "start", RobertaForMaskedLM)
    records = [
        Record(text=f"{TEXT} {i}", reviewed=True, spans=(Span(start=10, end=15, label="entity"),)) for i in range(8)
    ]
    report = train_personal(records, folder, tmp_path / "mine", "mine", settings=SHORT)
    assert report.averaging_weight == 1.0
    checkpoint = read_checkpoint(tmp_path / "mine")
    assert checkpoint.vocabulary.whole_words
    assert (tmp_path / "mine/tokenizer.json").read_bytes() == (folder / "tokenizer.json").read_bytes()
    export_checkpoint(tmp_path / "mine", tmp_path / "bundle", Options(precision="fp32"))
    document = Scorer(tmp_path / "bundle")(TEXT)
    assert [word.text for word in document.words[:3]] == ["Ann", "sells", "gauze"]


def test_a_missing_weight_of_the_encoder_is_said(tmp_path: Path) -> None:
    folder = save(tmp_path, RobertaModel)
    config = (folder / "config.json").read_text().replace('"num_hidden_layers": 2', '"num_hidden_layers": 3')
    (folder / "config.json").write_text(config)
    with pytest.raises(CheckpointError, match=r"the weights lack 'roberta\.encoder\.layer\.2"):
        open_start(folder, 0.1)
