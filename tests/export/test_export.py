"""A checkpoint becomes a bundle that says the same, or nothing is written."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import helper, numpy_helper
from safetensors.torch import load_file, save_file
from tests.export import checkpoints
from tests.export.checkpoints import TEXTS, TINY
from transformers import RobertaForTokenClassification, RobertaTokenizerFast

from escore import Bundle, Scorer, SettingError
from escore.bundle.manifest import Source, read_manifest
from escore_export import export, parity
from escore_export.checkpoint.checkpoint import read_checkpoint
from escore_export.errors import CheckpointError, ParityError
from escore_export.export import Options
from escore_export.graph import fuse as graph


def torch_scores(folder: Path, texts: list[str]) -> np.ndarray:  # type: ignore[type-arg]
    """What the checkpoint itself says, by the library's own forward pass, window by window."""
    opened = read_checkpoint(folder)
    windows = parity.Windows(opened.vocabulary.tokenizer, opened.max_tokens, export.OVERLAP)

    def run(window: parity.Window) -> np.ndarray:  # type: ignore[type-arg]
        with torch.no_grad():
            logits = opened.model(torch.tensor([[0, *window.ids.tolist(), 2]])).logits[0, 1:-1, 0]
        return (300 * torch.sigmoid(logits)).numpy()[window.keep]  # type: ignore[no-any-return]

    return np.concatenate([windows.scores(text, run) for text in texts])


def bundle_scores(folder: Path, texts: list[str]) -> np.ndarray:  # type: ignore[type-arg]
    return np.concatenate([document.scores for document in Scorer(folder, device="cpu").stream(texts)])


def test_the_int8_bundle_says_what_torch_says(trained: Path, exported: Path) -> None:
    scores, expected = bundle_scores(exported, TEXTS), torch_scores(trained, TEXTS)
    assert expected.std() > 30  # else agreement would be chance
    promised = read_manifest(exported).parity
    assert promised.words > 1500
    assert np.abs(scores - expected).mean() < 2 * promised.mean
    assert promised.mean <= export.GATES["int8"].mean
    assert promised.fp32_max <= parity.FP32_MAX


@pytest.mark.parametrize(("precision", "largest"), [("fp32", 0.05), ("fp16", 3)])
def test_the_float_bundles_say_it_more_exactly(
    hugging_face: Path, tmp_path: Path, precision: str, largest: float
) -> None:
    report = export.export_checkpoint(hugging_face, tmp_path / "bundle", Options(precision))
    scores, expected = bundle_scores(tmp_path / "bundle", TEXTS), torch_scores(hugging_face, TEXTS)
    assert np.abs(scores - expected).max() < largest
    assert report.manifest.precision == precision
    model = onnx.load(tmp_path / "bundle" / "model.onnx")
    kinds = {tensor.data_type for tensor in model.graph.initializer if len(tensor.dims) == 2}
    half, single = onnx.TensorProto.FLOAT16, onnx.TensorProto.FLOAT
    assert kinds == ({half, single} if precision == "fp16" else {single})  # the last product stays in fp32


@pytest.mark.parametrize("fast", [False, True])
@pytest.mark.parametrize("safe", [False, True])
def test_checkpoints_of_hugging_face(tmp_path: Path, fast: bool, safe: bool) -> None:
    """Against transformers alone: its tokenizer on words, its model; the word's score is the mean of its tokens'."""
    folder = checkpoints.hugging_face(tmp_path / "checkpoint", fast=fast, safe=safe)
    export.export_checkpoint(folder, tmp_path / "bundle", Options("fp32"))
    checkpoints.small_vocabulary(tmp_path / "own")
    tokenizer = RobertaTokenizerFast(tmp_path / "own/vocab.json", tmp_path / "own/merges.txt", add_prefix_space=True)
    model = RobertaForTokenClassification.from_pretrained(folder)
    words = ["Anna", "did", "n't", "see", "O'Brien", "’s", "£", "7.25bn", "naïve-looking", "🎉", "</s>", "."]
    encoded = tokenizer(words, is_split_into_words=True, return_tensors="pt", split_special_tokens=True)
    with torch.no_grad():
        tokens = 300 * torch.sigmoid(model(**encoded).logits[0, :, 0])
    expected = [tokens[[i for i, word in enumerate(encoded.word_ids()) if word == n]].mean() for n in range(len(words))]
    (scores,) = Scorer(tmp_path / "bundle").score_words([words])
    assert np.abs(scores - np.array(expected)).max() < 0.05


