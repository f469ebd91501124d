"""A checkpoint in the seed's layout scores given words as the original did, and cuts nothing."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.export import checkpoints
from tests.export.checkpoints import Seed
from transformers import RobertaTokenizer

from escore import Scorer
from escore.bundle.manifest import read_manifest
from escore_export import export
from escore_export.checkpoint import checkpoint
from escore_export.errors import CheckpointError
from escore_export.export import Options

BUFFERS = ("position_ids", "token_type_ids")
SENTENCES = [
    ["Last", "month", "Mr", "Biden", "told", "Boris", "Johnson", "not", "to", "renege", "on", "treaties", "."],
    [
        "Don",
        "'t",
        "pay",
        "£",
        "7.25bn",
        "to",
        "O'Brien",
        "o'donnell",
        "&",
        "Co.",
        "—",
        "“",
        "naïve",
        "Łódź",
        "東京",
        "🎉",
    ],
    ["Hello"],
    ["rock'n'roll", "don't", "U.S.", "AT&T", "e-mail", "...", "1,000.50", "__init__", "I'LL"],
    ["a", "b"] * 60,
]


def as_the_seed_did(model: Seed, tokenizer: RobertaTokenizer, words: list[str]) -> list[float]:
    """Words tokenized one by one with no leading space, wrapped in <s> and </s>; a word's score is the mean."""
    pieces = [tokenizer.convert_tokens_to_ids(tokenizer.tokenize(word)) for word in words]
    ids = [tokenizer.cls_token_id, *(piece for word in pieces for piece in word), tokenizer.sep_token_id]
    assert len(ids) <= 192
    with torch.no_grad():
        tokens = 100 * model(torch.tensor([ids]))[0, 1:-1, 0]
    return [float(part.mean()) for part in torch.split(tokens, [len(piece) for piece in pieces])]


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Seed]:
    return checkpoints.seed(tmp_path_factory.mktemp("seed") / "checkpoint")


@pytest.mark.parametrize("precision", ["fp32", "int8"])
def test_given_words_score_as_they_did(seed: tuple[Path, Seed], tmp_path: Path, precision: str) -> None:
    folder, model = seed
    tokenizer = RobertaTokenizer(folder / "vocab.json", folder / "merges.txt")
    report = export.export(folder, tmp_path / "bundle", Options(precision, marks_changed=0.03))
    assert (report.kind, report.manifest.max_tokens, report.manifest.whole_words) == ("the seed's layout", 192, True)
    expected = [np.array(as_the_seed_did(model, tokenizer, words)) for words in SENTENCES]
    assert np.concatenate(expected).std() > 30
    found = Scorer(tmp_path / "bundle").score_words(SENTENCES)
    differences = np.abs(np.concatenate(found) - np.concatenate(expected))
    assert differences.max() < 0.05 if precision == "fp32" else differences.mean() < 1.5


def test_what_its_config_calls_it_does_not_matter(seed: tuple[Path, Seed], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(seed[0], tmp_path / "checkpoint"))
    described = json.loads((folder / "config.json").read_text())
    state = seed[1].state_dict()
    buffers = {f"{place}embeddings.{name}": torch.arange(514)[None] for place in ("", "roberta.") for name in BUFFERS}
    torch.save(state | buffers, folder / "pytorch_model.bin")  # as older versions of transformers did
    for name in (["RobertaModel"], ["RobertaForMaskedLM"], None, []):
        (folder / "config.json").write_text(json.dumps(described | {"architectures": name}))
        assert checkpoint.read(folder).kind == "the seed's layout"


def test_long_texts_are_windowed_not_cut(seed: tuple[Path, Seed], tmp_path: Path) -> None:
    export.export(seed[0], tmp_path / "bundle", Options("fp32"))
    scorer = Scorer(tmp_path / "bundle")
    words = SENTENCES[0] * 60
    (scores,) = scorer.score_words([words])
    assert len(scores) == len(words)
    assert scores[-50:].std() > 5
    document = scorer("Last month Mr Biden told Boris Johnson not to renege on treaties. " * 60)
    assert len(document.words) == len(words)


def test_the_bundle_says_that_words_are_whole(seed: tuple[Path, Seed], tmp_path: Path) -> None:
    export.export(seed[0], tmp_path / "bundle", Options("fp32"))
    assert read_manifest(tmp_path / "bundle").whole_words
    words = [word.text for word in Scorer(tmp_path / "bundle")("Don't pay O'Brien.").words]
    assert words == ["Do", "n't", "pay", "O'Brien", "."]


def test_a_state_dict_that_holds_code_is_refused(seed: tuple[Path, Seed], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(seed[0], tmp_path / "checkpoint"))
    torch.save(seed[1], folder / "pytorch_model.bin")  # the whole module: its class would be imported and run
    with pytest.raises(CheckpointError, match=r"pytorch_model\.bin: holds more than tensors.*plain state dict"):
        export.export(folder, tmp_path / "bundle")
    torch.save({"state": seed[1].state_dict()}, folder / "pytorch_model.bin")
    with pytest.raises(CheckpointError, match="'state' is no tensor; save a plain state dict"):
        export.export(folder, tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_a_wrong_last_layer_is_refused(seed: tuple[Path, Seed], tmp_path: Path) -> None:
    folder = Path(shutil.copytree(seed[0], tmp_path / "checkpoint"))
    state = seed[1].state_dict()
    for change, match in [
        ({"weights.weight": torch.zeros(3, 64)}, "3 outputs a token"),
        ({"weights.weight": torch.zeros(64)}, "'weights.weight' is no matrix"),
        ({"weights.weight": torch.tensor(1.0)}, "'weights.weight' is no matrix"),
        (
            {"weights.bias": torch.tensor([1e300], dtype=torch.float64)},
            "'weights.bias' holds values that are no numbers",
        ),
        ({"weights.bias": torch.zeros(1).to_sparse()}, "'weights.bias' is no plain tensor"),
        ({"weights.weight": torch.zeros(1, 32)}, r"'weights.weight' has shape \(1, 32\)"),
        ({"roberta.encoder.layer.7.output.dense.bias": torch.zeros(64)}, "layer.7.*does not describe"),
        ({"roberta.encoder.layer.1.output.dense.bias": torch.zeros(64, dtype=torch.int64)}, "no numbers"),
    ]:
        torch.save(state | change, folder / "pytorch_model.bin")
        with pytest.raises(CheckpointError, match=match):
            export.export(folder, tmp_path / "bundle")
