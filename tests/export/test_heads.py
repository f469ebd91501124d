"""A checkpoint with heads becomes a bundle that says where entities go on and what kind they are."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from tests.export import checkpoints
from tests.export.checkpoints import TEXTS
from tests.export.conftest import Exported

from escore import Bundle, Document, Scorer
from escore.bundle.manifest import read_manifest
from escore.difference import GATES
from escore.pipeline.pooling import WordOutputs
from escore_export.checkpoint.checkpoint import read_checkpoint, read_start
from escore_export.checkpoint.from_bundle import roberta_of_bundle
from escore_export.errors import ParityError
from escore_export.export import Options, export_checkpoint
from escore_export.head_parity import check_heads, compare_heads

TEXT = TEXTS[0][:150]


def torch_heads(folder: Path, text: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Joins and kinds of the words of a short text, by the library's own forward pass."""
    checkpoint = read_checkpoint(folder)
    ids, counts, _, _ = checkpoint.vocabulary.tokenizer.encode(text)
    with torch.no_grad():
        logits = checkpoint.model(torch.tensor([[0, *ids.tolist(), 2]])).logits[0, 1:-1]
    words = torch.split(logits, counts.tolist())
    joins = torch.stack([torch.sigmoid(word[0, 1]) for word in words])
    kinds = torch.stack([torch.softmax(word[:, 2:], -1).mean(0) for word in words])
    return joins.numpy(), kinds.numpy()


def test_the_bundle_says_what_torch_says(heads: Exported, tmp_path: Path) -> None:
    joins, kinds = torch_heads(heads.checkpoint, TEXT)
    assert joins.std() > 0.1  # else agreement would be chance
    report = export_checkpoint(heads.checkpoint, tmp_path / "fp32", Options("fp32"))
    exact, rounded = Scorer(tmp_path / "fp32")(TEXT), Scorer(heads.bundle)(TEXT)
    for document, difference in ((exact, 1e-4), (rounded, 0.1)):
        assert document.joins is not None
        assert document.kinds is not None
        assert np.abs(document.joins - joins).max() < difference
        assert np.abs(document.kinds - kinds).max() < difference
        assert document.kinds.sum(1) == pytest.approx(np.ones(len(kinds)))
    assert set(report.manifest.heads) == {"joins", "kinds"}
    assert "joins " in report.as_table()
    assert report.as_json()["heads"]["kinds"]["words"] > 100


def test_fp16_keeps_the_heads_in_fp32(heads: Exported, tmp_path: Path) -> None:
    export_checkpoint(heads.checkpoint, tmp_path / "bundle", Options("fp16"))
    joins, kinds = torch_heads(heads.checkpoint, TEXT)
    document = Scorer(tmp_path / "bundle", device="cpu")(TEXT)
    assert document.joins == pytest.approx(joins, abs=0.02)
    assert document.kinds == pytest.approx(kinds, abs=0.02)
    graph = onnx.load(tmp_path / "bundle" / "model.onnx").graph
    (product,) = (node for node in graph.node if "hidden" in node.input)
    weights = next(tensor for tensor in graph.initializer if tensor.name == product.input[1])
    assert (weights.data_type, list(weights.dims)) == (onnx.TensorProto.FLOAT, [64, 6])


def test_manifest_and_card_name_the_heads(heads: Exported, int8: Exported) -> None:
    manifest = read_manifest(heads.bundle)
    assert manifest == heads.report.manifest
    assert json.loads((heads.bundle / "escore.json").read_text())["schema"] == 6
    assert manifest.heads["joins"].words == manifest.parity.words
    assert 0 < manifest.heads["kinds"].words < manifest.parity.words
    assert manifest.heads["joins"].mean <= GATES["int8"].mean / 300
    card = (heads.bundle / "README.md").read_text("utf-8")
    assert f"mean {manifest.heads['joins'].mean:g}" in card
    assert "person, organization, place or other (`kinds`)" in card
    assert "heads" not in json.loads((int8.bundle / "escore.json").read_text())
    assert [tensor.name for tensor in Bundle.open(heads.bundle).session.get_outputs()] == [
        "scores", "joins", "kinds", "hidden",
    ]  # fmt: skip


def test_scores_are_those_of_the_same_model_without_heads(heads: Exported, tmp_path: Path) -> None:
    folder = checkpoints.trained(tmp_path / "checkpoint")
    state = load_file(heads.checkpoint / "model.safetensors")
    for name in ("classifier.weight", "classifier.bias"):
        state[name] = state[name][:1].contiguous()
    save_file(state, folder / "model.safetensors", metadata={"format": "pt"})
    export_checkpoint(folder, tmp_path / "bundle")
    with_heads, without = Scorer(heads.bundle), Scorer(tmp_path / "bundle")
    for text in ("", *TEXTS):
        one, other = with_heads(text), without(text)
        assert one.scores == pytest.approx(other.scores, abs=1e-3)
        assert one.joins is not None
        assert one.kinds is not None
        assert (len(one.joins), one.kinds.shape) == (len(one.scores), (len(one.scores), 4))
        assert other.joins is None
        assert other.kinds is None
    assert with_heads.score_words([["Anna", "met", "Ben"]])[0].shape == (3,)


def test_a_head_that_says_where_entities_go_on_may_be_alone(tmp_path: Path) -> None:
    folder = checkpoints.trained(tmp_path / "checkpoint", checkpoints.HEADS[:2])
    report = export_checkpoint(folder, tmp_path / "bundle")
    assert set(report.manifest.heads) == {"joins"}
    document: Document = Scorer(tmp_path / "bundle")(TEXT)
    assert document.joins is not None
    assert document.kinds is None


def test_other_labels_are_no_heads(tmp_path: Path) -> None:
    folder = checkpoints.trained(tmp_path / "checkpoint", ("score", "joins", "person"))
    with pytest.raises(ValueError, match=r"a classifier of 3 labels \(score, joins, person\)"):
        read_checkpoint(folder)
    start = read_start(folder)  # to be trained: its last layer is a new one
    assert not start.has_scores
    assert start.model.config.num_labels == 1


def test_the_model_of_a_bundle_keeps_its_heads(heads: Exported) -> None:
    model = roberta_of_bundle(Bundle.open(heads.bundle))
    assert tuple(model.config.id2label.values()) == checkpoints.HEADS
    original = read_checkpoint(heads.checkpoint).model
    ids = torch.tensor([[0, *range(300, 320), 2]])
    with torch.no_grad():
        assert (model(ids).logits - original(ids).logits).abs().mean() < 0.1


def test_heads_that_differ_are_refused() -> None:
    rng = np.random.default_rng(1)
    scores = np.full(200, 250, np.float32)
    joins = rng.uniform(0, 1, 200).astype(np.float32)
    kinds = rng.dirichlet(np.ones(4), 200).astype(np.float32)
    expected = WordOutputs(scores, joins, kinds)
    assert check_heads(expected, expected, GATES["int8"], "int8")["kinds"].changed == 0
    with pytest.raises(ParityError, match=r"int8: joins too far from torch: mean 0.01 \(at most 0.005\)"):
        check_heads(expected, replace(expected, joins=joins + 0.01), GATES["int8"], "int8")
    swapped = replace(expected, kinds=kinds[:, [1, 0, 2, 3]])
    with pytest.raises(ParityError, match="kinds too far from torch"):
        check_heads(expected, swapped, GATES["int8"], "int8")
    low = replace(expected, scores=scores - 100)  # words that are no entities
    assert compare_heads(low, replace(swapped, scores=low.scores))["kinds"].words == 0
