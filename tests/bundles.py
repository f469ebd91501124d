"""Change bundles as another version of escore, or a careless hand, might."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from escore.bundle import manifest


def rewrite(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest and give it a right hash again, as another version of escore might have written it."""
    content = json.loads((folder / "escore.json").read_bytes())
    del content["sha256"]
    change(content)
    sealed = content | {"sha256": manifest._digest(content)}
    (folder / "escore.json").write_bytes(manifest._render(sealed))


def replace(folder: Path, name: str) -> None:
    """Seal a bundle again after a file of it was exchanged."""
    content = (folder / name).read_bytes()
    record = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    rewrite(folder, lambda written: written["files"].update({name: record}))
