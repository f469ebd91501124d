"""Read the small files of a checkpoint's folder, and tell what a file is that is not what its name says."""

import codecs
import json
from pathlib import Path
from typing import Any

from escore_export.errors import CheckpointError

_POINTER = b"version https://git-lfs.github.com/spec/"  # of the specification of Git LFS, its first line
_PAGES = (b"<!doctype html", b"<html")


def read_json_object(path: Path) -> dict[str, Any]:
    """The one JSON object that a file holds. Raises CheckpointError."""
    check_text(path)
    try:
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror}", "a checkpoint needs it") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not JSON: {error}", "copy it again") from error
    if not isinstance(content, dict):
        raise CheckpointError(f"{path}: not a JSON object", "copy it again")
    return content


def check_text(path: Path) -> None:
    """Raise CheckpointError for a file that is no text in UTF-8, as transformers reads it, beside check_content."""
    check_content(path)
    if not path.is_file():
        return
    content = path.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise CheckpointError(f"{path}: byte {error.start} is not UTF-8", "save it in UTF-8") from error
    if content.startswith(codecs.BOM_UTF8):
        raise CheckpointError(f"{path}: begins with a byte order mark", "save it in UTF-8 without one")


def check_content(path: Path) -> None:
    """Raise CheckpointError for a file that only stands for the one that it is named after.

    A Git LFS pointer, a web page, an empty file, a link to nothing; a file that does not exist is left to who reads it.
    """
    if path.is_symlink() and not path.exists():
        raise CheckpointError(f"{path}: a link to a file that does not exist", "copy the files themselves")
    if path.is_dir():
        raise CheckpointError(f"{path}: a folder, not a file", "copy the checkpoint again")
    if not path.is_file():
        return
    try:
        with path.open("rb") as file:
            start = file.read(len(_POINTER))
    except OSError as error:
        raise CheckpointError(f"{path}: {error.strerror}", "make it readable") from error
    if not start:
        raise CheckpointError(f"{path}: an empty file", "copy it again")
    if start == _POINTER:
        raise CheckpointError(f"{path}: a Git LFS pointer, not the file itself", "run 'git lfs pull' where it is from")
    if start.lower().startswith(_PAGES):
        raise CheckpointError(f"{path}: a web page, not the file itself", "download the file again")
