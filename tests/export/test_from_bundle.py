"""A bundle is enough to go on training: its model comes back out of the int8 graph."""

import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import helper

from escore import Bundle, Scorer
from escore.bundle.bundle import DEFAULT
from escore.bundle.manifest import read_manifest
from escore.bundle.writer import write_manifest
from escore.sample_text import paragraphs
from escore_export.checkpoint.from_bundle import roberta_of_bundle
from escore_export.errors import CheckpointError


def test_the_model_of_a_bundle_scores_as_the_bundle_does() -> None:
    scorer = Scorer(threads=1)
    model = roberta_of_bundle(scorer.bundle)
    differences = []
    for text in paragraphs()[:8]:
        ids, counts, _, _ = scorer.bundle.tokenizer.encode(text)
        if len(ids) > 250:
            continue
        with torch.no_grad():
            logits = model(torch.tensor([[0, *ids.tolist(), 2]])).logits[0, 1:-1, 0]
        scores = (300 * torch.sigmoid(logits)).numpy()
        words = np.add.reduceat(scores, np.cumsum(counts) - counts) / counts
        differences.append(np.abs(words - scorer(text).scores))
    assert np.concatenate(differences).mean() < 0.3


def test_a_graph_that_the_export_did_not_write_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    shutil.copytree(DEFAULT, folder)
    model = onnx.load(folder / "model.onnx")
    for node in model.graph.node:
        if node.op_type == "BiasGelu":  # the same, written otherwise
            added = helper.make_node("Identity", [node.output[0] + "_0"], [node.output[0]])
            node.output[0] += "_0"
            model.graph.node.insert(list(model.graph.node).index(node) + 1, added)
            break
    onnx.save(model, folder / "model.onnx")
    write_manifest(folder, read_manifest(folder))
    with pytest.raises(CheckpointError, match=r"not one that this version of escore exports .*; give the checkpoint"):
        roberta_of_bundle(Bundle.open(folder))
