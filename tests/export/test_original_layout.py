"""A checkpoint in the original demo's layout scores given words as the demo did, and cuts nothing."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from tests.export import checkpoints
from tests.export.checkpoints import OriginalModel
from torch import Tensor
from transformers import RobertaTokenizer

from escore import Scorer
from escore_evaluation.diagnostics import diagnose
from escore_evaluation.diagnostics_report import to_table
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.errors import CheckpointError
from escore_export.export import Options, Report, export_checkpoint

BUFFERS = ("position_ids", "token_type_ids")
SENTENCES = [
    ["Last", "month", "Mr", "Biden", "told", "Boris", "Johnson", "not", "to", "renege", "on", "treaties", "."],
    ["Don", "'t", "pay", "£", "7.25bn", "to", "O'Brien", "o'donnell", "&", "Co."],
    ["—", "“", "naïve", "Łódź", "東京", "🎉"],
    ["Hello"],
    ["rock'n'roll", "don't", "U.S.", "AT&T", "e-mail", "...", "1,000.50", "__init__", "I'LL"],
    ["a", "b"] * 60,
]


class Original(NamedTuple):
    """A checkpoint, its model, its fp32 bundle, and what the export reported."""

    folder: Path
    model: OriginalModel
    bundle: Path
    report: Report


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    folder, model = checkpoints.original(tmp_path_factory.mktemp("original") / "checkpoint")
    bundle = folder.parent / "bundle"
    return Original(folder, model, bundle, export_checkpoint(folder, bundle, Options("fp32")))


@pytest.fixture
def copy(original: Original, tmp_path: Path) -> Path:
    """The checkpoint, to be damaged."""
    return Path(shutil.copytree(original.folder, tmp_path / "checkpoint"))


def demo_scores(model: OriginalModel, tokenizer: RobertaTokenizer, words: list[str]) -> list[float]:
    """Words tokenized one by one with no leading space, wrapped in <s> and </s>; a word's score is the mean."""
    pieces = [tokenizer.convert_tokens_to_ids(tokenizer.tokenize(word)) for word in words]
    ids = [tokenizer.cls_token_id, *(piece for word in pieces for piece in word), tokenizer.sep_token_id]
    assert len(ids) <= 192
    with torch.no_grad():
        tokens = 100 * model(torch.tensor([ids]))[0, 1:-1, 0]
    return [float(part.mean()) for part in torch.split(tokens, [len(piece) for piece in pieces])]


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_given_words_score_as_they_did(original: Original, tmp_path: Path, precision: str) -> None:
    tokenizer = RobertaTokenizer(original.folder / "vocab.json", original.folder / "merges.txt")
    bundle = original.bundle
    if precision == "int8":
        bundle = tmp_path / "bundle"
        export_checkpoint(original.folder, bundle, Options(marks_changed=0.03))
    expected = np.concatenate([demo_scores(original.model, tokenizer, words) for words in SENTENCES])
    assert expected.std() > 30
    differences = np.abs(np.concatenate(Scorer(bundle).score_words(SENTENCES)) - expected)
    assert differences.max() < 0.05 if precision == "fp32" else differences.mean() < 1.5


def test_the_bundle_says_that_words_are_whole_and_texts_cut(original: Original) -> None:
    manifest = original.report.manifest
    assert (original.report.kind, manifest.max_tokens) == ("the original demo's layout", 192)
    assert manifest.whole_words
    assert json.loads((original.bundle / "escore.json").read_text())["by_sentence"]
    assert "sentence by sentence" in to_table(diagnose(original.bundle, None, "cpu"))
    words = [word.text for word in Scorer(original.bundle)("Don't pay O'Brien.").words]
    assert words == ["Do", "n't", "pay", "O'Brien", "."]


def test_what_its_config_calls_it_does_not_matter(original: Original, copy: Path) -> None:
    config = json.loads((copy / "config.json").read_text())
    buffers = {f"{place}embeddings.{name}": torch.arange(514)[None] for place in ("", "roberta.") for name in BUFFERS}
    torch.save(original.model.state_dict() | buffers, copy / "pytorch_model.bin")  # as older transformers did
    for architectures in (["RobertaModel"], ["RobertaForMaskedLM"], None, []):
        (copy / "config.json").write_text(json.dumps(config | {"architectures": architectures}))
        assert read_checkpoint(copy).kind == "the original demo's layout"


def test_long_texts_are_windowed_not_cut(original: Original) -> None:
    scorer = Scorer(original.bundle)
    words = SENTENCES[0] * 60
    (scores,) = scorer.score_words([words])
    assert len(scores) == len(words)
    assert scores[-50:].std() > 5
    document = scorer("Last month Mr Biden told Boris Johnson not to renege on treaties. " * 60)
    assert len(document.words) == len(words)


def test_a_state_dict_that_holds_code_is_refused(original: Original, copy: Path, tmp_path: Path) -> None:
    torch.save(original.model, copy / "pytorch_model.bin")  # the whole module: its class would be imported and run
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin: .* more than plain tensors.*plain state dict"):
        export_checkpoint(copy, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()
    wrapped = {f"module.{name}": value for name, value in original.model.state_dict().items()}
    torch.save({"state": wrapped}, copy / "pytorch_model.bin")
    assert read_checkpoint(copy).remarks[:2] == (
        "of pytorch_model.bin, the tensors under 'state' are taken",
        "'module.' is taken off the names of weights",
    )


def test_the_card_says_how_texts_were_cut(original: Original) -> None:
    card = " ".join((original.bundle / "README.md").read_text("utf-8").split())
    assert "Texts are cut sentence by sentence: the demo that this model was made for scored one sentence at a" in card
    assert "the demo cut texts into sentences and scored one at a time" in str(original.report.as_json()["remarks"])


@pytest.mark.parametrize(
    ("name", "value", "match"),
    [
        ("weights.weight", torch.zeros(3, 64), "'weights.weight' in another shape than .* one output a token"),
        ("weights.weight", torch.zeros(64), "'weights.weight' in another shape"),
        ("weights.weight", torch.tensor(1.0), "'weights.weight' in another shape"),
        ("weights.weight", torch.zeros(1, 32), "'weights.weight' in another shape"),
        ("weights.bias", torch.tensor([1e300], dtype=torch.float64), "hold no numbers for 'weights.bias'"),
        ("weights.bias", torch.zeros(1).to_sparse(), "more than plain tensors"),
        ("roberta.encoder.layer.7.output.dense.bias", torch.zeros(64), "layer.7.*does not describe"),
        ("roberta.encoder.layer.1.output.dense.bias", torch.zeros(64, dtype=torch.int64), "floating point"),
    ],
)
def test_wrong_weights_are_refused(original: Original, copy: Path, name: str, value: Tensor, match: str) -> None:
    torch.save(original.model.state_dict() | {name: value}, copy / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match=match):
        read_checkpoint(copy)
