"""Change bundles as another version of escore, or a careless hand, might."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from escore.bundle.manifest import render_manifest


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
