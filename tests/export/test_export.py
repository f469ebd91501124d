"""A checkpoint becomes a bundle that gives the same scores."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from tests.export import checkpoints
from tests.export.checkpoints import TEXTS, TINY
from tests.export.conftest import Exported
from transformers import RobertaForTokenClassification, RobertaTokenizerFast

from escore import Bundle, Scorer, SettingError
from escore.bundle.manifest import Source, read_manifest
from escore.difference import FP32_MAX, GATES
from escore.pipeline.pipeline import Pipeline
from escore.pipeline.windows import Window
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.errors import ParityError
from escore_export.export import OVERLAP, Options, export_checkpoint
from escore_export.graph.fuse import OPSET, fuse_graph
from escore_export.graph.scoring_model import make_scoring_model


def torch_scores(folder: Path) -> NDArray[np.float32]:
    """The checkpoint's scores of TEXTS, by the library's own forward pass, window by window."""
    checkpoint = read_checkpoint(folder)

    def run(window: Window) -> NDArray[np.float32]:
        with torch.no_grad():
            logits = checkpoint.model(torch.tensor([[0, *window.ids.tolist(), 2]])).logits[0, 1:-1, 0]
        scores: NDArray[np.float32] = (300 * torch.sigmoid(logits)).numpy()[window.keep]
        return scores

    pipeline = Pipeline(checkpoint.vocabulary.tokenizer, checkpoint.max_tokens, OVERLAP, run)
    return np.concatenate([pipeline.scores(text) for text in TEXTS])


def bundle_scores(folder: Path) -> NDArray[np.float32]:
    return np.concatenate([document.scores for document in Scorer(folder, device="cpu").stream(TEXTS)])


def matrix_dtypes(folder: Path) -> set[int]:
    graph = onnx.load(folder / "model.onnx").graph
    return {tensor.data_type for tensor in graph.initializer if len(tensor.dims) == 2}


def test_the_int8_bundle_scores_as_torch_does(int8: Exported) -> None:
    scores, expected = bundle_scores(int8.bundle), torch_scores(int8.checkpoint)
    assert expected.std() > 30  # else agreement would be chance
    parity = read_manifest(int8.bundle).parity
    assert parity.words > 1500
    assert np.abs(scores - expected).mean() < 2 * parity.mean
    assert parity.mean <= GATES["int8"].mean
    assert parity.fp32_max <= FP32_MAX


def test_the_fp32_bundle_is_exact(fp32: Exported) -> None:
    assert np.abs(bundle_scores(fp32.bundle) - torch_scores(fp32.checkpoint)).max() < 0.05
    assert fp32.report.manifest.precision == "fp32"
    assert matrix_dtypes(fp32.bundle) == {onnx.TensorProto.FLOAT}


def test_the_fp16_bundle_is_nearly_exact(hugging_face: Path, tmp_path: Path) -> None:
    report = export_checkpoint(hugging_face, tmp_path / "bundle", Options("fp16"))
    assert np.abs(bundle_scores(tmp_path / "bundle") - torch_scores(hugging_face)).max() < 3
    assert report.manifest.precision == "fp16"
    # The last product stays in fp32.
    assert matrix_dtypes(tmp_path / "bundle") == {onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT}


def test_a_bundle_scores_as_transformers_alone(fp32: Exported, tmp_path: Path) -> None:
    """Its tokenizer on words, its model; a word's score is the mean of its tokens'."""
    checkpoints.small_vocabulary(tmp_path)
    tokenizer = RobertaTokenizerFast(tmp_path / "vocab.json", tmp_path / "merges.txt", add_prefix_space=True)
    model = RobertaForTokenClassification.from_pretrained(fp32.checkpoint)
    words = ["Anna", "did", "n't", "see", "O'Brien", "’s", "£", "7.25bn", "naïve-looking", "🎉", "</s>", "."]
    encoding = tokenizer(words, is_split_into_words=True, return_tensors="pt", split_special_tokens=True)
    with torch.no_grad():
        tokens = 300 * torch.sigmoid(model(**encoding).logits[0, :, 0])
    word_ids = encoding.word_ids()
    expected = [tokens[[i for i, word in enumerate(word_ids) if word == n]].mean() for n in range(len(words))]
    (scores,) = Scorer(fp32.bundle).score_words([words])
    assert np.abs(scores - np.array(expected)).max() < 0.05


@pytest.mark.parametrize(("fast", "safe"), [(False, False), (True, False), (True, True)])
def test_every_form_of_a_hugging_face_checkpoint_is_read_alike(
    hugging_face: Path, tmp_path: Path, fast: bool, safe: bool
) -> None:
    one = read_checkpoint(hugging_face)
    other = read_checkpoint(checkpoints.hugging_face(tmp_path / "checkpoint", fast=fast, safe=safe))
    ids, other_ids = ([read.vocabulary.tokenizer.encode(text)[0].tolist() for text in TEXTS] for read in (one, other))
    assert ids == other_ids
    assert one.kind == other.kind == "Hugging Face"
    state = other.model.state_dict()
    assert all(torch.equal(value, state[name]) for name, value in one.model.state_dict().items())


def test_text_is_scored_as_its_words_are(fp32: Exported) -> None:
    scorer = Scorer(fp32.bundle)
    assert scorer.bundle.manifest.whole_words
    for text in (text[:150] for text in TEXTS):  # of one window: a longer text's are cut where it pauses
        document = scorer(text)
        (scores,) = scorer.score_words([[word.text for word in document.words]])
        assert document.scores == pytest.approx(scores, abs=0.01)
        assert all(text[word.start : word.end] == word.text for word in document.words)
    (scores,) = scorer.score_words([["don't", " ", "", "don't"]])
    assert scores.tolist()[1:3] == [0, 0]  # nothing to see, no score
    assert len(scores) == 4


def test_the_bundle_is_complete(int8: Exported) -> None:
    assert {path.name for path in int8.bundle.iterdir()} == {"model.onnx", "tokenizer.json", "escore.json", "README.md"}
    manifest = Bundle.open(int8.bundle).manifest
    assert manifest == int8.report.manifest
    assert (manifest.name, manifest.version, manifest.license) == ("tiny", "2", "CC0-1.0")
    assert manifest.trained_on == (Source("none", "CC0-1.0"),)
    assert (manifest.opset, manifest.ir_version, manifest.whole_words) == (OPSET, 8, False)
    assert len(manifest.probe.scores) == len(Scorer(int8.bundle)(manifest.probe.text).words)
    assert f"mean {manifest.parity.mean:g} of 300" in (int8.bundle / "README.md").read_text("utf-8")


def test_what_nobody_noted_is_not_stated(fp32: Exported) -> None:
    manifest = fp32.report.manifest
    assert (manifest.name, manifest.license, manifest.max_tokens) == ("fine-tuned", "not stated", 128)
    card = (fp32.bundle / "README.md").read_text("utf-8")
    assert "## Made from\n\nNot stated.\n" in card
    assert "Training took" not in card


def test_options_go_into_the_bundle(hugging_face: Path, tmp_path: Path) -> None:
    options = Options("fp32", name="news", license="MIT", max_tokens=40)
    manifest = export_checkpoint(hugging_face, tmp_path / "bundle", options).manifest
    assert (manifest.name, manifest.license, manifest.max_tokens) == ("news", "MIT", 40)
    for wrong, match in [
        (replace(options, name=" "), "name"),
        (replace(options, license="a\nb"), "license"),
        (replace(options, max_tokens=129), "129 tokens do not fit the model; give 16 to 128"),
        (replace(options, max_tokens=0), "give 16 to 128"),
        (replace(options, precision="int4"), "int4"),
    ]:
        with pytest.raises(SettingError, match=match):
            export_checkpoint(hugging_face, tmp_path / "other", wrong)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_every_layer_is_fused(int8: Exported) -> None:
    operators = [node.op_type for node in onnx.load(int8.bundle / "model.onnx").graph.node]
    assert [operators.count(name) for name in ("QAttention", "DynamicQuantizeMatMul", "BiasGelu")] == [2, 6, 2]
    assert operators.count("LayerNormalization") == 5  # two a layer, one of the embeddings
    model = read_checkpoint(int8.checkpoint).model
    model.config.hidden_act = "relu"
    with pytest.raises(ParityError, match=r"did not fuse: 0 of 2 BiasGelu"):
        fuse_graph(make_scoring_model(model))


def test_layers_that_are_alike(tmp_path: Path) -> None:
    """The exporter keeps one of two equal tensors; each layer's must still be its own."""
    shape = TINY | {"hidden_size": 32, "intermediate_size": 1024}
    model = checkpoints.model(shape, checkpoints.small_vocabulary(tmp_path / "checkpoint"))
    first, second = model.roberta.encoder.layer
    with torch.no_grad():
        first.intermediate.dense.weight[7] *= 30  # one neuron to be copied
        first.intermediate.dense.bias.uniform_(-1, 1)
        first.attention.self.value.bias.uniform_(-1, 1)
    second.load_state_dict(first.state_dict())
    model.save_pretrained(tmp_path / "checkpoint")
    report = export_checkpoint(tmp_path / "checkpoint", tmp_path / "bundle", Options(marks_changed=0.02))
    assert report.manifest.parity.mean < 1.5


