"""`escore adapt`: labels in, a bundle with a personal head out, in seconds."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from escore_cli.label_files import Feedback, Name, Prefer, Tags, read_merged
from escore_cli.options import Model

EXAMPLES = """\b
Examples:
  escore adapt labels.jsonl -o mine && escore run --model mine report.txt
  escore adapt --feedback corrections.db -o mine
"""


def adapt(
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="Folder of the new bundle.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="LABELS...",
            help="Labeled files of any format that 'escore labels' reads, - for standard input.",
        ),
    ] = None,
    feedback: Feedback = None,
    tags: Tags = None,
    model: Model = None,
    prefer: Prefer = None,
    name: Name = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Random seed.")] = 1,
    force: Annotated[
        bool, typer.Option("--force", help="Write the bundle even if the held-out texts gain nothing; default: off.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table; default: off.")] = False,
) -> None:
    """Adapt a bundle to corrected texts in seconds, without torch: the model stays, and a personal head is added.

    Every fifth text is held out, always the same ones; figures before and after are of these, and of general text.
    Where they gain nothing, nothing is written. Of a bundle that was adapted before, the head is made anew, so give all
    labels again.
    """
    if not (inputs or feedback):
        raise typer.BadParameter("give labels, or --feedback FILE")
    from escore.bundle.writer import check_output
    from escore.printable import is_printable_line
    from escore_adapt.adapt import AdaptSettings
    from escore_adapt.adapt import adapt as adapt_bundle
    from escore_adapt.report import to_table
    from escore_cli import signals
    from escore_cli.output.destination import open_output
    from escore_cli.output.messages import print_error

    name = output.name if name is None else name
    if not is_printable_line(name):
        raise typer.BadParameter(f"{name!r} is empty or not one line of text")
    check_output(output, force=False)
    records = read_merged(map(Path, inputs or ()), feedback or (), tags)
    signals.clean_up_first()
    report = adapt_bundle(
        records, model, output,
        name=name, prefer=prefer, force=force, warn=print_error, settings=AdaptSettings(seed=seed),
    )  # fmt: skip
    with open_output(None) as write:
        write(json.dumps(asdict(report), indent=2) + "\n" if as_json else to_table(report))
