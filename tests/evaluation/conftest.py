"""A second bundle to compare with."""

import json
import shutil
from pathlib import Path

import pytest
from tests.bundles import rehash

from escore.bundle.bundle import DEFAULT


@pytest.fixture(scope="session")
def lower(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle that ships, blind to capitals: worse at names, with the same words."""
    bundle = Path(shutil.copytree(DEFAULT, tmp_path_factory.mktemp("lower") / "bundle"))
    tokenizer = json.loads((bundle / "tokenizer.json").read_text("utf-8"))
    tokenizer["normalizer"] = {"type": "Lowercase"}
    (bundle / "tokenizer.json").write_text(json.dumps(tokenizer), "utf-8")
    rehash(bundle, "tokenizer.json")
    return bundle
