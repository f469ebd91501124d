"""`escore evaluate`: how good a bundle is on labelled files."""

import json
import warnings
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.options import Threads
from escore_cli.output.messages import complain, show_warning

if TYPE_CHECKING:
    from escore import Scorer
    from escore_evaluation.evaluate import Scored
    from escore_evaluation.report import Speed
    from escore_evaluation.suite import Row

EXAMPLE = """\b
Examples:
  escore evaluate default en_ewt-ud-dev.conllu eng.testa
  escore evaluate bundle --corpora corpora --against bundle-fp32 --plots plots --save figures.json --write bundle
"""
SEED = 0
LEAST_RESAMPLES = 40  # the 2.5th percentile is then one of them
SECONDS = 5  # that the passes take which measure words/s


class Change(StrEnum):
    """What is done to the text before it is scored."""

    KEPT = "kept"
    LOWER = "lower"
    UPPER = "upper"
    TITLE = "title"
    TYPOS = "typos"
    UNPUNCTUATED = "unpunctuated"


def evaluate(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="Folder of a bundle; default is the one that ships.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE...]", readable=False, help="Labelled files in their own formats."),
    ] = None,
    corpora: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default="none", help="Measure all that is planned on the corpora in DIR."),
    ] = None,
    change: Annotated[Change, typer.Option(help="What is done to the text of files first.")] = Change.KEPT,
    sentences: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", show_default="4; 1 in a folder wnut17, of posts", help="Sentences that make one text."
        ),
    ] = None,
    calibrate_on: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            show_default="the bundle's own table; the plan's with --corpora and --write",
            help="Fit a calibration table on every second document of FILE; may be given again.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="BUNDLE", show_default="none", help="Compare scores with another bundle, such as fp32."),
    ] = None,
    resamples: Annotated[
        int, typer.Option(min=0, max=10_000, metavar="N", help="Bootstrap samples for the intervals; 0: none.")
    ] = 200,
    plots: Annotated[
        Path | None, typer.Option(metavar="DIR", show_default="none", help="Draw DIR/reliability.svg.")
    ] = None,
    write: Annotated[
        str | None,
        typer.Option(
            metavar="BUNDLE",
            show_default="none",
            help="Put figures, in the place of its own, and calibration into this finished bundle.",
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", show_default="none", help="Keep all figures as JSON in FILE as well.")
    ] = None,
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Markdown; default: off.")] = False,
) -> None:
    """Measure a bundle on labelled files, or on the public corpora that its figures are made from.

    Formats: CoNLL-U (EWT with its entity layer, NAME.uner.iob2, beside it), CoNLL-2003, token and tag in columns, MASC,
    GMB. With --corpora, also words/s,
    and how many of escore's own sentences get the scores that they expect.

    3 and 4 classes: the share of words whose score lies between the right edges (50, 150, and 250). Entity AP, best F1,
    F1 at 220: of the words of named entities. Span F1: of entities as --entities joins them. ECE: calibration error.
    In brackets 95 % bootstrap intervals; "–" where labels cannot say.
    """
    if (corpora is None) == (not files):
        raise typer.BadParameter("give FILE..., or --corpora DIR, and not both")
    if corpora is not None and change != Change.KEPT:
        raise typer.BadParameter("--change goes with FILE...; --corpora measures each change that is planned")
    if 0 < resamples < LEAST_RESAMPLES:
        raise typer.BadParameter(f"--resamples: give 0, or {LEAST_RESAMPLES} at least; fewer tell no interval")
    from escore import Scorer
    from escore.bundle.bundle import locate
    from escore.bundle.writer import check_output
    from escore_cli import signals
    from escore_cli.extras import extra
    from escore_cli.output.destination import sink
    from escore_evaluation import bundle_writer as seal
    from escore_evaluation import evaluate as evaluation
    from escore_evaluation import expectations
    from escore_evaluation import report as figures
    from escore_evaluation.difference import difference

    if plots is not None:
        with extra("evaluate"):
            from escore_evaluation.plots import reliability
    warnings.showwarning = show_warning
    signals.clean_up_first()
    with nullcontext() if save is None else sink(save) as keep:  # before minutes of scoring, so that a bad FILE is told
        if write is not None:
            check_output(locate(write), force=True)
        scorer = Scorer(bundle, threads)
        manifest = scorer.bundle.manifest
        if write is not None:
            seal.opened(locate(write), manifest)
        other = None if against is None else Scorer(against, threads)
        rows = _rows(files or [], corpora, change, calibrate_on)
        planned = corpora is not None and write is not None
        if plots is not None and manifest.calibration is None and not (planned or calibrate_on):
            raise typer.BadParameter("--plots needs a calibration, which this bundle has not; give --calibrate-on FILE")
        scored = [evaluation.score(scorer, row, sentences) for row in rows]
        fitted = _fitting(scorer, scored, sentences, calibrate_on, planned)
        table = evaluation.fit(fitted) if fitted else manifest.calibration
        first = [gold.text for gold in scored[0].labelled.golds]
        measured = [
            (row.row, genre, evaluation.figures(row, table, resamples, SEED, genre))
            for row in scored
            for genre in [None, *evaluation.genres(row)]
        ]
        record = figures.record(
            manifest,
            {"sentences": sentences, "resamples": resamples, "seed": SEED, "threads": scorer.threads},
            measured,
            table,
            [row.row.label for row in fitted],
            None if corpora is None else _speed(scorer, scored[0].row.label, first),
            None if other is None else (other.bundle.manifest, rows[0].label, difference(scorer, other, first)),
            None if corpora is None else expectations.check(scorer),
        )
        if plots is not None:
            if table is None:
                raise typer.BadParameter("--plots needs a calibration; give --calibrate-on FILE")
            reliability([row for row in scored if row.row.change == "kept"], table, plots / "reliability.svg")
        text = json.dumps(record, indent=2, ensure_ascii=False) + "\n"
        if keep is not None:
            keep(text)
        if write is not None:
            seal.write(locate(write), manifest, figures.quality(record), table)
    with sink(None) as say:
        say(text if as_json else figures.table(record))


def _rows(files: list[Path], corpora: Path | None, change: Change, fits: list[Path] | None) -> "list[Row]":
    from escore_evaluation import suite as plan

    if corpora is None:
        return plan.given(files, change.value, fits or [])
    rows, missing = plan.planned(corpora)
    for line in missing:
        complain(line)
    return rows if fits is None else plan.fitting(rows, fits)


def _fitting(
    scorer: "Scorer", scored: "list[Scored]", sentences: int | None, fits: list[Path] | None, planned: bool
) -> "list[Scored]":
    """What a calibration table is fitted on: nothing, the files that are given, or those of the plan."""
    from escore_evaluation import evaluate as evaluation
    from escore_evaluation import suite as plan

    if fits:
        return [evaluation.score(scorer, row, sentences) for row in plan.given(fits, "kept", fits)]
    found = [row for row in scored if planned and row.row.change == "kept" and row.fits.any()]
    if planned and not found:
        complain("no corpus that fits a calibration table is there; the bundle keeps what it has")
    return found


def _speed(scorer: "Scorer", label: str, texts: list[str]) -> "Speed":
    from escore_evaluation.report import Speed
    from escore_evaluation.speed.timing import bulk

    return Speed(label, bulk({scorer.threads: scorer}, texts, SECONDS)[scorer.threads])
