"""One checkpoint of a kind, made once."""

import shutil
from pathlib import Path

import pytest
from tests.export import checkpoints

from escore_export import export


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.trained(tmp_path_factory.mktemp("trained") / "checkpoint")


@pytest.fixture(scope="session")
def hugging_face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return checkpoints.hugging_face(tmp_path_factory.mktemp("hf") / "fine-tuned")


@pytest.fixture(scope="session")
def exported(trained: Path) -> Path:
    """The int8 bundle of `trained`."""
    export.export_checkpoint(trained, trained.parent / "bundle")
    return trained.parent / "bundle"


@pytest.fixture
def copy(hugging_face: Path, tmp_path: Path) -> Path:
    """A checkpoint to damage."""
    return Path(shutil.copytree(hugging_face, tmp_path / "copy"))
