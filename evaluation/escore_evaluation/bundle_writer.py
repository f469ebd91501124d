"""Put figures and calibration into a finished bundle: manifest, card and their hashes; all of it or nothing."""

import shutil
from dataclasses import replace
from pathlib import Path

from escore import Bundle, EscoreError
from escore.bundle.bundle import FILES
from escore.bundle.card import update_figures
from escore.bundle.manifest import Calibration, Manifest
from escore.bundle.writer import atomic_bundle, check_output, write_manifest

_SAME = ("model.onnx", "tokenizer.json")  # what decides a bundle's scores


class OtherBundleError(EscoreError, ValueError):
    """A bundle that is not the one that was measured."""


def opened(folder: Path, measured: Manifest) -> Manifest:
    """The manifest of the bundle in `folder`, which scores exactly as the one that is `measured`.

    Raises OtherBundleError where it does not, what Bundle.open raises, and ExportError for a folder that holds more
    than a bundle or may not be written.
    """
    check_output(folder, force=True)
    described = Bundle.open(folder, "cpu").manifest
    for name in _SAME:
        if described.files[name] != measured.files[name]:
            raise OtherBundleError(
                f"{folder}: its {name} is not that of the bundle that is measured; give --write the same bundle"
            )
    return described


def write(
    folder: Path, measured: Manifest, quality: dict[str, dict[str, float]], calibration: Calibration | None
) -> None:
    """Replace figures and calibration of the bundle in `folder`, by renames as an export does. Raises as `opened`."""
    described = replace(opened(folder, measured), quality=quality, calibration=calibration)
    with atomic_bundle(folder, force=True) as aside:
        for name in FILES:
            shutil.copyfile(folder / name, aside / name)
        text = (aside / "README.md").read_text("utf-8")
        (aside / "README.md").write_text(update_figures(text, described), "utf-8")
        write_manifest(aside, described)
        Bundle.open(aside, "cpu")