def test_text_is_scored_as_its_words_are(hugging_face: Path, tmp_path: Path) -> None:
    export.export_checkpoint(hugging_face, tmp_path / "bundle", Options("fp32"))
    scorer = Scorer(tmp_path / "bundle")
    assert scorer.bundle.manifest.whole_words
    for text in (text[:150] for text in TEXTS):  # of one window: a longer text's are cut where it pauses
        document = scorer(text)
        (scores,) = scorer.score_words([[word.text for word in document.words]])
        assert document.scores == pytest.approx(scores, abs=0.01)
        assert all(text[word.start : word.end] == word.text for word in document.words)
    (scores,) = scorer.score_words([["don't", " ", "", "don't"]])
    assert scores.tolist()[1:3] == [0, 0]  # nothing to see, no score
    assert len(scores) == 4


def test_the_bundle_is_complete_and_described(exported: Path) -> None:
    assert {path.name for path in exported.iterdir()} == {"model.onnx", "tokenizer.json", "escore.json", "README.md"}
    described = Bundle.open(exported).manifest
    assert (described.name, described.version, described.license) == ("tiny", "2", "CC0-1.0")
    assert described.trained_on == (Source("none", "CC0-1.0"),)
    assert (described.opset, described.ir_version, described.whole_words) == (graph.OPSET, 8, False)
    assert len(described.probe.scores) == len(Scorer(exported)(described.probe.text).words)
    card = (exported / "README.md").read_text("utf-8")
    assert f"mean {described.parity.mean:g} of 300" in card


def test_what_nobody_noted_is_not_stated(hugging_face: Path, tmp_path: Path) -> None:
    report = export.export_checkpoint(hugging_face, tmp_path / "bundle", Options("fp32"))
    assert (report.manifest.name, report.manifest.license, report.manifest.max_tokens) == (
        "fine-tuned",
        "not stated",
        128,
    )
    card = (tmp_path / "bundle" / "README.md").read_text("utf-8")
    assert "## Made from\n\nNot stated.\n" in card
    assert "Training took" not in card


def test_options_go_into_the_bundle(hugging_face: Path, tmp_path: Path) -> None:
    options = Options("fp32", name="news", license="MIT", max_tokens=40)
    described = export.export_checkpoint(hugging_face, tmp_path / "bundle", options).manifest
    assert (described.name, described.license, described.max_tokens) == ("news", "MIT", 40)
    for wrong, match in [
        (replace(options, name=" "), "name"),
        (replace(options, license="a\nb"), "license"),
        (replace(options, max_tokens=129), "129 tokens do not fit the model; give 16 to 128"),
        (replace(options, max_tokens=0), "give 16 to 128"),
        (replace(options, precision="int4"), "int4"),
    ]:
        with pytest.raises(SettingError, match=match):
            export.export_checkpoint(hugging_face, tmp_path / "other", wrong)
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


def test_every_layer_is_fused(exported: Path, trained: Path) -> None:
    kinds = [node.op_type for node in onnx.load(exported / "model.onnx").graph.node]
    assert [kinds.count(kind) for kind in ("QAttention", "DynamicQuantizeMatMul", "BiasGelu")] == [2, 6, 2]
    assert kinds.count("LayerNormalization") == 5  # two a layer, one of the embeddings
    opened = read_checkpoint(trained)
    opened.model.config.hidden_act = "relu"
    model = graph.scores_of(opened.model)
    with pytest.raises(ParityError, match=r"did not fuse: 0 of 2 BiasGelu"):
        graph.fused(model)


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
    report = export.export_checkpoint(tmp_path / "checkpoint", tmp_path / "bundle", Options(marks_changed=0.02))
    assert report.manifest.parity.mean < 1.5


def test_two_exports_are_equal(trained: Path, exported: Path, tmp_path: Path) -> None:
    """Also with other kernels of torch and another number of threads, as on another machine."""
    elsewhere = {"ATEN_CPU_CAPABILITY": "default", "OMP_NUM_THREADS": "1", "MKL_CBWR": "COMPATIBLE"}
    for name, environment in (("again", {}), ("elsewhere", elsewhere)):
        command = [sys.executable, "-m", "escore_cli", "export", trained, "-o", tmp_path / name]
        subprocess.run(command, env=os.environ | environment, check=True, capture_output=True)
    for path in exported.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()
    for name in ("model.onnx", "tokenizer.json"):
        assert (exported / name).read_bytes() == (tmp_path / "elsewhere" / name).read_bytes()


