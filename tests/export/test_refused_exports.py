"""A graph or a bundle that does not score as torch does is refused, and nothing is written."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper, numpy_helper
from safetensors.torch import load_file, save_file

from escore.difference import Gates
from escore.pipeline.pooling import WordOutputs
from escore_export import export
from escore_export.errors import CheckpointError, ParityError
from escore_export.export import Options, export_checkpoint
from escore_export.graph.fuse import fuse_graph
from escore_export.graph.scoring_model import ScoringModel
from escore_export.parity import Reference, check_fp32, check_parity


def damage(model: onnx.ModelProto, change: str) -> onnx.ModelProto:
    graph = model.graph
    if change == "a weight":
        for tensor in graph.initializer:
            if tensor.name == "Gelu_AddBias_0_bias":
                tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + 1, tensor.name))
    elif change == "a swapped axis":
        graph.node[-1].output[0] = "straight"
        graph.node.append(helper.make_node("Transpose", ["straight"], ["scores"], perm=[1, 0]))
    elif change == "a fixed axis":
        graph.output[0].type.tensor_type.shape.dim[1].dim_value = 9
    elif change == "another opset":
        model.opset_import[0].version = 18
    elif change == "another name":
        graph.input[0].name = "ids"
        for node in graph.node:
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
def test_a_broken_graph_is_refused(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str, match: str
) -> None:
    quantize = export.quantize_graph
    monkeypatch.setattr(export, "quantize_graph", lambda fused, layers: damage(quantize(fused, layers), change))
    with pytest.raises(ValueError, match=match):  # the runtime refuses some before they are compared
        export_checkpoint(trained, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_fp32_graph_is_refused(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fuse_another(model: ScoringModel, work: Path) -> onnx.ModelProto:
        with torch.no_grad():
            model.classifier.bias += 0.01
        return fuse_graph(model, work)

    monkeypatch.setattr(export, "fuse_graph", fuse_another)
    with pytest.raises(ParityError, match="fp32: differs from torch by more than"):
        export_checkpoint(trained, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_that_does_not_score_as_its_graph_is_refused(
    hugging_face: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if the runtime read the written tokenizer or windows otherwise than the export did."""
    write_manifest = export.write_manifest
    monkeypatch.setattr(
        export, "write_manifest", lambda folder, manifest: write_manifest(folder, replace(manifest, max_tokens=40))
    )
    with pytest.raises(ParityError, match="the bundle does not give the scores of its graph"):
        export_checkpoint(hugging_face, tmp_path / "bundle", Options("fp32"))
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_that_learned_nothing_is_refused(trained: Path, tmp_path: Path) -> None:
    """As after a training with too high a rate: all words score 300."""
    shutil.copytree(trained, tmp_path / "dead")
    path = tmp_path / "dead" / "model.safetensors"
    state = load_file(path)
    state |= {"classifier.weight": 0 * state["classifier.weight"], "classifier.bias": 0 * state["classifier.bias"] + 50}
    save_file(state, path, metadata={"format": "pt"})
    with pytest.raises(CheckpointError, match="scores all words alike, near 300: its training went wrong"):
        export_checkpoint(tmp_path / "dead", tmp_path / "bundle")
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("gates", "match"),
    [
        (Gates(0.23, 12, 1), r"mean 0.24 \(at most 0.23\); 'w99' 99.00 became 110.00, "),
        (Gates(1, 5, 1), r"99th percentile 9.02 \(at most 5\)"),
        (Gates(1, 12, 0.01), r"marks changed 2.00% \(at most 1.00%\)"),
    ],
)
def test_each_gate_is_held(gates: Gates, match: str) -> None:
    """100 words of 0 to 99, of which two change their mark, the last but one is 9 too high, and the last 11."""
    scores = np.arange(100, dtype=np.float32)
    reference = Reference([f"w{i}" for i in range(100)], WordOutputs(scores))
    changed = scores.copy()
    changed[98:] += [9, 11]
    changed[58:60] += 2
    with pytest.raises(ParityError, match=match):
        check_parity(reference, changed, gates, "int8", 0.0)


def test_scores_that_cannot_be_compared_are_refused() -> None:
    reference = Reference(["a", "b"], WordOutputs(np.array([1, 2], np.float32)))
    with pytest.raises(ParityError, match="gives 1 words a score, torch 2"):
        check_fp32(reference, WordOutputs(np.array([1], np.float32)))
    with pytest.raises(ParityError, match="no numbers"):
        check_fp32(reference, WordOutputs(np.array([1, np.nan], np.float32)))
