"""A checkpoint becomes a bundle that says the same, or nothing is written."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.conftest import EXAMPLES, Run
from transformers import RobertaConfig, RobertaForTokenClassification

from escore import Bundle, Scorer, manifest
from escore_export import checkpoint, export, graph, parity, quantize
from escore_export.checkpoint import CheckpointError
from escore_export.export import ExportError
from escore_export.parity import ParityError
from escore_training import tokenizer

TEXTS = [path.read_text("utf-8") for path in EXAMPLES]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Random weights, the head scaled so that scores spread over most of 0..300."""
    folder = tmp_path_factory.mktemp("tiny") / "checkpoint"
    torch.manual_seed(3)
    words = tokenizer.train(TEXTS, 800)
    config = RobertaConfig(
        vocab_size=words.get_vocab_size(),
        hidden_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=128,
        max_position_embeddings=66,
        type_vocab_size=1,
        num_labels=1,
    )
    model = RobertaForTokenClassification(config).eval()
    with torch.no_grad():
        model.classifier.weight *= 8
    model.save_pretrained(folder)
    words.save(str(folder / "tokenizer.json"))
    recipe = {
        "name": "tiny",
        "version": "2",
        "licence": "CC0-1.0",
        "corpora": [{"name": "none", "licence": "CC0-1.0", "files": "*"}],
        "attributions": [],
        "model": {"max_tokens": 64},
    }
    (folder / "training.json").write_text(json.dumps({"recipe": recipe, "minutes": 1}))
    return folder


@pytest.fixture
def copy(tiny: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny, tmp_path / "copy"))


@pytest.fixture(scope="module")
def exported(tiny: Path) -> Path:
    export.export(tiny, tiny.parent / "bundle")
    return tiny.parent / "bundle"


def torch_scores(folder: Path, texts: list[str]) -> np.ndarray:  # type: ignore[type-arg]
    """What the checkpoint itself says, by the library's own forward pass, window by window."""
    opened = checkpoint.read(folder)

    def run(window: parity.Window) -> np.ndarray:  # type: ignore[type-arg]
        with torch.no_grad():
            logits = opened.model(torch.tensor([[0, *window.ids.tolist(), 2]])).logits[0, 1:-1, 0]
        return (300 * torch.sigmoid(logits)).numpy()[window.keep]  # type: ignore[no-any-return]

    return np.concatenate([parity.score(opened.tokenizer, run, text, 64, export.OVERLAP) for text in texts])


def test_the_bundle_says_what_torch_says(tiny: Path, exported: Path) -> None:
    scores = np.concatenate([document.scores for document in Scorer(exported).stream(TEXTS)])
    expected = torch_scores(tiny, TEXTS)
    assert expected.std() > 30  # else agreement would be chance
    promised = manifest.read(exported).parity
    assert promised.words > 1000
    assert np.abs(scores - expected).mean() < 2 * promised.mean
    assert promised.mean <= parity.INT8_MEAN
    assert promised.fp32_max <= parity.FP32_MAX


def test_the_fp32_graph_is_equal_on_every_word(tiny: Path, tmp_path: Path) -> None:
    import onnxruntime

    from escore.infer import infer

    opened = checkpoint.read(tiny)
    graph.write(graph.scores_of(opened.model), tmp_path / "fp32.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "fp32.onnx")
    for text in TEXTS:
        scores = parity.score(opened.tokenizer, lambda window: infer(session, (0, 2), window), text, 64, export.OVERLAP)
        assert np.abs(scores - torch_scores(tiny, [text])).max() < 0.05


def test_the_bundle_is_complete_and_described(exported: Path) -> None:
    assert {path.name for path in exported.iterdir()} == {"model.onnx", "tokenizer.json", "escore.json", "README.md"}
    described = Bundle.open(exported).manifest
    assert (described.name, described.version, described.licence) == ("tiny", "2", "CC0-1.0")
    assert described.trained_on == (manifest.Source("none", "CC0-1.0"),)
    assert len(described.probe.scores) == len(Scorer(exported)(described.probe.text).words)
    card = (exported / "README.md").read_text("utf-8")
    assert f"mean {described.parity.mean:g} of 300" in card


def test_two_exports_are_equal(tiny: Path, exported: Path, tmp_path: Path) -> None:
    export.export(tiny, tmp_path / "again")
    for path in exported.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_a_graph_that_does_not_agree_is_refused(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import onnx
    from onnx import numpy_helper

    original = quantize.quantize

    def broken(source: Path, target: Path) -> None:
        original(source, target)
        model = onnx.load(target)
        for tensor in model.graph.initializer:
            if "layer.0.intermediate" in tensor.name and tensor.data_type == onnx.TensorProto.FLOAT:
                tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor) + 1, tensor.name))
        onnx.save(model, target)

    monkeypatch.setattr(quantize, "quantize", broken)
    with pytest.raises(ParityError, match=r"int8: too far from torch: mean .*became"):
        export.export(tiny, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_fp32_graph_is_refused(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = graph.write

    def broken(model: graph.Scores, path: Path) -> None:
        with torch.no_grad():
            model.classifier.bias += 0.01
        original(model, path)

    monkeypatch.setattr(graph, "write", broken)
    with pytest.raises(ParityError, match="fp32: differs from torch by more than"):
        export.export(tiny, tmp_path / "bundle")
    assert list(tmp_path.iterdir()) == []


def test_checkpoints_that_cannot_be_exported(copy: Path, tmp_path: Path) -> None:
    def refused(match: str, folder: Path = copy) -> None:
        with pytest.raises(CheckpointError, match=match):
            export.export(folder, tmp_path / "bundle")
        assert not (tmp_path / "bundle").exists()

    refused("no such folder", tmp_path / "nowhere")
    refused("not a folder", copy / "config.json")
    notes = (copy / "training.json").read_text()
    (copy / "training.json").write_text("{}")
    refused(r"training\.json: not what")
    (copy / "training.json").write_text(notes)

    config = json.loads((copy / "config.json").read_text())
    for change, match in [
        ({"architectures": ["BertForTokenClassification"]}, "holds BertForTokenClassification"),
        ({"id2label": {"0": "O", "1": "B"}, "label2id": {"O": 0, "B": 1}}, "outputs a token|cannot be read"),
    ]:
        (copy / "config.json").write_text(json.dumps(config | change))
        refused(match)
    (copy / "config.json").write_text("{")
    refused("not JSON")
    (copy / "config.json").write_text(json.dumps(config))

    tokenizer.train(TEXTS, 500).save(str(copy / "tokenizer.json"))
    refused("500 tokens, the model 800")
    (copy / "tokenizer.json").unlink()
    refused("cannot be read")


def test_weights_that_are_no_numbers_are_refused(copy: Path, tmp_path: Path) -> None:
    model = RobertaForTokenClassification.from_pretrained(copy)
    with torch.no_grad():
        model.classifier.weight[0, 0] = float("nan")
    model.save_pretrained(copy)
    with pytest.raises(CheckpointError, match="no numbers"):
        export.export(copy, tmp_path / "bundle")


def test_outputs_that_cannot_be_written(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with pytest.raises(ExportError, match="exists already"):
        export.export(tiny, tmp_path / "there")
    with pytest.raises(ExportError, match="no such folder"):
        export.export(tiny, tmp_path / "no" / "where")


def test_the_command_says_what_is_wrong_in_one_line(escore: Run, tmp_path: Path) -> None:
    done = escore("export", "nowhere", "-o", "bundle")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode().endswith("nowhere: no such folder; give a checkpoint\n")
    assert list(tmp_path.iterdir()) == []
