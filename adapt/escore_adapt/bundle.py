"""Write the bundle: the files of its base, the head, and a manifest and card that say so."""

from dataclasses import replace
from pathlib import Path

from escore import Bundle
from escore.bundle.bundle import FILES, read_unchanged
from escore.bundle.card import render_personal_card
from escore.bundle.manifest import Manifest, Source
from escore.bundle.personal_head import HEAD_NAME, HeadArrays, PersonalHead
from escore.bundle.writer import atomic_bundle, write_manifest
from escore_adapt.report import AdaptReport
from escore_evaluation.text_figures import before_and_after, quality_rows


def write_adapted(bundle: Bundle, head: HeadArrays, report: AdaptReport, output: Path, name: str) -> None:
    """Write the bundle with `head`, whole or not at all. Raises OutputError, and what Bundle.open raises.

    BundleError also where the base changed since it was opened.
    """
    manifest = _manifest(bundle.manifest, head, report, name)
    with atomic_bundle(output, force=False) as part:
        for file in FILES:
            (part / file).write_bytes(read_unchanged(bundle.path / file, bundle.manifest.files[file]))
        (part / HEAD_NAME).write_bytes(head.to_bytes())
        card = (part / "README.md").read_text("utf-8")
        (part / "README.md").write_text(render_personal_card(card, manifest), "utf-8")
        write_manifest(part, manifest)
        Bundle.open(part, "cpu")


def _manifest(base: Manifest, head: HeadArrays, report: AdaptReport, name: str) -> Manifest:
    earlier = base.personal_head
    own = "texts of one's own, corrected"
    personal_head = PersonalHead(
        width=head.change.projection.shape[0],
        dimensions=head.change.projection.shape[1],
        centers=len(head.change.centers),
        text_centers=len(head.gate.centers),
        base=base.model_name if earlier is None else earlier.base,
        texts=report.train_texts,
        corrections=report.corrections,
        strength=report.strength,
    )
    return replace(
        base,
        name=name,
        version=_version(base, name),
        trained_on=(*(source for source in base.trained_on if source.name != own), Source(own, "not stated")),
        quality=_quality(report),
        calibration_from=base.calibrated_model,
        personal_head=personal_head,
    )


def _version(base: Manifest, name: str) -> str:
    """1; after the base's version where that has a head, or the same name, so that labels tell the two apart."""
    if base.personal_head is None and base.name != name:
        return "1"
    return str(int(base.version) + 1) if base.version.isdecimal() else f"{base.version}.1"


def _quality(report: AdaptReport) -> dict[str, dict[str, float]]:
    own = before_and_after(report.own_before, report.own_after)
    return quality_rows(own, (report.general_before, report.general_after))
