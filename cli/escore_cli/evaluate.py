"""`escore evaluate`: how good a bundle is on labelled files."""

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Labelled files in their own formats.")],
    case: Annotated[Case, typer.Option(help="Score the text as it is, in lower case, or in ALL CAPS.")] = Case.KEPT,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", envvar="ESCORE_THREADS", show_default="all cores", help="Windows to score side by side."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", show_default="off", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure a bundle on labelled files.

    Formats: CoNLL-U, CoNLL-2003, token and tag in columns, MASC, GMB.

    3 and 4 classes: the share of words whose score lies between the right edges (50, 150, and 250). Entity AP, F1:
    average precision and best F1 of the words of named entities. "-" where a file's labels cannot say.
    """
    from escore import Scorer
    from escore_training.evaluate import evaluate as measure

    scorer = Scorer(bundle, threads)
    change = {Case.KEPT: None, Case.LOWER: str.lower, Case.UPPER: str.upper}[case]
    measured = [(file, measure(scorer, file, change)) for file in files]
    if as_json:
        manifest = scorer.bundle.manifest
        model = f"{manifest.name} {manifest.version} ({manifest.precision})"
        records = [{"file": str(file), "case": case.value} | asdict(figures) for file, figures in measured]
        print(json.dumps({"model": model, "files": records}, indent=2, ensure_ascii=False))
        return
    print(f"{'file':40} {'words':>8} {'3 classes':>10} {'4 classes':>10} {'entity AP':>10} {'entity F1':>10}")
    for file, figures in measured:
        print(_row(file, figures))


def _row(file: Path, figures: "Figures") -> str:
    values = (figures.three_classes, figures.four_classes, figures.entity_ap, figures.entity_f1)
    cells = ("-" if value is None else f"{value:.4f}" for value in values)
    return f"{file.name:40} {figures.words:>8} " + " ".join(f"{cell:>10}" for cell in cells)
