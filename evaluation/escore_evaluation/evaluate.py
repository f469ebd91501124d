"""What `escore evaluate` does: open, read and score, calibrate, measure, compare, and write."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from escore import EscoreError, Scorer
from escore.bundle.bundle import locate
from escore.bundle.manifest import Calibration
from escore.bundle.writer import check_output
from escore_evaluation.bundle_writer import check_same_scores, write_quality
from escore_evaluation.calibration import fit_calibration
from escore_evaluation.difference import compare_scorers
from escore_evaluation.expectations import check_expectations
from escore_evaluation.figures import compute_figures, row_genres
from escore_evaluation.report import Measurement, build_report, bundle_quality
from escore_evaluation.scoring import ScoredRow, score_row
from escore_evaluation.speed.timing import time_bulk
from escore_evaluation.suite import Row, calibrate_on, file_rows, suite_rows

SEED = 0  # of the bootstrap
SPEED_SECONDS = 5  # of the passes that measure words/s


class NoCalibrationError(EscoreError, ValueError):
    """A reliability plot is asked for, and there is no calibration to draw."""


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """What is to be measured, and how.

    bundle: its folder, or "default" for the one that ships.
    files: labeled files; none with `corpora`.
    corpora: folder of the corpora of the suite (see suite.py), with which speed and expectations are measured too.
    change: what is done to the texts of `files` first, see suite.Row.
    sentences: how many sentences make one text; None: 4, but 1 in a folder wnut17.
    calibrate_on: labeled files of which half fits a calibration table; none: the bundle's own table is used, or the
        suite fits one if there is a bundle to write it to.
    against: another bundle, to compare scores with.
    resamples: bootstrap samples of the intervals; 0 for none.
    plots: folder for the reliability plot, which needs matplotlib.
    write: a bundle of the same scores, to put figures and calibration into.
    threads: windows that are scored in parallel; None: one a core.
    """

    bundle: str
    files: tuple[Path, ...] = ()
    corpora: Path | None = None
    change: str = "kept"
    sentences: int | None = None
    calibrate_on: tuple[Path, ...] = ()
    against: str | None = None
    resamples: int = 200
    plots: Path | None = None
    write: str | None = None
    threads: int | None = None


def run_evaluation(options: EvaluationOptions, warn: Callable[[str], None]) -> dict[str, Any]:
    """The report, as docs/reference/formats.md describes it; `warn` gets a line for each corpus that is missing.

    What can be checked is checked before anything is scored. Raises NoCalibrationError, CorpusError for files,
    BundleError and its like for bundles, UnlikeWordsError, OtherBundleError, OutputError, PlotError.
    """
    scorer, other = _open(options)
    model = scorer.bundle.manifest
    rows = _rows(options, warn)
    if options.plots is not None and not (_fits_calibration(options) or model.calibration):
        raise NoCalibrationError("--plots needs a calibration, which this bundle has not", "give --calibrate-on FILE")

    scored = [score_row(scorer, row, options.sentences) for row in rows]
    texts = [text.text for text in scored[0].texts.texts]

    calibration_rows = _calibration_rows(options, scorer, scored, warn)
    calibration = fit_calibration(calibration_rows) if calibration_rows else model.calibration

    measurements = [
        Measurement(row.row, genre, compute_figures(row, calibration, options.resamples, SEED, genre))
        for row in scored
        for genre in [None, *row_genres(row)]
    ]
    speed = comparison = expectations = None
    if options.corpora is not None:
        speed = time_bulk({scorer.threads: scorer}, texts, SPEED_SECONDS)[scorer.threads]
        expectations = check_expectations(scorer)
    if other is not None:
        comparison = (other.bundle.manifest, compare_scorers(scorer, other, texts))

    settings = {"sentences": options.sentences, "resamples": options.resamples, "seed": SEED, "threads": scorer.threads}
    fitted_on = [row.row.label for row in calibration_rows]
    report = build_report(model, settings, measurements, calibration, fitted_on, speed, comparison, expectations)

    if options.plots is not None:
        _plot(scored, calibration, options.plots)
    if options.write is not None:
        write_quality(locate(options.write), model, bundle_quality(report), calibration)
    return report


def _open(options: EvaluationOptions) -> tuple[Scorer, Scorer | None]:
    """The scorer of the bundle and that of the one to compare with; the one to be written is checked."""
    target = None if options.write is None else locate(options.write)
    if target is not None:
        check_output(target, force=True)
    scorer = Scorer(options.bundle, options.threads)
    if target is not None:
        check_same_scores(target, scorer.bundle.manifest)
    return scorer, None if options.against is None else Scorer(options.against, options.threads)


def _rows(options: EvaluationOptions, warn: Callable[[str], None]) -> list[Row]:
    if options.corpora is None:
        return file_rows(options.files, options.change, options.calibrate_on)
    rows, missing = suite_rows(options.corpora)
    for line in missing:
        warn(line)
    return calibrate_on(rows, options.calibrate_on) if options.calibrate_on else rows


def _fits_calibration(options: EvaluationOptions) -> bool:
    return bool(options.calibrate_on) or (options.corpora is not None and options.write is not None)


def _calibration_rows(
    options: EvaluationOptions, scorer: Scorer, scored: list[ScoredRow], warn: Callable[[str], None]
) -> list[ScoredRow]:
    """What a calibration table is fitted on: the files of --calibrate-on, the suite's, or nothing."""
    if options.calibrate_on:
        rows = file_rows(options.calibrate_on, calibration_files=options.calibrate_on)
        return [score_row(scorer, row, options.sentences) for row in rows]
    if not _fits_calibration(options):
        return []
    suite_halves = [row for row in scored if row.row.change == "kept" and row.calibrates.any()]
    if not suite_halves:
        warn("no corpus that fits a calibration table is there; the bundle keeps what it has")
    return suite_halves


def _plot(scored: list[ScoredRow], calibration: Calibration | None, folder: Path) -> None:
    if calibration is None:
        raise NoCalibrationError("--plots needs a calibration", "give --calibrate-on FILE")
    from escore_evaluation.plots import plot_reliability  # matplotlib is not in the base install

    unchanged = [row for row in scored if row.row.change == "kept"]
    plot_reliability(unchanged, calibration, folder / "reliability.svg")
