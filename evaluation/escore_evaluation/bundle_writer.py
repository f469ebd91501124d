"""Write figures and calibration into a finished bundle: manifest, card and their hashes, all of it or nothing."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from escore import Bundle, EscoreError
from escore.bundle.bundle import SHIPPED, bundle_files, read_unchanged
from escore.bundle.card import update_figures
from escore.bundle.manifest import Manifest
from escore.bundle.personal_head import HEAD_NAME
from escore.bundle.writer import atomic_bundle, check_output, write_manifest
from escore_evaluation.calibration import Tables

_SCORING_FILES = ("model.onnx", "tokenizer.json", HEAD_NAME)  # they alone decide a bundle's scores


class OtherBundleError(EscoreError, ValueError):
    """A bundle that is not the one that was measured."""


def is_installed(folder: Path) -> bool:
    """Whether a folder is a bundle that ships, which belongs to the installation."""
    return folder.resolve() in [path.resolve() for path in SHIPPED.values()]


def check_same_scores(folder: Path, measured: Manifest) -> Manifest:
    """The manifest of the bundle in `folder`, if that scores exactly as the one that was measured.

    Raises OtherBundleError where it does not, what Bundle.open raises, and OutputError for a folder that holds more
    than a bundle or may not be written to.
    """
    check_output(folder, force=True)
    manifest = Bundle.open(folder, "cpu").manifest
    for name in _SCORING_FILES:
        if manifest.files.get(name) != measured.files.get(name):
            problem = f"{folder}: its {name} is not that of the bundle that is measured"
            raise OtherBundleError(problem, "give --write the same bundle")
    return manifest


def write_quality(
    folder: Path,
    measured: Manifest,
    quality: Mapping[str, dict[str, float]],
    tables: Tables,
    calibration_from: str | None = None,
) -> None:
    """Replace figures and calibration of the bundle in `folder`. Raises as check_same_scores.

    calibration_from: the model that new tables were measured on, where that is another one than this.
    """
    manifest = check_same_scores(folder, measured)
    if tables == Tables(manifest.calibration, manifest.entity_calibration):
        calibration_from = manifest.calibration_from
    manifest = replace(
        manifest,
        quality=dict(quality),
        calibration=tables.words,
        calibration_from=calibration_from,
        entity_calibration=tables.entities,
    )
    with atomic_bundle(folder, force=True) as part:
        for name in bundle_files(manifest):
            (part / name).write_bytes(read_unchanged(folder / name, manifest.files[name]))
        text = (part / "README.md").read_text("utf-8")
        (part / "README.md").write_text(update_figures(text, manifest), "utf-8")
        write_manifest(part, manifest)
        Bundle.open(part, "cpu")
