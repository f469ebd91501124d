"""Change bundles as another version of escore, or a careless hand, might."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from escore.bundle.manifest import read_manifest, render_manifest
from escore.bundle.personal_head import HEAD_NAME, BasisNetwork, HeadArrays, PersonalHead
from escore.bundle.writer import write_manifest


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest and give it a right hash again, as another version of escore might have written it."""
    content = json.loads((folder / "escore.json").read_bytes())
    del content["sha256"]
    change(content)
    (folder / "escore.json").write_bytes(render_manifest(content))


def rehash(folder: Path, name: str) -> None:
    """Record the size and hash of a file that was exchanged."""
    content = (folder / name).read_bytes()
    record = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    rewrite(folder, lambda manifest: manifest["files"].update({name: record}))


def give_head(folder: Path, weight: float = 5.0, seed: int = 1) -> HeadArrays:
    """Give a bundle a personal head, of random directions, that changes many scores."""
    rng = np.random.default_rng(seed)
    manifest = read_manifest(folder)

    def network(centers: int, bias: float) -> BasisNetwork:
        points = rng.normal(size=(centers, 16))
        points /= np.linalg.norm(points, axis=1, keepdims=True)
        weights = weight * rng.normal(size=centers)
        arrays = (rng.normal(size=(384, 16)), rng.normal(size=16), points, weights, np.array([bias]))
        return BasisNetwork(*(array.astype(np.float32) for array in arrays))

    head = HeadArrays(network(40, 0.0), network(8, 1.0))
    (folder / HEAD_NAME).write_bytes(head.to_bytes())
    base = manifest.model_name
    record = PersonalHead(384, 16, 40, 8, base, texts=3, corrections=7, strength=1.0)
    write_manifest(folder, replace(manifest, calibration_from=base, personal_head=record))
    return head
