"""Write a bundle's manifest, and check where a bundle may be written."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from escore.atomic import atomic_dir, resolve_output
from escore.bundle.bundle import FILES, bundle_files
from escore.bundle.manifest import MANIFEST_NAME, FileRecord, Manifest
from escore.bundle.personal_head import HEAD_NAME
from escore.errors import OutputError


def write_manifest(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a bundle whose other files lie in `folder`, with their sizes and hashes; returns it."""
    contents = {name: (folder / name).read_bytes() for name in bundle_files(manifest)}
    files = {name: FileRecord(len(data), hashlib.sha256(data).hexdigest()) for name, data in contents.items()}
    complete = replace(manifest, files=files)
    (folder / MANIFEST_NAME).write_bytes(complete.render())
    return complete


def check_output(output: Path, force: bool) -> None:
    """Raise OutputError where no bundle may be written to `output`.

    With `force` it may be an older bundle or an empty folder, but nothing that holds other files.
    """
    target = resolve_output(output)
    if not target.exists():
        return
    if not target.is_dir():
        raise OutputError(f"{output}: is a file", "give a folder")
    if not force:
        raise OutputError(f"{output}: exists already", "give a new folder, or --force to replace it")
    if other := sorted({path.name for path in target.iterdir()} - {MANIFEST_NAME, *FILES, HEAD_NAME}):
        raise OutputError(f"{output}: holds something else than a bundle ('{other[0]}')", "give another folder")


@contextmanager
def atomic_bundle(output: Path, force: bool) -> Iterator[Path]:
    """A new folder that becomes the bundle `output` when all has gone well. Raises OutputError."""
    with atomic_dir(output, lambda _: check_output(output, force)) as folder:
        yield folder
