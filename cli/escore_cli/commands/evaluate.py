"""`escore evaluate`: how good a bundle is on a person's labels, or on public corpora."""

import json
import warnings
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from escore_cli.label_files import Feedback, From, Prefer, Tags, read_feedback
from escore_cli.options import Threads
from escore_cli.output.messages import print_error, show_warning

EXAMPLES = """\b
Examples:
  escore evaluate default labels.jsonl --errors 20
  escore evaluate mine labels.jsonl --held-out --against default --html report.html
  escore evaluate mine --feedback corrections.db --held-out
  escore evaluate bundle --corpora corpora --against bundle-fp32 --plots plots --save figures.json --write bundle
"""
MIN_RESAMPLES = 40  # the 2.5th percentile is then one of them
HTML_ERRORS = 20


class Change(StrEnum):
    """What is done to the text before it is scored."""

    KEPT = "kept"
    LOWER = "lower"
    UPPER = "upper"
    TITLE = "title"
    TYPOS = "typos"
    UNPUNCTUATED = "unpunctuated"


def evaluate(
    bundle: Annotated[
        str, typer.Argument(metavar="BUNDLE", help="Folder of a bundle; default and fast are those that ship.")
    ],
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE...]",
            readable=False,
            help="Labels in any format that 'escore labels' reads, such as records; - for standard input.",
        ),
    ] = None,
    feedback: Feedback = None,
    read_as: From = None,
    tags: Tags = None,
    prefer: Prefer = None,
    held_out: Annotated[
        bool,
        typer.Option(
            "--held-out", help="Only the texts of files that 'escore train' and 'labels split' hold out; default: off."
        ),
    ] = False,
    no_general: Annotated[
        bool,
        typer.Option(
            "--no-general", help="Leave out general text, which shows what a model of yours forgot; default: off."
        ),
    ] = False,
    corpora: Annotated[
        Path | None,
        typer.Option(metavar="DIR", show_default="none", help="Measure the whole suite on the public corpora in DIR."),
    ] = None,
    change: Annotated[Change, typer.Option(help="Change to make to the text of files first.")] = Change.KEPT,
    sentences: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            show_default="1; with --corpora 4, but 1 in a folder wnut17 or tweebank, of posts",
            help="Texts of a file, or sentences of a corpus, that are scored as one text.",
        ),
    ] = None,
    calibrate_on: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            show_default="the bundle's own table; the suite's with --corpora and --write",
            help="Fit a calibration table on every second text (of corpora, document) of FILE; may be given again.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(metavar="BUNDLE", show_default="none", help="Say what is better than another bundle."),
    ] = None,
    errors: Annotated[
        int | None,
        typer.Option(
            min=0, metavar="N", show_default="0; 20 with --html", help="Show the N worst errors in files, with context."
        ),
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
    force_installed: Annotated[
        bool,
        typer.Option(
            "--force-installed", help="Let --write change the bundle that escore was installed with; default: off."
        ),
    ] = False,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", show_default="none", help="Keep all figures as JSON in FILE as well.")
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", show_default="none", help="Write a page with plots about files to FILE as well."),
    ] = None,
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of Markdown; default: off.")] = False,
) -> None:
    """Measure a bundle on labels of your own, or on the suite of public corpora that its figures are from.

    3 and 4 classes: the share of words whose score lies between the right edges (50, 150, and 250). Entity AP, best F1,
    F1 at 220: of the words of named entities. Span F1: of entities as --entities joins them. ECE: calibration error.
    Rank correlation: of scores and targets. In brackets 95 % bootstrap intervals; "–" where labels cannot say.

    Files also get tables of minimum scores and of scores by label; with --against, what is better and what is worse.
    With --corpora, also words/s, and how many of escore's own sentences get the scores that they expect.
    """
    if corpora is None and not (files or feedback):
        raise typer.BadParameter("give FILE..., --feedback FILE or --corpora DIR")
    if corpora is not None and files:
        raise typer.BadParameter("give FILE... or --corpora DIR, not both")
    if corpora is not None:
        of_files = {"--feedback": feedback, "--change": change != Change.KEPT, "--from": read_as, "--tags": tags,
                    "--prefer": prefer, "--held-out": held_out, "--no-general": no_general, "--errors": errors,
                    "--html": html}  # fmt: skip
        for name, value in of_files.items():
            if value:
                raise typer.BadParameter(f"{name} goes with FILE..., not with --corpora")
    if 0 < resamples < MIN_RESAMPLES:
        raise typer.BadParameter(f"--resamples: give 0, or {MIN_RESAMPLES} at least; fewer give no interval")
    from escore.bundle.bundle import locate
    from escore_cli import signals
    from escore_cli.extras import extra
    from escore_cli.output.destination import check_outputs, open_output
    from escore_evaluation.bundle_writer import is_installed
    from escore_evaluation.evaluate import EvaluationOptions, NoCalibrationError, run_evaluation
    from escore_evaluation.label_texts import LabelOptions
    from escore_evaluation.markdown_report import to_markdown
    from escore_labels.inputs import with_files_beside
    from escore_labels.notes import ignore
    from escore_labels.tag_map import USUAL_TAGS, read_tag_map

    if write is not None and is_installed(locate(write)) and not force_installed:
        raise typer.BadParameter(
            f"--write {write}: this bundle is a part of the installed escore; write to a copy, or add --force-installed"
        )
    plot = None if plots is None else plots / "reliability.svg"
    inputs = [*with_files_beside(files or ()), *(feedback or ()), *(calibrate_on or ()), tags, corpora]
    check_outputs({"--save": save, "--html": html, "--plots": plot}, inputs)
    if plots is not None or html is not None:
        with extra("evaluate"):
            from escore_evaluation.html_report import to_html
    warnings.showwarning = show_warning
    signals.clean_up_first()
    labels = LabelOptions(
        format=read_as.value if read_as else None,
        tags=USUAL_TAGS if tags is None else read_tag_map(tags),
        held_out=held_out,
        sentences=sentences or 1,
        prefer=prefer,
        feedback={file: list(read_feedback([file], ignore)) for file in feedback or ()},
    )
    options = EvaluationOptions(
        bundle=bundle,
        files=tuple(files or ()),
        labels=labels,
        general=not no_general,
        corpora=corpora,
        change=change.value,
        sentences=sentences,
        calibrate_on=tuple(calibrate_on or ()),
        against=against,
        errors=errors if errors is not None else HTML_ERRORS if html is not None else 0,
        resamples=resamples,
        plots=plots,
        write=write,
        threads=threads,
    )
    with ExitStack() as stack:  # files are opened before minutes of scoring
        write_json = None if save is None else stack.enter_context(open_output(save))
        write_html = None if html is None else stack.enter_context(open_output(html))
        try:
            report = run_evaluation(options, print_error)
        except NoCalibrationError as error:
            raise typer.BadParameter(str(error)) from error
        text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
        if write_json is not None:
            write_json(text)
        if write_html is not None:
            write_html(to_html(report))
    with open_output(None) as write_output:
        write_output(text if as_json else to_markdown(report))
