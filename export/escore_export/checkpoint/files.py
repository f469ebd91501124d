"""Read the small files of a checkpoint's folder."""

import json
from pathlib import Path
from typing import Any

from escore_export.errors import CheckpointError


def read_json_object(path: Path) -> dict[str, Any]:
    """The one JSON object that a file holds. Raises CheckpointError."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror}", "a checkpoint needs it") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: not a JSON object")
    return content