def test_hidden_states_are_there_for_those_who_ask(trained: Path, exported: Path) -> None:
    ids = np.array([[0, 300, 301, 302, 2]])
    with torch.no_grad():
        expected = read_checkpoint(trained).model.roberta(torch.from_numpy(ids))[0].numpy()
    session = Bundle.open(exported).session
    (hidden,) = session.run(["hidden"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    assert hidden.shape == (1, 5, 64)
    assert np.abs(hidden - expected).mean() < 0.05


def test_padding_changes_nothing(hugging_face: Path, tmp_path: Path) -> None:
    export.export_checkpoint(hugging_face, tmp_path / "bundle", Options("fp32"))
    session = Bundle.open(tmp_path / "bundle").session
    ids = np.array([[0, 300, 301, 302, 2]])
    padded = np.array([[0, 300, 301, 302, 2, 1, 1], [1, 1, 0, 300, 301, 302, 2]])
    (alone,) = session.run(["scores"], {"input_ids": ids, "attention_mask": np.ones_like(ids)})
    (both,) = session.run(["scores"], {"input_ids": padded, "attention_mask": (padded != 1).astype(np.int64)})
    assert both[0, :5] == pytest.approx(alone[0], abs=0.01)
    assert both[1, 2:] == pytest.approx(alone[0], abs=0.01)


def _changed(model: onnx.ModelProto, change: str) -> onnx.ModelProto:
    graph_ = model.graph
    if change == "a weight":
        for tensor in graph_.initializer:
            if tensor.name == "Gelu_AddBias_0_bias":
                tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + 1, tensor.name))
    elif change == "a swapped axis":
        graph_.node[-1].output[0] = "straight"
        graph_.node.append(helper.make_node("Transpose", ["straight"], ["scores"], perm=[1, 0]))
    elif change == "a fixed axis":
        graph_.output[0].type.tensor_type.shape.dim[1].dim_value = 9
    elif change == "another opset":
        model.opset_import[0].version = 18
    elif change == "another name":
        graph_.input[0].name = "ids"
        for node in graph_.node:
            node.input[:] = ["ids" if name == "input_ids" else name for name in node.input]
    return model


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ("a weight", r"int8: too far from torch: mean .* \(at most 1\.5\).*became.*--max-"),
        ("a swapped axis", r"the graph has shapes \(\(9, 2\)"),
        ("a fixed axis", "outputs"),
        ("another opset", "opsets"),
        ("another name", r"model\.onnx: takes \['ids'"),
    ],
)
def test_a_broken_bundle_is_refused(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, match: str
) -> None:
    original = export.quantize
    monkeypatch.setattr(export, "quantize", lambda fused, layers: _changed(original(fused, layers), change))
    with pytest.raises(ValueError, match=match):  # the runtime refuses some before the proof does
        export.export_checkpoint(trained, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_fp32_graph_is_refused(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = graph.fused

    def broken(model: graph.Scores, work: Path) -> onnx.ModelProto:
        with torch.no_grad():
            model.classifier.bias += 0.01
        return original(model, work)

    monkeypatch.setattr(graph, "fused", broken)
    with pytest.raises(ParityError, match="fp32: differs from torch by more than"):
        export.export_checkpoint(trained, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_learned_nothing_is_refused(trained: Path, tmp_path: Path) -> None:
    """As after a training with too high a rate: all words score 300."""
    shutil.copytree(trained, tmp_path / "dead")
    path = tmp_path / "dead" / "model.safetensors"
    state = load_file(path)
    state |= {"classifier.weight": 0 * state["classifier.weight"], "classifier.bias": 0 * state["classifier.bias"] + 50}
    save_file(state, path, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match="scores all words alike, near 300: its training went wrong"):
        export.export_checkpoint(tmp_path / "dead", tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


def test_gates_are_the_persons(trained: Path, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("Ingrid Solheim met Kenji in Oslo.\n" * 40)
    for options in (
        Options(mean=0),
        Options(p99=0),
        Options(marks_changed=0, verify_on=tmp_path / "own.txt", mean=1e-9),
    ):
        with pytest.raises(ParityError, match="too far from torch"):
            export.export_checkpoint(trained, tmp_path / "bundle", options)
    report = export.export_checkpoint(trained, tmp_path / "bundle", Options(verify_on=tmp_path / "own.txt"))
    assert report.manifest.parity.words > 40 * 6 + 1500
    assert onnxruntime.InferenceSession(tmp_path / "bundle" / "model.onnx").get_inputs()[0].name == "input_ids"
