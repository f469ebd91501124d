"""Calibrate a bundle that was just exported, on labeled texts."""

from collections.abc import Sequence
from pathlib import Path

from escore_evaluation.evaluate import EvaluationOptions, Warn, run_evaluation
from escore_evaluation.label_texts import LabelOptions, read_label_rows
from escore_evaluation.suite import file_rows


def check_labels(files: Sequence[Path]) -> None:
    """Read labeled files, so that what is wrong with them is said before a long export. Raises as calibrate_bundle."""
    read_label_rows(file_rows(tuple(files), "kept", tuple(files)), LabelOptions(), lambda _: None)


def calibrate_bundle(folder: Path, files: Sequence[Path], warn: Warn) -> None:
    """Fit a calibration on every second text of `files`, measure the bundle on the others, and write both into it.

    `warn` gets a line for what is left out of the files. Raises CorpusError and RecordError for these, and OutputError.
    """
    options = EvaluationOptions(
        bundle=str(folder),
        files=tuple(files),
        general=False,
        calibrate_on=tuple(files),
        resamples=0,
        write=str(folder),
    )
    run_evaluation(options, warn)