def test_hidden_states_are_an_output(int8: Exported) -> None:
    ids = np.array([[0, 300, 301, 302, 2]])
    with torch.no_grad():
        expected = read_checkpoint(int8.checkpoint).model.roberta(torch.from_numpy(ids))[0].numpy()
    session = Bundle.open(int8.bundle).session
    (hidden,) = session.run(["hidden"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    assert hidden.shape == (1, 5, 64)
    assert np.abs(hidden - expected).mean() < 0.05


def test_padding_changes_nothing(fp32: Exported) -> None:
    session = Bundle.open(fp32.bundle).session
    ids = np.array([[0, 300, 301, 302, 2]])
    padded = np.array([[0, 300, 301, 302, 2, 1, 1], [1, 1, 0, 300, 301, 302, 2]])
    (alone,) = session.run(["scores"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    (both,) = session.run(["scores"], {"input_ids": padded, "attention_mask": (padded != 1).astype(np.int64)})
    assert both[0, :5] == pytest.approx(alone[0], abs=0.01)
    assert both[1, 2:] == pytest.approx(alone[0], abs=0.01)


def test_gates_and_a_text_of_the_users(trained: Path, tmp_path: Path) -> None:
    text = tmp_path / "own.txt"
    text.write_text("Ingrid Solheim met Kenji in Oslo.\n" * 40)
    with pytest.raises(ParityError, match="too far from torch"):
        export_checkpoint(trained, tmp_path / "bundle", Options(verify_on=text, mean=1e-9))
    assert [path.name for path in tmp_path.iterdir()] == ["own.txt"]
    report = export_checkpoint(trained, tmp_path / "bundle", Options(verify_on=text, p99=13))
    assert report.gates == replace(GATES["int8"], p99=13)
    assert report.manifest.parity.words > 40 * 6 + 1500
