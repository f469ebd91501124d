"""`escore evaluate`: how good a bundle is on labeled files."""

import json
import warnings
from contextlib import nullcontext
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from escore_cli.options import Threads
from escore_cli.output.messages import print_error, show_warning

EXAMPLES = """\b
Examples:
  escore evaluate default en_ewt-ud-dev.conllu eng.testa
  escore evaluate bundle --corpora corpora --against bundle-fp32 --plots plots --save figures.json --write bundle
"""
MIN_RESAMPLES = 40  # the 2.5th percentile is then one of them


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
        typer.Argument(metavar="[FILE...]", readable=False, help="Labeled files in their own formats."),
    ] = None,
    corpora: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default="none", help="Measure the whole suite on the public corpora in DIR."),
    ] = None,
    change: Annotated[Change, typer.Option(help="Change to make to the text of files first.")] = Change.KEPT,
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
            show_default="the bundle's own table; the suite's with --corpora and --write",
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
            help="Write figures and calibration into this finished bundle, in place of its own.",
        ),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", show_default="none", help="Keep all figures as JSON in FILE as well.")
    ] = None,
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Markdown; default: off.")] = False,
) -> None:
    """Measure a bundle on labeled files, or on the suite of public corpora that its figures are from.

    Formats: CoNLL-U (EWT with its entity layer, NAME.uner.iob2, beside it), CoNLL-2003, token and tag in columns, MASC,
    GMB. With --corpora, also words/s, and how many of escore's own sentences get the scores that they expect.

    3 and 4 classes: the share of words whose score lies between the right edges (50, 150, and 250). Entity AP, best F1,
    F1 at 220: of the words of named entities. Span F1: of entities as --entities joins them. ECE: calibration error.
    In brackets 95 % bootstrap intervals; "–" where labels cannot say.
    """
    if (corpora is None) == (not files):
        raise typer.BadParameter("give FILE..., or --corpora DIR, and not both")
    if corpora is not None and change != Change.KEPT:
        raise typer.BadParameter("--change goes with FILE...; --corpora measures every change")
    if 0 < resamples < MIN_RESAMPLES:
        raise typer.BadParameter(f"--resamples: give 0, or {MIN_RESAMPLES} at least; fewer give no interval")
    from escore_cli import signals
    from escore_cli.extras import extra
    from escore_cli.output.destination import open_output
    from escore_evaluation.evaluate import EvaluationOptions, NoCalibrationError, run_evaluation
    from escore_evaluation.report import to_markdown

    if plots is not None:
        with extra("evaluate"):
            import escore_evaluation.plots  # noqa: F401
    warnings.showwarning = show_warning
    signals.clean_up_first()
    options = EvaluationOptions(
        bundle=bundle,
        files=tuple(files or ()),
        corpora=corpora,
        change=change.value,
        sentences=sentences,
        calibrate_on=tuple(calibrate_on or ()),
        against=against,
        resamples=resamples,
        plots=plots,
        write=write,
        threads=threads,
    )
    with nullcontext() if save is None else open_output(save) as write_file:  # before minutes of scoring
        try:
            report = run_evaluation(options, print_error)
        except NoCalibrationError as error:
            raise typer.BadParameter(str(error)) from error
        text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
        if write_file is not None:
            write_file(text)
    with open_output(None) as write_output:
        write_output(text if as_json else to_markdown(report))
