"""`escore evaluate`: how good a bundle is on labelled files."""

import json
import warnings
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from escore_cli.complain import show_warning
from escore_cli.options import Threads

if TYPE_CHECKING:
    from escore_training.evaluate import Figures

EXAMPLE = """\b
Example:
  escore evaluate default en_ewt-ud-dev.conllu eng.testa
"""


class Case(StrEnum):
    """What happens to the text before it is scored."""

    KEPT = "kept"
    LOWER = "lower"
    UPPER = "upper"


def evaluate(
    bundle: Annotated[str, typer.Argument(metavar="BUNDLE", help="Folder of a bundle; default is the one that ships.")],
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE...", readable=False, help="Labelled files in their own formats.")
    ],
    case: Annotated[Case, typer.Option(help="Score the text as it is, in lower case, or in ALL CAPS.")] = Case.KEPT,
    sentences: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", show_default="4; 1 in a folder wnut17, of posts", help="Sentences that make one text."
        ),
    ] = None,
    threads: Threads = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table; default: off.")] = False,
) -> None:
    """Measure a bundle on labelled files.

    Formats: CoNLL-U (EWT with its entity layer, NAME.uner.iob2, beside it), CoNLL-2003, token and tag in columns, MASC,
    GMB.

    3 and 4 classes: the share of words whose score lies between the right edges (50, 150, and 250). Entity AP, F1:
    average precision and best F1 of the words of named entities. "-" where a file's labels cannot say.
    """
    from escore import Scorer
    from escore_cli.sink import sink
    from escore_training.evaluate import evaluate as measure

    warnings.showwarning = show_warning
    scorer = Scorer(bundle, threads)
    change = {Case.KEPT: None, Case.LOWER: str.lower, Case.UPPER: str.upper}[case]
    measured = [(file, measure(scorer, file, change, sentences)) for file in files]
    with sink(None) as write:
        if as_json:
            manifest = scorer.bundle.manifest
            model = f"{manifest.name} {manifest.version} ({manifest.precision})"
            records = [{"file": str(file), "case": case.value} | asdict(figures) for file, figures in measured]
            write(json.dumps({"model": model, "files": records}, indent=2, ensure_ascii=False) + "\n")
        else:
            width = max(len(str(file)) for file in files)
            head = ("words", "3 classes", "4 classes", "entity AP", "entity F1")
            write(f"{'file':{width}} " + " ".join(f"{name:>10}" for name in head) + "\n")
            for file, figures in measured:
                write(f"{file!s:{width}} " + _row(figures) + "\n")


def _row(figures: "Figures") -> str:
    values = (figures.three_classes, figures.four_classes, figures.entity_ap, figures.entity_f1)
    return " ".join(
        [f"{figures.words:>10}", *("         -" if value is None else f"{value:>10.4f}" for value in values)]
    )
