"""RoBERTa's real sizes: its width and vocabulary always, all its layers where there are minutes to spend."""

from pathlib import Path

import pytest
from tests.export import checkpoints
from tests.export.checkpoints import BASE, DISTIL, LARGE, TEXTS

from escore import Scorer
from escore_export.export import Options, export_checkpoint

# Random weights keep no word away from a mark's edge, as a trained model does, so more marks change.
LOOSE = {"marks_changed": 0.03}
WIDE = {"mean": 6.0, "p99": 30.0, "marks_changed": 0.08}  # and over 24 random layers errors add up


def check(folder: Path, shape: dict[str, int], options: Options) -> None:
    checkpoint = checkpoints.hugging_face(folder / "checkpoint", shape)
    report = export_checkpoint(checkpoint, folder / "bundle", options)
    assert report.layers == report.fused["Attention"] == shape["num_hidden_layers"]
    assert report.manifest.max_tokens == 512
    scores = Scorer(folder / "bundle", device="cpu")(TEXTS[0]).scores
    assert scores.std() > 20


@pytest.mark.long
def test_width_and_vocabulary(tmp_path: Path) -> None:
    check(tmp_path, DISTIL | {"num_hidden_layers": 1, "intermediate_size": 1536}, Options("int8", **LOOSE))


@pytest.mark.long
def test_distilroberta(tmp_path: Path) -> None:
    check(tmp_path, DISTIL, Options("int8", **LOOSE))


@pytest.mark.long
@pytest.mark.parametrize("precision", ["int8", "fp16", "fp32"])
def test_base(tmp_path: Path, precision: str) -> None:
    check(tmp_path, BASE, Options(precision, **LOOSE))


@pytest.mark.long
def test_large(tmp_path: Path) -> None:
    check(tmp_path, LARGE, Options("int8", **WIDE))
