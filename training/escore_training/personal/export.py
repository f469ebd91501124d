"""The bundle of a personal training: exported, with figures of before and after, and a calibration."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from escore import Document, Scorer
from escore.bundle.bundle import locate
from escore.bundle.manifest import MANIFEST_NAME, read_manifest
from escore_evaluation.bundle_writer import write_quality
from escore_evaluation.calibration import Tables, fit_entity_table, fit_table
from escore_evaluation.scoring import align_scores
from escore_evaluation.text_figures import measure_texts, quality_rows
from escore_export.export import Options, export_checkpoint
from escore_labels.adjudicate import to_labeled_text
from escore_labels.general import general_records
from escore_labels.record import Record
from escore_labels.split import is_held_out
from escore_labels.texts import LabeledText
from escore_training.personal.report import PersonalReport

MIN_WORDS = 100  # held-out words in entities, and as many in none, that can fit a calibration


def export_personal(
    checkpoint: Path,
    output: Path,
    report: PersonalReport,
    records: Sequence[Record],
    start_from: str | Path,
    prefer: str | None = None,
    force: bool = False,
) -> None:
    """Export what `train_personal` wrote to `checkpoint` from the same records and start.

    The calibration is fitted on the person's held-out texts; where these are too few, it is that of the bundle that the
    training started from, and the manifest says so. Raises what export_checkpoint raises.
    """
    finish = partial(_write_quality, report=report, records=records, start_from=start_from, prefer=prefer)
    export_checkpoint(checkpoint, output, Options(force=force), finish)


def _write_quality(
    folder: Path, report: PersonalReport, records: Sequence[Record], start_from: str | Path, prefer: str | None
) -> None:
    scorer = Scorer(folder)
    held_out = [to_labeled_text(record, prefer) for record in records if is_held_out(record)]
    documents = _score(scorer, held_out)
    general_texts = [to_labeled_text(record) for record in general_records()]
    general = (report.general_before, measure_texts(general_texts, _score(scorer, general_texts)))
    own = None if report.own_before is None else (report.own_before, measure_texts(held_out, documents))
    tables, calibration_from = _fit_calibration(held_out, documents), None
    if tables is None:
        tables, calibration_from = _start_calibration(start_from)
    write_quality(folder, scorer.bundle.manifest, quality_rows(own, general), tables, calibration_from)


def _score(scorer: Scorer, texts: Sequence[LabeledText]) -> list[Document]:
    return list(scorer.stream(text.text for text in texts))


def _fit_calibration(texts: Sequence[LabeledText], documents: Sequence[Document]) -> Tables | None:
    if not texts:
        return None
    tokens = align_scores(texts, documents)
    scores, is_entity = tokens.entity_scores()
    if min(is_entity.sum(), (~is_entity).sum()) < MIN_WORDS:
        return None
    return Tables(fit_table(scores, is_entity), fit_entity_table(texts, documents))


def _start_calibration(start_from: str | Path) -> tuple[Tables, str | None]:
    """The calibration of the bundle that a training started from, and the model that it was measured on."""
    folder = locate(start_from)
    if not (folder / MANIFEST_NAME).exists():
        return Tables(), None
    manifest = read_manifest(folder)
    return Tables(manifest.calibration, manifest.entity_calibration), manifest.calibrated_model
