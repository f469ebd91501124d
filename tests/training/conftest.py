"""A tiny checkpoint trained once, and one that continues from it, for all tests that need one."""

import io
import shutil
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
import torch
from tests.export import checkpoints
from tests.files import make_once
from tests.training.corpora import TINY, finetune_recipe, recipe
from tests.training.runs import train_here


@pytest.fixture
def usual_torch() -> Iterator[None]:
    """Torch as it was before a training set it."""
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="session")
def tiny_start(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny checkpoint that nothing was learned for, for a personal training to start from."""
    return checkpoints.trained(tmp_path_factory.mktemp("tiny-start") / "checkpoint")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `tiny.toml`, the checkpoint `first` that it gives, and what was printed: `stdout`, `stderr`."""

    def make(folder: Path) -> None:
        (folder / "tiny.toml").write_text(recipe(TINY))
        with redirect_stdout(io.StringIO()) as stdout, redirect_stderr(io.StringIO()) as stderr:
            train_here(folder, "tiny.toml", "first")
        (folder / "stdout").write_text(stdout.getvalue())
        (folder / "stderr").write_text(stderr.getvalue())

    return make_once(tmp_path_factory, "trained", make)


@pytest.fixture(scope="session")
def finetuned(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the checkpoint `first`, `mine.toml`, and the checkpoint `mine` that continues from `first`."""

    def make(folder: Path) -> None:
        shutil.copytree(trained / "first", folder / "first")
        text = finetune_recipe(name="escore-mine").replace("Notes, made up for escore", "Mine")
        (folder / "mine.toml").write_text(text.replace('"CC0-1.0"\nrepeat', '"CC BY 4.0"\nrepeat', 1))
        train_here(folder, "mine.toml", "mine", "first")

    return make_once(tmp_path_factory, "finetuned", make)
