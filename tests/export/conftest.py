"""Checkpoints of each kind and their bundles, made once and then only read."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.export import checkpoints, dressings

from escore_export import speed
from escore_export.export import Options, export_checkpoint
from escore_export.report import Report


class Exported(NamedTuple):
    """A checkpoint, its bundle, and what the export reported."""

    checkpoint: Path
    bundle: Path
    report: Report


@pytest.fixture(scope="session", autouse=True)
def _one_round_of_speed() -> Iterator[None]:
    """How fast a bundle is does not matter here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(speed, "ROUNDS", 1)
        yield


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.trained(tmp_path_factory.mktemp("trained") / "checkpoint")


@pytest.fixture(scope="session")
def hugging_face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.hugging_face(tmp_path_factory.mktemp("hf") / "fine-tuned")


@pytest.fixture(scope="session")
def int8(trained: Path) -> Exported:
    """The int8 bundle of `trained`."""
    bundle = trained.parent / "bundle"
    return Exported(trained, bundle, export_checkpoint(trained, bundle))


@pytest.fixture(scope="session")
def heads(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """The int8 bundle of a checkpoint with heads."""
    folder = tmp_path_factory.mktemp("heads")
    checkpoint = checkpoints.trained(folder / "checkpoint", checkpoints.HEADS)
    return Exported(checkpoint, folder / "bundle", export_checkpoint(checkpoint, folder / "bundle"))


@pytest.fixture(scope="session")
def fp32(hugging_face: Path) -> Exported:
    """The fp32 bundle of `hugging_face`."""
    bundle = hugging_face.parent / "bundle"
    return Exported(hugging_face, bundle, export_checkpoint(hugging_face, bundle, Options("fp32")))


@pytest.fixture
def copy(hugging_face: Path, tmp_path: Path) -> Path:
    """A checkpoint to damage."""
    return Path(shutil.copytree(hugging_face, tmp_path / "copy"))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint with all files of a tokenizer, to be copied and dressed."""
    return dressings.tiny(tmp_path_factory.mktemp("tiny") / "checkpoint")


@pytest.fixture
def dressed(tiny: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(tiny, tmp_path / "checkpoint"))
