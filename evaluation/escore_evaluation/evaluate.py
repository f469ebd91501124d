"""What `escore evaluate` does: open, read and score, calibrate, measure, compare, and write."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from escore import Document, EscoreError, Scorer
from escore.bundle.bundle import locate
from escore.bundle.manifest import Calibration
from escore.bundle.writer import check_output
from escore_evaluation.bundle_writer import check_same_scores, write_quality
from escore_evaluation.calibration import Tables, fit_calibration, fit_entity_calibration
from escore_evaluation.comparison import compare_figures
from escore_evaluation.details import measure_details
from escore_evaluation.difference import compare_scorers
from escore_evaluation.expectations import check_expectations
from escore_evaluation.figures import row_genres, sample_figures
from escore_evaluation.label_texts import ALL_FILES, LabelOptions, read_general_row, read_label_rows
from escore_evaluation.report import Comparison, Measurement, build_report, bundle_quality
from escore_evaluation.scoring import LabeledTexts, ScoredRow, align_row, read_texts, score_texts
from escore_evaluation.speed.timing import time_bulk
from escore_evaluation.suite import Row, calibrate_on, file_rows, suite_rows

SEED = 0  # of the bootstrap
SPEED_SECONDS = 5  # of the passes that measure words/s
Warn = Callable[[str], None]


class NoCalibrationError(EscoreError, ValueError):
    """A reliability plot is asked for, and there is no calibration to draw."""


@dataclass(frozen=True, slots=True)
class EvaluationOptions:
    """What is to be measured, and how.

    bundle: its folder, or "default" or "fast" for one that ships.
    files: labeled files; none with `corpora`.
    labels: how they are read, and corrections that are measured too.
    general: whether the general text that ships is measured beside them.
    corpora: folder of the corpora of the suite (see suite.py), with which speed and expectations are measured too.
    change: what is done to the texts of `files` first, see suite.Row.
    sentences: how many sentences make one text; None: of files 1, of corpora 4, but 1 in a folder wnut17 or tweebank.
    calibrate_on: labeled files of which half fits a calibration table; none: the bundle's own table is used, or the
        suite fits one if there is a bundle to write it to.
    against: another bundle, to compare scores with, and figures on `files`.
    errors: how many of the worst errors in `files` are described.
    resamples: bootstrap samples of the intervals; 0 for none.
    plots: folder for the reliability plot, which needs matplotlib.
    write: a bundle of the same scores, to put figures and calibration into.
    threads: windows that are scored in parallel; None: one a core.
    """

    bundle: str
    files: tuple[Path, ...] = ()
    labels: LabelOptions = field(default_factory=LabelOptions)
    general: bool = True
    corpora: Path | None = None
    change: str = "kept"
    sentences: int | None = None
    calibrate_on: tuple[Path, ...] = ()
    against: str | None = None
    errors: int = 0
    resamples: int = 200
    plots: Path | None = None
    write: str | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class _Measured:
    """What one bundle gives: its scores, the calibration tables and what fitted them, and the figures."""

    scored: list[ScoredRow]
    tables: Tables
    fitted_on: list[str]
    measurements: list[Measurement]


def run_evaluation(options: EvaluationOptions, warn: Warn) -> dict[str, Any]:
    """The report, as docs/reference/formats.md describes it; `warn` gets a line for what is missing or left out.

    What can be checked is checked before anything is scored. Raises NoCalibrationError, CorpusError and RecordError for
    files, BundleError and its like for bundles, UnlikeWordsError, OtherBundleError, OutputError, PlotError.
    """
    scorer, other = _open(options)
    model = scorer.bundle.manifest
    if options.plots is not None and not (_fits_calibration(options) or model.calibration):
        raise NoCalibrationError("--plots needs a calibration, which this bundle has not", "give --calibrate-on FILE")

    rows = _read(options, warn)
    measured = _measure(scorer, rows, options, warn)
    texts = [text.text for text in measured.scored[0].texts.texts]
    speed = comparison = expectations = details = None
    if options.corpora is not None:
        speed = time_bulk({scorer.threads: scorer}, texts, SPEED_SECONDS)[scorer.threads]
        expectations = check_expectations(scorer)
    else:
        own = next((row for row in measured.scored if row.row.label == ALL_FILES), measured.scored[0])
        details = measure_details(own, measured.tables.words, options.errors)
    if other is not None:
        comparison = _compare(scorer, other, measured, texts, options)

    settings = {
        "sentences": options.sentences, "held_out": options.labels.held_out, "resamples": options.resamples,
        "seed": SEED, "threads": scorer.threads,
    }  # fmt: skip
    report = build_report(
        model, settings, measured.measurements, measured.tables, measured.fitted_on, speed, comparison,
        expectations, details,
    )  # fmt: skip

    if options.plots is not None:
        _plot(measured.scored, measured.tables.words, options.plots)
    if options.write is not None:
        write_quality(locate(options.write), model, bundle_quality(report), measured.tables)
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


def _read(options: EvaluationOptions, warn: Warn) -> list[tuple[Row, LabeledTexts]]:
    """The texts of the rows: of the files, and general ones; or of the suite."""
    if options.corpora is None:
        rows = file_rows((*options.files, *options.labels.feedback), options.change, options.calibrate_on)
        general = [read_general_row()] if options.general else []
        return read_label_rows(rows, options.labels, warn) + general
    rows, missing = suite_rows(options.corpora)
    for line in missing:
        warn(line)
    if options.calibrate_on:
        rows = calibrate_on(rows, options.calibrate_on)
    return _read_corpora(rows, options)


def _read_corpora(rows: list[Row], options: EvaluationOptions) -> list[tuple[Row, LabeledTexts]]:
    return [(row, read_texts(row.files, row.change, options.sentences)) for row in rows]


def _measure(scorer: Scorer, rows: list[tuple[Row, LabeledTexts]], options: EvaluationOptions, warn: Warn) -> _Measured:
    scored: list[ScoredRow] = []
    for row, texts in rows:
        scored.append(_score(scorer, row, texts, scored))

    calibration_rows = _calibration_rows(options, scorer, scored, warn)
    manifest = scorer.bundle.manifest
    tables = Tables(manifest.calibration, manifest.entity_calibration)
    if calibration_rows:
        tables = Tables(fit_calibration(calibration_rows), fit_entity_calibration(calibration_rows))
    measurements = [
        Measurement(row.row, genre, sample_figures(row, tables, options.resamples, SEED, genre))
        for row in scored
        for genre in [None, *row_genres(row)]
    ]
    return _Measured(scored, tables, [row.row.label for row in calibration_rows], measurements)


def _score(scorer: Scorer, row: Row, texts: LabeledTexts, scored: list[ScoredRow]) -> ScoredRow:
    """The texts of a row scored; for all files together, those of the files are not scored again."""
    if row.label != ALL_FILES:
        return score_texts(scorer, row, texts)
    documents: dict[str, Document] = {}
    for file in scored:
        documents |= zip((text.text for text in file.texts.texts), file.documents, strict=True)
    others = [text.text for text in texts.texts if text.text not in documents]
    documents |= zip(others, scorer.stream(others), strict=True)
    return align_row(row, texts, [documents[text.text] for text in texts.texts])


def _compare(
    scorer: Scorer, other: Scorer, measured: _Measured, texts: list[str], options: EvaluationOptions
) -> Comparison:
    """How far the scores of two bundles lie apart in the first row, and which one's figures on files are better."""
    difference = compare_scorers(scorer, other, texts)
    figures = []
    if options.corpora is None:
        rows = [(row.row, row.texts) for row in measured.scored]
        others = _measure(other, rows, options, lambda _: None).measurements
        figures = [
            (own.row, compare_figures(own.samples, their.samples))
            for own, their in zip(measured.measurements, others, strict=True)
        ]
    return Comparison(other.bundle.manifest, difference, figures)


def _fits_calibration(options: EvaluationOptions) -> bool:
    return bool(options.calibrate_on) or (options.corpora is not None and options.write is not None)


def _calibration_rows(
    options: EvaluationOptions, scorer: Scorer, scored: list[ScoredRow], warn: Warn
) -> list[ScoredRow]:
    """What a calibration table is fitted on: the files of --calibrate-on, the suite's, or nothing."""
    if options.calibrate_on:
        rows = file_rows(options.calibrate_on, calibration_files=options.calibrate_on)
        if options.corpora is None:
            read = read_label_rows(rows, options.labels, lambda _: None)
        else:
            read = _read_corpora(rows, options)
        return [score_texts(scorer, row, texts) for row, texts in read if row.label != ALL_FILES]
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

    unchanged = [row for row in scored if row.row.change == "kept" and row.row.label != ALL_FILES]
    plot_reliability(unchanged, calibration, folder / "reliability.svg")
